"""What a jurisdiction derives from a description, asked for by name: facts of the transfer and of its parties."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from corridor.base.errors import MalformedError
from corridor.base.truth import Truth
from corridor.law.counting import Ledger
from corridor.law.declaration_source import party_runner_of, runner_of
from corridor.law.facts import NOTHING, Facts, suggestion
from corridor.law.model import Jurisdiction
from corridor.law.outcome import CountKey
from corridor.law.ownership import Party
from corridor.law.standing import party_fact
from corridor.law.trace import Trace

_ENDS: Final = frozenset({"exporter", "importer"})


def derived_of(
    jurisdiction: Jurisdiction, facts: Facts, as_of: date, previous: Mapping[CountKey, int], name: str
) -> Truth:
    """What a jurisdiction derives: a fact by its name, or of a party by `exporter is name` or the party's id.

    Raises:
        MalformedError: there is no such derived fact, or no such party.
    """
    ledger = Ledger(jurisdiction.id, jurisdiction.counters, previous, facts)
    trace = Trace(facts, as_of, jurisdiction.presumptions, ledger.count)
    who, _, what = name.rpartition(" is ")
    party = trace.parties.named(who) or (Party(facts.get(who) or NOTHING, who) if who in _ENDS else None)
    derived = jurisdiction.of_party.get(what) if party else jurisdiction.derived.get(name)
    if derived is None:
        raise MalformedError(
            f"`{name}` is not derived in {jurisdiction.id}",
            remedy=suggestion(what, (*jurisdiction.derived, *jurisdiction.of_party)),
        )
    runs = {one: party_runner_of(fact) for one, fact in jurisdiction.of_party.items()}
    return party_fact(trace, what, party, runs).holds if party else runner_of(derived)(trace).holds
