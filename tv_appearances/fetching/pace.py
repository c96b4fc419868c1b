"""The pace of requests: at most so many to a host in so many seconds, in a process or across all that share a file.

Belongs here: when the next request may be sent. Does not belong here: what a particular API allows.
"""

import json
import threading
import time
from collections import defaultdict, deque
from pathlib import Path

from .decoding import decoded

HORIZON = 600.0
"""Seconds ahead that a request can have been promised; several times the deadline of a call."""


class Pace:
    """At most `limit` requests to a host in any `window` seconds, whichever client or thread sends them."""

    def __init__(self, limit: int, window: float) -> None:
        self.limit = limit
        self.window = window
        self._lock = threading.Lock()
        self._sent: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=limit))

    def reserve(self, host: str, now: float, deadline: float) -> float | None:
        """Seconds until the next request may be sent, which is then promised; None where that is past the deadline."""
        with self._lock:
            moments = self._sent[host]
            moment = now if len(moments) < self.limit else max(now, moments[0] + self.window)
            if moment >= deadline:
                return None
            moments.append(moment)
            return moment - now


class SharedPace(Pace):
    """The same pace for all processes that share a file: the moments of the last requests, behind a lock.

    Kept by the wall clock, the only one that processes have in common. Where the file cannot be written, the pace is
    that of this process alone. The one who writes the data there will say so.
    """

    def __init__(self, path: Path, limit: int, window: float) -> None:
        super().__init__(limit, window)
        self._path = path

    def reserve(self, host: str, now: float, deadline: float) -> float | None:
        """As `Pace.reserve`."""
        from filelock import FileLock

        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._path}.lock"):
                return self._reserve(host, deadline - now)
        except OSError:
            return super().reserve(host, now, deadline)

    def _reserve(self, host: str, patience: float) -> float | None:
        now = time.time()
        try:
            sent = decoded(self._path.read_bytes())
        except (FileNotFoundError, ValueError):  # the first one, or a writer died
            sent = {}
        # A moment far ahead is from before the clock was set back.
        moments = [moment for moment in sent.get(host, ()) if now - self.window < moment < now + HORIZON]
        pause = max(0.0, moments[-self.limit] + self.window - now) if len(moments) >= self.limit else 0.0
        if pause >= patience:
            return None
        sent[host] = [*moments, now + pause]
        self._path.write_text(json.dumps(sent), encoding="utf-8")
        return pause
