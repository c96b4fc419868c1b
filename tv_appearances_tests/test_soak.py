"""Many runs on nothing but bad days: faults at random in one process, and kills at random moments.

`TV_SOAK_RUNS` and `TV_SOAK_KILLS` say how many; without them it is a short soak. `TV_SOAK_SEED` repeats one.
"""

import contextlib
import ctypes
import gc
import linecache
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from tv_appearances import show_files as f
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
WARM_UP = 100
MOST_GROWTH = {"blocks": 5, "malloc kB": 1, "resident kB": 24}
"""A run, once the caches are full. Python's small blocks and what malloc has given out say exactly what is kept: three
blocks are Dagster's, whose instance remembers the id of each run. Resident memory also goes up and down by 4 MB, which
is free memory of threads that malloc cannot give back."""


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


class Mallinfo(ctypes.Structure):
    """What glibc's `mallinfo2` returns: ten counts, of which 4 and 7 are the bytes in use, mapped and not."""

    _fields_ = (("counts", ctypes.c_size_t * 10),)


def in_use() -> dict[str, float]:
    """The memory of this process, as Python, malloc and the system count it; those that this system has."""
    linecache.clearcache()  # a traceback leaves the source files it shows there, and each fault shows others
    gc.collect()
    memory = {"blocks": float(sys.getallocatedblocks())}
    with contextlib.suppress(OSError, AttributeError, TypeError):
        libc = ctypes.CDLL(None)
        libc.mallinfo2.restype = Mallinfo
        counts = libc.mallinfo2().counts
        memory["malloc kB"] = (counts[4] + counts[7]) / 1024
        libc.malloc_trim(0)  # else free memory that malloc holds is counted, which differs by megabytes from run to run
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        memory["resident kB"] = pages * os.sysconf("SC_PAGE_SIZE") / 1024
    return memory


def test_every_run_ends_in_success_or_a_named_failure_and_every_file_is_whole_all_the_time(
    tmp_path: Path, known: Known
) -> None:
    dice = random.Random(SEED)
    ends = Counter[str]()
    empty = f.to_json([])
    readings = []
    with (
        # One for all runs, and wiped: alembic keeps two functions to call at exit for each new one.
        dg.DagsterInstance.ephemeral() as instance,
        FaultyServer(dice) as server,
        Reader(tmp_path, known, {f.EPISODES: empty, f.CHARACTERS: empty}) as reader,
    ):
        for number in range(RUNS):
            show = dice.choice((LIGHTHOUSE, FERRY))
            said = sentences(run(tmp_path, server.url, show=show, tries=4, read_timeout=0.5, instance=instance))
            ends["failure" if said else "success"] += 1
            assert reader.wrong == []
            server.log.clear()
            instance.wipe()
            if number >= WARM_UP and number % 10 == 0:
                readings.append(in_use())
    assert reader.looks > RUNS
    assert min(ends["success"], ends["failure"]) > RUNS / 10
    faults = f"{sum(server.provoked.values())} faults of {len(server.provoked)} kinds"
    print(f"{dict(ends)}; {faults}; {reader.looks} looks at all files")  # noqa: T201 - shown by pytest -s
    if RUNS >= 5 * WARM_UP:
        quarter = len(readings) // 4
        early, late = (
            {unit: min(reading[unit] for reading in some) for unit in readings[0]}
            for some in (readings[:quarter], readings[-quarter:])
        )
        growth = {unit: (late[unit] - early[unit]) / (0.75 * (RUNS - WARM_UP)) for unit in early}
        print(f"{early}, then {growth} a run")  # noqa: T201
        assert all(growth[unit] < MOST_GROWTH[unit] for unit in growth), growth
    assert left_behind(tmp_path) == []


def test_a_kill_at_any_moment_of_a_run_leaves_every_file_whole(
    tmp_path: Path, server: TVMazeServer, known: Known
) -> None:
    dice = random.Random(SEED)
    reader = Reader(tmp_path, known)
    orphans = halfway = 0
    for kill in range(KILLS):
        with start(tmp_path, server.url, 1000, FERRY, LIGHTHOUSE) as process:
            go(process)
            if kill % 2:
                assert process.stdout
                process.stdout.readline()  # of a run that has ended, however long it took
            time.sleep(dice.uniform(0, 1))
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
