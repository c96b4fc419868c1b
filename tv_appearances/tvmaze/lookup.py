"""Which show is meant, and where its data come from: the two choices that are made once, at the root.

Belongs here: turning what was asked for (search text or `id:N`) into one show, and the rule by which the sample stands
in for TVMaze. Does not belong here: how TVMaze is asked (`api`), and where the result goes.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tv_appearances.fetching.client import quoted
from tv_appearances.fetching.errors import FetchError, NotFound, Unreachable
from tv_appearances.tvmaze.api import Gateway, Since
from tv_appearances.tvmaze.models import Show, Source

MAX_TITLE = 200


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
    `results` are all the shows the search found, best first, so `results[0]` is `show`; `url` is what was asked, in so
    many `requests`, retries included.
    """

    asked: str
    source: Source
    show: Show
    record: dict[str, Any]
    score: float | None
    results: tuple[Show, ...]
    url: str
    requests: int


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

    def find(self, asked: str, *, holds_live_data: bool) -> Found:
        """Find the show.

        Args:
            asked: search text, or `id:N` for the show with that TVMaze id.
            holds_live_data: whether the place the result goes to holds data from TVMaze, which the sample must never
                replace.

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
            return _find(self.live, "live", asked)
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


def _find(gateway: Gateway, source: Source, asked: str) -> Found:
    try:
        wanted = parse_show_choice(asked)
    except ValueError as error:
        raise LookupFailed(str(error)) from None
    if isinstance(wanted, int):
        try:
            one = gateway.show(wanted)
        except NotFound:
            raise LookupFailed(
                f"TVMaze has no show with the id {wanted}: look it up on https://www.tvmaze.com, or give its name."
            ) from None
        return Found(
            asked, source, one.value, {"score": None, "show": one.raw}, None, (one.value,), one.url, one.requests
        )
    many = gateway.search_shows(wanted)
    if not many.value:
        raise LookupFailed(f"TVMaze finds no show called {wanted!r}.{_hint(gateway, wanted)}")
    best = many.value[0]
    results = tuple(result.show for result in many.value)
    return Found(asked, source, best.show, many.raw[0], best.score, results, many.url, many.requests)


def _hint(gateway: Gateway, wanted: str) -> str:
    """What to try in place of a search without result: the shows that its longest word finds, if there are any."""
    if number := re.fullmatch(r"(?:id|#)?\s*:?\s*(\d+)", wanted, re.IGNORECASE):
        return f" For the show with that TVMaze id, write id:{number[1]}."
    words = sorted(re.findall(r"\w{3,}", wanted), key=len, reverse=True)
    if not words or words[0] == wanted:
        return " Check the spelling, or look the show up on https://www.tvmaze.com and give its id, as in id:431."
    try:
        found = [result.show for result in gateway.search_shows(words[0]).value[:3]]
    except FetchError:
        found = []
    if not found:
        return " Check the spelling, or try fewer words."
    named = ", ".join(f"{show.name} ({(show.premiered or '?')[:4]}, id:{show.id})" for show in found)
    return f" Searching for {words[0]!r} finds {named}: is it one of these?"
