"""Two dozen reports to look at, of every kind that once went wrong: `make gallery` writes them to `gallery/`.

The shows whose answers were recorded are there where TVMAZE_RECORDINGS names the recordings; the others are made up.
The tests in a browser look at the same reports.
"""

import html
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from tv_appearances.assets.analysis import _evidence
from tv_appearances.mentions import counting
from tv_appearances.mentions.aliases import Aliases
from tv_appearances.report.answer import Answer, Contender, Quote, build_answer
from tv_appearances.report.page import page
from tv_appearances.report.picture import render_png, render_svg, signs_without_font
from tv_appearances.tvmaze.models import (
    Episode,
    Mention,
    Show,
    Source,
    parse_cast,
    parse_characters,
    parse_episodes,
    parse_show,
)
from tv_appearances_tests.answers import answer_of, episodes

FOLDER = Path(__file__).parents[1] / "gallery"
SAMPLE = Path(__file__).parents[1] / "tv_appearances" / "tvmaze" / "sample_data"
HARBOUR = Show(7, "Harbour Lights", "https://www.tvmaze.com/shows/7/harbour-lights", 1_567_929_600, "1994-09-22", "BBC")


def of_names(show: str, *names: str) -> Answer:
    """A show in which the names are mentioned, each less often than the one before; three sentences of each."""
    counts = {name: 2 * (len(names) - at) + 1 for at, name in enumerate(names)}
    listed = addressed(episodes(2 * len(names) + 1, seasons=2))
    return quoted(answer_of(counts, show=replace(HARBOUR, name=show), listed=listed), most=3)


def addressed(listed: Sequence[Episode]) -> list[Episode]:
    return [replace(episode, url=f"https://www.tvmaze.com/episodes/{episode.id}/part") for episode in listed]


def quoted(answer: Answer, most: int | None = None) -> Answer:
    """The answer with a sentence for every mention, or so many, all in the first episode of the character."""
    rows = []
    for row in answer.rows:
        text = f"While the rest of the town sleeps, {row.label} waits for the tide, and nobody can say what will come."
        start = text.index(row.label)
        quote = Quote(row.first, text, ((start, start + len(row.label)),), row.first.url)
        rows.append(replace(row, quotes=((quote,) * row.mentions)[:most]))
    return replace(answer, rows=tuple(rows))


def of_seasons(seasons: Sequence[int], each: int, cast: int) -> Answer:
    """A show of many seasons: so many episodes in each, every one of which mentions three of the cast."""
    listed = addressed(
        [
            Episode(at, season, number, f"Part {at}", summary="<p>Rain.</p>")
            for at, (season, number) in enumerate(((s, n) for s in seasons for n in range(1, each + 1)), start=1)
        ]
    )
    names = [f"Character {chr(65 + at % 26)}{at}" for at in range(cast)]
    found = [
        Mention(e.id, e.season, e.number, names[(e.id * step + e.id // 7) % cast], "Character", 1)
        for e in listed
        for step in (1, 3, 5)
    ]
    return quoted(build_answer(HARBOUR, "live", listed, {name: name for name in names}, found))


def counted(show: Show, source: Source, listed: object, cast: object) -> Answer:
    """The answer as the assets come to it."""
    parsed = parse_episodes(listed)
    characters = parse_cast(cast) if "person" in json.dumps(cast) else parse_characters(cast)
    reading = counting.read(characters, parsed, Aliases().of(show.name, show.id))
    found = reading.tally.mentions
    return build_answer(
        show, source, parsed, counting.labels(characters, found), found, reading.tally.left_out, _evidence(reading)
    )


def read(folder: Path, name: str) -> object:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def recorded(folder: Path) -> Answer:
    return counted(
        parse_show(read(folder, "show.json")), "live", read(folder, "episodes.json"), read(folder, "cast.json")
    )


def sample() -> Answer:
    (result,) = read(SAMPLE, "search.json")[:1]  # type: ignore[index]
    return counted(parse_show(result["show"]), "sample", read(SAMPLE, "episodes.json"), read(SAMPLE, "cast.json"))


def ambiguous() -> Answer:
    answer = of_names("Harbour Lights", "Maddie", "Harry", "Irving")
    return replace(
        answer,
        contenders=(Contender("Bosch", 108, ("Maddie", "Harry")), Contender("Walt", 6)),
        ambiguous=(("Bosch", 108, 60),),
        unclaimed=(("Walt", 6, 4), ('The "Duke"', 2, 2)),
    )


HIGHNESS = "Her Serene Highness Princess Anastasia Wilhelmina of Habsburg"
NAMES: Mapping[str, tuple[str, ...]] = {
    "05-cast-of-1": ("Alone", "Ada"),
    "06-cast-of-2": ("The Two", "Ada", "Bo"),
    "07-cast-of-60": ("Large", *(f"Keeper Number {at}" for at in range(1, 61))),
    "08-cast-of-300": ("Huge", *(f"Sailor Number {at}" for at in range(1, 301))),
    "09-long-names-and-three-alike": (
        "Names", f"{HIGHNESS} I", "Al", f"{HIGHNESS} II", f"{HIGHNESS} III",
        "Bartholomew Featherstonehaugh-Cholmondeley", "Jo",
    ),
    "10-latin-with-accents": (
        "Über Ålesund", "Zoë Ångström", "Łukasz Żółć", "Şükrü Iğdır", "Nguyễn Phượng", "Ȟe Ṣadaq",
    ),
    "11-greek": ("Το Νησί", "Ελένη Παπαδοπούλου", "Γιώργος", "Σίσυφος"),
    "12-cyrillic": ("Слуга народа", "Василь Голобородько", "Їжак", "Жанна д’Арк"),
    "13-hebrew": ("שטיסל", "עקיבא שטיסל", "שולם (אבא) 12", "גיטי", "Ruchami רוחמי"),
    "14-arabic": ("باب الحارة", "أبو عصام", "محمد علي", "سعاد - أم عصام", "Abu أبو"),
    "15-cjk": ("ハイキュー!!", "影山 飛雄", "日向 翔陽", "김철수", "王小明", "Kuroo 鉄朗"),
    "16-thai": ("บุพเพสันนิวาส", "การะเกด", "ขุนศรีวิสารวาจา", "เกศสุรางค์"),
    "17-emoji": ("The 🎬 Show", "Ada 😀", "👩‍👩‍👧 Family", "🏴‍☠️ Jack", "Thumbs 👍🏽"),
    "18-signs": ("Magic ☆ Girl → Next™", "Tom ☆ Jones", "A → B", "Brand™ ♡", "½ Man ≠ ∞"),
    "19-markup-and-formulas": (
        "M*A*S*H <b>", "<script>alert(1)</script>", "$x^2$ & {{7*7}}", "=SUM(A1:A9)", "O'Brien \"Obi\"",
        "a|b `c` [d](e)", "100% \\n",
    ),
}  # fmt: skip
"""The name of the show, and then those of its characters."""

REPORTS: Mapping[str, Callable[[], Answer]] = {
    "01-sample": sample,
    **{name: partial(of_names, *names) for name, names in NAMES.items()},
    "20-seasons-by-year": partial(of_seasons, range(1987, 2023), 12, 9),
    "21-a-soap-of-60-seasons": partial(of_seasons, range(1, 61), 234, 60),
    "22-ties": lambda: answer_of(dict.fromkeys(["Ada", "Bo", "Cy", "Di", "Eve"], 4), show=HARBOUR),
    "23-nobody": lambda: answer_of(dict.fromkeys(["Ada", "Bo", "Cy"], 0), show=HARBOUR),
    "24-the-leader-is-not-clear": ambiguous,
}
RECORDED = {"02-friends": "friends", "03-house": "house", "04-the-daily-show": "the-daily-show-with-jon-stewart"}


def reports() -> dict[str, Callable[[], Answer]]:
    """All that can be had here, by name."""
    recordings = os.environ.get("TVMAZE_RECORDINGS")
    real = {name: partial(recorded, Path(recordings) / show) for name, show in RECORDED.items()} if recordings else {}
    return dict(sorted({**REPORTS, **real}.items()))


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    index = ["<!doctype html><meta charset=utf-8><title>Gallery</title>"]
    for name, make in reports().items():
        answer = make()
        folder = FOLDER / name
        folder.mkdir(exist_ok=True)
        begun = time.perf_counter()
        document, picture = page(answer, render_svg(answer)), render_png(answer)
        took = time.perf_counter() - begun
        (folder / "appearances.html").write_text(document, encoding="utf-8")
        (folder / "appearances.png").write_bytes(picture)
        without = " ".join(signs_without_font(answer))
        size = len(document.encode())
        weights = f"page {size:9,}  picture {len(picture):7,}"
        print(f"{name:32} {took:5.2f} s  {weights}  {without and 'no font: ' + without}")
        picture_link = f'<a href="{name}/appearances.html"><img src="{name}/appearances.png" width="400"></a>'
        index.append(f"<h2>{html.escape(name)}</h2>{picture_link}")
    (FOLDER / "index.html").write_text("\n".join(index), encoding="utf-8")
    print(f"Look at {FOLDER / 'index.html'}")


if __name__ == "__main__":
    main()
