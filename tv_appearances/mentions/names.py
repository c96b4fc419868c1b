"""From a cast name to its surface forms: what a summary may call its bearer.

Belongs here: taking a cast name apart, the forms that follow from its parts, and whom each form may mean. Does not
belong here: texts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple

from tv_appearances.mentions.text import INITIALS, QUOTES, bare, fold, lower
from tv_appearances.mentions.words import (
    ADJECTIVES,
    COMMON_WORDS,
    NAMES_TOO,
    NUMBERS,
    PARTICLES,
    ROLE_NOTES,
    ROLES,
    SUFFIXES,
    title_of,
)

NICKNAME = re.compile(r'"([^"]+)"|(?<!\S)\'([^\']+)\'(?!\S)')
BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")


class Kind(Enum):
    """What a form is of its bearer's name; the rules of `_certainty` depend on it."""

    WHOLE = "the whole name, or an alias"
    GIVEN = "a given name or a nickname"
    SURNAME = "a surname"
    EPITHET = "a word that is a name only after `the`"


@dataclass(frozen=True, slots=True)
class Name:
    """A cast name taken apart, in the cast list's spelling: `whole` is without titles, nicknames and suffix."""

    whole: str
    given: str = ""
    middle: str = ""
    surname: str = ""
    suffix: str = ""
    titles: frozenset[str] = frozenset()
    nicknames: tuple[str, ...] = ()


class Candidate(NamedTuple):
    """Somebody whom a form may mean, and what the rules need to know of them."""

    cast_name: str
    kind: Kind
    own: frozenset[str] = frozenset()  # the words of the name in lower case
    titles: frozenset[str] = frozenset()


class SurfaceForm(NamedTuple):
    """A form as it is shown, its spelling in texts, and everybody whom it may mean."""

    shown: str
    spelling: str
    bearers: tuple[Candidate, ...]
    names: tuple[str, ...]
    plain: bool  # one bearer, not by surname, and no ordinary word: only capitalised neighbours matter


def is_generic(cast_name: str) -> bool:
    """Whether a cast name is a role and no name: "Himself", "Narrator", "Various Characters", "Himself - Host"."""
    words = set(re.findall(r"\w+", cast_name.lower()))
    return bool(words & ROLES) and words <= ROLES | ROLE_NOTES


def read_names(cast_name: str) -> tuple[Name, ...]:
    """The names a cast list gives a character, the first of them the main one.

    A slash or "aka" parts them: "Barry Allen / The Flash". Brackets hold another name, "Rumplestiltskin (Mr. Gold)",
    or a note. What begins in lower case or holds a digit is a note: "(voice)", "(2005)", "/ Earth-2".
    """
    text = " ".join(cast_name.translate(QUOTES).split())
    first, *others = re.split(r"\s*/\s*|,?\s+(?:aka|a\.k\.a\.|alias)\s+", BRACKETS.sub(" ", text), flags=re.IGNORECASE)
    others = [part.strip() for part in (*others, *BRACKETS.findall(text))]
    parts = [first, *(part for part in others if part and not part[0].islower() and not re.search(r"\d", part))]
    return tuple(read_name(part) for part in parts if part.strip()) or (Name(text),)


def read_name(text: str) -> Name:
    """Take one name apart: titles, given name, middle names, surname, suffix, quoted nicknames.

    * Titles stand in front, suffixes behind: `Capt. H.M. "Howling Mad" Murdock`, "Walter White, Jr.".
    * A surname begins with its particle: "Antonio Di Pietro", "Dr. Van Helsing".
    * "The X", and what begins with an adjective, is an epithet, not to be parted: "The High Sparrow", "Grey Worm".
    * "X of Y" and "X the Y" are X: "Brienne of Tarth", "Ivar the Boneless"; so is "X, Title …": "Philip, Duke of Kent".
    * Lower case after a hyphen marks a given name that follows its surname: "Seong Gi-hun".
    """
    bearer, _, office = text.partition(", ")
    if bearer.strip() and any(map(title_of, office.split()[:1])):
        text = bearer
    nicknames = tuple(double or single for double, single in NICKNAME.findall(text))
    words = NICKNAME.sub(" ", text).replace(",", " ").split() or " ".join(nicknames).split()
    article = len(words) > 1 and words[0].lower() == "the"
    at, end, titles = int(article), len(words), []
    while at < end - 1 and (title := title_of(words[at])) and not (words[at].lower() in NAMES_TOO and at == end - 2):
        titles.append(title)
        at += 1
    if article and not titles:
        return Name(" ".join(words), nicknames=nicknames)
    while at < end - 1 and words[end - 1].lower().replace(".", "") in SUFFIXES:
        end -= 1
    name = Name(" ".join(words[at:end]), "", "", "", " ".join(words[end:]), frozenset(titles), nicknames)
    words = words[at:end]
    joint = next((i for i in range(1, len(words) - 1) if words[i] in {"of", "the"}), 0)
    if joint:
        return replace(name, given="" if title_of(words[joint - 1]) else " ".join(words[:joint]))
    if not words[1:] or words[0].lower() in ADJECTIVES:
        return name
    if words[0].lower() in PARTICLES and (titles or words[0].islower()):
        return replace(name, surname=name.whole)
    if re.fullmatch(r"\S+ [^\W\d_]+(?:-[a-z]+)+", name.whole):
        return replace(name, given=words[1], surname=words[0])
    last = next((i for i in range(1, len(words) - 1) if words[i].lower() in PARTICLES), len(words) - 1)
    return replace(name, given=words[0], middle=" ".join(words[1:last]), surname=" ".join(words[last:]))


def _forms_of(name: Name, *, suffixed: bool) -> Iterator[tuple[str, Kind]]:
    """What a summary may call the bearer of a name.

    The whole name, with and without its middle names; the given name; the surname; each nickname, alone and with the
    other parts: `James "Big Jim" Rennie` is Big Jim, Big Jim Rennie, James, James Rennie, Rennie. Of a double given
    name the first half is enough, "Sun" of Sun-Hwa, and of "Number Six" the number. A middle name, an initial or a
    title never stands alone. `suffixed` asks only for forms with the suffix: beside Walter White, Walter
    White Jr. is never just Walter.
    """
    short = f"{name.given} {name.surname}" if name.given and name.surname else name.whole
    if name.suffix:
        for base in (name.whole, short, name.given or name.whole):
            yield f"{base} {name.suffix}", Kind.WHOLE
            yield f"{base}, {name.suffix}", Kind.WHOLE
    if suffixed:
        return
    yield from ((form, Kind.WHOLE) for form in (name.whole, short))
    if name.given and name.middle:
        yield f"{name.given} {name.middle}", Kind.WHOLE
    first, _, last = name.whole.partition(" ")
    if first.lower() == "number" and last.lower() in NUMBERS:
        yield last, Kind.GIVEN
    half = name.given.partition("-")[0]
    for part, kind in ((name.given, Kind.GIVEN), (half, Kind.GIVEN), (name.surname, Kind.SURNAME)):
        if len(part.rstrip(".")) > 1 and part != name.whole:
            yield part, kind if name.surname else Kind.WHOLE
    for nickname in name.nicknames:
        yield nickname, Kind.GIVEN if name.surname else Kind.WHOLE
        yield from ((f"{nickname} {part}", Kind.WHOLE) for part in (name.surname, name.given) if part)
        if name.given:
            yield f"{name.given} {nickname}", Kind.WHOLE


def _spellings(form: str, kind: Kind) -> Iterator[tuple[str, Kind]]:
    """How a text may write a form.

    "The X" is X with a capital after some `the`; "The High Sparrow" is enough without one. Initials come in every
    dress, "B.J.", "BJ", "B. J.", and a full stop at the end may be the sentence's.
    """
    if form[:4].lower() == "the " and kind is not Kind.SURNAME:
        form = form[4:]
        kind = kind if " " in form else Kind.EPITHET
    initials = INITIALS.match(form)
    for gap in (".", "", ". ") if initials and initials[0].count(".") > 1 else (".",):
        dressed = form[: initials.end()].replace(".", gap).strip() + form[initials.end() :] if initials else form
        yield dressed, kind
        if dressed.endswith("."):
            yield dressed[:-1], kind


def surface_forms(cast_names: Iterable[str], aliases: Mapping[str, Sequence[str]]) -> dict[str, SurfaceForm]:
    """Every spelling in lower case, and whom it may mean. An alias is its owner's alone, whoever else bears it."""
    names = {cast_name: read_names(cast_name) for cast_name in cast_names}
    unsuffixed = {fold(name.whole) for parts in names.values() for name in parts if not name.suffix}
    found: dict[str, tuple[str, str, dict[str, Candidate]]] = {}
    for cast_name, parts in names.items():
        spoken = (lower(fold(text)) for name in parts for text in (name.whole, *name.nicknames))
        own = frozenset(bare(word) for text in spoken for word in re.split(r"[\s-]+", text)) - {"", "of", "the"}
        for name in parts:
            suffixed = bool(name.suffix) and fold(name.whole) in unsuffixed
            for form, form_kind in _forms_of(name, suffixed=suffixed):
                for spelling, kind in _spellings(fold(form), form_kind):
                    _, _, bearers = found.setdefault(lower(spelling), (form, spelling, {}))
                    bearers.setdefault(cast_name, Candidate(cast_name, kind, own, name.titles))
    for cast_name, extra in aliases.items():
        for alias in extra:
            for spelling, kind in _spellings(fold(alias), Kind.WHOLE):
                found[lower(spelling)] = (alias, spelling, {cast_name: Candidate(cast_name, kind)})
    return {
        key: SurfaceForm(
            shown,
            spelling,
            tuple(bearers.values()),
            tuple(bearers),
            len(bearers) == 1
            and key not in COMMON_WORDS
            and all(bearer.kind in (Kind.WHOLE, Kind.GIVEN) for bearer in bearers.values()),
        )
        for key, (shown, spelling, bearers) in found.items()
        if key
    }
