"""The client against a real server on loopback that fails in every way a server can."""

import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import tracemalloc
import urllib.request
from email.utils import formatdate
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from tv_appearances.fetching.client import MAX_BODY
from tv_appearances.fetching.errors import (
    BadAnswer,
    BrokenAnswer,
    BudgetSpent,
    FetchError,
    NotFound,
    RateLimited,
    Refused,
    ServerTrouble,
    Unreachable,
    UnsafeRedirect,
    Untrusted,
)
from tv_appearances.fetching.pace import Pace
from tv_appearances.tvmaze.api import LIMIT, WINDOW, Gateway, TVMazeClient
from tv_appearances.tvmaze.lookup import parse_show_choice
from tv_appearances.tvmaze.models import Show, in_order
from tv_appearances.tvmaze.sample import SampleGateway
from tv_appearances_tests.tvmaze_server import TVMazeServer, World

LIGHTHOUSE = Show(id=7001, name="The Lighthouse")
CAST = "/shows/7001/cast"
ROOT = Path(__file__).parents[2]


class Clock:
    """A clock that moves only when someone sleeps, and remembers for how long."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_client(clock: Clock):
    """Clients whose waits take no time, each with a pace of its own."""
    clients = []

    def make(url: str, **settings) -> TVMazeClient:
        client = TVMazeClient(url, **{"sleep": clock.sleep, "clock": clock, "pace": Pace(LIMIT, WINDOW), **settings})
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(make_client, tvmaze_server: TVMazeServer) -> TVMazeClient:
    return make_client(tvmaze_server.url)


# Answers as they should be


def test_the_four_questions_are_answered_raw_and_parsed(client: Gateway, tvmaze_server: TVMazeServer):
    search, show = client.search_shows("lighthouse"), client.show(7001)
    episodes, cast = client.episodes(show.value), client.cast(show.value)

    assert [result.show.name for result in search.value] == ["The Lighthouse", "Lighthouse Road"]
    assert show.raw == tvmaze_server.world.shows[7001]
    assert show.url == f"{tvmaze_server.url}/shows/7001"
    assert [(episode.season, episode.number) for episode in episodes.value][-2:] == [(2, 3), (2, 4)]
    assert [character.played_by for character in cast.value][2] == "Sorcha Lynn / Maeve Tully"
    assert [answer.requests for answer in (search, show, episodes, cast)] == [1, 1, 1, 1]


def test_one_connection_is_kept_open_and_every_request_says_who_asks(client: TVMazeClient, tvmaze_server: TVMazeServer):
    for _ in range(3):
        client.cast(LIGHTHOUSE)
    assert tvmaze_server.connections == 1
    assert all(entry["agent"].startswith("tv_appearances/") for entry in tvmaze_server.log)
    assert all("python-requests/" in entry["agent"] for entry in tvmaze_server.log)


def test_a_path_in_the_base_address_is_kept(make_client, tvmaze_server: TVMazeServer):
    tvmaze_server.patch("/mirror/shows/7001/cast", [])
    assert make_client(f"{tvmaze_server.url}/mirror/").cast(LIGHTHOUSE).raw == []


def test_an_empty_list_is_an_answer_and_left_to_those_who_ask(client: TVMazeClient, tvmaze_server: TVMazeServer):
    tvmaze_server.fault(CAST, "empty-list")
    assert client.cast(LIGHTHOUSE).value == ()
    assert client.search_shows("no such title").value == ()


def test_null_rating_image_and_summary_are_kept_as_null(client: TVMazeClient):
    fetched = client.episodes(LIGHTHOUSE)
    silence, last = fetched.raw[6], fetched.value[6]
    assert (silence["summary"], silence["rating"]["average"], silence["image"], last.summary) == (None,) * 4


def test_a_field_that_is_new_is_ignored_but_kept(client: TVMazeClient, tvmaze_server: TVMazeServer):
    known = client.show(7001)
    tvmaze_server.world.shows[7001]["mood"] = {"grey": True}
    assert client.show(7001).value == known.value
    assert client.show(7001).raw["mood"] == {"grey": True}


def test_duplicates_and_disorder_change_nothing(client: TVMazeClient, tvmaze_server: TVMazeServer):
    clean = client.episodes(LIGHTHOUSE)
    tvmaze_server.patch("/shows/7001/episodes", [*reversed(clean.raw), clean.raw[0]])
    assert in_order(client.episodes(LIGHTHOUSE).value) == in_order(clean.value)


@pytest.mark.parametrize(
    "kind", ["text/json", "application/vnd.api+json", "application/hal+json; charset=utf-8", "Application/JSON"]
)
def test_json_of_a_mirror_may_have_another_name(client: TVMazeClient, tvmaze_server: TVMazeServer, kind: str):
    tvmaze_server.fault(CAST, "200", headers={"Content_Type": kind})
    with pytest.raises(BadAnswer, match="expected a list, got {"):
        client.cast(LIGHTHOUSE)


@pytest.mark.parametrize("kind", ["text/html", "text/plain", "application/jsonp", "+json", "text/x json", ""])
def test_what_is_not_called_json_is_not_read(client: TVMazeClient, tvmaze_server: TVMazeServer, kind: str):
    tvmaze_server.fault(CAST, "200", headers={"Content_Type": kind})
    with pytest.raises(BadAnswer, match="instead of JSON"):
        client.cast(LIGHTHOUSE)


def test_one_odd_row_is_left_out_and_a_role_that_nobody_plays_is_not(client: TVMazeClient, tvmaze_server: TVMazeServer):
    cast = client.cast(LIGHTHOUSE).raw
    for odd, path in (
        ({**cast[1], "character": None}, "cast[1].character"),
        ({**cast[1], "character": {"id": 7202, "name": " "}}, "cast[1].character.name"),
        ({**cast[1], "person": "Eoin Daly"}, "cast[1].person"),
        (None, "cast[1]"),
    ):
        tvmaze_server.patch(CAST, [cast[0], odd, *cast[2:]])
        rows = client.cast(LIGHTHOUSE).value
        assert [character.id for character in rows] == [7201, 7203, 7204]
        assert [error.path for error in rows.left_out] == [path]
    for nobody in (None, {}, {"id": 1, "name": None}, {"id": 1, "name": " "}):
        tvmaze_server.patch(CAST, [cast[0], {**cast[1], "person": nobody}, {**cast[2], "person": nobody}, *cast[3:]])
        rows = client.cast(LIGHTHOUSE).value
        assert [character.played_by for character in rows] == ["Nora Whelan", "", "Maeve Tully", "Cormac Reid"]
        assert rows.left_out == ()


@pytest.mark.parametrize(
    ("rows", "odd", "read"), [(1, 1, False), (2, 1, True), (3, 2, False), (20, 2, True), (20, 3, False)]
)
def test_more_than_a_tenth_of_odd_rows_is_another_form(
    client: TVMazeClient, tvmaze_server: TVMazeServer, rows: int, odd: int, read: bool
):
    row = client.episodes(LIGHTHOUSE).raw[0]
    listed = [{**row, "id": at, "season": None if at < odd else 1} for at in range(rows)]
    tvmaze_server.patch("/shows/7001/episodes", listed)
    if read:
        fetched = client.episodes(LIGHTHOUSE)
        assert (len(fetched.value), len(fetched.value.left_out), len(fetched.raw)) == (rows - odd, odd, rows)
    else:
        with pytest.raises(BadAnswer, match=r"episodes\[0\]\.season: expected an integer, got null"):
            client.episodes(LIGHTHOUSE)


# Waiting and trying again


def test_a_429_that_names_the_seconds_is_waited_for_once(client: TVMazeClient, tvmaze_server, clock: Clock):
    tvmaze_server.fault(CAST, "429", retry_after=7)
    assert client.cast(LIGHTHOUSE).requests == 2
    assert clock.waits == [7]
    assert tvmaze_server.paths == [CAST, CAST]


@pytest.mark.parametrize("moment", [0, 1_000_000_000, 4_000_000_000])
def test_a_429_that_names_a_date_is_measured_by_the_servers_clock(client, tvmaze_server, clock: Clock, moment: int):
    # However wrong this machine's clock is, or jumps: it is not asked.
    headers = {"Date": formatdate(moment, usegmt=True), "Retry-After": formatdate(moment + 9, usegmt=True)}
    tvmaze_server.fault(CAST, "429", headers=headers)
    assert client.cast(LIGHTHOUSE).requests == 2
    assert clock.waits == [9]


def test_a_bare_429_backs_off_two_seconds_and_more_with_jitter(client: TVMazeClient, tvmaze_server, clock: Clock):
    tvmaze_server.fault(CAST, "429", times=4)
    assert client.cast(LIGHTHOUSE).requests == 5
    assert all(first <= wait <= first + 2 for first, wait in zip([2, 4, 8, 16], clock.waits, strict=True))
    assert any(wait % 1 for wait in clock.waits)


def test_a_wait_longer_than_the_deadline_fails_at_once_and_is_named(client: TVMazeClient, tvmaze_server, clock: Clock):
    tvmaze_server.fault(CAST, "429", times=9, retry_after=99999)
    with pytest.raises(RateLimited, match=r"99999 s, longer than a call may take \(60 s\)"):
        client.cast(LIGHTHOUSE)
    assert clock.waits == []
    assert len(tvmaze_server.log) == 1


@pytest.mark.parametrize("junk", ["-5", "0", "soon", "1e3", "nan", "Mon, 01 Jan 1990 00:00:00 GMT", "3, 4", "٣"])
def test_a_senseless_retry_after_is_as_good_as_none(client: TVMazeClient, tvmaze_server, clock: Clock, junk: str):
    tvmaze_server.fault(CAST, "429", headers={"Retry-After": junk.encode().decode("latin-1")})
    assert client.cast(LIGHTHOUSE).requests == 2
    assert 2 <= clock.waits[0] <= 4


def test_a_503_may_name_its_wait_too(client: TVMazeClient, tvmaze_server: TVMazeServer, clock: Clock):
    tvmaze_server.fault(CAST, "503", retry_after=3)
    client.cast(LIGHTHOUSE)
    assert clock.waits == [3]


@pytest.mark.parametrize("status", ["500", "502", "503", "504"])
def test_two_server_errors_then_an_answer_is_success_with_the_tries_told(make_client, tvmaze_server, status: str):
    told: list[str] = []
    tvmaze_server.fault(CAST, status, times=2)
    assert make_client(tvmaze_server.url, log=told.append).cast(LIGHTHOUSE).requests == 3
    assert len(told) == 2
    assert all(f'the cast of "The Lighthouse" (show 7001): it answered {status}; trying again in' in t for t in told)


def test_server_errors_without_end_are_a_bounded_failure(client: TVMazeClient, tvmaze_server, clock: Clock):
    tvmaze_server.fault(CAST, "500", times=99)
    with pytest.raises(ServerTrouble, match="in 5 tries: it answered 500") as failure:
        client.cast(LIGHTHOUSE)
    assert (len(tvmaze_server.log), len(clock.waits)) == (5, 4)
    assert failure.value.retryable


def test_a_server_error_is_waited_for_half_a_second_and_then_twice_as_long(client, tvmaze_server, clock: Clock):
    tvmaze_server.fault(CAST, "500", times=4)
    assert client.cast(LIGHTHOUSE).requests == 5
    assert all(first <= wait <= first + 0.5 for first, wait in zip([0.5, 1, 2, 4], clock.waits, strict=True))
    assert len({wait % 0.5 for wait in clock.waits}) == 4, "each with some chance in it"


def test_the_deadline_holds_over_all_tries(make_client, tvmaze_server: TVMazeServer, clock: Clock):
    tvmaze_server.fault(CAST, "500", times=99)
    with pytest.raises(ServerTrouble):
        make_client(tvmaze_server.url, tries=1000, max_requests=1000).cast(LIGHTHOUSE)
    assert 30 < clock.now < 60


BROKEN = ["reset-before-headers", "reset-mid-body", "short", "short-chunked", "truncated", "empty-body", "not-gzip"]


@pytest.mark.parametrize("kind", [*BROKEN, "not-json", "html-as-json"])
def test_an_answer_that_breaks_once_is_asked_for_again(client: TVMazeClient, tvmaze_server: TVMazeServer, kind: str):
    whole = client.cast(LIGHTHOUSE).value
    tvmaze_server.fault(CAST, kind)
    again = client.cast(LIGHTHOUSE)
    assert (again.value, again.requests) == (whole, 2)


UNREADABLE = ["nan", "infinity", "surrogate", "deep", "cesu-8", "utf-16-surrogate", "long-integer", "deep-field"]


@pytest.mark.parametrize("kind", [*BROKEN, "not-json", "html-as-json", *UNREADABLE])
def test_an_answer_that_stays_broken_is_never_let_in(client: TVMazeClient, tvmaze_server: TVMazeServer, kind: str):
    tvmaze_server.fault(CAST, kind, times=99)
    with pytest.raises(BrokenAnswer, match=r'the cast of "The Lighthouse" \(show 7001\)') as failure:
        client.cast(LIGHTHOUSE)
    assert len(tvmaze_server.log) == 5
    assert failure.value.retryable


@pytest.mark.parametrize("kind", ["stall", "stall-mid-body"])
def test_silence_ends_with_the_read_timeout_and_is_asked_again(make_client, tvmaze_server: TVMazeServer, kind: str):
    tvmaze_server.fault(CAST, kind)
    assert make_client(tvmaze_server.url, read_timeout=2).cast(LIGHTHOUSE).requests == 2


@pytest.mark.parametrize("kind", ["drip", "drip-gzip", "drip-headers"])
def test_an_answer_that_drips_ends_with_the_deadline(make_client, tvmaze_server: TVMazeServer, kind: str):
    # Each of these takes five seconds, never silent for longer than 0.02 s.
    tvmaze_server.fault(CAST, kind, times=99)
    with pytest.raises(BrokenAnswer, match=r"not complete within 0\.3 s"):
        make_client(tvmaze_server.url, deadline=0.3, tries=1).cast(LIGHTHOUSE)


# Refusals


def test_a_404_names_the_show_and_is_not_asked_again(client: TVMazeClient, tvmaze_server: TVMazeServer):
    with pytest.raises(NotFound, match=r"show 99999999 from http://\S+/shows/99999999: it answered 404") as failure:
        client.show(99999999)
    assert tvmaze_server.paths == ["/shows/99999999"]
    assert not failure.value.retryable
    assert failure.value.url == f"{tvmaze_server.url}/shows/99999999"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("400", Refused),
        ("403-html", Refused),
        ("html", BadAnswer),
        ("wrong-type", BadAnswer),
        ("204", BadAnswer),
        ("304", BadAnswer),
    ],
)
def test_what_a_retry_cannot_mend_is_asked_once(client, tvmaze_server, kind: str, error: type[FetchError]):
    tvmaze_server.fault(CAST, kind, times=99)
    with pytest.raises(error) as failure:
        client.cast(LIGHTHOUSE)
    assert type(failure.value) is error
    assert not failure.value.retryable
    assert len(tvmaze_server.log) == 1


def test_a_wrong_type_is_named_with_its_path_and_a_sample(client: TVMazeClient, tvmaze_server: TVMazeServer):
    episodes = client.episodes(LIGHTHOUSE).raw
    episodes[3]["season"] = episodes[5]["season"] = "one"
    tvmaze_server.patch("/shows/7001/episodes", episodes)
    with pytest.raises(BadAnswer, match=r'episodes\[3\]\.season: expected an integer, got "one"'):
        client.episodes(LIGHTHOUSE)


def test_an_answer_about_another_show_is_refused(client: TVMazeClient, tvmaze_server: TVMazeServer):
    tvmaze_server.patch("/shows/7001", tvmaze_server.world.shows[7002])
    with pytest.raises(BadAnswer, match=r"show\.id: expected 7001, got 7002"):
        client.show(7001)


@pytest.mark.parametrize(
    ("kind", "details"), [("huge", {}), ("gzip-bomb", {"megabytes": 256}), ("redirect", {"to": CAST, "body": 10**9})]
)
def test_a_body_without_end_costs_neither_time_nor_memory(make_client, tvmaze_server: TVMazeServer, kind, details):
    client = make_client(tvmaze_server.url, max_body=2**20)
    client.cast(LIGHTHOUSE)
    tvmaze_server.fault(CAST, kind, **details)
    tracemalloc.start()
    try:
        if kind == "redirect":
            client.cast(LIGHTHOUSE)
        else:
            with pytest.raises(BadAnswer, match="longer than the 1048576 bytes"):
                client.cast(LIGHTHOUSE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * 2**20


def test_the_cap_is_32_megabytes_and_lets_a_smaller_answer_through(client: TVMazeClient, tvmaze_server: TVMazeServer):
    tvmaze_server.patch(CAST, [])
    tvmaze_server.fault(CAST, "huge", megabytes=33)
    with pytest.raises(BadAnswer, match=str(MAX_BODY)):
        client.cast(LIGHTHOUSE)
    tvmaze_server.patch("/shows/7001", {**tvmaze_server.world.shows[7001], "pad": "x" * 30 * 2**20})
    assert client.show(7001).value.name == "The Lighthouse"
    assert MAX_BODY == 32 * 2**20


def test_three_redirects_on_the_host_are_followed(client: TVMazeClient, tvmaze_server: TVMazeServer):
    tvmaze_server.fault(CAST, "redirect", times=3)
    assert len(client.cast(LIGHTHOUSE).value) == 4
    assert client.requests_made == len(tvmaze_server.log) == 4


def test_a_host_is_the_same_in_capitals(make_client, tvmaze_server: TVMazeServer):
    base = tvmaze_server.url.replace("127.0.0.1", "localhost")
    tvmaze_server.fault(CAST, "redirect", to=f"{base.replace('localhost', 'LOCALHOST')}/shows/7001/cast")
    assert make_client(base).cast(LIGHTHOUSE).requests == 1


def test_a_redirect_loop_ends_after_three(client: TVMazeClient, tvmaze_server: TVMazeServer):
    tvmaze_server.fault(CAST, "redirect", times=99)
    with pytest.raises(UnsafeRedirect, match="more than 3 redirects"):
        client.cast(LIGHTHOUSE)
    assert len(tvmaze_server.log) == 4


def test_a_redirect_to_another_host_is_not_followed(client: TVMazeClient, tvmaze_server: TVMazeServer):
    with TVMazeServer() as elsewhere:
        tvmaze_server.fault(CAST, "redirect", to=f"{elsewhere.url}{CAST}")
        with pytest.raises(UnsafeRedirect, match=f"redirects to .{elsewhere.url}"):
            client.cast(LIGHTHOUSE)
        assert elsewhere.connections == 0


@pytest.mark.parametrize("to", ["//user:secret@{host}/x", "ftp://{host}/x", "http://[", "file:///etc/passwd", "//"])
def test_a_redirect_to_no_such_address_is_not_followed(client: TVMazeClient, tvmaze_server: TVMazeServer, to: str):
    host = urlsplit(tvmaze_server.url).netloc
    tvmaze_server.fault(CAST, "redirect", to=to.format(host=host), times=99)
    with pytest.raises(UnsafeRedirect):
        client.cast(LIGHTHOUSE)


def test_links_in_an_answer_are_never_followed(client: TVMazeClient, tvmaze_server: TVMazeServer):
    with TVMazeServer() as elsewhere:
        tvmaze_server.world.shows[7001]["_links"]["self"]["href"] = f"{elsewhere.url}/shows/7001"
        client.cast(client.show(7001).value)
        assert tvmaze_server.paths == ["/shows/7001", CAST]
        assert elsewhere.connections == 0


# No connection, or not to whom it should be


def test_a_name_that_does_not_resolve_is_unreachable(make_client, clock: Clock):
    with pytest.raises(Unreachable, match=r"tvmaze\.invalid.*Check the network, the proxy and the address"):
        make_client("https://tvmaze.invalid").cast(LIGHTHOUSE)
    assert len(clock.waits) == 1


def test_a_closed_port_is_unreachable_and_asked_twice_only(make_client, clock: Clock):
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    with pytest.raises(Unreachable, match=r"in 2 tries: .*refused") as failure:
        make_client(f"http://127.0.0.1:{port}").cast(LIGHTHOUSE)
    assert failure.value.retryable
    assert clock.now < 2


def test_a_proxy_of_the_environment_is_used_and_missed(make_client, tvmaze_server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", tvmaze_server.url)
    assert make_client("http://tvmaze.invalid").cast(LIGHTHOUSE).value
    assert tvmaze_server.log[0]["path"] == f"http://tvmaze.invalid{CAST}"

    for kind in ("drip-headers", "reset-before-headers"):
        tvmaze_server.fault("", kind)
        with pytest.raises(BrokenAnswer):
            make_client("http://tvmaze.invalid", read_timeout=0.1, tries=1).cast(LIGHTHOUSE)

    monkeypatch.setenv("https_proxy", tvmaze_server.url)
    with pytest.raises(Unreachable, match=r"Tunnel connection failed: 501"):
        make_client("https://tvmaze.invalid").cast(LIGHTHOUSE)

    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    with pytest.raises(Unreachable):
        make_client("http://tvmaze.invalid").cast(LIGHTHOUSE)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key."""
    if not shutil.which("openssl"):
        pytest.skip("openssl, which makes the certificate, is not installed")
    pem = tmp_path_factory.mktemp("tls") / "self-signed.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    files = ["-keyout", str(pem), "-out", f"{pem}.crt", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*make.split(), *files], check=True, capture_output=True)
    pem.write_bytes(pem.read_bytes() + Path(f"{pem}.crt").read_bytes())
    return pem


def test_a_certificate_that_does_not_verify_is_never_accepted(make_client, certificate: Path):
    with TVMazeServer(certificate=certificate) as server:
        with pytest.raises(Untrusted, match=r"self.signed.*REQUESTS_CA_BUNDLE") as failure:
            make_client(server.url).cast(LIGHTHOUSE)
        assert server.log == []
    assert not failure.value.retryable


def test_a_certificate_the_environment_vouches_for_is_accepted(make_client, certificate: Path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with TVMazeServer(certificate=certificate) as server:
        assert make_client(server.url).cast(LIGHTHOUSE).value


def test_a_ca_bundle_that_is_not_there_is_said(make_client, tvmaze_server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/bundle.pem")
    with pytest.raises(Untrusted, match=r"/nowhere/bundle\.pem"):
        make_client(tvmaze_server.url.replace("http:", "https:")).cast(LIGHTHOUSE)


def test_a_redirect_from_https_to_http_is_not_followed(make_client, certificate: Path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with TVMazeServer(certificate=certificate) as server:
        server.fault(CAST, "redirect", to=server.url.replace("https", "http") + CAST)
        with pytest.raises(UnsafeRedirect, match=r"redirects to .http://"):
            make_client(server.url).cast(LIGHTHOUSE)
        assert len(server.log) == 1


def test_a_server_that_speaks_no_tls_is_not_mistaken_for_no_server(make_client, tvmaze_server: TVMazeServer):
    with pytest.raises(BrokenAnswer):
        make_client(tvmaze_server.url.replace("http:", "https:")).cast(LIGHTHOUSE)


def test_passwords_in_netrc_are_not_sent(client: TVMazeClient, tvmaze_server, tmp_path: Path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    requests.get(f"{tvmaze_server.url}{CAST}", timeout=5)
    client.cast(LIGHTHOUSE)
    assert ["Authorization" in entry["headers"] for entry in tvmaze_server.log] == [True, False]


def test_cookies_are_not_kept(client: TVMazeClient, tvmaze_server: TVMazeServer):
    tvmaze_server.fault(CAST, "503", headers={"Set-Cookie": "who=me"})
    client.cast(LIGHTHOUSE)
    assert "Cookie" not in tvmaze_server.log[-1]["headers"]


# Pace and budget


def test_never_more_than_twenty_requests_in_ten_seconds_across_clients(make_client, clock: Clock):
    pace = Pace(LIMIT, WINDOW)
    with TVMazeServer(clock=clock) as server:
        clients = [make_client(server.url, pace=pace, max_requests=100) for _ in range(2)]
        for client, _ in zip(itertools.cycle(clients), range(65)):
            client.cast(LIGHTHOUSE)
        moments = [entry["time"] for entry in server.log]
    assert all(later - earlier >= 10 for earlier, later in zip(moments, moments[20:], strict=False))
    assert moments[19] == 0
    assert clock.now == 33


def test_a_burst_of_three_does_not_wait(client: TVMazeClient, clock: Clock):
    for _ in range(3):
        client.cast(LIGHTHOUSE)
    assert clock.waits == []


def test_threads_share_the_pace():
    pace, waits = Pace(LIMIT, WINDOW), []

    def ask() -> None:
        waits.extend(pace.reserve("host", 100.0, 1000.0) for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [0.0] * 20 + [11.0] * 20


def test_each_host_has_a_pace_of_its_own_and_a_wait_past_the_deadline_is_refused():
    pace = Pace(LIMIT, WINDOW)
    assert [pace.reserve("one", 0.0, 5.0) for _ in range(21)] == [0.0] * 20 + [None]
    assert pace.reserve("two", 0.0, 5.0) == 0.0


def test_clients_share_the_pace_of_the_process_unless_told_otherwise(tvmaze_server: TVMazeServer, clock: Clock):
    for _ in range(21):
        with TVMazeClient(tvmaze_server.url, sleep=clock.sleep, clock=clock) as client:
            client.cast(LIGHTHOUSE)
    assert clock.waits == [11.0]


def test_a_client_out_of_requests_says_so(make_client, tvmaze_server: TVMazeServer):
    client = make_client(tvmaze_server.url, max_requests=4)
    tvmaze_server.fault(CAST, "500", times=99)
    with pytest.raises(BudgetSpent, match="all 4 requests"):
        client.cast(LIGHTHOUSE)
    assert client.requests_made == len(tvmaze_server.log) == 4


# What goes into an address


@pytest.mark.parametrize("query", ["../../x", "a&q=b", "x" * 10_000, "🗼 ünïcode", "a#b?c=%2e%2e", "%0d%0aX: y", "+ +"])
def test_a_query_is_sent_as_one_parameter_whatever_it_holds(client, tvmaze_server: TVMazeServer, query: str):
    assert client.search_shows(query).value == ()
    sent = urlsplit(tvmaze_server.log[0]["path"])
    assert (sent.path, parse_qs(sent.query, strict_parsing=True)) == ("/search/shows", {"q": [query]})


def test_a_name_never_reaches_the_address_and_is_tamed_in_a_message(client, tvmaze_server: TVMazeServer):
    tvmaze_server.fault(CAST, "404")
    with pytest.raises(NotFound) as failure:
        client.cast(Show(id=7001, name="../../x\n" + "y" * 5000))
    assert tvmaze_server.paths == [CAST]
    assert "\n" not in str(failure.value)
    assert len(str(failure.value)) < 500


@pytest.mark.parametrize("not_an_id", ["7001/../7002", 1.5, None])
def test_only_a_whole_number_is_an_id(client: TVMazeClient, tvmaze_server: TVMazeServer, not_an_id):
    with pytest.raises((TypeError, ValueError)):
        client.show(not_an_id)
    assert tvmaze_server.log == []


@pytest.mark.parametrize(
    "url",
    [
        *("", "api.tvmaze.com", "ftp://api.tvmaze.com", "https://", "https:///x", "http://h:99999", "http://h:x"),
        *("http://[", "https://a b", "https://a\n.b", "https://h?x=1", "https://h#x", "https://me:secret@h"),
    ],
)
def test_a_base_address_that_cannot_be_one_is_refused_by_name(url: str):
    with pytest.raises(ValueError, match='^(must have no|is ".*; it has to be an address)') as failure:
        TVMazeClient(url)
    assert "secret" not in str(failure.value)


def test_the_feed_of_changes_is_asked_for_since_a_day_or_whole(tvmaze_server: TVMazeServer) -> None:
    with TVMazeClient(tvmaze_server.url) as client:
        assert client.updates("day").value == {7001: 1700000000, 7002: 1700000000}
        assert client.updates(None).value == {7001: 1700000000, 7002: 1700000000}
    assert [entry["path"] for entry in tvmaze_server.log] == ["/updates/shows?since=day", "/updates/shows"]


# The choice of a show, and the sample


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        *(("friends", "friends"), ("  The Office ", "The Office"), ("24", "24"), ("1923", "1923"), ("🗼", "🗼")),
        *(("https://www.tvmaze.com/shows/431/friends", 431), ("HTTPS://API.TVmaze.com/shows/5", 5)),
        *(
            ("tvmaze.com", "tvmaze.com"),
            ("id:431", 431),
            ("ID: 0082", 82),
            ("identity", "identity"),
            ("x" * 200, "x" * 200),
        ),
    ],
)
def test_a_choice_is_an_id_only_where_it_says_so(text: str, choice: int | str):
    assert parse_show_choice(text) == choice


@pytest.mark.parametrize("text", ["", "  ", "id:", "id:abc", "id:-1", "id:0", "id:1.5", "id:" + "9" * 99, "id:٣"])
def test_a_choice_that_is_none_is_refused(text: str):
    with pytest.raises(ValueError, match="give a show's name, or id:431"):
        parse_show_choice(text)


@pytest.mark.parametrize("text", ["x" * 201, "a\x00b", "a\nb", "a\x7fb", "a\udcffb"])
def test_a_title_that_no_show_has_is_refused(text: str):
    with pytest.raises(ValueError, match="give a show's name, or id:431"):
        parse_show_choice(text)


@pytest.fixture
def sample(tmp_path: Path) -> Gateway:
    world = World.made_up()
    answers = {"search": world.answer("/search/shows", {"q": ["the lighthouse"]}), "cast": world.parts[7001, "cast"]}
    answers["episodes"] = world.parts[7001, "episodes"]
    for name, answer in answers.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(answer), encoding="utf-8")
    return SampleGateway(tmp_path)


@pytest.mark.parametrize(("query", "found"), [("lighthouse", 1), (" THE LIGHTHOUSE", 1), ("friends", 0)])
def test_the_sample_finds_its_show_by_name(sample: Gateway, query: str, found: int):
    search = sample.search_shows(query)
    assert len(search.value) == len(search.raw) == found


def test_the_sample_answers_as_the_client_does(sample: Gateway, client: Gateway):
    for ask in (lambda g: g.show(7001), lambda g: g.episodes(LIGHTHOUSE), lambda g: g.cast(LIGHTHOUSE)):
        here, there = ask(sample), ask(client)
        assert (here.raw, here.value) == (there.raw, there.value)


def test_the_sample_has_no_other_show(sample: Gateway):
    other = Show(id=7002, name="Lighthouse Road")
    for ask in (lambda: sample.show(7002), lambda: sample.episodes(other), lambda: sample.cast(other)):
        with pytest.raises(NotFound, match="show 7002"):
            ask()


# What others rely on


def test_answers_mocked_by_the_responses_library_are_read():
    with responses.RequestsMock() as mock, TVMazeClient(pace=Pace(LIMIT, WINDOW), sleep=lambda _: None) as client:
        mock.get("https://api.tvmaze.com/shows/7001/cast", json=World.made_up().parts[7001, "cast"])
        mock.get("https://api.tvmaze.com/shows/7002", status=404)
        assert len(client.cast(LIGHTHOUSE).value) == 4
        with pytest.raises(NotFound):
            client.show(7002)
        with pytest.raises(Unreachable):
            client.show(7003)


def test_importing_the_module_loads_no_http_library():
    code = "import sys, tv_appearances.tvmaze; print({'requests', 'urllib3', 'tenacity'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


def test_the_server_runs_beside_a_process_and_is_told_over_http_what_to_do(tmp_path: Path):
    world = World.made_up()
    (tmp_path / "the-lighthouse").mkdir()
    (tmp_path / "the-lighthouse" / "show.json").write_text(json.dumps(world.shows[7001]))
    (tmp_path / "the-lighthouse" / "cast.json").write_text(json.dumps(world.parts[7001, "cast"]))
    command = [sys.executable, "-m", "tv_appearances_tests.tvmaze_server", "--port", "0", "--data", tmp_path]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        try:
            url = process.stdout.readline().split()[-1]

            def control(method: str, path: str, body: object = None) -> object:
                data = None if body is None else json.dumps(body).encode()
                with urllib.request.urlopen(urllib.request.Request(url + path, data, method=method)) as answer:
                    return json.load(answer)

            control("POST", "/_fault", {"path": CAST, "kind": 503, "retry_after": 1})
            control("POST", "/_set", {"updated": {"7001": 1800000000}, "patch": {"/shows/7001/episodes": []}})
            with TVMazeClient(url, sleep=lambda _: None, pace=Pace(LIMIT, WINDOW)) as client:
                assert client.cast(LIGHTHOUSE).requests == 2
                assert client.episodes(LIGHTHOUSE).raw == []
                assert client.search_shows("the lighthouse").value[0].show.updated == 1800000000
            log = control("GET", "/_log")
            assert [entry["status"] for entry in log] == ["503", 200, 200, 200]
            control("DELETE", "/_log")
            assert control("GET", "/_log") == []
            assert control("GET", "/updates/shows") == {"7001": 1800000000}
        finally:
            process.kill()


def test_the_server_limits_as_tvmaze_does(make_client):
    with TVMazeServer(limit=(3, 60.0)) as server:
        client = make_client(server.url, tries=1)
        for _ in range(3):
            client.cast(LIGHTHOUSE)
        with pytest.raises(RateLimited):
            client.cast(LIGHTHOUSE)


@pytest.mark.recordings
def test_every_recorded_answer_is_read(make_client):
    if not (folder := os.environ.get("TVMAZE_RECORDINGS")):
        pytest.skip("TVMAZE_RECORDINGS does not name the folder of recorded answers")
    world = World.from_folder(Path(folder))
    assert world.shows
    with TVMazeServer(world) as server:
        client = make_client(server.url, max_requests=1000)
        for show_id in world.shows:
            show = client.show(show_id).value
            assert len(client.episodes(show).value) == len(world.parts[show_id, "episodes"])
            assert client.cast(show).raw == world.parts[show_id, "cast"]
