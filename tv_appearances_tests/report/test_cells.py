"""A name in a CSV file is text to every spreadsheet, and the very name to whoever reads the file back."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tv_appearances.report.cells import cell, text_of
from tv_appearances.report.mentions_csv import read_mentions, write_mentions
from tv_appearances.report.overview import OverviewRow, write_csv
from tv_appearances.tvmaze.models import Mention

BEGINS_A_FORMULA = "=+-@\t\r\n＝＋－＠"


@given(st.text(st.sampled_from([*BEGINS_A_FORMULA, "'", "A"]), max_size=6))
def test_every_text_is_read_back_and_none_begins_a_formula(text: str) -> None:
    assert text_of(cell(text)) == text
    assert not cell(text).startswith(tuple(BEGINS_A_FORMULA))


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", "'=1", "''@x", "＝1"])
def test_a_name_is_no_formula_in_either_file(name: str) -> None:
    mention = Mention(1, 1, 1, name, name, 1)
    written = write_mentions([mention])
    row = list(csv.reader(io.StringIO(written, newline="")))[1]
    assert row == ["1", "1", "1", f"'{name}", f"'{name}", "1"]
    assert read_mentions(written) == (mention,)
    texts = {"show", "asked", "name", "leaders", "runner_up", "source", "why"}
    row_of_all = OverviewRow(**dict.fromkeys(texts, name), mentions=3, share=0.5)  # type: ignore[arg-type]
    (shown,) = csv.DictReader(io.StringIO(write_csv([row_of_all]), newline=""))
    assert {column for column, value in shown.items() if value == f"'{name}"} == texts
    assert (shown["mentions"], shown["share"]) == ("3", "0.5")


@pytest.mark.parametrize("name", ["Ada", "O'Brien", "'Tis", "", "A-1", "1=1", "”=1"])
def test_any_other_name_stands_as_it_is(name: str) -> None:
    assert cell(name) == text_of(name) == name
