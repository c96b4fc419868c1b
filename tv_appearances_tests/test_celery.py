"""`deploy/celery` for real: Redis, PostgreSQL, the daemon, and two workers, one of which dies halfway."""

import os
import re
import signal
import time
from importlib.util import find_spec
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterEventType, DagsterRunStatus, RunsFilter

from tv_appearances_tests.celery_deployment import CeleryDeployment
from tv_appearances_tests.test_daemon import wait_for
from tv_appearances_tests.test_many_shows import world_of
from tv_appearances_tests.tvmaze_server import TVMazeServer

SHOWS = 20

pytestmark = [
    pytest.mark.celery,
    pytest.mark.skipif(not find_spec("dagster_celery"), reason="`make celery` runs it in an environment of its own"),
]


def test_every_show_ends_right_though_a_worker_dies_halfway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        TVMazeServer(world_of(SHOWS), limit=(20, 10.0)) as server,
        CeleryDeployment(
            tmp_path,
            server.url,
            SHOWS,
            max_runtime_seconds=40,
            poll_interval_seconds=5,
            start_timeout_seconds=60,
        ) as deployment,
    ):
        for name, value in deployment.variables.items():
            monkeypatch.setenv(name, value)
        began = time.monotonic()
        workers = [deployment.worker("one"), deployment.worker("two")]
        deployment.daemon()
        wait_for("half of the shows", lambda: len(deployment.built()) >= SHOWS // 2, seconds=240)
        half = time.monotonic() - began
        with dg.DagsterInstance.get() as instance:
            lost, dead = caught(instance, deployment)
            assert dead in [worker.pid for worker in workers]
            os.killpg(dead, signal.SIGKILL)
            try:
                wait_for("all of the shows", lambda: ended_well(instance) == deployment.shows, seconds=200)
            except AssertionError:
                pytest.fail(f"not within 200 s:\n{story(instance, deployment)}")
            (again,) = instance.get_runs(RunsFilter(tags={"dagster/parent_run_id": lost}))
            assert instance.get_run_by_id(lost).status == DagsterRunStatus.FAILURE
            assert again.status == DagsterRunStatus.SUCCESS
        seconds = time.monotonic() - began
        for show in deployment.shows:
            assert deployment.read(show, "character_appearances.json") == '{\n  "Ada": 2,\n  "Bruno": 1\n}\n'
        assert deployment.built() == deployment.shows
    answers = [entry["status"] for entry in server.log]
    print(  # noqa: T201
        f"{SHOWS // 2} shows by two workers in {half:.0f} s, all {SHOWS} in {seconds:.0f} s; "
        f"{len(answers)} requests, {answers.count(429)} times 429"
    )
    assert answers.count(429) <= len(answers) / 100


def caught(instance: dg.DagsterInstance, deployment: CeleryDeployment) -> tuple[str, int]:
    """A run in the middle of its work, and the process group of its worker, stopped so that the run can't end first."""
    found: list[tuple[str, int]] = []

    def look() -> bool:
        for run in instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED])):
            if "dagster/partition" not in run.tags:  # the overview's
                continue
            try:
                group = worker_of(instance, run)
            except ProcessLookupError:  # it has just ended
                continue
            os.killpg(group, signal.SIGSTOP)
            now = instance.get_run_by_id(run.run_id)
            if now.status == DagsterRunStatus.STARTED and now.tags["dagster/partition"] not in deployment.built():
                found.append((run.run_id, group))
                return True
            os.killpg(group, signal.SIGCONT)
        return False

    wait_for("a run that goes on", look)
    return found[0]


def worker_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> int:
    """The process group of the Celery worker that makes a run."""
    messages = " ".join(e.message for e in instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT))
    return os.getpgid(int(re.findall(r"Started process for run \(pid: (\d+)\)", messages)[0]))


def story(instance: dg.DagsterInstance, deployment: CeleryDeployment) -> str:
    """What became of the shows that are not there: their runs' last words, and the daemon's."""
    lines = [f"missing: {sorted(deployment.shows - ended_well(instance))}"]
    for run in instance.get_runs():
        if run.status != DagsterRunStatus.SUCCESS:
            lines.append(f"{run.tags.get('dagster/partition')}, {run.status.value}, {run.run_id}")
            lines += [f"  {entry.timestamp:.1f} {entry.message[:150]}" for entry in instance.all_logs(run.run_id)[-6:]]
    return "\n".join([*lines, *(deployment.folder / "daemon.log").read_text().splitlines()[-15:]])


def ended_well(instance: dg.DagsterInstance) -> set[str]:
    """The shows of the runs that succeeded."""
    runs = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.SUCCESS]))
    return {run.tags.get("dagster/partition", "") for run in runs} - {""}
