"""Files that can be trusted: replaced whole or not at all, with a record of what each was made from.

Belongs here: atomic writes, deterministic JSON, and the records. Next to the files, `.origin/` keeps for each one the
facts and the input versions behind its bytes, so that a file that was damaged or edited by hand is noticed before it is
used. The folder is on this machine or on an object store, where a PUT is what a rename is here. Does not belong here:
what the files are called and what their content means.
"""

import contextlib
import hashlib
import json
import mimetypes
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .fetching.decoding import decoded
from .fetching.fields import SchemaError

if TYPE_CHECKING:
    from upath import UPath

ABANDONED_AFTER_SECONDS = 3600

T = TypeVar("T")


class FilesError(RuntimeError):
    """A file cannot be read, trusted or written; the message names it and the remedy. Trying again does not help."""


class StorageUnusable(FilesError):
    """The place itself cannot be read or written: no room, no right, no connection. It can hit any file."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a file was made from: the writer's own facts, as JSON has them, and the digest of each input by its name."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it was read: its bytes, their SHA-256, and its origin (None for a file this project did not write)."""

    name: str
    content: bytes
    digest: str
    origin: Origin | None


def data_folder(address: str) -> "Path | UPath":
    """The folder at this address: a path, or what fsspec opens, such as `s3://bucket/folder`.

    Raises:
        ValueError: it holds a password, names no folder, or nothing that is installed opens it; the message says which.
    """
    scheme, sign, rest = address.partition("://")
    if not sign:
        if re.match(r"[a-z0-9]{2,}:/", address):
            raise ValueError("looks like an address without its second slash: s3://bucket/folder")
        return Path(address).expanduser()
    if scheme in ("http", "https"):
        raise ValueError("can only be read; name a folder, or an object store as s3://bucket/folder")
    if scheme in ("file", "local"):
        return Path(rest)
    if re.match(r"[^/]*:[^/]*@", rest):
        raise ValueError(
            "has a password in it; which would be seen: put it where the storage's own library looks for it"
        )
    if not rest.strip("/"):
        raise ValueError("names no bucket or folder, as s3://bucket/folder does")
    from upath import UPath

    try:
        # Another process may have written since a listing was remembered. An object that is read in several parts is
        # asked for its size first, and may be another one when its bytes are.
        in_one: dict[str, Any] = {"max_concurrency": 1} if scheme in ("s3", "s3a") else {}
        folder: UPath = UPath(address, use_listings_cache=False, **in_one)
        _ = folder.fs
    except Exception as error:  # noqa: BLE001 - each storage has errors of its own
        raise ValueError(f"cannot be opened ({error}); for s3:// install s3fs") from None
    return folder


class Folder:
    """Files in one folder. Writing makes the folder; reading never does.

    Args:
        folder: A path or an address, as `data_folder` takes it.
        made_by: The asset that writes each file, for messages that say which one to run again.
        setting: What the reader calls the setting that holds the folder, where there is one; advice names it.
    """

    def __init__(
        self,
        folder: "str | Path | UPath",
        *,
        made_by: Mapping[str, str] | None = None,
        setting: str = "",
    ) -> None:
        self.folder = data_folder(folder) if isinstance(folder, str) else folder
        self.made_by = made_by or {}
        self.setting = setting
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
        """Make the folder and prove that a file can be written there, before anything is asked of an API.

        Raises:
            FilesError: it cannot.
        """
        # It stays: on an object store a folder is there only while something is in it, and whoever lists one that
        # another run unmakes at that moment is told that it cannot be read.
        with self._writing("a file"):
            _replace_whole(self.folder / ".origin" / "probe", b"-")

    def read(self, name: str) -> Stored:
        """The file of this name, with its origin.

        Raises:
            FilesError: it is missing, cannot be read, or is not what was written.
        """
        with self._reading(name):
            try:
                content = _content(self.path(name))
            except FileNotFoundError:
                raise FilesError(
                    f"{self.path(name)} does not exist yet: materialize {self.maker(name)} first."
                ) from None
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

        The record goes first, under the digest of the content. So the file on disk is at every moment one whose record
        is there, even if a process dies, or another one reads or writes.

        Raises:
            FilesError: it could not be written (no space, no permission); the file before is untouched.
        """
        digest = sha256(content)
        record = self._record(name, digest)
        with self._writing(name):
            _replace_whole(record, to_json({**origin.facts, "inputs": dict(origin.inputs)}))
            _replace_whole(self.folder / name, content)
            _forget_records(record.parent, but=record)
        return Stored(name, content, digest, origin)

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

    def parse_json(self, stored: Stored, parse: Callable[[Any], T]) -> T:
        """As `parse`, of a file that holds JSON."""
        return self.parse(stored, lambda content: parse(decoded(content)))

    def require_inputs(self, result: Stored, *inputs: Stored) -> None:
        """Check that none of these inputs was replaced since the file was computed from it.

        Raises:
            FilesError: one was.
        """
        for stored in inputs:
            if result.origin and result.origin.inputs.get(stored.name, stored.digest) != stored.digest:
                raise FilesError(
                    f"{self.path(result.name)} was computed from an earlier {stored.name}: "
                    f"materialize {self.maker(result.name)} and what follows it again."
                )

    def origins(self) -> Iterator[Origin]:
        """What is known of every content that was lately here.

        Raises:
            FilesError: the records cannot be read.
        """
        with self._reading(".origin"):
            for record in self.folder.glob(".origin/*/*.json"):
                with contextlib.suppress(FileNotFoundError):  # another run has just forgotten it
                    yield self._origin(record.parent.name, record)

    def replace(self, name: str, content: bytes) -> "Path | UPath":
        """Replace a file without a record, all or nothing; where it is, as an absolute path.

        Raises:
            FilesError: it could not be written; the file before is untouched.
        """
        with self._writing(name):
            _replace_whole(self.folder / name, content)
        return self.path(name)

    def content(self, name: str) -> bytes:
        """The bytes of this file, without a look at its record: for what can be made anew at any time.

        Raises:
            FilesError: It is missing or cannot be read.
        """
        with self._reading(name):
            try:
                return _content(self.path(name))
            except FileNotFoundError:
                raise FilesError(f"{self.path(name)} does not exist yet.") from None

    def maker(self, name: str) -> str:
        """The asset that writes this file, as messages name it."""
        return f"`{self.made_by[name]}`" if name in self.made_by else "the asset that writes it"

    def _record(self, name: str, digest: str) -> "Path | UPath":
        return self.folder / ".origin" / name / f"{digest}.json"

    def _origin(self, name: str, record: "Path | UPath") -> Origin:
        content = _content(record)
        try:
            facts = decoded(content)
            return Origin(inputs=facts.pop("inputs"), facts=facts)
        except (ValueError, TypeError, AttributeError, KeyError):
            raise self._damaged(name, f"has a damaged record, {record}") from None

    def _damaged(self, name: str, what: str) -> FilesError:
        return FilesError(f"{self.path(name)} {what}: materialize {self.maker(name)} again.")

    @contextlib.contextmanager
    def _reading(self, name: str) -> Iterator[None]:
        try:
            yield
        except FilesError:
            raise
        except self._trouble as error:
            raise StorageUnusable(f"{self.path(name)} cannot be read ({_why(error)}): make it readable.") from None

    @contextlib.contextmanager
    def _writing(self, what: str) -> Iterator[None]:
        try:
            yield
        except self._trouble as error:
            local = isinstance(self.folder, Path)
            remedy = "Make room and make the folder writable" if local else "Check the address, its keys and its rights"
            raise StorageUnusable(
                f"Cannot write {what} in {self.folder.absolute()} ({_why(error)}); what was there is untouched. "
                f"{remedy}{f', or set {self.setting} to another one' if self.setting else ''}."
            ) from None


def sha256(content: bytes) -> str:
    """The SHA-256 of these bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def to_json(value: object) -> bytes:
    """The value as UTF-8 JSON, keys sorted, indented by two, ended by LF: the same value, the same bytes."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False) + "\n").encode("utf-8")


def remove_folder(folder: "Path | UPath") -> None:
    """Remove a folder and all that is in it, if it is there; where another process still writes, that stays."""
    if isinstance(folder, Path):
        shutil.rmtree(folder, ignore_errors=True)
        return
    with contextlib.suppress(FileNotFoundError):
        folder.fs.rm(folder.path, recursive=True)


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _content(path: "Path | UPath") -> bytes:
    # Opened as a file, an object is asked for its size first, and may be another one when its bytes are.
    return path.read_bytes() if isinstance(path, Path) else bytes(path.fs.cat_file(path.path))


def _replace_whole(path: "Path | UPath", content: bytes) -> None:
    if not isinstance(path, Path):
        # S3 would call it a binary, and a browser would save the page instead of showing it.
        kind = mimetypes.guess_type(path.name)[0] or "text/plain"
        named = {"ContentType": kind} if path.protocol in ("s3", "s3a") else {}
        path.fs.pipe_file(path.path, content, **named)  # one PUT: all of it or nothing
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
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


def _forget_records(records: "Path | UPath", but: "Path | UPath") -> None:
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
    """Remove what writers left behind in this folder when they were killed; by age, since a write takes no hour."""
    for orphan in folder.glob(".*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - orphan.stat().st_mtime > ABANDONED_AFTER_SECONDS:
                orphan.unlink(missing_ok=True)
