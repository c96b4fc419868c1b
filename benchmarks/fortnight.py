"""Two weeks with a hundred shows: runs, red runs, messages and staleness, by this schedule and by the rules before it.

`python -m benchmarks.fortnight`. The schedule is the real one; TVMaze, the store and the runs are a model, in which a
run takes a minute and the sensor ticks once a minute (before: once an hour).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from tv_appearances.schedule import DAY, HOUR, MINUTE, Built, Ended, Schedule

SHOWS = 100
DAYS = 14
BEGIN = 1_772_409_600.0
MERGED, RENAMED, TAKEN, EDITED = 40, 41, 42, 43
BAD = {90: "LookupFailed", 91: "LookupFailed", 92: "NotFound", 93: "BadAnswer", 94: "no episodes", 95: "no cast"}
"""Shows that cannot be built, and why: misspelt, deleted, with a row that cannot be read, announced."""
NOT_YET = frozenset({"no episodes", "no cast"})
"""Red before; now a report says so, and the run is green."""
STORE_DOWN = (5 * DAY, 5 * DAY + 2 * HOUR)
TVMAZE_DOWN = (8 * DAY + 0.5 * HOUR, 8 * DAY + 2.5 * HOUR)
BAD_LINE = (3 * DAY, 3 * DAY + 6 * HOUR)
TRIES_A_DAY = 3
CHANGES_A_DAY = 0.25
"""So often a show changes on average."""


@dataclass
class World:
    """TVMaze and the store: what each show is at a moment, and how a run for it ends."""

    changes: dict[int, list[float]]

    def stamp(self, show: int, at: float) -> int:
        """When TVMaze last changed the show by then, in seconds since the beginning."""
        return int(max((change for change in self.changes[show] if change <= at), default=0))

    def is_there(self, show: int, at: float) -> bool:
        """Whether the show can be built by then at all."""
        return show not in BAD and not (show == MERGED and at >= 6 * DAY)

    def ends(self, show: int, at: float, *, pinned: bool) -> str:
        """What a run fails with; "" for success."""
        if STORE_DOWN[0] <= at < STORE_DOWN[1]:
            return "StorageUnusable"
        if TVMAZE_DOWN[0] <= at < TVMAZE_DOWN[1]:
            return "Unreachable"
        if show == RENAMED and at >= 7 * DAY and not pinned:
            return "LookupFailed"
        return "" if self.is_there(show, at) else BAD.get(show, "LookupFailed")

    def feed(self, at: float) -> dict[int, int]:
        """The change feed: the id of a show is its number and one."""
        return {show + 1: self.stamp(show, at) for show in self.changes if self.is_there(show, at) or show not in BAD}


@dataclass
class Score:
    """What came of it."""

    runs: int = 0
    red: int = 0
    reasons: list[str] = field(default_factory=list)
    taken_over: bool = False
    overdue: dict[str, float] = field(default_factory=dict)
    """By show: the longest time in hours that it was stale while nothing stood in its way."""
    stale: dict[str, float] = field(default_factory=dict)
    """By show: hours in all without a report of the newest state."""

    def ended(self, show: int, kind: str, open_reasons: dict[str, set[int]]) -> None:
        """Count a run, and a message where its reason is none that was told already and is still open."""
        self.runs += 1
        for shows in open_reasons.values():
            shows.discard(show)
        if not kind:
            return
        self.red += 1
        shared = kind in ("StorageUnusable", "Unreachable", "ServerTrouble")
        reason = kind if shared else f"{kind} of {show}"
        if reason not in open_reasons:
            self.reasons.append(reason)
        open_reasons.setdefault(reason, set()).add(show)


def world() -> World:
    """A TVMaze that changes at random, and one show that is edited every hour."""
    chance = random.Random(16)
    changes = {}
    for show in range(SHOWS):
        moment, moments = 0.0, []
        while (moment := moment + chance.expovariate(CHANGES_A_DAY / DAY)) < DAYS * DAY:
            moments.append(moment)
        changes[show] = moments
    changes[TAKEN].append(9.5 * DAY)
    changes[EDITED] = [hour * HOUR for hour in range(DAYS * 24)]
    return World(changes)


class Staleness:
    """Counts from minute to minute."""

    def __init__(self, tvmaze: World, score: Score) -> None:
        self.tvmaze, self.score = tvmaze, score
        self.since: dict[int, float] = {}

    def look(self, at: float, built: dict[int, int | None], listed: set[int]) -> None:
        """Count this minute for each show without a report of its newest state."""
        down = STORE_DOWN[0] <= at < STORE_DOWN[1] or TVMAZE_DOWN[0] <= at < TVMAZE_DOWN[1]
        for show in range(SHOWS):
            made = built.get(show)
            if not self.tvmaze.is_there(show, at):
                continue
            if made is not None and made >= self.tvmaze.stamp(show, at):
                self.since.pop(show, None)
                continue
            name = f"show {show}"
            self.score.stale[name] = self.score.stale.get(name, 0) + 1 / 60
            if down or show not in listed:
                self.since[show] = at
            hours = (at - self.since.setdefault(show, at)) / HOUR
            self.score.overdue[name] = max(self.score.overdue.get(name, 0), hours)


def listed_at(at: float, *, line_by_line: bool) -> set[int] | None:
    """The shows of the list; None where a bad line keeps all of it from loading."""
    if not line_by_line and BAD_LINE[0] <= at < BAD_LINE[1]:
        return None
    return {*range(SHOWS)}


def minutes() -> Iterator[float]:
    """Each minute of the fortnight, in seconds since its beginning."""
    return (minute * MINUTE for minute in range(int(DAYS * DAY / MINUTE)))


def after(tvmaze: World) -> Score:
    """The schedule as it is."""
    score, schedule = Score(), Schedule()
    staleness, open_reasons = Staleness(tvmaze, score), dict[str, set[int]]()
    running: dict[str, str] = {}
    for at in minutes():
        now = BEGIN + at
        ends: list[Ended] = []
        reports: list[Built] = []
        for name, number in running.items():
            show = int(name)
            pinned = bool(schedule.shows[name].tvmaze_id)
            score.taken_over |= show == TAKEN and at >= 9 * DAY and not pinned
            kind = tvmaze.ends(show, at, pinned=pinned)
            kind = "" if kind in NOT_YET else kind
            score.ended(show, kind, open_reasons)
            if not kind:
                reports.append(Built(name, show + 1, tvmaze.stamp(show, at), "live", now))
            ends.append(Ended(name, number, "failure" if kind else "success", kind, kind))
        if STORE_DOWN[0] <= at < STORE_DOWN[1]:
            # The sensor cannot read what it remembers, so its tick fails: nothing starts, and what has ended is there
            # for a later one. A red tick is a message, too.
            if "sensor" not in open_reasons:
                open_reasons["sensor"] = {-1}
                score.reasons.append("the sensor fails")
        else:
            open_reasons.pop("sensor", None)
            running = {}
            dropped = ["line 101 is no show"] if BAD_LINE[0] <= at < BAD_LINE[1] else []
            schedule.list_says({str(show): f"show {show}" for show in range(SHOWS)}, dropped, now)
            schedule.take_code("code")
            schedule.read(reports, now)
            for end in ends:
                schedule.ended(end, now)
            if schedule.is_to_ask(now):
                if TVMAZE_DOWN[0] <= at < TVMAZE_DOWN[1]:
                    schedule.hear_nothing("Unreachable", patience=26 * HOUR, now=now)
                else:
                    schedule.hear(tvmaze.feed(at), schedule.since(now), now)
            running = {name: schedule.shows[name].run for name in schedule.claim_due(set(), now)}
        built = {int(name): state.built for name, state in schedule.shows.items()}
        staleness.look(at, built, {*range(SHOWS)})
    return score


def before(tvmaze: World) -> Score:
    """The rules before: three tries a day, successes counted, titles looked up anew, a bad line that stops all."""
    score = Score()
    staleness, open_reasons = Staleness(tvmaze, score), dict[str, set[int]]()
    built: dict[int, int | None] = {}
    seen: dict[int, int] = {}
    tries: dict[int, int] = {}
    running: list[int] = []
    for at in minutes():
        for show in running:
            score.taken_over |= show == TAKEN and at >= 9 * DAY  # a namesake is the better match from then on
            kind = tvmaze.ends(show, at, pinned=False)
            score.ended(show, kind, open_reasons)
            if not kind:
                built[show] = tvmaze.stamp(show, at)
        running = []
        if at % DAY == 0:
            tries = {}
        listed = listed_at(at, line_by_line=False)
        tvmaze_answers = not TVMAZE_DOWN[0] <= at < TVMAZE_DOWN[1]
        if at % HOUR == 0 and listed and tvmaze_answers:
            feed = tvmaze.feed(at)
            seen |= {show: feed.get(show + 1, 0) for show in range(SHOWS)}
            running = [
                show
                for show in sorted(listed)
                if tries.get(show, 0) < TRIES_A_DAY and (show not in built or (built[show] or 0) < seen[show])
            ]
            for show in running:
                tries[show] = tries.get(show, 0) + 1
        elif listed is None and "list" not in open_reasons:
            open_reasons["list"] = {-1}
            score.reasons.append("the list does not load")
        staleness.look(at, built, {*range(SHOWS)})
    return score


def told(score: Score) -> list[str]:
    """The score as cells of a table."""
    longest = max(score.overdue, key=lambda name: score.overdue[name])
    return [
        str(score.runs),
        str(score.red),
        str(len(score.reasons)),
        f"{score.overdue[longest]:.1f} ({longest})",
        str(sum(hours > 2 for hours in score.overdue.values())),  # noqa: PLR2004
        f"{sum(score.stale.values()):.0f}",
        "yes" if score.taken_over else "no",
    ]


def main() -> None:
    """Print one table."""
    tvmaze = world()
    columns = (
        "runs", "red runs", "messages", "longest overdue, h", "shows overdue > 2 h", "stale hours of all shows",
        "a namesake took over",
    )  # fmt: skip
    for name, one, other in zip(columns, told(before(tvmaze)), told(after(tvmaze)), strict=True):
        print(f"{name:26} before {one:>18}   now {other:>18}")


if __name__ == "__main__":
    main()
