"""JSON over HTTP from an API that cannot be trusted: every rule of politeness and distrust, in one place.

Belongs here: asking, waiting, trying again, giving up, and refusing an answer that cannot be trusted. Does not belong
here: which API it is, what it is asked and what a field has to look like.

Whose part is what:
    requests and urllib3: connections (one kept open), TLS (always verified), proxies and CA bundles from the
        environment, timeouts of a single read, the length of a body, decompression in small steps.
    tenacity: the loop of tries, the growth of the waits and their jitter.
    This module: what is worth another try, Retry-After, the deadline over all tries, the cap on decoded bytes,
        redirects, the pace and the budget. Time is the monotonic clock's alone.
"""

import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urljoin, urlsplit

from .decoding import decoded
from .errors import (
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
from .fields import SchemaError
from .pace import Pace

if TYPE_CHECKING:
    import requests
    from tenacity import RetryCallState
    from typing_extensions import Self

T = TypeVar("T")

MAX_BODY = 32 * 2**20
MAX_QUOTE = 100
MAX_REDIRECTS = 3
CHUNK = 65_536
# RFC 6839 has the ending; `text/json` was never registered, but servers send it.
_JSON = re.compile(r"(?:application|text)/json|[\w.!#$&^-]+/[\w.!#$&^+-]+\+json", re.IGNORECASE | re.ASCII)
WORTH_TELLING = 1.0
"""Seconds of waiting for the pace from which on somebody who watches is told."""


@dataclass(frozen=True, slots=True)
class Fetched(Generic[T]):
    """An answer: `raw` as the API gave it (decoded JSON), `value` as the parser reads it, and the tries it took.

    `url` is what was asked; `answered_by` the address that gave the answer, another one after a redirect, "" where
    nothing was asked.
    """

    url: str
    raw: Any
    value: T
    requests: int
    answered_by: str = ""


@dataclass(slots=True)
class _Call:
    """One question across all its tries; `deadline` is a moment of the client's clock.

    `before` are the tries of earlier calls that asked the same in vain: a message tells their sum.
    """

    what: str
    url: str
    deadline: float
    remedies: Mapping[type[FetchError], str] = field(default_factory=dict)
    before: int = 0
    tries: int = 0

    def failed(self, kind: type[FetchError], cause: str, retry_after: float | None = None) -> FetchError:
        remedy = self.remedies.get(kind)
        return kind(self.what, self.url, cause, tries=self.before + self.tries, retry_after=retry_after, remedy=remedy)


class JsonClient:
    """An API over one connection that is kept open. Close it, or use it as a context manager.

    Args:
        base_url: http or https with a host; a path is kept, credentials and a query are refused.
        pace: shared by the clients of a process, or of all processes on this machine.
        user_agent: who is asking.
        remedies: better advice than an error's own, where the API or the name of a setting is known.
        connect_timeout: seconds to one connection. Resolving the name is the system's and has its own timeouts.
        read_timeout: seconds of silence within an answer, and seconds for all of its headers.
        deadline: seconds for one call of a method, retries and waits included.
        max_body: decoded bytes of one answer.
        max_requests: requests in the client's life, retries and redirects included.
        tries: how often one call may ask; a host without a connection is asked twice at most.
        log: told about each retry, and each wait for the pace that is long enough to wonder, in a sentence.
        sleep: waits so many seconds.
        clock: seconds that only ever grow.

    Raises:
        ValueError: `base_url` is not such an address; the message goes on from the name of the setting.
    """

    def __init__(  # noqa: PLR0913 - each is a rule with its own number
        self,
        base_url: str,
        *,
        pace: Pace,
        user_agent: str = "python",
        remedies: Mapping[type[FetchError], str] | None = None,
        connect_timeout: float = 5.0,
        read_timeout: float = 10.0,
        deadline: float = 60.0,
        max_body: int = MAX_BODY,
        max_requests: int = 30,
        tries: int = 5,
        log: Callable[[str], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base = parse_address(base_url)
        self._user_agent = user_agent
        self._remedies = remedies or {}
        self._timeouts = (connect_timeout, read_timeout)
        self._deadline = deadline
        self._max_body = max_body
        self._max_requests = max_requests
        self._tries = tries
        self._log = log
        self._sleep = sleep
        self._clock = clock
        self._pace = pace
        self._in_vain: Counter[str] = Counter()
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
        return _session(self._user_agent)

    def get(
        self, what: str, path: str, parse: Callable[[object], T], params: Mapping[str, str] | None = None
    ) -> Fetched[T]:
        """The answer at `path` below the base address, as `parse` reads it.

        Args:
            what: What is asked for, as messages name it: "the cast of …".
            path: Begins with a slash.
            parse: Turns decoded JSON into a value, or raises `SchemaError`.
            params: The query.

        Raises:
            FetchError: There is no usable answer.
        """
        from requests import Request
        from tenacity import Retrying, retry_if_exception

        url = Request("GET", self._base + path, params=params).prepare().url or ""
        call = _Call(what, url, self._clock() + self._deadline, self._remedies, self._in_vain[url])
        tries = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, FetchError) and error.retryable),
            wait=_wait,
            stop=partial(self._gives_up, call),
            before_sleep=partial(self._announce, call),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            raw, answered_by = tries(self._try, call)
        except FetchError:
            self._in_vain[url] += call.tries
            raise
        try:
            value = parse(raw)
        except SchemaError as error:
            raise call.failed(BadAnswer, str(error)) from error
        return Fetched(call.url, raw, value, call.tries, answered_by)

    def _gives_up(self, call: _Call, state: "RetryCallState") -> bool:
        tries = min(2, self._tries) if isinstance(_error(state), Unreachable) else self._tries
        return call.tries >= tries or self._clock() + state.upcoming_sleep >= call.deadline

    def _announce(self, call: _Call, state: "RetryCallState") -> None:
        if self._log:
            self._log(
                f"Try {call.before + call.tries} for {call.what}: {_error(state).cause}; "
                f"trying again in {state.upcoming_sleep:.1f} s."
            )

    def _try(self, call: _Call) -> tuple[Any, str]:
        call.tries += 1
        url = call.url
        for _ in range(1 + MAX_REDIRECTS):
            with self._send(call, url) as response:
                if not response.is_redirect:
                    return self._read(call, response), url
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
            raise call.failed(
                RateLimited,
                f"this process has already sent {self._pace.limit} requests within {self._pace.window:.0f} s",
            )
        if self._log and pause >= WORTH_TELLING:
            self._log(
                f"Waiting {pause:.1f} s before asking for {call.what}: "
                f"at most {self._pace.limit} requests in {self._pace.window:.0f} s."
            )
        if pause:
            self._sleep(pause)
        left = max(0.001, call.deadline - self._clock())
        timeouts = (min(self._timeouts[0], left), min(self._timeouts[1], left))
        environment: Any = self._session.merge_environment_settings(url, {}, stream=True, verify=None, cert=None)
        proxy = select_proxy(url, environment["proxies"])
        if proxy and not _is_address(proxy if "://" in proxy else f"http://{proxy}"):
            # The libraries quote such an address in what they raise, with the password in it.
            raise call.failed(Unreachable, "the proxy that the environment names has no usable address")
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
            raise call.failed(Refused, said)
        content_type = response.headers.get("Content-Type", "")
        if status != HTTPStatus.OK or not _JSON.fullmatch(content_type.partition(";")[0].strip()):
            raise call.failed(BadAnswer, f"{said} with content of type {quoted(content_type)} instead of JSON")
        body = self._body(call, response)
        try:
            return decoded(body)
        except ValueError as error:
            raise call.failed(BrokenAnswer, f"{said}, but its {len(body)} bytes are not JSON: {error}") from error

    def _body(self, call: _Call, response: "requests.Response") -> bytes:
        from urllib3.exceptions import HTTPError

        body = bytearray()
        try:
            with total_deadline(call.deadline - self._clock(), response.raw.shutdown):
                while chunk := response.raw.read1(CHUNK, decode_content=True):
                    body += chunk
                    if len(body) > self._max_body:
                        raise call.failed(BadAnswer, f"it is longer than the {self._max_body} bytes an answer may have")
        except (OSError, HTTPError) as error:
            raise call.failed(BrokenAnswer, f"{_chain(error)[-1]} after {len(body)} bytes of its body") from error
        return bytes(body)


def parse_address(text: str) -> str:
    """The base address of a service, without a slash at the end.

    Raises:
        ValueError: It is not an http(s) address, or has a part that does not belong there; the message goes on from the
            name of the setting, as in "… must have no password".
    """
    if "@" in text or "?" in text or "#" in text:
        raise ValueError("must have no user name, password, query or fragment.")
    if not _is_address(text) or urlsplit(text).scheme not in {"http", "https"}:
        raise ValueError(f"is {quoted(text)}; it has to be an address that begins with https:// or http://.")
    return text.rstrip("/")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0 and text.isprintable() and " " not in text
    except ValueError:
        return False


def _session(user_agent: str) -> "requests.Session":
    """A session that keeps one connection open and bounds the time in which an answer's headers arrive."""
    import requests
    from requests.adapters import HTTPAdapter

    class WithTotalDeadline:
        """A timeout of a socket is for one read: a header of a byte a second would never end."""

        def getresponse(self) -> Any:
            with total_deadline(self.timeout, partial(self.sock.shutdown, socket.SHUT_RDWR)):  # type: ignore[attr-defined]
                return super().getresponse()  # type: ignore[misc]

    class TotalDeadlineAdapter(HTTPAdapter):
        def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
            pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
            if not issubclass(pool.ConnectionCls, WithTotalDeadline):
                pool.ConnectionCls = type("TotalDeadlineConnection", (WithTotalDeadline, pool.ConnectionCls), {})
            return pool

    session = requests.Session()
    session.headers["User-Agent"] = f"{user_agent} python-requests/{requests.__version__}"
    session.headers["Accept"] = "application/json"
    for scheme in ("https://", "http://"):
        session.mount(scheme, TotalDeadlineAdapter(pool_connections=1, pool_maxsize=1))
    return session


@contextmanager
def total_deadline(seconds: float, hang_up: Callable[[], object]) -> Iterator[None]:
    """End what is read within after so many seconds, however steadily it drips, with a TimeoutError."""
    late = threading.Event()

    def expire() -> None:
        late.set()
        # The connection may be closed already, or have no socket at all.
        with suppress(OSError, ValueError, RuntimeError):
            hang_up()

    timer = threading.Timer(max(0.0, seconds), expire)
    timer.daemon = True
    timer.start()
    try:
        yield
    # Not `finally`: an interrupt that comes at that moment is no timeout, and ends the run.
    except Exception:
        if not late.is_set():
            raise
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError(f"not complete within {seconds:.3g} s")


def _redirect(call: _Call, source: str, location: str) -> str:
    """Where a redirect leads, if it stays on the host and does not give up encryption."""
    try:
        target = urljoin(source, location)
        old, new = urlsplit(source), urlsplit(target)
    except ValueError:
        raise call.failed(UnsafeRedirect, f"it redirects to {quoted(location)}, which is no address") from None
    if new.netloc.lower() != old.netloc.lower() or new.scheme not in {old.scheme, "https"}:
        raise call.failed(UnsafeRedirect, f"it redirects to {quoted(target)}, which is not followed")
    return target


def _instead_of_an_answer(error: Exception) -> tuple[type[FetchError], str]:
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
        return Unreachable, cause
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
    """Seconds to the next try: what the API asks for, else twice as long each time, jittered; 2 s and more on 429."""
    from tenacity import wait_exponential, wait_random

    error = _error(state)
    if error.retry_after is not None:
        return error.retry_after
    first = 2.0 if isinstance(error, RateLimited) else 0.5
    return (wait_exponential(multiplier=first, max=30) + wait_random(0, first))(state)


def _error(state: "RetryCallState") -> FetchError:
    return state.outcome.exception()  # type: ignore[union-attr,return-value]


def quoted(text: str) -> str:
    """Text from outside, on one line and not too long for a message."""
    return json.dumps(text if len(text) <= MAX_QUOTE else text[: MAX_QUOTE - 1] + "…", ensure_ascii=False)
