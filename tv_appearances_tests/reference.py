"""What the reference says that the code says too: `python -m tv_appearances_tests.reference` writes it anew.

Belongs here: one function for each part that stands between `<!-- from the code: NAME -->` and `<!-- end -->` in a page
of docs/. Does not belong here: what only a person can say.
"""

import ast
import contextlib
import inspect
import io
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from unittest import mock

from tv_appearances import TvShow, TvShows, assets, settings
from tv_appearances.build import build_defs
from tv_appearances.checks import CHECKS
from tv_appearances.cli import arguments
from tv_appearances.fetching import errors
from tv_appearances.settings import Settings
from tv_appearances_tests.test_definitions import KNOW_DAGSTER, MAY_KNOW

ROOT = Path(__file__).parent.parent
PAGES = sorted(ROOT.glob("docs/**/*.md"))
PART = re.compile(r"(<!-- from the code: (\w+) -->).*?(<!-- end -->)", re.DOTALL)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(
        f"| {' | '.join(' '.join(cell.replace('|', '&#124;').split()) for cell in row)} |" for row in lines
    )


def shown(value: object) -> str:
    """A default, as a reader writes it."""
    if isinstance(value, bool):
        return "`yes`" if value else "`no`"
    if value is ...:
        return "required"
    return f"`{value}`" if isinstance(value, (str, Path)) and value != "" else "none"


def variables() -> str:
    """The settings as environment variables, with the docstring below each field."""
    (source,) = ast.parse(inspect.getsource(Settings)).body
    said = {
        field.target.id: text.value.value
        for field, text in zip(source.body, source.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr)
    }
    default = Settings()
    return table(
        ["variable", "default", "meaning"],
        [(f"`{name}`", shown(getattr(default, field)), said[field]) for name, field in settings._VARIABLES.items()],
    )


def attributes() -> str:
    """The attributes of the components."""
    rows = {}
    for component in (TvShow, TvShows):
        own = [name for name in component.model().model_fields if name in ("show", "shows")]
        for name, field in component.model().model_fields.items():
            only = f" Only `{component.__name__}`." if name in own else ""
            default = (
                "required" if field.is_required() else "`false`" if field.default is False else shown(field.default)
            )
            rows[name] = (f"`{name}`", default, f"{field.description}{only}")
    first = [rows.pop("show"), rows.pop("shows")]
    return table(["attribute", "default", "meaning"], [*first, *rows.values()])


def keywords() -> str:
    """The arguments of `build_defs`."""
    text = inspect.cleandoc(build_defs.__doc__ or "").partition("Args:\n")[2]
    said = dict(re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", text, re.MULTILINE))
    return table(
        ["argument", "default", "meaning"],
        [
            (f"`{name}`", f"`{parameter.default!r}`", said[name])
            for name, parameter in inspect.signature(build_defs).parameters.items()
        ],
    )


def checks() -> str:
    """The asset checks."""
    return table(
        ["asset", "check", "severity", "blocks", "what has to be true"],
        [(f"`{c.asset}`", f"`{c.name}`", c.severity.value, "yes" if c.blocking else "", c.description) for c in CHECKS],
    )


def options() -> str:
    """The help of `tv-appearances`."""
    printed = io.StringIO()
    with (
        mock.patch.dict("os.environ", COLUMNS="100"),
        contextlib.redirect_stdout(printed),
        contextlib.suppress(SystemExit),
    ):
        arguments(["--help"])
    return f"```text\n{printed.getvalue().rstrip()}\n```"


def targets() -> str:
    """The targets of make."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.findall(r"^([\w-]+):.*?## (.+)$", makefile, re.MULTILINE)
    return table(["command", "what it does"], [(f"`make {name}`", said) for name, said in found])


def failures() -> str:
    """The kinds of error with which a request can end."""
    kinds = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.FetchError)]
    return table(
        ["error", "tried again", "what happened"],
        [
            (f"`{kind.__name__}`", "yes" if kind.retryable else "no", (kind.__doc__ or "").partition("\n")[0])
            for kind in kinds[1:]
        ],
    )


def rooms() -> str:
    """Who may import whom, without the arrows that follow from others."""

    def below(module: str) -> set[str]:
        return MAY_KNOW[module].union(*map(below, MAY_KNOW[module]))

    arrows = [
        f"{module} --> {known}"
        for module, all_known in MAY_KNOW.items()
        for known in sorted(all_known)
        if not any(known in below(other) for other in all_known)
    ]
    plain = [arrow for arrow in arrows if arrow.split()[0] not in KNOW_DAGSTER]
    inner = ['subgraph below["knows nothing of Dagster"]', *(f"    {arrow}" for arrow in plain), "end"]
    lines = [*inner, *(arrow for arrow in arrows if arrow not in plain)]
    return "```mermaid\nflowchart BT\n" + "\n".join(f"    {line}" for line in lines) + "\n```"


def metadata_keys() -> dict[str, set[str]]:
    """Asset → the keys of the metadata of its materializations, as its function has them."""
    found = {}
    for path in Path(assets.__file__).parent.glob("*.py"):
        for function in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(function, ast.FunctionDef):
                results = [
                    n for n in ast.walk(function) if isinstance(n, ast.Call) and _is(n.func, "MaterializeResult")
                ]
                given = [k.value for result in results for k in result.keywords if k.arg == "metadata"]
                keys = {key for value in given for key in _keys(value)}
                if keys:
                    found[function.name] = keys
    return found


def _is(function: ast.expr, name: str) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == name


def _keys(value: ast.expr) -> Iterable[str]:
    """The keys of a dict that is written out, those of the dicts that are unpacked into it included."""
    if isinstance(value, ast.IfExp):
        yield from _keys(value.body)
    elif isinstance(value, ast.Dict):
        for key, inner in zip(value.keys, value.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value)
            elif key is None:
                yield from _keys(inner)


MADE: dict[str, Callable[[], str]] = {
    made.__name__: made for made in (variables, attributes, keywords, checks, options, targets, failures, rooms)
}


def written_anew(text: str) -> str:
    """A page with the parts that come from the code as the code has them now."""
    return PART.sub(lambda found: f"{found[1]}\n\n{MADE[found[2]]()}\n\n{found[3]}", text)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(written_anew(page.read_text(encoding="utf-8")), encoding="utf-8")
