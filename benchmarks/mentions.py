"""How right and how fast the counting of mentions is, beside the method most people would write first.

    python benchmarks/mentions.py

prints three Markdown tables. Quality needs recorded TVMaze answers with hand counts: `TVMAZE_RECORDINGS` names a folder
of one folder a show, each with `cast.json`, `episodes.json` and `gold.json`, whose `derivable` and `other` hold, by
episode id and full cast name, how often a summary names a character: by a form that follows from the cast name, and by
another one. `annotated` lists the episodes that were read; only those count. Without it that table is left out. Speed
is measured on texts made here, naive method and ours in one run, the index included, in seconds of CPU; a ratio says
more than a time. The last table has texts that once were slow: twice the text may take twice the time.
"""

import json
import os
import random
import string
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tv_appearances.mentions.counting import count_mentions
from tv_appearances.tvmaze.models import Character, Episode, parse_cast, parse_episodes

Counts = Counter[tuple[int, str]]
"""Mentions by episode id and full cast name."""

NAMED = 2
SIZES = ((6, 236), (60, 700), (600, 14_000))
"""Names and summaries: Friends, a long drama, a soap."""


def naive(characters: Sequence[Character], episodes: Sequence[Episode]) -> Counts:
    """The first word of each cast name, counted as a piece of text."""
    counts: Counts = Counter()
    for character in characters:
        word = character.name.split(" ")[0]
        for episode in episodes:
            if found := (episode.summary or "").count(word):
                counts[episode.id, character.name] += found
    return counts


def ours(characters: Sequence[Character], episodes: Sequence[Episode]) -> Counts:
    counts: Counts = Counter()
    for mention in count_mentions(characters, episodes).mentions:
        if mention.character:
            counts[mention.episode_id, mention.character] += mention.mentions
    return counts


def quality(recordings: Path) -> Iterator[str]:
    yield "| show | mentions by hand | method | precision | recall | recall with other forms |"
    yield "|---|---:|---|---:|---:|---:|"
    sums: dict[str, Counter[str]] = {method.__name__: Counter() for method in (naive, ours)}
    for gold_file in sorted(recordings.glob("*/gold.json")):
        folder = gold_file.parent
        gold = json.loads(gold_file.read_text(encoding="utf-8"))
        derivable, other = (
            Counter({(int(episode), name): n for episode, row in gold[part].items() for name, n in row.items()})
            for part in ("derivable", "other")
        )
        read = {int(episode) for episode in gold.get("annotated", gold["derivable"])}
        characters = parse_cast(json.loads((folder / "cast.json").read_text(encoding="utf-8")))
        episodes = parse_episodes(json.loads((folder / "episodes.json").read_text(encoding="utf-8")))
        for method in (naive, ours):
            found = Counter({key: n for key, n in method(characters, episodes).items() if key[0] in read})
            counts = Counter(
                found=found.total(),
                right=(found & (derivable + other)).total(),
                derived=(found & derivable).total(),
                derivable=derivable.total(),
                hand=(derivable + other).total(),
            )
            sums[method.__name__] += counts
            yield _line(folder.name, method.__name__, counts)
    for method, counts in sums.items():
        yield _line("all", method, counts)


def _line(show: str, method: str, counts: Counter[str]) -> str:
    precision = counts["right"] / (counts["found"] or 1)
    recall = counts["derived"] / (counts["derivable"] or 1)
    whole = counts["right"] / (counts["hand"] or 1)
    return f"| {show} | {counts['hand']} | {method} | {precision:.3f} | {recall:.3f} | {whole:.3f} |"


def made_up(names: int, summaries: int) -> tuple[list[Character], list[Episode]]:
    """A cast and summaries of two sentences, 160 characters, each naming one of them; the same in every run."""
    rng = random.Random(1)
    words = ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 9))) for _ in range(2_000)]
    cast = [f"{rng.choice(words)}{at} {rng.choice(words)}{at}".title() for at in range(names)]
    episodes = []
    for at in range(summaries):
        texts = [rng.choices(words, k=12) for _ in range(NAMED)]
        for text in texts:
            text[rng.randrange(12)] = rng.choice(cast).split(" ")[0]
        summary = " ".join(f"{' '.join(text)}." for text in texts)
        episodes.append(Episode(at, 1 + at // 24, 1 + at % 24, "", None, f"<p>{summary}</p>"))
    return [Character(at, name, "") for at, name in enumerate(cast)], episodes


def seconds(work: Callable[[], object], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def speed() -> Iterator[str]:
    yield "| names × summaries | naive, ms | ours, ms | naive / ours |"
    yield "|---|---|---|---|"
    for names, summaries in SIZES:
        characters, episodes = made_up(names, summaries)
        slow = seconds(lambda: naive(characters, episodes), 3)  # noqa: B023  # called at once
        fast = seconds(lambda: count_mentions(characters, episodes), 5)  # noqa: B023
        yield f"| {names} × {summaries:,} | {slow * 1e3:.1f} | {fast * 1e3:.1f} | {slow / fast:.1f} |"


def slope() -> Iterator[str]:
    """Texts in which everything is ambiguous, or nearly a name: seconds for one, and for one of twice the length."""
    kates = [Character(1, "Kate Warner", ""), Character(2, "Kate Morgan", "")]
    roes = [Character(1, "Bo Roe", ""), Character(2, "Ann Roe", "")]
    nested = [Character(at, "A" * at, "") for at in range(1, 51)]
    cases = (
        ("two Kates, 232 kB", kates, "Kate Warner came. Kate left. " * 8_000),
        ("A, AA, … AAA, 100 kB of `a`", nested, "a" * 100_000),
        ("a surname of two, 304 kB", roes, "Roe left. Ann came. " * 16_000),
    )
    yield "| text | s | s, twice the text |"
    yield "|---|---|---|"
    for name, characters, text in cases:
        once, twice = (
            seconds(lambda: count_mentions(characters, [Episode(1, 1, 1, "", None, text * times)]), 2)  # noqa: B023
            for times in (1, 2)
        )
        yield f"| {name} | {once:.2f} | {twice:.2f} |"


def main() -> None:
    recordings = os.environ.get("TVMAZE_RECORDINGS")
    if recordings:
        print("\n".join(quality(Path(recordings))), end="\n\n")
    else:
        print("quality: left out, TVMAZE_RECORDINGS names no folder of recorded answers", file=sys.stderr)
    print("\n".join(speed()), end="\n\n")
    print("\n".join(slope()))


if __name__ == "__main__":
    main()
