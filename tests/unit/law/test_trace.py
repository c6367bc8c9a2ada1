from __future__ import annotations

from datetime import date

from corridor.base.clock import DateRange
from corridor.base.truth import Truth
from corridor.law.facts import parse_facts
from corridor.law.trace import Assumption, Presumption, Span, Step, Trace, missing_in


def a_trace(presumed=None):
    return Trace(parse_facts({}), date(2026, 6, 1), presumed or {}, lambda _trace, _name: Span(0, 0))


def test_a_span_shows_what_is_known():
    assert [str(span) for span in (Span(5, 5), Span(1, 5), Span(5, None))] == ["5", "1 to 5", "5 or more"]


def test_only_unknown_parts_miss_something():
    known = Step("a", Truth.TRUE, missing=("x",))
    open_ = Step("b", Truth.UNKNOWN, missing=("y",))
    assert missing_in(Step("or", Truth.UNKNOWN, because=(known, open_, open_))) == ("y",)
    assert missing_in(known) == ()


def test_only_days_ahead_are_changes():
    trace = a_trace()
    trace.will_change(date(2026, 6, 1))
    trace.will_change(None)
    trace.will_change(date(2026, 6, 2))
    trace.note_period(DateRange(date(2020, 1, 1), date(2026, 12, 31)))
    assert trace.changes == {date(2026, 6, 2), date(2027, 1, 1)}


def test_an_assumption_is_noted_once():
    trace = a_trace({"x": Presumption(value=True, why="taken so")})
    assert trace.presume("x") is True
    assert trace.presume("x") is True
    assert trace.presume("y") is None
    assert tuple(trace.assumptions) == (Assumption("taken so", ("x",)),)


def test_a_question_aside_leaves_no_mark():
    trace = a_trace()
    beside = trace.aside()
    beside.assume("something")
    beside.will_change(date(2030, 1, 1))
    beside.counted["n"] = Span(1, 1)
    assert (trace.assumptions, trace.changes, trace.counted) == ({}, set(), {})
