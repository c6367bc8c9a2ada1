from __future__ import annotations

from datetime import date

from corridor.law.portfolio.plan import Planned, plan
from corridor.law.portfolio.rebuild import rebuilt
from corridor.law.trace import Trace

DAY = date(2026, 11, 22)


def planned(aland, facts):
    counter = aland.counters["exported"]
    trace = Trace(facts, DAY, aland.presumptions, None)
    return plan(trace, counter, rebuilt(counter.of.answer.form, aland).run)


def test_each_count_that_matters_is_a_group_with_the_place_of_its_number(aland, described):
    counts = [
        {"category": "vehicle", "n": 1},
        {"category": "health"},
        {"category": "health", "n": 5, "population": "a"},
        {"category": "health", "n": 6, "window": 2025},
    ]
    assert planned(aland, described(data__counts=counts)) == (
        Planned("", None, certain=True, outside=False),
        Planned("a", 1, certain=True, outside=False),
        Planned("", 2, certain=False, outside=True),
    )


def test_data_without_a_count_are_any_number_of_persons(aland, described):
    assert planned(aland, described(data__counts=[])) == (Planned("", None, certain=False, outside=False),)
    assert planned(aland, described(data__items=None)) is None


def test_data_that_do_not_count_are_nobody(aland, described):
    assert planned(aland, described(data__items=[{"category": "vehicle", "personal": False}])) == ()
