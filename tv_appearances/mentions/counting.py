"""From the names of a cast list and the summaries of episodes to mentions.

The steps, in order: `text` makes names and summaries comparable; `names` lists the surface forms of each cast name;
`matching` finds where one stands; `context` reads the words beside it; and here a form that several share goes to one
of them only if the text decides.
There is no rule for a show.

Belongs here: the count itself, pure functions of names and texts. Does not belong here: files, assets.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tv_appearances.mentions.aliases import NO_ALIASES, Aliases, check_aliases
from tv_appearances.mentions.context import Certainty, is_quiet, referents
from tv_appearances.mentions.matching import hits, longest
from tv_appearances.mentions.names import Kind, SurfaceForm, is_generic, read_names, surface_forms
from tv_appearances.mentions.text import fold, lower, plain_text
from tv_appearances.tvmaze.models import Character, Episode, Mention, in_order

MANY = 10**9  # more than a cast has names and forms


@dataclass(frozen=True, slots=True)
class Tally:
    """The answer for a show.

    `mentions` are in the order of the episodes (`in_order`), then by character and form; `left_out` are the generic
    roles that are not counted, as the cast list writes them.
    """

    mentions: tuple[Mention, ...]
    left_out: tuple[str, ...]


class _Known(NamedTuple):
    """A form of which it is decided whom it means; `at` grows along the texts."""

    at: int
    place: int
    name: str
    shown: str


class _Open(NamedTuple):
    """A form of which its place does not decide whom it means; `at` is the next known one's."""

    at: int
    place: int
    meant: tuple[str, ...]
    shown: str
    verdict: Certainty


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
    Warner … Kate"), or by an own title ("Detective West … West"). "Mr. Locke" is John Locke in a show that mostly calls
    him Locke. A name that is all that ever names its bearers is one row under that name: two Kates of whom no summary
    tells more. The rest is ambiguous, a shared surname always.
    """
    from ahocorasick_rs import AhoCorasick, Implementation

    check_aliases(aliases, characters)
    names = dict.fromkeys(character.name for character in characters)
    left_out = tuple(name for name in names if is_generic(name))
    index = surface_forms((name for name in names if name not in left_out), aliases.names)
    told = [episode for episode in in_order(episodes) if episode.summary]
    if not index or not told:
        return Tally((), left_out)
    forms = tuple(index.values())
    text, seams = plain_text(episode.summary or "" for episode in told)
    # A DFA, the library's choice for a small cast, takes seconds to build for a name of 10 kB.
    automaton = AhoCorasick(list(index), implementation=Implementation.ContiguousNFA)
    matches = automaton.find_matches_as_indexes(lower(text), overlapping=True)
    # What is decided is kept as one number, of an episode's place in `told` and of a result, a cast name and a form: a
    # long show has so many that tuples would cost more than finding them.
    results: dict[tuple[str, str], int] = {}

    def result(name: str, shown: str) -> int:
        return results.setdefault((name, shown), len(results))

    plain = [result(form.names[0], form.shown) if form.plain else -1 for form in forms]
    decided: list[int] = []
    certain: list[_Known] = []
    undecided: list[_Open] = []
    for place, which, start, end in longest(text, hits(text, matches, seams, forms)):
        if plain[which] >= 0 and is_quiet(text, start, end):
            decided.append(place * MANY + plain[which])
            continue
        form = forms[which]
        meant, verdict = referents(form, text, start, end)
        if len(meant) == 1 and verdict in (Certainty.CERTAIN, Certainty.POSSIBLE):
            if verdict is Certainty.CERTAIN:
                certain.append(_Known(len(decided), place, meant[0], f"… {form.shown}"))
            decided.append(place * MANY + result(meant[0], form.shown))
        elif meant:
            undecided.append(_Open(len(decided), place, meant, form.shown, verdict))
    if undecided:
        pairs = list(results)
        known = [_Known(at, key // MANY, *pairs[key % MANY]) for at, key in enumerate(decided)]
        for place, name, shown in _decide(undecided, [*known, *certain], _shared_names(forms)):
            decided.append(place * MANY + result(name, shown))
    return Tally(tuple(_rows(decided, list(results), told)), left_out)


def _rows(decided: Iterable[int], results: Sequence[tuple[str, str]], told: Sequence[Episode]) -> Iterator[Mention]:
    ordered = sorted(range(len(results)), key=results.__getitem__)
    rank = sorted(range(len(results)), key=ordered.__getitem__)
    counts = {key - key % MANY + rank[key % MANY]: count for key, count in Counter(decided).items()}
    for key in sorted(counts):
        episode, (name, shown) = told[key // MANY], results[ordered[key % MANY]]
        yield Mention(episode.id, episode.season, episode.number, name, shown, counts[key])


def _decide(
    undecided: Sequence[_Open], decided: Sequence[_Known], shared: Mapping[frozenset[str], tuple[str, bool]]
) -> Iterator[tuple[int, str, str]]:
    """Whom a form means where its place does not say: one of its bearers, their shared name, or else "".

    A form refers back. A longer one behind it tells its bearer apart from whom the short one means: in "Logan resigns,
    and Martha Logan weeps" Logan is not Martha.
    """
    here: dict[int, list[_Known]] = {place: [] for _, place, *_ in undecided}
    for known in decided:
        if known.place in here:
            here[known.place].append(known)
    left = []
    named = Counter(known.name for known in decided)
    shown = Counter((known.name, known.shown) for known in decided)
    for at, place, meant, form, verdict in undecided:
        fits = {
            known.name for known in here[place] if known.at < at and known.name in meant and _is_part(form, known.shown)
        }
        if verdict is Certainty.RELATIVE:
            yield place, "", form
        elif verdict is Certainty.FAMILY:
            usual = len(meant) == 1 and 2 * shown[meant[0], form] > named[meant[0]]
            yield place, meant[0] if usual else "", form
        elif len(fits) == 1:
            yield place, fits.pop(), form
        else:
            left.append((place, meant, form))
    for place, meant, form in left:
        name, is_whole = shared.get(frozenset(meant), ("", False))
        yield place, name if is_whole or named.keys().isdisjoint(meant) else "", form


def _is_part(form: str, longer: str) -> bool:
    return form != longer and f" {form} " in f" {longer} "


def _shared_names(forms: Iterable[SurfaceForm]) -> dict[frozenset[str], tuple[str, bool]]:
    """For each group of bearers the longest form that they share and that is no surname, and whether it is whole."""
    shared: dict[frozenset[str], tuple[str, bool]] = {}
    for form in forms:
        kinds = {bearer.kind for bearer in form.bearers}
        group = frozenset(bearer.cast_name for bearer in form.bearers)
        if len(group) > 1 and Kind.SURNAME not in kinds and len(form.shown) > len(shared.get(group, ("", False))[0]):
            shared[group] = (form.shown, Kind.GIVEN not in kinds)
    return shared


def labels(characters: Sequence[Character]) -> dict[str, str]:
    """Short names for charts and tables, by cast name; generic roles have none.

    From the cast list alone, so that they stay the same from day to day: a quoted nickname, else the given name, else
    the full name without titles, else the cast name: the first of them that nobody else in the cast could be called.
    """
    candidates = {}
    for cast_name in dict.fromkeys(c.name for c in characters if not is_generic(c.name)):
        name = read_names(cast_name)[0]
        full = " ".join(filter(None, (name.whole, name.suffix)))
        candidates[cast_name] = [
            text for text in (*name.nicknames, name.given, full, cast_name) if len(text.rstrip(".")) > 1
        ]
    claims = Counter(lower(fold(text)) for texts in candidates.values() for text in dict.fromkeys(texts))
    return {
        cast_name: next((text for text in texts if claims[lower(fold(text))] == 1), cast_name)
        for cast_name, texts in candidates.items()
    }


def appearances(tally: Tally, characters: Sequence[Character]) -> dict[str, int]:
    """Mentions by label: every counted character, those never named with 0, then the names that several share."""
    label_of = labels(characters)
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
