from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.clock import DateRange, format_instant, parse_date, parse_instant
from corridor.base.errors import MalformedError

days = st.dates()
bounds = st.none() | days
NO_TEXT = [None, 7, pytest.param(10**5000, id="huge"), True, b"2026-11-22", [], {"a": 1}]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T10:00:00Z", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T18:00:00+08:00", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("2026-11-22T10:00:00.5Z", datetime(2026, 11, 22, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-22T10:00:00.123456789Z", datetime(2026, 11, 22, 10, 0, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_into_utc(text, instant):
    found = parse_instant(text, "$")
    assert found == instant
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "2026-11-22", "2026-11-22T10:00:00", "2026-11-22T10:00Z", "2026-11-22 10:00:00Z"),
        *("2026-02-30T10:00:00Z", "2026-11-22T25:00:00Z", "2026-11-22T10:00:00+25:00", "0001-01-01T00:00:00+01:00"),
        *("2026-11-22T10:00:00Z\n", "\uff12026-11-22T10:00:00Z", "2026-11-22T10:00:00.1234567890Z"),
        *NO_TEXT,
    ],
)
def test_what_is_no_instant_is_refused_with_its_place(text):
    with pytest.raises(MalformedError) as caught:
        parse_instant(text, "$.timestamp")
    assert caught.value.place == "$.timestamp"
    assert len(str(caught.value)) < 250


def test_an_instant_is_written_in_utc():
    beijing = timezone(timedelta(hours=8))
    assert format_instant(datetime(2026, 11, 22, 18, tzinfo=beijing)) == "2026-11-22T10:00:00Z"


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_read_back_as_it_was_written(instant):
    assert parse_instant(format_instant(instant), "$") == instant


@given(days)
def test_a_day_is_read_back_as_it_was_written(day):
    assert parse_date(day.isoformat(), "$") == day


@pytest.mark.parametrize("text", ["", "2026-02-30", "2026-13-01", "20261122", "2026-11-22Z", "2026-W47-7", *NO_TEXT])
def test_what_is_no_day_is_refused_with_its_place(text):
    with pytest.raises(MalformedError) as caught:
        parse_date(text, "rulebook.yaml line 3")
    assert caught.value.place == "rulebook.yaml line 3"


def test_both_bounds_belong_to_a_range():
    november = DateRange(date(2026, 11, 1), date(2026, 11, 30))
    assert date(2026, 11, 1) in november
    assert date(2026, 11, 30) in november
    assert date(2026, 10, 31) not in november
    assert date(2026, 12, 1) not in november


@given(days)
def test_a_range_without_bounds_holds_every_day(day):
    assert day in DateRange()


@given(bounds, bounds, bounds, bounds)
def test_ranges_overlap_alike_from_either_side(start, end, other_start, other_end):
    one, other = DateRange(start, end), DateRange(other_start, other_end)
    assert one.overlaps(other) is other.overlaps(one)


@given(bounds, bounds, bounds, bounds, days)
def test_ranges_that_share_a_day_overlap(start, end, other_start, other_end, day):
    one, other = DateRange(start, end), DateRange(other_start, other_end)
    if day in one and day in other:
        assert one.overlaps(other)


@pytest.mark.parametrize(
    ("first", "second", "answer"),
    [
        ((1, 10), (10, 20), True),
        ((1, 9), (10, 20), False),
        ((None, 9), (10, None), False),
        ((None, None), (3, 4), True),
    ],
)
def test_ranges_that_touch_on_a_day_overlap(first, second, answer):
    one, other = (DateRange(*(day and date(2026, 1, day) for day in pair)) for pair in (first, second))
    assert one.overlaps(other) is answer
