"""What is said about many shows at once: who leads each, how clearly, and how much text there was to count in.

Belongs here: a row for each show, and the rows as CSV and as an HTML page, all pure functions. Does not belong here:
what a single show's report says, reading or writing files.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timezone

from tv_appearances.report.answer import Answer
from tv_appearances.report.cells import cell
from tv_appearances.report.templating import render
from tv_appearances.report.wording import escaped, plural

BY_FAR = 1.2
"""From this ratio on a lead is told as a ratio; 1.0 × would read like a tie."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What the overview says of a show that has a report.

    `leaders` are the labels of those mentioned most, joined by " / " where several share the lead; `runner_up` is the
    next one; `share` is the part of all mentions that one leader has.
    """

    name: str
    tvmaze_id: int
    leaders: str
    mentions: int
    share: float
    runner_up: str
    runner_up_mentions: int
    characters_mentioned: int
    episodes: int
    episodes_with_summary: int
    source: str


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """One show.

    `show` is the partition, and the folder with the show's own report; `asked` the line of the list; `name` what TVMaze
    calls the show, or the line where that is not known; the fields up to `source` are those of `Summary`, and None or
    "" for a show without a report. `as_of` is when the report was made and `last_try` when a run was last asked for,
    as YYYY-MM-DD HH:MM (UTC), "" for never. `why` says why there is no report, or none of the newest state.
    """

    show: str
    asked: str
    name: str
    tvmaze_id: int | None = None
    leaders: str = ""
    mentions: int | None = None
    share: float | None = None
    runner_up: str = ""
    runner_up_mentions: int | None = None
    characters_mentioned: int | None = None
    episodes: int | None = None
    episodes_with_summary: int | None = None
    source: str = ""
    as_of: str = ""
    last_try: str = ""
    why: str = ""

    @property
    def has_report(self) -> bool:
        """Whether there is a report, of whatever state."""
        return self.mentions is not None

    @property
    def clearly(self) -> str:
        """How far the lead is, in words."""
        if not self.leaders or not self.mentions:
            return ""
        if " / " in self.leaders:
            return "shared"
        if not self.runner_up_mentions:
            return "alone"
        ratio = self.mentions / self.runner_up_mentions
        if ratio < BY_FAR:
            return f"{self.mentions - self.runner_up_mentions:,} more than {self.runner_up}"
        return f"{ratio:.1f} × {self.runner_up}"

    @property
    def coverage(self) -> str:
        """The part of the episodes with a summary, in per cent."""
        return f"{(self.episodes_with_summary or 0) / self.episodes:.0%}" if self.episodes else ""


def summary(answer: Answer) -> Summary:
    """What the overview says about this answer."""
    most = answer.rows[0].mentions if answer.rows else 0
    leaders = [row.label for row in answer.rows if row.mentions == most]
    others = [row for row in answer.rows if row.mentions < most]
    return Summary(
        name=answer.show.name,
        tvmaze_id=answer.show.id,
        leaders=" / ".join(leaders),
        mentions=most,
        share=round(most / (sum(row.mentions for row in answer.rows) or 1), 3),
        runner_up=others[0].label if others else "",
        runner_up_mentions=others[0].mentions if others else 0,
        characters_mentioned=len(answer.rows),
        episodes=answer.episodes,
        episodes_with_summary=answer.with_text,
        source=answer.source,
    )


def moment(seconds: float) -> str:
    """An epoch second as the overview writes it; "" for 0."""
    return f"{datetime.fromtimestamp(seconds, timezone.utc):%Y-%m-%d %H:%M}" if seconds else ""


def write_csv(shows: Sequence[OverviewRow]) -> str:
    """The content of `shows.csv`: a header and a line for each show, ended by LF.

    The columns are the fields of `OverviewRow`.
    """
    columns = [column.name for column in fields(OverviewRow)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for one in shows:
        values = [getattr(one, column) for column in columns]
        writer.writerow([cell(value) if isinstance(value, str) else value for value in values])
    return text.getvalue()


def same_shows(shows: Sequence[OverviewRow]) -> tuple[tuple[str, ...], ...]:
    """The partitions that turned out to be one and the same show, as tuples of two and more, in order."""
    by_id: dict[int, list[str]] = {}
    for one in shows:
        if one.tvmaze_id is not None:
            by_id.setdefault(one.tvmaze_id, []).append(one.show)
    return tuple(tuple(names) for names in by_id.values() if names[1:])


def finding(shows: Sequence[OverviewRow]) -> str:
    """The overview in one sentence."""
    there = [one for one in shows if one.has_report]
    clear = [one for one in there if one.leaders and " / " not in one.leaders]
    rest = len(shows) - len(there)
    missing = f"; {rest:,} {'has' if rest == 1 else 'have'} no result yet" if rest else ""
    have = "has" if len(clear) == 1 else "have"
    return f"{len(clear):,} of {plural(len(there), 'show')} {have} one character who is mentioned most{missing}."


def markdown_table(shows: Sequence[OverviewRow], limit: int) -> str:
    """The first `limit` shows with a result as a Markdown table; no name is taken for Markdown or HTML."""
    rows = ["| Show | Mentioned most | Mentions | How clearly |", "| --- | --- | ---: | --- |"]
    there = [one for one in shows if one.has_report]
    for one in there[:limit]:
        cells = (one.name, one.leaders or "nobody", f"{one.mentions:,}", one.clearly)
        rows.append(f"| {' | '.join(map(escaped, cells))} |")
    return "\n".join([*rows, *_more(len(there) - limit)])


def markdown_behind(shows: Sequence[OverviewRow], limit: int) -> str:
    """The first `limit` shows without a report of their newest state, and why; "" where there are none."""
    behind = [one for one in shows if one.why]
    rows = [
        f"| {' | '.join(map(escaped, (one.asked, one.as_of or 'never', one.last_try or 'never', one.why)))} |"
        for one in behind[:limit]
    ]
    head = ["| Asked for | Report of | Last tried | Why |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows, *_more(len(behind) - limit)]) if behind else ""


def _more(rest: int) -> list[str]:
    return ["", f"… and {rest:,} more"] if rest > 0 else []


def page(shows: Sequence[OverviewRow], not_as_asked: Collection[str] = (), dropped: Sequence[str] = ()) -> str:
    """One HTML file that needs no script and no network, with a link to each show's own page; all text is escaped.

    `not_as_asked` are the partitions whose show is called something else than what was asked for, `dropped` what is
    wrong with the lines that were left out.
    """
    by_name = sorted(shows, key=lambda one: (re.sub("^(the|an?) ", "", one.name.casefold()), one.show))
    return render(
        "shows.html",
        there=[one for one in by_name if one.has_report],
        behind=[one for one in by_name if one.has_report and one.why],
        missing=[one for one in by_name if not one.has_report],
        dropped=dropped,
        alike={name for name, count in Counter(one.name for one in shows).items() if count > 1},
        not_as_asked=not_as_asked,
        finding=finding(shows),
    )
