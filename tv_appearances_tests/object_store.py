"""An object store on loopback: moto's S3 server, empty at first, in a process of its own."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def object_store(log: Path) -> Iterator[dict[str, str]]:
    """The variables that lead a client of S3 to the server, while it runs; it writes what it is asked to `log`."""
    command = [sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
    with log.open("wb") as said, subprocess.Popen(command, stdout=said, stderr=said) as server:
        try:
            for _ in range(300):
                running = re.search(r"Running on (http://127\.0\.0\.1:\d+)", log.read_text())
                if running or server.poll() is not None:
                    break
                time.sleep(0.1)
            assert running, log.read_text()
            yield {
                "AWS_ENDPOINT_URL": running[1],
                "AWS_ACCESS_KEY_ID": "loopback",
                "AWS_SECRET_ACCESS_KEY": "loopback",
                "AWS_DEFAULT_REGION": "us-east-1",
            }
        finally:
            server.kill()


def requests(log: Path) -> list[str]:
    """What the server was asked, as `PUT /bucket/name`."""
    return re.findall(r'"\S*?([A-Z]+ /\S+) HTTP', log.read_text())
