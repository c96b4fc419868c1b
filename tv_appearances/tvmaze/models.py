"""What this project uses of TVMaze's answers, as frozen dataclasses, and the one place that reads them.

Belongs here: the shape of a show, an episode, a character and a mention, and the parsers that turn decoded JSON into
them. A value of the wrong type is a `SchemaError` that names its path, and costs a list only that row; a field this
project does not use is ignored; a field that TVMaze documents as nullable may be null, absent or empty. Does not belong
here: fetching, files, counting.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from tv_appearances.fetching.fields import (
    Rows,
    SchemaError,
    integer_at,
    number_at,
    object_at,
    objects_at,
    optional_at,
    readable,
    rows_at,
    text_at,
)

Source = Literal["live", "sample"]
"""Where a show's data came from: TVMaze, or the sample that is part of this package."""
_SOME_TEXT = re.compile(r"(?:<[^>]*>|&nbsp;|\s)*(?!&nbsp;)[^<\s]")


@dataclass(frozen=True, slots=True)
class Show:
    """A TV show.

    `url` is its page on tvmaze.com ("" where unknown); `updated` the epoch second at which TVMaze last changed the
    show or any of its episodes or cast entries; `premiered` a date as YYYY-MM-DD; `network` the broadcaster or
    streaming service, and `country` the code of its country (ISO 3166), None for one that is everywhere; `weight` how
    well known the show is, from 0 to 100, by TVMaze's own measure.
    """

    id: int
    name: str
    url: str = ""
    updated: int | None = None
    premiered: str | None = None
    network: str | None = None
    country: str | None = None
    weight: int | None = None

    @property
    def year(self) -> str:
        """The year in which it began, as in "2003"; "" where it is not known."""
        year = (self.premiered or "")[:4]
        return year if year.isascii() and year.isdigit() else ""

    @property
    def when_and_where(self) -> tuple[str, ...]:
        """Year and network, what tells it from other shows of its name; what is not known is left out."""
        return tuple(part for part in (self.year, self.network) if part)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One row of TVMaze's search: a show and how well it matches (higher is better; the scale is TVMaze's own).

    `record` is the row as TVMaze gives it, `{"score", "show"}`.
    """

    score: float
    show: Show
    record: Mapping[str, Any]


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
    """A role of the main cast, once per TVMaze character id.

    `played_by` joins the actors of a recast role by " / "; "" where TVMaze names nobody.
    """

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
    at = f"{path}.network"
    network = optional_at(object_at(broadcaster, at), "name", at, str) if broadcaster else None
    # Both only help to choose among shows of one name: a wrong type is as good as none.
    country = broadcaster.get("country") if broadcaster else None
    code = country.get("code") if isinstance(country, dict) else None
    weight = fields.get("weight")
    return Show(
        id=integer_at(fields, "id", path),
        name=text_at(fields, "name", path),
        url=optional_at(fields, "url", path, str) or "",
        updated=optional_at(fields, "updated", path, int),
        premiered=optional_at(fields, "premiered", path, str) or None,
        network=network or None,
        country=code if isinstance(code, str) else None,
        weight=weight if isinstance(weight, int) else None,
    )


def parse_search_results(value: object, path: str = "results") -> Rows[SearchResult]:
    """The answer of `/search/shows`: a list of `{"score", "show"}`, best first, at most ten."""

    def row(fields: Mapping[str, Any], at: str) -> SearchResult:
        return SearchResult(number_at(fields, "score", at), parse_show(fields.get("show"), f"{at}.show"), fields)

    return rows_at(value, path, row)


def parse_episodes(value: object, path: str = "episodes") -> Rows[Episode]:
    """The answer of `/shows/:id/episodes`, in its own order and with its duplicates, if it has any."""

    def row(fields: Mapping[str, Any], at: str) -> Episode:
        return Episode(
            id=integer_at(fields, "id", at),
            season=integer_at(fields, "season", at),
            number=optional_at(fields, "number", at, int),
            name=optional_at(fields, "name", at, str) or "",
            airdate=optional_at(fields, "airdate", at, str) or None,
            summary=optional_at(fields, "summary", at, str) or None,
            url=optional_at(fields, "url", at, str) or "",
        )

    return rows_at(value, path, row)


def parse_cast(value: object, path: str = "cast") -> Rows[Character]:
    """The answer of `/shows/:id/cast` as one character per character id, in the order TVMaze first names them.

    A row without a person is a role that nobody is known to play; one without a character is odd.
    """

    def row(fields: Mapping[str, Any], at: str) -> tuple[int, str, str]:
        character = object_at(fields.get("character"), f"{at}.character")
        person = object_at(fields.get("person") or {}, f"{at}.person")
        return (
            integer_at(character, "id", f"{at}.character"),
            text_at(character, "name", f"{at}.character"),
            optional_at(person, "name", f"{at}.person", str) or "",
        )

    rows = rows_at(value, path, row)
    names: dict[int, str] = {}
    actors: dict[int, list[str]] = {}
    for character_id, name, actor in rows:
        names.setdefault(character_id, name)
        known = actors.setdefault(character_id, [])
        if actor.strip() and actor not in known:
            known.append(actor)
    return Rows((Character(key, name, " / ".join(actors[key])) for key, name in names.items()), rows.left_out)


def parse_updates(value: object, path: str = "updates") -> dict[int, int]:
    """The answer of `/updates/shows`: TVMaze's id of a show → the epoch second at which it last changed.

    An empty list is taken for an empty object: some servers cannot tell one from the other. An odd entry is left out:
    it must not keep all other shows from being looked at.
    """
    fields = {} if value == [] else object_at(value, path)

    def entry(key: str, at: str) -> tuple[int, int]:
        if not (key.isascii() and key.isdigit()):
            raise SchemaError(at, "the id of a show as key", key)
        return int(key), integer_at(fields, key, path)

    return dict(readable(((f"{path}.{key}", key) for key in fields), entry))


def parse_characters(value: object, path: str = "characters") -> tuple[Character, ...]:
    """The content of `characters.json`: a list of `{"id", "name", "played_by"}`."""
    return tuple(
        Character(
            integer_at(fields, "id", at), text_at(fields, "name", at), optional_at(fields, "played_by", at, str) or ""
        )
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
