"""The dispatcher: queues in order, side by side, partners apart; woken by commits, and a sweep for what broke."""

import asyncio
import contextlib
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from corridor.app.workers import PER_PARTNER, Dispatcher, Signal
from corridor.app.world import SystemClock
from corridor.base.errors import StorageError
from corridor.service.ports import Changes
from corridor.service.records import Task, TaskKind
from corridor.store.memory import MemoryStore

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
SOON = 0.03
PATIENCE = 5


def task(name, queue="did:web:a.example p1", *, after=0.0):
    due = datetime.now(UTC) + timedelta(seconds=after) if after else BEGINNING
    return Task(name, TaskKind.DECIDE, queue, "urn:uuid:subject", due, BEGINNING)


class Works:
    """A dispatcher on a store in memory, and work that does what a test tells it to."""

    def __init__(self, *, sweep=60.0):
        self.store = MemoryStore(self._committed)
        self.dispatcher = Dispatcher(self.store, self.run, SystemClock(), sweep=timedelta(seconds=sweep))
        self.listening = True
        self.begun = []
        self.ended = []
        self.cancelled = []
        self.gates = defaultdict(asyncio.Event)
        self.closed = set()
        self.breaks = {}
        self.broken = []
        self.put_off = {}
        self.looks = 0
        self._changed = asyncio.Event()
        self._tasks, self.store.tasks = self.store.tasks, self.look

    def _committed(self, changes):
        if self.listening:
            self.dispatcher.note(changes)

    async def look(self, *, limit=1000):
        self.looks += 1
        return await self._tasks(limit=limit)

    async def run(self, task):
        self.begun.append(task.id)
        self._changed.set()
        try:
            if task.id in self.closed:
                await self.gates[task.id].wait()
        except asyncio.CancelledError:
            self.cancelled.append(task.id)
            raise
        if self.breaks.pop(task.id, None):
            raise ZeroDivisionError(task.id)
        if task.id in self.put_off:
            due = datetime.now(UTC) + timedelta(seconds=self.put_off.pop(task.id))
            await self.store.commit(Changes(tasks=(replace(task, due=due, attempts=task.attempts + 1),)))
            return
        await self.store.commit(Changes(tasks_done=(task.id,)))
        self.ended.append(task.id)
        self._changed.set()

    def close(self, *names):
        """These tasks begin, and end only once they are opened."""
        self.closed |= set(names)

    def open(self, name):
        self.gates[name].set()

    async def add(self, *tasks):
        await self.store.commit(Changes(tasks=tasks))

    async def until(self, holds):
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    async def idle(self):
        """Let everything that can happen without time passing happen."""
        for _ in range(50):
            await asyncio.sleep(0)


@pytest.fixture
async def works():
    async with running(Works()) as found:
        yield found


@contextlib.asynccontextmanager
async def running(works):
    dispatching = asyncio.create_task(works.dispatcher.run())
    try:
        await works.idle()
        yield works
    finally:
        dispatching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await dispatching


async def test_what_is_in_the_store_is_done_at_the_start():
    works = Works()
    works.listening = False
    await works.add(task("1"), task("2"))
    await works.idle()
    works.listening = True
    async with running(works):
        await works.until(lambda: works.ended == ["1", "2"])
    assert await works.store.tasks() == ()


async def test_a_commit_wakes_the_dispatcher_without_a_look_into_the_store(works):
    looks = works.looks
    await works.add(task("1"))
    await works.until(lambda: works.ended == ["1"])
    await works.add(task("2"))
    await works.until(lambda: works.ended == ["1", "2"])
    assert works.looks == looks == 1


async def test_an_idle_dispatcher_sleeps(works):
    wakes = works.dispatcher._wake
    await works.idle()
    assert not wakes.is_set()
    await works.store.commit(Changes())
    assert not wakes.is_set()


async def test_tasks_of_one_queue_are_done_in_order_and_one_at_a_time(works):
    works.close("1")
    await works.add(task("1"), task("2"), task("3"))
    await works.idle()
    assert works.begun == ["1"]
    works.open("1")
    await works.until(lambda: works.ended == ["1", "2", "3"])


async def test_a_task_that_comes_while_its_queue_is_busy_waits_its_turn(works):
    works.close("1")
    await works.add(task("1"))
    await works.idle()
    await works.add(task("2"))
    await works.idle()
    assert works.begun == ["1"]
    works.open("1")
    await works.until(lambda: works.ended == ["1", "2"])


async def test_queues_are_done_side_by_side(works):
    works.close("1", "2")
    await works.add(task("1", "did:web:a.example p1"), task("2", "did:web:a.example p2"))
    await works.until(lambda: set(works.begun) == {"1", "2"})
    works.open("2")
    await works.until(lambda: works.ended == ["2"])
    works.open("1")
    await works.until(lambda: works.ended == ["2", "1"])


async def test_a_slow_partner_takes_no_more_than_its_share(works):
    slow = [task(f"slow {number}", f"did:web:slow.example p{number}") for number in range(PER_PARTNER + 5)]
    works.close(*(one.id for one in slow))
    await works.add(*slow)
    await works.add(task("quick", "did:web:quick.example p1"))
    await works.until(lambda: works.ended == ["quick"])
    await works.idle()
    assert len(works.begun) == PER_PARTNER + 1
    works.open(works.begun[0])
    await works.until(lambda: len(works.begun) == PER_PARTNER + 2)
    for one in slow:
        works.open(one.id)
    await works.until(lambda: len(works.ended) == PER_PARTNER + 6)


async def test_queues_of_one_partner_get_their_turns_in_the_order_in_which_they_came(works):
    rounds = [[f"{turn} {number}" for number in range(4 * PER_PARTNER)] for turn in range(3)]
    for names in rounds:
        await works.store.commit(
            Changes(tasks=tuple(task(name, f"did:web:a.example p{number}") for number, name in enumerate(names)))
        )
    await works.until(lambda: len(works.ended) == sum(map(len, rounds)))
    assert works.begun == [name for names in rounds for name in names]


async def test_who_comes_while_others_wait_for_a_partner_waits_behind_them(works):
    first = [task(f"first {number}", f"did:web:a.example p{number}") for number in range(PER_PARTNER)]
    works.close(*(one.id for one in first))
    await works.add(*first)
    await works.add(task("early", "did:web:a.example early"), task("late", "did:web:a.example late"))
    await works.idle()
    # A place is given back, and before the dispatcher wakes there is work again in that very queue.
    works.open("first 0")
    await works.add(task("again", "did:web:a.example p0"))
    await works.until(lambda: "early" in works.begun)
    works.open("first 1")
    await works.until(lambda: "again" in works.begun)
    assert works.begun[PER_PARTNER:] == ["early", "late", "again"]


async def test_a_place_is_not_kept_for_a_queue_that_is_empty_when_its_turn_comes(works):
    first = [task(f"first {number}", f"did:web:a.example p{number}") for number in range(PER_PARTNER)]
    works.close(*(one.id for one in first))
    await works.add(*first)
    ended, put_off, next_one = (task(name, f"did:web:a.example {name}") for name in ("ended", "put off", "next"))
    await works.add(ended, put_off, next_one)
    await works.idle()
    await works.store.commit(Changes(tasks_done=("ended",), tasks=(replace(put_off, due=task("", after=3600).due),)))
    works.open("first 0")
    await works.until(lambda: works.ended == ["first 0", "next"])
    assert works.begun[PER_PARTNER:] == ["next"]


async def test_a_task_that_is_not_due_waits_and_is_then_done(works):
    await works.add(task("1", after=SOON))
    await works.idle()
    assert works.begun == []
    await works.until(lambda: works.ended == ["1"])


async def test_a_head_that_is_put_off_holds_its_own_queue_and_no_other(works):
    works.put_off["1"] = SOON
    await works.add(task("1", "did:web:a.example p1"), task("2", "did:web:a.example p1"))
    await works.add(task("3", "did:web:a.example p2"))
    await works.until(lambda: "3" in works.ended)
    assert works.begun.count("1") == 1
    await works.until(lambda: works.ended == ["3", "1", "2"])
    assert sorted(works.begun) == ["1", "1", "2", "3"]


async def test_a_put_off_task_can_be_called_earlier(works):
    far = task("1", after=3600)
    await works.add(far)
    await works.idle()
    await works.add(replace(far, due=BEGINNING))
    await works.until(lambda: works.ended == ["1"])


async def test_a_task_that_another_commit_ends_is_not_begun(works):
    works.close("1")
    await works.add(task("1"), task("2"), task("3"))
    await works.idle()
    await works.store.commit(Changes(tasks_done=("2", "never known")))
    works.open("1")
    await works.until(lambda: works.ended == ["1", "3"])
    assert "2" not in works.begun


async def test_a_broken_task_stops_no_other_and_is_taken_up_again_at_the_sweep():
    async with running(Works(sweep=SOON)) as works:
        works.breaks["1"] = True
        await works.add(task("1", "did:web:a.example p1"), task("2", "did:web:a.example p2"))
        await works.until(lambda: "2" in works.ended)
        await works.until(lambda: "1" in works.ended)
        assert works.begun.count("1") == 2


async def test_a_task_on_which_our_code_fails_is_put_off_and_not_tried_at_once_again():
    works = Works()

    async def broke(task, fault):
        works.broken.append((task.id, fault))
        await works.store.commit(Changes(tasks=(replace(task, due=datetime.now(UTC) + timedelta(seconds=SOON)),)))

    works.dispatcher._broke = broke
    async with running(works):
        works.breaks["1"] = True
        await works.add(task("1"), task("2"))
        await works.until(lambda: works.ended == ["1", "2"])
    assert works.broken == [("1", "ZeroDivisionError")]
    assert works.begun == ["1", "1", "2"]


async def test_a_fault_that_cannot_be_written_down_is_left_to_the_sweep():
    works = Works(sweep=SOON)

    async def broke(task, fault):
        works.broken.append(fault)
        raise StorageError("the database is locked")

    works.dispatcher._broke = broke
    async with running(works):
        works.breaks["1"] = True
        await works.add(task("1"))
        await works.until(lambda: works.ended == ["1"])
    assert works.broken == ["ZeroDivisionError"]


async def test_a_parked_task_holds_its_queue_until_a_person_has_it_tried(works):
    parked = replace(task("1"), parked=BEGINNING)
    await works.add(parked, task("2"), task("3", "did:web:a.example p2"))
    await works.until(lambda: works.ended == ["3"])
    await works.idle()
    assert works.begun == ["3"]
    await works.add(replace(parked, parked=None))
    await works.until(lambda: works.ended == ["3", "1", "2"])


class Shared:
    """The port `Leases` of a process that has the queues that a test gives it; what is next stands in the store."""

    def __init__(self, store, *queues):
        self.store = store
        self.queues = set(queues)
        self.fails = False

    async def own_tasks(self, *, limit=1000):
        if self.fails:
            raise StorageError("the database cannot be reached")
        return tuple(one for one in await self.store.tasks(limit=limit) if one.queue in self.queues)

    async def head(self, known):
        if self.fails:
            raise StorageError("the database cannot be reached")
        return next((one for one in await self.own_tasks() if one.queue == known.queue), None)


@pytest.fixture
async def sharing():
    """A dispatcher that has the queue `a` only."""
    works = Works(sweep=SOON)
    works.leases = Shared(works.store, "a")
    works.dispatcher._leases = works.leases
    async with running(works) as found:
        yield found


async def test_only_queues_of_our_own_are_worked_on(sharing):
    await sharing.add(task("1", "b"), task("2", "a"))
    await sharing.until(lambda: sharing.ended == ["2"])
    await sharing.idle()
    assert sharing.begun == ["2"]


async def test_what_is_next_stands_in_the_store_and_not_in_what_was_heard(sharing):
    sharing.listening = False
    await sharing.add(task("1", "a"))
    sharing.listening = True
    await sharing.add(task("2", "a"))
    await sharing.until(lambda: sharing.ended == ["1", "2"])


async def test_a_head_that_another_put_off_is_waited_for(sharing):
    first = task("1", "a", after=SOON)
    sharing.listening = False
    await sharing.add(first)
    sharing.listening = True
    await sharing.add(task("2", "a"))
    await sharing.until(lambda: sharing.ended == ["1", "2"])
    assert sharing.begun == ["1", "2"]


async def test_a_head_that_another_ended_unheard_is_forgotten_at_the_sweep(sharing):
    await sharing.add(task("1", "a", after=3600), task("2", "a"))
    await sharing.idle()
    sharing.listening = False
    await sharing.store.commit(Changes(tasks_done=("1",)))
    sharing.listening = True
    await sharing.until(lambda: sharing.ended == ["2"])
    assert sharing.begun == ["2"]


async def test_work_that_is_taken_over_is_done_after_a_look(sharing):
    await sharing.add(task("1", "b"))
    await sharing.idle()
    sharing.leases.queues = {"a", "b"}
    sharing.dispatcher.renew()
    await sharing.until(lambda: sharing.ended == ["1"])


async def test_nothing_begins_while_the_store_is_out_of_reach(sharing):
    sharing.leases.fails = True
    await sharing.add(task("1", "a"))
    await sharing.idle()
    assert sharing.begun == []
    sharing.leases.fails = False
    sharing.dispatcher.renew()
    await sharing.until(lambda: sharing.ended == ["1"])


async def test_a_commit_that_nobody_heard_of_is_found_at_the_sweep():
    async with running(Works(sweep=SOON)) as works:
        works.listening = False
        await works.add(task("1"))
        await works.idle()
        works.listening = True
        await works.until(lambda: works.ended == ["1"])


async def test_a_backlog_of_an_absent_partner_hides_nobody_elses_task_at_the_start():
    works = Works()
    works.listening = False
    away = [task(f"away {number}", f"did:web:away.example p{number}", after=3600) for number in range(1200)]
    await works.add(*away)
    await works.add(task("1", "did:web:there.example p1"))
    await works.idle()
    works.listening = True
    async with running(works):
        await works.until(lambda: works.ended == ["1"])


async def test_what_runs_when_the_node_stops_is_cancelled_and_stays_in_the_store():
    works = Works()
    works.close("1")
    async with running(works):
        await works.add(task("1"))
        await works.until(lambda: works.begun == ["1"])
    assert works.cancelled == ["1"]
    assert [one.id for one in await works.store.tasks()] == ["1"]


async def test_a_thousand_queues_are_all_done(works):
    names = {f"{partner} {number}" for partner in range(10) for number in range(100)}
    await works.add(*(task(name, f"did:web:{name}") for name in sorted(names)))
    await works.until(lambda: len(works.ended) >= len(names))
    await works.idle()
    assert sorted(works.begun) == sorted(names)
    assert works.dispatcher._queues == {}
    assert works.dispatcher._queue_of == {}
    assert works.dispatcher._lines == {}
    assert works.dispatcher._per_partner == {}


async def test_a_signal_wakes_everybody_who_waits():
    signal = Signal()
    waiting = [asyncio.create_task(signal.changed(PATIENCE)) for _ in range(3)]
    await asyncio.sleep(0)
    signal.fire()
    await asyncio.wait_for(asyncio.gather(*waiting), 1)


async def test_a_signal_that_does_not_come_is_waited_for_no_longer_than_asked():
    signal = Signal()
    await asyncio.wait_for(signal.changed(SOON), PATIENCE)
    signal.fire()
    assert signal._waiting == {}


async def test_a_signal_is_for_those_who_wait_and_not_for_later():
    signal = Signal()
    signal.fire()
    late = asyncio.create_task(signal.changed(PATIENCE))
    await asyncio.sleep(SOON)
    assert not late.done()
    late.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await late
    assert signal._waiting == {}


async def test_who_waits_for_a_process_is_woken_by_what_moves_it():
    signal = Signal()
    a, b, anything = (asyncio.create_task(signal.changed(PATIENCE, name)) for name in ("a", "b", ""))
    await asyncio.sleep(0)
    signal.fire(["b", "c"])
    await asyncio.wait_for(asyncio.gather(b, anything), 1)
    assert not a.done()
    # What names no process was heard of another replica.
    signal.fire()
    await asyncio.wait_for(a, 1)
    assert signal._waiting == {}
