"""What the suite of the port does not see: batches, what fails on the way, and several writers at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from corridor.base.clock import DateRange
from corridor.base.errors import LocalError, StaleError, StorageError
from corridor.evidence.event import to_bytes
from corridor.evidence.merkle import Frontier, leaf_hash
from corridor.service.ports import Changes, CountGuard
from corridor.store.postgresql.committer import BATCH, Committer
from corridor.store.postgresql.database import connect
from corridor.store.postgresql.queries import LOCK
from corridor.testing import store_samples as a


class Counting:
    """A connection that counts round trips."""

    def __init__(self, inner, calls):
        self._inner = inner
        self._calls = calls

    def __getattr__(self, name):
        return getattr(self._inner, name)

    async def fetchval(self, *arguments):
        self._calls.append(arguments)
        return await self._inner.fetchval(*arguments)


@pytest.fixture
async def writer(database):
    """A committer, the batches that it sent, and the commits that it told of."""
    calls, told = [], []

    async def counted():
        return Counting(await connect(database), calls)

    committer = Committer(counted, database.shown, "replica-1", told.append)
    committer.calls, committer.told = calls, told
    yield committer
    await committer.close()


def event(number):
    return a.negotiation_event(f"urn:uuid:{number}")


async def test_commits_that_wait_share_one_round_trip(writer):
    await asyncio.gather(*(writer.commit(Changes(events=(event(number),))) for number in range(BATCH + 6)))
    assert [len(call[-2]) for call in writer.calls] == [BATCH, 6]
    await asyncio.sleep(0)
    assert len(writer.told) == BATCH + 6


async def test_a_commit_that_cannot_be_kept_spoils_no_other(writer):
    bad = replace(a.task(), queue="a\0b")
    outcomes = await asyncio.gather(
        *(writer.commit(Changes(tasks=(task,))) for task in (a.task("1"), bad, a.task("2"))), return_exceptions=True
    )
    assert [type(one) for one in outcomes] == [type(None), LocalError, type(None)]


async def test_a_broken_connection_is_told_and_made_anew(writer, postgres, database):
    await writer.commit(Changes(tasks=(a.task("1"),)))
    postgres.disconnect(database.url)
    await asyncio.sleep(0)
    outcomes = [await _outcome(writer, a.task(str(number))) for number in range(2, 5)]
    assert None in outcomes
    assert {type(one) for one in outcomes} <= {type(None), StorageError}
    assert outcomes[-1] is None


async def _outcome(writer, task):
    try:
        await writer.commit(Changes(tasks=(task,)))
    except StorageError as error:
        return error


async def test_a_commit_that_gets_no_answer_can_be_given_up(writer, connection, until):
    await writer.commit(Changes())
    await connection.execute(f"SELECT pg_advisory_lock({LOCK})")
    waiting = asyncio.create_task(writer.commit(Changes(tasks=(a.task(),))))
    await until(lambda: len(writer.calls) == 2)
    writer.interrupt()
    with pytest.raises(StorageError, match="cannot be reached"):
        await waiting
    await connection.execute(f"SELECT pg_advisory_unlock({LOCK})")
    await writer.commit(Changes(tasks=(a.task("2"),)))


async def test_nothing_is_written_after_the_end(database):
    committer = Committer(lambda: connect(database), database.shown, "replica-1")
    waiting = asyncio.create_task(committer.commit(Changes(tasks=(a.task(),))))
    await asyncio.sleep(0)
    await committer.close()
    await waiting
    with pytest.raises(StorageError, match="the database is closed"):
        await committer.commit(Changes())


async def test_a_log_that_lacks_a_hash_is_not_written_on(writer, connection):
    await writer.commit(Changes(events=(event(0), event(1))))
    await connection.execute("DELETE FROM events WHERE position = 0; DELETE FROM log_nodes")
    await writer.commit(Changes(events=(event(2),)))
    with pytest.raises(StorageError, match="the database fails"):
        await writer.commit(Changes(events=(event(3),)))


async def test_replicas_that_write_at_once_make_one_log_without_gaps(replicas):
    """Every leaf once, every subtree right, whoever wrote it."""
    async with replicas(3) as opened:
        stores = [store for store, _ in opened]
        writes = (stores[number % 3].commit(Changes(events=(event(number), event(number)))) for number in range(150))
        await asyncio.gather(*writes)
        told = await stores[0].events(limit=1000)
        assert [one.index for one in told] == list(range(300))
        names = [one.document["negotiation"] for one in told]
        assert sorted(names) == sorted(f"urn:uuid:{number}" for number in range(150) for _ in range(2))
        assert names[::2] == names[1::2]
        frontier, nodes = Frontier(), {}
        for name in names:
            frontier, made = frontier.append(leaf_hash(to_bytes(a.negotiation_event(name))))
            nodes |= {(node.level, node.index): node.hash for node in made}
        assert {key: await stores[1].log_node(*key) for key in nodes} == nodes


async def test_of_replicas_that_write_one_version_one_comes_first(replicas):
    async with replicas(3) as opened:
        stores = [store for store, _ in opened]
        await stores[0].commit(Changes((a.negotiation(),)))
        move = Changes((a.negotiation(version=1),), events=(a.negotiation_event(),))
        outcomes = await asyncio.gather(
            *(stores[number % 3].commit(move) for number in range(60)), return_exceptions=True
        )
        assert [one for one in outcomes if not isinstance(one, StaleError)] == [None]
        assert await stores[2].log_size() == 1


async def test_replicas_together_never_pass_a_guarded_sum(replicas):
    """Each adds only on the sum that it read; what loses reads again. No two add on the same sum."""
    async with replicas(3) as opened:
        window = DateRange()

        async def add(store, number):
            while True:
                found = sum((await store.counted("CN", "persons", window)).values())
                if found >= 20:
                    return
                more = a.counted(1, population=f"p{number}-{found}")
                guard = CountGuard("CN", "persons", window, found)
                try:
                    await store.commit(Changes(counted=(more,), guards=(guard,)))
                except StaleError:
                    continue

        await asyncio.gather(*(add(opened[number % 3][0], number) for number in range(9)))
        assert sum((await opened[0][0].counted("CN", "persons", window)).values()) == 20


async def test_a_token_is_used_once_whichever_replica_sees_it(replicas):
    async with replicas(3) as opened:
        answers = await asyncio.gather(*(opened[number % 3][0].use_token(a.seen(), a.NOW) for number in range(30)))
        assert sorted(answers) == [False] * 29 + [True]
