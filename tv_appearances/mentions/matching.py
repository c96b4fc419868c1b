"""Where a surface form stands: a word of its own, its capitals in place; of two forms the longer one wins.

Belongs here: the rules about the edges of a match. Does not belong here: whom a match means.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from tv_appearances.mentions.names import SurfaceForm
from tv_appearances.mentions.text import CONTRACTION, END, HANGUL, UNSPACED, goes_on

EDGES = frozenset(" \n,.;:!?()")
"""What stands beside most words; what else may, `_stands_alone` knows."""


def hits(
    text: str, matches: Sequence[tuple[int, int, int]], seams: frozenset[int], forms: Sequence[SurfaceForm]
) -> list[tuple[int, int, int]]:
    """The matches (form, start, end) that stand alone, capitals in place, by start: of one start the longest first.

    `matches` come by end, so that their reverse has the longer ones first, and sorting by start alone keeps that.
    """
    spellings = [form.spelling for form in forms]
    alone = (
        match
        for match in reversed(matches)
        if ((text[match[1] - 1] in EDGES and text[match[2]] in EDGES) or _stands_alone(text, match[1], match[2], seams))
        and (
            text[match[1] : match[2]] == spellings[match[0]]
            or _has_capitals(text[match[1] : match[2]], spellings[match[0]])
        )
    )
    return sorted(alone, key=itemgetter(1))


def _has_capitals(text: str, spelling: str) -> bool:
    """Whether words that begin with a capital in the name do so in the text: MONICA is Monica, a wash is not Wash."""
    starts = (word.start() for word in re.finditer(r"\b\w", spelling))
    return all(text[at].isupper() or not spelling[at].isupper() for at in starts)


def _stands_alone(text: str, start: int, end: int, seams: frozenset[int]) -> bool:
    """Whether what stands there is a word of its own: no Snow in "Snowdon", no Geller in "the Gellers".

    A hyphen or an apostrophe inside a word goes on with it: no Jean in "Jean-Luc", no Brian in "O'Brian". A contraction
    or a possessive does not: "Ross's", "Joey'll". A word may begin and end where an inline tag stood, save for the `s`
    of a plural. Scripts that put no spaces between words have no such ends.
    """
    before, after = text[start - 1], text[end]
    inside = goes_on(before) or (before in "-'" and goes_on(text[start - 2]))
    if inside and start not in seams and not UNSPACED.match(text[start]):
        return False
    if UNSPACED.match(text[end - 1]) or HANGUL.match(text[end - 1]):
        return True
    if goes_on(after):
        return end in seams and not re.match(r"s(?![^\W_])", text[end : end + 2])
    if after == "-":
        return not goes_on(text[end + 1])
    return after != "'" or CONTRACTION.match(text, end) is not None


def longest(text: str, hits: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int, int, int]]:
    """The hits that are not inside a longer one, each behind the place of its summary."""
    ends = [*(end.start() for end in re.finditer(END, text)), len(text)]
    place = free = 0
    for which, start, end in hits:
        if start >= free:
            while start > ends[place]:
                place += 1
            free = end
            yield place, which, start, end
