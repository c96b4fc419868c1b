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
            tmp_path, server.url, SHOWS, max_runtime_seconds="25\n  poll_interval_seconds: 5"
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
            lost = begun(instance, deployment)
            dead = worker_of(instance, lost)
            os.killpg(dead, signal.SIGKILL)
            assert dead in [worker.pid for worker in workers]
            # Less than Dagster's start_timeout_seconds: no other run is lost with the worker.
            wait_for("all of the shows", lambda: ended_well(instance) == deployment.shows, seconds=150)
            (again,) = instance.get_runs(RunsFilter(tags={"dagster/parent_run_id": lost.run_id}))
            assert instance.get_run_by_id(lost.run_id).status == DagsterRunStatus.FAILURE
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


def begun(instance: dg.DagsterInstance, deployment: CeleryDeployment) -> dg.DagsterRun:
    """A run that goes on and is not about to end."""
    found: list[dg.DagsterRun] = []

    def look() -> bool:
        found[:] = [
            run
            for run in instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED]))
            if run.tags["dagster/partition"] not in deployment.built()
        ]
        return bool(found)

    wait_for("a run that goes on", look)
    return found[0]


def worker_of(instance: dg.DagsterInstance, run: dg.DagsterRun) -> int:
    """The process id of the Celery worker in whose process group a run is made."""
    messages = " ".join(e.message for e in instance.all_logs(run.run_id, of_type=DagsterEventType.ENGINE_EVENT))
    return os.getpgid(int(re.findall(r"Started process for run \(pid: (\d+)\)", messages)[0]))


def ended_well(instance: dg.DagsterInstance) -> set[str]:
    """The shows of the runs that succeeded."""
    runs = instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.SUCCESS]))
    return {run.tags.get("dagster/partition", "") for run in runs} - {""}
