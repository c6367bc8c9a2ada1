"""The loops: the outbox, woken by commits, and its slow safety sweep; the only place that waits for time to pass."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

import structlog

from corridor.base.clock import Clock
from corridor.service.ports import Changes, Store
from corridor.service.records import Task

_log = structlog.get_logger(__name__)
_BATCH: Final = 1000
_EVERYTHING: Final = 2**31
PER_PARTNER: Final = 16
"""Tasks for one partner that run at the same time: a slow partner takes no more than that."""


class Signal:
    """Wakes whoever waits for the next commit.

    Attributes:
        stopped: whether the node is stopping, so that nobody is to wait any more.
    """

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()
        self.stopped = False

    def stop(self) -> None:
        """The node is stopping."""
        self.stopped = True
        self.fire()

    def fire(self) -> None:
        """A commit is durable."""
        for event in self._waiting:
            event.set()

    async def changed(self, timeout: float) -> None:  # noqa: ASYNC109 - the caller's patience is the point
        """Return at the next commit, or after `timeout` seconds; at once if the node is stopping."""
        if self.stopped:
            return
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            async with asyncio.timeout(timeout):
                await event.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(event)


class Dispatcher:
    """Runs the outbox: each queue in order and one task at a time, queues side by side, partners apart.

    It learns of new tasks from commits and looks into the store only at the start and at each sweep, so an idle node
    sleeps; at each wake it looks only at the queues that something happened to.
    """

    def __init__(self, store: Store, run: Callable[[Task], Awaitable[None]], clock: Clock, *, sweep: timedelta) -> None:
        self._store = store
        self._run = run
        self._clock = clock
        self._sweep = sweep
        self._queues: dict[str, dict[str, Task]] = {}
        self._queue_of: dict[str, str] = {}
        self._touched: set[str] = set()
        self._later: list[tuple[datetime, str]] = []
        self._held: dict[str, set[str]] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._per_partner: Counter[str] = Counter()
        self._wake = asyncio.Event()

    def note(self, changes: Changes) -> None:
        """Take up what a commit added, put off or ended."""
        for task in changes.tasks_done:
            self._drop(task)
        for added in changes.tasks:
            self._add(added)
        if changes.tasks or changes.tasks_done:
            self._wake.set()

    def _add(self, task: Task) -> None:
        self._queues.setdefault(task.queue, {})[task.id] = task
        self._queue_of[task.id] = task.queue
        self._touched.add(task.queue)

    def _drop(self, task: str) -> None:
        queue = self._queue_of.pop(task, None)
        if queue is not None:
            tasks = self._queues[queue]
            del tasks[task]
            if not tasks:
                del self._queues[queue]
            self._touched.add(queue)

    async def run(self) -> None:
        """Dispatch until cancelled; then cancel what runs: it is in the store, and starts again with the node."""
        next_sweep = self._clock.now()
        # At the start everything: tasks of a partner that is away must not hide those behind them.
        limit = _EVERYTHING
        try:
            while True:
                self._wake.clear()
                if self._clock.now() >= next_sweep:
                    await self._take_up(limit)
                    limit = _BATCH
                    next_sweep = self._clock.now() + self._sweep
                self._start_due()
                until = min(self._later[0][0], next_sweep) if self._later else next_sweep
                await self._sleep(max((until - self._clock.now()).total_seconds(), 0.0))
        finally:
            running = tuple(self._running.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _take_up(self, limit: int) -> None:
        """The safety net: what is in the store is what is to be done."""
        for task in await self._store.tasks(limit=limit):
            if task.id not in self._queue_of:
                self._add(task)

    def _start_due(self) -> None:
        now = self._clock.now()
        while self._later and self._later[0][0] <= now:
            self._touched.add(heappop(self._later)[1])
        touched, self._touched = self._touched, set()
        for queue in touched:
            if queue in self._queues and queue not in self._running:
                self._start(queue, next(iter(self._queues[queue].values())), now)

    def _start(self, queue: str, head: Task, now: datetime) -> None:
        partner = queue.partition(" ")[0]
        if head.due > now:
            heappush(self._later, (head.due, queue))
        elif self._per_partner[partner] >= PER_PARTNER:
            self._held.setdefault(partner, set()).add(queue)
        else:
            self._per_partner[partner] += 1
            self._running[queue] = asyncio.create_task(self._do(queue, partner, head))

    async def _do(self, queue: str, partner: str, task: Task) -> None:
        try:
            await self._run(task)
            # The note of its last commit may still be on its way; before it the task looks undone.
            await asyncio.sleep(0)
        except Exception:  # noqa: BLE001 - a fault of ours in one task must not stop the others; the sweep takes it up again
            _log.exception("task broke", kind=task.kind.value, subject=task.subject)
            self._drop(task.id)
        finally:
            del self._running[queue]
            self._per_partner[partner] -= 1
            self._touched |= {queue, *self._held.pop(partner, ())}
            self._wake.set()

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass
