"""More workers: 20 shows by one Celery worker and by two, one after the other, on this machine.

Runs where `make celery` does: `.venv/celery/bin/python -m benchmarks.celery`.
"""

import tempfile
import time
from pathlib import Path

from tv_appearances.tvmaze.api import LIMIT, WINDOW
from tv_appearances_tests.celery_deployment import CeleryDeployment
from tv_appearances_tests.test_daemon import wait_for
from tv_appearances_tests.test_many_shows import world_of
from tv_appearances_tests.tvmaze_server import TVMazeServer

SHOWS = 20


def measure(workers: int) -> tuple[float, list[int]]:
    """The seconds from the first request to the last picture, and how the requests were answered."""
    with (
        tempfile.TemporaryDirectory() as folder,
        TVMazeServer(world_of(SHOWS), limit=(20, 10.0)) as server,
        CeleryDeployment(Path(folder), server.url, SHOWS) as deployment,
    ):
        for number in range(workers):
            deployment.worker(str(number))
        deployment.daemon()
        wait_for("all of the shows", lambda: deployment.built() == deployment.shows, seconds=600)
        return time.time() - server.log[0]["time"], [entry["status"] for entry in server.log]


def main() -> None:
    print(f"\n### {SHOWS} shows by Celery workers\n")
    print("| workers | seconds | times as fast | requests | of them 429 |\n|---|---|---|---|---|")
    alone = 0.0
    for workers in (1, 2):
        seconds, answers = measure(workers)
        alone = alone or seconds
        print(f"| {workers} | {seconds:.0f} | {alone / seconds:.2f} | {len(answers)} | {answers.count(429)} |")
    print(
        f"\nThe pace of {LIMIT} requests in {WINDOW:g} s alone asks for {(len(answers) - 1) // LIMIT * WINDOW:.0f} s."
    )


if __name__ == "__main__":
    main()
