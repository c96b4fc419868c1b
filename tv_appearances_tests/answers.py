"""Answers for the tests of the report and its pictures, built as a run builds them."""

from collections.abc import Mapping, Sequence

from tv_appearances.report.answer import Answer, build_answer
from tv_appearances.tvmaze.models import Episode, Mention, Show, Source

HARBOUR = Show(id=7, name="Harbour Lights", url="https://www.tvmaze.com/shows/7/harbour-lights", updated=1_567_929_600)
ATTACK = "</script><img src=x onerror=\"document.title='taken over'\">"


def episodes(count: int, seasons: int = 1, with_text: int | None = None) -> list[Episode]:
    """`count` episodes in each season; the first `with_text` of all have a summary, by default every one."""
    numbers = [(season, number) for season in range(1, seasons + 1) for number in range(1, count + 1)]
    return [
        Episode(
            at, season, number, f"Part {at}", summary="<p>Rain.</p>" if with_text is None or at <= with_text else None
        )
        for at, (season, number) in enumerate(numbers, start=1)
    ]


def mentions(character: str, per_episode: Mapping[int, int], form: str | None = None, season: int = 1) -> list[Mention]:
    """Of a character by one form of the name: episode id → how often; the episodes are those of `episodes`."""
    return [Mention(at, season, at, character, form or character, count) for at, count in per_episode.items()]


def answer_of(
    counts: Mapping[str, int],
    *,
    show: Show = HARBOUR,
    source: Source = "live",
    listed: Sequence[Episode] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Answer:
    """An answer in which each name is mentioned so many times, once an episode from the first one on."""
    listed = episodes(max(counts.values(), default=0) or 10) if listed is None else listed
    found = [m for name, count in counts.items() for m in mentions(name, dict.fromkeys(range(1, count + 1), 1))]
    return build_answer(show, source, listed, labels or {name: name for name in counts}, found)
