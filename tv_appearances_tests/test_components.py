"""The components in projects as Dagster's own tools make them: scaffolded, checked, and launched."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import pytest

from tv_appearances import TvShow, TvShows
from tv_appearances_tests.test_bad_days import two_shows
from tv_appearances_tests.test_commands import ROOT, environment
from tv_appearances_tests.tvmaze_server import TVMazeServer

DEFS_YAML = """\
type: tv_appearances.TvShow

attributes:
  show: the lighthouse
  key_prefix: lighthouse
  aliases:
    Ada Quill: [the keeper]
"""


def in_project(folder: Path, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of this environment in a project whose package lies below `src`."""
    variables = {"PYTHONPATH": os.pathsep.join([str(folder / "src"), str(ROOT)]), "COLUMNS": "200", **variables}
    return subprocess.run(
        command, cwd=folder, env=environment(**variables), capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty project, as `create-dagster` makes it."""
    folder = tmp_path_factory.mktemp("projects")
    command: Sequence[str] = ["create-dagster"]
    if not shutil.which("create-dagster", path=environment()["PATH"]):
        brought = folder / "brought"
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(brought), "create-dagster"]
        if subprocess.run(pip, capture_output=True, check=False).returncode:
            pytest.skip("create-dagster is not here and cannot be had")
        code = f"import sys; sys.path.insert(0, {str(brought)!r}); from create_dagster.cli import main; main()"
        command = [sys.executable, "-c", code]
    made = subprocess.run(
        [*command, "project", "house", "--no-uv-sync"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return folder / "house"


@pytest.mark.project
def test_two_shows_as_two_files_in_a_project_of_ones_own(project: Path, tvmaze_server: TVMazeServer) -> None:
    tvmaze_server.world = two_shows()
    listed = in_project(project, "dg", "list", "components").stdout
    assert "tv_appearances.TvShow" in listed
    assert "tv_appearances.TvShows" in listed

    for name in ("friends", "the_ferry"):
        made = in_project(project, "dg", "scaffold", "defs", "tv_appearances.TvShow", name)
        assert made.returncode == 0, made.stdout + made.stderr
    defs = project / "src" / "house" / "defs"
    assert "show: the ferry" in (defs / "the_ferry" / "defs.yaml").read_text()

    address = f"  tvmaze_url: {tvmaze_server.url}\n"
    (defs / "friends").rename(defs / "lighthouse")
    (defs / "lighthouse" / "defs.yaml").write_text(DEFS_YAML + address)
    with (defs / "the_ferry" / "defs.yaml").open("a") as file:
        file.write(address + "  data: elsewhere/ferry\n")
    for check in ("yaml", "defs"):
        checked = in_project(project, "dg", "check", check)
        assert checked.returncode == 0, checked.stdout + checked.stderr

    launched = in_project(project, "dg", "launch", "--assets", "*")
    assert launched.returncode == 0, launched.stdout + launched.stderr
    answers = [project / "data" / "the-lighthouse", project / "elsewhere" / "ferry"]
    names = [json.loads((folder / "show.json").read_text())["show"]["name"] for folder in answers]
    assert names == ["The Lighthouse", "The Ferry"]
    assert all((folder / "appearances.html").exists() for folder in answers)

    misspelt = DEFS_YAML.replace("  show:", "  shwo:")
    (defs / "lighthouse" / "defs.yaml").write_text(misspelt)
    checked = in_project(project, "dg", "check", "yaml", str(defs / "lighthouse"))
    assert checked.returncode != 0
    said = checked.stdout + checked.stderr
    assert "defs.yaml:4" in said
    assert "^ Additional properties are not allowed ('shwo' was unexpected)" in said


def test_every_attribute_says_what_it_is() -> None:
    for component in (TvShow, TvShows):
        model = component.get_model_cls()
        assert model is not None
        for name, attribute in model.model_json_schema()["properties"].items():
            assert attribute.get("description", "").endswith("."), name


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"show": "id:x"}, r"`show` in .*defs\.yaml: .*not a TVMaze id"),
        ({"show": "a", "data": "s3://me:secret@b/tv"}, r"`data` in .*defs\.yaml .* has a password"),
        ({"show": "a", "tvmaze_url": "tvmaze.com"}, r"`tvmaze_url` in .*defs\.yaml .* an address"),
        ({"show": "a", "aliases": "nowhere.toml"}, r"`aliases` in .*defs\.yaml: cannot read .*nowhere\.toml"),
    ],
)
def test_a_wrong_attribute_is_named_with_its_file(attributes: dict[str, str], said: str, tmp_path: Path) -> None:
    import click

    context = dg.ComponentTree.for_test().load_context
    with pytest.raises(click.ClickException, match=said) as failure:
        TvShow(**attributes).build_defs(context)  # type: ignore[arg-type]
    assert "TV_APPEARANCES" not in failure.value.message
    assert "secret" not in failure.value.message


def test_a_text_of_shows_is_a_file_and_the_way_out_is_a_list(tmp_path: Path) -> None:
    import click

    context = dg.ComponentTree.for_test().load_context
    with pytest.raises(click.ClickException, match=r"`shows` in .*write the shows as a YAML list"):
        TvShows(shows="friends;id:118").build_defs(context)  # type: ignore[call-arg]


def test_two_lists_of_shows_have_folders_of_their_own_by_default() -> None:
    context = dg.ComponentTree.for_test().load_context
    folders = set()
    for prefix in ("crime", ["tv", "comedy"]):
        defs = TvShows(shows=["friends"], key_prefix=prefix).build_defs(context)  # type: ignore[call-arg]
        (files,) = (resource for name, resource in (defs.resources or {}).items() if name.endswith("all_files"))
        folders.add(files.path("x").parent.relative_to(context.project_root).as_posix())
    assert folders == {"data/crime", "data/tv/comedy"}
