"""A small show of our own and a gateway that answers from it: what tests put in TVMaze's place.

The answers have TVMaze's form, so everything behind the gateway runs for real.
"""

import copy
from typing import Any

from tv_appearances.fetching.client import Fetched
from tv_appearances.fetching.errors import BadAnswer, FetchError, NotFound, Unreachable
from tv_appearances.fetching.fields import Rows, SchemaError
from tv_appearances.tvmaze.models import (
    Character,
    Episode,
    SearchResult,
    Show,
    parse_cast,
    parse_episodes,
    parse_search_results,
    parse_show,
    parse_updates,
)

ADDRESS = "https://tvmaze.example"

LIGHTHOUSE: dict[str, Any] = {
    "id": 7,
    "url": "https://www.tvmaze.com/shows/7/the-lighthouse",
    "name": "The Lighthouse",
    "premiered": "2019-03-01",
    "network": {"id": 1, "name": "Coast One"},
    "webChannel": None,
    "rating": {"average": None},
    "image": None,
    "updated": 1_700_000_000,
}


def episode(id: int, season: int, number: int | None, summary: str | None, **more: Any) -> dict[str, Any]:
    """An episode in TVMaze's form."""
    return {
        "id": id,
        "name": f"Chapter {id}",
        "season": season,
        "number": number,
        "airdate": f"2019-03-{id % 28 + 1:02d}",
        "rating": {"average": None},
        "image": None,
        "summary": summary,
        **more,
    }


def cast_member(id: int, name: str, actor: str) -> dict[str, Any]:
    """A cast entry in TVMaze's form."""
    return {"person": {"id": 1000 + id, "name": actor}, "character": {"id": id, "name": name, "image": None}}


EPISODES = [
    episode(1, 1, 1, "<p>Ada keeps the light. Bruno&#039;s boat is late, and Ada waits.</p>"),
    episode(2, 1, 2, "<p>Bruno returns.</p>"),
    episode(3, 1, 3, None),
    episode(4, 2, 1, "<p>Clara asks Ada about the storm.</p>"),
]
CAST = [
    cast_member(21, "Ada Quist", "Iris Holm"),
    cast_member(22, "Bruno Falk", "Tom Rask"),
    cast_member(23, "Clara Lind", "Eva Sol"),
    cast_member(24, "Dario Vance", "Max Orr"),
]


class FakeTVMaze:
    """A gateway over one show that can be changed, and that notes what it was asked.

    Set `error` to have every request raise it.
    """

    def __init__(self) -> None:
        self.record = copy.deepcopy(LIGHTHOUSE)
        self.episode_list: Any = copy.deepcopy(EPISODES)
        self.cast_list: Any = copy.deepcopy(CAST)
        self.results: Any = None
        self.error: FetchError | None = None
        self.requests: list[str] = []

    def search_shows(self, query: str) -> Fetched[Rows[SearchResult]]:
        found = self.results
        if found is None:
            known = query.casefold() in self.record["name"].casefold()
            found = [{"score": 0.9, "show": self.record}] if known else []
        return self._answer(f"/search/shows?q={query}", found, parse_search_results)

    def show(self, show_id: int) -> Fetched[Show]:
        if show_id != self.record["id"]:
            raise NotFound(f"show {show_id}", f"{ADDRESS}/shows/{show_id}", "404 Not Found")
        return self._answer(f"/shows/{show_id}", self.record, parse_show)

    def episodes(self, show: Show) -> Fetched[Rows[Episode]]:
        return self._answer(f"/shows/{show.id}/episodes", self.episode_list, parse_episodes)

    def cast(self, show: Show) -> Fetched[Rows[Character]]:
        return self._answer(f"/shows/{show.id}/cast", self.cast_list, parse_cast)

    def updates(self, since: str | None) -> Fetched[dict[int, int]]:
        changed = {str(self.record["id"]): self.record["updated"]}
        return self._answer(f"/updates/shows?since={since}", changed, parse_updates)

    def _answer(self, path: str, raw: Any, parse: Any) -> Fetched[Any]:
        self.requests.append(path)
        if self.error:
            raise self.error
        raw = copy.deepcopy(raw)
        try:
            return Fetched(url=ADDRESS + path, raw=raw, value=parse(raw), requests=1)
        except SchemaError as error:
            raise BadAnswer(path, ADDRESS + path, str(error)) from None


class Outage(Unreachable):
    """No connection, and not worth another try within the run, so that a test need not wait for the retry policy."""

    retryable = False

    def __init__(self) -> None:
        super().__init__("the show", ADDRESS, "connection refused")
