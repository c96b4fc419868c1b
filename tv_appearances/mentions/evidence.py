"""What a show's own texts say about its names: facts of this show, which no word list can hold.

Belongs here: one pass over the texts that counts how words are used, and what follows from that for readings of a cast
name, short forms, and the owner of a surname that several bear; each with its threshold, which one sentence never
meets where anything speaks against it. Does not belong here: what the words beside one form say (`context`).
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tv_appearances.mentions.matching import stands_alone
from tv_appearances.mentions.names import Name, other_readings, read_names
from tv_appearances.mentions.text import END, bare, fold, lower, plain_text, sentence_ends
from tv_appearances.mentions.words import (
    ADJECTIVES,
    INTRODUCERS,
    NOT_SURNAMES,
    STRANGERS,
    given_names,
    short_forms,
    title_of,
)

CLIPPED = 3
"""A clipped form has as many letters of the given name at least, and leaves out two: "Deb" of Deborah."""

HABIT = 2
"""What the texts do in two sentences, they do not do by chance."""

FAMILIAR = 10
"""Somebody whom so many summaries call by the given name is hardly called otherwise in one."""

TOO_SHORT = 20
"""So many sentences and line ends at most teach nothing: there the lists decide."""

OWNER_SHARE = 10
"""An owner may be excluded once for so many times that each of the others is."""

GUESTS = 5
"""Of so many sentences with a short form one may be about a guest of that name."""

RARELY = 3
"""Who is called by the given name once for so many times by the surname is called by the surname."""

SURE = 5
"""So many sure mentions by a surname, and none of anybody else's, show whose it is."""

_CAPITALISED = re.compile(r"[A-Z]\w+")
_NEXT = re.compile(r" (?:&amp; )?(\w[\w'.-]*)")


@dataclass(frozen=True)
class Texts:
    """All summaries of a show as one text, see `plain_text`."""

    text: str
    seams: frozenset[int]
    written: str
    """The same text before folding: in the accents, quotes and dashes of whoever wrote it."""
    _lower: dict[str, bool] = field(default_factory=dict, repr=False)
    _unfolded: dict[int, tuple[str, list[int]]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, summaries: Iterable[str]) -> "Texts":
        """The texts of these summaries, in this order."""
        return cls(*plain_text(summaries))

    @cached_property
    def words(self) -> frozenset[str]:
        """The words that begin with a capital."""
        return frozenset(_CAPITALISED.findall(self.text))

    @cached_property
    def _sentences(self) -> list[int]:
        return sentence_ends(self.text)

    @cached_property
    def _summaries(self) -> list[int]:
        return [end.start() for end in re.finditer(END, self.text)]

    @property
    def are_few(self) -> bool:
        """Whether they are too short to teach anything."""
        return len(self._sentences) <= TOO_SHORT

    def sentence(self, at: int) -> int:
        """The number of the sentence that holds a place, all summaries' in one row."""
        return bisect_right(self._sentences, at)

    def summary(self, at: int) -> int:
        """The number of the summary that holds a place."""
        return bisect_left(self._summaries, at)

    def as_written(self, summary: int, start: int, end: int) -> tuple[str, list[int]]:
        """A piece of a summary before folding, and for each of its places, the end included, the place in that."""
        first = self._summaries[summary - 1] + 1 if summary else 0
        written, places = self._places(summary)
        if not places:
            return self.text[start:end], list(range(end - start + 1))
        begin = places[start - first]
        return written[begin : places[end - first]], [at - begin for at in places[start - first : end - first + 1]]

    def _places(self, summary: int) -> tuple[str, list[int]]:
        # A summary before folding, and for each place in the folded one that in this; none where they are the same, or
        # where it cannot be said: letters of other scripts that are typed in two.
        if summary not in self._unfolded:
            folded, written = self._pieces[0][summary], self._pieces[1][summary]
            lengths = [] if folded == written else [len(fold(character)) for character in written]
            known = sum(lengths) == len(folded)
            places = [at for at, length in enumerate(lengths) for _ in range(length)] if known else []
            self._unfolded[summary] = written, [*places, len(written)] if places else []
        return self._unfolded[summary]

    @cached_property
    def _pieces(self) -> tuple[list[str], list[str]]:
        return self.text.split(END), self.written.split(END)

    def span(self, at: int) -> tuple[int, int]:
        """Where the sentence that holds a place begins and ends."""
        number = self.sentence(at)
        return self._sentences[number - 1] if number else 0, self._sentences[number]

    def has_in_lower_case(self, word: str) -> bool:
        """Whether the texts use a word in lower case: as an ordinary word."""
        if word not in self._lower:
            self._lower[word] = any(f" {word}{behind}" in self.text for behind in " ,.;:!?")
        return self._lower[word]


@dataclass(slots=True)
class Use:
    """How the texts use a capitalised word: the sentences in which it stands for somebody alone, and what else."""

    alone: set[int] = field(default_factory=set)
    before: Counter[str] = field(default_factory=Counter)
    """Capitalised words right behind it, in lower case."""
    strange: int = 0
    """How often it is introduced ("a guest named Walt") or has an article ("another Walt", "every Chef")."""


def uses(texts: Texts, words: Iterable[str]) -> dict[str, Use]:
    """How the texts use each of these words, which begin with a capital."""
    from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

    found = {word: Use() for word in words}
    wanted = sorted(found.keys() & texts.words)
    if not wanted:
        return found
    text = texts.text
    automaton = AhoCorasick(wanted, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA)
    for which, start, end in automaton.find_matches_as_indexes(text):
        if not stands_alone(text, start, end, texts.seams):
            continue
        use = found[wanted[which]]
        ahead = text[max(0, start - 24) : start]
        word = ahead.split(" ")[-2] if ahead.endswith(" ") and " " in ahead[:-1] else ahead.strip()
        behind = _NEXT.match(text, end)
        if bare(word).lower() in STRANGERS or bare(word).lower() in INTRODUCERS:
            use.strange += 1
        elif behind and _may_be_surname(behind[1]):
            use.before[lower(bare(behind[1]).removesuffix("'s"))] += 1
        elif bare(word).lower() != "the" and not (word[:1].isupper() and ahead[-2:-1].isalnum() and title_of(word)):
            use.alone.add(texts.sentence(start))
    return found


def _may_be_surname(word: str) -> bool:
    return word[0].isupper() and lower(bare(word)) not in NOT_SURNAMES and not title_of(bare(word))


def read_cast(texts: Texts, cast_names: Iterable[str]) -> dict[str, tuple[Name, ...]]:
    """The names that each cast name holds, read as the texts read them, see `other_readings`.

    "Major" is a title in "Major Lilywood" until the texts say, twice, what Major does; "Chef" a given name in "Chef
    Sofia Brandt" until they call her Sofia, and nobody Chef.
    """
    readings = {cast_name: other for cast_name in cast_names if (other := other_readings(fold(cast_name)))}
    known = uses(texts, (word for other in readings.values() for r in other for word in (r.shows, r.against)))
    chosen: dict[str, int] = {}
    for cast_name, other in readings.items():
        for reading in other:
            shows, against = known[reading.shows], known[reading.against]
            if len(shows.alone) >= reading.needed and len(shows.alone) > len(against.alone):
                chosen.setdefault(cast_name, reading.titles)
    return {cast_name: read_names(cast_name, chosen.get(cast_name)) for cast_name in cast_names}


def short_forms_used(
    texts: Texts, names: Mapping[str, tuple[Name, ...]], aliases: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """Cast name → the short forms of the given name by which the texts call its bearer: Walt of Walter White.

    Customary ones (Walt, Liz), clipped ones (Deb of Deborah, Sam of Samwell), pet forms (Lexie of Alexandra) and words
    of a longer nickname (Pussy of "Big Pussy"). One is taken only if one cast member can own it and the texts speak for
    nobody else. It has no foreign surname ("Walt Simmons"), is not introduced ("a guest named Walt"), and does not
    stand in one sentence with the given name itself ("Walter hires Walt"); a form that many sentences use may have a
    guest who does. Who is called by the given name in many summaries has no other form in a single sentence. The own
    surname behind it tells whose it is: "Lexie Whitcombe".
    """
    taken: dict[str, set[str]] = defaultdict(set)
    for cast_name, parts in names.items():
        for word in (*(word for name in parts for word in _words_of(name)), *aliases.get(cast_name, ())):
            taken[lower(fold(word))].add(cast_name)
    owners: dict[str, set[str]] = defaultdict(set)
    for cast_name, parts in names.items():
        given = lower(fold(parts[0].given))
        forms = _short_of(given, texts.words) if given.isalpha() and not parts[0].suffix else set()
        for form in forms | (_nickname_words(parts[0]) & texts.words):
            owners[form].add(cast_name)
    sole = {form: next(iter(own)) for form, own in owners.items() if len(own) == 1 and taken[lower(form)] <= own}
    known = uses(texts, [*sole, *(fold(names[owner][0].given) for owner in sole.values())])
    found: dict[str, list[str]] = defaultdict(list)
    for form, owner in sorted(sole.items()):
        name = names[owner][0]
        if _is_used_for(texts, name, form, full=known[fold(name.given)], short=known[form]):
            found[owner].append(form)
    return {owner: tuple(forms) for owner, forms in found.items()}


def _is_used_for(texts: Texts, name: Name, form: str, *, full: Use, short: Use) -> bool:
    # See `short_forms_used`. The name of somebody else that it could be needs more than a habit.
    given, surname = lower(fold(name.given)), lower(fold(name.surname)).split(" ")[0]
    in_full = short.before.get(surname, 0) if surname else 0
    against = short.before.total() - in_full + short.strange + len(short.alone & full.alone)
    said = len(short.alone) + in_full
    if against * GUESTS > said:
        return False
    if lower(form) in short_forms().get(given, ()):
        few = texts.are_few and len(full.alone) < FAMILIAR
        return bool(in_full) or (said >= (1 if few else HABIT) and not _is_name_of_its_own(form, name.given))
    alone = lower(form) not in given_names() or given not in short_forms()
    clipped = (given.startswith(lower(form)) and alone) or form in _nickname_words(name)
    return said >= (HABIT if clipped or in_full else SURE)


def _words_of(name: Name) -> Iterable[str]:
    return (*name.whole.split(), *(word for nickname in name.nicknames for word in (nickname, *nickname.split())))


def _short_of(given: str, words: frozenset[str]) -> set[str]:
    # Amanda is no short form of Mandy, though the library has them both ways, as it has Robert and Bob.
    known = short_forms()
    customary = {f.capitalize() for f in known.get(given, ()) if len(f) <= len(given) or given not in known.get(f, ())}
    clipped = {given[:at].capitalize() for at in range(CLIPPED, len(given) - 1)}
    pet = {
        f"{given[at : at + length]}{end}".capitalize()
        for length in (CLIPPED, CLIPPED + 1)
        for at in range(1, len(given) - length + 1)
        for end in _PET_ENDS
    }
    return (customary | clipped | pet) & words - {given.capitalize()}


_PET_ENDS = ("", "ie", "y", "i")


def _nickname_words(name: Name) -> set[str]:
    # Paulie of "Paulie Walnuts", Pussy of "Big Pussy".
    words = {word for nickname in name.nicknames if " " in nickname for word in nickname.split()}
    return {word for word in words if word[0].isupper() and word.lower() not in ADJECTIVES and not title_of(word)}


def _is_name_of_its_own(form: str, given: str) -> bool:
    # Some short forms are given names with short forms of their own: Peter (Pete) of Patrick; but not Debbie (Deb).
    short = lower(form)
    clipped = any(
        len(other) < len(short) and short.startswith(other[:CLIPPED]) for other in short_forms().get(short, ())
    )
    return clipped and short[:CLIPPED] != lower(given)[:CLIPPED]


def owner(
    names: Sequence[str],
    beside: Sequence[set[str]],
    in_full: Mapping[str, int],
    everywhere: Sequence[set[str]] | None = None,
    otherwise: Mapping[str, int] | None = None,
) -> str:
    """Which of several bearers of a surname is the one whom the texts call by it alone; "" where they do not say.

    Args:
        names: The bearers.
        beside: For each sentence with the surname alone, the bearers who are named otherwise in it. Nobody is called by
            two names in one sentence: "Maddie tells Bosch" is not about Maddie Bosch twice.
        in_full: How often the surname is surely a bearer's: behind the given name, or behind an own title.
        everywhere: The same as `beside` for the whole show, where `beside` is of one summary only.
        otherwise: How often each bearer is surely named without the surname, in the whole show.

    One bearer is left where each of the others stands beside the surname, in two sentences of the show or in one of a
    summary that has it in two, and the one does not. Or nearly all that is surely a bearer's is one's: "Harry Bosch"
    six times, and the others hardly ever with their surname. Or the others are people whom the texts call by the given
    name, and the one is hardly ever: Nora's father is Dorsey. Where each is left about as often ("Kessler and Lily
    argue", "Raymond grounds Kessler"), nobody is.
    """
    excluded = Counter(name for sentence in beside for name in sentence)
    against = excluded if everywhere is None else Counter(name for sentence in everywhere for name in sentence)
    needed = HABIT if everywhere is None else 1
    for one in names:
        others = [name for name in names if name != one]
        least = min(excluded[name] for name in others)
        if least >= needed and against[one] * OWNER_SHARE <= least:
            return one
        sure = in_full.get(one, 0)
        rest = max(in_full.get(name, 0) for name in others)
        if sure >= SURE and rest * GUESTS <= sure and against[one] * OWNER_SHARE <= sure + len(beside):
            return one
        if otherwise is not None and sure and len(beside) >= SURE and against[one] * OWNER_SHARE <= len(beside):
            usual = min(otherwise.get(name, 0) for name in others)
            given = otherwise.get(one, 0)
            hardly = given * RARELY <= len(beside) and given * HABIT <= usual
            if hardly and usual >= (SURE if given else HABIT):
                return one
    return ""
