"""Which show is meant, and when the sample may stand in for TVMaze."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tv_appearances.fetching.errors import Unreachable
from tv_appearances.tvmaze.lookup import Lookup, LookupFailed, SourceChoice
from tv_appearances.tvmaze.models import Show
from tv_appearances.tvmaze.sample import SampleGateway
from tv_appearances_tests.fakes import FakeTVMaze, Outage


def lookup(tvmaze: FakeTVMaze, choice: SourceChoice = "auto") -> Lookup:
    return Lookup(live=tvmaze, sample=SampleGateway(), choice=choice)


def test_the_best_match_of_a_search_is_taken_with_its_score_and_all_results() -> None:
    tvmaze = FakeTVMaze()
    other = {**tvmaze.record, "id": 8, "name": "Lighthouse Keepers"}
    tvmaze.results = [{"score": 0.9, "show": tvmaze.record}, {"score": 0.4, "show": other}]
    found = lookup(tvmaze).find("lighthouse", holds_live_data=False)
    assert (found.show.id, found.score, found.source) == (7, 0.9, "live")
    assert [show.name for show in found.results] == ["The Lighthouse", "Lighthouse Keepers"]
    assert found.record == tvmaze.results[0]
    assert found.url.endswith("/search/shows?q=lighthouse")


def test_an_id_asks_for_that_show_and_a_bare_number_is_a_title() -> None:
    tvmaze = FakeTVMaze()
    found = lookup(tvmaze).find("id:7", holds_live_data=False)
    assert (found.show.id, found.score, tvmaze.requests) == (7, None, ["/shows/7"])
    assert (found.record, found.results) == ({"score": None, "show": tvmaze.record}, (found.show,))
    assert (found.url, found.requests) == ("https://tvmaze.example/shows/7", 1)
    with pytest.raises(LookupFailed, match="no show called '7'.*write id:7"):
        lookup(tvmaze).find("7", holds_live_data=False)


def test_a_title_that_found_a_show_once_says_whom_it_finds_by_now_and_keeps_to_the_first() -> None:
    tvmaze = FakeTVMaze()
    other = {**tvmaze.record, "id": 8, "name": "The Lighthouse", "premiered": "2020-01-01"}
    tvmaze.results = [{"score": 0.9, "show": other}]
    found = lookup(tvmaze).find("the lighthouse", holds_live_data=True, pinned=7)
    assert (found.show.id, found.by_now and found.by_now.id, found.requests) == (7, 8, 2)
    for nothing_new in ([{"score": 0.9, "show": tvmaze.record}], [], "an error page"):
        tvmaze.results = nothing_new
        found = lookup(tvmaze).find("the lighthouse", holds_live_data=True, pinned=7)
        assert (found.show.id, found.by_now) == (7, None)
    tvmaze.results, tvmaze.requests = [], []
    lookup(tvmaze).find("the lighthouse of before", holds_live_data=True, pinned=7)
    assert len(tvmaze.requests) == 2, "nothing is searched for that could be proposed"
    tvmaze.results = [{"score": 0.9, "show": tvmaze.record}, {"score": 0.89, "show": other}]
    found = lookup(tvmaze).find("the lighthouse", holds_live_data=True, pinned=7)
    assert ([show.id for show in found.results], [show.id for show in found.mistakable]) == ([7, 8], [8])
    tvmaze.requests.clear()
    assert lookup(tvmaze).find("id:7", holds_live_data=True, pinned=7).by_now is None
    assert tvmaze.requests == ["/shows/7"]


SHOWS = st.lists(
    st.builds(
        lambda number, name, year, network: {
            "id": number, "name": name, "premiered": f"{year}-03-01", "network": {"name": network}, "updated": 1
        },
        st.integers(1, 10**6),
        st.lists(
            st.sampled_from(["Star", "star", "Fléet", "Fleet", "The", "&", "and", "House", "Us"]),
            min_size=1,
            max_size=9,
        ).map(" ".join),
        st.integers(1950, 2030),
        st.sampled_from(["BBC", "NET"]),
    ),
    min_size=1,
    max_size=10,
    unique_by=lambda show: (show["name"], show["premiered"]),
)  # fmt: skip


@given(SHOWS, st.randoms(), st.sampled_from(["{name} ({year})", "{name} [{year}]", "{name} {year}", "{name}, {year}"]))
def test_whatever_the_order_of_the_results_the_show_of_that_title_and_year_is_taken(
    shows: list[dict[str, Any]], random: Random, form: str
) -> None:
    wanted = random.choice(shows)
    random.shuffle(shows)
    tvmaze = FakeTVMaze()
    tvmaze.results = [{"score": 1 - place / 20, "show": show} for place, show in enumerate(shows)]
    found = lookup(tvmaze).find(form.format(name=wanted["name"], year=wanted["premiered"][:4]), holds_live_data=False)
    assert found.record["show"] == wanted
    assert found.results[0] == found.show
    assert sorted(show.id for show in found.results) == sorted(show["id"] for show in shows)


def test_an_unknown_id_names_it() -> None:
    with pytest.raises(LookupFailed, match="no show with the id 99"):
        lookup(FakeTVMaze()).find("id:99", holds_live_data=False)


def test_a_search_without_result_names_the_query_and_what_its_longest_word_finds() -> None:
    with pytest.raises(
        LookupFailed, match="no show called 'that lighthouse series'.*'lighthouse' finds The Lighthouse"
    ):
        lookup(FakeTVMaze()).find("that lighthouse series", holds_live_data=False)
    with pytest.raises(LookupFailed, match="no show called 'Aoeu Htns'.*fewer words"):
        lookup(FakeTVMaze()).find("Aoeu Htns", holds_live_data=False)


def test_the_searches_that_follow_are_few_the_longest_first_and_the_shortest_among_them() -> None:
    tvmaze = FakeTVMaze()
    title = "a bb ccc dddd eeeee ffffff ggggggg"
    with pytest.raises(LookupFailed, match="no show called 'a bb .*fewer words"):
        lookup(tvmaze).find(title, holds_live_data=False)
    assert [path.partition("q=")[2] for path in tvmaze.requests] == [
        title,
        "bb ccc dddd eeeee ffffff ggggggg",
        "ccc dddd eeeee ffffff ggggggg",
        "dddd eeeee ffffff ggggggg",
        "eeeee ffffff ggggggg",
        "ggggggg",
    ]


def test_no_more_than_five_shows_are_proposed() -> None:
    tvmaze = FakeTVMaze()
    tvmaze.results = [{"score": 0.5, "show": {"id": number, "name": f"Fog {number}"}} for number in range(1, 8)]
    with pytest.raises(LookupFailed) as caught:
        lookup(tvmaze).find("id:99", holds_live_data=False, before=Show(99, "Fog"))
    assert "Fog 5 (date unknown, id:5): if" in str(caught.value)


def test_a_deleted_show_is_told_as_what_it_was_with_what_has_its_name_now() -> None:
    before = Show(99, "The Lighthouse", premiered="2018-01-01", network="Coast Two")
    with pytest.raises(
        LookupFailed,
        match=r"deleted show 99, which was The Lighthouse \(2018, Coast Two\)\. .*"
        r"finds The Lighthouse \(2019, Coast One, id:7\): if it is one of these, ask for that id",
    ):
        lookup(FakeTVMaze()).find("id:99", holds_live_data=False, before=before)
    with pytest.raises(LookupFailed, match="deleted show 99, which was Gone .*ask for it no longer"):
        lookup(FakeTVMaze()).find("id:99", holds_live_data=False, before=Show(99, "Gone"))
    with pytest.raises(LookupFailed, match="no show with the id 98"):
        lookup(FakeTVMaze()).find("id:98", holds_live_data=False, before=before)


def test_the_sample_is_found_by_its_year_too() -> None:
    assert lookup(FakeTVMaze(), "sample").find("Friends (1994)", holds_live_data=False).show.id == 431


def test_the_sample_stands_in_where_tvmaze_is_out_of_reach_and_nothing_was_ever_fetched() -> None:
    tvmaze = FakeTVMaze()
    tvmaze.error = Outage()
    found = lookup(tvmaze).find("friends", holds_live_data=False)
    assert (found.show.name, found.source) == ("Friends", "sample")


def test_the_sample_never_replaces_live_data() -> None:
    tvmaze = FakeTVMaze()
    tvmaze.error = Outage()
    with pytest.raises(Unreachable):
        lookup(tvmaze).find("friends", holds_live_data=True)
    with pytest.raises(LookupFailed, match="never replaces.*set `data` to another folder"):
        lookup(tvmaze, "sample").find("friends", holds_live_data=True)


def test_live_means_live() -> None:
    tvmaze = FakeTVMaze()
    tvmaze.error = Outage()
    with pytest.raises(Unreachable):
        lookup(tvmaze, "live").find("friends", holds_live_data=False)


def test_sample_asks_nobody() -> None:
    tvmaze = FakeTVMaze()
    found = lookup(tvmaze, "sample").find("id:431", holds_live_data=False)
    assert (found.show.name, tvmaze.requests) == ("Friends", [])


def test_the_sample_never_answers_for_another_show() -> None:
    tvmaze = FakeTVMaze()
    tvmaze.error = Outage()
    with pytest.raises(LookupFailed, match="connection refused.*sample has no show called 'house'.*Friends"):
        lookup(tvmaze).find("house", holds_live_data=False)


def test_what_follows_the_root_asks_where_the_root_found_the_show() -> None:
    tvmaze = FakeTVMaze()
    both = lookup(tvmaze)
    assert both.gateway("live") is both.live
    assert both.gateway("sample") is both.sample
