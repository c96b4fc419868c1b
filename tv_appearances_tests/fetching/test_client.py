"""The client for any JSON API: what it sends, its budget, and the remedies that it may be given.

How it answers every fault of a server is held by tvmaze/test_api.py.
"""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tv_appearances.fetching.client import JsonClient
from tv_appearances.fetching.errors import BudgetSpent, FetchError, NotFound, Unreachable
from tv_appearances.fetching.pace import Pace


class Library(ThreadingHTTPServer):
    """Answers `{}` on /books and 404 elsewhere; keeps the headers of each request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.headers: list[dict[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Library

    def log_message(self, *args: Any) -> None: ...

    def do_GET(self) -> None:
        self.server.headers.append(dict(self.headers))
        self.send_response(200 if self.path.startswith("/books") else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


@pytest.fixture
def library() -> Iterator[Library]:
    with Library() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Noted(Pace):
    """A pace that lets everything pass and notes the hosts."""

    def __init__(self) -> None:
        super().__init__(1000, 1.0)
        self.hosts: list[str] = []

    def reserve(self, host: str, now: float, deadline: float) -> float | None:
        self.hosts.append(host)
        assert now < deadline
        return super().reserve(host, now, deadline)


def test_a_request_says_who_asks_and_for_what_and_keeps_the_pace_of_the_host(library: Library) -> None:
    pace = Noted()
    with JsonClient(library.url, pace=pace, user_agent="library/1") as client:
        fetched = client.get("the books", "/books", lambda value: value, {"q": "a b"})
    assert fetched.url == f"{library.url}/books?q=a+b"
    (headers,) = library.headers
    assert headers["Accept"] == "application/json"
    assert headers["User-Agent"].startswith("library/1 python-requests/")
    assert pace.hosts == [library.url.removeprefix("http://")]


def test_a_client_has_thirty_requests_and_names_itself_python_unless_told_otherwise(library: Library) -> None:
    with JsonClient(library.url, pace=Noted()) as client:
        for _ in range(30):
            client.get("the books", "/books", lambda value: value)
        with pytest.raises(BudgetSpent, match="all 30 requests"):
            client.get("the books", "/books", lambda value: value)
    assert len(library.headers) == 30
    assert library.headers[0]["User-Agent"].startswith("python python-requests/")


def test_a_client_may_be_given_better_remedies_for_some_errors(library: Library) -> None:
    with JsonClient(library.url, pace=Noted(), remedies={NotFound: "Ask the librarian."}) as client:
        with pytest.raises(NotFound) as failure:
            client.get("a map", "/maps", lambda value: value)
        assert (
            str(failure.value) == f"Could not fetch a map from {library.url}/maps: it answered 404. Ask the librarian."
        )
    with JsonClient(library.url, pace=Noted()) as client, pytest.raises(NotFound, match=NotFound.remedy):
        client.get("a map", "/maps", lambda value: value)


def test_tries_that_were_in_vain_are_told_by_the_next_one(library: Library) -> None:
    with JsonClient(library.url, pace=Noted()) as client:
        for tries in ("", ", in 2 tries", ", in 3 tries"):
            with pytest.raises(NotFound, match=f"maps{tries}: it answered 404") as failure:
                client.get("a map", "/maps", lambda value: value)
        assert failure.value.tries == 3


def test_an_error_by_itself_is_of_one_try_and_its_address_is_cut() -> None:
    error = FetchError("a map", "http://a/" + "x" * 400, "no reason")
    assert (error.tries, error.url) == (1, "http://a/" + "x" * 400)
    assert f"from http://a/{'x' * 291}: no reason. {FetchError.remedy}" in str(error)


@pytest.mark.parametrize("proxy", ["http://me:secret@:1", "me:secret@two words:1"])
def test_a_proxy_of_the_environment_without_an_address_is_told_without_its_password(
    proxy: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with JsonClient(library.url, pace=Noted(), tries=1) as client, pytest.raises(Unreachable) as failure:
        client.get("the books", "/books", lambda value: value)
    assert "the proxy that the environment names has no usable address" in str(failure.value)
    assert "secret" not in str(failure.value)
    assert client.requests_made == 0


@pytest.mark.parametrize("scheme", ["", "http://"])
def test_a_proxy_of_the_environment_is_asked_with_or_without_its_scheme(
    scheme: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", scheme + library.url.removeprefix("http://"))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with JsonClient("http://library.invalid", pace=Noted(), tries=1) as client, pytest.raises(NotFound):
        client.get("the books", "/books", lambda value: value)
    assert library.headers[0]["Host"] == "library.invalid"
