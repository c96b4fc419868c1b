"""What the words beside a surface form say: whether its candidate, or somebody or something else, is meant.

Belongs here: one function for each rule about neighbouring words, with its reason and an example. The rules look at the
text and at one character's own name only, so that nobody's mentions depend on who else is in the cast, shared forms
apart. Does not belong here: what the rest of a summary, or of the show, says.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from enum import Enum
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple

from tv_appearances.mentions.names import Candidate, Kind, SurfaceForm
from tv_appearances.mentions.text import CONTRACTION, INITIALS, SENTENCE_ENDS, bare, lower
from tv_appearances.mentions.words import (
    CALENDAR,
    CIVIL,
    COMMON_WORDS,
    DATED,
    GIVEN_NAMES,
    NOT_SURNAMES,
    OBJECTS,
    PLACES,
    PREPOSITIONS,
    QUESTIONS,
    title_of,
)

NEAR = 3
"""How many words beside a form are looked at: a given name and two middle names before a surname."""


class Certainty(Enum):
    """What the words beside a form say of one of its bearers."""

    NOBODY = "somebody or something else is meant"
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


def is_quiet(text: str, start: int, end: int) -> bool:
    """Whether no capitalised word stands beside a form, so that no rule about those need be asked; true of most."""
    word = text.rfind(" ", max(0, start - 40), start - 1) + 1
    if text[start - 1] != " " or not (text[word].islower() or text[word] == "\n"):
        return False
    if text.startswith("'s", end):
        end += 2
    return text[end + 1].islower() or text[end] in ".,;:!?"


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


def _names(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.lower() for word in takewhile(lambda word: word[:1].isupper(), map(bare, words)))


def _may_be_name(word: str) -> bool:
    # Whether a neighbour may be a part of somebody's name: no acronym, day, language, title or opener of a sentence.
    plain = bare(word)
    acronym = len(plain) > 1 and plain.isupper() and "." not in plain
    return word[:1].isupper() and not acronym and plain.lower() not in NOT_SURNAMES and not title_of(plain)


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


def _is_told_already(own: Iterable[str], context: _Context) -> bool:
    """A name told in pieces counts once, at its first piece: `Dale (Barbie) Barbara`, "Charles Emerson Winchester"."""
    return any(word in own for word in context.names_before)


def _is_place(bearer: Candidate, context: _Context) -> bool:
    """A place or a company is nobody: "King's Landing", "Stark Industries", "Grey Memorial Hospital"."""
    words = context.names_after or _names(context.after)
    return any(word in PLACES and word not in bearer.own for word in words[:2])


def _lacks_article(bearer: Candidate, context: _Context) -> bool:
    """An epithet needs its `the`, next to it or one word away: "the Doctor", "the young Doctor", "the Tenth Doctor"."""
    if bearer.kind is not Kind.EPITHET:
        return False
    near, *others = (*(word.lower() for word in context.before[:2]), "")
    between = near and (context.before[0].islower() or near.endswith(("st", "nd", "rd", "th")))
    return near != "the" and not (between and others[0] == "the")


def _has_foreign_surname(bearer: Candidate, context: _Context) -> bool:
    """A foreign surname right after makes a namesake: "Monica Lewinsky". One that the cast list leaves out does not."""
    known = bearer.kind is Kind.GIVEN or bearer.kind is Kind.SURNAME
    return known and bool(context.names_after) and _may_be_name(context.after[0])


def _is_foreign_family(bearer: Candidate, context: _Context) -> bool:
    """A surname names its bearer only where nobody else's given name, and no article, stands before it.

    "James Cameron" is not Allison Cameron, and "the Gallagher house" is no person. Before it may stand what is no given
    name: a title, an acronym, a possessive, the words that open a sentence ("When House …", "Suspecting House …",
    "In Mexico House …"). Given names end in "ly" and "ed" too: "Emily House", "Ned House".
    """
    if bearer.kind is not Kind.SURNAME or not context.before:
        return False
    first, *others = context.before
    if first.lower() in {"a", "an", "the"}:
        return True
    opens = context.starts and not others and first.endswith("ing")
    phrase = context.starts and len(others) == 1 and others[0].lower() in PREPOSITIONS
    return _may_be_name(first.lstrip("\"'([")) and not (opens or phrase or first.endswith("'s"))


def _is_surname_of_another(key: str, context: _Context) -> bool:
    """A common given name right before a given name makes a surname of it: "Diana Ross". "Dark Willow" is Willow."""
    return " " not in key and context.names_before[:1] != () and context.names_before[0] in GIVEN_NAMES


def _is_ordinary_word(key: str, context: _Context) -> bool:
    """An ordinary word at the start of a sentence is a name only if a verb or a comma follows, and never a date.

    "Hope fades" may be Hope; "Hope for peace", "Will the team win?", "Will Jack survive?", "Eleven years later" and "in
    May" are nobody.
    """
    following = bare(context.after[0]) if context.after else ""
    if key in CALENDAR and (following[:1].isdigit() or (context.before and context.before[0].lower() in DATED)):
        return True
    if key not in COMMON_WORDS or not context.starts or context.before or context.tail or not following:
        return False
    asks = key in QUESTIONS and re.match(r"[^.!?]*\?", context.rest)
    return bool(asks) or following[0].isupper() or following.lower() in OBJECTS


def _certainty(bearer: Candidate, key: str, context: _Context) -> Certainty:
    """What the words beside a form, here in lower case, say of one of its bearers.

    A title of a whole family leaves it open who is meant: "Mrs. Green" is as likely Rachel Green's mother, and beside
    a rank it is even more likely a relative's: "Mrs. Potter" of Col. Potter.
    """
    others = bearer.own.difference(key.split())
    if _is_told_already(others, context) or _is_place(bearer, context) or _lacks_article(bearer, context):
        return Certainty.NOBODY
    if any(_is_own(word, others) for word in (*context.names_before[:1], *context.names_after)):
        return Certainty.CERTAIN
    if (
        _has_foreign_surname(bearer, context)
        or _is_foreign_family(bearer, context)
        or _is_surname_of_another(key, context)
        or _is_ordinary_word(key, context)
    ):
        return Certainty.NOBODY
    title = title_of(context.before[0]) if context.before else ""
    if title in bearer.titles:
        return Certainty.CERTAIN
    family = title in CIVIL and (bearer.kind is Kind.SURNAME or not bearer.titles.isdisjoint(CIVIL))
    if family:
        return Certainty.RELATIVE if bearer.titles else Certainty.FAMILY
    return Certainty.POSSIBLE


def referents(form: SurfaceForm, text: str, start: int, end: int) -> tuple[tuple[str, ...], Certainty]:
    """The cast names that a form may mean where it stands, and how sure that is."""
    context, key = _context(text, start, end), lower(text[start:end])
    verdicts = [_certainty(bearer, key, context) for bearer in form.bearers]
    for best in (Certainty.CERTAIN, Certainty.POSSIBLE, Certainty.FAMILY, Certainty.RELATIVE):
        if best in verdicts:
            return tuple(
                b.cast_name for b, verdict in zip(form.bearers, verdicts, strict=True) if verdict is best
            ), best
    return (), Certainty.NOBODY
