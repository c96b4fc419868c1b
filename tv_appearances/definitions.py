"""This repository's own deployment: what `dagster dev`, the daemon and the commands load.

Belongs here: what only the root of a location may decide: settings from the environment, the executor, the sensor, and
what lies in `defs/`. Importing it reads nothing; Dagster calls `defs` when it wants the definitions. Does not belong
here: how assets are assembled (`build`), which other locations use too.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import click
import dagster as dg

from tv_appearances import automation
from tv_appearances.build import build_defs
from tv_appearances.settings import Settings, SettingsError

DEFS = Path(__file__).with_name("defs")


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions, with the settings of the environment.

    Raises:
        click.ClickException: A setting is wrong. Dagster's commands are built with click, which prints this as one
            sentence and not as a traceback.
    """
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    return root(settings)


def root(settings: Settings, *, interval_seconds: int = 30) -> dg.Definitions:
    """The location as it runs with these settings; its resources have their plain names, for assets that are added.

    `interval_seconds` is how often the automation conditions are evaluated.
    """
    ours = build_defs(settings, resource_prefix="", watched=["keep_current"])
    every = (
        dg.Definitions.merge(ours, dg.load_from_defs_folder(path_within_project=DEFS)) if _anything_in(DEFS) else ours
    )
    # By their keys: a selection of all would reach the assets of a location that these definitions are merged into.
    current = automation.sensor(dg.AssetSelection.assets(*_keys(every)), interval_seconds)
    return dg.Definitions.merge(
        every,
        dg.Definitions(
            sensors=[current],
            # A process for each step would take five times as long as the work in it.
            executor=dg.in_process_executor,
        ),
    )


def _keys(defs: dg.Definitions) -> Iterator[dg.AssetKey]:
    for asset in defs.assets or ():
        if isinstance(asset, dg.AssetsDefinition):
            yield from asset.keys
        elif isinstance(asset, (dg.AssetSpec, dg.SourceAsset)):
            yield asset.key


def _anything_in(folder: Path) -> bool:
    # Looked at first, since Dagster's own way of loading a folder takes as long when it is empty.
    return any(path.name[0] not in "._" for path in folder.glob("*"))
