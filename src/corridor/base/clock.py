"""Time as a value: nothing here, or below the adapters, reads a clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from corridor.base.errors import MalformedError
from corridor.base.ids import printable

# XML Schema Part 2, dateTimeStamp: a dateTime whose time zone is required.
_DATE_TIME_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Clock(Protocol):
    """What tells the time to a use case; one reading per decision."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class DateRange:
    """Days from `start` on, up to and including `end`; None is open.

    Law is in force by days: both bounds belong to the range.
    """

    start: date | None = None
    end: date | None = None

    def __contains__(self, day: date) -> bool:
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)

    def overlaps(self, other: DateRange) -> bool:
        """Whether some day lies in both ranges."""
        starts_in_time = self.start is None or other.end is None or self.start <= other.end
        ends_in_time = self.end is None or other.start is None or other.start <= self.end
        return starts_in_time and ends_in_time


def parse_instant(text: object, place: str) -> datetime:
    """An aware UTC datetime from an `xsd:dateTimeStamp` (`2026-11-22T10:00:00Z`).

    Raises:
        MalformedError: with `place`, if the text is none, has no time zone, or is no real date.
    """
    if isinstance(text, str) and _DATE_TIME_STAMP.fullmatch(text):
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise MalformedError(
        f"`{_shown(text)}` is not an instant",
        place=place,
        remedy="write it as 2026-11-22T10:00:00Z, with its time zone",
    )


def format_instant(instant: datetime) -> str:
    """The instant in UTC as `xsd:dateTimeStamp`, to the microsecond where it has one: `2026-11-22T10:00:00Z`."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_date(text: object, place: str) -> date:
    """A calendar day from `2026-11-22`.

    Raises:
        MalformedError: with `place`, if the text is none or no real day.
    """
    if isinstance(text, str) and _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise MalformedError(f"`{_shown(text)}` is not a day", place=place, remedy="write it as 2026-11-22")


def _shown(value: object) -> str:
    """Text as it can be shown, or of anything else its type: an integer of 5,000 digits has no text in CPython."""
    return printable(value) if isinstance(value, str) else type(value).__name__
