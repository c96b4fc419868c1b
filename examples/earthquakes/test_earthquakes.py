"""The promises, against a server on loopback that answers in the form of the feed, or with a fault."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest
from definitions import MADE_BY, defs, earthquakes, strongest_by_day
from feed import Feed

from tv_appearances.storage import Folder


def quake(name: str, time: int, magnitude: object) -> dict[str, Any]:
    return {"type": "Feature", "id": name, "properties": {"mag": magnitude, "place": f"near {name}", "time": time}}


@pytest.fixture
def server() -> Iterator[SimpleNamespace]:
    """The feed: `features` is what it lists, `status` what it answers with, `asked` how often it was asked."""
    state = SimpleNamespace(
        features=[quake("a", 0, 4.5), quake("b", 1, 6), quake("c", 86_400_000, 5.25)], status=200, asked=0
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            body = json.dumps({"metadata": {"generated": state.asked}, "features": state.features}).encode()
            self.send_response(state.status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.url = f"http://127.0.0.1:{http.server_port}"
        Thread(target=http.serve_forever, daemon=True).start()
        yield state
        http.shutdown()


def run(server: Any, folder: Path) -> dg.ExecuteInProcessResult:
    resources = {"feed": Feed(server.url), "files": Folder(folder, made_by=MADE_BY)}
    return dg.materialize([earthquakes, strongest_by_day], resources=resources, raise_on_error=False)


def version(result: dg.ExecuteInProcessResult, asset: str) -> str | None:
    return (result.asset_materializations_for_node(asset)[0].tags or {}).get("dagster/data_version")


def test_the_strongest_of_each_day_is_found(server: Any, tmp_path: Path) -> None:
    assert run(server, tmp_path).success
    assert json.loads((tmp_path / "days.json").read_text()) == {
        "1970-01-01": {"count": 2, "magnitude": 6.0, "place": "near b"},
        "1970-01-02": {"count": 1, "magnitude": 5.25, "place": "near c"},
    }


def test_the_data_version_is_what_is_used_and_not_the_stamp(server: Any, tmp_path: Path) -> None:
    first, second = run(server, tmp_path), run(server, tmp_path)
    server.features[0] = quake("a", 0, 4.6)
    third = run(server, tmp_path)
    assert version(first, "earthquakes") == version(second, "earthquakes") != version(third, "earthquakes")
    assert version(first, "strongest_by_day") == version(third, "strongest_by_day")


def test_a_failure_is_one_sentence_and_keeps_every_file(server: Any, tmp_path: Path) -> None:
    run(server, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.glob("*.json")}
    server.status = 404
    failure: Any = run(server, tmp_path).failure_data_for_node("earthquakes")
    assert "the earthquakes of this week" in failure.user_failure_data.description
    assert {path: path.read_bytes() for path in tmp_path.glob("*.json")} == before


def test_one_odd_row_costs_that_row_and_warns(server: Any, tmp_path: Path) -> None:
    server.features.append(quake("odd", 2, "strong"))
    result = run(server, tmp_path)
    assert result.success
    notes = [check.description for check in result.get_asset_check_evaluations() if not check.passed]
    assert notes == ['features[3].properties.mag: expected a number, got "strong"']


def test_an_empty_week_stops_at_the_blocking_check(server: Any, tmp_path: Path) -> None:
    server.features = []
    run(server, tmp_path)
    assert [path.name for path in tmp_path.glob("*.json")] == ["week.json"]


def test_a_fresh_instance_builds_both_and_a_quiet_day_nothing() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        first = dg.evaluate_automation_conditions(defs, instance)
        second = dg.evaluate_automation_conditions(defs, instance, cursor=first.cursor)
    assert (first.total_requested, second.total_requested) == (2, 0)
