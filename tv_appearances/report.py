"""What the report says, in words and tables: who a show is about, judging by its episode summaries.

Belongs here: the answer as data, its one-sentence finding, its version, `mentions.csv`, and the answer as an HTML page
and as a Markdown table. Everything is a pure function of what was counted; the only date is the one of the data. Does
not belong here: finding names in text, drawing, reading or writing files.
"""

import csv
import hashlib
import io
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from tv_appearances.models import Episode, Mention, SchemaError, Show, Source, in_order

LICENCE = "CC BY-SA 4.0"
"""Of TVMaze's data, https://www.tvmaze.com/api#licensing; what is made of it is shared alike."""

MOST_NAMED = 4
"""So many characters at most are named in a title when they share the lead."""

HEAT_ROWS = 25
"""So many characters at most are in the heat map; the table below it has all of them."""

HEAT_STEPS = 5
"""Shades of the heat map besides the one for none; `page.html` has a colour for each."""

T = TypeVar("T")

_LONGEST_NAME = 200
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_COLUMNS = Mention._fields
# Letters, digits and the marks of ordinary names aside, everything ASCII can mean something in Markdown or HTML.
_MARKUP = {ord(sign): f"&#{ord(sign)};" for sign in '!"#$%&()*+/:;<=>?@[\\]^_`{|}~'}


@dataclass(frozen=True, slots=True)
class Place:
    """An episode that mentions somebody; `number` is None for a special, `name` "" where it is not known."""

    season: int
    number: int | None
    name: str

    def __str__(self) -> str:
        return f"S{self.season} special" if self.number is None else f"S{self.season}E{self.number}"


@dataclass(frozen=True, slots=True)
class Row:
    """One character, mentioned at least once.

    `character` is the full name as the cast list writes it; `first` and `last` are the ends in broadcast order;
    `by_season` has the pairs (season, mentions) of the seasons with a mention, ascending; `forms` are the forms of the
    name that were found, the most frequent first.
    """

    label: str
    character: str
    mentions: int
    episodes: int
    first: Place
    last: Place
    by_season: tuple[tuple[int, int], ...]
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Who a show is about.

    `rows` are those mentioned, the most mentioned first, ties by label; `unmentioned` the other labels that were looked
    for; `ambiguous` has (form, mentions, episodes) for forms that could mean several characters; `left_out` are the
    roles of the cast list that name nobody; `with_text` of the `episodes` have a summary; `seasons` has (season,
    episodes, episodes with a summary), ascending.
    """

    show: Show
    source: Source
    rows: tuple[Row, ...]
    unmentioned: tuple[str, ...]
    ambiguous: tuple[tuple[str, int, int], ...]
    left_out: tuple[str, ...]
    episodes: int
    with_text: int
    seasons: tuple[tuple[int, int, int], ...]


def build_answer(  # noqa: PLR0913, PLR0917  # one argument for each file behind the answer, and the roles left out
    show: Show,
    source: Source,
    episodes: Sequence[Episode],
    labels: Mapping[str, str],
    mentions: Sequence[Mention],
    left_out: Sequence[str] = (),
) -> Answer:
    """Put together what was counted.

    `labels` maps the full name of every character that was looked for to its label. A mention of anybody else (of a
    form that is all that ever names several characters) is labelled with that name; one of nobody ("") is ambiguous.
    Every text comes out on a single line, without control characters and at most 200 characters long. The result does
    not depend on the order of any argument, nor on an episode's being listed twice.
    """
    listed = in_order(episodes)
    # An episode that TVMaze has withdrawn since the count keeps its place by season and number.
    known = in_order([*episodes, *(Episode(m.episode_id, m.season, m.number, "") for m in mentions)])
    position = {episode.id: at for at, episode in enumerate(known)}

    named: dict[str, list[Mention]] = defaultdict(list)
    unclear: dict[str, list[Mention]] = defaultdict(list)
    for mention in sorted(mentions, key=lambda m: (position[m.episode_id], m.character, m.form)):
        if mention.character:
            named[_line(labels.get(mention.character, mention.character))].append(mention)
        else:
            unclear[_line(mention.form)].append(mention)

    rows = []
    for label, found in named.items():
        first, last = (known[position[end.episode_id]] for end in (found[0], found[-1]))
        rows.append(
            Row(
                label=label,
                character=" / ".join(sorted({_line(m.character) for m in found})),
                mentions=_total(found),
                episodes=_episodes(found),
                first=Place(first.season, first.number, _line(first.name)),
                last=Place(last.season, last.number, _line(last.name)),
                by_season=tuple(sorted(_count((m.season, m.mentions) for m in found).items())),
                forms=tuple(form for form, _ in _most(_count((_line(m.form), m.mentions) for m in found))),
            )
        )
    seasons = [(season, list(of)) for season, of in groupby(listed, key=lambda episode: episode.season)]
    return Answer(
        show=replace(show, name=_line(show.name), url=_line(show.url)),
        source=source,
        rows=tuple(sorted(rows, key=lambda row: (-row.mentions, row.label))),
        unmentioned=tuple(sorted({_line(label) for label in labels.values()} - named.keys())),
        ambiguous=tuple(
            (form, total, _episodes(unclear[form]))
            for form, total in _most({form: _total(found) for form, found in unclear.items()})
        ),
        left_out=tuple(sorted({_line(name) for name in left_out})),
        episodes=len(listed),
        with_text=sum(episode.has_text for episode in listed),
        seasons=tuple((season, len(of), sum(episode.has_text for episode in of)) for season, of in seasons),
    )


def finding(answer: Answer) -> str:
    """The answer in one sentence, with names cut to what a title can bear; a sample is called one."""
    show = short(answer.show.name, 80)
    if answer.source == "sample":
        show = f"the {show} sample"
    if not answer.episodes:
        return f"No episodes are listed for {show} yet, so nobody is mentioned."
    if not answer.with_text:
        return f"Nobody is mentioned in {show}: none of its {plural(answer.episodes, 'episode')} has a summary."
    if not answer.rows:
        if not answer.unmentioned:
            return f"Nobody is mentioned in {show}: no characters are listed that could be counted."
        texts = f"{answer.with_text:,} episode summaries name" if answer.with_text > 1 else "one episode summary names"
        return f"Nobody is mentioned in {show}: its {texts} none of the main cast."
    top = answer.rows[0]
    leaders = [short(row.label, 50) for row in answer.rows if row.mentions == top.mentions]
    if len(leaders) > 1:
        rest = len(leaders) - MOST_NAMED + 1
        shown = leaders if len(leaders) <= MOST_NAMED else [*leaders[: MOST_NAMED - 1], f"{rest} others"]
        return f"{', '.join(shown[:-1])} and {shown[-1]} are mentioned most in {show}: {times(top.mentions)} each."
    if answer.with_text == answer.episodes:
        where = f"{top.episodes:,} of {plural(answer.episodes, 'episode')}"
    elif answer.with_text == 1:
        where = "the one episode that has a summary"
    else:
        where = f"{top.episodes:,} of the {answer.with_text:,} episodes that have a summary"
    return f"{leaders[0]} is mentioned most in {show}: {times(top.mentions)} in {where}."


def what_was_counted(answer: Answer) -> str:
    """The line below the finding: what a mention is, and how much text there was."""
    whose = "TVMaze’s" if answer.source == "live" else "the built-in sample’s"
    if answer.with_text == answer.episodes:
        return f"Mentions of the main cast by name in {whose} summaries of {plural(answer.episodes, 'episode')}"
    return (
        f"Mentions of the main cast by name in {whose} episode summaries; "
        f"{answer.with_text:,} of {plural(answer.episodes, 'episode')} {'has' if answer.with_text == 1 else 'have'} one"
    )


def credits_line(answer: Answer) -> str:
    """Whose data it is, where it is, on what terms and of when, on one line; a part that is not known is left out."""
    if answer.source == "sample":
        parts = ["Data: a sample in TVMaze’s form, part of tv_appearances"]
    else:
        parts = ["Data: TVMaze", short(re.sub("^https?://(www[.])?", "", answer.show.url), 70), LICENCE]
    date = data_date(answer)
    return " · ".join(part for part in (*parts, date and f"as of {date}") if part)


def data_date(answer: Answer) -> str | None:
    """The day (UTC) on which TVMaze last changed the show, as in "8 September 2019"; None where it does not say."""
    if not answer.show.updated:
        return None
    try:
        day = datetime.fromtimestamp(answer.show.updated, timezone.utc)
    except (OverflowError, OSError, ValueError):  # beyond the year 9999
        return None
    return f"{day.day} {day:%B} {day.year}"


def answer_version(answer: Answer) -> str:
    """SHA-256 (hex) of everything the answer says, dates excepted: it changes only when the answer does."""
    said = asdict(answer) | {"show": {"id": answer.show.id, "name": answer.show.name, "url": answer.show.url}}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def write_mentions(mentions: Iterable[Mention]) -> str:
    """The content of `mentions.csv`: a header and a line for each mention in the given order, ended by LF.

    The columns are the fields of `Mention`; the number of a special is empty.
    """
    lines = _Lines()
    writer = csv.writer(lines)
    writer.writerow(_COLUMNS)
    writer.writerows(mentions)
    # csv quotes CR and LF in a value only where both are part of its line end, so that is changed afterwards.
    return "".join(line.removesuffix("\r\n") + "\n" for line in lines)


def read_mentions(text: str) -> tuple[Mention, ...]:
    """What `write_mentions` wrote.

    Raises:
        SchemaError: It is something else; the path is "mentions.csv line N", where the record ends.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found = []
    try:
        header = next(reader, [])
        if tuple(header) != _COLUMNS:
            raise SchemaError("mentions.csv line 1", f"the header {','.join(_COLUMNS)}", ",".join(header))
        for record in reader:
            at = f"mentions.csv line {reader.line_num}"
            if len(record) != len(_COLUMNS):
                raise SchemaError(at, f"{len(_COLUMNS)} values", record)
            episode_id, season, number, character, form, count = record
            try:
                mention = Mention(
                    int(episode_id), int(season), int(number) if number else None, character, form, int(count)
                )
            except ValueError:
                raise SchemaError(at, "whole numbers for episode_id, season, number and mentions", record) from None
            found.append(mention)
    except csv.Error as error:
        raise SchemaError(f"mentions.csv line {reader.line_num}", f"CSV ({error})", "something else") from None
    return tuple(found)


def page(answer: Answer, svg: str) -> str:
    """One HTML file that needs no script and no network; `svg`, the bars, is put in as it is, all else is escaped."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["spans"] = spans
    drawing = Markup(svg)  # noqa: S704  # nosec B704  # from charts.render_svg, which escapes
    return environment.get_template("page.html").render(
        answer=answer,
        svg=drawing,
        finding=finding(answer),
        counted=what_was_counted(answer),
        date=data_date(answer),
        licence=LICENCE,
        link=answer.show.url if re.match("https?://[^/]", answer.show.url) else None,
        heat=heat_map(answer),
        leaders=season_leaders(answer),
        plural=plural,
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """One character in one season: what to show, how strongly (0 to `HEAT_STEPS`), whether nobody has more."""

    shown: str
    step: int
    leads: bool


def heat_map(answer: Answer) -> list[tuple[Row, list[Cell]]]:
    """The most mentioned characters, and for each one a cell for every season of the answer."""
    most = max((count for row in answer.rows for _, count in row.by_season), default=1)
    leaders = season_leaders(answer)

    def cell(row: Row, season: int, with_text: int) -> Cell:
        count = dict(row.by_season).get(season, 0)
        shown = f"{count:,}" if count or with_text else "–"
        return Cell(shown, -(-count * HEAT_STEPS // most), season in leaders.get(row.label, ()))

    return [
        (row, [cell(row, season, with_text) for season, _, with_text in answer.seasons])
        for row in answer.rows[:HEAT_ROWS]
    ]


def season_leaders(answer: Answer) -> dict[str, tuple[int, ...]]:
    """Label → the seasons in which nobody is mentioned more often, ascending; in the order of the rows."""
    best: dict[int, int] = {}
    for row in answer.rows:
        for season, count in row.by_season:
            best[season] = max(count, best.get(season, 0))
    led = {row.label: tuple(season for season, count in row.by_season if count == best[season]) for row in answer.rows}
    return {label: seasons for label, seasons in led.items() if seasons}


def spans(numbers: Sequence[int]) -> str:
    """Ascending numbers with runs of three and more drawn together: 1, 3–5."""
    runs = [[n for _, n in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    return ", ".join(f"{run[0]}–{run[-1]}" if run[2:] else ", ".join(map(str, run)) for run in runs)


def markdown_table(answer: Answer, limit: int) -> str:
    """The first `limit` rows as a Markdown table; no name is taken for Markdown or HTML."""
    if not answer.rows:
        return escaped(finding(answer))
    lines = ["| Character | Mentions | Episodes | First | Last | Found as |", "| --- | ---: | ---: | --- | --- | --- |"]
    for row in answer.rows[:limit]:
        forms = ", ".join(map(escaped, row.forms))
        cells = (escaped(row.label), f"{row.mentions:,}", f"{row.episodes:,}", str(row.first), str(row.last), forms)
        lines.append(f"| {' | '.join(cells)} |")
    if len(answer.rows) > limit:
        lines += ["", f"… and {len(answer.rows) - limit:,} more"]
    return "\n".join(lines)


def short(text: str, limit: int) -> str:
    """The text, cut to `limit` characters; the last one is then "…"."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def plural(count: int, noun: str) -> str:
    """1 episode, 1,234 episodes."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def times(count: int) -> str:
    """Once, twice, 1,234 times."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


class _Lines(list[str]):
    """What csv.writer can write to."""

    write = list.append


def _line(text: str) -> str:
    return short(" ".join(_UNPRINTABLE.sub(" ", text).split()), _LONGEST_NAME)


def _total(mentions: Iterable[Mention]) -> int:
    return sum(mention.mentions for mention in mentions)


def _episodes(mentions: Iterable[Mention]) -> int:
    return len({mention.episode_id for mention in mentions})


def _count(pairs: Iterable[tuple[T, int]]) -> Counter[T]:
    counter: Counter[T] = Counter()
    for key, count in pairs:
        counter[key] += count
    return counter


def _most(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def escaped(text: str) -> str:
    """The text as Markdown and HTML show it, whatever signs are in it."""
    return text.translate(_MARKUP)
