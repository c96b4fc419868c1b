"""What the pages say is true: every block is run as it stands, and every link leads somewhere."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import create_server
from threading import Thread
from typing import NamedTuple

import pytest

from tv_appearances.show_files import MADE_BY
from tv_appearances_tests import reference
from tv_appearances_tests.test_commands import NOWHERE, ROOT, environment
from tv_appearances_tests.test_daemon import ASSETS, Dev, wait_for
from tv_appearances_tests.test_mistakes import says
from tv_appearances_tests.tvmaze_server import TVMazeServer

DOCS = ROOT / "docs"
GUIDE = DOCS / "how-to" / "add_an_asset.md"
MANY = DOCS / "how-to" / "many_shows.md"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<code>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL)
SHELL = ("sh", "bash")
NOT_RUN = ("mermaid", "text")


class Block(NamedTuple):
    """A fenced block: the file that it is, where the line before names one, its language and its text."""

    file: str
    language: str
    code: str


def blocks(page: Path, *languages: str) -> list[Block]:
    """The blocks of a page, in order; those without a language are what is seen."""
    found, text = [], page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        named = re.match(r" *`([^`]+)`.*:$", text[: match.start()].rstrip().rpartition("\n")[2])
        code = re.sub(rf"^{match['indent']}", "", match["code"], flags=re.MULTILINE)
        found.append(Block(named[1] if named else "", match["language"], code))
    return [block for block in found if not languages or block.language in languages]


class Walk(NamedTuple):
    """How a page is walked through: where, and with which variables."""

    where: str = "empty"
    variables: Mapping[str, str] = {}
    marks: tuple[pytest.MarkDecorator, ...] = ()


LIGHTHOUSE = {"TV_APPEARANCES_SHOW": "the lighthouse"}
WALKS = {
    "tutorial.md": Walk(variables={"TVMAZE_URL": NOWHERE}),
    "how-to/aliases.md": Walk(),
    "how-to/answer_for_good.md": Walk(),
    "how-to/another_api.md": Walk("example"),
    "how-to/be_told.md": Walk(),
    "how-to/install.md": Walk("checkout", {"PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1"}),
    "how-to/maintain.md": Walk("used", LIGHTHOUSE),
    "how-to/own_dagster.md": Walk("project", {"https_proxy": NOWHERE}, (pytest.mark.project,)),
}
"""A page → how its blocks are run, all of them, one after the other, in one shell."""

STARTS: dict[str, list[str]] = {
    "make dev": [],
    "dagster dev -m tv_appearances.definitions": [],
    "TV_APPEARANCES_SHOWS=shows.txt dagster dev": ["friends", "id-118", "under-the-dome"],
}
"""A command that goes on until it is ended → the partitions that the five assets then have."""

FEW = {"PYTEST_ADDOPTS": "tv_appearances_tests/test_settings.py"}
RUNS: dict[str, tuple[str, dict[str, str]]] = {
    "make report": (" ".join(blocks(ROOT / "README.md", "")[1].code.split()), {"TVMAZE_URL": NOWHERE}),
    "make test": (" passed", {**FEW, "PYTEST_XDIST_AUTO_NUM_WORKERS": "1"}),
    "make test-long": (
        "1 passed",
        {"PYTEST_ADDOPTS": "tv_appearances_tests/test_show_files.py -k 'two_writers and machine'"},
    ),
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
    '.venv/bin/tv-appearances "under the dome"': (
        "mentioned most in Under the Dome: … data/under-the-dome/appearances.html",
        {},
    ),
    "tv-appearances --check-list shows.txt": ("3 shows.", {}),
    ".venv/bin/tv-appearances --search house": ("id:118 House 2001 Coast TV", {}),
    ".venv/bin/tv-appearances id:118 --json": (
        '{ "show": "House", … "tvmaze_id": 118, "source": "live", … data/id-118/appearances.png',
        {},
    ),
    'python -m pytest -m "not (long or command or daemon or browser or soak or load or celery or project)"': (
        " passed",
        FEW,
    ),
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
    "python -m tv_appearances_tests.reference": ("docs/reference/settings.md", {}),
}
"""A command of the other pages → what it prints or writes, and the environment that makes it quick and keeps it here.
"""


def commands() -> set[str]:
    """Every line of a shell block on a page that is not walked through; one that stands twice is run once."""
    pages = [page for page in PAGES if page != GUIDE and page not in {DOCS / name for name in WALKS}]
    lines = {line for page in pages for block in blocks(page, *SHELL) for line in block.code.splitlines()}
    return {line.partition("  #")[0].strip() for line in lines}


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
    walked = {line for page in WALKS for block in blocks(DOCS / page, *SHELL) for line in block.code.splitlines()}
    assert commands() | walked & STARTS.keys() == RUNS.keys() | STARTS.keys()


@pytest.mark.command
@pytest.mark.parametrize("command", [pytest.param(command, marks=of_the_readme(command)) for command in RUNS])
def test_a_command_of_the_pages_does_what_it_should(command: str, checkout: Path, tvmaze: TVMazeServer) -> None:
    shown, variables = RUNS[command]
    python = checkout / "pyenv" / "versions" / "3.99.0" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(INTERPRETER)
    python.chmod(0o755)
    shutil.copy(python, python.with_name("uv"))
    (checkout / "shows.txt").write_text("friends\nid:118\nunder the dome\n")
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
    (listed,) = (block for block in blocks(MANY) if block.file)
    (checkout / listed.file).write_text(listed.code)
    with ExitStack() as stack:
        with suppress(OSError):  # whoever has it already will do
            stack.enter_context(create_server(("127.0.0.1", 3000)))
        dev = stack.enter_context(closing(Dev(checkout, command, PYTHONPATH=str(checkout), TVMAZE_URL=tvmaze.url)))
        port = dev.said(r"Port 3000 is in use - using port (\d+) instead")
        assert dev.address == f"http://127.0.0.1:{port}"
        wait_for("the partitions of the list", lambda: partitions(dev) == [STARTS[command]] * 5)
        if not STARTS[command]:
            wait_for("the report, without a click", (checkout / "data" / "appearances.html").exists)


def partitions(dev: Dev) -> list[list[str]]:
    """The partitions of each of the five assets; with many shows they are there after the sensor's first tick."""
    (entry,) = dev.ask(LOADED)["workspaceOrError"]["locationEntries"]
    (repository,) = entry["locationOrLoadError"]["repositories"]
    keys = {node["assetKey"]["path"][0]: node["partitionKeys"] for node in repository["assetNodes"]}
    return [keys[asset] for asset in ASSETS]


STAND_IN = """#!/bin/sh
# Stands for uv or uvx: says what it is asked for, and wants the file that it is given to be there.
echo "$(basename "$0") $*"
for word; do case $word in *.whl) [ -f "$word" ] || exit 1;; esac; done
"""


@pytest.fixture
def webhook() -> Iterator[list[object]]:
    """An address that takes what is posted to it, and what was."""
    got: list[object] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        got.append(f"http://127.0.0.1:{server.server_port}")
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield got
        server.shutdown()
        thread.join()


def script(page: Path) -> tuple[str, list[str]]:
    """A page as one shell script, and what is to be seen after each of its steps; "" where the page does not say."""
    lines, seen = ["set -e"], []
    for number, block in enumerate(blocks(page)):
        if block.language in SHELL and block.code.strip() not in STARTS:
            lines += [f"echo '=== {number}'", block.code]
            seen.append("")
        elif block.file:
            lines.append(f"cat > '{block.file}' <<'END OF FILE'\n{block.code}END OF FILE")
        elif not block.language:
            seen[-1] = " ".join(block.code.split())
        else:
            assert block.language in NOT_RUN or block.code.strip() in STARTS, f"a block of {page.name} is not run"
    return "\n".join(lines), seen


@pytest.fixture
def path_of(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Path]:
    """The folder in which a page is walked through."""

    def made(where: str) -> Path:
        if where in ("checkout", "used"):
            return Path(request.getfixturevalue("checkout"))
        folder = tmp_path / "here"
        if where == "example":
            shutil.copytree(ROOT / "examples" / "earthquakes", folder, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir()
        return folder

    return made


@pytest.mark.command
@pytest.mark.parametrize("name", [pytest.param(name, marks=walk.marks) for name, walk in WALKS.items()])
def test_a_page_can_be_walked_through(
    name: str, path_of: Callable[[str], Path], installed: Path, tvmaze_server: TVMazeServer, webhook: list[object]
) -> None:
    walk, (text, seen) = WALKS[name], script(DOCS / name)
    folder = path_of(walk.where)
    programs = installed.parent / "programs"
    programs.mkdir(exist_ok=True)
    for command in ("uv", "uvx"):
        (programs / command).write_text(STAND_IN)
        (programs / command).chmod(0o755)
    variables = environment(
        TVMAZE_URL=tvmaze_server.url,
        TV_APPEARANCES_ALERT_WEBHOOK=str(webhook[0]),
        PYTHONPATH=os.pathsep.join([*([str(folder / "house" / "src")] * (walk.where == "project")), str(installed)]),
    )
    variables |= {"PATH": f"{programs}{os.pathsep}{variables['PATH']}", **walk.variables}

    def run(code: str) -> str:
        done = subprocess.run(
            ["sh", "-c", code], cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    if walk.where == "used":
        run("tv-appearances --quiet")
    steps = re.split(r"^=== \d+\n", run(text), flags=re.MULTILINE)[1:]
    assert len(steps) == len(seen)
    for step, expected in zip(steps, seen, strict=True):
        assert says(step, expected), step
    assert len(webhook) == 1 + (name == "how-to/be_told.md")


def test_what_is_walked_through_exists_and_all_of_it_is_run() -> None:
    assert all(script(DOCS / name)[1] for name in WALKS)


@pytest.mark.project
def test_the_guide_to_your_own_asset_works_as_it_stands(checkout: Path, tvmaze_server: TVMazeServer) -> None:
    asset, test = (block.code for block in blocks(GUIDE, "python"))
    scaffold, check, materialize = (block.code for block in blocks(GUIDE, "sh"))
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://")):
            path, _, anchor = target.partition("#")
            linked = page.parent / path if path else page
            assert linked.exists(), target
            assert not anchor or anchor in anchors(linked), target


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [page for page in PAGES if reference.PART.search(page.read_text(encoding="utf-8"))])
def test_what_is_made_from_the_code_is_as_the_code_has_it(page: Path) -> None:
    """After a change that is meant: `python -m tv_appearances_tests.reference` writes it anew."""
    text = page.read_text(encoding="utf-8")
    assert reference.written_anew(text) == text


def test_the_reference_has_every_file_and_every_key_of_the_metadata() -> None:
    page = (DOCS / "reference" / "assets.md").read_text(encoding="utf-8")
    files, metadata, _ = re.split("^## (?:Metadata|Checks)$", page, flags=re.MULTILINE)
    assert dict(re.findall(r"^\| `([\w.]+)` \| `(\w+)` \|", files, re.MULTILINE)) == MADE_BY
    told: dict[str, set[str]] = {}
    for key, owners in re.findall(r"^\| `(\w+)` \| (`\w+`(?:, `\w+`)*|all five) \|", metadata, re.MULTILINE):
        for asset in ASSETS if owners == "all five" else owners.replace("`", "").split(", "):
            told.setdefault(asset, set()).add(key)
    keys = {asset: {key for key in all_keys if "/" not in key} for asset, all_keys in reference.metadata_keys().items()}
    assert told == keys


def test_the_readme_is_short() -> None:
    text = re.sub(r"```.*?```", "", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(text.split()) <= 700


def test_the_example_is_short() -> None:
    files = (ROOT / "examples" / "earthquakes").glob("*.*")
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) <= 250


def test_the_targets_of_make_that_are_named_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {name for page in PAGES for name in re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8"))}
    assert named
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in named), named
