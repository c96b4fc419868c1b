"""Where a surface form stands: a word of its own, its capitals in place; of two forms the longer one wins.

Belongs here: the rules about the edges of a match. Does not belong here: whom a match means.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter

from tv_appearances.mentions.names import SurfaceForm
from tv_appearances.mentions.text import CONTRACTION, END, HANGUL, HONORIFIC, UNSPACED, goes_on, lower

EDGES = frozenset(" \n,.;:!?()")
"""What stands beside most words; what else may, `stands_alone` knows."""

PIECE = 1 << 16
"""Characters that are searched at once."""

FEW = 8
"""So many forms may begin with one another; "Jon", "Jon Snow" and "Jon-Paul" are three."""

Hit = tuple[int, int, int]
"""The place of a form in the list of forms, start and end."""


class Search:
    """A search for forms in the text of all summaries.

    Args:
        text: All texts, see `plain_text`.
        seams: The places in it where an inline tag stood.
        forms: The forms.
        keys: Their spellings in lower case, in the same order; at least one.
    """

    def __init__(self, text: str, seams: frozenset[int], forms: Sequence[SurfaceForm], keys: Sequence[str]) -> None:
        # Heavy, and needed only here.
        from ahocorasick_rs import AhoCorasick, Implementation

        self.forms = forms
        self._text, self._seams = text, seams
        self._spellings = [form.spelling for form in forms]
        self._longest = max(map(len, keys))
        self._searched = _searchable(lower(text), seams, keys)
        # A DFA, the library's choice for a small cast, takes seconds to build for a name of 10 kB.
        self._automaton = AhoCorasick(keys, implementation=Implementation.ContiguousNFA)

    def hits(self) -> Iterator[Hit]:
        """Where the forms stand alone, capitals in place, by start: of one start the longest first.

        The text is searched in pieces, which overlap by the longest form, so that what the search finds and this
        rejects never fills the memory.
        """
        text, seams, spellings = self._text, self._seams, self._spellings
        for at in range(0, len(text), PIECE):
            piece = self._searched[at : at + PIECE + self._longest]
            alone = []
            # They come by end, so that their reverse has the longer ones first, and sorting by start alone keeps that.
            for which, begin, stop in reversed(self._automaton.find_matches_as_indexes(piece, overlapping=True)):
                start, end = at + begin, at + stop
                if begin < PIECE and (
                    (text[start - 1] in EDGES and text[end] in EDGES) or stands_alone(text, start, end, seams)
                ):
                    form = text[start:end]
                    if form == spellings[which] or _has_capitals(form, spellings[which]):
                        alone.append((which, start, end))
            alone.sort(key=itemgetter(1))
            yield from alone


def _searchable(lowered: str, seams: frozenset[int], keys: Sequence[str]) -> str:
    """The text without words that are longer than any in a form, where so many forms begin alike that it matters.

    Every form that begins with another one is found where that one is: with the names A, AA, AAA, … a word of 200,000
    times `a` holds as many of each, none of which stands alone.
    """
    if _depth(keys) <= FEW:
        return lowered
    most = max((len(word) for key in keys for word in re.findall("[a-z0-9]+", key)), default=0)
    inside = sorted(seams)

    def blank(word: re.Match[str]) -> str:
        parted = bisect_right(inside, word.start()) < bisect_left(inside, word.end())
        return word[0] if parted or len(word[0]) <= most else " " * len(word[0])

    return re.sub("[a-z0-9]+", blank, lowered)


def _depth(keys: Iterable[str]) -> int:
    """How many forms at most begin with one another."""
    deepest, open_keys = 0, list[str]()
    for key in sorted(keys):
        while open_keys and not key.startswith(open_keys[-1]):
            open_keys.pop()
        open_keys.append(key)
        deepest = max(deepest, len(open_keys))
    return deepest


def _has_capitals(text: str, spelling: str) -> bool:
    """Whether words that begin with a capital in the name do so in the text: MONICA is Monica, a wash is not Wash."""
    starts = (word.start() for word in re.finditer(r"\b\w", spelling))
    return all(text[at].isupper() or not spelling[at].isupper() for at in starts)


def stands_alone(text: str, start: int, end: int, seams: frozenset[int]) -> bool:
    """Whether what stands there is a word of its own: no Snow in "Snowdon", no Geller in "the Gellers".

    A hyphen, an apostrophe or an & inside a word goes on with it: no Jean in "Jean-Luc", no Brian in "O'Brian", no Q in
    "Q&A". A contraction or a possessive does not: "Ross's", "Joey'll", nor does an honorific: "Haruka-chan". A word may
    begin and end where an inline tag stood, save for the `s` of a plural. Scripts that put no spaces between words have
    no such ends.
    """
    before, after = text[start - 1], text[end]
    inside = goes_on(before) or (before in "-'&" and goes_on(text[start - 2]))
    if inside and start not in seams and not UNSPACED.match(text[start]):
        return False
    if UNSPACED.match(text[end - 1]) or HANGUL.match(text[end - 1]):
        return True
    if goes_on(after):
        return end in seams and not re.match(r"s(?![^\W_])", text[end : end + 2])
    if after in "-&":
        return not goes_on(text[end + 1]) or HONORIFIC.match(text, end) is not None
    return after != "'" or CONTRACTION.match(text, end) is not None


def longest(text: str, hits: Iterable[Hit]) -> Iterator[tuple[int, int, int, int]]:
    """The hits that are not inside a longer one, each behind the place of its summary."""
    ends = [*(end.start() for end in re.finditer(END, text)), len(text)]
    place = free = 0
    for which, start, end in hits:
        if start >= free:
            while start > ends[place]:
                place += 1
            free = end
            yield place, which, start, end
