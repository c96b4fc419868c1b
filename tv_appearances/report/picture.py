"""The answer as a picture, drawn on this machine.

Belongs here: the layout of the picture, its rendering, and what makes a picture readable. Names are data in all of it,
never markup, code or an expression. Does not belong here: what the picture says (`wording`), writing files.
"""

import base64
import re
import struct
import unicodedata
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tv_appearances.report.answer import Answer
from tv_appearances.report.wording import credits_line, finding, times, what_was_counted

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
}
"""The colours of the picture by the classes they have in the SVG."""
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_HEADER_END = 33  # the magic, then the chunk that has the size
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type

# The renderer draws nothing at all in a font it does not know. Liberation Sans comes with it, for Latin, Greek and
# Cyrillic; a text with a sign of another script would be drawn in any font that has it, so good ones are named.
_FONTS = "Liberation Sans, Arial, Helvetica, sans-serif"
_OTHER_FONTS = (
    (
        re.compile(r"[\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]"),
        "Noto Sans CJK JP, Hiragino Sans",
    ),
    (re.compile(r"[^\u0000-\u052f\u1e00-\u206f\u20a0-\u20bf]"), "DejaVu Sans, Noto Sans"),
)

# How wide its characters are, in thousandths of the font size, rounded up to a few classes.
_WIDTHS = {
    sign: width
    for width, signs in {
        230: "'ijl",
        290: " !,./:;I[]\\ft|·",
        345: "()-`r{}",
        500: '"*Jckssvxyz^',
        560: "#$0123456789L?_abdeghnopqu",
        620: "+<=>FTZ~",
        670: "&ABEKPSVXY",
        730: "CDHNRUw",
        780: "GOQ",
        900: "Mm%",
        1020: "@W",
    }.items()
    for sign in signs
}


def render_png(answer: Answer, scale: float = SCALE) -> bytes:
    """The picture as PNG: finding, bars and credits on white, 800 × `scale` pixels wide and as high as it takes.

    The same answer gives the same bytes on one machine; another one may draw scripts that Liberation Sans lacks (such
    as Chinese) in another font.
    """
    import vl_convert

    png = bytes(vl_convert.svg_to_png(_draw(answer, width=800, framed=True), scale=scale))
    # The renderer packs for speed; packed again a picture takes less than a third of the space.
    pixels, _ = _pixels(png)
    return png[:_HEADER_END] + _chunk(b"IDAT", zlib.compress(pixels)) + _chunk(b"IEND", b"")


def render_svg(answer: Answer) -> str:
    """The bars alone, as an `<svg>` element for a page that has its own heading and credits.

    It is narrow enough for a phone. Colours are attributes, so that a style sheet overrides them by the classes `ink`,
    `muted`, `bar`, `leader` and `line`; there are no ids.
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


def _draw(answer: Answer, width: int, *, framed: bool) -> str:
    """The picture as SVG; `framed` with its white ground, finding and credits, otherwise the bars alone."""
    from xml.etree import ElementTree as ET  # nosec B405

    margin = 36 if framed else 0
    inner = width - 2 * margin
    top: float = margin
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "font-family": _FONTS, "role": "img"})
    svg.set("aria-label", finding(answer))

    if framed:
        _add(svg, "rect", "ground", width="100%", height="100%")
        title = wrapped_evenly(headline(answer), inner, 21)
        top = _lines(svg, title, "ink", top, x=margin, font_size=21, font_weight="bold") + 6
        top = _lines(svg, wrapped(what_was_counted(answer), inner, 14), "muted", top, x=margin, font_size=14) + 18

    rows = answer.rows[:MAX_BARS]
    step, size = (28, 14.5) if len(rows) <= MAX_WIDE_BARS else (22, 13)
    labels = [cut_to_width(row.label, 0.5 * inner, size) for row in rows]
    counts = [f"{row.mentions:,}" for row in rows]
    start = margin + max((_width(label, size, bold=True) for label in labels), default=0) + 9
    longest = width - margin - start - max((_width(count, size, bold=True) for count in counts), default=0) - 7
    for at, (row, label, count) in enumerate(zip(rows, labels, counts, strict=True)):
        leads = row.mentions == rows[0].mentions
        long = longest * row.mentions / rows[0].mentions
        colour, weight = ("leader", "bold") if leads else ("bar", "normal")
        look = {"y": _baseline(top + step * (at + 0.5), size), "font_size": size, "font_weight": weight}
        _add(svg, "rect", colour, x=start, y=top + step * (at + 0.13), width=long, height=step * 0.74)
        _add(svg, "text", "ink", label, x=start - 9, text_anchor="end", **look)
        _add(svg, "text", "ink", count, x=start + long + 7, **look)
    if rows:
        _add(svg, "rect", "muted", x=start - 0.5, y=top, width=1, height=step * len(rows))
    top += step * len(rows)
    if left_over := bars_left_over(answer):
        top = _lines(svg, wrapped(left_over, inner, 13), "muted", top + 10, x=margin, font_size=13)

    if framed:
        if not rows and answer.unmentioned:
            names = wrapped(f"Looked for: {', '.join(answer.unmentioned)}", inner, 14)
            top = _lines(svg, names[:8], "ink", top, x=margin, font_size=14)
        _add(svg, "rect", "line", x=margin, y=top + 20, width=inner, height=1)
        top = _lines(svg, wrapped(credits_line(answer), inner, 12), "muted", top + 31, x=margin, font_size=12) + 26

    svg.attrib |= {"width": str(width), "height": _number(top), "viewBox": f"0 0 {width} {_number(top)}"}
    return ET.tostring(svg, encoding="unicode")


def _lines(
    svg: "Element", lines: Sequence[str], colour: str, top: float, font_size: float, **look: float | str
) -> float:
    """Write the lines below each other; returns where the last one ends."""
    for at, line in enumerate(lines):
        middle = top + (at + 0.5) * 1.32 * font_size
        _add(svg, "text", colour, line, y=_baseline(middle, font_size), font_size=font_size, **look)
    return top + len(lines) * 1.32 * font_size


def _add(svg: "Element", tag: str, colour: str, text: str = "", **look: float | str) -> None:
    attributes = {name.replace("_", "-"): _number(value) for name, value in look.items()}
    for script, fonts in _OTHER_FONTS:
        if script.search(text):
            attributes.setdefault("font-family", f"{fonts}, {_FONTS}")
    element = svg.makeelement(tag, {"class": colour, "fill": PALETTE[colour]} | attributes)
    element.text = text
    svg.append(element)


def _baseline(middle: float, size: float) -> float:
    # Worked out here because renderers differ in what they make of dominant-baseline.
    return middle + 0.35 * size


def _number(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def headline(answer: Answer) -> str:
    """The finding as a title."""
    return finding(answer).removesuffix(".")


def bars_left_over(answer: Answer) -> str:
    """What stands below the bars where there is no room for all."""
    rest = answer.rows[MAX_BARS:]
    return f"and {len(rest):,} more, mentioned {times(sum(row.mentions for row in rest))} in all" if rest else ""


def _width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide a text is, in pixels."""
    return sum(map(_advance, text)) * size / 1000 * (1.07 if bold else 1)


def _advance(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    if unicodedata.east_asian_width(sign) in "WF":
        return 1000
    base = unicodedata.normalize("NFD", sign)[0]
    return _WIDTHS.get(base, 670)


def cut_to_width(text: str, width: float, size: float) -> str:
    """The text, or as much of its beginning as fits in bold, with "…" for the rest."""
    if _width(text, size, bold=True) <= width:
        return text
    end = next(end for end in range(len(text), -1, -1) if _width(text[:end] + "…", size, bold=True) <= width or not end)
    return text[:end].rstrip() + "…"


def wrapped_evenly(text: str, width: float, size: float) -> list[str]:
    """As `wrapped` in bold, with lines of about the same length, so that no word is left alone in the last one."""
    lines = wrapped(text, width, size, bold=True)
    narrower = (wrapped(text, less, size, bold=True) for less in range(int(width) // len(lines), int(width), 8))
    return next((found for found in narrower if len(found) == len(lines)), lines)


def wrapped(text: str, width: float, size: float, *, bold: bool = False) -> list[str]:
    """The text in as few lines of at most that width as it takes; a word that is wider is broken anywhere."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if _width(longer, size, bold=bold) <= width:
            lines[-1] = longer
            continue
        lines.append("")
        for sign in word:
            if _width(lines[-1] + sign, size, bold=bold) > width:
                lines.append("")
            lines[-1] += sign
    return [line for line in lines if line]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def png_size(png: bytes) -> tuple[int, int] | None:
    """Width and height as a PNG's header has them, in pixels; None for anything else."""
    if len(png) < _HEADER_END or not png.startswith(PNG_MAGIC + b"\0\0\0\rIHDR"):
        return None
    width, height = struct.unpack_from(">II", png, 16)
    return width, height
