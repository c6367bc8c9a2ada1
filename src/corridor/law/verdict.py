"""The border decision without its explanation: for whoever asks only whether, and asks often.

It reads the same rules through the same comparisons as `evaluate.assess`, and answers the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from corridor.base.truth import Truth
from corridor.law.counting import Ledger
from corridor.law.facts import Facts, check_day
from corridor.law.fast import Climbed, State, compiled
from corridor.law.involved import involved_in
from corridor.law.model import Jurisdiction, Provision, Rulebook, Rung
from corridor.law.outcome import NOTHING_BEFORE, CountKey, Outcome, meet
from corridor.law.papers import route_of
from corridor.law.trace import Trace

_OPEN: Final = Truth.UNKNOWN


class Answered(NamedTuple):
    """What one jurisdiction answers; `provision` is the decisive one, None where nothing is decided."""

    jurisdiction: str
    outcome: Outcome
    proceed: Truth
    provision: Provision | None


class Verdict(NamedTuple):
    """What all involved jurisdictions answer together, as in `outcome.Assessment`."""

    outcome: Outcome
    proceed: Truth
    answers: tuple[Answered, ...]


def decide(rulebook: Rulebook, facts: Facts, as_of: date, previous: Mapping[CountKey, int] = NOTHING_BEFORE) -> Verdict:
    """The outcome, and whether the transfer may go ahead, as `assess` finds them.

    Raises:
        MalformedError: as `assess`.
    """
    check_day(as_of, "as_of")
    involved = involved_in(rulebook, facts, as_of)
    rules = rulebook.jurisdictions
    answers = [_answered(rules[name], facts, as_of, previous) for name in involved.jurisdictions]
    answers += [Answered(name, Outcome.UNDETERMINED, Truth.UNKNOWN, None) for name in involved.without_rules]
    outcomes, proceed = (
        [answer.outcome for answer in answers],
        min([answer.proceed for answer in answers], default=_OPEN),
    )
    if involved.missing or not answers:
        outcomes.append(Outcome.UNDETERMINED)
        proceed = min(proceed, _OPEN)
    return Verdict(meet(outcomes), proceed, tuple(answers))


def _answered(jurisdiction: Jurisdiction, facts: Facts, as_of: date, previous: Mapping[CountKey, int]) -> Answered:
    name = jurisdiction.id
    if as_of < jurisdiction.encoded_from:
        return Answered(name, Outcome.UNDETERMINED, Truth.UNKNOWN, None)
    ledger = Ledger(name, jurisdiction.counters, previous, facts)
    state = State(compiled(jurisdiction), facts, as_of, ledger.total, look_ahead=False)
    climbs = [_climbed(rungs, found) for rungs, found in state.climbs()]
    outcome = climbs[0][0] if len(climbs) == 1 else meet([found for found, _ in climbs])
    provision = next((provision for found, provision in climbs if found is outcome), None)
    if provision is None:
        return Answered(name, outcome, Truth.UNKNOWN, None)
    if provision.opened_by:
        wanting = [one for _, one in climbs if one is not None and one.opened_by]
        proceed = min([_opened(one, jurisdiction, state, ledger) for one in wanting])
        return Answered(name, outcome, proceed, provision)
    return Answered(name, outcome, Truth.of(outcome.is_free), provision)


def _climbed(rungs: tuple[Rung, ...], found: Climbed) -> tuple[Outcome, Provision | None]:
    """The outcome of a ladder, and the provision that decides it."""
    number, left = found
    if number < 0:
        return Outcome.UNDETERMINED, None
    decided = rungs[number]
    for at, _ in left:
        if not rungs[at].provision.claimed and rungs[at].answer != decided.answer:
            return Outcome.UNDETERMINED, None
    return decided.provision.outcome, decided.provision


def _opened(provision: Provision, jurisdiction: Jurisdiction, state: State, ledger: Ledger) -> Truth:
    """Whether papers that are shown open one of the routes; they are examined as for the explanation."""
    shown = {paper.get("kind") for paper in state.facts.papers}
    if not shown:
        return Truth.FALSE
    openings = [one for one in provision.opened_by if state.as_of in one.period and shown.issuperset(one.papers)]
    if not openings:
        return Truth.FALSE
    trace = Trace(state.facts, state.as_of, jurisdiction.presumptions, ledger.count, counted=state.counted)
    return max(route_of(opening, jurisdiction.papers, trace, lambda _: ()).holds for opening in openings)
