"""Records (frozen dataclasses) as JSON objects and back, so that one value has one text and one text one value.

A field's annotation decides its form. None is left out, never written as `null`; a name that the record does not have
is refused. What could not be read back equal is never written.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin

from corridor.base.errors import CorridorError, LocalError, MalformedError
from corridor.base.ids import AgreementId, DatasetId, OfferId, PaperId, ParticipantId, ProcessId
from corridor.base.reasons import Reason
from corridor.base.truth import Truth
from corridor.evidence.forms import DAY, FLAG, ID, INSTANT, TEXT, TRUTH, Form, choice_of, read_members
from corridor.evidence.reasons import REASON

RecordT = TypeVar("RecordT")

_FORMS: Final[Mapping[Any, Form]] = {
    str: TEXT,
    bool: FLAG,
    datetime: INSTANT,
    date: DAY,
    Truth: TRUTH,
    Reason: REASON,
    **dict.fromkeys((AgreementId, DatasetId, OfferId, PaperId, ParticipantId, ProcessId), ID),
}


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str
    json_name: str
    form: Form
    optional: bool


@dataclass(frozen=True, slots=True)
class _Shape:
    slots: tuple[_Slot, ...]
    required: tuple[str, ...]
    optional: tuple[str, ...]


def write_record(record: Any) -> dict[str, Any]:
    """The JSON object of `record`, a dataclass whose annotations all have a form.

    Raises:
        LocalError: a field holds what could not be read back equal.
    """
    cls: type[Any] = type(record)
    written = {
        slot.json_name: slot.form.write(value)
        for slot in _shape(cls).slots
        if (value := getattr(record, slot.name)) is not None
    }
    try:
        same = read_record(cls, written, cls.__name__) == record
    except CorridorError as error:
        raise LocalError(error.message, place=error.place, remedy=error.remedy) from error
    if not same:
        raise LocalError(f"a {cls.__name__} would not be read back as it is", remedy="give instants a time zone")
    return written


def read_record(cls: type[RecordT], value: object, place: str) -> RecordT:
    """The record of class `cls` that `write_record` wrote as `value`; the exact inverse.

    Raises:
        MalformedError: not an object, a name missing or unknown, or a value not in its one form.
    """
    shape = _shape(cls)
    given = read_members(value, place, required=shape.required, optional=shape.optional)
    return cls(
        **{
            slot.name: slot.form.read(given[slot.json_name], f"{place}.{slot.json_name}")
            if slot.json_name in given
            else None
            for slot in shape.slots
        }
    )


def _shape(cls: type[Any]) -> _Shape:
    return _derive_shape(cls)  # type: ignore[arg-type]  # mypy asks for hashable instances; the class itself is the key


@functools.cache
def _derive_shape(cls: type[Any]) -> _Shape:
    hints = typing.get_type_hints(cls, include_extras=True)
    slots = tuple(_slot(field.name, hints[field.name]) for field in fields(cls))
    return _Shape(
        slots,
        required=tuple(slot.json_name for slot in slots if not slot.optional),
        optional=tuple(slot.json_name for slot in slots if slot.optional),
    )


def _slot(name: str, hint: Any) -> _Slot:
    first, *others = name.split("_")
    json_name = first + "".join(word.capitalize() for word in others)
    if get_origin(hint) in (typing.Union, types.UnionType):
        (present,) = (option for option in get_args(hint) if option is not types.NoneType)
        return _Slot(name, json_name, _form(present), optional=True)
    return _Slot(name, json_name, _form(hint), optional=False)


def _form(hint: Any) -> Form:
    if get_origin(hint) is Annotated:
        form: Form = get_args(hint)[1]
        return form
    if get_origin(hint) is tuple:
        return _list_of(_form(get_args(hint)[0]))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return choice_of(hint)
    if hint not in _FORMS and is_dataclass(hint):
        return Form(write_record, functools.partial(_read_nested, hint))
    return _FORMS[hint]


def _read_nested(cls: Any, value: object, place: str) -> Any:
    return read_record(cls, value, place)


def _list_of(item: Form) -> Form:
    def write(values: tuple[Any, ...]) -> list[Any]:
        return [item.write(value) for value in values]

    def read(value: object, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise MalformedError("not a list", place=place)
        return tuple(item.read(entry, f"{place}[{number}]") for number, entry in enumerate(value))

    return Form(write, read)
