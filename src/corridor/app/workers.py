"""The loops: the outbox, woken by commits, and its slow safety sweep; the only place that waits for time to pass."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

import structlog

from corridor.base.clock import Clock
from corridor.base.errors import CorridorError
from corridor.service.ports import Changes, Leases, Store
from corridor.service.records import Task

_log = structlog.get_logger(__name__)
_BATCH: Final = 1000
_EVERYTHING: Final = 2**31
_ANY: Final = ""
PER_PARTNER: Final = 16
"""Tasks for one partner that run at the same time: a slow partner takes no more than that."""


class Signal:
    """Wakes whoever waits for the next commit, or for the next one that moves a process.

    Attributes:
        stopped: whether the node is stopping, so that nobody is to wait any more.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self.stopped = False

    def stop(self) -> None:
        """The node is stopping."""
        self.stopped = True
        self.fire()

    def fire(self, processes: Iterable[str] = ()) -> None:
        """A commit is durable. It moved these processes; where none is named it may have moved any."""
        named = tuple(processes)
        for process in (_ANY, *named) if named else tuple(self._waiting):
            for event in self._waiting.get(process, ()):
                event.set()

    async def changed(self, timeout: float, process: str = _ANY) -> None:  # noqa: ASYNC109 - its caller's patience
        """Return at the next commit, of those that moved `process` if one is named, or after `timeout` seconds.

        Returns at once if the node is stopping; can return early.
        """
        if self.stopped:
            return
        event = asyncio.Event()
        waiting = self._waiting.setdefault(process, set())
        waiting.add(event)
        try:
            async with asyncio.timeout(timeout):
                await event.wait()
        except TimeoutError:
            pass
        finally:
            waiting.discard(event)
            if not waiting:
                del self._waiting[process]


class Alone:
    """The port `Leases` of a process that has its store for itself: every task is its own, and is as it is known."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def own_tasks(self, *, limit: int = 1000) -> tuple[Task, ...]:
        """Every open task."""
        return await self._store.tasks(limit=limit)

    async def head(self, known: Task) -> Task | None:
        """The task itself."""
        return known


class Dispatcher:
    """Runs the outbox: each queue in order and one task at a time, queues side by side, partners apart.

    Queues that find no place free for their partner wait in a line, and one that had its turn goes to the end of it.

    It learns of new tasks from commits and looks into the store only at the start and at each sweep, so an idle node
    sleeps; at each wake it looks only at the queues that something happened to. Where other processes share the store,
    what it knows is a hint: `leases` say what is next in a queue, just before it is done.

    Args:
        run: does a task.
        broke: puts a task off, or parks it, on which `run` failed by a fault of ours; gets the fault's name.
        leases: which tasks are ours; by default all.
    """

    def __init__(
        self,
        store: Store,
        run: Callable[[Task], Awaitable[None]],
        clock: Clock,
        *,
        sweep: timedelta,
        broke: Callable[[Task, str], Awaitable[None]] | None = None,
        leases: Leases | None = None,
    ) -> None:
        self._leases = leases or Alone(store)
        self._run = run
        self._broke = broke
        self._clock = clock
        self._sweep = sweep
        self._next_sweep = clock.now()
        # At the start everything: tasks of a partner that is away must not hide those behind them.
        self._limit = _EVERYTHING
        self._queues: dict[str, dict[str, Task]] = {}
        self._queue_of: dict[str, str] = {}
        # A dict for its order: queues have their turns as they came.
        self._touched: dict[str, None] = {}
        self._later: list[tuple[datetime, str]] = []
        self._lines: dict[str, OrderedDict[str, None]] = {}
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
        self._touched[task.queue] = None

    def _drop(self, task: str) -> None:
        queue = self._queue_of.pop(task, None)
        if queue is not None:
            tasks = self._queues[queue]
            del tasks[task]
            if not tasks:
                del self._queues[queue]
            self._touched[queue] = None

    def renew(self) -> None:
        """Forget what is known of tasks that do not run, and look into the store: other processes may have had them."""
        self._queues.clear()
        self._queue_of.clear()
        self._later.clear()
        self._lines.clear()
        self._next_sweep, self._limit = self._clock.now(), _EVERYTHING
        self._wake.set()

    async def run(self) -> None:
        """Dispatch until cancelled; then cancel what runs: it is in the store, and starts again with the node."""
        try:
            while True:
                self._wake.clear()
                if self._clock.now() >= self._next_sweep:
                    await self._look()
                self._start_due()
                until = min(self._later[0][0], self._next_sweep) if self._later else self._next_sweep
                await self._sleep(max((until - self._clock.now()).total_seconds(), 0.0))
        finally:
            running = tuple(self._running.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _look(self) -> None:
        """The safety net: what is in the store is what is to be done."""
        limit, self._limit = self._limit, _BATCH
        self._next_sweep = self._clock.now() + self._sweep
        known = set(self._queue_of)
        try:
            found = await self._leases.own_tasks(limit=limit)
        except CorridorError as error:
            _log.warning("the outbox cannot be read", problem=str(error))
            self._limit = limit
            return
        for task in found:
            if task.id not in self._queue_of:
                self._add(task)
        if len(found) < limit:
            for gone in known.difference(task.id for task in found):
                self._drop(gone)

    def _start_due(self) -> None:
        now = self._clock.now()
        while self._later and self._later[0][0] <= now:
            self._touched[heappop(self._later)[1]] = None
        touched, self._touched = self._touched, {}
        for queue in touched:
            if self._next_in(queue, now):
                self._lines.setdefault(_partner_of(queue), OrderedDict()).setdefault(queue)
        # A queue that gave a place back is among those touched, and with it its partner's line.
        for partner in dict.fromkeys(map(_partner_of, touched)):
            self._admit(partner, now)

    def _next_in(self, queue: str, now: datetime) -> Task | None:
        """The task of a queue that can be begun now; one that is due later is put down for then."""
        if queue not in self._queues or queue in self._running:
            return None
        head = next(iter(self._queues[queue].values()))
        if head.parked is not None:
            return None
        if head.due > now:
            heappush(self._later, (head.due, queue))
            return None
        return head

    def _admit(self, partner: str, now: datetime) -> None:
        """Begin with those who wait in a partner's line, as long as there is a place for them."""
        line = self._lines.get(partner, OrderedDict())
        while line and self._per_partner[partner] < PER_PARTNER:
            queue, _ = line.popitem(last=False)
            # While it waited, its task may have been ended, put off or parked.
            head = self._next_in(queue, now)
            if head is not None:
                self._per_partner[partner] += 1
                self._running[queue] = asyncio.create_task(self._do(queue, partner, head))
        if not line:
            self._lines.pop(partner, None)

    def _leave(self, queue: str, partner: str) -> None:
        """Give back a place; the queue itself goes to the end of the line, and is the cause to look at it."""
        del self._running[queue]
        self._per_partner[partner] -= 1
        if not self._per_partner[partner]:
            del self._per_partner[partner]
        self._touched[queue] = None
        self._wake.set()

    async def _do(self, queue: str, partner: str, known: Task) -> None:
        head: Task | None = known
        try:
            head = await self._leases.head(known)
            if head is None:
                self._forget(queue)
            elif head is known or self._is_next(head):
                await self._run(head)
                # The note of its last commit may still be on its way; before it the task looks undone.
                await asyncio.sleep(0)
        except Exception as fault:  # noqa: BLE001 - a fault of ours in one task must not stop the others
            await self._fail(head or known, fault)
        finally:
            self._leave(queue, partner)

    def _is_next(self, head: Task) -> bool:
        """Put what the store says is next before what was known of its queue; whether it can be done now."""
        behind = self._queues.pop(head.queue, {})
        behind.pop(head.id, None)
        self._queues[head.queue] = {head.id: head, **behind}
        self._queue_of[head.id] = head.queue
        return head.parked is None and head.due <= self._clock.now()

    def _forget(self, queue: str) -> None:
        for task in self._queues.pop(queue, ()):
            del self._queue_of[task]

    async def _fail(self, task: Task, fault: Exception) -> None:
        """Put the task off where that can be written down; in any case leave it to the sweep."""
        _log.error("task broke", kind=task.kind.value, subject=task.subject, exc_info=fault)
        if self._broke is not None and not isinstance(fault, CorridorError):
            try:
                await self._broke(task, type(fault).__name__)
                await asyncio.sleep(0)
            except CorridorError as error:
                _log.warning("task cannot be put off", kind=task.kind.value, problem=str(error))
            else:
                return
        self._drop(task.id)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass


def _partner_of(queue: str) -> str:
    return queue.partition(" ")[0]
