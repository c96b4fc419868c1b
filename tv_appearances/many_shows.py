"""Many shows: the same five assets with a partition for each show, and one run a show when TVMaze says it changed.

Belongs here: the partitions, and the sensor in place of the daily question; both only where there is a list of
shows. Does not belong here: anything that a single show needs too.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from typing import NamedTuple

import dagster as dg

from tv_appearances import automation
from tv_appearances.fetching.errors import FetchError
from tv_appearances.storage import sha256
from tv_appearances.tvmaze.api import Since
from tv_appearances.tvmaze.lookup import Lookup

EVERY_SECONDS = 3600
TRIES_A_DAY = 3
"""So often at most a show that fails, or is not in TVMaze at all, is tried within a day (UTC)."""
MOST_AT_ONCE = 2400
"""Runs that may wait at a time: what TVMaze answers in an hour, two requests a second, three for each show."""
DAY = 86_400
SHOWN = 100
"""How many shows go into metadata, which every event log keeps for ever."""
REACH: dict[Since, float] = {"day": 0.9 * DAY, "week": 6.9 * DAY, "month": 27.9 * DAY}
"""The parts of the change feed, and how long ago it can have been asked last for that part to be enough."""
FINISHED = {dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED}


def partitioned(assets: Sequence[dg.AssetsDefinition], shows: Mapping[str, str]) -> list[dg.AssetsDefinition]:
    """The assets with a partition for each show, built by the sensor `changed_shows` and by no condition.

    A run makes all five of a show: the change feed says what changed, so the root need not ask, and a run that finds
    less to do than it might costs three requests and a second or two, less than five runs that each find out alone.
    """
    partitions = dg.StaticPartitionsDefinition(list(shows))
    return list(
        dg.map_asset_specs(
            lambda spec: spec.replace_attributes(
                partitions_def=partitions, automation_condition=None, freshness_policy=None
            ),
            assets,
        )
    )


class Report(NamedTuple):
    """What the sensor has to know of a report: its partition, and TVMaze's id and stamp of what it was made from."""

    show: str
    tvmaze_id: int
    updated: int
    source: str


@dataclass
class Progress:
    """The sensor's memory, its cursor.

    `ids` and `built` are, by partition, TVMaze's id of the show and TVMaze's stamp of what the last report was made
    from; `seen` is the newest stamp in the change feed. A show is due while it was never built, or saw a stamp newer
    than what was built. `asked` is when the feed was last asked, `events` how far the event log was read, `tries` how
    often each show was requested on `day`, `code` the code versions and settings that `built` was built with.
    """

    code: str = ""
    asked: float = 0.0
    events: str | None = None
    day: str = ""
    ids: dict[str, int] = field(default_factory=dict)
    built: dict[str, int] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_cursor(cls, cursor: str) -> "Progress":
        """What the cursor of this release, or of another, remembers."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in json.loads(cursor).items() if name in known})

    def since(self, now: float) -> Since | None:
        """How far back the feed has to look so that nothing is missed, even where the daemon was off for a while."""
        return next((since for since, seconds in REACH.items() if now - self.asked < seconds), None)

    def read(self, reports: Iterable[Report]) -> None:
        """Take in the reports made since the last time, the oldest first."""
        for report in reports:
            if self.ids.get(report.show) != report.tvmaze_id:
                self.seen.pop(report.show, None)  # it was another show's
            self.ids[report.show], self.built[report.show] = report.tvmaze_id, report.updated

    def hear(self, updates: Mapping[int, int], now: float) -> None:
        """Take in the change feed."""
        self.asked = now
        for show, show_id in self.ids.items():
            if show_id in updates:
                self.seen[show] = max(updates[show_id], self.seen.get(show, 0))

    def keep(self, shows: AbstractSet[str]) -> None:
        """Forget what was built for shows that are not in the list any more: whoever puts one back wants it built."""
        for memory in (self.ids, self.built, self.seen):
            for show in memory.keys() - shows:
                del memory[show]

    def due(self, shows: Iterable[str], busy: AbstractSet[str], now: float) -> list[str]:
        """The shows to build now, those tried least first; each is counted as tried.

        `busy` are the partitions of all runs that wait or go on: such a show waits for the next time.
        """
        day = datetime.fromtimestamp(now, timezone.utc).date().isoformat()
        if day != self.day:
            self.day, self.tries = day, {}
        due = [
            show
            for show in shows
            if show not in busy and self.tries.get(show, 0) < TRIES_A_DAY and self._wants_a_run(show)
        ]
        due = sorted(due, key=lambda show: self.tries.get(show, 0))[: max(0, MOST_AT_ONCE - len(busy))]
        for show in due:
            self.tries[show] = self.tries.get(show, 0) + 1
        return due

    def given_up(self, shows: Iterable[str]) -> list[str]:
        """The shows that were requested as often as a day allows, and still have no report of their newest state."""
        return sorted(show for show in shows if self.tries.get(show, 0) >= TRIES_A_DAY and self._wants_a_run(show))

    def _wants_a_run(self, show: str) -> bool:
        return show not in self.built or self.built[show] < self.seen.get(show, 0)


def changed_shows(
    shows: Mapping[str, str],
    assets: Sequence[dg.AssetsDefinition],
    *,
    tvmaze_key: str = "tvmaze",
    prefix: str = "",
    clock: Callable[[], float] = time.time,
) -> dg.SensorDefinition:
    """The sensor that asks TVMaze once an hour, with one request, which of all shows changed, and has those built.

    Besides those that changed it requests those that were never built, and all of them where an asset's code or
    settings changed. Each show is a run of its own, so that none can hold up another. `assets` are the five, the report
    last; `tvmaze_key` is the key of the lookup's resource; `prefix` begins the names of sensor and job.
    """
    code = sha256(" ".join(f"{spec.key} {spec.code_version}" for asset in assets for spec in asset.specs).encode())
    report = assets[-1].key

    @dg.sensor(
        name=f"{prefix}changed_shows",
        job=dg.define_asset_job(
            f"{prefix}build_show",
            [key for asset in assets for key in asset.keys],
            description="All five assets of one show, which is the partition.",
        ),
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Asks TVMaze once an hour which shows changed, and builds those and the ones not built yet.",
        required_resource_keys={tvmaze_key},
    )
    def changed_shows(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        tvmaze: Lookup = getattr(context.resources, tvmaze_key)
        now = clock()
        progress = Progress.from_cursor(context.cursor) if context.cursor else Progress(code)
        try:
            updates = tvmaze.updates(progress.since(now))
        except FetchError as error:
            # The cursor stays as it was, so the next time looks as far back as needed. What waiting does not mend, or
            # did not within a day, is for somebody to see.
            if error.retryable and now - progress.asked < automation.STALE.total_seconds():
                return dg.SkipReason(str(error))
            raise
        progress.events, reports = _reports(context.instance, report, progress.events)
        # A sample stood in for a TVMaze that was out of reach: the show itself is still to be built.
        progress.read(report for report in reports if report.source == "live" or tvmaze.choice == "sample")
        progress.hear(updates, now)
        progress.keep(shows.keys())
        if progress.code != code:
            progress.code, progress.built = code, {}
        busy = _busy(context.instance)
        due = progress.due(shows, busy, now)
        return dg.SensorResult(
            # The key lets a tick that died after its requests be repeated without asking for the same runs twice.
            run_requests=[
                dg.RunRequest(partition_key=show, run_key=f"{show} {progress.day} {progress.tries[show]} {code[:8]}")
                for show in due
            ],
            skip_reason=None if due else _nothing_due(len(shows), progress.given_up(shows.keys() - busy)),
            cursor=json.dumps(asdict(progress)),
        )

    return changed_shows


def _nothing_due(shows: int, given_up: Sequence[str]) -> str:
    if not given_up:
        return f"None of {shows:,} shows changed."
    listed = f"{', '.join(given_up[:10])}{', …' if given_up[10:] else ''}"
    return f"Nothing to build now. Tried {TRIES_A_DAY} times today and left until tomorrow (UTC): {listed}."


def _reports(instance: dg.DagsterInstance, key: dg.AssetKey, cursor: str | None) -> tuple[str, list[Report]]:
    """The reports made since the cursor, the oldest first, and the cursor for the next time."""
    made: list[Report] = []
    while True:
        result = instance.fetch_materializations(key, limit=1000, cursor=cursor, ascending=True)
        for record in result.records:
            event = record.asset_materialization
            if not event or not event.partition:
                continue
            # One that was entered by hand may say nothing, or anything.
            with suppress(KeyError, ValueError):
                said = {key: str(event.metadata[key].value) for key in ("tvmaze_id", "tvmaze_updated", "source")}
                made.append(
                    Report(event.partition, int(said["tvmaze_id"]), int(float(said["tvmaze_updated"])), said["source"])
                )
        cursor = result.cursor
        if not result.has_more:
            return cursor, made


def _busy(instance: dg.DagsterInstance) -> set[str]:
    """The partitions of the runs that wait or go on."""
    unfinished = dg.RunsFilter(statuses=[status for status in dg.DagsterRunStatus if status not in FINISHED])
    return {run.tags.get("dagster/partition", "") for run in instance.get_runs(unfinished)} - {""}
