"""Assets, checks and what they need, for one show or for many, under any key prefix: what other locations merge in.

Belongs here: the assembly, and how several of them can stand in one code location, beside other people's definitions.
Does not belong here: the environment, an executor, or a sensor over anybody else's assets (`definitions` has those).
"""

import inspect
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from tv_appearances import automation
from tv_appearances.assets import analysis, ingestion
from tv_appearances.mentions.aliases import Aliases
from tv_appearances.resources import ChartResource, FilesResource, TVMazeResource, fixed
from tv_appearances.settings import Settings
from tv_appearances.show_files import AllFiles
from tv_appearances.storage import sha256, to_json

ASSETS = (
    ingestion.tv_show_info,
    ingestion.episodes,
    ingestion.characters,
    analysis.character_appearances,
    analysis.appearances_report,
)

_SHAPED_BY = {
    "tv_show_info": ("show", "source", "tvmaze_url"),
    "character_appearances": ("aliases",),
    "appearances_report": ("chart", "quickchart_url"),
}
"""The settings, besides the folder, that shape what an asset holds."""


def build_defs(  # noqa: PLR0913 - all but the first are by keyword, and each has a default
    settings: Settings | None = None,
    *,
    key_prefix: str | Sequence[str] = (),
    group_name: str | None = None,
    resource_prefix: str | None = None,
    resource_overrides: Mapping[str, Any] | None = None,
    automation_sensor: bool = False,
    watched: Sequence[str] = (),
) -> dg.Definitions:
    """The five assets with their checks and resources, to stand alone or to be merged with other definitions.

    Several of them fit into one location, each with a prefix and a data folder of its own. There is no executor among
    them and, unless asked for, no sensor that evaluates automation conditions: those of the location do.

    Args:
        settings: What to look up and where the files go; `Settings()` is the defaults.
        key_prefix: What the asset keys begin with, a name or several.
        group_name: One group for all assets, in the place of `ingestion` and `analysis`.
        resource_prefix: What the keys of the resources begin with; not given, one that no other location uses.
        resource_overrides: Resources to use in the place of the real ones: `tvmaze`, `files`, `chart`, `aliases`; with
            many shows also `all_files`. The seam for tests and for other deployments.
        automation_sensor: Add a sensor that evaluates the conditions of these assets alone, for a location whose own
            sensor is off or leaves them out.
        watched: Sensors of the location that keep these assets current; alerts tell when one of them is off or late.
    """
    settings = settings or Settings()
    prefix = [key_prefix] if isinstance(key_prefix, str) else [*key_prefix]
    if resource_prefix is None:
        resource_prefix = _joined(["tv_appearances", *prefix])

    resources = _resources(settings, prefix) | dict(resource_overrides or {})
    keys = {name: f"{resource_prefix}{name}" for name in resources}

    def placed(assets: Iterable[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
        shaped = dg.map_asset_specs(lambda spec: _with_settings(spec, settings), assets)
        return [_placed(asset, prefix, group_name, keys) for asset in shaped]

    assets = placed(ASSETS)
    sensors: list[dg.SensorDefinition] = []
    specs: list[dg.AssetSpec] = []
    if settings.shows:
        from tv_appearances import many_shows
        from tv_appearances.assets.overview import shows_overview

        partitions = dg.DynamicPartitionsDefinition(name=f"{_joined(prefix)}shows")
        (overview,) = placed([shows_overview])
        feed = many_shows.change_feed(prefix, group_name or "ingestion")
        sensors.append(
            many_shows.changed_shows(
                settings.shows,
                assets,
                partitions,
                overview=overview.key,
                feed=feed.key,
                tvmaze_key=keys["tvmaze"],
                files_key=keys["all_files"],
                prefix=_joined(prefix),
            )
        )
        specs, assets = [feed], [*many_shows.partitioned(assets, partitions), overview]
    if automation_sensor:
        sensors.append(automation.sensor(dg.AssetSelection.assets(*assets), name=f"{_joined(prefix)}keep_current"))
    sensors += _alerts(settings, assets, [*watched, *(sensor.name for sensor in sensors)], prefix)
    return dg.Definitions(
        assets=[*assets, *specs],
        resources={keys[name]: resource for name, resource in resources.items()},
        sensors=sensors,
    )


def _alerts(
    settings: Settings, assets: Sequence[dg.AssetsDefinition], watched: Sequence[str], prefix: Sequence[str]
) -> list[dg.SensorDefinition]:
    """The sensor that tells somebody, where the settings name somebody to tell."""
    if not (settings.alert_webhook or settings.alert_email_to or settings.heartbeat_url):
        return []
    from tv_appearances import alerts

    keys = [asset.key for asset in assets]
    return alerts.sensors(
        keys,
        webhook=settings.alert_webhook,
        email_to=settings.alert_email_to,
        email_from=settings.alert_email_from,
        smtp=settings.alert_smtp,
        heartbeat=settings.heartbeat_url,
        leader_changes=settings.alert_leaders,
        report=next(key for key in keys if key.path[-1] == "appearances_report"),
        watched=watched,
        shows=settings.shows,
        name=f"{_joined(prefix)}alerts",
    )


def _resources(settings: Settings, prefix: Sequence[str]) -> dict[str, Any]:
    shown = "".join(f"{part}/" for part in prefix)
    resources: dict[str, Any] = {
        "tvmaze": fixed(
            TVMazeResource(
                show=settings.show,
                shows=settings.shows.source if settings.shows else "",
                source=settings.source,
                url=settings.tvmaze_url,
                pace_file=str(_pace_folder(settings) / ".pace.json") if settings.shows else "",
                names=dict(settings.names),
            )
        ),
        "files": fixed(
            FilesResource(
                folder=str(settings.data), by_partition=bool(settings.shows), prefix=shown, names=dict(settings.names)
            )
        ),
        "chart": fixed(
            ChartResource(renderer=settings.chart, quickchart_url=settings.quickchart_url, names=dict(settings.names))
        ),
        "aliases": settings.aliases,
    }
    if settings.shows:
        resources["all_files"] = AllFiles(settings.data, prefix=shown, setting=settings.name_of("data"))
    return resources


def _placed(
    asset: dg.AssetsDefinition, prefix: Sequence[str], group_name: str | None, keys: Mapping[str, str]
) -> dg.AssetsDefinition:
    """The same asset once more: under this prefix, in this group, and with resources of its own.

    Dagster gives all assets of a location the resource of one key, and names a resource by the argument of the asset's
    function. So where two shows share a location, the function is wrapped in one whose arguments are called otherwise.
    """
    if not prefix and not group_name and all(name == key for name, key in keys.items()):
        return asset
    (spec,) = asset.specs
    compute = asset.op.compute_fn.decorated_fn  # type: ignore[union-attr]  # an asset is made by a function
    names = {key: name for name, key in keys.items()}

    def renamed(*given: Any, **named: Any) -> Any:
        return compute(*given, **{names.get(name, name): value for name, value in named.items()})

    signature = inspect.signature(compute)
    renamed.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[one.replace(name=keys.get(one.name, one.name)) for one in signature.parameters.values()]
    )
    # The oldest releases of Dagster 1.13 read the annotations from here, not from the signature.
    renamed.__annotations__ = {keys.get(name, name): given for name, given in compute.__annotations__.items()}
    renamed.__doc__ = compute.__doc__

    def key(given: dg.AssetKey) -> dg.AssetKey:
        return given.with_prefix(prefix)

    return dg.multi_asset(
        name=f"{_joined(prefix)}{asset.op.name}",
        specs=[
            spec.replace_attributes(
                key=key(spec.key),
                deps=[key(dep.asset_key) for dep in spec.deps],
                group_name=group_name or spec.group_name,
            )
        ],
        check_specs=[
            check.replace_key(key=dg.AssetCheckKey(key(check.asset_key), check.name)) for check in asset.check_specs
        ],
        pool=asset.op.pool,
        retry_policy=asset.op.retry_policy,
    )(renamed)


def _with_settings(spec: dg.AssetSpec, settings: Settings) -> dg.AssetSpec:
    """The asset with the settings that shape its content as part of its code version.

    A changed setting is to an asset what changed code is, so this is what makes the automation build it again. Where
    all settings have their defaults, the code version is the asset's own.
    """
    defaults = Settings()
    fields = {"data", *_SHAPED_BY.get(spec.key.path[-1], ())}
    if settings.shows:
        fields.discard("show")  # each partition has its own
    changed = [
        f"{name}={_brief(getattr(settings, name))}"
        for name in sorted(fields)
        if getattr(settings, name) != getattr(defaults, name)
    ]
    return spec.replace_attributes(code_version=" ".join([spec.code_version or "", *changed])) if changed else spec


def _pace_folder(settings: Settings) -> Path:
    """Where processes agree on their pace: beside the data, or on this machine where the data has no locks to offer.

    There it is a folder of the user's: in one that all may write, somebody could put a link to another file there.
    """
    from platformdirs import user_cache_path

    return settings.data if isinstance(settings.data, Path) else user_cache_path("tv_appearances")


def _brief(value: object) -> str:
    """A setting in few words; of a file of aliases only what it says counts, not where it is."""
    if isinstance(value, Aliases):
        value = value.table
    return sha256(to_json(value))[:12] if isinstance(value, Mapping) else str(value)


def _joined(parts: Iterable[str]) -> str:
    """The parts of an asset key in front of a name, as Dagster lets an op, a sensor or a resource be called."""
    return "".join("".join(s if s.isascii() and s.isalnum() else "_" for s in part) + "__" for part in parts)
