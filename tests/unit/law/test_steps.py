from __future__ import annotations

from datetime import date

from corridor.base.truth import Truth
from corridor.law.steps import applied_rules

DAY = date(2026, 11, 22)


def test_every_rung_up_to_the_one_that_holds_is_examined(aland, described):
    rules = applied_rules(aland, described(), DAY, {})
    assert [rule.basis.citation.pin for rule in rules] == ["s 1", "s 2", "s 3", "s 3(2)", "s 3(3)", "s 4", "s 6"]
    assert rules[-1].holds is Truth.TRUE
    assert rules[4].relied_on


def test_a_ruling_gives_them_when_they_are_asked_for(ask, aland, described):
    assert ask().steps == applied_rules(aland, described(), DAY, {})
