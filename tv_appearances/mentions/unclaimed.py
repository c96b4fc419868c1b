"""The words that a show's texts use as names and that nobody in the cast bears: Eleanor, a guest, a nickname.

Belongs here: finding and counting them. Does not belong here: whom the cast's own names mean.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from tv_appearances.mentions.counting import Reading
from tv_appearances.mentions.evidence import HABIT
from tv_appearances.mentions.text import END, bare, lower
from tv_appearances.mentions.words import (
    CALENDAR,
    COMMON_WORDS,
    DETERMINERS,
    NOT_SURNAMES,
    PLACES,
    STRANGERS,
    WEEKDAYS,
    WITHIN,
    title_of,
)

PERSONAL = 0.75
"""So much of a word's use inside sentences is as a name alone: not behind `the` or `in`, as places and things are."""

LONGEST = 4
"""So many words at most of a run of capitalised ones are looked up as a name."""

_RUN = re.compile(r"(?<![\w'-])[A-Z][\w'-]*(?:\.? [A-Z][\w'-]*)*")
_NO_NAMES = NOT_SURNAMES | CALENDAR | WEEKDAYS | PLACES
_PLACED = WITHIN | DETERMINERS | STRANGERS | {"at", "on", "into", "called", "du"}


def unclaimed(reading: Reading) -> tuple[tuple[str, int, int], ...]:
    """(Word, mentions, episodes) for what the texts use as a name and nobody in the cast bears, most frequent first.

    A word counts where it stands capitalised inside a sentence, in two summaries at least, and mostly without an
    article or a word for a place before it; then it counts at the start of sentences too. Of two names and more the
    first one is counted: "Eleanor" of "Eleanor Wish".
    """
    text, texts = reading.texts.text, reading.texts
    uses: Counter[str] = Counter()
    personal: Counter[str] = Counter()
    opening: Counter[str] = Counter()
    summaries: dict[str, set[int]] = defaultdict(set)
    summary, next_end = 0, text.find(END)
    for match in _RUN.finditer(text):
        while 0 <= next_end < match.start():
            summary, next_end = summary + 1, text.find(END, next_end + 1)
        words = [bare(word).removesuffix("'s").rstrip("'-") for word in match[0].split(" ")]
        words = words[next((at for at, word in enumerate(words) if not title_of(word)), len(words)) :]
        if not words or _is_claimed(words, reading.keys) or not _may_name(words[0]):
            continue
        lead = text[max(0, match.start() - 24) : match.start()]
        before = lead.split()[-1] if lead.split() else "."
        word = words[0]
        if before[-1] in '.!?…:\x00"' or lead.endswith("\n ") or not lead.strip():
            opening[word] += 1
            summaries[word].add(summary)
        else:
            uses[word] += 1
            if lower(before) not in _PLACED:
                personal[word] += 1
                summaries[word].add(summary)
    found = [
        (word, personal[word] + opening[word], len(summaries[word]))
        for word in personal
        if personal[word] >= max(HABIT, PERSONAL * uses[word])
        and len(summaries[word]) >= HABIT
        and not texts.has_in_lower_case(lower(word))
    ]
    return tuple(sorted(found, key=lambda row: (-row[1], row[0])))


def _is_claimed(words: Sequence[str], keys: frozenset[str]) -> bool:
    ends = range(1, min(len(words), LONGEST) + 1)
    return any(lower(" ".join(words[at : at + length])) in keys for length in ends for at in range(len(words)))


def _may_name(word: str) -> bool:
    plain = lower(word)
    return len(word) > 1 and not word.isupper() and plain not in _NO_NAMES and plain not in COMMON_WORDS
