"""What a title that somebody asks for may mean, and whether a show is called that.

Belongs here: reading a title with the year, country or network that people put behind it, comparing titles as people
spell them, and which shows of one name a reader could mix up. All of it is pure. Does not belong here: searching
(`lookup`).
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from tv_appearances.tvmaze.models import SearchResult, Show

NEARLY = 0.8
"""From this part of another's score on, TVMaze's search hardly tells the two shows apart."""
HALF, NOISE = 0.5, 10
"""A show is nearly as well known as another with half its weight, or with so much less that it says nothing."""

# By the codes of ISO 3166: those that make television, under the names that people and TVMaze write.
COUNTRIES = {
    "AE": "United Arab Emirates|UAE", "AL": "Albania", "AR": "Argentina", "AT": "Austria", "AU": "Australia",
    "BA": "Bosnia and Herzegovina|Bosnia", "BD": "Bangladesh", "BE": "Belgium", "BG": "Bulgaria", "BR": "Brazil",
    "BY": "Belarus", "CA": "Canada", "CH": "Switzerland", "CL": "Chile", "CN": "China", "CO": "Colombia",
    "CY": "Cyprus", "CZ": "Czechia|Czech Republic", "DE": "Germany", "DK": "Denmark", "EE": "Estonia", "EG": "Egypt",
    "ES": "Spain", "FI": "Finland", "FR": "France", "GB": "UK|United Kingdom|Great Britain|Britain|England",
    "GE": "Georgia", "GR": "Greece", "HK": "Hong Kong", "HR": "Croatia", "HU": "Hungary", "ID": "Indonesia",
    "IE": "Ireland", "IL": "Israel", "IN": "India", "IQ": "Iraq", "IR": "Iran", "IS": "Iceland", "IT": "Italy",
    "JO": "Jordan", "JP": "Japan", "KE": "Kenya", "KR": "Korea|South Korea|Republic of Korea", "KW": "Kuwait",
    "KZ": "Kazakhstan", "LB": "Lebanon", "LK": "Sri Lanka", "LT": "Lithuania", "LU": "Luxembourg", "LV": "Latvia",
    "MA": "Morocco", "MN": "Mongolia", "MT": "Malta", "MX": "Mexico", "MY": "Malaysia", "NG": "Nigeria",
    "NL": "Netherlands|Holland", "NO": "Norway", "NZ": "New Zealand", "PE": "Peru", "PH": "Philippines",
    "PK": "Pakistan", "PL": "Poland", "PR": "Puerto Rico", "PT": "Portugal", "QA": "Qatar", "RO": "Romania",
    "RS": "Serbia", "RU": "Russia|Russian Federation", "SA": "Saudi Arabia", "SE": "Sweden", "SG": "Singapore",
    "SI": "Slovenia", "SK": "Slovakia", "TH": "Thailand", "TR": "Turkey|Türkiye", "TW": "Taiwan", "UA": "Ukraine",
    "US": "USA|United States|United States of America|America", "UY": "Uruguay", "VE": "Venezuela", "VN": "Vietnam",
    "ZA": "South Africa",
}  # fmt: skip

_YEAR = r"(?<!\d)(?:19|20)\d\d(?!\d)"
_YEARS = re.compile(rf"({_YEAR})(?:\s*[-–—](?:\s*(?:{_YEAR}|present|now))?)?", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"(.*[^\s,])[\s,]*[(\[{]([^()\[\]{}]*)[)\]}]")
_BETWEEN_COMMAS = re.compile(rf"(.*[^\s,])\s*,\s*({_YEAR}(?:\s*,.*)?)")
_ARTICLE = re.compile(r"^(?:the|an?)\s+(?=\S)")
_ARTICLE_BEHIND = re.compile(r"(.*\S)\s*,\s*(the|an?)")
_APOSTROPHES = dict.fromkeys(map(ord, "'‘’‚‛`´ʼʹ′"))
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "æ": "ae", "œ": "oe", "&": " and "}
)
_MARKS = re.compile("[\u0300-\u036f]")
_MOST_WORDS = 3
_MOST_READINGS = 5


@dataclass(frozen=True, slots=True)
class TitleReading:
    """One way to read what was asked for: a title, and what was said behind it about the show.

    `countries` are codes of ISO 3166, one of which it is; `words` are neither year nor country, and can only mean a
    network. `sure`: there is no other way to read it. A title that ends with a number or with "us" may be just that,
    one that ends with "(2003)" is not.
    """

    title: str
    year: str = ""
    countries: tuple[str, ...] = ()
    words: str = ""
    sure: bool = False

    def fits(self, show: Show) -> bool | None:
        """Whether the show is what was said; None where TVMaze does not say so, and nothing speaks against it."""
        facts = (((self.year,) if self.year else (), show.year), (self.countries, (show.country or "").upper()))
        answers = [known in said if known else None for said, known in facts if said]
        if self.words:
            other = None if self.year or self.countries else False
            answers.append(title_key(show.network or "").startswith(title_key(self.words)) or other)
        return False if False in answers else None if None in answers else True


def readings(asked: str) -> tuple[TitleReading, ...]:
    """The ways to read a title: as it stands, then with one year, country or bracket after the other taken off."""
    found = [TitleReading(" ".join(unicodedata.normalize("NFKC", asked).split()))]
    while len(found) < _MOST_READINGS and (shorter := _without_the_end(found[-1])):
        found.append(shorter)
    return tuple(found)


def ranked(reading: TitleReading, shows: Sequence[Show]) -> list[int]:
    """The places of the shows that are called so and fit, best first.

    That TVMaze confirms year and country counts before spelling, and spelling before TVMaze's order.
    """
    places = []
    for place, show in enumerate(shows):
        near, fits = nearness(reading.title, show.name), reading.fits(show)
        if near is not None and fits is not False:
            places.append((fits is None, near, place))
    return [place for *_, place in sorted(places)]


def is_called(asked: str, show: Show) -> bool:
    """Whether that is the show that was asked for, spelling aside."""
    return any(ranked(reading, [show]) for reading in readings(asked))


def mistakable(reading: TitleReading, chosen: SearchResult, results: Sequence[SearchResult]) -> tuple[Show, ...]:
    """The other shows of that very name that could be meant as well: nearly as well known, and not ruled out."""
    return tuple(
        other.show
        for other in results
        if other.show.id != chosen.show.id
        and title_key(other.show.name) == title_key(chosen.show.name)
        and reading.fits(other.show) is reading.fits(chosen.show)
        and _nearly_as_well_known(other, chosen)
    )


def nearness(asked: str, name: str) -> int | None:
    """How a title is spelled like a name; None where it is another one.

    0 is the same, 1 but for case, 2 but for signs and accents, 3 but for a leading article.
    """
    if asked == name:
        return 0
    if asked.casefold() == name.casefold():
        return 1
    if title_key(asked) == title_key(name):
        return 2
    if title_key(asked) == title_key(name, article=False) or title_key(asked, article=False) == title_key(name):
        return 3
    return None


def title_key(title: str, *, article: bool = True) -> str:
    """One spelling of a title: no case, accents, punctuation or blanks, `&` as "and"; with or without its article."""
    text = unicodedata.normalize("NFKC", title.translate(_APOSTROPHES)).casefold()
    text = _MARKS.sub("", unicodedata.normalize("NFD", text)).translate(_LETTERS).strip()
    if behind := _ARTICLE_BEHIND.fullmatch(text):
        text = f"{behind[2]} {behind[1]}"
    if not article:
        text = _ARTICLE.sub("", text, count=1)
    # By category, since a vowel of Devanagari or Thai is a mark, not a letter.
    return "".join(sign for sign in text if unicodedata.category(sign)[0] in "LMN") or text


def _without_the_end(reading: TitleReading) -> TitleReading | None:
    text = reading.title
    if match := _IN_BRACKETS.fullmatch(text) or _BETWEEN_COMMAS.fullmatch(text):
        return _with(reading, match[1], match[2], sure=True)
    words = text.split(" ")
    for count in range(min(_MOST_WORDS, len(words) - 1), 0, -1):
        end = " ".join(words[-count:])
        # Other pairs of letters in lower case are a word more often than a country.
        if re.fullmatch(_YEAR, end) or (_country(end) and not re.fullmatch("(?!us|uk)[a-z]{2}", end)):
            return _with(reading, " ".join(words[:-count]).rstrip(" ,-–—"), end, sure=False)
    return None


def _with(reading: TitleReading, title: str, said: str, *, sure: bool) -> TitleReading | None:
    if not title_key(title):
        return None
    years = _YEARS.search(said)
    countries: list[str] = []
    words: list[str] = []
    for part in re.split(r"[,;/]", _YEARS.sub(",", said)):
        for word in [part.strip()] if _country(part) else part.split():
            (countries if _country(word) else words).append(_country(word) or word)
    said_before = reading.year or reading.countries or reading.words
    return replace(
        reading,
        title=title,
        year=reading.year or (years[1] if years else ""),
        countries=reading.countries or tuple(countries),
        words=reading.words or " ".join(words),
        sure=sure and bool(years or countries) and (reading.sure or not said_before),
    )


def _country(name: str) -> str:
    """The code of a country that goes by this name or code, "" for none."""
    return _codes().get(title_key(name, article=False), "")


@cache
def _codes() -> Mapping[str, str]:
    return {title_key(name): code for code, names in COUNTRIES.items() for name in (code, *names.split("|"))}


def _nearly_as_well_known(other: SearchResult, chosen: SearchResult) -> bool:
    """By the score and, where TVMaze gives one, the weight: only where both say so is there a doubt."""
    if other.score < NEARLY * chosen.score:
        return False
    if other.show.weight is None or chosen.show.weight is None:
        return True
    return other.show.weight >= min(HALF * chosen.show.weight, chosen.show.weight - NOISE)
