"""The herald: woken by events, together; a sweep for the rest; and nothing ends it but being told to."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import pytest

from corridor.app import herald as module
from corridor.app.herald import Herald
from corridor.service.ports import Changes
from corridor.testing.store_samples import negotiation_event, receipt_event, task, transfer_event


class Subscribers:
    """Notes whom they were woken for; breaks as often as a test wants."""

    def __init__(self):
        self.woken = []
        self.breaks = 0
        self.changed = asyncio.Event()

    async def wake(self, events):
        self.woken.append(events)
        self.changed.set()
        if self.breaks:
            self.breaks -= 1
            raise ZeroDivisionError

    async def until(self, count):
        async with asyncio.timeout(5):
            while len(self.woken) < count:
                self.changed.clear()
                await self.changed.wait()


@contextlib.asynccontextmanager
async def heralded(sweep=3600.0):
    subscribers = Subscribers()
    herald = Herald(subscribers.wake, sweep=timedelta(seconds=sweep))
    running = asyncio.create_task(herald.run())
    try:
        await subscribers.until(1)
        yield herald, subscribers
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_at_the_start_everybody_is_woken_for_what_a_crash_left():
    async with heralded() as (_, subscribers):
        assert subscribers.woken == [None]


async def test_events_that_come_together_wake_together():
    async with heralded() as (herald, subscribers):
        herald.note(Changes(events=(negotiation_event(), transfer_event())))
        herald.note(Changes(events=(receipt_event(),)))
        await subscribers.until(2)
        assert subscribers.woken[1:] == [(negotiation_event(), transfer_event(), receipt_event())]


async def test_a_commit_without_events_wakes_nobody():
    async with heralded() as (herald, subscribers):
        herald.note(Changes(tasks=(task(),)))
        for _ in range(10):
            await asyncio.sleep(0)
        assert subscribers.woken == [None]


async def test_behind_very_many_events_everybody_is_woken(monkeypatch):
    monkeypatch.setattr(module, "_MOST", 5)
    async with heralded() as (herald, subscribers):
        for _ in range(4):
            herald.note(Changes(events=(transfer_event(),) * 2))
        assert len(herald._events) == 6
        await subscribers.until(2)
        assert subscribers.woken == [None, None]


async def test_the_sweep_wakes_everybody_again_and_again():
    async with heralded(sweep=0.001) as (_, subscribers):
        await subscribers.until(4)
        assert set(subscribers.woken) == {None}


async def test_a_failure_ends_nothing():
    async with heralded(sweep=0.001) as (_, subscribers):
        subscribers.breaks = 2
        await subscribers.until(5)


async def test_it_ends_when_it_is_told_to():
    herald = Herald(Subscribers().wake, sweep=timedelta(seconds=3600))
    running = asyncio.create_task(herald.run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
