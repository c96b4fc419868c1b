"""What the pages say is true: every command and block of Python is run as it stands, and every link leads somewhere."""

import json
import os
import re
import shutil
import subprocess
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from socket import create_server

import pytest

from tv_appearances_tests.test_commands import NOWHERE, ROOT, environment
from tv_appearances_tests.test_daemon import ASSETS, Dev, wait_for
from tv_appearances_tests.test_definitions import MAY_KNOW
from tv_appearances_tests.test_mistakes import says
from tv_appearances_tests.tvmaze_server import TVMazeServer

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")])
GUIDE = ROOT / "docs" / "your_own_asset.md"
MANY = ROOT / "docs" / "many_shows.md"


def blocks(page: Path, *languages: str) -> list[str]:
    """The fenced blocks in one of these languages, in order; those without a language are what is seen."""
    found = re.findall(r"^```(\w*)\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [code for language, code in found if language in languages]


def commands() -> list[str]:
    """Every line of every block but the guide's, which is run as a whole; one that stands twice is run once."""
    lines = [
        line
        for page in PAGES
        if page != GUIDE
        for block in blocks(page, "sh", "bash", "python")
        for line in block.splitlines()
    ]
    return sorted({line.partition("  #")[0].strip() for line in lines})


FEW = {"PYTEST_ADDOPTS": "tv_appearances_tests/test_settings.py"}
RUNS: dict[str, tuple[str, dict[str, str]]] = {
    "make report": (" ".join(blocks(ROOT / "README.md", "")[1].split()), {"TVMAZE_URL": NOWHERE}),
    "make test": (" passed", {**FEW, "PYTEST_XDIST_AUTO_NUM_WORKERS": "1"}),
    "make test-all": (
        "1 passed … 1 passed",
        {"PYTEST_ADDOPTS": "tv_appearances_tests/test_show_files.py -k 'permissions or kill_at_any_moment'"},
    ),
    "make check": (
        "All definitions loaded successfully",
        {"https_proxy": NOWHERE, "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache")},
    ),
    "make matrix": (
        "3.99: pyenv/versions/3.99.0/bin/python … -m pytest -q -m not command",
        {"MAKEFLAGS": "MINORS=99", "PYENV_ROOT": "pyenv", "PATH": f"pyenv/versions/3.99.0/bin:{os.environ['PATH']}"},
    ),
    '.venv/bin/tv-appearances "under the dome"': ("mentioned most in Under the Dome: … data/appearances.html", {}),
    ".venv/bin/tv-appearances --search house": ("id:118 House 2001 Coast TV", {}),
    ".venv/bin/tv-appearances id:118 --json": (
        '{ "show": "House", "tvmaze_id": 118, "source": "live", … data/appearances.png',
        {},
    ),
    'python -m pytest -m "not command and not daemon and not browser and not soak"': (" passed", FEW),
    "TVMAZE_RECORDINGS=~/tvmaze python -m pytest -m recordings": (
        "1 passed",
        {"HOME": ".", "PYTEST_ADDOPTS": "-k every_recorded_answer"},
    ),
    "SCREENSHOTS=docs python -m pytest tv_appearances_tests/test_ui_in_browser.py": (
        # In full it is what CI runs anyway; a second browser beside that one would make both slow enough to fail.
        "::test_the_graph_has_five_assets_in_two_groups",
        {"PYTEST_ADDOPTS": "--collect-only -q"},
    ),
    "python -m tv_appearances_tests.test_definitions": ("tv_appearances_tests/specs.json", {}),
}
"""A command → what it prints or writes, and the environment that makes it quick and keeps it on this machine."""

STARTS: dict[str, list[str]] = {
    "make dev": [],
    "TV_APPEARANCES_SHOWS=shows.txt dagster dev": ["friends", "id-118", "under-the-dome"],
}
"""A command that goes on until it is ended → the partitions that the five assets then have."""


def of_the_readme(command: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.promise] if command in (ROOT / "README.md").read_text(encoding="utf-8") else []


LOADED = """{ workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError {
    ... on PythonError { message }
    ... on RepositoryLocation { repositories { assetNodes { assetKey { path } partitionKeys } } } } } } } }"""

INTERPRETER = """#!/bin/sh
# Stands for a Python of another version, and for uv: says what it is asked for, and installs nothing.
echo "$(basename "$0") $*"
[ "$2" != venv ] || { mkdir -p "$4/bin" && cp "$0" "$4/bin/python"; }
"""


@pytest.fixture
def tvmaze(checkout: Path, tvmaze_server: TVMazeServer) -> TVMazeServer:
    """A TVMaze that knows the shows of the pages, and the same answers as a folder of recordings."""
    world = tvmaze_server.world
    for show_id, name in ((1, "Under the Dome"), (118, "House"), (431, "Friends")):
        world.shows[show_id] = {**world.shows[7001], "id": show_id, "name": name}
        folder = checkout / "tvmaze" / name
        folder.mkdir(parents=True)
        for part in ("episodes", "cast"):
            world.parts[show_id, part] = world.parts[7001, part]
            (folder / f"{part}.json").write_text(json.dumps(world.parts[show_id, part]))
        (folder / "show.json").write_text(json.dumps(world.shows[show_id]))
    return tvmaze_server


def test_every_command_of_the_pages_is_in_a_table() -> None:
    assert commands() == sorted([*RUNS, *STARTS])


@pytest.mark.command
@pytest.mark.parametrize("command", [pytest.param(command, marks=of_the_readme(command)) for command in RUNS])
def test_a_command_of_the_pages_does_what_it_should(command: str, checkout: Path, tvmaze: TVMazeServer) -> None:
    shown, variables = RUNS[command]
    python = checkout / "pyenv" / "versions" / "3.99.0" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(INTERPRETER)
    python.chmod(0o755)
    shutil.copy(python, python.with_name("uv"))
    began = time.time()
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=checkout,
        env=environment(**{"PYTHONPATH": str(checkout), "TVMAZE_URL": tvmaze.url, **variables}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    written = [path.as_posix() for path in checkout.rglob("*") if path.stat().st_mtime > began]
    assert says(" ".join([done.stdout, done.stderr, *written]), shown), done.stdout + done.stderr


@pytest.mark.daemon
@pytest.mark.parametrize("command", [pytest.param(command, marks=of_the_readme(command)) for command in STARTS])
def test_the_ui_of_a_page_answers_though_port_3000_is_taken(command: str, checkout: Path, tvmaze: TVMazeServer) -> None:
    (checkout / "shows.txt").write_text(*blocks(MANY, ""))
    with ExitStack() as stack:
        with suppress(OSError):  # whoever has it already will do
            stack.enter_context(create_server(("127.0.0.1", 3000)))
        dev = stack.enter_context(closing(Dev(checkout, command, PYTHONPATH=str(checkout), TVMAZE_URL=tvmaze.url)))
        port = dev.said(r"Port 3000 is in use - using port (\d+) instead")
        assert dev.address == f"http://127.0.0.1:{port}"
        (entry,) = dev.ask(LOADED)["workspaceOrError"]["locationEntries"]
        (repository,) = entry["locationOrLoadError"]["repositories"]
        partitions = {node["assetKey"]["path"][0]: node["partitionKeys"] for node in repository["assetNodes"]}
        assert [partitions[asset] for asset in ASSETS] == [STARTS[command]] * 5
        if not STARTS[command]:
            wait_for("the report, without a click", (checkout / "data" / "appearances.html").exists)


@pytest.mark.project
def test_the_guide_to_your_own_asset_works_as_it_stands(checkout: Path, tvmaze_server: TVMazeServer) -> None:
    asset, test = blocks(GUIDE, "python")
    scaffold, check, materialize = blocks(GUIDE, "sh")
    for season in tvmaze_server.world.parts[7001, "episodes"]:
        season["rating"] = {"average": 7.5}
    variables = environment(
        TVMAZE_URL=tvmaze_server.url, TV_APPEARANCES_SHOW="the lighthouse", PYTHONPATH=str(checkout)
    )

    def run(command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", command], cwd=checkout, env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(scaffold)
    (checkout / "tv_appearances" / "defs" / "ratings.py").write_text(asset, encoding="utf-8")
    (checkout / "test_ratings.py").write_text(test, encoding="utf-8")
    run(check)
    assert "ratings" in run("dg list defs --json")
    run(materialize)
    assert (checkout / "data" / "ratings.json").read_text() == '{\n  "1": 7.5,\n  "2": 7.5\n}\n'
    assert (checkout / "data" / "appearances.png").exists()


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
