"""The shape of the whole: which assets there are, which module may know which, and what loading costs."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

import tv_appearances
from tv_appearances.build import build_defs
from tv_appearances.definitions import defs, root
from tv_appearances.settings import Settings
from tv_appearances.show_files import MADE_BY

PACKAGE = Path(tv_appearances.__file__).parent
SNAPSHOT = Path(__file__).with_name("specs.json")
DEFS = build_defs(Settings(), resource_prefix="")
"""Without what somebody adds in `defs/`."""

MAY_KNOW: dict[str, set[str]] = {
    "fetching": set(),
    "storage": {"fetching"},
    "tvmaze": {"fetching"},
    "mentions": {"tvmaze"},
    "show_files": {"fetching", "storage", "tvmaze"},
    "report": {"fetching", "tvmaze"},
    "show_list": {"mentions", "tvmaze"},
    "settings": {"fetching", "mentions", "show_list", "storage", "tvmaze"},
    "automation": set(),
    "failures": {"automation", "fetching", "storage"},
    "resources": {"failures", "fetching", "mentions", "report", "show_files", "show_list", "storage", "tvmaze"},
    "checks": {"tvmaze"},
    "metadata": set(),
    "assets": {
        "automation",
        "checks",
        "fetching",
        "mentions",
        "metadata",
        "report",
        "resources",
        "schedule",
        "show_files",
        "storage",
        "tvmaze",
    },
    "schedule": {"tvmaze"},
    "many_shows": {"automation", "failures", "fetching", "schedule", "show_files", "show_list", "storage", "tvmaze"},
    "alerts": {"failures", "settings", "show_list"},
    "history": set(),
    "build": {
        "alerts",
        "assets",
        "automation",
        "many_shows",
        "mentions",
        "resources",
        "settings",
        "show_files",
        "storage",
    },
    "definitions": {"automation", "build", "settings"},
    "components": {"build", "mentions", "settings", "show_list", "tvmaze"},
    "cli": {
        "assets",
        "build",
        "fetching",
        "history",
        "mentions",
        "report",
        "settings",
        "show_files",
        "show_list",
        "storage",
        "tvmaze",
    },
}
KNOW_DAGSTER = {
    "resources", "automation", "failures", "alerts", "history", "checks", "metadata", "assets", "many_shows", "build",
    "definitions", "components", "cli",
}  # fmt: skip


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            above = path.relative_to(PACKAGE.parent).parts[: -node.level]
            found.add(".".join([*above, node.module or ""]).rstrip("."))
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found |= {f"{module}.{name.name}" for name in node.names} if module == "tv_appearances" else {module}
    return found


MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if not path.is_relative_to(PACKAGE / "defs")]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_dependencies_run_one_way(path: Path) -> None:
    part = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if path.name == "__init__.py":
        assert imports(path) == ({"tv_appearances.components"} if path.parent == PACKAGE else set())
        return
    known = imports(path)
    assert {name.split(".")[1] for name in known if name.startswith("tv_appearances.")} - {part} <= MAY_KNOW[part]
    if part not in KNOW_DAGSTER:
        assert not {name for name in known if name.split(".")[0] == "dagster"}


def test_a_wrong_direction_would_be_noticed(tmp_path: Path) -> None:
    module = tmp_path / "mentions.py"
    module.write_text(
        "import dagster as dg\nfrom tv_appearances import storage\nfrom tv_appearances.report.page import x"
    )
    assert imports(module) == {"dagster", "tv_appearances.storage", "tv_appearances.report.page"}


def made_with(key: dg.AssetKey) -> dict[str, Any]:
    (definition,) = (a for a in DEFS.assets or () if isinstance(a, dg.AssetsDefinition) and key in a.keys)
    policy = definition.op.retry_policy
    return {"pool": definition.op.pool, "retries": policy.max_retries if policy else 0}


def described(spec: dg.AssetSpec) -> dict[str, Any]:
    return {
        "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
        "group": spec.group_name,
        "kinds": sorted(spec.kinds),
        "owners": list(spec.owners),
        "code_version": spec.code_version,
        "automation": spec.automation_condition.get_label() if spec.automation_condition else None,
        "freshness": bool(spec.freshness_policy),
        **made_with(spec.key),
        "metadata": sorted(key for key in spec.metadata if not key.startswith("dagster/io_manager")),
        "first_line": (spec.description or "").split("\n")[0],
        "checks": sorted(
            f"{key.name}{' (blocking)' if check.blocking else ''}"
            for asset in DEFS.assets or ()
            if isinstance(asset, dg.AssetsDefinition) and spec.key in asset.keys
            for key, check in ((c.key, c) for c in asset.check_specs)
        ),
    }


def test_the_specs_of_all_assets_are_those_of_the_snapshot() -> None:
    """After a change that is meant: `python -m tv_appearances_tests.test_definitions` writes the snapshot anew."""
    specs = {spec.key.to_user_string(): described(spec) for spec in DEFS.resolve_all_asset_specs()}
    assert specs == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_the_definitions_load() -> None:
    dg.Definitions.validate_loadable(defs())


def test_the_sensor_leaves_the_assets_alone_of_a_location_that_the_root_is_merged_into() -> None:
    @dg.asset(automation_condition=dg.AutomationCondition.eager())
    def theirs() -> None: ...

    merged = dg.Definitions.merge(dg.Definitions(assets=[theirs]), root(Settings()))
    (current,) = (one for one in merged.sensors or () if one.name == "keep_current")
    assert isinstance(current, dg.AutomationConditionSensorDefinition)
    targets = current.asset_selection.resolve(merged.resolve_asset_graph())
    assert {key.to_user_string() for key in targets} == set(MADE_BY.values())


def test_the_steps_of_a_run_share_a_process() -> None:
    assert root(Settings()).executor is dg.in_process_executor


def test_a_setting_that_shapes_an_asset_is_part_of_its_code_version() -> None:
    def versions(settings: Settings) -> dict[str, str | None]:
        specs = build_defs(settings).resolve_all_asset_specs()
        return {spec.key.to_user_string(): spec.code_version for spec in specs}

    def changed(settings: Settings) -> set[str]:
        return {name for name, version in versions(settings).items() if version != versions(Settings())[name]}

    assert changed(Settings(show="house")) == {"tv_show_info"}
    assert changed(Settings(chart="quickchart")) == {"appearances_report"}
    assert len(changed(Settings(data=Path("elsewhere")))) == 5


def test_loading_imports_none_of_the_heavy_libraries() -> None:
    heavy = ("requests", "tenacity", "vl_convert", "ahocorasick_rs", "jinja2", "xml.etree.ElementTree")
    code = (
        "import sys, dagster; before = set(sys.modules)\n"
        "import tv_appearances.definitions\n"
        f"print([name for name in {heavy} if name in sys.modules and name not in before])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert done.stdout.strip() == "[]"


if __name__ == "__main__":
    written = {spec.key.to_user_string(): described(spec) for spec in DEFS.resolve_all_asset_specs()}
    SNAPSHOT.write_text(json.dumps(written, indent=2, sort_keys=True) + "\n", encoding="utf-8")
