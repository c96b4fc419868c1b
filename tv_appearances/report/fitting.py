"""Texts made to fit: wrapped into lines, or cut so that no two that differ look alike.

Belongs here: whatever shortens or breaks a text, given how wide it is. Does not belong here: how wide a text is
(`fonts`), where it goes.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence

from tv_appearances.report.fonts import clusters

Measure = Callable[[str], float]
"""How wide a text is, in any unit."""

_CONTEXT = 8
"""So many signs before a difference are shown at most where a word begins there."""


def wrapped(text: str, limit: float, measure: Measure) -> list[str]:
    """The text in as few lines of at most that width as it takes; a word that is wider is broken between letters."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if measure(longer) <= limit:
            lines[-1] = longer
            continue
        lines.append("")
        for sign in clusters(word):
            if measure(lines[-1] + sign) > limit:
                lines.append("")
            lines[-1] += sign
    return [line for line in lines if line]


def wrapped_evenly(text: str, limit: float, measure: Measure) -> list[str]:
    """As `wrapped`, with lines of about the same length, so that no word is left alone in the last one."""
    lines = wrapped(text, limit, measure)
    if not lines[1:]:
        return lines
    narrower = (wrapped(text, limit * step / 40, measure) for step in range(40 // len(lines), 40))
    return next((found for found in narrower if len(found) == len(lines)), lines)


def cut_apart(texts: Sequence[str], limit: float, measure: Measure) -> list[str]:
    """The texts, those too wide with "…" for a part in the middle; two that differ stay different.

    Where that would make some equal, each shows where it begins to differ from the one most like it; where there is no
    room even for that, they are numbered.
    """
    cut = {text: _middle_out(text, limit, measure) for text in texts}
    for text, other in _alike(cut):
        at = max(_common(text, rival) for rival in other)
        cut[text] = _from(text, at, limit, measure)
    for text, other in _alike(cut):
        number = f" {1 + sorted([text, *other]).index(text)}"
        cut[text] = _middle_out(text, limit - measure(number), measure) + number
    return [cut[text] for text in texts]


def _alike(cut: dict[str, str]) -> list[tuple[str, list[str]]]:
    """Each text that looks like others once cut, and those others."""
    common = Counter(cut.values())
    return [
        (text, [rival for rival, shown in cut.items() if shown == cut[text] and rival != text])
        for text in cut
        if common[cut[text]] > 1
    ]


def _common(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _middle_out(text: str, limit: float, measure: Measure) -> str:
    """With as much of the beginning, and half as much of the end, as fits."""
    if measure(text) <= limit:
        return text
    signs = clusters(text)

    def shown(count: int) -> str:
        tail = count // 3
        return "".join(signs[: count - tail]).rstrip() + "…" + "".join(signs[len(signs) - tail :]).lstrip()

    return shown(_most(len(signs) - 1, limit, lambda count: measure(shown(count))))


def _from(text: str, at: int, limit: float, measure: Measure) -> str:
    """With some of the beginning, and what follows from `at` on, or from the beginning of the word that is there."""
    start = max(text.rfind(" ", max(0, at - _CONTEXT), at) + 1, 0) or at
    signs, rest = clusters(text[:start]), clusters(text[start:])
    if not rest:  # a text that goes on as another one ends
        return _middle_out(text, limit, measure)
    end = _most(len(rest), limit / 2, lambda count: measure("…" + "".join(rest[:count]) + "…"))
    tail = "…" + "".join(rest[: max(end, 1)]) + ("…" if max(end, 1) < len(rest) else "")
    head = _most(len(signs), limit, lambda count: measure("".join(signs[:count]).rstrip() + tail))
    return "".join(signs[:head]).rstrip() + tail


def _most(largest: int, limit: float, measure: Callable[[int], float]) -> int:
    """The largest count whose text fits."""
    return bisect_right(range(1, largest + 1), limit, key=measure)
