"""Extra names for what no rule can derive, from a TOML file.

Belongs here: reading the file and holding it against a cast. Does not belong here: counting with them.
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from tv_appearances.mentions.names import is_generic
from tv_appearances.mentions.text import fold, lower
from tv_appearances.tvmaze.models import Character


@dataclass(frozen=True, slots=True)
class Aliases:
    """Extra names by full cast name, and where they were read: the file, and the line of each cast name in it."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    path: str = "aliases"
    lines: Mapping[str, int] = field(default_factory=dict)
    shows: Mapping[str, "Aliases"] = field(default_factory=dict)
    """The same for one show only, by its name or `id:N`."""

    @property
    def table(self) -> Mapping[str, object]:
        """What the file says, wherever it is."""
        return {**self.names, **{show: one.names for show, one in self.shows.items()}}

    def of(self, show_name: str, show_id: int) -> "Aliases":
        """The extra names for one show: those for every show, and those under its name or id, which win."""
        own = [
            one
            for show, one in self.shows.items()
            if lower(fold(show.strip())) in {lower(fold(show_name.strip())), f"id:{show_id}"}
        ]
        names, lines = dict(self.names), dict(self.lines)
        for one in own:
            names |= one.names
            lines |= one.lines
        return Aliases(names, self.path, lines)

    def error(self, name: str, what: str) -> "AliasError":
        """The error that says what is wrong with the extra names of one cast name."""
        return AliasError(f"{self.path}:{self.lines.get(name, 1)}: {what}")


NO_ALIASES = Aliases()
NEAR_MISS = 0.8
"""How alike a slip of the pen and the name are, as `difflib` has it: "Rachel Gren" and "Rachel Green" .96."""


class AliasError(ValueError):
    """The file of extra names is wrong; the message is `file:line: what is wrong`."""


def read_aliases(text: str, path: str) -> Aliases:
    """Extra names for what no rule can derive, from TOML: `"Daenerys Targaryen" = ["Dany", "Khaleesi"]`.

    A table holds those of one show, by its name or its TVMaze id: `["id:169"]`, and below it `"Walter White" =
    ["Heisenberg"]`.

    Args:
        text: The content of the file.
        path: What messages call the file.

    Raises:
        AliasError: The text is not TOML, or a value is not a list of names.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise AliasError(f"{path}:{line}: not TOML: {error}") from error
    shows = {show: names for show, names in table.items() if isinstance(names, dict)}
    every = {name: extra for name, extra in table.items() if name not in shows}
    return replace(
        _of_table(every, text, path, 0),
        shows={show: _of_table(names, text, path, _offset(text, show)) for show, names in shows.items()},
    )


def _of_table(table: Mapping[str, object], text: str, path: str, start: int) -> Aliases:
    found = {}
    aliases = Aliases({}, path, {name: _line(text, name, start) for name in table})
    for name, extra in table.items():
        if not isinstance(extra, list) or not all(isinstance(alias, str) and alias.strip() for alias in extra):
            raise aliases.error(name, f'{name!r} needs a list of names such as ["Dany", "Khaleesi"]')
        found[name] = tuple(extra)
    return replace(aliases, names=found)


def aliases_file(cast_names: Sequence[str], unclaimed: Sequence[tuple[str, int, int]], show: str, show_id: int) -> str:
    """A file of extra names to edit: a table of one show with a line for each of the cast, and what nobody bears.

    `unclaimed` has (word, mentions, episodes), see `unclaimed.unclaimed`. As written it changes nothing.
    """
    lines = ["# Extra names of the cast. Name this file in TV_APPEARANCES_ALIASES, and count again."]
    if unclaimed:
        lines.append("# The summaries use these names, which nobody in the cast bears (mentions):")
        lines += [f"#   {word} ({count:,})" for word, count, _ in unclaimed]
    # TOML's strings are JSON's, save for the signs that JSON leaves as they are.
    lines += ["", f"# {' '.join(show.split())}", f'["id:{show_id}"]']
    lines += [f"{_quoted(name)} = []" for name in dict.fromkeys(cast_names) if not is_generic(name)]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def check_aliases(aliases: Aliases, characters: Sequence[Character]) -> None:
    """Hold extra names against the cast.

    A name that is nobody's in it may be meant for another show, where one file serves many; one that is nearly
    somebody's is an error.

    Raises:
        AliasError: A name is a slip for one of the cast, or a role that is not counted, or an alias is claimed by two,
            or is somebody else's cast name.
    """
    if not aliases.names:
        return
    cast = {character.name for character in characters if not is_generic(character.name)}
    roles = {character.name for character in characters} - cast
    owners = {lower(fold(name)): name for name in cast}
    for name, extra in aliases.names.items():
        if name not in cast:
            near = get_close_matches(name, cast, n=1, cutoff=NEAR_MISS)
            if near or name in roles:
                hint = f"; did you mean {near[0]!r}?" if near else ": it is a role, which is not counted"
                raise aliases.error(name, f"nobody in the cast is called {name!r}{hint}")
            continue
        for alias in extra:
            owner = owners.setdefault(lower(fold(alias)), name)
            if owner != name:
                raise aliases.error(name, f"{alias!r} already names {owner!r}, not {name!r} too")


def _line(text: str, name: str, start: int) -> int:
    # The line on which a name is given its aliases; a name that is written with escapes is looked for without them.
    found = re.compile(rf"""^[\s\[]*(["']?)(?:{_spelled(name)})\1\s*[]=.]""", re.MULTILINE).search(text, start)
    return text.count("\n", 0, found.end()) + 1 if found else 1


def _offset(text: str, show: str) -> int:
    found = re.search(rf"""^\s*\[\s*(["']?)(?:{_spelled(show)})\1""", text, re.MULTILINE)
    return found.end() if found else 0


def _spelled(name: str) -> str:
    return "|".join(sorted({re.escape(name), re.escape(name.replace("\\", "\\\\").replace('"', '\\"'))}))
