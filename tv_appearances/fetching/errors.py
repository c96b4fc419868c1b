"""Everything that can go wrong with a question to an API.

Those marked * are worth a later try (`retryable`), and only those are tried again within a call::

    FetchError
    ├── Unreachable *     no connection: name not resolved, no route, refused, connect timeout, proxy
    ├── Untrusted         connected, but the TLS certificate does not verify
    ├── Refused           400 to 499
    │   └── NotFound      404
    ├── RateLimited *     429, or this process has itself sent as much as the API allows
    ├── ServerTrouble *   500 to 599
    ├── BrokenAnswer *    did not arrive whole: reset, silence, too slow, cut short, not decodable
    ├── BadAnswer         arrived, but is not an answer of this API: another type, too large, wrong fields
    ├── UnsafeRedirect    to another host, from https to http, or more than three in a row
    └── BudgetSpent       the client has sent as many requests as it may

Belongs here: the kinds of error, and for each the remedy that is right for any API. A client may be given better ones.
"""

from typing import ClassVar


class FetchError(Exception):
    """A question without a usable answer; the message says which, where, why, and what to do about it."""

    retryable: ClassVar[bool] = False
    remedy: ClassVar[str] = "Run again later."

    def __init__(  # noqa: PLR0913 - each is told in the message or decides about another try
        self,
        what: str,
        url: str,
        cause: str,
        *,
        tries: int = 1,
        retry_after: float | None = None,
        remedy: str | None = None,
    ) -> None:
        after = f", in {tries} tries" if tries > 1 else ""
        super().__init__(f"Could not fetch {what} from {url[:300]}{after}: {cause}. {remedy or self.remedy}")
        self.url = url
        self.cause = cause
        self.tries = tries
        self.retry_after = retry_after


class Unreachable(FetchError):
    """There is no connection to be had: the name is not known, nothing listens, or no way leads there."""

    retryable = True
    remedy = "Check the network, the proxy and the address; what was fetched before is untouched."


class Untrusted(FetchError):
    """Something answers at the address, but cannot prove that it is the host it was asked for."""

    remedy = (
        "Check the address and this machine's clock; where a company proxy opens the traffic, name its certificate in "
        "REQUESTS_CA_BUNDLE."
    )


class Refused(FetchError):
    """The API, or what stands before it, does not want to answer this request, now or a second later."""

    remedy = "Open the address in a browser to see why; this network may be blocked for a while."


class NotFound(Refused):
    """The API does not have what was asked for."""

    remedy = "Check what was asked for, and the address."


class RateLimited(FetchError):
    """More requests than the API allows from this network."""

    retryable = True
    remedy = "Run again later; everything on this network shares the limit."


class ServerTrouble(FetchError):
    """The API has a problem of its own."""

    retryable = True
    remedy = "The trouble is on the server's side: run again later."


class BrokenAnswer(FetchError):
    """An answer was on its way but did not arrive whole."""

    retryable = True
    remedy = "Run again later; if it stays like this, look for a proxy or a firewall that cuts answers off."


class BadAnswer(FetchError):
    """What arrived is whole, but not an answer that the API gives to this question."""

    remedy = "Open the address in a browser to see what answers there."


class UnsafeRedirect(FetchError):
    """The answer points to where no request of this client may go."""

    remedy = "If the API has moved, give its new address."


class BudgetSpent(FetchError):
    """The client has sent all the requests it may; something asks more often than it should."""

    remedy = "Look in the log for what asks so often."
