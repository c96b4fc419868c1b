"""Many shows: the same five assets with a partition for each show, and one run a show when TVMaze says it changed.

Belongs here: the partitions, and the sensor that carries out what `schedule` decides; both only where there is a list
of shows. Does not belong here: anything that a single show needs too, and when a show is due.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta

import dagster as dg

from tv_appearances import automation
from tv_appearances.fetching.errors import FetchError
from tv_appearances.schedule import Built, Ended, Schedule
from tv_appearances.show_files import SCHEDULE, AllFiles
from tv_appearances.show_list import ShowList
from tv_appearances.storage import FilesError, sha256
from tv_appearances.tvmaze.lookup import Lookup

TICK_SECONDS = 60
FINISHED = {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED}
TRY = "tv_appearances/try"
"""The tag that tells which try of the schedule a run is."""
AFTER_A_PERSONS = {"dagster/priority": "-1"}
"""A run that a person asks for does not wait behind a thousand of these."""
FEED_FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=6), warn_window=timedelta(hours=3))


def partitioned(
    assets: Sequence[dg.AssetsDefinition], partitions: dg.PartitionsDefinition
) -> list[dg.AssetsDefinition]:
    """The assets with a partition for each show, built by the sensor `changed_shows` and by no condition.

    A run makes all five of a show: the change feed says what changed, so the root need not ask, and a run that finds
    less to do than it might costs three requests and a second or two, less than five runs that each find out alone.
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
    the folders of the shows; resetting the sensor's cursor makes it begin anew: it reads the reports there are, and
    asks for those that are missing.

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
    )
    refresh = dg.define_asset_job(f"{prefix}refresh_overview", [overview], description="The overview of all shows.")

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
        now = clock()
        schedule = _remembered(context, files)
        before = schedule.to_json()
        listed = shows.read()
        schedule.list_says(listed.shows, listed.dropped)
        schedule.is_of(code)
        busy = _busy(context.instance)
        for end in _ended(context.instance, schedule, busy):
            schedule.ended(end, now)
        reports, schedule.events = _reports(context.instance, report, schedule.events)
        # A sample stood in for a TVMaze that was out of reach: the show itself is still to be built.
        schedule.read(one for one in reports if one.source == "live" or tvmaze.choice == "sample")
        events, silence = _ask(tvmaze, schedule, feed, now)
        due = schedule.due(busy, now)
        requests = [
            dg.RunRequest(
                job_name=build.name,
                partition_key=show,
                # The key lets a tick that died after its requests be repeated without asking for the same runs twice.
                run_key=f"{show} {schedule.shows[show].run} {code[:8]}",
                # With its partition as a tag, Dagster does not look for one that this very tick adds (1.13 finds none).
                tags={TRY: schedule.shows[show].run, "dagster/partition": show, **AFTER_A_PERSONS},
            )
            for show in due
        ]
        if schedule.overview(now):
            requests.append(dg.RunRequest(job_name=refresh.name, run_key=f"overview {now:.0f}", tags=AFTER_A_PERSONS))
        if (after := schedule.to_json()) != before:
            files.write(SCHEDULE, after)
        there = set(context.instance.get_dynamic_partitions(partitions.name or ""))
        added = [name for name in listed.shows if name not in there]
        removed = sorted(there - listed.shows.keys())
        return dg.SensorResult(
            run_requests=requests,
            skip_reason=None if requests else silence or _nothing_due(schedule, now),
            cursor=f"since {now:.0f}" if not context.cursor else context.cursor,
            dynamic_partitions_requests=[
                *([partitions.build_add_request(added)] if added else []),
                *([partitions.build_delete_request(removed)] if removed else []),
            ],
            asset_events=events,
        )

    return changed_shows


def _remembered(context: dg.SensorEvaluationContext, files: AllFiles) -> Schedule:
    """The schedule as the last tick left it, or a new one where the cursor was reset or the file is not readable."""
    if not context.cursor:
        return Schedule()
    try:
        return Schedule.from_json(files.content(SCHEDULE))
    except (FilesError, ValueError) as error:
        context.log.warning("What was remembered of the shows cannot be read, so this begins anew: %s", error)
        return Schedule()


def _ask(
    tvmaze: Lookup, schedule: Schedule, feed: dg.AssetKey, now: float
) -> tuple[list[dg.AssetMaterialization], str]:
    """Ask TVMaze what changed, if it is time: what to report of it, and why there was no answer, where there was none.

    Raises:
        FetchError: Waiting does not mend it, or did not within a day: that is for somebody to see.
    """
    if now < schedule.ask_at:
        return [], ""
    since = schedule.since(now)
    try:
        updates = tvmaze.updates(since)
    except FetchError as error:
        if not error.retryable or (schedule.asked_at and now - schedule.asked_at > automation.STALE.total_seconds()):
            raise
        schedule.hear_nothing(now)
        return [], str(error)
    changed = schedule.hear(updates, since, now)
    said = {
        "shows": len(schedule.shows),
        "changed": changed,
        "due": len(schedule.behind),
        "failing": len(schedule.failing),
        "given_up": len(schedule.given_up(now)),
        "asked_for": since or "everything",
    }
    return [dg.AssetMaterialization(feed, metadata=said)], ""


def _nothing_due(schedule: Schedule, now: float) -> str:
    if schedule.outage:
        return f"Runs of several shows failed alike ({schedule.outage}): one is tried every five minutes."
    if not (given_up := schedule.given_up(now)):
        return f"None of {len(schedule.shows):,} shows is due."
    listed = f"{', '.join(given_up[:10])}{', …' if given_up[10:] else ''}"
    return f"Nothing to build now. These failed, and are tried again in half a day or more: {listed}."


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


def _busy(instance: dg.DagsterInstance) -> set[str]:
    """The partitions of the runs that wait or go on."""
    unfinished = dg.RunsFilter(statuses=[status for status in dg.DagsterRunStatus if status not in FINISHED])
    return {run.tags.get("dagster/partition", "") for run in instance.get_runs(unfinished)} - {""}


def _ended(instance: dg.DagsterInstance, schedule: Schedule, busy: set[str]) -> Iterator[Ended]:
    """How the runs have ended that were asked for and do not go on any more."""
    waited_for = [(name, state.run) for name, state in schedule.shows.items() if state.run and name not in busy]
    for name, number in waited_for:
        tags = {"dagster/partition": name, TRY: number}
        run = next(iter(instance.get_runs(dg.RunsFilter(tags=tags), limit=1)), None)
        if run is None:
            yield Ended(name, "lost")
        elif run.status == dg.DagsterRunStatus.SUCCESS:
            yield Ended(name, "success")
        elif run.status == dg.DagsterRunStatus.CANCELED:
            yield Ended(name, "canceled")
        elif run.status == dg.DagsterRunStatus.FAILURE:
            yield Ended(name, "failure", *_last_failure(instance, run.run_id))


def _last_failure(instance: dg.DagsterInstance, run_id: str) -> tuple[str, str]:
    """The kind of error a run failed with, and its sentence."""
    kind, why = "", "Its last run failed before a step could say why; the run's page has its log."
    for entry in instance.all_logs(run_id, of_type=dg.DagsterEventType.STEP_FAILURE):
        event = entry.get_dagster_event()
        failure = event.step_failure_data.user_failure_data
        if failure and failure.description:
            said = failure.metadata.get("kind")
            return (str(said.value) if said else ""), failure.description
    return kind, why
