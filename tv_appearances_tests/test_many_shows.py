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
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tv_appearances import many_shows
from tv_appearances.assets.overview import shows_overview
from tv_appearances.build import ASSETS
from tv_appearances.definitions import root
from tv_appearances.fetching.pace import Pace
from tv_appearances.mentions.aliases import Aliases
from tv_appearances.report import overview
from tv_appearances.report.answer import Answer
from tv_appearances.schedule import HOUR, MOST_AT_ONCE, Schedule
from tv_appearances.settings import Settings, SettingsError
from tv_appearances.show_files import SCHEDULE, SUMMARY, AllFiles
from tv_appearances.show_list import Listed, ShowListError
from tv_appearances.storage import StorageUnusable
from tv_appearances.tvmaze.api import LIMIT, WINDOW, TVMazeClient
from tv_appearances.tvmaze.lookup import Lookup
from tv_appearances.tvmaze.sample import SampleGateway
from tv_appearances_tests.answers import answer_of
from tv_appearances_tests.tvmaze_server import TVMazeServer, World, _episode, _role, _show

NOON = datetime(2026, 3, 2, 12, 0, 5, tzinfo=timezone.utc).timestamp()


def listed(text: str) -> Listed:
    shows = Settings.from_env({"TV_APPEARANCES_SHOWS": text}).shows
    assert shows
    return shows.read()


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
    assert listed(str(file)).shows == {"friends": "Friends", "id-118": "id:118", "room-9": "Room #9"}
    assert listed(" Friends ; id:0118;").shows == {"friends": "Friends", "id-118": "id:0118"}


def test_a_slug_is_plain_and_of_bounded_length() -> None:
    assert list(listed(f"Pokémon: Ünder_the   Dome!;{'x' * 79} yz;../../etc/passwd;Große Ærødromstraße").shows) == [
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
        (["house", "x" * 201], "is longer than 200"),
        (["house", "進撃の巨人"], "line 2: '進撃の巨人' has no letter a-z and no digit"),
    ],
)
def test_a_wrong_line_is_named_and_costs_that_line_alone(tmp_path: Path, lines: list[str], message: str) -> None:
    file = tmp_path / "shows.txt"
    file.write_text("\n".join(lines), encoding="utf-8")
    found = listed(str(file))
    (said,) = found.dropped
    assert message in said
    assert "\n" not in said
    assert len(found.shows) == len([line for line in lines if line and line[0] != "#"]) - 1


def test_a_list_without_any_show_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "shows.txt"
    file.write_text("# nothing\nid:friends\n", encoding="utf-8")
    with pytest.raises(SettingsError, match='TV_APPEARANCES_SHOWS names no show: .*line 2: "id:friends"'):
        listed(str(file))


def test_a_file_that_is_not_there_is_not_taken_for_a_title() -> None:
    with pytest.raises(SettingsError, match="TV_APPEARANCES_SHOWS: cannot read 'shows.txt'.*; between them"):
        listed("shows.txt")


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


@dg.op
def nothing() -> None: ...


# Stand for the jobs of these names in runs that are recorded and not made: Dagster plans no assets for them.
BUILD = dg.GraphDefinition("build_show", node_defs=[nothing]).to_job()
REFRESH = dg.GraphDefinition("refresh_overview", node_defs=[nothing]).to_job()


class Library:
    """A Dagster instance with many shows, a TVMaze of our own, and a clock; `tick` does what the daemon would."""

    def __init__(self, folder: Path | str, instance: dg.DagsterInstance, server: TVMazeServer, shows: str) -> None:
        self.settings = Settings.from_env(
            {"TV_APPEARANCES_SHOWS": shows, "TV_APPEARANCES_DATA": str(folder), "TVMAZE_URL": server.url}
        )
        self.folder, self.instance, self.server = folder, instance, server
        self.now = NOON
        self.cursor: str | None = None
        self.requests: list[dg.RunRequest] = []
        self.skipped: str | None = None
        self.overviews: list[dg.RunRequest] = []
        self.overviews_are = dg.DagsterRunStatus.SUCCESS
        self.defs = root(self.settings)
        assert self.settings.shows
        instance.add_dynamic_partitions("shows", list(self.settings.shows.read().shows))

    @property
    def files(self) -> AllFiles:
        return AllFiles(self.settings.data)

    @property
    def schedule(self) -> Schedule:
        return Schedule.from_json(self.files.content(SCHEDULE))

    @property
    def partitions(self) -> list[str]:
        return list(self.instance.get_dynamic_partitions("shows"))

    def evaluate(self) -> Any:
        """One evaluation of the sensor, and nothing that follows from it: what a preview in the UI does."""
        assert self.settings.shows
        sensor = many_shows.changed_shows(
            self.settings.shows,
            self.assets(),
            dg.DynamicPartitionsDefinition(name="shows"),
            overview=shows_overview.key,
            feed=dg.AssetKey("tvmaze_changes"),
            clock=lambda: self.now,
        )
        with TVMazeClient(self.server.url, pace=Unhurried(LIMIT, WINDOW), sleep=lambda _: None) as client:
            lookup = Lookup(live=client, sample=SampleGateway(), choice="live")
            context = dg.build_sensor_context(
                self.instance,
                self.cursor,
                definitions=self.defs,
                resources={"tvmaze": lookup, "all_files": self.files},
            )
            return sensor.evaluate_tick(context)

    def tick(self) -> list[str]:
        """One tick of the sensor: the partitions it asks for."""
        result = self.evaluate()
        self.cursor = result.cursor or self.cursor
        self.skipped = result.skip_message
        for request in result.dynamic_partitions_requests or ():
            if isinstance(request, dg.AddDynamicPartitionsRequest):
                self.instance.add_dynamic_partitions("shows", list(request.partition_keys))
            else:
                for name in request.partition_keys:
                    self.instance.delete_dynamic_partition("shows", name)
        for event in result.asset_events:
            self.instance.report_runless_asset_event(event)
        self.requests = [one for one in result.run_requests or () if one.job_name == "build_show"]
        self.overviews = [one for one in result.run_requests or () if one.job_name == "refresh_overview"]
        for request in self.overviews:
            self.instance.create_run_for_job(REFRESH, status=self.overviews_are, tags=request.tags)
        return [request.tags["dagster/partition"] for request in self.requests]

    def assets(self) -> list[dg.AssetsDefinition]:
        return [
            asset
            for asset in self.defs.assets or ()
            if isinstance(asset, dg.AssetsDefinition) and asset.key != shows_overview.key
        ]

    def run(self, show: str, **tags: str) -> dg.ExecuteInProcessResult:
        """A run for real, which a person asked for if it has no tags."""
        job = self.defs.resolve_job_def("build_show")
        return job.execute_in_process(instance=self.instance, partition_key=show, raise_on_error=False, tags=tags)

    def carry_out(self, *shows: str) -> None:
        """Run what the last tick asked for, or only that of these shows, for real."""
        for request in self.requests:
            show = request.tags["dagster/partition"]
            if not shows or show in shows:
                self.run(show, **request.tags)

    def record(self, show: str, status: dg.DagsterRunStatus, **tags: str) -> str:
        """Record the run that the last tick asked for of this show, without making it."""
        (request,) = (one for one in self.requests if one.tags["dagster/partition"] == show)
        return self.instance.create_run_for_job(BUILD, status=status, tags={**request.tags, **tags}).run_id

    def pretend(self, show: str, id: int, stamp: int = 1_700_000_000, source: str = "live") -> None:
        """Record a report as a run would, without the run."""
        self.instance.report_runless_asset_event(
            dg.AssetMaterialization(
                "appearances_report",
                partition=show,
                metadata={"tvmaze_id": id, "tvmaze_updated": stamp, "source": source},
            )
        )

    def pretend_all(self) -> None:
        for number, show in ((1, "show-1"), (2, "id-2"), (3, "show-3")):
            self.pretend(show, number)

    def day(self, ticks: int = 24) -> list[str]:
        """A tick an hour: what they ask for. Where nobody makes the runs, that is the same again."""
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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A list in a file."""
    file = tmp_path / "shows.txt"
    file.write_text("Show 1\nid:2\n", encoding="utf-8")
    return file


@pytest.fixture
def edited(tmp_path: Path, instance: dg.DagsterInstance, file: Path) -> Iterator[Library]:
    """The two shows of the list in the file."""
    with TVMazeServer(world_of(3)) as server:
        yield Library(tmp_path / "data", instance, server, str(file))


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
        "appearances.png", "appearances.html", "summary.json", ".origin",
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


def test_the_partitions_follow_the_list_without_a_reload(edited: Library, file: Path) -> None:
    edited.instance.delete_dynamic_partition("shows", "id-2")
    assert edited.tick() == ["show-1", "id-2"]
    assert set(edited.partitions) == {"show-1", "id-2"}
    file.write_text("id:2\nshow 3\n")
    assert "show-3" in edited.day(1)
    assert set(edited.partitions) == {"id-2", "show-3"}
    assert edited.run("show-3").success, "the run reads the list anew, too"


def test_a_bad_line_costs_that_line_and_is_told_by_the_tick(edited: Library, file: Path) -> None:
    edited.tick()
    edited.pretend("show-1", 1)
    edited.pretend("id-2", 2)
    file.write_text("Show 1\nid:2\nid:none\n")
    assert edited.day(2) == []
    assert "1 lines are no show" in (edited.skipped or "")
    assert 'line 3: "id:none" is not a TVMaze id' in (edited.skipped or "")
    assert set(edited.partitions) == {"show-1", "id-2"}


@pytest.mark.parametrize(
    "ruin", [lambda file: file.unlink(), lambda file: file.write_bytes(b"\xff"), lambda file: file.write_text("")]
)
def test_a_list_that_cannot_be_read_fails_the_tick_and_forgets_nothing(edited: Library, file: Path, ruin: Any) -> None:
    edited.tick()
    before = edited.files.content(SCHEDULE)
    text = file.read_text()
    ruin(file)
    with pytest.raises(ShowListError, match="TV_APPEARANCES_SHOWS"):
        edited.day(1)
    assert (set(edited.partitions), edited.files.content(SCHEDULE)) == ({"show-1", "id-2"}, before)
    file.write_text(text)
    assert edited.day(1) == ["show-1", "id-2"]


def test_a_changed_line_whose_name_stays_is_looked_up_anew(edited: Library, file: Path, tmp_path: Path) -> None:
    file.write_text("show 1\n")
    edited.tick()
    edited.carry_out()
    assert edited.day(1) == []
    edited.server.world.shows[3]["name"] = "Show 1!"
    file.write_text("Show 1!\n")
    assert edited.day(1) == ["show-1"]
    edited.carry_out()
    assert json.loads((tmp_path / "data" / "show-1" / "show.json").read_text())["show"]["id"] == 3
    assert edited.day(1) == []


def test_a_title_means_the_show_it_once_found_whoever_takes_its_name(edited: Library, tmp_path: Path) -> None:
    edited.tick()
    edited.carry_out("show-1")
    shows = edited.server.world.shows
    shows[1]["name"], shows[3]["name"] = "Renamed", "Show 1"
    edited.server.set_updated(1, 1_800_000_000)
    assert "show-1" in edited.day(1)
    run = edited.run("show-1")
    assert json.loads((tmp_path / "data" / "show-1" / "show.json").read_text())["show"]["id"] == 1
    (told,) = [check for check in run.get_asset_check_evaluations() if check.check_name == "search_is_unambiguous"]
    assert not told.passed
    assert "The title now finds `Show 1`, id:3 " in (told.description or "")
    assert "stays with id:1 " in (told.description or "")
    (check,) = [
        check
        for check in overview_run(edited).get_asset_check_evaluations()
        if check.check_name == "every_show_is_called_what_was_asked_for"
    ]
    assert not check.passed
    assert "show-1: `Renamed`" in (check.description or "")


# --- the change feed


def test_a_show_that_left_the_list_and_came_back_is_built_again(edited: Library, file: Path) -> None:
    edited.tick()
    edited.pretend("show-1", 1)
    edited.pretend("id-2", 2)
    assert edited.day(1) == []
    file.write_text("Show 1\n")
    assert edited.day(1) == []
    file.write_text("Show 1\nid:2\n")
    assert edited.day(1) == ["id-2"]
    edited.pretend("id-2", 2)
    assert edited.day(1) == []


@pytest.mark.long
def test_what_was_never_built_is_requested_and_what_was_built_is_not(library: Library) -> None:
    assert library.tick() == ["show-1", "id-2", "show-3", "no-such-thing"]
    library.carry_out()
    assert library.day(2) == []
    assert library.skipped == (
        "Nothing to build now. These failed, and are tried again in half a day or more: no-such-thing."
    )
    assert library.day(22) == []
    assert library.day(1) == ["no-such-thing"], "a day after it failed"
    assert len([path for path in library.server.paths if path == "/updates/shows"]) == 26


def test_a_changed_show_is_built_once_and_alone(library: Library) -> None:
    library.pretend_all()
    library.day(1)
    library.carry_out()
    library.server.set_updated(2, 1_800_000_000)
    assert library.day(1) == ["id-2"]
    library.carry_out()
    assert library.day(12) == []


@pytest.mark.long
def test_more_reports_than_dagster_gives_at_a_time_are_all_read(library: Library) -> None:
    for _ in range(1000):
        library.pretend("show-1", 1)
    library.pretend("id-2", 2)
    assert library.tick() == ["show-3", "no-such-thing"]


@pytest.mark.long
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


@pytest.mark.long
def test_many_new_shows_are_asked_for_in_small_lots_and_all_get_their_turn(tmp_path: Path) -> None:
    count = 3 * MOST_AT_ONCE
    with TVMazeServer(World()) as server, dg.DagsterInstance.ephemeral() as instance:
        library = Library(
            tmp_path / "data", instance, server, ";".join(f"id:{number}" for number in range(1, count + 1))
        )
        lots = []
        for _ in range(3):
            lots.append(library.tick())
            for show in lots[-1]:
                library.pretend(show, int(show[3:]))
                library.record(show, dg.DagsterRunStatus.SUCCESS)
            library.now += 60
        assert [len(lot) for lot in lots] == [MOST_AT_ONCE] * 3
        assert len({show for lot in lots for show in lot}) == count
        assert library.tick() == []


def test_a_persons_run_goes_first(library: Library) -> None:
    library.tick()
    assert {request.tags["dagster/priority"] for request in [*library.requests, *library.overviews]} == {"-1"}


@pytest.mark.long
def test_a_show_that_keeps_failing_is_tried_at_ever_longer_intervals(library: Library) -> None:
    library.pretend_all()
    tried = []
    for hour in range(50):
        library.now = NOON + HOUR * hour
        if library.tick():
            tried.append(hour)
            library.record("no-such-thing", dg.DagsterRunStatus.FAILURE)
            library.now -= 60  # the run has ended before the hour was over
            library.tick()
    assert tried == [0, 1, 3, 7, 15, 31]


def test_a_show_whose_run_is_waiting_is_not_requested_again(library: Library) -> None:
    assert "id-2" in library.tick()
    library.record("id-2", dg.DagsterRunStatus.STARTING)
    assert "id-2" not in library.day(30)
    row = next(line for line in rows(library) if line.startswith("id-2,"))
    assert "Its run waits or goes on for hours" in row


def test_a_run_that_a_person_asked_for_keeps_the_sensor_away_from_its_show_and_its_partition_alone(
    library: Library,
) -> None:
    job = library.defs.resolve_job_def("build_show")
    library.instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": "id-2"})
    other = dg.define_asset_job("another", [shows_overview.key]).resolve(asset_graph=library.defs.resolve_asset_graph())
    library.instance.create_run_for_job(other, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": "show-1"})
    assert library.tick() == ["show-1", "show-3", "no-such-thing"]


def test_what_a_person_ran_in_vain_is_told_and_costs_no_try(library: Library) -> None:
    library.tick()
    library.now = time.time()  # Dagster stamps the run by its own clock
    for request in library.requests:
        library.record(request.tags["dagster/partition"], dg.DagsterRunStatus.CANCELED)
    library.tick()
    library.run("no-such-thing")
    library.tick()
    assert "TVMaze finds no show called" in library.schedule.shows["no-such-thing"].why
    assert library.schedule.shows["no-such-thing"].failures == 0


def test_a_run_that_dagster_tries_again_by_itself_is_waited_for(library: Library) -> None:
    library.pretend_all()
    library.tick()
    library.now = time.time()
    run_id = library.record("no-such-thing", dg.DagsterRunStatus.STARTED, **{"dagster/will_retry": "true"})
    run = library.instance.get_run_by_id(run_id)
    assert run
    library.instance.report_run_failed(run)
    library.now = time.time() + 60
    assert library.tick() == ["no-such-thing"], "Dagster starts it once for each number"
    assert library.schedule.shows["no-such-thing"].failures == 0
    library.now = time.time() + 1200
    library.tick()
    assert library.schedule.shows["no-such-thing"].failures == 1, "it did not"


# --- what is remembered


def test_a_tick_that_dies_before_it_returns_is_made_up_for_by_the_next_one(library: Library) -> None:
    library.tick()
    library.record("show-1", dg.DagsterRunStatus.STARTING)
    for show in ("id-2", "show-3", "no-such-thing"):
        library.pretend(show, 9)
        library.record(show, dg.DagsterRunStatus.SUCCESS)
    library.day(1)
    library.server.world.shows[9] = _show(9, "Nine", None) | {"updated": 1_800_000_000}
    library.now += HOUR
    lost = library.evaluate()
    asked = {one.tags["dagster/partition"]: one.run_key for one in lost.run_requests if one.job_name == "build_show"}
    assert set(asked) == {"id-2", "show-3", "no-such-thing"}
    library.now += 60
    assert set(library.tick()) == set(asked)
    assert {one.tags["dagster/partition"]: one.run_key for one in library.requests} == asked, "Dagster starts each once"


def test_a_preview_changes_nothing_that_a_tick_would_do(library: Library) -> None:
    library.evaluate()
    assert library.tick() == ["show-1", "id-2", "show-3", "no-such-thing"]
    assert library.overviews
    for request in library.requests:
        library.record(request.tags["dagster/partition"], dg.DagsterRunStatus.STARTING)
    library.now += 60
    assert library.tick() == []


def test_runs_that_were_deleted_are_asked_for_again(library: Library) -> None:
    library.pretend_all()
    library.tick()
    run_id = library.record("no-such-thing", dg.DagsterRunStatus.STARTING)
    assert library.day(1) == []
    library.instance.delete_run(run_id)
    assert library.day(1) == ["no-such-thing"]


def test_a_reset_of_the_cursor_asks_anew_under_numbers_that_were_never_used(library: Library) -> None:
    library.pretend_all()
    library.tick()
    (before,) = library.requests
    library.record("no-such-thing", dg.DagsterRunStatus.FAILURE)
    assert library.day(0) == []
    library.now += 60
    assert library.tick() == []
    library.cursor = None
    library.now += 60
    assert library.tick() == ["no-such-thing"]
    (after,) = library.requests
    assert before.run_key != after.run_key
    assert library.schedule.shows["no-such-thing"].failures == 0


def test_junk_in_the_file_is_told_and_costs_what_is_built_nothing(
    library: Library, capfd: pytest.CaptureFixture[str]
) -> None:
    library.pretend_all()
    library.tick()
    library.files.write(SCHEDULE, b'{"shows": {"show-1": {"built": "soon"}}}')
    assert library.day(1) == ["no-such-thing"]
    assert "holds something else than what was remembered" in capfd.readouterr().err


def test_a_folder_without_what_was_remembered_is_filled_anew(library: Library) -> None:
    library.pretend_all()
    library.tick()
    Path(library.settings.data, SCHEDULE).unlink()
    assert set(library.day(1)) == {"show-1", "id-2", "show-3", "no-such-thing"}
    library.pretend_all()
    assert library.day(1) == ["no-such-thing"]


def test_a_store_that_does_not_answer_fails_the_tick_and_forgets_nothing(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.pretend_all()
    library.tick()
    with monkeypatch.context() as patched:

        def refuse(*_: object) -> bytes:
            raise PermissionError(13, "Permission denied")

        patched.setattr(Path, "read_bytes", refuse)
        with pytest.raises(StorageUnusable, match="cannot be read"):
            library.day(1)
    assert library.day(1) == ["no-such-thing"]


def test_a_tick_that_cannot_write_asks_for_nothing(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> bytes:
        raise StorageUnusable("Cannot write.")

    with monkeypatch.context() as patched:
        patched.setattr(AllFiles, "write", refuse)
        with pytest.raises(StorageUnusable):
            library.tick()
    assert library.tick() == ["show-1", "id-2", "show-3", "no-such-thing"]


def test_a_materialization_entered_by_hand_is_no_report(library: Library) -> None:
    library.instance.report_runless_asset_event(dg.AssetMaterialization("appearances_report", partition="id-2"))
    assert "id-2" in library.tick()


def test_without_tvmaze_nothing_is_requested_and_nothing_forgotten(library: Library) -> None:
    library.pretend_all()
    library.tick()
    library.record("no-such-thing", dg.DagsterRunStatus.FAILURE)
    library.server.fault("/updates/shows", "429", times=999, retry_after=99_999)
    assert library.day(24) == []
    assert "Could not fetch the list of changed shows" in (library.skipped or "")
    library.day(1)
    for _ in range(47):
        library.now += HOUR
        with pytest.raises(dg.Failure, match="the list of changed shows"):  # a day is for somebody to see
            library.tick()
    library.server.faults.clear()
    library.server.fault("/updates/shows", "404")
    library.now += HOUR
    with pytest.raises(dg.Failure, match="check the address"):  # as is what waiting does not mend
        library.tick()
    with pytest.raises(dg.Failure, match="check the address"):  # until it is asked again
        library.tick()
    library.server.set_updated(3, 1_800_000_000)
    assert "show-3" in library.day(1)
    assert library.server.log[-1]["path"] == "/updates/shows?since=week"


def test_a_show_is_not_built_by_a_sample_that_stood_in_for_it(library: Library) -> None:
    library.pretend("show-1", 431, 800_755_200, source="sample")
    assert "show-1" in library.tick()


@pytest.mark.parametrize("cursor", ["since 1", None])
def test_a_folder_of_another_list_is_refused(library: Library, cursor: str | None) -> None:
    library.pretend_all()
    library.tick()
    schedule = library.schedule
    assert schedule.owner == "appearances_report"
    schedule.owner = "crime/appearances_report"
    library.files.write(SCHEDULE, schedule.to_json())
    library.cursor = cursor
    with pytest.raises(Exception, match=r"belongs to the shows of `crime/appearances_report`.*data folder of its own"):
        library.tick()
    assert library.schedule.owner == "crime/appearances_report"


def test_what_the_sensor_cannot_read_does_not_stop_it(library: Library) -> None:
    for metadata in ({"tvmaze_id": 1}, {"tvmaze_id": "one", "tvmaze_updated": 2, "source": "live"}):
        library.instance.report_runless_asset_event(
            dg.AssetMaterialization("appearances_report", partition="show-1", metadata=metadata)
        )
    library.cursor = '{"asked": 5.0, "of_another_release": 1}'
    assert "show-1" in library.tick()


def test_the_feed_is_an_asset_whose_metadata_is_plotted(library: Library) -> None:
    library.pretend_all()
    library.tick()
    library.server.set_updated(2, 1_800_000_000)
    library.day(1)
    events = library.instance.fetch_materializations(dg.AssetKey("tvmaze_changes"), limit=9).records
    said = [{k: v.value for k, v in one.asset_materialization.metadata.items()} for one in events]  # type: ignore[union-attr]
    assert [one["changed"] for one in said] == [1, 0]
    assert said[0] | {"shows": 4, "due": 2, "asked_for": "day"} == said[0]
    assert said[1]["asked_for"] == "everything"


def test_another_code_version_or_setting_builds_all_shows_anew(library: Library) -> None:
    library.pretend_all()
    library.day(2)
    library.settings = replace(library.settings, chart="quickchart")
    library.defs = root(library.settings)
    assert set(library.day(1)) >= {"show-1", "id-2", "show-3"}
    for show in ("show-1", "id-2", "show-3"):
        library.record(show, dg.DagsterRunStatus.SUCCESS)
    library.pretend_all()
    assert not {"show-1", "id-2", "show-3"} & set(library.day(1))


def test_an_alias_edited_five_times_a_day_is_counted_five_times(library: Library) -> None:
    library.pretend_all()
    library.tick()
    for edit in range(5):
        library.settings = replace(library.settings, aliases=Aliases({"Ada Quist": (f"Addy {edit}",)}))
        library.defs = root(library.settings)
        library.now += 60
        assert set(library.tick()) >= {"show-1", "id-2", "show-3"}
        for show in ("show-1", "id-2", "show-3"):
            library.record(show, dg.DagsterRunStatus.SUCCESS)
        library.pretend_all()


def test_a_setting_that_no_partition_reads_builds_none_of_them_again() -> None:
    def versions(**variables: str) -> dict[str, str | None]:
        defs = root(Settings.from_env({"TV_APPEARANCES_SHOWS": "a;b", **variables}))
        return {spec.key.to_user_string(): spec.code_version for spec in defs.resolve_all_asset_specs()}

    assert versions(TV_APPEARANCES_SHOW="house") == versions()
    assert versions(TV_APPEARANCES_SOURCE="live") != versions()


def test_a_tick_waits_for_tvmaze_less_long_than_dagster_waits_for_a_tick(library: Library) -> None:
    library.tick()
    library.now += HOUR
    library.server.fault("/updates/shows", "429", retry_after=50)
    (sensor,) = (one for one in library.defs.sensors or () if one.name == "changed_shows")
    assert isinstance(sensor, dg.SensorDefinition)
    resources = {name: (library.defs.resources or {})[name] for name in ("tvmaze", "all_files")}
    with dg.build_sensor_context(library.instance, definitions=library.defs, resources=resources) as context:
        result = sensor.evaluate_tick(context)
    assert result.run_requests is not None
    assert "asks to wait 50 s, longer than a call may take (40 s)" in library.schedule.silence


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


def overview_run(library: Library) -> dg.ExecuteInProcessResult:
    job = library.defs.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=library.instance, asset_selection=[shows_overview.key], raise_on_error=False)


def rows(library: Library) -> list[str]:
    """The lines of `shows.csv`, made anew."""
    assert overview_run(library).success
    return library.files.content("shows.csv").decode().splitlines()[1:]


def test_the_overview_is_asked_for_when_runs_have_ended_every_ten_minutes_at_most(library: Library) -> None:
    def asked_for(minutes: float) -> bool:
        library.now += 60 * minutes
        library.tick()
        return bool(library.overviews)

    assert asked_for(0)
    assert not asked_for(1)
    library.record("show-1", dg.DagsterRunStatus.FAILURE)
    assert not asked_for(1)
    assert asked_for(10)
    assert not asked_for(12), "nothing has ended since"
    assert not asked_for(60 * 23)
    assert asked_for(60), "once a day all the same"


def test_there_is_one_run_of_the_overview_at_a_time(library: Library) -> None:
    library.overviews_are = dg.DagsterRunStatus.STARTING
    library.tick()
    assert library.overviews
    library.record("show-1", dg.DagsterRunStatus.FAILURE)
    for _ in range(30):
        library.day(1)
        assert not library.overviews


def test_the_overview_lists_every_show_with_its_leader_or_the_reason(library: Library, tmp_path: Path) -> None:
    library.server.world.parts[3, "episodes"] = []
    library.now = time.time()
    library.tick()
    library.carry_out("show-1", "show-3", "no-such-thing")
    library.now += 60
    library.tick()
    result = overview_run(library)
    assert result.success
    table = (tmp_path / "data" / "shows.csv").read_text().splitlines()
    assert re.fullmatch(
        r"show-1,Show 1,Show 1,1,Ada,2,0.667,Bruno,1,2,2,1,live,20\d\d-\d\d-\d\d \d\d:\d\d,20\d\d-\d\d-\d\d \d\d:\d\d,",
        table[1],
    ), table[1]
    assert len(table) == 5
    page = (tmp_path / "data" / "shows.html").read_text()
    assert '<a href="show-1/appearances.html"><bdi>Show 1</bdi></a>' in page
    assert "2.0 × Bruno" in page
    assert "<bdi>id:2</bdi>: Not built yet." in page
    assert '<a href="show-3/appearances.html"><bdi>Show 3</bdi></a>' in page, (
        "no episodes yet is a state, not a failure"
    )
    assert "<bdi>no such thing</bdi>: TVMaze finds no show called &#39;no such thing&#39;." in page
    assert str(tmp_path) not in page
    (event,) = result.get_asset_materialization_events()
    shown = event.step_materialization_data.materialization.metadata
    assert "| Show 1 | Ada | 2 | 2.0 × Bruno |" in str(shown["shows"].value)
    assert re.search(r"\| no such thing \| never \| [^|]+ \| TVMaze finds no show", str(shown["not_current"].value))
    checked = {check.check_name: check for check in result.get_asset_check_evaluations()}
    assert "2 without a result: id-2, no-such-thing" in (checked["every_show_has_a_result"].description or "")
    current = checked["every_show_is_current"]
    assert (current.passed, current.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "no-such-thing: `TVMaze finds no show" in (current.description or "")
    assert "show-3" in (checked["every_show_names_a_character"].description or "")


def test_a_show_with_an_old_report_whose_runs_fail_is_not_listed_as_healthy(library: Library, tmp_path: Path) -> None:
    library.tick()
    library.carry_out("show-1")
    library.server.set_updated(1, 1_800_000_000)
    library.server.fault("/shows/1/episodes", "wrong-type", times=99)
    assert "show-1" in library.day(1)
    library.carry_out("show-1")
    library.now += 60
    library.tick()
    (row,) = [row for row in rows(library) if row.startswith("show-1,")]
    assert "Ada,2" in row, "the report before stays"
    assert "expected a list" in row
    assert str(tmp_path) not in row
    page = (tmp_path / "data" / "shows.html").read_text()
    assert "<h2>Not of the newest state</h2>" in page


def test_without_what_the_sensor_remembers_the_overview_says_whom_to_ask(library: Library) -> None:
    assert "The sensor `changed_shows` writes it: turn it on" in failure(overview_run(library))
    library.files.write(SCHEDULE, b"junk")
    assert "schedule.json was changed or damaged" in failure(overview_run(library))


@pytest.mark.parametrize("content", [None, b"{", b'{"name": 5}', b"[]"])
def test_a_report_without_a_summary_that_can_be_read_is_read_whole(library: Library, content: bytes | None) -> None:
    library.tick()
    library.carry_out("show-1")
    summary = Path(library.settings.data, "show-1", SUMMARY)
    if content is None:
        summary.unlink()
    else:
        summary.write_bytes(content)
    assert any(row.startswith("show-1,Show 1,Show 1,1,Ada,2") for row in rows(library))


def test_the_overview_says_what_is_wrong_with_files_and_not_where_they_are(library: Library, tmp_path: Path) -> None:
    library.tick()
    library.carry_out("show-1")
    library.now += 60
    library.tick()
    (tmp_path / "data" / "show-1" / "summary.json").unlink()
    (tmp_path / "data" / "show-1" / "mentions.csv").write_text("edited")
    table = "\n".join(rows(library))
    assert "mentions.csv was changed or damaged after it was written: materialize `character_appearances`" in table
    assert str(tmp_path) not in table


def test_a_line_that_finds_a_show_of_another_name_is_told(library: Library, tmp_path: Path) -> None:
    library.server.world.shows[3]["name"] = "Not Show 3"
    library.tick()
    library.carry_out("show-3", "show-1")
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
        library.tick()
        library.carry_out()
        (check,) = [
            c
            for c in overview_run(library).get_asset_check_evaluations()
            if c.check_name == "every_show_is_listed_once"
        ]
    assert not check.passed
    assert "show-2 = id-2" in (check.description or "")


def row_of(show: str, asked: str, answer: Answer) -> overview.OverviewRow:
    return overview.OverviewRow(show, asked, **asdict(overview.summary(answer)))


def test_the_overview_says_how_clear_a_lead_is() -> None:
    lines = {
        "close": row_of("close", "Close", answer_of({"Ada": 194, "Bruno": 187})),
        "clear": row_of("clear", "Clear", answer_of({"Ada": 9, "Bruno": 6})),
        "shared": row_of("shared", "Shared", answer_of({"Ada": 2, "Bruno": 2, "Clara": 1})),
        "alone": row_of("alone", "Alone", answer_of({"Ada": 1})),
        "nobody": row_of("nobody", "Nobody", answer_of({})),
    }
    assert {name: (line.leaders, line.clearly) for name, line in lines.items()} == {
        "close": ("Ada", "7 more than Bruno"),
        "clear": ("Ada", "1.5 × Bruno"),
        "shared": ("Ada / Bruno", "shared"),
        "alone": ("Ada", "alone"),
        "nobody": ("", ""),
    }
    assert overview.finding([*lines.values(), overview.OverviewRow("late", "Late", "Late", why="not yet")]) == (
        "3 of 5 shows have one character who is mentioned most; 1 has no result yet."
    )


def test_nothing_from_outside_becomes_markup_in_the_overview() -> None:
    attack = '<script>alert("x")</script>'
    page = overview.page(
        [
            overview.OverviewRow("a", attack, attack, 1, leaders=attack, mentions=1, share=1.0, episodes=1),
            overview.OverviewRow("b", attack, attack, why=attack),
        ],
        {"a"},
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 5
    table = overview.markdown_table(
        [overview.OverviewRow("a", "a", "M*A*S*H | [x](y)", 1, leaders=attack, mentions=1)], 9
    )
    assert not re.search(r"M\*A|<script|\[x\]|H \| \[", table)
