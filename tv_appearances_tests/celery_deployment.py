"""`deploy/celery` on one machine: Redis and PostgreSQL as Debian packages them, moto's S3, the daemon, and workers.

The test and the benchmark of it share this. Needs `redis-server` and PostgreSQL, and the environment of `make celery`.
"""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tv_appearances_tests.object_store import object_store
from tv_appearances_tests.postgres_server import postgresql, program
from tv_appearances_tests.test_commands import ROOT, environment
from tv_appearances_tests.test_daemon import free_port

if TYPE_CHECKING:
    from typing_extensions import Self

DEPLOY = ROOT / "deploy" / "celery"
SCRIPTS = Path(sys.executable).parent


class CeleryDeployment:
    """All programs but daemon and workers, which whoever enters it starts; they all end with it."""

    def __init__(self, folder: Path, tvmaze_url: str, shows: int, **run_monitoring: int) -> None:
        """`run_monitoring` is what that part of `dagster.yaml` says differently here."""
        self.folder = folder
        self.shows = {f"show-{number}" for number in range(1, shows + 1)}
        self.broker = free_port()
        self.variables = {
            "DAGSTER_HOME": str(folder),
            "PYTHONPATH": f"{DEPLOY}{os.pathsep}{ROOT}",
            "CELERY_BROKER_URL": f"redis://127.0.0.1:{self.broker}/0",
            "CELERY_BACKEND_URL": f"redis://127.0.0.1:{self.broker}/1",
            "TVMAZE_URL": tvmaze_url,
            "TV_APPEARANCES_SHOWS": ";".join(name.replace("-", " ") for name in self.shows),
            "TV_APPEARANCES_DATA": "s3://bucket/data",
            "XDG_CACHE_HOME": str(folder),  # the pace, for which S3 has no locks, is kept below it
        }
        settings = yaml.safe_load((DEPLOY / "dagster.yaml").read_text())
        settings["run_monitoring"] |= run_monitoring
        (folder / "dagster.yaml").write_text(yaml.safe_dump(settings))

    def __enter__(self) -> "Self":
        with ExitStack() as stack:
            self._stack = stack
            self._start("redis", program("redis-server"), "--port", self.broker, "--bind", "127.0.0.1", "--save", "")
            self.variables["DAGSTER_POSTGRES_URL"] = stack.enter_context(postgresql(self.folder / "postgres.log"))
            self._make_bucket(stack.enter_context(object_store(self.folder / "s3.log")))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stack.close()
        for log in sorted(self.folder.glob("*.log")) if kind else ():
            print(f"\n--- the end of {log.name}\n{log.read_text(errors='replace')[-3000:]}")  # noqa: T201

    def worker(self, name: str) -> "subprocess.Popen[bytes]":
        """Start a worker, which makes one run at a time."""
        command = ("-A", "dagster_celery.app", "worker", "-Q", "dagster", "-c", "1", "-n", name)
        return self._start(f"worker-{name}", SCRIPTS / "celery", *command)

    def daemon(self) -> "subprocess.Popen[bytes]":
        """Start the daemon, whose sensor asks for all shows at once."""
        return self._start("daemon", SCRIPTS / "dagster-daemon", "run", "-m", "tv_appearances.definitions")

    def built(self) -> set[str]:
        """The shows whose picture is there, which is the last but one thing that a run does."""
        return {path.parent.name for path in self.data.glob("*/appearances.png")}

    def read(self, show: str, name: str) -> str:
        return (self.data / show / name).read_text()

    def _make_bucket(self, s3: dict[str, str]) -> None:
        from upath import UPath

        self.variables.update(s3)
        self.data = UPath(
            self.variables["TV_APPEARANCES_DATA"],
            endpoint_url=s3["AWS_ENDPOINT_URL"],
            key=s3["AWS_ACCESS_KEY_ID"],
            secret=s3["AWS_SECRET_ACCESS_KEY"],
            use_listings_cache=False,
        )
        self.data.fs.mkdir("bucket")

    def _start(self, name: str, *command: object) -> "subprocess.Popen[bytes]":
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=self.folder,
                env=environment(**self.variables),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._stack.callback(_stop, process)
        return process


def _stop(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
