"""A list of shows: where it is written, how its lines are read, and what a bad line costs: that line.

Belongs here: the file, the `;` form, comments, and the name of each show's partition and folder. The list is read anew
whenever it is needed, so that a line is added or taken away without a reload. Does not belong here: which show of
TVMaze a line means (`tvmaze.lookup`).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tv_appearances.mentions.text import fold
from tv_appearances.tvmaze.lookup import parse_show_choice

LONGEST_SLUG = 80

_COMMENT = re.compile(r"(?P<id>id:\s*\d+)?\s*(?P<comment>(?(id)#.*|#(?:\s.*)?))", re.IGNORECASE)


class ShowListError(ValueError):
    """The list cannot be read, or names no show at all; the message names it and the remedy."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says.

    `shows` has what to look up by the partition; `dropped` what is wrong with each line that is none, and `comments`
    what was left out of a file, both with the number of the line.
    """

    shows: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShowList:
    """A list of shows: the path of a file with one a line, a text with `;` between them, or `from_entries`.

    `name` is what the reader calls the setting that holds it. Where the setting has another way than `;` to do without
    a file, `other_way` says which, and a text is always the path of a file.
    """

    source: str
    name: str = "the list of shows"
    other_way: str | None = None

    @classmethod
    def from_entries(cls, entries: Sequence[str], name: str = "the list of shows") -> "ShowList":
        """The list of these shows; one that holds a line break is none."""
        return cls("".join(f"{' '.join(entry.split())}\n" for entry in entries), name)

    def read(self) -> Listed:
        """The list as it is now.

        Raises:
            ShowListError: The file cannot be read, or there is no show in the list.
        """
        lines, where, in_file = self._lines()
        listed = read_lines(lines, where, comments=in_file)
        if not listed.shows:
            said = "; ".join([*listed.dropped, *listed.comments])
            raise ShowListError(
                f"{self.name} names no show{f': {said}' if said else ''}. Give one a line, a name or id:431."
            )
        return listed

    def _lines(self) -> tuple[Sequence[str], str, bool]:
        if "\n" in self.source:
            return self.source.splitlines(), f"{self.name}, entry", False
        if ";" in self.source and self.other_way is None and not _is_file(self.source):
            return self.source.split(";"), f"{self.name}, show", False
        try:
            text = Path(self.source).expanduser().read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            other_way = self.other_way or "list shows with ; between them, as in friends;id:118"
            raise ShowListError(
                f"{self.name}: cannot read {self.source!r} ({getattr(error, 'strerror', None) or 'not UTF-8'}); "
                f"name a file with one show a line, or {other_way}."
            ) from None
        return text.splitlines(), f"{self.source}, line", True


def read_lines(lines: Sequence[str], where: str, *, comments: bool) -> Listed:
    """The shows that these lines ask for; messages about a line begin with `where` and its number.

    With `comments`, a line that begins with # and a blank is one, and one may follow behind `id:N`. Otherwise, and
    before anything but a blank, # is part of a title.
    """
    shows: dict[str, str] = {}
    at: dict[str, int] = {}
    dropped, left_out = [], []
    for number, line in enumerate(lines, start=1):
        asked = line.strip()
        if comments and (comment := _COMMENT.fullmatch(asked)):
            asked = comment["id"] or ""
            left_out.append(f"line {number}: {comment['comment']}")
        if not asked:
            continue
        try:
            chosen = parse_show_choice(asked)
        except ValueError as error:
            dropped.append(f"{where} {number}: {error}")
            continue
        name = slug(f"id-{chosen}" if isinstance(chosen, int) else chosen)
        if not name:
            dropped.append(
                f"{where} {number}: {asked!r} has no letter a-z and no digit to name a folder by; "
                "give the show's TVMaze id, as in id:431."
            )
        elif name in shows:
            dropped.append(
                f"{where} {number}: {asked!r} means the same show as {shows[name]!r} ({at[name]}): leave one of them "
                "out; or, where they are two shows, give their TVMaze ids, as in id:431."
            )
        else:
            shows[name], at[name] = asked, number
    return Listed(shows, tuple(dropped), tuple(left_out))


def slug(text: str) -> str:
    """The text as a name of a folder and of a partition: a-z, 0-9 and single hyphens, at most 80."""
    plain = unicodedata.normalize("NFKD", fold(text)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG].strip("-")


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # a list can be longer than any path, or begin with an unknown ~user
        return False
