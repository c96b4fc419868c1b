"""When each of many shows is built: decided from the list, TVMaze's changes, and how the last runs ended.

Belongs here: pure decisions; the time is handed in, and what has to be remembered is one value that JSON can hold. Does
not belong here: asking TVMaze, starting runs, reading files (`many_shows` does that).

A show is due while it was never built, or saw a change newer than what was built. Then it waits its turn:

* After a failure of its own it is tried again an hour later, then 2, 4, 8, 16 and 24 hours. Successes never count.
* What is not in TVMaze is tried again after a day, another day, and then weekly; at once when its line is changed.
* When several shows fail for one reason that is nobody's own (the network, TVMaze, the store), one of them is tried
  every five minutes until one succeeds; then all go on, and none has used up a try.
"""

import json
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, NamedTuple

from tv_appearances.tvmaze.api import Since

MINUTE, HOUR, DAY, WEEK = 60.0, 3600.0, 86_400.0, 604_800.0

ASK_EVERY = HOUR
ASK_AGAIN_AFTER = 5 * MINUTE
"""Seconds after which TVMaze is asked again when it gave no answer."""
WHOLE_FEED_EVERY = WEEK
"""Only the whole feed tells which shows TVMaze does not have any more."""
LONGEST_WAIT = DAY
MISSING_WAITS = (DAY, DAY, WEEK)
ALIKE = 3
"""So many shows that fail for one reason in a row make it nobody's own."""
PROBE_EVERY = 5 * MINUTE
OVERVIEW_EVERY = 10 * MINUTE
MOST_AT_ONCE = 2400
"""Runs that may wait at a time: what TVMaze answers in an hour, two requests a second, three for each show."""

REACH: dict[Since, float] = {"day": 0.9 * DAY, "week": 0.9 * WEEK, "month": 27.9 * DAY}
"""The parts of the change feed, and how long ago it can have been asked last for that part to be enough."""

MISSING = frozenset({"LookupFailed", "NotFound", "Merged"})
"""Kinds of failure that say that TVMaze has no such show."""
SHARED = frozenset({
    "Unreachable", "Untrusted", "RateLimited", "ServerTrouble", "BrokenAnswer", "BudgetSpent", "StorageUnusable",
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
    """How a run that was asked for has ended; `kind` is the class of the error, `why` its sentence."""

    show: str
    status: Literal["success", "failure", "canceled", "lost"]
    kind: str = ""
    why: str = ""


@dataclass(slots=True)
class ShowState:
    """What is remembered of a show; times are epoch seconds, 0 for never.

    `asked` is its line; `built` and `seen` are TVMaze's stamps of what the last report was made from and of the newest
    change; `run` is the try whose end is waited for; `as_of` is when the last report was made, `last_try` when the last
    run was asked for, and `why` and `kind` are what it failed with; `gone` says that TVMaze does not have it any more.
    """

    asked: str = ""
    tvmaze_id: int = 0
    built: int | None = None
    seen: int = 0
    failures: int = 0
    retry_at: float = 0.0
    run: str = ""
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
    """All that is remembered: the shows, and what is about all of them.

    `code` are the code versions and settings that the reports were built with; `events` is how far the event log was
    read; `asked_at` is when TVMaze last answered, `ask_at` when it is asked next, and `whole_at` when it last gave the
    whole feed; `tries` counts the runs asked for; `outage` is the kind of failure that is nobody's own while it goes
    on, and `alike` has, by kind, the shows that failed so since the last success; `probe_at` is when one of them may be
    tried next; `dropped` are the lines of the list that are no show.
    """

    code: str = ""
    events: str | None = None
    asked_at: float = 0.0
    ask_at: float = 0.0
    whole_at: float = 0.0
    tries: int = 0
    outage: str = ""
    alike: dict[str, list[str]] = field(default_factory=dict)
    probe_at: float = 0.0
    overview_at: float = 0.0
    overview_is_due: bool = True
    dropped: list[str] = field(default_factory=list)
    shows: dict[str, ShowState] = field(default_factory=dict)

    @classmethod
    def from_json(cls, content: bytes) -> "Schedule":
        """What `to_json` wrote, in this release or in another.

        Raises:
            ValueError: It is something else.
        """
        said = json.loads(content)
        try:
            shows = {name: ShowState(**_known(ShowState, state)) for name, state in said.pop("shows").items()}
            return cls(**_known(cls, said), shows=shows)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"no schedule: {error!r}") from None

    def to_json(self) -> bytes:
        """The schedule as JSON, without what has its default."""
        said = _changed(self)
        said["shows"] = {name: _changed(state) for name, state in self.shows.items()}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()

    def list_says(self, listed: Mapping[str, str], dropped: Iterable[str]) -> None:
        """Take in the list. A show whose line was changed is built again; one that has left it is forgotten."""
        before = {name: state.asked for name, state in self.shows.items()}
        if (before, self.dropped) != (dict(listed), [*dropped]):
            self.overview_is_due = True
        self.dropped = [*dropped]
        self.shows = {
            name: self.shows[name] if before.get(name) == asked else ShowState(asked=asked)
            for name, asked in listed.items()
        }

    def is_of(self, code: str) -> None:
        """Have all shows built again where an asset's code or settings changed."""
        if self.code != code:
            self.code = code
            for state in self.shows.values():
                state.built, state.retry_at = None, 0.0

    def since(self, now: float) -> Since | None:
        """How far back the feed has to look so that nothing is missed; None for all of it."""
        if now - self.whole_at >= WHOLE_FEED_EVERY:
            return None
        return next((since for since, seconds in REACH.items() if now - self.asked_at < seconds), None)

    def hear(self, updates: Mapping[int, int], since: Since | None, now: float) -> int:
        """Take in the feed; so many shows have changed since the last time."""
        self.asked_at, self.ask_at = now, now + ASK_EVERY
        if since is None:
            self.whole_at = now
        changed = 0
        for state in self.shows.values():
            if since is None:
                state.gone = bool(state.tvmaze_id) and state.tvmaze_id not in updates
            stamp = updates.get(state.tvmaze_id, 0)
            if stamp > state.seen:
                changed += stamp > (state.built or 0)
                state.seen = stamp
        return changed

    def hear_nothing(self, now: float) -> None:
        """TVMaze gave no answer: the next question looks as far back as needed."""
        self.ask_at = now + ASK_AGAIN_AFTER

    def read(self, reports: Iterable[Built]) -> None:
        """Take in the reports that were made since the last time, the oldest first, whoever asked for them."""
        for report in reports:
            state = self.shows.get(report.show)
            if state is None:
                continue
            if state.tvmaze_id != report.tvmaze_id:
                state.seen = 0  # it was another show's
            state.tvmaze_id, state.built, state.as_of = report.tvmaze_id, report.updated, report.at
            self._went_well(state)

    def _went_well(self, state: ShowState) -> None:
        state.failures, state.retry_at, state.why, state.kind, state.gone = 0, 0.0, "", "", False
        self.outage, self.alike, self.overview_is_due = "", {}, True

    def ended(self, end: Ended, now: float) -> None:
        """Take in how a run has ended that was asked for here."""
        state = self.shows.get(end.show)
        if state is None:
            return
        state.run, self.overview_is_due = "", True
        if end.status == "success":
            self._went_well(state)
        elif end.status != "failure":
            state.retry_at = now + HOUR
        else:
            state.kind, state.why = end.kind, end.why
            self._failed(end.show, state, now)

    def _failed(self, name: str, state: ShowState, now: float) -> None:
        if state.kind in SHARED:
            others = self.alike.setdefault(state.kind, [])
            if name not in others:
                others.append(name)
            if self.outage or len(others) >= min(ALIKE, len(self.shows)) > 1:
                self.outage, self.probe_at = state.kind, now + PROBE_EVERY
                for other in (self.shows[one] for one in others if one in self.shows):
                    other.failures, other.retry_at = 0, 0.0
                return
        state.failures += 1
        if state.kind in MISSING:
            state.retry_at = now + MISSING_WAITS[min(state.failures, len(MISSING_WAITS)) - 1]
        else:
            state.retry_at = now + min(LONGEST_WAIT, HOUR * 2 ** (state.failures - 1))

    def due(self, busy: AbstractSet[str], now: float) -> list[str]:
        """The shows to build now, those that waited longest first; each is noted as asked for.

        `busy` are the partitions of all runs that wait or go on.
        """
        if self.outage and (now < self.probe_at or any(state.run for state in self.shows.values())):
            return []
        ready = [
            name
            for name, state in self.shows.items()
            if state.is_behind and not state.run and name not in busy and state.retry_at <= now
        ]
        room = 1 if self.outage else max(0, MOST_AT_ONCE - len(busy))
        chosen = sorted(ready, key=lambda name: self.shows[name].last_try)[:room]
        for name in chosen:
            self.tries += 1
            state = self.shows[name]
            state.run, state.last_try = str(self.tries), now
        return chosen

    def overview(self, now: float) -> bool:
        """Whether the overview is to be made anew now; that is noted."""
        due = self.overview_is_due and now - self.overview_at >= OVERVIEW_EVERY
        if due or now - self.overview_at >= DAY:
            self.overview_is_due, self.overview_at = False, now
            return True
        return False

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


def _changed(value: "Schedule | ShowState") -> dict[str, object]:
    default = type(value)()
    return {name: one for name, one in asdict(value).items() if one != getattr(default, name)}


def _known(kind: type, said: Mapping[str, Any]) -> dict[str, Any]:
    names = {one.name for one in fields(kind)}
    return {name: value for name, value in said.items() if name in names}
