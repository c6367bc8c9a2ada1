"""Queries and bodies as typed values; what does not fit is refused with its place."""

from __future__ import annotations

import re
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl

import msgspec

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.json import parse_json

T = TypeVar("T")
_MESSAGE: Final = re.compile(r"(?P<what>.*?)(?: - at `(?P<where>[^`]*)`)?", re.DOTALL)
_MOST_PARAMETERS: Final = 20


def read_query(raw: bytes, kind: type[T]) -> T:
    """The query of a request.

    Raises:
        MalformedError: not UTF-8, a name unknown or given twice, or a value of the wrong type or out of range.
    """
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except ValueError:  # UnicodeDecodeError is one
        raise MalformedError("the query cannot be read", place="query", remedy="encode it as UTF-8, in %XX") from None
    values = dict(pairs)
    if len(values) != len(pairs):
        raise MalformedError("a parameter is given twice", place="query")
    return _convert(values, kind, "?", strict=False)


def read_document(raw: bytes) -> Any:
    """The decoded body of a request; an empty one stands for an empty object.

    Raises:
        MalformedError: not JSON.
        TooLargeError: over a limit.
    """
    return parse_json(raw) if raw else {}


def read_body(document: Any, kind: type[T]) -> T:
    """A decoded body as a value of `kind`.

    Raises:
        MalformedError: with its JSON path, a name missing or unknown, or a value of the wrong type or out of range.
    """
    return _convert(document, kind, "$", strict=True)


def _convert(value: Any, kind: type[T], root: str, *, strict: bool) -> T:
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        found = _MESSAGE.fullmatch(str(error))
        what, where = (found["what"], found["where"] or "$") if found else (str(error), "$")
        # The library's sentences begin with a capital, and its paths with `$`.
        place = (root + where.removeprefix("$").removeprefix(".")) if root == "?" else where
        raise MalformedError(printable(what[:1].lower() + what[1:], 300), place=printable(place, 200)) from None
