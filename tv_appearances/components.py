"""The code location as components: a show, or a list of shows, in a `defs.yaml`.

Belongs here: the attributes, what each may hold, and the way from them to `build_defs`. Does not belong here: anything
that only a component could do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Literal

import click
import dagster as dg

from tv_appearances.build import build_defs
from tv_appearances.mentions.aliases import Aliases
from tv_appearances.settings import Settings, SettingsError
from tv_appearances.show_list import ShowList, ShowListError, slug
from tv_appearances.tvmaze.api import TVMAZE_URL

YAML_LIST = "write the shows as a YAML list, as in [friends, id:118]"


class TvShowScaffolder(dg.Scaffolder):
    """Writes a `defs.yaml` that runs as it is: the show, and a key prefix, are what the folder is called."""

    def scaffold(self, request: dg.ScaffoldRequest) -> None:
        """Write the file."""
        name = request.target_path.name
        dg.scaffold_component(request, {"show": name.replace("_", " "), "key_prefix": slug(name).replace("-", "_")})


class TvShowsScaffolder(dg.Scaffolder):
    """Writes a `defs.yaml` with a list of one show to begin with, under a key prefix that is the folder's name."""

    def scaffold(self, request: dg.ScaffoldRequest) -> None:
        """Write the file."""
        key_prefix = slug(request.target_path.name).replace("-", "_")
        dg.scaffold_component(request, {"shows": ["friends", "id:118"], "key_prefix": key_prefix})


def _described(text: str, *examples: object) -> dg.Resolver:
    resolver: dg.Resolver = dg.Resolver.default(description=text, examples=list(examples) or None)
    return resolver


class _Common(dg.Model):
    source: Annotated[
        Literal["auto", "live", "sample"],
        _described(
            "Where data come from: `live` is TVMaze, `sample` the built-in sample; `auto` is TVMaze, with the sample "
            "standing in where TVMaze cannot be reached and no live data was ever written."
        ),
    ] = "auto"
    data: Annotated[
        str | None,
        _described(
            "The data folder: a path, relative to the project's root, or an address. Each component needs its own.",
            "data/friends",
            "s3://bucket/tv",
        ),
    ] = None
    chart: Annotated[
        Literal["local", "quickchart"], _described("What draws the picture: this machine, or QuickChart.")
    ] = "local"
    aliases: Annotated[
        dict[str, list[str]] | str | None,
        _described(
            "Extra names by full cast name, or a TOML file of them, relative to the project's root.",
            {"Daenerys Targaryen": ["Dany", "Khaleesi"]},
        ),
    ] = None
    tvmaze_url: Annotated[str, _described("The base address of TVMaze's API or of a mirror of it.")] = TVMAZE_URL
    quickchart_url: Annotated[str, _described("The base address of QuickChart.")] = "https://quickchart.io"
    key_prefix: Annotated[
        str | list[str] | None,
        _described("What the asset keys begin with. Two components of one location need different ones.", "friends"),
    ] = None
    group_name: Annotated[
        str | None, _described("One group for all assets, in the place of `ingestion` and `analysis`.")
    ] = None
    automation_sensor: Annotated[
        bool,
        _described(
            "Add a sensor that evaluates the automation conditions of these assets alone. Without it, the location's "
            "own sensor does, once it is on. With a list of shows it is not needed."
        ),
    ] = False

    alerts: Annotated[
        dict[str, str] | None,
        _described(
            "Whom to tell what fails and why, once for each reason: `webhook`, `email_to` (with `email_from` and "
            "`smtp`), `heartbeat_url` while the sensors tick, and `leaders: 'yes'` to hear of another leader.",
            {"webhook": "https://hooks.example.com/x", "heartbeat_url": "https://ping.example.com/y"},
        ),
    ] = None

    def _settings(self, context: dg.ComponentLoadContext, folder: str, **chosen: str) -> Settings:
        """The settings that these attributes say; `folder` is where the data go by default.

        Raises:
            SettingsError: An attribute holds what it cannot hold; the message names it and the file.
        """
        root = context.project_root
        texts = {
            "source": self.source,
            "data": _below(root, self.data or folder),
            "chart": self.chart,
            "aliases": _below(root, self.aliases) if isinstance(self.aliases, str) else "",
            "tvmaze_url": self.tvmaze_url,
            "quickchart_url": self.quickchart_url,
            **{
                name if name == "heartbeat_url" else f"alert_{name}": text for name, text in (self.alerts or {}).items()
            },
            **chosen,
        }
        if unknown := texts.keys() - {field.name for field in fields(Settings)}:
            raise SettingsError(
                f"{_called('alerts', context)} has no {', '.join(sorted(unknown)).replace('alert_', '')}: it can have "
                "webhook, email_to, email_from, smtp, leaders and heartbeat_url."
            )
        settings = Settings.from_texts(texts, {name: _called(name, context) for name in (*texts, "shows")})
        if isinstance(self.aliases, dict):
            names = {name: tuple(extra) for name, extra in self.aliases.items()}
            settings = replace(settings, aliases=Aliases(names, _called("aliases", context)))
        return settings

    def _build(self, settings: Settings) -> dg.Definitions:
        return build_defs(
            settings,
            key_prefix=self.key_prefix or (),
            group_name=self.group_name,
            automation_sensor=self.automation_sensor,
        )


@dg.scaffold_with(TvShowScaffolder)
class TvShow(_Common, dg.Component, dg.Resolvable):
    """Who is this TV show about? Five assets, from TVMaze to a report, kept up to date by their own conditions.

    The data go to `data/` and the show's name below the project's root, unless `data` says otherwise.
    """

    show: Annotated[str, _described("The show: its name, or `id:431` for an exact TVMaze id.", "friends", "id:431")]

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The assets, their checks and their resources."""
        with _one_sentence():
            return self._build(self._settings(context, f"data/{slug(self.show)}", show=self.show))


@dg.scaffold_with(TvShowsScaffolder)
class TvShows(_Common, dg.Component, dg.Resolvable):
    """Who are these TV shows about? The five assets with a partition for each show, and an overview of all.

    The data go to `data/`, the key prefix, and a folder for each show, below the project's root, unless `data` says
    otherwise.
    """

    shows: Annotated[
        list[str] | str,
        _described(
            "The shows, each a name or `id:431`; or a file with one a line, relative to the project's root.",
            ["friends", "id:118"],
        ),
    ]

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """The assets, their checks and their resources, the overview, and the sensor that watches TVMaze's changes."""
        with _one_sentence():
            folder = "/".join(["data", *_parts(self.key_prefix)])
            called = _called("shows", context)
            if isinstance(self.shows, str):
                shows = ShowList(_below(context.project_root, self.shows), called, other_way=YAML_LIST)
            else:
                shows = ShowList.from_entries(self.shows, called)
            shows.read()
            return self._build(replace(self._settings(context, folder), shows=shows))


def _parts(key_prefix: str | list[str] | None) -> list[str]:
    return [key_prefix] if isinstance(key_prefix, str) else key_prefix or []


def _called(attribute: str, context: dg.ComponentLoadContext) -> str:
    """What the reader calls an attribute: its name, and the file it stands in."""
    path = context.path if context.path.is_file() else context.path / "defs.yaml"
    inside = path.is_relative_to(context.project_root)
    return f"`{attribute}` in {path.relative_to(context.project_root) if inside else path}"


def _below(root: Path, address: str) -> str:
    """A relative path from the project's root on, since a code server may run in any folder; addresses as they are."""
    return address if "://" in address else str(root / Path(address).expanduser())


@contextmanager
def _one_sentence() -> Iterator[None]:
    # Dagster's commands are built with click, which prints this as one sentence and not as a traceback.
    try:
        yield
    except (SettingsError, ShowListError) as error:
        raise click.ClickException(str(error)) from None
