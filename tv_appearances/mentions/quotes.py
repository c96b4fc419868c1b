"""The sentences of the summaries that name somebody, as evidence for the reader.

Belongs here: cutting them out, as they were written, with the places of the names in them. Does not belong here: what
was counted, and how a sentence is shown.
"""

from collections import defaultdict
from typing import NamedTuple

from tv_appearances.mentions.counting import Reading

MOST = 2_000
"""So many sentences at most are kept for a show, which makes a page of less than a megabyte."""

MOST_EACH = 50
"""So many at most for one character."""

LONGEST = 400
"""A sentence is cut around the first name where it is longer."""


class Sentence(NamedTuple):
    """A sentence of the summary of an episode, and (start, end) of each form in it that was counted."""

    episode_id: int
    text: str
    marks: tuple[tuple[int, int], ...]


def quotes(reading: Reading) -> dict[str, tuple[tuple[Sentence, ...], int]]:
    """Cast name → the first sentences that name its bearer, in broadcast order, and how many more there are."""
    places: dict[str, dict[int, list[tuple[int, int]]]] = defaultdict(dict)
    for _, name, _, start, end in reading.found:
        if name:
            places[name].setdefault(reading.texts.sentence(start), []).append((start, end))
    each = _share([len(sentences) for sentences in places.values()])
    return {
        name: (
            tuple(_cut(reading, marks) for marks in list(sentences.values())[:each]),
            max(0, len(sentences) - each),
        )
        for name, sentences in sorted(places.items())
    }


def _share(sizes: list[int]) -> int:
    # The most sentences that each may have, so that all together are not too many.
    return next(each for each in range(MOST_EACH, -1, -1) if each <= 1 or sum(min(each, n) for n in sizes) <= MOST)


def _cut(reading: Reading, marks: list[tuple[int, int]]) -> Sentence:
    start, end = reading.texts.span(marks[0][0])
    text = reading.texts.text[start:end].rstrip("\x00\n ")
    start += len(text) - len(text.lstrip("\x00\n "))
    text = text.lstrip("\x00\n ")
    if len(text) > LONGEST:
        first = max(0, marks[0][0] - start - LONGEST // 2)
        text, start = text[first : first + LONGEST], start + first
    summary = reading.texts.summary(marks[0][0])
    original, at = reading.texts.as_written(summary, start, start + len(text))
    kept = [(at[a - start], at[b - start]) for a, b in marks if b - start <= len(text)]
    return Sentence(reading.told[summary].id, original, tuple(kept))
