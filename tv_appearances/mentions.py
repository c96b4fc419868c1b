"""Who is meant: from the names of a cast list and the summaries of episodes to mentions.

The rules, in the order in which they apply; each function below states one, with its reason and an example:

1. `fold` makes text and names comparable; `_plain` takes the HTML out of a summary.
2. `read_name` takes a cast name apart; `_forms` lists what a summary may call its bearer; generic roles have no name.
3. `_stands_alone`, `_is_capitalised`: a form counts where it is a word of its own; of two forms the longer wins.
4. `_verdict`: the words around it may show that somebody, or something, else is meant.
5. `count_mentions`: a form that several share is given to one of them only if the text decides.

Every rule of 3 and 4 looks at the text and at one character's own name only, so that nobody's mentions depend on who
else is in the cast, shared forms apart. There is no rule for a show. Belongs here: pure functions. Does not belong
here: reading and writing files.
"""

import html
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple

from tv_appearances.models import Character, Episode, Mention, in_order


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = {
    **{word: word for word in _words("""
        admiral agent ambassador archbishop aunt auntie bishop brother cadet cardinal chancellor chief coach commander
        commissioner commodore congressman congresswoman constable corporal councillor councilman councilwoman count
        countess cousin dame deputy doctor duchess emperor empress ensign father general governor grandma grandpa granny
        headmaster headmistress inspector judge junior khal king lady lieutenant lord madam maester major marshal master
        mayor minister miss mister monsignor mother mr mrs ms nurse officer pastor preacher president prince princess
        principal private professor queen rabbi ranger reverend secretary senator ser sergeant shepherd sheriff sir
        sister special superintendent trooper uncle vice warden""")},
    **{"adm": "admiral", "capt": "captain", "captain": "captain", "cmdr": "commander", "col": "colonel"},
    **{"colonel": "colonel", "cpl": "corporal", "det": "detective", "detective": "detective", "dr": "doctor"},
    **{"fr": "father", "gen": "general", "gov": "governor", "insp": "inspector", "lt": "lieutenant", "maj": "major"},
    **{"pfc": "private", "pres": "president", "prof": "professor", "pvt": "private", "rev": "reverend"},
    **{"sen": "senator", "sgt": "sergeant", "supt": "superintendent"},
}  # fmt: skip
"""Words before a name, without their full stop, and what they are short for."""

CIVIL = _words("mr mister mrs ms miss madam")
"""Titles that a whole family shares: "Mrs. Green" is Rachel Green's mother as likely as Rachel."""

NAMES_TOO = _words("baron dean duke earl junior marquis")
"""Titles before two words or more ("Dean Craig Pelton") and given names before one ("Dean Winchester")."""

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
OPENERS = DETERMINERS | PREPOSITIONS | _words("""
    after afraid again also although and are as because before both but can could did do does elsewhere even eventually
    finally had has have how however if instead is just later may maybe meanwhile might must now once only or perhaps
    plus should since so soon still then though unable unless until was were when where whether which while why will
    would yet""")
"""Words that open a sentence and are no given name."""

COMMON_WORDS = _words("""
    ace alma angel april archer art august autumn bill bishop bliss book buck buddy case cash chance charity chase
    chance chip christian chuck cliff cook crystal daisy dawn dean destiny drew duke earl ember faith fisher flash
    frank gene ginger glory grace grant guy harmony heather hero holly honor hook hope hunt hunter iris ivy jack jade
    jewel joy june junior justice king lance lane liberty lily link lip lucky major mark march mason max may mercy
    miles misty moon norm olive pat patience pearl penny piper pierce pop pope prince queen rain ray red reed rich
    river rob robin rock rose rowan ruby rusty sage scout serenity shepherd sky skip sonny spike spring star stone storm
    sue summer tag temperance trip trinity trust violet wade ward wash west will winter wolf young""")
"""Names that are also ordinary words, and so may begin a sentence without naming anybody."""

QUESTIONS = _words("can will may might")
"""Names that make a question of a sentence: "Will Jack survive?"."""

CALENDAR = _words("january february march april may june july august september october november december")
NOT_SURNAMES = OPENERS | CALENDAR | _words("""
    monday tuesday wednesday thursday friday saturday sunday christmas easter halloween hanukkah thanksgiving
    american british chinese dutch english french german greek hebrew irish italian japanese korean latin polish
    portuguese russian spanish""")
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

LETTERS = str.maketrans(
    dict.fromkeys("‘’‚‛`´ʼʹ′", "'")
    | dict.fromkeys("“”„‟«»″", '"')
    | dict.fromkeys("‐‑", "-")
    | dict.fromkeys("–—―−", " - ")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\u2066\u2067\u2068\u2069\ufe0f\ufeff", "")
    | {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th"}
    | {"ı": "i", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ß": "ss", "\u00a0": " "}
)
MARKS = re.compile("[\u0300-\u036f]+")
SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
SUFFIXING = re.compile("[\u3040-\u30ff\uac00-\ud7af]")

INLINE = re.compile(r"</?(?:a|abbr|b|big|cite|code|del|em|font|i|ins|mark|q|s|small|span|strong|sub|sup|tt|u)\b[^<>]*>")
TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][^<>]*>")
SEAM = "\x1f"  # str.split() takes it for a space, so that no source can bring one along
CONTRACTION = re.compile(r"'(?:s|ll|d|ve|re|m|S|LL|D|VE|RE|M)?(?![^\W_])")
SENTENCE_END = re.compile(r"[.!?…:]['\")\]]*$")


class Kind(Enum):
    """What a form is of its bearer's name; the rules for the words around it depend on it."""

    WHOLE = "the whole name, or one that is nobody else's"
    GIVEN = "a given name or a nickname"
    SURNAME = "a surname"
    ARTICLE = "a name that is one only after `the`"


@dataclass(frozen=True, slots=True)
class Tally:
    """The answer for a show.

    `mentions` are ordered by season, number (specials last), episode id, character and form; `left_out` are the generic
    roles that are not counted, as the cast list writes them.
    """

    mentions: tuple[Mention, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A cast name taken apart, in the cast list's spelling; `middle` may be empty, as may everything but `whole`."""

    whole: str
    titles: frozenset[str] = frozenset()
    given: str = ""
    middle: str = ""
    surname: str = ""
    suffix: str = ""
    nicknames: tuple[str, ...] = ()


class AliasError(ValueError):
    """The file of extra names is wrong; the message is `file:line: what is wrong`."""


def fold(text: str) -> str:
    """The text in one spelling of what is written in many: quotes, dashes, accents, ligatures, invisible characters.

    Cast lists and summaries are typed by different people: "Zoë" and "Zoe", "D’Angelo" and "D'Angelo" (and "e" with a
    combining accent) are the same name. Case is kept. Scripts in which marks are letters keep theirs.
    """
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.translate(LETTERS))
    return unicodedata.normalize("NFKC", MARKS.sub("", decomposed))


def _lower(text: str) -> str:
    # Lower case of the same length, so that what is found in it has the same place in the text.
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def _plain(summary: str) -> tuple[str, frozenset[int]]:
    """The summary as plain text, folded, and the places in it where an inline tag stood.

    A block tag (and every unknown one) ends a line; an inline tag is nothing, so that `<b>M</b>onica` is Monica, but
    its place may end a word, so that `<b>Monica</b>goes` is Monica too. Entities are decoded after the tags.
    """
    text = " ".join(summary.split())
    if "<" in text:
        text = TAG.sub("\n", INLINE.sub(SEAM, text))
    if "&" in text:
        text = html.unescape(text)
    text = fold(text)
    if SEAM not in text:
        return text, frozenset()
    seams, at = set(), 0
    for piece in text.split(SEAM):
        at += len(piece)
        seams.add(at)
    return text.replace(SEAM, ""), frozenset(seams)


def _bare(word: str) -> str:
    return word.strip("\"'()[],;.")


def is_generic(name: str) -> bool:
    """Whether a cast name is a role and no name: "Himself", "Narrator", "Various Characters", "Himself - Host"."""
    words = set(re.findall(r"\w+", name.lower()))
    return bool(words & ROLES) and words <= ROLES | ROLE_NOTES


def _alternatives(cast_name: str) -> list[str]:
    """The names a cast list gives a character: "Barry Allen / The Flash", "Clark Kent aka Superman".

    Names in brackets are alternatives as well; notes, which begin in lower case or hold a digit, are not: "(voice)",
    "/ Earth-2".
    """
    text = " ".join(cast_name.translate(LETTERS).split())
    brackets = re.findall(r"[(\[]([^()\[\]]*)[)\]]", text)
    first, *others = re.split(r"\s*/\s*|,?\s+(?:aka|a\.k\.a\.|alias|AKA)\s+", re.sub(r"[(\[][^()\[\]]*[)\]]", " ", text))
    noted = [part for part in (*others, *brackets) if part[:1].isupper() and not re.search(r"\d", part)]
    return [" ".join(part.split()) for part in (first, *noted) if part.strip()] or [text]


def read_name(text: str) -> Name:
    """Take one name apart: titles, given name, middle names, surname, suffix and quoted nicknames.

    * Titles stand in front (`TITLES`), suffixes behind: `Capt. H.M. "Howling Mad" Murdock`, "Walter White, Jr.".
    * A surname begins with its particles: "Antonio Di Pietro".
    * "X of Y" and "X the Y" are X: "Brienne of Tarth", "Ivar the Boneless".
    * "The X" and names that begin with an adjective are epithets and stay whole: "The High Sparrow", "Grey Worm".
    * Lower case behind a hyphen marks a given name that follows its surname: "Seong Gi-hun".
    """
    nicknames = tuple(a or b for a, b in re.findall(r'"([^"]+)"|(?:(?<=\s)|^)\'([^\']+)\'(?=\s|$)', text))
    words = re.sub(r'"[^"]*"|(?:(?<=\s)|^)\'[^\']+\'(?=\s|$)', " ", text).replace(",", " ").split()
    article = len(words) > 1 and words[0].lower() == "the"
    titles, start = [], int(article)
    while len(words) - start > 1 and (title := words[start].lower().rstrip(".")) in TITLES:
        if title in NAMES_TOO and len(words) - start == 2:
            break
        titles.append(TITLES[title])
        start += 1
    if article and not titles:
        return Name(" ".join(words), nicknames=nicknames)
    words = words[start:] or nicknames[:1] or text.split()
    end = len(words)
    while end > 1 and words[end - 1].lower().replace(".", "") in SUFFIXES:
        end -= 1
    words, suffix = words[:end], " ".join(words[end:])
    whole, held = " ".join(words), frozenset(titles)
    for at, word in enumerate(words[1:-1], start=1):
        if word in {"of", "the"}:
            known = "" if words[at - 1].lower() in TITLES else " ".join(words[:at])
            return Name(whole, held, given=known, nicknames=nicknames)
    if len(words) == 1 or words[0].lower() in ADJECTIVES:
        return Name(whole, held, suffix=suffix, nicknames=nicknames)
    if words[0].lower() in PARTICLES and (titles or words[0].islower()):
        return Name(whole, held, surname=whole, nicknames=nicknames)
    if len(words) == 2 and re.fullmatch(r"[^\W\d_]+(?:-[a-z]+)+", words[1]):
        return Name(whole, held, given=words[1], surname=words[0], nicknames=nicknames)
    last = next((at for at, word in enumerate(words) if at and word.lower() in PARTICLES), len(words) - 1)
    last = min(last, len(words) - 1)
    return Name(whole, held, words[0], " ".join(words[1:last]), " ".join(words[last:]), suffix, nicknames)


def _forms(name: Name, *, bare: bool = True) -> dict[str, Kind]:
    """What a summary may call the bearer of a name.

    The whole name with and without its middle names, the given name, the surname, each nickname, alone and with the
    other parts: `James "Big Jim" Rennie` is Big Jim, Big Jim Rennie, James, James Rennie, Rennie. A middle name or a
    title never stands alone, nor does an initial. Titles are not part of a form: `_verdict` reads them in the text.
    With `bare=False` only the forms that hold the suffix: where Walter White is in the cast too, Walter White Jr. is
    never Walter.
    """
    forms: dict[str, Kind] = {}
    full = [name.whole, f"{name.given} {name.surname}", f"{name.given} {name.middle}"]
    if name.suffix:
        for base in (name.whole, f"{name.given} {name.surname}", name.given or name.whole):
            forms |= dict.fromkeys((f"{base} {name.suffix}", f"{base}, {name.suffix}"), Kind.WHOLE)
    if not bare:
        return forms
    for nickname in name.nicknames:
        forms[nickname] = Kind.GIVEN if name.surname else Kind.WHOLE
        full += [f"{nickname} {name.surname}", f"{name.given} {nickname}", f"{nickname} {name.given}"]
    for part, kind in ((name.given, Kind.GIVEN if name.surname else Kind.WHOLE), (name.surname, Kind.SURNAME)):
        if len(part.rstrip(".")) > 1:
            forms.setdefault(part, kind)
    forms |= {form: Kind.WHOLE for form in full if form == form.strip()}
    return forms


def _spellings(form: str) -> set[str]:
    # "Jr." ends a sentence too, and initials come in every dress: "B.J.", "BJ", "B. J.".
    dotted = re.fullmatch(r"((?:\w\.){2,})(.*)", form)
    return {form, form.rstrip("."), *((dotted[1].replace(".", gap).strip() + dotted[2] for gap in ("", ". ")) if dotted else ())}


class _Bearer(NamedTuple):
    """What the rules need to know of somebody who may be meant by a form."""

    cast_name: str
    kind: Kind
    own: frozenset[str]  # the words of the name in lower case
    titles: frozenset[str]


class _Form(NamedTuple):
    text: str
    bearers: tuple[_Bearer, ...]
    capitals: tuple[int, ...]  # where words begin with a capital
    common: bool


def _index(cast_names: Sequence[str], aliases: Mapping[str, Sequence[str]]) -> dict[str, _Form]:
    """Each form in lower case, and who may be meant by it; an alias is its owner's alone."""
    names = {cast_name: [read_name(part) for part in _alternatives(cast_name)] for cast_name in cast_names}
    plain = {fold(name.whole) for parts in names.values() for name in parts if not name.suffix}
    found: dict[str, tuple[str, dict[str, _Bearer]]] = {}

    def add(form: str, bearer: _Bearer) -> None:
        kind, text = bearer.kind, fold(form).strip()
        if kind is not Kind.SURNAME and " " not in text[4:] and text[:4].lower() == "the ":
            kind, text = Kind.ARTICLE, text[4:]
        for spelling in _spellings(text):
            if key := _lower(spelling):
                held = found.setdefault(key, (form, {}))[1]
                held.setdefault(bearer.cast_name, bearer._replace(kind=kind))
        if kind is Kind.WHOLE and text[:4].lower() == "the ":
            add(text[4:], bearer)

    for cast_name, parts in names.items():
        own = frozenset(_bare(word).lower() for part in (cast_name, *aliases.get(cast_name, ())) for word in re.split(r"[\s/-]+", fold(part))) - {""}
        for name in parts:
            bare = not (name.suffix and fold(name.whole) in plain)
            for form, kind in _forms(name, bare=bare).items():
                add(form, _Bearer(cast_name, kind, own | {fold(name.given).lower(), fold(name.surname).lower()} - {""}, name.titles))
    for cast_name, extra in aliases.items():
        for alias in extra:
            for spelling in _spellings(fold(alias)):
                found[_lower(spelling)] = (alias, {cast_name: _Bearer(cast_name, Kind.WHOLE, frozenset(), frozenset())})
    return {
        key: _Form(form, tuple(held.values()), tuple(i for i, c in enumerate(fold(form)[-len(key):]) if c.isupper() and (i == 0 or not fold(form)[-len(key):][i - 1].isalnum())), key in COMMON_WORDS)
        for key, (form, held) in found.items()
    }
