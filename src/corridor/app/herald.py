"""Wakes subscriptions: as soon as events are logged, and at a slow sweep for what nobody was woken for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import structlog

from corridor.evidence.event import Event
from corridor.service.ports import Changes

_log = structlog.get_logger(__name__)
_MOST: Final = 1000
"""Events that are remembered by what they are; behind more, everybody is woken."""

Wake = Callable[[tuple[Event, ...] | None], Awaitable[None]]


class Herald:
    """Hands the events of every commit on, those that came meanwhile together.

    Args:
        wake: gives the subscriptions that want one of these events their work; None stands for any event.
        sweep: how often it is called with None; the first time at the start, for what a crash left.
    """

    def __init__(self, wake: Wake, *, sweep: timedelta) -> None:
        self._wake = wake
        self._sweep = sweep
        self._events: list[Event] = []
        self._logged = asyncio.Event()

    def note(self, changes: Changes) -> None:
        """Take up what a commit logged."""
        if changes.events:
            room = max(_MOST + 1 - len(self._events), 0)
            self._events += changes.events[:room]
            self._logged.set()

    async def run(self) -> None:
        """Hand on until cancelled."""
        loop = asyncio.get_running_loop()
        sweep = loop.time()
        while True:
            due = loop.time() >= sweep
            if due:
                sweep = loop.time() + self._sweep.total_seconds()
            events, self._events = tuple(self._events), []
            self._logged.clear()
            if due or events:
                await self._hand_on(None if due or len(events) > _MOST else events)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(sweep):
                    await self._logged.wait()

    async def _hand_on(self, events: tuple[Event, ...] | None) -> None:
        try:
            await self._wake(events)
        except Exception:  # noqa: BLE001 - a fault of ours in one call must not end all; the sweep comes back to it
            _log.exception("subscriptions not woken")
