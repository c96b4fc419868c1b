"""TVMaze's answers become plain values: what each field means, what may be missing, and where an odd one is."""

from typing import Any

import pytest

from tv_appearances.fetching.fields import SchemaError
from tv_appearances.tvmaze.models import (
    Character,
    Episode,
    Show,
    duplicate_ids,
    in_order,
    parse_cast,
    parse_characters,
    parse_episodes,
    parse_search_results,
    parse_show,
    parse_updates,
)

SHOW: dict[str, Any] = {
    "id": 7,
    "name": "The Lighthouse",
    "url": "https://www.tvmaze.com/shows/7/the-lighthouse",
    "updated": 1_700_000_000,
    "premiered": "2019-03-01",
    "network": {"id": 1, "name": "Coast One", "country": {"name": "Utopia", "code": "UT"}},
    "webChannel": {"id": 2, "name": "Coast Stream", "country": None},
    "weight": 88,
}
EPISODE: dict[str, Any] = {
    "id": 1,
    "season": 2,
    "number": 3,
    "name": "Fog",
    "airdate": "2019-03-01",
    "summary": "<p>Ada waits.</p>",
    "url": "https://www.tvmaze.com/episodes/1",
}


def test_a_show_has_what_tvmaze_says_of_it() -> None:
    assert parse_show(SHOW) == Show(
        7, "The Lighthouse", SHOW["url"], 1_700_000_000, "2019-03-01", "Coast One", country="UT", weight=88
    )
    assert parse_show({"id": 7, "name": "The Lighthouse"}) == Show(7, "The Lighthouse")


@pytest.mark.parametrize(
    ("said", "network", "country"),
    [
        ({"network": None}, "Coast Stream", None),
        ({"network": None, "webChannel": None}, None, None),
        ({"network": {"name": None}}, None, None),
        ({"network": {"name": ""}}, None, None),
        ({"network": {"name": "Coast One", "country": "Utopia"}}, "Coast One", None),
        ({"network": {"name": "Coast One", "country": {"code": 5}}}, "Coast One", None),
    ],
)
def test_a_show_is_where_it_is_broadcast_or_else_streamed(
    said: dict[str, Any], network: str | None, country: str | None
) -> None:
    show = parse_show(SHOW | said)
    assert (show.network, show.country) == (network, country)


def test_a_weight_that_is_no_number_is_as_good_as_none() -> None:
    assert parse_show(SHOW | {"weight": "heavy"}).weight is None


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"id": "7"}, 'show.id: expected an integer, got "7"'),
        ({"name": " "}, 'show.name: expected a text, got " "'),
        ({"url": 5}, "show.url: expected a text or null, got 5"),
        ({"updated": "now"}, 'show.updated: expected an integer or null, got "now"'),
        ({"premiered": 2019}, "show.premiered: expected a text or null, got 2019"),
        ({"network": "Coast One"}, 'show.network: expected an object, got "Coast One"'),
        ({"network": {"name": 1}}, "show.network.name: expected a text or null, got 1"),
    ],
)
def test_an_odd_field_of_a_show_is_named(said: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_show(SHOW | said)
    assert str(caught.value) == message


def test_a_result_of_a_search_is_a_show_with_its_score() -> None:
    row = {"score": 0.9, "show": SHOW}
    (result,) = parse_search_results([row])
    assert (result.score, result.show, result.record) == (0.9, parse_show(SHOW), row)
    with pytest.raises(SchemaError, match=r"^results\[0\]\.score: expected a number"):
        parse_search_results([{"score": "high", "show": SHOW}])
    with pytest.raises(SchemaError, match=r"^results\[0\]\.show\.id: expected an integer"):
        parse_search_results([{"score": 1, "show": {}}])


def test_an_episode_has_what_tvmaze_says_of_it() -> None:
    (episode,) = parse_episodes([EPISODE])
    assert episode == Episode(1, 2, 3, "Fog", "2019-03-01", "<p>Ada waits.</p>", EPISODE["url"])
    (bare,) = parse_episodes([{"id": 1, "season": 2}])
    assert bare == Episode(1, 2, None, "")
    (empty,) = parse_episodes([EPISODE | {"airdate": "", "summary": ""}])
    assert (empty.airdate, empty.summary) == (None, None)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("id", "an integer"),
        ("season", "an integer"),
        ("number", "an integer or null"),
        ("name", "a text or null"),
        ("airdate", "a text or null"),
        ("summary", "a text or null"),
        ("url", "a text or null"),
    ],
)
def test_an_odd_field_of_an_episode_is_named(field: str, expected: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_episodes([EPISODE | {field: [0]}])
    assert str(caught.value) == f"episodes[0].{field}: expected {expected}, got [0]"


def role(number: int, name: str, actor: str | None) -> dict[str, Any]:
    return {"character": {"id": number, "name": name}, "person": {"name": actor} if actor else None}


def test_a_role_is_listed_once_with_all_who_play_it() -> None:
    cast = [
        role(2, "Ada Quist", "Iris Holm"),
        role(1, "Bo", None),
        role(2, "Ada", "Eva Sol"),
        role(2, "Ada", "Eva Sol"),
    ]
    assert list(parse_cast(cast)) == [Character(2, "Ada Quist", "Iris Holm / Eva Sol"), Character(1, "Bo", "")]


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        ({"character": None}, "cast[0].character: expected an object, got null"),
        ({"character": {"id": "1", "name": "Ada"}}, 'cast[0].character.id: expected an integer, got "1"'),
        ({"character": {"id": 1, "name": ""}}, 'cast[0].character.name: expected a text, got ""'),
        ({"person": "Iris Holm"}, 'cast[0].person: expected an object, got "Iris Holm"'),
        ({"person": {"name": 5}}, "cast[0].person.name: expected a text or null, got 5"),
    ],
)
def test_an_odd_field_of_a_role_is_named(odd: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parse_cast([role(1, "Ada", "Iris Holm") | odd])
    assert str(caught.value) == message


def test_episodes_come_by_season_number_date_and_id_with_specials_last() -> None:
    wanted = [
        Episode(9, 1, 1, "first"),
        Episode(8, 1, 2, "of two with one number, the one without a date"),
        Episode(5, 1, 2, "the earlier", "2019-01-01"),
        Episode(6, 1, 2, "of one day, the lower id", "2019-02-01"),
        Episode(7, 1, 2, "the other", "2019-02-01"),
        Episode(2, 1, None, "special"),
        Episode(3, 1, None, "special of a later day", "2019-01-01"),
        Episode(1, 2, 0, "a pilot"),
        Episode(4, 2, 1, "the next"),
    ]
    assert list(in_order(reversed([*wanted, *wanted]))) == wanted


def test_ids_that_come_twice_are_told_once_and_ascending() -> None:
    episodes = [Episode(number, 1, 1, "") for number in (5, 3, 5, 1, 3, 5)]
    assert duplicate_ids(episodes) == (3, 5)
    assert duplicate_ids(episodes[:2]) == ()


def test_the_feed_of_changes_is_read_strictly_and_an_odd_entry_is_left_out() -> None:
    assert parse_updates({"7": 5, "8": 6, "9": 7, "x": 8}) == {7: 5, 8: 6, 9: 7}
    assert parse_updates([]) == {}
    for wrong, message in (
        ({"x": 1}, 'updates.x: expected the id of a show as key, got "x"'),
        ({"²": 1}, 'updates.²: expected the id of a show as key, got "²"'),
        ({"1": "2"}, 'updates.1: expected an integer, got "2"'),
        ({"1": None}, "updates.1: expected an integer, got null"),
        ([1], "updates: expected an object, got [1]"),
    ):
        with pytest.raises(SchemaError) as caught:
            parse_updates(wrong)
        assert str(caught.value) == message


def test_the_characters_of_the_file_are_read_back() -> None:
    kept = [{"id": 1, "name": "Ada Quist", "played_by": "Iris Holm / Eva Sol"}, {"id": 2, "name": "Bruno Falk"}]
    assert parse_characters(kept) == (Character(1, "Ada Quist", "Iris Holm / Eva Sol"), Character(2, "Bruno Falk", ""))
    for odd, message in (
        ({"id": "1"}, 'characters[0].id: expected an integer, got "1"'),
        ({"name": ""}, 'characters[0].name: expected a text, got ""'),
        ({"played_by": 5}, "characters[0].played_by: expected a text or null, got 5"),
    ):
        with pytest.raises(SchemaError) as caught:
            parse_characters([kept[0] | odd])
        assert str(caught.value) == message
