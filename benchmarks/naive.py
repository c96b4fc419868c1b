"""The baseline: the same five assets the plain way, with Dagster's defaults.

One file a step, no timeout, no validation, a process for each step, the first word of a name as the name, and the
picture drawn by a service. The names of assets and files are those of `tv_appearances`.
"""

import json
import os
from pathlib import Path

import dagster as dg
import requests

TVMAZE = os.environ["TVMAZE_URL"]
QUICKCHART = os.environ["QUICKCHART_URL"]


def load(name):
    return json.loads(Path(name).read_text())


def save(name, value):
    Path(name).write_text(json.dumps(value))


@dg.asset
def tv_show_info():
    save("show.json", requests.get(f"{TVMAZE}/search/shows?q=friends").json()[0])


@dg.asset(deps=[tv_show_info])
def episodes():
    save("episodes.json", requests.get(f"{TVMAZE}/shows/{load('show.json')['show']['id']}/episodes").json())


@dg.asset(deps=[tv_show_info])
def characters():
    cast = requests.get(f"{TVMAZE}/shows/{load('show.json')['show']['id']}/cast").json()
    save("characters.json", [entry["character"]["name"].split(" ")[0] for entry in cast])


@dg.asset(deps=[episodes, characters])
def character_appearances():
    text = [episode["summary"] for episode in load("episodes.json")]
    save("character_appearances.json", {name: sum(t.count(name) for t in text) for name in load("characters.json")})


@dg.asset(deps=[character_appearances])
def appearances_report():
    counts = load("character_appearances.json")
    chart = {"type": "bar", "data": {"labels": list(counts), "datasets": [{"data": list(counts.values())}]}}
    order = {"chart": chart, "width": 500, "height": 300, "devicePixelRatio": 2}
    Path("appearances.png").write_bytes(requests.post(f"{QUICKCHART}/chart", json=order).content)


defs = dg.Definitions([tv_show_info, episodes, characters, character_appearances, appearances_report])
