"""`evidence.json`: what the count saw besides the counts, for the reader of a report, written and read.

Belongs here: the form of that file. Does not belong here: its place on disk.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tv_appearances.fetching.fields import SchemaError, integer_at, object_at, objects_at, text_at


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of an episode's summary and (start, end) of each form in it that was counted."""

    episode_id: int
    text: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the count saw besides the counts.

    `quotes` has, by cast name, the first sentences that name its bearer and how many more there are; `unclaimed`
    (word, mentions, episodes) for what the texts use as a name and nobody in the cast bears, the most frequent first;
    `could_be`, for each form that is counted for nobody, the cast names of those whom it may mean.
    """

    quotes: Mapping[str, tuple[tuple[Said, ...], int]] = field(default_factory=dict)
    unclaimed: tuple[tuple[str, int, int], ...] = ()
    could_be: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def write_evidence(evidence: Evidence) -> str:
    """The content of `evidence.json`: one line for each character, name and form, so that two versions compare well."""
    content: dict[str, list[dict[str, object]]] = {
        "quotes": [
            {
                "character": name,
                "more": more,
                "sentences": [{"episode_id": s.episode_id, "text": s.text, "marks": s.marks} for s in sentences],
            }
            for name, (sentences, more) in sorted(evidence.quotes.items())
        ],
        "unclaimed": [{"word": word, "mentions": n, "episodes": e} for word, n, e in evidence.unclaimed],
        "could_be": [{"form": form, "characters": names} for form, names in sorted(evidence.could_be.items())],
    }
    parts = []
    for name, rows in content.items():
        lines = ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in rows)
        parts.append(f'  "{name}": [\n{lines}\n  ]' if rows else f'  "{name}": []')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def read_evidence(value: object) -> Evidence:
    """What `write_evidence` wrote, decoded.

    Raises:
        SchemaError: it is something else.
    """
    fields = object_at(value, "evidence")

    def rows(name: str) -> Sequence[tuple[str, Mapping[str, object]]]:
        return tuple(objects_at(fields.get(name), f"evidence.{name}"))

    quotes = {
        text_at(row, "character", at): (
            tuple(
                Said(integer_at(s, "episode_id", there), text_at(s, "text", there), _marks(s.get("marks"), there))
                for there, s in objects_at(row.get("sentences"), f"{at}.sentences")
            ),
            integer_at(row, "more", at),
        )
        for at, row in rows("quotes")
    }
    unclaimed = tuple(
        (text_at(row, "word", at), integer_at(row, "mentions", at), integer_at(row, "episodes", at))
        for at, row in rows("unclaimed")
    )
    could_be = {text_at(row, "form", at): _names(row.get("characters"), at) for at, row in rows("could_be")}
    return Evidence(quotes, unclaimed, could_be)


def _marks(value: object, path: str) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    for mark in value if isinstance(value, list) else [None]:
        if not isinstance(mark, list) or list(map(type, mark)) != [int, int]:
            break
        found.append((mark[0], mark[1]))
    else:
        return tuple(found)
    raise SchemaError(f"{path}.marks", "a list of pairs of numbers", value)


def _names(value: object, path: str) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise SchemaError(f"{path}.characters", "a list of names", value)
