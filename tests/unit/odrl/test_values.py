from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError
from corridor.odrl.values import LAST_INSTANT, Duration, Moment, PaperReference, read_moment

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_an_instant_is_one_microsecond_long():
    moment = Moment.of_instant(NOON)
    assert (moment.start, moment.end) == (NOON, NOON + timedelta(microseconds=1))
    assert str(moment) == "2026-11-22T12:00:00Z"


def test_a_day_lasts_from_its_midnight_to_the_next_in_its_own_zone():
    beijing = read_moment("2026-12-31+08:00", "$")
    assert beijing.start == datetime(2026, 12, 30, 16, tzinfo=UTC)
    assert beijing.end == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert str(beijing) == "2026-12-31+08:00"


def test_a_zone_behind_utc_begins_its_day_later():
    assert read_moment("2026-12-31-05:00", "$").start == datetime(2026, 12, 31, 5, tzinfo=UTC)


def test_a_day_in_utc_is_written_with_z():
    assert str(Moment.of_day(date(2026, 12, 31))) == "2026-12-31Z"
    assert read_moment("2026-12-31Z", "$") == Moment.of_day(date(2026, 12, 31))


def test_the_last_day_of_the_calendar_does_not_end():
    assert read_moment("9999-12-31Z", "$").end == LAST_INSTANT
    assert read_moment("9999-12-31T23:59:59.999999Z", "$").end == LAST_INSTANT


def test_a_day_without_a_zone_is_refused_and_told_how_to_write_it():
    with pytest.raises(MalformedError) as caught:
        read_moment("2026-12-31", "$.permission[0]")
    assert caught.value.place == "$.permission[0]"
    assert "2026-12-31Z" in caught.value.remedy


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "2026-02-30Z", "2026-12-31+15:00", "2026-12-31T10:00:00", "0001-01-01+14:00", "\uff12026-12-31Z"],
)
def test_what_is_no_moment_is_refused(text):
    with pytest.raises(MalformedError):
        read_moment(text, "$")


@pytest.mark.parametrize(
    ("text", "months", "span"),
    [
        ("P3M", 3, timedelta(0)),
        ("P60M", 60, timedelta(0)),
        ("PT60M", 0, timedelta(hours=1)),
        ("P1Y2M3DT4H5M6.5S", 14, timedelta(days=3, hours=4, minutes=5, seconds=6.5)),
        ("P0D", 0, timedelta(0)),
    ],
)
def test_durations_are_read_as_xml_schema_has_them(text, months, span):
    assert Duration.parse(text) == Duration(months, span)


@pytest.mark.parametrize("text", ["", "P", "PT", "P1YT", "-P1D", "1D", "P1W", "P1.5D", "P99999Y", "PT1M1H", "P1D "])
def test_what_is_no_duration_or_a_negative_one_is_none(text):
    assert Duration.parse(text) is None


def test_a_month_after_the_31st_ends_on_the_last_of_the_month():
    assert Duration(1, timedelta(0)).after(datetime(2027, 1, 31, tzinfo=UTC)) == datetime(2027, 2, 28, tzinfo=UTC)
    assert Duration(13, timedelta(0)).after(datetime(2027, 1, 31, tzinfo=UTC)) == datetime(2028, 2, 29, tzinfo=UTC)


def test_a_duration_that_runs_past_the_calendar_ends_with_it():
    assert Duration(12 * 9000, timedelta(0)).after(NOON) == LAST_INSTANT
    assert Duration(0, timedelta(days=999_999_999)).after(NOON) == LAST_INSTANT


@given(st.integers(0, 5000), st.timedeltas(timedelta(0), timedelta(days=9999)))
def test_a_duration_is_read_back_from_its_own_text(months, span):
    duration = Duration(months, span)
    assert Duration.parse(str(duration)) == duration


@given(st.integers(0, 240), st.integers(0, 240), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
def test_a_longer_duration_never_ends_earlier(shorter, more, start):
    start = start.replace(tzinfo=UTC)
    assert Duration(shorter, timedelta(0)).after(start) <= Duration(shorter + more, timedelta(0)).after(start)


def test_a_paper_is_in_term_from_its_first_day_to_the_end_of_its_last():
    paper = PaperReference(
        "sha-256:00", effective=Moment.of_day(date(2026, 1, 1)), valid_to=Moment.of_day(date(2026, 12, 31))
    )
    assert not paper.in_term(datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert paper.in_term(datetime(2026, 1, 1, tzinfo=UTC))
    assert paper.in_term(datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert not paper.in_term(datetime(2027, 1, 1, tzinfo=UTC))


def test_a_paper_without_a_term_is_always_in_it():
    assert PaperReference("sha-256:00").in_term(NOON)


def test_a_paper_is_named_by_its_kind_where_it_has_one():
    assert str(PaperReference("sha-256:00", kind="cn/standard-contract")) == "cn/standard-contract sha-256:00"
    assert str(PaperReference("sha-256:00")) == "sha-256:00"
