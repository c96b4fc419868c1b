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
    ("search_is_unambiguous", ([FRIENDS], [], OTHER), False, "id:9 (1979, `ABC`), by now"),
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


def test_a_result_carries_the_severity_of_its_check() -> None:
    (warning,) = checks.results(FRIENDS, data_is_live=Verdict(False, "sample"))
    assert warning.metadata["show"].value == "Friends (id:431)"
    (error,) = checks.results(episodes_are_present=Verdict(False, "none"))
    assert (warning.severity, error.severity) == (dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR)


def test_only_missing_data_blocks_what_follows() -> None:
    blocking = {spec.name for check in CHECKS for spec in checks.specs(check.asset) if spec.blocking}
    assert blocking == {"episodes_are_present", "characters_are_present"}
