"""Somebody is told once for each reason: the rules over plain values, the sensor over real servers and real runs."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from email import message_from_bytes
from email.message import Message as Mail
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, SensorInstigatorData

from tv_appearances.alerts import (
    QUIET_HOURS,
    Email,
    Ending,
    Message,
    State,
    Webhook,
    asleep,
    deliver,
    main,
    news,
    same_reason,
    sensors,
)
from tv_appearances.definitions import root
from tv_appearances.settings import Settings
from tv_appearances.show_list import ShowList

HOUR = 3600.0
OUTAGE = "TVMaze answered 503"


def titles(messages: list[Message]) -> list[str]:
    return [message.title for message in messages]


def test_an_outage_of_a_hundred_shows_is_one_message_and_one_when_it_is_over() -> None:
    state = State(until=0)
    first = news(state, [Ending("friends", OUTAGE, "It answered 503.")], 1 * HOUR)
    assert titles(first) == ["Failing: friends"]
    assert "It answered 503." in first[0].text
    hundred = [Ending(f"show-{number}", OUTAGE, "It answered 503.") for number in range(100)]
    for hour in (1.1, 1.5, 2):
        assert news(state, hundred, hour * HOUR) == []
    good = [Ending(ending.show, None) for ending in hundred]
    assert news(state, good, 3 * HOUR) == [], "one show still waits for its turn"
    assert titles(news(state, [Ending("friends", None)], 3.5 * HOUR)) == ["Good again"]
    assert state.open == {}


def test_each_reason_is_told_with_the_shows_it_concerns() -> None:
    state = State(until=0)
    endings = [Ending("a", "x", "X."), Ending("b", "y", "Y."), Ending("c", "x", "X."), Ending("a", None)]
    assert titles(news(state, endings, HOUR)) == ["Failing: b", "Failing: c"]
    assert titles(news(state, [Ending("b", "x", "X.")], HOUR)) == ["Good again"], "b has another reason by now"


def test_what_comes_and_goes_is_told_once_in_the_quiet_hours() -> None:
    state, told = State(until=0), []
    for minute in range(0, 24 * 60, 10):
        ending = Ending("", None) if minute % 20 else Ending("", OUTAGE, "It answered 503.")
        told += titles(news(state, [ending], minute * 60.0 + 1e6))
        state = State.read(state.write(), 0)
    assert told.count("Failing") == told.count("Good again") == 24 / QUIET_HOURS


def test_many_shows_are_named_up_to_a_number() -> None:
    (message,) = news(State(until=0), [Ending(f"s{number:03}", "x", "X.") for number in range(1000)], HOUR)
    assert message.title.endswith("s019 and 980 more")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('Could not fetch "A" from http://x/1, in 6 tries: it answered 503.',
         'Could not fetch "B" from http://x/2, in 15 tries: it answered 503.', True),
        ("Cannot write a file in /data/friends (No space left on device)",
         "Cannot write a file in /data/lost (No space left on device)", True),
        ("TVMaze finds no show called 'frends'.", "TVMaze finds no show called 'hosue'.", False),
    ],
)  # fmt: skip
def test_what_says_the_same_of_two_shows_is_one_reason(one: str, other: str, same: bool) -> None:
    assert (same_reason(one) == same_reason(other)) is same


def test_a_cursor_that_is_junk_begins_now() -> None:
    for junk in (None, "", "{}", "[1]", '{"until": "x"}', "null"):
        assert State.read(junk, 5.0) == State(until=5.0)


class Inbox(ThreadingHTTPServer):
    """A server that keeps what is posted to it, answers `status`, and counts what it is asked by GET."""

    def __init__(self) -> None:
        self.posts: list[Any] = []
        self.beats = 0
        self.status = 200
        super().__init__(("127.0.0.1", 0), _Inbox)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Inbox(BaseHTTPRequestHandler):
    server: Inbox

    def log_message(self, *args: Any) -> None: ...

    def answer(self) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status == 200:
            self.server.posts.append(json.loads(body))
        self.answer()

    def do_GET(self) -> None:
        self.server.beats += 1
        self.answer()


class PostOffice(socketserver.ThreadingTCPServer):
    """An SMTP server (RFC 5321, what a client needs to deliver) that keeps the mails."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], Mail]] = []
        super().__init__(("127.0.0.1", 0), _PostOffice)
        self.url = f"smtp://127.0.0.1:{self.server_address[1]}"


class _PostOffice(socketserver.StreamRequestHandler):
    server: PostOffice

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.say("220 here")
        to: list[str] = []
        while line := self.rfile.readline().decode().strip():
            match line.upper().split(":")[0].split()[0]:
                case "QUIT":
                    self.say("221 bye")
                    return
                case "DATA":
                    self.say("354 go on")
                    lines: list[bytes] = []
                    while (part := self.rfile.readline()) != b".\r\n":
                        lines.append(part)
                    self.server.mails.append((to, message_from_bytes(b"".join(lines))))
                case "RCPT":
                    to.append(line.partition("<")[2].partition(">")[0])
            self.say("250 ok")


@contextmanager
def serving(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with serving(Inbox()) as server:
        yield server


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with serving(PostOffice()) as server:
        yield server


def test_a_mail_arrives_with_what_was_said(office: PostOffice) -> None:
    Email(("a@example.org", "b@example.org"), "tv@example.org", office.url).send(
        Message("failing", "Failing: café", "Failing: café.\nIt answered 503.")
    )
    ((to, mail),) = office.mails
    assert to == ["a@example.org", "b@example.org"]
    assert mail["From"] == "tv@example.org"
    assert b"caf\xc3\xa9.\nIt answered 503." in mail.get_payload(decode=True).replace(b"\r\n", b"\n")  # type: ignore[union-attr]


def test_a_password_is_not_sent_without_tls(office: PostOffice) -> None:
    with pytest.raises(OSError, match="offers no TLS"):
        Email(("a@example.org",), "tv@example.org", office.url.replace("//", "//user:secret@")).send(
            Message("failing", "x", "x")
        )
    assert office.mails == []


def test_what_one_way_does_not_take_is_sent_later_and_not_twice_by_the_other(inbox: Inbox, office: PostOffice) -> None:
    ways = [Webhook(inbox.url), Email(("a@example.org",), "tv@example.org", office.url)]
    state, one, two = State(until=0), Message("failing", "one", "One."), Message("failing", "two", "Two.")
    inbox.status = 500
    (trouble,) = deliver(state, ways, [one])
    assert trouble.startswith("webhook: HTTPError")
    state = State.read(state.write(), 0)
    assert len(deliver(state, ways, [two])) == 1
    inbox.status = 200
    assert deliver(state, ways, []) == []
    assert [post["title"] for post in inbox.posts] == ["one", "two"]
    assert len(office.mails) == 2
    assert state.unsent == {}


class World:
    """An asset of two shows that fails as it is told to, a sensor over it, and its cursor."""

    def __init__(self, inbox: Inbox, folder: Path, **options: Any) -> None:
        self.trouble: dict[str, Exception] = {}
        self.leader = {"a": "Ada", "b": "Bo"}

        @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]))
        def report(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
            if trouble := self.trouble.get(context.partition_key):
                raise trouble
            leader = self.leader[context.partition_key]
            return dg.MaterializeResult(metadata={"show": context.partition_key.upper(), "leader": leader})

        @dg.asset
        def of_others() -> None:
            raise dg.Failure("not ours")

        self.assets = {"report": report, "of_others": of_others}
        self.instance = dg.DagsterInstance.local_temp(str(folder))
        self.cursor: str | None = None
        (self.sensor,) = sensors([report.key], webhook=inbox.url, heartbeat=inbox.url, report=report.key, **options)

    def run(self, name: str, show: str | None = None) -> None:
        dg.materialize([self.assets[name]], partition_key=show, instance=self.instance, raise_on_error=False)

    def tick(self) -> str:
        context = dg.build_sensor_context(self.instance, cursor=self.cursor)
        said = self.sensor.evaluate_tick(context)
        self.cursor = said.cursor
        return said.skip_message or ""


def test_the_sensor_tells_of_runs_and_pings_after_a_good_tick(inbox: Inbox, tmp_path: Path) -> None:
    world = World(inbox, tmp_path, leader_changes=True)
    world.run("report", "a")
    world.tick()
    assert (inbox.posts, inbox.beats) == ([], 1)
    world.trouble = dict.fromkeys("ab", dg.Failure("It answered 503.", metadata={"reason": "ServerTrouble"}))
    for name, show in (("report", "a"), ("report", "b"), ("of_others", None)):
        world.run(name, show)
    world.tick()
    world.run("report", "a")
    world.tick()
    assert [(post["kind"], post["text"]) for post in inbox.posts] == [("failing", "Failing: a, b.\nIt answered 503.")]
    world.trouble, world.leader["a"] = {}, "Iris"
    for show in "ab":
        world.run("report", show)
    world.tick()
    assert [post["kind"] for post in inbox.posts[1:]] == ["good again", "leader"]
    assert inbox.posts[2]["text"].endswith("Iris now leads A, before Ada.")
    assert inbox.beats == 4


def test_a_run_that_ends_by_a_bug_is_told_too(inbox: Inbox, tmp_path: Path) -> None:
    world = World(inbox, tmp_path)
    world.tick()
    world.trouble["a"] = KeyError("no such thing")
    world.run("report", "a")
    world.tick()
    (post,) = inbox.posts
    assert "no such thing" in post["text"] or "report" in post["text"]


def test_no_heartbeat_where_a_message_did_not_go_out(inbox: Inbox, tmp_path: Path) -> None:
    world = World(inbox, tmp_path)
    world.tick()
    world.trouble["a"] = dg.Failure("It answered 503.")
    world.run("report", "a")
    inbox.status = 500
    assert "Not delivered: webhook" in world.tick()
    assert inbox.beats == 1
    inbox.status = 200
    world.tick()
    assert (len(inbox.posts), inbox.beats) == (1, 2)


def test_nobody_to_tell_is_no_sensor() -> None:
    assert sensors([dg.AssetKey("x")]) == []


def test_the_location_has_the_sensor_when_somebody_is_to_be_told() -> None:
    assert "alerts" not in {sensor.name for sensor in root(Settings()).sensors or ()}
    (alerts,) = (one for one in root(Settings(heartbeat_url="http://x/")).sensors or () if one.name == "alerts")
    assert alerts.default_status == dg.DefaultSensorStatus.RUNNING


def test_a_sentence_from_outside_is_told(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["alerts", "the daemon failed", "on host"])
    monkeypatch.setenv("TV_APPEARANCES_ALERT_WEBHOOK", inbox.url)
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, [post["text"] for post in inbox.posts]) == (0, ["the daemon failed on host"])
    inbox.status = 500
    with pytest.raises(SystemExit, match="webhook: HTTPError"):
        main()


def a_sensor(instance: dg.DagsterInstance, location: str, status: InstigatorStatus) -> None:
    """Make the instance remember a sensor `keep_current` of this code location."""
    there = GrpcServerCodeLocationOrigin(host="localhost", port=1, location_name=location)
    origin = RemoteInstigatorOrigin(RemoteRepositoryOrigin(there, "__repository__"), "keep_current")
    data = SensorInstigatorData(min_interval=30)
    instance.add_instigator_state(InstigatorState(origin, InstigatorType.SENSOR, status, data))


def test_a_sensor_of_another_location_is_not_taken_for_ours(tmp_path: Path) -> None:
    now = datetime.now(tz=timezone.utc)
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        a_sensor(instance, "ours", InstigatorStatus.DECLARED_IN_CODE)
        a_sensor(instance, "theirs", InstigatorStatus.STOPPED)
        assert [ending.reason for ending in asleep(instance, "ours", ["keep_current"], now)] == [None]
        (theirs,) = asleep(instance, "theirs", ["keep_current"], now)
        assert theirs.text.startswith("The sensor keep_current is switched off.")
        assert "Switch it on" in theirs.text
        assert asleep(instance, "ours", ["another"], now) == []


def test_a_bad_line_of_the_list_is_told_once_and_when_it_is_gone(inbox: Inbox, tmp_path: Path) -> None:
    file = tmp_path / "shows.txt"
    file.write_text("friends\n???\n")
    world = World(inbox, tmp_path, shows=ShowList(str(file)))
    world.tick()
    world.tick()
    file.write_text("friends\n")
    world.tick()
    assert [post["title"] for post in inbox.posts] == ["Failing: the list of shows", "Good again"]
    assert "line 2: '???' has no letter a-z" in inbox.posts[0]["text"]
    file.unlink()
    world.tick()
    assert len(inbox.posts) == 2, "the sensor that cannot read it fails, and that is told"
