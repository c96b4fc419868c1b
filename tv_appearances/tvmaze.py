"""TVMaze over HTTP: every rule of politeness and distrust towards it, in one place.

Belongs here: asking, waiting, trying again, giving up, and refusing an answer that cannot be trusted; and the sample,
which answers the same questions without a network. Does not belong here: which show is meant (`lookup.py`), what a
field has to look like (`models.py`), and what is kept (`files.py`).

Everything that goes wrong is a `TVMazeError`; those marked * are worth a later try (`retryable`), and only those are
tried again within a call::

    TVMazeError
    ├── TVMazeUnreachable *   no connection: name not resolved, no route, refused, connect timeout, proxy
    ├── Untrusted             connected, but the TLS certificate does not verify
    ├── TVMazeRefused         400 to 499
    │   └── NotFound          404
    ├── RateLimited *         429, or this process has itself sent as much as TVMaze allows
    ├── ServerTrouble *       500 to 599
    ├── BrokenAnswer *        did not arrive whole: reset, silence, too slow, cut short, not decodable
    ├── BadAnswer             arrived, but is not an answer of TVMaze's: another type, too large, wrong fields
    ├── UnsafeRedirect        to another host, from https to http, or more than three in a row
    └── BudgetSpent           the client has sent as many requests as it may

Whose part is what:
    requests and urllib3: connections (one kept open, as TVMaze asks), TLS (always verified), proxies and CA bundles
        from the environment, timeouts of a single read, the length of a body, decompression in small steps.
    tenacity: the loop of tries, the growth of the waits and their jitter.
    This module: what is worth another try, Retry-After, the deadline over all tries, the cap on decoded bytes,
        redirects, the pace, the budget, and what counts as JSON. Time is the monotonic clock's alone.

Source of the limits: https://www.tvmaze.com/api (20 calls in 10 s from one address; 429 beyond; a User-Agent that
names the caller) and TVMaze's advice to wait about 2 s after a 429.
"""

import json
import math
import re
import socket
import threading
import time
import unicodedata
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeVar
from urllib.parse import urljoin, urlsplit

from tv_appearances.models import (
    Character,
    Episode,
    SchemaError,
    SearchResult,
    Show,
    parse_cast,
    parse_episodes,
    parse_search_results,
    parse_show,
    parse_updates,
)

if TYPE_CHECKING:
    import requests
    from tenacity import RetryCallState
    from typing_extensions import Self

T = TypeVar("T")

TVMAZE_URL = "https://api.tvmaze.com"
Since = Literal["day", "week", "month"]
"""How far back `/updates/shows` can be asked to look."""
SAMPLE = Path(__file__).with_name("sample")
MAX_BODY = 32 * 2**20
MAX_TITLE = 200
MAX_QUOTE = 100
MAX_REDIRECTS = 3
LIMIT = 20
# TVMaze counts 10 s between arrivals, which can be closer together than the departures that are counted here.
WINDOW = 11.0
HORIZON = 600.0
"""Seconds ahead that a request can have been promised; several times the deadline of a call."""
CHUNK = 65_536


class TVMazeError(Exception):
    """A question to TVMaze without a usable answer; the message says which, where, why, and what to do about it."""

    retryable: ClassVar[bool] = False
    remedy: ClassVar[str] = "Run again later."

    def __init__(self, what: str, url: str, cause: str, *, tries: int = 1, retry_after: float | None = None) -> None:
        after = f", in {tries} tries" if tries > 1 else ""
        super().__init__(f"Could not fetch {what} from {url[:300]}{after}: {cause}. {self.remedy}")
        self.url = url
        self.cause = cause
        self.tries = tries
        self.retry_after = retry_after


class TVMazeUnreachable(TVMazeError):
    """There is no connection to be had: the name is not known, nothing listens, or no way leads there."""

    retryable = True
    remedy = "Check the network, the proxy and TVMAZE_URL; what was fetched before is untouched."


class Untrusted(TVMazeError):
    """Something answers at the address, but cannot prove that it is the host it was asked for."""

    remedy = (
        "Check TVMAZE_URL and this machine's clock; where a company proxy opens the traffic, name its certificate in "
        "REQUESTS_CA_BUNDLE."
    )


class TVMazeRefused(TVMazeError):
    """TVMaze, or what stands before it, does not want to answer this request, now or a second later."""

    remedy = "Open the address in a browser to see why; this network may be blocked for a while."


class NotFound(TVMazeRefused):
    """TVMaze does not have what was asked for."""

    remedy = "Look the show up on https://www.tvmaze.com and ask for it by its name or as id:N; or check TVMAZE_URL."


class RateLimited(TVMazeError):
    """More requests than TVMaze allows from this network."""

    retryable = True
    remedy = "Run again later; everything on this network shares the limit of 20 requests in 10 s."


class ServerTrouble(TVMazeError):
    """TVMaze has a problem of its own."""

    retryable = True
    remedy = "The trouble is on TVMaze's side: run again later."


class BrokenAnswer(TVMazeError):
    """An answer was on its way but did not arrive whole."""

    retryable = True
    remedy = "Run again later; if it stays like this, look for a proxy or a firewall that cuts answers off."


class BadAnswer(TVMazeError):
    """What arrived is whole, but not an answer that TVMaze gives to this question."""

    remedy = "Open the address in a browser to see what answers there, and check TVMAZE_URL."


class UnsafeRedirect(TVMazeError):
    """The answer points to where no request of this client may go."""

    remedy = "If TVMaze has moved, set TVMAZE_URL to its new address."


class BudgetSpent(TVMazeError):
    """The client has sent all the requests it may; something asks more often than it should."""

    remedy = "A run needs three requests and a few retries: look in the log for what asks so often."


@dataclass(frozen=True, slots=True)
class Fetched(Generic[T]):
    """An answer: `raw` as TVMaze gave it (decoded JSON), `value` as `models.py` reads it, and the tries it took."""

    url: str
    raw: Any
    value: T
    requests: int


class Gateway(Protocol):
    """The four questions this project asks about a show, and one about all. Every method raises `TVMazeError`."""

    def search_shows(self, query: str) -> Fetched[tuple[SearchResult, ...]]:
        """The shows a title may mean, best first; none is an answer too."""

    def show(self, show_id: int) -> Fetched[Show]:
        """The show with this id; `NotFound` where there is none."""

    def episodes(self, show: Show) -> Fetched[tuple[Episode, ...]]:
        """The show's episodes, without specials, in TVMaze's order."""

    def cast(self, show: Show) -> Fetched[tuple[Character, ...]]:
        """The main cast, those who appear most often first."""

    def updates(self, since: Since | None) -> Fetched[dict[int, int]]:
        """The shows that changed within this time (None: ever): id → epoch second of the last change."""


class Pace:
    """At most `LIMIT` requests to a host in any `WINDOW` seconds, whichever client or thread sends them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: defaultdict[str, deque[float]] = defaultdict(partial(deque, maxlen=LIMIT))

    def reserve(self, host: str, now: float, deadline: float) -> float | None:
        """Seconds until the next request may be sent, which is then promised; None where that is past the deadline."""
        with self._lock:
            moments = self._sent[host]
            moment = now if len(moments) < LIMIT else max(now, moments[0] + WINDOW)
            if moment >= deadline:
                return None
            moments.append(moment)
            return moment - now


PACE = Pace()
"""The pace of this process; other processes have their own."""


class SharedPace(Pace):
    """The same pace for all processes that share a file: the moments of the last requests, behind a lock.

    Kept by the wall clock, the only one that processes have in common. Where the file cannot be written, the pace is
    that of this process alone; whoever writes the data there will say so.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
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
            sent = json.loads(self._path.read_bytes())
        except (FileNotFoundError, ValueError):  # the first one, or a writer died
            sent = {}
        # A moment far ahead is from before the clock was set back.
        moments = [moment for moment in sent.get(host, ()) if now - WINDOW < moment < now + HORIZON]
        pause = max(0.0, moments[-LIMIT] + WINDOW - now) if len(moments) >= LIMIT else 0.0
        if pause >= patience:
            return None
        sent[host] = [*moments, now + pause]
        self._path.write_text(json.dumps(sent), encoding="utf-8")
        return pause


@dataclass(slots=True)
class _Call:
    """One question across all its tries; `deadline` is a moment of the client's clock."""

    what: str
    url: str
    deadline: float
    tries: int = 0

    def failed(self, kind: type[TVMazeError], cause: str, retry_after: float | None = None) -> TVMazeError:
        return kind(self.what, self.url, cause, tries=self.tries, retry_after=retry_after)


class TVMazeClient:
    """TVMaze's API over one connection that is kept open. Close it, or use it as a context manager.

    Args:
        base_url: http or https with a host; a path is kept, credentials and a query are refused.
        connect_timeout: seconds to one connection. Resolving the name is the system's and has its own timeouts.
        read_timeout: seconds of silence within an answer, and seconds for all of its headers.
        deadline: seconds for one call of a method, retries and waits included.
        max_body: decoded bytes of one answer.
        max_requests: requests in the client's life, retries and redirects included.
        tries: how often one call may ask; a host without a connection is asked twice at most.
        log: told about each retry, in a sentence.
        sleep: waits so many seconds.
        clock: seconds that only ever grow.
        pace: shared by the clients of a process.

    Raises:
        ValueError: `base_url` is not such an address; the message names TVMAZE_URL.
    """

    def __init__(  # noqa: PLR0913 - each is a rule with its own number
        self,
        base_url: str = TVMAZE_URL,
        *,
        connect_timeout: float = 5.0,
        read_timeout: float = 10.0,
        deadline: float = 60.0,
        max_body: int = MAX_BODY,
        max_requests: int = 30,
        tries: int = 5,
        log: Callable[[str], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        pace: Pace = PACE,
    ) -> None:
        self._base = parse_address("TVMAZE_URL", base_url)
        self._timeouts = (connect_timeout, read_timeout)
        self._deadline = deadline
        self._max_body = max_body
        self._max_requests = max_requests
        self._tries = tries
        self._log = log
        self._sleep = sleep
        self._clock = clock
        self._pace = pace
        self.requests_made = 0

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection, if there is one."""
        if "_session" in vars(self):
            self._session.close()

    @cached_property
    def _session(self) -> "requests.Session":
        # Made with the first request: most runs of the analysis, and all of the sample, send none.
        return _session()

    def search_shows(self, query: str) -> Fetched[tuple[SearchResult, ...]]:
        """`/search/shows`: at most ten shows whose name is like the query."""
        return self._fetch(f"the search for {_quoted(query)}", "/search/shows", parse_search_results, {"q": query})

    def show(self, show_id: int) -> Fetched[Show]:
        """`/shows/:id`; an answer about another show is a `BadAnswer`."""

        def parse(raw: object) -> Show:
            show = parse_show(raw)
            if show.id != show_id:
                raise SchemaError("show.id", str(show_id), show.id)
            return show

        return self._fetch(f"show {show_id:d}", f"/shows/{show_id:d}", parse)

    def episodes(self, show: Show) -> Fetched[tuple[Episode, ...]]:
        """`/shows/:id/episodes`."""
        return self._fetch(f"the episodes of {_named(show)}", f"/shows/{show.id:d}/episodes", parse_episodes)

    def cast(self, show: Show) -> Fetched[tuple[Character, ...]]:
        """`/shows/:id/cast`."""
        return self._fetch(f"the cast of {_named(show)}", f"/shows/{show.id:d}/cast", parse_cast)

    def updates(self, since: Since | None) -> Fetched[dict[int, int]]:
        """`/updates/shows`: one request for all shows."""
        params = {"since": since} if since else None
        return self._fetch("the list of changed shows", "/updates/shows", parse_updates, params)

    def _fetch(
        self, what: str, path: str, parse: Callable[[object], T], params: Mapping[str, str] | None = None
    ) -> Fetched[T]:
        from requests import Request
        from tenacity import Retrying, retry_if_exception

        url = Request("GET", self._base + path, params=params).prepare().url or ""
        call = _Call(what, url, self._clock() + self._deadline)
        tries = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, TVMazeError) and error.retryable),
            wait=_wait,
            stop=partial(self._gives_up, call),
            before_sleep=partial(self._announce, call),
            sleep=self._sleep,
            reraise=True,
        )
        raw = tries(self._try, call)
        try:
            value = parse(raw)
        except SchemaError as error:
            raise call.failed(BadAnswer, str(error)) from error
        return Fetched(call.url, raw, value, call.tries)

    def _gives_up(self, call: _Call, state: "RetryCallState") -> bool:
        tries = min(2, self._tries) if isinstance(_error(state), TVMazeUnreachable) else self._tries
        return call.tries >= tries or self._clock() + state.upcoming_sleep >= call.deadline

    def _announce(self, call: _Call, state: "RetryCallState") -> None:
        if self._log:
            self._log(f"{call.what}: {_error(state).cause}; trying again in {state.upcoming_sleep:.1f} s")

    def _try(self, call: _Call) -> Any:
        call.tries += 1
        url = call.url
        for _ in range(1 + MAX_REDIRECTS):
            with self._send(call, url) as response:
                if not response.is_redirect:
                    return self._read(call, response)
                url = _redirect(call, url, response.headers["Location"])
        raise call.failed(UnsafeRedirect, f"more than {MAX_REDIRECTS} redirects in a row")

    def _send(self, call: _Call, url: str) -> "requests.Response":
        from requests import Request
        from requests.utils import select_proxy
        from urllib3.exceptions import HTTPError

        if self.requests_made >= self._max_requests:
            raise call.failed(BudgetSpent, f"all {self._max_requests} requests that this client may send are spent")
        pause = self._pace.reserve(urlsplit(url).netloc, self._clock(), call.deadline)
        if pause is None:
            raise call.failed(RateLimited, f"this process has already sent {LIMIT} requests within {WINDOW:.0f} s")
        if pause:
            self._sleep(pause)
        left = max(0.001, call.deadline - self._clock())
        timeouts = (min(self._timeouts[0], left), min(self._timeouts[1], left))
        environment: Any = self._session.merge_environment_settings(url, {}, stream=True, verify=None, cert=None)
        proxy = select_proxy(url, environment["proxies"])
        if proxy and not _is_address(proxy if "://" in proxy else f"http://{proxy}"):
            # The libraries quote such an address in what they raise, with the password in it.
            raise call.failed(TVMazeUnreachable, "the proxy that the environment names has no usable address")
        self.requests_made += 1
        try:
            # Prepared without the session, which would add cookies and what ~/.netrc has for the host; and sent without
            # it, which would read the body of a redirect whole, however long.
            request = Request("GET", url, headers=self._session.headers).prepare()
            return self._session.get_adapter(url).send(request, timeout=timeouts, **environment)
        except (OSError, HTTPError) as error:
            raise call.failed(*_instead_of_an_answer(error)) from error

    def _read(self, call: _Call, response: "requests.Response") -> Any:
        status = response.status_code
        said = f"it answered {status}"
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            after = _retry_after(response.headers)
            if after is not None:
                said += f" and asks to wait {after:.0f} s"
                if after > call.deadline - self._clock():
                    said += f", longer than a call may take ({self._deadline:g} s)"
            raise call.failed(RateLimited if status == HTTPStatus.TOO_MANY_REQUESTS else ServerTrouble, said, after)
        if status == HTTPStatus.NOT_FOUND:
            raise call.failed(NotFound, said)
        if status >= HTTPStatus.BAD_REQUEST:
            raise call.failed(TVMazeRefused, said)
        content_type = response.headers.get("Content-Type", "")
        if status != HTTPStatus.OK or content_type.partition(";")[0].strip().lower() != "application/json":
            raise call.failed(BadAnswer, f"{said} with content of type {_quoted(content_type)} instead of JSON")
        body = self._body(call, response)
        try:
            return _decoded(body)
        except (ValueError, RecursionError) as error:
            raise call.failed(BrokenAnswer, f"{said}, but its {len(body)} bytes are not JSON: {error}") from error

    def _body(self, call: _Call, response: "requests.Response") -> bytes:
        from urllib3.exceptions import HTTPError

        body = bytearray()
        try:
            with _hanging_up(call.deadline - self._clock(), response.raw.shutdown):
                while chunk := response.raw.read1(CHUNK, decode_content=True):
                    body += chunk
                    if len(body) > self._max_body:
                        raise call.failed(BadAnswer, f"it is longer than the {self._max_body} bytes an answer may have")
        except (OSError, HTTPError) as error:
            raise call.failed(BrokenAnswer, f"{_chain(error)[-1]} after {len(body)} bytes of its body") from error
        return bytes(body)


@dataclass(frozen=True, slots=True)
class SampleGateway:
    """The built-in sample as a `Gateway`: one show's answers in TVMaze's form, read from `folder`."""

    folder: Path = SAMPLE

    def search_shows(self, query: str) -> Fetched[tuple[SearchResult, ...]]:
        """The sample's show, if the query is its name or whole words of it."""
        wanted = re.compile(rf"\b{re.escape(query.strip())}\b", re.IGNORECASE)
        every = self._read("search", parse_search_results)
        kept = [at for at, result in enumerate(every.value) if wanted.search(result.show.name)]
        return Fetched(every.url, [every.raw[at] for at in kept], tuple(every.value[at] for at in kept), 0)

    def show(self, show_id: int) -> Fetched[Show]:
        """The sample's show, if it has this id."""
        every = self._read("search", parse_search_results)
        for raw, result in zip(every.raw, every.value, strict=True):
            if result.show.id == show_id:
                return Fetched(every.url, raw["show"], result.show, 0)
        raise NotFound(f"show {show_id}", every.url, "the sample does not have it")

    def episodes(self, show: Show) -> Fetched[tuple[Episode, ...]]:
        """The episodes of the sample's show."""
        self.show(show.id)
        return self._read("episodes", parse_episodes)

    def cast(self, show: Show) -> Fetched[tuple[Character, ...]]:
        """The cast of the sample's show."""
        self.show(show.id)
        return self._read("cast", parse_cast)

    def updates(self, since: Since | None) -> Fetched[dict[int, int]]:  # noqa: ARG002 - the sample never changes
        """None, ever."""
        return Fetched("sample:updates", {}, {}, 0)

    def _read(self, name: str, parse: Callable[[object], T]) -> Fetched[T]:
        raw = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        return Fetched(f"sample:{name}.json", raw, parse(raw), 0)


def parse_show_choice(text: str) -> int | str:
    """The show that a setting or a run config asks for: a TVMaze id for `id:431`, else the text as a title.

    The address of a show's page on TVMaze says its id; a bare number is a title: there are shows called 24 and 1923.

    Raises:
        ValueError: nothing, an id that is none, or no title that a show could have.
    """
    text = text.strip()
    remedy = "give a show's name, or id:431 for an exact TVMaze id."
    if not text:
        raise ValueError(f"No show is given: {remedy}")
    if len(text) > MAX_TITLE or any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise ValueError(f"{_quoted(text)} is longer than {MAX_TITLE} characters or has control characters: {remedy}")
    if page := re.match(r"https?://(?:www\.|api\.)?tvmaze\.com/shows/([1-9][0-9]{0,8})(?:/|$)", text, re.IGNORECASE):
        return int(page[1])
    if not text.lower().startswith("id:"):
        return text
    if not re.fullmatch(r"id:\s*0*[1-9][0-9]{0,8}", text, re.IGNORECASE):
        raise ValueError(f"{_quoted(text)} is not a TVMaze id: {remedy}")
    return int(text[3:])


def parse_address(name: str, text: str) -> str:
    """The base address of a service, without a slash at the end.

    Raises:
        ValueError: It is not an http(s) address, or has a part that does not belong there; `name` is the setting's.
    """
    if "@" in text or "?" in text or "#" in text:
        raise ValueError(f"{name} must have no user name, password, query or fragment.")
    if not _is_address(text) or urlsplit(text).scheme not in {"http", "https"}:
        raise ValueError(f"{name} is {_quoted(text)}; it has to be an address that begins with https:// or http://.")
    return text.rstrip("/")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0 and text.isprintable() and " " not in text
    except ValueError:
        return False


def _session() -> "requests.Session":
    """A session that keeps one connection open and bounds the time in which an answer's headers arrive."""
    from importlib.metadata import PackageNotFoundError, version

    import requests
    from requests.adapters import HTTPAdapter

    class Punctual:
        """A timeout of a socket is for one read: a header of a byte a second would never end."""

        def getresponse(self) -> Any:
            with _hanging_up(self.timeout, partial(self.sock.shutdown, socket.SHUT_RDWR)):  # type: ignore[attr-defined]
                return super().getresponse()  # type: ignore[misc]

    class PunctualAdapter(HTTPAdapter):
        def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
            pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
            if not issubclass(pool.ConnectionCls, Punctual):
                pool.ConnectionCls = type("PunctualConnection", (Punctual, pool.ConnectionCls), {})
            return pool

    try:
        release = version("tv_appearances")
    except PackageNotFoundError:
        release = "unreleased"
    session = requests.Session()
    session.headers["User-Agent"] = (
        f"tv_appearances/{release} (+Dagster code location; python-requests/{requests.__version__})"
    )
    session.headers["Accept"] = "application/json"
    for scheme in ("https://", "http://"):
        session.mount(scheme, PunctualAdapter(pool_connections=1, pool_maxsize=1))
    return session


@contextmanager
def _hanging_up(seconds: float, hang_up: Callable[[], object]) -> Iterator[None]:
    """End what is read within after so many seconds, however steadily it drips, with a TimeoutError."""
    late = threading.Event()

    def ring() -> None:
        late.set()
        # The connection may be closed already, or have no socket at all.
        with suppress(OSError, ValueError, RuntimeError):
            hang_up()

    bell = threading.Timer(max(0.0, seconds), ring)
    bell.daemon = True
    bell.start()
    try:
        yield
    finally:
        bell.cancel()
        if late.is_set():
            raise TimeoutError(f"not complete within {seconds:.3g} s") from None


def _redirect(call: _Call, source: str, location: str) -> str:
    """Where a redirect leads, if it stays on the host and does not give up encryption."""
    try:
        target = urljoin(source, location)
        old, new = urlsplit(source), urlsplit(target)
    except ValueError:
        raise call.failed(UnsafeRedirect, f"it redirects to {_quoted(location)}, which is no address") from None
    if new.netloc.lower() != old.netloc.lower() or new.scheme not in {old.scheme, "https"}:
        raise call.failed(UnsafeRedirect, f"it redirects to {_quoted(target)}, which is not followed")
    return target


def _instead_of_an_answer(error: Exception) -> tuple[type[TVMazeError], str]:
    """What an exception that came before any answer means, and what the innermost of it says."""
    from requests.exceptions import InvalidHeader, ReadTimeout, RequestException
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    chain = _chain(error)
    cause = str(chain[-1]) or type(chain[-1]).__name__
    # What is no RequestException is about the CA bundle, which is not where the environment says.
    if not isinstance(error, RequestException) or "CERTIFICATE_VERIFY_FAILED" in cause:
        return Untrusted, cause
    no_connection = any(isinstance(one, (NewConnectionError, ConnectTimeoutError)) for one in chain)
    no_request = len(chain) == 1 and not isinstance(error, (ReadTimeout, InvalidHeader))
    if no_connection or no_request or cause.startswith("Tunnel connection failed"):
        return TVMazeUnreachable, cause
    return BrokenAnswer, cause


def _chain(error: BaseException) -> list[BaseException]:
    """An exception and what it wraps, outermost first; urllib3 and requests wrap by cause and by argument."""
    chain = [error]
    while inner := error.__cause__ or next((arg for arg in error.args if isinstance(arg, BaseException)), None):
        chain.append(error := inner)
    return chain


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, given as such or as a date, which is compared with the Date of the same answer."""
    from email.utils import parsedate_to_datetime

    text = headers.get("Retry-After", "").strip()
    try:
        if text.isascii() and text.isdigit():
            seconds = float(text)
        else:
            seconds = (parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))).total_seconds()
    except (ValueError, TypeError):
        return None
    return seconds if seconds > 0 else None


def _wait(state: "RetryCallState") -> float:
    """Seconds to the next try: what TVMaze asks for, else twice as long each time, with jitter; 2 s and more on 429."""
    from tenacity import wait_exponential, wait_random

    error = _error(state)
    if error.retry_after is not None:
        return error.retry_after
    first = 2.0 if isinstance(error, RateLimited) else 0.5
    return (wait_exponential(multiplier=first, max=30) + wait_random(0, first))(state)


def _error(state: "RetryCallState") -> TVMazeError:
    return state.outcome.exception()  # type: ignore[union-attr,return-value]


def _decoded(body: bytes) -> Any:
    """JSON as its standard has it: no NaN or infinity, and text that can be written as UTF-8.

    Raises:
        ValueError: it is not.
    """
    value = json.loads(body, parse_constant=_finite, parse_float=_finite)
    if b"\\u" in body:
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number in JSON")
    return number


def _named(show: Show) -> str:
    return f"{_quoted(show.name)} (show {show.id})"


def _quoted(text: str) -> str:
    """Text from outside, on one line and not too long for a message."""
    return json.dumps(text if len(text) <= MAX_QUOTE else text[: MAX_QUOTE - 1] + "…", ensure_ascii=False)
