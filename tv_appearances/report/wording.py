"""What the report says in words and tables.

Belongs here: the finding, the lines around it, Markdown tables, and the wording that several of them share. Does not
belong here: the page and the picture.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from itertools import groupby

from tv_appearances.report.answer import Answer, Contender, one_line, short
from tv_appearances.report.fitting import cut_apart
from tv_appearances.tvmaze.models import Show

LICENCE = "CC BY-SA 4.0"
"""Of TVMaze's data, https://www.tvmaze.com/api#licensing; what is made of it is shared alike."""

MOST_NAMED = 4
"""So many characters at most are named in a title when they share the lead."""

LONGEST_IN_TITLE = 50
"""Letters of a name at most in a title."""

_LONGEST_IN_TABLE = 24

# Letters, digits and the marks of ordinary names aside, everything ASCII can mean something in Markdown or HTML.
_MARKUP = {ord(sign): f"&#{ord(sign)};" for sign in '!"#$%&()*+/:;<=>?@[\\]^_`{|}~'}


def finding(answer: Answer) -> str:
    """The answer in one sentence, with names cut to what a title can bear; a sample is called one.

    Where something that is counted for nobody could put somebody else ahead, it says so: "…, but 108 “Bosch” could be
    Harry or Maddie."
    """
    said = _finding(answer)
    if not answer.contenders:
        return said
    first = answer.contenders[0]
    names = tuple(short(name, LONGEST_IN_TITLE) for name in first.could_be)
    doubt = _could_be(replace(first, form=short(first.form, LONGEST_IN_TITLE), could_be=names))
    return f"{said.removesuffix('.')}, but {doubt}."


def _finding(answer: Answer) -> str:
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
    leaders = cut_apart([row.label for row in answer.rows if row.mentions == top.mentions], LONGEST_IN_TITLE, len)
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


def which_show(show: Show) -> str:
    """The show so that nobody takes it for another one of its name, as in "Star Fleet, 2003, BBC".

    Name and network are cut to what a line can bear; a year or network that is not known is left out.
    """
    return ", ".join((short(one_line(show.name), 80), *(short(one_line(part), 40) for part in show.when_and_where)))


def contenders_line(answer: Answer, look: str = "Hatched") -> str:
    """What the bars are that look so; "" where there are none."""
    if not answer.contenders:
        return ""
    return f"{look} bars count for nobody: {'; '.join(map(_could_be, answer.contenders))}."


def contender_label(contender: Contender) -> str:
    """The form, in quotation marks, since it is no character."""
    return f"“{contender.form}”"


def _could_be(contender: Contender) -> str:
    form = contender_label(contender)
    if not contender.could_be:
        return f"nobody in the cast list is called {form} ({times(contender.mentions)})"
    return f"{contender.mentions:,} {form} could be {any_of(contender.could_be)}"


def any_of(names: Sequence[str]) -> str:
    """Harry; Harry or Maddie; Harry, Maddie, Irving or 3 others."""
    shown = (
        [*names] if len(names) <= MOST_NAMED else [*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} others"]
    )
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if shown[1:] else shown)


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
        parts = ["Data: a sample in the format that TVMaze uses, part of tv_appearances"]
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


def spans(numbers: Sequence[int]) -> str:
    """Ascending numbers with runs of three and more drawn together: 1, 3–5."""
    runs = [[n for _, n in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    return ", ".join(f"{run[0]}–{run[-1]}" if run[2:] else ", ".join(map(str, run)) for run in runs)


def markdown_table(answer: Answer, limit: int) -> str:
    """The first `limit` rows as a Markdown table; no name is taken for Markdown or HTML.

    It is narrow: Dagster's UI cuts off what does not fit its column, which has room for some 45 letters.
    """
    if not answer.rows:
        return escaped(finding(answer))
    lines = ["| Character | Mentions | Episodes |", "| --- | ---: | ---: |"]
    labels = cut_apart([row.label for row in answer.rows[:limit]], _LONGEST_IN_TABLE, len)
    for row, label in zip(answer.rows, labels, strict=False):
        lines.append(f"| {escaped(label)} | {row.mentions:,} | {row.episodes:,} |")
    if len(answer.rows) > limit:
        lines += ["", f"… and {len(answer.rows) - limit:,} more"]
    return "\n".join(lines)


def unclaimed_table(answer: Answer, limit: int) -> str:
    """The first `limit` names that nobody in the cast bears, as a Markdown table, and how to claim one."""
    lines = ["| Name | Mentions | Episodes |", "| --- | ---: | ---: |"]
    lines += [f"| {escaped(word)} | {total:,} | {among:,} |" for word, total, among in answer.unclaimed[:limit]]
    if len(answer.unclaimed) > limit:
        lines += ["", f"… and {len(answer.unclaimed) - limit:,} more"]
    if line := claim(answer):
        lines += [
            "",
            "Where one of them is in the cast, put a line such as this in the file of the setting `aliases`:",
            "",
            f"    {line}",
        ]
    return "\n".join(lines)


def claim(answer: Answer) -> str:
    """The line of TOML that gives the most frequent unclaimed name to the leader, to be edited; "" without either."""
    if not answer.rows or not answer.unclaimed:
        return ""
    return f"{json.dumps(answer.rows[0].character, ensure_ascii=False)} = {json.dumps([answer.unclaimed[0][0]])}"


def plural(count: int, noun: str) -> str:
    """1 episode, 1,234 episodes."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def times(count: int) -> str:
    """Once, twice, 1,234 times."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def escaped(text: str) -> str:
    """The text as Markdown and HTML show it, whatever signs are in it."""
    return text.translate(_MARKUP)
