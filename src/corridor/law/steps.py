"""The steps of an answer: every rung that was examined, with what its condition came to and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from corridor.base.truth import Truth
from corridor.law.counting import Ledger
from corridor.law.facts import Facts
from corridor.law.model import Jurisdiction, Rung
from corridor.law.outcome import AppliedRule, CountKey
from corridor.law.trace import Trace


def applied_rules(
    jurisdiction: Jurisdiction, facts: Facts, as_of: date, previous: Mapping[CountKey, int]
) -> tuple[AppliedRule, ...]:
    """Every rung that the jurisdiction examines on `as_of`, in order; each ladder up to the rung that holds."""
    ledger = Ledger(jurisdiction.id, jurisdiction.counters, previous, facts)
    trace = Trace(facts, as_of, jurisdiction.presumptions, ledger.count)
    ladders = jurisdiction.standing[as_of].ladders
    return tuple(rule for rungs in ladders for rule in _examined(rungs, trace))


def _examined(rungs: tuple[Rung, ...], trace: Trace) -> Iterator[AppliedRule]:
    for rung in rungs:
        if rung.state == 1:
            provision = rung.provision
            step = provision.condition.holds(trace)
            yield AppliedRule(rung.basis, provision.outcome, step.holds, provision.claimed, step)
            if step.holds is Truth.TRUE:
                return
