from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.odrl.flips import constraint_flips, deadline_of, flattened, is_deadline
from corridor.odrl.judge import judge_of
from corridor.odrl.model import Connective, Constraint, Duty, LogicalConstraint
from corridor.odrl.operands import CORE, OPERATORS_OF, PAPERS, Operator, Sort
from corridor.odrl.values import LAST_INSTANT, Duration, Moment, PaperReference
from corridor.odrl.world import HeldPaper

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = Moment.of_day(date(2026, 11, 22))
MONTH = Duration(1, timedelta(0))


def constraint(left, operator, right):
    return Constraint(CORE.get(left), Operator(operator), right)


def flips(left, operator, right, agreed_at=None, register=None):
    return sorted(constraint_flips(constraint(left, operator, right), agreed_at, register or {}))


@pytest.mark.parametrize(
    ("operator", "ends"),
    [
        ("lt", [DAY.start]),
        ("gteq", [DAY.start]),
        ("lteq", [DAY.end]),
        ("gt", [DAY.end]),
        ("eq", [DAY.start, DAY.end]),
        ("neq", [DAY.start, DAY.end]),
    ],
)
def test_a_comparison_with_a_day_turns_at_its_ends(operator, ends):
    assert flips("dateTime", operator, DAY) == ends


def test_a_period_turns_when_it_is_over_if_it_has_begun():
    end = datetime(2026, 12, 22, 12, tzinfo=UTC)
    assert flips("elapsedTime", "lt", MONTH, agreed_at=NOON) == [end]
    assert flips("elapsedTime", "lteq", MONTH, agreed_at=NOON) == [end + TICK]
    assert flips("elapsedTime", "lteq", MONTH) == []


def test_a_period_without_end_turns_at_the_end_of_time():
    assert flips("elapsedTime", "lteq", Duration(12 * 9000, timedelta(0)), agreed_at=NOON) == [LAST_INSTANT]


def test_papers_turn_when_they_begin_and_end_here_or_in_the_register():
    paper = PaperReference("d", effective=DAY, valid_to=Moment.of_day(date(2027, 1, 31)))
    register = {"d": HeldPaper(valid_from=NOON, valid_until=datetime(2026, 12, 1, tzinfo=UTC))}
    assert flips(PAPERS, "isAllOf", (paper,), register=register) == [
        DAY.start,
        NOON,
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 2, 1, tzinfo=UTC),
    ]
    assert flips(PAPERS, "isAllOf", (PaperReference("d"),)) == []


def test_what_does_not_come_from_the_clock_does_not_turn():
    assert flips("count", "lteq", 5) == []
    assert flips("spatial", "eq", frozenset({"DE"})) == []


@given(
    st.sampled_from(sorted(OPERATORS_OF[Sort.INSTANT])),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)).map(Moment.of_instant),
    st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
)
def test_between_two_flips_the_answer_stays_and_at_a_flip_it_turns(operator, right, now):
    judge = judge_of(constraint("dateTime", operator, right))
    turns = flips("dateTime", operator, right)
    assert all(judge(turn) is not judge(turn - TICK) for turn in turns)
    passed = [turn for turn in turns if turn <= now]
    assert judge(now) is (judge(passed[-1]) if passed else judge(turns[0] - TICK))


def test_a_conjunction_is_opened_and_a_choice_is_not():
    one, two, three = (constraint("count", "lteq", limit) for limit in (1, 2, 3))
    choice = LogicalConstraint(Connective.OR, (two, three))
    nested = LogicalConstraint(Connective.AND, (one, LogicalConstraint(Connective.AND, (choice,))))
    assert list(flattened([nested])) == [one, choice]


@pytest.mark.parametrize(
    ("left", "operator", "right", "answer"),
    [
        ("dateTime", "lt", DAY, True),
        ("dateTime", "lteq", DAY, True),
        ("dateTime", "gt", DAY, False),
        ("dateTime", "eq", DAY, False),
        ("elapsedTime", "eq", MONTH, True),
        ("elapsedTime", "gt", MONTH, False),
        ("count", "lt", 5, False),
    ],
)
def test_a_latest_time_is_a_deadline(left, operator, right, answer):
    assert is_deadline(constraint(left, operator, right)) is answer


def test_a_choice_is_no_deadline():
    assert not is_deadline(LogicalConstraint(Connective.OR, (constraint("dateTime", "lt", DAY),)))


def test_the_earliest_deadline_counts():
    duty = Duty("delete", (constraint("dateTime", "lteq", DAY), constraint("elapsedTime", "lteq", MONTH)))
    assert deadline_of(duty) == DAY.end
    assert deadline_of(duty, agreed_at=datetime(2026, 10, 1, tzinfo=UTC)) == datetime(2026, 11, 1, tzinfo=UTC) + TICK
    assert deadline_of(Duty("delete")) is None
    assert deadline_of(Duty("delete", (constraint("elapsedTime", "lteq", MONTH),))) is None
