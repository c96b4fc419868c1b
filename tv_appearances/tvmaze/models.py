"""What this project uses of TVMaze's answers, as frozen dataclasses, and the one place that reads them.

Belongs here: the shape of a show, an episode, a character and a mention, and the parsers that turn decoded JSON into
them. A value of the wrong type is a `SchemaError` that names its path; a field this project does not use is ignored; a
field that TVMaze documents as nullable may be null, absent or empty. Does not belong here: fetching, files, counting.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from tv_appearances.fetching.fields import SchemaError, integer_at, object_at, objects_at, optional_at, text_at

Source = Literal["live", "sample"]
"""Where a show's data came from: TVMaze, or the sample that is part of this package."""
_SOME_TEXT = re.compile(r"(?:<[^>]*>|&nbsp;|\s)*(?!&nbsp;)[^<\s]")


@dataclass(frozen=True, slots=True)
class Show:
    """A TV show.

    `url` is its page on tvmaze.com ("" where unknown); `updated` the epoch second at which TVMaze last changed the
    show or any of its episodes or cast entries; `premiered` a date as YYYY-MM-DD; `network` the broadcaster or
    streaming service.
    """

    id: int
    name: str
    url: str = ""
    updated: int | None = None
    premiered: str | None = None
    network: str | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One row of TVMaze's search: a show and how well it matches (higher is better; the scale is TVMaze's own)."""

    score: float
    show: Show


@dataclass(frozen=True, slots=True)
class Episode:
    """An episode. `number` is None for specials, `airdate` (YYYY-MM-DD) and `summary` (HTML) where TVMaze has none.

    `url` is its page on tvmaze.com ("" where unknown).
    """

    id: int
    season: int
    number: int | None
    name: str
    airdate: str | None = None
    summary: str | None = None
    url: str = ""

    @property
    def has_text(self) -> bool:
        """Whether somebody has written a summary; tags around nothing are none."""
        return _SOME_TEXT.match(self.summary or "") is not None


@dataclass(frozen=True, slots=True)
class Character:
    """A role of the main cast, once per TVMaze character id; `played_by` joins the actors of a recast role by " / "."""

    id: int
    name: str
    played_by: str


class Mention(NamedTuple):
    """One row of `mentions.csv`: how often an episode's summary names a character by one form of the name.

    `character` is the full name as the cast list writes it, the form itself where one form is all that ever names
    several characters, and "" where it cannot be said which of several characters is meant.
    """

    episode_id: int
    season: int
    number: int | None
    character: str
    form: str
    mentions: int


def parse_show(value: object, path: str = "show") -> Show:
    """A show object, as `/shows/:id` and the `show` of a search result give it."""
    fields = object_at(value, path)
    broadcaster = fields.get("network") or fields.get("webChannel")
    return Show(
        id=integer_at(fields, "id", path),
        name=text_at(fields, "name", path),
        url=optional_at(fields, "url", path, str) or "",
        updated=optional_at(fields, "updated", path, int),
        premiered=optional_at(fields, "premiered", path, str) or None,
        network=optional_at(object_at(broadcaster, f"{path}.network"), "name", f"{path}.network", str)
        if broadcaster
        else None,
    )


def parse_search_results(value: object, path: str = "results") -> tuple[SearchResult, ...]:
    """The answer of `/search/shows`: a list of `{"score", "show"}`, best first, at most ten."""
    results = []
    for at, fields in objects_at(value, path):
        score = fields.get("score")
        if isinstance(score, bool) or not isinstance(score, (int, float)):
            raise SchemaError(f"{at}.score", "a number", score)
        results.append(SearchResult(score=float(score), show=parse_show(fields.get("show"), f"{at}.show")))
    return tuple(results)


def parse_episodes(value: object, path: str = "episodes") -> tuple[Episode, ...]:
    """The answer of `/shows/:id/episodes`, in its own order and with its duplicates, if it has any."""
    return tuple(
        Episode(
            id=integer_at(fields, "id", at),
            season=integer_at(fields, "season", at),
            number=optional_at(fields, "number", at, int),
            name=optional_at(fields, "name", at, str) or "",
            airdate=optional_at(fields, "airdate", at, str) or None,
            summary=optional_at(fields, "summary", at, str) or None,
            url=optional_at(fields, "url", at, str) or "",
        )
        for at, fields in objects_at(value, path)
    )


def parse_cast(value: object, path: str = "cast") -> tuple[Character, ...]:
    """The answer of `/shows/:id/cast` as one character per character id, in the order TVMaze first names them."""
    names: dict[int, str] = {}
    actors: dict[int, list[str]] = {}
    for at, fields in objects_at(value, path):
        character = object_at(fields.get("character"), f"{at}.character")
        person = object_at(fields.get("person"), f"{at}.person")
        character_id = integer_at(character, "id", f"{at}.character")
        names.setdefault(character_id, text_at(character, "name", f"{at}.character"))
        actor = text_at(person, "name", f"{at}.person")
        if actor not in actors.setdefault(character_id, []):
            actors[character_id].append(actor)
    return tuple(Character(key, name, " / ".join(actors[key])) for key, name in names.items())


def parse_updates(value: object, path: str = "updates") -> dict[int, int]:
    """The answer of `/updates/shows`: TVMaze's id of a show → the epoch second at which it last changed.

    An empty list is taken for an empty object: some servers cannot tell one from the other.
    """
    fields = {} if value == [] else object_at(value, path)
    updates = {}
    for key in fields:
        if not (key.isascii() and key.isdigit()):
            raise SchemaError(path, "ids of shows as keys", key)
        updates[int(key)] = integer_at(fields, key, path)
    return updates


def parse_characters(value: object, path: str = "characters") -> tuple[Character, ...]:
    """The content of `characters.json`: a list of `{"id", "name", "played_by"}`."""
    return tuple(
        Character(integer_at(fields, "id", at), text_at(fields, "name", at), text_at(fields, "played_by", at))
        for at, fields in objects_at(value, path)
    )


def in_order(episodes: Iterable[Episode]) -> tuple[Episode, ...]:
    """The episodes by season, number (specials last), air date and id, each id once.

    The same for every order and repetition in which TVMaze may list them, so that nothing computed from it depends on
    that.
    """
    unique: dict[int, Episode] = {}
    for episode in episodes:
        unique.setdefault(episode.id, episode)
    return tuple(
        sorted(unique.values(), key=lambda e: (e.season, e.number is None, e.number or 0, e.airdate or "", e.id))
    )


def duplicate_ids(episodes: Sequence[Episode]) -> tuple[int, ...]:
    """The ids that more than one episode carries, ascending."""
    seen: set[int] = set()
    twice: set[int] = set()
    for episode in episodes:
        (twice if episode.id in seen else seen).add(episode.id)
    return tuple(sorted(twice))
