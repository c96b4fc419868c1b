"""`tv-appearances`: the five assets for those who do not want to know Dagster.

Belongs here: arguments, one run of the code location as Dagster would do it, and what the terminal shows. Does not
belong here: anything a run in Dagster's UI would not do too.
"""

import argparse
import contextlib
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tv_appearances.show_files import ShowFiles


def main() -> int:
    """Run the command; 0 for a report, 1 for a failure that was explained, 2 for arguments that do not fit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # bars and names that a terminal's encoding does not have
    given = arguments(sys.argv[1:])
    if given.version:
        from tv_appearances.tvmaze.api import release

        print(f"tv-appearances {release()}")
        return 0
    if given.asked is not None:
        from tv_appearances.tvmaze.lookup import parse_show_choice

        try:
            parse_show_choice(given.asked)
        except ValueError as error:
            return _fail(str(error))
        if not given.is_search:
            os.environ["TV_APPEARANCES_SHOW"] = given.asked
    try:
        from dotenv import load_dotenv

        try:
            load_dotenv(Path(".env"))
        except UnicodeDecodeError:
            raise click.ClickException(f"{Path('.env').absolute()} is not UTF-8: save it as UTF-8.") from None
        many = bool(os.environ.get("TV_APPEARANCES_SHOWS"))
        if many and not given.is_search:
            print(
                "Note:    TV_APPEARANCES_SHOWS is set, but this command is about one show: its files go beside the "
                "folders of the others, and the run is not in their history.",
                file=sys.stderr,
            )
        os.environ["TV_APPEARANCES_SHOWS"] = ""
        # Importing it reads the settings, so a wrong one is found here.
        from tv_appearances.build import build_defs
        from tv_appearances.settings import Settings
        from tv_appearances.show_files import ShowFiles

        settings = Settings.from_env(os.environ)
        if given.is_search:
            return _search(given.asked, settings, as_json=given.json)
        return _report(
            build_defs(settings, resource_prefix=""), ShowFiles(settings.data), as_json=given.json, history=not many
        )
    except click.ClickException as error:
        return _fail(error.message)
    except KeyboardInterrupt:
        return _fail("Interrupted; what was there before is untouched.")


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """The arguments, with the words of a title put together: `asked` is None where no show is named."""
    parser = argparse.ArgumentParser(
        prog="tv-appearances",
        usage="%(prog)s [SHOW ...] [--json]\n       %(prog)s --search SHOW ... [--json]",
        description="Who is this TV show about? Counts how often its episode summaries name each main character.",
        epilog="A year or a country behind the name chooses among shows that share it: tv-appearances 'the flash "
        "(1990)'. A name that begins with - stands behind --, as in: tv-appearances -- -ing. Settings are environment "
        "variables (TV_APPEARANCES_…), read from .env too; the README lists them.",
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


def _report(defs: Any, files: "ShowFiles", *, as_json: bool, history: bool) -> int:
    """Run all five assets in this process, as one Dagster run, and print what came of it."""
    import dagster as dg

    from tv_appearances.assets.analysis import answer_in
    from tv_appearances.report.wording import finding, which_show
    from tv_appearances.show_files import APPEARANCES, PAGE, PICTURE
    from tv_appearances.storage import FilesError

    try:
        with _instance() if history else dg.DagsterInstance.ephemeral() as instance:
            result = defs.resolve_implicit_global_asset_job_def().execute_in_process(
                instance=instance,
                raise_on_error=False,
                # Dagster's log goes to the run's page; the terminal is for the answer.
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
    # What a step raises is in the result. The rest comes from Dagster, YAML and SQLite, some of it only when the first
    # event is written; it has nothing in common but the remedy.
    except Exception as error:  # noqa: BLE001
        raise click.ClickException(
            f"Dagster's history cannot be used: {' '.join(str(error).split()).rstrip('.')}. Mend dagster.yaml, make or "
            "unset DAGSTER_HOME, or move .dagster away to begin a new history; data/ stays."
        ) from None
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
    warnings = [_plain(check.description) for check in checks if not check.passed]
    picture, page = str(files.path(PICTURE)), str(files.path(PAGE))
    if as_json:
        top = [row.label for row in answer.rows if row.mentions == answer.rows[0].mentions]
        (counted,) = result.asset_materializations_for_node("character_appearances")
        said = {
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


def _instance() -> Any:
    """The history that `dagster dev` in this folder shows, where there is one; otherwise one that ends with the run."""
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
