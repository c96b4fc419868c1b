"""What Dagster configures: the lookup of shows with its TVMaze client, the files, the renderer of the chart.

Belongs here: the seam between Dagster and the modules below it, which know nothing of it: resources that build their
objects, and the turning of their errors into Dagster's. Does not belong here: any rule of fetching, writing or drawing.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import dagster as dg
from pydantic import Field

from tv_appearances import failures
from tv_appearances.fetching.pace import SharedPace
from tv_appearances.mentions.aliases import AliasError
from tv_appearances.report.answer import Answer
from tv_appearances.report.picture import render_png, signs_without_font
from tv_appearances.report.quickchart import ChartError, QuickChart
from tv_appearances.show_files import ShowFiles
from tv_appearances.show_list import ShowList, ShowListError
from tv_appearances.storage import data_folder
from tv_appearances.tvmaze.api import LIMIT, PACE, TVMAZE_URL, WINDOW, TVMazeClient
from tv_appearances.tvmaze.lookup import Lookup, LookupFailed, SourceChoice
from tv_appearances.tvmaze.sample import SampleGateway

NAMES: Any = Field(default={}, description="What the reader calls each setting; advice names it.")


class TVMazeResource(dg.ConfigurableResource[Lookup]):
    """TVMaze and the built-in sample; one client, and so one session and one count of requests, for each run."""

    show: str = Field(default="friends", description="The show, unless the run config of `tv_show_info` names one.")
    shows: str = Field(default="", description="The list of shows, read when a run begins; none: there is one show.")
    source: str = Field(default="auto", description="`auto`, `live` or `sample`: where shows are looked up.")
    url: str = Field(default=TVMAZE_URL, description="The base address of TVMaze's API or of a mirror of it.")
    pace_file: str = Field(default="", description="Where processes agree on their pace; none: each has its own.")
    names: dict[str, str] = NAMES

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Lookup]:
        """The lookup, with a client that is closed when the run ends."""
        choice: SourceChoice = self.source  # type: ignore[assignment]  # settings.py has validated it
        partition = _partition(context) if self.shows else None
        # Dagster ends a sensor's tick after 60 s, in which it has more to do than to wait for TVMaze.
        deadline = 60.0 if context.run else 40.0
        pace = SharedPace(Path(self.pace_file), LIMIT, WINDOW) if self.pace_file else PACE
        log = context.log.warning if context.log else None
        address = self.names.get("tvmaze_url", "the address")
        with TVMazeClient(self.url, address_setting=address, deadline=deadline, log=log, pace=pace) as client:
            yield Lookup(
                live=client,
                sample=SampleGateway(),
                choice=choice,
                show=self.show if partition is None else self._asked_for(partition),
                partition=partition,
                names=self.names,
            )

    def _asked_for(self, partition: str) -> str:
        """What the list asks for in this partition, "" where it is not in the list."""
        if not partition:
            return ""
        try:
            return ShowList(self.shows, self.names.get("shows", "the list of shows")).read().shows.get(partition, "")
        except ShowListError as error:
            raise dg.Failure(str(error), allow_retries=False) from None


class FilesResource(dg.ConfigurableResource[ShowFiles]):
    """The folder that the show's files are in."""

    folder: str = Field(default="data", description="The data folder: a path, or an address such as `s3://bucket/tv`.")
    by_partition: bool = Field(default=False, description="Whether each partition has a folder of its own below it.")
    prefix: str = Field(default="", description="What the asset keys begin with, as in `friends/`.")
    names: dict[str, str] = NAMES

    def create_resource(self, context: dg.InitResourceContext) -> ShowFiles:
        """The files in that folder, or in the partition's folder below it."""
        partition = _partition(context) if self.by_partition else ""
        if not re.fullmatch(r"[a-z0-9-]*", partition):
            listed = self.names.get("shows", "the list of shows")
            raise dg.Failure(f"The partition {partition!r} is not in {listed}; nothing was changed.")
        return ShowFiles(data_folder(self.folder) / partition, prefix=self.prefix, setting=self.names.get("data", ""))


class ChartRenderer(Protocol):
    """What draws the report's picture."""

    def render_png(self, answer: Answer) -> bytes:
        """The picture as PNG."""
        ...

    def chart_url(self, answer: Answer) -> str | None:
        """An address that shows the same chart, where the renderer has one."""
        ...

    def signs_without_font(self, answer: Answer) -> tuple[str, ...]:
        """The signs that the picture shows as boxes, as far as that is known."""
        ...


class LocalChart:
    """Draws on this machine: nothing leaves it."""

    def render_png(self, answer: Answer) -> bytes:
        """The picture as PNG."""
        return render_png(answer)

    def chart_url(self, answer: Answer) -> None:
        """A picture drawn here has no address elsewhere."""

    def signs_without_font(self, answer: Answer) -> tuple[str, ...]:
        """The signs that no font of this machine has."""
        return signs_without_font(answer)


class ChartResource(dg.ConfigurableResource[ChartRenderer]):
    """The renderer of the report's picture."""

    renderer: str = Field(default="local", description="`local`, or `quickchart` for the service the blog post uses.")
    quickchart_url: str = Field(default="https://quickchart.io", description="The base address of QuickChart.")
    names: dict[str, str] = NAMES

    def create_resource(self, context: dg.InitResourceContext) -> ChartRenderer:
        """The renderer that is configured."""
        if self.renderer != "quickchart":
            return LocalChart()
        return QuickChart(self.quickchart_url, setting=self.names.get("chart", "the renderer"))


def fixed(resource: dg.ConfigurableResource[Any]) -> dg.ResourceDefinition:
    """The resource as it is configured, and no run config to change that.

    A run config that gives one field of a resource makes Dagster forget the others: with only `show` kept in the
    launchpad, the request would go to another address. What a run may change is the config of `tv_show_info`.
    """

    @contextmanager
    def as_configured(context: dg.InitResourceContext) -> Iterator[Any]:
        with resource.yield_for_execution(context) as value:
            yield value

    values = resource.model_dump(exclude={"names"})
    lines = [f"* `{name}`: {value or 'not set'}" for name, value in values.items()]
    about = "\n".join([type(resource).__doc__ or "", "", *lines])
    return dg.ResourceDefinition(as_configured, config_schema={}, description=about)


def _partition(context: dg.InitResourceContext) -> str:
    """The partition that the run is for, "" where it is for none."""
    return context.run.tags.get("dagster/partition", "") if context.run else ""


# Of the modules below, these have errors that are told as they are.
clear_failures = partial(failures.clear_failures, AliasError, ChartError, LookupFailed)
