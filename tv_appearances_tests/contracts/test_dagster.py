"""What this project relies on Dagster for, each by itself and without this project's code.

After an upgrade these say what has changed; the tests of the code location say what came of it. Belongs here: one test
for each behaviour that a docstring or comment names as its reason. Does not belong here: anything about shows.
"""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import dagster as dg
import pytest
from pydantic import Field

from tv_appearances.fetching.decoding import DEEPEST

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
MORNING = datetime(2026, 3, 2, 8, tzinfo=timezone.utc)
Condition = dg.AutomationCondition


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


class Daemon:
    """Evaluates the conditions of these assets as the daemon does, a minute later each time."""

    def __init__(self, instance: dg.DagsterInstance, *assets: Any) -> None:
        self.instance, self.assets, self.now, self.cursor = instance, assets, MORNING, None

    def asks_for(self, **later: float) -> set[str]:
        self.now += timedelta(**later or {"minutes": 1})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Dagster's own tester uses what Dagster calls beta
            result = dg.evaluate_automation_conditions(
                dg.Definitions(self.assets), instance=self.instance, evaluation_time=self.now, cursor=self.cursor
            )
        self.cursor = result.cursor
        return {one.key.to_user_string() for one in result.results if not one.true_subset.is_empty}

    def run(self, *only: str) -> dg.ExecuteInProcessResult:
        return run(self.instance, *self.assets, selection=list(only) or None)


def run(instance: dg.DagsterInstance, *assets: Any, **options: Any) -> dg.ExecuteInProcessResult:
    return dg.materialize(list(assets), instance=instance, run_config=QUIET, raise_on_error=False, **options)


def above(version: list[str], **options: Any) -> dg.AssetsDefinition:
    """An asset whose content, and so its data version, is what is in the list at that moment."""

    @dg.asset(name="above", **options)
    def made() -> dg.MaterializeResult:
        return dg.MaterializeResult(data_version=dg.DataVersion(version[0]))

    return made


def below(condition: Any, code_version: str = "1") -> dg.AssetsDefinition:
    @dg.asset(name="below", deps=["above"], automation_condition=condition, code_version=code_version)
    def made() -> None: ...

    return made


# Conditions


def test_a_data_version_that_stays_is_no_change_and_one_that_moves_is(instance: dg.DagsterInstance) -> None:
    version = ["1"]
    daemon = Daemon(instance, above(version), below(Condition.any_deps_match(Condition.data_version_changed())))
    daemon.run()
    daemon.asks_for()
    daemon.run("above")
    assert daemon.asks_for() == set()
    version[0] = "2"
    daemon.run("above")
    assert daemon.asks_for() == {"below"}
    assert daemon.asks_for() == set(), "and it is one for a single evaluation"


def test_since_holds_from_the_trigger_to_the_reset(instance: dg.DagsterInstance) -> None:
    trigger = Condition.cron_tick_passed("0 9 * * *")
    daemon = Daemon(instance, above(["1"]), below(trigger.since(Condition.newly_updated())))
    daemon.run("above")
    assert daemon.asks_for() == set()
    assert daemon.asks_for(hours=1) == {"below"}
    assert daemon.asks_for() == {"below"}
    daemon.run("below")
    assert daemon.asks_for() == set()


def test_what_is_asked_for_counts_as_requested_at_the_next_evaluation(instance: dg.DagsterInstance) -> None:
    trigger = Condition.cron_tick_passed("0 9 * * *")
    daemon = Daemon(instance, above(["1"]), below(trigger.since(Condition.newly_requested())))
    daemon.asks_for()
    assert daemon.asks_for(hours=1) == {"below"}
    assert daemon.asks_for() == set()


def test_a_raised_code_version_is_a_change(instance: dg.DagsterInstance) -> None:
    daemon = Daemon(instance, above(["1"]), below(Condition.code_version_changed()))
    daemon.run()
    daemon.asks_for()
    assert daemon.asks_for() == set()
    daemon.assets = (daemon.assets[0], below(Condition.code_version_changed(), code_version="2"))
    assert daemon.asks_for() == {"below"}


def test_a_failed_run_is_known_as_failed_until_one_succeeds(instance: dg.DagsterInstance) -> None:
    broken = [True]

    @dg.asset(automation_condition=Condition.execution_failed())
    def fragile() -> None:
        if broken:
            raise dg.Failure("no")

    daemon = Daemon(instance, fragile)
    assert not daemon.run().success
    assert daemon.asks_for() == daemon.asks_for() == {"fragile"}
    broken.clear()
    assert daemon.run().success
    assert daemon.asks_for() == set()


def test_the_first_evaluation_knows_that_it_is_one(instance: dg.DagsterInstance) -> None:
    daemon = Daemon(instance, above(["1"]), below(Condition.initial_evaluation()))
    assert [daemon.asks_for(), daemon.asks_for()] == [{"below"}, set()]


def test_eager_never_starts_on_a_fresh_instance(instance: dg.DagsterInstance) -> None:
    daemon = Daemon(instance, above(["1"], automation_condition=Condition.eager()), below(Condition.eager()))
    assert [daemon.asks_for() for _ in range(4)] == [set()] * 4


def test_eager_runs_after_an_input_that_did_not_change(instance: dg.DagsterInstance) -> None:
    daemon = Daemon(instance, above(["1"]), below(Condition.eager()))
    daemon.run()
    daemon.asks_for()
    daemon.run("above")
    assert daemon.asks_for() == {"below"}


def test_on_cron_waits_for_a_tick_after_the_first_evaluation(instance: dg.DagsterInstance) -> None:
    daemon = Daemon(instance, above(["1"], automation_condition=Condition.on_cron("0 0 * * *")))
    assert [daemon.asks_for(), daemon.asks_for(hours=15)] == [set(), set()]
    assert daemon.asks_for(hours=1) == {"above"}


def test_the_sensor_that_dagster_adds_is_off() -> None:
    repository = dg.Definitions([above(["1"], automation_condition=Condition.eager())]).get_repository_def()
    (sensor,) = repository.sensor_defs
    assert sensor.default_status == dg.DefaultSensorStatus.STOPPED


# Checks


def checked(passed: bool, severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR) -> dg.AssetsDefinition:
    @dg.asset(name="above", check_specs=[dg.AssetCheckSpec("good", asset="above", blocking=True)])
    def made() -> dg.MaterializeResult:
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=passed, severity=severity)])

    return made


def materialized(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key}


def test_a_failed_blocking_check_stops_what_is_below_after_the_asset_itself_is_recorded(
    instance: dg.DagsterInstance,
) -> None:
    assert materialized(run(instance, checked(passed=False), below(None))) == {"above"}
    assert materialized(run(instance, checked(passed=True), below(None))) == {"above", "below"}


def test_a_blocking_check_that_warns_stops_nothing(instance: dg.DagsterInstance) -> None:
    warns = checked(passed=False, severity=dg.AssetCheckSeverity.WARN)
    assert materialized(run(instance, warns, below(None))) == {"above", "below"}


def test_a_failed_blocking_check_can_be_asked_for_later(instance: dg.DagsterInstance) -> None:
    failed = Condition.any_checks_match(Condition.check_failed(), blocking_only=True)
    daemon = Daemon(instance, checked(passed=False), below(Condition.any_deps_match(failed)))
    daemon.run()
    assert daemon.asks_for() == daemon.asks_for() == {"below"}
    daemon.assets = (checked(passed=True), daemon.assets[1])
    daemon.run()
    assert daemon.asks_for() == set()


# Retries


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (dg.Failure("later"), 3),
        (dg.Failure("never", allow_retries=False), 1),
        (ValueError("a bug"), 3),
        (dg.DagsterExecutionInterruptedError(), 3),
    ],
)
def test_a_policy_tries_again_unless_the_failure_says_not_to(
    instance: dg.DagsterInstance, error: BaseException, tries: int
) -> None:
    tried = []

    @dg.asset(retry_policy=dg.RetryPolicy(max_retries=2))
    def fragile() -> None:
        tried.append(1)
        raise error

    assert not run(instance, fragile).success
    assert len(tried) == tries


# Partitions


def test_partitions_that_are_added_and_removed_are_known_at_once(instance: dg.DagsterInstance) -> None:
    shows = dg.DynamicPartitionsDefinition(name="shows")
    seen = []

    @dg.asset(partitions_def=shows)
    def each(context: dg.AssetExecutionContext) -> None:
        seen.append(context.partition_key)

    instance.add_dynamic_partitions("shows", ["a", "b"])
    assert run(instance, each, partition_key="b").success
    instance.delete_dynamic_partition("shows", "b")
    assert instance.get_dynamic_partitions("shows") == ["a"]
    assert seen == ["b"]
    with pytest.raises(dg.DagsterUnknownPartitionError):
        run(instance, each, partition_key="b")


def test_materializations_come_in_the_order_they_were_stored_and_go_on_from_a_cursor(
    instance: dg.DagsterInstance,
) -> None:
    for number in range(5):
        instance.report_runless_asset_event(dg.AssetMaterialization("one", metadata={"number": number}))
    numbers, cursor = [], None
    while True:
        page = instance.fetch_materializations(dg.AssetKey("one"), limit=2, cursor=cursor, ascending=True)
        materializations = [record.asset_materialization for record in page.records]
        numbers.append([one.metadata["number"].value for one in materializations if one])
        cursor = page.cursor
        if not page.has_more:
            break
    assert numbers == [[0, 1], [2, 3], [4]]


# Resources


class Client:
    """Something without Dagster, which is opened and closed."""

    def __init__(self, url: str) -> None:
        self.url, self.open = url, True


class ClientResource(dg.ConfigurableResource[Client]):
    url: str = Field(default="here")

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Client]:
        client = Client(f"{self.url} {context.run.tags['who'] if context.run else 'nobody'}")
        try:
            yield client
        finally:
            client.open = False


def test_an_asset_gets_what_the_resource_yields_once_a_run_and_it_is_closed_at_the_end(
    instance: dg.DagsterInstance,
) -> None:
    given = []

    @dg.asset
    def one(client: dg.ResourceParam[Client]) -> None:
        given.append((client, client.url, client.open))

    @dg.asset(deps=[one])
    def two(client: dg.ResourceParam[Client]) -> None:
        given.append((client, client.url, client.open))

    assert run(instance, one, two, resources={"client": ClientResource()}, tags={"who": "me"}).success
    assert [(url, was_open) for _, url, was_open in given] == [("here me", True)] * 2
    assert given[0][0] is given[1][0]
    assert not given[0][0].open
    assert run(instance, one, resources={"client": Client("a fake")}).success
    assert given[2][1] == "a fake"


# The event log


def stored_again(instance: dg.DagsterInstance, value: Any) -> Any:
    """JSON metadata after the event log has kept it."""
    instance.report_runless_asset_event(dg.AssetMaterialization("one", metadata={"json": dg.MetadataValue.json(value)}))
    (record,) = instance.fetch_materializations(dg.AssetKey("one"), limit=1).records
    assert record.asset_materialization
    return record.asset_materialization.metadata["json"].value


def test_metadata_as_deep_and_with_any_text_as_we_let_in_is_kept(instance: dg.DagsterInstance) -> None:
    deep: Any = "Ünï 🗼\x00\u2028"
    for level in range(DEEPEST):
        deep = [deep] if level % 2 else {"a": deep}
    assert json.dumps(stored_again(instance, deep)) == json.dumps(deep)


@pytest.mark.parametrize("mark", [{"__class__": "Unheard"}, {"__enum__": "Unheard.OF"}, {"__class__": "AssetKey"}])
def test_metadata_that_looks_like_a_type_of_dagsters_is_not(instance: dg.DagsterInstance, mark: dict[str, str]) -> None:
    """The reason for `metadata.json_metadata`; once this fails, that is needed no longer."""
    try:
        again = stored_again(instance, {"note": mark})
    except Exception:  # noqa: BLE001 - which one is Dagster's business
        return
    assert again != {"note": mark}
