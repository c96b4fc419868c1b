"""Days in the life of the code location, by simulation: what each condition asks to run, and what that costs.

Each test advances a clock, lets the conditions be evaluated as the daemon would, and runs what they ask for.
"""

import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import dagster as dg
import pytest

from tv_appearances import automation
from tv_appearances.build import build_defs
from tv_appearances.definitions import root
from tv_appearances.mentions.aliases import Aliases
from tv_appearances.settings import Settings
from tv_appearances.show_files import ShowFiles
from tv_appearances.tvmaze.lookup import Lookup
from tv_appearances_tests.fakes import FakeTVMaze, Outage, cast_member, episode

ROOT, FETCHED, COUNTED, REPORT = (
    "tv_show_info",
    {"episodes", "characters"},
    "character_appearances",
    "appearances_report",
)
ALL = {ROOT, *FETCHED, COUNTED, REPORT}
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
MIDNIGHT = datetime(2026, 3, 2, tzinfo=timezone.utc)


class Simulation:
    """A Dagster instance and a clock.

    `until` evaluates the conditions every minute while there is something to do, else every hour until seven in the
    morning and every six hours after that, when no tick of any condition is left; and it runs what they request. The
    daemon does the same, every 30 seconds.
    """

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.tvmaze = FakeTVMaze()
        self.files = ShowFiles(folder)
        self.defs = self.load(Settings(show="the lighthouse"))
        self.instance = instance
        self.now = MIDNIGHT - timedelta(hours=2)
        self.cursor = None
        self.runs: list[tuple[datetime, set[str], bool]] = []
        self.cancels: set[str] = set()

    def load(self, settings: Settings) -> dg.Definitions:
        """The code location as it would be loaded with these settings."""
        lookup = Lookup(live=self.tvmaze, sample=FakeTVMaze(), choice="live", show=settings.show)
        return build_defs(settings, resource_overrides={"tvmaze": lookup, "files": self.files})

    def tick(self) -> set[str]:
        """Evaluate once and run what is requested."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Dagster's own tester uses what Dagster calls beta
            result = dg.evaluate_automation_conditions(
                self.defs, instance=self.instance, evaluation_time=self.now, cursor=self.cursor
            )
        self.cursor = result.cursor
        requested = {r.key.to_user_string() for r in result.results if not r.true_subset.is_empty}
        if requested:
            self.runs.append((self.now, requested, self.run(requested)))
        return requested

    def begin(self, assets: set[str]) -> dg.DagsterRun:
        """A run that has begun and goes on."""
        selection = frozenset(dg.AssetKey(name) for name in assets)
        part = self.defs.resolve_implicit_global_asset_job_def().get_subset(asset_selection=set(selection))
        return self.instance.create_run_for_job(part, asset_selection=selection, status=dg.DagsterRunStatus.STARTED)

    def run(self, assets: set[str]) -> bool:
        job = self.defs.resolve_implicit_global_asset_job_def()
        selection = [dg.AssetKey(name) for name in assets]
        if assets & self.cancels:
            self.instance.report_run_canceled(self.begin(assets))
            return False
        return job.execute_in_process(
            instance=self.instance, asset_selection=selection, run_config=QUIET, raise_on_error=False
        ).success

    def until(self, then: datetime, idle: timedelta | None = None) -> set[str]:
        """All assets that ran on the way; `self.tvmaze.requests` and `self.runs` start anew."""
        self.tvmaze.requests.clear()
        self.runs.clear()
        while self.now < then:
            self.now += timedelta(minutes=1) if self.tick() else idle or self._quiet(then)
        return set().union(*(assets for _, assets, _ in self.runs))

    def _quiet(self, then: datetime) -> timedelta:
        midnight = self.now.replace(hour=0, minute=0) + timedelta(days=1)
        longest = min(timedelta(hours=6), midnight - self.now, then - self.now)
        return timedelta(hours=1) if self.now.hour < 7 else longest


@pytest.fixture
def simulation(tmp_path: Path) -> Iterator[Simulation]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Simulation(tmp_path / "data", instance)


@pytest.fixture
def current(simulation: Simulation) -> Simulation:
    """An evening on which everything is up to date."""
    simulation.until(MIDNIGHT - timedelta(hours=1))
    return simulation


def test_a_fresh_instance_builds_all_five_once_and_asks_tvmaze_three_times(simulation: Simulation) -> None:
    assert simulation.until(MIDNIGHT - timedelta(hours=1)) == ALL
    assert sum(len(assets) for _, assets, _ in simulation.runs) == 5
    assert len(simulation.tvmaze.requests) == 3
    assert simulation.files.path("appearances.png").exists()


def test_a_day_when_nothing_changed_runs_the_root_alone_with_one_request(current: Simulation) -> None:
    assert current.until(MIDNIGHT + timedelta(hours=23)) == {ROOT}
    assert len(current.runs) == len(current.tvmaze.requests) == 1


def test_a_moved_stamp_with_the_same_content_stops_after_the_fetch(current: Simulation) -> None:
    current.tvmaze.record["updated"] += 60
    assert current.until(MIDNIGHT + timedelta(hours=23)) == {ROOT, *FETCHED}
    assert len(current.tvmaze.requests) == 3


@pytest.mark.long
def test_a_changed_rating_is_counted_anew_and_the_report_stays(current: Simulation) -> None:
    current.tvmaze.record["updated"] += 60
    current.tvmaze.episode_list[0]["rating"] = {"average": 9.1}
    assert current.until(MIDNIGHT + timedelta(hours=23)) == {ROOT, *FETCHED, COUNTED}
    assert len(current.tvmaze.requests) == 3


@pytest.mark.parametrize(
    "summary", [None, *(pytest.param(text, marks=pytest.mark.long) for text in ("<p>Fog.</p>", "<p>Ada is gone.</p>"))]
)
def test_a_new_episode_runs_all_five_whoever_it_names(current: Simulation, summary: str | None) -> None:
    current.tvmaze.record["updated"] += 60
    current.tvmaze.episode_list.append(episode(5, 2, 2, summary))
    assert current.until(MIDNIGHT + timedelta(hours=23)) == ALL
    assert sum(len(assets) for _, assets, _ in current.runs) == 5
    assert len(current.tvmaze.requests) == 3


def test_a_changed_score_or_weight_is_no_news(current: Simulation) -> None:
    current.tvmaze.record["weight"] = 97
    current.tvmaze.results = [{"score": 0.1, "show": current.tvmaze.record}]
    assert current.until(MIDNIGHT + timedelta(hours=23)) == {ROOT}


@pytest.mark.long
@pytest.mark.parametrize(("asset", "requests"), [(ROOT, 1), ("episodes", 1), (COUNTED, 0), (REPORT, 0)])
def test_a_raised_code_version_runs_that_asset_and_stops_where_nothing_changes(
    current: Simulation, asset: str, requests: int
) -> None:
    raised = dg.map_asset_specs(
        lambda spec: (
            spec.replace_attributes(code_version=f"{spec.code_version}+") if spec.key == dg.AssetKey(asset) else spec
        ),
        [definition for definition in current.defs.assets or () if isinstance(definition, dg.AssetsDefinition)],
    )
    current.defs = dg.Definitions(assets=raised, resources=current.defs.resources, executor=current.defs.executor)
    assert current.until(MIDNIGHT - timedelta(minutes=20)) == {asset}
    assert len(current.tvmaze.requests) == requests


def test_materialize_all_by_hand_is_followed_by_nothing(current: Simulation) -> None:
    current.tvmaze.record["updated"] += 60
    current.tvmaze.episode_list.append(episode(5, 2, 2, "<p>Bruno leaves.</p>"))
    assert current.run(ALL)
    assert current.until(MIDNIGHT - timedelta(minutes=20)) == set()


@pytest.mark.long
def test_an_outage_at_midnight_is_tried_again_within_bounds_and_the_files_stay(current: Simulation) -> None:
    before = {path.name: path.read_bytes() for path in current.files.folder.iterdir() if path.is_file()}
    current.tvmaze.error = Outage()
    assert current.until(MIDNIGHT + timedelta(hours=23), idle=timedelta(minutes=30)) == {ROOT}
    assert not any(success for _, _, success in current.runs)
    assert current.runs[1][0] - current.runs[0][0] <= timedelta(hours=1)
    assert 2 <= len(current.runs) <= 7
    assert {path.name: path.read_bytes() for path in current.files.folder.iterdir() if path.is_file()} == before

    current.tvmaze.error = None
    current.tvmaze.record["updated"] += 60
    current.tvmaze.episode_list.append(episode(5, 2, 2, "<p>Bruno leaves.</p>"))
    assert current.until(MIDNIGHT + timedelta(hours=47)) == ALL


@pytest.mark.long
def test_an_outage_between_the_root_and_the_episodes_heals_within_the_hour(current: Simulation) -> None:
    current.tvmaze.record["updated"] += 60
    current.tvmaze.episode_list.append(episode(5, 2, 2, "<p>Bruno leaves.</p>"))
    whole, current.tvmaze.episode_list = current.tvmaze.episode_list, "an error page"
    current.until(MIDNIGHT + timedelta(minutes=30))
    assert [success for _, assets, success in current.runs if "episodes" in assets] == [False]
    current.tvmaze.episode_list = whole
    assert REPORT in current.until(MIDNIGHT + timedelta(hours=2))


@pytest.mark.long
def test_episodes_that_kept_failing_until_six_are_tried_again_the_next_midnight(current: Simulation) -> None:
    current.tvmaze.record["updated"] += 60
    whole, current.tvmaze.episode_list = (
        [*current.tvmaze.episode_list, episode(5, 2, 2, "<p>Fog.</p>")],
        "an error page",
    )
    current.until(MIDNIGHT + timedelta(hours=23))
    failed = [moment for moment, assets, success in current.runs if "episodes" in assets]
    assert 2 <= len(failed) <= 8
    current.tvmaze.episode_list = whole
    assert REPORT in current.until(MIDNIGHT + timedelta(hours=25))


@pytest.mark.long
@pytest.mark.parametrize("cancelled", [FETCHED, {COUNTED}])
def test_what_was_cancelled_is_made_up_for_at_midnight(current: Simulation, cancelled: set[str]) -> None:
    current.tvmaze.record["updated"] += 60
    current.tvmaze.episode_list.append(episode(5, 2, 2, "<p>Bruno leaves.</p>"))
    current.cancels = cancelled
    assert REPORT not in current.until(MIDNIGHT + timedelta(hours=23))
    current.cancels = set()
    assert current.until(MIDNIGHT + timedelta(hours=25)) >= {*cancelled, REPORT}
    assert current.until(MIDNIGHT + timedelta(hours=49)) == {ROOT}


@pytest.mark.long
def test_a_first_run_that_was_cancelled_is_made_up_for_at_midnight(simulation: Simulation) -> None:
    simulation.run({ROOT, *FETCHED})
    simulation.cancels = {COUNTED}
    assert simulation.until(MIDNIGHT - timedelta(hours=1)) == ALL, "in one run, which is cancelled"
    simulation.cancels = set()
    assert simulation.until(MIDNIGHT + timedelta(hours=1)) == {ROOT, COUNTED, REPORT}


def test_whoever_evaluates_for_the_first_time_has_everything_checked_once(current: Simulation) -> None:
    current.cursor = None
    assert current.until(MIDNIGHT - timedelta(minutes=20)) == ALL
    assert sum(len(assets) for _, assets, _ in current.runs) == 5


def test_a_setting_that_changes_while_its_asset_runs_is_applied_after_that(current: Simulation) -> None:
    current.run({COUNTED})  # ends between two evaluations, and is of the old code
    current.defs = current.load(Settings(show="the lighthouse", aliases=Aliases({"Ada Quist": ("Captain",)})))
    assert COUNTED in current.until(MIDNIGHT - timedelta(minutes=20))


@pytest.mark.long
def test_nothing_runs_below_a_failed_blocking_check_now_or_later(current: Simulation) -> None:
    current.files.path("episodes.json").unlink()
    current.tvmaze.record["updated"] += 60
    current.tvmaze.episode_list = []
    ran = current.until(MIDNIGHT + timedelta(hours=47))
    assert "episodes" in ran
    assert not ran & {COUNTED, REPORT}


def test_what_has_begun_is_not_asked_for_again(simulation: Simulation) -> None:
    simulation.begin(ALL)
    assert simulation.until(MIDNIGHT - timedelta(hours=1)) == set()


def test_an_asset_waits_until_nothing_above_it_goes_on(current: Simulation) -> None:
    current.tvmaze.record["updated"] += 60
    current.tvmaze.episode_list.append(episode(5, 2, 2, "<p>Bruno leaves.</p>"))
    assert current.run({ROOT, "episodes"})
    begun = current.begin({"characters"})
    assert COUNTED not in current.until(MIDNIGHT - timedelta(minutes=40))
    current.instance.report_run_canceled(begun)
    assert COUNTED in current.until(MIDNIGHT - timedelta(minutes=20))


def test_another_show_in_the_settings_runs_all_five(current: Simulation) -> None:
    current.defs = current.load(Settings(show="id:8"))
    current.tvmaze.record.update(id=8, name="The Harbour")
    current.tvmaze.cast_list = [cast_member(31, "Ada Quist", "Iris Holm")]
    current.tvmaze.episode_list.pop()
    assert current.until(MIDNIGHT - timedelta(minutes=20)) == ALL
    assert len(current.tvmaze.requests) == 3


def test_the_sensor_is_on_from_the_start() -> None:
    (sensor,) = root(Settings()).sensors or ()
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING


@pytest.mark.long
@pytest.mark.parametrize(("hours", "begins"), [((), 0), (("0 9 * * *", "0 15 * * *"), 9)])
def test_an_outage_is_tried_seven_times_whenever_the_day_begins(hours: tuple[str, ...], begins: int) -> None:
    @dg.asset(automation_condition=automation.daily(*hours))
    def always_fails() -> None:
        raise dg.Failure("no")

    day = MIDNIGHT + timedelta(days=1, hours=begins)
    cursor, tries = None, 0
    minutes = [*range(-28 * 60, -20 * 60, 15), *range(-20 * 60, 0, 60), *range(0, 8 * 60, 15), *range(480, 1440, 60)]
    with dg.DagsterInstance.ephemeral() as instance:
        for minute in minutes:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Dagster's own tester uses what Dagster calls beta
                now = day + timedelta(minutes=minute + 1)
                definitions = dg.Definitions([always_fails])
                said = dg.evaluate_automation_conditions(definitions, instance, cursor=cursor, evaluation_time=now)
            cursor = said.cursor
            if said.total_requested:
                tries += minute >= 0
                dg.materialize([always_fails], instance=instance, raise_on_error=False, run_config=QUIET)
    assert tries == 7, "at once, and at half past every hour for six hours"
