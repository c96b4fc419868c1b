"""The one asset that looks at all shows; it is there only where there is a list of shows.

Belongs here: reading what each show has, and why one has nothing. Does not belong here: what is said about the shows
(`report.overview`), when they are built (`many_shows`).
"""

from dataclasses import replace

import dagster as dg

from tv_appearances import automation, checks
from tv_appearances import show_files as f
from tv_appearances.assets.analysis import answer_in, appearances_report
from tv_appearances.assets.ingestion import OWNERS
from tv_appearances.report import overview
from tv_appearances.resources import clear_failures
from tv_appearances.show_files import AllFiles, ShowFiles
from tv_appearances.storage import FilesError, sha256
from tv_appearances.tvmaze.models import Show

SHOWN = 100
"""How many shows go into metadata, which every event log keeps for ever."""


@dg.asset(
    deps=[appearances_report],
    group_name="analysis",
    kinds={"python", "csv", "html"},
    owners=OWNERS,
    code_version="1",
    automation_condition=automation.when_any_show_changes(),
    check_specs=checks.specs("shows_overview"),
)
def shows_overview(context: dg.AssetExecutionContext, all_files: dg.ResourceParam[AllFiles]) -> dg.MaterializeResult:
    """All shows at a glance: who leads each, how clearly, and how many episodes have a summary.

    **Files**: `shows.csv` and `shows.html`, beside the folders of the shows. A show that was not built yet, or whose
    files do not fit together at this moment, is listed without a result.

    **Data version**: the content of `shows.csv`.
    """
    lines = []
    with clear_failures():
        for name, asked in all_files.shows.items():
            files = all_files.of(name)
            try:
                lines.append(overview.overview_row(name, asked, answer_in(files)[0]))
            except FilesError as error:
                lines.append(_without_result(context.instance, name, asked, files, error))
        not_as_asked = {
            line.show: line.name
            for line in lines
            if line.tvmaze_id
            and not checks.show_name_matches_search(line.asked, Show(line.tvmaze_id, line.name)).passed
        }
        table = overview.write_csv(lines).encode()
        path = all_files.write(f.ALL_SHOWS, table)
        page = all_files.write(f.ALL_SHOWS_PAGE, overview.page(lines, not_as_asked).encode())
    context.log.info("%s See %s.", overview.finding(lines), page)
    missing = [line.show for line in lines if line.note]
    return dg.MaterializeResult(
        metadata={
            "finding": overview.finding(lines),
            "shows": dg.MetadataValue.md(overview.markdown_table(lines, SHOWN)),
            **({"without_result": dg.MetadataValue.md(overview.markdown_missing(lines, SHOWN))} if missing else {}),
            "num_shows": len(lines),
            "num_shows_missing": len(missing),
            "page": dg.MetadataValue.path(str(page)),
            "dagster/row_count": len(lines),
            "dagster/uri": path.as_uri(),
        },
        data_version=dg.DataVersion(sha256(table)),
        check_results=checks.results(
            every_show_has_a_result=checks.every_show_has_a_result(missing),
            every_show_is_called_what_was_asked_for=checks.every_show_is_called_what_was_asked_for(not_as_asked),
            every_show_is_listed_once=checks.every_show_is_listed_once(overview.same_shows(lines)),
        ),
    )


def _without_result(
    instance: dg.DagsterInstance, name: str, asked: str, files: ShowFiles, error: FilesError
) -> overview.OverviewRow:
    """A show without a result, and why: its last run failed, TVMaze has too little, or something is wrong on disk."""
    # The page is passed around; where the files are is this machine's affair.
    line = overview.OverviewRow(name, asked, asked, note=str(error).replace(f"{files.path('')}/", ""))
    try:
        if not files.exists(f.SHOW):
            return replace(line, note=_last_words(instance, name) or "Not built yet.")
        show = files.show()[0]
        line = replace(line, name=show.name, tvmaze_id=show.id)
        cast = [character.name for character in files.characters()[0]]
        gaps = (checks.episodes_are_present(show, files.episodes()[0]), checks.characters_are_present(show, cast))
        return replace(line, note=next((gap.note.replace("`", "") for gap in gaps if not gap.passed), line.note))
    except FilesError:
        return line


def _last_words(instance: dg.DagsterInstance, show: str) -> str:
    """What the newest run of a show failed with; "" where it did not fail, or not in a step."""
    for run in instance.get_runs(dg.RunsFilter(tags={"dagster/partition": show}), limit=1):
        for entry in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
            failure = entry.get_dagster_event().step_failure_data.user_failure_data
            if failure and failure.description:
                return failure.description
    return ""
