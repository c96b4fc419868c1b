"""The one place where assets, checks, resources and automation meet; `defs` is what Dagster loads."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
import dagster as dg

from tv_appearances import automation
from tv_appearances.assets import analysis, ingestion
from tv_appearances.mentions.aliases import Aliases
from tv_appearances.resources import ChartResource, FilesResource, TVMazeResource, tvmaze_of
from tv_appearances.settings import Settings, SettingsError, ShowList
from tv_appearances.show_files import AllFiles
from tv_appearances.storage import sha256, to_json

ASSETS = (
    ingestion.tv_show_info,
    ingestion.episodes,
    ingestion.characters,
    analysis.character_appearances,
    analysis.appearances_report,
)


def build_defs(
    settings: Settings | None = None,
    *,
    resource_overrides: Mapping[str, Any] | None = None,
    sensor_interval_seconds: int = 30,
) -> dg.Definitions:
    """The code location.

    Args:
        settings: what the environment would say; `Settings()` is the defaults.
        resource_overrides: resources to use in the place of the real ones, by key: the seam for tests and for other
            deployments (`tvmaze`, `files`, `chart`, `aliases`; with many shows also `all_files`).
        sensor_interval_seconds: how often the automation conditions are evaluated.
    """
    settings = settings or Settings()

    def assembled(*assets: dg.AssetsDefinition) -> Iterable[dg.AssetsDefinition]:
        return dg.map_asset_specs(lambda spec: _with_settings(spec, settings), assets)

    assets = [*assembled(*ASSETS)]
    tvmaze = tvmaze_of(settings.shows) if settings.shows else TVMazeResource
    resources: dict[str, Any] = {
        "tvmaze": tvmaze(
            show=settings.show,
            source=settings.source,
            url=settings.tvmaze_url,
            pace_file=str(_pace_folder(settings) / ".pace.json") if settings.shows else "",
        ),
        "files": FilesResource(folder=str(settings.data), by_partition=bool(settings.shows)),
        "chart": ChartResource(renderer=settings.chart, quickchart_url=settings.quickchart_url),
        "aliases": settings.aliases,
    }
    sensors: list[dg.SensorDefinition] = [automation.sensor(sensor_interval_seconds)]
    if settings.shows:
        from tv_appearances import many_shows

        if isinstance(settings.shows, ShowList) and settings.shows.comments:
            left_out = "; ".join(settings.shows.comments)
            dg.get_dagster_logger().info("TV_APPEARANCES_SHOWS: %d shows; left out: %s", len(settings.shows), left_out)
        sensors.append(many_shows.changed_shows(settings.shows, assets))
        assets = [*many_shows.partitioned(assets, settings.shows), *assembled(many_shows.shows_overview)]
        resources["all_files"] = AllFiles(settings.data, settings.shows, setting="TV_APPEARANCES_DATA")
    return dg.Definitions(
        assets=assets,
        resources={**resources, **(resource_overrides or {})},
        sensors=sensors,
        # A process for each step would take five times as long as the work in it.
        executor=dg.in_process_executor,
    )


def _with_settings(spec: dg.AssetSpec, settings: Settings) -> dg.AssetSpec:
    """The asset with the settings that shape its content as part of its code version.

    A changed setting is to an asset what changed code is, so this is what makes the automation build it again. Where
    all settings have their defaults, the code version is the asset's own.
    """
    defaults = Settings()
    fields = {"data", *_SHAPED_BY.get(spec.key.to_user_string(), ())}
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
        value = value.names
    return sha256(to_json(value))[:12] if isinstance(value, Mapping) else str(value)


_SHAPED_BY = {
    "tv_show_info": ("show", "source", "tvmaze_url"),
    "character_appearances": ("aliases",),
    "appearances_report": ("chart", "quickchart_url"),
    "shows_overview": ("shows",),
}


def _load() -> dg.Definitions:
    try:
        return build_defs(Settings.from_env(os.environ))
    except SettingsError as error:
        # Dagster's commands are built with click, which prints this as one sentence and not as a traceback.
        raise click.ClickException(str(error)) from None


defs = _load()
