"""Text takes the room that was measured for it, in every script; what no font can draw is known."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import vl_convert

from tv_appearances.report import fonts
from tv_appearances.report.answer import Answer
from tv_appearances.report.fonts import BOX, debian_packages, nominal_width, runs, width, without_font
from tv_appearances.report.picture import _draw, check_picture, signs_without_font
from tv_appearances_tests.gallery import reports

MARGIN, WIDTH = 36, 800
NOWHERE = "\U000e1000"  # assigned to nothing, so in no font


def strip(svg: str, left: float, wide: float) -> bool:
    """Whether nothing is drawn in a part of the picture, from its top to its bottom."""
    height = float(re.findall('height="([0-9.]+)" viewBox', svg)[0])
    whole = re.sub('width="[0-9.]+" height="[0-9.]+" viewBox="[^"]*"', "", svg, count=1)
    view = f'width="400" height="1200" preserveAspectRatio="none" viewBox="{left} 0 {wide} {height}"'
    cropped = whole.replace("<svg ", f"<svg {view} ", 1)
    problem = check_picture(bytes(vl_convert.svg_to_png(cropped, scale=1)))
    assert problem in {None, "it is blank"}
    return problem is not None


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in reports().items()])
def test_nothing_is_drawn_in_the_margins(make: Callable[[], Answer]) -> None:
    svg = _draw(make(), width=WIDTH, framed=True)
    assert strip(svg, WIDTH - MARGIN + 0.5, MARGIN - 0.5)
    assert strip(svg, 0, MARGIN - 0.5)
    assert not strip(svg, MARGIN, MARGIN), "text would be noticed"


TEXTS = {
    "latin": "Ada is mentioned most in Harbour Lights",
    "accents": "Zoë Ångström Łukasz Şükrü",
    "punctuation": "“Bosch”, ½ … — · O’Brien™ €5 (a)",
    "greek": "Ελένη Παπαδοπούλου",
    "cyrillic": "Василь Їжак д’Арк",
    "hebrew": "עקיבא שטיסל",
    "arabic": "محمد علي",
    "signs": "Tom ☆ Jones → B ♡ and a long way to go",
    "nowhere": f"The {NOWHERE * 3} Show",
    "cut": "A very long name that is cut … somewhere",
}


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in TEXTS.items()])
def test_a_line_is_as_wide_as_it_was_measured(text: str, bold: bool) -> None:
    size = 40.0
    placed, x = "", 0.0
    for run in runs(text, bold=bold):
        weight = "bold" if run.bold and run.text.strip() else "normal"
        family = f"{run.family}, Liberation Sans" if run.family else "Liberation Sans"
        placed += (
            f'<text y="50" x="{x}" font-size="{size}" font-family="{family}" font-weight="{weight}">{run.text}</text>'
        )
        x += size * run.width
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="1600" height="80" viewBox="0 0 1600 80">{placed}</svg>'
    assert x <= width(text, size, bold=bold) + 0.01
    assert strip(svg, x + 1, 40), "something is drawn beyond the measured width"
    assert not strip(svg, x - 0.8 * size, 0.8 * size), "the line ends well before the measured width"


def test_a_sign_of_another_font_changes_that_sign_and_not_the_line() -> None:
    line = runs("Tom ☆ Jones", bold=True)
    if without_font("☆"):
        pytest.skip("no font with ☆ is here")
    assert [(run.text, run.family is None) for run in line if run.text.strip()] == [
        ("Tom", True), ("☆", False), ("Jones", True),
    ]  # fmt: skip


def order(text: str) -> list[str]:
    return [run.text.replace("\u200f", "") for run in runs(text) if run.text.strip()]


def test_text_that_reads_from_right_to_left_is_put_in_that_order() -> None:
    assert order("אב is דה") == ["אב", "is", "דה"], "an English sentence reads from left to right"
    nowhere = BOX
    assert order(f"אב{NOWHERE}דה") == ["דה", nowhere, "אב"]
    assert "".join(order("Ada (אב) 1")) == "Ada (אב) 1"


def test_a_closing_bracket_stays_with_its_opening_one() -> None:
    parts = fonts.directions(fonts.clusters("אב (גד) is"))
    assert ["".join(signs) for signs, _ in parts] == ["אב (גד)", " is"]


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """A machine whose only font folder is an empty one."""
    cached = (fonts._families, fonts._font, fonts._cluster_width)
    for one in cached:
        one.cache_clear()
    monkeypatch.setattr(fonts, "_font_folders", lambda: [tmp_path, tmp_path / "not there"])
    yield tmp_path
    for one in cached:
        one.cache_clear()


def test_signs_that_no_font_has_are_named_and_boxes_in_the_picture(bare_machine: Path) -> None:
    answer = reports()["15-cjk"]()
    missing = signs_without_font(answer)
    assert set("影山飛雄김철수王小明ハ") <= set(missing)
    assert not set("KurooABC!, ") & set(missing)
    svg = _draw(answer, width=WIDTH, framed=True)
    assert not set(missing) & set(re.sub('aria-label="[^"]*"', "", svg))
    assert BOX * 2 in svg


def test_the_built_in_font_needs_no_other(bare_machine: Path) -> None:
    assert (
        without_font([TEXTS[name] for name in ("latin", "accents", "punctuation", "greek", "cyrillic", "hebrew")]) == ()
    )
    assert without_font(["e\u0301 a\u200db \ufe0f"]) == (), "marks are in no font of their own"


def test_a_font_that_is_installed_is_found_and_a_broken_one_passed_over(bare_machine: Path) -> None:
    font = next(Path("/usr/share/fonts").rglob("DejaVuSans.ttf"), None)
    if font is None:
        pytest.skip("DejaVu Sans is not here")
    shutil.copy(font, bare_machine)
    (bare_machine / "broken.ttf").write_bytes(b"no font")
    (bare_machine / "empty.otf").touch()
    (bare_machine / "dangling.ttf").symlink_to(bare_machine / "nothing")
    assert list(fonts._families()) == ["DejaVu Sans"]
    (run,) = runs("☆", bold=True)
    assert (run.family, run.bold) == ("DejaVu Sans", False), "there is no bold one"
    assert without_font("☆影") == ("影",)


def test_each_sign_has_a_package() -> None:
    assert debian_packages("影あ한") == ("fonts-noto-cjk",)
    assert debian_packages(["ก", "😀", "अ"]) == ("fonts-noto-color-emoji", "fonts-noto-core")
    assert debian_packages(()) == ()


def test_a_width_that_is_only_estimated_is_the_same_on_every_machine(bare_machine: Path) -> None:
    before = nominal_width("Ada 影 ☆ e\u0301", 20)
    assert before == pytest.approx(20 * sum([0.667, 0.556, 0.556, 0.278, 1, 0.278, 0.72, 0.278, 0.556]), rel=0.001)
