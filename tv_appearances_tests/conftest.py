"""Fixtures that more than one test module asks for."""

from collections.abc import Iterator

import pytest

from tv_appearances_tests.tvmaze_server import TVMazeServer


@pytest.fixture(autouse=True)
def _loopback_without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of the tests are asked directly, whatever proxy the environment names."""
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")


@pytest.fixture
def tvmaze_server() -> Iterator[TVMazeServer]:
    """A TVMaze of our own on loopback, with the made-up shows of `World`."""
    with TVMazeServer() as server:
        yield server
