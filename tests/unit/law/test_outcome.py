from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.reasons import Citation
from corridor.base.truth import Truth
from corridor.law.outcome import Assessment, Outcome, PaperFinding, PaperNeed, Route, Ruling, meet

CITED = Citation("xa/act", "s 1")


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        ((), Outcome.UNDETERMINED),
        ((Outcome.ALLOWED, Outcome.NOT_REGULATED), Outcome.ALLOWED),
        ((Outcome.UNDETERMINED, Outcome.ALLOWED), Outcome.UNDETERMINED),
        ((Outcome.UNDETERMINED, Outcome.PROHIBITED), Outcome.PROHIBITED),
        ((Outcome.RESTRICTED, Outcome.REQUIRES_APPROVAL), Outcome.REQUIRES_APPROVAL),
        ((Outcome.RESTRICTED, Outcome.ALLOWED_WITH_MECHANISM), Outcome.RESTRICTED),
    ],
)
def test_the_strictest_outcome_decides(outcomes, whole):
    assert meet(outcomes) is whole


@given(st.lists(st.sampled_from(Outcome), min_size=1), st.sampled_from(Outcome))
def test_the_order_of_outcomes_does_not_matter_and_one_more_never_frees(outcomes, more):
    assert meet(reversed(outcomes)) is meet(outcomes)
    assert meet([*outcomes, more]).is_free <= meet(outcomes).is_free


def test_every_outcome_is_free_or_needs_papers_or_stops():
    stopping = {outcome for outcome in Outcome if not outcome.is_free and not outcome.needs_papers}
    assert stopping == {Outcome.PROHIBITED, Outcome.UNDETERMINED}
    assert {outcome for outcome in Outcome if outcome.is_outside} == {Outcome.NOT_A_TRANSFER, Outcome.NOT_REGULATED}


def a_ruling():
    good = PaperFinding("p2", Truth.TRUE)
    need = PaperNeed(
        "xa/permit",
        "Permit",
        (),
        "",
        "",
        "",
        filed=False,
        citation=CITED,
        findings=(PaperFinding("p1", Truth.FALSE), good),
        holds=Truth.TRUE,
    )
    routes = (Route("permit", (need,), CITED, Truth.TRUE), Route("permit", (need,), CITED, Truth.TRUE))
    return Ruling("XA", "Aland", date(2026, 1, 1), Outcome.REQUIRES_APPROVAL, Truth.TRUE, routes=routes)


def test_a_ruling_lists_its_mechanisms_and_papers_once():
    ruling = a_ruling()
    assert ruling.mechanisms == ("permit",)
    assert [need.kind for need in ruling.papers_needed] == ["xa/permit"]
    assert ruling.papers_needed[0].satisfied_by.paper == "p2"


def test_a_ruling_offers_a_mechanism_also_beside_those_of_other_matters():
    ruling = replace(a_ruling(), routes=(Route("permit_and_letter", (), CITED, Truth.FALSE),))
    assert ruling.offers("permit")
    assert ruling.offers("letter")
    assert not ruling.offers("let")


def test_an_assessment_finds_its_rulings():
    ruling = a_ruling()
    whole = Assessment(
        date(2026, 1, 1), (ruling,), ruling.outcome, Truth.TRUE, (), (), (), ruling.verified, next_change=None
    )
    assert whole.ruling("XA") is ruling
    assert whole.ruling("XB") is None
    assert whole.papers_needed == ruling.papers_needed
