"""How one value is written in JSON and read back: every kind of value has exactly one form."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from corridor.base.clock import format_instant, parse_date, parse_instant
from corridor.base.digest import check_sha256
from corridor.base.errors import MalformedError
from corridor.base.ids import check_id, printable
from corridor.base.json import MAX_SAFE_INTEGER, JsonObject
from corridor.base.truth import Truth


@dataclass(frozen=True, slots=True)
class Form:
    """How one kind of value is written in JSON, and read back given its place."""

    write: Callable[[Any], Any]
    read: Callable[[object, str], Any]


def read_members(value: object, place: str, *, required: Collection[str], optional: Collection[str] = ()) -> JsonObject:
    """Return `value` if it is a JSON object with all `required` members and none but those and the `optional` ones.

    Raises:
        MalformedError: with `place`, if it is not.
    """
    if not isinstance(value, Mapping):
        raise MalformedError("not a JSON object", place=place)
    for name in required:
        if name not in value:
            raise MalformedError(f"no member `{name}`", place=place)
    for name in value:
        if name not in required and name not in optional:
            raise MalformedError(f"unknown member `{printable(str(name))}`", place=place)
    return value


def choice_of(choices: type[StrEnum]) -> Form:
    """The form of an enumeration: the value of each member."""

    def read(value: object, place: str) -> StrEnum:
        if isinstance(value, str) and value in list(choices):
            return choices(value)
        raise MalformedError(f"`{printable(str(value))}` is none of {', '.join(choices)}", place=place)

    return Form(str, read)


def _as_it_is(value: Any) -> Any:
    return value


def _read_text(value: object, place: str) -> str:
    if isinstance(value, str):
        return value
    raise MalformedError("not a string", place=place)


_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.:/-]{0,127}")


def _read_word(value: object, place: str) -> str:
    if isinstance(value, str) and _WORD.fullmatch(value):
        return value
    raise MalformedError(
        f"`{printable(str(value))}` is not a word",
        place=place,
        remedy="use at most 128 letters, digits and the characters _ . : / - and begin with a letter",
    )


_BLAKE3 = re.compile(r"blake3:[0-9a-f]{64}")


def _read_blake3(value: object, place: str) -> str:
    if isinstance(value, str) and _BLAKE3.fullmatch(value):
        return value
    raise MalformedError(
        "not a BLAKE3 digest", place=place, remedy="write it as blake3: and 64 lower-case hexadecimal digits"
    )


def _read_count(value: object, place: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_SAFE_INTEGER:
        return value
    raise MalformedError("not a whole number from 0 to 2^53-1", place=place)


def _read_flag(value: object, place: str) -> bool:
    if isinstance(value, bool):
        return value
    raise MalformedError("neither true nor false", place=place)


def _read_instant(value: object, place: str) -> datetime:
    instant = parse_instant(value, place)
    if format_instant(instant) != value:  # other zones and longer fractions mean the same instant: one text only
        raise MalformedError(f"`{value}` is not written in UTC in its shortest form", place=place)
    return instant


def _write_truth(value: Truth) -> str:
    return value.name.lower()


def _read_truth(value: object, place: str) -> Truth:
    if isinstance(value, str) and value.islower() and value.upper() in Truth.__members__:
        return Truth[value.upper()]
    raise MalformedError("neither `true`, `false` nor `unknown`", place=place)


Word = Annotated[str, Form(_as_it_is, _read_word)]
"""A stable word for machines, such as a state or the kind of a paper."""
Sha256 = Annotated[str, Form(_as_it_is, check_sha256)]
"""`sha-256:` and 64 lower-case hexadecimal digits, as `base.digest` writes it."""
Blake3 = Annotated[str, Form(_as_it_is, _read_blake3)]
"""`blake3:` and 64 lower-case hexadecimal digits."""
COUNT: Final = Form(_as_it_is, _read_count)
Count = Annotated[int, COUNT]
"""A whole number from 0 to 2^53-1."""

ID: Final = Form(_as_it_is, check_id)
TEXT: Final = Form(_as_it_is, _read_text)
FLAG: Final = Form(_as_it_is, _read_flag)
INSTANT: Final = Form(format_instant, _read_instant)
DAY: Final = Form(date.isoformat, parse_date)
TRUTH: Final = Form(_write_truth, _read_truth)
