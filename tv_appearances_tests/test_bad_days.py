"""The whole pipeline on bad days: real sockets, real disks, real kills, and a table of faults that cannot rot.

Belongs here: what no module can show by itself. The client alone is in `tvmaze/test_api.py`, the files alone in
`test_show_files.py`, and `SHOWN_BY` says which test provokes which fault of docs/explanation/faults.md.
"""

import ast
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import dagster as dg
import pytest
import requests

from tv_appearances import show_files as f
from tv_appearances.build import ASSETS
from tv_appearances.fetching.errors import Unreachable
from tv_appearances.fetching.pace import Pace
from tv_appearances.mentions.aliases import Aliases
from tv_appearances.report.quickchart import ChartError, QuickChart
from tv_appearances.resources import ChartRenderer, LocalChart
from tv_appearances.show_files import MADE_BY, ShowFiles
from tv_appearances.storage import FilesError, Stored
from tv_appearances.tvmaze.api import LIMIT, WINDOW, TVMazeClient
from tv_appearances.tvmaze.lookup import Lookup
from tv_appearances.tvmaze.models import Show
from tv_appearances.tvmaze.sample import SampleGateway
from tv_appearances_tests.answers import answer_of
from tv_appearances_tests.quickchart_server import QuickChartServer, Reply, png
from tv_appearances_tests.test_commands import PATIENCE, ROOT
from tv_appearances_tests.test_daemon import ASSETS as NAMES
from tv_appearances_tests.test_daemon import Dev, Instance, free_port, wait_for
from tv_appearances_tests.tvmaze_server import TVMazeServer, World, _episode, _role, _show

if TYPE_CHECKING:
    from typing_extensions import Self

LIGHTHOUSE, FERRY = "the lighthouse", "the ferry"
pytestmark = pytest.mark.long

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def two_shows() -> World:
    """The world of the test server, and in it a show that shares nothing with the Lighthouse."""
    world = World.made_up()
    world.shows[7003] = _show(7003, "The Ferry", 7.4)
    world.parts[7003, "episodes"] = [
        _episode(7401, 1, 1, "Casting Off", "<p>Greta steers, Hugo sells tickets, and Greta counts them.</p>"),
        _episode(7402, 1, 2, "Ice", "<p>Hugo walks ashore.</p>"),
    ]
    world.parts[7003, "cast"] = [
        _role(7501, "Greta Stern", 7601, "Ines Roth"),
        _role(7502, "Hugo Bay", 7602, "Al Kerr"),
    ]
    return world


def run(
    folder: Path,
    url: str,
    *only: str,
    show: str = LIGHTHOUSE,
    chart: ChartRenderer | None = None,
    instance: dg.DagsterInstance | None = None,
    **client: Any,
) -> dg.ExecuteInProcessResult:
    """The assets over the real client and the real files; the client's waits take no time."""
    settings = {"sleep": lambda _: None, "pace": Pace(LIMIT, WINDOW), "max_body": 2**20, **client}
    with TVMazeClient(url, **settings) as live:
        return dg.materialize_to_memory(
            list(ASSETS),
            selection=list(only) or None,
            resources={
                "tvmaze": Lookup(live=live, sample=SampleGateway(), show=show),
                "files": ShowFiles(folder, setting="TV_APPEARANCES_DATA"),
                "chart": chart or LocalChart(),
                "aliases": Aliases(),
            },
            run_config=QUIET,
            instance=instance,
            raise_on_error=False,
        )


def sentences(result: dg.ExecuteInProcessResult) -> list[str]:
    """What a run says that failed: each failed step's own words, or those of the blocking check that stopped it.

    A step that ended in any other exception fails the test.
    """
    blocked = [
        f"{check.check_name}: {check.description}"
        for check in result.get_asset_check_evaluations()
        if check.blocking and not check.passed
    ]
    said = []
    for event in result.filter_events(lambda event: event.is_step_failure):
        failure = event.step_failure_data
        if failure.user_failure_data:
            said.append(failure.user_failure_data.description or "")
        else:
            assert failure.error.cls_name == "DagsterAssetCheckFailedError", failure.error.to_string()
            assert blocked
    said += blocked
    assert bool(said) != result.success
    assert all(re.search(r"\w{3}.*[.?]$", sentence) for sentence in said), said
    return said


def content(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in MADE_BY if (folder / name).exists()}


def left_behind(folder: Path) -> list[Path]:
    return list(folder.rglob("*.tmp"))


Known = Mapping[int, Mapping[str, Stored]]


def _made(stored: Stored) -> tuple[bytes, Any, Any]:
    """What was made from what; in which words the show was asked for makes no difference."""
    facts = {name: fact for name, fact in (stored.origin.facts if stored.origin else {}).items() if name != "asked"}
    return stored.content, facts, stored.origin and stored.origin.inputs


class Reader:
    """Looks at every file of a folder, also in a thread all the time: each must be whole and of one show.

    Whole: the bytes that a run for one show alone makes. Of one show: that show, and those inputs, are what the record
    of its origin says. `also` are other bytes that a file may have, such as an empty list.
    """

    def __init__(self, folder: Path, known: Known, also: Mapping[str, bytes] | None = None) -> None:
        self.files, self.known, self.also = ShowFiles(folder), known, also or {}
        self.looks, self.seen, self.wrong = 0, set[tuple[int, str]](), list[str]()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look_all_the_time)

    def look(self) -> None:
        for name in MADE_BY:
            if not self.files.path(name).exists():
                continue
            try:
                stored = self.files.read(name)
            except FilesError as error:
                self.wrong.append(str(error))
                continue
            if stored.origin is None:
                self.wrong.append(f"{name} has no origin")
                continue
            clean = self.known[stored.origin.facts["show_id"]][name]
            if stored.content != self.also.get(name) and _made(stored) != _made(clean):
                self.wrong.append(f"{name} of {stored.origin}: {stored.content[:200]!r}")
            self.seen.add((stored.origin.facts["show_id"], name))
        self.looks += 1

    def _look_all_the_time(self) -> None:
        while not self._over.wait(0.003):
            self.look()

    def __enter__(self) -> "Self":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """A folder for either show, by its id, as a run for it alone leaves it."""
    folders = {7001: tmp_path_factory.mktemp("lighthouse"), 7003: tmp_path_factory.mktemp("ferry")}
    with TVMazeServer(two_shows()) as server:
        for show_id, folder in folders.items():
            assert run(folder, server.url, show=two_shows().shows[show_id]["name"]).success
    return folders


@pytest.fixture(scope="module")
def known(clean: Mapping[int, Path]) -> Known:
    """The files in those folders."""
    return {show_id: {name: ShowFiles(folder).read(name) for name in MADE_BY} for show_id, folder in clean.items()}


@pytest.fixture
def server() -> Iterator[TVMazeServer]:
    with TVMazeServer(two_shows()) as server:
        yield server


@pytest.fixture
def data(tmp_path: Path, server: TVMazeServer, clean: Mapping[int, Path]) -> Path:
    """A data folder after a good day; TVMaze has news since, and has not been asked for it."""
    folder = shutil.copytree(clean[7001], tmp_path / "data")
    server.patch(
        "/shows/7001/episodes", [*server.world.parts[7001, "episodes"], _episode(7199, 3, 1, "New", "<p>Ada</p>")]
    )
    server.patch("/shows/7001/cast", [*server.world.parts[7001, "cast"], _role(7299, "Nell Fay", 7399, "Lu Grey")])
    server.set_updated(7001, 1_800_000_000)
    return folder


# The list of faults


SHOWN_BY: dict[int, tuple[str, ...]] = {
    1: ("tvmaze/test_api.py::test_a_429_that_names_the_seconds_is_waited_for_once",),
    2: ("tvmaze/test_api.py::test_a_429_that_names_a_date_is_measured_by_the_servers_clock",),
    3: ("tvmaze/test_api.py::test_a_bare_429_backs_off_two_seconds_and_more_with_jitter",),
    4: (
        "tvmaze/test_api.py::test_a_wait_longer_than_the_deadline_fails_at_once_and_is_named",
        "tvmaze/test_api.py::test_a_senseless_retry_after_is_as_good_as_none",
    ),
    5: (
        "tvmaze/test_api.py::test_two_server_errors_then_an_answer_is_success_with_the_tries_told",
        "test_bad_days.py::test_a_fault_that_passes_is_success_with_the_tries_in_the_metadata",
    ),
    6: (
        "tvmaze/test_api.py::test_server_errors_without_end_are_a_bounded_failure",
        "test_bad_days.py::test_an_outage_without_end_is_a_bounded_failure_that_keeps_every_file",
    ),
    7: (
        "tvmaze/test_api.py::test_a_404_names_the_show_and_is_not_asked_again",
        "test_bad_days.py::test_an_answer_that_cannot_be_used_is_a_clear_failure_and_keeps_every_file",
    ),
    8: (
        "tvmaze/test_api.py::test_what_a_retry_cannot_mend_is_asked_once",
        "test_bad_days.py::test_a_search_that_fails_stops_the_run_before_anything_is_replaced",
    ),
    9: ("tvmaze/test_api.py::test_an_answer_that_drips_ends_with_the_deadline",),
    10: ("tvmaze/test_api.py::test_silence_ends_with_the_read_timeout_and_is_asked_again",),
    11: (
        "tvmaze/test_api.py::test_an_answer_that_breaks_once_is_asked_for_again",
        "tvmaze/test_api.py::test_an_answer_that_stays_broken_is_never_let_in",
    ),
    12: (
        "tvmaze/test_api.py::test_an_answer_that_breaks_once_is_asked_for_again",
        "tvmaze/test_api.py::test_an_answer_that_stays_broken_is_never_let_in",
    ),
    13: (
        "tvmaze/test_api.py::test_an_answer_that_breaks_once_is_asked_for_again",
        "tvmaze/test_api.py::test_an_answer_that_stays_broken_is_never_let_in",
    ),
    14: (
        "tvmaze/test_api.py::test_an_answer_that_breaks_once_is_asked_for_again",
        "tvmaze/test_api.py::test_an_answer_that_stays_broken_is_never_let_in",
    ),
    15: (
        "tvmaze/test_api.py::test_what_a_retry_cannot_mend_is_asked_once",
        "tvmaze/test_api.py::test_an_answer_that_stays_broken_is_never_let_in",
        "test_bad_days.py::test_an_answer_that_cannot_be_used_is_a_clear_failure_and_keeps_every_file",
    ),
    16: (
        "test_bad_days.py::test_an_answer_that_cannot_be_used_is_a_clear_failure_and_keeps_every_file",
        "assets/test_assets.py::test_a_show_without_episodes_stops_at_a_blocking_check",
    ),
    17: ("tvmaze/test_api.py::test_null_rating_image_and_summary_are_kept_as_null",),
    18: ("test_bad_days.py::test_a_wrong_type_is_named_with_its_path_and_keeps_the_good_file",),
    19: ("tvmaze/test_api.py::test_a_field_that_is_new_is_ignored_but_kept",),
    20: ("test_bad_days.py::test_episodes_that_come_twice_and_in_disorder_give_the_same_report",),
    21: ("tvmaze/test_api.py::test_a_redirect_loop_ends_after_three",),
    22: (
        "tvmaze/test_api.py::test_a_redirect_to_another_host_is_not_followed",
        "tvmaze/test_api.py::test_a_redirect_from_https_to_http_is_not_followed",
    ),
    23: (
        "tvmaze/test_api.py::test_a_body_without_end_costs_neither_time_nor_memory",
        "tvmaze/test_api.py::test_the_cap_is_32_megabytes_and_lets_a_smaller_answer_through",
    ),
    24: ("tvmaze/test_api.py::test_a_name_that_does_not_resolve_is_unreachable",),
    25: ("tvmaze/test_api.py::test_a_certificate_that_does_not_verify_is_never_accepted",),
    26: (
        "test_bad_days.py::test_a_disk_that_fills_at_any_step_leaves_every_file_whole_and_of_one_show",
        "test_show_files.py::test_a_full_disk_keeps_the_last_good_file_and_leaves_nothing_behind",
    ),
    27: ("test_bad_days.py::test_a_read_only_folder_fails_before_tvmaze_is_asked",),
    28: (
        "test_soak.py::test_a_kill_at_any_moment_of_a_run_leaves_every_file_whole",
        "test_show_files.py::test_a_kill_at_any_moment_leaves_the_file_whole_and_its_orphans_are_swept",
    ),
    29: (
        "test_bad_days.py::test_two_runs_for_two_shows_at_once_never_make_a_report_of_one_over_the_data_of_the_other",
    ),
    30: ("test_bad_days.py::test_a_clock_that_jumps_by_decades_shortens_no_wait_and_lengthens_none",),
    31: ("test_bad_days.py::test_a_damaged_file_names_itself_and_the_asset_that_mends_it",),
    32: (
        "test_bad_days.py::test_a_show_of_any_name_gets_the_same_files_and_addresses",
        "test_bad_days.py::test_any_name_is_searched_for_as_it_is",
        "test_bad_days.py::test_what_no_show_can_be_called_is_refused_before_tvmaze_is_asked",
    ),
    33: (
        "test_bad_days.py::test_a_chart_that_fails_keeps_the_data_and_the_last_report",
        "report/test_quickchart.py::test_anything_but_the_picture_fails_at_once_and_names_the_remedy",
    ),
    34: ("test_bad_days.py::test_a_machine_that_dies_in_a_run_finds_it_failed_and_recovers_at_the_next_tick",),
    35: (
        "fetching/test_decoding.py::test_what_nothing_behind_could_hold_is_refused",
        "tvmaze/test_api.py::test_an_answer_that_stays_broken_is_never_let_in",
    ),
    36: (
        "fetching/test_decoding.py::test_what_nothing_behind_could_hold_is_refused",
        "tvmaze/test_api.py::test_an_answer_that_stays_broken_is_never_let_in",
    ),
    37: ("test_bad_days.py::test_what_dagster_could_not_store_is_refused_before_a_file_is_replaced",),
    38: (
        "test_bad_days.py::test_what_dagster_could_not_store_is_refused_before_a_file_is_replaced",
        "test_bad_days.py::test_a_character_called_as_dagster_marks_its_own_types_is_a_named_failure",
    ),
    39: ("test_bad_days.py::test_a_file_from_elsewhere_that_cannot_be_read_is_named",),
    40: (
        "report/test_cells.py::test_a_name_is_no_formula_in_either_file",
        "report/test_cells.py::test_every_text_is_read_back_and_none_begins_a_formula",
    ),
}
"""The number of a fault in docs/explanation/faults.md → the tests that provoke it."""


def test_every_fault_of_the_page_is_provoked_by_tests_that_exist() -> None:
    page = (ROOT / "docs" / "explanation" / "faults.md").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == list(SHOWN_BY)
    for named in {one for tests in SHOWN_BY.values() for one in tests}:
        file, test = named.split("::")
        tree = ast.parse((ROOT / "tv_appearances_tests" / file).read_text(encoding="utf-8"))
        assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, named


# TVMaze


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("404", "it answered 404"),
        ("403-html", "it answered 403"),
        ("html", 'content of type "text/html" instead of JSON'),
        ("wrong-type", "expected a list, got {"),
        ("redirect", "more than 3 redirects"),
        ("huge", "longer than the 1048576 bytes"),
        ("gzip-bomb", "longer than the 1048576 bytes"),
        ("empty-list", "now lists nothing for The Lighthouse"),
    ],
)
@pytest.mark.parametrize("asset", ["episodes", "characters"])
def test_an_answer_that_cannot_be_used_is_a_clear_failure_and_keeps_every_file(
    data: Path, server: TVMazeServer, asset: str, kind: str, said: str
) -> None:
    before = content(data)
    server.fault("/shows/7001/", kind, times=99)
    (sentence,) = sentences(run(data, server.url, asset))
    assert said in sentence
    assert content(data) == before
    server.faults.clear()
    assert run(data, server.url).success
    assert content(data)[f.EPISODES] != before[f.EPISODES]


@pytest.mark.parametrize(
    ("kind", "said"),
    [("deep-field", "more than 100 levels"), ("dagster-mark", "'__class__' in the data, which Dagster cannot keep")],
)
@pytest.mark.parametrize("asset", ["tv_show_info", "episodes", "characters"])
def test_what_dagster_could_not_store_is_refused_before_a_file_is_replaced(
    data: Path, server: TVMazeServer, asset: str, kind: str, said: str
) -> None:
    before = content(data)
    server.fault("/", kind, times=99)
    (sentence,) = sentences(run(data, server.url, asset, tries=1))
    assert said in sentence
    assert content(data) == before


def test_a_character_called_as_dagster_marks_its_own_types_is_a_named_failure(data: Path, server: TVMazeServer) -> None:
    server.world.patches.clear()
    server.world.parts[7001, "cast"] = [_role(7299, "__class__", 7399, "Lu Grey")]
    server.world.parts[7001, "episodes"] = [_episode(7101, 1, 1, "New", "<p>Then __class__ laughs.</p>")]
    before = content(data)
    (sentence,) = sentences(run(data, server.url))
    assert "'__class__' in the data, which Dagster cannot keep" in sentence
    assert {name for name, now in content(data).items() if now == before[name]} == {
        f.APPEARANCES, f.MENTIONS, f.EVIDENCE, f.PICTURE, f.PAGE,
    }  # fmt: skip


@pytest.mark.parametrize("note", ['{"a":' * 900 + "1" + "}" * 900, r'"\ud800"'], ids=["deep", "half a pair"])
def test_a_file_from_elsewhere_that_cannot_be_read_is_named(data: Path, server: TVMazeServer, note: str) -> None:
    shutil.rmtree(data / ".origin")
    shown = (data / f.SHOW).read_text().replace("{", f'{{"note": {note}, ', 1)
    (data / f.SHOW).write_text(shown)
    (sentence,) = sentences(run(data, server.url, "episodes"))
    assert f"{data / f.SHOW} is not readable (" in sentence
    assert server.log == []
    assert run(data, server.url).success, "the next run of all writes it anew"


def test_a_search_that_fails_stops_the_run_before_anything_is_replaced(data: Path, server: TVMazeServer) -> None:
    before = content(data)
    for kind in ("html", "403-html", "empty-list"):
        server.fault("/search", kind, times=2)
        assert len(sentences(run(data, server.url))) == 1
        server.faults.clear()
    assert content(data) == before
    assert set(server.paths) == {"/search/shows"}


def test_a_fault_that_passes_is_success_with_the_tries_in_the_metadata(data: Path, server: TVMazeServer) -> None:
    server.fault("/search", "429", retry_after=3)
    server.fault("/shows/7001/episodes", "500", times=2)
    server.fault("/shows/7001/cast", "reset-mid-body")
    result = run(data, server.url)
    assert sentences(result) == []
    asked = {
        asset: result.asset_materializations_for_node(asset)[0].metadata["requests"].value
        for asset in ("tv_show_info", "episodes", "characters")
    }
    assert asked == {"tv_show_info": 2, "episodes": 3, "characters": 2}


def test_an_outage_without_end_is_a_bounded_failure_that_keeps_every_file(data: Path, server: TVMazeServer) -> None:
    before = content(data)
    server.fault("/", "500", times=99)
    (sentence,) = sentences(run(data, server.url, tries=2))
    assert "in 6 tries: it answered 500" in sentence  # three of the step, two of the client each
    assert len(server.log) == 6, "two tries of the client in each of the three of the step"
    assert content(data) == before


def test_a_wrong_type_is_named_with_its_path_and_keeps_the_good_file(data: Path, server: TVMazeServer) -> None:
    before = content(data)
    episodes = [dict(episode) for episode in server.world.parts[7001, "episodes"]]
    episodes[3]["season"] = episodes[5]["season"] = "one"
    server.patch("/shows/7001/episodes", episodes)
    (sentence,) = sentences(run(data, server.url, "episodes"))
    assert 'episodes[3].season: expected an integer, got "one"' in sentence
    assert content(data) == before


def test_episodes_that_come_twice_and_in_disorder_give_the_same_report(
    tmp_path: Path, server: TVMazeServer, known: Known
) -> None:
    episodes = server.world.parts[7001, "episodes"]
    server.patch("/shows/7001/episodes", [*reversed(episodes), *episodes[2:5]])
    assert sentences(run(tmp_path, server.url)) == []
    for name in (f.APPEARANCES, f.MENTIONS, f.PICTURE, f.PAGE):
        assert content(tmp_path)[name] == known[7001][name].content


JUMPING = """
import itertools, sys, time
looks = itertools.cycle([1e9, 4e9, 0.0])
time.time = lambda: next(looks)
from tv_appearances.tvmaze.models import Show
from tv_appearances.fetching.errors import BrokenAnswer
from tv_appearances.tvmaze.api import TVMazeClient
show = Show(id=7001, name="The Lighthouse")
with TVMazeClient(sys.argv[1]) as client:
    print(client.cast(show).requests)
with TVMazeClient(sys.argv[1], deadline=0.5, tries=1) as client:
    try:
        client.episodes(show)
    except BrokenAnswer as error:
        print("not complete within 0." in str(error))
"""


def test_a_clock_that_jumps_by_decades_shortens_no_wait_and_lengthens_none(server: TVMazeServer) -> None:
    server.fault("/shows/7001/cast", "503", retry_after=1)
    server.fault("/shows/7001/episodes", "drip")
    done = subprocess.run(
        [sys.executable, "-c", JUMPING, server.url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert done.stdout.split() == ["2", "True"]
    first, again = (entry["time"] for entry in server.log[:2])
    assert again - first > 0.9


# Disks


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    mount = tmp_path / "disk"
    mount.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield mount
    subprocess.run(["umount", str(mount)], check=True)


def test_a_disk_that_fills_at_any_step_leaves_every_file_whole_and_of_one_show(
    small_disk: Path, server: TVMazeServer, known: Known
) -> None:
    folder, filler = small_disk / "data", small_disk / "filler"
    reader = Reader(folder, known)
    assert run(folder, server.url).success
    outcomes, halfway = [], 0
    for free_kilobytes in range(0, 400, 50):
        filler.write_bytes(b"")
        space = os.statvfs(small_disk)
        filler.write_bytes(b"x" * max(0, space.f_bavail * space.f_frsize - 1024 * free_kilobytes))
        said = sentences(run(folder, server.url, show=FERRY))
        assert all("No space left on device" in sentence and "untouched" in sentence for sentence in said)
        outcomes.append(bool(said))
        halfway += (
            len({stored.origin and stored.origin.facts["show_id"] for stored in map(ShowFiles(folder).read, MADE_BY)})
            - 1
        )
        reader.look()
        assert left_behind(folder) == []
        filler.unlink()
        assert run(folder, server.url).success, "with room again, the next run succeeds without help"
    assert reader.wrong == []
    assert outcomes[0], "no room for anything"
    assert not outcomes[-1], "room enough"
    assert halfway, "no run failed with a part of the files replaced: this test has shown too little"


def test_a_read_only_folder_fails_before_tvmaze_is_asked(small_disk: Path, server: TVMazeServer) -> None:
    folder = small_disk / "data"
    assert run(folder, server.url).success
    before = content(folder)
    server.log.clear()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    (sentence,) = sentences(run(folder, server.url))
    assert "Read-only file system" in sentence
    assert "TV_APPEARANCES_DATA" in sentence
    assert server.log == []
    assert content(folder) == before


# Processes


def keep_running(folder: str, url: str, times: str, *shows: str) -> None:
    """What a process under test does once it is told to: runs for these shows in turn, and a line about each."""
    print("ready", flush=True)  # noqa: T201 - who started it waits for this line
    sys.stdin.readline()
    for show, _ in zip(itertools.cycle(shows), range(int(times)), strict=False):
        said = sentences(run(Path(folder), url, show=show))
        print(" ".join(said) or "success", flush=True)  # noqa: T201


def start(folder: Path, url: str, times: int, *shows: str) -> "subprocess.Popen[str]":
    """Such a process, which has loaded everything and waits for a word."""
    code = "import sys; from tv_appearances_tests.test_bad_days import keep_running; keep_running(*sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder), url, str(times), *shows],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: "subprocess.Popen[str]") -> None:
    assert process.stdin
    process.stdin.write("go\n")
    process.stdin.flush()


MET = r"was made for show|Another run has chosen show"


@pytest.mark.soak
def test_two_runs_for_two_shows_at_once_never_make_a_report_of_one_over_the_data_of_the_other(
    tmp_path: Path, server: TVMazeServer, known: Known
) -> None:
    server.latency = 0.05  # as long as a run stays between two of its files, the other can come in between
    said = ""
    with Reader(tmp_path, known) as reader:
        for _ in range(4):
            both = [start(tmp_path, server.url, 8, show) for show in (LIGHTHOUSE, FERRY)]
            for process in both:
                go(process)
            ends = [process.communicate(timeout=PATIENCE) for process in both]
            assert [process.returncode for process in both] == [0, 0], ends
            said += " ".join(line for out, _ in ends for line in out.splitlines() if line != "success")
            if re.search(MET, said):
                break
    assert reader.wrong == []
    assert reader.looks > 20
    assert {show_id for show_id, _ in reader.seen} == {7001, 7003}
    assert re.search(MET, said), "the two never met: this test has shown nothing"
    assert run(tmp_path, server.url).success
    assert content(tmp_path) == {name: stored.content for name, stored in known[7001].items()}
    assert left_behind(tmp_path) == []


class Machine(Instance):
    """`dagster dev` on a machine that can lose its power; a minute stands for a day, 15 s for a run's half hour."""

    SETTINGS = (
        ("max_runtime_seconds: 1800", "max_runtime_seconds: 15\n  poll_interval_seconds: 1"),
        ("free_slots_after_run_end_seconds: 60", "free_slots_after_run_end_seconds: 1"),
    )
    CODE = """
import os
from tv_appearances import automation
automation.DAILY_AT = automation.RETRY_AT = "* * * * *"
from tv_appearances.definitions import root
from tv_appearances.settings import Settings
defs = root(Settings.from_env(os.environ), interval_seconds=1)
"""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        settings = (ROOT / "dagster.yaml").read_text()
        for ours, fast in self.SETTINGS:
            assert ours in settings
            settings = settings.replace(ours, fast)
        (folder / "dagster.yaml").write_text(settings)
        (folder / "fast.py").write_text(self.CODE)
        self.tvmaze = TVMazeServer().__enter__()
        self.power_on()

    def power_on(self) -> None:
        command = f"dagster dev -f fast.py -p {free_port()}"
        Dev.__init__(self, self.folder, command, TVMAZE_URL=self.tvmaze.url, TV_APPEARANCES_SHOW="the lighthouse")

    def lose_power(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def statuses(self) -> list[str]:
        with self.history() as instance:
            return [run.status.value for run in instance.get_runs()]


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path / "machine")
    yield machine
    machine.close()


@pytest.mark.daemon
def test_a_machine_that_dies_in_a_run_finds_it_failed_and_recovers_at_the_next_tick(machine: Machine) -> None:
    machine.tvmaze.fault("/search", "stall")
    wait_for("a run that asks TVMaze", lambda: machine.tvmaze.paths == ["/search/shows"])
    machine.lose_power()
    assert machine.statuses() == ["STARTED"], "the history still believes in the run"
    machine.power_on()
    wait_for("the dead run to be marked as failed", lambda: "FAILURE" in machine.statuses())
    wait_for("all five, without a click", lambda: all(machine.runs().get(name, 0) for name in NAMES))
    assert "is mentioned most in The Lighthouse" in (machine.folder / "data" / "appearances.html").read_text()


# Files from before


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        (f.SHOW, "episodes"),
        (f.EPISODES, "character_appearances"),
        (f.CHARACTERS, "character_appearances"),
        (f.APPEARANCES, "appearances_report"),
        (f.MENTIONS, "appearances_report"),
    ],
)
@pytest.mark.parametrize("damage", ["cut short", "one bit", "nothing left"])
def test_a_damaged_file_names_itself_and_the_asset_that_mends_it(
    data: Path, server: TVMazeServer, name: str, reader: str, damage: str
) -> None:
    good = (data / name).read_bytes()
    flipped = bytes([good[0] ^ 1]) + good[1:]
    (data / name).write_bytes({"cut short": good[:-3], "one bit": flipped, "nothing left": b""}[damage])
    server.world.patches.clear()
    (sentence,) = sentences(run(data, server.url, reader))
    assert (
        sentence == f"{data / name} was changed or damaged after it was written: materialize `{MADE_BY[name]}` again."
    )
    assert run(data, server.url, MADE_BY[name]).success
    assert run(data, server.url, reader).success


# Names


NASTY = [
    "../../x",
    "a&q=b",
    "x" * 10_000,
    "🗼🌊 Ünï",
    "</script><img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
]


@pytest.mark.parametrize("name", NASTY, ids=lambda name: name[:12])
def test_a_show_of_any_name_gets_the_same_files_and_addresses(tmp_path: Path, server: TVMazeServer, name: str) -> None:
    server.world.shows[7001]["name"] = name
    folder = tmp_path / "deep" / "down" / "data"
    result = run(folder, server.url, show="id:7001")
    assert sentences(result) == []
    assert {path.name for path in folder.iterdir()} == {*MADE_BY, ".origin"}
    assert [path for path in tmp_path.rglob("*") if path.is_file() and folder not in path.parents] == []
    assert sorted(entry["path"] for entry in server.log) == ["/shows/7001", "/shows/7001/cast", "/shows/7001/episodes"]
    page = (folder / f.PAGE).read_text(encoding="utf-8")
    assert "<img src=x" not in page
    for event in result.get_asset_materialization_events():
        for value in event.step_materialization_data.materialization.metadata.values():
            if isinstance(value, dg.UrlMetadataValue):
                assert urlsplit(value.url).scheme in {"http", "https"}
            if isinstance(value, dg.MarkdownMetadataValue):
                assert "<img src=x" not in value.md_str


@pytest.mark.parametrize("name", [name for name in NASTY if len(name) <= 200])
def test_any_name_is_searched_for_as_it_is(tmp_path: Path, server: TVMazeServer, name: str) -> None:
    server.world.shows[7001]["name"] = name
    assert sentences(run(tmp_path, server.url, "tv_show_info", show=name)) == []
    sent = urlsplit(server.log[0]["path"])
    assert (sent.path, parse_qs(sent.query, strict_parsing=True)) == ("/search/shows", {"q": [name]})
    assert json.loads((tmp_path / f.SHOW).read_bytes())["show"]["name"] == name


@pytest.mark.parametrize("asked", ["x" * 10_000, "id:seven", "a\x00b"])
def test_what_no_show_can_be_called_is_refused_before_tvmaze_is_asked(
    tmp_path: Path, server: TVMazeServer, asked: str
) -> None:
    (sentence,) = sentences(run(tmp_path, server.url, show=asked))
    assert "give a show's name, or id:431" in sentence
    assert len(sentence) < 400
    assert server.log == []


# The chart service


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(500, body=png(1600, 544)), "answered 500"),
        (Reply(429, "text/html", b"Too many requests", {"Retry-After": "17"}), "answered 429"),
    ],
    ids=["a picture of an error", "too many requests"],
)
def test_a_chart_that_fails_keeps_the_data_and_the_last_report(
    data: Path, server: TVMazeServer, reply: Reply, said: str
) -> None:
    before = content(data)
    with QuickChartServer(reply) as charts:
        result = run(data, server.url, chart=QuickChart(charts.url, sleep=lambda _: None))
    (sentence,) = sentences(result)
    assert said in sentence
    assert "Set the renderer to local" in sentence
    after = content(data)
    assert {name for name in after if after[name] == before[name]} == {f.PICTURE, f.PAGE}
    assert run(data, server.url, "appearances_report").success, "the data are there: only the chart is drawn again"


# What is secret stays so


PROXIES = [
    "http://me:s3cret@127.0.0.1:9",
    "http://me:s3cret@proxy.invalid:99999",
    "http://me:s3cret/x@127.0.0.1:9",
    "http://me:s3cret@",
    "socks5://me:s3cret@127.0.0.1:9",
    "me:s3cret@127.0.0.1:9",
]


@pytest.mark.parametrize("proxy", PROXIES)
def test_the_password_of_a_proxy_is_in_no_message(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    told: list[str] = []
    with (
        pytest.raises(Unreachable) as tvmaze,
        TVMazeClient("http://tvmaze.invalid", sleep=lambda _: None, log=told.append) as client,
    ):
        client.cast(Show(id=7001, name="The Lighthouse"))
    with pytest.raises(ChartError) as chart:
        QuickChart("http://charts.invalid", sleep=lambda _: None).render_png(answer_of({"Ada": 5}))
    assert "s3cret" not in " ".join([str(tvmaze.value), str(chart.value), *told])


def test_quickchart_gets_no_password_from_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password s3cret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as other_side:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

        def hear() -> bytes:
            with listener.accept()[0] as connection:
                return connection.recv(65_536)

        heard = other_side.submit(hear)
        with pytest.raises(requests.ConnectionError):
            requests.post(url, timeout=5)
        assert b"Authorization" in heard.result()
        heard = other_side.submit(hear)
        with pytest.raises(ChartError):
            QuickChart(url, patience=0.1, sleep=lambda _: None).render_png(answer_of({"Ada": 5}))
        assert heard.result().startswith(b"POST /chart")
        assert b"Authorization" not in heard.result()


OVERHEARD = """
import sys
from pathlib import Path
reached = set()
reach = {"socket.connect": lambda _, address: address[0], "socket.getaddrinfo": lambda host, *_: host}
sys.addaudithook(lambda event, args: event in reach and reached.add(reach[event](*args)))
from tv_appearances_tests.test_bad_days import run
assert run(Path(sys.argv[1]), sys.argv[2]).success
print(reached)
"""


def test_a_run_connects_to_tvmaze_and_to_nobody_else(tmp_path: Path, server: TVMazeServer) -> None:
    done = subprocess.run(
        [sys.executable, "-c", OVERHEARD, str(tmp_path), server.url],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "{'127.0.0.1'}"
    assert len(server.paths) == 3
