"""Which show is meant, and where its data come from: the two choices that are made once, at the root.

Belongs here: turning what was asked for (search text or `id:N`) into one show, what to say where there is none, and the
rule by which the sample stands in for TVMaze. Does not belong here: what a title may mean (`titles`), how TVMaze is
asked (`api`), and where the result goes.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Literal, TypeAlias

from tv_appearances.fetching.client import Fetched, quoted
from tv_appearances.fetching.errors import FetchError, NotFound, Unreachable
from tv_appearances.fetching.fields import Rows, SchemaError
from tv_appearances.tvmaze.api import Gateway, Merged, Since
from tv_appearances.tvmaze.models import SearchResult, Show, Source
from tv_appearances.tvmaze.titles import TitleReading, mistakable, ranked, readings

MAX_TITLE = 200
MOST_SHORTER = 5
"""So many searches at most look for something to propose in the place of a title that is not found."""
NAMED = 5
"""So many shows are named then."""


def parse_show_choice(text: str) -> int | str:
    """The show that a setting or a run config asks for: a TVMaze id for `id:431`, else the text as a title.

    The address of a show's page on TVMaze says its id; a bare number is a title: there are shows called 24 and 1923.

    Raises:
        ValueError: nothing, an id that is none, or no title that a show could have.
    """
    text = text.strip()
    remedy = "give a show's name, or id:431 for an exact TVMaze id."
    if not text:
        raise ValueError(f"No show is given: {remedy}")
    if len(text) > MAX_TITLE or any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise ValueError(f"{quoted(text)} is longer than {MAX_TITLE} characters or has control characters: {remedy}")
    if page := re.match(r"https?://(?:www\.|api\.)?tvmaze\.com/shows/([1-9][0-9]{0,8})(?:/|$)", text, re.IGNORECASE):
        return int(page[1])
    if not text.lower().startswith("id:"):
        return text
    if not re.fullmatch(r"id:\s*0*[1-9][0-9]{0,8}", text, re.IGNORECASE):
        raise ValueError(f"{quoted(text)} is not a TVMaze id: {remedy}")
    return int(text[3:])


SourceChoice = Literal["auto", "live", "sample"]


class LookupFailed(RuntimeError):
    """What was asked for cannot be answered; the message says why and what to do. Trying again does not help."""


@dataclass(frozen=True, slots=True)
class Found:
    """The show that was asked for.

    `record` is the search result as TVMaze gives it, `{"score", "show"}`; `score` is None for a show asked for by id;
    `results` are all the shows the search found, `show` first and the others in TVMaze's order; `mistakable` are those
    among them that could be meant as well; `by_now` is what a title finds today, where that is no longer the `show`
    that it once found, else None; `left_out` are the results that could not be read; `url` is the search that found it,
    `requests` what it all took, retries included.
    """

    source: Source
    show: Show
    record: Mapping[str, Any]
    score: float | None
    results: tuple[Show, ...]
    url: str
    requests: int
    mistakable: tuple[Show, ...] = ()
    by_now: Show | None = None
    left_out: tuple[SchemaError, ...] = ()


@dataclass(frozen=True, slots=True)
class Lookup:
    """TVMaze and the sample behind one choice.

    `choice` is the setting `source`: `live` asks TVMaze only, `sample` the sample only, and `auto` asks TVMaze and
    falls back on the sample where TVMaze cannot be reached at all and no live data was ever written. `partition` is the
    one the run is for, "" for none; None where there is one show and no partitions. `names` is what the reader calls
    each setting (`data`, `source`, `shows`); advice names it.
    """

    live: Gateway
    sample: Gateway
    choice: SourceChoice = "auto"
    show: str = "friends"
    partition: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)

    def chosen(self, given: str) -> str:
        """What to look up: what the run config gives, or the setting; for a partition its line of the list alone.

        Raises:
            LookupFailed: the partition is not in the list (any more), or the run config would put another show into it.
        """
        if self.partition is None:
            return given or self.show
        if not self.partition:
            raise LookupFailed(
                f"{self._name('shows')} is set, so every show is a partition, and this run names none; nothing was "
                "changed. Name one, as in --partition friends, or choose it in the launchpad."
            )
        if not self.show:
            raise LookupFailed(
                f"The partition {self.partition!r} is not in {self._name('shows')}; nothing was changed. Choose one "
                "that is, or put its line (back) and have the list read again."
            )
        if given:
            raise LookupFailed(
                f"The run config asks for {given!r}, but the partition {self.partition!r} is for {self.show!r}; "
                f"nothing was changed. Leave `show` out, or add a line to {self._name('shows')}."
            )
        return self.show

    def gateway(self, source: Source) -> Gateway:
        """Where the episodes and the cast of a show found in `source` are asked for: the two are never mixed."""
        return self.live if source == "live" else self.sample

    def updates(self, since: Since | None) -> dict[int, int]:
        """Which shows changed: TVMaze's id → epoch second.

        Raises:
            FetchError: TVMaze was asked and gave no usable answer.
        """
        return self.gateway("sample" if self.choice == "sample" else "live").updates(since).value

    def find(
        self, asked: str, *, holds_live_data: bool, before: Show | None = None, pinned: int | None = None
    ) -> Found:
        """Find the show.

        Args:
            asked: search text, or `id:N` for the show with that TVMaze id.
            holds_live_data: whether the place the result goes to holds data from TVMaze, which the sample must never
                replace.
            before: the show that the last run found, to say what was deleted.
            pinned: the id of the show that was found for this once, and is meant from then on. What is asked is
                searched for all the same, to say whether it finds another one by now.

        Raises:
            LookupFailed: no show can be called that, there is none, or the sample would have to replace live data or
                another show's.
            FetchError: TVMaze was asked and gave no usable answer.
        """
        if self.choice == "sample":
            if holds_live_data:
                raise LookupFailed(
                    "The data folder holds data from TVMaze, which the sample never replaces: "
                    f"set {self._name('data')} to another folder, or {self._name('source')} to live."
                )
            return self._find_in_sample(asked)
        try:
            return _find(self.live, "live", asked, before, pinned)
        except Unreachable as unreachable:
            if self.choice == "live" or holds_live_data:
                raise
            try:
                return self._find_in_sample(asked)
            except LookupFailed as no_sample:
                raise LookupFailed(f"{unreachable} {no_sample}") from None

    def _name(self, setting: str) -> str:
        return self.names.get(setting, f"`{setting}`")

    def _find_in_sample(self, asked: str) -> Found:
        try:
            return _find(self.sample, "sample", asked)
        except LookupFailed:
            raise LookupFailed(
                f"The sample has no show called {asked!r}, only the first season of Friends: "
                "to see that one, ask for friends."
            ) from None


def _find(gateway: Gateway, source: Source, asked: str, before: Show | None = None, pinned: int | None = None) -> Found:
    try:
        wanted = parse_show_choice(asked)
    except ValueError as error:
        raise LookupFailed(str(error)) from None
    if isinstance(wanted, int):
        return _by_id(gateway, source, wanted, before)
    if pinned is None:
        return _choose(gateway, source, wanted)
    found = _by_id(gateway, source, pinned, before)
    try:
        again = _chosen(gateway, source, wanted)
    except (LookupFailed, FetchError):  # the show is known without it
        again = None
    if again is None:
        return found
    requests = found.requests + again.requests
    if again.show.id != found.show.id:
        return replace(found, by_now=again.show, requests=requests)
    return replace(
        found,
        results=(found.show, *again.results[1:]),
        mistakable=again.mistakable,
        left_out=again.left_out,
        requests=requests,
    )


def _by_id(gateway: Gateway, source: Source, show_id: int, before: Show | None) -> Found:
    one = _with_id(gateway, show_id, before)
    record = {"score": None, "show": one.raw}
    return Found(source, one.value, record, None, (one.value,), one.url, one.requests)


def search(gateway: Gateway, asked: str) -> list[Show]:
    """The shows to choose from, in TVMaze's order; for an id that one.

    Raises:
        LookupFailed: there is none; the message says what to try instead.
        FetchError: there is no usable answer.
    """
    wanted = parse_show_choice(asked)
    if isinstance(wanted, int):
        return [_with_id(gateway, wanted).value]
    shows = _shows(gateway.search_shows(wanted))
    if not shows:
        raise LookupFailed(_nothing_found(gateway, wanted))
    return shows


def _with_id(gateway: Gateway, show_id: int, before: Show | None = None) -> Fetched[Show]:
    try:
        return gateway.show(show_id)
    except Merged as merged:
        raise LookupFailed(
            f"TVMaze has merged show {show_id} into {_name_of(gateway, merged.into)}: ask for id:{merged.into}."
        ) from None
    except NotFound:
        raise LookupFailed(_nothing_at(gateway, show_id, before)) from None


def _choose(gateway: Gateway, source: Source, asked: str) -> Found:
    """The show that a title means; where there is none, the message says what shorter titles find."""
    if found := _chosen(gateway, source, asked):
        return found
    raise LookupFailed(_nothing_found(gateway, asked))


def _chosen(gateway: Gateway, source: Source, asked: str) -> Found | None:
    """The show that a title means, None where the search finds none.

    One of that very name that fits the year and country that were said, however the search ranks it; else the best
    match, unless something was said that it contradicts: a report about another show is worse than none.
    """
    tried: list[_Try] = []
    for search, reading in _searches(gateway, asked):
        tried.append((search, reading))
        if places := ranked(reading, _shows(search)):
            return _found(source, tried, places[0])
    sure = [(search, reading) for search, reading in tried if reading.sure]
    for search, reading in sure:
        if places := ranked(TitleReading(reading.title), _shows(search)):
            raise LookupFailed(
                f"TVMaze finds no show called {asked!r}, only {_listed(_shows(search), places)}: "
                "if it is one of these, ask for its id."
            )
    for search, reading in sure or tried[:1]:
        if places := [place for place, show in enumerate(_shows(search)) if reading.fits(show)]:
            return _found(source, [*tried, (search, reading)], places[0])
    return None


_Try: TypeAlias = tuple[Fetched[Rows[SearchResult]], TitleReading]


def _searches(gateway: Gateway, asked: str) -> Iterator[_Try]:
    """What was asked for as it stands, read in every way; then without what was said behind the title."""
    ways = readings(asked)
    whole = gateway.search_shows(asked)
    yield from ((whole, reading) for reading in ways)
    yield from ((gateway.search_shows(reading.title), reading) for reading in ways[1:])


def _shows(search: Fetched[Rows[SearchResult]]) -> list[Show]:
    return [result.show for result in search.value]


def _found(source: Source, tried: Sequence[_Try], place: int) -> Found:
    """The show at this place of the last search that was tried."""
    search, reading = tried[-1]
    chosen = search.value[place]
    others = [result for at, result in enumerate(search.value) if at != place]
    return Found(
        source=source,
        show=chosen.show,
        record=chosen.record,
        score=chosen.score,
        results=(chosen.show, *(other.show for other in others)),
        url=search.url,
        requests=sum(each.requests for each in {id(each): each for each, _ in tried}.values()),
        mistakable=mistakable(reading, chosen, others),
        left_out=search.value.left_out,
    )


def _nothing_found(gateway: Gateway, wanted: str) -> str:
    """What to say where a search finds nothing: the shows that what is left of it finds, if there are any."""
    said = f"TVMaze finds no show called {wanted!r}."
    if number := re.fullmatch(r"(?:id|#)?\s*:?\s*(\d+)", wanted, re.IGNORECASE):
        return f"{said} For the show with that TVMaze id, write id:{number[1]}."
    queries = _shorter(wanted)
    for query in queries:
        if proposed := _proposed(gateway, query):
            return f"{said} Searching for {query!r} finds {proposed}: is it one of these?"
    if not queries:
        return (
            f"{said} Check the spelling, or look the show up on https://www.tvmaze.com and give its id, as in id:431."
        )
    return f"{said} Check the spelling, or try fewer words."


def _nothing_at(gateway: Gateway, show_id: int, before: Show | None) -> str:
    if before is None or before.id != show_id:
        return f"TVMaze has no show with the id {show_id}: look it up on https://www.tvmaze.com, or give its name."
    said = f"TVMaze has deleted show {show_id}, which was {_described(before, with_id=False)}."
    if proposed := _proposed(gateway, before.name):
        return f"{said} Searching for its name finds {proposed}: if it is one of these, ask for that id."
    return f"{said} Look on https://www.tvmaze.com for what took its place, or ask for it no longer."


def _shorter(wanted: str) -> list[str]:
    """What is left of a title without brackets, year and country, then the longest stretches of ever fewer words."""
    titles = [reading.title for reading in readings(wanted)]
    words = re.findall(r"[^\W_]\S*", titles[-1])
    stretches = [
        max((" ".join(words[at : at + count]) for at in range(len(words) - count + 1)), key=len)
        for count in range(len(words) - 1, 0, -1)
    ]
    left = [query for query in dict.fromkeys(titles[1:] + stretches) if query != wanted]
    # The shortest always: a long title that is spelled wrong in one place has one word that is right.
    return left[: MOST_SHORTER - 1] + left[MOST_SHORTER - 1 :][-1:]


def _proposed(gateway: Gateway, query: str) -> str:
    """The shows that a search finds, those of that very name first, each with year, network and id; "" for none."""
    try:
        shows = _shows(gateway.search_shows(query))
    except FetchError:
        return ""
    return _listed(shows, dict.fromkeys([*ranked(TitleReading(query), shows), *range(len(shows))]))


def _listed(shows: Sequence[Show], places: Iterable[int]) -> str:
    return ", ".join(_described(shows[place]) for place in islice(places, NAMED))


def _name_of(gateway: Gateway, show_id: int) -> str:
    try:
        return _described(gateway.show(show_id).value)
    except FetchError:
        return "another one"


def _described(show: Show, *, with_id: bool = True) -> str:
    about = [*(show.when_and_where or ["date unknown"]), *([f"id:{show.id}"] if with_id else [])]
    return f"{show.name} ({', '.join(about)})"
