from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from corridor.dsp.messages import Role
from corridor.dsp.states import NegotiationState
from corridor.service.desk import (
    Accept,
    Agree,
    Do,
    Hold,
    Postpone,
    Proceed,
    ProcessKind,
    Refuse,
    Rule,
    Situation,
    Wait,
    acts_unasked,
    automatic,
    desk_of,
    held,
    move_of,
    name_of,
    still_approved,
)
from corridor.service.records import Approval

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ASKED = Situation(
    kind=ProcessKind.NEGOTIATION,
    process="urn:p",
    role=Role.PROVIDER,
    state=NegotiationState.REQUESTED,
    partner="did:web:partner.example",
    dataset="alerts/2026",
    agreement=None,
    offers=(),
    decision=None,
    proposal=Agree(),
    approval=Agree(),
)
OFFERED = replace(ASKED, role=Role.CONSUMER, proposal=Hold("an offer"), approval=Accept())


async def test_without_rules_and_hook_the_node_goes_its_way():
    assert await move_of(automatic, ASKED) == Agree()
    assert await move_of(desk_of(), OFFERED) == Hold("an offer")


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (Rule(Do.HOLD), True),
        (Rule(Do.HOLD, partner="did:web:partner.example", dataset="alerts/2026", role=Role.PROVIDER), True),
        (Rule(Do.HOLD, dataset="alerts/*"), True),
        (Rule(Do.HOLD, dataset="*"), True),
        (Rule(Do.HOLD, dataset="alerts"), False),
        (Rule(Do.HOLD, partner="did:web:other.example"), False),
        (Rule(Do.HOLD, role=Role.CONSUMER), False),
        (Rule(Do.HOLD, ProcessKind.TRANSFER), False),
    ],
)
def test_a_rule_fits_by_what_it_names(rule, fits):
    assert rule.fits(ASKED) is fits


async def test_the_first_rule_that_fits_decides_and_the_hook_is_not_asked():
    async def hook(_):
        raise AssertionError("nobody asks")

    desk = desk_of((Rule(Do.REFUSE, role=Role.CONSUMER), Rule(Do.AUTOMATIC), Rule(Do.HOLD)), hook)
    assert await desk(ASKED) == Agree()
    assert await desk(OFFERED) == Refuse("rule")


async def test_where_no_rule_fits_the_hook_decides():
    async def hook(situation):
        return Postpone(timedelta(hours=1)) if situation.partner.endswith("partner.example") else Proceed()

    assert await move_of(desk_of((Rule(Do.HOLD, role=Role.CONSUMER),), hook), ASKED) == Postpone(timedelta(hours=1))


def test_what_each_rule_does():
    assert Rule(Do.HOLD, reason="ask legal").move(ASKED) == Hold("ask legal")
    assert Rule(Do.REFUSE, reason="not in November").move(ASKED) == Refuse("rule", ("not in November",))
    assert Rule(Do.AUTOMATIC).move(OFFERED) == Accept()


def test_a_rule_leaves_the_partners_turn_to_the_partner():
    theirs = replace(ASKED, proposal=Wait(), approval=Wait())
    assert [Rule(do).move(theirs) for do in Do] == [Wait(), Wait(), Wait()]


def test_what_a_person_approved_a_rule_does_not_hold_again():
    assert Rule(Do.HOLD).move(replace(ASKED, approved=True)) == Agree()


async def test_a_hook_that_fails_leaves_the_process_to_a_person():
    async def broken(_):
        raise ZeroDivisionError("a fault of the user's")

    async def mute(_):
        return None

    assert await move_of(broken, ASKED) == Hold("the decision hook failed: a fault of the user's")
    assert await move_of(mute, ASKED) == Hold("the decision hook gave a NoneType, which is no move")


def test_a_yes_counts_as_long_as_the_terms_are_the_same():
    yes = Approval("REQUESTED", 1, NOW)
    assert (still_approved(yes, 1), still_approved(yes, 2), still_approved(None, 0)) == (True, False, False)


def test_a_person_sees_what_comes_of_a_yes():
    assert held(Agree(), "why", NOW).move == name_of(Agree()) == "agree"


async def test_only_a_hook_acts_unasked():
    async def hook(_):
        return Wait()

    ruled = (Rule(Do.HOLD),)
    assert [acts_unasked(one) for one in (automatic, desk_of(), desk_of(ruled))] == [False] * 3
    assert [acts_unasked(one) for one in (hook, desk_of(hook=hook), desk_of(ruled, hook))] == [True] * 3
