"""From the names of a cast list and the summaries of episodes to mentions.

The steps, in order: `text` makes names and summaries comparable; `evidence` learns from the texts how the names are to
be read; `names` lists the surface forms of each cast name; `matching` finds where one stands; `context` reads the words
beside it; and here a form that several share goes to one of them only if the text decides.
There is no rule for a show.

Belongs here: the count itself, pure functions of names and texts. Does not belong here: files, assets.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

from tv_appearances.mentions.aliases import NO_ALIASES, Aliases, check_aliases
from tv_appearances.mentions.context import Certainty, is_quiet, referents
from tv_appearances.mentions.evidence import HABIT, Texts, owner, read_cast, short_forms_used
from tv_appearances.mentions.matching import Search, longest
from tv_appearances.mentions.names import Kind, SurfaceForm, is_generic, read_names, surface_forms
from tv_appearances.mentions.text import fold, lower
from tv_appearances.tvmaze.models import Character, Episode, Mention, in_order

Found = tuple[int, str, str, int, int]
"""A form of which it is decided whom it means: the number of its summary, whom, the form as shown, start and end.

A plain tuple: a long show has so many that more would cost as much as finding them.
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """The answer for a show.

    `mentions` are in the order of the episodes (`in_order`), then by character and form; `left_out` are the generic
    roles that are not counted, as the cast list writes them; `could_be` has, for each form that is counted for nobody,
    the cast names of those whom it may mean; `shared`, for each form that several have one row under, theirs.
    """

    mentions: tuple[Mention, ...]
    left_out: tuple[str, ...]
    could_be: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A count and what it was made from: the episodes with a summary, in order, their texts, each form found."""

    tally: Tally
    told: tuple[Episode, ...] = ()
    texts: Texts = field(default_factory=lambda: Texts.of(()))
    found: tuple[Found, ...] = ()
    keys: frozenset[str] = frozenset()
    """The forms that were looked for, in lower case."""


_START = itemgetter(3)


class _Open(NamedTuple):
    """A form of which its place does not decide whom it means."""

    summary: int
    meant: tuple[str, ...]
    form: SurfaceForm
    start: int
    end: int
    certainty: Certainty


def count_mentions(
    characters: Sequence[Character],
    episodes: Iterable[Episode],
    aliases: Aliases = NO_ALIASES,
) -> Tally:
    """Count who is named how often in the summaries of a show.

    Args:
        characters: The cast list. Characters with one and the same name are one, and so is their row.
        episodes: In any order; a summary that is None is one that names nobody.
        aliases: Extra names, see `read_aliases`.

    Raises:
        AliasError: The aliases do not fit the cast, see `check_aliases`.

    A form that several bear is given to one of them if the summary has named exactly that one by a longer form ("Kate
    Warner … Kate"), or by an own title ("Detective West … West"). So it is if the texts of the show, or of this
    summary, leave only one: see `evidence.owner`. "Mr. Locke" is John Locke in a show that mostly calls him Locke. A
    name that is all that ever names its bearers is one row under that name: two Kates of whom no summary tells more,
    and "the Warden" where the cast list has a First and a Second Warden. The rest is ambiguous.
    """
    return read(characters, episodes, aliases).tally


def read(characters: Sequence[Character], episodes: Iterable[Episode], aliases: Aliases = NO_ALIASES) -> Reading:
    """As `count_mentions`, with where each mention stands."""
    check_aliases(aliases, characters)
    all_names = dict.fromkeys(character.name for character in characters)
    left_out = tuple(name for name in all_names if is_generic(name))
    told = tuple(episode for episode in in_order(episodes) if episode.summary)
    texts = Texts.of(episode.summary or "" for episode in told)
    names = read_cast(texts, [name for name in all_names if name not in left_out])
    index = surface_forms(names, aliases.names, short_forms_used(texts, names, aliases.names))
    if not index or not told:
        return Reading(Tally((), left_out), told, texts)
    forms = tuple(index.values())
    found, certain, undecided = _look(texts, Search(texts.text, texts.seams, forms, tuple(index)))
    could_be: dict[str, set[str]] = defaultdict(set)
    shared: dict[str, set[str]] = defaultdict(set)
    if undecided:
        for item, name, shown in _decide(texts, undecided, found, certain, _shared_names(forms)):
            found.append((item.summary, name, shown, item.start, item.end))
            if not name:
                could_be[shown].update(item.meant)
            elif name not in names:
                shared[name].update(item.meant)
        found.sort(key=_START)
    tally = Tally(tuple(_rows(found, told)), left_out, _sorted(could_be), _sorted(shared))
    return Reading(tally, told, texts, tuple(found), frozenset(index))


def _sorted(groups: Mapping[str, set[str]]) -> dict[str, tuple[str, ...]]:
    return {form: tuple(sorted(groups[form])) for form in sorted(groups)}


def _look(texts: Texts, search: Search) -> tuple[list[Found], list[Found], list[_Open]]:
    """The forms that are decided where they stand, those that are a part of a longer one, and the undecided.

    The second list has, as "… West", what the first has as "West" where another part of the name or the bearer's own
    title stands beside it: "Detective West".
    """
    text, forms = texts.text, search.forms
    decided: list[Found] = []
    certain: list[Found] = []
    undecided: list[_Open] = []
    last: dict[str, int] = {}  # cast name → the last summary that named its bearer
    strangers: dict[tuple[int, int], list[Found]] = {}  # summary and form → where it is a stranger's
    regulars: dict[str, list[Found]] = {}  # cast name → what is a stranger's unless the bearer is named again
    strange = -1  # the last summary with a stranger
    sole = [form.names[0] if form.plain and not form.names[1:] else "" for form in forms]
    for summary, which, start, end in longest(text, search.hits()):
        form, name = forms[which], sole[which]
        quiet = form.plain and is_quiet(text, start, end)
        if quiet and name and summary != strange:  # most are
            last[name] = summary
            decided.append((summary, name, form.shown, start, end))
            continue
        meant, certainty = (form.names, Certainty.POSSIBLE) if quiet else referents(form, texts, start, end)
        if certainty is Certainty.NOBODY:
            continue
        if certainty is Certainty.STRANGER or certainty is Certainty.INTRODUCED:
            if any(last.get(name) == summary for name in meant):
                continue
            strangers[summary, which], strange = [], summary
            if certainty is Certainty.INTRODUCED and len(meant) == 1 and meant[0] not in last:
                regulars.setdefault(meant[0], strangers[summary, which])
        found = (summary, meant[0], form.shown, start, end)
        if summary == strange and certainty is not Certainty.CERTAIN and (summary, which) in strangers:
            strangers[summary, which].append(found)
        elif len(meant) > 1 or certainty is Certainty.FAMILY or certainty is Certainty.RELATIVE:
            undecided.append(_Open(summary, meant, form, start, end, certainty))
        else:
            if certainty is Certainty.CERTAIN:
                certain.append((summary, meant[0], f"… {form.shown}", start, end))
            last[meant[0]] = summary
            decided.append(found)
    return sorted([*decided, *_introduced(regulars, decided)], key=_START) if regulars else decided, certain, undecided


def _introduced(regulars: Mapping[str, list[Found]], decided: Iterable[Found]) -> Iterator[Found]:
    """What an introduction names that is one of a regular: of somebody whom several other summaries name.

    "A boy named Steven" in the first of many summaries is Steven; "a donkey named Gus" in the only one is not Gus.
    """
    others: dict[str, set[int]] = {name: set() for name in regulars}
    for summary, name, _, _, _ in decided:
        if name in others:
            others[name].add(summary)
    for name, found in regulars.items():
        if len(others[name]) >= HABIT:
            yield from found


def _rows(found: Iterable[Found], told: Sequence[Episode]) -> Iterator[Mention]:
    counts: dict[tuple[str, str], int] = {}
    at = 0
    for summary, name, shown, _, _ in (*found, (len(told), "", "", 0, 0)):
        if summary != at:
            if counts:
                of = told[at].id, told[at].season, told[at].number
                for (who, form), count in sorted(counts.items()) if len(counts) > 1 else counts.items():
                    yield Mention(*of, who, form, count)
                counts.clear()
            at = summary
        counts[name, shown] = counts.get((name, shown), 0) + 1


def _decide(
    texts: Texts,
    undecided: Sequence[_Open],
    decided: Sequence[Found],
    certain: Sequence[Found],
    shared: Mapping[frozenset[str], tuple[str, bool]],
) -> Iterator[tuple[_Open, str, str]]:
    """Whom a form means where its place does not say: one of its bearers, their shared name, or else "".

    A form refers back. A longer one behind it tells its bearer apart from whom the short one means: in "Logan resigns,
    and Martha Logan weeps" Logan is not Martha.
    """
    shown = Counter([(name, form) for _, name, form, _, _ in (*decided, *certain)])
    named: Counter[str] = Counter()
    for (name, _), count in shown.items():
        named[name] += count
    left = []
    for item, before in _with_those_before(undecided, sorted([*decided, *certain], key=_START)):
        fits = before & set(item.meant)
        form = item.form.shown
        if item.certainty is Certainty.RELATIVE:
            yield item, "", form
        elif item.certainty is Certainty.FAMILY:
            usual = len(item.meant) == 1 and 2 * shown[item.meant[0], form] > named[item.meant[0]]
            yield item, item.meant[0] if usual else "", form
        elif len(fits) == 1:
            yield item, fits.pop(), form
        else:
            left.append(item)
    owners = _owners(texts, left, decided, certain)
    for item in left:
        name, is_whole = shared.get(frozenset(item.meant), ("", False))
        sole = owners.get((item.form.shown, item.summary)) or owners.get((item.form.shown, -1), "")
        if sole in item.meant:
            yield item, sole, item.form.shown
        elif is_whole or named.keys().isdisjoint(item.meant):
            yield item, name, name or item.form.shown
        else:
            yield item, "", item.form.shown


def _with_those_before(undecided: Iterable[_Open], known: Sequence[Found]) -> Iterator[tuple[_Open, set[str]]]:
    """Each form that is not decided, and whom its summary has named by a longer form before it."""
    at = 0
    for _, items in groupby(undecided, key=attrgetter("summary")):
        here = list(items)
        forms = {item.form.shown for item in here}
        named: dict[str, set[str]] = {form: set() for form in forms}
        for item in here:
            while at < len(known) and known[at][3] < item.start:
                summary, name, shown, _, _ = known[at]
                at += 1
                if summary == item.summary:
                    for form in forms:
                        if _is_part(form, shown):
                            named[form].add(name)
            yield item, named[item.form.shown]


@lru_cache(maxsize=65536)
def _is_part(form: str, longer: str) -> bool:
    form = form.removeprefix("The ")
    return form != longer.removeprefix("The ") and f" {form} " in f" {longer} "


def _owners(
    texts: Texts, undecided: Sequence[_Open], decided: Sequence[Found], certain: Sequence[Found]
) -> dict[tuple[str, int], str]:
    """(Surname, summary) → whose it is there; under the summary -1 whose it is in the whole show. See `owner`."""
    bare = [item for item in undecided if all(bearer.kind is Kind.SURNAME for bearer in item.form.bearers)]
    if not bare:
        return {}
    meant: dict[str, tuple[str, ...]] = {}
    stands: dict[str, set[int]] = defaultdict(set)
    for item in bare:
        meant[item.form.shown] = item.form.names
        stands[item.form.shown].add(texts.sentence(item.start))
    in_question = {sentence for sentences in stands.values() for sentence in sentences}
    beside: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for _, name, shown, start, _ in decided:
        if (sentence := texts.sentence(start)) in in_question:
            beside[sentence][name].add(shown)
    sure = Counter([(name, shown) for _, name, shown, _, _ in (*decided, *certain)])
    owners = {}
    for surname, names in meant.items():
        in_full: Counter[str] = Counter()
        otherwise: Counter[str] = Counter()
        for (name, shown), count in sure.items():
            if name in names:
                (in_full if _is_part(surname, shown) else otherwise)[name] += count
        others = {
            sentence: {name for name, shown in beside[sentence].items() if not any(_holds(surname, s) for s in shown)}
            for sentence in stands[surname]
        }
        owners[surname, -1] = owner(names, list(others.values()), in_full, otherwise=otherwise)
        by_summary: dict[int, list[set[str]]] = defaultdict(list)
        for item in bare:
            if item.form.shown == surname:
                by_summary[item.summary].append(others[texts.sentence(item.start)])
        for summary, sentences in by_summary.items():
            if len(sentences) >= HABIT:
                owners[surname, summary] = owner(names, sentences, Counter(), list(others.values()))
    return owners


def _holds(surname: str, shown: str) -> bool:
    return f" {surname} " in f" {shown} "


def _shared_names(forms: Iterable[SurfaceForm]) -> dict[frozenset[str], tuple[str, bool]]:
    """For each group of bearers the longest form that they share and that is no surname, and whether it is whole."""
    shared: dict[frozenset[str], tuple[str, bool]] = {}
    for form in forms:
        kinds = {bearer.kind for bearer in form.bearers}
        group = frozenset(bearer.cast_name for bearer in form.bearers)
        if len(group) > 1 and Kind.SURNAME not in kinds and len(form.shown) > len(shared.get(group, ("", False))[0]):
            shared[group] = (form.shown, Kind.GIVEN not in kinds)
    return shared


STEADY = 2
"""A form is what the texts call somebody once so many summaries use it; a label does not follow a single one."""


def labels(characters: Sequence[Character], mentions: Iterable[Mention] = ()) -> dict[str, str]:
    """Short names for charts and tables, by cast name; generic roles have none.

    From the cast list: a quoted nickname, else the given name, else the full name without titles, else the cast name:
    the first of them that nobody else in the cast could be called. The texts have another one where they use a form
    that is one character's alone at least twice as often, so that labels do not change from day to day: House, not
    Gregory; Kramer, not Cosmo.
    """
    candidates = {}
    for cast_name in dict.fromkeys(c.name for c in characters if not is_generic(c.name)):
        name = read_names(cast_name)[0]
        full = " ".join(filter(None, (name.whole, name.suffix)))
        candidates[cast_name] = [
            text for text in (*name.nicknames, name.given, full, cast_name) if len(text.rstrip(".")) > 1
        ]
    claims = Counter(lower(fold(text)) for texts in candidates.values() for text in dict.fromkeys(texts))
    of_cast = {
        cast_name: next((text for text in texts if claims[lower(fold(text))] == 1), cast_name)
        for cast_name, texts in candidates.items()
    }
    used = _most_used(mentions)
    if not used:
        return of_cast
    bearers = surface_forms({cast_name: read_names(cast_name) for cast_name in of_cast}, {}, {})
    found = {}
    for cast_name, label in of_cast.items():
        counts = used.get(cast_name, {})
        form, count = max(counts.items(), key=lambda item: (item[1], item[0]), default=("", 0))
        key = lower(fold(form.removeprefix("The ")))
        alone = key not in bearers or bearers[key].names == (cast_name,)
        others = claims[lower(fold(form))] - any(lower(fold(form)) == lower(fold(t)) for t in candidates[cast_name])
        shown = counts.get(label, 0)
        found[cast_name] = form if form and alone and not others and count >= 2 * shown and count else label
    twice = Counter(lower(fold(label)) for label in found.values())
    return {name: label if twice[lower(fold(label))] == 1 else of_cast[name] for name, label in found.items()}


def _most_used(mentions: Iterable[Mention]) -> dict[str, dict[str, int]]:
    """Cast name → form → mentions, of the forms that stand in several summaries."""
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    for mention in mentions:
        key = mention.character, mention.form
        total, summaries = counts.get(key, (0, 0))
        counts[key] = total + mention.mentions, summaries + 1
    used: dict[str, dict[str, int]] = {}
    for (name, form), (total, summaries) in counts.items():
        if name and summaries >= STEADY:
            used.setdefault(name, {})[form] = total
    return used


def appearances(tally: Tally, characters: Sequence[Character]) -> dict[str, int]:
    """Mentions by label: every counted character, those never named with 0, then the names that several share."""
    label_of = labels(characters, tally.mentions)
    counts = dict.fromkeys(label_of.values(), 0)
    for mention in tally.mentions:
        if mention.character:
            label = label_of.get(mention.character, mention.character)
            counts[label] = counts.get(label, 0) + mention.mentions
    return counts


def ambiguous_share(mentions: Iterable[Mention]) -> float:
    """The part of all mentions, from 0 to 1, of which it cannot be said who is meant; 0 where nobody is named."""
    counts: Counter[bool] = Counter()
    for mention in mentions:
        counts[not mention.character] += mention.mentions
    return counts[True] / counts.total() if counts else 0.0
