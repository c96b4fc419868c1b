"""What a browser makes of the page: text stays text, nothing is loaded, and a phone need not be turned."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tv_appearances.report.answer import build_answer
from tv_appearances.report.page import page
from tv_appearances.report.picture import render_svg
from tv_appearances.tvmaze.models import Show
from tv_appearances_tests.answers import ATTACK, answer_of, episodes, mentions
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
