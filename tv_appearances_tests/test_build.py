"""The definitions beside other people's: whatever a host location has, both load, ours run, and theirs stay theirs."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from tv_appearances.build import build_defs
from tv_appearances.resources import TVMazeResource, fixed
from tv_appearances.settings import Settings
from tv_appearances.show_list import ShowList
from tv_appearances_tests.test_commands import ROOT, environment

HOSTS = {
    "an asset with a condition of its own": """
        @dg.asset(automation_condition=dg.AutomationCondition.eager())
        def orders() -> int:
            return 1

        host = dg.Definitions(assets=[orders])
    """,
    "an automation sensor over everything": """
        sensor = dg.AutomationConditionSensorDefinition("all_of_it", target=dg.AssetSelection.all())
        host = dg.Definitions(sensors=[sensor])
    """,
    "an executor": """
        host = dg.Definitions(executor=dg.multiprocess_executor)
    """,
    "resources with the same plain names": """
        names = ("tvmaze", "files", "chart", "aliases", "all_files")
        host = dg.Definitions(resources={name: dg.ResourceDefinition.hardcoded_resource(name) for name in names})
    """,
    "an asset of the same name": """
        @dg.asset
        def episodes() -> int:
            return 1

        host = dg.Definitions(assets=[episodes])
    """,
}


def beside(*hosts: str) -> tuple[dg.Definitions, list[dg.Definitions]]:
    """Two shows merged into the location of these hosts, and the two alone."""
    theirs = []
    for source in hosts:
        names: dict[str, Any] = {"dg": dg}
        exec(textwrap.dedent(source), names)  # noqa: S102
        theirs.append(names["host"])
    ours = [
        build_defs(Settings(source="sample", data=Path("first")), key_prefix="friends"),
        build_defs(Settings(source="sample", data=Path("second")), key_prefix=["tv", "again"], group_name="tv"),
    ]
    return dg.Definitions.merge(*theirs, *ours), ours


@pytest.mark.parametrize("host", HOSTS.values(), ids=HOSTS)
def test_two_shows_load_beside_a_host_that_has(host: str) -> None:
    defs, _ = beside(host)
    dg.Definitions.validate_loadable(defs)
    sensors = " ".join(sensor.name for sensor in defs.get_repository_def().sensor_defs)
    assert "keep_current" not in sensors, "no sensor of ours evaluates anybody's conditions unasked"
    executor = defs.executor and defs.executor.name
    assert executor == ("multiprocess" if "multiprocess" in host else None), "the executor is the host's alone"


def test_two_shows_run_beside_a_host_that_has_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TV_APPEARANCES_X", "a variable of somebody else's")
    defs, ours = beside(*HOSTS.values())
    keys = [asset.key for one in ours for asset in one.assets or () if isinstance(asset, dg.AssetsDefinition)]
    assert defs.resolve_implicit_global_asset_job_def().execute_in_process(asset_selection=keys).success
    files = sorted(path.as_posix() for folder in ("first", "second") for path in Path(folder).glob("*.png"))
    assert files == ["first/appearances.png", "second/appearances.png"]


def test_a_sensor_of_its_own_reaches_its_own_assets_alone() -> None:
    @dg.asset(automation_condition=dg.AutomationCondition.eager())
    def orders() -> None: ...

    ours = build_defs(Settings(source="sample"), key_prefix="friends", automation_sensor=True)
    defs = dg.Definitions.merge(dg.Definitions(assets=[orders]), ours)
    (sensor,) = (one for one in defs.sensors or () if isinstance(one, dg.AutomationConditionSensorDefinition))
    keys = sensor.asset_selection.resolve(defs.resolve_asset_graph())
    assert keys == {asset.key for asset in ours.assets or () if isinstance(asset, dg.AssetsDefinition)}
    assert len(keys) == 5


def test_many_shows_stand_beside_one_show_and_another_list() -> None:
    lists = [
        build_defs(Settings(shows=ShowList.from_entries(["A", "B"])), key_prefix=prefix)
        for prefix in ("first", "second")
    ]
    defs = dg.Definitions.merge(build_defs(Settings(), key_prefix="one"), *lists)
    dg.Definitions.validate_loadable(defs)
    assert len(defs.resolve_asset_graph().get_all_asset_keys()) == 5 + 2 * 7
    assert sorted(sensor.name for sensor in defs.sensors or ()) == ["first__changed_shows", "second__changed_shows"]


def test_an_asset_under_a_prefix_is_the_same_asset() -> None:
    plain = {spec.key.path[-1]: spec for spec in build_defs().resolve_all_asset_specs()}
    defs = build_defs(key_prefix="friends")
    for spec in defs.resolve_all_asset_specs():
        own = plain[spec.key.path[-1]]
        assert spec.key.path[0] == "friends"
        assert {dep.asset_key for dep in spec.deps} == {dep.asset_key.with_prefix("friends") for dep in own.deps}
        same = ("description", "group_name", "kinds", "owners", "code_version", "metadata", "freshness_policy")
        assert all(getattr(spec, name) == getattr(own, name) for name in same)
        assert str(spec.automation_condition) == str(own.automation_condition)
    blocking = {key.to_user_string() for key in _blocking(defs)}
    assert blocking == {"friends/episodes:episodes_are_present", "friends/characters:characters_are_present"}


def _blocking(defs: dg.Definitions) -> list[dg.AssetCheckKey]:
    assets = [asset for asset in defs.assets or () if isinstance(asset, dg.AssetsDefinition)]
    return [check.key for asset in assets for check in asset.check_specs if check.blocking]


def test_a_message_names_the_asset_with_its_prefix_and_the_setting_as_the_reader_calls_it(tmp_path: Path) -> None:
    settings = Settings(source="sample", data=tmp_path, names={"data": "`data` in defs/friends/defs.yaml"})
    defs = build_defs(settings, key_prefix="friends")
    job = defs.resolve_implicit_global_asset_job_def()
    assert job.execute_in_process().success
    (tmp_path / "episodes.json").write_text("[]")
    selection = [dg.AssetKey(["friends", "character_appearances"])]
    failed = job.execute_in_process(asset_selection=selection, raise_on_error=False)
    assert "materialize `friends/episodes` again" in _said(failed)
    (tmp_path / "show.json").write_text(json.dumps({"source": "live", "show": {"id": 1, "name": "x"}}))
    said = _said(job.execute_in_process(raise_on_error=False))
    assert "set `data` in defs/friends/defs.yaml to another folder" in said
    assert "TV_APPEARANCES" not in said


def _said(result: dg.ExecuteInProcessResult) -> str:
    events = result.filter_events(lambda event: event.is_step_failure)
    return " ".join(str(event.step_failure_data.user_failure_data.description) for event in events)


def test_overrides_go_by_the_plain_names(tmp_path: Path) -> None:
    given: dict[str, Any] = {"files": object()}
    defs = build_defs(Settings(data=tmp_path), key_prefix="friends", resource_overrides=given)
    assert (defs.resources or {})["tv_appearances__friends__files"] is given["files"]


@pytest.mark.parametrize("prefix", ["", None])
def test_no_run_config_changes_a_resource(prefix: "str | None", tmp_path: Path) -> None:
    """With `show` alone in the launchpad, Dagster would forget the address and ask another host."""
    defs = build_defs(Settings(source="sample", data=tmp_path), resource_prefix=prefix)
    key = next(key for key in defs.resources or () if key.endswith("tvmaze"))
    config = {"resources": {key: {"config": {"show": "house"}}}}
    with pytest.raises(dg.DagsterInvalidConfigError, match='unexpected config entry "show"'):
        defs.resolve_implicit_global_asset_job_def().execute_in_process(run_config=config)
    kept = {"resources": {key: {}}}
    assert defs.resolve_implicit_global_asset_job_def().execute_in_process(run_config=kept).success


def test_a_resource_shows_how_it_is_configured() -> None:
    said = fixed(TVMazeResource(url="https://mirror.example/tv")).description or ""
    assert "TVMaze and the built-in sample" in said
    assert "`url`: https://mirror.example/tv" in said


def test_importing_any_module_reads_no_setting_and_writes_nothing(tmp_path: Path) -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "tv_appearances").rglob("*.py")
    ]
    code = f"import importlib\nfor name in {modules}: importlib.import_module(name)"
    variables = environment(PYTHONPATH=str(ROOT), TV_APPEARANCES_X="theirs", TV_APPEARANCES_CHART="nonsense")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr, list(tmp_path.iterdir())) == (0, "", [])
