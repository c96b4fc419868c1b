"""The picture says the finding, shows every name as it is written, and is the same picture every time."""

import base64
import dataclasses
import hashlib
import itertools
import subprocess
import sys
import unicodedata
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tv_appearances.report.answer import Answer
from tv_appearances.report.picture import (
    LARGEST_INLINE_PICTURE,
    MAX_BARS,
    PALETTE,
    check_picture,
    markdown_image,
    render_png,
    render_svg,
)
from tv_appearances.tvmaze.models import Show
from tv_appearances_tests.answers import ATTACK, answer_of
from tv_appearances_tests.quickchart_server import png

SVG = "{http://www.w3.org/2000/svg}"
LITERAL = [
    "影山 飛雄",
    "Zoë Ångström",
    "<b>Bo</b>",
    "Salt & Pepper",
    "$x^2$",
    'O\'Brien "Obi"',
    "Ada 😀",
    "${1+1} {{7*7}}",
]


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314  # our own


def bars(svg: str) -> list[dict[str, str]]:
    return [e.attrib for e in ET.fromstring(svg).iter(f"{SVG}rect") if e.get("class") in {"bar", "leader"}]  # noqa: S314


def size(picture: bytes) -> tuple[int, int]:
    return int.from_bytes(picture[16:20], "big"), int.from_bytes(picture[20:24], "big")


def cast_of(count: int) -> Answer:
    return answer_of({f"Character Number {at}": count + 1 - at for at in range(1, count + 1)})


def test_the_bars_are_sorted_and_as_long_as_the_counts_from_zero() -> None:
    drawn = bars(render_svg(answer_of({"Bo": 5, "Ada": 20, "Cy": 10})))
    longest = float(drawn[0]["width"])
    assert [float(bar["width"]) / longest for bar in drawn] == pytest.approx([1, 0.5, 0.25], abs=0.002)
    assert len({bar["x"] for bar in drawn}) == 1


def test_every_bar_has_its_name_and_its_count() -> None:
    assert texts(render_svg(answer_of({"Bo": 5, "Ada": 1_020}))) == ["Ada", "1,020", "Bo", "5"]


def test_only_those_who_lead_stand_out() -> None:
    drawn = bars(render_svg(answer_of({"Ada": 5, "Bo": 5, "Cy": 4})))
    assert [bar["class"] for bar in drawn] == ["leader", "leader", "bar"]


@pytest.mark.parametrize("count", [2, 6, 24, 25, MAX_BARS])
def test_the_height_follows_the_number_of_bars_so_that_none_is_squeezed(count: int) -> None:
    drawn = bars(render_svg(cast_of(count)))
    tops = [float(bar["y"]) for bar in drawn]
    assert len(drawn) == count
    assert all(below - above >= 21.8 for above, below in itertools.pairwise(tops))


def test_more_than_sixty_are_cut_off_and_counted() -> None:
    svg = render_svg(cast_of(MAX_BARS + 2))
    assert len(bars(svg)) == MAX_BARS
    assert texts(svg)[-1] == "and 2 more, mentioned 3 times in all"


def test_names_come_out_as_they_are_written() -> None:
    svg = render_svg(answer_of(dict.fromkeys([*LITERAL, "</svg><script>alert(1)</script>"], 3)))
    assert set(LITERAL) < set(texts(svg))
    assert "<script" not in svg


def test_a_name_that_is_an_attack_is_text_in_the_picture_too() -> None:
    answer = answer_of({ATTACK: 3}, show=Show(1, ATTACK, url=ATTACK))
    assert "<img" not in render_svg(answer)
    assert check_picture(render_png(answer)) is None


def test_names_that_only_differ_after_the_label_is_cut_keep_their_own_bars() -> None:
    long = "A Very Long Name That Nobody Would Ever Want To Read In A Picture Number "
    svg = render_svg(answer_of({f"{long}1": 4, f"{long}2": 3}))
    assert len(bars(svg)) == 2
    assert [text.partition("…")[2][-8:] for text in texts(svg)[::2]] == ["Number 1", "Number 2"]


def test_no_text_leaves_the_picture() -> None:
    wide = "W" * 200
    svg = render_svg(answer_of({wide: 1_234, "影" * 90: 3}))
    width = float(ET.fromstring(svg).attrib["width"])  # noqa: S314
    for bar in bars(svg):
        assert float(bar["x"]) <= 0.52 * width
        assert float(bar["x"]) + float(bar["width"]) < width


def test_the_svg_has_no_ids_no_script_and_nothing_to_load() -> None:
    svg = render_svg(answer_of({"Ada": 3}))
    names = {name for element in ET.fromstring(svg).iter() for name in element.attrib}  # noqa: S314
    assert names <= {
        "width", "height", "viewBox", "role", "aria-label", "font-family", "class", "fill", "x", "y",
        "font-size", "font-weight", "text-anchor",
    }  # fmt: skip


def test_the_picture_is_readable_and_twice_as_large_as_its_layout() -> None:
    picture = render_png(answer_of({"Ada": 3, "Bo": 2}))
    assert check_picture(picture) is None
    assert size(picture)[0] == 1600
    assert size(render_png(answer_of({"Ada": 3, "Bo": 2}), scale=1))[0] == 800


def test_the_same_answer_gives_the_same_bytes_in_another_process() -> None:
    answer = answer_of({"Ada": 3, "影山": 2})
    program = (
        "import hashlib, tv_appearances_tests.answers as a, tv_appearances.report.picture as c\n"
        "answer = a.answer_of({'Ada': 3, '影山': 2})\n"
        "print(hashlib.sha256(c.render_png(answer) + c.render_svg(answer).encode()).hexdigest())"
    )
    again = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program],
        capture_output=True,
        check=True,
        encoding="utf-8",
        cwd=Path(__file__).parents[2],
    )
    assert again.stdout.strip() == hashlib.sha256(render_png(answer) + render_svg(answer).encode()).hexdigest()


def test_another_show_date_gives_another_foot_and_so_another_picture() -> None:
    answer = answer_of({"Ada": 3})
    later = dataclasses.replace(answer, show=dataclasses.replace(answer.show, updated=1_600_000_000))
    assert render_png(answer) != render_png(later)
    assert render_svg(answer) == render_svg(later)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(answer_of({}, listed=[]), id="no episodes"),
        pytest.param(answer_of({}), id="no cast"),
        pytest.param(
            answer_of({f"Nobody Number {at}": 0 for at in range(300)}), id="a large cast, none of it mentioned"
        ),
        pytest.param(
            answer_of({"Ada": 1}, show=Show(1, "Long " * 2_000)), id="a show whose name is ten thousand letters"
        ),
    ],
)
def test_an_odd_answer_gives_a_readable_picture(answer: Answer) -> None:
    picture = render_png(answer)
    assert check_picture(picture) is None
    assert size(picture)[1] < 1000


def test_every_text_stands_out_from_white() -> None:
    for name in ("ink", "muted", "leader"):
        assert contrast(PALETTE[name], PALETTE["ground"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """The WCAG 2 contrast ratio of two colours written as #rrggbb."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_a_small_picture_goes_inline_and_a_large_one_does_not() -> None:
    picture = png(400, 200)
    image = markdown_image(picture, "Ada leads")
    assert image == f"![Ada leads](data:image/png;base64,{base64.b64encode(picture).decode()})"
    assert markdown_image(picture.ljust(LARGEST_INLINE_PICTURE + 1), "Ada leads") is None


def test_a_name_cannot_end_the_description_of_an_inline_picture() -> None:
    image = markdown_image(png(400, 200), "Ada](http://evil.example) <img src=x> `code` é")
    assert image is not None
    description, _, rest = image.removeprefix("![").partition("](")
    assert rest.startswith("data:image/png;base64,")
    assert not set(description) & set("[]<>`\\!")
    assert unicodedata.normalize("NFC", description).endswith("é")


PICTURE = png(400, 200)


@pytest.mark.parametrize("filter_type", range(5))
def test_one_shade_all_over_is_blank_however_it_is_packed(filter_type: int) -> None:
    assert check_picture(png(400, 200, blank=True, filter_type=filter_type)) == "it is blank"


def test_a_picture_with_something_on_it_is_readable() -> None:
    assert check_picture(PICTURE) is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param(b"", "it is not a PNG", id="nothing"),
        pytest.param(b"<svg/>", "it is not a PNG", id="an SVG"),
        pytest.param(PICTURE[:20], "it is not a PNG", id="half a header"),
        pytest.param(b"\xff\xd8\xff" + PICTURE, "it is not a PNG", id="a JPEG"),
        pytest.param(png(20, 10), "it measures 20 × 10 pixels", id="a dot"),
        pytest.param(png(7_000, 101), "it measures 7000 × 101 pixels", id="a ribbon"),
        pytest.param(PICTURE[:-1], "damaged", id="cut short by a byte"),
        pytest.param(PICTURE[:60], "damaged", id="cut short in the pixels"),
        pytest.param(PICTURE[:50] + bytes([PICTURE[50] ^ 1]) + PICTURE[51:], "damaged", id="a flipped bit"),
    ],
)
def test_what_is_wrong_with_a_picture_is_said(content: bytes, problem: str) -> None:
    found = check_picture(content)
    assert found is not None
    assert problem in found
