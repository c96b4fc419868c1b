"""Reading decoded JSON field by field: a value of the wrong type is an error that names its path.

Belongs here: what any reader of any API's answers needs. Does not belong here: the shape of a particular answer.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, cast

LONGEST_SAMPLE = 80
T = TypeVar("T")


class SchemaError(ValueError):
    """A value is not of the type that is documented; the message is `path: expected …, got …`."""

    def __init__(self, path: str, expected: str, got: object) -> None:
        sample = json.dumps(got, ensure_ascii=False, default=str)
        if len(sample) > LONGEST_SAMPLE:
            sample = sample[: LONGEST_SAMPLE - 1] + "…"
        super().__init__(f"{path}: expected {expected}, got {sample}")
        self.path = path


def object_at(value: object, path: str) -> Mapping[str, Any]:
    """The value, which has to be an object."""
    if not isinstance(value, dict):
        raise SchemaError(path, "an object", value)
    return value


def objects_at(value: object, path: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """The objects of a list, each behind its path."""
    if not isinstance(value, list):
        raise SchemaError(path, "a list", value)
    for index, item in enumerate(value):
        at = f"{path}[{index}]"
        yield at, object_at(item, at)


def integer_at(fields: Mapping[str, Any], name: str, path: str) -> int:
    """The whole number in this field."""
    value = fields.get(name)
    if not _is(value, int):
        raise SchemaError(f"{path}.{name}", "an integer", value)
    return cast("int", value)


def text_at(fields: Mapping[str, Any], name: str, path: str) -> str:
    """The text in this field, which is not blank."""
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise SchemaError(f"{path}.{name}", "a text", value)
    return value


def optional_at(fields: Mapping[str, Any], name: str, path: str, kind: type[T]) -> T | None:
    """The value of this field, None where it is null or absent."""
    value = fields.get(name)
    if value is not None and not _is(value, kind):
        raise SchemaError(f"{path}.{name}", {int: "an integer or null", str: "a text or null"}[kind], value)
    return value


def _is(value: object, kind: type) -> bool:
    # bool is an int to Python, not to JSON.
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))
