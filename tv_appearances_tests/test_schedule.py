"""When shows are built: each rule of the schedule, and what always holds. No clock, no Dagster, no network."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tv_appearances.fetching.errors import FetchError
from tv_appearances.report.quickchart import ChartError
from tv_appearances.schedule import (
    ALIKE,
    ASK_AGAIN_AFTER,
    DAY,
    HOUR,
    LASTING,
    LATE,
    LONGEST_PROBE,
    MINUTE,
    MOST_AT_ONCE,
    NO_WORD,
    OVERVIEW_EVERY,
    SHARED,
    SHORTEST_PROBE,
    Built,
    Ended,
    Schedule,
    ShowState,
)
from tv_appearances.storage import FilesError
from tv_appearances.tvmaze.lookup import LookupFailed

NOON = 1_772_452_800.0
STAMP = 1_700_000_000
OWN = "FilesError"


def kinds_below(error: type[Exception]) -> set[str]:
    """Its name and those of the errors of the package that it is the base of; a test may have its own."""
    below = [one for one in error.__subclasses__() if one.__module__.startswith("tv_appearances.")]
    return {error.__name__}.union(*map(kinds_below, below))


def test_every_kind_of_failure_is_one_that_the_modules_raise_and_the_other_way_round() -> None:
    raised = {kind for error in (FetchError, FilesError, LookupFailed, ChartError) for kind in kinds_below(error)}
    told = LASTING | SHARED | {"FetchError", "FilesError"}
    assert raised | {"RunInterrupted", NO_WORD} == told


def of(*names: str, built: bool = False) -> Schedule:
    """A schedule of these shows, with ids from 1; `built` ones have a report each."""
    schedule = Schedule()
    schedule.list_says({name: name for name in names}, (), NOON)
    schedule.take_code("code")
    if built:
        schedule.read([report(name, number) for number, name in enumerate(names, 1)], NOON)
    return schedule


def report(name: str, tvmaze_id: int = 1, updated: int = STAMP) -> Built:
    return Built(name, tvmaze_id, updated, "live", NOON)


def end(schedule: Schedule, name: str, kind: str = "", now: float = NOON, why: str = "why") -> None:
    """The run that was asked for ends: in success without a kind."""
    status: Any = "failure" if kind else "success"
    schedule.ended(Ended(name, schedule.shows[name].run, status, kind, why if kind else ""), now)


def fail(schedule: Schedule, names: Iterable[str], kind: str, now: float = NOON) -> None:
    for name in names:
        end(schedule, name, kind, now)


def waits(schedule: Schedule, name: str, kind: str, tries: int) -> list[float]:
    """The hours between one try and the next, when each fails and the sensor looks every minute."""
    now, hours = NOON, []
    assert schedule.claim_due(set(), now) == [name]
    for _ in range(tries):
        end(schedule, name, kind, now)
        asked = now
        while not schedule.claim_due(set(), now):
            now += MINUTE
        hours.append((now - asked) / HOUR)
    return hours


# --- the list


def test_a_new_show_is_due_and_an_old_one_is_not() -> None:
    schedule = of("a", built=True)
    schedule.list_says({"a": "a", "b": "b"}, (), NOON)
    assert schedule.claim_due(set(), NOON) == ["b"]


def test_a_line_that_was_changed_is_built_again_though_its_name_stays() -> None:
    schedule = of("a", built=True)
    schedule.list_says({"a": "A!"}, (), NOON)
    assert schedule.claim_due(set(), NOON) == ["a"]
    assert schedule.shows["a"].asked == "A!"


def test_what_a_run_for_the_old_line_makes_is_not_taken_for_the_new_ones() -> None:
    schedule = of("a")
    schedule.claim_due(set(), NOON)
    schedule.list_says({"a": "A!"}, (), NOON + 1)
    assert schedule.claim_due({"a"}, NOON + 2) == [], "the old run goes on"
    schedule.read([report("a")], NOON + 3)
    end(schedule, "a", now=NOON + 3)
    assert schedule.claim_due(set(), NOON + 3) == ["a"]
    schedule.read([report("a", 2)], NOON + 9)
    end(schedule, "a", now=NOON + 9)
    assert schedule.claim_due(set(), NOON + 9) == []


def test_a_show_that_left_and_came_back_is_built_again() -> None:
    schedule = of("a", "b", built=True)
    schedule.list_says({"a": "a"}, (), NOON)
    schedule.list_says({"a": "a", "b": "b"}, (), NOON)
    assert schedule.claim_due(set(), NOON) == ["b"]


def test_a_run_of_a_show_that_left_is_no_trouble() -> None:
    schedule = of("a", "b")
    schedule.claim_due(set(), NOON)
    schedule.list_says({"a": "a"}, (), NOON)
    schedule.ended(Ended("b", "1", "failure", OWN, "why"), NOON)
    schedule.read([report("b")], NOON)
    assert list(schedule.shows) == ["a"]


def test_other_code_or_settings_build_all_and_what_the_old_code_still_makes_does_not_count() -> None:
    schedule = of("a", "b", built=True)
    schedule.shows["b"].seen = STAMP + 1
    assert schedule.claim_due(set(), NOON) == ["b"]
    schedule.take_code("other code")
    assert schedule.claim_due({"b"}, NOON + 1) == ["a"]
    schedule.read([report("b", 2, STAMP + 1)], NOON + 2)
    end(schedule, "b", now=NOON + 2)
    assert schedule.claim_due({"a"}, NOON + 2) == ["b"]
    schedule.take_code("other code")
    assert not schedule.shows["b"].again


# --- TVMaze's changes


def test_a_changed_show_is_due_until_it_is_built() -> None:
    schedule = of("a", "b", built=True)
    assert schedule.hear({1: STAMP, 2: STAMP + 1, 3: STAMP + 2}, "day", NOON) == 1
    assert schedule.claim_due(set(), NOON) == ["b"]
    schedule.read([report("b", 2, STAMP + 1)], NOON)
    end(schedule, "b")
    assert schedule.claim_due(set(), NOON) == []


def test_an_hourly_edited_show_is_built_every_hour_for_as_long_as_it_goes_well() -> None:
    schedule = of("a", built=True)
    for hour in range(1, 49):
        now = NOON + hour * HOUR
        schedule.hear({1: STAMP + hour}, "day", now)
        assert schedule.claim_due(set(), now) == ["a"]
        schedule.read([report("a", 1, STAMP + hour)], now)
        end(schedule, "a", now=now)


def test_the_feed_is_asked_for_as_much_as_was_missed() -> None:
    schedule = Schedule(whole_at=NOON)
    asked = {}
    for days in (0.1, 0.8, 1, 6, 7, 27, 28):
        schedule.answered_at = NOON - days * DAY
        asked[days] = schedule.since(NOON)
    assert asked == {0.1: "day", 0.8: "day", 1: "week", 6: "week", 7: "month", 27: "month", 28: None}
    assert Schedule().since(NOON) is None


def test_the_whole_feed_is_asked_for_once_a_week() -> None:
    schedule = of("a")
    asked = []
    for hour in range(15 * 24):
        now = NOON + hour * HOUR
        asked.append(schedule.since(now))
        schedule.hear({}, asked[-1], now)
    assert [hour for hour, since in enumerate(asked) if since is None] == [0, 7 * 24, 14 * 24]


def test_a_show_that_left_tvmaze_is_tried_once_to_learn_what_became_of_it() -> None:
    schedule = of("a", "b", built=True)
    schedule.hear({2: STAMP}, "day", NOON)
    assert schedule.claim_due(set(), NOON) == [], "a part of the feed says nothing of those it leaves out"
    schedule.hear({2: STAMP}, None, NOON)
    assert "TVMaze does not have id:1 any more" in schedule.why("a", NOON)
    assert schedule.claim_due(set(), NOON) == ["a"]
    end(schedule, "a", "LookupFailed", why="merged into id:7")
    assert schedule.why("a", NOON) == "merged into id:7"
    schedule.hear({2: STAMP}, None, NOON + HOUR)
    assert schedule.claim_due(set(), NOON + HOUR) == []


def test_a_feed_that_knows_none_of_the_shows_says_nothing_about_them() -> None:
    schedule = of("a", "b", built=True)
    schedule.hear({}, None, NOON)
    assert schedule.claim_due(set(), NOON) == []
    assert schedule.why("a", NOON) == ""


def test_a_report_of_another_show_forgets_what_was_seen_of_the_one_before() -> None:
    schedule = of("a", built=True)
    schedule.hear({1: STAMP + 9}, "day", NOON)
    schedule.read([report("a", 5, STAMP - 9)], NOON)
    assert schedule.claim_due(set(), NOON) == []


def test_while_tvmaze_is_silent_nothing_starts_and_then_all_that_failed_goes_on() -> None:
    schedule = of("a")
    schedule.claim_due(set(), NOON)
    end(schedule, "a", "Unreachable")
    schedule.hear_nothing("no connection", patience=DAY, now=NOON)
    for minute in range(0, 600, 5):
        now = NOON + minute * MINUTE
        assert schedule.claim_due(set(), now) == []
        assert schedule.is_to_ask(now + ASK_AGAIN_AFTER)
        schedule.hear_nothing("no connection", patience=DAY, now=now)
        assert not schedule.is_to_ask(now + ASK_AGAIN_AFTER - 1)
    schedule.hear({}, "day", now)
    assert schedule.claim_due(set(), now) == ["a"]


def test_a_silence_is_somebodys_business_after_a_day_or_at_once_where_waiting_cannot_help() -> None:
    schedule = of("a")
    for hour in range(30):  # it never answered yet
        now = NOON + hour * HOUR
        schedule.hear_nothing("no connection", patience=26 * HOUR, now=now)
        assert schedule.is_too_silent(now) == (hour >= 26)
    schedule.hear({}, None, now)
    assert not schedule.is_too_silent(now)
    schedule.hear_nothing("busy", patience=26 * HOUR, now=now + HOUR)
    assert not schedule.is_too_silent(now + HOUR)
    schedule.hear_nothing("404", patience=0, now=now + 2 * HOUR)
    assert schedule.is_too_silent(now + 2 * HOUR)


# --- failures


def test_a_show_that_fails_is_tried_after_1_2_4_8_16_and_24_hours() -> None:
    assert waits(of("a"), "a", OWN, 8) == [1, 2, 4, 8, 16, 24, 24, 24]


@pytest.mark.parametrize("kind", sorted(LASTING))
def test_what_trying_cannot_mend_is_tried_after_a_day_another_and_then_weekly(kind: str) -> None:
    assert waits(of("a"), "a", kind, 5) == [24, 24, 168, 168, 168]


def test_when_tvmazes_stamp_moves_what_it_did_not_have_is_tried_as_after_any_failure() -> None:
    schedule = of("a", built=True)
    schedule.hear({1: STAMP + 1}, "day", NOON)
    tries = []
    for hour in range(34):  # it is edited every hour, and still not there
        now = NOON + hour * HOUR
        schedule.hear({1: STAMP + 1 + hour}, "day", now)
        if schedule.claim_due(set(), now):
            tries.append(hour)
            end(schedule, "a", "NotFound", now)
    assert tries == [0, 1, 3, 7, 15, 31]


def test_when_its_line_is_changed_what_was_not_there_is_tried_at_once() -> None:
    schedule = of("a")
    schedule.claim_due(set(), NOON)
    end(schedule, "a", "NotFound")
    schedule.list_says({"a": "id:9"}, (), NOON + 1)
    assert schedule.claim_due(set(), NOON + 1) == ["a"]


def test_a_success_forgets_the_failures_before() -> None:
    schedule = of("a")
    schedule.claim_due(set(), NOON)
    for _ in range(4):
        end(schedule, "a", OWN)
        schedule.shows["a"].retry_at = 0
        schedule.claim_due(set(), NOON)
    schedule.read([report("a")], NOON)
    end(schedule, "a")
    schedule.hear({1: STAMP + 1}, "day", NOON)
    assert waits(schedule, "a", OWN, 2) == [1, 2]


def test_a_success_that_brought_nothing_newer_is_not_repeated_at_once() -> None:
    schedule = of("a", built=True)
    schedule.hear({1: STAMP + 9}, "day", NOON)
    now = NOON
    tries = []
    for minute in range(24 * 60):
        now = NOON + minute * MINUTE
        if schedule.claim_due(set(), now):
            tries.append(minute / 60)
            schedule.read([report("a")], now)  # TVMaze's own answer lags behind its feed
            end(schedule, "a", now=now)
    assert tries == [0, 1, 3, 7, 15]
    assert schedule.why("a", now) == ""


def test_a_cancelled_run_is_asked_for_an_hour_later() -> None:
    schedule = of("a")
    schedule.claim_due(set(), NOON)
    schedule.ended(Ended("a", schedule.shows["a"].run, "canceled"), NOON)
    assert schedule.claim_due(set(), NOON + HOUR - 1) == []
    assert schedule.claim_due(set(), NOON + HOUR) == ["a"]


def test_what_a_person_asked_for_is_heard_of_and_costs_no_try() -> None:
    schedule = of("a", "b")
    schedule.shows["b"].built = STAMP
    schedule.claim_due({"a"}, NOON)
    schedule.ended(Ended("a", "", "failure", OWN, "by hand"), NOON)
    schedule.ended(Ended("b", "", "failure", OWN, "by hand"), NOON)
    assert schedule.why("a", NOON) == "by hand"
    assert schedule.why("b", NOON) == "", "its report is of the newest state all the same"
    assert schedule.claim_due(set(), NOON) == ["a"]
    schedule.read([report("a")], NOON)
    assert schedule.why("a", NOON) == ""


# --- failures that are nobody's own


NAMES = [f"s{number}" for number in range(10)]


@pytest.mark.parametrize("kind", sorted(SHARED))
def test_when_several_fail_for_one_reason_one_is_tried_and_its_success_sets_all_going(kind: str) -> None:
    schedule = of(*NAMES)
    assert schedule.claim_due(set(), NOON) == NAMES
    fail(schedule, NAMES, kind)
    assert schedule.claim_due(set(), NOON + SHORTEST_PROBE - 1) == []
    (probe,) = schedule.claim_due(set(), NOON + SHORTEST_PROBE)
    assert schedule.claim_due({probe}, NOON + SHORTEST_PROBE + 60) == []
    assert schedule.outage == kind
    schedule.read([report(probe)], NOON + 400)
    end(schedule, probe, now=NOON + 400)
    assert set(schedule.claim_due(set(), NOON + 400)) == {*NAMES} - {probe}


def test_an_outage_is_probed_after_as_long_as_it_has_lasted_and_an_hour_at_most() -> None:
    schedule = of(*NAMES)
    schedule.claim_due(set(), NOON)
    fail(schedule, NAMES, "ServerTrouble")
    probes = []
    for minute in range(6 * 60):
        now = NOON + minute * MINUTE
        for name in schedule.claim_due(set(), now):
            probes.append(minute)
            end(schedule, name, "ServerTrouble", now)
    assert probes == [5, 10, 20, 40, 80, 140, 200, 260, 320]
    assert all(state.failures == 1 for state in schedule.shows.values()), "nobody has used up a try"


def test_each_probe_is_another_show_those_that_have_not_failed_first() -> None:
    schedule = of(*NAMES, built=True)
    for name in NAMES[:5]:
        schedule.shows[name].seen = STAMP + 1
    assert schedule.claim_due(set(), NOON) == NAMES[:5]
    fail(schedule, NAMES[:3], "StorageUnusable")
    now, probed = NOON + LATE, []
    for _ in range(9):
        now += LONGEST_PROBE
        (probe,) = schedule.claim_due({"s3"}, now)
        probed.append(probe)
        end(schedule, probe, "StorageUnusable", now)
    assert probed[0] == "s4", "due, and has not failed"
    assert {*probed[1:6]} == {"s5", "s6", "s7", "s8", "s9"}, "up to date"
    assert {*probed[6:]} == {"s0", "s1", "s2"}
    assert schedule.why("s5", now) == "", "one that was up to date still is"


def test_bad_shows_are_found_out_by_one_that_is_up_to_date() -> None:
    schedule = of("a", "b", "c", "good")
    schedule.claim_due(set(), NOON)
    schedule.read([report("good", 4)], NOON)
    end(schedule, "good")
    fail(schedule, "abc", "ServerTrouble")
    runs = []
    for minute in range(14 * 24 * 60):
        now = NOON + minute * MINUTE
        for name in schedule.claim_due(set(), now):
            runs.append(name)
            if name == "good":
                schedule.read([report("good", 4)], now)
                end(schedule, name, now=now)
            else:
                end(schedule, name, "ServerTrouble", now)
    assert runs.count("good") <= 2
    assert max(map(runs.count, "abc")) <= 20, "1, 2, 4 … 24 hours, and one more when the outage proved to be none"


def test_runs_that_go_on_are_tries_as_well_unless_they_hang() -> None:
    schedule = of(*NAMES)
    schedule.claim_due(set(), NOON)
    fail(schedule, NAMES[:4], "Unreachable")
    busy = {*NAMES[4:]}
    assert schedule.claim_due(busy, NOON + HOUR) == []
    assert schedule.claim_due(busy, NOON + LATE) == ["s0"]
    assert "Runs of several shows failed alike (Unreachable)" in schedule.why("s9", NOON + LATE)


def test_another_kind_of_failure_neither_ends_an_outage_nor_delays_the_next_probe() -> None:
    schedule = of(*NAMES)
    schedule.claim_due(set(), NOON)
    fail(schedule, NAMES[:9], "ServerTrouble")
    end(schedule, "s9", "LookupFailed")
    now = NOON + SHORTEST_PROBE
    (probe,) = schedule.claim_due(set(), now)
    assert probe != "s9", "what is not in TVMaze tells nothing"
    end(schedule, probe, "LookupFailed", now)
    assert len(schedule.claim_due(set(), now + MINUTE)) == 1


def test_an_outage_asks_tvmaze_itself_first() -> None:
    schedule = of(*NAMES)
    schedule.hear({}, None, NOON)
    schedule.claim_due(set(), NOON)
    assert not schedule.is_to_ask(NOON + 60)
    fail(schedule, NAMES[:ALIKE], "Unreachable", NOON + 60)
    assert schedule.is_to_ask(NOON + 60)


def test_a_list_of_one_show_has_no_outage_of_its_own() -> None:
    assert waits(of("a"), "a", "StorageUnusable", 3) == [1, 2, 4]


def test_a_few_failures_between_successes_are_the_shows_own() -> None:
    schedule = of(*NAMES)
    schedule.claim_due(set(), NOON)
    for bad, good in zip(NAMES[:5], NAMES[5:], strict=True):
        end(schedule, bad, "BrokenAnswer")
        schedule.read([report(good)], NOON)
        end(schedule, good)
    assert not schedule.outage
    assert schedule.claim_due(set(), NOON + HOUR) == NAMES[:5]


# --- asking


def test_a_run_that_is_not_there_is_asked_for_again_under_the_same_number() -> None:
    schedule = of("a")
    schedule.claim_due(set(), NOON)
    number = schedule.shows["a"].run
    assert schedule.claim_due(set(), NOON + 60) == ["a"]
    assert schedule.shows["a"].run == number
    assert schedule.claim_due({"a"}, NOON + 120) == []
    end(schedule, "a", OWN)
    assert schedule.claim_due(set(), NOON + HOUR) == ["a"]
    assert schedule.shows["a"].run != number


def test_a_show_whose_run_waits_for_hours_is_not_asked_for_again_and_told() -> None:
    schedule = of("a")
    schedule.claim_due(set(), NOON)
    for hour in range(30):
        assert schedule.claim_due({"a"}, NOON + hour * HOUR) == []
    assert schedule.why("a", NOON + HOUR) == ""
    assert "waits or goes on for hours" in schedule.why("a", NOON + LATE)


def test_no_more_runs_wait_than_keep_tvmaze_busy_and_those_that_were_never_tried_come_first() -> None:
    shows = [f"id-{number}" for number in range(1000)]
    schedule = of(*shows)
    first = schedule.claim_due(set(), NOON)
    assert first == shows[:MOST_AT_ONCE]
    for name in first[:20]:
        end(schedule, name, OWN)
    assert schedule.claim_due({*first[20:]}, NOON + HOUR) == shows[MOST_AT_ONCE : MOST_AT_ONCE + 20]
    assert schedule.claim_due({f"by-hand-{number}" for number in range(1000)}, NOON) == []


def test_the_overview_follows_what_changed_and_is_made_once_a_day_at_least() -> None:
    schedule = of("a", built=True)
    assert schedule.overview_is_due(0, NOON)
    assert not schedule.overview_is_due(NOON, NOON + DAY - 1)
    assert schedule.overview_is_due(NOON, NOON + DAY)
    schedule.read([report("a")], NOON + 60)
    assert not schedule.overview_is_due(NOON, NOON + OVERVIEW_EVERY - 1)
    assert schedule.overview_is_due(NOON, NOON + OVERVIEW_EVERY)


def test_given_up_are_those_that_wait_for_half_a_day_or_more() -> None:
    schedule = of("a", "b")
    schedule.claim_due(set(), NOON)
    end(schedule, "a", "LookupFailed")
    end(schedule, "b", OWN)
    assert (schedule.given_up(NOON), schedule.failing) == (["a"], ["a", "b"])


# --- what is remembered


@pytest.mark.parametrize(
    "junk",
    [b"", b"{", b"[]", b"7", b"\xff", b'{"shows": []}', b'{"shows": {"a": 5}}', b'{"shows": {"a": {"built": "soon"}}}'],
)
def test_what_is_no_schedule_is_a_value_error(junk: bytes) -> None:
    with pytest.raises(ValueError, match="."):
        Schedule.from_json(junk)


def test_what_another_release_wrote_is_read_as_far_as_it_is_known() -> None:
    schedule = Schedule.from_json(b'{"tries": 7, "shows": {"a": {"asked": "a", "colour": "red"}}}')
    assert schedule == Schedule(shows={"a": ShowState(asked="a")})


def test_a_sentence_that_is_no_utf_8_can_be_remembered() -> None:
    schedule = of("a")
    schedule.claim_due(set(), NOON)
    end(schedule, "a", OWN, why="cannot read \udcff")
    assert "cannot read ?" in Schedule.from_json(schedule.to_json()).why("a", NOON)


TIMES = st.floats(0, 1e11)
STATES = st.builds(
    ShowState,
    asked=st.text(st.characters(exclude_categories=["Cs"])),
    tvmaze_id=st.integers(0, 9),
    built=st.none() | st.integers(0, 9),
    seen=st.integers(0, 9),
    failures=st.integers(0, 2000),
    retry_at=TIMES,
    run=st.sampled_from(["", "1.000"]),
    again=st.booleans(),
    as_of=TIMES,
    last_try=TIMES,
    why=st.sampled_from(["", "why"]),
    kind=st.sampled_from(["", OWN, *LASTING, *SHARED]),
    gone=st.booleans(),
)
SCHEDULES = st.builds(
    Schedule,
    code=st.just("code"),
    events=st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    answered_at=TIMES,
    ask_at=TIMES,
    whole_at=TIMES,
    silence=st.sampled_from(["", "no connection"]),
    patience_until=TIMES,
    outage=st.sampled_from(["", *SHARED]),
    outage_at=TIMES,
    probe_at=TIMES,
    alike=st.lists(st.sampled_from("abcd"), unique=True),
    news_at=TIMES,
    dropped=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=2),
    shows=st.dictionaries(st.sampled_from("abcd"), STATES, min_size=1),
)


@given(SCHEDULES)
def test_json_says_all_of_it(schedule: Schedule) -> None:
    content = schedule.to_json()
    assert Schedule.from_json(content) == schedule
    assert json.loads(content).keys() <= set(Schedule.__slots__)


@given(SCHEDULES, st.sampled_from([OWN, "LookupFailed", "Unreachable", ""]))
def test_no_show_is_ever_stuck(schedule: Schedule, first: str) -> None:
    """Whatever is remembered, from whatever clock: once all is well, every show is built within eight days."""
    schedule.list_says({name: state.asked for name, state in schedule.shows.items()}, (), NOON)
    now = NOON
    for name in schedule.claim_due(set(), now):
        if first:
            end(schedule, name, first, now)
    for _ in range(8 * 24 + 1):
        if schedule.is_to_ask(now):
            schedule.hear({}, schedule.since(now), now)
        for name in schedule.claim_due(set(), now):
            schedule.read([report(name, 1, 10)], now)
            end(schedule, name, now=now)
        now += HOUR
    assert schedule.behind == []


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["success", "failure", "canceled", "lost", "waits", "changed", "silence", "edited", "code"]),
        st.sampled_from([OWN, "LookupFailed", "Unreachable", "StorageUnusable"]),
        st.sampled_from("abcd"),
        st.sampled_from([1.0, MINUTE, HOUR, DAY]),  # a tick begins when the one before has ended
    ),
    max_size=60,
)


@given(EVENTS)
def test_nobody_is_asked_for_twice_at_once(events: list[tuple[str, str, str, float]]) -> None:
    """Two numbers of one show never wait or go on at the same time, and no number is given twice."""
    schedule, now = of(*"abcd"), NOON
    running: dict[str, str] = {}
    over: set[tuple[str, str]] = set()
    for what, kind, name, later in events:
        now += later
        schedule = Schedule.from_json(schedule.to_json())
        for asked in schedule.claim_due(running.keys(), now):
            assert asked not in running
            number = schedule.shows[asked].run
            assert (asked, number) not in over
            if what != "lost":
                running[asked] = number
        if what in ("success", "failure", "canceled") and name in running:
            number = running.pop(name)
            over.add((name, number))
            if what == "success":
                schedule.read([report(name, 1, schedule.shows[name].seen)], now)
            schedule.ended(Ended(name, number, what, kind if what == "failure" else "", "why"), now)  # type: ignore[arg-type]
        elif what == "changed":
            schedule.hear({1: int(now)}, "day", now)
        elif what == "silence":
            schedule.hear_nothing("no connection", patience=DAY, now=now)
        elif what == "edited":
            schedule.list_says({**{n: s.asked for n, s in schedule.shows.items()}, name: f"{name} {now}"}, (), now)
        elif what == "code":
            schedule.take_code(f"{now}")
