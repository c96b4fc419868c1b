"""The one asset that looks at all shows; it is there only where there is a list of shows.

Belongs here: putting together what each show has, and why one has nothing newer. Does not belong here: what is said
about the shows (`report.overview`), when they are built (`schedule`).
"""

import json
from dataclasses import asdict
from typing import Any

import dagster as dg

from tv_appearances import automation, checks
from tv_appearances import show_files as f
from tv_appearances.assets.analysis import answer_in, appearances_report
from tv_appearances.assets.ingestion import OWNERS
from tv_appearances.report import overview
from tv_appearances.resources import clear_failures
from tv_appearances.schedule import Schedule, ShowState
from tv_appearances.show_files import AllFiles
from tv_appearances.storage import FilesError, sha256
from tv_appearances.tvmaze.models import Show

NOT_BUILT = "Not built yet."
SHOWN = 100
"""How many shows go into metadata, which every event log keeps for ever."""


@dg.asset(
    deps=[appearances_report],
    group_name="analysis",
    kinds={"python", "csv", "html"},
    owners=OWNERS,
    code_version="2",
    freshness_policy=automation.FRESHNESS,
    check_specs=checks.specs("shows_overview"),
)
@clear_failures()
def shows_overview(context: dg.AssetExecutionContext, all_files: dg.ResourceParam[AllFiles]) -> dg.MaterializeResult:
    """All shows at a glance: who leads each, how clearly, of when its report is, and why there is none.

    **Files**: `shows.csv` and `shows.html`, beside the folders of the shows.

    **Data version**: the content of `shows.csv`.

    The sensor `changed_shows` asks for it when runs have ended, every ten minutes at most, and once a day.
    """
    schedule = _schedule(all_files)
    rows = [_row(name, state, all_files) for name, state in schedule.shows.items()]
    there = [row for row in rows if row.has_report]
    not_as_asked = {
        row.show: row.name
        for row in there
        if not checks.show_name_matches_search(row.asked, Show(row.tvmaze_id or 0, row.name)).passed
    }
    table = overview.write_csv(rows).encode()
    path = all_files.write(f.ALL_SHOWS, table)
    page = all_files.write(f.ALL_SHOWS_PAGE, overview.page(rows, not_as_asked, schedule.dropped).encode())
    context.log.info("%s See %s.", overview.finding(rows), page)
    missing = [row.show for row in rows if not row.has_report]
    behind = overview.markdown_behind(rows, SHOWN)
    return dg.MaterializeResult(
        metadata={
            "finding": overview.finding(rows),
            "shows": dg.MetadataValue.md(overview.markdown_table(rows, SHOWN)),
            **({"not_current": dg.MetadataValue.md(behind)} if behind else {}),
            "num_shows": len(rows),
            "num_shows_missing": len(missing),
            "num_shows_failing": len(schedule.failing),
            "num_lines_dropped": len(schedule.dropped),
            "page": dg.MetadataValue.path(str(page)),
            "dagster/row_count": len(rows),
            "dagster/uri": path.as_uri(),
        },
        data_version=dg.DataVersion(sha256(table)),
        check_results=checks.results(
            every_show_is_current=checks.every_show_is_current(
                {row.show: row.why for row in rows if row.why not in ("", NOT_BUILT)}
            ),
            every_show_has_a_result=checks.every_show_has_a_result(missing),
            every_show_is_live=checks.every_show_is_live([row.show for row in there if row.source != "live"]),
            every_show_names_a_character=checks.every_show_names_a_character(
                [row.show for row in there if not row.mentions]
            ),
            every_line_is_a_show=checks.every_line_is_a_show(schedule.dropped),
            every_show_is_called_what_was_asked_for=checks.every_show_is_called_what_was_asked_for(not_as_asked),
            every_show_is_listed_once=checks.every_show_is_listed_once(overview.same_shows(rows)),
        ),
    )


def _schedule(files: AllFiles) -> Schedule:
    try:
        return Schedule.from_json(files.content(f.SCHEDULE))
    except (FilesError, ValueError) as error:
        raise FilesError(f"{error} The sensor `changed_shows` writes it: turn it on, or evaluate it once.") from None


def _row(name: str, state: ShowState, all_files: AllFiles) -> overview.OverviewRow:
    """What is said of one show; a report that an earlier release made has no summary, so it is read whole."""
    said: dict[str, Any] = {
        "as_of": overview.moment(state.as_of),
        "last_try": overview.moment(state.last_try),
        "why": _why(state),
    }
    files = all_files.of(name)
    try:
        try:
            summary = overview.Summary(**json.loads(files.content(f.SUMMARY)))
        except (FilesError, ValueError, TypeError):
            summary = overview.summary(answer_in(files)[0])
    except FilesError as error:
        # The page is passed around; where the files are is this machine's affair.
        unread = "" if state.built is None else str(error).replace(f"{files.path('')}/", "")
        said["why"] = said["why"] or unread or NOT_BUILT
        return overview.OverviewRow(name, state.asked, state.asked, **said)
    return overview.OverviewRow(show=name, asked=state.asked, **asdict(summary), **said)


def _why(state: ShowState) -> str:
    """Why there is no report of the newest state, or will be none; "" where there is one, or is about to be."""
    if state.gone:
        return f"TVMaze does not have id:{state.tvmaze_id} any more: look it up, and put its new id into the list."
    return state.why
