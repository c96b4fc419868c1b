"""Fixtures that more than one test module asks for."""

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tv_appearances_tests.object_store import object_store
from tv_appearances_tests.test_commands import ROOT
from tv_appearances_tests.tvmaze_server import TVMazeServer

with contextlib.suppress(ImportError):  # make celery has an environment without it
    import hypothesis

    # How long an example takes is the machine's business.
    hypothesis.settings.register_profile(
        "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("any machine")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files that wait longest come first, so that with several at a time none is left over at the end.

    The object store is started once, in the one worker that all its tests go to.
    """
    for item in items:
        if "s3" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("s3"))
    slow = {
        item.path for item in items if any(map(item.get_closest_marker, ("daemon", "browser", "soak", "xdist_group")))
    }
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def _loopback_without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of the tests are asked directly, whatever proxy the environment names."""
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")


@pytest.fixture
def tvmaze_server() -> Iterator[TVMazeServer]:
    """A TVMaze of our own on loopback, with the made-up shows of `World`."""
    with TVMazeServer() as server:
        yield server


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of this checkout that make has set up: its `.venv` is the environment that runs the tests."""
    folder = tmp_path / "checkout"
    ignored = (ROOT / ".gitignore").read_text().replace("/", "").split()
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", *ignored))
    (folder / ".venv").mkdir()
    for part in Path(sys.prefix).glob("[!.]*"):
        (folder / ".venv" / part.name).symlink_to(part)
    for marker in (".ready-run", ".ready"):  # in this order: the second is made after the first
        (folder / ".venv" / marker).touch()
    return folder


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel installs; it goes before the package that is under test otherwise."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", folder, wheel]
    subprocess.run(pip, check=True)
    return folder


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables that lead to an S3 server on loopback; LOG names the file of what it was asked."""
    if "MUTANT_UNDER_TEST" in os.environ:
        pytest.skip("a process that was forked has no thread for its connection to the store")
    missing = [name for name in ("s3fs", "moto", "flask_cors") if not find_spec(name)]
    if missing:
        pytest.skip(f"not here: {', '.join(missing)}")
    log = tmp_path_factory.mktemp("s3") / "log"
    with object_store(log) as variables:
        yield {**variables, "LOG": str(log)}


@pytest.fixture
def bucket(s3: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a folder in a new bucket there."""
    from upath import UPath

    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    bucket = UPath(f"s3://tv-{next(_NUMBERS)}")
    bucket.fs.mkdir(bucket.path)
    return f"{bucket}data"


_NUMBERS = itertools.count(1)
