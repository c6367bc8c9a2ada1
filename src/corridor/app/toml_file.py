"""What the settings of a node and those of a host have in common: how a file is read, and how a fault in it is told."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar, get_args, get_type_hints
from urllib.parse import urlsplit

import msgspec

from corridor.base.errors import SettingsError

_REFERENCE: Final = "docs/reference/settings.md"
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[0-9A-Za-z._-]{1,253}):(?P<port>[0-9]{1,5})")
_LAST_PORT: Final = 65_535
_LEVELS: Final = frozenset({"debug", "info", "warning", "error"})

Positive = Annotated[int, msgspec.Meta(ge=1)]
Natural = Annotated[int, msgspec.Meta(ge=0)]
SettingsT = TypeVar("SettingsT")


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is logged, and where."""

    level: str = "info"
    """debug, info, warning or error."""
    file: str = ""
    """A file to append to; empty logs to standard error."""


def read_toml(file: Path, remedy: str) -> dict[str, Any]:
    """The document in a settings file; `remedy` says what to do where there is none.

    Raises:
        SettingsError: it is missing, unreadable or no TOML.
    """
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"there is no settings file `{file}`", remedy=remedy) from None
    except UnicodeDecodeError:
        raise SettingsError("the settings are not UTF-8", place=str(file), remedy="save the file as UTF-8") from None
    except OSError as error:
        raise SettingsError(
            f"the settings cannot be read: {(error.strerror or str(error)).lower()}",
            place=str(file),
            remedy="let this user read the file",
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"the settings are not TOML: {error}", place=str(file), remedy="correct the line; texts stand in quotes"
        ) from None


def convert(document: dict[str, Any], model: type[SettingsT], place: str) -> SettingsT:
    """The document as settings of that model.

    Raises:
        SettingsError: with `place` and the name, if a setting is missing, unknown, of the wrong type or out of range.
    """
    _refuse_unknown(document, model, place)
    try:
        return msgspec.convert(document, model)
    except msgspec.ValidationError as error:
        raise _faulty(str(error), place) from None


def _refuse_unknown(document: dict[str, Any], model: type, place: str, path: str = "") -> None:
    fields = _fields(model)
    for name, value in document.items():
        if name not in fields:
            close = difflib.get_close_matches(name, fields, 1)
            remedy = f"did you mean `{path}{close[0]}`?" if close else f"known here: {', '.join(fields)}"
            raise SettingsError(f"there is no setting `{path}{name}`", place=place, remedy=remedy)
        inner = fields[name]
        if dataclasses.is_dataclass(inner) and isinstance(inner, type) and isinstance(value, dict):
            _refuse_unknown(value, inner, place, f"{path}{name}.")
        for number, (member, each) in enumerate(_listed(inner, value)):
            _refuse_unknown(each, member, place, f"{path}{name}[{number}].")


def _listed(hint: Any, value: Any) -> Iterator[tuple[type, dict[str, Any]]]:
    """The tables in a list of tables, each with what it has to be."""
    member: Any = next(iter(get_args(hint)), None)
    if dataclasses.is_dataclass(member) and isinstance(member, type) and isinstance(value, list):
        for each in value:
            if isinstance(each, dict):
                yield member, each


@functools.cache
def _fields(model: type) -> Mapping[str, Any]:
    """The names of a model's settings with their types, worked out once: a host reads many files of the same model."""
    hints = get_type_hints(model)
    return {item.name: hints[item.name] for item in dataclasses.fields(model)}


def _faulty(error: str, place: str) -> SettingsError:
    """The library's message with the setting's dotted name in front."""
    found = re.fullmatch(r"(?P<what>.*?)( - at `\$\.?(?P<where>.*)`)?", error, re.DOTALL)
    what, where = (found["what"], found["where"] or "") if found else (error, "")
    missing = re.fullmatch(r"Object missing required field `(?P<name>.*)`", what)
    if missing:
        name = f"{where}.{missing['name']}".removeprefix(".")
        return SettingsError(f"`{name}` is missing", place=place, remedy=f"add it: {_REFERENCE} says what it is")
    return SettingsError(f"`{where}`: {what.lower()}", place=place, remedy=f"correct it: {_REFERENCE} says how")


def refuse(name: str, what: str, remedy: str, place: str) -> NoReturn:
    """Refuse the setting `name`.

    Raises:
        SettingsError: always.
    """
    raise SettingsError(f"`{name}` {what}", place=place, remedy=remedy)


def check_url(name: str, url: str, place: str) -> None:
    """Refuse a setting that is no http(s) URL with a host."""
    if not is_http(url):
        refuse(name, "is not an http(s) URL", "write it as https://HOST", place)


def check_address(name: str, address: str, place: str) -> None:
    """Refuse a setting that is no address of a listener."""
    found = _ADDRESS.fullmatch(address)
    if not found or int(found["port"]) > _LAST_PORT:
        refuse(name, "is not an address", "write it as 127.0.0.1:19194", place)


def check_log(log: LogSettings, place: str) -> None:
    """Refuse a level that there is not."""
    if log.level not in _LEVELS:
        refuse("log.level", f"cannot be `{log.level}`", "use debug, info, warning or error", place)


def is_http(url: str) -> bool:
    """Whether `url` is an http(s) URL with a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
