"""The mistakes of a new user, made on purpose: each gets the message that docs/reference/messages.md promises."""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from tv_appearances_tests.test_commands import MATERIALIZE, NOWHERE, PATIENCE, ROOT, environment
from tv_appearances_tests.test_daemon import Dev, free_port, wait_for
from tv_appearances_tests.tvmaze_server import TVMazeServer

pytestmark = pytest.mark.command

PAGE = (ROOT / "docs" / "reference" / "messages.md").read_text(encoding="utf-8")

HELD_ELSEWHERE = {
    "TV_APPEARANCES_SOURCE is 'online'": "test_commands.py::test_what_cannot_work_is_one_clear_sentence",
    "Cannot write a file in": "test_commands.py::test_what_cannot_work_is_one_clear_sentence",
    "TVMaze finds no show called": "test_commands.py::test_what_cannot_work_is_one_clear_sentence",
    "TVMaze has no show with the id": "test_commands.py::test_what_cannot_work_is_one_clear_sentence",
    "TVMaze lists no episodes of": "test_commands.py::test_what_cannot_work_is_one_clear_sentence",
    "Check the network": "test_commands.py::test_what_cannot_work_is_one_clear_sentence",
    "The data folder holds data from TVMaze": "tvmaze/test_lookup.py::test_the_sample_never_replaces_live_data",
    "was changed or damaged": "test_show_files.py::test_a_file_changed_by_hand_names_the_asset_to_materialize",
    "was made for show": "test_show_files.py::test_a_file_of_another_show_is_refused",
}
"""The beginning of a message → the test that provokes it; the others are provoked here."""

COMMAND = ("tv-appearances",)
PROVOKED: dict[str, tuple[Sequence[str], dict[str, str]]] = {
    "No rule to make target": (("make", "report"), {}),
    "No arguments given": (("dagster", "dev"), {}),
    "This command must be run inside": (("dg", "check", "defs"), {}),
    "No module named": ((*MATERIALIZE[:-1], "tv_apperances.definitions"), {}),
    "did you mean one of": (
        ("dagster", "asset", "materialize", "--select", "episods", "-m", "tv_appearances.definitions"),
        {},
    ),
    "TV_APPEARANCES_SHWO": (COMMAND, {"TV_APPEARANCES_SHWO": "house"}),
    "TVMAZE_URL is": (COMMAND, {"TVMAZE_URL": "api.tvmaze.com"}),
    "TV_APPEARANCES_DATA is": (COMMAND, {"TV_APPEARANCES_DATA": "a_file"}),
    "TV_APPEARANCES_ALIASES: cannot": (COMMAND, {"TV_APPEARANCES_ALIASES": "names.toml"}),
    "Received unexpected config": (
        (*MATERIALIZE, "--config-json", '{"ops": {"tv_show_info": {"config": {"shwo": "house"}}}}'),
        {},
    ),
    "For the show with that TVMaze id": ((*COMMAND, "7001"), {}),
    "The sample has no show": ((*COMMAND, "house"), {"TV_APPEARANCES_SOURCE": "sample"}),
    "show.json does not exist yet": (
        ("dagster", "asset", "materialize", "--select", "episodes", "-m", "tv_appearances.definitions"),
        {},
    ),
    "Asset has partitions": (MATERIALIZE, {"TV_APPEARANCES_SHOWS": "friends;house"}),
    "All selected assets must have": (
        (*MATERIALIZE, "--partition", "frends"),
        {"TV_APPEARANCES_SHOWS": "friends;house"},
    ),
    "Dagster's history cannot be used: …": (COMMAND, {"DAGSTER_HOME": str(ROOT / "README.md")}),
    "Dagster's history cannot be used: $": (COMMAND, {"DAGSTER_HOME": "relative"}),
}
"""The beginning of a message → the command that provokes it in an empty folder, and its environment."""

OWN_TEST = (
    "tv_appearances needs Python",
    "The run was interrupted",
    "file is not a database",
    "Asset checks require",
    "Read-only file system",
    "error while attempting to bind",
)

NO_MISTAKE = {
    "A name without quotes": "test_mistakes.py::test_a_name_needs_no_quotes",
    "Two copies at the same time": "test_mistakes.py::test_two_copies_at_once_both_end_well",
    "`dagster dev` was killed in the middle of a run": (
        "test_bad_days.py::test_a_machine_that_dies_in_a_run_finds_it_failed_and_recovers_at_the_next_tick"
    ),
    "No network on the first day": "test_commands.py::test_without_a_network_the_first_run_shows_the_sample",
    "Port 3000 is taken": "test_docs.py::test_the_ui_of_a_page_answers_though_port_3000_is_taken",
    "Starting anew": "test_mistakes.py::test_a_damaged_history_is_named_and_can_be_moved_away",
}
"""What the page says is no mistake → the test that does it."""


def promised() -> list[str]:
    """The messages in the page's table, as they stand there."""
    return re.findall(r"^\|[^|]+\| `(.+?)` \|", PAGE, re.MULTILINE)


def says(text: str, message: str) -> bool:
    """Whether the text holds the message; `…` stands for anything, and marks around a name do not count."""
    parts = [re.escape(part.strip()) for part in message.split("…")]
    return bool(re.search(".*?".join(parts), " ".join(text.replace("`", "").split())))


def the_one(beginning: str) -> str:
    (message,) = (message for message in promised() if message.startswith(beginning))
    return message


def test_every_message_of_the_page_is_provoked_by_a_test() -> None:
    beginnings = [*HELD_ELSEWHERE, *PROVOKED, *OWN_TEST]
    assert sorted(the_one(beginning) for beginning in beginnings) == sorted(promised())
    assert len(promised()) >= 25


def test_all_that_is_no_mistake_is_done_by_a_test() -> None:
    assert re.findall(r"^- \*\*(.+?)\*\*", PAGE, re.MULTILINE) == list(NO_MISTAKE)


@pytest.mark.parametrize("test", sorted({*HELD_ELSEWHERE.values(), *NO_MISTAKE.values()}))
def test_a_test_that_is_named_exists(test: str) -> None:
    file, name = test.split("::")
    assert f"def {name}(" in (Path(__file__).parent / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("beginning", PROVOKED)
def test_the_mistake_gets_the_message_that_is_promised(
    beginning: str, tmp_path: Path, tvmaze_server: TVMazeServer
) -> None:
    (tmp_path / "a_file").touch()
    command, variables = PROVOKED[beginning]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env=environment(**{"TVMAZE_URL": tvmaze_server.url, **variables}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode != 0
    assert says(done.stdout + done.stderr, the_one(beginning)), done.stderr
    if command[0] == "tv-appearances":
        assert len(done.stderr.strip().splitlines()) == 1, "one sentence, and no traceback"


def old_python() -> str | None:
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for minor in (9, 8, 7, 6):
        for candidate in [shutil.which(f"python3.{minor}"), *pyenv.glob(f"versions/3.{minor}.*/bin/python")]:
            if candidate and subprocess.run([candidate, "-c", ""], check=False, capture_output=True).returncode == 0:
                return str(candidate)
    return None


def test_make_refuses_a_python_that_is_too_old(tmp_path: Path) -> None:
    python = old_python()
    if not python:
        pytest.skip("there is no Python below 3.10 here")
    for name in ("Makefile", "pyproject.toml", *(lock.name for lock in ROOT.glob("requirements*.lock"))):
        shutil.copy(ROOT / name, tmp_path)
    done = subprocess.run(
        ["make", "report", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert says(done.stderr, the_one("tv_appearances needs Python"))
    assert not (tmp_path / ".venv").exists()


def test_an_interrupt_ends_the_run_at_once(tmp_path: Path) -> None:
    with TVMazeServer(latency=30) as slow:
        # Python ignores SIGINT where its parent does, as a shell's background jobs do.
        wrapped = "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        wrapped += "runpy.run_module('tv_appearances.cli', run_name='__main__')"
        process = subprocess.Popen(
            [sys.executable, "-c", wrapped],
            cwd=tmp_path,
            env=environment(TVMAZE_URL=slow.url),
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for("the first request", lambda: slow.connections > 0)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert says(said, the_one("The run was interrupted"))


def test_a_name_needs_no_quotes(tmp_path: Path, tvmaze_server: TVMazeServer) -> None:
    command = ["tv-appearances", "the", "lighthouse", "--json"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(TVMAZE_URL=tvmaze_server.url), capture_output=True, text=True, check=True
    )
    assert '"tvmaze_id": 7001' in done.stdout


def test_two_copies_at_once_both_end_well(tmp_path: Path) -> None:
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    copies = [
        subprocess.Popen(["tv-appearances"], cwd=tmp_path, env=environment(TVMAZE_URL=NOWHERE), stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [copy.communicate(timeout=PATIENCE)[1] for copy in copies]
    assert [copy.returncode for copy in copies] == [0, 0], said


def said_by(folder: Path, command: str, **variables: str) -> str:
    """What a command that fails says; nothing, where it ends well."""
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=environment(PYTHONPATH=str(ROOT), TVMAZE_URL=NOWHERE, **variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.stderr if done.returncode else ""


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new history in a folder with our `dagster.yaml`."""
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    monkeypatch.chdir(tmp_path)
    with dg.DagsterInstance.from_config(".") as instance:
        instance.get_asset_keys()
    return tmp_path / ".dagster" / "history"


def test_a_damaged_history_is_named_and_can_be_moved_away(history: Path, tmp_path: Path) -> None:
    for file in ("runs/index.db", "runs.db"):
        (history / file).write_bytes(b"no database " * 1000)
        message = said_by(tmp_path, "tv-appearances")
        assert says(message, the_one("Dagster's history cannot be used: …"))
        assert len(message.strip().splitlines()) == 1
    assert says(said_by(tmp_path, "dagster dev -m tv_appearances.definitions"), the_one("file is not a database"))
    (tmp_path / ".dagster").rename(tmp_path / "damaged")
    assert not said_by(tmp_path, "tv-appearances")


def test_the_history_of_an_older_dagster_can_be_brought_up_to_date(history: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(history / "runs" / "index.db")) as index:  # as Dagster 1.0 left it, in what matters
        index.executescript("DROP TABLE asset_check_executions; UPDATE alembic_version SET version_num='958a9495162d'")
    message = said_by(tmp_path, "tv-appearances")
    assert says(message, the_one("Asset checks require"))
    assert says(message, the_one("Dagster's history cannot be used: …"))
    assert not said_by(tmp_path, "DAGSTER_HOME=$PWD dagster instance migrate")
    assert not said_by(tmp_path, "tv-appearances")


@pytest.fixture
def read_only(checkout: Path) -> Iterator[Path]:
    mounted = subprocess.run(["mount", "-o", "bind,ro", checkout, checkout], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting a folder read-only is not allowed here")
    yield checkout
    subprocess.run(["umount", checkout], check=True)


def test_a_read_only_checkout_is_started_from_another_folder(read_only: Path, tmp_path: Path) -> None:
    message = said_by(read_only, "make report")
    assert says(message, the_one("Read-only file system"))
    assert says(message, the_one("Dagster's history cannot be used: …"))
    assert says(said_by(read_only, "dagster dev"), the_one("Read-only file system"))
    assert not said_by(tmp_path, f"{read_only}/.venv/bin/tv-appearances")


@pytest.mark.daemon
def test_a_second_copy_that_wants_the_same_port_says_so_and_disturbs_nobody(tmp_path: Path) -> None:
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    command = f"dagster dev -m tv_appearances.definitions -p {free_port()}"
    with closing(Dev(tmp_path, command, TVMAZE_URL=NOWHERE)) as one:
        assert one.ask("{ version }")["version"]
        with closing(Dev(tmp_path, command, log="second.log", TVMAZE_URL=NOWHERE)) as two:
            assert says(two.said("(ERROR: .+)"), the_one("error while attempting to bind"))
        assert one.ask("{ version }")["version"]
