"""Making names and summaries comparable: one spelling for what is written in many, and plain text out of HTML.

Belongs here: what is done to every text alike. Does not belong here: names, and what the words mean.
"""

import html
import re
import unicodedata
from collections.abc import Iterable
from itertools import accumulate

from tv_appearances.mentions.words import HONORIFICS, title_of

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
CONTRACTION = re.compile(r"'(?:s|ll|d|ve|re|m)?(?![^\W_])", re.IGNORECASE)
_STOP = re.compile(r"""(?<![.!?…])[.!?…]+["')\]]*(?=\s)|\n""")
HONORIFIC = re.compile(rf"-(?:{'|'.join(sorted(HONORIFICS))})(?![\w-])")
INITIALS = re.compile(r"(?:[^\W\d_]\.)+")


def fold(text: str) -> str:
    """One spelling for what is written in many: quotes, dashes, accents, ligatures, invisible characters.

    Casts and summaries are typed by different people: "Zoë" and "Zoe", "D’Angelo" and "D'Angelo" are the same name.
    Case is kept, and so are the marks of scripts in which a mark is a letter.
    """
    return text if text.isascii() else FOREIGN.sub(lambda run: _fold_run(run[0]), text)


def _fold_run(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.translate(QUOTES).translate(LETTERS))
    return unicodedata.normalize("NFC", MARKS.sub("", decomposed))


def lower(text: str) -> str:
    """The text in lower case, and as long as before, so that what is found in it has the same place in the text."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def plain_text(summaries: Iterable[str]) -> tuple[str, frozenset[int], str]:
    """All summaries as one plain, folded text, an `END` between two; where in it an inline tag stood; and it unfolded.

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
    written = f" {html.unescape(text)} \n"  # so that every place has two neighbours
    pieces = fold(written).split(SEAM)
    return "".join(pieces), frozenset(accumulate(map(len, pieces[:-1]))), written.replace(SEAM, "")


def sentence_ends(text: str) -> list[int]:
    """Where the sentences of a text end, ascending; a line ends one, a title or an initial ("Dr.", "J.") does not."""
    ends = []
    for match in _STOP.finditer(text):
        at = match.start()
        word = text[text.rfind(" ", max(0, at - 12), at) + 1 : at]
        if text[at] != "." or not (len(word) == 1 or title_of(word)):
            ends.append(match.end())
    return ends


def bare(word: str) -> str:
    """The word without the punctuation around it."""
    return word.strip("\"'()[],;:.!?")


def goes_on(character: str) -> bool:
    """Whether a word goes on with this character."""
    return character.isalnum() or character == "_" or unicodedata.category(character).startswith("M")
