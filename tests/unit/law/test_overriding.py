from __future__ import annotations

from datetime import date

import pytest

from corridor.base.reasons import Verified
from corridor.law.evaluate import assess
from corridor.law.explain import as_json, as_text, reasons
from corridor.law.outcome import Outcome
from corridor.law.verdict import decide

DAY = date(2026, 11, 22)
FEWER = """
overrides:
  - parameter: many
    value: 5
    from: 2026-06-01
    to: 2027-05-31
    who: Legal department
    why: we stay well below
    decided: 2026-05-01
"""
FRIEND = """
overrides:
  - list: friends
    member: PE
    listed: true
    from: 2026-06-01
    who: Legal department
    why: the treaty is signed
    decided: 2026-05-01
"""
NO_FRIEND = FRIEND.replace("member: PE", "member: CL").replace("listed: true", "listed: false")


@pytest.fixture
def own(changed, described):
    """The ruling of Aland under rules of which a file overrides something."""

    def answer(text, as_of=DAY, **changes):
        book = changed(xa__house=text)
        facts = described(**changes)
        ruling = assess(book, facts, as_of).ruling("XA")
        assert decide(book, facts, as_of).answers[0].outcome is ruling.outcome
        return ruling

    return answer


def test_a_value_of_ones_own_decides_and_the_answer_says_so(own, ask):
    assert ask().outcome is Outcome.ALLOWED_WITH_MECHANISM
    ruling = own(FEWER)
    assert ruling.outcome is Outcome.REQUIRES_APPROVAL
    (override,) = ruling.overrides
    assert str(override) == "many is 5 persons, and not 100 (Legal department, 2026-05-01: we stay well below)"
    assert ruling.verified is Verified.RECALLED


def test_it_applies_on_its_days_and_the_law_on_all_others(own):
    assert own(FEWER, as_of=date(2026, 5, 31)).overrides == ()
    assert own(FEWER, as_of=date(2026, 5, 31)).next_change == date(2026, 6, 1)
    assert own(FEWER, as_of=date(2027, 5, 31)).overrides != ()
    assert own(FEWER, as_of=date(2027, 6, 1)).outcome is Outcome.ALLOWED_WITH_MECHANISM


def test_an_answer_that_does_not_use_it_does_not_speak_of_it(own):
    assert own(FEWER, importer__located_in="AR").overrides == ()


def test_a_place_is_put_on_a_list(own):
    ruling = own(FRIEND)
    assert (ruling.outcome, [str(one)[:24] for one in ruling.overrides]) == (
        Outcome.ALLOWED,
        ["PE is in friends (Legal "],
    )


def test_a_place_is_taken_off_a_list_and_that_is_said_too(own):
    ruling = own(NO_FRIEND, importer__located_in="CL")
    assert ruling.outcome is Outcome.ALLOWED_WITH_MECHANISM
    assert [one.text for one in ruling.overrides] == ["CL is not in friends"]


def test_people_machines_and_decisions_are_told(changed, described):
    whole = assess(changed(xa__house=FEWER), described(), DAY)
    said = "overridden: many is 5 persons, and not 100 (Legal department, 2026-05-01: we stay well below)"
    assert f"  {said}" in as_text(whole).splitlines()
    assert as_json(whole)["rulings"][0]["overrides"] == [
        {
            "text": "many is 5 persons, and not 100",
            "who": "Legal department",
            "why": "we stay well below",
            "decided": "2026-05-01",
            "in_force": {"from": "2026-06-01", "to": "2027-05-31"},
        }
    ]
    assert said in [reason.text for reason in reasons(whole)[0].because]


def test_the_steps_name_the_law_as_overridden(own):
    step = next(rule.step for rule in own(FRIEND).steps if rule.basis.citation.pin == "s 3(2)")
    assert ("by", "Data Act of Aland (overridden), annex 1") in step.values
