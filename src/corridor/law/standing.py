"""What a jurisdiction derives of a party: its own features, and those of whom it belongs to, works for or follows.

A definition may come back to itself by way of another party (who is held by covered persons is a covered person). Such
definitions are raised from FALSE until they stand, so that a circle of owners proves nothing about itself; they may
not rest on each other's absence, which the reader of rule files refuses.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from corridor.base.clock import DateRange
from corridor.base.reasons import Citation, Verified
from corridor.base.truth import Truth, any_of
from corridor.law.dated import Parameter
from corridor.law.ownership import (
    NOTHING,
    WHOLE,
    Look,
    Party,
    Portion,
    held,
    whole_or_nothing,
)
from corridor.law.trace import Span, Step, Trace, missing_in

MAX_NESTED: Final = 20
"""How many questions may wait for each other; one that lies deeper waits for the next round."""

Key = tuple[str, str]
Answer = TypeVar("Answer", Step, Span)
PartyFact = Callable[[Trace, Party], Step]


@dataclass(frozen=True, slots=True)
class Share:
    """A measure of ownership, in percent: the part of a party held by those of whom `of` is derived.

    Attributes:
        through: from how much on an owner that is held so counts in full; None looks through owners by their shares.
    """

    name: str
    of: str
    through: Parameter | None
    period: DateRange
    citation: Citation


@dataclass(slots=True)
class _Rounds:
    """Questions that are open, and the answers they have so far."""

    works: dict[Key, Callable[[], Any]] = field(default_factory=dict)
    answers: dict[Key, Any] = field(default_factory=dict)
    waiting: set[Key] = field(default_factory=set)
    early: bool = False
    changed: bool = False

    def read(self, key: Key, work: Callable[[], Answer], start: Answer) -> Answer:
        if key in self.waiting:
            self.early = True  # it is read before it stands: one more round has to confirm it
        elif key not in self.answers:
            self.works[key], self.answers[key] = work, start
            if len(self.waiting) < MAX_NESTED:
                self.renew(key)
            else:
                self.early = self.changed = True
        found: Answer = self.answers[key]
        return found

    def renew(self, key: Key) -> None:
        self.waiting.add(key)
        found, before = self.works[key](), self.answers[key]
        self.waiting.discard(key)
        self.answers[key] = found
        self.changed = self.changed or _differ(found, before)


def _differ(one: Step | Span, other: Step | Span) -> bool:
    if isinstance(one, Step) and isinstance(other, Step):
        return one.holds is not other.holds
    return isinstance(one, Span) and isinstance(other, Span) and (one.low, one.high) != (other.low, other.high)


def _ask(trace: Trace, key: Key, work: Callable[[], Answer], start: Answer) -> Answer:
    """The settled answer to `key`; while others are being settled, the answer so far."""
    found: Answer | None = trace.settled.get(key)
    if found is not None:
        return found
    if trace.raising is not None:
        rounds: _Rounds = trace.raising
        return rounds.read(key, work, start)
    rounds = trace.raising = _Rounds()
    found = rounds.read(key, work, start)
    while rounds.early and rounds.changed:
        rounds.changed = False
        for open_key in tuple(rounds.works):
            rounds.renew(open_key)
    trace.raising = None
    trace.settled.update(rounds.answers)
    settled: Answer = rounds.answers[key]
    return settled


def party_fact(trace: Trace, name: str, party: Party, table: Mapping[str, PartyFact]) -> Step:
    """Whether `name` is derived of `party`."""
    text = f"{party.path} is {name}"

    def work() -> Step:
        step = table[name](trace, party)
        return Step(text, step.holds, step.values, step.because, step.missing, step.rank)

    return _ask(trace, (name, party.path), work, Step(text, Truth.FALSE))


def share_of(trace: Trace, share: Share, party: Party, table: Mapping[str, PartyFact]) -> Span:
    """The share of `party`, as bounds in whole percent, rounded down: fit to be held against a lower limit."""
    work = _Measure(trace, share, table).of
    return _ask(trace, (share.name, party.path), lambda: work(party), Span(0, 0))


@dataclass(slots=True)
class _Measure:
    """One share being measured; `steps` says of each owner that was asked whether it counts."""

    trace: Trace
    share: Share
    table: Mapping[str, PartyFact]
    steps: dict[str, Step] = field(default_factory=dict)

    def of(self, party: Party) -> Span:
        self.trace.note_period(self.share.period)
        rank = (self.share.citation.verified or Verified.RECALLED).rank
        if self.trace.as_of not in self.share.period:
            return Span(0, 0, (), rank)
        if self.share.through is None:
            found = Look(self.trace.parties, self._counts).through(party)
        else:
            found = held(self.trace.parties.owners(party), self._passed_on)
        steps = tuple(Step(step.text, step.holds, (), (), step.missing, step.rank) for step in self.steps.values())
        rank = max((rank, *(step.rank for step in steps)))
        return Span(math.floor(found.low * 100), math.floor(found.high * 100), found.missing, rank, steps)

    def _counts(self, owner: Party) -> Portion:
        step = self.steps[owner.path] = party_fact(self.trace, self.share.of, owner, self.table)
        return whole_or_nothing(step.holds, missing_in(step))

    def _passed_on(self, owner: Party) -> Portion:
        """The weight of an owner: in full if it counts itself, or if those who count hold enough of it."""
        own = self._counts(owner)
        limit = self.share.through.at(self.trace.as_of) if self.share.through else None
        if limit is not None and limit.override is not None:
            self.trace.overrides[limit.override] = None
        if own.low == WHOLE or limit is None:
            return own
        inner = share_of(self.trace, self.share, owner, self.table)
        reaches = any_of((Truth.of(None if own.high > NOTHING else False), _reaches(inner, limit.value)))
        return whole_or_nothing(reaches, (*own.missing, *inner.missing))


def _reaches(span: Span, limit: int) -> Truth:
    if span.low >= limit:
        return Truth.TRUE
    return Truth.FALSE if span.high is not None and span.high < limit else Truth.UNKNOWN
