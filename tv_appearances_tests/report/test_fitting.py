"""What is shortened fits, says as much as it can, and is never taken for something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tv_appearances.report.fitting import cut_apart, wrapped, wrapped_evenly

LONG = "Her Serene Highness Princess Anastasia of Habsburg"
NAMES = st.lists(
    st.text(st.sampled_from("ab c\u0301"), min_size=1, max_size=60).map(str.strip), unique=True, max_size=6
)


def test_a_name_is_cut_in_the_middle() -> None:
    assert cut_apart(["Ada", LONG], 25, len) == ["Ada", "Her Serene Highn…Habsburg"]


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([f"{LONG} {number}" for number in ("I", "II", "III")], id="different at the end"),
        pytest.param([f"{a} {LONG}" for a in "ABC"], id="different at the beginning"),
        pytest.param([f"{LONG}, the {a} of her name, {LONG}" for a in ("First", "Third", "Fifth")], id="in the middle"),
        pytest.param([LONG * 2, LONG * 3, LONG * 4], id="one goes on where the other ends"),
    ],
)
@pytest.mark.parametrize("limit", [16, 24, 40])
def test_names_that_are_cut_stay_different(names: list[str], limit: int) -> None:
    cut = cut_apart(names, limit, len)
    assert len(set(cut)) == len(names)
    assert all(len(shown) <= limit for shown in cut)


def test_what_tells_names_apart_is_shown() -> None:
    names = [f"{LONG}, the {number} of her name, {LONG}" for number in ("First", "Third")]
    first, third = cut_apart(names, 30, len)
    assert "First" in first
    assert "Third" in third


@given(NAMES, st.integers(12, 80))
def test_no_two_look_alike_whatever_they_are(names: list[str], limit: int) -> None:
    cut = cut_apart(names, limit, len)
    assert len(set(cut)) == len(set(names))
    assert all(name == shown for name, shown in zip(names, cut, strict=True) if len(name) <= limit)


@given(st.text(st.sampled_from("ab "), max_size=80), st.integers(3, 30))
def test_lines_fit_and_lose_nothing(text: str, limit: int) -> None:
    for lines in (wrapped(text, limit, len), wrapped_evenly(text, limit, len)):
        assert all(len(line) <= limit for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_letter_keeps_its_accent_where_a_word_is_broken() -> None:
    assert wrapped("e\u0301" * 4, 5, len) == ["e\u0301" * 2, "e\u0301" * 2]
