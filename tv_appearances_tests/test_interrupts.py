"""Ctrl-C and *Terminate*: wherever the run stands, it ends at once, cancelled, and the folder holds one show."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tv_appearances.show_files import MADE_BY, ShowFiles
from tv_appearances_tests.fakes import episode
from tv_appearances_tests.test_commands import PATIENCE, environment, run
from tv_appearances_tests.test_daemon import Dev, free_port, wait_for
from tv_appearances_tests.tvmaze_server import TVMazeServer, World

QUESTIONS = ("/search/shows", "/shows/7001/episodes", "/shows/7001/cast")
FERRY = 7003
SENTENCE = "The run was interrupted; what was there before is untouched."
# Python ignores SIGINT where its parent does, as a shell's background jobs do.
HEARS_SIGINT = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from tv_appearances.cli import main; sys.exit(main())"
)

NO_SENSOR = """
import os
import dagster as dg
from tv_appearances.build import build_defs
from tv_appearances.settings import Settings
defs = dg.Definitions.merge(
    build_defs(Settings.from_env(os.environ), resource_prefix=""), dg.Definitions(executor=dg.in_process_executor)
)
"""


@pytest.fixture
def server() -> Iterator[TVMazeServer]:
    """The Lighthouse, and The Ferry, with which a folder begins."""
    world = World.made_up()
    world.shows[FERRY] = {**world.shows[7001], "id": FERRY, "name": "The Ferry"}
    world.parts[FERRY, "cast"] = world.parts[7001, "cast"]
    world.parts[FERRY, "episodes"] = [episode(7301, 1, 1, "<p>Ada rows. Ada waits.</p>")]
    with TVMazeServer(world) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path, server: TVMazeServer) -> Path:
    """A folder in which The Ferry was looked up; the server's log is empty again."""
    done = run(tmp_path, "tv-appearances", TV_APPEARANCES_SHOW=f"id:{FERRY}", TVMAZE_URL=server.url)
    assert done.returncode == 0, done.stderr
    server.log.clear()
    return tmp_path


def assert_one_show(data: Path) -> int:
    """Every file is there, was made for the show in `show.json`, and from the files beside it; which show that is."""
    files = ShowFiles(data, finished=True)
    show, source, _ = files.show()
    stored = {name: files.read(name) for name in MADE_BY}
    files.require_same_show(show, source, *stored.values())
    for name in MADE_BY:
        files.require_inputs(stored[name], *stored.values())
    return show.id


def statuses(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How the runs ended, the newest first."""
    monkeypatch.chdir(folder)
    with dg.DagsterInstance.from_config(".") as instance:
        return [run.status.value for run in instance.get_runs()]


def interrupt(folder: Path, server: TVMazeServer, question: str, seconds: float) -> tuple[str, int, float, int]:
    """Ctrl-C so long after the question was asked, or after the start: stderr, code, seconds to the end, requests."""
    process = subprocess.Popen(
        [sys.executable, "-c", HEARS_SIGINT],
        cwd=folder,
        env=environment(TVMAZE_URL=server.url, TV_APPEARANCES_SHOW="the lighthouse"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if question:
        wait_for(question, lambda: question in server.paths or process.poll() is not None)
    time.sleep(seconds)
    asked, told = len(server.log), time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    return said, process.returncode, time.monotonic() - told, len(server.log) - asked


@pytest.mark.command
@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("kind", ["stall", "503"])
def test_ctrl_c_cancels_the_run_wherever_tvmaze_stalls(
    folder: Path, server: TVMazeServer, monkeypatch: pytest.MonkeyPatch, question: str, kind: str
) -> None:
    server.fault(question, kind, times=99)
    said, code, seconds, requests = interrupt(folder, server, question, 1.0)
    assert (code, said.splitlines()[-1]) == (130, SENTENCE)
    assert "Traceback" not in said
    assert (requests <= 1, seconds < 50) == (True, True)  # a stall takes 60 s and more
    assert statuses(folder, monkeypatch)[0] == "CANCELED"
    assert assert_one_show(folder / "data") == FERRY
    server.faults.clear()
    assert run(folder, "tv-appearances", TV_APPEARANCES_SHOW="the lighthouse", TVMAZE_URL=server.url).returncode == 0
    assert assert_one_show(folder / "data") == 7001
    assert not (folder / "data" / ".next").exists()


@pytest.mark.soak
def test_ctrl_c_at_thirty_moments(folder: Path, server: TVMazeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = random.Random(16)
    for number in range(30):
        question = (*QUESTIONS, "")[number % 4]
        server.faults.clear()
        if question:
            server.fault(question, moments.choice(["stall", "stall-mid-body", "503", "429"]), times=99)
        server.log.clear()
        shutil.rmtree(folder / "data" / ".next", ignore_errors=True)
        said, code, seconds, requests = interrupt(folder, server, question, moments.uniform(0.3, 8))
        where = f"{question or 'no fault'}: {code}, {seconds:.2f} s, {requests} requests, {said[-300:]}"
        if not question and code == 0:
            assert assert_one_show(folder / "data") == 7001, where
            continue
        assert code == 130, where
        assert said.endswith(f"{SENTENCE}\n"), where
        assert "Traceback" not in said, where
        assert seconds < 2, where
        assert requests <= 1, where
        assert assert_one_show(folder / "data") in (FERRY, 7001), where
        assert statuses(folder, monkeypatch)[0] in ("CANCELED", "SUCCESS"), where
    server.faults.clear()
    assert run(folder, "tv-appearances", TV_APPEARANCES_SHOW="the lighthouse", TVMAZE_URL=server.url).returncode == 0


@pytest.mark.daemon
def test_terminate_in_the_ui_cancels_the_run_at_once(
    folder: Path, server: TVMazeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "no_sensor.py").write_text(NO_SENSOR)
    dev = Dev(
        folder,
        f"dagster dev -f no_sensor.py -p {free_port()}",
        TVMAZE_URL=server.url,
        TV_APPEARANCES_SHOW="the lighthouse",
    )
    try:
        wait_for("the webserver", lambda: "Serving dagster-webserver on" in dev.log.read_text(), seconds=240)
        for question in QUESTIONS:
            server.faults.clear()
            server.fault(question, "stall", times=99)
            server.log.clear()
            (started,) = launch(dev)
            wait_for(question, lambda asked=question: asked in server.paths)  # type: ignore[misc]
            asked = len(server.log)
            terminated = dev.ask(f'mutation {{ terminateRun(runId: "{started}") {{ __typename }} }}')
            assert terminated["terminateRun"]["__typename"] == "TerminateRunSuccess"
            wait_for("the end of the run", lambda run_id=started: ended(dev, run_id), seconds=20)  # type: ignore[misc]
            assert len(server.log) - asked <= 1
            assert assert_one_show(folder / "data") == FERRY
    finally:
        dev.close()
    assert statuses(folder, monkeypatch)[:3] == ["CANCELED"] * 3


def launch(dev: Dev) -> list[str]:
    found = dev.ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }")
    (repository,) = found["repositoriesOrError"]["nodes"]
    selector = {
        "pipelineName": "__ASSET_JOB",
        "repositoryName": repository["name"],
        "repositoryLocationName": repository["location"]["name"],
        "assetSelection": [{"path": [name]} for name in dict.fromkeys(MADE_BY.values())],
        "assetCheckSelection": None,
    }
    fields = ", ".join(f"{key}: {graphql(value)}" for key, value in selector.items())
    launched = dev.ask(
        f'mutation {{ launchRun(executionParams: {{ selector: {{ {fields} }}, mode: "default" }}) '
        "{ __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"
    )
    return [launched["launchRun"]["run"]["runId"]]


def graphql(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(graphql, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {graphql(inner)}' for key, inner in value.items())}}}"
    return json.dumps(value)


def ended(dev: Dev, run_id: str) -> bool:
    answer = dev.ask(f'{{ runOrError(runId: "{run_id}") {{ ... on Run {{ status }} }} }}')
    return answer["runOrError"]["status"] in ("CANCELED", "FAILURE", "SUCCESS")


@pytest.mark.command
def test_waits_and_steps_are_told_as_they_happen_unless_quiet(tmp_path: Path, server: TVMazeServer) -> None:
    server.fault("/shows/7001/cast", "503", times=1)
    told = run(tmp_path, "tv-appearances", "the lighthouse", TVMAZE_URL=server.url)
    assert 'Try 1 for the cast of "The Lighthouse" (show 7001): it answered 503; trying again in' in told.stderr
    assert told.stderr.index("Try 1") < told.stderr.index("characters: done in ")
    assert len(told.stderr.splitlines()) == 7
    assert told.stderr.endswith("The files of 'friends' stay as they are; this run is not in Dagster's history.\n")
    server.fault("/shows/7001/cast", "503", times=1)
    quiet = run(tmp_path, "tv-appearances", "the lighthouse", "--quiet", TVMAZE_URL=server.url)
    assert (quiet.returncode, quiet.stderr) == (0, "")
