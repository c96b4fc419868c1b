"""What could change who leads, the sentences and the unclaimed names: from the count to the answer and its words."""

import json

import pytest

from tv_appearances.fetching.fields import SchemaError
from tv_appearances.report.answer import Contender, build_answer
from tv_appearances.report.evidence_json import Evidence, Said, read_evidence, write_evidence
from tv_appearances.report.wording import claim, finding, unclaimed_table
from tv_appearances.tvmaze.models import Episode, Mention, Show

SHOW = Show(7, "Bosch", "https://www.tvmaze.com/shows/7/bosch")
LABELS = {"Harry Bosch": "Harry", "Maddie Bosch": "Maddie", "Jerry Edgar": "Jerry"}
EPISODES = [Episode(1, 1, 1, "One", None, "text"), Episode(2, 1, 2, "Two", None, "text")]
MENTIONS = [
    Mention(1, 1, 1, "Jerry Edgar", "Jerry", 43),
    Mention(1, 1, 1, "Harry Bosch", "Harry", 17),
    Mention(2, 1, 2, "Maddie Bosch", "Maddie", 5),
]
EVIDENCE = Evidence(
    {"Harry Bosch": ((Said(2, "Harry\u2028waits.", ((0, 5),)), Said(1, "So does Harry.", ((8, 13),))), 3)},
    (("Eleanor", 44, 2), ("Tony", 43, 2)),
    {"Bosch": ("Harry Bosch", "Maddie Bosch")},
)


def bosch(count: int, evidence: Evidence = EVIDENCE) -> tuple[Contender, ...]:
    mentions = [*MENTIONS, Mention(2, 1, 2, "", "Bosch", count)]
    return build_answer(SHOW, "live", EPISODES, LABELS, mentions, (), evidence).contenders


def test_what_could_overtake_the_leader_is_a_contender_and_the_sentence_says_so() -> None:
    known = Evidence({}, (), EVIDENCE.could_be)
    assert bosch(108, known) == (Contender("Bosch", 108, ("Harry", "Maddie")),)
    mentions = [*MENTIONS, Mention(2, 1, 2, "", "Bosch", 108)]
    answer = build_answer(SHOW, "live", EPISODES, LABELS, mentions, (), known)
    assert finding(answer).startswith("Jerry is mentioned most in Bosch: 43 times in 1 of 2 episodes, but ")
    assert finding(answer).endswith("108 “Bosch” could be Harry or Maddie.")


@pytest.mark.parametrize(("count", "contends"), [(26, False), (27, True)])
def test_a_form_contends_from_the_mention_on_that_puts_another_one_ahead(count: int, contends: bool) -> None:
    assert bool(bosch(count, Evidence({}, (), EVIDENCE.could_be))) is contends


def test_a_form_that_only_the_leader_bears_contends_for_nothing() -> None:
    assert bosch(500, Evidence({}, (), {"Bosch": ("Jerry Edgar",)})) == ()


def test_a_word_that_nobody_bears_contends_where_it_is_used_more_than_the_leader_is_named() -> None:
    assert bosch(1) == (Contender("Eleanor", 44),)


def test_the_sentences_come_in_broadcast_order_with_their_marks() -> None:
    answer = build_answer(SHOW, "live", EPISODES, LABELS, MENTIONS, (), EVIDENCE)
    (harry,) = [row for row in answer.rows if row.label == "Harry"]
    assert [(str(quote.episode), quote.text, quote.marks) for quote in harry.quotes] == [
        ("S1E1", "So does Harry.", ((8, 13),)),
        ("S1E2", "Harry waits.", ((0, 5),)),
    ]
    assert harry.more_quotes == 3


def test_the_table_of_unclaimed_names_has_a_line_ready_to_paste() -> None:
    answer = build_answer(SHOW, "live", EPISODES, LABELS, MENTIONS, (), EVIDENCE)
    assert claim(answer) == '"Jerry Edgar" = ["Eleanor"]'
    assert "| Eleanor | 44 | 2 |" in unclaimed_table(answer, 10)
    assert "… and 1 more" in unclaimed_table(answer, 1)


def test_the_file_is_read_back() -> None:
    assert read_evidence(json.loads(write_evidence(EVIDENCE))) == EVIDENCE
    assert read_evidence(json.loads(write_evidence(Evidence()))) == Evidence()


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {"quotes": [], "unclaimed": [], "could_be": [{"form": "Bosch", "characters": "Harry"}]},
        {"quotes": [], "unclaimed": [{"word": "Al", "mentions": "2", "episodes": 1}], "could_be": []},
        {
            "quotes": [{"character": "Al", "more": 0, "sentences": [{"episode_id": 1, "text": "Al.", "marks": [[0]]}]}],
            "unclaimed": [],
            "could_be": [],
        },
    ],
)
def test_a_file_that_is_something_else_is_an_error(content: object) -> None:
    with pytest.raises(SchemaError):
        read_evidence(content)
