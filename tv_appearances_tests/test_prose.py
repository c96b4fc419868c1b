"""Plain English: short sentences, one idea each, words that everybody knows.

Belongs here: the rules that a machine can see, and where they hold. proselint, which `make check` runs, has rules for
English in general, and none for the length of a sentence. Does not belong here: whether a page is true
(`test_docs.py`).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tv_appearances_tests.test_commands import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
MODULES = sorted((ROOT / "tv_appearances").rglob("*.py"))
LONGEST = 32
"""Words of a sentence on a page."""
LONGEST_IN_CODE = 45
"""Words of a sentence in a docstring; there a `;` ends one, since fields are told in a row."""
RIDDLES = (
    "mended", "mends", "whoever", "whence", "as good as none", "nobody's affair", "thereof", "hereby", "aforementioned",
    "in order to", "utilize", "utilise", "simply", "obviously", "of course", "basically", "e.g.", "i.e.", "etc.",
)  # fmt: skip


def sentences(markdown: str) -> Iterator[str]:
    """The sentences of a page, without blocks; code is one word, and a cell or an item stands by itself."""
    text = re.sub(r"<!-- from the code: .*?<!-- end -->", "", markdown, flags=re.DOTALL)
    text = re.sub(r"^ *```.*?^ *```$", "\n", text, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(r"`[^`]+`", "CODE", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"^ *(?:[-*]|\d+\.|#+|>) ", "\n\n", text, flags=re.MULTILINE)
    text = re.sub(r"^\|.*$", lambda row: row[0].replace("|", "\n\n"), text, flags=re.MULTILINE)
    for paragraph in re.split(r"\n\s*\n", text):
        yield from filter(None, re.split(r"(?<=[.!?])[*\"”)]*\s+", " ".join(paragraph.split())))


def docstrings(path: Path) -> Iterator[str]:
    """The docstrings of a module's public things, without what is drawn in them."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and getattr(node, "name", "")[:1] != "_":
            yield re.sub(r"::\n\n(?: .*\n|\n)+", "\n\n", ast.get_docstring(node) or "").replace(";", ".")


def words(sentence: str) -> int:
    return len(re.findall(r"[^\W_][\w'’.:/-]*", sentence))


def found(text: str, longest: int) -> list[str]:
    """What is wrong with a text, by sentence."""
    wrong = []
    for sentence in sentences(text):
        if words(sentence) > longest:
            wrong.append(f"{words(sentence)} words: {sentence}")
        riddles = [word for word in RIDDLES if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", sentence.lower())]
        wrong += [f"{riddle!r}: {sentence}" for riddle in riddles]
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_in_plain_english(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert found(text, LONGEST) + [f"chained by ;: {one}" for one in sentences(text) if ";" in one] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_docstrings_are_in_plain_english(path: Path) -> None:
    assert [wrong for text in docstrings(path) for wrong in found(text, LONGEST_IN_CODE)] == []


def said(path: Path) -> Iterator[str]:
    """What a module or a template says to its reader: texts with more than a few words in them."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        yield from re.split(r"\s*\n\s*", re.sub(r"<[^>]*>|{%.*?%}|{{.*?}}", " ", text))
    else:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and words(node.value) > 3:
                yield node.value.replace(";", ".")


SAYING = sorted((ROOT / "tv_appearances" / "report").rglob("*.html")) + [
    ROOT / "tv_appearances" / name for name in ("report/wording.py", "report/overview.py", "checks.py", "cli.py")
]


@pytest.mark.parametrize("path", SAYING, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_the_reader_of_a_report_sees_is_in_plain_english(path: Path) -> None:
    assert [wrong for text in said(path) for wrong in found(text, LONGEST_IN_CODE)] == []


def test_each_rule_can_be_broken() -> None:
    long = " ".join(["word"] * (LONGEST + 1))
    assert found(f"{long}. Whoever comes, `whoever` goes. ", LONGEST) == [
        f"{LONGEST + 1} words: {long}.",
        "'whoever': Whoever comes, CODE goes.",
    ]
    assert [*sentences("| a; b | c |\n\n```\nx; y\n```\n\n- One. [Two](x;y)!")] == ["a; b", "c", "One.", "Two!"]


if __name__ == "__main__":  # for proselint
    texts = [page.read_text(encoding="utf-8") for page in PAGES] + [
        text for path in MODULES for text in docstrings(path)
    ]
    print("\n\n".join(sentence for text in texts for sentence in sentences(text)))
    print("\n\n".join(text for path in SAYING for text in said(path)))
