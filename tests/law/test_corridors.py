"""Every law that ships answers the scenarios by which laws are compared, and every pair of laws can be compared."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from corridor.app.rulebook import load_international, load_rules, load_scenarios
from corridor.law.comparison.corridor import Verdict, corridor_between
from corridor.law.international_source import check_ties

RULEBOOK, _ = load_rules()
PLACES = {
    name: {"EU": "DE", "AE-DIFC": "AE-DU/DIFC", "AE-ADGM": "AE-AZ/ADGM"}.get(name, name)
    for name in RULEBOOK.jurisdictions
}
DAY = date(2026, 12, 2)


@pytest.mark.parametrize("ends", list(pairwise([*PLACES.values(), next(iter(PLACES.values()))])), ids="-".join)
def test_no_law_leaves_a_scenario_open(ends):
    found = corridor_between(RULEBOOK, load_international(), load_scenarios(), ends, DAY)
    assert [one.scenario.id for one in found.comparisons if one.verdict is Verdict.OPEN] == []


def test_ties_of_international_instruments_are_provisions_that_there_are():
    check_ties(load_international(), RULEBOOK)
