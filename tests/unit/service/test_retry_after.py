from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.service.retry_after import asked_wait

NOW = datetime(1994, 11, 6, 8, 49, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("field", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("0000000000000030", 30),
        ("3600", 3600),
        ("3601", 3600),
        ("9" * 5000, 3600),
        # RFC 9110 §5.6.7: the one form that is written, and the two obsolete ones that are read.
        ("Sun, 06 Nov 1994 08:49:37 GMT", 30),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 30),
        ("Sun Nov  6 08:49:37 1994", 30),
        ("Sun, 06 Nov 1994 08:49:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 3600),
        ("Fri, 31 Dec 9999 23:59:59 -2300", 0),
        ("", 0),
        ("-5", 0),
        ("1.5", 0),
        ("soon", 0),
        ("٣٠", 0),
        ("Sun, 99 Nov 1994 08:49:37 GMT", 0),
        ("Sun, 06 Nov 1994 08:49:37 GMT" + " " * 70 + "x", 0),
    ],
)
def test_seconds_and_dates_are_read_within_the_longest_wait(field, seconds):
    assert asked_wait(field, NOW, HOUR) == timedelta(seconds=seconds)


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{1,5} [0-9:]{1,9}( [-+A-Z0-9]{1,6})?"))
def test_whatever_stands_there_the_wait_is_bounded(field):
    assert timedelta(0) <= asked_wait(field, NOW, HOUR) <= HOUR
