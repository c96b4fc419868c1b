"""The built-in sample: one show's answers in TVMaze's form, for a machine without a network.

Belongs here: answering TVMaze's questions from files. Does not belong here: when the sample stands in (`lookup`).
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tv_appearances.fetching.client import Fetched
from tv_appearances.fetching.errors import NotFound
from tv_appearances.fetching.fields import Rows, T
from tv_appearances.tvmaze.api import Since
from tv_appearances.tvmaze.models import (
    Character,
    Episode,
    SearchResult,
    Show,
    parse_cast,
    parse_episodes,
    parse_search_results,
)

SAMPLE = Path(__file__).with_name("sample_data")


@dataclass(frozen=True, slots=True)
class SampleGateway:
    """The built-in sample as a `Gateway`: one show's answers in TVMaze's form, read from `folder`."""

    folder: Path = SAMPLE

    def search_shows(self, query: str) -> Fetched[Rows[SearchResult]]:
        """The sample's show, if the query is its name or whole words of it."""
        wanted = re.compile(rf"\b{re.escape(query.strip())}\b", re.IGNORECASE)
        every = self._read("search", parse_search_results)
        kept = [result for result in every.value if wanted.search(result.show.name)]
        return Fetched(every.url, [result.record for result in kept], Rows(kept), 0)

    def show(self, show_id: int) -> Fetched[Show]:
        """The sample's show, if it has this id."""
        every = self._read("search", parse_search_results)
        for result in every.value:
            if result.show.id == show_id:
                return Fetched(every.url, result.record["show"], result.show, 0)
        raise NotFound(f"show {show_id}", every.url, "the sample does not have it")

    def episodes(self, show: Show) -> Fetched[Rows[Episode]]:
        """The episodes of the sample's show."""
        self.show(show.id)
        return self._read("episodes", parse_episodes)

    def cast(self, show: Show) -> Fetched[Rows[Character]]:
        """The cast of the sample's show."""
        self.show(show.id)
        return self._read("cast", parse_cast)

    def updates(self, since: Since | None) -> Fetched[dict[int, int]]:  # noqa: ARG002 - the sample never changes
        """None, ever."""
        return Fetched("sample:updates", {}, {}, 0)

    def _read(self, name: str, parse: Callable[[object], T]) -> Fetched[T]:
        raw = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        return Fetched(f"sample:{name}.json", raw, parse(raw), 0)
