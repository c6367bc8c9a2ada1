"""Right operands: from the JSON of the wire to a value of the sort that the left operand declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.json import MAX_SAFE_INTEGER
from corridor.odrl.operands import Operand, Operator, Sort
from corridor.odrl.papers import read_paper
from corridor.odrl.spatial import countries_of, place_code
from corridor.odrl.values import Duration, Moment, Value, read_moment
from corridor.odrl.wire import PolicyLimits, Scalar, datatype_name, items, scalar

_DATATYPES: Final[Mapping[Sort, frozenset[str]]] = {
    Sort.INSTANT: frozenset({"dateTime", "dateTimeStamp", "date"}),
    Sort.DURATION: frozenset({"duration", "dayTimeDuration", "yearMonthDuration"}),
    Sort.INTEGER: frozenset({"integer", "int", "long", "nonNegativeInteger", "positiveInteger", "unsignedInt"}),
    Sort.IRI_SET: frozenset({"string", "anyURI", "@id"}),
    Sort.PURPOSES: frozenset({"string", "anyURI", "@id"}),
    Sort.PARTY: frozenset({"string", "anyURI", "@id"}),
    Sort.COUNTRY: frozenset({"string", "anyURI", "@id"}),
    Sort.PAPERS: frozenset(),
}
"""Datatypes that the wire may state for a value of each sort; none stated is a text of the sort's own form."""

# These compare with many values; every other operator takes one.
_TAKES_LIST: Final = frozenset(
    {Operator.IS_ANY_OF, Operator.IS_NONE_OF, Operator.IS_ALL_OF, Operator.IS_PART_OF, Operator.HAS_PART}
)


@dataclass(frozen=True, slots=True)
class _Text:
    """A value as text with its place, on its way to its sort."""

    text: str
    place: str

    def refused(self, remedy: str) -> MalformedError:
        return MalformedError(f"`{printable(self.text)}` is no value of that operand", place=self.place, remedy=remedy)


def typed_value(
    operand: Operand, operator: Operator, raw: Any, *, datatype: str | None, place: str, limits: PolicyLimits
) -> Value:
    """The right operand `raw` as a value of the operand's sort.

    Args:
        operand: the left operand, whose sort decides.
        operator: decides whether one value or several may stand there.
        raw: the JSON of the right operand.
        datatype: what the constraint's own `dataType` says, or None.
        place: JSON path of the right operand, for faults.
        limits: bounds on lists and names.

    Raises:
        MalformedError: a value of another sort, none, or several where one is wanted.
        TooLargeError: a list over the limit.
    """
    found = list(items(raw, place, limits))
    if not found:
        raise MalformedError("there is no right operand", place=place, remedy="write at least one value")
    if operand.sort is Sort.PAPERS:
        return tuple(dict.fromkeys(read_paper(item, where, limits) for item, where in found))
    if len(found) > 1 and operator not in _TAKES_LIST:
        raise MalformedError(f"`{operator}` compares with one value, here are {len(found)}", place=place)
    stated = datatype_name(datatype)
    texts = [_checked(operand, scalar(item, where, limits), stated, where) for item, where in found]
    if operand.sort in _SINGLE:
        return _SINGLE[operand.sort](texts[0])
    return frozenset().union(*(_several(operand.sort, operator, text) for text in texts))


def _checked(operand: Operand, value: Scalar, stated: str | None, place: str) -> _Text:
    datatype = value.datatype or stated
    if datatype is not None and datatype not in _DATATYPES[operand.sort]:
        wanted = " or ".join(sorted(_DATATYPES[operand.sort]))
        raise MalformedError(
            f"`{operand.name}` does not compare with a `{printable(datatype)}`", place=place, remedy=f"use {wanted}"
        )
    if isinstance(value.value, int) and operand.sort is not Sort.INTEGER:
        raise MalformedError(f"`{operand.name}` does not compare with the number {value.value}", place=place)
    return _Text(str(value.value), place)


def _moment(value: _Text) -> Moment:
    return read_moment(value.text, value.place)


def _duration(value: _Text) -> Duration:
    found = Duration.parse(value.text)
    if found is None:
        raise value.refused("write a duration such as P3M (three months), P30D or PT12H")
    return found


def _integer(value: _Text) -> int:
    if re.fullmatch(r"[+-]?\d{1,16}", value.text, re.ASCII):
        number = int(value.text)
        if abs(number) <= MAX_SAFE_INTEGER:
            return number
    raise value.refused("write a whole number within ±(2^53-1)")


_SINGLE: Final[Mapping[Sort, Callable[[_Text], Value]]] = {
    Sort.INSTANT: _moment,
    Sort.DURATION: _duration,
    Sort.INTEGER: _integer,
}


def _several(sort: Sort, operator: Operator, value: _Text) -> frozenset[str]:
    """The set that one value adds: itself, or the countries that a place stands for."""
    if not value.text:
        raise value.refused("write a name")
    if sort is not Sort.COUNTRY:
        return frozenset({value.text})
    place = place_code(value.text)
    if place is None:
        raise value.refused("write an ISO 3166-1 alpha-2 code such as DE, or EU or EEA")
    # A place "is any of" a group if it lies in it; only the part operators ask about the group itself.
    keeps_group = operator in (Operator.IS_PART_OF, Operator.HAS_PART)
    return frozenset({place}) if keeps_group else countries_of(place)
