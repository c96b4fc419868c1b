"""The pace that processes share by a file."""

import json
import subprocess
import sys
import time
from pathlib import Path

from tv_appearances.fetching.pace import HORIZON, Pace, SharedPace

LIMIT, WINDOW = 20, 11.0


def test_processes_that_share_a_file_keep_one_pace(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tv_appearances.fetching.pace import SharedPace\n"
        "pace = SharedPace(Path(sys.argv[1]) / 'folder' / 'pace.json', 20, 11.0)\n"
        "print([pace.reserve('api.example', 5.0, 65.0) for _ in range(10)])"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    pauses = sorted(pause for process in processes for pause in json.loads(process.communicate()[0]))
    assert pauses[:LIMIT] == [0.0] * LIMIT
    assert all(0 < pause <= WINDOW for pause in pauses[LIMIT:])
    pace = SharedPace(tmp_path / "folder" / "pace.json", LIMIT, WINDOW)
    assert pace.reserve("other.example", 5.0, 65.0) == 0.0, "each host has its own"
    assert pace.reserve("api.example", 5.0, 5.5) is None, "not within the time there is"


def test_a_pace_file_that_is_broken_or_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    file = tmp_path / "pace.json"
    file.write_text("{")
    assert SharedPace(file, LIMIT, WINDOW).reserve("api.example", 5.0, 65.0) == 0.0
    nowhere = SharedPace(file / "below-a-file" / "pace.json", LIMIT, WINDOW)
    assert [nowhere.reserve("api.example", 5.0, 65.0) for _ in range(LIMIT + 1)] == [*[0.0] * LIMIT, WINDOW]


def test_the_first_requests_go_at_once_and_the_next_when_the_window_has_passed(tmp_path: Path) -> None:
    pace = SharedPace(tmp_path / "new" / "pace.json", 2, 60.0)
    assert [pace.reserve("a", 0.0, 100.0) for _ in range(2)] == [0.0, 0.0]
    third = pace.reserve("a", 0.0, 100.0)
    assert third is not None
    assert 59 < third <= 60
    assert pace.reserve("a", 50.0, 100.0) is None, "what is left of the call's time counts, not its end"
    assert len(json.loads((tmp_path / "new" / "pace.json").read_text())["a"]) == 3, "a refused one is not promised"


def test_what_is_older_than_the_window_or_far_ahead_does_not_count(tmp_path: Path) -> None:
    file, now = tmp_path / "pace.json", time.time()
    pace = SharedPace(file, 2, 60.0)
    file.write_text(json.dumps({"a": [now - 61, now + HORIZON + 60], "b": [now - 1, now - 1]}))
    assert pace.reserve("a", 0.0, 100.0) == 0.0
    kept = json.loads(file.read_text())
    assert len(kept["a"]) == 1
    assert kept["b"] == [now - 1, now - 1]
    waits = pace.reserve("b", 0.0, 100.0)
    assert waits is not None
    assert 55 < waits <= 59, "a window after the one that many requests ago"


def test_a_pause_is_to_the_oldest_of_as_many_as_are_allowed(tmp_path: Path) -> None:
    file, now = tmp_path / "pace.json", time.time()
    file.write_text(json.dumps({"a": [now - 50, now - 30, now - 10]}))
    pause = SharedPace(file, 2, 60.0).reserve("a", 0.0, 100.0)
    assert pause is not None
    assert 28 < pause <= 30
    sent = json.loads(file.read_text())["a"]
    assert abs(sent[-1] - (now + 30)) < 2


def test_the_folder_of_the_file_is_made_and_a_pause_may_be_short(tmp_path: Path) -> None:
    file = tmp_path / "new" / "below" / "pace.json"
    pace = SharedPace(file, 1, 60.0)
    assert pace.reserve("a", 0.0, 100.0) == 0.0
    file.write_text(json.dumps({"a": [time.time() - 59.5]}))
    pause = pace.reserve("a", 0.0, 100.0)
    assert pause is not None
    assert 0 < pause < 0.9


def test_where_the_file_cannot_be_written_each_host_still_has_its_own_pace(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    pace = SharedPace(tmp_path / "file" / "pace.json", 1, 60.0)
    assert [pace.reserve(host, 0.0, 100.0) for host in ("a", "b", "a")] == [0.0, 0.0, 60.0]


def test_a_wait_that_ends_with_the_deadline_is_too_long() -> None:
    pace = Pace(1, 10.0)
    assert pace.reserve("a", 0.0, 10.0) == 0.0
    assert pace.reserve("a", 0.0, 10.0) is None
    assert pace.reserve("a", 0.0, 10.1) == 10.0
