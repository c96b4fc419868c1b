"""Every predicate passes where it should and fails where it should, and says what it saw."""

from typing import Any

import dagster as dg
import pytest

from tv_appearances import checks
from tv_appearances.checks import CHECKS, Verdict
from tv_appearances.tvmaze.models import Episode, Mention, Show

FRIENDS = Show(431, "Friends", premiered="1994-09-22", network="NBC")
OTHER = Show(9, "friends", premiered="1979-03-25", network="ABC")
ONE, TWO = Episode(1, 1, 1, "Fog", summary="Ada."), Episode(2, 1, 2, "Tide")
COUNTED, AMBIGUOUS = Mention(1, 1, 1, "Ada Quist", "Ada", 2), Mention(1, 1, 1, "", "Quist", 1)
SHARED = Mention(1, 1, 1, "The Pair", "The Pair", 1)

CASES: list[tuple[str, tuple[Any, ...], bool, str]] = [
    ("show_name_matches_search", (" friends ", FRIENDS), True, "Friends"),
    ("show_name_matches_search", ("id:431", FRIENDS), True, "Friends"),
    ("show_name_matches_search", (" ID:431", FRIENDS), True, "Friends"),
    ("show_name_matches_search", ("fiends", FRIENDS), False, "called `Friends`"),
    ("show_name_matches_search", ("Friends (1994)", FRIENDS), True, "Friends"),
    ("show_name_matches_search", ("Friends (1979)", FRIENDS), False, "called `Friends`"),
    ("search_is_unambiguous", ([FRIENDS, Show(9, "Friends Again")], []), True, "Only one"),
    ("search_is_unambiguous", ([FRIENDS, FRIENDS], []), True, "Only one"),
    ("search_is_unambiguous", ([FRIENDS, OTHER], []), True, "far less known"),
    ("search_is_unambiguous", ([FRIENDS, OTHER], [OTHER]), False, "id:9 (1979, `ABC`)"),
    ("search_is_unambiguous", ([FRIENDS], [], OTHER), False, "finds `friends`, id:9 (1979, `ABC`). This"),
    ("answers_are_complete", ([],), True, "Every row"),
    ("answers_are_complete", (["cast[2]: not so"],), False, "`cast[2]: not so`. The rest"),
    ("data_is_live", ("live",), True, "TVMaze"),
    ("data_is_live", ("sample",), False, "SAMPLE"),
    ("episodes_are_present", (FRIENDS, [ONE]), True, "1"),
    ("episodes_are_present", (FRIENDS, []), False, "no episodes of `Friends` yet"),
    ("episodes_have_unique_ids", ([ONE, TWO],), True, "once"),
    ("episodes_have_unique_ids", ([ONE, TWO, ONE],), False, "more than once: 1"),
    ("most_episodes_have_summaries", ([ONE, TWO],), True, "1 of 2 episodes"),
    ("most_episodes_have_summaries", ([ONE, TWO, TWO],), False, "(33%)"),
    ("most_episodes_have_summaries", ([],), False, "0 of 0"),
    ("characters_are_present", (FRIENDS, ["Ada Quist"]), True, "1"),
    ("characters_are_present", (FRIENDS, []), False, "no cast of `Friends`"),
    ("at_least_one_character_mentioned", ([COUNTED],), True, "2 mentions"),
    ("at_least_one_character_mentioned", ([AMBIGUOUS],), False, "No summary"),
    ("few_mentions_are_ambiguous", (0.1,), True, "10.0%"),
    ("few_mentions_are_ambiguous", (0.11,), False, "the setting `aliases`"),
    (
        "leading_cast_is_mentioned",
        (["Ada Quist", "Bo", "Cy", "Di"], [COUNTED, SHARED], {"The Pair": ("Bo", "Cy")}),
        True,
        "They are",
    ),
    (
        "leading_cast_is_mentioned",
        (["Ada Quist", "Bo", "Cy", "Di"], [COUNTED, AMBIGUOUS], {}),
        False,
        "Never mentioned: `Bo`, `Cy`. If",
    ),
    ("nobody_unknown_leads", ([("Eleanor", 5, 3)], 5), True, "None"),
    ("nobody_unknown_leads", ([("Eleanor", 6, 3), ("Tony", 5, 2)], 5), False, "`Eleanor` (6). If"),
    ("report_is_a_readable_picture", (None,), True, "readable"),
    ("report_is_a_readable_picture", ("it is blank",), False, "it is blank"),
    ("every_sign_has_a_font", ((), ()), True, "for every sign"),
    (
        "every_sign_has_a_font",
        (("山", "影"), ("fonts-noto-cjk",)),
        False,
        "No font here has `山 影`: `appearances.png` shows boxes. `apt install fonts-noto-cjk`",
    ),
    ("every_show_is_current", ({},), True, "All are."),
    ("every_show_is_current", ({"hous": "Not found."},), False, "hous: `Not found.`"),
    ("every_show_is_live", ([],), True, "All are."),
    ("every_show_is_live", (["friends"],), False, "1 of the sample: friends"),
    ("every_show_names_a_character", ([],), True, "All do."),
    ("every_show_names_a_character", (["a", "b"],), False, "2 without a mention: a; b"),
    ("every_line_is_a_show", ([],), True, "All are."),
    ("every_line_is_a_show", (["line 3: id:x"],), False, "1 left out: `line 3: id:x`"),
    ("every_show_has_a_result", ([],), True, "All"),
    ("every_show_has_a_result", (["friends", "house"],), False, "2 without"),
    ("every_show_is_called_what_was_asked_for", ({},), True, "All are"),
    ("every_show_is_called_what_was_asked_for", ({"hous": "Fuller House"},), False, "hous: `Fuller House`"),
    ("every_show_is_listed_once", ([],), True, "of its own"),
    ("every_show_is_listed_once", ([("friends", "id-431")],), False, "friends = id-431"),
]


@pytest.mark.parametrize(("name", "given", "passed", "note"), CASES)
def test_a_predicate_decides_and_says_what_it_saw(name: str, given: tuple[Any, ...], passed: bool, note: str) -> None:
    verdict = getattr(checks, name)(*given)
    assert verdict.passed is passed
    assert note in verdict.note


def test_every_check_is_shown_passing_and_failing() -> None:
    assert {(name, passed) for name, _, passed, _ in CASES} == {
        (check.name, passed) for check in CHECKS for passed in (True, False)
    }


TWELVE = [f"n{number}" for number in range(1, 13)]
TEN = TWELVE[:10]


@pytest.mark.parametrize(
    ("name", "begins", "between"),
    [
        ("answers_are_complete", "Left out: ", "; "),
        ("every_show_is_live", "of the sample: ", "; "),
        ("every_show_names_a_character", "without a mention: ", "; "),
        ("every_line_is_a_show", "left out: ", "; "),
        ("every_show_has_a_result", ": ", ", "),
    ],
)
def test_of_many_ten_are_named(name: str, begins: str, between: str) -> None:
    def note(names: list[str]) -> str:
        return getattr(checks, name)(names).note.replace("`", "")

    assert f"{begins}{between.join(TEN)}{between}…" in note(TWELVE)
    assert f"{begins}{between.join(TEN)}" in note(TEN)
    assert "…" not in note(TEN)


def test_of_many_ids_that_come_twice_ten_are_named() -> None:
    episodes = [Episode(number, 1, 1, "") for number in range(1, 12)]
    assert checks.episodes_have_unique_ids([*episodes, *episodes]).note == (
        "Listed more than once: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …."
    )
    assert checks.episodes_have_unique_ids([*episodes[:10], *episodes[:10]]).note == (
        "Listed more than once: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10."
    )


def test_the_checks_of_an_asset_are_its_rows_of_the_table() -> None:
    specs = checks.specs("episodes")
    rows = [check for check in CHECKS if check.asset == "episodes"]
    assert [(spec.name, spec.description, spec.blocking) for spec in specs] == [
        (row.name, row.description, row.blocking) for row in rows
    ]
    assert {spec.asset_key.to_user_string() for spec in specs} == {"episodes"}


def test_for_one_of_many_shows_it_is_no_error_that_there_is_nothing_to_count_yet() -> None:
    none = Verdict(False, "none")
    for many, severity in ((False, dg.AssetCheckSeverity.ERROR), (True, dg.AssetCheckSeverity.WARN)):
        said = checks.results(FRIENDS, many, episodes_are_present=none, report_is_a_readable_picture=none)
        assert [(one.check_name, one.severity) for one in said] == [
            ("episodes_are_present", severity),
            ("report_is_a_readable_picture", dg.AssetCheckSeverity.ERROR),
        ]
        assert {one.description for one in said} == {"none"}


def test_a_result_carries_the_severity_of_its_check() -> None:
    (warning,) = checks.results(FRIENDS, data_is_live=Verdict(False, "sample"))
    assert warning.metadata["show"].value == "Friends (id:431)"
    (error,) = checks.results(episodes_are_present=Verdict(False, "none"))
    assert (warning.severity, error.severity) == (dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR)


def test_only_missing_data_blocks_what_follows() -> None:
    blocking = {spec.name for check in CHECKS for spec in checks.specs(check.asset) if spec.blocking}
    assert blocking == {"episodes_are_present", "characters_are_present"}
