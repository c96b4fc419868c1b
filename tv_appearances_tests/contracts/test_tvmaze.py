"""What this project relies on TVMaze for: checked in its recorded answers, and in live ones when that is asked for.

`TVMAZE_RECORDINGS` names the folder of recordings; `TVMAZE_LIVE=1` asks the real API some ten questions, well below its
limit. Source of what is documented: https://www.tvmaze.com/api. Belongs here: paths, fields, order and redirects as the
docstrings of `tvmaze` have them. Does not belong here: what is made of an answer.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tv_appearances.fetching.decoding import decoded
from tv_appearances.tvmaze.api import LIMIT, TVMAZE_URL, WINDOW
from tv_appearances.tvmaze.models import parse_cast, parse_episodes, parse_search_results, parse_show, parse_updates

RECORDINGS, LIVE = os.environ.get("TVMAZE_RECORDINGS"), os.environ.get("TVMAZE_LIVE")
ASKED_FOR = {"under the dome": 1, "friends": 431}
Answers = dict[str, Any]
"""What TVMaze answers about one show: "search", "show", "episodes" and "cast", those that there are."""

live = pytest.mark.skipif(not LIVE, reason="TVMAZE_LIVE=1 asks the real API")


def ask(path: str, **params: str) -> requests.Response:
    """The API's answer, at half the pace that it allows."""
    time.sleep(2 * WINDOW / LIMIT)
    agent = {"User-Agent": "tv_appearances contract tests"}
    return requests.get(TVMAZE_URL + path, params=params, headers=agent, timeout=30, allow_redirects=False)


def recorded() -> Iterator[Answers]:
    for folder in sorted(Path(RECORDINGS or "").iterdir()):
        if folder.is_dir() and folder.name[0] not in "_.":
            yield {file.stem: decoded(file.read_bytes()) for file in folder.glob("*.json")}


def asked() -> Iterator[Answers]:
    for title, show_id in ASKED_FOR.items():
        paths = {
            "show": f"/shows/{show_id}",
            "episodes": f"/shows/{show_id}/episodes",
            "cast": f"/shows/{show_id}/cast",
        }
        answers = {name: ask(path) for name, path in paths.items()} | {"search": ask("/search/shows", q=title)}
        for answer in answers.values():
            assert answer.status_code == 200, f"{answer.url} answers {answer.status_code}, or leads elsewhere"
            assert re.match("application/json", answer.headers["Content-Type"])
        yield {name: decoded(answer.content) for name, answer in answers.items()}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(recorded, id="recorded", marks=pytest.mark.skipif(not RECORDINGS, reason="no TVMAZE_RECORDINGS")),
        pytest.param(asked, id="live", marks=live),
    ],
)
def shows(request: pytest.FixtureRequest) -> list[Answers]:
    found = list(request.param())
    assert len(found) >= len(ASKED_FOR)
    return found


def answers(shows: list[Answers], name: str) -> list[Any]:
    given = [one[name] for one in shows if name in one]
    assert given, f"no answer to {name}"
    return given


def test_a_search_lists_at_most_ten_shows_the_best_score_first(shows: list[Answers]) -> None:
    for rows in answers(shows, "search"):
        assert len(rows) <= 10
        scores = [row["score"] for row in rows]
        assert scores == sorted(scores, reverse=True)
        assert len(parse_search_results(rows)) == len(rows)


def test_a_show_has_an_id_a_name_a_page_and_the_second_of_its_last_change(shows: list[Answers]) -> None:
    for show in answers(shows, "show"):
        read = parse_show(show)
        assert re.fullmatch(rf"https?://www\.tvmaze\.com/shows/{read.id}/[\w-]+", read.url)
        assert 1_000_000_000 < (read.updated or 0) < time.time() + 86_400
        assert read.premiered is None or re.fullmatch(r"\d{4}-\d\d-\d\d", read.premiered)
        assert {"network", "webChannel"} <= show.keys()


def test_every_row_of_every_list_can_be_read_and_keeps_its_id(shows: list[Answers]) -> None:
    for episodes in answers(shows, "episodes"):
        read = parse_episodes(episodes)
        assert [one.id for one in read] == [row["id"] for row in episodes]
        assert len({one.id for one in read}) == len(read)
    for cast in answers(shows, "cast"):
        assert {one.id for one in parse_cast(cast)} == {row["character"]["id"] for row in cast}


def test_episodes_come_in_the_order_of_their_numbers_without_specials(shows: list[Answers]) -> None:
    for episodes in answers(shows, "episodes"):
        numbers = [(row["season"], row["number"]) for row in episodes if row["number"] is not None]
        assert numbers == sorted(numbers)
        assert all({"airdate", "summary", "name"} <= row.keys() for row in episodes)


def test_an_answer_is_far_from_the_bounds_that_are_refused(shows: list[Answers]) -> None:
    for name in ("search", "show", "episodes", "cast"):
        for answer in answers(shows, name):
            depth, level = 0, [answer]
            while level := [
                child for one in level for child in (one.values() if isinstance(one, dict) else one)
                if isinstance(child, (dict, list))
            ]:  # fmt: skip
                depth += 1
            assert depth < 10
            assert len(json.dumps(answer)) < 2**24


@live
def test_a_search_for_nothing_there_is_an_empty_list() -> None:
    answer = ask("/search/shows", q="aoeu htns snth")
    assert (answer.status_code, answer.json()) == (200, [])


@live
def test_a_show_that_is_not_there_is_a_404() -> None:
    assert ask("/shows/99999999").status_code == 404


@live
def test_the_list_of_changes_has_the_second_of_each_and_can_be_bounded() -> None:
    day, month = (parse_updates(ask("/updates/shows", since=since).json()) for since in ("day", "month"))
    assert day.keys() <= month.keys()
    assert 0 < len(day) < len(month)
    assert all(time.time() - stamp < 2 * 86_400 for stamp in day.values())


@live
def test_a_redirect_stays_on_the_host() -> None:
    answer = ask("/singlesearch/shows", q="under the dome")
    location = answer.headers.get("Location", TVMAZE_URL)
    assert urlsplit(location).netloc in {"", urlsplit(TVMAZE_URL).netloc}
