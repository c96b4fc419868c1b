"""`mentions.csv`: what was counted, written and read.

Belongs here: the form of that file. Does not belong here: its place on disk.
"""

import csv
import io
from collections.abc import Iterable

from tv_appearances.fetching.fields import SchemaError
from tv_appearances.report.cells import cell, text_of
from tv_appearances.tvmaze.models import Mention

_COLUMNS = Mention._fields


def write_mentions(mentions: Iterable[Mention]) -> str:
    """The content of `mentions.csv`: a header and a line for each mention in the given order, ended by LF.

    The columns are the fields of `Mention`; the number of a special is empty. A name that a spreadsheet would run as a
    formula has an apostrophe before it.
    """
    records = _Records()
    writer = csv.writer(records)
    writer.writerow(_COLUMNS)
    writer.writerows(
        mention._replace(character=cell(mention.character), form=cell(mention.form)) for mention in mentions
    )
    # csv quotes CR and LF in a value only where both are part of its line end, so that is changed afterwards.
    return "".join(line.removesuffix("\r\n") + "\n" for line in records)


def read_mentions(text: str) -> tuple[Mention, ...]:
    """What `write_mentions` wrote.

    Raises:
        SchemaError: It is something else; the path is "mentions.csv line N", where the record ends.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found = []
    try:
        header = next(reader, [])
        if tuple(header) != _COLUMNS:
            raise SchemaError("mentions.csv line 1", f"the header {','.join(_COLUMNS)}", ",".join(header))
        for record in reader:
            at = f"mentions.csv line {reader.line_num}"
            if len(record) != len(_COLUMNS):
                raise SchemaError(at, f"{len(_COLUMNS)} values", record)
            episode_id, season, number, character, form, count = record
            try:
                mention = Mention(
                    int(episode_id),
                    int(season),
                    int(number) if number else None,
                    text_of(character),
                    text_of(form),
                    int(count),
                )
            except ValueError:
                raise SchemaError(at, "whole numbers for episode_id, season, number and mentions", record) from None
            found.append(mention)
    except csv.Error as error:
        raise SchemaError(f"mentions.csv line {reader.line_num}", f"CSV ({error})", "something else") from None
    return tuple(found)


class _Records(list[str]):
    """The written lines, in a form that csv.writer can write to."""

    write = list.append
