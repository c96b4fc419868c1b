"""The mistakes of a new user, made on purpose: each gets the message that docs/mistakes.md promises."""

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

import pytest

from tv_appearances_tests.test_commands import MATERIALIZE, NOWHERE, ROOT, environment
from tv_appearances_tests.test_daemon import wait_for
from tv_appearances_tests.tvmaze_server import TVMazeServer

pytestmark = pytest.mark.command

PAGE = (ROOT / "docs" / "mistakes.md").read_text(encoding="utf-8")

HELD_ELSEWHERE = {
    "TV_APPEARANCES_SOURCE is 'online'": "test_commands.py::test_what_cannot_work_is_one_clear_sentence",
    "Cannot write a file in": "test_commands.py::test_what_cannot_work_is_one_clear_sentence",
    "TVMaze finds no show called": "test_commands.py::test_what_cannot_work_is_one_clear_sentence",
    "TVMaze has no show with the id": "test_commands.py::test_what_cannot_work_is_one_clear_sentence",
    "TVMaze lists no episodes yet": "test_commands.py::test_what_cannot_work_is_one_clear_sentence",
    "Check the network": "test_commands.py::test_what_cannot_work_is_one_clear_sentence",
    "The data folder holds data from TVMaze": "test_lookup.py::test_the_sample_never_replaces_live_data",
    "was changed or damaged": "test_files.py::test_a_file_changed_by_hand_names_the_asset_to_materialize",
    "was made for show": "test_files.py::test_a_file_of_another_show_is_refused",
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
    "Dagster's history cannot be opened: …": (COMMAND, {"DAGSTER_HOME": str(ROOT / "README.md")}),
    "Dagster's history cannot be opened: $": (COMMAND, {"DAGSTER_HOME": "relative"}),
}
"""The beginning of a message → the command that provokes it in an empty folder, and its environment."""

OWN_TEST = ("tv_appearances needs Python", "The run was interrupted")


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


@pytest.mark.parametrize("test", sorted(set(HELD_ELSEWHERE.values())))
def test_a_test_that_is_named_exists(test: str) -> None:
    file, name = test.split("::")
    assert f"def {name}(" in Path(__file__).with_name(file).read_text(encoding="utf-8")


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
        timeout=60,
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
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
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
        _, said = process.communicate(timeout=20)
    assert process.returncode == 1
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
    said = [copy.communicate(timeout=60)[1] for copy in copies]
    assert [copy.returncode for copy in copies] == [0, 0], said


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A checkout on a disk that cannot be written."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    shutil.copy(ROOT / "dagster.yaml", folder)
    mount = ["mount", "--bind", str(folder), str(folder)], ["mount", "-o", "remount,ro,bind", str(folder)]
    if any(subprocess.run(command, capture_output=True, check=False).returncode for command in mount):
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_read_only_checkout_says_what_it_wants_and_works_with_it(read_only: Path, tmp_path: Path) -> None:
    def run(**variables: str) -> "subprocess.CompletedProcess[str]":
        env = environment(TVMAZE_URL=NOWHERE, **variables)
        return subprocess.run(COMMAND, cwd=read_only, env=env, capture_output=True, text=True, check=False)

    refused = run()
    assert refused.returncode != 0
    assert says(refused.stderr, the_one("Dagster's history cannot be opened: …"))
    home, data = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}")
    assert "set TV_APPEARANCES_DATA to another one" in run(DAGSTER_HOME=str(home)).stderr
    assert run(DAGSTER_HOME=str(home), TV_APPEARANCES_DATA=str(data)).returncode == 0
    assert (data / "appearances.png").exists()


def test_an_old_history_goes_on_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    shutil.copy(ROOT / "dagster.yaml", tmp_path)

    def run() -> "subprocess.CompletedProcess[str]":
        env = environment(TVMAZE_URL=NOWHERE)
        return subprocess.run(COMMAND, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    assert run().returncode == 0
    history = tmp_path / ".dagster" / "history" / "runs.db"
    with closing(sqlite3.connect(history)) as database, database:  # as it was before runs had a backfill
        database.executescript("""
            drop index idx_runs_by_backfill_id;
            alter table runs drop column backfill_id;
            update alembic_version set version_num = 'b601eb913efa';
        """)
    assert run().returncode == 0
    history.write_text("no database")
    damaged = run()
    assert damaged.returncode != 0
    assert says(damaged.stderr, the_one("Dagster's history cannot be opened: …"))
    (tmp_path / ".dagster").rename(tmp_path / "away")
    assert run().returncode == 0
