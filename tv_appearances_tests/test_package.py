"""The package as others install it: the wheel is complete, and works in an empty folder."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tv_appearances_tests.test_commands import MATERIALIZE, NOWHERE, ROOT, environment

pytestmark = pytest.mark.command


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    package = ROOT / "tv_appearances"
    source = {str(path.relative_to(ROOT)) for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    content = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert content == source
    assert {
        f"tv_appearances/{name}"
        for name in ("report/templates/page.html", "py.typed", "mentions/words.toml", "tvmaze/sample_data/cast.json")
    } <= content


def test_it_works_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    def run(*command: str) -> str:
        variables = environment(PYTHONPATH=str(installed), TVMAZE_URL=NOWHERE)
        done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    code = "import tv_appearances.definitions as d; print(d.__file__)"
    assert Path(run(sys.executable, "-c", code).strip()).is_relative_to(installed)
    answer = json.loads(run(sys.executable, "-m", "tv_appearances.cli", "--json"))
    assert answer["source"] == "sample"
    picture = Path(answer["picture"])
    assert picture.parent == tmp_path / "data"
    picture.unlink()
    run(*MATERIALIZE)
    assert picture.exists()
