"""PostgreSQL on loopback, as Debian packages it: an empty database for Dagster's history."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tv_appearances_tests.test_daemon import free_port, wait_for

# Debian keeps PostgreSQL's server out of the PATH, so that versions can be there side by side.
WHERE = os.pathsep.join([os.environ.get("PATH", ""), *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])


@contextmanager
def postgresql(log: Path) -> Iterator[str]:
    """The address of the database, as Dagster's `postgres_url`, while the server runs; it writes to `log`."""
    user = "postgres" if os.getuid() == 0 else None  # PostgreSQL refuses to be root
    with tempfile.TemporaryDirectory() as data, log.open("wb") as said:
        if user:
            shutil.chown(data, user)
        made = subprocess.run(
            [program("initdb"), "-D", data, "-U", "dagster", "-A", "trust"],
            user=user, cwd=data, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        port = str(free_port())
        listen = ("-p", port, "-k", "", "-c", "listen_addresses=127.0.0.1")
        command = [program("postgres"), "-D", data, *listen]
        server = subprocess.Popen(command, cwd="/", user=user, stdout=said, stderr=said, start_new_session=True)
        try:
            ready = [program("pg_isready"), "-h", "127.0.0.1", "-p", port]
            wait_for("PostgreSQL", lambda: subprocess.run(ready, capture_output=True, check=False).returncode == 0)
            yield f"postgresql://dagster@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # a shutdown that does not wait for clients
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def program(name: str) -> str:
    """Where a program is."""
    path = shutil.which(name, path=WHERE)
    assert path, f"there is no {name} here: apt-get install redis-server postgresql"
    return path
