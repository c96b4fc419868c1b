"""Many runs on nothing but bad days: faults at random in one process, and kills at random moments.

`TV_SOAK_RUNS` and `TV_SOAK_KILLS` say how many; without them it is a short soak. `TV_SOAK_SEED` repeats one.
"""

import gc
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tv_appearances import files as f
from tv_appearances_tests.test_bad_days import (
    FERRY,
    LIGHTHOUSE,
    Known,
    Reader,
    clean,
    content,
    go,
    known,
    left_behind,
    run,
    sentences,
    start,
    two_shows,
)
from tv_appearances_tests.tvmaze_server import FAULTS, TVMazeServer

pytestmark = pytest.mark.soak
__all__ = ["clean", "known"]  # fixtures

RUNS = int(os.environ.get("TV_SOAK_RUNS", "40"))
KILLS = int(os.environ.get("TV_SOAK_KILLS", "8"))
SEED = int(os.environ.get("TV_SOAK_SEED", "1"))
WARM_UP = 20
MOST_GROWTH = {"kB": 256, "blocks": 100}
"""A run: resident memory, which has the stalled connections of the test's own server in it too, and Python's blocks, of
which Dagster keeps about forty. A leaked answer or connection is more."""


class FaultyServer(TVMazeServer):
    """Every third request, on average, goes wrong in one of all the ways there are."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__(two_shows())
        self.dice, self.provoked = dice, Counter[str]()

    def take_fault(self, path: str) -> dict[str, object] | None:
        with self.lock:
            if self.dice.randrange(3):
                return None
            kind = self.dice.choice([*FAULTS, "403", "404", "429", "500", "503"])
            self.provoked[kind] += 1
            return {"kind": kind, "seconds": 0.002, "megabytes": 8, "retry_after": self.dice.choice([None, 1, 99_999])}


@pytest.fixture
def server() -> Iterator[TVMazeServer]:
    with TVMazeServer(two_shows()) as server:
        yield server


def in_use() -> dict[str, float]:
    """The memory of this process, as the system and as Python counts it."""
    gc.collect()
    try:
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024
    except OSError:
        resident = 0.0  # this system does not tell
    return {"kB": resident, "blocks": float(sys.getallocatedblocks())}


def test_every_run_ends_in_success_or_a_named_failure_and_every_file_is_whole_all_the_time(
    tmp_path: Path, known: Known
) -> None:
    dice = random.Random(SEED)
    ends = Counter[str]()
    empty = f.to_json([])
    with (
        FaultyServer(dice) as server,
        Reader(tmp_path, known, {f.EPISODES: empty, f.CHARACTERS: empty}) as reader,
    ):
        for number in range(RUNS):
            result = run(tmp_path, server.url, show=dice.choice((LIGHTHOUSE, FERRY)), tries=4)
            ends["failure" if sentences(result) else "success"] += 1
            assert reader.wrong == []
            if number + 1 == min(WARM_UP, RUNS // 2):
                before, since = in_use(), number + 1
            server.log.clear()
        growth = {unit: (now - before[unit]) / (RUNS - since) for unit, now in in_use().items()}
    assert reader.looks > RUNS
    assert min(ends["success"], ends["failure"]) > RUNS / 10
    faults = f"{sum(server.provoked.values())} faults of {len(server.provoked)} kinds"
    memory = f"{before['kB'] / 1024:.0f} MB after {since} runs, then {growth} a run"
    print(f"{dict(ends)}; {faults}; {reader.looks} looks at all files; {memory}")  # noqa: T201 - shown by pytest -s
    if RUNS >= 10 * WARM_UP:
        assert all(growth[unit] < most for unit, most in MOST_GROWTH.items()), growth
    assert left_behind(tmp_path) == []


def test_a_kill_at_any_moment_of_a_run_leaves_every_file_whole(
    tmp_path: Path, server: TVMazeServer, known: Known
) -> None:
    dice = random.Random(SEED)
    reader = Reader(tmp_path, known)
    orphans = halfway = 0
    for _ in range(KILLS):
        with start(tmp_path, server.url, 1000, FERRY, LIGHTHOUSE) as process:
            go(process)
            time.sleep(dice.uniform(0, 2))
            process.send_signal(signal.SIGKILL)
            process.wait()
        reader.look()
        assert reader.wrong == []
        orphans += bool(left_behind(tmp_path))
        halfway += len({now == known[7003][name].content for name, now in content(tmp_path).items()}) == 2
        assert sentences(run(tmp_path, server.url)) == [], "the next run succeeds without help"
        assert content(tmp_path) == {name: stored.content for name, stored in known[7001].items()}
        assert left_behind(tmp_path) == []
    print(f"{KILLS} kills: {halfway} between two files, {orphans} within one")  # noqa: T201 - shown by pytest -s
    assert (7003, f.SHOW) in reader.seen, "no kill came after a run had begun: this test has shown nothing"
