"""The files of a show: what they are called, which asset makes each, and whether they belong together.

Belongs here: the names, reading each file as what it holds, and the checks that no file of another show is among them.
Does not belong here: how a file is written (`storage`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tv_appearances.fetching.fields import SchemaError
from tv_appearances.storage import FilesError, Folder, Origin, Stored
from tv_appearances.tvmaze.models import Character, Episode, Show, Source, parse_characters, parse_episodes, parse_show

if TYPE_CHECKING:
    from upath import UPath

SHOW = "show.json"
EPISODES = "episodes.json"
CHARACTERS = "characters.json"
APPEARANCES = "character_appearances.json"
MENTIONS = "mentions.csv"
PICTURE = "appearances.png"
PAGE = "appearances.html"
ALL_SHOWS = "shows.csv"
ALL_SHOWS_PAGE = "shows.html"

MADE_BY = {
    SHOW: "tv_show_info",
    EPISODES: "episodes",
    CHARACTERS: "characters",
    APPEARANCES: "character_appearances",
    MENTIONS: "character_appearances",
    PICTURE: "appearances_report",
    PAGE: "appearances_report",
}
"""The asset that writes each file."""


def made_from(show_id: int, source: Source, *inputs: Stored) -> Origin:
    """What a file of a show was made from: the show, where its data came from, and the input files."""
    return Origin({"show_id": show_id, "source": source}, {stored.name: stored.digest for stored in inputs})


class ShowFiles(Folder):
    """The files of one show in one folder.

    Args:
        folder: As for `Folder`.
        prefix: What stands before the names of the assets, as in `friends/`; messages name them in full.
        setting: As for `Folder`.
    """

    def __init__(self, folder: "str | Path | UPath", *, prefix: str = "", setting: str = "") -> None:
        super().__init__(folder, made_by={name: f"{prefix}{asset}" for name, asset in MADE_BY.items()}, setting=setting)

    def show(self) -> tuple[Show, Source, Stored]:
        """The show in `show.json`, where it came from, and the file itself."""

        def parse(value: Any) -> tuple[Show, Source]:
            if not isinstance(value, dict):
                raise SchemaError(SHOW, "an object", value)
            if value.get("source") not in ("live", "sample"):
                raise SchemaError("source", '"live" or "sample"', value.get("source"))
            return parse_show(value.get("show")), value["source"]

        stored = self.read(SHOW)
        return *self.parse_json(stored, parse), stored

    def episodes(self) -> tuple[tuple[Episode, ...], Stored]:
        """The episodes in `episodes.json`, as listed, and the file itself."""
        stored = self.read(EPISODES)
        return self.parse_json(stored, parse_episodes), stored

    def characters(self) -> tuple[tuple[Character, ...], Stored]:
        """The characters in `characters.json`, in TVMaze's order, and the file itself."""
        stored = self.read(CHARACTERS)
        return self.parse_json(stored, parse_characters), stored

    def belongs_to(self, show: Show, source: Source, *files: Stored) -> None:
        """Check that these files were made for this show from this source.

        Raises:
            FilesError: one was made for another show, which happens when two runs for two shows share a folder.
        """
        for stored in files:
            made_for = _show_and_source(stored.origin) if stored.origin else (show.id, source)
            if made_for != (show.id, source):
                raise FilesError(
                    f"{self.path(stored.name)} was made for show {made_for[0]} ({made_for[1]}), "
                    f"but {SHOW} now holds {show.name} (show {show.id}, {source}): "
                    f"materialize {self.maker(stored.name)} and what follows it again."
                )

    def holds_live_data(self) -> bool:
        """Whether live data was ever written here: a `show.json` that does not say `sample`, or any live origin."""
        try:
            if any(origin.facts.get("source") == "live" for origin in self.origins()):
                return True
            return self.exists(SHOW) and self.show()[1] == "live"
        except FilesError:  # what cannot be read may be live
            return True


class AllFiles:
    """The files of many shows, a folder each, and beside these folders what is about all of them.

    `shows` has what was asked for by the name of the folder, which is that of the partition.
    """

    def __init__(
        self,
        folder: "str | Path | UPath",
        shows: Mapping[str, str],
        *,
        prefix: str = "",
        setting: str = "",
    ) -> None:
        self._top = Folder(folder, setting=setting)
        self._prefix = prefix
        self.shows = shows

    def of(self, show: str) -> ShowFiles:
        """The files of one of the shows."""
        return ShowFiles(self._top.folder / show, prefix=self._prefix, setting=self._top.setting)

    def write(self, name: str, content: bytes) -> "Path | UPath":
        """Replace a file beside the shows' folders, all or nothing; where it is, as an absolute path.

        Raises:
            FilesError: it could not be written; the file before is untouched.
        """
        return self._top.replace(name, content)


def _show_and_source(origin: Origin) -> tuple[Any, Any]:
    return origin.facts.get("show_id"), origin.facts.get("source")
