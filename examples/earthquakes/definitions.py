"""Two assets, what the feed says and what follows from it, and the code location: `dagster dev -f definitions.py`."""

import os
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

import dagster as dg
from feed import URL, Earthquake, Feed, parse_week

from tv_appearances import automation
from tv_appearances.failures import clear_failures
from tv_appearances.storage import Folder, Origin, sha256, to_json

WARN = dg.AssetCheckSeverity.WARN
MADE_BY = {"week.json": "earthquakes", "days.json": "strongest_by_day"}


def by_day(listed: Iterable[Earthquake]) -> dict[str, dict[str, Any]]:
    """Day (UTC) → how many earthquakes, and the strongest of them."""
    days: dict[str, list[Earthquake]] = {}
    for one in sorted(listed, key=lambda one: (one.time, one.id)):
        days.setdefault(datetime.fromtimestamp(one.time / 1000, timezone.utc).date().isoformat(), []).append(one)
    strongest = {day: max(found, key=lambda one: one.magnitude) for day, found in days.items()}
    return {
        day: {"count": len(days[day]), "magnitude": one.magnitude, "place": one.place} for day, one in strongest.items()
    }


@dg.asset(
    code_version="1",
    automation_condition=automation.daily(),
    freshness_policy=automation.FRESHNESS,
    retry_policy=automation.RETRIES,
    check_specs=[
        dg.AssetCheckSpec("some_are_listed", asset="earthquakes", blocking=True),
        dg.AssetCheckSpec("every_row_could_be_read", asset="earthquakes"),
    ],
)
@clear_failures()
def earthquakes(
    context: dg.AssetExecutionContext, feed: dg.ResourceParam[Feed], files: dg.ResourceParam[Folder]
) -> dg.MaterializeResult:
    """The earthquakes of the last seven days with a magnitude of 4.5 or more.

    **File**: `week.json`, the feed as it came.

    **Data version**: the fields that are used. The feed stamps each answer with its time, which does not count.
    """
    files.ensure_writable()
    fetched = feed.week(context.log.warning)
    listed, odd = fetched.value, "; ".join(map(str, fetched.value.left_out))
    files.write("week.json", to_json(fetched.raw), Origin({"url": fetched.url}))
    used = sorted((asdict(one) for one in listed), key=lambda row: row["id"])
    return dg.MaterializeResult(
        metadata={"request_url": fetched.url, "requests": fetched.requests, "dagster/row_count": len(listed)},
        data_version=dg.DataVersion(sha256(to_json(used))),
        check_results=[
            dg.AssetCheckResult(check_name="some_are_listed", passed=bool(listed)),
            dg.AssetCheckResult(check_name="every_row_could_be_read", passed=not odd, severity=WARN, description=odd),
        ],
    )


@dg.asset(
    deps=[earthquakes],
    code_version="1",
    automation_condition=automation.when_data_changes(),
)
@clear_failures()
def strongest_by_day(files: dg.ResourceParam[Folder]) -> dg.MaterializeResult:
    """How many earthquakes each day had, and the strongest of them.

    **File**: `days.json`: `{"2026-11-28": {"count": 12, "magnitude": 6.1, "place": "…"}, …}`.
    """
    week = files.read("week.json")
    days = by_day(files.parse_json(week, parse_week))
    stored = files.write("days.json", to_json(days), Origin(inputs={week.name: week.digest}))
    return dg.MaterializeResult(metadata={"days": days}, data_version=dg.DataVersion(stored.digest))


defs = dg.Definitions(
    assets=[earthquakes, strongest_by_day],
    resources={
        "feed": Feed(os.environ.get("EARTHQUAKES_URL", URL)),
        "files": Folder(os.environ.get("EARTHQUAKES_DATA", "data"), made_by=MADE_BY, setting="EARTHQUAKES_DATA"),
    },
    sensors=[automation.sensor(dg.AssetSelection.assets(earthquakes, strongest_by_day))],
    executor=dg.in_process_executor,
)
