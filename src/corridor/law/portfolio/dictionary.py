"""Columns as numbers: each value that occurs is read once, strictly, and stands in the column by its number."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from corridor.base.errors import CorridorError, MalformedError, TooLargeError
from corridor.base.ids import printable
from corridor.base.json import MAX_SAFE_INTEGER
from corridor.law.facts import parse_facts, suggestion
from corridor.law.vocabulary import FACTS, Flags, Kind, Number, Record, Several, Text, Truthful, Window

COUNTS: Final = "data.counts"
NUMBERS: Final = "data.counts[].n"
"""The numbers of a row's counts, apart from what they count: they differ from row to row."""

_N: Final = r'"n"\s*:\s*(\d+)'
_TRUTHS: Final = {"true": True, "false": False}


def _leaves(record: Record, prefix: str = "") -> Iterator[tuple[str, Kind]]:
    for name, kind in record.fields.items():
        if isinstance(kind, Record):
            yield from _leaves(kind, f"{prefix}{name}.")
        else:
            yield prefix + name, kind


KINDS: Final[Mapping[str, Kind]] = dict(_leaves(FACTS))
"""The columns that a portfolio can have: the paths of a description, and the kinds of their values."""


def check_columns(names: list[str]) -> None:
    """Refuse a column that is no path of a description.

    Raises:
        MalformedError: with the nearest path.
    """
    for name in names:
        if name not in KINDS:
            raise MalformedError(
                f"the column `{printable(name)}` is no fact",
                place="the first row",
                remedy=suggestion(name, KINDS),
            )


class Dictionary:
    """The values of one column, by number; 0 is the unknown value, and numbers stay for the whole portfolio."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.values: list[Any] = [None]
        self._numbers: dict[str, int] = {}

    def numbered(self, texts: pl.Series, first_row: int) -> pl.Series:
        """The texts as numbers of values; `first_row` is the number of the first row, for messages.

        Raises:
            MalformedError: a text is no value of this column; the place names its row.
            TooLargeError: a list or text over its bound.
        """
        known = texts.unique().drop_nulls().to_list()
        for text in known:
            if text not in self._numbers:
                self._numbers[text] = self._added(text, texts, first_row)
        numbers = [self._numbers[text] for text in known]
        return texts.replace_strict(known, numbers, default=0, return_dtype=pl.UInt32)

    def _added(self, text: str, texts: pl.Series, first_row: int) -> int:
        try:
            value = parse_facts(_nested(self.path, _decoded(text, KINDS[self.path]))).get(self.path)
            if self.path == COUNTS and len(re.findall(_N, text)) != sum("n" in entry for entry in value or ()):
                raise MalformedError("a count has its number twice", remedy="write `n` once")
        except (CorridorError, ValueError) as error:
            row = first_row + int((texts == text).arg_max() or 0)
            message = error.message if isinstance(error, CorridorError) else "this is no JSON"
            remedy = error.remedy if isinstance(error, CorridorError) else "write lists and objects as JSON"
            raise MalformedError(message, place=f"row {row}, column {self.path}", remedy=remedy) from None
        self.values.append(value)
        return len(self.values) - 1


def _decoded(text: str, kind: Kind) -> Any:
    """The value that a cell stands for; an empty one, and a JSON null, are unknown."""
    if isinstance(kind, Several | Flags | Window):
        return json.loads(text)
    if isinstance(kind, Truthful):
        return _TRUTHS.get(text.lower(), text)
    if isinstance(kind, Number):
        return int(text) if text.isascii() and text.isdecimal() else text
    return text


def _nested(path: str, value: Any) -> dict[str, Any]:
    first, _, rest = path.partition(".")
    return {first: _nested(rest, value) if rest else value}


def split_counts(texts: pl.Series, first_row: int) -> tuple[pl.Series, pl.Series]:
    """The counts without their numbers, and the numbers of each row in the order written.

    Raises:
        MalformedError: a number is too large; the place names its row.
    """
    numbers = texts.str.extract_all(_N).list.eval(pl.element().str.extract(_N).cast(pl.Int64, strict=False))
    wrong = (
        numbers.list.eval(pl.element().is_null() | (pl.element() > MAX_SAFE_INTEGER)).list.any().fill_null(value=False)
    )
    if wrong.any():
        row = first_row + int(wrong.arg_max() or 0)
        raise MalformedError(
            "a count is too large", place=f"row {row}, column {COUNTS}", remedy=f"write at most {MAX_SAFE_INTEGER}"
        )
    return texts.str.replace_all(_N, '"n": 0'), numbers.fill_null([])


def checked_texts(texts: pl.Series, name: str, first_row: int) -> pl.Series:
    """Free text that no rule reads, as it is.

    Raises:
        TooLargeError: a text is over its bound; the place names its row.
    """
    long = (texts.str.len_chars() > Text().max_length).fill_null(value=False)
    if long.any():
        row = first_row + int(long.arg_max() or 0)
        limit = Text().max_length
        raise TooLargeError(f"a text has more than {limit} characters", place=f"row {row}, column {name}")
    return texts
