"""What a title may mean, how it is compared, and which namesakes a reader could mix up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tv_appearances.tvmaze.models import SearchResult, Show
from tv_appearances.tvmaze.titles import TitleReading, is_called, mistakable, nearness, ranked, readings, title_key


def result(show: Show, score: float = 1.0) -> SearchResult:
    return SearchResult(score, show, {})


@pytest.mark.parametrize(
    ("asked", "reading"),
    [
        ("Star Fleet (2003)", TitleReading("Star Fleet", year="2003", sure=True)),
        ("Star Fleet [2003]", TitleReading("Star Fleet", year="2003", sure=True)),
        ("Star Fleet (2003-2009)", TitleReading("Star Fleet", year="2003", sure=True)),
        ("Star Fleet (2003– )", TitleReading("Star Fleet", year="2003", sure=True)),
        ("Star Fleet, 2003, BBC One", TitleReading("Star Fleet", year="2003", words="BBC One", sure=True)),
        ("Star Fleet, 2003", TitleReading("Star Fleet", year="2003", sure=True)),
        ("Star Fleet 2003", TitleReading("Star Fleet", year="2003")),
        ("Star Fleet - 2003", TitleReading("Star Fleet", year="2003")),
        ("Star Fleet （2003）", TitleReading("Star Fleet", year="2003", sure=True)),
        ("House of Maps (US)", TitleReading("House of Maps", countries=("US",), sure=True)),
        ("House of Maps (U.K.)", TitleReading("House of Maps", countries=("GB",), sure=True)),
        ("House of Maps (United Kingdom)", TitleReading("House of Maps", countries=("GB",), sure=True)),
        ("House of Maps (tv)", TitleReading("House of Maps", words="tv")),
        ("House of Maps (KW)", TitleReading("House of Maps", countries=("KW",), sure=True)),
        ("House of Maps (Denmark/Sweden)", TitleReading("House of Maps", countries=("DK", "SE"), sure=True)),
        ("House of Maps (TV series 2013)", TitleReading("House of Maps", year="2013", words="TV series", sure=True)),
        ("House of Maps UK", TitleReading("House of Maps", countries=("GB",))),
        ("house of maps uk", TitleReading("house of maps", countries=("GB",))),
        ("House of Maps New Zealand", TitleReading("House of Maps", countries=("NZ",))),
        ("House of Maps (US, 2013)", TitleReading("House of Maps", year="2013", countries=("US",), sure=True)),
        ("House of Maps (2013 US)", TitleReading("House of Maps", year="2013", countries=("US",), sure=True)),
        ("House of Maps (US) (2013)", TitleReading("House of Maps", year="2013", countries=("US",), sure=True)),
        ("House of Maps US 2013", TitleReading("House of Maps", year="2013", countries=("US",))),
        ("House of Maps (remake)", TitleReading("House of Maps", words="remake")),
        ("House of Maps (2013 remake)", TitleReading("House of Maps", year="2013", words="remake", sure=True)),
        ("1992", TitleReading("1992")),
        ("(2003)", TitleReading("(2003)")),
        ("Stuck in", TitleReading("Stuck in")),
        ("Room 90210", TitleReading("Room 90210")),
    ],
)
def test_a_year_a_country_or_a_bracket_is_taken_off_the_end(asked: str, reading: TitleReading) -> None:
    assert readings(asked)[-1] == reading
    assert readings(asked)[0] == TitleReading(readings(asked)[0].title)


@pytest.mark.parametrize(
    ("asked", "name", "near"),
    [
        ("Pokémon", "Pokémon", 0),
        ("pokémon", "Pokémon", 1),
        ("Pokemon", "Pokémon", 2),
        ("Greys Anatomy", "Grey’s Anatomy", 2),
        ("Law and Order", "Law & Order", 2),
        ("MASH", "M*A*S*H", 2),
        ("spiderman", "Spider-Man", 2),
        ("24 Legacy", "24: Legacy", 2),
        ("Grosse Aerodrom", "Große Ærodrom", 2),
        ("Simpsons, The", "The Simpsons", 2),
        ("office", "The Office", 3),
        ("The Lost", "Lost", 3),
        ("The Team", "A Team", None),
        ("Better Ask Pol", "Better Ask Pol: Staff Training", None),
        ("हिन्दी", "हिन्दु", None),
        ("???", "!!!", None),
        ("The", "A", None),
    ],
)
def test_a_title_is_the_same_but_for_spelling(asked: str, name: str, near: int | None) -> None:
    assert nearness(asked, name) == near


def test_a_fact_that_speaks_against_a_show_rules_it_out_and_one_that_is_not_known_does_not() -> None:
    old = Show(1, "House of Maps", premiered="1990-11-18", network="BBC One", country="GB")
    new = Show(2, "House of Maps", premiered="2013-02-01", network="Webflix")
    assert ranked(readings("House of Maps (US)")[-1], [old, new]) == [1]
    assert ranked(readings("House of Maps (UK)")[-1], [new, old]) == [1, 0]
    assert ranked(readings("House of Maps (1990)")[-1], [new, old]) == [1]
    assert ranked(readings("House of Maps (BBC)")[-1], [new, old]) == [1]
    assert ranked(readings("House of Maps, 2013, Webflix")[-1], [old, new]) == [1]
    assert ranked(readings("House of Maps, 2013, HBO")[-1], [old, new]) == [1], "a network may be called otherwise"
    assert ranked(readings("House of Maps (Ireland/UK)")[-1], [old]) == [0]
    assert is_called("house of maps (us)", new)
    assert not is_called("house of maps (2012)", new)
    assert not is_called("house", new)
    assert is_called("Star Fleet 2003", Show(3, "Star Fleet 2003", premiered="1978-01-01"))


KNOWN = Show(1, "Girls", weight=89)


@pytest.mark.parametrize(
    ("other", "score", "doubtful"),
    [
        (Show(2, "GIRLS", weight=59), 0.94, True),
        (Show(2, "Girls!", weight=59), 0.94, True),
        (Show(2, "Girls", weight=1), 0.99, False),
        (Show(2, "Girls", weight=89), 0.5, False),
        (Show(2, "Girls"), 0.94, True),
        (Show(2, "Good Girls", weight=94), 1.0, False),
        (Show(1, "Girls", weight=89), 1.0, False),
    ],
)
def test_only_a_namesake_that_is_nearly_as_well_known_is_doubtful(other: Show, score: float, doubtful: bool) -> None:
    assert bool(mistakable(TitleReading("girls"), result(KNOWN), [result(other, score)])) is doubtful


def test_two_shows_that_hardly_anybody_knows_are_doubtful_and_what_was_said_rules_one_out() -> None:
    old, new = Show(1, "Star Fleet", premiered="1978", weight=2), Show(2, "Star Fleet", premiered="2003", weight=0)
    assert mistakable(TitleReading("Star Fleet"), result(old), [result(new, 0.9)]) == (new,)
    assert mistakable(TitleReading("Star Fleet", year="1978"), result(old), [result(new)]) == ()


@given(st.text(min_size=1, max_size=40))
def test_any_text_is_read_and_every_shorter_reading_has_a_title(text: str) -> None:
    ways = readings(text)
    assert all(title_key(way.title) for way in ways[1:])
    assert [len(way.title) for way in ways] == sorted({len(way.title) for way in ways}, reverse=True)
