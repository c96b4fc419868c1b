"""What this project uses of TVMaze's answers, as frozen dataclasses, and the one place that reads them.

Belongs here: the shape of a show, an episode, a character and a mention, and the parsers that turn decoded JSON into
them. A value of the wrong type is a `SchemaError` that names its path; a field this project does not use is ignored; a
field that TVMaze documents as nullable may be null, absent or empty. Does not belong here: fetching, files, counting.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeVar, cast

Source = Literal["live", "sample"]
"""Where a show's data came from: TVMaze, or the sample that is part of this package."""

LONGEST_SAMPLE = 80

T = TypeVar("T")

_SOME_TEXT = re.compile(r"(?:<[^>]*>|&nbsp;|\s)*(?!&nbsp;)[^<\s]")


class SchemaError(ValueError):
    """A value is not of the type TVMaze documents; the message is `path: expected …, got …`."""

    def __init__(self, path: str, expected: str, got: object) -> None:
        sample = json.dumps(got, ensure_ascii=False, default=str)
        if len(sample) > LONGEST_SAMPLE:
            sample = sample[: LONGEST_SAMPLE - 1] + "…"
        super().__init__(f"{path}: expected {expected}, got {sample}")
        self.path = path


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
    """An episode. `number` is None for specials, `airdate` (YYYY-MM-DD) and `summary` (HTML) where TVMaze has none."""

    id: int
    season: int
    number: int | None
    name: str
    airdate: str | None = None
    summary: str | None = None

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
    fields = _object(value, path)
    broadcaster = fields.get("network") or fields.get("webChannel")
    return Show(
        id=_integer(fields, "id", path),
        name=_text(fields, "name", path),
        url=_optional(fields, "url", path, str) or "",
        updated=_optional(fields, "updated", path, int),
        premiered=_optional(fields, "premiered", path, str) or None,
        network=_optional(_object(broadcaster, f"{path}.network"), "name", f"{path}.network", str)
        if broadcaster
        else None,
    )


def parse_search_results(value: object, path: str = "results") -> tuple[SearchResult, ...]:
    """The answer of `/search/shows`: a list of `{"score", "show"}`, best first, at most ten."""
    results = []
    for at, fields in _objects(value, path):
        score = fields.get("score")
        if isinstance(score, bool) or not isinstance(score, (int, float)):
            raise SchemaError(f"{at}.score", "a number", score)
        results.append(SearchResult(score=float(score), show=parse_show(fields.get("show"), f"{at}.show")))
    return tuple(results)


def parse_episodes(value: object, path: str = "episodes") -> tuple[Episode, ...]:
    """The answer of `/shows/:id/episodes`, in its own order and with its duplicates, if it has any."""
    return tuple(
        Episode(
            id=_integer(fields, "id", at),
            season=_integer(fields, "season", at),
            number=_optional(fields, "number", at, int),
            name=_optional(fields, "name", at, str) or "",
            airdate=_optional(fields, "airdate", at, str) or None,
            summary=_optional(fields, "summary", at, str) or None,
        )
        for at, fields in _objects(value, path)
    )


def parse_cast(value: object, path: str = "cast") -> tuple[Character, ...]:
    """The answer of `/shows/:id/cast` as one character per character id, in the order TVMaze first names them."""
    names: dict[int, str] = {}
    actors: dict[int, list[str]] = {}
    for at, fields in _objects(value, path):
        character = _object(fields.get("character"), f"{at}.character")
        person = _object(fields.get("person"), f"{at}.person")
        character_id = _integer(character, "id", f"{at}.character")
        names.setdefault(character_id, _text(character, "name", f"{at}.character"))
        actor = _text(person, "name", f"{at}.person")
        if actor not in actors.setdefault(character_id, []):
            actors[character_id].append(actor)
    return tuple(Character(key, name, " / ".join(actors[key])) for key, name in names.items())


def parse_updates(value: object, path: str = "updates") -> dict[int, int]:
    """The answer of `/updates/shows`: TVMaze's id of a show → the epoch second at which it last changed.

    An empty list is taken for an empty object: some servers cannot tell one from the other.
    """
    fields = {} if value == [] else _object(value, path)
    updates = {}
    for key in fields:
        if not (key.isascii() and key.isdigit()):
            raise SchemaError(path, "ids of shows as keys", key)
        updates[int(key)] = _integer(fields, key, path)
    return updates


def parse_characters(value: object, path: str = "characters") -> tuple[Character, ...]:
    """The content of `characters.json`: a list of `{"id", "name", "played_by"}`."""
    return tuple(
        Character(_integer(fields, "id", at), _text(fields, "name", at), _text(fields, "played_by", at))
        for at, fields in _objects(value, path)
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


def _object(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SchemaError(path, "an object", value)
    return value


def _objects(value: object, path: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    if not isinstance(value, list):
        raise SchemaError(path, "a list", value)
    for index, item in enumerate(value):
        at = f"{path}[{index}]"
        yield at, _object(item, at)


def _integer(fields: Mapping[str, Any], name: str, path: str) -> int:
    value = fields.get(name)
    if not _is(value, int):
        raise SchemaError(f"{path}.{name}", "an integer", value)
    return cast("int", value)


def _text(fields: Mapping[str, Any], name: str, path: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise SchemaError(f"{path}.{name}", "a text", value)
    return value


def _optional(fields: Mapping[str, Any], name: str, path: str, kind: type[T]) -> T | None:
    value = fields.get(name)
    if value is not None and not _is(value, kind):
        raise SchemaError(f"{path}.{name}", {int: "an integer or null", str: "a text or null"}[kind], value)
    return value


def _is(value: object, kind: type) -> bool:
    # bool is an int to Python, not to JSON.
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))
