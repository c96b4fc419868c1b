"""Who a show is about, as data: the answer and its version.

Belongs here: putting together what was counted; the only date is the one of the data. Does not belong here: finding
names in text, wording, drawing, reading or writing files.
"""

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby

from tv_appearances.fetching.fields import T
from tv_appearances.report.evidence_json import Evidence
from tv_appearances.tvmaze.models import Episode, Mention, Show, Source, in_order

_LONGEST_NAME = 200
NO_EVIDENCE = Evidence()
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class EpisodeRef:
    """An episode that mentions somebody.

    `number` is None for a special; `name`, and `url`, its page on TVMaze, are "" where they are not known.
    """

    season: int
    number: int | None
    name: str
    url: str = ""

    def __str__(self) -> str:
        return f"S{self.season} special" if self.number is None else f"S{self.season}E{self.number}"


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a summary that names somebody; `marks` has the pairs (start, end) of the forms in `text`.

    `url` is the episode's page on TVMaze, "" where it is not known.
    """

    episode: EpisodeRef
    text: str
    marks: tuple[tuple[int, int], ...]
    url: str = ""


@dataclass(frozen=True, slots=True)
class Contender:
    """A form that is counted for nobody, so often that it could change who leads.

    `could_be` has the labels of those whom it may mean, the most mentioned first; none for a name that nobody in the
    cast bears.
    """

    form: str
    mentions: int
    could_be: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One character, mentioned at least once.

    `character` is the full name as the cast list writes it; `first` and `last` are the ends in broadcast order;
    `by_season` has the pairs (season, mentions) of the seasons with a mention, ascending; `forms` are the forms of the
    name that were found, the most frequent first; `quotes` the sentences that name the character, in broadcast order,
    and `more_quotes` how many more of them there are than the report keeps.
    """

    label: str
    character: str
    mentions: int
    episodes: int
    first: EpisodeRef
    last: EpisodeRef
    by_season: tuple[tuple[int, int], ...]
    forms: tuple[str, ...]
    quotes: tuple[Quote, ...] = ()
    more_quotes: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Who a show is about.

    `rows` are those mentioned, the most mentioned first, ties by label; `unmentioned` the other labels that were looked
    for; `ambiguous` has (form, mentions, episodes) for forms that could mean several characters; `left_out` are the
    roles of the cast list that name nobody; `with_text` of the `episodes` have a summary; `seasons` has (season,
    episodes, episodes with a summary), ascending; `unclaimed` has (word, mentions, episodes) for what the texts use as
    a name and nobody in the cast bears, the most frequent first; `contenders` are what could overtake the leader, the
    most frequent first.
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
    unclaimed: tuple[tuple[str, int, int], ...] = ()
    contenders: tuple[Contender, ...] = ()


def build_answer(  # noqa: PLR0913, PLR0917  # one argument for each file behind the answer, and the roles left out
    show: Show,
    source: Source,
    episodes: Sequence[Episode],
    labels: Mapping[str, str],
    mentions: Sequence[Mention],
    left_out: Sequence[str] = (),
    evidence: Evidence = NO_EVIDENCE,
) -> Answer:
    """Put together what was counted.

    `labels` maps the full name of every character that was looked for to its label. A mention of anybody else (of a
    form that is all that ever names several characters) is labelled with that name; one of nobody ("") is ambiguous.
    `evidence` is what the count saw besides; without it there are no quotes, unclaimed names and contenders.
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
            named[one_line(labels.get(mention.character, mention.character))].append(mention)
        else:
            unclear[one_line(mention.form)].append(mention)

    rows = []
    for label, found in named.items():
        first, last = (_reference(known[position[end.episode_id]]) for end in (found[0], found[-1]))
        rows.append(
            Row(
                label=label,
                character=" / ".join(sorted({one_line(m.character) for m in found})),
                mentions=_total(found),
                episodes=_episodes(found),
                first=first,
                last=last,
                by_season=tuple(sorted(_count((m.season, m.mentions) for m in found).items())),
                forms=tuple(form for form, _ in _most(_count((one_line(m.form), m.mentions) for m in found))),
                quotes=_quotes(evidence, found, known, position),
                more_quotes=sum(
                    evidence.quotes[name][1] for name in {m.character for m in found} & evidence.quotes.keys()
                ),
            )
        )
    rows.sort(key=lambda row: (-row.mentions, row.label))
    ambiguous = tuple(
        (form, total, _episodes(unclear[form]))
        for form, total in _most({form: _total(found) for form, found in unclear.items()})
    )
    could_be = {
        one_line(form): tuple(one_line(labels.get(name, name)) for name in names)
        for form, names in evidence.could_be.items()
    }
    words = tuple((one_line(word), total, among) for word, total, among in evidence.unclaimed)
    seasons = [(season, list(of)) for season, of in groupby(listed, key=lambda episode: episode.season)]
    return Answer(
        show=replace(
            show,
            name=one_line(show.name),
            url=one_line(show.url),
            network=one_line(show.network) if show.network else None,
        ),
        source=source,
        rows=tuple(rows),
        unmentioned=tuple(sorted({one_line(label) for label in labels.values()} - named.keys())),
        ambiguous=ambiguous,
        left_out=tuple(sorted({one_line(name) for name in left_out})),
        episodes=len(listed),
        with_text=sum(episode.has_text for episode in listed),
        seasons=tuple((season, len(of), sum(episode.has_text for episode in of)) for season, of in seasons),
        unclaimed=words,
        contenders=_contenders(rows, ambiguous, could_be, words),
    )


def _quotes(
    evidence: Evidence, found: Sequence[Mention], known: Sequence[Episode], position: Mapping[int, int]
) -> tuple[Quote, ...]:
    names = sorted({mention.character for mention in found} & evidence.quotes.keys())
    said = [one for name in names for one in evidence.quotes[name][0] if one.episode_id in position]
    quotes = []
    for one in sorted(said, key=lambda one: position[one.episode_id]):
        episode = _reference(known[position[one.episode_id]])
        # One sign for one, so that the marks still fit.
        quotes.append(Quote(episode, _UNPRINTABLE.sub(" ", one.text), one.marks, episode.url))
    return tuple(quotes)


def _contenders(
    rows: Sequence[Row],
    ambiguous: Iterable[tuple[str, int, int]],
    could_be: Mapping[str, tuple[str, ...]],
    unclaimed: Iterable[tuple[str, int, int]],
) -> tuple[Contender, ...]:
    """What could change who leads: forms that, all counted for one bearer, would put another one ahead, and words.

    A word that nobody bears could do so where it is used more often than the leader is named.
    """
    sure = {row.label: row.mentions for row in rows}
    top = rows[0].mentions if rows else 0
    leaders = {row.label for row in rows if row.mentions == top}
    possible: dict[str, int] = defaultdict(int)
    forms = [(form, total, could_be.get(form, ())) for form, total, _ in ambiguous]
    for _, total, names in forms:
        for label in names:
            possible[label] += total
    could_lead = {label for label, more in possible.items() if label not in leaders and sure.get(label, 0) + more > top}
    found = [
        Contender(form, total, tuple(sorted(names, key=lambda label: (-sure.get(label, 0), label))))
        for form, total, names in forms
        if could_lead.intersection(names) and total * 10 > top
    ]
    found += [Contender(word, total) for word, total, _ in unclaimed if total > top]
    return tuple(sorted(found, key=lambda contender: (-contender.mentions, contender.form)))


def answer_version(answer: Answer) -> str:
    """SHA-256 (hex) of everything the answer says, dates excepted: it changes only when the answer does."""
    show = answer.show
    which = {"id": show.id, "name": show.name, "url": show.url, "when_and_where": show.when_and_where}
    said = asdict(answer) | {"show": which}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def one_line(text: str) -> str:
    """The text on one line, without what cannot be printed, and not too long."""
    return short(" ".join(_UNPRINTABLE.sub(" ", text).split()), _LONGEST_NAME)


def _reference(episode: Episode) -> EpisodeRef:
    return EpisodeRef(episode.season, episode.number, one_line(episode.name), one_line(episode.url))


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


def short(text: str, limit: int) -> str:
    """The text, cut to `limit` characters; the last one is then "…"."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
