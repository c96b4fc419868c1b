"""Bytes from outside as JSON that everything behind can hold: compare, write down again, and store.

Belongs here: what counts as JSON, in answers and in files. Does not belong here: which fields it has (`fields`).
"""

import json
import math
from typing import Any

DEEPEST = 100
"""Levels of lists and objects; most answers have a handful. Python writes some hundreds, and Dagster's events fewer."""
LARGEST = 2**63


def decoded(body: bytes) -> Any:
    """JSON as its standard (RFC 8259) has it, in UTF-8, or in the UTF-16 or UTF-32 that Python recognizes.

    Raises:
        ValueError: It is something else, has text that UTF-8 cannot write (half of a surrogate pair), a number that is
            not finite or an integer beyond 64 bits, or more than 100 levels.
    """
    # json.loads would let halves of surrogate pairs through, written as bytes or as escapes.
    text = body.decode(json.detect_encoding(body))
    try:
        value = json.loads(text, parse_constant=_finite, parse_float=_finite, parse_int=_whole)
    except RecursionError:
        raise ValueError(f"more than {DEEPEST} levels of lists and objects") from None
    level = [value]
    for _ in range(DEEPEST):
        level = [
            child
            for parent in level
            if isinstance(parent, (dict, list))
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    if any(isinstance(left, (dict, list)) for left in level):
        raise ValueError(f"more than {DEEPEST} levels of lists and objects")
    if "\\u" in text:
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number in JSON")
    return number


def _whole(text: str) -> int:
    # Python refuses to read more than 4,300 digits, and float() to take what is larger than it can hold.
    number = int(text) if len(text) <= len(str(LARGEST)) + 1 else LARGEST
    if not -LARGEST <= number < LARGEST:
        raise ValueError(f"an integer of {len(text.lstrip('-'))} digits")
    return number
