"""The command line as people use it: processes in a folder of their own, against a real server on loopback."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tv_appearances_tests.tvmaze_server import TVMazeServer, World

pytestmark = pytest.mark.command

ROOT = Path(__file__).parent.parent
NOWHERE = "http://127.0.0.1:9"
MATERIALIZE = ("dagster", "asset", "materialize", "--select", "*", "-m", "tv_appearances.definitions")
PATIENCE = 600
"""Seconds after which something hangs, on a machine however busy; what a test is about never takes as long."""
RECORDINGS = os.environ.get("TVMAZE_RECORDINGS")


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without settings of ours, Dagster's or the test runner's, and with its commands."""
    ours = ("TV_APPEARANCES_", "TVMAZE_", "QUICKCHART_", "DAGSTER_", "PYTEST_", "MAKE")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    return {**clean, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{clean.get('PATH', '')}", **variables}


def run(folder: Path, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    for name in ("dagster.yaml", "workspace.yaml", "pyproject.toml"):
        (folder / name).write_text((ROOT / name).read_text())
    return subprocess.run(
        command, cwd=folder, env=environment(**variables), capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@pytest.fixture(scope="module")
def recordings() -> Iterator[TVMazeServer]:
    if not RECORDINGS:
        pytest.skip("TVMAZE_RECORDINGS does not name the recorded answers")
    with TVMazeServer(World.from_folder(Path(RECORDINGS))) as server:
        yield server


@pytest.mark.promise
def test_dagster_materializes_all_five_and_keeps_the_history(tmp_path: Path, tvmaze_server: TVMazeServer) -> None:
    done = run(tmp_path, *MATERIALIZE, TVMAZE_URL=tvmaze_server.url, TV_APPEARANCES_SHOW="the lighthouse")
    assert done.returncode == 0, done.stderr
    assert "is mentioned most in The Lighthouse" in done.stderr
    assert len(tvmaze_server.paths) == 3
    assert (tmp_path / "data" / "appearances.png").read_bytes().startswith(b"\x89PNG")
    assert list((tmp_path / ".dagster").glob("history/runs/*.db"))
    assert not list(tmp_path.glob(".tmp_dagster_home_*"))


def test_run_config_on_the_command_line_chooses_the_show(tmp_path: Path, tvmaze_server: TVMazeServer) -> None:
    config = json.dumps({"ops": {"tv_show_info": {"config": {"show": "id:7001"}}}})
    done = run(tmp_path, *MATERIALIZE, "--config-json", config, TVMAZE_URL=tvmaze_server.url)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "data" / "show.json").read_text())["show"]["id"] == 7001


def test_a_file_called_env_is_read(tmp_path: Path, tvmaze_server: TVMazeServer) -> None:
    (tmp_path / ".env").write_text("TV_APPEARANCES_SHOW=the lighthouse\nTV_APPEARANCES_DATA=from_env\n")
    for command in (MATERIALIZE, ("tv-appearances",)):
        done = run(tmp_path, *command, TVMAZE_URL=tvmaze_server.url)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "from_env" / "appearances.png").exists()


def test_the_command_says_that_a_list_of_shows_is_not_its_business(tmp_path: Path, tvmaze_server: TVMazeServer) -> None:
    variables = {"TVMAZE_URL": tvmaze_server.url, "TV_APPEARANCES_SHOWS": "a;b"}
    alone = run(tmp_path, "tv-appearances", TV_APPEARANCES_SHOW="the lighthouse", **variables)
    assert "The files of the shows of TV_APPEARANCES_SHOWS stay as they are" in alone.stderr
    assert "mentioned most in The Lighthouse" in alone.stdout
    assert (tmp_path / "data" / "one-off" / "the-lighthouse" / "appearances.png").exists()
    assert not (tmp_path / ".dagster").exists()


def test_a_question_about_another_show_leaves_the_deployment_as_it_is(
    tmp_path: Path, tvmaze_server: TVMazeServer
) -> None:
    variables = {"TVMAZE_URL": tvmaze_server.url, "TV_APPEARANCES_SHOW": "the lighthouse"}
    assert run(tmp_path, "tv-appearances", "The Lighthouse", **variables).returncode == 0
    kept = {path: path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file()}
    tvmaze_server.world.parts[7002, "episodes"] = tvmaze_server.world.parts[7001, "episodes"]
    tvmaze_server.world.parts[7002, "cast"] = tvmaze_server.world.parts[7001, "cast"]
    other = run(tmp_path, "tv-appearances", "Lighthouse", "Road", **variables)
    assert other.returncode == 0, other.stderr
    assert str(tmp_path / "data" / "lighthouse-road" / "appearances.html") in other.stdout
    assert {path: path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file()} == kept
    runs = run(tmp_path, "dagster", "run", "list", DAGSTER_HOME=str(tmp_path))
    assert runs.stdout.count("Run: ") == 1


def test_what_a_script_asks_for_is_json_and_all_of_it(tmp_path: Path, tvmaze_server: TVMazeServer) -> None:
    cast = tvmaze_server.world.parts[7001, "cast"]
    tvmaze_server.world.parts[7001, "cast"] = [
        {**cast[0], "character": {**cast[0]["character"], "id": number, "name": f"Person{number} Quist"}}
        for number in range(130)
    ]
    tvmaze_server.world.parts[7001, "cast"] += cast
    done = run(tmp_path, "tv-appearances", "the lighthouse", "--json", TVMAZE_URL=tvmaze_server.url)
    answer = json.loads(done.stdout)
    assert len(answer["mentions"]) == 134
    assert [*answer["mentions"].values()] == sorted(answer["mentions"].values(), reverse=True)
    assert answer["leader"] == next(iter(answer["mentions"])) == "Ada"
    assert (answer["year"], answer["network"]) == ("2001", "Coast TV")
    assert (answer["episodes"], answer["episodes_with_summary"]) == (8, 6)
    assert answer["episodes_mentioned_in"]["Ada"] == 5
    (warning,) = answer["warnings"]
    assert warning.startswith("Never mentioned: Person0 Quist, Person1 Quist, Person2 Quist.")
    found = run(tmp_path, "tv-appearances", "--search", "the", "lighthouse", "--json", TVMAZE_URL=tvmaze_server.url)
    assert json.loads(found.stdout)[0] == {
        "id": "id:7001", "name": "The Lighthouse", "year": "2001", "network": "Coast TV"
    }  # fmt: skip


def test_the_terminal_says_which_show_and_no_names_of_checks(tmp_path: Path, tvmaze_server: TVMazeServer) -> None:
    world = tvmaze_server.world
    for number, network in ((7003, "Hill TV"), (7004, "Dale TV")):
        world.shows[number] = {**world.shows[7001], "id": number, "network": {"name": network}, "premiered": None}
    world.parts[7001, "cast"].append({"person": None, "character": None})
    done = run(tmp_path, "tv-appearances", "the", "lighthouse", TVMAZE_URL=tvmaze_server.url)
    assert done.returncode == 0, done.stderr
    assert "Show:    The Lighthouse, 2001, Coast TV (id:7001)" in done.stdout
    notes = [line for line in done.stdout.splitlines() if line.startswith("Note:")]
    assert len(notes) == 2, notes
    assert "id:7003 (Hill TV), id:7004 (Dale TV)" in notes[0]
    assert "cast[5].character: expected an object, got null" in notes[1]
    assert not [sign for sign in ("`", "search_is_unambiguous", "answers_are_complete") if sign in done.stdout]


def test_a_show_and_a_search_together_are_refused_and_the_version_is_told(tmp_path: Path) -> None:
    both = run(tmp_path, "tv-appearances", "house", "--search", "lost")
    assert (both.returncode, both.stdout) == (2, "")
    version = run(tmp_path, "tv-appearances", "--version")
    assert (version.returncode, version.stdout) == (
        0,
        f"tv-appearances {importlib.metadata.version('tv_appearances')}\n",
    )


def test_an_id_that_is_none_is_not_blamed_on_a_variable(tmp_path: Path) -> None:
    done = run(tmp_path, "tv-appearances", "id:house")
    assert done.returncode == 1
    assert done.stderr == '"id:house" is not a TVMaze id: give a show\'s name, or id:431 for an exact TVMaze id.\n'


@pytest.mark.parametrize("arguments", [("",), (" ", ""), ("--search", "")])
def test_an_empty_name_is_no_show(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(tmp_path, "tv-appearances", *arguments, TV_APPEARANCES_SOURCE="sample")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "No show is given: give a show's name, or id:431 for an exact TVMaze id.\n"
    assert not (tmp_path / "data").exists()


def test_the_answer_fits_a_terminal_of_any_encoding(tmp_path: Path) -> None:
    done = run(tmp_path, "tv-appearances", "--quiet", TV_APPEARANCES_SOURCE="sample", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Ross is mentioned most" in done.stdout


def test_an_env_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TV_APPEARANCES_SHOW=friends\n", encoding="utf-16")
    done = run(tmp_path, "tv-appearances")
    assert done.stderr == f"{tmp_path / '.env'} is not UTF-8: save it as UTF-8.\n"


def test_dg_launches(tmp_path: Path, tvmaze_server: TVMazeServer) -> None:
    shutil.copytree(ROOT / "tv_appearances", tmp_path / "tv_appearances")
    launched = run(
        tmp_path, "dg", "launch", "--assets", "*", TVMAZE_URL=tvmaze_server.url, TV_APPEARANCES_SHOW="the lighthouse"
    )
    assert launched.returncode == 0, launched.stdout + launched.stderr
    assert (tmp_path / "data" / "appearances.html").exists()


@pytest.mark.promise
def test_without_a_network_the_first_run_shows_the_sample(tmp_path: Path) -> None:
    done = run(tmp_path, "tv-appearances", TVMAZE_URL=NOWHERE)
    assert done.returncode == 0, done.stderr
    assert "mentioned most in the Friends sample" in done.stdout
    assert "built-in SAMPLE" in done.stdout
    assert str(tmp_path / "data" / "appearances.png") in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"TV_APPEARANCES_SHOW": "no such show"}, "TVMaze finds no show called 'no such show'"),
        ({"TV_APPEARANCES_SHOW": "id:99"}, "TVMaze has no show with the id 99"),
        ({"TV_APPEARANCES_SHOW": "id:7002"}, "TVMaze lists no episodes of"),
        ({"TV_APPEARANCES_SOURCE": "live", "TVMAZE_URL": NOWHERE}, "Check the network"),
        ({"TV_APPEARANCES_SOURCE": "online"}, "TV_APPEARANCES_SOURCE is 'online'; it can be auto, live or sample."),
        ({"TV_APPEARANCES_DATA": "/proc/nowhere"}, "set TV_APPEARANCES_DATA to another one"),
    ],
)
def test_what_cannot_work_is_one_clear_sentence(
    tmp_path: Path, tvmaze_server: TVMazeServer, variables: dict[str, str], sentence: str
) -> None:
    done = run(tmp_path, "tv-appearances", "--quiet", **{"TVMAZE_URL": tvmaze_server.url, **variables})
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2, done.stderr


def test_a_run_that_fails_leaves_what_was_there(tmp_path: Path, tvmaze_server: TVMazeServer) -> None:
    def content() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (tmp_path / "data").iterdir() if path.is_file()}

    lighthouse = {"TVMAZE_URL": tvmaze_server.url, "TV_APPEARANCES_SHOW": "the lighthouse"}
    assert run(tmp_path, "tv-appearances", **lighthouse).returncode == 0
    before = content()
    for variables in ({"TVMAZE_URL": NOWHERE}, {"TV_APPEARANCES_SOURCE": "sample"}):
        done = run(tmp_path, "tv-appearances", **{"TVMAZE_URL": tvmaze_server.url, **variables})
        assert done.returncode == 1
        assert content() == before


@pytest.mark.recordings
def test_friends_gives_the_table_of_the_post(tmp_path: Path, recordings: TVMazeServer) -> None:
    done = run(tmp_path, *MATERIALIZE, TVMAZE_URL=recordings.url)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "data" / "character_appearances.json").read_text()) == {
        "Chandler": 159,
        "Joey": 151,
        "Monica": 169,
        "Phoebe": 152,
        "Rachel": 194,
        "Ross": 187,
    }


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("show", "code", "said"),
    [
        ("house", 0, "of 176 episodes"),
        ("shameless", 0, "is mentioned most"),
        ("the daily show with jon stewart", 0, "3,026 episodes"),
        ("id:3081", 1, "TVMaze lists no episodes of"),
    ],
)
def test_shows_with_little_to_count_end_in_a_result_or_a_named_failure(
    tmp_path: Path, recordings: TVMazeServer, show: str, code: int, said: str
) -> None:
    done = run(tmp_path, "tv-appearances", show, TVMAZE_URL=recordings.url)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
