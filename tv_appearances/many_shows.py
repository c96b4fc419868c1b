"""Many shows: the same five assets with a partition for each show, and one run a show when TVMaze says it changed.

Belongs here: the partitions, and the sensor that carries out what `schedule` decides; both only where there is a list
of shows. Does not belong here: anything that a single show needs too, and when a show is due.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import dagster as dg

from tv_appearances import automation
from tv_appearances.failures import failure_of, is_retried
from tv_appearances.fetching.errors import FetchError
from tv_appearances.schedule import NO_WORD, Built, Ended, Schedule
from tv_appearances.show_files import SCHEDULE, AllFiles
from tv_appearances.show_list import ShowList
from tv_appearances.storage import FilesError, StorageUnusable, sha256
from tv_appearances.tvmaze.lookup import Lookup

TICK_SECONDS = 60
LOOK_BACK = 600
"""Seconds within which a run that a person asked for is news."""
FINISHED = {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED}
UNFINISHED = dg.RunsFilter(statuses=[status for status in dg.DagsterRunStatus if status not in FINISHED])
PARTITION = "dagster/partition"
NUMBER = "tv_appearances/number"
"""The tag with the number under which the schedule asked for a run."""
AFTER_A_PERSONS = {"dagster/priority": "-1"}
"""A run that a person asks for does not wait behind a thousand of these."""
FEED_FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=6), warn_window=timedelta(hours=3))


def partitioned(
    assets: Sequence[dg.AssetsDefinition], partitions: dg.PartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """The assets with a partition for each show, built by the sensor `changed_shows` and by no condition.

    A run makes all five of a show. The change feed says what changed, so the root need not ask. A run that finds less
    to do than it might costs three or four requests and a second or two: less than five runs that each find out alone.
    """
    return list(
        dg.map_asset_specs(
            lambda spec: spec.replace_attributes(
                partitions_def=partitions, automation_condition=None, freshness_policy=None
            ),
            assets,
        )
    )


def change_feed(key_prefix: Sequence[str], group_name: str) -> dg.AssetSpec:
    """TVMaze's change feed as an asset that the sensor reports on: what was asked, and what came of it, over time."""
    return dg.AssetSpec(
        dg.AssetKey([*key_prefix, "tvmaze_changes"]),
        description="TVMaze's list of changed shows, asked once an hour with one request. Its metadata is plotted over "
        "time: how many shows changed, are due, fail, and are tried again in half a day or more. When it is late, the "
        "sensor `changed_shows` is off, or nothing runs it.",
        group_name=group_name,
        kinds={"json"},
        freshness_policy=FEED_FRESHNESS,
    )


def changed_shows(  # noqa: PLR0913 - all but the first three are by keyword
    shows: ShowList,
    assets: Sequence[dg.AssetsDefinition],
    partitions: dg.DynamicPartitionsDefinition,
    *,
    overview: dg.AssetKey,
    feed: dg.AssetKey,
    tvmaze_key: str = "tvmaze",
    files_key: str = "all_files",
    prefix: str = "",
    clock: Callable[[], float] = time.time,
) -> dg.SensorDefinition:
    """The sensor that reads the list, asks TVMaze once an hour which shows changed, and has built what is due.

    Each show is a run of its own, so that none can hold up another. What it remembers stands in `schedule.json` beside
    the folders of the shows, and is worked out anew from what Dagster knows where a tick dies or is only a preview.
    Resetting the sensor's cursor makes it begin anew: it reads the reports there are, and asks for those that are
    missing.

    Args:
        shows: The list, read at each tick: a line more needs no reload.
        assets: The five, the report last.
        partitions: One for each show; kept in step with the list.
        overview: The asset that looks at all shows; asked for when runs have ended, every ten minutes at most.
        feed: The asset that stands for TVMaze's change feed.
        tvmaze_key: The key of the lookup's resource.
        files_key: The key of the resource with the files of all shows.
        prefix: What the names of the sensor and its jobs begin with.
        clock: Epoch seconds.
    """
    code = sha256(" ".join(f"{spec.key} {spec.code_version}" for asset in assets for spec in asset.specs).encode())
    report = assets[-1].key
    build = dg.define_asset_job(
        f"{prefix}build_show",
        [key for asset in assets for key in asset.keys],
        description="All five assets of one show, which is the partition.",
        # As in `definitions`: a process for each step would take five times as long as the work in it.
        executor_def=dg.in_process_executor,
    )
    refresh = dg.define_asset_job(
        f"{prefix}refresh_overview",
        [overview],
        description="The overview of all shows.",
        executor_def=dg.in_process_executor,
    )

    keys = frozenset(key for asset in assets for key in asset.keys)

    def is_ours(run: dg.DagsterRun) -> bool:
        return run.job_name == build.name or bool(run.asset_selection and run.asset_selection & keys)

    @dg.sensor(
        name=f"{prefix}changed_shows",
        jobs=[build, refresh],
        minimum_interval_seconds=TICK_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Keeps the partitions in step with the list, asks TVMaze once an hour which shows changed, and has "
        "those built that are due.",
        required_resource_keys={tvmaze_key, files_key},
    )
    def changed_shows(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        tvmaze: Lookup = getattr(context.resources, tvmaze_key)
        files: AllFiles = getattr(context.resources, files_key)
        instance, now = context.instance, clock()
        schedule = _remembered(context, files, report)
        before = schedule.to_json()
        listed = shows.read()
        schedule.list_says(listed.shows, listed.dropped, now)
        schedule.take_code(code)
        # In this order: a run that is not unfinished now has made its report, and ended, by the time of the next lines.
        busy = {run.tags.get(PARTITION, "") for run in instance.get_runs(UNFINISHED) if is_ours(run)} - {""}
        reports, schedule.events = _reports(instance, report, schedule.events)
        # A sample stood in for a TVMaze that was out of reach: the show itself is still to be built.
        schedule.read((one for one in reports if one.source == "live" or tvmaze.choice == "sample"), now)
        for end in [*_ended(instance, build.name, schedule, busy, now), *_others_failures(instance, is_ours, now)]:
            schedule.ended(end, now)
        events = _ask(tvmaze, schedule, feed, now)
        due = schedule.claim_due(busy, now)
        requests = [
            dg.RunRequest(
                job_name=build.name,
                partition_key=show,
                # The key lets a tick that died after its requests be repeated without asking for the same runs twice.
                run_key=f"{show} {schedule.shows[show].run} {code[:8]}",
                # With its partition as a tag, Dagster does not look for one that this very tick adds (1.13 finds none).
                tags={NUMBER: schedule.shows[show].run, PARTITION: show, **AFTER_A_PERSONS},
            )
            for show in due
        ]
        if schedule.overview_is_due(_last_asked_for(instance, refresh.name, now), now):
            number = f"{now:.3f}"
            tags = {NUMBER: number, **AFTER_A_PERSONS}
            requests.append(dg.RunRequest(job_name=refresh.name, run_key=f"overview {number}", tags=tags))
        if (after := schedule.to_json()) != before:
            files.write(SCHEDULE, after)
        if schedule.is_too_silent(now):
            raise dg.Failure(schedule.silence)
        there = set(instance.get_dynamic_partitions(partitions.name or ""))
        added = [name for name in listed.shows if name not in there]
        removed = sorted(there - listed.shows.keys())
        return dg.SensorResult(
            run_requests=requests,
            skip_reason=None if requests else schedule.silence or _nothing_due(schedule, now),
            cursor=context.cursor or f"since {now:.0f}",
            dynamic_partitions_requests=[
                *([partitions.build_add_request(added)] if added else []),
                *([partitions.build_delete_request(removed)] if removed else []),
            ],
            asset_events=events,
        )

    return changed_shows


def _remembered(context: dg.SensorEvaluationContext, files: AllFiles, report: dg.AssetKey) -> Schedule:
    """The schedule as the last tick left it, or a new one: where the cursor was reset, or the file is not what it was.

    Raises:
        StorageUnusable: The store does not answer; what it holds is not forgotten for that.
        dagster.Failure: The folder is another list's.
    """
    owner = report.to_user_string()
    anew = Schedule(owner)
    try:
        there = Schedule.from_json(files.content(SCHEDULE))
    except StorageUnusable:
        raise
    except FilesError:
        if context.cursor:
            context.log.warning(
                "There is no %s any more, nor are the shows' folders, then: all are built anew.", SCHEDULE
            )
            anew.events = context.instance.fetch_materializations(report, limit=1).cursor
        return anew
    except ValueError:
        if context.cursor:
            context.log.warning(
                "%s holds something else than what was remembered: this begins anew with the reports there are.",
                SCHEDULE,
            )
        return anew
    if there.owner not in ("", owner):
        raise dg.Failure(
            f"{files.path(SCHEDULE)} belongs to the shows of `{there.owner}`, and this sensor keeps `{owner}`. "
            "Give each list of shows a data folder of its own. If that list is no more, remove the file."
        )
    there.owner = owner
    return there if context.cursor else anew


def _ask(tvmaze: Lookup, schedule: Schedule, feed: dg.AssetKey, now: float) -> list[dg.AssetMaterialization]:
    """Ask TVMaze what changed, if it is time: what to report of it."""
    if not schedule.is_to_ask(now):
        return []
    since = schedule.since(now)
    try:
        updates = tvmaze.updates(since)
    except FetchError as error:
        # What waiting does not mend is for somebody to see at once.
        patience = automation.STALE.total_seconds() if error.retryable else 0.0
        schedule.hear_nothing(str(error), patience=patience, now=now)
        return []
    changed = schedule.hear(updates, since, now)
    said = {
        "shows": len(schedule.shows),
        "changed": changed,
        "due": len(schedule.behind),
        "failing": len(schedule.failing),
        "given_up": len(schedule.given_up(now)),
        "asked_for": since or "everything",
    }
    return [dg.AssetMaterialization(feed, metadata=said)]


def _nothing_due(schedule: Schedule, now: float) -> str:
    said = [f"{len(schedule.dropped):,} lines are no show: {_few(schedule.dropped)}."] if schedule.dropped else []
    if schedule.outage:
        said.append(
            f"Runs of several shows failed alike ({schedule.outage}): one is tried at a time until one succeeds."
        )
    elif given_up := schedule.given_up(now):
        said.append(f"Nothing to build now. These failed, and are tried again in half a day or more: {_few(given_up)}.")
    else:
        said.append(f"None of {len(schedule.shows):,} shows is due.")
    return " ".join(said)


def _few(names: Sequence[str]) -> str:
    return f"{', '.join(names[:10])}{', …' if names[10:] else ''}"


def _reports(instance: dg.DagsterInstance, key: dg.AssetKey, cursor: str | None) -> tuple[list[Built], str | None]:
    """The reports made since the cursor, the oldest first, and the cursor for the next time."""
    made: list[Built] = []
    while True:
        result = instance.fetch_materializations(key, limit=1000, cursor=cursor, ascending=True)
        for record in result.records:
            event = record.asset_materialization
            if not event or not event.partition:
                continue
            # One that was entered by hand may say nothing, or anything.
            with suppress(KeyError, ValueError, TypeError):
                said = {name: event.metadata[name].value for name in ("tvmaze_id", "tvmaze_updated", "source")}
                made.append(
                    Built(
                        event.partition,
                        int(said["tvmaze_id"]),  # type: ignore[arg-type]  # or it is none, and suppressed
                        int(said["tvmaze_updated"]),  # type: ignore[arg-type]
                        str(said["source"]),
                        record.timestamp,
                    )
                )
        cursor = result.cursor
        if not result.has_more:
            return made, cursor


def _last_asked_for(instance: dg.DagsterInstance, job_name: str, now: float) -> float:
    """When the overview was last asked for, 0 for never: this moment, while one waits or goes on."""
    run = next(iter(instance.get_runs(dg.RunsFilter(job_name=job_name), limit=1)), None)
    if run is None:
        return 0.0
    return float(run.tags.get(NUMBER, 0)) if run.is_finished else now


def _ended(
    instance: dg.DagsterInstance, job_name: str, schedule: Schedule, busy: set[str], now: float
) -> Iterator[Ended]:
    """How the runs have ended that were asked for and do not go on any more."""
    for name, state in schedule.shows.items():
        if not state.run or name in busy:
            continue
        asked_for = dg.RunsFilter(job_name=job_name, tags={PARTITION: name, NUMBER: state.run})
        record = next(iter(instance.get_run_records(asked_for, limit=1)), None)
        if record is None or not record.dagster_run.is_finished or is_retried(record, now):
            continue
        yield _end(instance, record.dagster_run)


def _others_failures(
    instance: dg.DagsterInstance, is_ours: Callable[[dg.DagsterRun], bool], now: float
) -> Iterator[Ended]:
    """How the runs failed lately that a person asked for; those that succeed make a report."""
    lately = datetime.fromtimestamp(now - LOOK_BACK, timezone.utc)
    failed = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE], updated_after=lately)
    for record in instance.get_run_records(failed, order_by="update_timestamp", ascending=True):
        if is_ours(record.dagster_run) and NUMBER not in record.dagster_run.tags:
            yield _end(instance, record.dagster_run)


def _end(instance: dg.DagsterInstance, run: dg.DagsterRun) -> Ended:
    name, number = run.tags.get(PARTITION, ""), run.tags.get(NUMBER, "")
    if run.status == dg.DagsterRunStatus.SUCCESS:
        return Ended(name, number, "success")
    if run.status == dg.DagsterRunStatus.CANCELED:
        return Ended(name, number, "canceled")
    failed = failure_of(instance, run.run_id)
    if failed is None:
        why = "Its last run failed before a step could say why; the run's page has its log."
        return Ended(name, number, "failure", NO_WORD, why)
    return Ended(name, number, "failure", failed.kind, failed.sentence)
