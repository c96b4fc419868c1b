"""What enters Dagster's event log is what Dagster can store and read back.

Belongs here: the check of metadata that comes from outside, which an asset makes before it replaces a file: otherwise
the file would be new and its event missing. Does not belong here: which metadata an asset has; how deep and how large
an answer may be (`fetching.decoding`).
"""

from typing import Any

import dagster as dg


def json_metadata(value: Any) -> dg.JsonMetadataValue:
    """The value, which is JSON, as metadata.

    Raises:
        dagster.Failure: A key of an object in it is one by which Dagster marks its own types, as `__class__` and
            `__enum__` are: an event with it cannot be read back.
    """
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            marks = [key for key in part if key.startswith("__") and key.endswith("__")]
            if marks:
                raise dg.Failure(
                    f"There is something called {marks[0]!r} in the data, which Dagster cannot keep in its history; "
                    "nothing was replaced. Look at what answers in TVMaze's place.",
                    allow_retries=False,
                )
            left += part.values()
        elif isinstance(part, list):
            left += part
    return dg.MetadataValue.json(value)
