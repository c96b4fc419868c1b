"""QuickChart is believed only when it answers with exactly the picture that was asked for."""

import dataclasses
import json
import socket
from urllib.parse import parse_qs, urlsplit

import pytest

from tv_appearances.report.answer import Contender
from tv_appearances.report.picture import MAX_BARS, check_picture, render_png
from tv_appearances.report.quickchart import LONGEST_CHART_URL, ChartError, QuickChart
from tv_appearances_tests.answers import ATTACK, answer_of
from tv_appearances_tests.quickchart_server import QuickChartServer, Reply, png

ANSWER = answer_of({"Ada": 5, "Bo": 2})
TOO_MANY = Reply(429, "text/html", b"Too many requests", {"Retry-After": "17"})
HANGS = Reply(hang=30)


@dataclasses.dataclass
class Naps:
    """Waits in no time and remembers how long it should have been."""

    seconds: list[float] = dataclasses.field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def naps() -> Naps:
    return Naps()


def test_the_picture_comes_back_as_it_was_sent(naps: Naps) -> None:
    with QuickChartServer(Reply()) as server:
        picture = QuickChart(server.url, sleep=naps).render_png(ANSWER)
    assert check_picture(picture) is None
    assert naps.seconds == []


def test_the_chart_is_sent_as_an_object_so_that_nothing_in_it_is_run(naps: Naps) -> None:
    with QuickChartServer(Reply()) as server:
        QuickChart(f"{server.url}/", sleep=naps).render_png(answer_of({ATTACK: 3, "x'+(6*7)+'": 1}))
    (request,) = server.requests
    assert request["path"] == "/chart"
    assert request["version"] == "4"
    assert request["backgroundColor"] == "white"
    assert request["chart"]["type"] == "bar"
    assert request["chart"]["options"]["indexAxis"] == "y"
    assert request["chart"]["options"]["scales"]["x"]["beginAtZero"] is True
    assert request["chart"]["data"]["labels"][1] == "x'+(6*7)+' · 1"
    assert request["chart"]["data"]["datasets"][0]["data"] == [3, 1]


def test_the_finding_and_the_credits_are_in_the_chart(naps: Naps) -> None:
    with QuickChartServer(Reply()) as server:
        QuickChart(server.url, sleep=naps).render_png(ANSWER)
    options = server.requests[0]["chart"]["options"]
    assert (
        " ".join(options["plugins"]["title"]["text"])
        == "Ada is mentioned most in Harbour Lights: 5 times in 5 of 5 episodes"
    )
    assert (
        "tvmaze.com/shows/7/harbour-lights · CC BY-SA 4.0 · as of 8 September 2019"
        in options["plugins"]["subtitle"]["text"][-1]
    )


def test_a_chart_of_many_bars_stays_within_what_the_server_draws(naps: Naps) -> None:
    with QuickChartServer(Reply()) as server:
        QuickChart(server.url, sleep=naps).render_png(answer_of({f"Nobody {at}": 1 for at in range(MAX_BARS + 5)}))
    (request,) = server.requests
    assert len(request["chart"]["data"]["labels"]) == MAX_BARS
    assert request["height"] <= 3000
    assert "and 5 more, mentioned 5 times in all" in request["chart"]["options"]["plugins"]["subtitle"]["text"]


def test_what_counts_for_nobody_is_an_empty_bar(naps: Naps) -> None:
    with QuickChartServer(Reply(body=png(1600, 2 * (220 + 26 * 3)))) as server:
        QuickChart(server.url, sleep=naps).render_png(dataclasses.replace(ANSWER, contenders=(Contender("Walt", 9),)))
    chart = server.requests[0]["chart"]
    assert chart["data"]["labels"] == ["“Walt” · 9", "Ada · 5", "Bo · 2"]
    assert chart["data"]["datasets"][0]["borderWidth"] == [1, 0, 0]
    assert chart["data"]["datasets"][0]["backgroundColor"][0] == "#ffffff"
    assert any(
        line.startswith("Empty bars count for nobody") for line in chart["options"]["plugins"]["subtitle"]["text"]
    )


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        pytest.param(Reply(500, body=png(1600, 544)), "answered 500 (image/png)", id="a picture of an error"),
        pytest.param(
            Reply(500, body=png(300, 60), headers={"X-QuickChart-Error": "You are missing variable `c`"}),
            "answered 500 (You are missing variable `c`)",
            id="a picture of an error that has a name",
        ),
        pytest.param(Reply(400, "text/html", b"Bad request"), "answered 400", id="malformed"),
        pytest.param(Reply(413, "text/html", b"Too large"), "answered 413", id="too large"),
        pytest.param(Reply(302, headers={"Location": "http://127.0.0.1:9/"}), "answered 302", id="moved"),
        pytest.param(Reply(kind="text/html; charset=utf-8", body=b"<p>Welcome</p>"), "with text/html", id="a web page"),
        pytest.param(Reply(body=b"<p>Welcome</p>"), "something else than a PNG", id="a web page that is called a PNG"),
        pytest.param(Reply(body=png(500, 300)), "something else than a PNG of 1600 × 544", id="another size"),
        pytest.param(Reply(body=b""), "something else than a PNG", id="nothing"),
    ],
)
def test_anything_but_the_picture_fails_at_once_and_names_the_remedy(reply: Reply, said: str, naps: Naps) -> None:
    with QuickChartServer(reply) as server, pytest.raises(ChartError) as failure:
        QuickChart(server.url, sleep=naps).render_png(ANSWER)
    assert said in str(failure.value)
    assert server.url in str(failure.value)
    assert "Set the renderer to local" in str(failure.value)
    assert len(server.requests) == 1
    assert naps.seconds == []


def test_a_busy_server_is_asked_again_after_the_time_it_names(naps: Naps) -> None:
    with QuickChartServer(TOO_MANY, Reply()) as server:
        picture = QuickChart(server.url, sleep=naps).render_png(ANSWER)
    assert check_picture(picture) is None
    assert naps.seconds == [17]


def test_a_server_that_names_an_hour_is_asked_again_after_a_minute(naps: Naps) -> None:
    hour = dataclasses.replace(TOO_MANY, headers={"Retry-After": "3600"})
    with QuickChartServer(hour, Reply()) as server:
        QuickChart(server.url, sleep=naps).render_png(ANSWER)
    assert naps.seconds == [60]


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_server_that_is_down_for_a_moment_is_asked_up_to_four_times(status: int, naps: Naps) -> None:
    with QuickChartServer(Reply(status, "text/html", b"")) as server, pytest.raises(ChartError, match=str(status)):
        QuickChart(server.url, sleep=naps).render_png(ANSWER)
    assert len(server.requests) == 4
    assert naps.seconds == [1, 2, 4]


def test_a_wait_beyond_its_patience_is_not_begun(naps: Naps) -> None:
    with QuickChartServer(TOO_MANY) as server, pytest.raises(ChartError, match="429"):
        QuickChart(server.url, patience=16, sleep=naps).render_png(ANSWER)
    assert len(server.requests) == 1
    assert naps.seconds == []


def test_a_server_that_hangs_is_left_and_asked_again(naps: Naps) -> None:
    with QuickChartServer(HANGS, Reply()) as server:
        picture = QuickChart(server.url, timeout=(5, 2), sleep=naps).render_png(ANSWER)
    assert check_picture(picture) is None
    assert naps.seconds == [1]


def test_a_server_that_hangs_for_ever_fails_clearly(naps: Naps) -> None:
    with (
        QuickChartServer(HANGS) as server,
        pytest.raises(ChartError, match=r"did not answer .*Set the renderer to local"),
    ):
        QuickChart(server.url, timeout=(5, 0.05), sleep=naps).render_png(ANSWER)
    assert naps.seconds == [1, 2, 4]


def test_an_answer_that_drips_is_not_waited_for_beyond_its_patience(naps: Naps) -> None:
    with QuickChartServer(Reply(drip=0.05)) as server, pytest.raises(ChartError, match="did not come to an end"):
        QuickChart(server.url, patience=0.3, sleep=naps).render_png(ANSWER)
    assert len(server.requests) == 1


def test_a_server_that_is_not_there_fails_clearly(naps: Naps) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        with pytest.raises(ChartError, match=r"did not answer .*Set the renderer to local"):
            QuickChart(f"http://127.0.0.1:{taken.getsockname()[1]}", sleep=naps).render_png(ANSWER)
    assert len(naps.seconds) == 3


def test_an_address_that_is_none_fails_clearly(naps: Naps) -> None:
    with pytest.raises(ChartError, match=r"cannot be asked .*Set the renderer to local"):
        QuickChart("http://[", sleep=naps).render_png(ANSWER)
    assert naps.seconds == []


def test_where_nobody_is_mentioned_nothing_is_sent_and_the_picture_says_so(naps: Naps) -> None:
    nobody = answer_of({"Ada": 0})
    with QuickChartServer(Reply()) as server:
        chart = QuickChart(server.url, sleep=naps)
        assert chart.render_png(nobody) == render_png(nobody)
        assert chart.chart_url(nobody) is None
    assert server.requests == []


def test_the_address_shows_the_same_chart(naps: Naps) -> None:
    answer = answer_of({"Ada & Bo + 50%41 #1 日本": 3, "Cy": 1})
    with QuickChartServer(Reply()) as server:
        QuickChart(server.url, sleep=naps).render_png(answer)
    sent = server.requests[0]
    address = QuickChart("https://charts.example/").chart_url(answer)
    assert address is not None
    assert address.isascii()
    assert address.startswith("https://charts.example/chart?")
    query = {name: value for name, (value,) in parse_qs(urlsplit(address).query, strict_parsing=True).items()}
    assert json.loads(query["c"]) == sent["chart"]
    assert (int(query["w"]), int(query["h"]), query["v"]) == (sent["width"], sent["height"], sent["version"])


def test_an_address_that_would_be_too_long_is_not_given() -> None:
    few, many = (answer_of({f"日本語の名前 {at}": 1 for at in range(count)}) for count in (5, 60))
    address = QuickChart().chart_url(few)
    assert address is not None
    assert len(address) <= LONGEST_CHART_URL
    assert QuickChart().chart_url(many) is None
