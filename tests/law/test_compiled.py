"""Every case asked step by step and compiled: the rungs that hold, those left open and what they ask are the same."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from corridor.app.rulebook import load_rules
from corridor.base.truth import Truth
from corridor.law.counting import Ledger, key_of
from corridor.law.facts import parse_facts
from corridor.law.fast import State, compiled
from corridor.law.model import Rulebook
from corridor.law.steps import applied_rules
from corridor.law.trace import missing_in

RULEBOOK: Rulebook = load_rules(banks=(Path(__file__).parent / "cases",))[0]
BY_LAW = defaultdict(list)
for _case in RULEBOOK.cases:
    BY_LAW[_case.jurisdiction].append(_case)


def _previous(law, case, facts):
    return {key_of(law.id, law.counters[name], facts): n for name, n in case.previous.items()}


@pytest.mark.parametrize("name", sorted(BY_LAW))
def test_the_compiled_rules_climb_as_the_steps_do(name):
    law = RULEBOOK.jurisdictions[name]
    for case in BY_LAW[name]:
        if case.as_of < law.encoded_from:
            continue
        facts = parse_facts(case.facts)
        previous = _previous(law, case, facts)
        state = State(compiled(law), facts, case.as_of, Ledger(law.id, law.counters, previous, facts).total)
        found = []
        for rungs, (decided, left) in state.climbs():
            found += [(rungs[at].basis, Truth.UNKNOWN, tuple(dict.fromkeys(missing))) for at, missing in left]
            found += [(rungs[decided].basis, Truth.TRUE, ())] if decided >= 0 else []
        rules = applied_rules(law, facts, case.as_of, previous)
        told = [(one.basis, one.holds, missing_in(one.step)) for one in rules if one.holds is not Truth.FALSE]
        assert found == told, case.id
