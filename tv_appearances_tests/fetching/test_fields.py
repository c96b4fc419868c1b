"""Reading fields: what a wrong one is called."""

import pytest

from tv_appearances.fetching.client import MAX_QUOTE, parse_address, quoted
from tv_appearances.fetching.fields import (
    LONGEST_SAMPLE,
    SchemaError,
    integer_at,
    number_at,
    optional_at,
    readable,
)


def test_a_sample_of_what_was_there_is_shown_and_cut() -> None:
    fits, long = "é" * (LONGEST_SAMPLE - 2), "é" * LONGEST_SAMPLE
    assert str(SchemaError("a.b", "a text", fits)) == f'a.b: expected a text, got "{fits}"'
    assert str(SchemaError("a.b", "a text", long)) == f'a.b: expected a text, got "{long[: LONGEST_SAMPLE - 2]}…'
    assert str(SchemaError("a", "a number", {1, 2})) == 'a: expected a number, got "{1, 2}"'
    assert SchemaError("a.b", "a text", 1).path == "a.b"


def test_a_text_from_outside_is_quoted_on_one_line_and_cut() -> None:
    assert quoted("é\n") == '"é\\n"'
    assert quoted("x" * MAX_QUOTE) == f'"{"x" * MAX_QUOTE}"'
    assert quoted("x" * (MAX_QUOTE + 1)) == f'"{"x" * (MAX_QUOTE - 1)}…"'


@pytest.mark.parametrize(("value", "number"), [(1, 1.0), (0.5, 0.5), (-2, -2.0)])
def test_a_number_is_whole_or_not(value: object, number: float) -> None:
    assert number_at({"mag": value}, "mag", "row") == number


@pytest.mark.parametrize("value", [True, "1", None, [1]])
def test_what_is_no_number_is_named_with_its_path(value: object) -> None:
    with pytest.raises(SchemaError, match=r"row\.mag: expected a number"):
        number_at({"mag": value}, "mag", "row")
    with pytest.raises(SchemaError, match=r"row\.mag: expected an integer"):
        integer_at({"mag": value}, "mag", "row")


def test_an_optional_field_may_be_absent_or_null_but_nothing_else() -> None:
    assert optional_at({"a": 1, "b": None}, "a", "row", int) == 1
    assert [optional_at({"b": None}, name, "row", int) for name in ("a", "b")] == [None, None]
    with pytest.raises(SchemaError, match=r"row\.a: expected an integer or null, got true"):
        optional_at({"a": True}, "a", "row", int)
    with pytest.raises(SchemaError, match=r"row\.a: expected a text or null, got 1"):
        optional_at({"a": 1}, "a", "row", str)


def test_one_odd_item_or_a_tenth_is_left_out_and_more_is_another_form() -> None:
    def even(item: int, path: str) -> int:
        if item % 2:
            raise SchemaError(path, "an even number", item)
        return item

    def items(odd: int, good: int) -> list[tuple[str, int]]:
        return [*((f"odd[{place}]", 1) for place in range(odd)), *((f"good[{place}]", 2) for place in range(good))]

    one = readable(items(1, 1), even)
    assert (one, [str(error) for error in one.left_out]) == ((2,), ["odd[0]: expected an even number, got 1"])
    assert len(readable(items(2, 18), even)) == 18
    for too_odd in (items(3, 18), items(1, 0), items(2, 17)):
        with pytest.raises(SchemaError, match=r"odd\[0\]"):
            readable(too_odd, even)


def test_a_base_address_ends_without_a_slash() -> None:
    assert parse_address("http://localhost:1/tv//") == "http://localhost:1/tv"
