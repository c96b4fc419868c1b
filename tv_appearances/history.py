"""Dagster's history: where it is, and `python -m tv_appearances.history`, which makes an old one small.

Belongs here: one history for a DAGSTER_HOME, whichever folder a command starts in; which runs may be forgotten, and
giving their bytes back. Does not belong here: how long a team keeps its history, nor anything below the data folder.

A run may go when it ended so many days ago and no asset or partition has its newest materialization from it. The rest
is Dagster's own `delete_run`, after which SQLite's files are made as small as what is in them.
"""

import argparse
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef

FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
PAGE = 1000


def main() -> int:
    """Run the command; 0 when it is done or told, 1 where there is no history."""
    cli = argparse.ArgumentParser(
        prog="python -m tv_appearances.history",
        description="Forget old runs of the history in DAGSTER_HOME, except those that hold what is current.",
    )
    cli.add_argument("--days", type=float, default=30, help="keep what ended so many days ago or less (30)")
    cli.add_argument("--delete", action="store_true", help="do it; without it, only tell what would go")
    arguments = cli.parse_args()
    if not os.environ.get("DAGSTER_HOME"):
        print("DAGSTER_HOME is not set: name the folder whose history is meant.", file=sys.stderr)
        return 1
    with history_of_home() as instance:
        old = prunable(instance, arguments.days)
        if not arguments.delete:
            print(f"{len(old):,} of {instance.get_runs_count():,} runs would go; --delete does it.")
            return 0
        before = size(instance)
        prune(instance, old)
        room = f"{before - size(instance):,} bytes freed" if before else "the database reuses their room"
        print(f"{len(old):,} runs are gone, {instance.get_runs_count():,} stay; {room}.")
    return 0


def history_of_home() -> dg.DagsterInstance:
    """The history of DAGSTER_HOME, with the folders that its `dagster.yaml` names where that file is.

    Dagster takes them from the folder a command starts in: a cron job, which starts in $HOME, and the UI of a clone
    would not see each other's runs, though both have the same DAGSTER_HOME.
    """
    home = Path(os.environ["DAGSTER_HOME"]).expanduser()
    file = home / "dagster.yaml"
    if not home.is_absolute() or not file.is_file():
        return dg.DagsterInstance.get()
    config = _anchored(dg.config_from_files([str(file)]), home)
    return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home), overrides=config))


def _anchored(config: Any, home: Path) -> Any:
    """The config with each relative `base_dir` as the folder below `home`."""
    if not isinstance(config, Mapping):
        return config
    return {
        key: str(home / value) if key == "base_dir" and isinstance(value, str) else _anchored(value, home)
        for key, value in config.items()
    }


def prunable(instance: dg.DagsterInstance, days: float) -> list[str]:
    """The ids of the runs that may be forgotten, the oldest first."""
    current = {run_id for key in instance.all_asset_keys() for run_id in _current(instance, key)}
    before = datetime.now(tz=timezone.utc) - timedelta(days=days)
    runs = instance.get_run_records(
        dg.RunsFilter(statuses=FINISHED, updated_before=before), order_by="id", ascending=True
    )
    return [record.dagster_run.run_id for record in runs if record.dagster_run.run_id not in current]


def _current(instance: dg.DagsterInstance, key: dg.AssetKey) -> Iterator[str]:
    """The runs that made the newest materialization of the asset, and of each of its partitions."""
    newest = instance.get_latest_materialization_event(key)
    if newest:
        yield newest.run_id
    ids = [
        *instance.get_latest_storage_id_by_partition(key, dg.DagsterEventType.ASSET_MATERIALIZATION).values(),
    ]
    for start in range(0, len(ids), PAGE):
        page = dg.AssetRecordsFilter(key, storage_ids=ids[start : start + PAGE])
        for record in instance.fetch_materializations(page, limit=PAGE).records:
            yield record.run_id


def prune(instance: dg.DagsterInstance, run_ids: list[str]) -> None:
    """Forget these runs, with their logs and files, and give the bytes back."""
    history = _sqlite(instance)
    for run_id in run_ids:
        instance.delete_run(run_id)
        shutil.rmtree(Path(instance.storage_directory()) / run_id, ignore_errors=True)
        if history:
            for file in history.glob(f"runs/{run_id}.db*"):
                file.unlink(missing_ok=True)
            shutil.rmtree(history.parent / "compute_logs" / run_id, ignore_errors=True)
    if history:
        for file in (history / "runs" / "index.db", history / "runs.db"):
            with sqlite3.connect(file, timeout=60) as database:
                database.execute("VACUUM")
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.close()


def size(instance: dg.DagsterInstance) -> int:
    """Bytes of the history on this disk; 0 where it is in a database elsewhere."""
    history = _sqlite(instance)
    return sum(file.stat().st_size for file in history.parent.rglob("*") if file.is_file()) if history else 0


def _sqlite(instance: dg.DagsterInstance) -> Path | None:
    """Dagster's folder `history`, where it keeps events in SQLite, a file for each run."""
    path_for_shard = getattr(instance.event_log_storage, "path_for_shard", None)
    return Path(path_for_shard("index")).parent.parent if path_for_shard else None


if __name__ == "__main__":
    sys.exit(main())
