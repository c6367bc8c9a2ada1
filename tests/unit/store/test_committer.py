from __future__ import annotations

import asyncio
import sqlite3
import threading
from dataclasses import replace

import pytest

from corridor.base.errors import LocalError, StaleError, StorageError
from corridor.service.ports import Changes
from corridor.store import committer as module
from corridor.store import log
from corridor.store.committer import BATCH, Committer
from corridor.store.connection import connect
from corridor.testing import store_samples as a


@pytest.fixture
async def told():
    """What `on_commit` was told."""
    return []


@pytest.fixture
async def committer(path, told):
    opened = Committer(connect(path, 0.05), path, told.append)
    yield opened
    await opened.close()


def rows(connection, table):
    return [key for (key,) in connection.execute(f"SELECT id FROM {table} ORDER BY id")]  # noqa: S608 - our own names


def count(path, statements):
    """Counts the statements of one kind that SQLite runs on the connection."""
    opened = connect(path)
    opened.set_trace_callback(lambda sql: statements.append(sql) if sql in ("COMMIT", "ROLLBACK") else None)
    return opened


async def test_a_commit_is_there_when_it_returns(committer, connection):
    await committer.commit(Changes((a.negotiation(),)))
    assert rows(connection, "negotiations") == ["urn:uuid:n1"]


async def test_waiting_commits_share_transactions(path, connection):
    statements = []
    committer = Committer(count(path, statements), path)
    connection.execute("BEGIN IMMEDIATE")  # the first transaction waits until all are there
    many = [Changes((a.negotiation(f"urn:uuid:{number:03}"),)) for number in range(2 * BATCH)]
    waiting = asyncio.gather(*(committer.commit(changes) for changes in many))
    await asyncio.sleep(0)
    connection.execute("ROLLBACK")
    await waiting
    await committer.close()
    assert len(rows(connection, "negotiations")) == 2 * BATCH
    assert 2 <= statements.count("COMMIT") <= 3


async def test_a_stale_commit_is_undone_alone(committer, connection):
    good = [Changes((a.negotiation(f"urn:uuid:{number}"),), events=(a.negotiation_event(),)) for number in range(5)]
    bad = Changes((a.negotiation("urn:uuid:x"), a.negotiation("urn:uuid:y", version=3)), events=(a.transfer_event(),))
    outcomes = await asyncio.gather(*(committer.commit(one) for one in (*good, bad, *good)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None)] * 5 + [StaleError] * 6
    assert str(outcomes[5]) == (
        "the negotiation `urn:uuid:y` was saved by another writer first; load it and decide again"
    )
    assert rows(connection, "negotiations") == [f"urn:uuid:{number}" for number in range(5)]
    assert log.load_frontier(connection).size == 5


async def test_whoever_must_know_is_told_of_each_durable_commit(committer, told):
    first, second = Changes(tasks=(a.task("x"),)), Changes(tasks=(a.task("y"),))
    await committer.commit(first)
    with pytest.raises(StaleError):
        await committer.commit(Changes((a.negotiation(version=9),)))
    await committer.use_token(a.seen(), a.NOW)
    await committer.commit(second)
    await asyncio.sleep(0)
    assert told == [first, second]


async def test_a_caller_that_goes_away_is_no_trouble_for_others(committer, connection, told):
    gone = asyncio.ensure_future(committer.commit(Changes((a.negotiation(),))))
    stale = asyncio.ensure_future(committer.commit(Changes((a.negotiation(version=9),))))
    await asyncio.sleep(0)
    gone.cancel()
    stale.cancel()
    await committer.commit(Changes(tasks=(a.task(),)))
    assert rows(connection, "negotiations") == ["urn:uuid:n1"]
    assert rows(connection, "tasks") == ["task-1"]


async def test_what_waits_is_written_before_it_closes(committer, connection):
    waiting = asyncio.ensure_future(committer.commit(Changes((a.negotiation(),))))
    await asyncio.sleep(0)
    await committer.close()
    await waiting
    assert rows(connection, "negotiations") == ["urn:uuid:n1"]


async def test_after_it_is_closed_nothing_is_taken(committer):
    await committer.close()
    await committer.close()
    with pytest.raises(StorageError, match="the database is closed"):
        await committer.commit(Changes())
    with pytest.raises(StorageError, match="the database is closed"):
        await committer.use_token(a.seen(), a.NOW)


async def test_a_locked_database_fails_the_batch_and_only_that(committer, connection):
    connection.execute("BEGIN IMMEDIATE")
    changes = Changes((a.negotiation(),), events=(a.negotiation_event(),))
    with pytest.raises(StorageError, match="locked by another program; close whatever"):
        await committer.commit(changes)
    connection.execute("ROLLBACK")
    await committer.commit(changes)
    assert log.load_frontier(connection).size == 1


async def test_a_full_disk_fails_the_batch_and_leaves_nothing(path, connection):
    writer = connect(path)
    ((pages,),) = writer.execute("PRAGMA page_count").fetchall()
    committer = Committer(writer, path)
    await committer.commit(Changes(events=(a.negotiation_event(),)))
    writer.execute(f"PRAGMA max_page_count = {pages}")
    large = replace(a.dataset(), description="x" * 100_000)
    whole = [Changes(datasets=(large,), events=(a.negotiation_event(),)), Changes(events=(a.transfer_event(),))]
    with pytest.raises(StorageError, match=r"the disk is full; nothing was changed; free some space"):
        await committer.commit(whole[0])
    assert rows(connection, "datasets") == []
    writer.execute("PRAGMA max_page_count = 1000000")
    for changes in whole:
        await committer.commit(changes)
    await committer.close()
    assert rows(connection, "datasets") == ["urn:uuid:d1"]
    assert log.load_frontier(connection).size == 3


@pytest.mark.parametrize("task", [replace(a.task(), queue="\ud800"), replace(a.task(), attempts=2**70)])
async def test_what_the_database_cannot_hold_is_refused_alone(committer, connection, task):
    both = committer.commit(Changes(tasks=(task,))), committer.commit(Changes(tasks=(a.task("good"),)))
    outcomes = await asyncio.gather(*both, return_exceptions=True)
    assert isinstance(outcomes[0], LocalError)
    assert "a record cannot be kept" in str(outcomes[0])
    assert rows(connection, "tasks") == ["good"]


async def test_a_fault_of_ours_answers_everybody_and_the_thread_lives_on(committer, connection, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(module.log, "append", broken)
        with pytest.raises(ZeroDivisionError):
            await committer.commit(Changes((a.negotiation(),), events=(a.negotiation_event(),)))
    await committer.commit(Changes(tasks=(a.task(),)))
    assert (rows(connection, "negotiations"), rows(connection, "tasks")) == ([], ["task-1"])


async def test_a_connection_that_is_gone_answers_everybody(path):
    writer = connect(path)
    committer = Committer(writer, path)
    writer.close()
    with pytest.raises(StorageError, match="closed database"):
        await committer.commit(Changes())
    await committer.close()


def test_a_loop_that_is_gone_does_not_hold_the_thread(path):
    async def leave():
        committer = Committer(connect(path), path)
        committer._orders.put(None)
        return committer

    committer = asyncio.run(leave())
    committer._thread.join(5)
    assert not committer._thread.is_alive()


async def test_all_writing_is_done_by_one_thread(path):
    threads = set()
    writer = connect(path)
    writer.set_trace_callback(lambda sql: threads.add(threading.current_thread().name))
    committer = Committer(writer, path)
    await asyncio.gather(*(committer.commit(Changes(tasks=(a.task(str(n)),))) for n in range(64)))
    await committer.close()
    assert threads == {"corridor-committer"}


async def test_a_failure_to_undo_is_not_the_one_that_is_told(committer, connection, monkeypatch):
    class Broken:
        in_transaction = True

        def execute(self, sql):
            raise sqlite3.OperationalError(sql)

    with monkeypatch.context() as patched:
        patched.setattr(committer, "_connection", Broken())
        with pytest.raises(StorageError, match="BEGIN IMMEDIATE"):
            await committer.commit(Changes())
