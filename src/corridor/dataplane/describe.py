"""Reads the description of a table from JSON: strictly, with the JSON path of every fault.

::

    {"columns": {NAME: {"required": true, "unique": true, "pattern": "...", "one_of": ["..."],
                        "format": "gtin" | "date" | "integer" | "decimal" | "country-name",
                        "separator": "newline" | ","}},
     "keep": {NAME: ["..."]},
     "mask": [{"column": NAME, "label": ["Trader", "Seller"], "when": "natural_person"}],
     "person_column": NAME}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.json import JsonObject
from corridor.dataplane.mask import Mask
from corridor.dataplane.pattern import parse_pattern
from corridor.dataplane.suggest import did_you_mean
from corridor.dataplane.table import Column, Format, Separator, Table

MOST_COLUMNS: Final = 1000
_TABLE_KEYS: Final = ("columns", "keep", "mask", "person_column")
_COLUMN_KEYS: Final = ("required", "unique", "pattern", "one_of", "format", "separator")
_MASK_KEYS: Final = ("column", "label", "when")
_WHEN: Final = "natural_person"

_E = TypeVar("_E", bound=StrEnum)


def parse_table(document: object, place: str) -> Table:
    """Read a description.

    Args:
        document: decoded JSON.
        place: its JSON path, for errors.

    Raises:
        MalformedError: with the JSON path, if it is not of the form above or names a column that it does not describe.
    """
    table = check_object(document, place, _TABLE_KEYS, needed=("columns",))
    columns = _columns(table["columns"], f"{place}.columns")
    person_column = table.get("person_column")
    if person_column is not None:
        _known_column(person_column, columns, f"{place}.person_column")
    return Table(
        columns=columns,
        keep=_keep(table.get("keep", {}), columns, f"{place}.keep"),
        masks=_masks(table.get("mask", []), columns, f"{place}.mask"),
        person_column=person_column,
    )


def check_object(value: object, place: str, known: Collection[str], *, needed: Collection[str] = ()) -> JsonObject:
    """Return `value` if it is a JSON object with no name but the `known` ones, and all the `needed` ones.

    Raises:
        MalformedError: with the JSON path, if it is not.
    """
    found = _mapping(value, place)
    for name in found:
        if name not in known:
            remedy = did_you_mean(name, known) or "known are " + ", ".join(f"`{each}`" for each in known)
            raise MalformedError(f"`{printable(name)}` is not known here", place=place, remedy=remedy)
    for name in needed:
        if name not in found:
            raise MalformedError(f"`{name}` is missing", place=place)
    return found


def _columns(value: object, place: str) -> Mapping[str, Column]:
    found = _mapping(value, place)
    if not 1 <= len(found) <= MOST_COLUMNS:
        raise MalformedError(f"a table has 1 to {MOST_COLUMNS} columns", place=place)
    return {name: _column(rules, f"{place}.{printable(name)}") for name, rules in found.items()}


def _column(value: object, place: str) -> Column:
    rules = check_object(value, place, _COLUMN_KEYS)
    pattern = rules.get("pattern")
    return Column(
        required=_boolean(rules.get("required", False), f"{place}.required"),
        unique=_boolean(rules.get("unique", False), f"{place}.unique"),
        pattern=None if pattern is None else parse_pattern(_text(pattern, f"{place}.pattern"), f"{place}.pattern"),
        one_of=frozenset(_texts(rules["one_of"], f"{place}.one_of")) if "one_of" in rules else None,
        format=_member(Format, rules["format"], f"{place}.format") if "format" in rules else None,
        separator=_member(Separator, rules["separator"], f"{place}.separator") if "separator" in rules else None,
    )


def _keep(value: object, columns: Mapping[str, Column], place: str) -> Mapping[str, frozenset[str]]:
    kept = {}
    for name, accepted in _mapping(value, place).items():
        _known_column(name, columns, place)
        kept[name] = frozenset(_texts(accepted, f"{place}.{printable(name)}"))
    return kept


def _masks(value: object, columns: Mapping[str, Column], place: str) -> Mapping[str, Mask]:
    if not isinstance(value, list):
        raise MalformedError("expected a list", place=place)
    masks: dict[str, Mask] = {}
    for index, item in enumerate(value):
        here = f"{place}[{index}]"
        rule = check_object(item, here, _MASK_KEYS, needed=_MASK_KEYS)
        if rule["when"] != _WHEN:
            raise MalformedError(f"the only condition is `{_WHEN}`", place=f"{here}.when")
        name = _known_column(rule["column"], columns, f"{here}.column")
        if name in masks:
            raise MalformedError(f"the column `{printable(name)}` is masked twice", place=f"{here}.column")
        masks[name] = Mask(_labels(rule["label"], f"{here}.label"))
    return masks


def _labels(value: object, place: str) -> tuple[str, ...]:
    labels = tuple(label.strip() for label in _texts(value, place))
    if not all(labels):
        raise MalformedError("a label must not be empty", place=place)
    return labels


def _known_column(name: object, columns: Mapping[str, Column], place: str) -> str:
    text = _text(name, place)
    if text not in columns:
        raise MalformedError(
            f"the column `{printable(text)}` is not described", place=place, remedy=did_you_mean(text, columns)
        )
    return text


def _member(kind: type[_E], value: object, place: str) -> _E:
    text = _text(value, place)
    names = [str(member) for member in kind]
    if text not in names:
        known = ", ".join(f"`{name}`" for name in names)
        raise MalformedError(f"`{printable(text)}` is none of {known}", place=place, remedy=did_you_mean(text, names))
    return kind(text)


def _mapping(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedError("expected an object", place=place)
    return value


def _texts(value: object, place: str) -> list[str]:
    if not isinstance(value, list) or not value:
        raise MalformedError("expected a list of strings, at least one", place=place)
    return [_text(item, f"{place}[{index}]") for index, item in enumerate(value)]


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise MalformedError("expected a string", place=place)
    return value


def _boolean(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise MalformedError("expected true or false", place=place)
    return value
