from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.clock import DateRange
from corridor.law.counting import Ledger, key_of, next_window, tally, window_on
from corridor.law.facts import parse_facts
from corridor.law.model import WindowKind
from corridor.law.outcome import CountKey, Population
from corridor.law.trace import Span, Trace

DAY = date(2026, 6, 1)
HEALTH = {"category": "health"}


@pytest.fixture
def count(aland):
    def counted(items, counts, as_of=DAY):
        data = {"items": items, "counts": counts} if items is not None else {}
        trace = Trace(parse_facts({"data": data}), as_of, {}, lambda _trace, _name: Span(0, 0))
        return tally(trace, aland.counters["exported"])

    return counted


@pytest.mark.parametrize(
    ("kind", "day", "start", "end"),
    [
        (WindowKind.CALENDAR_YEAR, date(2026, 12, 31), date(2026, 1, 1), date(2026, 12, 31)),
        (WindowKind.CALENDAR_YEAR, date(2027, 1, 1), date(2027, 1, 1), date(2027, 12, 31)),
        (WindowKind.SINCE_PREVIOUS_YEAR, date(2024, 3, 21), date(2023, 1, 1), date(2024, 12, 31)),
        (WindowKind.TRAILING_12_MONTHS, date(2026, 6, 1), date(2025, 6, 2), date(2026, 6, 1)),
        (WindowKind.TRAILING_12_MONTHS, date(2024, 2, 29), date(2023, 3, 1), date(2024, 2, 29)),
        (WindowKind.ALWAYS, date(2026, 6, 1), None, None),
    ],
)
def test_a_window_depends_on_the_day(kind, day, start, end):
    assert window_on(kind, day) == DateRange(start, end)


def test_only_windows_of_years_begin_anew():
    assert next_window(WindowKind.CALENDAR_YEAR, DAY) == date(2027, 1, 1)
    assert next_window(WindowKind.TRAILING_12_MONTHS, DAY) is None
    assert next_window(WindowKind.ALWAYS, DAY) is None


@pytest.mark.parametrize(
    ("counts", "span"),
    [
        ([{**HEALTH, "n": 5}], Span(5, 5)),
        ([{**HEALTH, "n": 5, "population": "a"}, {**HEALTH, "n": 7, "population": "a"}], Span(7, 7)),
        ([{**HEALTH, "n": 5, "population": "a"}, {**HEALTH, "n": 7, "population": "b"}], Span(12, 12)),
        ([{**HEALTH, "n": 5}, {**HEALTH, "n": 7}], Span(7, 12, ("data.counts[].population",))),
        ([], Span(0, None, ("data.counts",))),
        ([HEALTH], Span(0, None, ("data.counts[0].n",))),
        ([{**HEALTH, "n": 5, "unit": "devices"}], Span(0, None, ("data.counts",))),
        ([{**HEALTH, "n": 5, "subject": "patient"}], Span(0, None, ("data.counts",))),
        ([{**HEALTH, "n": 5, "window": 2026}], Span(5, 5)),
        ([{**HEALTH, "n": 5, "window": 2025}], Span(0, 0)),
        (
            [{**HEALTH, "n": 5, "window": {"from": "2025-07-01", "to": "2026-06-01"}}],
            Span(0, 5, ("data.counts[0].window",)),
        ),
        (
            [{**HEALTH, "n": 5, "population": "a"}, {**HEALTH, "population": "a"}],
            Span(5, None, ("data.counts[1].n",)),
        ),
    ],
)
def test_distinct_persons_are_known_as_far_as_the_counts_say(count, counts, span):
    assert count([HEALTH], counts).span == span


def test_items_that_do_not_fall_under_the_counter_add_nobody(count):
    assert count([{"category": "industrial", "personal": False}], []).span == Span(0, 0)
    assert count([], [{**HEALTH, "n": 5}]).span == Span(0, 0)


def test_items_that_may_fall_under_it_widen_the_bounds(count):
    found = count([{"category": "vehicle"}], [{"category": "vehicle", "n": 9}])
    assert found.span == Span(0, 9, ("data.items[0].personal",))
    assert found.populations == (Population("", None),)


def test_two_items_of_one_count_are_the_same_persons(count):
    assert count([HEALTH, HEALTH], [{**HEALTH, "n": 9}]).span == Span(9, 9)


def test_without_items_nothing_is_known(count):
    assert count(None, []).span == Span(0, None, ("data.items", "data.counts"))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["", "a", "b"])), max_size=5),
    st.integers(0, 9),
    st.sampled_from(["", "a", "b"]),
)
def test_one_more_count_never_lowers_the_bounds(aland, counts, n, population):
    def span_of(counts):
        named = [{**HEALTH, "n": n, **({"population": p} if p else {})} for n, p in counts]
        facts = parse_facts({"data": {"items": [HEALTH], "counts": named}})
        return tally(Trace(facts, DAY, {}, lambda _trace, _name: Span(0, 0)), aland.counters["exported"]).span

    before, after = span_of([*counts, (0, "c")]), span_of([*counts, (0, "c"), (n, population)])
    assert before.low <= after.low
    assert before.high <= after.high


def test_the_ledger_adds_what_the_meter_counted_before(aland):
    facts = parse_facts({"data": {"items": [HEALTH], "counts": [{**HEALTH, "n": 5, "population": "p"}]}})
    ledger = Ledger("XA", aland.counters, {CountKey("XA", "exported"): 95})
    trace = Trace(facts, DAY, {}, ledger.count)
    trace.counted["exported"] = ledger.count(trace, "exported")
    assert trace.counted["exported"] == Span(100, 100)
    assert list(ledger.changes(["exported"], DAY)) == [date(2027, 1, 1)]
    assert not list(ledger.assumptions(["exported"], DAY))
    counted = ledger.counted(trace.counted, DAY, adds=True)[0]
    assert (counted.previous, counted.adds, counted.total) == (95, 5, "100")
    assert counted.populations == (Population("p", 5),)
    assert ledger.counted(trace.counted, DAY, adds=False)[0].adds == 0


def test_without_a_figure_the_ledger_starts_at_nought_and_says_so(aland):
    facts = parse_facts({"data": {"items": [HEALTH], "counts": [{**HEALTH, "n": 5}]}})
    ledger = Ledger("XA", aland.counters, {})
    trace = Trace(facts, DAY, {}, ledger.count)
    assert ledger.count(trace, "exported") == Span(5, 5)
    text = "nothing was counted since 2026-01-01 before this transfer in XA exported"
    assert [assumption.text for assumption in ledger.assumptions(["exported"], DAY)] == [text]
    assert not list(ledger.changes(["exported"], DAY))


def test_a_counter_for_each_recipient_has_a_name_for_each(rulebook):
    counter = replace(rulebook.jurisdictions["XA"].counters["exported"], per_recipient=True)
    named = parse_facts({"importer": {"id": "did:web:b"}})
    assert key_of("XA", counter, named) == CountKey("XA", "exported to did:web:b")
    assert key_of("XA", counter, parse_facts({})) == CountKey("XA", "exported")
