"""`deploy/celery` for real: Redis, PostgreSQL, the daemon, two workers, one of which dies halfway.

Needs `redis-server`, `initdb` and `postgres` on the PATH, and the packages that `deploy/celery/README.md` names beside
the Python that runs the test.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from tv_appearances_tests.test_daemon import free_port, wait_for
from tv_appearances_tests.test_many_shows import world_of
from tv_appearances_tests.tvmaze_server import TVMazeServer

DEPLOY = Path(__file__).parents[1] / "deploy" / "celery"
PROGRAMS = ("redis-server", "initdb", "postgres", "psql")
MISSING = [name for name in PROGRAMS if not shutil.which(name)] + [
    name for name in ("dagster_celery", "dagster_postgres", "redis") if not find_spec(name)
]
SHOWS = 20
HASTY = """
import os
from tv_appearances import many_shows
many_shows.EVERY_SECONDS = 30
from tv_appearances.definitions import build_defs
from tv_appearances.settings import Settings
defs = build_defs(Settings.from_env(os.environ))
"""

pytestmark = [
    pytest.mark.celery,
    pytest.mark.skipif(bool(MISSING), reason=f"not here: {', '.join(MISSING)}"),
]

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a program in the folder of the test; all of them end with it, the last one first."""
    started = []

    def start(name: str, *command: object, **environment: object) -> "subprocess.Popen[bytes]":
        with (tmp_path / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=tmp_path,
                env={**os.environ, **{key: str(value) for key, value in environment.items()}},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield start
    for process in reversed(started):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def deployment(tmp_path: Path, start: Start) -> dict[str, object]:
    """Redis and PostgreSQL, and the environment of all that use them."""
    redis, postgres = free_port(), free_port()
    start("redis", "redis-server", "--port", redis, "--bind", "127.0.0.1", "--save", "")
    data = tmp_path / "postgres"
    data.mkdir()
    as_user: list[str] = []
    if os.getuid() == 0:  # PostgreSQL refuses to be root
        as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(data, "postgres")
        for folder in (tmp_path, *tmp_path.parents[:2]):
            folder.chmod(0o755)
    subprocess.run(
        [*as_user, "initdb", "-D", data, "-U", "dagster", "-A", "trust"], check=True, capture_output=True, cwd="/"
    )
    listen = ("-p", postgres, "-k", "", "-c", "listen_addresses=127.0.0.1")
    start("postgres", *as_user, "postgres", "-D", data, *listen)
    create = [
        "psql",
        "-h",
        "127.0.0.1",
        "-p",
        str(postgres),
        "-U",
        "dagster",
        "-c",
        "create database dagster",
        "postgres",
    ]
    wait_for("PostgreSQL", lambda: subprocess.run(create, capture_output=True, check=False).returncode == 0)

    settings = (DEPLOY / "dagster.yaml").read_text()
    waits = "max_runtime_seconds: 600"
    assert waits in settings
    (tmp_path / "dagster.yaml").write_text(
        settings.replace(waits, "max_runtime_seconds: 60\n  poll_interval_seconds: 10")
    )
    (tmp_path / "hasty.py").write_text(HASTY)
    return {
        "DAGSTER_HOME": tmp_path,
        "PYTHONPATH": f"{DEPLOY}:{Path(__file__).parents[1]}",
        "CELERY_BROKER_URL": f"redis://127.0.0.1:{redis}/0",
        "CELERY_BACKEND_URL": f"redis://127.0.0.1:{redis}/1",
        "DAGSTER_POSTGRES_URL": f"postgresql://dagster@127.0.0.1:{postgres}/dagster",
        "TV_APPEARANCES_SHOWS": ";".join(f"show {number}" for number in range(1, SHOWS + 1)),
        "TV_APPEARANCES_DATA": tmp_path / "data",
    }


def test_every_show_ends_right_though_a_worker_dies_halfway(
    tmp_path: Path, start: Start, deployment: dict[str, object]
) -> None:
    programs = Path(sys.executable).parent

    def built() -> int:
        return len(list(tmp_path.glob("data/*/appearances.png")))

    with TVMazeServer(world_of(SHOWS), limit=(20, 10.0)) as server:
        environment = {**deployment, "TVMAZE_URL": server.url}
        began = time.monotonic()
        first, _ = (
            start(
                f"worker-{name}",
                *(programs / "celery", "-A", "dagster_celery.app", "worker", "-Q", "dagster", "-c", "1", "-n", name),
                **environment,
            )
            for name in ("one", "two")
        )
        start("daemon", programs / "dagster-daemon", "run", "-f", "hasty.py", **environment)
        wait_for("half of the shows", lambda: built() >= SHOWS // 2, seconds=300)
        half = time.monotonic() - began
        os.killpg(first.pid, signal.SIGKILL)
        wait_for("all of the shows", lambda: built() == SHOWS, seconds=600)
    statuses = [entry["status"] for entry in server.log]
    print(  # noqa: T201
        f"{SHOWS // 2} shows by two workers in {half:.0f} s, all {SHOWS} in {time.monotonic() - began:.0f} s; "
        f"{len(statuses)} requests, {statuses.count(429)} times 429"
    )
    assert statuses.count(429) <= len(statuses) / 100
    for number in range(1, SHOWS + 1):
        counted = (tmp_path / "data" / f"show-{number}" / "character_appearances.json").read_text()
        assert counted == '{\n  "Ada": 2,\n  "Bruno": 1\n}\n'
