"""From a cast name to its surface forms: what a summary may call its bearer.

Belongs here: taking a cast name apart, the forms that follow from its parts, and whom each form may mean. Does not
belong here: texts.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

from tv_appearances.mentions.text import INITIALS, QUOTES, UNSPACED, bare, fold, lower
from tv_appearances.mentions.words import (
    ADJECTIVES,
    CITIES,
    CIVIL,
    COMMON_WORDS,
    NAMES_TOO,
    NUMBERS,
    ORDINALS,
    PARTICLES,
    PEOPLE,
    ROLE_NOTES,
    ROLES,
    SUFFIXES,
    WEEKDAYS,
    WORKS,
    given_names,
    title_of,
)

NICKNAME = re.compile(r'"([^"]+)"|(?<!\S)\'([^\']+)\'(?!\S)')
BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
NUMERAL = re.compile("[IVX]+")
PREFIXED = re.compile(r"\b(Mc|O'|O)( ?)(?=[A-Z])")
SAINT = re.compile(r"\b(?:St\.?|Saint) (?=[A-Z])")


class Kind(Enum):
    """What a form is of its bearer's name; the rules of `_certainty` depend on it."""

    WHOLE = "the whole name, or an alias"
    GIVEN = "a given name or a nickname"
    SURNAME = "a surname"
    EPITHET = "a word that is a name only after `the`"


class Name(NamedTuple):
    """A cast name taken apart, in the cast list's spelling: `whole` is without titles, nicknames and suffix.

    `titled` is with its titles, where it has no given name: "Mrs. Kim", "The Dowager Lady Harcourt".
    """

    whole: str
    given: str = ""
    middle: str = ""
    surname: str = ""
    suffix: str = ""
    titles: frozenset[str] = frozenset()
    nicknames: tuple[str, ...] = ()
    titled: str = ""


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
    plain: bool  # no ordinary word, no epithet, no city: only what `context.is_quiet` notices matters


def is_generic(cast_name: str) -> bool:
    """Whether a cast name is a role and no name: "Himself", "Narrator", "Various Characters", "Himself - Host"."""
    words = set(re.findall(r"\w+", cast_name.lower()))
    return bool(words & ROLES) and words <= ROLES | ROLE_NOTES


def read_names(cast_name: str, titles: int | None = None) -> tuple[Name, ...]:
    """The names a cast list gives a character, the first of them the main one.

    `titles` is how many words of the main one are titles, where that is known better than from the list of titles.

    A slash or "aka" parts them: "Barry Allen / The Flash". Brackets hold another name, "Rumplestiltskin (Mr. Gold)",
    or a note. What begins in lower case or holds a digit is a note: "(voice)", "(2005)", "/ Earth-2".
    """
    text = " ".join(cast_name.translate(QUOTES).split())
    first, *others = re.split(r"\s*/\s*|,?\s+(?:aka|a\.k\.a\.|alias)\s+", BRACKETS.sub(" ", text), flags=re.IGNORECASE)
    others = [part.strip() for part in (*others, *BRACKETS.findall(text))]
    parts = [first, *(part for part in others if part and not part[0].islower() and not re.search(r"\d", part))]
    given = iter((titles,))
    return tuple(read_name(part, next(given, None)) for part in parts if part.strip()) or (Name(text),)


def read_name(text: str, titles: int | None = None) -> Name:
    """Take one name apart: titles, given name, middle names, surname, suffix, quoted nicknames.

    * Titles stand in front, suffixes behind: `Capt. H.M. "Howling Mad" Murdock`, "Walter White, Jr.". What stands
      before a title is a part of it: "Prime Minister Greta Holm", "Crown Prince Erik Lund".
    * A surname begins with its particle: "Antonio Di Pietro", "Dr. Van Helsing".
    * "The X", what begins with an adjective or an ordinal, and what ends with a word for a person, is an epithet, not
      to be parted: "The High Sparrow", "Grey Worm", "Comic Book Guy".
    * "X of Y" and "X the Y" are X: "Brienne of Tarth", "Ivar the Boneless"; so is "X, Title …": "Philip, Duke of Kent".
    * Lower case after a hyphen marks a given name that follows its surname: "Seong Gi-hun".
    """
    bearer, _, office = text.partition(", ")
    if bearer.strip() and any(map(title_of, office.split()[:2])):
        text = bearer
    nicknames = tuple(double or single for double, single in NICKNAME.findall(text))
    words = NICKNAME.sub(" ", text).replace(",", " ").split() or " ".join(nicknames).split()
    article = len(words) > 1 and words[0].lower() == "the"
    at, end = int(article), len(words)
    stop = at + (_titles_in(words[at:]) if titles is None else titles)
    if article and stop == at:
        return Name(" ".join(words), nicknames=nicknames)
    spoken = frozenset(title_of(word) or word.lower() for word in words[at:stop])
    at = stop
    while at < end - 1 and _is_suffix(words[end - 1]):
        end -= 1
    titled = " ".join(words[:end]) if end == at + 1 and spoken else ""
    name = Name(" ".join(words[at:end]), "", "", "", " ".join(words[end:]), spoken, nicknames, titled)
    words = words[at:end]
    joint = next((i for i in range(1, len(words) - 1) if words[i] in {"of", "the"}), 0)
    if joint:
        return name._replace(given="" if title_of(words[joint - 1]) else " ".join(words[:joint]))
    qualified = words[1:] != [] and words[0].lower() in ADJECTIVES | ORDINALS
    if not words[1:] or qualified or words[-1].lower() in PEOPLE or words[-1].isdigit():
        return name
    if words[0].lower() in PARTICLES and titles is None and (spoken or words[0].islower()):
        return name._replace(surname=name.whole)
    if re.fullmatch(r"\S+ [^\W\d_]+(?:-[a-z]+)+", name.whole):
        return name._replace(given=words[1], surname=words[0])
    last = next((i for i in range(1, len(words) - 1) if words[i].lower() in PARTICLES), len(words) - 1)
    return name._replace(given=words[0], middle=" ".join(words[1:last]), surname=" ".join(words[last:]))


def _titles_in(words: Sequence[str]) -> int:
    # How many of the first words are titles, by the list; a name keeps at least one word.
    at, last = 0, len(words) - 1
    while at < last and title_of(words[at]) and not (words[at].lower() in NAMES_TOO and at == last - 1):
        at += 1
    if at or last < 2 or words[0].lower() in ADJECTIVES or words[0].lower() in given_names():  # noqa: PLR2004
        return at
    inside = [i for i in range(1, last) if title_of(words[i]) and words[i].lower() not in NAMES_TOO]
    return inside[-1] + 1 if inside else 0


def _is_suffix(word: str) -> bool:
    return word.lower().replace(".", "") in SUFFIXES or NUMERAL.fullmatch(word) is not None


class NameSplit(NamedTuple):
    """Another way to read a cast name: `titles` of its words are titles.

    The texts decide for it if they use `shows` alone, in `needed` sentences at least and in more than they use
    `against`.
    """

    titles: int
    shows: str
    against: str
    needed: int


def other_readings(cast_name: str) -> tuple[NameSplit, ...]:
    """How else a cast name may be read than by the list of titles, and which words would show it.

    A title before a single word may be a given name ("Major Lilywood": "Major loses his job"). So may a particle
    behind a title ("Admiral Al Calavecci"). What stands before two words and is no known given name may be a title
    ("Chef Sofia Brandt": "Sofia burns the sauce"), whose bearer nobody calls by it alone.
    """
    words = cast_name.split()
    if len(words) == 2 and not title_of(words[0]):  # noqa: PLR2004  # most names
        return ()
    text = BRACKETS.sub(" ", NICKNAME.sub(" ", cast_name.translate(QUOTES))).partition("/")[0].partition(",")[0]
    words = text.split()
    while len(words) > 1 and _is_suffix(words[-1]):
        words.pop()
    if len(words) < 2 or words[0].lower() == "the" or {"of", "the"} & set(words):  # noqa: PLR2004
        return ()
    known = _titles_in(words)
    if known == 1 and len(words) == 2 and title_of(words[0]) not in CIVIL:  # noqa: PLR2004
        return (NameSplit(0, words[0], words[1], 2),)
    if known and len(words) == known + 2 and words[known].lower() in PARTICLES:
        return (NameSplit(known, words[known], words[-1], 2),)
    first = words[0].lower()
    if known or first in ADJECTIVES or first in PARTICLES or first in given_names() or words[-1].lower() in PEOPLE:
        return ()
    return tuple(NameSplit(at, words[at], words[0], 1) for at in range(1, len(words) - 1))


def _forms_of(name: Name, *, suffixed: bool, senior: bool, halved: bool) -> Iterator[tuple[str, Kind]]:
    """What a summary may call the bearer of a name.

    The whole name, with and without its middle names; the given name; the surname; each nickname, alone and with the
    other parts: `James "Big Jim" Rennie` is Big Jim, Big Jim Rennie, James, James Rennie, Rennie, and J. Rennie. Of a
    double given name the first half is enough, "Sun" of Sun-Hwa, and of "Number Six" the number. A middle name stands
    before the surname, "Montague Byrne"; it never stands alone, nor does an initial or a title. `suffixed` asks only
    for forms with the suffix and for nicknames: beside Walter White, Walter White Jr. is never just Walter; `senior`
    for those of the other one, who is Walter White Sr. too; `halved` for the half of a double given name.
    """
    short = f"{name.given} {name.surname}" if name.given and name.surname else name.whole
    if name.suffix:
        for base in (name.whole, short, name.given or name.whole):
            yield f"{base} {name.suffix}", Kind.WHOLE
            yield f"{base}, {name.suffix}", Kind.WHOLE
    if suffixed:
        yield from _nicknamed(name)
        return
    if senior:
        yield from ((f"{base} Sr.", Kind.WHOLE) for base in (name.whole, short, name.given or name.whole))
    yield name.whole, Kind.WHOLE
    if name.titled:
        yield name.titled, Kind.WHOLE
    if short != name.whole:
        yield short, Kind.WHOLE
    if name.given and name.surname:
        yield f"{name.given[0]}. {name.surname}", Kind.WHOLE
    if name.given and name.middle:
        yield f"{name.given} {name.middle}", Kind.WHOLE
        middle = name.middle.split()
        yield from ((f"{' '.join(middle[at:])} {name.surname}", Kind.WHOLE) for at in range(len(middle)))
    first, _, last = name.whole.partition(" ")
    if first.lower() == "number" and last.lower() in NUMBERS:
        yield last, Kind.GIVEN
    half = name.given.partition("-")[0] if halved else ""
    for part, kind in ((name.given, Kind.GIVEN), (half, Kind.GIVEN), (name.surname, Kind.SURNAME)):
        if len(part.rstrip(".")) > 1 and part != name.whole:
            yield part, kind if name.surname else Kind.WHOLE
    yield from _nicknamed(name)


def _nicknamed(name: Name) -> Iterator[tuple[str, Kind]]:
    for nickname in name.nicknames:
        yield nickname, Kind.GIVEN if name.surname else Kind.WHOLE
        yield from ((f"{nickname} {part}", Kind.WHOLE) for part in (name.surname, name.given) if part)
        if name.given:
            yield f"{name.given} {nickname}", Kind.WHOLE


def _spellings(form: str, kind: Kind) -> Iterator[tuple[str, Kind]]:
    """How a text may write a form.

    "The X" is X with a capital after some `the`; "The High Sparrow" is enough without one. Initials come in every
    dress, "B.J.", "BJ", "B. J.", and a full stop at the end may be the sentence's. "St. Clair" is St Clair and Saint
    Clair, "Mc Donald" McDonald, "O'Brien" O Brien, and "Tae-joon" Taejoon.
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
    if "S" in form and SAINT.search(form):
        yield from ((SAINT.sub(saint, form), kind) for saint in ("St. ", "St ", "Saint "))
    if ("Mc" in form or "O" in form) and (prefixed := PREFIXED.search(form)):
        joined = "Mc" if prefixed[1] == "Mc" else "O'"
        yield from ((PREFIXED.sub(prefix, form), kind) for prefix in (joined, f"{joined.rstrip(chr(39))} "))
    if " " in form and UNSPACED.match(form[0]):
        yield form.replace(" ", ""), kind
    if "-" in form and form != (joined := re.sub(r"(?<=[a-z])-(?=[a-z])", "", form)):
        yield joined, kind


def _role_of(name: Name) -> str:
    """What a name shares with others that number or qualify it: "The Warden" of "The First Warden"."""
    words = name.whole.split()
    article = words[:1] != [] and words[0].lower() == "the"
    if name.given or len(words) < 2 + article:
        return ""
    return f"The {words[-1]}" if article or words[0].lower() in ORDINALS else ""


def surface_forms(
    names: Mapping[str, tuple[Name, ...]],
    aliases: Mapping[str, Sequence[str]],
    short: Mapping[str, Sequence[str]],
) -> dict[str, SurfaceForm]:
    """Every spelling in lower case, and whom it may mean. An alias is its owner's alone, even if others bear it.

    Args:
        names: Cast name → the names it holds, see `read_names`.
        aliases: Cast name → extra names.
        short: Cast name → the short forms of the given name that the texts use, see `evidence`.
    """
    unsuffixed = {fold(name.whole) for parts in names.values() for name in parts if not name.suffix}
    juniors = {fold(name.whole) for parts in names.values() for name in parts if name.suffix.lower().startswith("jr")}
    givens = Counter(fold(name.given) for parts in names.values() for name in parts[:1])
    roles = _roles(names)
    words = Counter(word for parts in names.values() for word in {w for name in parts for w in _words_in(name)})
    found: dict[str, tuple[str, str, dict[str, Candidate]]] = {}
    for cast_name, parts in names.items():
        spoken = [lower(fold(text)) for name in parts for text in (name.whole, name.suffix, *name.nicknames)]
        nicks = short.get(cast_name, ())
        own = frozenset([bare(word) for word in " ".join([*spoken, *map(lower, nicks)]).replace("-", " ").split()])
        own -= {"", "of", "the"}
        for name in parts:
            suffixed = bool(name.suffix) and fold(name.whole) in unsuffixed
            senior = not name.suffix and fold(name.whole) in juniors
            halved = not givens[fold(name.given.partition("-")[0])]
            forms = list(_forms_of(name, suffixed=suffixed, senior=senior, halved=halved))
            if givens[fold(name.given)] > 1 and name.surname:
                forms.append((f"{name.given} {name.surname[0]}.", Kind.WHOLE))
            if (role := _role_of(name)) and (len(roles[role]) > 1 or _is_sole(role, name, words)):
                forms.append((role, Kind.WHOLE))
            if name is parts[0]:
                forms += [(nick, Kind.GIVEN) for nick in nicks]
                forms += [(f"{nick} {name.surname}", Kind.WHOLE) for nick in nicks if name.surname]
            for form, form_kind in forms:
                for spelling, kind in _spellings(fold(form), form_kind):
                    _, _, bearers = found.setdefault(lower(spelling), (form, spelling, {}))
                    bearers.setdefault(cast_name, Candidate(cast_name, kind, own, name.titles))
    for cast_name, extra in aliases.items():
        for alias in extra:
            for spelling, kind in _spellings(fold(alias), Kind.WHOLE):
                found[lower(spelling)] = (alias, spelling, {cast_name: Candidate(cast_name, kind)})
    return {
        key: SurfaceForm(shown, spelling, tuple(bearers.values()), tuple(bearers), _is_plain(key, bearers.values()))
        for key, (shown, spelling, bearers) in found.items()
        if key
    }


def _roles(names: Mapping[str, tuple[Name, ...]]) -> Mapping[str, set[str]]:
    roles: dict[str, set[str]] = defaultdict(set)
    for cast_name, parts in names.items():
        for name in parts:
            if role := _role_of(name):
                roles[role].add(cast_name)
    return roles


def _is_sole(role: str, name: Name, words: Mapping[str, int]) -> bool:
    # Whether nobody else in the cast has this word, and it is more than a word for any person: "the Man".
    word = role.rpartition(" ")[2].lower()
    return name.whole.lower().startswith("the ") and words[word] == 1 and word not in PEOPLE


def _words_in(name: Name) -> Iterable[str]:
    return (*lower(name.whole).split(), *name.titles)


_IN_WORKS = frozenset(word for work in WORKS for word in work.split())


def _is_plain(key: str, bearers: Iterable[Candidate]) -> bool:
    if key in COMMON_WORDS or key in CITIES or key in WEEKDAYS or key in _IN_WORKS:
        return False
    return not any(one.kind is Kind.EPITHET or (one.kind is Kind.WHOLE and " " not in key) for one in bearers)
