"""Dagster's UI as a new user meets it, in a real browser: `dagster dev` in an empty folder, and then the clicks.

One instance lives through all of it, so the tests run in the order they stand in. TVMaze is out of reach at first, so
that everything shows the sample; for the launchpad it comes up. `SCREENSHOTS=docs` takes the README's pictures anew.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tv_appearances_tests.report.test_page_in_browser import CHROMIUM, FLAGS
from tv_appearances_tests.test_commands import PATIENCE, ROOT
from tv_appearances_tests.test_daemon import ASSETS, Dev, free_port, wait_for
from tv_appearances_tests.tvmaze_server import TVMazeServer

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = sync_api.expect
expect.set_options(timeout=1000 * PATIENCE)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("one instance"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

SCREENSHOTS = os.environ.get("SCREENSHOTS")
RUNS = "{ runsOrError { ... on Runs { results { status } } } }"
PICTURES = "[...document.images].filter(i => i.src.startsWith('data:image/png')).map(i => i.naturalWidth)"
ANOTHER_SHOW = "ops:\n  tv_show_info:\n    config:\n      show: the lighthouse\n"


class UI(Dev):
    """`dagster dev` in a folder of its own, and a page of the browser that looks at it."""

    def __init__(self, folder: Path, page: Any) -> None:
        self.page, self.tvmaze_port = page, free_port()
        for name in ("dagster.yaml", "workspace.yaml"):
            shutil.copy(ROOT / name, folder)
        super().__init__(folder, f"dagster dev -p {free_port()}", TVMAZE_URL=f"http://127.0.0.1:{self.tvmaze_port}")

    def open(self, path: str) -> Any:
        self.page.goto(self.address + path)
        return self.page

    def runs(self) -> list[str]:
        """The states of all runs, the newest first."""
        return [run["status"] for run in self.ask(RUNS)["runsOrError"]["results"]]

    def wait_for_runs(self, count: int) -> None:
        wait_for(f"{count} runs that ended", lambda: self.runs() == ["SUCCESS"] * count)

    def take(self, name: str) -> None:
        if SCREENSHOTS:
            self.page.screenshot(path=Path(SCREENSHOTS) / name, animations="disabled")


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UI]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS[1:], "--no-proxy-server"])
        page = browser.new_page(viewport={"width": 1200, "height": 800})
        page.set_default_timeout(1000 * PATIENCE)
        ui = UI(tmp_path_factory.mktemp("ui"), page)
        try:
            yield ui
        finally:
            ui.close()
            browser.close()


def test_a_fresh_instance_builds_everything_without_a_click(ui: UI) -> None:
    ui.wait_for_runs(1)
    assert (ui.folder / "data" / "appearances.html").exists()


def test_the_automation_page_shows_the_sensor_switched_on(ui: UI) -> None:
    page = ui.open("/automation")
    expect(page.get_by_text("keep_current")).to_be_visible()
    expect(page.get_by_role("switch").or_(page.locator("input[type=checkbox]:checked"))).to_be_checked()


def test_the_graph_has_five_assets_in_two_groups(ui: UI) -> None:
    ui.page.set_viewport_size({"width": 1200, "height": 520})
    page = ui.open("/asset-groups")
    graph = page.locator("svg").filter(has_text="ingestion")
    expect(graph).to_contain_text("analysis")
    page.get_by_text("Hide navigation").click()
    page.get_by_role("button", name="panel_show_right").last.click()
    page.keyboard.press("Alt+e")  # unfolds every group
    for asset in ASSETS:
        expect(graph.get_by_text(asset[-12:]).first).to_be_visible()
    assert [graph.get_by_text(group, exact=True).count() for group in ("ingestion", "analysis")] == [1, 1]
    ui.take("graph.png")


def test_materialize_all_runs_all_five(ui: UI) -> None:
    ui.open("/asset-groups").get_by_role("button", name="Materialize all").click()
    ui.wait_for_runs(2)
    page = ui.open("/runs")
    expect(page.get_by_text("5 assets").first).to_be_visible()
    expect(page.get_by_text("Success").nth(1)).to_be_visible()


@pytest.mark.parametrize("asset", ASSETS)
def test_an_asset_says_what_it_is_and_what_it_holds(ui: UI, asset: str) -> None:
    page = ui.open(f"/assets/{asset}")
    expect(page.get_by_text("File", exact=False).first).to_be_visible()
    expect(page.get_by_text("source", exact=True).first).to_be_visible()
    expect(page.get_by_text("sample", exact=True).first).to_be_visible()
    expect(page.get_by_text("keep_current").first).to_be_visible()


def test_the_report_shows_its_picture(ui: UI) -> None:
    ui.page.set_viewport_size({"width": 1200, "height": 800})
    page = ui.open("/assets/appearances_report")
    expect(page.get_by_text("is mentioned most in the Friends sample").first).to_be_visible()
    page.get_by_text("[Show Markdown]").first.click()
    expect(page.get_by_role("img", name="mentioned most")).to_be_visible()
    (width,) = page.evaluate(PICTURES)
    assert 0 < width <= 800, "a wider one is cut off by the dialog"
    ui.take("asset.png")


def test_numbers_are_plotted(ui: UI) -> None:
    page = ui.open("/assets/episodes")
    page.get_by_text("Plots").first.click()
    expect(page.get_by_text("num_episodes", exact=True)).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible()


def test_the_checks_are_green_and_the_sample_is_a_warning(ui: UI) -> None:
    page = ui.open("/assets/tv_show_info?view=checks")
    expect(page.get_by_text("Succeeded")).to_have_count(3)
    page.get_by_text("data_is_live").first.click()
    expect(page.get_by_text("This is the built-in sample")).to_be_visible()


def test_the_launchpad_runs_another_show(ui: UI) -> None:
    with TVMazeServer(port=ui.tvmaze_port):
        ui.open("/asset-groups").get_by_role("button", name="Materialize all").click(modifiers=["Shift"])
        page = ui.page
        expect(page.get_by_text("Launchpad (configure assets)")).to_be_visible()
        expect(page.get_by_text("No errors")).to_be_visible()
        page.locator(".CodeMirror.cm-s-config-editor").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(ANOTHER_SHOW)
        page.get_by_role("dialog").get_by_role("button", name="Materialize").click()
        ui.wait_for_runs(3)
        page = ui.open("/assets/appearances_report")
        expect(page.get_by_text("is mentioned most in The Lighthouse").first).to_be_visible()
        page = ui.open("/assets/tv_show_info?view=checks")
        expect(page.get_by_text("Succeeded").nth(3)).to_be_visible()
