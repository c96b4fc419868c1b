"""Reading decoded JSON field by field: a value of the wrong type is an error that names its path.

Belongs here: what any reader of any API's answers needs. Does not belong here: the shape of a particular answer.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from typing_extensions import Self

LONGEST_SAMPLE = 80
MOST_ODD = 0.1
"""One odd row is an oversight; where more of a list than this part is odd, its form has changed."""
T = TypeVar("T")
S = TypeVar("S")
IntOrStr = TypeVar("IntOrStr", int, str)


class SchemaError(ValueError):
    """A value is not of the type that is documented; the message is `path: expected …, got …`."""

    def __init__(self, path: str, expected: str, got: object) -> None:
        sample = json.dumps(got, ensure_ascii=False, default=str)
        if len(sample) > LONGEST_SAMPLE:
            sample = sample[: LONGEST_SAMPLE - 1] + "…"
        super().__init__(f"{path}: expected {expected}, got {sample}")
        self.path = path


class Rows(tuple[T, ...]):  # noqa: SLOT001 - a tuple can have no slots
    """The rows of a list that could be read, in its order; `left_out` says where each other one is and what is odd."""

    left_out: tuple[SchemaError, ...]

    def __new__(cls, rows: Iterable[T] = (), left_out: Iterable[SchemaError] = ()) -> "Self":
        """The rows, and what was left out beside them."""
        self = super().__new__(cls, rows)
        self.left_out = tuple(left_out)
        return self


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


def rows_at(value: object, path: str, read: Callable[[Mapping[str, Any], str], T]) -> Rows[T]:
    """The rows of a list of objects, each as `read` makes it of an object and its path; see `readable`.

    Raises:
        SchemaError: it is no list, or too much of it is odd.
    """
    if not isinstance(value, list):
        raise SchemaError(path, "a list", value)
    return readable(
        ((f"{path}[{index}]", item) for index, item in enumerate(value)), lambda item, at: read(object_at(item, at), at)
    )


def readable(items: Iterable[tuple[str, S]], read: Callable[[S, str], T]) -> Rows[T]:
    """What `read` makes of each item and its path; an item that it cannot read is left out.

    Raises:
        SchemaError: no item is good, or more than one is odd and more than `MOST_ODD` of all; of the first odd one.
    """
    good, odd = [], []
    for path, item in items:
        try:
            good.append(read(item, path))
        except SchemaError as error:  # noqa: PERF203 - an odd item costs that item
            odd.append(error)
    if odd and (not good or len(odd) > max(1, MOST_ODD * (len(good) + len(odd)))):
        raise odd[0]
    return Rows(good, odd)


def integer_at(fields: Mapping[str, Any], name: str, path: str) -> int:
    """The whole number in this field."""
    value = fields.get(name)
    if not _is(value, int):
        raise SchemaError(f"{path}.{name}", "an integer", value)
    return cast("int", value)


def number_at(fields: Mapping[str, Any], name: str, path: str) -> float:
    """The number in this field, whole or not."""
    value = fields.get(name)
    if not (_is(value, int) or isinstance(value, float)):
        raise SchemaError(f"{path}.{name}", "a number", value)
    return float(cast("float", value))


def text_at(fields: Mapping[str, Any], name: str, path: str) -> str:
    """The text in this field, which is not blank."""
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise SchemaError(f"{path}.{name}", "a text", value)
    return value


def optional_at(fields: Mapping[str, Any], name: str, path: str, kind: type[IntOrStr]) -> IntOrStr | None:
    """The value of this field, an `int` or a `str`; None where it is null or absent."""
    value = fields.get(name)
    if value is not None and not _is(value, kind):
        raise SchemaError(f"{path}.{name}", {int: "an integer or null", str: "a text or null"}[kind], value)
    return value


def _is(value: object, kind: type) -> bool:
    # bool is an int to Python, not to JSON.
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))
