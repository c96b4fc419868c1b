"""What counts as JSON, in an answer and in a file."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tv_appearances.fetching.decoding import DEEPEST, LARGEST, decoded
from tv_appearances.storage import to_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)  # fmt: skip


@given(JSON, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]), st.booleans())
def test_whatever_is_read_can_be_written_and_is_the_same_again(value: object, encoding: str, escaped: bool) -> None:
    assert decoded(json.dumps(value, ensure_ascii=escaped).encode(encoding)) == value
    assert decoded(to_json(value)) == value


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "Expecting value"),
        (b"{'single': 'quotes'}", "double quotes"),
        (b"[1] [2]", "Extra data"),
        (b"[NaN]", "NaN is not a number"),
        (b"[-Infinity]", "-Infinity is not a number"),
        (b"[1e999]", "1e999 is not a number"),
        (rb'["\ud800"]', "surrogates not allowed"),
        (rb'{"\udc00": 1}', "surrogates not allowed"),
        (r'["\ud800"]'.encode("utf-16"), "surrogates not allowed"),
        ('["\ud800"]'.encode("utf-16", "surrogatepass"), "can't decode"),
        ('["\ud83d\ude00"]'.encode("utf-8", "surrogatepass"), "can't decode"),
        (b'["\xff"]', "can't decode"),
        (b"9" * 400, "an integer of 400 digits"),
        (b"-" + b"9" * 400, "an integer of 400 digits"),
        (b"9" * 5000, "an integer of 5000 digits"),
        (str(LARGEST).encode(), "an integer of 19 digits"),
        (str(-LARGEST - 1).encode(), "an integer of 19 digits"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "more than 100 levels"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "more than 100 levels"),
        (b"[" * 1_000_000, "more than 100 levels"),
    ],
)
def test_what_nothing_behind_could_hold_is_refused(body: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why) as refused:
        decoded(body)
    assert len(str(refused.value)) < 200


def test_as_deep_and_as_large_as_allowed_is_let_in() -> None:
    deep = b"[" * DEEPEST + b"1" + b"]" * DEEPEST
    assert json.dumps(decoded(deep)).encode() == deep
    assert decoded(rb'["\ud83d\ude00"]') == ["😀"]


def test_the_largest_and_the_smallest_integer_are_let_in() -> None:
    assert decoded(str(LARGEST - 1).encode()) == LARGEST - 1
    assert decoded(str(-LARGEST).encode()) == -LARGEST
