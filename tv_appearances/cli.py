"""`tv-appearances`: the five assets for those who do not want to know Dagster.

Belongs here: arguments, one run of the code location as Dagster would do it, and what the terminal shows. Does not
belong here: anything a run in Dagster's UI would not do too.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

# The rest is imported where it is used: Ctrl-C is heard from the first line of `main` on.
if TYPE_CHECKING:
    import argparse

    from tv_appearances.show_files import ShowFiles

INTERRUPTED = 128 + signal.SIGINT
CTRL_C = "Ctrl-C in the terminal."
_INTERRUPTED = "The run was interrupted; what was there before is untouched."


def main() -> int:
    """Run the command.

    Returns:
        0 for a report, 1 for a failure that was explained, 2 for arguments that do not fit, 130 after Ctrl-C.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as a shell's background jobs have it
        signal.signal(signal.SIGINT, _end_now)
    import io
    from pathlib import Path

    import click

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # bars and names that a terminal's encoding does not have
    arguments = _parser().parse_args()
    given = " ".join(arguments.show) if arguments.show else None
    for asked in (given, arguments.search):
        if asked is not None and not asked.strip():
            return _fail("No show is given: give a name, or id:431 for an exact TVMaze id.")
    if given:
        os.environ["TV_APPEARANCES_SHOW"] = given
    try:
        from dotenv import load_dotenv

        try:
            load_dotenv(Path(".env"))
        except UnicodeDecodeError:
            raise click.ClickException(f"{Path('.env').absolute()} is not UTF-8: save it as UTF-8.") from None
        many = bool(os.environ.get("TV_APPEARANCES_SHOWS"))
        if many and arguments.search is None:
            print(
                "Note:    TV_APPEARANCES_SHOWS is set, but this command is about one show: its files go beside the "
                "folders of the others, and the run is not in their history.",
                file=sys.stderr,
            )
        os.environ["TV_APPEARANCES_SHOWS"] = ""
        # Importing it reads the settings, so a wrong one is found here.
        from tv_appearances.definitions import defs
        from tv_appearances.settings import Settings
        from tv_appearances.show_files import ShowFiles

        settings = Settings.from_env(os.environ)
        if arguments.search is not None:
            return _search(arguments.search, settings, as_json=arguments.json)
        return _report(defs, ShowFiles(settings.data), as_json=arguments.json, history=not many, quiet=arguments.quiet)
    except click.ClickException as error:
        return _fail(error.message)


def _end_now(*_: object) -> NoReturn:
    """End on Ctrl-C where no run goes on: an exception in the middle of an import may end as anything."""
    os.write(2, f"{_INTERRUPTED}\n".encode())
    os._exit(INTERRUPTED)


def _parser() -> "argparse.ArgumentParser":
    import argparse

    parser = argparse.ArgumentParser(
        prog="tv-appearances",
        description="Who is this TV show about? Counts how often its episode summaries name each main character.",
        epilog="Settings are environment variables (TV_APPEARANCES_…), read from .env too; the README lists them.",
    )
    parser.add_argument(
        "show", nargs="*", help="a name, or id:431 for an exact TVMaze id (default: TV_APPEARANCES_SHOW)"
    )
    parser.add_argument("--json", action="store_true", help="print the answer, or what is found, as JSON, for scripts")
    parser.add_argument("--quiet", action="store_true", help="do not tell what is waited for and which step has ended")
    parser.add_argument("--search", metavar="NAME", help="list the shows that TVMaze finds for NAME, with their ids")
    return parser


def _report(defs: Any, files: "ShowFiles", *, as_json: bool, history: bool, quiet: bool) -> int:
    """Run all five assets in this process, as one Dagster run, and print what came of it."""
    import json

    import click
    import dagster as dg

    from tv_appearances.show_files import APPEARANCES, PAGE, PICTURE
    from tv_appearances.storage import FilesError

    try:
        with _instance() if history else dg.DagsterInstance.ephemeral() as instance:
            result = _run(defs.resolve_implicit_global_asset_job_def(), instance, quiet=quiet)
            ended = instance.get_run_by_id(result.run_id)
    # What a step raises is in the result. The rest comes from Dagster, YAML and SQLite, some of it only when the first
    # event is written; it has nothing in common but the remedy.
    except Exception as error:  # noqa: BLE001
        raise click.ClickException(
            f"Dagster's history cannot be used: {' '.join(str(error).split()).rstrip('.')}. Mend dagster.yaml, make or "
            "unset DAGSTER_HOME, or move .dagster away to begin a new history; data/ stays."
        ) from None
    if ended and ended.status == dg.DagsterRunStatus.CANCELED:
        _end_now()  # all is written and closed; taking the interpreter down would take longer than the run's end did
    metadata: Mapping[str, Mapping[str, Any]] = {
        event.asset_key.to_user_string(): {
            key: value.value for key, value in event.step_materialization_data.materialization.metadata.items()
        }
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    checks = result.get_asset_check_evaluations()
    if not result.success:
        blocked = [
            f"{check.check_name}: {check.description}"
            for check in checks
            if check.blocking and not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
        ]
        kept = []
        with contextlib.suppress(FilesError):
            kept = [f"The report before stays: {files.path(PAGE)}"] if files.exists(PAGE) else []
        return _fail(*(blocked or _failures(result)), *kept)
    warnings = [f"{check.check_name}: {check.description}" for check in checks if not check.passed]
    counted, report = metadata["character_appearances"], metadata["appearances_report"]
    try:
        appearances = files.read(APPEARANCES)  # the metadata has the first hundred
    except FilesError as error:
        return _fail(str(error))
    if appearances.origin and appearances.origin.facts.get("show_id") != report["tvmaze_id"]:
        return _fail(f"Another run has put its show into {files.folder.absolute()} meanwhile: run this one again.")
    mentions = json.loads(appearances.content)
    picture, page = str(files.path(PICTURE)), str(files.path(PAGE))
    if as_json:
        answer = {
            "show": metadata["tv_show_info"]["top_result"]["show"]["name"],
            "tvmaze_id": metadata["tv_show_info"]["top_result"]["show"]["id"],
            "source": report["source"],
            "finding": report["finding"],
            "mentions": mentions,
            "ambiguous_share": counted["ambiguous_share"],
            "picture": picture,
            "page": page,
            "warnings": warnings,
        }
        print(json.dumps(answer, ensure_ascii=False, indent=2))
        return 0
    _print_bars(mentions)
    print(report["finding"])
    if report["source"] == "sample":
        print("This is the built-in SAMPLE, the first season of Friends: TVMaze was not reached, or not asked.")
    print(f"Picture: {picture}\nPage:    {page}")
    for warning in warnings:
        print(f"Note:    {warning}")
    return 0


def _run(job: Any, instance: Any, *, quiet: bool) -> Any:
    """Run the job in this process; Ctrl-C cancels the run, and what takes time is told on stderr meanwhile."""
    from uuid import uuid4

    import dagster as dg
    from dagster._core.events import RunFailureReason
    from dagster._core.execution.plan.objects import ErrorSource
    from dagster._utils.interrupts import capture_interrupts

    # As in Dagster's own commands: what comes while no step runs is kept until the next one would begin.
    run_id = str(uuid4())
    outside_a_step: list[bool] = []
    with capture_interrupts(), _progress(quiet=quiet) as tell:

        def heard(entry: Any) -> None:
            event = entry.dagster_event
            # Dagster takes an interrupt for a failure, unless somebody has asked for the end of the run.
            if event and event.is_step_failure and event.step_failure_data.error_source == ErrorSource.INTERRUPT:
                instance.report_run_canceling(instance.get_run_by_id(run_id), CTRL_C)
            elif event and event.event_type == dg.DagsterEventType.RUN_FAILURE:
                outside_a_step.append(event.job_failure_data.failure_reason == RunFailureReason.UNEXPECTED_TERMINATION)
            tell(entry)

        instance.add_event_listener(run_id, heard)
        result = job.execute_in_process(
            instance=instance,
            run_id=run_id,
            raise_on_error=False,
            # Dagster's log goes to the run's page; the terminal is for the answer.
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    if any(outside_a_step):
        instance.report_run_canceled(instance.get_run_by_id(run_id), CTRL_C)
    return result


@contextlib.contextmanager
def _progress(*, quiet: bool) -> Iterator[Any]:
    """What tells a run's events on stderr as they come: lines, and in a terminal what is going on at this moment."""
    import logging

    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True, quiet=quiet, soft_wrap=True, highlight=False)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as progress:
        going_on = progress.add_task("Starting")

        def tell(entry: Any) -> None:
            event = entry.dagster_event
            if event is None:
                if entry.level == logging.WARNING:  # an error is told when the run has ended
                    console.print(escape(entry.user_message))
            elif event.is_step_start or event.is_step_restarted:
                progress.reset(going_on, description=escape(event.step_key))
            elif event.is_step_success:
                console.print(f"{escape(event.step_key)}: done in {event.step_success_data.duration_ms / 1000:.1f} s")

        yield tell


def _instance() -> Any:
    """The history that `dagster dev` in this folder shows, where there is one; otherwise one that ends with the run."""
    from pathlib import Path

    import dagster as dg

    if os.environ.get("DAGSTER_HOME"):
        return dg.DagsterInstance.get()
    if Path("dagster.yaml").exists():
        from filelock import FileLock

        Path(".dagster").mkdir(exist_ok=True)
        # Two copies that make the tables at the same moment leave one of them, or the history, broken.
        with FileLock(".dagster/lock"):
            return dg.DagsterInstance.from_config(str(Path.cwd()))
    return dg.DagsterInstance.ephemeral()


def _failures(result: Any) -> list[str]:
    """What the failed steps said, without the steps that only failed because of them."""
    said = []
    for event in result.filter_events(lambda event: event.is_step_failure):
        failure = event.step_failure_data
        cause = failure.user_failure_data
        said.append(cause.description if cause else str(failure.error_display_string))
    return said or ["The run failed before a step could say why; `make dev` shows its log."]


def _print_bars(mentions: Mapping[str, int], most: int = 20) -> None:
    """The characters that are mentioned, most first, as bars as wide as the terminal allows."""
    from rich.bar import Bar
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    ranked = sorted(((count, label) for label, count in mentions.items() if count), key=lambda row: (-row[0], row[1]))
    table = Table.grid(padding=(0, 1), expand=True)
    table.add_column(max_width=32, no_wrap=True)
    table.add_column(justify="right")
    table.add_column(ratio=1)
    for count, label in ranked[:most]:
        table.add_row(Text(label), str(count), Bar(ranked[0][0], 0, count))
    if ranked[most:]:
        table.add_row(Text(f"and {len(ranked) - most} more"), "", "")
    Console().print(table)


def _search(name: str, settings: Any, *, as_json: bool) -> int:
    """List what TVMaze finds, to choose from."""
    import json

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from tv_appearances.fetching.errors import FetchError
    from tv_appearances.tvmaze.api import TVMazeClient

    try:
        with TVMazeClient(settings.tvmaze_url, address_setting="TVMAZE_URL") as client:
            shows = [result.show for result in client.search_shows(name).value]
    except FetchError as error:
        return _fail(str(error))
    if not shows:
        return _fail(f"TVMaze finds no show called {name!r}. Check the spelling, or try fewer words.")
    columns = ("id", "name", "year", "network")
    rows = [(f"id:{show.id}", show.name, (show.premiered or "")[:4], show.network or "") for show in shows]
    if as_json:
        print(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], ensure_ascii=False, indent=2))
        return 0
    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
    return 0


def _fail(*sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
