"""The files of a show: what they are called, which asset makes each, and whether they belong together.

Belongs here: the names, reading each file as what it holds, and the checks that no file of another show is among them.
Does not belong here: how a file is written (`storage`).
"""

import contextlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tv_appearances.fetching.fields import SchemaError
from tv_appearances.storage import FilesError, Folder, Origin, Stored, remove_folder, to_json
from tv_appearances.tvmaze.models import Character, Episode, Show, Source, parse_characters, parse_episodes, parse_show

if TYPE_CHECKING:
    from upath import UPath

SHOW = "show.json"
EPISODES = "episodes.json"
CHARACTERS = "characters.json"
APPEARANCES = "character_appearances.json"
MENTIONS = "mentions.csv"
EVIDENCE = "evidence.json"
PICTURE = "appearances.png"
PAGE = "appearances.html"
ALL_SHOWS = "shows.csv"
ALL_SHOWS_PAGE = "shows.html"
SUMMARY = "summary.json"
"""With many shows, what the overview says of one."""
SCHEDULE = "schedule.json"
"""With many shows, what is remembered of all of them."""

NEXT = ".next"
"""Below the folder of a show: the files of another one that was chosen, until all of them are there."""

MADE_BY = {
    SHOW: "tv_show_info",
    EPISODES: "episodes",
    CHARACTERS: "characters",
    APPEARANCES: "character_appearances",
    MENTIONS: "character_appearances",
    EVIDENCE: "character_appearances",
    PICTURE: "appearances_report",
    PAGE: "appearances_report",
}
"""The asset that writes each file."""


def origin_of(show_id: int, source: Source, *inputs: Stored) -> Origin:
    """What a file of a show was made from: the show, where its data came from, and the input files."""
    return Origin({"show_id": show_id, "source": source}, {stored.name: stored.digest for stored in inputs})


class ShowFiles(Folder):
    """The files of one show in one folder.

    Where the folder holds a show and another one is chosen, the new one's files are made in a folder below it, and take
    the old one's place together when the last of them is there (`finish`). So the folder people look at holds one
    show, the old or the new, even if that run fails. From `show` or `choose` on, `folder` is where the files are made.

    Args:
        folder: As for `Folder`.
        prefix: What stands before the names of the assets, as in `friends/`; messages name them in full.
        setting: As for `Folder`.
        finished: Read only what is finished, whatever is being made.
    """

    def __init__(
        self, folder: "str | Path | UPath", *, prefix: str = "", setting: str = "", finished: bool = False
    ) -> None:
        super().__init__(folder, made_by={name: f"{prefix}{asset}" for name, asset in MADE_BY.items()}, setting=setting)
        self.home = self.folder
        """The folder people look at, where every file ends up."""
        self._next = self.folder / NEXT
        self._places = [self.home] if finished else [self._next, self.home]
        self._chosen: tuple[int, Source] | None = None

    def uri(self, name: str) -> str:
        """Where the file of this name ends up, as a URI."""
        return (self.home / name).absolute().as_uri()

    def pinned(self, asked: str) -> int | None:
        """The id of the show that was found for this very question and is in TVMaze; None where there is none yet."""
        with contextlib.suppress(FilesError):
            origin = Folder(self.home).read(SHOW).origin
            if origin and origin.facts.get("asked") == asked and origin.facts.get("source") == "live":
                return int(origin.facts["show_id"])
        return None

    def choose(self, show: Show, source: Source, record: Mapping[str, Any], asked: str = "") -> Stored:
        """Write `show.json`: from here on, this show's files are made; `asked` is what it was found for.

        Raises:
            FilesError: It cannot be written.
        """
        self._chosen = show.id, source
        apart = self._holds(self.home) not in (None, self._chosen)
        self.folder = self._next if apart else self.home
        if self._holds(self._next) not in (None, self._chosen) or not apart:
            remove_folder(self._next)
        origin = origin_of(show.id, source)
        if asked:
            origin = Origin({**origin.facts, "asked": asked})
        return self.write(SHOW, to_json({**record, "source": source}), origin)

    def show(self) -> tuple[Show, Source, Stored]:
        """The show that files are made for, where it came from, and its `show.json`.

        Raises:
            FilesError: There is none, it is damaged, or another run has put another show in the place of the one that
                was chosen here.
        """
        others: list[tuple[int, Source]] = []
        for place in self._places:
            self.folder = place
            try:
                found = self._show()
            except FilesError:
                if place is self.home:
                    raise
                continue
            others.append((found[0].id, found[1]))
            if self._chosen in (None, others[-1]):
                return found
        raise self._taken(*others[0])

    def read(self, name: str) -> Stored:
        """As `Folder.read`; what was not made yet is the other show's, as `require_same_show` then says.

        Raises:
            FilesError: It is missing, cannot be read, or is not what was written.
        """
        if self.folder != self.home and name != SHOW and not self.exists(name):
            return Folder(self.home, made_by=self.made_by, setting=self.setting).read(name)
        return super().read(name)

    def require_still(self, show: Show, source: Source) -> None:
        """Check that files are still made for this show, before one that took long to fetch is written.

        Raises:
            FilesError: Another run has chosen another show meanwhile.
        """
        held = self._holds(self.folder)
        if held not in (None, (show.id, source)):
            raise self._taken(*held)

    def _taken(self, show_id: int, source: Source) -> FilesError:
        apart = f", or give each show a folder of its own in {self.setting}" if self.setting else ""
        return FilesError(
            f"Another run has chosen show {show_id} ({source}) for {self.home.absolute()} meanwhile, so this run ends: "
            f"run it again when the other one is done{apart}."
        )

    def finish(self) -> None:
        """Put the files that were made in the place of the other show's, all of them, if there was another show.

        An interrupt waits until they are there: it is the main thread's, and this is done in another one.

        Raises:
            FilesError: One of them cannot be read, is another show's by now, or cannot be written.
        """
        if self.folder != self.home:
            show, source, _ = self.show()
            names = sorted(path.name for path in self.folder.iterdir() if path.is_file())
            made = [self.read(name) for name in names if not name.startswith(".")]
            self.require_same_show(show, source, *made)
            with ThreadPoolExecutor(1) as thread:
                thread.submit(self._replace_all, made).result()

    def _replace_all(self, made: Sequence[Stored]) -> None:
        self.folder = self.home
        for stored in made:
            self.write(stored.name, stored.content, stored.origin or Origin())
        remove_folder(self._next)

    def _show(self) -> tuple[Show, Source, Stored]:
        stored = self.read(SHOW)
        return *self.parse_json(stored, _parse_show), stored

    def episodes(self) -> tuple[tuple[Episode, ...], Stored]:
        """The episodes in `episodes.json`, as listed, and the file itself."""
        stored = self.read(EPISODES)
        return self.parse_json(stored, parse_episodes), stored

    def characters(self) -> tuple[tuple[Character, ...], Stored]:
        """The characters in `characters.json`, in TVMaze's order, and the file itself."""
        stored = self.read(CHARACTERS)
        return self.parse_json(stored, parse_characters), stored

    def require_same_show(self, show: Show, source: Source, *files: Stored) -> None:
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
        return any(_holds_live_data(Folder(place)) for place in self._places)

    def _holds(self, place: "Path | UPath") -> tuple[Any, Any] | None:
        """Id and source of the show in this folder; None where there is none, or none that can be read."""
        files = Folder(place)
        try:
            show, source = files.parse_json(files.read(SHOW), _parse_show)
        except FilesError:
            return None
        return show.id, source


def _holds_live_data(files: Folder) -> bool:
    try:
        if any(origin.facts.get("source") == "live" for origin in files.origins()):
            return True
        return files.exists(SHOW) and files.parse_json(files.read(SHOW), _parse_show)[1] == "live"
    except FilesError:  # what cannot be read may be live
        return True


def _parse_show(value: Any) -> tuple[Show, Source]:
    if not isinstance(value, dict):
        raise SchemaError(SHOW, "an object", value)
    if value.get("source") not in ("live", "sample"):
        raise SchemaError("source", '"live" or "sample"', value.get("source"))
    return parse_show(value.get("show")), value["source"]


class AllFiles:
    """The files of many shows, a folder each, and beside these folders what is about all of them."""

    def __init__(self, folder: "str | Path | UPath", *, prefix: str = "", setting: str = "") -> None:
        self._top = Folder(folder, setting=setting)
        self._prefix = prefix

    def of(self, show: str) -> ShowFiles:
        """The files of one of the shows."""
        return ShowFiles(self._top.folder / show, prefix=self._prefix, setting=self._top.setting, finished=True)

    def path(self, name: str) -> "Path | UPath":
        """The absolute path of a file beside the shows' folders."""
        return self._top.path(name)

    def write(self, name: str, content: bytes) -> "Path | UPath":
        """Replace a file beside the shows' folders, all or nothing; where it is, as an absolute path.

        Raises:
            FilesError: it could not be written; the file before is untouched.
        """
        return self._top.replace(name, content)

    def content(self, name: str) -> bytes:
        """The bytes of a file beside the shows' folders.

        Raises:
            FilesError: It is missing or cannot be read.
        """
        return self._top.content(name)


def _show_and_source(origin: Origin) -> tuple[Any, Any]:
    return origin.facts.get("show_id"), origin.facts.get("source")
