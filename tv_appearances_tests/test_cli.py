"""The arguments of `tv-appearances`: what they mean, and which do not go together."""

from pathlib import Path

import pytest

from tv_appearances import cli


@pytest.mark.parametrize(
    ("given", "asked", "is_search"),
    [
        ("", None, False),
        ("--json", None, False),
        ("better call saul", "better call saul", False),
        ("--json better call saul", "better call saul", False),
        ("better call saul --json", "better call saul", False),
        ("--search better call saul", "better call saul", True),
        ("--search better call saul --json", "better call saul", True),
        ("--json --search=better", "better", True),
        ("-- -ing", "-ing", False),
        ("-- --search", "--search", False),
        ("--json -- --json -- x", "--json -- x", False),
        ("the -- -ing", "the -ing", False),
        ("--search -- -ing", "-ing", True),
        ("--search the -- -ing", "the -ing", True),
        ("--search", "", True),
        ("24", "24", False),
        ("-1", "-1", False),
    ],
)
def test_the_words_of_a_title_need_no_quotes(given: str, asked: str | None, is_search: bool) -> None:
    arguments = cli.arguments(given.split())
    assert (arguments.asked, arguments.is_search) == (asked, is_search)
    assert arguments.json is ("--json" in given.split("-- ", maxsplit=1)[0])


@pytest.mark.parametrize("given", ["house --search lost", "house --json --search lost", "--searching", "-ing"])
def test_what_does_not_go_together_is_refused(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.arguments(given.split())
    assert end.value.code == 2
    if "house" in given:
        assert "do not go together" in capsys.readouterr().err


def test_the_help_says_how_to_name_a_show(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.arguments(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert end.value.code == 0
    assert "Put -- before a name that begins with -" in said
    assert "the flash (1990)" in said


def test_a_list_is_checked_line_by_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(text: str) -> tuple[int, str, str]:
        (tmp_path / "shows.txt").write_text(text)
        monkeypatch.setattr("sys.argv", ["tv-appearances", "--check-list", str(tmp_path / "shows.txt")])
        return cli.main(), *capsys.readouterr()

    assert check("# ours\nfriends\nid:118 # House\n") == (0, "2 shows.\n", "")
    status, said, _ = check("friends\nid:house\nFriends\n")
    assert status == 1
    assert said.startswith("1 show.\n")
    assert 'line 2: "id:house" is not a TVMaze id' in said
    assert "line 3: 'Friends' means the same show as 'friends' (1)" in said
    status, _, error = check("\n")
    assert status == 1
    assert "names no show" in error
