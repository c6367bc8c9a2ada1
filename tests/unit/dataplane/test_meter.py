from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from corridor.base.errors import ForbiddenError
from corridor.dataplane.meter import Meter, check_allowed
from corridor.dataplane.ranges import Span
from corridor.service.ports import Access
from corridor.testing import store_samples as a

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CONTENT = a.dataset().content  # 120 bytes, 3 rows


@pytest.fixture
def records():
    return []


@pytest.fixture
def meter(records):
    """Makes the meter of a request for a part of the content."""

    def make(start=0, stop=120):
        async def record(*entry):
            await asyncio.sleep(0)
            records.append(entry)

        return Meter(record, CONTENT, Span(start, stop, 120))

    return make


async def test_what_is_complete_is_recorded_once(meter, records):
    one = meter()
    await one.complete()
    one.handed_out = 120
    await one.close()
    assert (records, one.recorded) == ([(120, 3, True)], True)


async def test_what_breaks_is_recorded_as_far_as_it_went(meter, records):
    one = meter(40)
    one.handed_out = 40
    await one.close()
    assert (records, one.recorded) == ([(40, 1, False)], False)


async def test_of_what_nothing_went_out_nothing_is_recorded(meter, records):
    await meter().close()
    assert records == []


async def test_the_parts_add_up_to_the_whole(meter, records):
    for start, stop in ((0, 50), (50, 120)):
        await meter(start, stop).complete()
    assert [sum(column) for column in zip(*records, strict=True)] == [120, 3, 0]


async def test_it_is_recorded_also_while_the_request_is_cancelled(meter, records):
    one = meter()
    one.handed_out = 60

    async def request():
        try:
            await asyncio.sleep(60)
        finally:
            await one.close()

    task = asyncio.create_task(request())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})
    assert records == [(60, 1, False)]


@pytest.mark.parametrize(
    ("reason", "until", "said"),
    [
        ("the paper was revoked", None, "the paper was revoked"),
        (None, NOW, "the time of the grant is over"),
        ("first", NOW - timedelta(hours=1), "first"),
    ],
)
def test_what_has_ended_is_refused(reason, until, said):
    with pytest.raises(ForbiddenError, match=said):
        check_allowed(Access(a.grant(), CONTENT, until, lambda: reason), NOW)


@pytest.mark.parametrize("until", [None, NOW + timedelta(microseconds=1)])
def test_what_is_allowed_goes_on(until):
    check_allowed(Access(a.grant(), CONTENT, until, lambda: None), NOW)
