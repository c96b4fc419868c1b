"""What a browser makes of the page: text stays text, nothing is loaded or lost, and everybody can read it."""

import dataclasses
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tv_appearances.report import overview
from tv_appearances.report.answer import Answer, build_answer
from tv_appearances.report.page import page, quotes_shown
from tv_appearances.report.picture import render_svg
from tv_appearances.tvmaze.models import Show
from tv_appearances_tests.answers import ATTACK, answer_of, episodes, mentions
from tv_appearances_tests.gallery import reports
from tv_appearances_tests.test_commands import PATIENCE

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def dom_of(document: str, folder: Path, *flags: str) -> str:
    """The document as Chromium has it once it is loaded."""
    file = folder / "document.html"
    file.write_text(document, encoding="utf-8")
    profile = f"--user-data-dir={folder / 'profile'}"
    ran = subprocess.run(
        [str(CHROMIUM), *FLAGS, *flags, profile, "--dump-dom", file.as_uri()],
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    return ran.stdout


def attacked_page() -> str:
    listed, found = episodes(3, seasons=2), mentions(ATTACK, {1: 2, 2: 1})
    answer = build_answer(
        Show(1, ATTACK, url=ATTACK), "live", listed, {ATTACK: ATTACK, "Bo": f"{ATTACK} 2"}, found, [ATTACK]
    )
    return page(answer, render_svg(answer))


@pytest.mark.promise
def test_a_show_and_a_character_that_are_an_attack_stay_text(tmp_path: Path) -> None:
    # Without the policy that forbids scripts, so that escaping alone has to hold.
    document = attacked_page().replace("default-src 'none'; style-src 'unsafe-inline'", "")
    dom = dom_of(document, tmp_path)
    assert "<title>taken over" not in dom
    assert "<img" not in dom
    assert "&lt;img src=x" in dom


def test_the_attack_would_have_been_noticed(tmp_path: Path) -> None:
    document = f"<title>Safe</title><p>{ATTACK}</p>"
    assert "<title>taken over" in dom_of(document, tmp_path)


def test_the_policy_of_the_page_would_stop_a_script_that_got_in(tmp_path: Path) -> None:
    document = attacked_page().replace("<main>", "<main><script>document.title = 'taken over'</script>" + ATTACK)
    assert "<title>taken over" not in dom_of(document, tmp_path)


def test_the_page_fits_a_phone(tmp_path: Path) -> None:
    names = {f"Commissioner {'Anastasia' * 3} Number {at}": 30 - at for at in range(30)}
    answer = answer_of(names, listed=episodes(30, seasons=12))
    (tmp_path / "report.html").write_text(page(answer, render_svg(answer)), encoding="utf-8")
    # The page itself may run no script, so one around it measures.
    around = """<!doctype html><title>?</title><iframe src="report.html" style="width:375px;height:800px"></iframe>
        <script>onload = () => {
            const html = document.querySelector("iframe").contentDocument.documentElement
            document.title = `${html.scrollWidth} of ${html.clientWidth}`
        }</script>"""
    measured = dom_of(around, tmp_path, "--allow-file-access-from-files")
    wide, room = (int(word) for word in measured.partition("<title>")[2].partition("</title>")[0].split(" of "))
    assert 0 < room <= 375
    assert wide <= room


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS[1:], "--no-proxy-server"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def axe() -> str:
    script = Path(__file__).parents[2] / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        pytest.skip("axe-core is not here: make axe")
    return script.read_text(encoding="utf-8")


def violations(browser: Any, axe: str, document: str) -> set[str]:
    """What axe-core finds in light and dark, on a desktop and a phone, and a page that is wider than its window."""
    context = browser.new_context(bypass_csp=True)
    try:
        tab = context.new_page()
        tab.set_content(document)
        tab.evaluate(axe)
        found = set()
        for scheme in ("light", "dark"):
            for width in (1280, 375):
                tab.emulate_media(color_scheme=scheme)
                tab.set_viewport_size({"width": width, "height": 800})
                result = tab.evaluate("axe.run(document, {resultTypes: ['violations']})")
                where = f"{scheme}, {width} pixels"
                found |= {f"{rule['id']} ({where}): {rule['nodes'][0]['html']}" for rule in result["violations"]}
                if tab.evaluate("document.documentElement.scrollWidth") > width:
                    found.add(f"too wide ({where})")
        return found
    finally:
        context.close()


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in reports().items()])
def test_everybody_can_read_the_page(browser: Any, axe: str, make: Callable[[], Answer]) -> None:
    answer = make()
    document = page(answer, render_svg(answer))
    assert violations(browser, axe, document) == set()
    unfolded = document.replace("<details>", "<details open>")
    if len(document) < 100_000:
        assert violations(browser, axe, unfolded) == set()


def test_everybody_can_read_the_overview(browser: Any, axe: str) -> None:
    answers = {name: make() for name, make in reports().items() if name < "07"}
    rows = [
        overview.OverviewRow(show=name, asked=name, **dataclasses.asdict(overview.summary(answer)))
        for name, answer in answers.items()
    ]
    late = overview.OverviewRow("late", "Late", "Late", why="Not in TVMaze.")
    assert violations(browser, axe, overview.page([*rows, late], {rows[0].show}, ["a line that is no show"])) == set()


def test_what_cannot_be_read_would_be_noticed(browser: Any, axe: str) -> None:
    document = page(answer_of({"Ada": 1}), "").replace("--muted: #59626c", "--muted: #a9b2bc")
    assert any("color-contrast (light" in found for found in violations(browser, axe, document))


def printed(browser: Any, document: str, paper: str, folder: Path) -> str:
    """The text on paper, in reading order; what lies beyond the edge of a sheet is not there."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext (poppler-utils) is not installed")
    tab = browser.new_page()
    tab.set_content(document)
    pdf = folder / "page.pdf"
    tab.pdf(path=pdf, format=paper)
    tab.close()
    read = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True, encoding="utf-8")
    return read.stdout


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("name", ["08-cast-of-300", "20-seasons-by-year", "21-a-soap-of-60-seasons"])
def test_nothing_is_lost_on_paper(browser: Any, tmp_path: Path, name: str, paper: str) -> None:
    answer = reports()[name]()
    text = printed(browser, page(answer, render_svg(answer)), paper, tmp_path)
    heads = re.findall(r"^[ \f]*Season ([ 0-9]+)$", text, re.MULTILINE)  # again on a new sheet
    seasons = [int(season) for line in heads for season in line.split()]
    assert list(dict.fromkeys(seasons)) == [season for season, _, _ in answer.seasons]
    for row in answer.rows:
        assert re.search(rf"^[ \f]*{row.label} +{row.mentions:,} +{row.episodes:,} ", text, re.MULTILINE), row.label
    shown = sum(min(len(row.quotes), quotes_shown(answer.rows)) for row in answer.rows)
    assert shown > 100
    assert text.count("While the rest of") == shown
