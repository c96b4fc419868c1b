"""The arguments of `tv-appearances`: what they mean, and which do not go together."""

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
    assert "tv-appearances -- -ing" in said
    assert "the flash (1990)" in said
