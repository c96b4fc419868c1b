"""The asset checks: what must be true of each asset, how bad it is when it is not, and the predicates that decide.

Belongs here: one row of `CHECKS` and one pure function for each check. A predicate takes plain values and returns a
`Verdict`, so that it can be read and tested without Dagster. The assets evaluate their own checks while they have the
data at hand; a step for each check would read every file again. Does not belong here: repairing anything.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import dagster as dg

from tv_appearances.tvmaze.lookup import parse_show_choice
from tv_appearances.tvmaze.models import Episode, Mention, Show, Source, duplicate_ids
from tv_appearances.tvmaze.titles import is_called, title_key

MOST_AMBIGUOUS = 0.10
FEWEST_WITH_SUMMARIES = 0.50
LEADS = 3


class Verdict(NamedTuple):
    """What a predicate found: whether the statement holds, and a sentence that says what was seen."""

    passed: bool
    note: str


class _Check(NamedTuple):
    asset: str
    name: str
    description: str
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.WARN
    blocking: bool = False


_ERROR = dg.AssetCheckSeverity.ERROR
_COMPLETE = (
    "Every row of TVMaze's answer could be read. A row that cannot be read is left out, and the others are used."
)

CHECKS = (
    _Check("tv_show_info", "show_name_matches_search", "The show is called what was searched for."),
    _Check(
        "tv_show_info",
        "search_is_unambiguous",
        "No other show of that very name is nearly as well known, and a title of a list still finds the same show.",
    ),
    _Check("tv_show_info", "data_is_live", "The data came from TVMaze, not from the built-in sample."),
    _Check("tv_show_info", "answers_are_complete", _COMPLETE),
    _Check("episodes", "episodes_are_present", "The show has episodes: there is something to count.", _ERROR, True),
    _Check("episodes", "episodes_have_unique_ids", "No two episodes share an id; a repeated one is counted once."),
    _Check("episodes", "most_episodes_have_summaries", "At least half of the episodes have a summary to count in."),
    _Check("episodes", "answers_are_complete", _COMPLETE),
    _Check("characters", "characters_are_present", "The cast list names someone to look for.", _ERROR, True),
    _Check("characters", "answers_are_complete", _COMPLETE),
    _Check("character_appearances", "at_least_one_character_mentioned", "Some summary names a character.", _ERROR),
    _Check(
        "character_appearances",
        "few_mentions_are_ambiguous",
        f"At most {MOST_AMBIGUOUS:.0%} of the mentions could mean several characters.",
    ),
    _Check(
        "character_appearances", "leading_cast_is_mentioned", "Each of the first three of the cast list is mentioned."
    ),
    _Check(
        "character_appearances",
        "nobody_unknown_leads",
        "No name that is nobody's in the cast list is used more often than the leader is mentioned.",
    ),
    _Check("appearances_report", "report_is_a_readable_picture", "The picture shows something.", _ERROR),
    _Check("appearances_report", "every_sign_has_a_font", "Some font here has each sign of the picture."),
    _Check("shows_overview", "every_show_is_current", "Every show has a report of its newest state.", _ERROR),
    _Check("shows_overview", "every_show_has_a_result", "Every show of the list was found and built."),
    _Check("shows_overview", "every_show_is_live", "No report is of the built-in sample."),
    _Check("shows_overview", "every_show_names_a_character", "In every show some summary names a character."),
    _Check("shows_overview", "every_line_is_a_show", "No line of the list had to be left out."),
    _Check("shows_overview", "every_show_is_called_what_was_asked_for", "No line of the list found another show."),
    _Check("shows_overview", "every_show_is_listed_once", "No two lines of the list turned out to be the same show."),
)


def specs(asset: str) -> list[dg.AssetCheckSpec]:
    """The checks of this asset, for its decorator."""
    return [
        dg.AssetCheckSpec(name=check.name, asset=asset, description=check.description, blocking=check.blocking)
        for check in CHECKS
        if check.asset == asset
    ]


_NOT_YET = ("episodes_are_present", "characters_are_present", "at_least_one_character_mentioned")


def results(show: Show | None = None, one_of_many: bool = False, /, **verdicts: Verdict) -> list[dg.AssetCheckResult]:
    """The verdicts as Dagster's results, each under the name of its check and with that check's severity.

    `show` is whom they are about: with many shows, the newest result of a check is that of whichever came last. For
    `one_of_many` shows it is no error that TVMaze has nothing to count yet: its report says so, and no run is red.
    """
    severity = {check.name: check.severity for check in CHECKS}
    if one_of_many:
        severity |= dict.fromkeys(_NOT_YET, dg.AssetCheckSeverity.WARN)
    about = {"show": f"{show.name} (id:{show.id})"} if show else {}
    return [
        dg.AssetCheckResult(
            check_name=name, passed=verdict.passed, severity=severity[name], description=verdict.note, metadata=about
        )
        for name, verdict in verdicts.items()
    ]


def show_name_matches_search(asked: str, show: Show) -> Verdict:
    """Spelling aside, and a year or country that fits; an id always matches."""
    if isinstance(parse_show_choice(asked), int) or is_called(asked, show):
        return Verdict(True, f"{_code(show.name)} it is.")
    return Verdict(
        False,
        f"The best match for {_code(asked)} is called {_code(show.name)}. "
        "If that is another show, give the name in full, or its TVMaze id as in id:431.",
    )


def search_is_unambiguous(results: Sequence[Show], mistakable: Sequence[Show], by_now: Show | None = None) -> Verdict:
    """Nobody else could be meant.

    `results` is what the search found, the chosen show first; `mistakable` who else could well be meant; `by_now` whom
    a title of the list finds today, if it is another one than it once found.
    """
    chosen, *others = results
    if by_now:
        return Verdict(
            False,
            f"The title now finds {_code(by_now.name)}, id:{by_now.id} ({_when_and_where(by_now)}). This partition "
            f"stays with id:{chosen.id} ({_when_and_where(chosen)}), which the title found first. "
            "Give the id of the one you mean in the place of the title.",
        )
    same = [show for show in others if title_key(show.name) == title_key(chosen.name) and show.id != chosen.id]
    if not same:
        return Verdict(True, f"Only one result is called {_code(chosen.name)}.")
    listed = ", ".join(f"id:{show.id} ({_when_and_where(show)})" for show in mistakable or same)
    taken = f"id:{chosen.id} ({_when_and_where(chosen)}) was taken; also called {_code(chosen.name)}"
    if not mistakable:
        return Verdict(True, f"{taken}, but far less known or not what was asked for: {listed}.")
    return Verdict(False, f"{taken}: {listed}. To choose another one, give its id in the place of the name.")


def answers_are_complete(left_out: Sequence[str]) -> Verdict:
    """`left_out` says of each row that could not be read what is wrong with it."""
    if not left_out:
        return Verdict(True, "Every row could be read.")
    listed = "; ".join(map(_code, left_out[:10]))
    return Verdict(False, f"Left out: {listed}{'; …' if left_out[10:] else ''}. The rest is used.")


def data_is_live(source: Source) -> Verdict:
    """The sample is fine to look at, not to rely on."""
    if source == "live":
        return Verdict(True, "The data came from TVMaze.")
    return Verdict(False, "This is the built-in SAMPLE, season 1 of Friends: TVMaze was not reached, or not asked.")


def episodes_are_present(show: Show, episodes: Sequence[Episode]) -> Verdict:
    """A show that was only announced has none."""
    if episodes:
        return Verdict(True, f"{len(episodes)} episodes.")
    return Verdict(False, f"TVMaze lists no episodes of {_code(show.name)} yet: wait, or choose another show.")


def episodes_have_unique_ids(episodes: Sequence[Episode]) -> Verdict:
    """A repeated episode would be counted twice; it is not, but TVMaze should be told."""
    twice = duplicate_ids(episodes)
    if not twice:
        return Verdict(True, "Every id occurs once.")
    return Verdict(False, f"Listed more than once: {', '.join(map(str, twice[:10]))}{', …' if twice[10:] else ''}.")


def most_episodes_have_summaries(episodes: Sequence[Episode]) -> Verdict:
    """Who a show is about cannot be read from summaries that nobody has written."""
    with_text = sum(episode.has_text for episode in episodes)
    share = with_text / len(episodes) if episodes else 0.0
    return Verdict(
        share >= FEWEST_WITH_SUMMARIES, f"{with_text:,} of {len(episodes):,} episodes have a summary ({share:.0%})."
    )


def characters_are_present(show: Show, names: Sequence[str]) -> Verdict:
    """TVMaze lists the main cast only, and for some shows nobody."""
    if names:
        return Verdict(True, f"{len(names)} characters.")
    return Verdict(False, f"TVMaze lists no cast of {_code(show.name)}, so there is nobody to count.")


def at_least_one_character_mentioned(mentions: Sequence[Mention]) -> Verdict:
    """The check of the blog post; the report says so too when there is none."""
    total = sum(mention.mentions for mention in mentions if mention.character)
    return Verdict(total > 0, f"{total:,} mentions." if total else "No summary names any character of the cast list.")


def few_mentions_are_ambiguous(share: float) -> Verdict:
    """A form shared by several characters is counted for none of them where the text does not decide."""
    return Verdict(
        share <= MOST_AMBIGUOUS,
        f"{share:.1%} of the mentions could mean several characters"
        + ("." if share <= MOST_AMBIGUOUS else "; extra names (the setting `aliases`) can say who is meant."),
    )


def leading_cast_is_mentioned(
    names: Sequence[str], mentions: Sequence[Mention], shared: Mapping[str, Sequence[str]]
) -> Verdict:
    """TVMaze lists the leads first: where the texts never name one, they probably call them otherwise.

    `names` are the cast that was counted, in TVMaze's order; `shared` has the cast names behind each row of several.
    """
    found = {mention.character for mention in mentions}
    found |= {name for form in found for name in shared.get(form, ())}
    missing = [name for name in dict.fromkeys(names[:LEADS]) if name not in found]
    if not missing:
        return Verdict(True, "They are.")
    return Verdict(
        False,
        f"Never mentioned: {', '.join(map(_code, missing))}. If the summaries call them otherwise, "
        "the setting `aliases` can say so.",
    )


def nobody_unknown_leads(unclaimed: Sequence[tuple[str, int, int]], most: int) -> Verdict:
    """`unclaimed` has (word, mentions, episodes), the most frequent first; `most` is how often the leader is named."""
    ahead = [f"{_code(word)} ({count:,})" for word, count, _ in unclaimed if count > most]
    if not ahead:
        return Verdict(True, "None is.")
    return Verdict(
        False,
        f"Used more often than the leader is mentioned ({most:,}): {', '.join(ahead[:10])}"
        f"{', …' if ahead[10:] else ''}. If one of them is in the cast, the setting `aliases` can say so.",
    )


def report_is_a_readable_picture(problem: str | None) -> Verdict:
    """`problem` is what `picture.check_picture` finds wrong with the file on disk, None where nothing is."""
    return Verdict(problem is None, f"The picture is readable{'.' if problem is None else f': no, {problem}.'}")


def every_sign_has_a_font(without: Sequence[str], packages: Sequence[str]) -> Verdict:
    """`without` are the signs that the picture shows as boxes, `packages` those of Debian that bring a font."""
    if not without:
        return Verdict(True, "There is a font for every sign.")
    shown = f"{_code(' '.join(without[:20]))}{' …' if without[20:] else ''}"
    return Verdict(
        False,
        f"No font here has {shown}: `appearances.png` shows boxes. `apt install {' '.join(packages)}` brings a font on "
        "Debian and Ubuntu; macOS and Windows come with one, and others are at fonts.google.com/noto. Or pass around "
        "`appearances.html`, which takes its reader's fonts.",
    )


def every_show_is_current(behind: Mapping[str, str]) -> Verdict:
    """`behind` has, by partition, why there is no report of the show's newest state."""
    return _none(behind, "All are.", "{} without a report of their newest state")


def every_show_is_live(samples: Sequence[str]) -> Verdict:
    """`samples` are the partitions whose report is of the sample."""
    return _none(dict.fromkeys(samples, ""), "All are.", "{} of the sample")


def every_show_names_a_character(silent: Sequence[str]) -> Verdict:
    """`silent` are the partitions in whose summaries nobody is named, or that have none."""
    return _none(dict.fromkeys(silent, ""), "All do.", "{} without a mention")


def every_line_is_a_show(dropped: Sequence[str]) -> Verdict:
    """`dropped` says of each line that was left out what is wrong with it."""
    return _none(dict.fromkeys(map(_code, dropped), ""), "All are.", "{} left out")


def _none(found: Mapping[str, str], good: str, bad: str) -> Verdict:
    if not found:
        return Verdict(True, good)
    listed = "; ".join(f"{name}: {_code(why)}" if why else name for name, why in [*found.items()][:10])
    return Verdict(False, f"{bad.format(f'{len(found):,}')}: {listed}{'; …' if len(found) > 10 else ''}")  # noqa: PLR2004


def every_show_has_a_result(missing: Sequence[str]) -> Verdict:
    """`missing` are the partitions without a result; right after the start that is most of them."""
    if not missing:
        return Verdict(True, "All are there.")
    listed = f"{', '.join(missing[:10])}{', …' if missing[10:] else ''}"
    return Verdict(False, f"{len(missing):,} without a result: {listed}. The overview says why.")


def every_show_is_called_what_was_asked_for(others: Mapping[str, str]) -> Verdict:
    """`others` has, by partition, what the show is called that was found for a line that calls it otherwise."""
    listed = ", ".join(f"{show}: {_code(name)}" for show, name in [*others.items()][:10])
    return Verdict(
        not others,
        f"Called otherwise: {listed}{', …' if others.keys() - [*others][:10] else ''}. "
        "If that is another show, give the name in full, or its TVMaze id as in id:431."
        if others
        else "All are.",
    )


def every_show_is_listed_once(same: Sequence[Sequence[str]]) -> Verdict:
    """`same` has the partitions of each show that several stand for: a title and an id can mean the same."""
    listed = "; ".join(" = ".join(names) for names in same[:10])
    return Verdict(not same, f"The same show: {listed}." if same else "Every line is a show of its own.")


def _when_and_where(show: Show) -> str:
    return ", ".join(filter(None, (show.year, show.network and _code(show.network)))) or "date unknown"


def _code(text: str) -> str:
    """Text from outside as Markdown's code, since the UI takes a note for Markdown, in which M*A*S*H is in italics."""
    plain = " ".join(text.split()).replace("`", "'")
    return f"`{plain}`"
