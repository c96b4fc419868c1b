"""Extra names for what no rule can derive, from a TOML file.

Belongs here: reading the file and holding it against a cast. Does not belong here: counting with them.
"""

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

    def error(self, name: str, what: str) -> "AliasError":
        """The error that says what is wrong with the extra names of one cast name."""
        return AliasError(f"{self.path}:{self.lines.get(name, 1)}: {what}")


NO_ALIASES = Aliases()


class AliasError(ValueError):
    """The file of extra names is wrong; the message is `file:line: what is wrong`."""


def read_aliases(text: str, path: str) -> Aliases:
    """Extra names for what no rule can derive, from TOML: `"Daenerys Targaryen" = ["Dany", "Khaleesi"]`.

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
    aliases = Aliases(table, path, {name: _line(text, name) for name in table})
    for name, extra in table.items():
        if not isinstance(extra, list) or not all(isinstance(alias, str) and alias.strip() for alias in extra):
            raise aliases.error(name, f'{name!r} needs a list of names such as ["Dany", "Khaleesi"]')
    return replace(aliases, names={name: tuple(extra) for name, extra in table.items()})


def check_aliases(aliases: Aliases, characters: Sequence[Character]) -> None:
    """Hold extra names against the cast.

    Raises:
        AliasError: A name is not in the cast, or an alias is claimed by two, or is somebody else's cast name.
    """
    if not aliases.names:
        return
    cast = {character.name for character in characters if not is_generic(character.name)}
    owners = {lower(fold(name)): name for name in cast}
    for name, extra in aliases.names.items():
        if name not in cast:
            near = get_close_matches(name, cast, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise aliases.error(name, f"nobody in the cast is called {name!r}{hint}")
        for alias in extra:
            owner = owners.setdefault(lower(fold(alias)), name)
            if owner != name:
                raise aliases.error(name, f"{alias!r} already names {owner!r}, not {name!r} too")


def _line(text: str, name: str) -> int:
    # The line on which a name is given its aliases; a name that is written with escapes is looked for without them.
    spelled = {re.escape(name), re.escape(name.replace("\\", "\\\\").replace('"', '\\"'))}
    found = re.search(rf"""^[\s\[]*(["']?)(?:{"|".join(sorted(spelled))})\1\s*[]=.]""", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else 1
