"""Values of law by date: a value that ended stays, and the next change is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final, Generic, TypeVar

from corridor.base.clock import DateRange
from corridor.base.reasons import Citation, Verified
from corridor.law.daily import Daily
from corridor.law.source import Place

Value = TypeVar("Value")

ALWAYS: Final = DateRange()


def next_boundary(period: DateRange, day: date) -> date | None:
    """The next day after `day` on which `period` begins, or has ended."""
    if period.start is not None and period.start > day:
        return period.start
    if period.end is not None and period.end >= day and period.end < date.max:
        return period.end + timedelta(days=1)
    return None


def earliest(days: Iterable[date | None]) -> date | None:
    """The first of the days that are known, or None."""
    return min((day for day in days if day is not None), default=None)


@dataclass(frozen=True, slots=True)
class Override:
    """That a value of law was replaced for somebody's own use.

    Attributes:
        text: what applies instead of what, in one sentence.
        who, why, decided: by whom, for what reason, on which day.
        period: the days on which it applies.
    """

    text: str
    who: str
    why: str
    decided: date
    period: DateRange

    def __str__(self) -> str:
        return f"{self.text} ({self.who}, {self.decided}: {self.why})"


@dataclass(frozen=True, slots=True)
class Dated(Generic[Value]):
    """A value, the days on which it applies, and the text that says so, or who replaced what it says."""

    value: Value
    period: DateRange
    citation: Citation
    place: Place
    override: Override | None = None

    @property
    def verified(self) -> Verified:
        """How far the value was checked; a value of unknown class counts as recalled."""
        return self.citation.verified or Verified.RECALLED


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number set by law, by date; the periods do not overlap."""

    name: str
    unit: str
    values: tuple[Dated[int], ...]

    def at(self, day: date) -> Dated[int] | None:
        """The value in force on `day`, or None."""
        return next((value for value in self.values if day in value.period), None)

    def next_change(self, day: date) -> date | None:
        """The next day after `day` on which the value changes."""
        return earliest(next_boundary(value.period, day) for value in self.values)


@dataclass(frozen=True, slots=True)
class Entry:
    """A member of a list set by law, and what limits its membership."""

    member: str
    note: str = ""


@dataclass(frozen=True)
class Register:
    """A list set by law, such as the countries with an adequacy decision; each membership has its own period.

    Attributes:
        removed: memberships that somebody took away for their own use; they are not in `entries`.
    """

    name: str
    kind: str
    entries: tuple[Dated[Entry], ...]
    removed: tuple[Dated[Entry], ...] = ()

    @cached_property
    def _by_member(self) -> dict[str, tuple[Dated[Entry], ...]]:
        found: dict[str, tuple[Dated[Entry], ...]] = {}
        for entry in self.entries:
            found[entry.value.member] = (*found.get(entry.value.member, ()), entry)
        return found

    def entries_for(self, word: str) -> tuple[Dated[Entry], ...]:
        """The entries that name `word`, or for a part of a country the country, at any date."""
        return tuple(entry for part in wider_places(word) for entry in self._by_member.get(part, ()))

    def override_of(self, word: str, day: date) -> Override | None:
        """Who put `word` on the list, or took it off, in place of the law."""
        own = [*self.removed, *(entry for entry in self.entries if entry.override)]
        here = (entry for entry in own if day in entry.period and entry.value.member in wider_places(word))
        return next((entry.override for entry in here), None)

    def members_at(self, day: date) -> frozenset[str]:
        """The members on `day`."""
        return self._members[day]

    @cached_property
    def _members(self) -> Daily[frozenset[str]]:
        return Daily(lambda day: frozenset(entry.value.member for entry in self.entries if day in entry.period))


def wider_places(code: str) -> tuple[str, ...]:
    """The code and the places around it: `AE-DU/DIFC`, `AE-DU`, `AE`; any other code stands alone."""
    if code[2:3] != "-":
        return (code,)
    part, _, _ = code.partition("/")
    return tuple(dict.fromkeys((code, part, code[:2])))
