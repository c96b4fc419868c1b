"""The feed: how it is asked, and the fields of its answer that are used."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tv_appearances.fetching.client import Fetched, JsonClient
from tv_appearances.fetching.fields import Rows, integer_at, number_at, object_at, rows_at, text_at
from tv_appearances.fetching.pace import Pace

URL = "https://earthquake.usgs.gov"
WEEK = "/earthquakes/feed/v1.0/summary/4.5_week.geojson"
PACE = Pace(limit=5, window=60.0)
"""The feed says nothing of a limit. It changes every minute, so this is more than anybody needs."""


@dataclass(frozen=True, slots=True)
class Earthquake:
    """One earthquake; `time` is epoch milliseconds."""

    id: str
    time: int
    magnitude: float
    place: str


def parse_week(value: object) -> Rows[Earthquake]:
    """The earthquakes of a GeoJSON feature collection; a row that cannot be read is left out."""
    return rows_at(object_at(value, "feed").get("features"), "features", _earthquake)


def _earthquake(feature: Mapping[str, Any], path: str) -> Earthquake:
    properties = object_at(feature.get("properties"), f"{path}.properties")
    at = f"{path}.properties"
    return Earthquake(
        text_at(feature, "id", path),
        integer_at(properties, "time", at),
        number_at(properties, "mag", at),
        text_at(properties, "place", at),
    )


@dataclass(frozen=True, slots=True)
class Feed:
    """The feed at this address."""

    url: str = URL

    def week(self, log: Callable[[str], None] | None = None) -> Fetched[Rows[Earthquake]]:
        """The earthquakes of the last seven days with a magnitude of 4.5 or more."""
        with JsonClient(self.url, pace=PACE, user_agent="earthquakes-example/1", log=log) as client:
            return client.get("the earthquakes of this week", WEEK, parse_week)
