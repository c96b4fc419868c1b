"""How the lines of a list are read: what is a title, what a comment, and what is told of the rest."""

from pathlib import Path

import pytest

from tv_appearances.show_list import Listed, ShowList, ShowListError


def test_a_sign_that_a_title_may_hold_is_part_of_it_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "shows; ours.txt"
    file.write_text("#blackFM\n#\n#\tnone\nStones;Gate\nid:118#House\n", encoding="utf-8")
    assert ShowList(str(file)).read() == Listed(
        shows={"blackfm": "#blackFM", "stones-gate": "Stones;Gate", "id-118": "id:118"},
        comments=("line 2: #", "line 3: #\tnone", "line 5: #House"),
    )


def test_in_a_list_there_are_no_comments() -> None:
    assert ShowList("friends;#blackFM;# 9;").read() == Listed({"friends": "friends", "blackfm": "#blackFM", "9": "# 9"})


def test_what_was_left_out_is_told_where_nothing_remains(tmp_path: Path) -> None:
    file = tmp_path / "shows.txt"
    file.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(ShowListError, match="SHOWS names no show: line 1: # nothing"):
        ShowList(str(file), "SHOWS").read()
