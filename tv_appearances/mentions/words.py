"""The word tables of `words.toml`, which has the reason for each beside it.

Belongs here: reading the tables, and what a title is short for. Does not belong here: any rule that uses them.
"""

import sys
from collections.abc import Mapping
from functools import cache
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
PLACES = _words("places")
STRANGERS = _words("strangers")
INTRODUCERS = _words("introducers")
RELATIVES = _words("relatives")
PEOPLE = _words("people")
ORDINALS = _words("ordinals")
HONORIFICS = _words("honorifics")
DESCRIBING = _words("describing")
DESCRIBING_ENDS = tuple(_words("describing_ends"))
VERBS = _words("verbs")
AUXILIARIES = _words("auxiliaries")
ADVERBS = _words("adverbs")
CITIES = _words("cities")
WITHIN = _words("within")
REGIONS = _words("regions")
WORKS = frozenset(work.strip() for work in " ".join(_TABLES["works"].split()).split(","))
KINDS_OF_WORK = _words("kinds_of_work")
WEEKDAYS = _words("weekdays")
ON = _words("on")
PARTS_OF_DAY = _words("parts_of_day")
HOLIDAYS = _words("holidays")


@cache
def short_forms() -> Mapping[str, frozenset[str]]:
    """Given name in lower case → its customary short forms: "walter" → "walt", "wally"."""
    from nicknames import NickNamer  # a table of its own, read only where names are counted

    return {name: frozenset(forms) for name, forms in NickNamer.default_lookup().items()}


@cache
def given_names() -> frozenset[str]:
    """Given names in lower case, short forms among them; ordinary words are not."""
    known = short_forms()
    return frozenset().union(_words("given_names"), known, *known.values()) - DESCRIBING - TITLES.keys()


def title_of(word: str) -> str:
    """What a title is short for, in the singular: "Dr." and "Drs." are doctor; "" for any other word."""
    if word.replace(".", "") in RANKS:
        return word.replace(".", "")
    word = word.lower().rstrip(".")
    return TITLES.get(word) or TITLES.get(word.removesuffix("s"), "")
