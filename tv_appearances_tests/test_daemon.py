"""The automation for real: `dagster dev` with webserver and daemon, nobody clicks, and TVMaze counts the requests.

A minute stands for a day (the root's cron), and three instances live through one such day at the same time: one in
which nothing changed, one in which TVMaze's stamp moved, one in which TVMaze is down.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import dagster as dg
import pytest

from tv_appearances_tests.test_commands import PATIENCE, ROOT, environment
from tv_appearances_tests.tvmaze_server import TVMazeServer

pytestmark = pytest.mark.daemon

FAST = """
import os
from tv_appearances import automation
automation.DAILY_AT = "* * * * *"
from tv_appearances.definitions import root
from tv_appearances.settings import Settings
defs = root(Settings.from_env(os.environ), interval_seconds=1)
"""
ASSETS = ("tv_show_info", "episodes", "characters", "character_appearances", "appearances_report")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, reached: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.3)


class Dev:
    """A command that starts `dagster dev` in a folder, as a shell there runs it, until it is closed."""

    def __init__(self, folder: Path, command: str, log: str = "log", **variables: str) -> None:
        self.folder, self.log = folder, folder / log
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                ["sh", "-c", command],
                cwd=folder,
                env=environment(**variables),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self, pattern: str) -> str:
        """What the log says by the first group of this pattern, as soon as it does."""
        wait_for(pattern, lambda: self.process.poll() is not None or bool(re.search(pattern, self.log.read_text())))
        found = re.search(pattern, self.log.read_text())
        assert found, self.log.read_text()[-3000:]
        return found[1]

    @property
    def address(self) -> str:
        return self.said(r"Serving dagster-webserver on (http://\S+)")

    def ask(self, query: str) -> Any:
        """What the webserver answers to a query, as soon as it does; it says its address before it listens there."""
        body = json.dumps({"query": query}).encode()
        request = Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        answers: list[Any] = []

        def answered() -> bool:
            with suppress(OSError), build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
                answers.append(json.load(answer)["data"])
            return bool(answers)

        wait_for(f"an answer to {query}", answered)
        return answers[0]

    def close(self) -> None:
        with suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(self.process.pid, signal.SIGINT)  # as a terminal's Ctrl-C, to all of them
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:  # started from a background job, it was born deaf to SIGINT
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Instance(Dev):
    """`dagster dev` in a folder of its own, and its TVMaze."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        shutil.copy(ROOT / "dagster.yaml", folder)
        (folder / "fast.py").write_text(FAST)
        self.tvmaze = TVMazeServer().__enter__()
        command = f"dagster dev -f fast.py -p {free_port()}"
        super().__init__(folder, command, TVMAZE_URL=self.tvmaze.url, TV_APPEARANCES_SHOW="the lighthouse")

    def close(self) -> None:
        super().close()
        if not self.tvmaze.closing.is_set():
            self.tvmaze.__exit__(None, None, None)

    @contextmanager
    def history(self) -> Iterator[dg.DagsterInstance]:
        """What this instance remembers; its `dagster.yaml` names a folder below the current one."""
        here = Path.cwd()
        os.chdir(self.folder)
        try:
            with dg.DagsterInstance.from_config(".") as instance:
                yield instance
        finally:
            os.chdir(here)

    def runs(self) -> dict[str, int]:
        """How often each asset was materialized."""
        with self.history() as instance:
            return {name: len(instance.fetch_materializations(dg.AssetKey(name), limit=100).records) for name in ASSETS}

    def failed_runs(self) -> int:
        with self.history() as instance:
            return instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))

    def content(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.folder / "data").iterdir() if path.is_file()}


@pytest.fixture
def instances(tmp_path: Path) -> Iterator[tuple[Instance, Instance, Instance]]:
    three = Instance(tmp_path / "quiet"), Instance(tmp_path / "moved"), Instance(tmp_path / "down")
    for instance in three:
        assert instance.address, "until then the history is being made, and who opens it as well breaks it"
    yield three
    for instance in three:
        instance.close()


def test_a_day_of_each_kind_costs_what_it_should(instances: tuple[Instance, Instance, Instance]) -> None:
    quiet, moved, down = instances
    for instance in instances:
        wait_for(
            "the first build, without a click",
            lambda instance=instance: instance.runs().get("appearances_report", 0) >= 1,  # type: ignore[misc]
        )
    first = {instance: instance.runs() for instance in instances}
    requests = {instance: len(instance.tvmaze.paths) for instance in instances}
    assert all(runs == {**dict.fromkeys(ASSETS, 1), "tv_show_info": runs["tv_show_info"]} for runs in first.values())
    assert all(count == 2 + first[instance]["tv_show_info"] for instance, count in requests.items())

    before = down.content()
    moved.tvmaze.set_updated(7001, 1_900_000_000)
    down.tvmaze.__exit__(None, None, None)

    wait_for("a quiet day", lambda: quiet.runs()["tv_show_info"] > first[quiet]["tv_show_info"])
    wait_for("a day with a moved stamp", lambda: moved.runs()["characters"] == moved.runs()["episodes"] == 2)
    wait_for("a day without TVMaze", lambda: down.failed_runs() >= 1)
    time.sleep(5)  # whatever else would follow has had five evaluations to start

    days = quiet.runs()["tv_show_info"] - first[quiet]["tv_show_info"]
    assert {name: quiet.runs()[name] - first[quiet][name] for name in ASSETS[1:]} == dict.fromkeys(ASSETS[1:], 0)
    assert len(quiet.tvmaze.paths) - requests[quiet] == days

    days = moved.runs()["tv_show_info"] - first[moved]["tv_show_info"]
    assert [moved.runs()[name] for name in ASSETS[1:]] == [2, 2, 1, 1]
    assert len(moved.tvmaze.paths) - requests[moved] == days + 2

    assert down.runs() == first[down]
    assert down.content() == before
