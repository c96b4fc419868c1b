"""The settings: what each environment variable may hold, and what it means when it is not set.

Belongs here: names, defaults and validation, so that a wrong value stops the code location from loading with one
sentence that names the variable and the remedy. Does not belong here: anything that acts on a setting.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from tv_appearances.lookup import SourceChoice
from tv_appearances.mentions import NO_ALIASES, Aliases, read_aliases
from tv_appearances.tvmaze import TVMAZE_URL, parse_address, parse_show_choice

ChartChoice = Literal["local", "quickchart"]

PREFIX = "TV_APPEARANCES_"


class SettingsError(ValueError):
    """An environment variable holds something it cannot hold; the message names it and says what is allowed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each variable; `Settings()` is what runs when none is set."""

    show: str = "friends"
    source: SourceChoice = "auto"
    data: Path = Path("data")
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
        unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in _VARIABLES)
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


def _source(name: str, text: str) -> SourceChoice:
    return cast("SourceChoice", _one_of(name, text, "auto", "live", "sample"))


def _chart(name: str, text: str) -> ChartChoice:
    return cast("ChartChoice", _one_of(name, text, "local", "quickchart"))


def _one_of(name: str, text: str, *allowed: str) -> str:
    if text not in allowed:
        raise SettingsError(f"{name} is {text!r}; it can be {', '.join(allowed[:-1])} or {allowed[-1]}.")
    return text


def _folder(name: str, text: str) -> Path:
    folder = Path(text).expanduser()
    if folder.exists() and not folder.is_dir():
        raise SettingsError(f"{name} is {text!r}, which is a file; it has to be a folder (it is made where missing).")
    return folder


def _aliases(name: str, text: str) -> Aliases:
    path = Path(text).expanduser()
    try:
        return read_aliases(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise SettingsError(
            f"{name}: cannot read {text!r} ({error.strerror}); name a TOML file, or unset it."
        ) from None
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None


def _address(name: str, text: str) -> str:
    try:
        return parse_address(name, text)
    except ValueError as error:
        raise SettingsError(str(error)) from None


_VARIABLES = {
    "TV_APPEARANCES_SHOW": ("show", _show),
    "TV_APPEARANCES_SOURCE": ("source", _source),
    "TV_APPEARANCES_DATA": ("data", _folder),
    "TV_APPEARANCES_CHART": ("chart", _chart),
    "TV_APPEARANCES_ALIASES": ("aliases", _aliases),
    "TVMAZE_URL": ("tvmaze_url", _address),
    "QUICKCHART_URL": ("quickchart_url", _address),
}
