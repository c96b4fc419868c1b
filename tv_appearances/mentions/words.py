"""The word tables of `words.toml`, which has the reason for each beside it.

Belongs here: reading the tables, and what a title is short for. Does not belong here: any rule that uses them.
"""

import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_TABLES = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def _words(table: str) -> frozenset[str]:
    return frozenset(_TABLES[table].split())


TITLES: dict[str, str] = {word: word for word in _words("titles")} | _TABLES["abbreviations"]
"""Title in lower case, without its full stop → what it is short for."""

RANKS = _words("ranks")
CIVIL = _words("civil")
NAMES_TOO = _words("names_too")
SUFFIXES = _words("suffixes")
PARTICLES = _words("particles")
ADJECTIVES = _words("adjectives")
ROLES = _words("roles")
ROLE_NOTES = _words("role_notes")
DETERMINERS = _words("determiners")
PREPOSITIONS = _words("prepositions")
OBJECTS = DETERMINERS | PREPOSITIONS | _words("units")
OPENERS = OBJECTS | _words("openers")
NUMBERS = _words("numbers")
COMMON_WORDS = NUMBERS | _words("common_words")
QUESTIONS = _words("questions")
DATED = _words("dated")
CALENDAR = _words("calendar")
NOT_SURNAMES = OPENERS | CALENDAR | _words("not_surnames")
GIVEN_NAMES = _words("given_names")
PLACES = _words("places")


def title_of(word: str) -> str:
    """What a title is short for, in the singular: "Dr." and "Drs." are doctor; "" for any other word."""
    if word.replace(".", "") in RANKS:
        return word.replace(".", "")
    word = word.lower().rstrip(".")
    return TITLES.get(word) or TITLES.get(word.removesuffix("s"), "")
