"""Many shows: the list, the partitions, the change feed that takes the place of polling, and the overview."""

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tv_appearances import many_shows
from tv_appearances.assets.overview import shows_overview
from tv_appearances.build import ASSETS
from tv_appearances.definitions import root
from tv_appearances.fetching.errors import NotFound, RateLimited
from tv_appearances.fetching.fields import SchemaError
from tv_appearances.fetching.pace import Pace, SharedPace
from tv_appearances.report import overview
from tv_appearances.settings import Settings, SettingsError, ShowList
from tv_appearances.tvmaze.api import LIMIT, WINDOW, TVMazeClient
from tv_appearances.tvmaze.lookup import Lookup
from tv_appearances.tvmaze.models import parse_updates
from tv_appearances.tvmaze.sample import SampleGateway
from tv_appearances_tests.answers import answer_of
from tv_appearances_tests.tvmaze_server import TVMazeServer, World, _episode, _role, _show

NOON = datetime(2026, 3, 2, 12, 0, 5, tzinfo=timezone.utc).timestamp()
HOUR = 3600


def listed(text: str) -> ShowList:
    return Settings.from_env({"TV_APPEARANCES_SHOWS": text}).shows


def world_of(count: int) -> World:
    """Shows 1 to `count`, called Show 1 and so on, of two episodes and two roles each."""
    world = World()
    for number in range(1, count + 1):
        world.shows[number] = _show(number, f"Show {number}", None)
        world.parts[number, "episodes"] = [
            _episode(10 * number, 1, 1, "Fog", "<p>Ada waits for Bruno. Ada sleeps.</p>"),
            _episode(10 * number + 1, 1, 2, "Tide", None),
        ]
        world.parts[number, "cast"] = [
            _role(10 * number, "Ada Quist", 1, "Iris Holm"),
            _role(10 * number + 1, "Bruno Falk", 2, "Tom Rask"),
        ]
    return world


# --- the list


def test_shows_come_as_a_list_or_as_a_file_with_comments(tmp_path: Path) -> None:
    file = tmp_path / "shows.txt"
    file.write_text("# ours\nFriends\n\n  id:118   # House\nRoom #9\n", encoding="utf-8")
    assert listed(str(file)) == {"friends": "Friends", "id-118": "id:118", "room-9": "Room #9"}
    assert listed(" Friends ; id:0118;") == {"friends": "Friends", "id-118": "id:0118"}


def test_a_slug_is_plain_and_of_bounded_length() -> None:
    assert list(listed(f"Pokémon: Ünder_the   Dome!;{'x' * 79} yz;../../etc/passwd;Große Ærødromstraße")) == [
        "pokemon-under-the-dome",
        "x" * 79,
        "etc-passwd",
        "grosse-aerodromstrasse",
    ]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["Friends", "house", "", "friends!"], "line 4: 'friends!' means the same show as 'Friends' (1)"),
        (["id:118", "# twice", "ID:0118"], "line 3: 'ID:0118' means the same show as 'id:118' (1)"),
        (["house", "id:friends"], 'line 2: "id:friends" is not a TVMaze id'),
        (["x" * 201], "line 1: .* longer than 200"),
        (["house", "進撃の巨人"], "line 2: '進撃の巨人' has no letter a-z and no digit"),
        (["# nothing"], "names no show, only line 1: # nothing"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, lines: list[str], message: str) -> None:
    file = tmp_path / "shows.txt"
    file.write_text("\n".join(lines), encoding="utf-8")
    pattern = message if ".*" in message else message.replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(SettingsError, match=pattern) as caught:
        listed(str(file))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_not_taken_for_a_title() -> None:
    with pytest.raises(SettingsError, match="TV_APPEARANCES_SHOWS: cannot read 'shows.txt'.*; between them"):
        listed("shows.txt")


def test_the_change_feed_is_read_strictly(tvmaze_server: TVMazeServer) -> None:
    with TVMazeClient(tvmaze_server.url) as client:
        assert client.updates("day").value == {7001: 1700000000, 7002: 1700000000}
    assert tvmaze_server.log[-1]["path"] == "/updates/shows?since=day"
    assert parse_updates([]) == {}
    for wrong in ({"x": 1}, {"1": "2"}, {"1": None}, [1], {"²": 1}):
        with pytest.raises(SchemaError, match="updates"):
            parse_updates(wrong)


# --- the partitions


def test_without_a_list_nothing_is_partitioned_and_nothing_is_added() -> None:
    defs = root(Settings())
    assert not any(spec.partitions_def for spec in defs.resolve_all_asset_specs())
    assert {spec.key for spec in defs.resolve_all_asset_specs()} == {asset.key for asset in ASSETS}
    assert [sensor.name for sensor in defs.sensors or ()] == ["keep_current"]


class Unhurried(Pace):
    """For days that pass within a second."""

    def reserve(self, host: str, now: float, deadline: float) -> float:
        return 0.0


class Library:
    """A Dagster instance with many shows, a TVMaze of our own, and a clock."""

    def __init__(self, folder: Path | str, instance: dg.DagsterInstance, server: TVMazeServer, shows: str) -> None:
        self.settings = Settings.from_env(
            {"TV_APPEARANCES_SHOWS": shows, "TV_APPEARANCES_DATA": str(folder), "TVMAZE_URL": server.url}
        )
        self.instance, self.server = instance, server
        self.now = NOON
        self.cursor: str | None = None
        self.defs = root(self.settings)

    def tick(self) -> list[str]:
        """One tick of the sensor: the partitions it asks for."""
        sensor = many_shows.changed_shows(self.settings.shows, self.assets(), clock=lambda: self.now)
        with TVMazeClient(self.server.url, pace=Unhurried(LIMIT, WINDOW)) as client:
            lookup = Lookup(live=client, sample=SampleGateway(), choice="live")
            context = dg.build_sensor_context(
                self.instance, self.cursor, definitions=self.defs, resources={"tvmaze": lookup}
            )
            result = sensor.evaluate_tick(context)
        self.cursor = result.cursor or self.cursor
        self.skipped = result.skip_message
        return [request.partition_key or "" for request in result.run_requests or ()]

    def assets(self) -> list[dg.AssetsDefinition]:
        return [
            asset
            for asset in self.defs.assets or ()
            if isinstance(asset, dg.AssetsDefinition) and asset.key != shows_overview.key
        ]

    def run(self, show: str) -> dg.ExecuteInProcessResult:
        job = self.defs.resolve_job_def("build_show")
        return job.execute_in_process(instance=self.instance, partition_key=show, raise_on_error=False)

    def pretend(self, show: str, id: int, stamp: int = 1_700_000_000, source: str = "live") -> None:
        """Record a report as a run would, without the run."""
        self.instance.report_runless_asset_event(
            dg.AssetMaterialization(
                "appearances_report",
                partition=show,
                metadata={"tvmaze_id": id, "tvmaze_updated": stamp, "source": source},
            )
        )

    def day(self, ticks: int = 24) -> list[str]:
        asked = []
        for _ in range(ticks):
            self.now += HOUR
            asked += self.tick()
        return asked


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def library(tmp_path: Path, instance: dg.DagsterInstance) -> Iterator[Library]:
    """Three shows that there are, and one that there is not."""
    with TVMazeServer(world_of(3)) as server:
        yield Library(tmp_path / "data", instance, server, "Show 1;id:2;show 3;no such thing")


def failure(result: dg.ExecuteInProcessResult) -> str:
    (event,) = result.filter_events(lambda e: e.is_step_failure)
    return event.step_failure_data.user_failure_data.description or ""


def test_each_show_is_a_partition_with_a_folder_of_its_own(library: Library, tmp_path: Path) -> None:
    assert library.run("show-1").success
    assert library.run("id-2").success
    names = [
        json.loads((tmp_path / "data" / slug / "show.json").read_text())["show"]["name"] for slug in ("show-1", "id-2")
    ]
    assert names == ["Show 1", "Show 2"]
    assert {path.name for path in (tmp_path / "data" / "id-2").iterdir()} == {
        "show.json", "episodes.json", "characters.json", "character_appearances.json", "mentions.csv", "evidence.json",
        "appearances.png", "appearances.html", ".origin",
    }  # fmt: skip


def test_an_unknown_show_fails_its_own_run_with_a_clear_message(library: Library) -> None:
    assert "TVMaze finds no show called 'no such thing'" in failure(library.run("no-such-thing"))
    assert library.run("show-3").success


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        ({"dagster/partition": "gone"}, "The partition 'gone' is not in TV_APPEARANCES_SHOWS; nothing was changed"),
        ({}, "this run names none; nothing was changed. Name one, as in --partition friends"),
    ],
)
def test_a_run_for_what_is_not_in_the_list_changes_nothing(
    library: Library, tmp_path: Path, tags: dict[str, str], sentence: str
) -> None:
    (tmp_path / "data" / "gone").mkdir(parents=True)
    (tmp_path / "data" / "gone" / "show.json").write_text("what was there")
    job = library.defs.resolve_job_def("build_show")
    result = job.execute_in_process(instance=library.instance, tags=tags, raise_on_error=False)
    assert sentence in failure(result)
    assert [path for path in (tmp_path / "data").rglob("*") if path.is_file()] == [
        tmp_path / "data" / "gone" / "show.json"
    ]
    assert library.server.paths == []


def test_the_run_config_cannot_put_another_show_into_a_partition(library: Library, tmp_path: Path) -> None:
    job = library.defs.resolve_job_def("build_show")
    result = job.execute_in_process(
        {"ops": {"tv_show_info": {"config": {"show": "id:3"}}}},
        instance=library.instance, partition_key="show-1", raise_on_error=False,
    )  # fmt: skip
    assert "the partition 'show-1' is for 'Show 1'; nothing was changed" in failure(result)
    assert not (tmp_path / "data" / "show-1" / "show.json").exists()


# --- the change feed


def test_a_show_that_left_the_list_and_came_back_is_built_again(library: Library) -> None:
    for show in ("show-1", "id-2", "show-3"):
        library.run(show)
    library.day(1)
    whole = library.settings.shows
    library.settings = replace(library.settings, shows={name: whole[name] for name in ("show-1", "id-2")})
    assert library.day(1) == []
    library.settings = replace(library.settings, shows={name: whole[name] for name in ("show-1", "id-2", "show-3")})
    assert library.day(2) == ["show-3", "show-3"], "until there is a report"
    library.run("show-3")
    assert library.day(1) == []


def test_what_was_never_built_is_requested_and_what_was_built_is_not(library: Library) -> None:
    assert library.tick() == ["show-1", "id-2", "show-3", "no-such-thing"]
    for show in ("show-1", "id-2", "show-3"):
        assert library.run(show).success
    assert library.day(11) == ["no-such-thing"] * 2, "three times on this day"
    assert library.skipped == "Nothing to build now. Tried 3 times today and left until tomorrow (UTC): no-such-thing."
    assert library.day(13) == ["no-such-thing"] * 3, "and three times on the next"
    assert len([path for path in library.server.paths if path == "/updates/shows"]) == 25


def test_a_changed_show_is_built_once_and_alone(library: Library) -> None:
    for show in ("show-1", "id-2", "show-3"):
        library.run(show)
    library.day(1)
    library.server.set_updated(2, 1_800_000_000)
    library.now += HOUR
    assert [show for show in library.tick() if show != "no-such-thing"] == ["id-2"]
    assert library.run("id-2").success
    assert set(library.day()) == {"no-such-thing"}


def test_a_thousand_shows_without_a_change_cost_24_requests_a_day_and_no_run(tmp_path: Path) -> None:
    world = World()
    world.shows = {number: _show(number, f"Show {number}", None) for number in range(1, 1001)}
    with TVMazeServer(world) as server, dg.DagsterInstance.ephemeral() as instance:
        library = Library(tmp_path / "data", instance, server, ";".join(f"id:{number}" for number in range(1, 1001)))
        for number in range(1, 1001):
            library.pretend(f"id-{number}", number)
        assert library.day() == []
        assert server.paths == ["/updates/shows"] * 24
        server.set_updated(500, 1_800_000_000)
        assert library.day(1) == ["id-500"]
        library.pretend("id-500", 500, 1_800_000_000)
        assert library.day(5) == []


def test_a_show_that_keeps_failing_is_tried_three_times_a_day(library: Library) -> None:
    for number, show in ((1, "show-1"), (2, "id-2"), (3, "show-3")):
        library.pretend(show, number)
    library.now -= 13 * HOUR
    assert library.day() == ["no-such-thing"] * 3
    assert library.day() == ["no-such-thing"] * 3


def test_a_show_whose_run_is_waiting_is_not_requested_again(library: Library) -> None:
    assert "id-2" in library.tick()
    job = library.defs.resolve_job_def("build_show")
    library.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": "id-2"})
    assert "id-2" not in library.day(2)


def test_a_materialization_entered_by_hand_is_no_report(library: Library) -> None:
    library.instance.report_runless_asset_event(dg.AssetMaterialization("appearances_report", partition="id-2"))
    assert "id-2" in library.tick()


def test_without_tvmaze_nothing_is_requested_and_nothing_forgotten(library: Library) -> None:
    for number, show in ((1, "show-1"), (2, "id-2"), (3, "show-3")):
        library.pretend(show, number)
    library.day(24)
    before = library.cursor
    library.server.fault("/updates/shows", "429", times=99, retry_after=99_999)
    assert library.day(25) == []
    assert "Could not fetch the list of changed shows" in (library.skipped or "")
    for _ in range(47):
        library.now += HOUR
        with pytest.raises(RateLimited, match="the list of changed shows"):  # a day is for somebody to see
            library.tick()
    assert library.cursor == before
    library.server.faults.clear()
    library.server.fault("/updates/shows", "404")
    with pytest.raises(NotFound, match="check the address"):  # as is what waiting does not mend
        library.tick()
    library.server.set_updated(3, 1_800_000_000)
    assert "show-3" in library.day(1)
    assert library.server.log[-1]["path"] == "/updates/shows?since=week"


def test_a_line_that_finds_another_show_than_before_is_built_and_then_left_alone(library: Library) -> None:
    for number, show in ((1, "show-1"), (2, "id-2"), (3, "show-3")):
        library.pretend(show, number)
    library.server.set_updated(3, 1_800_000_000)
    assert "show-3" in library.day(1)
    library.pretend("show-3", 1)  # TVMaze's best match is another one now, changed longer ago
    assert "show-3" not in library.day(3)


def test_a_show_is_not_built_by_a_sample_that_stood_in_for_it(library: Library) -> None:
    library.pretend("show-1", 431, 800_755_200, source="sample")
    assert "show-1" in library.tick()


def test_what_the_sensor_cannot_read_does_not_stop_it(library: Library) -> None:
    for metadata in ({"tvmaze_id": 1}, {"tvmaze_id": "one", "tvmaze_updated": 2, "source": "live"}):
        library.instance.report_runless_asset_event(
            dg.AssetMaterialization("appearances_report", partition="show-1", metadata=metadata)
        )
    library.cursor = '{"asked": 5.0, "of_another_release": 1}'
    assert "show-1" in library.tick()


def test_the_feed_is_asked_for_as_much_as_was_missed() -> None:
    asked = {days: many_shows.Progress(asked=NOON - days * 86_400).since(NOON) for days in (0.1, 0.8, 1, 6, 7, 27, 28)}
    assert asked == {0.1: "day", 0.8: "day", 1: "week", 6: "week", 7: "month", 27: "month", 28: None}
    assert many_shows.Progress().since(NOON) is None


def test_another_code_version_or_setting_builds_all_shows_anew(library: Library) -> None:
    for number, show in ((1, "show-1"), (2, "id-2"), (3, "show-3")):
        library.pretend(show, number)
    library.day(24)
    library.settings = replace(library.settings, chart="quickchart")
    library.defs = root(library.settings)
    assert set(library.day(1)) >= {"show-1", "id-2", "show-3"}
    for number, show in ((1, "show-1"), (2, "id-2"), (3, "show-3")):
        library.pretend(show, number)
    assert not {"show-1", "id-2", "show-3"} & set(library.day(1))


def test_a_setting_that_no_partition_reads_builds_none_of_them_again() -> None:
    def versions(**variables: str) -> dict[str, str | None]:
        defs = root(Settings.from_env({"TV_APPEARANCES_SHOWS": "a;b", **variables}))
        return {spec.key.to_user_string(): spec.code_version for spec in defs.resolve_all_asset_specs()}

    assert versions(TV_APPEARANCES_SHOW="house") == versions()
    assert versions(TV_APPEARANCES_SOURCE="live") != versions()


def test_a_tick_waits_for_tvmaze_less_long_than_dagster_waits_for_a_tick(library: Library) -> None:
    library.tick()
    library.server.fault("/updates/shows", "429", retry_after=50)
    sensor = many_shows.changed_shows(library.settings.shows, library.assets(), clock=lambda: library.now)
    resources = {"tvmaze": (library.defs.resources or {})["tvmaze"]}
    with dg.build_sensor_context(
        library.instance, library.cursor, definitions=library.defs, resources=resources
    ) as context:
        result = sensor.evaluate_tick(context)
    assert "asks to wait 50 s, longer than a call may take (40 s)" in str(result.skip_message)


def test_no_more_runs_wait_than_tvmaze_answers_in_an_hour() -> None:
    shows = [f"id-{number}" for number in range(3000)]
    progress = many_shows.Progress()
    first = progress.due(shows, set(), NOON)
    assert len(first) == many_shows.MOST_AT_ONCE
    second = progress.due(shows, set(first[100:]), NOON + HOUR)
    assert second == shows[2400:2500], "those that were not tried come first"


# --- the pace


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


# --- a hundred shows


@pytest.mark.load
@pytest.mark.skipif(not os.environ.get("TV_LOAD"), reason="set TV_LOAD=1 to run it")
def test_a_hundred_shows_are_built_at_the_pace_that_tvmaze_allows(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parents[1] / "dagster.yaml", tmp_path)
    floor = (3 * 100 + 1 - 20) / 20 * 10
    with TVMazeServer(world_of(100), limit=(20, 10.0)) as server, (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("dagster-daemon"), "run", "-m", "tv_appearances.definitions"],
            cwd=tmp_path,
            env={
                **os.environ,
                "DAGSTER_HOME": str(tmp_path),
                "TV_APPEARANCES_SHOWS": ";".join(f"show {number}" for number in range(1, 101)),
                "TVMAZE_URL": server.url,
                "PYTHONPATH": str(Path(__file__).parents[1]),
            },
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + 1800
            while len(list(tmp_path.glob("data/*/appearances.png"))) < 100:
                assert process.poll() is None, (tmp_path / "log").read_text()[-3000:]
                assert time.monotonic() < deadline, "not within half an hour"
                if server.log and not server.log[0].get("cpu"):
                    server.log[0]["cpu"] = _cpu()
                time.sleep(0.5)
            ended, cpu = time.time(), _cpu()
            time.sleep(10)  # the last run ends, and whatever else would follow starts
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = used.ru_utime + used.ru_stime
        requests = [entry for entry in server.log if entry["path"] != "/_log"]
    seconds = ended - requests[0]["time"]
    busy = 1 - (cpu[0] - requests[0]["cpu"][0]) / (cpu[1] - requests[0]["cpu"][1])
    too_many = [entry for entry in requests if entry["status"] == 429]
    os.chdir(tmp_path)
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        failed = instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE]))
        runs = instance.get_runs_count()
    print(  # noqa: T201
        f"{seconds:.0f} s ({seconds / floor:.2f} of the floor of {floor:.0f} s), at least {spent:.0f} s of CPU, cores "
        f"{busy:.0%} busy, {runs} runs, {failed} failed, {len(requests)} requests, {len(too_many)} times 429"
    )
    assert failed == 0
    assert len(too_many) <= len(requests) / 100
    assert seconds <= 1.3 * floor or busy > 0.95, "neither TVMaze nor the cores were the limit"


def _cpu() -> tuple[int, int]:
    """Idle and total time of all cores since the machine started, in clock ticks."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


# --- the overview


def evaluate(library: Library, cursor: Any, seconds: int = 600) -> tuple[set[str], Any]:
    """What the conditions ask for so many seconds later."""
    library.now += seconds
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dagster's own tester uses what Dagster calls beta
        result = dg.evaluate_automation_conditions(
            library.defs,
            instance=library.instance,
            cursor=cursor,
            evaluation_time=datetime.fromtimestamp(library.now, timezone.utc),
        )
    return {r.key.to_user_string() for r in result.results if not r.true_subset.is_empty}, result.cursor


def overview_run(library: Library) -> dg.ExecuteInProcessResult:
    job = library.defs.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=library.instance, asset_selection=[shows_overview.key], raise_on_error=False)


def test_the_overview_follows_any_show_and_waits_for_none(library: Library) -> None:
    requested, cursor = evaluate(library, None)
    requested, cursor = evaluate(library, cursor)
    assert requested == set(), "there is no show yet"
    library.run("show-1")
    requested, cursor = evaluate(library, cursor, seconds=30)
    assert requested == set(), "there is one, but the ten minutes are not over"
    requested, cursor = evaluate(library, cursor)
    assert requested == {"shows_overview"}
    assert overview_run(library).success
    requested, cursor = evaluate(library, cursor)
    assert requested == set()
    library.server.world.parts[1, "episodes"].pop()
    library.run("show-1")
    requested, cursor = evaluate(library, cursor)
    assert requested == {"shows_overview"}
    assert overview_run(library).success
    library.run("show-1")
    requested, cursor = evaluate(library, cursor)
    assert requested == set(), "the show ran, but says the same"


def test_the_overview_lists_every_show_with_its_leader_or_the_reason(library: Library, tmp_path: Path) -> None:
    library.run("show-1")
    library.run("no-such-thing")
    library.server.world.parts[3, "episodes"] = []
    library.run("show-3")
    result = overview_run(library)
    assert result.success
    table = (tmp_path / "data" / "shows.csv").read_text().splitlines()
    assert table[1] == "show-1,Show 1,Show 1,1,Ada,2,0.667,Bruno,1,2,2,1,live,"
    assert len(table) == 5
    page = (tmp_path / "data" / "shows.html").read_text()
    assert '<a href="show-1/appearances.html"><bdi>Show 1</bdi></a>' in page
    assert "2.0 × Bruno" in page
    assert "<bdi>id:2</bdi>: Not built yet." in page
    assert "<bdi>Show 3</bdi>: TVMaze lists no episodes of Show 3 yet" in page
    assert "<bdi>no such thing</bdi>: TVMaze finds no show called &#39;no such thing&#39;." in page
    assert str(tmp_path) not in page
    (event,) = result.get_asset_materialization_events()
    shown = event.step_materialization_data.materialization.metadata
    assert "| Show 1 | Ada | 2 | 2.0 × Bruno |" in str(shown["shows"].value)
    assert "| no such thing | TVMaze finds no show called" in str(shown["without_result"].value)
    (check,) = [c for c in result.get_asset_check_evaluations() if c.check_name == "every_show_has_a_result"]
    assert not check.passed
    assert "3 without a result: id-2, show-3, no-such-thing" in (check.description or "")


def test_the_overview_says_what_is_wrong_with_files_and_not_where_they_are(library: Library, tmp_path: Path) -> None:
    library.run("show-1")
    (tmp_path / "data" / "show-1" / "mentions.csv").write_text("edited")
    assert overview_run(library).success
    table = (tmp_path / "data" / "shows.csv").read_text()
    assert "mentions.csv was changed or damaged after it was written: materialize `character_appearances`" in table
    assert str(tmp_path) not in table


def test_a_line_that_finds_a_show_of_another_name_is_told(library: Library, tmp_path: Path) -> None:
    library.server.world.shows[3]["name"] = "Not Show 3"
    library.run("show-3")
    library.run("show-1")
    checked = {check.check_name: check for check in overview_run(library).get_asset_check_evaluations()}
    check = checked["every_show_is_called_what_was_asked_for"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "show-3: `Not Show 3`" in (check.description or "")
    text = re.sub("<[^>]*>", "", (tmp_path / "data" / "shows.html").read_text())
    assert "Not Show 3 (asked for: show 3)" in text


def test_shows_of_the_same_name_can_be_told_apart_in_the_overview() -> None:
    lines = [
        overview.OverviewRow(show, name, name, 1, mentions=0, share=0.0, episodes=0)
        for show, name in (("house", "House"), ("id-9", "House"), ("a", "A"))
    ]
    text = re.sub("<[^>]*>", "", overview.page(lines))
    assert "House (house)" in text
    assert "House (id-9)" in text
    assert "A (a)" not in text


def test_two_lines_that_turn_out_to_be_one_show_are_told(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    with TVMazeServer(world_of(2)) as server:
        library = Library(tmp_path / "data", instance, server, "show 2;id:2")
        library.run("show-2")
        library.run("id-2")
        (check,) = [
            c
            for c in overview_run(library).get_asset_check_evaluations()
            if c.check_name == "every_show_is_listed_once"
        ]
    assert not check.passed
    assert "show-2 = id-2" in (check.description or "")


def test_the_overview_says_how_clear_a_lead_is() -> None:
    lines = {
        "close": overview.overview_row("close", "Close", answer_of({"Ada": 194, "Bruno": 187})),
        "clear": overview.overview_row("clear", "Clear", answer_of({"Ada": 9, "Bruno": 6})),
        "shared": overview.overview_row("shared", "Shared", answer_of({"Ada": 2, "Bruno": 2, "Clara": 1})),
        "alone": overview.overview_row("alone", "Alone", answer_of({"Ada": 1})),
        "nobody": overview.overview_row("nobody", "Nobody", answer_of({})),
    }
    assert {name: (line.leaders, line.clearly) for name, line in lines.items()} == {
        "close": ("Ada", "7 more than Bruno"),
        "clear": ("Ada", "1.5 × Bruno"),
        "shared": ("Ada / Bruno", "shared"),
        "alone": ("Ada", "alone"),
        "nobody": ("", ""),
    }
    assert overview.finding([*lines.values(), overview.OverviewRow("late", "Late", "Late", note="not yet")]) == (
        "3 of 5 shows have one character who is mentioned most; 1 has no result yet."
    )


def test_nothing_from_outside_becomes_markup_in_the_overview() -> None:
    attack = '<script>alert("x")</script>'
    page = overview.page(
        [
            overview.OverviewRow("a", attack, attack, 1, leaders=attack, mentions=1, share=1.0, episodes=1),
            overview.OverviewRow("b", attack, attack, note=attack),
        ],
        {"a"},
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 5
    table = overview.markdown_table(
        [overview.OverviewRow("a", "a", "M*A*S*H | [x](y)", 1, leaders=attack, mentions=1)], 9
    )
    assert not re.search(r"M\*A|<script|\[x\]|H \| \[", table)
