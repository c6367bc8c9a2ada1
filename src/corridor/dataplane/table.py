"""The description of a CSV table: its columns and their rules, the rows to keep, and who in it is masked or counted."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.dataplane.countries import is_country_name
from corridor.dataplane.gtin import is_gtin
from corridor.dataplane.mask import Mask
from corridor.dataplane.pattern import Pattern
from corridor.dataplane.suggest import did_you_mean

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,30}", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Format(enum.StrEnum):
    """What the values of a column are."""

    GTIN = "gtin"
    DATE = "date"
    INTEGER = "integer"
    DECIMAL = "decimal"
    COUNTRY_NAME = "country-name"


class Separator(enum.StrEnum):
    """What stands between several values in one cell."""

    NEWLINE = "newline"
    COMMA = ","


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


_CHECKS: Final[Mapping[Format, Callable[[str], bool]]] = {
    Format.GTIN: is_gtin,
    Format.DATE: _is_date,
    Format.INTEGER: lambda text: _INTEGER.fullmatch(text) is not None,
    Format.DECIMAL: lambda text: _DECIMAL.fullmatch(text) is not None,
    Format.COUNTRY_NAME: is_country_name,
}


@dataclass(frozen=True, slots=True)
class Column:
    """The rules for the cells of one column.

    Attributes:
        required: an empty cell holds its row back.
        unique: a value that an earlier row has holds the row back.
        pattern: every value has this form.
        one_of: every value is one of these; None allows all.
        format: what every value is.
        separator: what stands between several values in one cell; None where a cell is one value.
    """

    required: bool = False
    unique: bool = False
    pattern: Pattern | None = None
    one_of: frozenset[str] | None = None
    format: Format | None = None
    separator: Separator | None = None

    @property
    def judges_values(self) -> bool:
        """Whether there is a rule for single values."""
        return self.pattern is not None or self.one_of is not None or self.format is not None

    def values(self, cell: str) -> list[str]:
        """The values in a cell, without the white space around them; none in an empty cell."""
        if self.separator is None:
            parts = [cell]
        else:
            parts = cell.splitlines() if self.separator is Separator.NEWLINE else cell.split(",")
        return [part for part in (part.strip() for part in parts) if part]

    def faults(self, cell: str) -> Iterator[tuple[str, str]]:
        """Every faulty value in a cell, with the name of the rule that it breaks."""
        for value in self.values(cell):
            if self.format is not None and not _CHECKS[self.format](value):
                yield value, f"format {self.format}"
            if self.pattern is not None and not self.pattern.matches(value):
                yield value, "pattern"
            if self.one_of is not None and value not in self.one_of:
                yield value, "one_of"


@dataclass(frozen=True, slots=True)
class Table:
    """What a table is and how it is prepared.

    Attributes:
        columns: every column of the file; one that is not described does not leave the house unseen.
        keep: a row is kept if, for each of these columns, its cell is one of the values.
        masks: what is masked, by column.
        person_column: whose distinct values are persons, or None.
    """

    columns: Mapping[str, Column]
    keep: Mapping[str, frozenset[str]] = field(default_factory=dict)
    masks: Mapping[str, Mask] = field(default_factory=dict)
    person_column: str | None = None

    def check_header(self, names: list[str], place: str) -> None:
        """See whether a header row names exactly the described columns, in any order.

        Raises:
            MalformedError: with `place`, naming a column that is missing, is not described, or stands twice.
        """
        for name in names:
            if name not in self.columns:
                raise MalformedError(
                    f"the column `{printable(name)}` is not described",
                    place=place,
                    remedy=did_you_mean(name, self.columns) or "describe it, or take it out of the file",
                )
            if names.count(name) > 1:
                raise MalformedError(f"the column `{printable(name)}` stands twice", place=place)
        for name in self.columns:
            if name not in names:
                raise MalformedError(f"the column `{printable(name)}` is missing", place=place)
