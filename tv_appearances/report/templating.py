"""HTML from the templates, one way for every page: all text is escaped, and a page needs no script and no network.

Belongs here: the environment of the templates. Does not belong here: what a page says (`page`, `overview`).
"""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tv_appearances.report.fonts import clusters, directions
from tv_appearances.report.wording import LICENCE, plural, spans

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


def render(template: str, **values: object) -> str:
    """A file of `templates/` with these values, all escaped but those that are markupsafe's `Markup`.

    Raises:
        jinja2.UndefinedError: The template asks for a value that is not there.
    """
    return _environment().get_template(template).render(licence=LICENCE, plural=plural, **values)


@cache
def _environment() -> "Environment":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"spans": spans, "grouped": "{:,}".format, "isolated": _isolated}
    environment.tests["address"] = re.compile("https?://[^/]").match  # anything else would be a link that runs code
    return environment


def _isolated(sentence: str) -> "Markup":
    """The sentence with what reads from right to left kept apart, so that it turns nothing around it."""
    from markupsafe import Markup

    return Markup().join(
        Markup("<bdi>") + "".join(part) + Markup("</bdi>") if from_right else "".join(part)
        for part, from_right in directions(clusters(sentence))
    )
