"""The one asset that looks at all shows; it is there only where there is a list of shows.

Belongs here: putting together what each show has, and why one has nothing newer. Does not belong here: what is said
about the shows (`report.overview`), when they are built (`schedule`).
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import Any

import dagster as dg
from pydantic import TypeAdapter

from tv_appearances import automation, checks
from tv_appearances import show_files as f
from tv_appearances.assets.analysis import answer_in, appearances_report
from tv_appearances.assets.ingestion import OWNERS
from tv_appearances.report import overview
from tv_appearances.resources import clear_failures
from tv_appearances.schedule import Schedule
from tv_appearances.show_files import AllFiles
from tv_appearances.storage import FilesError, StorageUnusable, sha256
from tv_appearances.tvmaze.models import Show

NOT_BUILT = "Not built yet."
_SUMMARY = TypeAdapter(overview.Summary)
AT_ONCE = 16
"""So many files are read at once: an object store takes its time for each."""
SHOWN = 100
"""How many shows go into metadata, which every event log keeps forever."""


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
    with ThreadPoolExecutor(AT_ONCE) as threads:
        rows = list(threads.map(partial(_row, schedule, all_files, time.time()), schedule.shows))
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
    remedy = "The sensor `changed_shows` writes it: turn it on, or evaluate it once."
    try:
        return Schedule.from_json(files.content(f.SCHEDULE))
    except StorageUnusable:
        raise
    except FilesError as error:
        raise FilesError(f"{error} {remedy}") from None
    except ValueError:
        raise FilesError(f"{f.SCHEDULE} was changed or damaged after it was written. {remedy}") from None


def _row(schedule: Schedule, all_files: AllFiles, now: float, name: str) -> overview.OverviewRow:
    """What is said of one show; a report that an earlier release made has no summary, so it is read whole."""
    state, files = schedule.shows[name], all_files.of(name)
    # The page is passed around; where the files are is this machine's affair.
    here = f"{files.home.absolute().parent}/"
    said: dict[str, Any] = {
        "as_of": overview.moment(state.as_of),
        "last_try": overview.moment(state.last_try),
        "why": schedule.why(name, now).replace(here, ""),
    }
    try:
        try:
            summary = _SUMMARY.validate_json(files.content(f.SUMMARY))
        except (FilesError, ValueError):
            summary = overview.summary(answer_in(files)[0])
    except FilesError as error:
        unread = "" if state.built is None else str(error).replace(here, "")
        said["why"] = said["why"] or unread or NOT_BUILT
        return overview.OverviewRow(name, state.asked, state.asked, **said)
    return overview.OverviewRow(show=name, asked=state.asked, **asdict(summary), **said)
