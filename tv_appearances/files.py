"""The show's files: what they are called, who makes them, and how they are written so that they can be trusted.

Belongs here: names, atomic writes, deterministic JSON, and the record of what each file was made from. A file is
replaced whole or not at all; next to the files, `.origin/` keeps for each one the show and the input versions behind
its bytes, so that a file that was damaged, edited by hand or made for another show is noticed before it is used. The
folder is on this machine or on an object store, where a PUT is what a rename is here. Does not belong here: what the
content means beyond its shape.
"""

import contextlib
import hashlib
import json
import mimetypes
import os
import re
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tv_appearances.models import (
    Character,
    Episode,
    SchemaError,
    Show,
    Source,
    parse_characters,
    parse_episodes,
    parse_show,
)

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

ABANDONED_AFTER_SECONDS = 3600

T = TypeVar("T")


class FilesError(RuntimeError):
    """A file cannot be read, trusted or written; the message names it and the remedy. Trying again does not help."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a file was made from: the show, where its data came from, and the digest of each input file by its name."""

    show_id: int
    source: Source
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it was read: its bytes, their SHA-256, and its origin (None for a file this project did not write)."""

    name: str
    content: bytes
    digest: str
    origin: Origin | None


def data_folder(address: str) -> "Path | UPath":
    """The folder at this address: a path, or what fsspec opens, such as `s3://bucket/tv`.

    Raises:
        ValueError: it holds a password, names no folder, or nothing that is installed opens it; the message says which.
    """
    scheme, sign, rest = address.partition("://")
    if not sign:
        if re.match(r"[a-z0-9]{2,}:/", address):
            raise ValueError("looks like an address without its second slash: s3://bucket/tv")
        return Path(address).expanduser()
    if scheme in ("http", "https"):
        raise ValueError("can only be read; name a folder, or an object store as s3://bucket/tv")
    if scheme in ("file", "local"):
        return Path(rest)
    if re.match(r"[^/]*:[^/]*@", rest):
        raise ValueError("has a password in it; it would be shown: put it where the storage's own library looks for it")
    if not rest.strip("/"):
        raise ValueError("names no bucket or folder, as s3://bucket/tv does")
    from upath import UPath

    try:
        # Another process may have written since a listing was remembered.
        folder = UPath(address, use_listings_cache=False)
        _ = folder.fs
    except Exception as error:  # noqa: BLE001 - each storage has errors of its own
        raise ValueError(f"cannot be opened ({error}); tv_appearances[s3] brings what s3:// needs") from None
    return folder


class ShowFiles:
    """The files of one show in one folder. Writing makes the folder; reading never does."""

    def __init__(self, folder: "str | Path | UPath") -> None:
        self.folder = data_folder(folder) if isinstance(folder, str) else folder
        # On this machine the system says what is wrong; elsewhere the storage's library does, with errors of its own.
        self._trouble = OSError if isinstance(self.folder, Path) else Exception

    def path(self, name: str) -> "Path | UPath":
        """Where the file of this name is, or would be, as an absolute path."""
        return (self.folder / name).absolute()

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name, whatever is in it.

        Raises:
            FilesError: the folder cannot be asked.
        """
        with self._reading(name):
            return self.path(name).exists()

    def ensure_writable(self) -> None:
        """Make the folder and prove that a file can be written there, before anything is asked of TVMaze.

        Raises:
            FilesError: it cannot.
        """
        # It stays: on an object store a folder is there only while something is in it, and whoever lists one that
        # another run unmakes at that moment is told that it cannot be read.
        with self._writing("a file"):
            _replace(self.folder / ".origin" / "probe", b"-")

    def read(self, name: str) -> Stored:
        """The file of this name, with its origin.

        Raises:
            FilesError: it is missing, cannot be read, or is not what was written.
        """
        with self._reading(name):
            try:
                content = _content(self.path(name))
            except FileNotFoundError:
                raise FilesError(f"{self.path(name)} does not exist yet: materialize {_maker(name)} first.") from None
            digest = sha256(content)
            record = self._record(name, digest)
            if record.exists():
                return Stored(name, content, digest, self._origin(name, record))
            if _content(self.path(name)) != content:  # another run has replaced it meanwhile, and forgotten the record
                return self.read(name)
            if record.parent.exists():
                raise self._damaged(name, "was changed or damaged after it was written")
        return Stored(name, content, digest, None)

    def write(self, name: str, content: bytes, origin: Origin) -> Stored:
        """Replace the file with this content, all or nothing, and record its origin.

        The record goes first, under the digest of the content. So at every moment, whoever dies, reads or writes at the
        same time, the file on disk is one whose record is there too.

        Raises:
            FilesError: it could not be written (no space, no permission); the file before is untouched.
        """
        digest = sha256(content)
        record = self._record(name, digest)
        with self._writing(name):
            _replace(record, to_json(asdict(origin)))
            _replace(self.folder / name, content)
            _forget(record.parent, but=record)
        return Stored(name, content, digest, origin)

    def show(self) -> tuple[Show, Source, Stored]:
        """The show in `show.json`, where it came from, and the file itself."""

        def parse(value: Any) -> tuple[Show, Source]:
            if not isinstance(value, dict):
                raise SchemaError(SHOW, "an object", value)
            if value.get("source") not in ("live", "sample"):
                raise SchemaError("source", '"live" or "sample"', value.get("source"))
            return parse_show(value.get("show")), value["source"]

        stored = self.read(SHOW)
        return *self._parse(stored, parse), stored

    def episodes(self) -> tuple[tuple[Episode, ...], Stored]:
        """The episodes in `episodes.json`, as listed, and the file itself."""
        stored = self.read(EPISODES)
        return self._parse(stored, parse_episodes), stored

    def characters(self) -> tuple[tuple[Character, ...], Stored]:
        """The characters in `characters.json`, in TVMaze's order, and the file itself."""
        stored = self.read(CHARACTERS)
        return self._parse(stored, parse_characters), stored

    def parse(self, stored: Stored, parse: Callable[[bytes], T]) -> T:
        """The content of a file as `parse` reads it.

        Raises:
            FilesError: `parse` raised a ValueError: the content is not what this file should hold.
        """
        try:
            return parse(stored.content)
        except SchemaError as error:
            raise self._damaged(stored.name, f"is not as it should be ({error})") from None
        except ValueError as error:
            raise self._damaged(stored.name, f"is not readable ({error})") from None

    def belongs_to(self, show: Show, source: Source, *files: Stored) -> None:
        """Check that these files were made for this show from this source.

        Raises:
            FilesError: one was made for another show, which happens when two runs for two shows share a folder.
        """
        for stored in files:
            origin = stored.origin
            if origin and (origin.show_id, origin.source) != (show.id, source):
                raise FilesError(
                    f"{self.path(stored.name)} was made for show {origin.show_id} ({origin.source}), "
                    f"but {SHOW} now holds {show.name} (show {show.id}, {source}): "
                    f"materialize {_maker(stored.name)} and what follows it again."
                )

    def made_from(self, result: Stored, *inputs: Stored) -> None:
        """Check that a computed file was computed from these very inputs.

        Raises:
            FilesError: an input was replaced since.
        """
        for stored in inputs:
            if result.origin and result.origin.inputs.get(stored.name, stored.digest) != stored.digest:
                raise FilesError(
                    f"{self.path(result.name)} was computed from an earlier {stored.name}: "
                    f"materialize {_maker(result.name)} and what follows it again."
                )

    def holds_live_data(self) -> bool:
        """Whether live data was ever written here: a `show.json` that does not say `sample`, or any live origin."""
        try:
            with self._reading(".origin"):
                for record in self.folder.glob(".origin/*/*.json"):
                    with contextlib.suppress(FileNotFoundError):  # another run has just forgotten it
                        if self._origin(record.parent.name, record).source == "live":
                            return True
            return self.exists(SHOW) and self.show()[1] == "live"
        except FilesError:  # what cannot be read may be live
            return True

    def _record(self, name: str, digest: str) -> "Path | UPath":
        return self.folder / ".origin" / name / f"{digest}.json"

    def _origin(self, name: str, record: "Path | UPath") -> Origin:
        content = _content(record)
        try:
            return Origin(**json.loads(content))
        except (ValueError, TypeError):
            raise self._damaged(name, f"has a damaged record, {record}") from None

    def _parse(self, stored: Stored, parse: Callable[[Any], T]) -> T:
        return self.parse(stored, lambda content: parse(json.loads(content)))

    def _damaged(self, name: str, what: str) -> FilesError:
        return FilesError(f"{self.path(name)} {what}: materialize {_maker(name)} again.")

    @contextlib.contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        try:
            yield
        except FilesError:
            raise
        except self._trouble as error:
            raise FilesError(f"{self.path(name)} cannot be read ({_why(error)}): make it readable.") from None

    @contextlib.contextmanager
    def _writing(self, what: str) -> Iterator[None]:
        try:
            yield
        except self._trouble as error:
            local = isinstance(self.folder, Path)
            remedy = "Make room and make the folder writable" if local else "Check the address, its keys and its rights"
            raise FilesError(
                f"Cannot write {what} in {self.folder.absolute()} ({_why(error)}); what was there is untouched. "
                f"{remedy}, or set TV_APPEARANCES_DATA to another one."
            ) from None


class AllFiles:
    """The files of many shows, a folder each, and beside these folders what is about all of them.

    `shows` has what was asked for by the name of the folder, which is that of the partition.
    """

    def __init__(self, folder: "str | Path | UPath", shows: Mapping[str, str]) -> None:
        self._top = ShowFiles(folder)
        self.shows = shows

    def of(self, show: str) -> ShowFiles:
        """The files of one of the shows."""
        return ShowFiles(self._top.folder / show)

    def write(self, name: str, content: bytes) -> "Path | UPath":
        """Replace a file beside the shows' folders, all or nothing; where it is, as an absolute path.

        Raises:
            FilesError: it could not be written; the file before is untouched.
        """
        with self._top._writing(name):  # noqa: SLF001 - the same folder, the same remedy
            _replace(self._top.folder / name, content)
        return self._top.path(name)


def sha256(content: bytes) -> str:
    """The SHA-256 of these bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def to_json(value: object) -> bytes:
    """The value as UTF-8 JSON, keys sorted, indented by two, ended by LF: the same value, the same bytes."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n").encode("utf-8")


def _maker(name: str) -> str:
    return f"`{MADE_BY[name]}`" if name in MADE_BY else "the asset that writes it"


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _content(path: "Path | UPath") -> bytes:
    # Opened as a file, an object is asked for its size first, and may be another one when its bytes are.
    return path.read_bytes() if isinstance(path, Path) else bytes(path.fs.cat_file(path.path))


def _replace(path: "Path | UPath", content: bytes) -> None:
    if not isinstance(path, Path):
        # S3 would call it a binary, and a browser would save the page instead of showing it.
        kind = mimetypes.guess_type(path.name)[0] or "text/plain"
        named = {"ContentType": kind} if path.protocol in ("s3", "s3a") else {}
        path.fs.pipe_file(path.path, content, **named)  # one PUT: all of it or nothing
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    # The name says which process is writing, so that a sweep can tell an orphan from a write that goes on.
    prefix = f".{path.name}.{socket.gethostname()}.{os.getpid()}."
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=prefix, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)  # mkstemp makes it 0600
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _forget(records: "Path | UPath", but: "Path | UPath") -> None:
    """Remove the records of contents that are gone, once nobody can still be reading or about to write them."""
    for record in records.glob("*.json"):
        with contextlib.suppress(OSError):
            if record != but and time.time() - record.stat().st_mtime > ABANDONED_AFTER_SECONDS:
                record.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    # The new name survives a power cut only once the folder itself is on disk. Windows cannot open a folder.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sweep(folder: Path) -> None:
    """Remove what writers left behind in this folder when they were killed."""
    for orphan in folder.glob(".*.tmp"):
        with contextlib.suppress(OSError, ValueError):
            name_and_host, pid, _ = orphan.name.removesuffix(".tmp").rsplit(".", 2)
            dead = name_and_host.endswith(f".{socket.gethostname()}") and not _alive(int(pid))
            if dead or time.time() - orphan.stat().st_mtime > ABANDONED_AFTER_SECONDS:
                orphan.unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    if os.name == "nt":
        return True  # signal 0 would end the process there; the age decides
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
