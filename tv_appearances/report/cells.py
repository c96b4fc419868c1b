"""Text in a CSV file that somebody opens in a spreadsheet.

Belongs here: keeping a name from being run as a formula, so that it can be read back as it was. Does not belong here:
the columns of a file.
"""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
"""What a spreadsheet takes for the beginning of a formula, by OWASP's page on CSV injection; it may stand behind
apostrophes."""


def cell(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def text_of(value: str) -> str:
    """What `cell` was given."""
    return value[1:] if value.startswith("'") and _FORMULA.match(value) else value
