"""The answers: outcomes and their order, the ruling of one jurisdiction, and the assessment of a transfer."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Final, NamedTuple

from corridor.base.clock import DateRange
from corridor.base.reasons import Citation, Verified
from corridor.base.truth import Truth
from corridor.law.dated import Override, earliest
from corridor.law.trace import Assumption, Step, missing_in


class Outcome(enum.StrEnum):
    """What a jurisdiction says to a transfer, strictest first; UNDETERMINED says that facts or rules are missing."""

    PROHIBITED = "PROHIBITED"
    REQUIRES_APPROVAL = "REQUIRES_APPROVAL"
    RESTRICTED = "RESTRICTED"
    ALLOWED_WITH_MECHANISM = "ALLOWED_WITH_MECHANISM"
    ALLOWED = "ALLOWED"
    EXEMPT = "EXEMPT"
    NOT_A_TRANSFER = "NOT_A_TRANSFER"
    NOT_REGULATED = "NOT_REGULATED"
    UNDETERMINED = "UNDETERMINED"

    @property
    def needs_papers(self) -> bool:
        """Whether the transfer may go ahead only with papers."""
        return self in _NEEDING_PAPERS

    @property
    def is_free(self) -> bool:
        """Whether the transfer may go ahead without papers."""
        return self in _FREE

    @property
    def is_outside(self) -> bool:
        """Whether the rules on transfers do not reach this one at all."""
        return self in _OUTSIDE


_NEEDING_PAPERS: Final = frozenset({Outcome.REQUIRES_APPROVAL, Outcome.RESTRICTED, Outcome.ALLOWED_WITH_MECHANISM})
_OUTSIDE: Final = frozenset({Outcome.NOT_A_TRANSFER, Outcome.NOT_REGULATED})
_FREE: Final = _OUTSIDE | {Outcome.ALLOWED, Outcome.EXEMPT}
_RANK: Final = {outcome: rank for rank, outcome in enumerate((Outcome.UNDETERMINED, *Outcome))} | {
    Outcome.UNDETERMINED: 0
}


def meet(outcomes: Iterable[Outcome]) -> Outcome:
    """The strictest outcome; UNDETERMINED dominates unless one prohibits. Of nothing it is UNDETERMINED."""
    strictest: Outcome | None = None
    for outcome in outcomes:
        if outcome is Outcome.PROHIBITED:
            return outcome
        if strictest is None or (outcome is not strictest and _RANK[outcome] < _RANK[strictest]):
            strictest = outcome
    return strictest or Outcome.UNDETERMINED


@dataclass(frozen=True, slots=True)
class Basis:
    """A provision that was applied, and what it says in one sentence."""

    citation: Citation
    says: str
    period: DateRange


@dataclass(frozen=True, slots=True)
class Obligation:
    """What somebody has to do if the transfer goes ahead.

    Attributes:
        certain: UNKNOWN where it depends on a fact that is not given, TRUE otherwise.
    """

    what: str
    who: str
    deadline: str
    recurs: str
    citation: Citation
    certain: Truth = Truth.TRUE


@dataclass(frozen=True, slots=True)
class PaperFinding:
    """A paper that was shown, and whether it does what it is shown for.

    Attributes:
        problems: one sentence for each thing that is wrong with it.
        until: its last day, where it has one.
        renew_from: the first day on which its renewal can or should be asked for.
        to_file: the last day for filing it, while that lies ahead and no filing is shown.
        changes: the days on which this finding changes by the passing of time.
    """

    paper: str
    holds: Truth
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    until: date | None = None
    renew_from: date | None = None
    to_file: date | None = None
    changes: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class PaperNeed:
    """A paper that a route needs, and what was found among those shown; `filed` if the authority has to get it."""

    kind: str
    title: str
    contents: tuple[str, ...]
    authority: str
    clock: str
    validity: str
    filed: bool
    citation: Citation
    findings: tuple[PaperFinding, ...]
    holds: Truth

    @property
    def satisfied_by(self) -> PaperFinding | None:
        """The finding on the paper that serves, or None."""
        return next((finding for finding in self.findings if finding.holds is Truth.TRUE), None)


@dataclass(frozen=True, slots=True)
class Route:
    """One of the alternatives that open the way: all its papers are needed."""

    mechanism: str
    papers: tuple[PaperNeed, ...]
    citation: Citation
    holds: Truth

    @property
    def until(self) -> date | None:
        """The last day on which all papers that serve are in force, where one of them ends."""
        return earliest(need.satisfied_by.until for need in self.papers if need.satisfied_by)


class CountKey(NamedTuple):
    """Names a counter: the jurisdiction and the counter's name in its rules."""

    jurisdiction: str
    name: str


class Population(NamedTuple):
    """Some persons of this transfer: `name` is the set they belong to, or empty; `n` None is not known."""

    name: str
    n: int | None


NOTHING_BEFORE: Final[Mapping[CountKey, int]] = MappingProxyType({})
"""No counter has a figure."""


@dataclass(frozen=True, slots=True)
class CountQuery:
    """A counter to read beforehand: persons provided within `window`, other than those of `populations`."""

    key: CountKey
    window: DateRange
    populations: tuple[Population, ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """What a counter came to.

    Attributes:
        previous: what it stood at before this transfer.
        adds: what this transfer adds if it goes ahead; None where that is not known.
        total: `previous` and this transfer together, as the rules compared it (`219999`, or `5 or more`).
    """

    key: CountKey
    window: DateRange
    unit: str
    previous: int
    adds: int | None
    total: str
    populations: tuple[Population, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two duties that cannot both be met, or can only be met in a certain way."""

    jurisdictions: tuple[str, ...]
    text: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class AppliedRule:
    """One rung that was examined: its provision, what its condition came to, and the steps below."""

    basis: Basis
    outcome: Outcome
    holds: Truth
    relied_on: bool
    step: Step

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts that keep it open."""
        return missing_in(self.step)


def _no_steps() -> tuple[AppliedRule, ...]:
    return ()


@dataclass(frozen=True)
class Ruling:
    """What one jurisdiction says.

    Attributes:
        proceed: whether the transfer may go ahead now, with the papers shown.
        provisions: what the outcome follows from, the decisive one first.
        routes: the alternatives that open the way, where papers are needed.
        open: the facts that keep the answer open, as far as the conditions say; empty where it is certain.
        ask: gives those of them that can still change the answer.
        counted: the counters that were read.
        verified: the weakest class of all the answer rests on.
        next_change: the next day on which something used here, or that could alter it, changes.
        overrides: values that somebody put in place of the law's, as far as the answer used them.
        added: instruments of this jurisdiction that did not ship with the product.
        explain: gives the steps.
    """

    jurisdiction: str
    name: str
    as_of: date
    outcome: Outcome
    proceed: Truth
    provisions: tuple[Basis, ...] = ()
    routes: tuple[Route, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    open: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    counted: tuple[Counted, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    verified: Verified = Verified.RECALLED
    next_change: date | None = None
    note: str = ""
    overrides: tuple[Override, ...] = ()
    added: tuple[str, ...] = ()
    explain: Callable[[], tuple[AppliedRule, ...]] = field(default=_no_steps, repr=False, compare=False)

    ask: Callable[[tuple[str, ...]], tuple[str, ...]] = field(default=tuple, repr=False, compare=False)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The facts that can still change an open answer, in the order in which to ask for them."""
        return self.ask(self.open) if self.open else ()

    @cached_property
    def steps(self) -> tuple[AppliedRule, ...]:
        """Every rung examined, in order, worked out when they are asked for."""
        return self.explain()

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The names of the alternatives that open the way."""
        return tuple(dict.fromkeys(route.mechanism for route in self.routes))

    def offers(self, mechanism: str) -> bool:
        """Whether an alternative is `mechanism`, alone or beside those of other matters (`papers.beside`)."""
        return any(f"_and_{mechanism}_and_" in f"_and_{name}_and_" for name in self.mechanisms)

    @property
    def valid_until(self) -> date | None:
        """The last day of the papers that open the way, by the route that lasts longest; None has no end of its own."""
        ends = [route.until for route in self.routes if route.holds is Truth.TRUE]
        known = [end for end in ends if end is not None]
        return max(known) if known and len(known) == len(ends) else None

    @property
    def papers_needed(self) -> tuple[PaperNeed, ...]:
        """Every paper of every route, once."""
        return tuple(dict.fromkeys(need for route in self.routes for need in route.papers))


@dataclass(frozen=True)
class Assessment:
    """What all involved jurisdictions say together.

    Attributes:
        unplaced: facts without which it is not known who is involved.
    """

    as_of: date
    rulings: tuple[Ruling, ...]
    outcome: Outcome
    proceed: Truth
    obligations: tuple[Obligation, ...]
    conflicts: tuple[Conflict, ...]
    unplaced: tuple[str, ...]
    verified: Verified
    next_change: date | None

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The facts that can still change an answer; first who is involved, then what most rulings wait for."""
        wanted: dict[str, int] = dict.fromkeys(self.unplaced, len(self.rulings) + 1)
        for ruling in self.rulings:
            for name in ruling.missing:
                wanted[name] = wanted.get(name, 0) + 1
        return tuple(sorted(wanted, key=lambda name: -wanted[name]))

    @property
    def papers_needed(self) -> tuple[PaperNeed, ...]:
        """The papers of every ruling."""
        return tuple(need for ruling in self.rulings for need in ruling.papers_needed)

    def ruling(self, jurisdiction: str) -> Ruling | None:
        """The ruling of `jurisdiction`, or None if it is not involved."""
        return next((ruling for ruling in self.rulings if ruling.jurisdiction == jurisdiction), None)
