"""A TVMaze of our own on loopback, over real sockets: answers, limits, a request log, and faults on demand.

In a test it is the fixture `tvmaze_server`; for a process under test it runs beside it::

    python -m tv_appearances_tests.tvmaze_server --port 8431 [--data FOLDER] [--limit 20/10] [--latency 0.1]

Without `--data` it knows the made-up shows of `World`; `FOLDER` holds one folder a show with any of `search.json`,
`show.json`, `episodes.json` and `cast.json` in TVMaze's form. It answers `/search/shows?q=`, `/shows/ID`,
`/shows/ID/episodes`, `/shows/ID/cast` and `/updates/shows`, and 404 to all else. Control, never part of the real API:

    GET    /_log     the requests so far, oldest first: [{"method", "path", "status", "time", "agent", "headers"}]
    DELETE /_log     forget them
    POST   /_set     {"updated": {"7001": 1800000000}, "patch": {"/shows/7001/cast": [...]}}; null undoes a patch
    POST   /_fault   {"path": "/shows/7001/cast", "kind": KIND, "times": 2, ...}: the next requests that begin so fail
    DELETE /_fault   no more faults

KIND is a status (with "retry_after", "headers") or one of `FAULTS`, whose functions say what each does.
"""

import argparse
import contextlib
import gzip
import json
import os
import select
import socket
import ssl
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from typing_extensions import Self

NOT_FOUND = {"name": "Not Found", "message": "", "code": 0, "status": 404}
CHALLENGE = b"<!doctype html><title>One moment</title><p>Are you a person?"
PART = b'[{"id": 7101, "season": 1, "na'


class World:
    """What the server answers from: shows by id, their episodes and cast, and what a search for a title finds."""

    def __init__(self) -> None:
        self.shows: dict[int, dict[str, Any]] = {}
        self.parts: dict[tuple[int, str], list[Any]] = {}
        self.searches: dict[str, list[Any]] = {}
        self.patches: dict[str, Any] = {}

    @classmethod
    def made_up(cls) -> "World":
        """The Lighthouse, a show of two seasons, and Lighthouse Road, which has no episodes and no cast yet."""
        world = cls()
        for show in (_show(7001, "The Lighthouse", 8.1), _show(7002, "Lighthouse Road", None)):
            world.shows[show["id"]] = show
        world.parts[7001, "episodes"] = [
            _episode(7101 + index, 1 + index // 4, 1 + index % 4, *line) for index, line in enumerate(_STORY)
        ]
        world.parts[7001, "cast"] = [_role(*line) for line in _ROLES]
        world.parts[7002, "episodes"] = world.parts[7002, "cast"] = []
        return world

    @classmethod
    def from_folder(cls, folder: Path) -> "World":
        """The recorded answers below a folder; folders whose name begins with an underscore are left out."""
        world = cls()
        for show_folder in sorted(path for path in folder.iterdir() if path.is_dir() and path.name[0] not in "_."):
            answers = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in show_folder.glob("*.json")}
            search = answers.get("search") or []
            show = answers.get("show") or next((hit["show"] for hit in search), None)
            if show is None:
                continue
            world.shows[show["id"]] = show
            for title in (show["name"].lower(), show_folder.name.replace("-", " ")):
                world.searches[title] = search
            for part in ("episodes", "cast"):
                world.parts[show["id"], part] = answers.get(part, [])
        return world

    def answer(self, path: str, query: Mapping[str, list[str]]) -> Any:
        """What the API answers to a path; None stands for its 404."""
        if path in self.patches:
            return self.patches[path]
        if path == "/search/shows":
            return self._search(query.get("q", [""])[0].strip().lower())
        if path == "/updates/shows":
            return {str(key): show.get("updated") for key, show in self.shows.items()}
        match path.strip("/").split("/"):
            case ["shows", number] if number.isdigit():
                return self.shows.get(int(number))
            case ["shows", number, part] if number.isdigit():
                return self.parts.get((int(number), part))
        return None

    def _search(self, title: str) -> list[Any]:
        if recorded := self.searches.get(title):
            # A search shows the same `updated` as the show itself.
            return [{**hit, "show": self.shows.get(hit["show"]["id"], hit["show"])} for hit in recorded]
        found = [show for show in self.shows.values() if title and title in show["name"].lower()]
        return [{"score": 0.9 if show["name"].lower() == title else 0.7, "show": show} for show in found[:10]]


class TVMazeServer(ThreadingHTTPServer):
    """The server; a context manager that listens on a free port of 127.0.0.1 while it is open.

    `log` holds the requests so far. `limit` is (requests, seconds) per client, past which it answers 429.
    `certificate` is a PEM file with key and certificate, for https. `clock` stamps the log.
    """

    daemon_threads = True

    def __init__(
        self,
        world: World | None = None,
        *,
        port: int = 0,
        limit: tuple[int, float] | None = None,
        latency: float = 0.0,
        certificate: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.world = world or World.made_up()
        self.limit, self.latency, self.clock = limit, latency, clock
        self.log: list[dict[str, Any]] = []
        self.connections = 0
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self.faults: list[dict[str, Any]] = []
        self.recent: deque[float] = deque()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
            self.url = self.url.replace("http", "https")

    def __enter__(self) -> "Self":
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def paths(self) -> list[str]:
        """What was asked for so far, without the query."""
        return [urlsplit(entry["path"]).path for entry in self.log]

    def fault(self, path: str, kind: str, times: int = 1, **details: Any) -> None:
        """Let the next `times` requests for what begins with `path` go wrong."""
        if not kind.isdigit() and kind not in FAULTS:
            raise ValueError(f"{kind!r} is no fault; these are: a status, {', '.join(FAULTS)}")
        with self.lock:
            self.faults.append({"path": path, "kind": kind, "times": times, **details})

    def set_updated(self, show_id: int, stamp: int) -> None:
        """Change when a show was last updated, as TVMaze does when an episode or a cast entry changes."""
        self.world.shows[show_id]["updated"] = stamp

    def patch(self, path: str, value: Any) -> None:
        """Answer `value` on `path` from now on; None undoes it."""
        self.world.patches.pop(path, None)
        if value is not None:
            self.world.patches[path] = value

    def take_fault(self, path: str) -> dict[str, Any] | None:
        with self.lock:
            for fault in self.faults:
                if path.startswith(fault["path"]) and fault["times"] > 0:
                    fault["times"] -= 1
                    return fault
        return None

    def over_limit(self) -> bool:
        if not self.limit:
            return False
        count, seconds = self.limit
        with self.lock:
            now = time.monotonic()
            while self.recent and now - self.recent[0] > seconds:
                self.recent.popleft()
            if len(self.recent) >= count:
                return True
            self.recent.append(now)
            return False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is none; anything else is told as usual."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: TVMazeServer

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def log_message(self, *args: Any) -> None:
        """The log is `server.log`."""

    def record(self, status: int | str) -> None:
        entry = {"method": self.command, "path": self.path, "status": status, "time": self.server.clock()}
        self.server.log.append({**entry, "agent": self.headers.get("User-Agent"), "headers": dict(self.headers)})

    def start(self, status: int = 200, **headers: Any) -> None:
        """The status line and the headers; an underscore in a name stands for a hyphen, and None leaves one out."""
        self.send_response_only(status)
        usual = {"Date": self.date_time_string(), "Content_Type": "application/json; charset=UTF-8"}
        for name, value in {**usual, **headers}.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def reply(self, status: int, body: Any, **headers: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.start(status, Content_Length=len(data), Cache_Control="public, max-age=3600", **headers)
        self.wfile.write(data)

    def drip(self, pieces: list[bytes], seconds: float) -> None:
        for piece in pieces:
            self.wfile.write(piece)
            if self.server.closing.wait(seconds):
                break
        self.close_connection = True

    def stall(self) -> None:
        """Silence until the client hangs up, so that no thread is kept for one that has."""
        while not (self.server.closing.wait(0.02) or select.select([self.connection], [], [], 0)[0]):
            pass
        self.close_connection = True

    def reset(self) -> None:
        """Close so that the other side reads "connection reset", not an end of file."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        os.close(self.connection.detach())

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if url.path == "/_log":
            return self.reply(200, self.server.log)
        self.server.closing.wait(self.server.latency)
        if fault := self.server.take_fault(url.path):
            self.record(fault["kind"])
            return _go_wrong(self, fault)
        if self.server.over_limit():
            self.record(429)
            return self.reply(429, {**NOT_FOUND, "name": "Too Many Requests", "status": 429})
        found = self.server.world.answer(url.path, parse_qs(url.query))
        status = 404 if found is None else 200
        self.record(status)
        return self.reply(status, NOT_FOUND if found is None else found)

    def do_POST(self) -> None:
        change = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.path == "/_set":
            for show_id, stamp in change.get("updated", {}).items():
                self.server.set_updated(int(show_id), stamp)
            for path, value in change.get("patch", {}).items():
                self.server.patch(path, value)
        elif self.path == "/_fault":
            self.server.fault(**{**change, "kind": str(change["kind"])})
        self.reply(200, {})

    def do_DELETE(self) -> None:
        {"/_log": self.server.log, "/_fault": self.server.faults}[self.path].clear()
        self.reply(200, {})


def _go_wrong(handler: _Handler, fault: dict[str, Any]) -> None:
    if not fault["kind"].isdigit():
        return FAULTS[fault["kind"]](handler, fault)
    headers = {"Retry_After": fault.get("retry_after"), **fault.get("headers", {})}
    return handler.reply(int(fault["kind"]), {**NOT_FOUND, "name": "Fault"}, **headers)


def _redirect(handler: _Handler, fault: dict[str, Any]) -> None:
    """302 to "to", or to the very same address; "body" bytes of rubbish come with it."""
    handler.start(302, Location=fault.get("to", handler.path), Content_Length=fault.get("body", 0))
    for _ in range(fault.get("body", 0) // 1000):
        handler.wfile.write(b"x" * 1000)


def _short(handler: _Handler, _: Any) -> None:
    """Whole JSON, but a Content-Length that promises more; then the end."""
    handler.start(Content_Length=5000)
    handler.wfile.write(b"[]")
    handler.close_connection = True


def _short_chunked(handler: _Handler, _: Any) -> None:
    """A chunked body without its last chunk."""
    handler.start(Transfer_Encoding="chunked")
    handler.wfile.write(b"2\r\n[]\r\n")
    handler.close_connection = True


def _reset_mid_body(handler: _Handler, _: Any) -> None:
    handler.start(Content_Length=5000)
    handler.wfile.write(PART)
    handler.reset()


def _stall_mid_body(handler: _Handler, _: Any) -> None:
    handler.start(Content_Length=5000)
    handler.wfile.write(PART)
    handler.stall()


def _drip(handler: _Handler, fault: dict[str, Any]) -> None:
    """A body of a byte every "seconds", 250 of 100,000."""
    handler.start(Content_Length=100_000)
    handler.drip([b" "] * 250, fault.get("seconds", 0.02))


def _drip_gzip(handler: _Handler, fault: dict[str, Any]) -> None:
    """A compressed body of a byte every "seconds" without a byte of content: empty blocks only."""
    handler.start(Content_Encoding="gzip", Content_Length=100_000)
    handler.wfile.write(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff")
    handler.drip([bytes([byte]) for byte in b"\x00\x00\x00\xff\xff"] * 50, fault.get("seconds", 0.02))


def _drip_headers(handler: _Handler, fault: dict[str, Any]) -> None:
    """A status line, then a header that grows by a byte every "seconds"."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    handler.drip([b"x"] * 250, fault.get("seconds", 0.02))


def _huge(handler: _Handler, fault: dict[str, Any]) -> None:
    """As many "megabytes" of blanks, 1,024 unless told otherwise, as long as the client listens."""
    megabytes = fault.get("megabytes", 1024)
    handler.start(Content_Length=megabytes * 2**20)
    for _ in range(megabytes):
        handler.wfile.write(b" " * 2**20)


def _gzip_bomb(handler: _Handler, fault: dict[str, Any]) -> None:
    """As many "megabytes" of blanks, 64 unless told otherwise, in a thousandth of the size."""
    packed = gzip.compress(b" " * 2**20, 9) * fault.get("megabytes", 64)
    handler.start(Content_Encoding="gzip", Content_Length=len(packed))
    handler.wfile.write(packed)


def _with_a_note(handler: _Handler, note: str, encoding: str = "utf-8") -> None:
    """The right answer, whose first object has one field more, which nobody uses."""
    url = urlsplit(handler.path)
    answer = json.dumps(handler.server.world.answer(url.path, parse_qs(url.query)))
    handler.reply(200, answer.replace("{", f'{{"note": {note}, ', 1).encode(encoding, "surrogatepass"))


FAULTS: dict[str, Callable[[_Handler, dict[str, Any]], None]] = {
    "html": lambda handler, _: handler.reply(200, CHALLENGE, Content_Type="text/html"),
    "403-html": lambda handler, _: handler.reply(403, CHALLENGE, Content_Type="text/html"),
    "html-as-json": lambda handler, _: handler.reply(200, CHALLENGE),
    "empty-body": lambda handler, _: handler.reply(200, b""),
    "empty-list": lambda handler, _: handler.reply(200, []),
    "truncated": lambda handler, _: handler.reply(200, PART),
    "not-json": lambda handler, _: handler.reply(200, b"{'single': 'quotes'}"),
    "not-gzip": lambda handler, _: handler.reply(200, b"[]", Content_Encoding="gzip"),
    "wrong-type": lambda handler, _: handler.reply(200, {"unexpected": True}),
    "nan": lambda handler, _: handler.reply(200, b'[{"score": NaN}]'),
    "infinity": lambda handler, _: handler.reply(200, b'[{"score": 1e999}]'),
    "surrogate": lambda handler, _: handler.reply(200, b'[{"name": "\\ud800"}]'),
    "deep": lambda handler, _: handler.reply(200, b"[" * 1_000_000),
    "cesu-8": lambda handler, _: _with_a_note(handler, '"\ud83d\ude00"'),
    "utf-16-surrogate": lambda handler, _: _with_a_note(handler, r'"\ud800"', "utf-16"),
    "long-integer": lambda handler, _: _with_a_note(handler, "9" * 400),
    "deep-field": lambda handler, _: _with_a_note(handler, "[" * 900 + "]" * 900),
    "dagster-mark": lambda handler, _: _with_a_note(handler, '{"__class__": "AssetKey"}'),
    "reset-before-headers": lambda handler, _: handler.reset(),
    "reset-mid-body": _reset_mid_body,
    "short": _short,
    "short-chunked": _short_chunked,
    "stall": lambda handler, _: handler.stall(),
    "stall-mid-body": _stall_mid_body,
    "drip": _drip,
    "drip-gzip": _drip_gzip,
    "drip-headers": _drip_headers,
    "redirect": _redirect,
    "huge": _huge,
    "gzip-bomb": _gzip_bomb,
}


def _show(show_id: int, name: str, rating: float | None) -> dict[str, Any]:
    page = name.lower().replace(" ", "-")
    return {
        "id": show_id,
        "url": f"https://www.tvmaze.com/shows/{show_id}/{page}",
        "name": name,
        "type": "Scripted",
        "language": "English",
        "genres": ["Drama"],
        "status": "Ended",
        "runtime": 45,
        "premiered": "2001-09-14",
        "ended": "2002-10-11",
        "officialSite": None,
        "rating": {"average": rating},
        "network": {"id": 1, "name": "Coast TV", "country": {"name": "Ireland", "code": "IE"}},
        "webChannel": None,
        "image": None,
        "summary": f"<p><b>{name}</b> is a drama about people by the sea.</p>",
        "updated": 1700000000,
        "_links": {"self": {"href": f"https://api.tvmaze.com/shows/{show_id}"}},
    }


def _episode(episode_id: int, season: int, number: int, name: str, summary: str | None) -> dict[str, Any]:
    return {
        "id": episode_id,
        "url": f"https://www.tvmaze.com/episodes/{episode_id}",
        "name": name,
        "season": season,
        "number": number,
        "type": "regular",
        "airdate": f"{2000 + season}-09-{7 * number:02}",
        "airtime": "21:00",
        "runtime": 45,
        "rating": {"average": None},
        "image": None,
        "summary": summary,
        "_links": {"self": {"href": f"https://api.tvmaze.com/episodes/{episode_id}"}},
    }


def _role(character_id: int, name: str, person_id: int, actor: str) -> dict[str, Any]:
    return {
        "person": {
            "id": person_id,
            "url": f"https://www.tvmaze.com/people/{person_id}",
            "name": actor,
            "country": None,
            "birthday": None,
            "image": None,
        },
        "character": {
            "id": character_id,
            "url": f"https://www.tvmaze.com/characters/{character_id}",
            "name": name,
            "image": None,
        },
        "self": False,
        "voice": False,
    }


_ROLES = [
    (7201, "Ada Quill", 7301, "Nora Whelan"),
    (7202, 'Thomas "Tom" Barrow', 7302, "Eoin Daly"),
    (7203, "Captain Iris Vane", 7303, "Sorcha Lynn"),
    (7203, "Captain Iris Vane", 7304, "Maeve Tully"),
    (7204, "Old Pike", 7305, "Cormac Reid"),
]

_STORY: list[tuple[str, str | None]] = [
    ("First Light", "<p>Ada takes over the lamp from Old Pike, who cannot leave it alone.</p>"),
    ("Fog", "<p>Tom rows out into the fog; Ada rings the bell until her hands bleed.</p>"),
    ("The Wreck", "<p>Captain Vane brings in a ship that nobody has ordered. Ada &amp; Tom count the crates.</p>"),
    ("Low Tide", "<p>Iris finds a boot. Pike knows whose it was, and Ada knows that he knows.</p>"),
    ("Paint", "<p>The tower is painted. Tom falls from the ladder and into Iris&#39;s arms.</p>"),
    ("The Inspector", "<p>An inspector wants to see Ada&#39;s books. <b>Ada</b> has never kept any.</p>"),
    ("Silence", None),
    ("Last Light", ""),
]


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--port", type=int, default=8431)
    cli.add_argument("--data", type=Path, help="a folder of recorded answers, one folder a show")
    cli.add_argument("--limit", help="COUNT/SECONDS, such as 20/10")
    cli.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    args = cli.parse_args()
    world = World.from_folder(args.data) if args.data else World.made_up()
    count, _, seconds = (args.limit or "").partition("/")
    limit = (int(count), float(seconds)) if count else None
    with TVMazeServer(world, port=args.port, limit=limit, latency=args.latency) as server:
        print(f"{len(world.shows)} shows on {server.url}", flush=True)  # noqa: T201 - who started it waits for this line
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
