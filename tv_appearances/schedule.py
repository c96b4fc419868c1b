"""When each of many shows is built: decided from the list, TVMaze's changes, and how the last runs ended.

Belongs here: pure decisions; the time is handed in, and what has to be remembered is one value that JSON can hold. Does
not belong here: asking TVMaze, starting runs, reading files (`many_shows` does that).

A show is due while it was never built, or saw a change newer than what was built. Then it waits its turn:

* After a failure of its own it is tried again an hour later, then 2, 4, 8, 16 and 24 hours. Successes never count.
* What TVMaze does not have, or has in a form that cannot be read, is tried again after a day, another day, and then
  weekly; when TVMaze's stamp moves, as after a failure of its own; when its line is changed, at once.
* While TVMaze does not answer, no run is started. When it answers again, all that failed goes on at once.
* When several shows fail for a reason that is nobody's own (the network, TVMaze, the store), one show is tried at a
  time: after five minutes, and then after as long as it has lasted, an hour at most. The first that succeeds sets all
  others going. A show that is up to date is tried too: where that succeeds, the others' failures are their own.

A run that was asked for and is not there (a tick died, somebody only looked at a preview) is asked for again under the
same number, so that Dagster starts it once.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, NamedTuple

from pydantic import TypeAdapter

from tv_appearances.tvmaze.api import Since

MINUTE, HOUR, DAY, WEEK = 60.0, 3600.0, 86_400.0, 604_800.0

ASK_EVERY = HOUR
ASK_AGAIN_AFTER = 5 * MINUTE
"""Seconds after which TVMaze is asked again when it gave no answer."""
WHOLE_FEED_EVERY = WEEK
"""Only the whole feed tells which shows TVMaze does not have any more."""
LONGEST_WAIT = DAY
LASTING_WAITS = (DAY, DAY, WEEK)
ALIKE = 3
"""So many shows that fail for such a reason, with no success in between, make it nobody's own."""
SHORTEST_PROBE, LONGEST_PROBE = 5 * MINUTE, HOUR
OVERVIEW_EVERY = 10 * MINUTE
MOST_AT_ONCE = 120
"""Runs that may wait at a time: what TVMaze answers in three minutes, two requests a second, three for a new show. They
keep it busy from tick to tick, and an outage hits no more than these."""
LATE = 2 * HOUR

REACH: dict[Since, float] = {"day": 0.9 * DAY, "week": 0.9 * WEEK, "month": 27.9 * DAY}
"""The parts of the change feed, and how long ago it can have been asked last for that part to be enough."""

LASTING = frozenset({"LookupFailed", "NotFound", "Merged", "BadAnswer"})
"""Kinds of failure that last until the line or TVMaze's data change: trying again does not help."""
NO_WORD = "RunFailed"
"""The kind of a failure outside of any step: the run's process or machine died, or it could not be started."""
SHARED = frozenset({
    "Unreachable", "Untrusted", "Refused", "RateLimited", "ServerTrouble", "BrokenAnswer", "UnsafeRedirect",
    "BudgetSpent", "StorageUnusable", "ChartError", "RunInterrupted", NO_WORD,
})  # fmt: skip
"""Kinds of failure that can hit any show."""


class Built(NamedTuple):
    """A report that was made: its partition, TVMaze's id and stamp of what it was made from, its source, and when."""

    show: str
    tvmaze_id: int
    updated: int
    source: str
    at: float


class Ended(NamedTuple):
    """How a run has ended; `kind` is the class of the error, `why` its sentence, `run` "" where a person asked."""

    show: str
    run: str
    status: Literal["success", "failure", "canceled"]
    kind: str = ""
    why: str = ""


@dataclass(slots=True)
class ShowState:
    """What is remembered of a show; times are epoch seconds, 0 for never.

    Attributes:
        asked: Its line of the list.
        tvmaze_id: The id that the line was found to mean, 0 before that.
        built: TVMaze's stamp of what the last report was made from.
        seen: TVMaze's stamp of the newest change.
        failures: How many runs failed in a row.
        retry_at: When it may be tried again.
        run: The number of the run whose end is waited for, "" for none.
        again: What that run makes is not what is wanted any more.
        as_of: When the last report was made.
        last_try: When the last run was asked for.
        why: The sentence that it failed with, "" when it did not.
        kind: The class of that error.
        gone: TVMaze does not have it any more.
    """

    asked: str = ""
    tvmaze_id: int = 0
    built: int | None = None
    seen: int = 0
    failures: int = 0
    retry_at: float = 0.0
    run: str = ""
    again: bool = False
    as_of: float = 0.0
    last_try: float = 0.0
    why: str = ""
    kind: str = ""
    gone: bool = False

    @property
    def is_behind(self) -> bool:
        """Whether there is no report of the show's newest state."""
        return self.built is None or self.built < self.seen


@dataclass(slots=True)
class Schedule:
    """All that is remembered: the shows, and what is about all of them; times as in `ShowState`.

    Attributes:
        owner: The key of the reports, so that two lists do not share a folder.
        code: The code versions and settings that the reports were built with.
        events: How far the event log was read.
        answered_at: When TVMaze last answered.
        ask_at: When it is asked next.
        whole_at: When it last gave the whole feed.
        silence: Why it gave no answer, "" where it did.
        patience_until: When the silence becomes a failure of the tick.
        outage: The kind of failure that is no show's own, while it goes on.
        outage_at: When that began.
        probe_at: When one show may be tried next, during an outage.
        alike: The shows whose first failure in a row was of such a kind, since the last success.
        news_at: When something last changed that the overview says.
        dropped: The lines of the list that are no show.
        shows: What is remembered of each show, by its partition.
    """

    owner: str = ""
    code: str = ""
    events: str | None = None
    answered_at: float = 0.0
    ask_at: float = 0.0
    whole_at: float = 0.0
    silence: str = ""
    patience_until: float = 0.0
    outage: str = ""
    outage_at: float = 0.0
    probe_at: float = 0.0
    alike: list[str] = field(default_factory=list)
    news_at: float = 0.0
    dropped: list[str] = field(default_factory=list)
    shows: dict[str, ShowState] = field(default_factory=dict)

    @classmethod
    def from_json(cls, content: bytes) -> "Schedule":
        """What `to_json` wrote, in this release or in another.

        Raises:
            ValueError: It is something else.
        """
        schedule: Schedule = _adapter().validate_json(content)
        return schedule

    def to_json(self) -> bytes:
        """The schedule as JSON, without what has its default."""
        return _adapter().dump_json(self, exclude_defaults=True)

    def list_says(self, listed: Mapping[str, str], dropped: Iterable[str], now: float) -> None:
        """Take in the list. A show whose line was changed is built again; one that has left it is forgotten."""
        before = {name: state.asked for name, state in self.shows.items()}
        if (before, self.dropped) != (dict(listed), [*dropped]):
            self.news_at = now
        self.dropped = [*dropped]
        self.shows = {
            name: self.shows[name] if before.get(name) == asked else _asked_anew(asked, self.shows.get(name))
            for name, asked in listed.items()
        }
        self.alike = [name for name in self.alike if name in self.shows]

    def take_code(self, code: str) -> None:
        """Have all shows built again where an asset's code or settings changed."""
        if self.code != code:
            self.code = code
            for state in self.shows.values():
                state.built, state.retry_at, state.again = None, 0.0, bool(state.run)

    def since(self, now: float) -> Since | None:
        """How far back the feed has to look so that nothing is missed; None for all of it."""
        if _passed(self.whole_at, WHOLE_FEED_EVERY, now):
            return None
        return next((since for since, seconds in REACH.items() if not _passed(self.answered_at, seconds, now)), None)

    def is_to_ask(self, now: float) -> bool:
        """Whether TVMaze is to be asked for its changes now."""
        return _is_time(self.ask_at, now, ASK_EVERY)

    def hear(self, updates: Mapping[int, int], since: Since | None, now: float) -> int:
        """Take in the feed; so many shows have changed since the last time."""
        if self.silence:
            self.silence, self.probe_at = "", now
            self._go_on()
        self.answered_at, self.ask_at = now, now + ASK_EVERY
        if since is None:
            self.whole_at = now
        known = any(state.tvmaze_id in updates for state in self.shows.values())  # else it is no feed of these shows
        changed = 0
        for state in self.shows.values():
            if since is None and known:
                gone = bool(state.tvmaze_id) and state.tvmaze_id not in updates
                if gone and not state.gone:  # the next run finds out what became of it
                    state.built, state.retry_at, self.news_at = None, 0.0, now
                state.gone = gone
            stamp = updates.get(state.tvmaze_id, 0)
            if stamp > state.seen:
                changed += stamp > (state.built or 0)
                state.seen = stamp
                if state.kind in LASTING:
                    state.retry_at = min(state.retry_at, state.last_try + _pause(state.failures))
        return changed

    def hear_nothing(self, why: str, *, patience: float, now: float) -> None:
        """TVMaze gave no answer, which for so many seconds since the last one is nobody's business yet."""
        until = (self.answered_at or now) + patience
        self.patience_until = min(until, self.patience_until) if self.silence else until
        self.silence, self.ask_at = _clean(why), now + ASK_AGAIN_AFTER

    def is_too_silent(self, now: float) -> bool:
        """Whether somebody has to be told that TVMaze gives no answer."""
        return bool(self.silence) and now >= self.patience_until

    def read(self, reports: Iterable[Built], now: float) -> None:
        """Take in the reports that were made since the last time, the oldest first, no matter who asked for them."""
        for report in reports:
            state = self.shows.get(report.show)
            if state is None:
                continue
            if state.tvmaze_id != report.tvmaze_id:
                state.seen = 0  # it was another show's
            state.tvmaze_id, state.built, state.as_of = report.tvmaze_id, report.updated, float(round(report.at))
            state.why, state.kind, state.gone = "", "", False
            if not state.is_behind:
                state.failures, state.retry_at = 0, 0.0
            self.news_at = now
            self._somebody_succeeded()

    def ended(self, end: Ended, now: float) -> None:
        """Take in how a run has ended, after the reports of that time. What a person asked for costs no try."""
        state = self.shows.get(end.show)
        if state is None:
            return
        if not end.run or end.run != state.run:
            if end.status == "failure" and state.is_behind and not state.run and end.why != state.why:
                state.kind, state.why, self.news_at = end.kind, _clean(end.why), now
            return
        state.run, self.news_at = "", now
        if end.status == "success":
            self._somebody_succeeded()
        if state.again:
            state.again, state.built, state.retry_at = False, None, 0.0
        elif end.status == "canceled":
            state.retry_at = now + HOUR
        elif end.status == "failure":
            self._failed(end, state, now)
        elif state.is_behind:  # TVMaze's answer was older than its feed, or the sample stood in for it
            self._back_off(state, now)

    def _failed(self, end: Ended, state: ShowState, now: float) -> None:
        if end.kind in SHARED:
            # A show that was failing already says nothing about the others.
            if not state.failures and end.show not in self.alike:
                self.alike.append(end.show)
            if not self.outage and len(self.alike) >= min(ALIKE, len(self.shows)) > 1:
                # If it is TVMaze, the next question to it may tell so without a run.
                self.outage, self.outage_at, self.ask_at = end.kind, now, min(self.ask_at, now)
            if self.outage:
                self.probe_at = now + min(LONGEST_PROBE, max(SHORTEST_PROBE, now - self.outage_at))
        if state.is_behind:
            state.kind, state.why = end.kind, _clean(end.why)
            if self.outage and end.kind in SHARED:
                state.failures = max(state.failures, 1)
            else:
                self._back_off(state, now)

    def _back_off(self, state: ShowState, now: float) -> None:
        state.failures += 1
        if state.kind in LASTING:
            state.retry_at = now + LASTING_WAITS[min(state.failures, len(LASTING_WAITS)) - 1]
        else:
            state.retry_at = now + _pause(state.failures)

    def _somebody_succeeded(self) -> None:
        if self.outage:
            self.outage = ""
            self._go_on()
        self.alike = []

    def _go_on(self) -> None:
        for state in self.shows.values():
            if state.kind in SHARED:
                state.retry_at = 0.0

    def claim_due(self, busy: AbstractSet[str], now: float) -> list[str]:
        """The shows to build now, those that waited longest first; each is noted as asked for, under a number.

        `busy` are the partitions of all runs that wait or go on.
        """
        if self.silence:
            return []
        free = {name: state for name, state in self.shows.items() if name not in busy}
        if self.outage:
            # The runs of the last two hours are tries as well; one that hangs for longer is none.
            going_on = [state for name, state in self.shows.items() if name in busy and state.run]
            if not _is_time(self.probe_at, now, LONGEST_PROBE) or any(
                not _passed(state.last_try, LATE, now) for state in going_on
            ):
                return []
            chosen = sorted(free, key=lambda name: self._as_a_probe(name, free[name]))[:1]
        else:
            ready = [
                name
                for name, state in free.items()
                if state.is_behind and (state.run or _is_time(state.retry_at, now, WEEK))
            ]
            chosen = sorted(ready, key=lambda name: free[name].last_try)[: max(0, MOST_AT_ONCE - len(busy))]
        for name in chosen:
            state = free[name]
            state.run, state.last_try = state.run or f"{now:.3f}", round(now, 3)
        return chosen

    def _as_a_probe(self, name: str, state: ShowState) -> tuple[object, ...]:
        """What makes one show a better one to try than another: not having failed, then being due."""
        failed = name in self.alike or state.failures > 0
        return failed, state.kind in LASTING, not state.is_behind, state.last_try

    def overview_is_due(self, asked_for: float, now: float) -> bool:
        """Whether the overview is to be made anew; `asked_for` is when it last was asked for, 0 for never."""
        return _passed(asked_for, DAY if self.news_at <= asked_for else OVERVIEW_EVERY, now)

    def why(self, name: str, now: float) -> str:
        """Why there is no report of the show's newest state, or will be none; "" where there is one or soon will be."""
        state = self.shows[name]
        if state.why:
            return state.why
        if state.gone:
            return f"TVMaze does not have id:{state.tvmaze_id} any more: look it up, and put its new id into the list."
        if state.is_behind and self.outage:
            return f"Runs of several shows failed alike ({self.outage}): it is built as soon as one succeeds."
        if state.run and now - state.last_try >= LATE:
            return "Its run waits or goes on for hours: look at it in the UI, under Runs."
        return ""

    @property
    def behind(self) -> list[str]:
        """The shows without a report of their newest state."""
        return [name for name, state in self.shows.items() if state.is_behind]

    @property
    def failing(self) -> list[str]:
        """The shows whose last run failed."""
        return [name for name, state in self.shows.items() if state.why]

    def given_up(self, now: float) -> list[str]:
        """The shows that wait for half a day or more until they are tried again."""
        return [name for name, state in self.shows.items() if state.is_behind and state.retry_at - now >= DAY / 2]


def _asked_anew(asked: str, before: ShowState | None) -> ShowState:
    """The state of a show whose line is new, or means something else while a run for the old one goes on."""
    if before is None or not before.run:
        return ShowState(asked=asked)
    return ShowState(asked=asked, run=before.run, last_try=before.last_try, again=True)


def _pause(failures: int) -> float:
    """Seconds until the next try after so many failures in a row: an hour, then twice as long, up to a day."""
    return min(LONGEST_WAIT, HOUR * 2.0 ** min(failures - 1, 9))


# Both hold for a clock that was set back, too: what lies further ahead than it can is over.
def _passed(since: float, seconds: float, now: float) -> bool:
    """Whether so many seconds have passed since then."""
    return not 0 <= now - since < seconds


def _is_time(at: float, now: float, longest: float) -> bool:
    """Whether the moment has come that was at most `longest` seconds ahead."""
    return not now < at <= now + longest


def _clean(sentence: str) -> str:
    """The sentence as UTF-8 can hold it: the name of a file may have been none."""
    return sentence.encode(errors="replace").decode()


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(Schedule)
