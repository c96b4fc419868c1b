"""Which font draws a sign, how wide it is, and in which order the parts of a line stand.

Belongs here: what must be known about fonts before a line of text is placed. Does not belong here: what the text says,
where its lines stand (`picture`).

The renderer has Liberation Sans built in. For a sign that it lacks, it takes the first font of the machine that has the
sign, and sets the whole text in that font where it can. So a text is split here into runs that each name their font.
"""

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import uharfbuzz as hb

_BUILT_IN = "Liberation Sans"
_EM = 2048
"""Units to the font size in `liberation_sans.json`: a table for each weight, first code point → widths from there on.

Read from version 2.00.1, which the renderer has. A Liberation Sans of the system's own takes precedence and may be of
version 1, so what that version has too is apart; where the two differ in a width, the larger one stands.
"""

_FAMILIES = (
    "Liberation Sans", "DejaVu Sans", "Noto Sans", "Noto Sans CJK JP", "Arial", "Segoe UI", "Hiragino Sans",
    "PingFang SC", "Yu Gothic", "Microsoft YaHei", "Apple SD Gothic Neo", "Malgun Gothic",
)  # fmt: skip
"""Fonts that go well with the built-in one, the best first; after them any sans serif, then whatever has the sign."""

_PLACEHOLDERS = ("LastResort", "Adobe Blank")
"""Fonts that have every sign and draw none."""

_BOLD, _REGULAR = 700, 400
_NORMAL_WIDTH = 5
_ITALIC = 1
BOX = "□"
"""What stands for a sign that no font of this machine has."""

_JOINER, _RIGHT_TO_LEFT_MARK = "\u200d", "\u200f"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_EMOJI = range(0x1F300, 0x1FB00)
_LETTERS = {"L": "L", "R": "R", "AL": "R"}


class Run(NamedTuple):
    """A part of a line in one font; `family` is None for the built-in one, `width` is in font sizes."""

    text: str
    family: str | None
    bold: bool
    width: float


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide the line is when it is drawn here, in pixels, at a font size in pixels.

    The sum of its signs, so that the parts of a line add up: scripts that join letters come out a little narrower.
    """
    return size * sum(_cluster_width(cluster, bold=bold) for cluster in clusters(text))


def nominal_width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide the line is where others draw it, with fonts not known here; the same on every machine."""

    def advance(sign: str) -> float:
        known = _built_in_advances(2, bold=bold).get(sign)
        if known is not None:
            return known
        return 0 if _is_mark(sign) else 1 if unicodedata.east_asian_width(sign) in "WF" else 0.72

    return size * sum(map(advance, unicodedata.normalize("NFC", text)))


def without_font(texts: Iterable[str]) -> tuple[str, ...]:
    """The signs of the texts that no font of this machine has, each once, in Unicode's order."""
    found = {cluster for text in texts for cluster in clusters(text) if isinstance(_font(cluster, bold=False), _NoFont)}
    return tuple(sorted({cluster[0] for cluster in found}))


def debian_packages(signs: Iterable[str]) -> tuple[str, ...]:
    """What brings a font for each of the signs on Debian and Ubuntu."""

    def package(sign: str) -> str:
        if unicodedata.name(sign, "").startswith(("CJK ", "HIRAGANA ", "KATAKANA ", "HANGUL ", "BOPOMOFO ")):
            return "fonts-noto-cjk"
        return "fonts-noto-color-emoji" if ord(sign) in _EMOJI else "fonts-noto-core"

    return tuple(sorted(set(map(package, signs))))


def runs(text: str, *, bold: bool = False) -> list[Run]:
    """The line in runs of one font, as they stand from left to right; blanks between two runs are a run of their own.

    Text that reads from right to left is put in that order as far as runs go; within one, the renderer does it.
    """
    line: list[Run] = []
    for part, from_right in directions(clusters(text)):
        found = []
        for font, pairs in groupby(zip(_fonts(part, bold=bold), part, strict=True), key=lambda pair: pair[0]):
            said = "".join(BOX if isinstance(font, _NoFont) else cluster for _, cluster in pairs)
            # The marks keep signs without a direction of their own, such as a bracket, on their side of the run.
            shown = f"{_RIGHT_TO_LEFT_MARK}{said}{_RIGHT_TO_LEFT_MARK}" if from_right and said.strip() else said
            found.append(Run(shown, font.family, font.bold, font.width(said)))
        line += found[::-1] if from_right else found
    return line


@lru_cache(maxsize=4096)
def clusters(text: str) -> tuple[str, ...]:
    """The text in parts that are never cut: a letter with its accents, an emoji made of several."""
    found: list[str] = []
    for sign in text:
        if found and (_is_mark(sign) or ord(sign) in _SKIN_TONES or found[-1].endswith(_JOINER)):
            found[-1] += sign
        else:
            found.append(sign)
    return tuple(found)


def _is_mark(sign: str) -> bool:
    return unicodedata.category(sign) in {"Mn", "Mc", "Me", "Cf"}


def directions(signs: Sequence[str]) -> list[tuple[Sequence[str], bool]]:
    """The parts that read in one direction, from left to right, and whether it is the other one.

    A sign that is no letter goes with the letters around it where they agree, else with the line: from left to right,
    as English does, unless no letter does. A closing bracket goes with its opening one. This is what the Unicode
    Bidirectional Algorithm (UAX 9) comes to for names in a sentence.
    """
    own = [_LETTERS.get(unicodedata.bidirectional(sign[0]), "") for sign in signs]
    if "R" not in own:
        return [(signs, False)]
    line = "L" if "L" in own else "R"
    before = list(accumulate(own, lambda last, this: this or last, initial=line))[1:]
    after = list(accumulate(reversed(own), lambda last, this: this or last, initial=line))[:0:-1]
    resolved = [this or (b if b == a else line) for this, b, a in zip(own, before, after, strict=True)]
    opened: list[int] = []
    for at, sign in enumerate(signs):
        if sign in "([{":
            opened.append(at)
        elif sign in ")]}" and opened:
            resolved[at] = resolved[opened.pop()]
    parts: list[tuple[Sequence[str], bool]] = [
        ([sign for _, sign in pairs], direction == "R")
        for direction, pairs in groupby(zip(resolved, signs, strict=True), key=lambda pair: pair[0])
    ]
    return parts if line == "L" else parts[::-1]


class _Font(Protocol):
    @property
    def family(self) -> str | None: ...
    @property
    def bold(self) -> bool: ...
    def width(self, text: str) -> float: ...


@dataclass(frozen=True)
class _BuiltIn:
    bold: bool
    family: None = None

    def width(self, text: str) -> float:
        advances = _built_in_advances(2, bold=self.bold)
        return sum(advances.get(sign, 0) for sign in unicodedata.normalize("NFC", text))


@dataclass(frozen=True)
class _Blank:
    """Between two fonts; nothing is drawn."""

    family: None = None
    bold: bool = False

    def width(self, text: str) -> float:
        return _built_in_advances(1, bold=False)[" "] * len(text)


@dataclass(frozen=True)
class _NoFont:
    """A box of the built-in font's for each sign; whatever the renderer would draw instead, its width is not known."""

    bold: bool
    family: None = None

    def width(self, text: str) -> float:
        return len(clusters(text)) * _built_in_advances(1, bold=self.bold)[BOX]


@dataclass(frozen=True)
class _Face:
    """One of the machine's fonts."""

    family: str
    weight: int
    font: "hb.Font"

    @property
    def bold(self) -> bool:
        return self.weight > (_BOLD + _REGULAR) / 2

    def draws(self, text: str) -> bool:
        return all(self.font.get_nominal_glyph(ord(sign)) for sign in text)

    def width(self, text: str) -> float:
        import uharfbuzz as hb

        buffer = hb.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        hb.shape(self.font, buffer)
        return float(sum(glyph.x_advance for glyph in buffer.glyph_positions) / self.font.face.upem)


def _fonts(signs: Sequence[str], *, bold: bool) -> list[_Font]:
    """The font of each; a blank is part of a run within the built-in font only, so that it is always as wide."""
    found: list[_Font | None] = [None if sign.isspace() else _font(sign, bold=bold) for sign in signs]
    before = list(accumulate(found, _latest))
    after = list(accumulate(reversed(found), _latest))[::-1]
    between = [b if b is a and isinstance(b, _BuiltIn) else _Blank() for b, a in zip(before, after, strict=True)]
    return [this or blank for this, blank in zip(found, between, strict=True)]


def _latest(last: _Font | None, this: _Font | None) -> _Font | None:
    return this or last


@lru_cache(maxsize=4096)
def _cluster_width(cluster: str, *, bold: bool) -> float:
    return _font(cluster, bold=bold).width(cluster)


@lru_cache(maxsize=4096)
def _font(cluster: str, *, bold: bool) -> _Font:
    signs = unicodedata.normalize("NFC", cluster)
    if all(sign in _built_in_advances(1, bold=bold) for sign in signs):
        return _built_in(bold=bold)
    machine = _families()
    # Marks may be missing, and those of format are in no font: what counts is the letter.
    for wanted in dict.fromkeys((signs, "".join(sign for sign in signs if not _is_mark(sign)) or signs)):
        if _BUILT_IN not in machine and all(sign in _built_in_advances(2, bold=bold) for sign in wanted):
            return _built_in(bold=bold)
        for weight in (_BOLD, _REGULAR) if bold else (_REGULAR,):
            for faces in machine.values():
                # As the renderer chooses within a family.
                face = min(faces, key=lambda face: (abs(face.weight - weight), -face.weight))
                if face.draws(wanted):
                    return face
    return _NoFont(bold=bold)


@cache
def _built_in(*, bold: bool) -> _BuiltIn:
    return _BuiltIn(bold=bold)


@cache
def _built_in_advances(version: int, *, bold: bool) -> dict[str, float]:
    """Sign → width in font sizes, for what every version up to this one has."""
    tables = json.loads(Path(__file__).with_name("liberation_sans.json").read_text(encoding="utf-8"))
    return {
        chr(int(first, 16) + at): advance / _EM
        for table in [tables["every version"], tables["since version 2"]][:version]
        for first, advances in table["bold" if bold else "regular"].items()
        for at, advance in enumerate(advances)
    }


@cache
def _families() -> dict[str, list[_Face]]:
    """The machine's upright fonts by family, in the order in which they are asked for a sign."""
    found: dict[str, list[_Face]] = {}
    for folder in _font_folders():
        for file in sorted(folder.rglob("*")):
            if file.suffix.lower() in {".ttf", ".otf", ".ttc", ".otc"}:
                for face in _faces(file):
                    found.setdefault(face.family, []).append(face)

    def rank(family: str) -> tuple[int, bool, str]:
        known = _FAMILIES.index(family) if family in _FAMILIES else len(_FAMILIES)
        return known, "Sans" not in family or "Mono" in family, family

    return {family: found[family] for family in sorted(found, key=rank)}


def _faces(file: Path) -> Iterator[_Face]:
    """The upright faces of normal width in a font file; none where it cannot be read."""
    import uharfbuzz as hb

    try:
        blob = hb.Blob.from_file_path(str(file))
    except (OSError, hb.HarfBuzzError):
        return
    for index in range(hb.Face(blob, 0).count):
        face = hb.Face(blob, index)
        style = face.reference_table("OS/2").data
        family = face.get_name(hb.OTNameIdPredefined.TYPOGRAPHIC_FAMILY) or face.get_name(
            hb.OTNameIdPredefined.FONT_FAMILY
        )
        if len(style) < 64 or not family or any(name in family for name in _PLACEHOLDERS):  # noqa: PLR2004
            continue
        weight, stretch, selection = (int.from_bytes(style[at : at + 2], "big") for at in (4, 6, 62))
        if stretch == _NORMAL_WIDTH and not selection & _ITALIC:
            yield _Face(family, weight, hb.Font(face))


def _font_folders() -> list[Path]:
    """Where the systems keep fonts, as the renderer knows it."""
    home = Path.home()
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA", str(home / "AppData/Local"))
        return [Path(os.environ.get("SYSTEMROOT", "C:/Windows")) / "Fonts", Path(local) / "Microsoft/Windows/Fonts"]
    return [*map(Path, ("/usr/share/fonts", "/usr/local/share/fonts")), home / ".fonts", home / ".local/share/fonts"]
