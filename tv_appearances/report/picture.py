"""The answer as a picture, drawn on this machine.

Belongs here: the layout of the picture, its rendering, and what makes a picture readable. Names are data in all of it,
never markup, code or an expression. Does not belong here: what the picture says (`wording`), writing files.
"""

import base64
import re
import struct
import zlib
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from tv_appearances.report import fonts
from tv_appearances.report.answer import Answer
from tv_appearances.report.fitting import Measure, cut_apart, wrapped, wrapped_evenly
from tv_appearances.report.wording import (
    contender_label,
    contenders_line,
    credits_line,
    finding,
    times,
    what_was_counted,
    which_show,
)

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element  # nosec B405  # XML is built here, never parsed


MAX_BARS = 60
"""So many bars stay readable in one picture; a line below them says how many more there are."""

MAX_WIDE_BARS = 24
"""Beyond so many, bars are drawn thinner."""

SCALE = 2
"""Pixels of a PNG for each pixel of the layout: sharp on a high-density screen."""

SHORTEST_SIDES, LONGEST_SIDE = (300, 100), 6_000
"""Pixels: width and height at least, and either at most, of a picture that can be read."""

SCANLINES_OF_A_BLANK = 10
"""A picture of one colour leaves at most so many different scanlines: PNG has five filters, and what each of them makes
of the first line differs from the others, which have a line above. One line of text leaves more."""

LARGEST_INLINE_PICTURE = 400_000
"""Bytes of a PNG that go into Dagster's metadata at most: the event log keeps a copy for every run."""

PALETTE = {
    "ground": "#ffffff",
    "ink": "#1b1f24",
    "muted": "#59626c",
    "line": "#d5dae0",
    "bar": "#b9c5d1",
    "leader": "#17588f",
    "hatch": "#7d8894",
}
"""The colours of the picture by the classes they have in the SVG."""
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_HEADER_END = 33  # the magic, then the chunk that has the size
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type

# The renderer draws nothing at all in a font it does not know.
_FONTS = "Liberation Sans, Arial, Helvetica, sans-serif"

_HATCH = 7
"""Pixels between the lines of a hatched bar."""


class Bar(NamedTuple):
    """A bar of the chart; `look` is its class: `leader`, `bar`, or `hatch` for what is counted for nobody."""

    label: str
    mentions: int
    look: str


def bars(answer: Answer) -> list[Bar]:
    """The first `MAX_BARS`, the longest first."""
    most = answer.rows[0].mentions if answer.rows else 0
    named = [Bar(row.label, row.mentions, "leader" if row.mentions == most else "bar") for row in answer.rows]
    unclear = [Bar(contender_label(form), form.mentions, "hatch") for form in answer.contenders]
    return sorted([*named, *unclear], key=lambda bar: -bar.mentions)[:MAX_BARS]


def render_png(answer: Answer, scale: float = SCALE) -> bytes:
    """The picture as PNG: finding, bars and credits on white, 800 × `scale` pixels wide and as high as it takes.

    The same answer gives the same bytes on one machine; another one may draw the scripts that Liberation Sans lacks
    (such as Chinese) in another font, or as boxes: see `signs_without_font`.
    """
    import vl_convert

    png = bytes(vl_convert.svg_to_png(_draw(answer, width=800, framed=True), scale=scale))
    # The renderer packs for speed; packed again a picture takes less than a third of the space.
    pixels, _ = _pixels(png)
    return png[:_HEADER_END] + _chunk(b"IDAT", zlib.compress(pixels)) + _chunk(b"IEND", b"")


def render_svg(answer: Answer) -> str:
    """The bars alone, as an `<svg>` element for a page that has its own heading and credits.

    It is narrow enough for a phone. Colours are attributes, so that a style sheet overrides them by the classes `ink`,
    `muted`, `bar`, `leader` and `hatch`; there are no ids. It is the same on every machine, since the reader's fonts
    are not known here.
    """
    return _draw(answer, width=430, framed=False)


def markdown_image(png: bytes, alt: str) -> str | None:
    """The picture as Markdown with a `data:` image, or None where it is too large for an event log."""
    if len(png) > LARGEST_INLINE_PICTURE:
        return None
    described = re.sub(r"[^\w\s.,:'()-]", " ", alt)  # a bracket would end the description, a `<` begin a tag
    return f"![{described}](data:image/png;base64,{base64.b64encode(png).decode()})"


def check_picture(png: bytes) -> str | None:
    """None for a complete PNG of a sensible size with something on it, otherwise what is wrong with it."""
    size = png_size(png)
    if size is None:
        return "it is not a PNG"
    if not all(low <= length <= LONGEST_SIDE for low, length in zip(SHORTEST_SIDES, size, strict=True)):
        return f"it measures {size[0]} × {size[1]} pixels"
    try:
        pixels, scanline = _pixels(png)
    except (ValueError, zlib.error) as error:
        return f"it is damaged ({error})"
    different = set()
    for start in range(0, len(pixels), scanline):
        different.add(pixels[start : start + scanline])
        if len(different) > SCANLINES_OF_A_BLANK:
            return None
    return "it is blank"


def _pixels(png: bytes) -> tuple[bytes, int]:
    """The scanlines as the file stores them, each one after the number of its filter; the length of one in bytes.

    Raises:
        ValueError: A chunk is cut short or its checksum is wrong, or there are too few or too many pixels.
        zlib.error: The pixels cannot be unpacked.
    """
    data, at, kind = bytearray(), len(PNG_MAGIC), b""
    while kind != b"IEND":
        end = at + 8 + int.from_bytes(png[at : at + 4], "big")
        kind, body = png[at + 4 : at + 8], png[at + 8 : end]
        if png[end : end + 4] != zlib.crc32(kind + body).to_bytes(4, "big"):
            raise ValueError("a part is incomplete or altered")
        data += body if kind == b"IDAT" else b""
        at = end + 4
    width, height, bits, colour_type = struct.unpack_from(">IIBB", png, 16)
    scanline = 1 + (width * _CHANNELS.get(colour_type, 0) * bits + 7) // 8
    pixels = zlib.decompressobj().decompress(data, scanline * height + 1)
    if len(pixels) != scanline * height:
        raise ValueError("pixels are missing, or there are too many")
    return pixels, scanline


def signs_without_font(answer: Answer) -> tuple[str, ...]:
    """The signs in the picture that no font of this machine has, and that are boxes there."""
    labels = [bar.label for bar in bars(answer)] or answer.unmentioned
    lines = (which_show(answer.show), headline(answer), contenders_line(answer), credits_line(answer))
    return fonts.without_font([*lines, *labels])


def _draw(answer: Answer, width: int, *, framed: bool) -> str:
    """The picture as SVG; `framed` with its white ground, finding and credits, otherwise the bars alone."""
    sheet = _Sheet(width, margin=36 if framed else 0, fonts_known=framed)
    if framed:
        if (which := which_show(answer.show)) != answer.show.name:
            sheet.paragraph(which, "muted", 14)
            sheet.top += 6
        sheet.title(headline(answer), 21)
        sheet.top += 6
        sheet.paragraph(what_was_counted(answer), "muted", 14)
        sheet.top += 18
    sheet.bars(bars(answer))
    notes = (bars_left_over(answer), contenders_line(answer) if framed else "")  # the page says the latter itself
    for note in filter(None, notes):
        sheet.top += 10
        sheet.paragraph(note, "muted", 13)
    if framed:
        if not answer.rows and answer.unmentioned:
            sheet.paragraph(f"Looked for: {', '.join(answer.unmentioned)}", "ink", 14, most=8)
        sheet.top += 20
        sheet.box("line", sheet.margin, sheet.top, sheet.inner, 1)
        sheet.top += 11
        sheet.paragraph(credits_line(answer), "muted", 12)
        sheet.top += 26
    return sheet.svg(label=finding(answer))


class _Sheet:
    """An SVG that is filled from the top down; `top` is where the next part begins, in pixels.

    With `fonts_known`, a text is placed run by run in the fonts of this machine; otherwise whoever shows it does that.
    """

    def __init__(self, width: int, *, margin: int, fonts_known: bool) -> None:
        from xml.etree import ElementTree as ET  # nosec B405

        self.width, self.margin, self.inner = width, margin, width - 2 * margin
        self.fonts_known = fonts_known
        self.top: float = margin
        self.root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "font-family": _FONTS, "role": "img"})
        if margin:
            self._add("rect", width="100%", height="100%", **_shade("ground"))

    def svg(self, label: str) -> str:
        """What was drawn, described by the label."""
        from xml.etree import ElementTree as ET  # nosec B405

        width, height = str(self.width), _number(self.top)
        self.root.attrib |= {"aria-label": label, "width": width, "height": height, "viewBox": f"0 0 {width} {height}"}
        return ET.tostring(self.root, encoding="unicode")

    def title(self, text: str, size: float) -> None:
        self._lines(wrapped_evenly(text, self.inner, self._measure(size, bold=True)), "ink", size, bold=True)

    def paragraph(self, text: str, colour: str, size: float, most: int | None = None) -> None:
        """The text in lines, at most so many."""
        self._lines(wrapped(text, self.inner, self._measure(size))[:most], colour, size)

    def bars(self, shown: Sequence[Bar]) -> None:
        """A bar for each, with its name to the left and its count to the right."""
        step, size = (28, 14.5) if len(shown) <= MAX_WIDE_BARS else (22, 13)
        measure = self._measure(size, bold=True)
        labels = cut_apart([bar.label for bar in shown], 0.5 * self.inner, measure)
        counts = [f"{bar.mentions:,}" for bar in shown]
        start = self.margin + max(map(measure, labels), default=0) + 9
        longest = self.width - self.margin - start - max(map(measure, counts), default=0) - 7
        axis = self.top
        for bar, label, count in zip(shown, labels, counts, strict=True):
            long, middle, bold = longest * bar.mentions / shown[0].mentions, self.top + 0.5 * step, bar.look == "leader"
            draw = self._hatched if bar.look == "hatch" else self.box
            draw(bar.look, start, self.top + 0.13 * step, long, 0.74 * step)
            self._write(label, "ink", size, middle, bold=bold, right=start - 9)
            self._write(count, "ink", size, middle, bold=bold, left=start + long + 7)
            self.top += step
        if shown:
            self.box("muted", start - 0.5, axis, 1, self.top - axis)

    def box(self, look: str, x: float, y: float, width: float, height: float) -> None:
        self._add("rect", **_shade(look), x=x, y=y, width=width, height=height)

    def _hatched(self, look: str, x: float, y: float, width: float, height: float) -> None:
        """A frame with lines from its lower left to its upper right, each ended where it meets the frame."""
        lines = [f"M{_number(x)} {_number(y)}h{_number(width)}v{_number(height)}h{_number(-width)}z"]
        for at in range(_HATCH, int(width + height), _HATCH):
            left, right = max(at - height, 0), min(at, width)
            lines.append(
                f"M{_number(x + left)} {_number(y + at - left)}L{_number(x + right)} {_number(y + at - right)}"
            )
        self._add("path", **{"class": look}, fill="none", stroke=PALETTE[look], d="".join(lines))

    def _measure(self, size: float, *, bold: bool = False) -> Measure:
        return partial(fonts.width if self.fonts_known else fonts.nominal_width, size=size, bold=bold)

    def _lines(self, lines: Sequence[str], colour: str, size: float, *, bold: bool = False) -> None:
        for line in lines:
            self._write(line, colour, size, self.top + 0.66 * size, bold=bold, left=self.margin)
            self.top += 1.32 * size

    def _write(self, text: str, colour: str, size: float, middle: float, *, bold: bool, **edge: float) -> None:
        """A line that begins at the edge `left`, or ends at the edge `right`."""
        # Worked out here because renderers differ in what they make of dominant-baseline.
        look: dict[str, float | str] = {"y": middle + 0.35 * size, "font_size": size}
        look |= {"font_weight": "bold"} if bold else {}
        line = fonts.runs(text, bold=bold) if self.fonts_known else []
        if not line[1:] and all(run.text == text and run.family is None for run in line):
            look |= {"x": edge["left"]} if "left" in edge else {"x": edge["right"], "text_anchor": "end"}
            self._add("text", text, **_shade(colour), **look)
            return
        x = edge["left"] if "left" in edge else edge["right"] - size * sum(run.width for run in line)
        element = self._add("text", **_shade(colour), **look)
        for run in line:
            if run.text.strip():
                part = element.makeelement("tspan", {"x": _number(x)})
                part.attrib |= {"font-family": f"{run.family}, {_FONTS}"} if run.family else {}
                part.attrib |= {"font-weight": "normal"} if bold and run.family and not run.bold else {}
                part.text = run.text
                element.append(part)
            x += size * run.width

    def _add(self, tag: str, text: str = "", /, **look: float | str) -> "Element":
        attributes = {name.replace("_", "-"): _number(value) for name, value in look.items()}
        element = self.root.makeelement(tag, attributes)
        element.text = text
        self.root.append(element)
        return element


def _shade(look: str) -> dict[str, str]:
    return {"class": look, "fill": PALETTE[look]}


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def headline(answer: Answer) -> str:
    """The finding as a title."""
    return finding(answer).removesuffix(".")


def bars_left_over(answer: Answer) -> str:
    """What stands below the bars where there is no room for all."""
    # A contender takes the place of a row, but never the last one: it has about as many mentions as the first.
    rest = answer.rows[MAX_BARS - len(answer.contenders) :] if len(bars(answer)) == MAX_BARS else ()
    return f"and {len(rest):,} more, mentioned {times(sum(row.mentions for row in rest))} in all" if rest else ""


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def png_size(png: bytes) -> tuple[int, int] | None:
    """Width and height as a PNG's header has them, in pixels; None for anything else."""
    if len(png) < _HEADER_END or not png.startswith(PNG_MAGIC + b"\0\0\0\rIHDR"):
        return None
    width, height = struct.unpack_from(">II", png, 16)
    return width, height
