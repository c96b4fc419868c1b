"""Who is meant: from the names of a cast list and the summaries of episodes to mentions.

The rules, in the order in which they apply; each function states one, with its reason and an example:

1. `fold` and `_plain` make names and summaries comparable.
2. `read_name` takes a cast name apart and `_forms` lists what a summary may call its bearer; generic roles have none.
3. `_stands_alone`: a form counts where it is a word of its own, its capitals in place; of two forms the longer wins.
4. `_verdict`: the words beside a form may show that somebody, or something, else is meant.
5. `count_mentions`: a form that several share goes to one of them only if the text decides.

Rules 3 and 4 look at the text and at one character's own name only, so that nobody's mentions depend on who else is in
the cast, shared forms apart. There is no rule for a show. Belongs here: pure functions of names and texts. Does not
belong here: files, assets.
"""

import html
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import Enum
from functools import lru_cache
from itertools import accumulate, takewhile
from operator import itemgetter
from typing import NamedTuple

from tv_appearances.models import Character, Episode, Mention, in_order


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = {word: word for word in _words("""
    admiral agent ambassador archbishop assistant attorney aunt baron bishop brigadier brother cadet captain cardinal
    chairman chancellor chief coach colonel commandant commander commissioner commodore congressman congresswoman
    constable corporal councillor councilman councilwoman counsellor counselor count countess cousin crewman dame dean
    deputy detective director district doctor duchess duke earl emperor empress ensign father general governor grand
    grandma grandpa gunnery headmaster headmistress inspector investigator judge khal king lady lieutenant lord madam
    maester major marshal master mayor minister miss mister monsignor mother mr mrs ms nurse officer pastor
    preacher president prince princess principal private professor queen rabbi ranger reverend secretary senator septa
    ser sergeant shepherd sheriff sir sister special specialist staff superintendent trooper uncle vicar vice viscount
    warden yeoman
    """)} | {
    "adm": "admiral", "capt": "captain", "cmdr": "commander", "col": "colonel", "cpl": "corporal", "det": "detective",
    "dr": "doctor", "fr": "father", "gen": "general", "gov": "governor", "insp": "inspector", "lt": "lieutenant",
    "maj": "major", "pfc": "private", "pres": "president", "prof": "professor", "pvt": "private", "rev": "reverend",
    "sen": "senator", "sgt": "sergeant", "supt": "superintendent",
}  # fmt: skip
"""Words before a name, without their full stop, and what they are short for."""

RANKS = _words("ADA DC DCI DCS DI DS PC SSA WPC")
"""Titles in capitals only: "DI Alec Hardy", but "Antonio Di Pietro" and "Ada Thorne"."""

CIVIL = _words("mr mister mrs ms miss madam")
"""Titles that a whole family shares: "Mrs. Green" is Rachel Green's mother as likely as Rachel."""

NAMES_TOO = _words("baron dean duke earl")
"""Titles before two words or more ("Dean Craig Pelton") and given names before one ("Dean Winchester")."""

NEAR = 3
"""How many words beside a form are looked at: a given name and two middle names before a surname."""

EDGES = frozenset(" \n,.;:!?()")
"""What stands beside most words; what else may, `_stands_alone` knows."""

SUFFIXES = _words("jr sr i ii iii iv esq md phd dds rn")

PARTICLES = _words("al bin da de del della der di dos du el ibn la le o' st st. ten ter van vande vanden von")

ADJECTIVES = _words("""
    baby big black blue dark evil fat gray great green grey high killer lady little mad new night number old silver
    smoking tall tiny white young""")
"""A name that begins with one of these is an epithet ("Grey Worm", "Number One"): its parts are no names."""

ROLES = _words("""
    actor actress announcer anchor anchorman anchorwoman audience cohost characters commentator contestant contestants
    correspondent ensemble expert guest herself himself host hosts interviewer interviewee judge mentor moderator
    myself narrator newsreader panelist panelists panellist performer performers player presenter presenters reporter
    roles self team themselves various voice voices""")
ROLE_NOTES = _words("""
    additional and archive assistant captain character chief co featured footage guest lead main multiple of on
    regular segment senior series show special spokesperson studio the""")
"""A cast name made of these words alone, at least one of them a role, names nobody: "Himself - Host", "Co-Host"."""

DETERMINERS = _words("""
    a all an any anyone anybody be each every everybody everyone everything he her him his i it its me my no nobody not
    our she someone something that the their them there these they things this those us we what who you your""")
PREPOSITIONS = _words("about against at between by during for from in into of on over through to under with without")
UNITS = _words("days hours minutes months people weeks years")
OBJECTS = DETERMINERS | PREPOSITIONS | UNITS
"""Words that follow a verb, a noun or a number, and hardly ever a name."""

OPENERS = OBJECTS | _words("""
    after afraid again also although and are as because before both but can could did do does elsewhere even eventually
    finally had has have how however if instead is just later may maybe meanwhile might must now once only or perhaps
    plus should since so soon still then though unable unless until was were when where whether which while why will
    would yet""")  # fmt: skip
"""Words that open a sentence and are no given name."""

NUMBERS = _words("two three four five six seven eight nine ten eleven twelve thirteen")
COMMON_WORDS = NUMBERS | _words("""
    ace alma angel april archer art august autumn bill bishop bliss book buck buddy case cash chance charity chase
    chance chip christian chuck cliff cook crystal daisy dawn dean destiny drew duke earl ember faith fisher flash
    frank gene ginger glory grace grant guy harmony heather hero holly honor hook hope hunt hunter iris ivy jack jade
    jewel joy june junior justice king lance lane liberty lily link lip lucky major mark march mason max may mercy
    miles misty moon norm olive pat patience pearl penny piper pierce pop pope prince queen rain ray red reed rich
    river rob robin rock rose rowan ruby rusty sage scout serenity shepherd sky skip sonny spike spring star stone storm
    sue summer sun tag temperance trip trinity trust violet wade ward wash west will winter wolf young""")
"""Names that are also ordinary words, and so may begin a sentence without naming anybody."""

QUESTIONS = _words("can will may might")
"""Names that make a question of a sentence: "Will Jack survive?"."""

DATED = _words("early in last late mid next since this until")
CALENDAR = _words("january february march april may june july august september october november december")
NOT_SURNAMES = OPENERS | CALENDAR | _words("""
    monday tuesday wednesday thursday friday saturday sunday christmas easter halloween hanukkah thanksgiving
    american british chinese dutch english french german greek hebrew irish italian japanese korean latin polish
    portuguese russian spanish""")  # fmt: skip
"""Capitalised words that may follow a name and are no surname: "teaches Joey French"."""

GIVEN_NAMES = _words("""
    adam alan albert alex alice amy andrew angela anna anne anthony arthur barbara ben betty bill billy bob brian carl
    carol charles charlie chris christine daniel dave david deborah dennis diana diane donald donna dorothy douglas
    ed edward elizabeth elton emily emma eric frank fred gary gene george george grace greg harry helen henry howard
    jack jacob james jane janet jason jean jeff jennifer jerry jessica jim jimmy joan joe john jon joseph julia julie
    karen kate keith kelly ken kevin larry laura lee linda lisa louis maria mark martha martin mary matt matthew
    michael michelle mike nancy nicholas nicole oliver olivia oscar pamela patricia patrick paul peter philip rachel
    ralph ray rebecca richard rick robert roger ron ronald ruth ryan sam samuel sandra sarah scott sharon simon stephen
    steve steven stuart susan thomas tim tina tom tony victor virginia walter wayne william""")
"""Common given names: before another given name they make it a surname, as in "Diana Ross"."""

PLACES = _words("""
    academy agency airport anatomy associates avenue bakery bank bar bay beach boulevard bridge building burgers cafe
    castle cemetery center centre chapel church city clinic club college company corp corporation county court cove
    creek diner drive enterprises estate falls farm field foundation garage gardens group hall harbor harbour heights
    high hill hills hospital hotel house inc incorporated industries inn institute international island islands jail
    keep lake landing lane ltd mall manor mansion market memorial mill motel mountain museum office palace park pharmacy
    pizza place plaza point prison pub ranch records restaurant ridge river road saloon school shop square station store
    street studio studios tavern technologies tower towers university valley village winery woods""")
"""Words that make a place or a company of the name before them: "King's Landing", "Stark Industries"."""

QUOTES = str.maketrans(dict.fromkeys("‘’‚‛`´ʼʹ′", "'") | dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‐‑", "-"))
LETTERS = str.maketrans(
    dict.fromkeys("–—―−", " - ")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2067\u2068\u2069\ufe0f\ufeff", "")
    | {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th"}
    | {"ı": "i", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ß": "ss", "\u00a0": " "}
)
FOREIGN = re.compile(r"[^\x00-\x7f]+")
MARKS = re.compile("[\u0300-\u036f]+")
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
HANGUL = re.compile("[\uac00-\ud7af]")  # its particles are glued to the end of a name

INLINE = re.compile(
    r"</?(?:a|abbr|b|big|cite|code|del|em|font|i|ins|mark|q|s|small|span|strong|sub|sup|tt|u)\b[^<>\x00]*>",
    re.IGNORECASE,
)
TAG = re.compile(r"</?[a-z!][^<>\x00]*>", re.IGNORECASE)
END = "\x00"
SEAM = "\x1f"  # where an inline tag stood; one of `SPACES`, so that no source can bring it along
SPACES = ("  ", *"\t\n\r\x0b\x0c\x1f\x85\u2028\u2029")
SENTENCE_ENDS = ".!?…:"
MANY = 10**9  # more than a cast has names and forms
CONTRACTION = re.compile(r"'(?:s|ll|d|ve|re|m)?(?![^\W_])", re.IGNORECASE)
INITIALS = re.compile(r"(?:[^\W\d_]\.)+")
NICKNAME = re.compile(r'"([^"]+)"|(?<!\S)\'([^\']+)\'(?!\S)')
BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")


@dataclass(frozen=True, slots=True)
class Tally:
    """The answer for a show.

    `mentions` are in the order of the episodes (`in_order`), then by character and form; `left_out` are the generic
    roles that are not counted, as the cast list writes them.
    """

    mentions: tuple[Mention, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aliases:
    """Extra names by full cast name, and where they were read: the file, and the line of each cast name in it."""

    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    path: str = "aliases"
    lines: Mapping[str, int] = field(default_factory=dict)

    def error(self, name: str, what: str) -> "AliasError":
        """The error that says what is wrong with the extra names of one cast name."""
        return AliasError(f"{self.path}:{self.lines.get(name, 1)}: {what}")


NO_ALIASES = Aliases()


class AliasError(ValueError):
    """The file of extra names is wrong; the message is `file:line: what is wrong`."""


class Kind(Enum):
    """What a form is of its bearer's name; the rules of `_verdict` depend on it."""

    WHOLE = "the whole name, or an alias"
    GIVEN = "a given name or a nickname"
    SURNAME = "a surname"
    EPITHET = "a word that is a name only after `the`"


class Verdict(Enum):
    """What the words beside a form say of one of its bearers."""

    NOBODY = "somebody or something else is meant"
    RELATIVE = "as likely somebody else of the family"
    FAMILY = "the bearer or somebody else of the family, whom the show may tell"
    POSSIBLE = "nothing speaks against it"
    CERTAIN = "another part of the name, or the bearer's own title, stands beside it"


@dataclass(frozen=True, slots=True)
class Name:
    """A cast name taken apart, in the cast list's spelling: `whole` is without titles, nicknames and suffix."""

    whole: str
    given: str = ""
    middle: str = ""
    surname: str = ""
    suffix: str = ""
    titles: frozenset[str] = frozenset()
    nicknames: tuple[str, ...] = ()


class _Bearer(NamedTuple):
    """Somebody whom a form may mean, and what the rules need to know of them."""

    cast_name: str
    kind: Kind
    own: frozenset[str] = frozenset()  # the words of the name in lower case
    titles: frozenset[str] = frozenset()


class _Form(NamedTuple):
    """A form as it is shown, its spelling in texts, and everybody whom it may mean."""

    shown: str
    spelling: str
    bearers: tuple[_Bearer, ...]
    names: tuple[str, ...]
    plain: bool  # one bearer, not by surname, and no ordinary word: only capitalised neighbours matter


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
    verdict: Verdict


class _Context(NamedTuple):
    """The words beside a form that no punctuation parts from it, at most three a side, nearest first.

    `names_before` and `names_after` are the unbroken runs of capitalised ones, in lower case, without quotes.
    """

    before: tuple[str, ...]
    names_before: tuple[str, ...]
    starts: bool  # whether the sentence starts with the last of `before`, or with the form where there is none
    tail: str  # "'s" and the like
    after: tuple[str, ...]
    names_after: tuple[str, ...]
    rest: str  # of the line, 300 characters at most


# 1. Making names and summaries comparable


def fold(text: str) -> str:
    """One spelling for what is written in many: quotes, dashes, accents, ligatures, invisible characters.

    Casts and summaries are typed by different people: "Zoë" and "Zoe", "D’Angelo" and "D'Angelo" are the same name.
    Case is kept, and so are the marks of scripts in which a mark is a letter.
    """
    return text if text.isascii() else FOREIGN.sub(lambda run: _fold_run(run[0]), text)


def _fold_run(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.translate(QUOTES).translate(LETTERS))
    return unicodedata.normalize("NFC", MARKS.sub("", decomposed))


def _lower(text: str) -> str:
    # Of the same length, so that what is found in it has the same place in the text.
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _plain(summaries: Iterable[str]) -> tuple[str, frozenset[int]]:
    """All summaries as one plain, folded text, an `END` between two, and the places in it where an inline tag stood.

    A block tag ends a line. An inline tag is nothing, so that `<b>M</b>onica` is Monica; but a word may end where it
    stood, so that `<b>Monica</b>goes` is Monica too. Entities are decoded last, so that `&lt;` begins no tag.
    """
    # Nearly every summary is one plain paragraph; taking its two tags off here spares the regexes below.
    text = END.join([s.replace(END, "").removeprefix("<p>").removesuffix("</p>") for s in summaries])
    if any(space in text for space in SPACES):
        text = END.join(" ".join(summary.split()) for summary in text.split(END))
    text = text.replace(END, f" \n{END}\n ")
    if "<" in text:
        text = TAG.sub(" \n ", INLINE.sub(SEAM, text))
    text = f" {fold(html.unescape(text))} \n"  # so that every place has two neighbours
    pieces = text.split(SEAM)
    return "".join(pieces), frozenset(accumulate(map(len, pieces[:-1])))


def _bare(word: str) -> str:
    return word.strip("\"'()[],;:.!?")


def _title(word: str) -> str:
    # What a title is short for, in the singular: "Dr." and "Drs." are doctor; "" for any other word.
    if word.replace(".", "") in RANKS:
        return word.replace(".", "")
    word = word.lower().rstrip(".")
    return TITLES.get(word) or TITLES.get(word.removesuffix("s"), "")


# 2. Names and their forms


def is_generic(cast_name: str) -> bool:
    """Whether a cast name is a role and no name: "Himself", "Narrator", "Various Characters", "Himself - Host"."""
    words = set(re.findall(r"\w+", cast_name.lower()))
    return bool(words & ROLES) and words <= ROLES | ROLE_NOTES


def read_names(cast_name: str) -> tuple[Name, ...]:
    """The names a cast list gives a character, the first of them the main one.

    A slash or "aka" parts them: "Barry Allen / The Flash". Brackets hold another name, "Rumplestiltskin (Mr. Gold)",
    or a note. What begins in lower case or holds a digit is a note: "(voice)", "(2005)", "/ Earth-2".
    """
    text = " ".join(cast_name.translate(QUOTES).split())
    first, *others = re.split(r"\s*/\s*|,?\s+(?:aka|a\.k\.a\.|alias)\s+", BRACKETS.sub(" ", text), flags=re.IGNORECASE)
    others = [part.strip() for part in (*others, *BRACKETS.findall(text))]
    parts = [first, *(part for part in others if part and not part[0].islower() and not re.search(r"\d", part))]
    return tuple(read_name(part) for part in parts if part.strip()) or (Name(text),)


def read_name(text: str) -> Name:
    """Take one name apart: titles, given name, middle names, surname, suffix, quoted nicknames.

    * Titles stand in front, suffixes behind: `Capt. H.M. "Howling Mad" Murdock`, "Walter White, Jr.".
    * A surname begins with its particle: "Antonio Di Pietro", "Dr. Van Helsing".
    * "The X", and what begins with an adjective, is an epithet, not to be parted: "The High Sparrow", "Grey Worm".
    * "X of Y" and "X the Y" are X: "Brienne of Tarth", "Ivar the Boneless"; so is "X, Title …": "Philip, Duke of Kent".
    * Lower case after a hyphen marks a given name that follows its surname: "Seong Gi-hun".
    """
    bearer, _, office = text.partition(", ")
    if bearer.strip() and any(map(_title, office.split()[:1])):
        text = bearer
    nicknames = tuple(double or single for double, single in NICKNAME.findall(text))
    words = NICKNAME.sub(" ", text).replace(",", " ").split() or " ".join(nicknames).split()
    article = len(words) > 1 and words[0].lower() == "the"
    at, end, titles = int(article), len(words), []
    while at < end - 1 and (title := _title(words[at])) and not (words[at].lower() in NAMES_TOO and at == end - 2):
        titles.append(title)
        at += 1
    if article and not titles:
        return Name(" ".join(words), nicknames=nicknames)
    while at < end - 1 and words[end - 1].lower().replace(".", "") in SUFFIXES:
        end -= 1
    name = Name(" ".join(words[at:end]), "", "", "", " ".join(words[end:]), frozenset(titles), nicknames)
    words = words[at:end]
    joint = next((i for i in range(1, len(words) - 1) if words[i] in {"of", "the"}), 0)
    if joint:
        return replace(name, given="" if _title(words[joint - 1]) else " ".join(words[:joint]))
    if not words[1:] or words[0].lower() in ADJECTIVES:
        return name
    if words[0].lower() in PARTICLES and (titles or words[0].islower()):
        return replace(name, surname=name.whole)
    if re.fullmatch(r"\S+ [^\W\d_]+(?:-[a-z]+)+", name.whole):
        return replace(name, given=words[1], surname=words[0])
    last = next((i for i in range(1, len(words) - 1) if words[i].lower() in PARTICLES), len(words) - 1)
    return replace(name, given=words[0], middle=" ".join(words[1:last]), surname=" ".join(words[last:]))


def _forms(name: Name, *, suffixed: bool) -> Iterator[tuple[str, Kind]]:
    """What a summary may call the bearer of a name.

    The whole name, with and without its middle names; the given name; the surname; each nickname, alone and with the
    other parts: `James "Big Jim" Rennie` is Big Jim, Big Jim Rennie, James, James Rennie, Rennie. Of a double given
    name the first half is enough, "Sun" of Sun-Hwa, and of "Number Six" the number. A middle name, an initial or a
    title never stands alone. `suffixed` asks only for forms with the suffix: beside Walter White, Walter
    White Jr. is never just Walter.
    """
    short = f"{name.given} {name.surname}" if name.given and name.surname else name.whole
    if name.suffix:
        for base in (name.whole, short, name.given or name.whole):
            yield f"{base} {name.suffix}", Kind.WHOLE
            yield f"{base}, {name.suffix}", Kind.WHOLE
    if suffixed:
        return
    yield from ((form, Kind.WHOLE) for form in (name.whole, short))
    if name.given and name.middle:
        yield f"{name.given} {name.middle}", Kind.WHOLE
    first, _, last = name.whole.partition(" ")
    if first.lower() == "number" and last.lower() in NUMBERS:
        yield last, Kind.GIVEN
    half = name.given.partition("-")[0]
    for part, kind in ((name.given, Kind.GIVEN), (half, Kind.GIVEN), (name.surname, Kind.SURNAME)):
        if len(part.rstrip(".")) > 1 and part != name.whole:
            yield part, kind if name.surname else Kind.WHOLE
    for nickname in name.nicknames:
        yield nickname, Kind.GIVEN if name.surname else Kind.WHOLE
        yield from ((f"{nickname} {part}", Kind.WHOLE) for part in (name.surname, name.given) if part)
        if name.given:
            yield f"{name.given} {nickname}", Kind.WHOLE


def _spellings(form: str, kind: Kind) -> Iterator[tuple[str, Kind]]:
    """How a text may write a form.

    "The X" is X with a capital after some `the`; "The High Sparrow" is enough without one. Initials come in every
    dress, "B.J.", "BJ", "B. J.", and a full stop at the end may be the sentence's.
    """
    if form[:4].lower() == "the " and kind is not Kind.SURNAME:
        form = form[4:]
        kind = kind if " " in form else Kind.EPITHET
    initials = INITIALS.match(form)
    for gap in (".", "", ". ") if initials and initials[0].count(".") > 1 else (".",):
        dressed = form[: initials.end()].replace(".", gap).strip() + form[initials.end() :] if initials else form
        yield dressed, kind
        if dressed.endswith("."):
            yield dressed[:-1], kind


def _index(cast_names: Iterable[str], aliases: Mapping[str, Sequence[str]]) -> dict[str, _Form]:
    """Every spelling in lower case, and whom it may mean. An alias is its owner's alone, whoever else bears it."""
    names = {cast_name: read_names(cast_name) for cast_name in cast_names}
    unsuffixed = {fold(name.whole) for parts in names.values() for name in parts if not name.suffix}
    found: dict[str, tuple[str, str, dict[str, _Bearer]]] = {}
    for cast_name, parts in names.items():
        spoken = (_lower(fold(text)) for name in parts for text in (name.whole, *name.nicknames))
        own = frozenset(_bare(word) for text in spoken for word in re.split(r"[\s-]+", text)) - {"", "of", "the"}
        for name in parts:
            suffixed = bool(name.suffix) and fold(name.whole) in unsuffixed
            for form, form_kind in _forms(name, suffixed=suffixed):
                for spelling, kind in _spellings(fold(form), form_kind):
                    _, _, bearers = found.setdefault(_lower(spelling), (form, spelling, {}))
                    bearers.setdefault(cast_name, _Bearer(cast_name, kind, own, name.titles))
    for cast_name, extra in aliases.items():
        for alias in extra:
            for spelling, kind in _spellings(fold(alias), Kind.WHOLE):
                found[_lower(spelling)] = (alias, spelling, {cast_name: _Bearer(cast_name, kind)})
    return {
        key: _Form(
            shown,
            spelling,
            tuple(bearers.values()),
            tuple(bearers),
            len(bearers) == 1
            and key not in COMMON_WORDS
            and all(bearer.kind in (Kind.WHOLE, Kind.GIVEN) for bearer in bearers.values()),
        )
        for key, (shown, spelling, bearers) in found.items()
        if key
    }


# 3. Where a form stands


def _hits(
    text: str, matches: Sequence[tuple[int, int, int]], seams: frozenset[int], forms: Sequence[_Form]
) -> list[tuple[int, int, int]]:
    """The matches (form, start, end) that stand alone, capitals in place, by start: of one start the longest first.

    `matches` come by end, so that their reverse has the longer ones first, and sorting by start alone keeps that.
    """
    spellings = [form.spelling for form in forms]
    alone = (
        match
        for match in reversed(matches)
        if ((text[match[1] - 1] in EDGES and text[match[2]] in EDGES) or _stands_alone(text, match[1], match[2], seams))
        and (
            text[match[1] : match[2]] == spellings[match[0]]
            or _has_capitals(text[match[1] : match[2]], spellings[match[0]])
        )
    )
    return sorted(alone, key=itemgetter(1))


def _has_capitals(text: str, spelling: str) -> bool:
    """Whether words that begin with a capital in the name do so in the text: MONICA is Monica, a wash is not Wash."""
    starts = (word.start() for word in re.finditer(r"\b\w", spelling))
    return all(text[at].isupper() or not spelling[at].isupper() for at in starts)


def _stands_alone(text: str, start: int, end: int, seams: frozenset[int]) -> bool:
    """Whether what stands there is a word of its own: no Snow in "Snowdon", no Geller in "the Gellers".

    A hyphen or an apostrophe inside a word goes on with it: no Jean in "Jean-Luc", no Brian in "O'Brian". A contraction
    or a possessive does not: "Ross's", "Joey'll". A word may begin and end where an inline tag stood, save for the `s`
    of a plural. Scripts that put no spaces between words have no such ends.
    """
    before, after = text[start - 1], text[end]
    inside = _goes_on(before) or (before in "-'" and _goes_on(text[start - 2]))
    if inside and start not in seams and not UNSPACED.match(text[start]):
        return False
    if UNSPACED.match(text[end - 1]) or HANGUL.match(text[end - 1]):
        return True
    if _goes_on(after):
        return end in seams and not re.match(r"s(?![^\W_])", text[end : end + 2])
    if after == "-":
        return not _goes_on(text[end + 1])
    return after != "'" or CONTRACTION.match(text, end) is not None


def _goes_on(character: str) -> bool:
    return character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")


# 4. What the words beside a form say


def _is_quiet(text: str, start: int, end: int) -> bool:
    # No capitalised word on either side, so that the rules about those need not be asked: true of most hits.
    word = text.rfind(" ", max(0, start - 40), start - 1) + 1
    if text[start - 1] != " " or not (text[word].islower() or text[word] == "\n"):
        return False
    if text.startswith("'s", end):
        end += 2
    return text[end + 1].islower() or text[end] in ".,;:!?"


def _context(text: str, start: int, end: int) -> _Context:
    lead = text[max(0, start - 80) : start].rpartition("\n")[2].rstrip("\"'([")
    starts, before = not lead.strip() or lead[-1] in SENTENCE_ENDS, list[str]()
    for word in reversed(lead.split()) if lead.endswith(" ") else ():
        mark = word.rstrip("\"')]")[-1:] or ","
        stops = mark in SENTENCE_ENDS and not INITIALS.fullmatch(word) and not (word[0].isupper() and _title(word))
        if stops or mark in ",;" or len(before) == NEAR:
            starts = stops
            break
        before.append(word)
    else:
        starts = starts or bool(before)
    tail = match[0] if text[end] == "'" and (match := CONTRACTION.match(text, end)) else ""
    rest = text[end + len(tail) : end + 300].partition("\n")[0]
    after = rest.split(None, NEAR)[:NEAR] if rest.startswith(" ") and text[end - 1] != "." else []
    for at, word in enumerate(after):
        if word[-1] in ",;)" or (word[-1] in SENTENCE_ENDS and not INITIALS.fullmatch(word)):
            del after[at + 1 :]
            break
    return _Context(tuple(before), _names(before), starts, tail, tuple(after), () if tail else _names(after), rest)


def _names(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.lower() for word in takewhile(lambda word: word[:1].isupper(), map(_bare, words)))


def _may_be_name(word: str) -> bool:
    # Whether a neighbour may be a part of somebody's name: no acronym, day, language, title or opener of a sentence.
    bare = _bare(word)
    acronym = len(bare) > 1 and bare.isupper() and "." not in bare
    return word[:1].isupper() and not acronym and bare.lower() not in NOT_SURNAMES and not _title(bare)


@lru_cache(maxsize=4096)
def _is_own(word: str, own: frozenset[str]) -> bool:
    """A neighbour is a part of one's own name even where it is cut short, drawn out or misspelt.

    Kim Bauer is Kimberly Bauer, Phoebe Buffay-Hannigan is Phoebe Buffay, Chloe O'Brien is Chloe O'Brian.
    """
    parts = [part for part in own if len(part) >= NEAR and len(word) >= NEAR]
    return (
        word in own
        or any(word.startswith(part) or part.startswith(word) for part in parts)
        or bool(get_close_matches(word, parts, 1, 0.8))
    )


def _is_told_already(own: Iterable[str], context: _Context) -> bool:
    """A name told in pieces counts once, at its first piece: `Dale (Barbie) Barbara`, "Charles Emerson Winchester"."""
    return any(word in own for word in context.names_before)


def _is_place(bearer: _Bearer, context: _Context) -> bool:
    """A place or a company is nobody: "King's Landing", "Stark Industries", "Grey Memorial Hospital"."""
    words = context.names_after or _names(context.after)
    return any(word in PLACES and word not in bearer.own for word in words[:2])


def _lacks_article(bearer: _Bearer, context: _Context) -> bool:
    """An epithet needs its `the`, next to it or one word away: "the Doctor", "the young Doctor", "the Tenth Doctor"."""
    if bearer.kind is not Kind.EPITHET:
        return False
    near, *others = (*(word.lower() for word in context.before[:2]), "")
    between = near and (context.before[0].islower() or near.endswith(("st", "nd", "rd", "th")))
    return near != "the" and not (between and others[0] == "the")


def _has_foreign_surname(bearer: _Bearer, context: _Context) -> bool:
    """A foreign surname right after makes a namesake: "Monica Lewinsky". One that the cast list leaves out does not."""
    known = bearer.kind is Kind.GIVEN or bearer.kind is Kind.SURNAME
    return known and bool(context.names_after) and _may_be_name(context.after[0])


def _is_foreign_family(bearer: _Bearer, context: _Context) -> bool:
    """A surname names its bearer only where nobody else's given name, and no article, stands before it.

    "James Cameron" is not Allison Cameron, and "the Gallagher house" is no person. Before it may stand what is no given
    name: a title, an acronym, a possessive, the words that open a sentence ("When House …", "Suspecting House …",
    "In Mexico House …"). Given names end in "ly" and "ed" too: "Emily House", "Ned House".
    """
    if bearer.kind is not Kind.SURNAME or not context.before:
        return False
    first, *others = context.before
    if first.lower() in {"a", "an", "the"}:
        return True
    opens = context.starts and not others and first.endswith("ing")
    phrase = context.starts and len(others) == 1 and others[0].lower() in PREPOSITIONS
    return _may_be_name(first.lstrip("\"'([")) and not (opens or phrase or first.endswith("'s"))


def _is_surname_of_another(key: str, context: _Context) -> bool:
    """A common given name right before a given name makes a surname of it: "Diana Ross". "Dark Willow" is Willow."""
    return " " not in key and context.names_before[:1] != () and context.names_before[0] in GIVEN_NAMES


def _is_ordinary_word(key: str, context: _Context) -> bool:
    """An ordinary word at the start of a sentence is a name only if a verb or a comma follows, and never a date.

    "Hope fades" may be Hope; "Hope for peace", "Will the team win?", "Will Jack survive?", "Eleven years later" and "in
    May" are nobody.
    """
    following = _bare(context.after[0]) if context.after else ""
    if key in CALENDAR and (following[:1].isdigit() or (context.before and context.before[0].lower() in DATED)):
        return True
    if key not in COMMON_WORDS or not context.starts or context.before or context.tail or not following:
        return False
    asks = key in QUESTIONS and re.match(r"[^.!?]*\?", context.rest)
    return bool(asks) or following[0].isupper() or following.lower() in OBJECTS


def _verdict(bearer: _Bearer, key: str, context: _Context) -> Verdict:
    """What the words beside a form, here in lower case, say of one of its bearers.

    A title of a whole family leaves it open who is meant: "Mrs. Green" is as likely Rachel Green's mother, and beside
    a rank it is even more likely a relative's: "Mrs. Potter" of Col. Potter.
    """
    others = bearer.own.difference(key.split())
    if _is_told_already(others, context) or _is_place(bearer, context) or _lacks_article(bearer, context):
        return Verdict.NOBODY
    if any(_is_own(word, others) for word in (*context.names_before[:1], *context.names_after)):
        return Verdict.CERTAIN
    if (
        _has_foreign_surname(bearer, context)
        or _is_foreign_family(bearer, context)
        or _is_surname_of_another(key, context)
        or _is_ordinary_word(key, context)
    ):
        return Verdict.NOBODY
    title = _title(context.before[0]) if context.before else ""
    if title in bearer.titles:
        return Verdict.CERTAIN
    family = title in CIVIL and (bearer.kind is Kind.SURNAME or not bearer.titles.isdisjoint(CIVIL))
    if family:
        return Verdict.RELATIVE if bearer.titles else Verdict.FAMILY
    return Verdict.POSSIBLE


def _meant(form: _Form, text: str, start: int, end: int) -> tuple[tuple[str, ...], Verdict]:
    """The cast names that a form may mean where it stands, and how sure that is."""
    context, key = _context(text, start, end), _lower(text[start:end])
    verdicts = [_verdict(bearer, key, context) for bearer in form.bearers]
    for best in (Verdict.CERTAIN, Verdict.POSSIBLE, Verdict.FAMILY, Verdict.RELATIVE):
        if best in verdicts:
            return tuple(
                b.cast_name for b, verdict in zip(form.bearers, verdicts, strict=True) if verdict is best
            ), best
    return (), Verdict.NOBODY


# 5. Counting


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
    index = _index((name for name in names if name not in left_out), aliases.names)
    told = [episode for episode in in_order(episodes) if episode.summary]
    if not index or not told:
        return Tally((), left_out)
    forms = tuple(index.values())
    text, seams = _plain(episode.summary or "" for episode in told)
    # A DFA, the library's choice for a small cast, takes seconds to build for a name of 10 kB.
    automaton = AhoCorasick(list(index), implementation=Implementation.ContiguousNFA)
    matches = automaton.find_matches_as_indexes(_lower(text), overlapping=True)
    # What is decided is kept as one number, of an episode's place in `told` and of a result, a cast name and a form: a
    # long show has so many that tuples would cost more than finding them.
    results: dict[tuple[str, str], int] = {}

    def result(name: str, shown: str) -> int:
        return results.setdefault((name, shown), len(results))

    plain = [result(form.names[0], form.shown) if form.plain else -1 for form in forms]
    decided: list[int] = []
    certain: list[_Known] = []
    undecided: list[_Open] = []
    for place, which, start, end in _longest(text, _hits(text, matches, seams, forms)):
        if plain[which] >= 0 and _is_quiet(text, start, end):
            decided.append(place * MANY + plain[which])
            continue
        form = forms[which]
        meant, verdict = _meant(form, text, start, end)
        if len(meant) == 1 and verdict in (Verdict.CERTAIN, Verdict.POSSIBLE):
            if verdict is Verdict.CERTAIN:
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


def _longest(text: str, hits: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int, int, int]]:
    """The hits that are not inside a longer one, each behind the place of its summary."""
    ends = [*(end.start() for end in re.finditer(END, text)), len(text)]
    place = free = 0
    for which, start, end in hits:
        if start >= free:
            while start > ends[place]:
                place += 1
            free = end
            yield place, which, start, end


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
        if verdict is Verdict.RELATIVE:
            yield place, "", form
        elif verdict is Verdict.FAMILY:
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


def _shared_names(forms: Iterable[_Form]) -> dict[frozenset[str], tuple[str, bool]]:
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
    claims = Counter(_lower(fold(text)) for texts in candidates.values() for text in dict.fromkeys(texts))
    return {
        cast_name: next((text for text in texts if claims[_lower(fold(text))] == 1), cast_name)
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


# Extra names


def read_aliases(text: str, path: str) -> Aliases:
    """Extra names for what no rule can derive, from TOML: `"Daenerys Targaryen" = ["Dany", "Khaleesi"]`.

    Args:
        text: The content of the file.
        path: What messages call the file.

    Raises:
        AliasError: The text is not TOML, or a value is not a list of names.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise AliasError(f"{path}:{line}: not TOML: {error}") from error
    aliases = Aliases(table, path, {name: _line(text, name) for name in table})
    for name, extra in table.items():
        if not isinstance(extra, list) or not all(isinstance(alias, str) and alias.strip() for alias in extra):
            raise aliases.error(name, f'{name!r} needs a list of names such as ["Dany", "Khaleesi"]')
    return replace(aliases, names={name: tuple(extra) for name, extra in table.items()})


def check_aliases(aliases: Aliases, characters: Sequence[Character]) -> None:
    """Hold extra names against the cast.

    Raises:
        AliasError: A name is not in the cast, or an alias is claimed by two, or is somebody else's cast name.
    """
    if not aliases.names:
        return
    cast = {character.name for character in characters if not is_generic(character.name)}
    owners = {_lower(fold(name)): name for name in cast}
    for name, extra in aliases.names.items():
        if name not in cast:
            near = get_close_matches(name, cast, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise aliases.error(name, f"nobody in the cast is called {name!r}{hint}")
        for alias in extra:
            owner = owners.setdefault(_lower(fold(alias)), name)
            if owner != name:
                raise aliases.error(name, f"{alias!r} already names {owner!r}, not {name!r} too")


def _line(text: str, name: str) -> int:
    # The line on which a name is given its aliases; a name that is written with escapes is looked for without them.
    spelled = {re.escape(name), re.escape(name.replace("\\", "\\\\").replace('"', '\\"'))}
    found = re.search(rf"""^[\s\[]*(["']?)(?:{"|".join(sorted(spelled))})\1\s*[]=.]""", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else 1
