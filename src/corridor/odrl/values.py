"""Values that a constraint compares with: moments, durations, references to papers."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from corridor.base.clock import format_instant, parse_instant
from corridor.base.errors import MalformedError
from corridor.base.ids import printable

LAST_INSTANT: Final = datetime.max.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of time on the UTC axis: from `start` (included) to `end` (excluded).

    An instant is one microsecond long, which is the resolution of this node's clocks, and an `xsd:date` is a day: with
    both ends given, every order operator has one meaning for the two of them.
    """

    start: datetime
    end: datetime
    text: str

    @classmethod
    def of_instant(cls, instant: datetime) -> Moment:
        """The moment of an aware `instant`."""
        return cls(instant, _later(instant, _TICK), format_instant(instant))

    @classmethod
    def of_day(cls, day: date, offset: timedelta = timedelta(0), zone: str = "Z") -> Moment:
        """The moment that lasts the whole of `day` in the zone that lies `offset` ahead of UTC.

        Raises:
            OverflowError: the day begins before the year 1 in UTC.
        """
        start = datetime.combine(day, time(0), tzinfo=UTC) - offset
        return cls(start, _later(start, timedelta(days=1)), f"{day.isoformat()}{zone}")

    def __str__(self) -> str:
        return self.text


def _later(instant: datetime, delta: timedelta) -> datetime:
    """`instant` + `delta`, or the last instant there is: a term that ends in the year 9999 is one that does not end."""
    try:
        return instant + delta
    except OverflowError:
        return LAST_INSTANT


_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(Z|([+-])(0\d|1[0-4]):([0-5]\d))?", re.ASCII)


def read_moment(text: str, place: str) -> Moment:
    """An instant, or a day with its zone (`2026-12-31Z`, `2026-12-31+08:00`).

    Raises:
        MalformedError: neither, no real date, or without a zone: whose midnight it ends at would be a guess.
    """
    day = _DAY.fullmatch(text)
    if day is None:
        return Moment.of_instant(parse_instant(text, place))
    if day.group(2) is None:
        raise MalformedError(
            f"the day `{text}` has no time zone",
            place=place,
            remedy=f"write {text}Z, or an instant such as {text}T00:00:00Z",
        )
    hours, minutes = int(day.group(4) or 0), int(day.group(5) or 0)
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if day.group(3) == "-" else 1)
    try:
        return Moment.of_day(date.fromisoformat(day.group(1)), offset, day.group(2))
    except (ValueError, OverflowError):
        raise MalformedError(f"`{printable(text)}` is no real day", place=place) from None


_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,6})D)?"
    r"(?:T(?=.)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(\.\d{1,6})?S)?)?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Duration:
    """An `xsd:duration` that is not negative: calendar months and a fixed span (XML Schema Part 2 §3.3.6)."""

    months: int
    span: timedelta

    @classmethod
    def parse(cls, text: str) -> Duration | None:
        """The duration that `text` writes, such as `P3M` (three months) or `PT90M` (ninety minutes), else None."""
        found = _DURATION.fullmatch(text)
        if found is None:
            return None
        years, months, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[:6])
        fraction = int(float(found.group(7) or 0) * 1_000_000 + 0.5)
        span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=fraction)
        return cls(years * 12 + months, span)

    def after(self, start: datetime) -> datetime:
        """`start` plus this duration; a day that the month lacks becomes its last (XML Schema Part 2, appendix E)."""
        return _later(_add_months(start, self.months) if self.months else start, self.span)

    def __str__(self) -> str:
        seconds = self.span.total_seconds()
        days, rest = divmod(seconds, 86_400)
        date_part = (f"{self.months}M" if self.months else "") + (f"{days:.0f}D" if days else "")
        time_part = f"T{rest:.6f}".rstrip("0").rstrip(".") + "S" if rest or not date_part else ""
        return f"P{date_part}{time_part}"


def _add_months(start: datetime, months: int) -> datetime:
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    if year > LAST_INSTANT.year:
        return LAST_INSTANT
    last = calendar.monthrange(year, month + 1)[1]
    return start.replace(year=year, month=month + 1, day=min(start.day, last))


@dataclass(frozen=True, slots=True)
class PaperReference:
    """A document that opens a route, as an agreement names it.

    Attributes:
        digest: `sha-256:…` of the document; this alone identifies it.
        kind: what it is, such as `cn/standard-contract`.
        number: the number under which the authority keeps it.
        effective: from when it is valid.
        filed: when it was filed.
        valid_to: the last moment at which it is valid.
        pin: the provision that asks for it, such as `cn/decree-13 art 7`.
    """

    digest: str
    kind: str | None = None
    number: str | None = None
    effective: Moment | None = None
    filed: Moment | None = None
    valid_to: Moment | None = None
    pin: str | None = None

    def in_term(self, now: datetime) -> bool:
        """Whether `now` lies in the term of validity that the reference states."""
        begun = self.effective is None or self.effective.start <= now
        return begun and (self.valid_to is None or now < self.valid_to.end)

    def __str__(self) -> str:
        return self.digest if self.kind is None else f"{self.kind} {self.digest}"


Value = Moment | Duration | int | frozenset[str] | tuple[PaperReference, ...]
"""What stands right of an operator, once typed."""
