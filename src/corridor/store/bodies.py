"""Records as JSON text and back, typed both ways: what `body` columns hold."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Mapping
from typing import Any, Final, TypeVar, get_args

import msgspec

from corridor.base.errors import LocalError, StorageError
from corridor.base.json import JsonObject
from corridor.dsp.messages import ProcessMessage

RecordT = TypeVar("RecordT")

_MESSAGES: Final[Mapping[str, type[Any]]] = {cls.__name__: cls for cls in get_args(ProcessMessage)}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a value of type {type(value).__name__} is not JSON")


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_plain)


def to_body(record: object) -> str:
    """A record, message or JSON value as JSON text.

    Raises:
        LocalError: it holds what is not JSON, or a string with half a surrogate pair.
    """
    try:
        return _ENCODER.encode(record).decode()
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise LocalError(f"a {type(record).__name__} cannot be kept: {error}") from error


def from_body(cls: type[RecordT], body: str) -> RecordT:
    """The record that `to_body` wrote.

    Raises:
        StorageError: the text is not such a record.
    """
    try:
        record: RecordT = _decoder(cls).decode(body)  # type: ignore[arg-type]  # mypy: a type is not hashable
    except (msgspec.DecodeError, RecursionError) as error:
        raise StorageError(
            f"a {cls.__name__} in the database cannot be read: {error}", remedy="restore the database from a backup"
        ) from error
    return record


def document_from(body: str) -> JsonObject:
    """The JSON object in `body`.

    Raises:
        StorageError: there is none.
    """
    return from_body(dict, body)


def message_from(name: str, body: str) -> ProcessMessage:
    """The message of the class called `name`.

    Raises:
        StorageError: there is no such class, or the text is no such message.
    """
    if name not in _MESSAGES:
        raise StorageError(f"`{name}` in the database is no message", remedy="restore the database from a backup")
    message: ProcessMessage = from_body(_MESSAGES[name], body)
    return message


@functools.cache
def _decoder(cls: Hashable) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cls)
