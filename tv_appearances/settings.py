"""The settings: what each may hold, what it means when it is not set, and the environment variable that holds it.

Belongs here: names, defaults and validation, so that a wrong value stops the code location from loading with one
sentence that names the setting, as the reader calls it, and the remedy. Does not belong here: anything that acts on a
setting.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

from tv_appearances.fetching.client import parse_address
from tv_appearances.mentions.aliases import NO_ALIASES, Aliases, read_aliases
from tv_appearances.show_list import ShowList, ShowListError
from tv_appearances.storage import data_folder
from tv_appearances.tvmaze.api import TVMAZE_URL
from tv_appearances.tvmaze.lookup import SourceChoice, parse_show_choice

if TYPE_CHECKING:
    from upath import UPath

ChartChoice = Literal["local", "quickchart"]

PREFIX = "TV_APPEARANCES_"
# What Kubernetes sets in every pod beside a service whose name begins with `tv-appearances`.
_SERVICE_LINK = re.compile(rf"{PREFIX}(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_\w+)?)")


class SettingsError(ValueError):
    """A setting holds something it cannot hold; the message names it, as the reader does, and says what is allowed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One field for each setting; `Settings()` is what runs when none is set."""

    show: str = "friends"
    """The show: a title, with a year or country where several shows have it (`the flash (1990)`), or `id:431`."""
    shows: ShowList | None = None
    """Many shows in place of one: a file with one a line, or a list with `;` between them. `show` is then unused."""
    source: SourceChoice = "auto"
    """`live`: TVMaze. `sample`: the built-in sample. `auto`: TVMaze, or the sample while TVMaze was never reached."""
    data: "Path | UPath" = Path("data")
    """The data folder: a path, or an address such as `s3://bucket/tv`."""
    chart: ChartChoice = "local"
    """What draws the picture: `local` is this machine, `quickchart` a service that gets the names and the counts."""
    aliases: Aliases = NO_ALIASES
    """A TOML file of names that no rule finds: `"Daenerys Targaryen" = ["Dany", "Khaleesi"]`."""
    tvmaze_url: str = TVMAZE_URL
    """The base address of TVMaze's API, or of a mirror."""
    quickchart_url: str = "https://quickchart.io"
    """The base address of QuickChart."""
    alert_webhook: str = ""
    """The address that gets a message as JSON when something fails."""
    alert_email_to: tuple[str, ...] = ()
    """The mail addresses that get a message, with commas between them."""
    alert_email_from: str = ""
    """The sender of these mails."""
    alert_smtp: str = "smtp://localhost:25"
    """The mail server, as in `smtp://localhost:25` or `smtps://user:password@mail.example.com`."""
    alert_leaders: bool = False
    """`yes`: tell also when another character leads."""
    heartbeat_url: str = ""
    """The address that is asked for once a minute while the sensors tick and messages go out."""
    names: Mapping[str, str] = field(default_factory=dict, compare=False)
    """What the reader calls a setting, by the field's name; errors and advice name it so."""

    def name_of(self, setting: str) -> str:
        """What the reader calls this setting."""
        return self.names.get(setting, f"`{setting}`")

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
        names = {setting: name for name, setting in _VARIABLES.items()}
        return cls.from_texts({setting: environ.get(name, "") for setting, name in names.items()}, names)

    @classmethod
    def from_texts(cls, texts: Mapping[str, str], names: Mapping[str, str]) -> "Settings":
        """The settings that these texts say, by field; an empty one counts as not set.

        `names` is what the reader calls each of them.

        Raises:
            SettingsError: A value is not allowed.
        """
        given: dict[str, Any] = {
            setting: _READ[setting](names[setting], text.strip()) for setting, text in texts.items() if text.strip()
        }
        return cls(**given, names=names)


def _show(name: str, text: str) -> str:
    try:
        parse_show_choice(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None
    return text


def _shows(name: str, text: str) -> ShowList:
    """The list, which is read anew whenever it is needed; here only to see whether there is any show in it."""
    shows = ShowList(text, name)
    try:
        shows.read()
    except ShowListError as error:
        raise SettingsError(str(error)) from None
    return shows


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


def _link(name: str, text: str) -> str:
    """An address with all its parts. It may be a secret, so no message quotes it."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(f"{name} has to be an address that begins with https:// or http://.")
    return text


def _mail_server(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        fits = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise SettingsError(f"{name} has to be smtp://host:port, or smtps:// for TLS; user:password@ may stand before.")
    return text


def _mail_addresses(name: str, text: str) -> tuple[str, ...]:
    found = tuple(one for one in re.split(r"[\s,;]+", text) if one)
    for one in found:
        if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", one):
            raise SettingsError(f"{name}: {one!r} is not an e-mail address; list addresses with a comma between them.")
    return found


def _mail_address(name: str, text: str) -> str:
    (address, *more) = _mail_addresses(name, text)
    if more:
        raise SettingsError(f"{name} is {text!r}; it has to be one address.")
    return address


def _yes_or_no(name: str, text: str) -> bool:
    return _one_of(name, text, "yes", "no") == "yes"


_VARIABLES = {
    "TV_APPEARANCES_SHOW": "show",
    "TV_APPEARANCES_SHOWS": "shows",
    "TV_APPEARANCES_SOURCE": "source",
    "TV_APPEARANCES_DATA": "data",
    "TV_APPEARANCES_CHART": "chart",
    "TV_APPEARANCES_ALIASES": "aliases",
    "TVMAZE_URL": "tvmaze_url",
    "QUICKCHART_URL": "quickchart_url",
    "TV_APPEARANCES_ALERT_WEBHOOK": "alert_webhook",
    "TV_APPEARANCES_ALERT_EMAIL_TO": "alert_email_to",
    "TV_APPEARANCES_ALERT_EMAIL_FROM": "alert_email_from",
    "TV_APPEARANCES_ALERT_SMTP": "alert_smtp",
    "TV_APPEARANCES_ALERT_LEADERS": "alert_leaders",
    "TV_APPEARANCES_HEARTBEAT_URL": "heartbeat_url",
}

_READ: Mapping[str, Callable[[str, str], Any]] = {
    "show": _show,
    "shows": _shows,
    "source": _source,
    "data": _folder,
    "chart": _chart,
    "aliases": _aliases,
    "tvmaze_url": _address,
    "quickchart_url": _address,
    "alert_webhook": _link,
    "alert_email_to": _mail_addresses,
    "alert_email_from": _mail_address,
    "alert_smtp": _mail_server,
    "alert_leaders": _yes_or_no,
    "heartbeat_url": _link,
}
"""By field: what reads its text, given the name that errors use."""
