"""The picture drawn by QuickChart, the service that the blog post uses.

Belongs here: the chart as QuickChart wants it, and every rule of distrust towards the service. Names are data in it,
never markup, code or an expression. Does not belong here: what the picture says (`wording`).
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from tv_appearances.report.answer import Answer, short
from tv_appearances.report.fitting import cut_apart, wrapped, wrapped_evenly
from tv_appearances.report.fonts import nominal_width
from tv_appearances.report.picture import (
    PALETTE,
    SCALE,
    bars,
    bars_left_over,
    headline,
    png_size,
    render_png,
    signs_without_font,
)
from tv_appearances.report.wording import contenders_line, credits_line, what_was_counted, which_show

if TYPE_CHECKING:
    import requests
    import tenacity

LONGEST_CHART_URL = 8_000
"""Characters. nginx refuses a request line beyond 8 KiB unless told otherwise, Node one beyond 16 KiB."""

LONGEST_RETRY_AFTER = 60.0
"""Seconds. What QuickChart asks for when its limit of charts a minute is reached."""
_TRY_AGAIN = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}

LARGEST_ANSWER = 20_000_000
"""Bytes from QuickChart; a chart takes about a hundredth of it."""


class ChartError(RuntimeError):
    """QuickChart gave no picture that can be trusted; the message names the setting that draws on this machine.

    Attributes:
        retryable: It may well answer later.
        after: Seconds to wait before that, where it says so.
    """

    def __init__(self, chart: "QuickChart", what: str, *, retryable: bool = False, after: float | None = None) -> None:
        super().__init__(
            f"QuickChart at {chart.url} {what}. Set {chart.setting} to local: it draws without QuickChart."
        )
        self.retryable = retryable
        self.after = after


def _may_answer_later(error: BaseException) -> bool:
    return isinstance(error, ChartError) and error.retryable


@dataclass(frozen=True, slots=True)
class QuickChart:
    """Draws at QuickChart: the service, or one of your own at `url`. The names in the chart are sent there.

    Attributes:
        url: Its base address.
        timeout: Seconds to connect, and to wait for (more of) an answer.
        patience: Seconds after which no further attempt is started, and that one attempt may take.
        sleep: Waits between attempts.
        setting: What the reader calls the setting that chose QuickChart; advice names it.
    """

    url: str = "https://quickchart.io"
    timeout: tuple[float, float] = (5, 20)
    patience: float = 90
    sleep: Callable[[float], None] = time.sleep
    setting: str = "the renderer"

    def render_png(self, answer: Answer) -> bytes:
        """The picture as PNG, 800 × 2 pixels wide.

        Where nobody is mentioned nothing is sent, since QuickChart would draw axes without bars and call it a success:
        the picture that says so is drawn here. QuickChart draws a picture of its errors too, so an answer counts only
        with status 200, as image/png and of exactly the size asked for. Tried up to four times: 429 after the time that
        it asks for (at most a minute), 502 to 504 and broken or silent connections after one, two and four seconds.

        Raises:
            ChartError: No such answer came.
        """
        import tenacity

        if not answer.rows:
            return render_png(answer)
        attempts = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_may_answer_later),
            wait=_pause,
            stop=tenacity.stop_after_attempt(4) | tenacity.stop_before_delay(self.patience),
            sleep=self.sleep,
            reraise=True,
        )
        return attempts(self._ask, answer)

    def chart_url(self, answer: Answer) -> str | None:
        """An address that shows the same chart, or None where it would be too long or there is nothing to show."""
        if not answer.rows:
            return None
        width, height = _chart_size(answer)
        chart = json.dumps(_chart(answer), ensure_ascii=False, separators=(",", ":"))
        query = {"v": "4", "w": width, "h": height, "devicePixelRatio": SCALE, "bkg": "white", "f": "png", "c": chart}
        address = f"{self.url.rstrip('/')}/chart?{urlencode(query, quote_via=quote, safe='')}"
        return address if len(address) <= LONGEST_CHART_URL else None

    def signs_without_font(self, answer: Answer) -> tuple[str, ...]:
        """Those of a picture drawn here; which fonts QuickChart has is not known."""
        return () if answer.rows else signs_without_font(answer)

    def _ask(self, answer: Answer) -> bytes:
        width, height = _chart_size(answer)
        response, png = self._post(
            {
                "chart": _chart(answer),  # an object: a string would be run as JavaScript over there
                "version": "4",  # a number is an error
                "width": width,
                "height": height,
                "devicePixelRatio": SCALE,
                "format": "png",
                "backgroundColor": "white",
            }
        )
        if response.status_code in _TRY_AGAIN:
            asked = response.headers.get("Retry-After", "")
            after = float(asked) if asked.isdecimal() else None
            raise ChartError(self, f"answered {response.status_code}", retryable=True, after=after)
        kind = response.headers.get("Content-Type", "nothing").partition(";")[0].strip()
        if response.status_code != HTTPStatus.OK:
            why = short(response.headers.get("X-QuickChart-Error") or kind, 200)
            raise ChartError(self, f"answered {response.status_code} ({why})")
        if kind != "image/png":
            raise ChartError(self, f"answered with {short(kind, 80)} in the place of image/png")
        if png_size(png) != (width * SCALE, height * SCALE):
            raise ChartError(self, f"answered with something else than a PNG of {width * SCALE} × {height * SCALE}")
        return png

    def _post(self, request: dict[str, Any]) -> "tuple[requests.Response, bytes]":
        import requests
        from urllib3.exceptions import HTTPError

        ends = time.monotonic() + self.patience
        try:
            with requests.post(
                f"{self.url.rstrip('/')}/chart",
                json=request,
                timeout=self.timeout,
                allow_redirects=False,
                stream=True,
                auth=lambda prepared: prepared,  # without any, requests would send what ~/.netrc has for the host
            ) as response:
                body = bytearray()
                for part in response.iter_content(64):  # small, so that an answer that drips is seen to outstay
                    body += part
                    if len(body) > LARGEST_ANSWER or time.monotonic() > ends:
                        raise ChartError(self, "did not come to an end with its answer")
                return response, bytes(body)
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            raise ChartError(self, f"did not answer ({type(error).__name__})", retryable=True) from error
        except (requests.RequestException, HTTPError, TypeError) as error:  # the last two: an unusable proxy address
            raise ChartError(self, f"cannot be asked ({type(error).__name__})") from error


def _pause(state: "tenacity.RetryCallState") -> float:
    error = state.outcome and state.outcome.exception()
    after = error.after if isinstance(error, ChartError) else None
    return min(LONGEST_RETRY_AFTER, after if after is not None else 2.0 ** (state.attempt_number - 1))


def _chart(answer: Answer) -> dict[str, Any]:
    """The picture as Chart.js 4 has it. Counts stand in the labels: the server has no label plug-in for version 4."""
    shown = bars(answer)
    labels = cut_apart([bar.label for bar in shown], 280, partial(nominal_width, size=13))
    title = wrapped_evenly(headline(answer), 730, partial(nominal_width, size=20, bold=True))
    said = [which_show(answer.show), what_was_counted(answer), bars_left_over(answer), contenders_line(answer, "Empty")]
    small = partial(nominal_width, size=11)
    foot = [line for part in (*said, credits_line(answer)) for line in wrapped(part, 730, small)]

    def text(lines: list[str], size: int, weight: str, colour: str, **place: Any) -> dict[str, Any]:
        font = {"size": size, "weight": weight}
        return {"display": True, "align": "start", "text": lines, "font": font, "color": PALETTE[colour], **place}

    return {
        "type": "bar",
        "data": {
            "labels": [f"{label} · {bar.mentions:,}" for label, bar in zip(labels, shown, strict=True)],
            "datasets": [
                {
                    "data": [bar.mentions for bar in shown],
                    # No hatching: a pattern is a function in Chart.js.
                    "backgroundColor": [PALETTE["ground" if bar.look == "hatch" else bar.look] for bar in shown],
                    "borderColor": PALETTE["hatch"],
                    "borderWidth": [int(bar.look == "hatch") for bar in shown],
                    "barPercentage": 0.85,
                    "categoryPercentage": 0.9,
                }
            ],
        },
        "options": {
            "indexAxis": "y",
            "layout": {"padding": 28},
            "plugins": {
                "legend": {"display": False},
                "title": text(title, 20, "bold", "ink", padding={"bottom": 14}),
                # Below the bars, since only a title and a subtitle begin at the left edge, and there is one of each.
                "subtitle": text(foot, 11, "normal", "muted", position="bottom", padding={"top": 10}),
            },
            "scales": {
                "y": {
                    "grid": {"display": False},
                    "ticks": {"autoSkip": False, "color": PALETTE["ink"], "font": {"size": 13}},
                },
                "x": {"beginAtZero": True, "grid": {"display": False}, "ticks": {"display": False}},
            },
        },
    }


def _chart_size(answer: Answer) -> tuple[int, int]:
    """In pixels of the layout, within QuickChart's 3,000 each way."""
    return 800, 220 + 26 * len(bars(answer))
