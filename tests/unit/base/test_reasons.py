from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.reasons import Citation, Decision, Reason, Verified, conclude
from corridor.base.truth import Truth

truths = st.lists(st.sampled_from(Truth), max_size=6)


def reasons(holds):
    return tuple(Reason("step", f"step {place}", value) for place, value in enumerate(holds))


@pytest.mark.parametrize(("verdict", "allowed"), [(Truth.TRUE, True), (Truth.UNKNOWN, False), (Truth.FALSE, False)])
def test_only_a_certain_yes_allows(verdict, allowed):
    assert Decision(verdict).allowed is allowed


@given(truths)
def test_a_conclusion_needs_every_reason_and_names_those_in_the_way(holds):
    decision = conclude(reasons(holds))
    assert decision.allowed is all(value is Truth.TRUE for value in holds)
    assert decision.allowed is (decision.obstacles == ())
    assert len(decision.reasons) == len(holds)


def test_obstacles_are_the_top_level_reasons_that_do_not_hold():
    below = Reason("inner", "inner", Truth.FALSE)
    decision = conclude((Reason("a", "a", Truth.TRUE, because=(below,)), Reason("b", "b", Truth.UNKNOWN)))
    assert [reason.code for reason in decision.obstacles] == ["b"]
    assert decision.verdict is Truth.UNKNOWN


def test_a_citation_is_shown_by_its_title_or_by_its_instrument():
    assert str(Citation("cn/decree-16", "art 8", "Provisions")) == "Provisions, art 8"
    assert str(Citation("cn/decree-16", "art 8")) == "cn/decree-16, art 8"


def test_the_weakest_class_has_the_greatest_rank():
    assert max(Verified, key=lambda found: found.rank) is Verified.RECALLED
    assert [found.rank for found in (Verified.OFFICIAL, Verified.SECONDARY, Verified.RECALLED)] == [0, 1, 2]
