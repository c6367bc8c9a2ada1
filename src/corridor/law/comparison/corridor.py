"""A corridor between two places on one day: each direction's law, what binds both sides, and what changes next."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from corridor.base.errors import MalformedError, NotFoundError
from corridor.base.ids import printable
from corridor.base.reasons import Citation
from corridor.law.comparison.scenario import Scenario
from corridor.law.dated import Dated, Entry, earliest, next_boundary
from corridor.law.evaluate import assess
from corridor.law.facts import check_day
from corridor.law.international import Between, Registry
from corridor.law.involved import covering_law
from corridor.law.model import Duty, Jurisdiction, PaperKind, Provision, Rulebook
from corridor.law.outcome import Outcome, Ruling
from corridor.law.vocabulary import PLACE


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number set by law, as it stands on the day."""

    name: str
    value: int
    unit: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class Listed:
    """A list set by law on which the destination stands."""

    name: str
    entry: Dated[Entry]


@dataclass(frozen=True, slots=True)
class Upcoming:
    """What changes on a day, one sentence for each change."""

    day: date
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Direction:
    """One way through the corridor under the exporter's law.

    Attributes:
        rungs: the provisions in force, ladder by ladder, in the order in which they are asked.
        listed: the lists of this law on which the destination stands.
        papers: the kinds that some rung in force asks for.
    """

    exporter: str
    importer: str
    law: Jurisdiction
    rungs: tuple[Provision, ...]
    thresholds: tuple[Threshold, ...]
    listed: tuple[Listed, ...]
    papers: tuple[PaperKind, ...]
    duties: tuple[Duty, ...]


class Verdict(enum.StrEnum):
    """How two laws' answers to the same facts stand to each other."""

    SAME = "same answer"
    BOTH_FREE = "both free, on different grounds"
    CONFLICT = "CONFLICT"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same facts asked both ways; `there` and `back` are what the exporter's law answers."""

    scenario: Scenario
    there: Ruling
    back: Ruling

    @property
    def verdict(self) -> Verdict:
        """A conflict is a difference that the exporter feels: free here, papers or a ban there."""
        answers = (self.there.outcome, self.back.outcome)
        if Outcome.UNDETERMINED in answers:
            return Verdict.OPEN
        if answers[0] is answers[1]:
            return Verdict.SAME
        return Verdict.BOTH_FREE if all(outcome.is_free for outcome in answers) else Verdict.CONFLICT


@dataclass(frozen=True, slots=True)
class Corridor:
    """Both directions between two places on `as_of`."""

    as_of: date
    there: Direction
    back: Direction
    instruments: tuple[Between, ...]
    comparisons: tuple[Comparison, ...]
    upcoming: Upcoming | None


def corridor_between(
    rulebook: Rulebook, registry: Registry, scenarios: Iterable[Scenario], ends: tuple[str, str], as_of: date
) -> Corridor:
    """Both directions between the `ends`, which are codes of places as in a description.

    Raises:
        MalformedError: a code is no place, or the day lies out of the calendar of the rules.
        NotFoundError: the rulebook has no rules for one of them, or one law covers both.
    """
    check_day(as_of, "as_of")
    first, second = ends
    laws = tuple(_law(rulebook, place, as_of) for place in (first, second))
    if laws[0] is laws[1]:
        raise NotFoundError(f"{first} and {second} are under one law, {laws[0].name}", remedy="ask for another pair")
    there = _direction(laws[0], first, second, as_of)
    back = _direction(laws[1], second, first, as_of)
    return Corridor(
        as_of=as_of,
        there=there,
        back=back,
        instruments=registry.between(first, second, as_of),
        comparisons=tuple(_comparison(rulebook, scenario, there, back, as_of) for scenario in scenarios),
        upcoming=_upcoming(there, back, registry, as_of),
    )


def _law(rulebook: Rulebook, place: str, as_of: date) -> Jurisdiction:
    if not PLACE.admits(place):
        raise MalformedError(
            f"`{printable(place)}` is no ISO code of a place", remedy="write it as CN, DE or AE-DU/DIFC"
        )
    found = covering_law(rulebook, place, as_of)
    if found is None:
        raise NotFoundError(
            f"the rulebook has no rules for {place} on {as_of}", remedy="`corridor rulebook list` shows those it has"
        )
    return rulebook.jurisdictions[found]


def _direction(law: Jurisdiction, exporter: str, importer: str, as_of: date) -> Direction:
    rungs = tuple(
        provision
        for ladder in law.ladders
        if as_of in ladder.period
        for provision in ladder.provisions
        if as_of in provision.period
    )
    wanted = {kind for rung in rungs for o in rung.opened_by if as_of in o.period for kind in o.papers}
    return Direction(
        exporter=exporter,
        importer=importer,
        law=law,
        rungs=rungs,
        thresholds=tuple(_thresholds(law, as_of)),
        listed=tuple(_listed(law, importer, as_of)),
        papers=tuple(kind for kind in law.papers.values() if kind.id in wanted and as_of in kind.period),
        duties=tuple(duty for duty in law.duties if as_of in duty.period),
    )


def _thresholds(law: Jurisdiction, as_of: date) -> Iterator[Threshold]:
    for parameter in law.parameters.values():
        value = parameter.at(as_of)
        if value is not None:
            yield Threshold(parameter.name, value.value, parameter.unit, value.citation)


def _listed(law: Jurisdiction, importer: str, as_of: date) -> Iterator[Listed]:
    for register in law.registers.values():
        if register.kind == "place" and register is not law.territory:
            for entry in register.entries_for(importer):
                if as_of in entry.period:
                    yield Listed(register.name, entry)


def _comparison(rulebook: Rulebook, scenario: Scenario, there: Direction, back: Direction, as_of: date) -> Comparison:
    answers = (_answer(rulebook, scenario, way, as_of) for way in (there, back))
    return Comparison(scenario, *answers)


def _answer(rulebook: Rulebook, scenario: Scenario, way: Direction, as_of: date) -> Ruling:
    ruling = assess(rulebook, scenario.between(way.exporter, way.importer), as_of).ruling(way.law.id)
    if ruling is None:  # the law covers the exporter's place
        raise NotFoundError(f"{way.law.id} does not answer {scenario.id}")
    return ruling


def _upcoming(there: Direction, back: Direction, registry: Registry, as_of: date) -> Upcoming | None:
    changes: dict[date, dict[str, None]] = {}

    def note(day: date | None, text: str) -> None:
        if day is not None:
            changes.setdefault(day, {})[text] = None

    for way in (there, back):
        for day, text in _changes_of(way, as_of):
            note(day, text)
    between = registry.next_change(there.exporter, back.exporter, as_of)
    if between is not None:
        for title in between[1]:
            note(between[0], f"{title}: a party's standing changes")
    first = earliest(changes)
    return None if first is None else Upcoming(first, tuple(changes[first]))


def _changes_of(way: Direction, as_of: date) -> Iterator[tuple[date | None, str]]:
    """The next boundary of everything in the law that can matter to this way."""
    for ladder in way.law.ladders:
        for provision in ladder.provisions:
            yield next_boundary(provision.period, as_of), f"{way.law.id}: {provision.citation} ({provision.outcome})"
    for parameter in way.law.parameters.values():
        yield parameter.next_change(as_of), f"{way.law.id}: {parameter.name}"
    for register in way.law.registers.values():
        for entry in register.entries_for(way.importer):
            yield next_boundary(entry.period, as_of), f"{way.law.id}: {register.name}, {entry.citation}"
    for duty in way.law.duties:
        yield next_boundary(duty.period, as_of), f"{way.law.id}: {duty.citation} (duty: {duty.what})"
    for kind in way.law.papers.values():
        yield next_boundary(kind.period, as_of), f"{way.law.id}: {kind.citation} ({kind.title})"
