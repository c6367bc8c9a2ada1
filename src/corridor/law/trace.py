"""What one evaluation reads and leaves behind: steps with their truth, assumptions, counters, days of change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, NamedTuple

from corridor.base.clock import DateRange
from corridor.base.reasons import Citation
from corridor.base.truth import Truth
from corridor.law.dated import Dated, Entry, Override, Register, next_boundary, wider_places
from corridor.law.facts import Facts
from corridor.law.ownership import Parties, Party


class Step(NamedTuple):
    """One sub-condition and what it came to.

    Attributes:
        text: the condition as the rule file words it, or what was asked.
        holds: its truth value.
        values: the values it compared, with their names.
        because: the steps it follows from.
        missing: paths of the facts that leave this very step open.
        rank: rank of the weakest class among the values of law below it (`Verified.rank`).
    """

    text: str
    holds: Truth
    values: tuple[tuple[str, Any], ...] = ()
    because: tuple[Step, ...] = ()
    missing: tuple[str, ...] = ()
    rank: int = 0


def missing_in(step: Step) -> tuple[str, ...]:
    """The facts that keep `step` from a certain answer, in the order met: only unknown parts make it unknown."""
    if step.holds is not Truth.UNKNOWN:
        return ()
    found = dict.fromkeys(step.missing)
    for part in step.because:
        found.update(dict.fromkeys(missing_in(part)))
    return tuple(found)


class Span(NamedTuple):
    """A number of which only the bounds may be known; `high` None is unbounded.

    Attributes:
        missing: the facts that would narrow it.
        rank: rank of the class of the rule by which it was counted.
        because: the steps it follows from.
    """

    low: int
    high: int | None
    missing: tuple[str, ...] = ()
    rank: int = 0
    because: tuple[Step, ...] = ()

    def __str__(self) -> str:
        if self.low == self.high:
            return str(self.low)
        return f"{self.low} or more" if self.high is None else f"{self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Assumption:
    """What an answer takes for granted.

    Attributes:
        text: one sentence.
        facts: paths of the facts that would replace it.
        citation: the provision that is passed over because nobody relies on it, or None.
    """

    text: str
    facts: tuple[str, ...] = ()
    citation: Citation | None = None


@dataclass(frozen=True, slots=True)
class Presumption:
    """A value that stands in for a fact that is not given, and the sentence that says so.

    Attributes:
        same_as: another field of the same party whose value it takes over, or empty.
        many: whether that value is the only element of a list.
    """

    value: Any
    why: str
    same_as: str = ""
    many: bool = False


@dataclass(slots=True)
class Trace:
    """The working state of one evaluation in one jurisdiction; conditions read through it and note what they used.

    Attributes:
        facts, as_of: what is asked, and for which day.
        presumed: what stands in for unknown facts, by path.
        count: gives the span of a declared counter.
        assumptions: what was taken for granted so far, without repeats.
        changes: days after `as_of` on which something read here changes.
        derived: answers of derived facts, each worked out once.
        counted: spans of the counters read.
        settled: what was derived of parties, by name and path (`standing`).
        raising: what is being derived of parties, or None.
        overrides: values that were read and that somebody replaced, without repeats.
    """

    facts: Facts
    as_of: date
    presumed: Mapping[str, Presumption]
    count: Callable[[Trace, str], Span]
    paper: Mapping[str, Any] = field(default_factory=dict)
    paper_path: str = "paper"
    assumptions: dict[Assumption, None] = field(default_factory=dict)
    changes: set[date] = field(default_factory=set)
    derived: dict[str, Step] = field(default_factory=dict)
    counted: dict[str, Span] = field(default_factory=dict)
    settled: dict[tuple[str, str], Any] = field(default_factory=dict)
    raising: Any = None
    overrides: dict[Override, None] = field(default_factory=dict)
    _parties: Parties | None = None

    @property
    def parties(self) -> Parties:
        """The parties of the description."""
        if self._parties is None:
            self._parties = Parties(self.facts)
        return self._parties

    def assume(self, text: str, facts: tuple[str, ...] = (), citation: Citation | None = None) -> None:
        """Note an assumption."""
        self.assumptions[Assumption(text, facts, citation)] = None

    def will_change(self, day: date | None) -> None:
        """Note a day on which something that was read changes, if it lies ahead."""
        if day is not None and day > self.as_of:
            self.changes.add(day)

    def note_period(self, period: DateRange) -> None:
        """Note the next day on which `period` begins or has ended."""
        self.will_change(next_boundary(period, self.as_of))

    def member(self, register: Register, word: str) -> Dated[Entry] | None:
        """The membership of `word` in `register` that is in force, or None."""
        entries = register.entries_for(word)
        for entry in (*entries, *(one for one in register.removed if one.value.member in wider_places(word))):
            self.note_period(entry.period)
            if entry.override is not None and self.as_of in entry.period:
                self.overrides[entry.override] = None
        return next((entry for entry in entries if self.as_of in entry.period), None)

    def aside(self) -> Trace:
        """A copy for a question beside the main one: it reads the same, and what it assumes does not count."""
        return replace(self.copy(), assumptions={}, changes=set())

    def copy(self) -> Trace:
        """A copy in which what is noted from here on is not noted here, nor the other way round."""
        return replace(
            self,
            assumptions=dict(self.assumptions),
            changes=set(self.changes),
            derived=dict(self.derived),
            counted=dict(self.counted),
            settled=dict(self.settled),
            overrides=dict(self.overrides),
        )

    def presume(self, path: str) -> Any:
        """The value presumed for an unknown fact, or None; elements of a list share a path, `data.items[].subject`."""
        found = self.presumed.get(path)
        if found is None:
            return None
        self.assume(found.why, (path,))
        return found.value

    def presume_of(self, party: Party, name: str) -> Any:
        """The value presumed for an unknown field of a party, whichever it is, or None."""
        found = self.presumed.get(f"party.{name}")
        if found is None:
            return None
        value = found.value
        if found.same_as:
            value = party.values.get(found.same_as)
            if value is None:
                return None
            value = (value,) if found.many else value
        self.assume(found.why, (f"{party.path}.{name}",))
        return value
