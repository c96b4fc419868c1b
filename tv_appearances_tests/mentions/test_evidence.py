"""What a show's own texts decide, on invented shows, and on shows of the same kinds in which they decide nothing."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tv_appearances.mentions.aliases import AliasError, aliases_file, read_aliases
from tv_appearances.mentions.counting import appearances, count_mentions, labels, read
from tv_appearances.mentions.quotes import MOST, quotes
from tv_appearances.mentions.unclaimed import unclaimed
from tv_appearances.tvmaze.models import Character, Episode

VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))


def cast(names: tuple[str, ...]) -> list[Character]:
    return [Character(at, name, "An Actor") for at, name in enumerate(names, start=1)]


def story(summaries: tuple[str, ...]) -> list[Episode]:
    return [Episode(at, 1, at, "", None, text) for at, text in enumerate(summaries, start=1)]


def named(names: tuple[str, ...], *summaries: str) -> dict[str, int]:
    """Mentions by full cast name; under "" those of which it cannot be said who is meant."""
    counts: Counter[str] = Counter()
    for mention in count_mentions(cast(names), story(summaries)).mentions:
        counts[mention.character] += mention.mentions
    return dict(counts)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["why"])
def test_a_vector_has_the_value_that_its_reason_gives(vector: dict[str, Any]) -> None:
    found = named(tuple(vector["characters"]), *vector.get("summaries", [vector.get("summary")]))
    expected = {name: count for name, count in vector["expected"].items() if count}
    assert {name: count for name, count in found.items() if name} == expected, vector["why"]


SHOWS = {path.stem: json.loads(path.read_text("utf-8")) for path in Path(__file__).with_name("shows").glob("*.json")}
"""Invented shows with what somebody who had not seen the code counted in each summary."""


def hits(show: dict[str, Any]) -> tuple[int, int, int]:
    """Mentions that are right, that were found, and that the reader counted."""
    found: Counter[tuple[int, str]] = Counter()
    for mention in count_mentions(cast(tuple(show["characters"])), story(tuple(show["episodes"]))).mentions:
        if mention.character:
            found[mention.episode_id, mention.character] += mention.mentions
    counted = Counter({(at, who): n for at, row in enumerate(show["per_episode"], 1) for who, n in row.items()})
    return (found & counted).total(), found.total(), counted.total()


def test_a_stranger_who_reads_the_shows_counts_nearly_the_same() -> None:
    right, found, counted = (sum(numbers) for numbers in zip(*map(hits, SHOWS.values()), strict=True))
    assert len(SHOWS) == 10
    assert right / found >= 0.94
    assert right / counted >= 0.97


@pytest.mark.parametrize("name", sorted(set(SHOWS) - {"short-circuit"}))
def test_the_leader_of_a_show_is_the_one_whom_a_reader_finds(name: str) -> None:
    show = SHOWS[name]
    found = named(tuple(show["characters"]), *show["episodes"])
    assert max((who for who in found if who), key=lambda who: found[who]) == show["leader"]


def test_a_leader_whose_nickname_the_cast_list_lacks_is_told_as_a_name_of_nobody() -> None:
    show = SHOWS["short-circuit"]
    (word, count, _), *_ = unclaimed(read(cast(tuple(show["characters"])), story(tuple(show["episodes"]))))
    assert word == "Sparks"
    assert count > max(named(tuple(show["characters"]), *show["episodes"]).values())


KESSLERS = ("Det. Raymond Kessler", "Lily Kessler")
BRANDTS = ("Walter Brandt", "Jonas Reyes")
WARDENS = ("The First Warden", "The Second Warden", "Ida Moss")


@pytest.mark.parametrize(
    ("names", "summaries", "expected"),
    [
        # whose a shared surname is
        (
            ("Raymond Kessler", "Lily Kessler"),
            ("Lily lies to Kessler.", "Kessler forgives Lily.", "Kessler reopens a case."),
            {"Raymond Kessler": 3, "Lily Kessler": 2},
        ),
        (
            ("Raymond Kessler", "Lily Kessler"),
            (*["Raymond Kessler opens a case."] * 5, "Kessler closes it. Kessler sleeps."),
            {"Raymond Kessler": 7},
        ),
        # short forms
        (
            BRANDTS,
            ("Walt lies to Jonas.", "Jonas leaves Walt Brandt.", "Walt's money is gone."),
            {"Walter Brandt": 3, "Jonas Reyes": 2},
        ),
        (("Zanthia Tull",), ("Zan steals a boat.", "A storm surprises Zan."), {"Zanthia Tull": 2}),
        # title roles
        (
            WARDENS,
            ("The Warden lands. Ida trusts the Warden.", "The Second Warden wakes. The Warden is old."),
            {"The Warden": 2, "Ida Moss": 1, "The Second Warden": 2},
        ),
        # titles and title-like names
        (
            ('Olivia "Liv" Moore', "Major Lilywood", "Ravi Chakra"),
            ("Major loses his job.", "Liv tells Major the truth, and Major leaves her.", "Ravi meets Major Kane."),
            {"Major Lilywood": 3, 'Olivia "Liv" Moore': 1, "Ravi Chakra": 1},
        ),
        (
            ("Dr. Sam Beckwith", "Admiral Al Calavecci"),
            ("Al tells Sam to leap.", "Sam meets a younger Al.", "Admiral Calavecci salutes."),
            {"Admiral Al Calavecci": 3, "Dr. Sam Beckwith": 2},
        ),
        (
            ("Khal Drogu", "Maester Lowin"),
            ("Drogu rides.", "Maester Lowin reads."),
            {"Khal Drogu": 1, "Maester Lowin": 1},
        ),
        # forms that the name implies
        (
            ("Anna St. Clair", "Peter St John"),
            ("St Clair sings to St. John.",),
            {"Anna St. Clair": 1, "Peter St John": 1},
        ),
        (
            ("Ron Mc Donald", "Maeve O Brien", "Donald Reed"),
            ("McDonald meets Mc Donald.", "O'Brien waits for Donald."),
            {"Ron Mc Donald": 2, "Maeve O Brien": 1, "Donald Reed": 1},
        ),
        # namesakes
        (
            ("Jack Tolliver", "Pam Irwin"),
            ("Pam hires Jack Montgomery. Jack robs Pam.", "Jack calls."),
            {"Pam Irwin": 2, "Jack Tolliver": 1},
        ),
        (
            ("Steven Sands",),
            ("A boy named Steven finds a gem.", "Steven sings.", "Steven sleeps."),
            {"Steven Sands": 3},
        ),
    ],
)
def test_the_texts_decide(names: tuple[str, ...], summaries: tuple[str, ...], expected: dict[str, int]) -> None:
    assert named(names, *summaries) == expected


@pytest.mark.parametrize(
    ("names", "summaries", "expected"),
    [
        # the daughter is meant half of the time
        (
            ("Raymond Kessler", "Lily Kessler"),
            ("Lily lies to Kessler.", "Kessler forgives Lily.", "Raymond grounds Kessler.", "Kessler defies Raymond."),
            {"Raymond Kessler": 2, "Lily Kessler": 2, "": 4},
        ),
        # one sentence is too little
        (("Raymond Kessler", "Lily Kessler"), ("Lily lies to Kessler.",), {"Lily Kessler": 1, "": 1}),
        # both are called by their full names
        (
            ("Raymond Kessler", "Lily Kessler"),
            (*["Raymond Kessler opens a case."] * 5, *["Lily Kessler sings."] * 5, "Kessler sleeps."),
            {"Raymond Kessler": 5, "Lily Kessler": 5, "": 1},
        ),
        # a guest called Walt: by a surname, by an introduction, beside Walter himself
        (BRANDTS, ("Walt Simmons robs a bank.", "Jonas arrests Walt."), {"Jonas Reyes": 1}),
        (BRANDTS, ("A trucker named Walt stops.", "Jonas pays Walt."), {"Jonas Reyes": 1}),
        (BRANDTS, ("Walter hires Walt.", "Jonas pays Walt."), {"Walter Brandt": 1, "Jonas Reyes": 1}),
        # two who could own it
        (("Walter Brandt", "Walter Moss"), ("Walt lies.", "Walt pays."), {}),
        # somebody whom many summaries call by the given name is not called otherwise in one
        (BRANDTS, (*["Walter waits."] * 12, "Walt pays."), {"Walter Brandt": 12}),
        # a clipped form in one sentence only
        (("Zanthia Tull",), ("Zan steals a boat.",), {}),
        # a title that stays one: both are used, and what follows it more often
        (("Major Lilywood",), ("Lilywood runs.", "Lilywood hides.", "Major problems arise."), {"Major Lilywood": 2}),
        # a given name and a guest who bears the middle one
        (("Mary Louise Dunmore",), ("Mary returns.", "Mary hires Louise."), {"Mary Louise Dunmore": 2}),
        # a family stays nobody's
        (KESSLERS, ("The Kessler family moves.", "The Kesslers argue with Lily."), {"Lily Kessler": 1}),
    ],
)
def test_where_the_evidence_points_the_other_way_nothing_is_decided(
    names: tuple[str, ...], summaries: tuple[str, ...], expected: dict[str, int]
) -> None:
    assert named(names, *summaries) == expected


def test_what_a_form_could_be_is_told() -> None:
    tally = count_mentions(cast(("Raymond Kessler", "Lily Kessler")), story(("Kessler waits.", "Lily waits.")))
    assert tally.could_be == {"Kessler": ("Lily Kessler", "Raymond Kessler")}


def test_labels_are_what_the_texts_call_somebody() -> None:
    people = cast(("Dr. Gregory House", "Lisa Cuddy", "Cosmo Kramer"))
    tally = count_mentions(
        people, story(("House fires Kramer.", "House calls Lisa.", "House hires Cosmo. Kramer eats."))
    )
    assert appearances(tally, people) == {"House": 3, "Lisa": 1, "Kramer": 3}
    assert labels(people) == {"Dr. Gregory House": "Gregory", "Lisa Cuddy": "Lisa", "Cosmo Kramer": "Cosmo"}


def test_a_label_stays_unless_another_form_is_used_twice_as_often() -> None:
    people = cast(("Gregory House",))
    texts = (*["House waits."] * 5, *["Gregory waits."] * 3)
    assert labels(people, count_mentions(people, story(texts)).mentions) == {"Gregory House": "Gregory"}


def test_a_surname_that_others_bear_is_no_label() -> None:
    people = cast(("Raymond Kessler", "Lily Kessler"))
    texts = ("Lily lies to Kessler.", "Kessler forgives Lily.", "Kessler sleeps.", "Kessler eats.")
    assert labels(people, count_mentions(people, story(texts)).mentions)["Raymond Kessler"] == "Raymond"


def test_a_sentence_is_quoted_as_it_was_written() -> None:
    text = "<p>It rains&#8212;again. Dr. Zøg’s <b>cat</b> fears “Béa”, and Zøg knows. Nobody else does.</p>"
    found = quotes(read(cast(("King Zøg", "Béa Roe")), story((text,))))
    (sentence,), more = found["King Zøg"]
    assert more == 0
    assert sentence.text == "Dr. Zøg’s cat fears “Béa”, and Zøg knows."
    assert [sentence.text[start:end] for start, end in sentence.marks] == ["Zøg", "Zøg"]
    ((other,), _) = found["Béa Roe"]
    assert [other.text[start:end] for start, end in other.marks] == ["Béa"]


def test_quotes_are_kept_few_and_the_rest_is_counted() -> None:
    names = tuple(f"Nam{chr(97 + at // 26)}{chr(97 + at % 26)} Roe{at}" for at in range(200))
    text = " ".join(f"Then {name.split()[0]} waits." for name in names)
    found = quotes(read(cast(names), story((text,) * 20)))
    assert sum(len(sentences) for sentences, _ in found.values()) <= MOST
    assert {len(sentences) + more for sentences, more in found.values()} == {20}


def test_a_long_sentence_is_cut_around_the_first_name() -> None:
    found = quotes(read(cast(("Ada Quist",)), story((f"{'and so on ' * 100}Ada waits {'and so on ' * 100}.",))))
    ((sentence,), _) = found["Ada Quist"]
    assert len(sentence.text) <= 400
    assert [sentence.text[start:end] for start, end in sentence.marks] == ["Ada"]


def test_names_that_belong_to_nobody_are_told() -> None:
    texts = (
        "Eleanor calls Ada. The Gems glow in Boston.",
        "Ada meets Eleanor Wish in Boston.",
        "Ada and Eleanor's lawyer go to Boston.",
        "Ada waits for a Doctor on Monday in Boston.",
    )
    assert unclaimed(read(cast(("Ada Quist",)), story(texts))) == (("Eleanor", 3, 3),)


def test_a_name_in_one_summary_only_is_not_told() -> None:
    assert unclaimed(read(cast(("Ada Quist",)), story(("Ada calls Eleanor, and then Eleanor again.",)))) == ()


def test_a_table_of_aliases_is_for_its_show_only() -> None:
    text = '"Ada Quist" = ["Q"]\n["id:7"]\n"Bo Roe" = ["Bobo"]\n[Firefly]\n"Bo Roe" = ["B"]\n'
    aliases = read_aliases(text, "names.toml")
    assert aliases.of("Friends", 7).names == {"Ada Quist": ("Q",), "Bo Roe": ("Bobo",)}
    assert aliases.of("firefly", 8).names == {"Ada Quist": ("Q",), "Bo Roe": ("B",)}
    assert aliases.of("Friends", 9).names == {"Ada Quist": ("Q",)}


def test_an_alias_for_nobody_of_this_show_is_no_error_but_a_slip_of_the_pen_is() -> None:
    people = cast(("Rachel Green",))
    assert count_mentions(people, story(("Rachel waits.",)), read_aliases('"Walter White" = ["W"]', "n.toml")).mentions
    with pytest.raises(AliasError, match=r"^n\.toml:2: .*did you mean 'Rachel Green'"):
        count_mentions(people, (), read_aliases('[Friends]\n"Rachel Gren" = ["R"]', "n.toml").of("Friends", 1))


def test_the_file_to_edit_is_read_back_and_changes_nothing() -> None:
    names = ('Dale "Barbie" Barbara', "Zoë \\ Lee", "Narrator")
    text = aliases_file(names, [("Eleanor", 1_234, 5)], "Two\nLines", 7)
    assert "#   Eleanor (1,234)" in text
    assert read_aliases(text, "names.toml").of("Any", 7).names == {'Dale "Barbie" Barbara': (), "Zoë \\ Lee": ()}
