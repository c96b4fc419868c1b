"""A QuickChart on loopback that answers as told, in the ways the real server was seen to answer."""

import contextlib
import json
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One answer; `body` None is a PNG of the size that was asked for, `hang` seconds pass before anything is sent.

    `drip` seconds pass before every 64 bytes of the body.
    """

    status: int = 200
    kind: str = "image/png"
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: float = 0
    drip: float = 0


class QuickChartServer:
    """Gives the replies in turn, the last one for ever; `requests` has the decoded bodies it was sent."""

    def __init__(self, *replies: Reply) -> None:
        self.requests: list[dict[str, Any]] = []
        self._replies = list(replies)
        self._over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer._answer(self)

            def log_message(self, *args: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> "QuickChartServer":  # noqa: PYI034  # Self is not in Python 3.10
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        self.requests.append({"path": handler.path} | asked)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if self._over.wait(reply.hang):
            return
        scale = asked["devicePixelRatio"]
        body = png(asked["width"] * scale, asked["height"] * scale) if reply.body is None else reply.body
        handler.send_response(reply.status)
        for name, value in {"Content-Type": reply.kind, "Content-Length": str(len(body)), **reply.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        step = 64 if reply.drip else len(body) or 1
        with contextlib.suppress(ConnectionError):  # the client may leave
            for at in range(0, len(body), step):
                if self._over.wait(reply.drip):
                    return
                handler.wfile.write(body[at : at + step])


def png(width: int, height: int, *, blank: bool = False, filter_type: int = 0) -> bytes:
    """A valid grey PNG: one shade all over, or stripes of many widths."""
    line = [bytes([filter_type]) + bytes((x * (y % 50) // 7) % 256 for x in range(width)) for y in range(50)]
    if blank:
        line = [bytes([filter_type]) + b"\x80" * width] * 50
    data = zlib.compress(b"".join(line[y % 50] for y in range(height)))
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
        for kind, body in ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    )
