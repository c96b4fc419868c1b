"""What the words beside a surface form say: whether its candidate, or somebody or something else, is meant.

Belongs here: one function for each rule about neighbouring words, with its reason and an example. The rules look at the
text and at one character's own name only, so that nobody's mentions depend on who else is in the cast, shared forms
apart. Does not belong here: what the rest of a summary, or of the show, says.
"""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from enum import Enum
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from tv_appearances.mentions.evidence import Texts
from tv_appearances.mentions.names import NUMERAL, Candidate, Kind, SurfaceForm
from tv_appearances.mentions.text import CONTRACTION, INITIALS, SENTENCE_ENDS, bare, lower
from tv_appearances.mentions.words import (
    ADVERBS,
    AUXILIARIES,
    CALENDAR,
    CITIES,
    CIVIL,
    COMMON_WORDS,
    DATED,
    DESCRIBING,
    DESCRIBING_ENDS,
    DETERMINERS,
    HOLIDAYS,
    INTRODUCERS,
    KINDS_OF_WORK,
    NOT_SURNAMES,
    OBJECTS,
    ON,
    PARTS_OF_DAY,
    PLACES,
    PREPOSITIONS,
    QUESTIONS,
    REGIONS,
    RELATIVES,
    STRANGERS,
    VERBS,
    WEEKDAYS,
    WITHIN,
    WORKS,
    given_names,
    title_of,
)

NEAR = 3
"""How many words beside a form are looked at: a given name and two middle names before a surname."""


class Certainty(Enum):
    """What the words beside a form say of one of its bearers."""

    NOBODY = "somebody or something else is meant"
    STRANGER = "somebody else of that name, who may be called by it from here on"
    INTRODUCED = "somebody whom the reader does not know: a stranger, or a regular for the first time"
    RELATIVE = "as likely somebody else of the family"
    FAMILY = "the bearer or somebody else of the family, whom the show may tell"
    POSSIBLE = "nothing speaks against it"
    CERTAIN = "another part of the name, or the bearer's own title, stands beside it"


class _Context(NamedTuple):
    """The words beside a form that no punctuation parts from it, at most three a side, nearest first.

    `names_before` and `names_after` are the unbroken runs of capitalised ones, in lower case, without quotes.
    """

    before: tuple[str, ...]
    names_before: tuple[str, ...]
    starts: bool  # whether the sentence starts with the last of `before`, or with the form where there is none
    tail: str  # "'s" and the like
    after: tuple[str, ...]
    names_after: tuple[str, ...]
    rest: str  # of the line, 300 characters at most


_NOTICED = STRANGERS | INTRODUCERS | RELATIVES | {"the"}


def is_quiet(text: str, start: int, end: int) -> bool:
    """Whether nothing beside a form needs a rule: no capitalised word, nothing that introduces; true of most forms."""
    if text[start - 1] != " ":
        return False
    word = text.rfind(" ", start - 40 if start > 40 else 0, start - 1) + 1  # noqa: PLR2004
    if not (text[word].islower() or text[word] == "\n") or text[word : start - 1] in _NOTICED:
        return False
    if text[end] == "'" and text[end + 1] == "s":
        end += 2
    if text[end] == ",":
        return not text[end + 2].isupper()  # a region may follow
    return text[end] in ".;:!?" or (text[end + 1].islower() and not text.startswith("the ", end + 1))


def _context(text: str, start: int, end: int) -> _Context:
    lead = text[max(0, start - 80) : start].rpartition("\n")[2].rstrip("\"'([")
    starts, before = not lead.strip() or lead[-1] in SENTENCE_ENDS, list[str]()
    for word in reversed(lead.split()) if lead.endswith(" ") else ():
        mark = word.rstrip("\"')]")[-1:] or ","
        stops = mark in SENTENCE_ENDS and not INITIALS.fullmatch(word) and not (word[0].isupper() and title_of(word))
        if stops or mark in ",;" or len(before) == NEAR:
            starts = stops
            break
        before.append(word)
    else:
        starts = starts or bool(before)
    tail = match[0] if text[end] == "'" and (match := CONTRACTION.match(text, end)) else ""
    rest = text[end + len(tail) : end + 300].partition("\n")[0]
    after = rest.split(None, NEAR)[:NEAR] if rest.startswith(" ") and text[end - 1] != "." else []
    for at, word in enumerate(after):
        if word[-1] in ",;)" or (word[-1] in SENTENCE_ENDS and not INITIALS.fullmatch(word)):
            del after[at + 1 :]
            break
    return _Context(tuple(before), _names(before), starts, tail, tuple(after), () if tail else _names(after), rest)


def _describes(word: str) -> bool:
    """A capitalised word that says how somebody is, and is no name: "Sober Rusk", "Unfortunately Rusk", "Brave Haruka".

    Given names have such endings too: "Emily House", "Ned House".
    """
    plain = bare(word).lower()
    return plain in DESCRIBING or (
        plain.endswith(DESCRIBING_ENDS)
        and len(plain) > NEAR
        and plain not in given_names()
        and plain not in COMMON_WORDS
    )


def _names(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.lower() for word in takewhile(lambda word: word[:1].isupper(), map(bare, words)))


def _may_be_name(word: str) -> bool:
    # Whether a neighbour may be a part of somebody's name: no acronym, day, language, title or opener of a sentence.
    plain = bare(word)
    acronym = len(plain) > 1 and plain.isupper() and "." not in plain
    ordinary = plain.lower() in NOT_SURNAMES or title_of(plain)
    return word[:1].isupper() and not acronym and not ordinary


@lru_cache(maxsize=4096)
def _is_own(word: str, own: frozenset[str]) -> bool:
    """A neighbour is a part of one's own name even where it is cut short, drawn out or misspelt.

    Kim Bauer is Kimberly Bauer, Phoebe Buffay-Hannigan is Phoebe Buffay, Chloe O'Brien is Chloe O'Brian.
    """
    parts = [part for part in own if len(part) >= NEAR and len(word) >= NEAR]
    return (
        word in own
        or any(word.startswith(part) or part.startswith(word) for part in parts)
        or bool(get_close_matches(word, parts, 1, 0.8))
    )


def _is_told_already(bearer: Candidate, key: str, context: _Context) -> bool:
    """A name told in pieces counts once, at its first piece: `Dale (Barbie) Barbara`, "Charles Emerson Winchester"."""
    others = bearer.own.difference(key.split())
    return any(word in others for word in context.names_before)


def _has_own_part_beside(bearer: Candidate, key: str, context: _Context) -> bool:
    """Another part of the own name beside it makes sure who is meant: "Kim Bauer", "Jan Levinson-Gould"."""
    others = bearer.own.difference(key.split())
    return any(_is_own(word, others) for word in (*context.names_before[:1], *context.names_after))


def _title_before(context: _Context) -> str:
    return title_of(context.before[0]) or context.before[0].lower() if context.before else ""


def _has_own_title(bearer: Candidate, _key: str, context: _Context) -> bool:
    """So does the own title: "Detective West"."""
    return _title_before(context) in bearer.titles


def _is_of_family(bearer: Candidate, _key: str, context: _Context) -> bool:
    """A title of a whole family leaves it open who is meant: "Mrs. Green" is as likely Rachel Green's mother."""
    civil = bearer.kind is Kind.SURNAME or not bearer.titles.isdisjoint(CIVIL)
    return civil and _title_before(context) in CIVIL


def _is_relative(bearer: Candidate, key: str, context: _Context) -> bool:
    """Beside a rank such a title is even more likely a relative's: "Mrs. Potter" of Col. Potter."""
    return bearer.titles != frozenset() and _is_of_family(bearer, key, context)


def _is_place(bearer: Candidate, _key: str, context: _Context) -> bool:
    """A place, a company or a holiday is nobody: "King's Landing", "Stark Industries", "Groundhog Day"."""
    words = context.names_after or _names(context.after)
    places = any(word in PLACES and word not in bearer.own for word in words[:2])
    return places or (words[:1] != () and words[0] in HOLIDAYS - bearer.own)


def _lacks_article(bearer: Candidate, _key: str, context: _Context) -> bool:
    """An epithet needs its `the`, next to it or one word away: "the Doctor", "the young Doctor", "the Tenth Doctor".

    Two may share one, "the Outlander and Cub". As an adjective it is nobody: "the hidden Outlander camp".
    """
    if bearer.kind is not Kind.EPITHET:
        return False
    near, second, third = (*(word.lower() for word in context.before), "", "", "")[:NEAR]
    between = near != "" and (context.before[0].islower() or near.endswith(("st", "nd", "rd", "th")))
    shared = near == "and" and third == "the" and context.before[1][0].isupper()
    if near != "the" and not (between and second == "the") and not shared:
        return True
    return not shared and _is_attribute(context, article=True)


def _is_attribute(context: _Context, *, article: bool) -> bool:
    """Whether a noun follows, to which the form is an attribute: "Onion soup is spilled", "the hidden Outlander camp".

    A noun has an auxiliary behind it, or ends the phrase that an article or the sentence began; one in the plural,
    which looks like a verb, has a verb in the plural behind it: "Pearl earrings vanish". "Onion steals a bike" and
    "the Doctor returns" have a verb.
    """
    if context.tail or not context.after or not bare(context.after[0]).islower():
        return False
    first, second, third = (*map(bare, context.after), "", "")[:NEAR]
    if first in _FUNCTION or first in VERBS or first.endswith(("ed", "ing", "ly", "n't")) or len(first) <= NEAR:
        return False
    ends = context.after[0][-1] in ",;:.!?)"
    if first.endswith("s") and not first.endswith("ss"):
        return not ends and (second in AUXILIARIES or _is_plural_verb(second, third))
    if second in AUXILIARIES and not ends:
        return True
    begins = article or (context.starts and not context.before)
    return begins and not _is_plural_verb(first, "") and (ends or second in PREPOSITIONS)


def _is_plural_verb(word: str, following: str) -> bool:
    if f"{word}s" in VERBS or f"{word}es" in VERBS:
        return True
    return (
        bool(word) and word.islower() and word not in _FUNCTION and not word.endswith("s") and following in DETERMINERS
    )


_FUNCTION = OBJECTS | AUXILIARIES | ADVERBS


def _has_foreign_surname(bearer: Candidate, _key: str, context: _Context) -> bool:
    """A foreign surname right after makes a namesake: "Monica Lewinsky". One that the cast list leaves out does not."""
    known = bearer.kind is Kind.GIVEN or bearer.kind is Kind.SURNAME
    return known and bool(context.names_after) and _may_be_name(context.after[0])


def _is_foreign_family(bearer: Candidate, key: str, context: _Context) -> bool:
    """A surname names its bearer only where nobody else's given name, and no article, stands before it.

    "James Cameron" is not Allison Cameron, and "the Gallagher house" is no person. Before it may stand what is no given
    name: a title, an acronym, a possessive, the words that open a sentence ("When House …", "Suspecting House …",
    "In Mexico House …"). Given names end in "ly" and "ed" too: "Emily House", "Ned House".
    """
    if bearer.kind is not Kind.SURNAME or not context.before:
        return False
    first, *others = context.before
    if first.lower() in {"a", "an", "the"} or (key in HOLIDAYS and first.endswith("'s")):
        return True
    if _describes(first):
        return False
    opens = context.starts and not others and first.endswith("ing")
    phrase = context.starts and len(others) == 1 and others[0].lower() in PREPOSITIONS
    return _may_be_name(first.lstrip("\"'([")) and not (opens or phrase or first.endswith("'s"))


def _is_surname_of_another(_bearer: Candidate, key: str, context: _Context) -> bool:
    """A common given name right before a given name makes a surname of it: "Diana Ross". "Dark Willow" is Willow.

    So does a prefix: "Mc Donald" is not Donald. A holiday is no given name: "On Valentine's Day Ross proposes", nor is
    what makes a question: "Will Ross propose?".
    """
    if " " in key or not context.names_before:
        return False
    word = context.names_before[0]
    if word in QUESTIONS and context.starts and not context.before[1:] and "?" in context.rest:
        return False
    holiday = word in HOLIDAYS and context.before[1:2] and context.before[1][0].isupper()
    return word in {"mc", "o", "o'"} or (word in given_names() and not holiday and not title_of(context.before[0]))


def _is_occupation(bearer: Candidate, key: str, context: _Context) -> bool:
    """What has an article is an occupation, and no given name: "the Groundskeeper's hut", "the Chef"."""
    the = bearer.kind is Kind.GIVEN and context.before[:1] in {("the",), ("The",)}
    return the and " " not in key and key not in given_names()


def _has_foreign_number(bearer: Candidate, _key: str, context: _Context) -> bool:
    """A number tells kings and popes of one name apart: "Rupert VII" is not King Rupert VIII."""
    word = bare(context.after[0]) if context.after and not context.tail else ""
    return len(word) > 1 and NUMERAL.fullmatch(word) is not None and word.lower() not in bearer.own


def _is_brand(_bearer: Candidate, _key: str, context: _Context) -> bool:
    """What has an article and a possessive is a company or its product: "burgers at a Wendy's"."""
    return context.tail == "'s" and context.before[:1] in {("a",), ("an",)}


def _is_introduced(key: str, text: str, start: int, context: _Context) -> bool:
    """Somebody of whom the reader has not heard is no regular: "a donkey named Gus", "another Lucas", "every Chef".

    Nor is an unnamed person's relative: "her sister, who lives with her husband Jacob".
    """
    if not context.before or " " in key:
        return False
    word = context.before[0]
    if word.lower() in STRANGERS or word in INTRODUCERS:
        return True
    return word in RELATIVES and _UNNAMED.search(text, max(0, start - 120), start) is not None


_UNNAMED = re.compile(r"[a-z],? (?:who|whose)\b[^A-Z.!?]*\b(?:her|his|their)? ?[a-z]+ $")


def _is_in_a_work(key: str, text: str, start: int, end: int, context: _Context) -> bool:
    """A legend, a brand, or the title of a work is nobody: "Bloody Mary", "Jack the Ripper", 'the song "Hey Jude"'."""
    place = lower(text[max(0, start - 16) : end + 20])
    at = start - max(0, start - 16)
    for work in _works_of(key.split(" ", maxsplit=1)[0]):
        begin = place.find(work, max(0, at - len(work) + 1))
        if 0 <= begin <= at < begin + len(work) and not (place[begin - 1 : begin].isalnum() and begin):
            return True
    if context.after[1:] and context.after[0] in {"the", "of", "in"} and " " not in key and not context.tail:
        second = context.after[1]
        if context.after[0] == "the" and second[0].isupper() and not title_of(bare(second)):
            return True
    return _is_in_a_title(text, start, end)


@lru_cache(maxsize=4096)
def _works_of(word: str) -> tuple[str, ...]:
    return tuple(work for work in WORKS if word in work.split(" "))


def _is_in_a_title(text: str, start: int, end: int) -> bool:
    """Whether the form stands in the title of a work: 'the song "Hey Jude"', but not 'the "We Hate Rachel" club'."""
    opening = text.rfind('"', max(0, start - 60), start)
    closing = text.find('"', end, end + 60)
    if opening < 0 or closing < 0:
        return False
    lead = text[max(0, opening - 24) : opening].lower().split()
    words = [word for word in text[opening + 1 : closing].split() if bare(word) not in _SMALL]
    return not KINDS_OF_WORK.isdisjoint(lead[-2:]) and len(words) > 1 and all(not word[0].islower() for word in words)


_SMALL = frozenset(["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with", "&"])


def _is_city(key: str, context: _Context) -> bool:
    """A city is nobody: "Sydney, Australia", "a weekend in Paris". "Boyd listens to Sydney" may be a person."""
    if context.tail:
        return False
    region = re.match(r", ([A-Z][\w.]*)", context.rest)
    if region and (place := region[1].lower().rstrip(".")) in REGIONS and (key in CITIES or place not in given_names()):
        return True
    return key in CITIES and bool(context.before) and context.before[0].lower() in WITHIN


def _is_day(key: str, context: _Context) -> bool:
    """A day of the week is nobody: "on Friday", "Friday night"."""
    if key not in WEEKDAYS:
        return False
    following = bare(context.after[0]).lower() if context.after else ""
    return following in PARTS_OF_DAY or bool(context.before and context.before[0].lower() in ON)


def _is_word(form: SurfaceForm, key: str, texts: Texts) -> bool:
    """Whether a form may be an ordinary word: a whole name without given name and surname, or by the list or texts."""
    return form.bearers[0].kind is Kind.WHOLE or key in COMMON_WORDS or texts.has_in_lower_case(key)


def _is_ordinary_word(key: str, context: _Context) -> bool:
    """An ordinary word at the start of a sentence is a name only if a verb or a comma follows, and never a date.

    "Hope fades" may be Hope; "Hope for peace", "Will the team win?", "Will Jack survive?", "Eleven years later" and "in
    May" are nobody.
    """
    following = bare(context.after[0]) if context.after else ""
    if (
        key in CALENDAR
        and not context.tail
        and (following[:1].isdigit() or (context.before and context.before[0].lower() in DATED))
    ):
        return True
    if key not in COMMON_WORDS or not context.starts or context.before or context.tail or not following:
        return False
    asks = key in QUESTIONS and re.match(r"[^.!?]*\?", context.rest)
    return bool(asks) or following[0].isupper() or following.lower() in OBJECTS


_RULES: tuple[tuple[Callable[[Candidate, str, _Context], bool], Certainty], ...] = (
    (_is_told_already, Certainty.NOBODY),
    (_is_place, Certainty.NOBODY),
    (_is_brand, Certainty.NOBODY),
    (_lacks_article, Certainty.NOBODY),
    (_has_foreign_number, Certainty.NOBODY),
    (_has_own_part_beside, Certainty.CERTAIN),
    (_has_foreign_surname, Certainty.STRANGER),
    (_is_foreign_family, Certainty.NOBODY),
    (_is_surname_of_another, Certainty.NOBODY),
    (_is_occupation, Certainty.NOBODY),
    (_has_own_title, Certainty.CERTAIN),
    (_is_relative, Certainty.RELATIVE),
    (_is_of_family, Certainty.FAMILY),
)
"""The rules about one bearer, in order: the first that holds decides."""


def _certainty(bearer: Candidate, key: str, context: _Context) -> Certainty:
    """What the words beside a form, here in lower case, say of one of its bearers."""
    return next((says for holds, says in _RULES if holds(bearer, key, context)), Certainty.POSSIBLE)


def referents(form: SurfaceForm, texts: Texts, start: int, end: int) -> tuple[tuple[str, ...], Certainty]:
    """The cast names that a form may mean where it stands, and how sure that is.

    Of a `STRANGER`, and of who is `INTRODUCED`, the names are those of the bearers who may be taken for that one.
    """
    text = texts.text
    context, key = _context(text, start, end), lower(text[start:end])
    verdicts = [_certainty(bearer, key, context) for bearer in form.bearers]
    for best in (Certainty.CERTAIN, Certainty.POSSIBLE, Certainty.FAMILY, Certainty.RELATIVE, Certainty.STRANGER):
        if best in verdicts:
            break
    else:
        return (), Certainty.NOBODY
    if best is not Certainty.CERTAIN:
        if _is_introduced(key, text, start, context):
            best, verdicts = Certainty.INTRODUCED, [Certainty.INTRODUCED] * len(verdicts)
        single = " " not in key and form.bearers[0].kind is not Kind.EPITHET
        if (
            _is_in_a_work(key, text, start, end, context)
            or _is_city(key, context)
            or _is_day(key, context)
            or (single and _is_ordinary_word(key, context))
            or (single and _is_attribute(context, article=False) and _is_word(form, key, texts))
        ):
            return (), Certainty.NOBODY
    return tuple(b.cast_name for b, verdict in zip(form.bearers, verdicts, strict=True) if verdict is best), best
