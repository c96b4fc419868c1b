"""What the pages say is true: every block of commands or Python is run by a test, and every link leads somewhere."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tv_appearances_tests.test_commands import ROOT, environment
from tv_appearances_tests.test_definitions import MAY_KNOW
from tv_appearances_tests.tvmaze_server import TVMazeServer

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")])
GUIDE = ROOT / "docs" / "your_own_asset.md"

RUN_BY = {
    "make report   # runs the five assets": "test_docs.py::test_make_runs_what_a_reader_expects",
    "make test    # the tests": "test_docs.py::test_make_runs_what_a_reader_expects",
    '.venv/bin/tv-appearances "under the dome"': "test_commands.py::test_the_command_prints_json_for_scripts",
    "python -m pytest -m": "../Makefile::not command and not daemon",
    "TV_APPEARANCES_SHOWS=shows.txt": "test_many_shows.py::test_shows_come_as_a_list_or_as_a_file_with_comments",
    "TVMAZE_RECORDINGS=~/tvmaze": "test_commands.py::def test_friends_gives_the_table_of_the_post",
    "python -m tv_appearances_tests.test_definitions": "test_definitions.py::__main__",
}
"""How a block begins → where it is run: a file beside this one, and what is in it. The guide's blocks are run here."""


def blocks(page: Path, *languages: str) -> list[str]:
    """The fenced blocks in one of these languages, in order."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [code for language, code in found if language in languages]


@pytest.mark.parametrize("page", [page for page in PAGES if page != GUIDE], ids=lambda page: page.name)
def test_every_block_is_run_by_a_test(page: Path) -> None:
    for block in blocks(page, "sh", "bash", "python"):
        (where,) = (place for beginning, place in RUN_BY.items() if block.startswith(beginning))
        file, _, what = where.partition("::")
        assert what in (Path(__file__).parent / file).read_text(encoding="utf-8"), where


def test_no_row_of_the_table_is_left_over() -> None:
    written = [block for page in PAGES for block in blocks(page, "sh", "bash", "python")]
    assert all(any(block.startswith(beginning) for block in written) for beginning in RUN_BY)


@pytest.mark.command
def test_the_guide_to_your_own_asset_works_as_it_stands(tmp_path: Path, tvmaze_server: TVMazeServer) -> None:
    asset, test = blocks(GUIDE, "python")
    (tmp_path / "ratings.py").write_text(asset, encoding="utf-8")
    (tmp_path / "test_ratings.py").write_text(test, encoding="utf-8")
    for season in tvmaze_server.world.parts[7001, "episodes"]:
        season["rating"] = {"average": 7.5}
    variables = environment(TVMAZE_URL=tvmaze_server.url, TV_APPEARANCES_SHOW="the lighthouse")
    for block in blocks(GUIDE, "sh"):
        for command in block.splitlines():
            done = subprocess.run(command, shell=True, cwd=tmp_path, env=variables, capture_output=True, text=True)  # noqa: S602, PLW1510  # a reader's shell runs it
            assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "data" / "average_ratings.json").read_text() == '{\n  "1": 7.5,\n  "2": 7.5\n}\n'
    assert (tmp_path / "data" / "appearances.png").exists()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), target


def test_the_picture_of_the_architecture_is_the_table_the_code_is_held_to() -> None:
    (drawn,) = blocks(ROOT / "docs" / "architecture.md", "mermaid")

    def below(module: str) -> set[str]:
        return MAY_KNOW[module].union(*map(below, MAY_KNOW[module]))

    arrows = {
        (module, known)
        for module, all_known in MAY_KNOW.items()
        for known in all_known
        if not any(known in below(other) for other in all_known)
    }
    assert set(re.findall(r"(\w+) --> (\w+)", drawn)) == arrows


def test_the_targets_of_make_that_are_named_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8"))}
    assert named
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in named), named


@pytest.mark.skipif(not shutil.which("make"), reason="there is no make here")
def test_make_runs_what_a_reader_expects() -> None:
    # These tests may be run by `make matrix`, which hands its own variables down.
    plain = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    for target, command in (
        ("report", "tv-appearances"),
        ("test", "-m pytest -n auto --dist loadfile"),
        ("dev", "dagster dev"),
        ("check", "dg check defs"),
    ):
        shown = subprocess.run(
            ["make", "-n", target], cwd=ROOT, env=plain, capture_output=True, text=True, check=True
        ).stdout
        assert f"{command}\n" in shown.replace(" \n", "\n")
