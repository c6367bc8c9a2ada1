from __future__ import annotations

from datetime import date

import pytest

from corridor.law.ahead import AHEAD, UNTOLD, state_of
from corridor.law.evaluate import assess
from corridor.law.facts import parse_facts
from corridor.law.from_source import load_rulebook
from corridor.law.outcome import Outcome

HEAD = """
jurisdiction: XB
name: {en: Bora}
encoded_from: 2020-01-01
territory: PE
ladders: [{id: out, title: Out}]
"""
OLD = """
instrument: xb/old
title: {en: Old Act}
enacted_by: Parliament
in_force: {from: 2020-01-01}
source: {address: gazette, checked: 2026-01-01, verified: recalled}
lists:
  friends: {of: place, entries: [{members: [CL], from: 2020-01-01, pin: s 2}]}
provisions:
  - {ladder: out, pin: s 1, when: "true", answer: ALLOWED, says: Free.}
"""
NEW = """
instrument: xb/new
title: {en: New Act}
enacted_by: Parliament
in_force: {from: 2027-01-01}
source: {address: gazette, checked: 2026-01-01, verified: recalled}
parameters:
  limit: {unit: persons, values: [{from: 2027-01-01, value: 10, pin: s 3}]}
lists:
  foes: {of: place, entries: [{members: [BO], from: 2027-01-01, pin: s 4}]}
derive:
  about_persons: {is: data.items any personal, pin: s 5}
  told_apart: {is: about_persons and importer.located_in in friends, pin: s 6}
provisions:
  - {ladder: out, pin: s 7, when: CONDITION, answer: PROHIBITED, says: Not so., exception_to: [xb/old s 1]}
"""
LATER = """
instrument: xb/later
title: {en: Act on Health Records}
enacted_by: Parliament
in_force: {from: 2028-01-01}
source: {address: gazette, checked: 2026-01-01, verified: recalled}
lists:
  kinds: {of: category, entries: [{members: [health], from: 2028-01-01, pin: s 8}]}
duties:
  - {id: tell, pin: s 9, what: tell, who: exporter, when: CONDITION}
"""
BEFORE, FIRST = date(2026, 12, 31), date(2027, 1, 1)


def book(condition):
    return load_rulebook({"xb/j.yaml": HEAD, "xb/old.yaml": OLD, "xb/new.yaml": NEW.replace("CONDITION", condition)})


def described(to):
    items = [{"category": "health"}]
    return parse_facts({"exporter": {"located_in": "PE"}, "importer": {"located_in": to}, "data": {"items": items}})


@pytest.mark.parametrize(
    ("condition", "to"),
    [("about_persons", "BO"), ("told_apart", "CL"), ("importer.located_in in foes", "BO")],
)
def test_a_rung_ahead_that_reads_what_begins_with_it_is_announced(condition, to):
    rulebook = book(condition)
    now, then = (assess(rulebook, described(to), day).ruling("XB") for day in (BEFORE, FIRST))
    assert (now.outcome, now.next_change) == (Outcome.ALLOWED, FIRST)
    assert then.outcome is Outcome.PROHIBITED


@pytest.mark.parametrize("condition", ["importer.located_in in friends", "data.whole_register and false"])
def test_a_rung_ahead_that_the_facts_rule_out_is_not(condition):
    assert assess(book(condition), described("BO"), BEFORE).ruling("XB").next_change is None


@pytest.mark.parametrize(
    ("condition", "state"),
    [
        ("exporter.persons_handled > limit", UNTOLD),
        ("told_apart", UNTOLD),
        ("importer.located_in in friends", AHEAD),
        ("data.whole_register", AHEAD),
    ],
)
def test_what_begins_by_the_first_day_leaves_the_condition_unasked(condition, state):
    rules = book(condition).jurisdictions["XB"]
    states = [[state_of(rung, rules, day) for rung in rules.standing[day].ladders[0]] for day in (BEFORE, FIRST)]
    assert states == [[state, 1], [1, 1]]


@pytest.mark.parametrize(
    ("condition", "change"),
    [
        ("data.items any (category == health)", date(2028, 1, 1)),
        ("data.items any (category in kinds)", date(2028, 1, 1)),
        ("data.whole_register", date(2028, 1, 1)),
        ("data.items any (category == credit)", None),
    ],
)
def test_a_duty_ahead_is_announced_if_it_can_come(condition, change):
    rulebook = load_rulebook(
        {"xb/j.yaml": HEAD, "xb/old.yaml": OLD, "xb/b.yaml": LATER.replace("CONDITION", condition)}
    )
    ruling = assess(rulebook, described("BO"), BEFORE).ruling("XB")
    assert (ruling.next_change, ruling.obligations) == (change, ())
