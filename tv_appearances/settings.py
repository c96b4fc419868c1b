"""The settings: what each environment variable may hold, and what it means when it is not set.

Belongs here: names, defaults and validation, so that a wrong value stops the code location from loading with one
sentence that names the variable and the remedy. Does not belong here: anything that acts on a setting.
"""

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from tv_appearances.fetching.client import parse_address
from tv_appearances.mentions.aliases import NO_ALIASES, Aliases, read_aliases
from tv_appearances.mentions.text import fold
from tv_appearances.storage import data_folder
from tv_appearances.tvmaze.api import TVMAZE_URL
from tv_appearances.tvmaze.lookup import SourceChoice, parse_show_choice

if TYPE_CHECKING:
    from upath import UPath

ChartChoice = Literal["local", "quickchart"]

PREFIX = "TV_APPEARANCES_"
# What Kubernetes sets in every pod beside a service whose name begins with `tv-appearances`.
_SERVICE_LINK = re.compile(rf"{PREFIX}(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_\w+)?)")
LONGEST_SLUG = 80
_COMMENT = re.compile(r"(?P<id>id:\s*\d+)?\s*(?P<comment>(?(id)#.*|#(?:\s.*)?))", re.IGNORECASE)


class SettingsError(ValueError):
    """An environment variable holds something it cannot hold; the message names it and says what is allowed."""


class ShowList(dict[str, str]):
    """Partition → what to look up; `comments` are what was left out of the file, each with its line."""

    def __init__(self) -> None:
        super().__init__()
        self.comments: list[str] = []


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each variable; `Settings()` is what runs when none is set."""

    show: str = "friends"
    shows: Mapping[str, str] = field(default_factory=dict)
    """Partition → what to look up; where there are any, `show` is not used."""
    source: SourceChoice = "auto"
    data: "Path | UPath" = Path("data")
    chart: ChartChoice = "local"
    aliases: Aliases = NO_ALIASES
    tvmaze_url: str = TVMAZE_URL
    quickchart_url: str = "https://quickchart.io"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """The settings in these environment variables; an empty variable counts as not set.

        Raises:
            SettingsError: a value is not allowed, or a variable with this project's prefix is not one of its settings.
        """
        unknown = sorted(
            name
            for name in environ
            if name.startswith(PREFIX) and name not in _VARIABLES and not _SERVICE_LINK.fullmatch(name)
        )
        if unknown:
            close = difflib.get_close_matches(unknown[0], _VARIABLES, n=1)
            hint = f"did you mean {close[0]}?" if close else f"the settings are {', '.join(_VARIABLES)}."
            raise SettingsError(f"{unknown[0]} is not a setting: {hint}")
        given: dict[str, Any] = {
            field: read(name, environ[name].strip())
            for name, (field, read) in _VARIABLES.items()
            if environ.get(name, "").strip()
        }
        return cls(**given)


def _show(name: str, text: str) -> str:
    try:
        parse_show_choice(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None
    return text


def _shows(name: str, text: str) -> ShowList:
    """The shows of a file, one a line, or of a list with ; between them, by the slug that names partition and folder.

    In a file, a line that begins with # and a blank is a comment, and one may follow behind `id:N`. In a list, and
    before anything but a blank, # is part of a title; so is ; in a file.
    """
    is_list = ";" in text and not _is_file(text)
    lines, where = (text.split(";"), f"{name}, show") if is_list else (_lines_of(name, text), f"{text}, line")
    shows = ShowList()
    at: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        asked = line.strip()
        if not is_list and (comment := _COMMENT.fullmatch(asked)):
            asked = comment["id"] or ""
            shows.comments.append(f"line {number}: {comment['comment']}")
        if not asked:
            continue
        try:
            chosen = parse_show_choice(asked)
        except ValueError as error:
            raise SettingsError(f"{where} {number}: {error}") from None
        slug = _slug(f"id-{chosen}" if isinstance(chosen, int) else chosen)
        if not slug:
            raise SettingsError(
                f"{where} {number}: {asked!r} has no letter a-z and no digit to name a folder by; "
                "give the show's TVMaze id, as in id:431."
            )
        if slug in at:
            raise SettingsError(
                f"{where} {number}: {asked!r} means the same show as {shows[slug]!r} ({at[slug]}): leave one of them "
                "out; or, where they are two shows, give their TVMaze ids, as in id:431."
            )
        shows[slug], at[slug] = asked, number
    if not shows:
        said = f", only {'; '.join(shows.comments)}" if shows.comments else ""
        raise SettingsError(f"{name}: {text!r} names no show{said}; one a line, a name or id:431.")
    return shows


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # a list can be longer than any path, or begin with an unknown ~user
        return False


def _lines_of(name: str, text: str) -> list[str]:
    try:
        return Path(text).expanduser().read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{name}: cannot read {text!r} ({getattr(error, 'strerror', None) or 'not UTF-8'}); "
            f"name a file with one show a line, or list shows with ; between them, as in friends;id:118."
        ) from None


def _slug(text: str) -> str:
    """The text as a name of a folder and of a partition: a-z, 0-9 and single hyphens, at most 80."""
    plain = unicodedata.normalize("NFKD", fold(text)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-")


def _source(name: str, text: str) -> SourceChoice:
    return cast("SourceChoice", _one_of(name, text, "auto", "live", "sample"))


def _chart(name: str, text: str) -> ChartChoice:
    return cast("ChartChoice", _one_of(name, text, "local", "quickchart"))


def _one_of(name: str, text: str, *allowed: str) -> str:
    if text not in allowed:
        raise SettingsError(f"{name} is {text!r}; it can be {', '.join(allowed[:-1])} or {allowed[-1]}.")
    return text


def _folder(name: str, text: str) -> "Path | UPath":
    try:
        folder = data_folder(text)
    except ValueError as error:
        shown = re.sub(r"://[^/]*@", "://…@", text)
        raise SettingsError(f"{name} is {shown!r}, which {error}.") from None
    if isinstance(folder, Path) and folder.exists() and not folder.is_dir():
        raise SettingsError(f"{name} is {text!r}, which is a file; it has to be a folder (it is made where missing).")
    return folder


def _aliases(name: str, text: str) -> Aliases:
    path = Path(text).expanduser()
    try:
        return read_aliases(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{name}: cannot read {text!r} ({getattr(error, 'strerror', None) or 'not UTF-8'}); "
            "name a TOML file, or unset it."
        ) from None
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None


def _address(name: str, text: str) -> str:
    try:
        return parse_address(text)
    except ValueError as error:
        raise SettingsError(f"{name} {error}") from None


_VARIABLES = {
    "TV_APPEARANCES_SHOW": ("show", _show),
    "TV_APPEARANCES_SHOWS": ("shows", _shows),
    "TV_APPEARANCES_SOURCE": ("source", _source),
    "TV_APPEARANCES_DATA": ("data", _folder),
    "TV_APPEARANCES_CHART": ("chart", _chart),
    "TV_APPEARANCES_ALIASES": ("aliases", _aliases),
    "TVMAZE_URL": ("tvmaze_url", _address),
    "QUICKCHART_URL": ("quickchart_url", _address),
}
