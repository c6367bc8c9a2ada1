"""What happens to each row of a table: kept, left out or held back, its faults listed, its natural persons masked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.json import JsonObject
from corridor.dataplane.mask import Mask
from corridor.dataplane.persons import DistinctCounter
from corridor.dataplane.rows import Row, RowReader
from corridor.dataplane.table import Column, Table

MOST_FAULTS: Final = 1000
"""Faults that a report lists one by one; beyond it only their number grows."""

_LONGEST_VALUE: Final = 60
_KEY_SIZE: Final = 16
_MOST_REMEMBERED: Final = 4096


@dataclass(slots=True)
class Report:
    """What became of the rows so far; every row that was read is kept, left out or held back."""

    rows_read: int = 0
    rows_kept: int = 0
    rows_left_out: int = 0
    rows_held_back: int = 0
    cells_masked: int = 0
    faults_total: int = 0
    faults: list[JsonObject] = field(default_factory=list)

    def add_fault(self, line: int, column: str | None, value: str, rule: str) -> None:
        """List a fault of the row that is being read; `value` is shortened."""
        self.faults_total += 1
        if len(self.faults) < MOST_FAULTS:
            shown = printable(value, _LONGEST_VALUE)
            self.faults.append({"row": self.rows_read, "line": line, "column": column, "value": shown, "rule": rule})

    def document(self) -> JsonObject:
        """The report as JSON; `faults` holds the first `MOST_FAULTS`, `faults_total` counts all."""
        return {
            "rows_read": self.rows_read,
            "rows_kept": self.rows_kept,
            "rows_left_out": self.rows_left_out,
            "rows_held_back": self.rows_held_back,
            "cells_masked": self.cells_masked,
            "faults_total": self.faults_total,
            "faults": list(self.faults),
        }


class TableFilter:
    """Lets the rows of one file through as its description says.

    A row whose structure is broken (another number of cells than the header, bytes that are no UTF-8, an empty cell
    where one is required, a value that must be unique a second time) is held back. A row with a faulty value travels.
    Both are listed. Rows that `keep` leaves out are not judged, as nobody gets them.

    Args:
        table: the description.
        rows: the file, from its header on.
        name: the file's name, for errors.
        persons: counts the values of the person column in the rows that travel; None where nobody is counted.

    Raises:
        MalformedError: the file has no header, or one that does not match the description.
    """

    def __init__(self, table: Table, rows: RowReader, name: str, persons: DistinctCounter | None = None) -> None:
        self._rows = iter(rows)
        self.header = _header(self._rows, table, name)
        self.report = Report()
        self._table = table
        self._persons = persons
        at = {column: index for index, column in enumerate(self.header)}
        described = [(at[name], name, column) for name, column in table.columns.items()]
        self._required = [(index, name) for index, name, column in described if column.required]
        self._unique: list[tuple[int, str, set[bytes]]] = [
            (index, name, set()) for index, name, column in described if column.unique
        ]
        self._judged: list[tuple[int, str, Column, dict[str, tuple[tuple[str, str], ...]]]] = [
            (index, name, column, {}) for index, name, column in described if column.judges_values
        ]
        self._keep = [(at[name], accepted) for name, accepted in table.keep.items()]
        self._masks: list[tuple[int, Mask]] = [(at[name], mask) for name, mask in table.masks.items()]
        self._person = at[table.person_column] if table.person_column is not None else None

    def __iter__(self) -> Iterator[list[str]]:
        """The cells of every row that travels, masked."""
        report = self.report
        for row in self._rows:
            report.rows_read += 1
            if not row.decodable or len(row.cells) != len(self.header):
                self._list_tears(row)
                report.rows_held_back += 1
            elif any(row.cells[index] not in accepted for index, accepted in self._keep):
                report.rows_left_out += 1
            elif self._lacks_or_repeats(row):
                report.rows_held_back += 1
            else:
                report.rows_kept += 1
                self._judge(row)
                self._count_persons(row)
                self._mask(row)
                yield row.cells

    def _list_tears(self, row: Row) -> None:
        if len(row.cells) != len(self.header):
            rule = f"{len(self.header)} cells, not {len(row.cells)}"
            self.report.add_fault(row.line, None, ",".join(row.cells[:3]), rule)
            return
        for name, cell in zip(self.header, row.cells, strict=True):
            if not _encodable(cell):
                self.report.add_fault(row.line, name, cell, "utf-8")

    def _lacks_or_repeats(self, row: Row) -> bool:
        lacking = [(index, name) for index, name in self._required if not row.cells[index].strip()]
        for index, name in lacking:
            self.report.add_fault(row.line, name, row.cells[index], "required")
        # A row that is held back anyway takes no later row's place.
        return bool(lacking) or self._repeats(row)

    def _repeats(self, row: Row) -> bool:
        keys = [
            (name, row.cells[index], seen, _key(row.cells[index].strip()))
            for index, name, seen in self._unique
            if row.cells[index].strip()
        ]
        repeated = [(name, cell) for name, cell, seen, key in keys if key in seen]
        for name, cell in repeated:
            self.report.add_fault(row.line, name, cell, "unique")
        if not repeated:
            for _, _, seen, key in keys:
                seen.add(key)
        return bool(repeated)

    def _judge(self, row: Row) -> None:
        for index, name, column, judged in self._judged:
            cell = row.cells[index]
            faults = judged.get(cell)
            if faults is None:
                faults = tuple(column.faults(cell))
                # Short cells recur (countries, categories): what was judged once is remembered, within bounds.
                if len(cell) <= _LONGEST_VALUE and len(judged) < _MOST_REMEMBERED:
                    judged[cell] = faults
            for value, rule in faults:
                self.report.add_fault(row.line, name, value, rule)

    def _count_persons(self, row: Row) -> None:
        if self._persons is not None and self._person is not None:
            column = self._table.columns[self.header[self._person]]
            for value in column.values(row.cells[self._person]):
                self._persons.add(value)

    def _mask(self, row: Row) -> None:
        for index, mask in self._masks:
            masked = mask.apply(row.cells[index])
            if masked != row.cells[index]:
                row.cells[index] = masked
                self.report.cells_masked += 1


def _header(rows: Iterator[Row], table: Table, name: str) -> list[str]:
    place = f"{name} line 1"
    first = next(rows, None)
    if first is None or not any(first.cells):
        raise MalformedError("the table has no header row", place=place)
    if not first.decodable:
        raise MalformedError("the header row is not UTF-8", place=place, remedy="save the table as CSV in UTF-8")
    table.check_header(first.cells, place)
    return first.cells


def _encodable(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return False
    return True


def _key(cell: str) -> bytes:
    # 128 bits: no two values of any table share one, and the set does not grow with the values' length.
    return hashlib.blake2b(cell.encode(), digest_size=_KEY_SIZE).digest()
