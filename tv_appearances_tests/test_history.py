"""One history for a DAGSTER_HOME; pruning keeps what is current, and gives bytes back."""

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import dagster as dg
import pytest

from tv_appearances import history
from tv_appearances_tests.postgres_server import postgresql, program
from tv_appearances_tests.test_commands import ROOT, run

SHOWS = ["friends", "house"]


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(SHOWS))
def report() -> dg.MaterializeResult:
    return dg.MaterializeResult(
        metadata={"picture": dg.MetadataValue.md(random.randbytes(25_000).hex())}, data_version=dg.DataVersion("1")
    )


@dg.asset
def overview() -> None: ...


@dg.asset
def failing() -> None:
    raise dg.Failure("as told")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        with_runs(instance)
    return home


@pytest.fixture
def instance(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return dg.DagsterInstance.get()


@pytest.fixture
def postgres_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with postgresql(tmp_path / "postgres.log") as url:
        (tmp_path / "dagster.yaml").write_text(f"storage: {{postgres: {{postgres_url: '{url}'}}}}")
        with dg.DagsterInstance.get() as instance:
            yield with_runs(instance)


def with_runs(instance: dg.DagsterInstance) -> dg.DagsterInstance:
    """Seven runs: the last of each show and the last of the overview made what is current, and one failed."""
    for show in [*SHOWS, *SHOWS, "friends"]:
        dg.materialize([report, overview], partition_key=show, instance=instance)
    dg.materialize([overview], instance=instance)
    dg.materialize([failing], instance=instance, raise_on_error=False)
    return instance


def known(instance: dg.DagsterInstance) -> dict[str, object]:
    return {
        "partitions": instance.get_materialized_partitions(report.key),
        "newest": instance.get_latest_storage_id_by_partition(report.key, dg.DagsterEventType.ASSET_MATERIALIZATION),
        "overview": instance.get_latest_materialization_event(overview.key),
    }


def test_what_is_current_stays_and_the_bytes_come_back(instance: dg.DagsterInstance) -> None:
    before, bytes_before, runs = known(instance), history.size(instance), instance.get_runs_count()
    assert history.prunable(instance, days=1) == []
    old = history.prunable(instance, days=0)
    assert (runs, len(old)) == (7, 4)
    history.prune(instance, old)
    assert instance.get_runs_count() == 3
    assert known(instance) == before
    assert history.size(instance) < 0.6 * bytes_before
    assert history.prunable(instance, days=0) == []
    dg.materialize([report], partition_key="house", instance=instance)
    assert len(history.prunable(instance, days=0)) == 1


def test_the_command_tells_before_it_deletes(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["prune", "--days", "0"])
    assert history.main() == 0
    assert capsys.readouterr().out == "4 of 7 runs would go; --delete does it.\n"
    assert instance.get_runs_count() == 7
    monkeypatch.setattr("sys.argv", ["prune", "--days", "0", "--delete"])
    assert history.main() == 0
    assert "4 runs are gone, 3 stay; " in capsys.readouterr().out


@pytest.mark.celery
@pytest.mark.skipif(not find_spec("dagster_postgres"), reason="`make celery` runs it in an environment of its own")
def test_in_postgresql_what_is_current_stays_and_a_vacuum_gives_the_bytes_back(
    postgres_instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def sql(command: str) -> str:
        url = postgres_instance.get_ref().storage_data.config_dict["postgres_url"]
        return subprocess.run(
            [program("psql"), url, "-tAc", command], check=True, capture_output=True, text=True
        ).stdout

    def size() -> int:
        return int(sql("SELECT pg_total_relation_size('event_logs')"))

    before, bytes_before = known(postgres_instance), size()
    monkeypatch.setattr("sys.argv", ["prune", "--days", "0", "--delete"])
    assert history.main() == 0
    assert capsys.readouterr().out == "4 runs are gone, 3 stay; the database reuses their room.\n"
    assert known(postgres_instance) == before
    sql("VACUUM FULL")
    print(f"event_logs: {bytes_before:,} bytes before, {size():,} after")  # noqa: T201
    assert size() < 0.6 * bytes_before


def test_no_home_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setattr("sys.argv", ["prune"])
    assert history.main() == 1
    assert "DAGSTER_HOME is not set" in capsys.readouterr().err


@pytest.mark.command
def test_a_command_in_another_folder_writes_the_history_of_its_dagster_home(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    for folder in (home, elsewhere):
        folder.mkdir()
    (home / "dagster.yaml").write_text((ROOT / "dagster.yaml").read_text())
    done = run(elsewhere, "tv-appearances", DAGSTER_HOME=str(home), TV_APPEARANCES_SOURCE="sample")
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "data" / "appearances.html").exists()
    assert not (elsewhere / ".dagster").exists()
    listed = run(home, "dagster", "run", "list", DAGSTER_HOME=str(home))
    assert "Job: __ASSET_JOB" in listed.stdout, listed.stderr
    pruned = run(elsewhere, sys.executable, "-m", "tv_appearances.history", DAGSTER_HOME=str(home))
    assert pruned.stdout == "0 of 1 runs would go; --delete does it.\n"
