"""The border decision: every involved jurisdiction climbs its ladders for the described transfer on one day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final, NamedTuple, TypeVar

from corridor.base.reasons import Citation, Verified
from corridor.base.truth import Truth, all_of, any_of
from corridor.law.ahead import changes_by
from corridor.law.counting import Ledger, key_of, tally_fast, window_on
from corridor.law.dated import earliest
from corridor.law.domains import domains_of
from corridor.law.facts import Facts, check_day
from corridor.law.fast import Climbed, State, compiled
from corridor.law.involved import Involved, involved_in
from corridor.law.model import Due, Jurisdiction, Provision, Rulebook, Rung
from corridor.law.outcome import (
    NOTHING_BEFORE,
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
from corridor.law.papers import joined, route_of
from corridor.law.questions import Questions
from corridor.law.steps import applied_rules
from corridor.law.trace import Assumption, Span, Trace

_BY_RANK: Final = tuple(Verified)
Item = TypeVar("Item")


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
    if rulebook.added:
        rulings = tuple(_with_added(ruling, rulebook) for ruling in rulings)
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
    state = State(compiled(jurisdiction), facts, as_of, lambda _state, _name: unknown)
    state.climbs()
    for name in sorted(state.counted):
        counter = jurisdiction.counters[name]
        found = tally_fast(state, name, counter)
        yield CountQuery(key_of(jurisdiction.id, counter, facts), window_on(counter.window, as_of), found.populations)


class _Climb(NamedTuple):
    """One ladder climbed: the rung that decides, and the rungs left open above it with the facts that keep them so."""

    outcome: Outcome
    decided: Rung | None
    open: tuple[tuple[Rung, tuple[str, ...]], ...]
    passed: tuple[tuple[Rung, tuple[str, ...]], ...]
    """Rungs that only help whoever relies on them, which nobody does."""


def _climbed(rungs: tuple[Rung, ...], found: Climbed) -> _Climb:
    number, left = found
    decided = rungs[number] if number >= 0 else None
    unsure = [(rungs[at], tuple(dict.fromkeys(missing))) for at, missing in left]
    open_ = tuple(pair for pair in unsure if not pair[0].provision.claimed)
    outcome = Outcome.UNDETERMINED
    if decided is not None and all(rung.answer == decided.answer for rung, _ in open_):
        outcome = decided.provision.outcome
    return _Climb(outcome, decided, open_, tuple(pair for pair in unsure if pair[0].provision.claimed))


def _rule(jurisdiction: Jurisdiction, facts: Facts, as_of: date, previous: Mapping[CountKey, int]) -> Ruling:
    if as_of < jurisdiction.encoded_from:
        return _too_early(jurisdiction, as_of)
    ledger = Ledger(jurisdiction.id, jurisdiction.counters, previous, facts)
    state = State(compiled(jurisdiction), facts, as_of, ledger.total)
    climbs = [_climbed(rungs, found) for rungs, found in state.climbs()]
    outcome = meet([climb.outcome for climb in climbs])
    rungs = [c.decided for c in climbs if c.decided and c.outcome is outcome and outcome is not Outcome.UNDETERMINED]
    decided = [rung.provision for rung in rungs]
    trace = Trace(facts, as_of, jurisdiction.presumptions, ledger.count, counted=state.counted)
    answering = [*decided, *_beside(climbs, outcome)]
    wanting = [provision for provision in answering if provision.outcome.needs_papers]
    routes = joined([tuple(_routes(provision, jurisdiction, trace, state)) for provision in wanting])
    proceed = _proceed(outcome, routes)
    changes = trace.changes
    duties = tuple(_duties(jurisdiction, answering, outcome, state, changes))
    changes.update(_ladders_ahead(jurisdiction, facts, as_of))
    changes.update(state.changes, ledger.changes(state.counted, as_of), _rung_changes(climbs), _paper_changes(routes))
    return Ruling(
        jurisdiction=jurisdiction.id,
        name=jurisdiction.name,
        as_of=as_of,
        outcome=outcome,
        proceed=proceed,
        provisions=tuple(_provisions(climbs, rungs)),
        routes=routes,
        obligations=(*_filings(routes), *duties),
        open=_open(climbs, outcome, proceed, routes),
        assumptions=(*state.assumptions, *ledger.assumptions(state.counted, as_of), *_passed_over(climbs)),
        counted=ledger.counted(
            state.counted, as_of, adds=not outcome.is_outside and not any(p.uncounted for p in decided)
        ),
        conflicts=tuple(_conflicts(jurisdiction, decided, facts)),
        verified=_weakest(
            state.rank, (*(one.citation for one in answering), *(duty.citation for duty in duties)), routes
        ),
        overrides=tuple(state.overrides),
        next_change=min((day for day in changes if day > as_of), default=None),
        explain=lambda: applied_rules(jurisdiction, facts, as_of, previous),
        ask=lambda open_: questions_on(jurisdiction, facts, as_of, previous).ordered(open_),
    )


def _ladders_ahead(jurisdiction: Jurisdiction, facts: Facts, as_of: date) -> Iterable[date]:
    """The first days of ladders that lie ahead and can have a say, unless the facts rule it out."""
    for ladder in jurisdiction.ladders:
        first = ladder.period.start
        if first is not None and first > as_of:
            trace = Trace(
                facts, as_of, jurisdiction.presumptions, Ledger(jurisdiction.id, jurisdiction.counters, {}).count
            )
            conditions = (one.condition for one in ladder.provisions if not one.outcome.is_outside)
            if any(changes_by(first, one.uses, jurisdiction, as_of) or one.holds(trace).holds for one in conditions):
                yield first


def questions_on(
    jurisdiction: Jurisdiction, facts: Facts, as_of: date, previous: Mapping[CountKey, int] = NOTHING_BEFORE
) -> Questions:
    """The search for what can still change what the jurisdiction answers."""
    domains = domains_of(jurisdiction, as_of)
    return Questions(
        facts,
        lambda supposed: _rule(jurisdiction, supposed, as_of, previous).open,
        domains.of,
    )


def _with_added(ruling: Ruling, rulebook: Rulebook) -> Ruling:
    """The ruling, saying which of the instruments are the user's own."""
    rules = rulebook.jurisdictions.get(ruling.jurisdiction)
    if rules is None:
        return ruling
    own = tuple(one.id for one in rules.instruments.values() if one.place.file in rulebook.added)
    return replace(ruling, added=own) if own else ruling


def _beside(climbs: list[_Climb], outcome: Outcome) -> Iterable[Provision]:
    """What the other ladders ask for besides the strictest, where anything may go ahead at all."""
    if outcome not in {Outcome.UNDETERMINED, Outcome.PROHIBITED}:
        for climb in climbs:
            if climb.decided and climb.outcome is not outcome and not climb.outcome.is_outside:
                yield climb.decided.provision


def _rung_changes(climbs: list[_Climb]) -> Iterable[date]:
    """The days on which the rungs that hold, or may, end."""
    for climb in climbs:
        rungs = [rung for rung, _ in (*climb.open, *climb.passed)]
        yield from (rung.boundary for rung in (*rungs, climb.decided) if rung and rung.boundary)


def _passed_over(climbs: list[_Climb]) -> Iterable[Assumption]:
    for climb in climbs:
        for rung, missing in climb.passed:
            yield Assumption(rung.unclaimed, missing, rung.provision.citation)


def _weakest(rank: int, citations: Iterable[Citation], routes: tuple[Route, ...]) -> Verified:
    """The weakest class of what the rungs rest on, and of what is cited besides."""
    cited = (*citations, *(need.citation for route in routes for need in route.papers))
    return _BY_RANK[max([rank, *(one.verified.rank for one in cited if one.verified)])]


def _provisions(climbs: list[_Climb], decided: list[Rung]) -> Iterable[Basis]:
    """The decisive provisions first, then what other ladders add; the open ones where nothing is decided."""
    found = [rung.basis for rung in decided[:1]] or [rung.basis for climb in climbs for rung, _ in climb.open]
    silent = (Outcome.UNDETERMINED, Outcome.NOT_REGULATED)
    found.extend([climb.decided.basis for climb in climbs if climb.decided and climb.outcome not in silent])
    if len(found) == 1:
        return found
    # The texts tell them apart, and are many times as fast to compare as all that a basis holds.
    return {(one.citation.instrument, one.citation.pin, one.says): one for one in found}.values()


def _open(climbs: list[_Climb], outcome: Outcome, proceed: Truth, routes: tuple[Route, ...]) -> tuple[str, ...]:
    if outcome is Outcome.UNDETERMINED:
        open_climbs = (climb for climb in climbs if climb.outcome is Outcome.UNDETERMINED)
        return tuple(dict.fromkeys(name for climb in open_climbs for _, names in climb.open for name in names))
    if proceed is not Truth.UNKNOWN:
        return ()
    findings = (finding for route in routes for need in route.papers for finding in need.findings)
    return tuple(dict.fromkeys(name for finding in findings for name in finding.missing))


def _routes(provision: Provision, jurisdiction: Jurisdiction, trace: Trace, state: State) -> Iterable[Route]:
    for opening in provision.opened_by:
        trace.note_period(opening.period)
        if trace.as_of in opening.period:
            yield route_of(opening, jurisdiction.papers, trace, state.contents)


def _proceed(outcome: Outcome, routes: tuple[Route, ...]) -> Truth:
    if outcome is Outcome.UNDETERMINED:
        return Truth.UNKNOWN
    if outcome.needs_papers:
        return any_of(route.holds for route in routes)
    return Truth.of(outcome.is_free)


def _duties(
    jurisdiction: Jurisdiction, decided: list[Provision], outcome: Outcome, state: State, changes: set[date]
) -> Iterable[Obligation]:
    named = {name for provision in decided for name in provision.duties}
    for due, comes in jurisdiction.standing[state.as_of].duties[outcome]:
        if not comes and due.duty.id not in named:
            continue
        holds = state.compiled.duties[due.number](state)[0] if due.in_force else _can_come(due, jurisdiction, state)
        if due.boundary is not None and holds:
            changes.add(due.boundary)
        if due.in_force and holds:
            yield due.certain if holds == Truth.TRUE else due.perhaps


def _can_come(due: Due, jurisdiction: Jurisdiction, state: State) -> int:
    """Whether a duty not yet in force can come with the transfer on its first day; what is read for it is not noted."""
    if changes_by(due.boundary, due.duty.condition.uses, jurisdiction, state.as_of):
        return 1
    kept = state.keep()
    holds = state.compiled.duties[due.number](state)[0]
    state.restore(kept)
    return holds


def _filings(routes: tuple[Route, ...]) -> Iterable[Obligation]:
    """One for each paper that is still to be filed, also where several routes need it."""
    found: dict[str, Obligation] = {}
    for need in (need for route in routes for need in route.papers if need.findings):
        for finding in need.findings:
            if finding.holds is Truth.TRUE and finding.to_file is not None:
                what = f"file {finding.paper} ({need.title}) with the {need.authority}"
                found[what] = Obligation(what, "exporter", finding.to_file.isoformat(), "", need.citation)
    return found.values()


def _paper_changes(routes: tuple[Route, ...]) -> Iterable[date]:
    needs: Iterable[PaperNeed] = (need for route in routes for need in route.papers)
    return (day for need in needs for finding in need.findings for day in finding.changes)


def _conflicts(jurisdiction: Jurisdiction, decided: list[Provision], facts: Facts) -> Iterable[Conflict]:
    for provision in decided:
        if provision.conflict:
            other = facts.get("request.country")
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
        open=(note,),
        next_change=jurisdiction.encoded_from,
        note=note,
    )


def _without_rules(country: str, as_of: date) -> Ruling:
    note = (
        f"the rulebook has no rules for {country}: add a folder with its jurisdiction.yaml and its instruments, "
        "or take advice on its law"
    )
    return Ruling(
        country, country, as_of, Outcome.UNDETERMINED, Truth.UNKNOWN, open=(f"the rules of {country}",), note=note
    )


def _united(rulings: tuple[Ruling, ...], involved: Involved, as_of: date) -> Assessment:
    outcomes = [ruling.outcome for ruling in rulings]
    outcome = meet([*outcomes, *((Outcome.UNDETERMINED,) if involved.missing else ())])
    proceed = all_of((*(ruling.proceed for ruling in rulings), Truth.UNKNOWN if involved.missing else Truth.TRUE))
    return Assessment(
        as_of=as_of,
        rulings=rulings,
        outcome=outcome,
        proceed=proceed if rulings else Truth.UNKNOWN,
        obligations=_once([ruling.obligations for ruling in rulings]),
        conflicts=_once([ruling.conflicts for ruling in rulings]),
        unplaced=involved.missing,
        verified=max((ruling.verified for ruling in rulings), key=lambda v: v.rank, default=Verified.RECALLED),
        next_change=earliest((*(ruling.next_change for ruling in rulings), involved.next_change)),
    )


def _once(groups: list[tuple[Item, ...]]) -> tuple[Item, ...]:
    """The items of all groups without repeats; within a group there are none."""
    full = [group for group in groups if group]
    if len(full) == 1:
        return full[0]
    return tuple(dict.fromkeys(item for group in full for item in group))
