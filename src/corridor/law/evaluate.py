"""The border decision: every involved jurisdiction climbs its ladders for the described transfer on one day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from corridor.base.reasons import Verified
from corridor.base.truth import Truth, all_of, any_of
from corridor.law.counting import Ledger, tally, window_on
from corridor.law.dated import earliest
from corridor.law.facts import Facts, check_day
from corridor.law.involved import Involved, involved_in
from corridor.law.model import Jurisdiction, Provision, Rulebook, Rung
from corridor.law.outcome import (
    NOTHING_BEFORE,
    AppliedRule,
    Assessment,
    Basis,
    Conflict,
    CountKey,
    CountQuery,
    Obligation,
    Outcome,
    PaperNeed,
    Route,
    Ruling,
    meet,
)
from corridor.law.papers import route_of
from corridor.law.terms import OUTSIDE
from corridor.law.trace import Span, Trace, missing_in

def assess(
    rulebook: Rulebook, facts: Facts, as_of: date, previous: Mapping[CountKey, int] = NOTHING_BEFORE
) -> Assessment:
    """What every involved jurisdiction says to the transfer on `as_of`, and what follows for the whole.

    `previous` is what the exporter's meter counted within each counter's window, without the populations of this
    transfer (ask `counts_needed`); a counter that is not in it is taken to stand at 0, and the ruling says so.

    Raises:
        MalformedError: `as_of` lies out of the range of the calendar of the rules.
    """
    check_day(as_of, "as_of")
    involved = involved_in(rulebook, facts, as_of)
    rulings = tuple(
        _rule(rulebook.jurisdictions[name], facts, as_of, previous) for name in involved.jurisdictions
    ) + tuple(_without_rules(country, as_of) for country in involved.without_rules)
    return _united(rulings, involved, as_of)


def counts_needed(rulebook: Rulebook, facts: Facts, as_of: date) -> tuple[CountQuery, ...]:
    """The counters whose figures can matter to `assess`, to be read beforehand.

    Raises:
        MalformedError: as `assess`.
    """
    check_day(as_of, "as_of")
    names = involved_in(rulebook, facts, as_of).jurisdictions
    return tuple(query for name in names for query in _queries(rulebook.jurisdictions[name], facts, as_of))


def _queries(jurisdiction: Jurisdiction, facts: Facts, as_of: date) -> Iterable[CountQuery]:
    """Climb with every counter unknown: whatever any figure could make the ladders read is then read."""
    unknown = Span(0, None, ("the meter",))
    trace = Trace(facts, as_of, jurisdiction.presumptions, lambda _trace, _name: unknown)
    for rungs in jurisdiction.standing[as_of].ladders:
        _climb(rungs, trace)
    for name in sorted(trace.counted):
        counter = jurisdiction.counters[name]
        found = tally(trace, counter)
        yield CountQuery(CountKey(jurisdiction.id, name), window_on(counter.window, as_of), found.populations)


@dataclass(slots=True)
class _Climb:
    """One ladder climbed: the rung that decides, the rungs left open, and all that were examined."""

    decided: Rung | None = None
    open: list[tuple[Rung, tuple[str, ...]]] = field(default_factory=list)
    applied: list[AppliedRule] = field(default_factory=list)
    rank: int = 0

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for _, names in self.open for name in names))

    @property
    def outcome(self) -> Outcome:
        """The outcome of the first rung that holds, if no open rung above could answer otherwise."""
        if self.decided is None:
            return Outcome.UNDETERMINED
        answer = self.decided.answer
        certain = not self.open or all(rung.answer == answer for rung, _ in self.open)
        return self.decided.provision.outcome if certain else Outcome.UNDETERMINED


def _climb(rungs: tuple[Rung, ...], trace: Trace) -> _Climb:
    """Ask each rung in force in turn until one holds; the first that holds decides."""
    climb = _Climb()
    for rung in rungs:
        provision = rung.provision
        if rung.ahead is not None:
            _look_ahead(provision, rung.ahead, trace)
            continue
        step = provision.condition.answer.run(trace, OUTSIDE)
        climb.rank = max(climb.rank, step.rank)
        climb.applied.append(AppliedRule(rung.basis, provision.outcome, step.holds, provision.claimed, step))
        if step.holds is Truth.FALSE:
            continue
        trace.will_change(rung.boundary)
        if step.holds is Truth.TRUE:
            climb.decided = rung
            return climb
        missing = missing_in(step)
        if provision.claimed:
            trace.assume(f"nobody relies on {provision.citation}", missing, provision.citation)
        else:
            climb.open.append((rung, missing))
    return climb


def _look_ahead(provision: Provision, first: date, trace: Trace) -> None:
    """A rung that is not yet in force can alter the answer from its first day, unless the facts rule it out."""
    if provision.condition.holds(trace.aside()).holds is not Truth.FALSE:
        trace.will_change(first)


def _rule(jurisdiction: Jurisdiction, facts: Facts, as_of: date, previous: Mapping[CountKey, int]) -> Ruling:
    if as_of < jurisdiction.encoded_from:
        return _too_early(jurisdiction, as_of)
    ledger = Ledger(jurisdiction.id, jurisdiction.counters, previous)
    trace = Trace(facts, as_of, jurisdiction.presumptions, ledger.count)
    climbs = [_climb(rungs, trace) for rungs in jurisdiction.standing[as_of].ladders]
    outcomes = [climb.outcome for climb in climbs]
    outcome = meet(outcomes)
    deciding = [climb.decided for climb, found in zip(climbs, outcomes, strict=True) if found is outcome]
    rungs = [rung for rung in deciding if rung and outcome is not Outcome.UNDETERMINED]
    decided = [rung.provision for rung in rungs]
    routes = tuple(_routes(decided[0], jurisdiction, trace)) if decided else ()
    proceed = _proceed(outcome, routes)
    duties = tuple(_duties(jurisdiction, decided, outcome, trace))
    filings = tuple(_filings(routes))
    trace.changes.update(day for day in _paper_changes(routes) if day > as_of)
    classes = (
        *(climb.rank for climb in climbs),
        *(provision.citation.verified.rank for provision in decided if provision.citation.verified),
        *(duty.citation.verified.rank for duty in duties if duty.citation.verified),
        *(n.citation.verified.rank for route in routes for n in route.papers if n.citation.verified),
    )
    return Ruling(
        jurisdiction=jurisdiction.id,
        name=jurisdiction.name,
        as_of=as_of,
        outcome=outcome,
        proceed=proceed,
        provisions=tuple(_provisions(climbs, outcomes, rungs)),
        routes=routes,
        obligations=(*filings, *duties),
        missing=_missing(climbs, outcomes, proceed, routes),
        assumptions=tuple(trace.assumptions),
        counted=ledger.counted(trace, adds=not outcome.is_outside and not any(p.uncounted for p in decided)),
        conflicts=tuple(_conflicts(jurisdiction, decided, facts)),
        verified=list(Verified)[max(classes, default=Verified.RECALLED.rank)],
        next_change=earliest(trace.changes),
        steps=tuple(rule for climb in climbs for rule in climb.applied),
    )


def _provisions(climbs: list[_Climb], outcomes: list[Outcome], decided: list[Rung]) -> Iterable[Basis]:
    """The decisive provisions first, then what other ladders add; the open ones where nothing is decided."""
    found = [rung.basis for rung in decided[:1]] or [rung.basis for climb in climbs for rung, _ in climb.open]
    for climb, outcome in zip(climbs, outcomes, strict=True):
        if climb.decided and outcome is not Outcome.UNDETERMINED and outcome is not Outcome.NOT_REGULATED:
            found.append(climb.decided.basis)
    return found if len(found) == 1 else dict.fromkeys(found)


def _missing(
    climbs: list[_Climb], outcomes: list[Outcome], proceed: Truth, routes: tuple[Route, ...]
) -> tuple[str, ...]:
    if meet(outcomes) is Outcome.UNDETERMINED:
        open_climbs = (climb for climb, found in zip(climbs, outcomes, strict=True) if found is Outcome.UNDETERMINED)
        return tuple(dict.fromkeys(name for climb in open_climbs for name in climb.missing))
    if proceed is not Truth.UNKNOWN:
        return ()
    findings = (finding for route in routes for need in route.papers for finding in need.findings)
    return tuple(dict.fromkeys(name for finding in findings for name in finding.missing))


def _routes(provision: Provision, jurisdiction: Jurisdiction, trace: Trace) -> Iterable[Route]:
    for opening in provision.opened_by:
        trace.note_period(opening.period)
        if trace.as_of in opening.period:
            yield route_of(opening, jurisdiction.papers, trace)


def _proceed(outcome: Outcome, routes: tuple[Route, ...]) -> Truth:
    if outcome is Outcome.UNDETERMINED:
        return Truth.UNKNOWN
    if outcome.needs_papers:
        return any_of(route.holds for route in routes)
    return Truth.of(outcome.is_free)


def _duties(
    jurisdiction: Jurisdiction, decided: list[Provision], outcome: Outcome, trace: Trace
) -> Iterable[Obligation]:
    named = {name for provision in decided for name in provision.duties}
    for due in jurisdiction.standing[trace.as_of].duties:
        duty = due.duty
        if duty.id not in named and (duty.attached or outcome not in duty.outcomes):
            continue
        if not due.in_force:
            trace.will_change(due.boundary)
            continue
        step = duty.condition.answer.run(trace, OUTSIDE)
        if step.holds is not Truth.FALSE:
            trace.will_change(due.boundary)
            yield due.certain if step.holds is Truth.TRUE else due.perhaps


def _filings(routes: tuple[Route, ...]) -> Iterable[Obligation]:
    for need in (need for route in routes for need in route.papers):
        for finding in need.findings:
            if finding.holds is Truth.TRUE and finding.to_file is not None:
                what = f"file {finding.paper} ({need.title}) with the {need.authority}"
                yield Obligation(what, "exporter", finding.to_file.isoformat(), "", need.citation)


def _paper_changes(routes: tuple[Route, ...]) -> Iterable[date]:
    needs: Iterable[PaperNeed] = (need for route in routes for need in route.papers)
    return (day for need in needs for finding in need.findings for day in finding.changes)


def _conflicts(jurisdiction: Jurisdiction, decided: list[Provision], facts: Facts) -> Iterable[Conflict]:
    other = facts.get("request.country")
    for provision in decided:
        if provision.conflict:
            sides = (jurisdiction.id, other) if other else (jurisdiction.id,)
            yield Conflict(sides, provision.conflict, provision.citation)


def _too_early(jurisdiction: Jurisdiction, as_of: date) -> Ruling:
    note = f"the rules of {jurisdiction.name} before {jurisdiction.encoded_from} are not in the rulebook"
    return Ruling(
        jurisdiction.id,
        jurisdiction.name,
        as_of,
        Outcome.UNDETERMINED,
        Truth.UNKNOWN,
        missing=(note,),
        next_change=jurisdiction.encoded_from,
        note=note,
    )


def _without_rules(country: str, as_of: date) -> Ruling:
    note = (
        f"the rulebook has no rules for {country}: add a folder with its jurisdiction.yaml and its instruments, "
        "or take advice on its law"
    )
    return Ruling(
        country, country, as_of, Outcome.UNDETERMINED, Truth.UNKNOWN, missing=(f"the rules of {country}",), note=note
    )


def _united(rulings: tuple[Ruling, ...], involved: Involved, as_of: date) -> Assessment:
    outcomes = [ruling.outcome for ruling in rulings]
    outcome = meet([*outcomes, *((Outcome.UNDETERMINED,) if involved.missing else ())])
    proceed = all_of((*(ruling.proceed for ruling in rulings), Truth.of(None if involved.missing else True)))
    return Assessment(
        as_of=as_of,
        rulings=rulings,
        outcome=outcome,
        proceed=proceed if rulings else Truth.UNKNOWN,
        obligations=_once(duty for ruling in rulings for duty in ruling.obligations),
        conflicts=tuple(dict.fromkeys(conflict for ruling in rulings for conflict in ruling.conflicts)),
        missing=tuple(dict.fromkeys((*involved.missing, *(name for ruling in rulings for name in ruling.missing)))),
        verified=max((ruling.verified for ruling in rulings), key=lambda v: v.rank, default=Verified.RECALLED),
        next_change=earliest((*(ruling.next_change for ruling in rulings), involved.next_change)),
    )


def _once(obligations: Iterable[Obligation]) -> tuple[Obligation, ...]:
    """Without repeats; by the fields that tell two duties apart, which is many times as fast as by all."""
    found = {(duty.citation.instrument, duty.citation.pin, duty.what, duty.deadline): duty for duty in obligations}
    return tuple(found.values())
