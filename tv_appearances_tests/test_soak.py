"""Many runs on nothing but bad days: faults at random in one process, and kills at random moments.

`TV_SOAK_RUNS` and `TV_SOAK_KILLS` say how many; without them it is a short soak. `TV_SOAK_SEED` repeats one.
"""

import os
import random
import signal
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
__all__ = ["known"]  # a fixture

RUNS = int(os.environ.get("TV_SOAK_RUNS", "40"))
KILLS = int(os.environ.get("TV_SOAK_KILLS", "8"))
SEED = int(os.environ.get("TV_SOAK_SEED", "1"))
WARM_UP = 20
MOST_GROWTH_PER_RUN = 64 * 1024
"""Bytes: what Dagster itself may keep of a run; a leaked answer, picture or connection is more."""


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


def resident() -> int:
    """Bytes of this process in memory."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        pytest.skip("this system does not tell how much memory is in use")


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
                before, since = resident(), number + 1
        growth = (resident() - before) / (RUNS - since)
        server.log.clear()
    assert reader.looks > RUNS
    assert min(ends["success"], ends["failure"]) > RUNS / 10
    faults = f"{sum(server.provoked.values())} faults of {len(server.provoked)} kinds"
    memory = f"{before / 2**20:.0f} MB after {since} runs, then {growth / 1024:+.1f} kB a run"
    print(f"{dict(ends)}; {faults}; {reader.looks} looks at all files; {memory}")  # noqa: T201 - shown by pytest -s
    if RUNS >= 10 * WARM_UP:
        assert growth < MOST_GROWTH_PER_RUN
    assert left_behind(tmp_path) == []


def test_a_kill_at_any_moment_of_a_run_leaves_every_file_whole(
    tmp_path: Path, server: TVMazeServer, known: Known
) -> None:
    dice = random.Random(SEED)
    reader = Reader(tmp_path, known)
    for _ in range(KILLS):
        with start(tmp_path, server.url, 1000, FERRY, LIGHTHOUSE) as process:
            go(process)
            time.sleep(dice.uniform(0, 2))
            process.send_signal(signal.SIGKILL)
            process.wait()
        reader.look()
        assert reader.wrong == []
        assert sentences(run(tmp_path, server.url)) == [], "the next run succeeds without help"
        assert content(tmp_path) == {name: stored.content for name, stored in known[7001].items()}
        assert left_behind(tmp_path) == []
    assert (7003, f.SHOW) in reader.seen, "no kill came after a run had begun: this test has shown nothing"
