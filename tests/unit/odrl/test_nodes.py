from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from corridor.base.truth import Truth
from corridor.odrl.model import Connective, Constraint, Duty, LogicalConstraint
from corridor.odrl.nodes import (
    conjunction,
    constraint_node,
    duty_node,
    exactly_one,
    in_sequence,
    match_node,
    written,
)
from corridor.odrl.operands import CORE, PAPERS, Operator
from corridor.odrl.values import Duration, Moment, PaperReference
from corridor.odrl.world import DutyState, HeldPaper, World

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
USE = frozenset({"use", "read"})
TRUE, UNKNOWN, FALSE = Truth.TRUE, Truth.UNKNOWN, Truth.FALSE
CODES = {"T": "DE", "F": "CN", "U": None}
TRUTHS = {"T": TRUE, "F": FALSE, "U": UNKNOWN}
DUTY = Duty("delete", uid="urn:duty")


def constraint(left, operator, right, path="$"):
    return Constraint(CORE.get(left), Operator(operator), right, path)


def place(code):
    return constraint("spatial", "eq", frozenset({code}))


def joined(connective, letters):
    """A joined constraint whose members come to the given truths in the world that goes with it."""
    members = {
        "T": constraint("count", "gteq", 0),
        "F": constraint("count", "lt", 0),
        "U": constraint("purpose", "eq", frozenset("a")),
    }
    node = constraint_node(LogicalConstraint(connective, tuple(members[letter] for letter in letters), "$.c"), USE)
    world = World(NOW, counts={})
    reason = node.explain(world)
    assert reason.holds is node.test(world)
    assert [part.holds for part in reason.because] == [TRUTHS[letter] for letter in letters]
    return reason.holds


@pytest.mark.parametrize("letters", ["".join(found) for size in (1, 2, 3) for found in product("TFU", repeat=size)])
def test_connectives_are_kleenes_and_explain_what_they_test(letters):
    truths = [TRUTHS[letter] for letter in letters]
    assert joined(Connective.AND, letters) is min(truths)
    assert joined(Connective.OR, letters) is max(truths)
    joined(Connective.XONE, letters)
    joined(Connective.AND_SEQUENCE, letters)


@pytest.mark.parametrize(
    ("letters", "answer"),
    [
        ("T", TRUE),
        ("F", FALSE),
        ("TF", TRUE),
        ("TT", FALSE),
        ("TTU", FALSE),
        ("TU", UNKNOWN),
        ("FU", UNKNOWN),
        ("", FALSE),
    ],
)
def test_exactly_one_holds(letters, answer):
    assert exactly_one(TRUTHS[letter] for letter in letters) is answer


@pytest.mark.parametrize(
    ("letters", "answer"), [("T", TRUE), ("TT", UNKNOWN), ("TF", FALSE), ("TU", UNKNOWN), ("U", UNKNOWN), ("F", FALSE)]
)
def test_a_sequence_can_be_seen_to_fail_and_never_to_succeed(letters, answer):
    assert in_sequence(TRUTHS[letter] for letter in letters) is answer


def test_a_conjunction_of_nothing_holds():
    assert conjunction([])(World(NOW)) is TRUE


def test_a_reason_says_what_was_wanted_and_found_and_where():
    reason = constraint_node(constraint("count", "lteq", 5, "$.permission[0].constraint[0]"), USE).explain(
        World(NOW, counts={"read": 5})
    )
    assert (reason.code, reason.holds) == ("odrl.constraint", FALSE)
    assert reason.text == "`count` lteq 5; found 6"
    assert reason.citation.pin == "$.permission[0].constraint[0]"


@pytest.mark.parametrize(
    ("asked", "known", "text"),
    [
        (("spatial", "eq", frozenset({"DE"})), {}, "`spatial` eq DE; found nothing: not known"),
        (("purpose", "eq", frozenset("a")), {"purposes": frozenset()}, "`purpose` eq a; found none"),
        (
            ("dateTime", "lt", Moment.of_day(date(2026, 12, 31))),
            {},
            "`dateTime` lt 2026-12-31Z; found 2026-11-22T12:00:00Z",
        ),
        (
            ("elapsedTime", "lteq", Duration(3, timedelta(0))),
            {"agreed_at": NOW},
            "`elapsedTime` lteq P3M; found 2026-11-22T12:00:00Z, agreed at 2026-11-22T12:00:00Z",
        ),
    ],
)
def test_values_are_written_as_people_read_them(asked, known, text):
    assert constraint_node(constraint(*asked), USE).explain(World(NOW, **known)).text == text


def test_each_paper_is_told_with_what_stands_against_it():
    papers = tuple(PaperReference(digest, kind="cn/contract") for digest in ("d1", "d2", "d3"))
    world = World(NOW, papers={"d1": HeldPaper(), "d2": HeldPaper(withdrawn=True)})
    text = constraint_node(constraint(PAPERS, "isAllOf", papers), USE).explain(world).text
    assert "cn/contract d1 is valid at 2026-11-22T12:00:00Z" in text
    assert "cn/contract d2 is on file but not valid" in text
    assert "cn/contract d3 is not on file" in text


def test_a_long_list_is_cut():
    assert written(frozenset(f"urn:{n:02}" for n in range(30))).endswith("urn:19 and 10 more")


def target_node():
    return match_node("target", "urn:x", lambda world: world.target, "$.permission[0].target")


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        ({}, UNKNOWN),
        ({"target": "urn:x"}, TRUE),
        ({"target": "urn:y"}, FALSE),
        ({"target": "urn:y", "member_of": {"urn:y": frozenset({"urn:x"})}}, TRUE),
    ],
)
def test_a_target_is_matched_by_name_or_membership(known, answer):
    world = World(NOW, **known)
    assert target_node().test(world) is answer
    assert target_node().explain(world).holds is answer
    assert target_node().explain(world).code == "odrl.target"


def outcome(duty, state, *, strict=True, **known):
    """What a duty comes to in a state; None is a world that does not know its duties."""
    world = World(NOW, duties=None if state is None else {duty.key: state}, **known)
    node = duty_node(duty, USE, strict=strict)
    assert node.explain(world).holds is node.test(world)
    return node.test(world)


@pytest.mark.parametrize(
    ("state", "strict", "lenient"),
    [
        (DutyState.FULFILLED, TRUE, TRUE),
        (DutyState.VIOLATED, FALSE, FALSE),
        (DutyState.NOT_SET, FALSE, TRUE),
        (None, UNKNOWN, UNKNOWN),
    ],
)
def test_a_plain_duty_must_be_done_first_unless_duties_are_lenient(state, strict, lenient):
    assert outcome(DUTY, state) is strict
    assert outcome(DUTY, state, strict=False) is lenient


def test_a_duty_that_the_world_does_not_list_is_not_set():
    assert duty_node(DUTY, USE, strict=True).test(World(NOW, duties={})) is FALSE


@pytest.mark.parametrize(
    ("day", "state", "answer"),
    [
        (date(2026, 12, 1), DutyState.NOT_SET, TRUE),
        (date(2026, 12, 1), None, TRUE),
        (date(2026, 12, 1), DutyState.VIOLATED, FALSE),
        (date(2026, 11, 1), DutyState.NOT_SET, FALSE),
        (date(2026, 11, 1), None, UNKNOWN),
        (date(2026, 11, 1), DutyState.FULFILLED, TRUE),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_a_duty_with_a_deadline_leaves_the_permission_active_until_then(day, state, answer, strict):
    by = constraint("dateTime", "lteq", Moment.of_day(day))
    assert outcome(Duty("delete", (by,), uid="urn:duty"), state, strict=strict) is answer


def test_a_deadline_inside_a_conjunction_is_still_one():
    by = LogicalConstraint(Connective.AND, (constraint("dateTime", "lteq", Moment.of_day(date(2026, 11, 1))),))
    assert outcome(Duty("delete", (by,), uid="urn:duty"), DutyState.NOT_SET) is FALSE


def test_a_deadline_that_runs_from_an_unknown_day_is_unknown():
    by = constraint("elapsedTime", "lteq", Duration(1, timedelta(0)))
    assert outcome(Duty("delete", (by,), uid="urn:duty"), DutyState.NOT_SET) is UNKNOWN


@pytest.mark.parametrize(("code", "answer"), [("DE", FALSE), ("CN", TRUE), (None, UNKNOWN)])
def test_a_duty_whose_condition_does_not_hold_does_not_bind(code, answer):
    assert outcome(Duty("delete", (place("DE"),), uid="urn:duty"), DutyState.NOT_SET, country=code) is answer
