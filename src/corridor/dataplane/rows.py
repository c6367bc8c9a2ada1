"""Rows of a CSV file, one at a time: bounded, strictly quoted, with the line that each begins on (RFC 4180)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Final, NamedTuple, TextIO

from corridor.base.errors import MalformedError

LONGEST_LINE: Final = 1_048_576
"""Characters of one line; a longer one is refused."""

LONGEST_ROW: Final = 4_194_304
"""Characters of one row over all its lines."""

# What undecodable bytes become under Python's `surrogateescape`.
_UNDECODABLE: Final = re.compile("[\udc80-\udcff]")


class Row(NamedTuple):
    """A row: its cells, the line (from 1) that it begins on, and whether all of its bytes are UTF-8."""

    cells: list[str]
    line: int
    decodable: bool


class RowReader:
    """Iterates over the rows of an open text, the header among them.

    Args:
        text: opened as UTF-8 with `errors="surrogateescape"` and `newline=""`.
        name: the file's name, for errors.
    """

    def __init__(self, text: TextIO, name: str) -> None:
        self._lines = _Lines(text, name)
        self._rows = csv.reader(self._lines.feed(), strict=True)
        self._name = name

    def __iter__(self) -> Iterator[Row]:
        lines = self._lines
        while True:
            line = lines.number + 1
            lines.begin_row()
            try:
                cells = next(self._rows, None)
            except csv.Error as error:
                # After a broken quote nobody can tell cells from rows: the rest of the file means nothing.
                raise MalformedError(
                    f"not CSV: {error}",
                    place=f"{self._name} line {line}",
                    remedy="quote cells with commas, quotes or line breaks, and double the quotes in them (RFC 4180)",
                ) from None
            if cells is None:
                return
            yield Row(cells, line, lines.decodable)


class _Lines:
    """Feeds the CSV reader line by line and stops at what no table holds."""

    def __init__(self, text: TextIO, name: str) -> None:
        self._text = text
        self._name = name
        self._row_size = 0
        self.number = 0
        self.decodable = True

    def begin_row(self) -> None:
        self._row_size = 0
        self.decodable = True

    def feed(self) -> Iterator[str]:
        read = self._text.readline
        while line := read(LONGEST_LINE + 1):
            self.number += 1
            self._row_size += len(line)
            if self._row_size > LONGEST_LINE:
                self._check_size(line)
            if "\0" in line:
                raise self._fault("a NUL character in text", column=line.index("\0") + 1)
            if not line.isascii() and _UNDECODABLE.search(line):
                self.decodable = False
            yield line

    def _check_size(self, line: str) -> None:
        if len(line) > LONGEST_LINE:
            raise self._fault(f"a line has at most {LONGEST_LINE} characters")
        if self._row_size > LONGEST_ROW:
            raise self._fault(f"a row has at most {LONGEST_ROW} characters")

    def _fault(self, what: str, column: int | None = None) -> MalformedError:
        place = f"{self._name} line {self.number}"
        return MalformedError(
            what,
            place=place if column is None else f"{place} character {column}",
            remedy="save the table as CSV in UTF-8",
        )
