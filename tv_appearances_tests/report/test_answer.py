"""The report says who is mentioned most, how that was counted, and nothing that was not."""

import dataclasses
import html
import random
import re
import sys
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tv_appearances.fetching.fields import SchemaError
from tv_appearances.report.answer import Answer, Contender, EpisodeRef, Quote, answer_version, build_answer
from tv_appearances.report.mentions_csv import read_mentions, write_mentions
from tv_appearances.report.page import (
    HEAT_ROWS,
    HEAT_SEASONS,
    HEAT_STEPS,
    LARGEST_QUOTES,
    heat_maps,
    page,
    quotes_shown,
    season_leaders,
)
from tv_appearances.report.picture import render_svg
from tv_appearances.report.wording import (
    any_of,
    contenders_line,
    credits_line,
    data_date,
    finding,
    markdown_table,
    spans,
    what_was_counted,
    which_show,
)
from tv_appearances.tvmaze.models import Episode, Mention, Show
from tv_appearances_tests.answers import ATTACK, HARBOUR, answer_of, episodes, mentions
from tv_appearances_tests.report.test_picture import contrast

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LISTED = [
    Episode(1, 1, 1, "Low Tide", summary="<p>Ada mends a net.</p>"),
    Episode(2, 1, 2, "High Tide", summary="<p>Bo waits.</p>"),
    Episode(3, 1, None, "Making Waves", summary="<p> </p>"),
    Episode(4, 2, 1, "Ebb", summary=None),
    Episode(5, 2, 2, "Flood", summary="<p>Ada and Bo.</p>"),
]
LABELS = {"Ada Vale": "Ada", "Bo Vale": "Bo", "Cy Reed": "Cy"}
FOUND = [
    Mention(1, 1, 1, "Ada Vale", "Ada", 2),
    Mention(5, 2, 2, "Ada Vale", "Ada Vale", 1),
    Mention(5, 2, 2, "Ada Vale", "Ada", 1),
    Mention(2, 1, 2, "Bo Vale", "Bo", 1),
    Mention(5, 2, 2, "", "Vale", 3),
    Mention(3, 1, None, "The Keeper", "The Keeper", 1),
]
ANSWER = build_answer(HARBOUR, "live", LISTED, LABELS, FOUND, left_out=["Narrator"])


def test_a_row_has_the_counts_the_ends_the_seasons_and_the_forms() -> None:
    ada = ANSWER.rows[0]
    assert (ada.label, ada.character, ada.mentions, ada.episodes) == ("Ada", "Ada Vale", 4, 2)
    assert (ada.first, ada.last) == (EpisodeRef(1, 1, "Low Tide"), EpisodeRef(2, 2, "Flood"))
    assert ada.by_season == ((1, 2), (2, 2))
    assert ada.forms == ("Ada", "Ada Vale")


def test_ties_are_sorted_by_label_and_a_shared_form_is_its_own_label() -> None:
    assert [(row.label, row.mentions) for row in ANSWER.rows] == [("Ada", 4), ("Bo", 1), ("The Keeper", 1)]


def test_a_shared_form_that_is_a_label_too_is_not_listed_as_unmentioned() -> None:
    answer = build_answer(
        HARBOUR, "live", LISTED, {"Keeper (first)": "The Keeper", "Keeper (second)": "The Keeper"}, FOUND[-1:]
    )
    assert [row.label for row in answer.rows] == ["The Keeper"]
    assert answer.unmentioned == ()


def test_the_rest_is_told_apart() -> None:
    assert ANSWER.unmentioned == ("Cy",)
    assert ANSWER.ambiguous == (("Vale", 3, 1),)
    assert ANSWER.left_out == ("Narrator",)


def test_a_summary_of_blanks_and_tags_is_no_text() -> None:
    assert (ANSWER.episodes, ANSWER.with_text) == (5, 3)
    assert ANSWER.seasons == ((1, 3, 2), (2, 2, 1))


def test_the_order_and_the_repetition_of_what_comes_in_make_no_difference() -> None:
    shuffled, found = [*LISTED, LISTED[0]], list(FOUND)
    random.Random(5).shuffle(shuffled)
    random.Random(6).shuffle(found)
    labels = dict(reversed(LABELS.items()))
    assert build_answer(HARBOUR, "live", shuffled, labels, found, left_out=["Narrator"]) == ANSWER


def test_a_mention_in_an_episode_that_is_gone_keeps_its_place() -> None:
    answer = build_answer(HARBOUR, "live", LISTED[:1], LABELS, FOUND)
    assert answer.rows[0].last == EpisodeRef(2, 2, "")
    assert answer.episodes == 1


def test_a_special_comes_last_in_its_season_and_is_called_one() -> None:
    assert str(ANSWER.rows[-1].first) == "S1 special"
    assert str(EpisodeRef(10, 17, "The End")) == "S10E17"


def test_names_come_out_on_one_line_without_control_characters_and_not_endlessly_long() -> None:
    label = "A\x00d\na\u202e" + "a" * 300
    answer = build_answer(
        dataclasses.replace(HARBOUR, name="Har\tbour\ud800"), "live", LISTED, {"Ada Vale": label}, FOUND[:1]
    )
    assert answer.rows[0].label == "A d a " + "a" * 193 + "…"
    assert answer.show.name == "Har bour"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        pytest.param(
            answer_of({"Ada": 4, "Bo": 2}, listed=episodes(9)),
            "Ada is mentioned most in Harbour Lights: 4 times in 4 of 9 episodes.",
            id="one leader",
        ),
        pytest.param(
            answer_of({"Ada": 1}, listed=episodes(1)),
            "Ada is mentioned most in Harbour Lights: once in 1 of 1 episode.",
            id="a single mention",
        ),
        pytest.param(
            answer_of({"Ada": 2}, listed=episodes(1_200)),
            "Ada is mentioned most in Harbour Lights: twice in 2 of 1,200 episodes.",
            id="a long show",
        ),
        pytest.param(
            answer_of({"Ada": 1}, listed=episodes(176, with_text=1)),
            "Ada is mentioned most in Harbour Lights: once in the one episode that has a summary.",
            id="one summary",
        ),
        pytest.param(
            answer_of({"Ada": 3}, listed=episodes(9, with_text=5)),
            "Ada is mentioned most in Harbour Lights: 3 times in 3 of the 5 episodes that have a summary.",
            id="a few summaries",
        ),
        pytest.param(
            answer_of({"Bo": 3, "Ada": 3, "Cy": 2}),
            "Ada and Bo are mentioned most in Harbour Lights: 3 times each.",
            id="two leaders",
        ),
        pytest.param(
            answer_of({"Bo": 1, "Ada": 1, "Cy": 1}),
            "Ada, Bo and Cy are mentioned most in Harbour Lights: once each.",
            id="three leaders",
        ),
        pytest.param(
            answer_of(dict.fromkeys("ABCDEFG", 2)),
            "A, B, C and 4 others are mentioned most in Harbour Lights: twice each.",
            id="seven leaders",
        ),
        pytest.param(
            answer_of({"Ada": 4}, listed=episodes(9), source="sample"),
            "Ada is mentioned most in the Harbour Lights sample: 4 times in 4 of 9 episodes.",
            id="the sample",
        ),
        pytest.param(
            answer_of({"Ada": 0}, listed=episodes(9)),
            "Nobody is mentioned in Harbour Lights: its 9 episode summaries name none of the main cast.",
            id="nobody",
        ),
        pytest.param(
            answer_of({"Ada": 0}, listed=episodes(9, with_text=1)),
            "Nobody is mentioned in Harbour Lights: its one episode summary names none of the main cast.",
            id="nobody in one summary",
        ),
        pytest.param(
            answer_of({"Ada": 0}, listed=episodes(9, with_text=0)),
            "Nobody is mentioned in Harbour Lights: none of its 9 episodes has a summary.",
            id="no summaries",
        ),
        pytest.param(
            answer_of({}, listed=episodes(9)),
            "Nobody is mentioned in Harbour Lights: no characters are listed that could be counted.",
            id="no cast",
        ),
        pytest.param(
            answer_of({"Ada": 0}, listed=[]),
            "No episodes are listed for Harbour Lights yet, so nobody is mentioned.",
            id="no episodes",
        ),
    ],
)
def test_the_finding_is_worded_right_for(answer: Answer, sentence: str) -> None:
    assert finding(answer) == sentence


def test_a_name_of_ten_thousand_letters_is_cut_in_the_finding() -> None:
    answer = answer_of({"Ada " * 2_500: 2}, show=Show(1, "Long " * 2_000))
    assert len(finding(answer)) < 200


def test_the_line_below_says_how_much_text_there_was() -> None:
    assert what_was_counted(answer_of({"Ada": 1}, listed=episodes(9))).endswith("TVMaze’s summaries of 9 episodes")
    assert what_was_counted(ANSWER).endswith("TVMaze’s episode summaries; 3 of 5 episodes have one")
    assert what_was_counted(answer_of({"Ada": 1}, listed=episodes(9, with_text=1))).endswith("1 of 9 episodes has one")


def test_the_credits_name_tvmaze_the_address_the_licence_and_the_date_of_the_data() -> None:
    assert (
        credits_line(ANSWER)
        == "Data: TVMaze · tvmaze.com/shows/7/harbour-lights · CC BY-SA 4.0 · as of 8 September 2019"
    )
    bare = dataclasses.replace(ANSWER, show=Show(7, "Harbour Lights"))
    assert credits_line(bare) == "Data: TVMaze · CC BY-SA 4.0"


def test_the_credits_of_the_sample_do_not_call_it_tvmazes_data() -> None:
    of_the_sample = credits_line(dataclasses.replace(ANSWER, source="sample"))
    assert of_the_sample.startswith("Data: a sample in the format that TVMaze uses")


@pytest.mark.parametrize("updated", [None, 0, 10**12, 10**30, -(10**30)])
def test_a_date_that_is_none_is_left_out(updated: int | None) -> None:
    assert data_date(dataclasses.replace(ANSWER, show=Show(7, "Harbour Lights", updated=updated))) is None


@pytest.mark.parametrize(
    ("show", "line"),
    [
        (Show(512, "Star Fleet", premiered="2003-12-08", network="BBC"), "Star Fleet, 2003, BBC"),
        (Show(512, "Star Fleet", premiered="2003-12-08"), "Star Fleet, 2003"),
        (Show(512, "Star Fleet", premiered="soon", network="BBC\nTwo"), "Star Fleet, BBC Two"),
        (Show(512, "Star Fleet"), "Star Fleet"),
        (Show(512, "x" * 200, network="y" * 200), f"{'x' * 79}…, {'y' * 39}…"),
    ],
)
def test_a_show_is_told_from_others_of_its_name_by_year_and_network(show: Show, line: str) -> None:
    assert which_show(show) == line


def test_the_version_changes_with_what_is_said_and_not_with_dates() -> None:
    later = dataclasses.replace(ANSWER.show, updated=1_600_000_000, weight=99, country="IE")
    assert answer_version(dataclasses.replace(ANSWER, show=later)) == answer_version(ANSWER)
    assert re.fullmatch("[0-9a-f]{64}", answer_version(ANSWER))
    for field in dataclasses.fields(Answer):
        other = {"show": dataclasses.replace(HARBOUR, name="Other"), "source": "sample", "episodes": 6, "with_text": 4}
        other |= {"unclaimed": (("Walt", 65, 20),), "contenders": (Contender("Walt", 65),)}
        changed = dataclasses.replace(ANSWER, **{field.name: other.get(field.name, ())})
        assert answer_version(changed) != answer_version(ANSWER), field.name
    for which in (dataclasses.replace(HARBOUR, premiered="2003-12-08"), dataclasses.replace(HARBOUR, network="BBC")):
        assert answer_version(dataclasses.replace(ANSWER, show=which)) != answer_version(ANSWER)


def test_mentions_are_written_in_a_form_that_can_be_read_by_eye() -> None:
    assert write_mentions([FOUND[0], FOUND[4], FOUND[5], Mention(9, 2, 3, 'Ada "Net" Vale, Jr.', "Ada", 1)]) == (
        "episode_id,season,number,character,form,mentions\n"
        "1,1,1,Ada Vale,Ada,2\n"
        "5,2,2,,Vale,3\n"
        "3,1,,The Keeper,The Keeper,1\n"
        '9,2,3,"Ada ""Net"" Vale, Jr.",Ada,1\n'
    )


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(
    st.lists(st.builds(Mention, st.integers(), st.integers(), st.none() | st.integers(), NAMES, NAMES, st.integers(1)))
)
def test_mentions_are_read_as_they_were_written(found: list[Mention]) -> None:
    assert read_mentions(write_mentions(found)) == tuple(found)


HEADER = "episode_id,season,number,character,form,mentions\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("", "mentions.csv line 1", id="nothing"),
        pytest.param("a,b\n", "mentions.csv line 1", id="another header"),
        pytest.param(HEADER + "1,1,1,Ada,Ada,1\n1,1,1,Ada\n", "mentions.csv line 3", id="a short line"),
        pytest.param(HEADER + "1,1,1,Ada,Ada,1,9\n", "mentions.csv line 2", id="a long line"),
        pytest.param(HEADER + "1,1,x,Ada,Ada,1\n", "mentions.csv line 2", id="a number that is none"),
        pytest.param(HEADER + "1,,1,Ada,Ada,1\n", "mentions.csv line 2", id="no season"),
        pytest.param(HEADER + '1,1,1,"Ada"x,Ada,1\n', "mentions.csv line 2", id="a stray quote"),
        pytest.param(HEADER + '1,1,1,"Ada\n\n', "mentions.csv line 3", id="a quote that stays open"),
    ],
)
def test_a_damaged_file_is_refused_with_its_line(text: str, line: str) -> None:
    with pytest.raises(SchemaError) as refused:
        read_mentions(text)
    assert refused.value.path == line


def test_the_heat_map_goes_from_nothing_to_the_most_and_marks_who_leads_a_season() -> None:
    (heat,) = heat_maps(ANSWER)
    assert heat.seasons == (1, 2)
    cells = {row.label: [(cell.shown, cell.step, cell.leads) for cell in cells] for row, cells in heat.rows}
    assert cells["Ada"] == [("2", HEAT_STEPS, True), ("2", HEAT_STEPS, True)]
    assert cells["Bo"] == [("1", 3, False), ("0", 0, False)]


def test_a_season_without_summaries_has_dashes() -> None:
    answer = answer_of({"Ada": 2}, listed=episodes(3, seasons=2, with_text=3))
    assert [cell.shown for cell in heat_maps(answer)[0].rows[0][1]] == ["2", "–"]


def test_the_heat_map_of_a_large_cast_has_the_most_mentioned() -> None:
    answer = answer_of({f"N{at}": 60 - at for at in range(50)}, listed=episodes(60, seasons=2))
    assert [row for row, _ in heat_maps(answer)[0].rows] == list(answer.rows[:HEAT_ROWS])


@pytest.mark.parametrize(("seasons", "widths"), [(1, []), (2, [2]), (12, [12]), (13, [6, 7]), (60, [12] * 5)])
def test_many_seasons_are_in_maps_of_about_the_same_width_and_one_season_is_in_none(
    seasons: int, widths: list[int]
) -> None:
    maps = heat_maps(answer_of({"Ada": 2}, listed=episodes(2, seasons=seasons)))
    assert [len(heat.seasons) for heat in maps] == widths
    assert [season for heat in maps for season in heat.seasons] == ([*range(1, seasons + 1)] if seasons > 1 else [])
    assert max(widths, default=0) <= HEAT_SEASONS


def test_a_season_may_have_two_leaders_and_a_character_none() -> None:
    found = [*mentions("Ada", {1: 2}), *mentions("Bo", {2: 2}), *mentions("Cy", {3: 1})]
    answer = build_answer(HARBOUR, "live", episodes(3), {name: name for name in ("Ada", "Bo", "Cy")}, found)
    assert season_leaders(answer) == {"Ada": (1,), "Bo": (1,)}


@pytest.mark.parametrize(
    ("numbers", "words"),
    [((), ""), ((4,), "4"), ((1, 2), "1, 2"), ((1, 2, 3, 5), "1–3, 5"), ((1996, 1998), "1996, 1998")],
)
def test_runs_of_seasons_are_drawn_together(numbers: tuple[int, ...], words: str) -> None:
    assert spans(numbers) == words


class Reader(HTMLParser):
    """Collects what a browser would take for tags, addresses and text."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.said = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.said += " " if tag in {"td", "th"} else ""
        self.links += [value or "" for name, value in attrs if name in {"href", "src", "xlink:href"}]

    def handle_data(self, data: str) -> None:
        self.said += data


def read_page(answer: Answer) -> Reader:
    return Reader(page(answer, render_svg(answer)))


def test_the_page_says_the_finding_the_counts_the_ambiguous_and_the_credits() -> None:
    said = " ".join(read_page(ANSWER).said.split())
    for part in (
        finding(ANSWER),
        "Mentioned most: Ada in seasons 1, 2.",
        "S1E1 Low Tide",
        "S2E2 Flood",
        "Vale 3 1",
        "Not mentioned Cy.",
        "We leave out roles that name nobody: Narrator.",
        "as of 8 September 2019, under CC BY-SA 4.0",
    ):
        assert part in said


def test_the_page_needs_no_script_and_loads_nothing() -> None:
    document = page(ANSWER, render_svg(ANSWER))
    reader = Reader(document)
    assert not reader.tags & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    assert "url(" not in document
    assert "@import" not in document
    assert "default-src 'none'" in document


def test_only_web_addresses_are_links() -> None:
    assert HARBOUR.url in read_page(ANSWER).links
    odd = dataclasses.replace(ANSWER, show=dataclasses.replace(HARBOUR, url="javascript:alert(1)"))
    assert not any(link.startswith("javascript") for link in read_page(odd).links)
    assert "javascript:alert(1)" in read_page(odd).said


def test_nothing_from_outside_becomes_a_tag() -> None:
    listed = [dataclasses.replace(episode, name=ATTACK) for episode in LISTED]
    found = [mention._replace(form=ATTACK) for mention in FOUND]
    attacked = build_answer(
        Show(1, ATTACK, url=ATTACK), "live", listed, {"Ada Vale": ATTACK, "Cy Reed": ATTACK + "2"}, found, [ATTACK]
    )
    reader = read_page(attacked)
    assert not reader.tags & {"img", "script"}
    assert reader.said.count(ATTACK) >= 10


def quote(text: str, *marks: tuple[int, int], url: str = "https://www.tvmaze.com/episodes/1/low-tide") -> Quote:
    return Quote(EpisodeRef(1, 1, "Low Tide"), text, marks, url)


def with_quotes(*quotes: Quote) -> Answer:
    return dataclasses.replace(ANSWER, rows=(dataclasses.replace(ANSWER.rows[0], quotes=quotes), *ANSWER.rows[1:]))


def test_a_character_unfolds_into_the_sentences_with_the_name_marked_and_the_episode_linked() -> None:
    answer = with_quotes(
        quote("Ada & Ada mend a net.", (6, 9), (0, 3)), quote("No address.", url="javascript:alert(1)")
    )
    document = page(answer, "")
    assert document.count("<details>") == 1
    assert "<summary><bdi>Ada</bdi>: 2 sentences</summary>" in document
    assert "<mark>Ada</mark> &amp; <mark>Ada</mark> mend a net." in document
    assert '<a href="https://www.tvmaze.com/episodes/1/low-tide" rel="noreferrer">S1E1</a>' in document
    assert "javascript" not in document
    assert "<details>" not in page(ANSWER, "")


def test_the_first_and_the_last_episode_are_linked() -> None:
    listed = [dataclasses.replace(e, url=f"https://www.tvmaze.com/episodes/{e.id}") for e in LISTED]
    links = read_page(build_answer(HARBOUR, "live", listed, LABELS, FOUND)).links
    assert {"https://www.tvmaze.com/episodes/1", "https://www.tvmaze.com/episodes/5"} <= set(links)


def test_a_page_of_a_hundred_thousand_sentences_stays_below_two_megabytes_and_says_what_is_left_out() -> None:
    long = tuple(
        quote(f"Ada mends net number {at}, and it takes her all day and half the night." * 2) for at in range(50_000)
    )
    answer = with_quotes(*long)
    answer = dataclasses.replace(answer, rows=(*answer.rows, dataclasses.replace(answer.rows[0], label="Zed")))
    shown = quotes_shown(answer.rows)
    document = page(answer, render_svg(answer))
    assert 0.9 * LARGEST_QUOTES < len(document.encode()) < 2_000_000
    assert document.count(f"the first {shown:,} of 50,000 sentences") == 2
    assert quotes_shown(with_quotes(*long[:5]).rows) == 5


def test_sentences_that_the_count_did_not_keep_are_said_to_be_missing() -> None:
    (row, *_) = with_quotes(quote("Ada waits.", (0, 3))).rows
    document = page(dataclasses.replace(ANSWER, rows=(dataclasses.replace(row, more_quotes=1_234),)), "")
    assert ": the first 1 of 1,235 sentences</summary>" in document


def test_a_name_that_belongs_to_nobody_has_a_line_to_claim_it_that_is_toml() -> None:
    word = 'The "Duke" \\ of <Harbour>'
    said = read_page(dataclasses.replace(ANSWER, unclaimed=((word, 65, 20),))).said
    assert f"{word} 65 20 " in " ".join(said.split())
    (line,) = re.findall(r'"…" = \[.*\]', said)
    assert tomllib.loads(line) == {"…": [word]}


def test_what_could_overtake_the_leader_has_a_hatched_bar_and_a_sentence() -> None:
    answer = dataclasses.replace(
        ANSWER, contenders=(Contender("Bosch", 108, ("Harry", "Maddie")), Contender("Walt", 2))
    )
    doubts = "108 “Bosch” could be Harry or Maddie; nobody in the cast list is called “Walt” (twice)"
    said = f"Hatched bars count for nobody: {doubts}."
    assert contenders_line(answer) == said
    reader = read_page(answer)
    assert said in reader.said
    svg = render_svg(answer)
    assert re.findall("<text[^>]*>([^<]*)", svg)[:4] == ["“Bosch”", "108", "Ada", "4"]
    assert svg.count('class="hatch"') == 2
    assert contenders_line(ANSWER) == ""


def test_names_are_listed_as_people_list_them() -> None:
    assert any_of(["Harry"]) == "Harry"
    assert any_of(["Harry", "Maddie"]) == "Harry or Maddie"
    assert any_of([*"ABCDEF"]) == "A, B, C or 3 others"


def test_the_page_says_which_show_it_is() -> None:
    show = dataclasses.replace(HARBOUR, premiered="2003-05-06", network="BBC")
    assert which_show(show) == "Harbour Lights, 2003, BBC"
    assert which_show(HARBOUR) == "Harbour Lights"
    assert which_show(show) in read_page(dataclasses.replace(ANSWER, show=show)).said


def test_leaders_whose_names_begin_alike_are_told_apart_in_the_finding() -> None:
    names = [f"{'Her Serene Highness ' * 3}{number}" for number in ("One", "Two")]
    said = finding(answer_of(dict.fromkeys(names, 2)))
    assert "One and" in said
    assert "Two are" in said


def test_a_link_to_the_page_shows_the_finding_and_the_picture() -> None:
    document = page(ANSWER, "")
    assert f'<meta property="og:title" content="{finding(ANSWER)}">' in document
    assert '<meta property="og:image" content="appearances.png">' in document


def test_a_name_from_right_to_left_does_not_turn_the_sentence_around_it() -> None:
    answer = answer_of({"עקיבא": 9}, show=dataclasses.replace(HARBOUR, name="שטיסל"))
    assert "<h1><bdi>עקיבא</bdi> is mentioned most in <bdi>שטיסל</bdi>: 9 times in" in page(answer, "")


def test_a_sample_says_so_on_the_page() -> None:
    assert "This is a sample." in read_page(dataclasses.replace(ANSWER, source="sample")).said
    assert "This is a sample." not in read_page(ANSWER).said


def test_a_page_without_anybody_has_no_picture_and_no_table() -> None:
    reader = read_page(answer_of({"Ada": 0, "Bo": 0}))
    assert not reader.tags & {"figure", "svg", "table"}
    assert "Not mentioned" in reader.said


def test_the_same_answer_gives_the_same_page() -> None:
    again = build_answer(HARBOUR, "live", list(reversed(LISTED)), LABELS, list(reversed(FOUND)), left_out=["Narrator"])
    assert page(again, render_svg(again)) == page(ANSWER, render_svg(ANSWER))


def test_every_step_of_the_heat_map_can_be_read_in_light_and_in_dark() -> None:
    document = page(ANSWER, "")
    colours = re.findall(r"--heat-(\d): (#[0-9a-f]{6}); --heat-\1-ink: (#[0-9a-f]{6});", document)
    assert [int(step) for step, _, _ in colours] == [*range(HEAT_STEPS + 1)] * 2
    for _, ground, ink in colours:
        assert contrast(ground, ink) >= 4.5


def test_every_text_of_the_page_stands_out_from_its_ground_in_light_and_in_dark() -> None:
    document = page(ANSWER, "")
    for scheme in re.findall(r":root \{(.*?)\}", document, flags=re.DOTALL):
        colour = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", scheme))
        for ink, ground in (("ink", "ground"), ("muted", "ground"), ("link", "ground"), ("notice-ink", "notice")):
            assert contrast(colour[ink], colour[ground]) >= 4.5, (ink, ground)


def test_the_markdown_table_has_the_first_rows_and_says_how_many_more() -> None:
    lines = markdown_table(ANSWER, 2).splitlines()
    assert lines[2] == "| Ada | 4 | 2 |"
    assert lines[3].startswith("| Bo | 1 |")
    assert lines[-1] == "… and 1 more"
    assert "more" not in markdown_table(ANSWER, 3)


def test_no_name_is_taken_for_markdown_or_html() -> None:
    for name in ("a|b *c* _d_ `e`", "[f](http://g) ![h](i)", "<j> &amp; ~k~ \\ #", '"l" $m$'):
        (*_, row) = markdown_table(answer_of({name: 2}), 5).splitlines()
        cells = row.removeprefix("| ").removesuffix(" |").split(" | ")
        assert len(cells) == 3
        assert html.unescape(cells[0]) == name
        assert not set(re.sub("&#[0-9]+;", "", cells[0])) & set("|*_`[]()!<>&~\\#$")


def test_long_names_in_the_markdown_table_are_cut_and_stay_different() -> None:
    names = [f"Her Serene Highness Princess Anastasia {number}" for number in ("I", "II")]
    rows = markdown_table(answer_of(dict.fromkeys(names, 2)), 5).splitlines()[2:]
    cells = [html.unescape(row.split(" | ")[0].removeprefix("| ")) for row in rows]
    assert len(set(cells)) == 2
    assert all(len(cell) <= 24 for cell in cells)


def test_the_markdown_of_an_empty_answer_is_the_finding() -> None:
    assert html.unescape(markdown_table(answer_of({"Ada": 0}), 5)) == finding(answer_of({"Ada": 0}))
