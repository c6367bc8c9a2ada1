"""Rules of law as values: instruments, provisions, counters, duties and papers, ready to be applied; no syntax left."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from corridor.base.clock import DateRange
from corridor.base.json import JsonObject
from corridor.base.reasons import Citation, Verified
from corridor.base.truth import Truth
from corridor.law.binding import Condition
from corridor.law.daily import Daily
from corridor.law.dated import Dated, Parameter, Register, next_boundary
from corridor.law.outcome import Basis, Obligation, Outcome
from corridor.law.source import Place
from corridor.law.standing import Share
from corridor.law.trace import Presumption


@dataclass(frozen=True, slots=True)
class Source:
    """Where the text of an instrument was read, when, and how far that is from the official text."""

    address: str
    checked: date
    verified: Verified


@dataclass(frozen=True, slots=True)
class Sanction:
    """What a breach can cost; shown, not computed with."""

    says: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class Prevalence:
    """A clause by which an instrument goes before others."""

    pin: str
    over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Instrument:
    """An act, regulation, decision or guideline.

    Attributes:
        titles: by language, the original and `en`.
        jurisdiction: id of the jurisdiction whose law it is.
    """

    id: str
    jurisdiction: str
    titles: Mapping[str, str] = field(hash=False)
    enacted_by: str
    number: str
    period: DateRange
    prevails: tuple[Prevalence, ...]
    source: Source
    note: str
    sanctions: tuple[Sanction, ...]
    place: Place

    @property
    def title(self) -> str:
        """The English title."""
        return self.titles["en"]


@dataclass(frozen=True, slots=True)
class Opening:
    """One alternative by which a provision is satisfied: papers of all these kinds."""

    mechanism: str
    papers: tuple[str, ...]
    period: DateRange
    citation: Citation


@dataclass(frozen=True, slots=True)
class Provision:
    """A rung of a ladder.

    Attributes:
        ref: `instrument` and a name unique in it, usually the pin.
        claimed: it helps only whoever relies on it and shows its facts; where they are unknown it is passed over.
        uncounted: what is provided under it is added to no counter.
        duties: ids of the duties that come with it.
        exception_to: refs of provisions that it goes before.
        conflict: what other duty it may collide with, or empty.
    """

    ref: str
    ladder: str
    citation: Citation
    says: str
    period: DateRange
    condition: Condition
    outcome: Outcome
    opened_by: tuple[Opening, ...]
    claimed: bool
    uncounted: bool
    duties: tuple[str, ...]
    exception_to: tuple[str, ...]
    conflict: str
    place: Place

    @property
    def answer(self) -> tuple[Outcome, tuple[tuple[str, tuple[str, ...], DateRange], ...]]:
        """What it answers, whichever text says so: the outcome and the alternatives that open it."""
        return self.outcome, tuple((opening.mechanism, opening.papers, opening.period) for opening in self.opened_by)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Provisions on one matter in the order in which they are asked; the first that holds decides."""

    id: str
    title: str
    period: DateRange
    provisions: tuple[Provision, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """Something a paper has to hold, where `condition` is met."""

    text: str
    condition: Condition | None


@dataclass(frozen=True, slots=True)
class PaperCheck:
    """What a paper has to satisfy, and the sentence for one that does not."""

    condition: Condition
    fails: str


class FilingStart(enum.StrEnum):
    """The day from which the days for a filing are counted."""

    EFFECT = "effect"
    FIRST_TRANSFER = "first_transfer"


@dataclass(frozen=True, slots=True)
class Filing:
    """A paper has to be filed within so many days after it takes effect, or after the first transfer."""

    days: int
    working: bool
    after: FilingStart = FilingStart.EFFECT


class Covers(enum.StrEnum):
    """What a paper has to state, and is then held to."""

    RECIPIENT = "recipient"
    PURPOSE = "purpose"
    CATEGORIES = "categories"
    PERSONS = "persons"


@dataclass(frozen=True, slots=True)
class PaperKind:
    """A kind of document that opens a route.

    Attributes:
        clock: how long the authority takes, or the parties have, in words.
        valid_months: how long it lasts from its first day, or 0 where it has no end of its own.
        renew_months, renew_working_days: how long before its end its renewal is to be asked for, or 0.
    """

    id: str
    title: str
    contents: tuple[Content, ...]
    authority: str
    clock: str
    validity: str
    valid_months: int
    renew_months: int
    renew_working_days: int
    filing: Filing | None
    covers: frozenset[Covers]
    checks: tuple[PaperCheck, ...]
    period: DateRange
    citation: Citation


@dataclass(frozen=True, slots=True)
class Duty:
    """An obligation that comes with a transfer.

    Attributes:
        attached: it comes only with the provisions that name it.
        outcomes: the outcomes it comes with.
    """

    id: str
    what: str
    who: str
    deadline: str
    recurs: str
    condition: Condition
    attached: bool
    outcomes: frozenset[Outcome]
    period: DateRange
    citation: Citation

    @property
    def sentence(self) -> str:
        """What who shall do, or shall not."""
        negated = self.what.startswith("do not ")
        return f"the {self.who} shall {self.what.removeprefix('do ') if negated else self.what}"


class WindowKind(enum.StrEnum):
    """The span of days over which a counter runs."""

    CALENDAR_YEAR = "calendar_year"
    SINCE_PREVIOUS_YEAR = "since_previous_year"
    TRAILING_12_MONTHS = "trailing_12_months"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Counter:
    """Distinct persons (or devices) provided within a window, to all or each recipient; `of` says which items count."""

    name: str
    unit: str
    of: Condition
    window: WindowKind
    citation: Citation
    per_recipient: bool = False


@dataclass(frozen=True, slots=True)
class Derived:
    """A fact that a jurisdiction derives from the described ones, by the definition in force."""

    name: str
    versions: tuple[Dated[Condition], ...]


class Rung(NamedTuple):
    """A provision as it stands on a day.

    Attributes:
        state: 0 where it has ended, 1 where it is in force, 2 where it lies ahead.
        boundary: the next day on which that changes.
        answer: what it answers (`Provision.answer`).
        unclaimed: what is assumed where nobody relies on it.
    """

    provision: Provision
    state: int
    boundary: date | None
    basis: Basis
    answer: tuple[object, ...]
    unclaimed: str


class Due(NamedTuple):
    """A duty as it stands on a day, with what it comes to if it is certain, and if it is not.

    Attributes:
        number: of the duty in its jurisdiction.
    """

    duty: Duty
    number: int
    in_force: bool
    boundary: date | None
    certain: Obligation
    perhaps: Obligation


class Standing(NamedTuple):
    """How provisions and duties stand on a day; a ladder that is not in force has no rungs."""

    ladders: tuple[tuple[Rung, ...], ...]
    duties: Mapping[Outcome, tuple[tuple[Due, bool], ...]]
    """By outcome every duty that can come with it, and whether it does so without being named by a provision."""


@dataclass(frozen=True)
class Jurisdiction:
    """The rules of one jurisdiction.

    Attributes:
        names: by language.
        encoded_from: the first day for which the rules are complete enough to answer.
        territory: the places it covers, by date.
        reach: laws to which a party abroad may be subject (`PIPL:3(2)`).
        reach_by: facts of an exporter abroad, lists of places, through which a law reaches it (`targets`).
        presumptions: what stands in for unknown facts, by path.
        of_party: what is derived of any one party, and not of the transfer.
        shares: measures of ownership.
        reach_when: on which facts the law has a say although nobody and nothing is on its territory, or None.
        memo: what others have made of the rules.
    """

    id: str
    names: Mapping[str, str]
    encoded_from: date
    territory: Register
    reach: tuple[str, ...]
    reach_by: tuple[str, ...]
    presumptions: Mapping[str, Presumption]
    instruments: Mapping[str, Instrument]
    registers: Mapping[str, Register]
    parameters: Mapping[str, Parameter]
    counters: Mapping[str, Counter]
    derived: Mapping[str, Derived]
    papers: Mapping[str, PaperKind]
    duties: tuple[Duty, ...]
    ladders: tuple[Ladder, ...]
    of_party: Mapping[str, Derived] = field(default_factory=dict)
    shares: Mapping[str, Share] = field(default_factory=dict)
    reach_when: Condition | None = None
    memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The English name."""
        return self.names["en"]

    @property
    def reaches_out(self) -> bool:
        """Whether `reach_when` has to be asked."""
        return self.reach_when is not None

    @cached_property
    def standing(self) -> Daily[Standing]:
        """What stands on each day."""
        return Daily(self._standing)

    def _standing(self, day: date) -> Standing:
        return Standing(
            tuple(
                tuple(_rung(one, day) for one in ladder.provisions) if day in ladder.period else ()
                for ladder in self.ladders
            ),
            self._due(day),
        )

    def _due(self, day: date) -> dict[Outcome, tuple[tuple[Due, bool], ...]]:
        dues = [_due(duty, number, day) for number, duty in enumerate(self.duties)]
        alive = [due for due in dues if due.in_force or due.boundary is not None]
        return {
            outcome: tuple((due, not due.duty.attached and outcome in due.duty.outcomes) for due in alive)
            for outcome in Outcome
        }


def _rung(provision: Provision, day: date) -> Rung:
    start = provision.period.start
    state = 1 if day in provision.period else 2 if start is not None and start > day else 0
    basis = Basis(provision.citation, provision.says, provision.period)
    unclaimed = f"nobody relies on {provision.citation}"
    return Rung(provision, state, next_boundary(provision.period, day), basis, provision.answer, unclaimed)


def _due(duty: Duty, number: int, day: date) -> Due:
    certain, perhaps = (
        Obligation(duty.what, duty.who, duty.deadline, duty.recurs, duty.citation, holds)
        for holds in (Truth.TRUE, Truth.UNKNOWN)
    )
    return Due(duty, number, day in duty.period, next_boundary(duty.period, day), certain, perhaps)


@dataclass(frozen=True, slots=True)
class Case:
    """A transfer whose answer is known from elsewhere.

    Attributes:
        expect: what the answer has to hold, by the fields that `check` compares.
        previous: what the jurisdiction's counters stood at before.
    """

    id: str
    jurisdiction: str
    source: str
    verified: Verified
    facts: JsonObject
    as_of: date
    previous: Mapping[str, int]
    expect: JsonObject
    place: Place


class Cover(NamedTuple):
    """Who covers a place on a day: the id of a jurisdiction or None, and the next day on which that may change."""

    jurisdiction: str | None
    next_change: date | None


class Extent(Protocol):
    """How far the law of a jurisdiction extends: a `Jurisdiction`, or as much of it as tells whom it concerns."""

    @property
    def id(self) -> str:
        """Of the jurisdiction."""
        ...

    @property
    def territory(self) -> Register:
        """The places it covers, by date."""
        ...

    @property
    def reach(self) -> tuple[str, ...]:
        """Laws to which a party abroad may be subject."""
        ...

    @property
    def reach_by(self) -> tuple[str, ...]:
        """Facts of an exporter abroad, lists of places, through which a law reaches it."""
        ...

    @property
    def reaches_out(self) -> bool:
        """Whether it has a say on some facts although nobody and nothing is on its territory."""
        ...


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a jurisdiction whose rules are not yet read; see `Extent`."""

    id: str
    territory: Register
    reach: tuple[str, ...]
    reach_by: tuple[str, ...]
    reaches_out: bool = False


@dataclass(frozen=True)
class Rulebook:
    """The rules of every jurisdiction that is known, and the cases they are checked with.

    Attributes:
        heads: how far the law of each extends, where that is to be told without reading it; see `extents`.
        added: paths of the rule files that did not ship with the product.
    """

    jurisdictions: Mapping[str, Jurisdiction] = field(repr=False)
    cases: Sequence[Case] = field(repr=False)
    heads: tuple[Extent, ...] | None = field(default=None, repr=False)
    added: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def extents(self) -> Iterable[Extent]:
        """How far the law of each jurisdiction extends."""
        return self.jurisdictions.values() if self.heads is None else self.heads

    @cached_property
    def covered(self) -> Daily[dict[str, Cover]]:
        """What `involved` has found of places on each day."""
        return Daily(lambda _day: {})

    def instrument(self, identifier: str) -> Instrument | None:
        """The instrument `identifier`, such as `cn/decree-16`, or None."""
        for jurisdiction in self.jurisdictions.values():
            if identifier in jurisdiction.instruments:
                return jurisdiction.instruments[identifier]
        return None
