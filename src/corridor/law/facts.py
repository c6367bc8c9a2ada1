"""A described transfer, checked and typed once: what the document leaves out is unknown and stays so."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NoReturn

from corridor.base.clock import DateRange, parse_date
from corridor.base.errors import MalformedError, TooLargeError
from corridor.base.ids import printable
from corridor.base.json import MAX_SAFE_INTEGER, JsonObject
from corridor.base.truth import Truth
from corridor.law.vocabulary import (
    ALWAYS_PERSONAL,
    FACTS,
    Code,
    Day,
    Flags,
    Kind,
    Number,
    Place,
    Record,
    Several,
    Text,
    Truthful,
    Window,
)

MAX_LIST: Final = 256
"""The greatest number of elements in one list of a description."""

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)

Values = Mapping[str, Any]
"""The known fields of one object; a field that is not there is unknown."""


class Known(dict[str, Any]):
    """A mapping that is never changed once it is made; reading it costs what reading a dictionary costs."""

    __slots__ = ()

    def _refuse(self, *_args: object, **_more: object) -> NoReturn:
        raise TypeError("facts are not changed")

    __setitem__ = __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[Known], tuple[dict[str, Any]]]:
        return Known, (dict(self),)


NOTHING: Final[Values] = Known()
"""An object of which nothing is known."""


@dataclass(frozen=True, slots=True)
class FlagSet:
    """Codes that hold or do not; where `complete`, a code that is not in `known` does not hold."""

    known: Mapping[str, bool]
    complete: bool

    def holds(self, code: str) -> Truth:
        """Whether `code` holds, as far as the description says."""
        return Truth.of(self.known.get(code, False if self.complete else None))


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one transfer, by the fields of `vocabulary.FACTS`; made by `parse_facts` only."""

    values: Values

    def get(self, path: str) -> Any:
        """The value at a dotted path such as `exporter.located_in`, or None if unknown."""
        value: Any = self.values
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    @property
    def papers(self) -> tuple[Values, ...]:
        """The papers shown; a paper that is not shown opens nothing, so none shown is none."""
        papers: tuple[Values, ...] = self.values.get("papers", ())
        return papers


def parse_facts(document: JsonObject, place: str = "facts") -> Facts:
    """The facts of a decoded JSON or YAML document.

    A field whose value is null is unknown, as if it were left out. An item of a category that is personal by its
    meaning is personal unless the item says otherwise.

    Raises:
        MalformedError: an unknown field, a wrong type, a bad code or number; the place is a JSON path.
        TooLargeError: a list or text over its bound.
    """
    return Facts(_record(document, FACTS, place))


def _record(value: Any, kind: Record, place: str) -> Values:
    if not isinstance(value, Mapping):
        raise _wrong(value, place, "an object")
    found: dict[str, Any] = {}
    for name, item in value.items():
        expected = kind.fields.get(name)
        if expected is None:
            raise MalformedError(
                f"`{printable(str(name))}` is no field of {kind.name}",
                place=place,
                remedy=suggestion(str(name), kind.fields),
            )
        if item is not None:
            found[name] = _value(item, expected, f"{place}.{name}")
    if kind.name == "data item" and found.get("category") in ALWAYS_PERSONAL:
        found.setdefault("personal", True)
    return Known(found)


def _value(value: Any, kind: Kind, place: str) -> Any:
    if isinstance(kind, Record):
        return _record(value, kind, place)
    return _READERS[type(kind)](value, kind, place)


def _truthful(value: Any, _: Kind, place: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(value, place, "true or false")
    return value


def _number(value: Any, kind: Number, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_SAFE_INTEGER:
        raise _wrong(value, place, f"a whole number of {kind.unit}, at least 0")
    return value


def _day(value: Any, _: Kind, place: str) -> date:
    return check_day(parse_date(value, place), place)


def check_day(day: date, place: str) -> date:
    """Return `day` if the calendar of the rules reaches it: 1900 to 2199.

    Raises:
        MalformedError: it does not.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise MalformedError(
            f"`{day}` is out of range", place=place, remedy=f"write a day from {FIRST_DAY} to {LAST_DAY}"
        )
    return day


def _text(value: Any, kind: Text, place: str) -> str:
    if not isinstance(value, str) or not value:
        raise _wrong(value, place, "a text")
    if len(value) > kind.max_length:
        raise TooLargeError(f"a text has at most {kind.max_length} characters, this one {len(value)}", place=place)
    return value


def _code(value: Any, kind: Code, place: str) -> str:
    if not isinstance(value, str) or len(value) > 80 or not kind.admits(value):  # noqa: PLR2004 - longer than any code
        raise MalformedError(
            f"`{_shown(value)}` is no code for {kind.name}", place=place, remedy=suggestion(_shown(value), kind.codes)
        )
    return value


def _place(value: Any, kind: Place, place: str) -> str:
    if not isinstance(value, str) or not kind.admits(value):
        raise MalformedError(
            f"`{_shown(value)}` is no country", place=place, remedy="write its ISO 3166 code in capitals, such as DE"
        )
    return value


def _window(value: Any, _: Kind, place: str) -> DateRange:
    if isinstance(value, Mapping) and set(value) == {"from", "to"}:
        start, end = (_day(value[name], Day(), f"{place}.{name}") for name in ("from", "to"))
        if start <= end:
            return DateRange(start, end)
    elif isinstance(value, int) and not isinstance(value, bool) and FIRST_DAY.year <= value <= LAST_DAY.year:
        return DateRange(date(value, 1, 1), date(value, 12, 31))
    raise _wrong(value, place, "a year such as 2026, or an object with `from` and a later `to`")


def _flags(value: Any, kind: Flags, place: str) -> FlagSet:
    if isinstance(value, Mapping):
        known = {
            _code(code, kind.of, place): _truthful(holds, kind, f"{place}.{code}")
            for code, holds in value.items()
            if holds is not None
        }
        return FlagSet(Known(known), complete=False)
    codes = _several(value, Several(kind.of), place)
    return FlagSet(Known(dict.fromkeys(codes, True)), complete=True)


def _several(value: Any, kind: Several, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise _wrong(value, place, "a list")
    if len(value) > MAX_LIST:
        raise TooLargeError(f"a list has at most {MAX_LIST} elements, this one {len(value)}", place=place)
    return tuple(_value(item, kind.of, f"{place}[{index}]") for index, item in enumerate(value))


_READERS: Final[Mapping[type, Callable[[Any, Any, str], Any]]] = {
    Truthful: _truthful,
    Number: _number,
    Day: _day,
    Text: _text,
    Code: _code,
    Place: _place,
    Window: _window,
    Flags: _flags,
    Several: _several,
}


_SHOWN: Final = 50


def suggestion(word: str, candidates: Iterable[str], otherwise: str = "see the vocabulary of facts") -> str:
    """What to write instead of `word`: the nearest of `candidates`, all of them where they are few, or `otherwise`."""
    known = sorted(candidates)
    close = difflib.get_close_matches(word[:80], known, n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    if not known or len(known) > _SHOWN:
        return otherwise
    return "write one of: " + ", ".join(known)


def _wrong(value: Any, place: str, expected: str) -> MalformedError:
    return MalformedError(f"`{_shown(value)}` cannot stand here", place=place, remedy=f"write {expected}")


def _shown(value: Any) -> str:
    if isinstance(value, str | bool | int | float):
        return (
            printable(str(value)) if not isinstance(value, int) or abs(value) <= MAX_SAFE_INTEGER else "a huge number"
        )
    return "a list" if isinstance(value, list | tuple) else "an object" if isinstance(value, Mapping) else "nothing"
