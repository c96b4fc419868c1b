"""Which show is taken: cases over a real connection, and the recorded searches, whose outcome the docs list."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tv_appearances.fetching.client import Fetched
from tv_appearances.fetching.fields import Rows
from tv_appearances.fetching.pace import Pace
from tv_appearances.tvmaze.api import Merged, TVMazeClient
from tv_appearances.tvmaze.lookup import Found, Lookup, LookupFailed, search
from tv_appearances.tvmaze.models import SearchResult, Show, parse_search_results
from tv_appearances.tvmaze.sample import SampleGateway
from tv_appearances.tvmaze.titles import is_called
from tv_appearances_tests.tvmaze_server import TVMazeServer, World, _show

RECORDINGS = os.environ.get("TVMAZE_RECORDINGS")
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "choosing.md"


def show(show_id: int, name: str, year: int, network: str = "NET", country: str = "US") -> dict[str, Any]:
    channel = {"id": 1, "name": network, "country": {"name": country, "code": country, "timezone": ""}}
    return {**_show(show_id, name, None), "premiered": f"{year}-01-01", "network": channel, "weight": 1}


class Cases(World):
    """Shows that are easily mixed up; a title finds what stands in `searches` and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        shows = [
            show(551, "Better Ask Pol: Staff Training", 2017),
            show(552, "Better Ask Pol", 2015),
            show(511, "Star Fleet", 1978),
            show(512, "Star Fleet", 2003, "Other"),
            show(522, "House of Maps", 1990, "BBC One", "GB"),
            show(521, "House of Maps", 2013),
            show(530, "House 0", 2000),
            show(602, "The Zoo", 2010),
        ]
        self.shows = {each["id"]: each for each in shows}
        for title, ids in {
            "better ask pol": [551, 552],
            "star fleet": [511, 512],
            "star fleet (2003)": [511, 512],
            "house of maps": [522, 521],
            "house": [530, 522, 521],
            "zoo": [602],
        }.items():
            self.searches[title] = [
                {"score": 0.9 - place / 100, "show": self.shows[number]} for place, number in enumerate(ids)
            ]

    def _search(self, title: str) -> list[Any]:
        return self.searches.get(title, [])


@pytest.fixture
def server() -> Iterator[TVMazeServer]:
    with TVMazeServer(Cases()) as server:
        yield server


@pytest.fixture
def client(server: TVMazeServer) -> Iterator[TVMazeClient]:
    with TVMazeClient(server.url, pace=Pace(100, 1.0)) as client:
        yield client


def find(client: TVMazeClient, asked: str) -> Found:
    return Lookup(live=client, sample=SampleGateway()).find(asked, holds_live_data=False)


@pytest.mark.parametrize(
    ("asked", "taken", "searches"),
    [
        ("Better Ask Pol", 552, 1),
        ("better ask pol!", 552, 2),
        ("Star Fleet (2003)", 512, 1),
        ("Star Fleet 2003", 512, 2),
        ("Star Fleet, 2003, Other", 512, 2),
        ("Star Fleet (1978)", 511, 2),
        ("House of Maps (US)", 521, 2),
        ("House of Maps UK", 522, 2),
        ("House of Maps (BBC)", 522, 2),
        ("House (1990)", 522, 2),
    ],
)
def test_a_title_with_what_stands_behind_it_gives_that_show(
    client: TVMazeClient, server: TVMazeServer, asked: str, taken: int, searches: int
) -> None:
    if asked.endswith("!"):
        server.world.searches[asked] = server.world.searches["better ask pol"]
        searches = 1
    found = find(client, asked)
    assert (found.show.id, found.requests, found.mistakable) == (taken, searches, ())
    assert len(server.log) == searches
    assert found.record["show"]["id"] == taken


def test_without_a_year_the_first_is_taken_and_the_other_is_told(client: TVMazeClient) -> None:
    found = find(client, "Star Fleet")
    assert (found.show.id, [other.id for other in found.mistakable]) == (511, [512])


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("Star Fleet (2004)", "only Star Fleet (1978, NET, id:511), Star Fleet (2003, Other, id:512): if it is one"),
        (
            "House of Maps (remake)",
            "'House of Maps' finds House of Maps (1990, BBC One, id:522), House of Maps (2013, NET, id:521): is it one",
        ),
        ("Big House of Maps", "Searching for 'House of Maps' finds House of Maps (1990"),
        ("The Big House Show", "Searching for 'House' finds House 0 (2000, NET, id:530)"),
        ("Qwert Yuiop", "Check the spelling, or try fewer words."),
        ("Qwert", "Check the spelling, or look the show up on https://www.tvmaze.com and give its id"),
    ],
)
def test_what_is_not_found_is_told_with_what_could_be_meant(client: TVMazeClient, asked: str, sentence: str) -> None:
    with pytest.raises(LookupFailed) as caught:
        find(client, asked)
    assert str(caught.value).startswith(f"TVMaze finds no show called {asked!r}")
    assert sentence in str(caught.value)


def test_a_merged_show_is_told_with_the_id_to_ask_for(client: TVMazeClient, server: TVMazeServer) -> None:
    for old, to in ((601, "/shows/602"), (600, "/shows/601")):
        for part in ("/episodes", "/cast", ""):
            server.fault(f"/shows/{old}{part}", "301", times=9, headers={"Location": to + part})
    server.world.parts[602, "cast"] = []
    for old in (600, 601):
        with pytest.raises(LookupFailed) as caught:
            find(client, f"id:{old}")
        assert str(caught.value) == f"TVMaze has merged show {old} into The Zoo (2010, NET, id:602): ask for id:602."
    with pytest.raises(Merged, match=r"the cast of .*merged the show into another one\. Ask for id:602\."):
        client.cast(Show(601, "Zoo"))


def test_one_search_result_that_cannot_be_read_is_left_out_and_told(client: TVMazeClient, server: TVMazeServer) -> None:
    server.world.searches["star fleet"].insert(0, {"score": 1.0, "show": None})
    found = find(client, "Star Fleet (2003)")
    assert found.left_out == ()
    found = find(client, "Star Fleet")
    assert (found.show.id, [error.path for error in found.left_out]) == (511, ["results[0].show"])


def test_a_list_to_choose_from_has_what_an_id_or_a_title_finds(client: TVMazeClient) -> None:
    assert [each.id for each in search(client, "house of maps")] == [522, 521]
    assert [each.id for each in search(client, "id:602")] == [602]
    with pytest.raises(LookupFailed, match="'House of Maps' finds House of Maps"):
        search(client, "House of Maps (US)")


# The recorded searches

SEARCHES = {
    "friends": "friends/search.json",
    "house": "house/search.json",
    "the office": "the-office/show.json",
    "girls": "_searches/girls.json",
    "chicago fire": "_searches/chicago-fire.json",
    "24": "24/search.json",
    "1992": "1992/search.json",
    "shameless": "shameless-us/search.json",
    "the flash": "the-flash/search.json",
    "the walking dead": "the-walking-dead/search.json",
    "the daily show (with jon stewart": "the-daily-show-with-jon-stewart/search.json",
    "firefly": "firefly/search.json",
    "a": "_searches/a.json",
    "aoeu htns": "_searches/aoeu-htns.json",
}
"""What was searched for when the answer was recorded; of "the office" only the show is."""
ASKED = {
    "friends": ["friends", "Friends (2002)", "friends (us)", "lego friends"],
    "house": ["house", "house (2004)", "house (2001)", "danger mouse", "danger mouse (2015)", "house m.d."],
    "girls": ["girls", "GIRLS", "girls (us)"],
    "24": ["24", "24 (2013)", "24 legacy"],
    "1992": ["1992", "space 1999"],
    "shameless": ["shameless", "Shameless (UK)", "shameless us", "Shameless (2004)"],
    "the flash": ["the flash", "the flash (1990)", "flash", "flash gordon"],
}
"""What else is asked for of the same results; where a title is not here, that title alone."""


class Recorded:
    """A gateway that gives the same recorded results to every search."""

    def __init__(self, recorded: Any) -> None:
        self.rows = recorded if isinstance(recorded, list) else [{"score": 1.0, "show": recorded}]

    def search_shows(self, query: str) -> Fetched[Rows[SearchResult]]:
        return Fetched(query, self.rows, parse_search_results(self.rows), 1)


HEAD = "| searched for | asked for | taken | year | network | id | warns |\n|---|---|---|---|---|---|---|\n"


def table(recordings: Path) -> str:
    lines = []
    for searched, file in SEARCHES.items():
        gateway: Any = Recorded(json.loads((recordings / file).read_text(encoding="utf-8")))
        for asked in ASKED.get(searched, [searched]):
            try:
                found = Lookup(live=gateway, sample=gateway, choice="live").find(asked, holds_live_data=False)
            except LookupFailed:
                cells = ["none", "", "", "", "fails, and names what there is"]
            else:
                which = found.show
                others = [f"id:{each.id} ({', '.join(each.when_and_where)}) too" for each in found.mistakable]
                other_name = [] if is_called(asked, which) else ["called otherwise"]
                cells = [which.name, which.year, which.network or "", str(which.id), ", ".join(other_name + others)]
            lines.append(f"| {' | '.join([f'`{searched}`', f'`{asked}`', *cells])} |\n")
    return HEAD + "".join(lines)


@pytest.mark.recordings
def test_the_page_lists_what_the_recorded_searches_give() -> None:
    """After a change that is meant: `python -m tv_appearances_tests.tvmaze.test_choosing` writes the table anew."""
    if not RECORDINGS:
        pytest.skip("TVMAZE_RECORDINGS does not name the recorded answers")
    assert PAGE.read_text(encoding="utf-8").endswith(table(Path(RECORDINGS)))


@pytest.mark.recordings
def test_the_default_show_gives_no_warning() -> None:
    if not RECORDINGS:
        pytest.skip("TVMAZE_RECORDINGS does not name the recorded answers")
    gateway: Any = Recorded(json.loads((Path(RECORDINGS) / SEARCHES["friends"]).read_text(encoding="utf-8")))
    found = Lookup(live=gateway, sample=gateway, choice="live").find("friends", holds_live_data=False)
    assert (found.show.id, found.mistakable) == (431, ())


if __name__ == "__main__":
    if not RECORDINGS:
        sys.exit("TVMAZE_RECORDINGS does not name the recorded answers.")
    text, _, _ = PAGE.read_text(encoding="utf-8").partition(HEAD)
    PAGE.write_text(text + table(Path(RECORDINGS)), encoding="utf-8")
