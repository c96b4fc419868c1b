"""`tv-appearances`: the five assets for those who do not want to know Dagster.

Belongs here: arguments, one run of the code location as Dagster would do it, and what the terminal shows. Does not
belong here: anything a run in Dagster's UI would not do too.
"""

import contextlib
import os
import shlex
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

# The rest is imported where it is used: Ctrl-C is heard from the first line of `main` on.
if TYPE_CHECKING:
    import argparse

    from tv_appearances.report.answer import Answer
    from tv_appearances.settings import Settings
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
    given = arguments(sys.argv[1:])
    if (status := _without_settings(given)) is not None:
        return status
    try:
        from dotenv import load_dotenv

        try:
            load_dotenv(Path(".env"))
        except UnicodeDecodeError:
            raise click.ClickException(f"{Path('.env').absolute()} is not UTF-8: save it as UTF-8.") from None
        many = bool(os.environ.get("TV_APPEARANCES_SHOWS"))
        environ = {**os.environ, "TV_APPEARANCES_SHOWS": ""}

        from tv_appearances.build import build_defs
        from tv_appearances.settings import Settings, SettingsError
        from tv_appearances.show_files import ShowFiles

        try:
            settings = Settings.from_env(environ)
        except SettingsError as error:
            return _fail(str(error))
        if given.is_search:
            return _search(given.asked, settings, as_json=given.json)
        settings, apart = _apart(settings, given.asked, many=many)
        files = ShowFiles(settings.data)
        if given.aliases is not None:
            status = _aliases(given.aliases, files, settings.show)
        else:
            defs = build_defs(settings, resource_prefix="")
            status = _report(defs, files, as_json=given.json, history=not apart, quiet=given.quiet)
            if apart and not status and not given.quiet:
                print(apart, file=sys.stderr)
    except click.ClickException as error:
        return _fail(error.message)
    return status


def _without_settings(given: "argparse.Namespace") -> int | None:
    """What can be answered, or refused, before any setting is read; None where there is more to do."""
    if given.version:
        from tv_appearances.tvmaze.api import release

        print(f"tv-appearances {release()}")
        return 0
    if given.check_list is not None:
        return _check_list(given.check_list)
    if given.asked is not None:
        from tv_appearances.tvmaze.lookup import parse_show_choice

        try:
            parse_show_choice(given.asked)
        except ValueError as error:
            return _fail(str(error))
    return None


def _apart(settings: "Settings", asked: str | None, *, many: bool) -> tuple["Settings", str]:
    """The settings for this question; and where it is another one than the deployment answers, what to say of that.

    Another show gets a folder of its own and no place in the history: what the deployment keeps current stays as it is.
    """
    from dataclasses import replace

    from tv_appearances.show_list import slug

    show = asked or settings.show
    if not many and show.casefold() == settings.show.casefold():
        return settings, ""
    folder = settings.data / "one-off" if many else settings.data
    own = "the shows of TV_APPEARANCES_SHOWS" if many else repr(settings.show)
    said = f"The files of {own} stay as they are; this run is not in Dagster's history."
    return replace(settings, show=show, data=folder / (slug(show) or "show")), said


def _end_now(*_: object) -> NoReturn:
    """End on Ctrl-C where no run goes on: an exception in the middle of an import may end as anything."""
    os.write(2, f"{_INTERRUPTED}\n".encode())
    os._exit(INTERRUPTED)


def arguments(given: Sequence[str]) -> "argparse.Namespace":
    """The arguments, with the words of a title put together: `asked` is None where no show is named."""
    import argparse

    parser = argparse.ArgumentParser(
        prog="tv-appearances",
        usage="%(prog)s [SHOW ...] [--json]\n       %(prog)s --search SHOW ... [--json]\n"
        "       %(prog)s --check-list FILE",
        description="Who is this TV show about? Counts how often its episode summaries name each main character.",
        epilog="A year or a country behind the name chooses among shows that share it: tv-appearances 'the flash "
        "(1990)'. Put -- before a name that begins with -: tv-appearances -- -ing. Settings are environment "
        "variables (TV_APPEARANCES_…), read from .env too; docs/reference/settings.md lists them.",
    )
    parser.add_argument(
        "show",
        nargs="*",
        metavar="SHOW",
        help="a name, in quotes or not, or id:431 for an exact TVMaze id (default: TV_APPEARANCES_SHOW)",
    )
    parser.add_argument(
        "--search", nargs="*", metavar="SHOW", help="list the shows that TVMaze finds for the name, with their ids"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the answer, or what is found, as JSON, for scripts; `leader` is null where several share the lead",
    )
    parser.add_argument(
        "--aliases",
        metavar="FILE",
        help="write a file of extra names to edit, for a show that was counted before; see TV_APPEARANCES_ALIASES",
    )
    parser.add_argument(
        "--check-list",
        metavar="FILE",
        help="tell how many shows a list for TV_APPEARANCES_SHOWS has, and what is wrong with its other lines",
    )
    parser.add_argument("--quiet", action="store_true", help="do not tell what is waited for or which step has ended")
    parser.add_argument("--version", action="store_true", help="print the version of this package")
    literal: Sequence[str] = []
    if "--" in given:
        at = given.index("--")
        given, literal = given[:at], given[at + 1 :]
    said = parser.parse_args(given)
    said.is_search = said.search is not None
    if said.is_search and said.show:
        parser.error("a show and --search do not go together: --search only lists, so that you can choose.")
    words = [*(said.search if said.is_search else said.show), *literal]
    said.asked = " ".join(words) if words or said.is_search else None
    return said


def _report(defs: Any, files: "ShowFiles", *, as_json: bool, history: bool, quiet: bool) -> int:
    """Run all five assets in this process, as one Dagster run, and print what came of it."""
    import json

    import click
    import dagster as dg

    from tv_appearances.assets.analysis import answer_in
    from tv_appearances.report.wording import finding, which_show
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
    checks = result.get_asset_check_evaluations()
    if not result.success:
        blocked = [
            _plain(check.description)
            for check in checks
            if check.blocking and not check.passed and check.severity == dg.AssetCheckSeverity.ERROR
        ]
        kept = []
        with contextlib.suppress(FilesError):
            kept = [f"The report before stays: {files.path(PAGE)}"] if files.exists(PAGE) else []
        return _fail(*dict.fromkeys(blocked or _failures(result)), *kept)
    try:
        answer, _ = answer_in(files)
        mentions = json.loads(files.read(APPEARANCES).content)
    except FilesError as error:  # another run has begun meanwhile
        return _fail(str(error))
    (reported,) = result.asset_materializations_for_node("appearances_report")
    if reported.metadata["tvmaze_id"].value != answer.show.id:
        return _fail(f"Another run has put its show into {files.folder.absolute()} meanwhile: run this one again.")
    warnings = [_plain(check.description) for check in checks if not check.passed]
    picture, page = str(files.path(PICTURE)), str(files.path(PAGE))
    if as_json:
        (counted,) = result.asset_materializations_for_node("character_appearances")
        said = {
            **_facts(answer, mentions),
            "ambiguous_percent": counted.metadata["ambiguous_percent"].value,
            "picture": picture,
            "page": page,
            "warnings": warnings,
        }
        print(json.dumps(said, ensure_ascii=False, indent=2))
        return 0
    _print_bars(mentions)
    print(finding(answer))
    print(f"Show:    {which_show(answer.show)} (id:{answer.show.id})\nPicture: {picture}\nPage:    {page}")
    for warning in warnings:
        print(f"Note:    {warning}")
    return 0


def _facts(answer: "Answer", mentions: dict[str, int]) -> dict[str, Any]:
    """What `--json` says of the answer, by key."""
    from tv_appearances.report.wording import finding

    top = [row.label for row in answer.rows if row.mentions == answer.rows[0].mentions]
    return {
        "show": answer.show.name,
        "year": answer.show.year,
        "network": answer.show.network or "",
        "tvmaze_id": answer.show.id,
        "source": answer.source,
        "finding": finding(answer),
        "leader": top[0] if len(top) == 1 else None,
        "episodes": answer.episodes,
        "episodes_with_summary": answer.with_text,
        "mentions": dict(sorted(mentions.items(), key=lambda item: (-item[1], item[0]))),
        "episodes_mentioned_in": {row.label: row.episodes for row in answer.rows},
    }


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
        from tv_appearances.history import history_of_home

        return history_of_home()
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


def _aliases(name: str, files: "ShowFiles", asked: str) -> int:
    """Write the file of extra names for the show whose files are here; nothing that is there already is lost."""
    from pathlib import Path

    from tv_appearances.mentions.aliases import aliases_file
    from tv_appearances.report.evidence_json import read_evidence
    from tv_appearances.show_files import EVIDENCE
    from tv_appearances.storage import FilesError

    try:
        if not files.exists(EVIDENCE):
            return _fail(f"{asked} was not counted here yet. Count it first: tv-appearances {shlex.quote(asked)}")
        show, _, _ = files.show()
        cast, _ = files.characters()
        evidence = files.parse_json(files.read(EVIDENCE), read_evidence)
    except FilesError as error:
        return _fail(str(error))
    text = aliases_file([character.name for character in cast], evidence.unclaimed, show.name, show.id)
    try:
        with Path(name).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return _fail(f"{name} is there already: give another name, or move it away.")
    except OSError as error:
        return _fail(f"{name} cannot be written: {error.strerror}. Give another name.")
    print(f"{name}: add the names, then count with TV_APPEARANCES_ALIASES={name}")
    return 0


def _check_list(source: str) -> int:
    """Tell how many shows are in a list, and what is wrong with each line that is none."""
    from tv_appearances.report.wording import plural
    from tv_appearances.show_list import ShowList, ShowListError

    try:
        listed = ShowList(source).read()
    except ShowListError as error:
        return _fail(str(error))
    print(f"{plural(len(listed.shows), 'show')}.", *listed.dropped, sep="\n")
    return 1 if listed.dropped else 0


def _search(name: str, settings: Any, *, as_json: bool) -> int:
    """List what TVMaze finds, to choose from."""
    import json

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from tv_appearances.fetching.errors import FetchError
    from tv_appearances.tvmaze.api import TVMazeClient
    from tv_appearances.tvmaze.lookup import LookupFailed, search

    try:
        with TVMazeClient(settings.tvmaze_url, address_setting="TVMAZE_URL") as client:
            shows = search(client, name)
    except (FetchError, LookupFailed) as error:
        return _fail(str(error))
    columns = ("id", "name", "year", "network")
    rows = [(f"id:{show.id}", show.name, show.year, show.network or "") for show in shows]
    if as_json:
        print(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], ensure_ascii=False, indent=2))
        return 0
    table = Table(*columns, box=None, header_style="bold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
    return 0


def _plain(note: str | None) -> str:
    """The note of a check without the marks by which Dagster's UI shows names as they are."""
    return (note or "").replace("`", "")


def _fail(*sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
