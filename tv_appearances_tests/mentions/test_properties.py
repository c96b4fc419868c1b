"""What holds of counting mentions for every cast and every text, held by Hypothesis."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tv_appearances.mentions.counting import ambiguous_share, appearances, count_mentions, labels
from tv_appearances.tvmaze.models import Character, Episode

GIVEN = ("Anwen", "Bartok", "Celyn", "Dagny", "Will", "Jean-Luc", "Zoë", "D'Arcy")
FAMILY = ("Quill", "Rook", "Stark", "O'Toole", "Tennant", "Umber")
NEWCOMERS = (
    "Vesper Yarrow",
    "Captain Wexler",
    "The Xenon",
    'Ygritte "Wildfire" Zephyr',
    "Seven of Umlaut",
    "Old Nacho",
)
FILLERS = (
    "runs",
    "when",
    "Meanwhile",
    "the",
    "The",
    "in",
    "Dr.",
    "Mrs.",
    "Paris",
    "House",
    "and",
    "Can",
    "?",
    ".",
    ",",
)

settings.register_profile("untimed", deadline=None)  # the first call reads a table
settings.load_profile("untimed")

full_names = st.builds("{} {}".format, st.sampled_from(GIVEN), st.sampled_from(FAMILY))
casts = st.lists(full_names, min_size=1, max_size=6, unique=True)
words = st.sampled_from([*GIVEN, *FAMILY, *FILLERS, *" ".join(NEWCOMERS).replace('"', "").split()])
joints = st.sampled_from(
    [" ", " ", " ", ", ", ". ", "'s ", "-", "’ll ", "</p><p>", "<b>", " (", ") ", "&amp;", "\u0301"]
)
texts = st.lists(st.tuples(words, joints), max_size=25).map(
    lambda pairs: "".join(word + joint for word, joint in pairs)
)
summaries = st.lists(texts, max_size=4)


def characters(names: list[str]) -> list[Character]:
    return [Character(at, name, "") for at, name in enumerate(names)]


def episodes(texts: list[str]) -> list[Episode]:
    return [Episode(at, 1, at, "", None, text) for at, text in enumerate(texts)]


@given(casts, st.sampled_from(NEWCOMERS), summaries)
def test_a_newcomer_changes_nobodys_mentions_where_no_form_is_shared(
    cast: list[str], newcomer: str, texts: list[str]
) -> None:
    before = count_mentions(characters(cast), episodes(texts)).mentions
    after = count_mentions(characters([*cast, newcomer]), episodes(texts)).mentions
    assert tuple(mention for mention in after if mention.character != newcomer) == before


@given(casts, summaries, st.randoms(use_true_random=False))
def test_neither_the_order_of_the_episodes_nor_that_of_the_cast_matters(
    cast: list[str], texts: list[str], rng: object
) -> None:
    told, people = episodes(texts), characters(cast)
    expected = count_mentions(people, told)
    rng.shuffle(told)  # type: ignore[attr-defined]
    rng.shuffle(people)  # type: ignore[attr-defined]
    assert count_mentions(people, told) == expected


@given(full_names, st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=3), st.booleans(), st.booleans())
def test_a_name_inside_a_longer_word_never_counts(name: str, letters: str, before: bool, hyphen: bool) -> None:
    glue = "-" if hyphen else ""
    for part in (name, *name.split()):
        word = f"{letters}{glue}{part}" if before else f"{part}{glue}{letters}"
        found = count_mentions(characters([name]), episodes([f"Then {word} runs."])).mentions
        assert part not in {mention.form for mention in found}


@given(casts, summaries)
def test_the_sum_over_forms_is_the_count(cast: list[str], texts: list[str]) -> None:
    people = characters(cast)
    answer = count_mentions(people, episodes(texts))
    forms: Counter[str] = Counter()
    for mention in answer.mentions:
        assert mention.mentions > 0
        forms[mention.character] += mention.mentions
    ambiguous = forms.pop("", 0)
    counts = appearances(answer, people)
    assert sum(counts.values()) == forms.total()
    assert all(counts[label] == forms[name] for name, label in labels(people, answer.mentions).items())
    assert ambiguous_share(answer.mentions) == (ambiguous / (ambiguous + forms.total()) if answer.mentions else 0)


@given(casts, summaries)
def test_no_more_is_counted_than_the_text_holds(cast: list[str], texts: list[str]) -> None:
    counted = sum(mention.mentions for mention in count_mentions(characters(cast), episodes(texts)).mentions)
    parts = {part for name in cast for part in name.split()}
    assert counted <= sum(text.count(part) for text in texts for part in parts)


@settings(max_examples=300)
@given(st.lists(st.text(min_size=1, max_size=20), max_size=4, unique=True), st.lists(st.text(max_size=80), max_size=3))
def test_every_cast_and_every_text_end_in_a_result(cast: list[str], texts: list[str]) -> None:
    people = characters(cast)
    answer = count_mentions(people, episodes([*texts, *cast]))
    assert len(set(labels(people).values())) == len(labels(people)) == len(cast) - len(answer.left_out)
