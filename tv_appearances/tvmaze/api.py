"""How TVMaze is asked: its addresses, its limits, and the questions this project has.

Belongs here: one method for each question, and what TVMaze asks of its callers. Does not belong here: how an answer is
fetched and when it is tried again (`fetching`), which show is meant (`lookup`), what a field has to look like
(`models`).

Source of the limits: https://www.tvmaze.com/api (20 calls in 10 s from one address; 429 beyond; a User-Agent that
names the caller) and TVMaze's advice to wait about 2 s after a 429.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Protocol
from urllib.parse import urlsplit

from tv_appearances.fetching.client import Fetched, JsonClient, quoted
from tv_appearances.fetching.errors import (
    BadAnswer,
    BudgetSpent,
    FetchError,
    NotFound,
    RateLimited,
    ServerTrouble,
    Unreachable,
    UnsafeRedirect,
    Untrusted,
)
from tv_appearances.fetching.fields import Rows, SchemaError, T
from tv_appearances.fetching.pace import Pace
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

if TYPE_CHECKING:
    from typing_extensions import Self

TVMAZE_URL = "https://api.tvmaze.com"
Since = Literal["day", "week", "month"]
"""How far back `/updates/shows` can be asked to look."""

LIMIT = 20
# TVMaze counts 10 s between arrivals, which can be closer together than the departures that are counted here.
WINDOW = 11.0

PACE = Pace(LIMIT, WINDOW)
"""The pace of this process; other processes have their own."""


class Merged(FetchError):
    """TVMaze answers with another show than was asked for: it has made one of two, and redirects from the old id.

    `into` is the id of the show that stayed.
    """

    def __init__(self, what: str, url: str, into: int) -> None:
        super().__init__(what, url, "TVMaze has merged the show into another one", remedy=f"Ask for id:{into}.")
        self.into = into


class Gateway(Protocol):
    """The four questions this project asks about a show, and one about all. Every method raises `FetchError`."""

    def search_shows(self, query: str) -> Fetched[Rows[SearchResult]]:
        """The shows a title may mean, best first; none is an answer too."""

    def show(self, show_id: int) -> Fetched[Show]:
        """The show with this id; `NotFound` where there is none, `Merged` where another one has taken it in."""

    def episodes(self, show: Show) -> Fetched[Rows[Episode]]:
        """The show's episodes, without specials, in TVMaze's order."""

    def cast(self, show: Show) -> Fetched[Rows[Character]]:
        """The main cast, those who appear most often first."""

    def updates(self, since: Since | None) -> Fetched[dict[int, int]]:
        """The shows that changed within this time (None: ever): id → epoch second of the last change."""


class TVMazeClient:
    """TVMaze's API as a `Gateway`. Close it, or use it as a context manager.

    Args:
        base_url: the public API, or a mirror of it.
        address_setting: what the reader calls the setting that holds `base_url`; advice names it.
        pace: shared by the clients of a process.
        options: as for `JsonClient`.

    Raises:
        ValueError: `base_url` is no address.
    """

    def __init__(
        self, base_url: str = TVMAZE_URL, *, address_setting: str = "the address", pace: Pace = PACE, **options: Any
    ) -> None:
        self._remedies = _remedies(address_setting)
        self._json = JsonClient(base_url, pace=pace, user_agent=_user_agent(), remedies=self._remedies, **options)

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._json.close()

    @property
    def requests_made(self) -> int:
        """So many requests were sent, retries and redirects included."""
        return self._json.requests_made

    def search_shows(self, query: str) -> Fetched[Rows[SearchResult]]:
        """`/search/shows`: at most ten shows whose name is like the query."""
        return self._json.get(f"the search for {quoted(query)}", "/search/shows", parse_search_results, {"q": query})

    def show(self, show_id: int) -> Fetched[Show]:
        """`/shows/:id`; an answer about another show is a `BadAnswer`, unless a redirect says why."""
        fetched = self._about(show_id, f"show {show_id:d}", "", parse_show)
        if fetched.value.id != show_id:
            cause = SchemaError("show.id", str(show_id), fetched.value.id)
            raise BadAnswer(f"show {show_id:d}", fetched.url, str(cause), remedy=self._remedies[BadAnswer])
        return fetched

    def episodes(self, show: Show) -> Fetched[Rows[Episode]]:
        """`/shows/:id/episodes`."""
        return self._about(show.id, f"the episodes of {_named(show)}", "/episodes", parse_episodes)

    def cast(self, show: Show) -> Fetched[Rows[Character]]:
        """`/shows/:id/cast`."""
        return self._about(show.id, f"the cast of {_named(show)}", "/cast", parse_cast)

    def updates(self, since: Since | None) -> Fetched[dict[int, int]]:
        """`/updates/shows`: one request for all shows."""
        params = {"since": since} if since else None
        return self._json.get("the list of changed shows", "/updates/shows", parse_updates, params)

    def _about(self, show_id: int, what: str, part: str, parse: Callable[[object], T]) -> Fetched[T]:
        fetched = self._json.get(what, f"/shows/{show_id:d}{part}", parse)
        answered = re.findall(r"/shows/(\d+)", urlsplit(fetched.answered_by).path)
        if answered and int(answered[-1]) != show_id:
            raise Merged(what, fetched.url, int(answered[-1]))
        return fetched


def _remedies(address: str) -> dict[type[FetchError], str]:
    """Advice that is better than an error's own, since it names TVMaze and the reader's own setting."""
    return {
        Unreachable: f"Check the network, the proxy and {address}; what was fetched before is untouched.",
        Untrusted: f"Check {address} and this machine's clock; where a company proxy opens the traffic, name its "
        "certificate in REQUESTS_CA_BUNDLE.",
        NotFound: "Look the show up on https://www.tvmaze.com and ask for it by its name or as id:N; or check "
        f"{address}.",
        RateLimited: "Run again later; everything on this network shares the limit of 20 requests in 10 s.",
        ServerTrouble: "The trouble is on TVMaze's side: run again later.",
        BadAnswer: f"Open the address in a browser to see what answers there, and check {address}.",
        UnsafeRedirect: f"If TVMaze has moved, set {address} to its new address.",
        BudgetSpent: "A run needs three or four requests and a few retries: look in the log for what asks so often.",
    }


@cache
def release() -> str:
    """The version of this package that is installed, "unreleased" where it only lies there."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("tv_appearances")
    except PackageNotFoundError:
        return "unreleased"


def _user_agent() -> str:
    return f"tv_appearances/{release()} (+Dagster code location)"


def _named(show: Show) -> str:
    return f"{quoted(show.name)} (show {show.id})"
