"""The answer as an HTML page.

Belongs here: what the template is given. Does not belong here: sentences (`wording`), the drawing (`picture`).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from tv_appearances.report.answer import Answer, Row
from tv_appearances.report.wording import LICENCE, data_date, finding, plural, spans, what_was_counted

HEAT_ROWS = 25
"""So many characters at most are in the heat map; the table below it has all of them."""

HEAT_STEPS = 5
"""Shades of the heat map besides the one for none; `page.html` has a colour for each."""


def page(answer: Answer, svg: str) -> str:
    """One HTML file that needs no script and no network; `svg`, the bars, is put in as it is, all else is escaped."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["spans"] = spans
    drawing = Markup(svg)  # noqa: S704  # nosec B704  # from picture.render_svg, which escapes
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
