"""The answer as an HTML page.

Belongs here: what the template is given. Does not belong here: sentences (`wording`), the drawing (`picture`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tv_appearances.report.answer import Answer, Quote, Row
from tv_appearances.report.templating import render
from tv_appearances.report.wording import (
    any_of,
    contenders_line,
    data_date,
    finding,
    what_was_counted,
    which_show,
)

HEAT_ROWS = 25
"""So many characters at most are in the heat map; the table below it has all of them."""

HEAT_STEPS = 5
"""Shades of the heat map besides the one for none; `style.css` has a colour for each."""

HEAT_SEASONS = 12
"""Seasons side by side at most: what fits the width of a sheet of paper, and a window without scrolling."""

LARGEST_QUOTES = 1_000_000
"""Bytes that the sentences of a page may take; with the largest tables, a page stays below 2 MB."""

_BYTES_OF_A_QUOTE, _BYTES_OF_A_MARK = 75, 13
"""What the tags around them take."""


def page(answer: Answer, svg: str) -> str:
    """One HTML file that needs no script and no network; `svg`, the bars, is put in as it is, all else is escaped."""
    from markupsafe import Markup

    drawing = Markup(svg)  # noqa: S704  # nosec B704  # from picture.render_svg, which escapes
    return render(
        "page.html",
        answer=answer,
        svg=drawing,
        finding=finding(answer),
        counted=what_was_counted(answer),
        which=which_show(answer.show),
        contenders=contenders_line(answer),
        date=data_date(answer),
        heat=heat_maps(answer),
        heat_rows=HEAT_ROWS,
        leaders=season_leaders(answer),
        quotes=quotes_shown(answer.rows),
        parts=parts,
        any_of=any_of,
        toml=lambda text: json.dumps(text, ensure_ascii=False),  # a JSON string is a TOML string
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """One character in one season: what to show, how strongly (0 to `HEAT_STEPS`), whether nobody has more."""

    shown: str
    step: int
    leads: bool


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Some seasons side by side: for each of the most mentioned characters a cell for each of them."""

    seasons: tuple[int, ...]
    rows: tuple[tuple[Row, tuple[Cell, ...]], ...]


def heat_maps(answer: Answer) -> list[HeatMap]:
    """All seasons, in as few maps of about the same width as it takes; none where there is one season only."""
    most = max((count for row in answer.rows for _, count in row.by_season), default=1)
    leaders = season_leaders(answer)

    def cell(row: Row, season: int, with_text: int) -> Cell:
        count = dict(row.by_season).get(season, 0)
        shown = f"{count:,}" if count or with_text else "–"
        return Cell(shown, -(-count * HEAT_STEPS // most), season in leaders.get(row.label, ()))

    def heat_map(seasons: Sequence[tuple[int, int, int]]) -> HeatMap:
        return HeatMap(
            tuple(season for season, _, _ in seasons),
            tuple(
                (row, tuple(cell(row, season, with_text) for season, _, with_text in seasons))
                for row in answer.rows[:HEAT_ROWS]
            ),
        )

    count = len(answer.seasons)
    maps = -(-count // HEAT_SEASONS)
    ends = [count * at // maps for at in range(maps + 1)] if count > 1 and answer.rows else [0]
    return [heat_map(answer.seasons[start:end]) for start, end in pairwise(ends)]


def season_leaders(answer: Answer) -> dict[str, tuple[int, ...]]:
    """Label → the seasons in which nobody is mentioned more often, ascending; in the order of the rows."""
    best: dict[int, int] = {}
    for row in answer.rows:
        for season, count in row.by_season:
            best[season] = max(count, best.get(season, 0))
    led = {row.label: tuple(season for season, count in row.by_season if count == best[season]) for row in answer.rows}
    return {label: seasons for label, seasons in led.items() if seasons}


def quotes_shown(rows: Sequence[Row]) -> int:
    """How many sentences a character may have on the page, the same for each, so that all fit `LARGEST_QUOTES`."""
    taken = [0] * max((len(row.quotes) for row in rows), default=0)
    for row in rows:
        for at, quote in enumerate(row.quotes):
            tags = _BYTES_OF_A_QUOTE + _BYTES_OF_A_MARK * len(quote.marks)
            taken[at] += len(quote.text.encode()) + len(quote.url) + tags
    room = LARGEST_QUOTES
    for at, size in enumerate(taken):
        room -= size
        if room < 0:
            return at
    return len(taken)


def parts(quote: Quote) -> list[tuple[str, bool]]:
    """The sentence in parts, and whether each is a form of the name."""
    found, at = [], 0
    for start, end in sorted(quote.marks):
        found += [(quote.text[at:start], False), (quote.text[start:end], True)]
        at = end
    return [(text, marked) for text, marked in (*found, (quote.text[at:], False)) if text]
