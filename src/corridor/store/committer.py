"""The one writer: a thread that joins waiting commits into one transaction and syncs the disk once for all of them.

Each commit stands in a savepoint of its own, so that a stale one is undone alone. A failure of the database itself
undoes the whole batch: nobody in it has been answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from corridor.base.errors import LocalError, StaleError, StorageError
from corridor.evidence.merkle import Frontier
from corridor.service.ports import Changes
from corridor.service.records import SeenToken
from corridor.store import log, statements
from corridor.store.faults import storage_error
from corridor.store.plan import Plan, Step, plan, stale_guard, stale_record
from corridor.store.rows import Row, micros, token_row, window_row

BATCH: Final = 256
"""Commits that share one transaction at most; more would make the first of them wait without a further gain."""


class _TokenUse(NamedTuple):
    row: Row
    now: int


class _Order(NamedTuple):
    """One commit that waits for the thread: what to do, whom to answer, and what to tell `on_commit`."""

    work: Plan | _TokenUse
    answer: asyncio.Future[bool]
    changes: Changes | None


_Outcome = bool | Exception


class Committer:
    """Writes to one database from one thread; made, used and closed in one event loop.

    Args:
        connection: to write on; from now on the thread's own, and closed by it.
        path: of the database, for messages.
        on_commit: called in the event loop after each commit that is durable.
    """

    def __init__(
        self, connection: sqlite3.Connection, path: Path, on_commit: Callable[[Changes], None] | None = None
    ) -> None:
        self._connection = connection
        self._path = path
        self._on_commit = on_commit
        self._loop = asyncio.get_running_loop()
        self._orders: queue.SimpleQueue[_Order | None] = queue.SimpleQueue()
        # Known only between two transactions that went well; read again from the database after a failure.
        self._frontier: Frontier | None = None
        self._closing = False
        self._stopped: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="corridor-committer", daemon=True)
        self._thread.start()

    async def commit(self, changes: Changes) -> None:
        """Apply `changes` whole and durably, or raise and apply none.

        A caller that is cancelled while it waits does not learn whether they were applied.

        Raises:
            StaleError: a record's version or a guard no longer holds.
            StorageError: the database is locked, full, damaged or closed.
            LocalError: a record or event holds what cannot be kept.
        """
        await self._order(plan(changes), changes)

    async def use_token(self, token: SeenToken, now: datetime) -> bool:
        """Remember a single-use token id; False if it was used before.

        Raises:
            StorageError: the database is locked, full, damaged or closed.
        """
        return await self._order(_TokenUse(token_row(token), micros(now)), None)

    async def close(self) -> None:
        """Write what is waiting, then close the connection."""
        if not self._closing:
            self._closing = True
            self._orders.put(None)
        await asyncio.shield(self._stopped)

    async def _order(self, work: Plan | _TokenUse, changes: Changes | None) -> bool:
        if self._closing:
            raise StorageError("the database is closed", place=str(self._path))
        answer: asyncio.Future[bool] = self._loop.create_future()
        self._orders.put(_Order(work, answer, changes))
        return await answer

    def _run(self) -> None:
        stopping = False
        while not stopping:
            batch, stopping = self._next_batch()
            if batch:
                self._tell(self._settle, batch, self._write(batch))
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        self._tell(self._stopped.set_result, None)

    def _next_batch(self) -> tuple[list[_Order], bool]:
        """What is waiting, at least one order, and whether to stop after it."""
        batch: list[_Order] = []
        order = self._orders.get()
        while order is not None:
            batch.append(order)
            if len(batch) == BATCH:
                return batch, False
            try:
                order = self._orders.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _write(self, batch: list[_Order]) -> list[_Outcome]:
        """One transaction; the outcome of each order in it."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            outcomes = [self._try(order.work) for order in batch]
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - the thread has to live on, and everybody in the batch be answered
            self._abandon()
            return [self._failure(error) for _ in batch]
        return outcomes

    def _abandon(self) -> None:
        self._frontier = None
        # SQLite undoes a transaction itself after some failures; a second failure here says nothing new.
        with contextlib.suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _failure(self, error: Exception) -> Exception:
        return storage_error(self._path, error) if isinstance(error, sqlite3.Error) else error

    def _try(self, work: Plan | _TokenUse) -> _Outcome:
        """The work in a savepoint of its own; if it is refused, nothing of it remains."""
        self._connection.execute("SAVEPOINT work")
        outcome: _Outcome
        try:
            outcome = self._apply(work) if isinstance(work, Plan) else self._use(work)
        except StaleError as error:
            outcome = error
        except sqlite3.IntegrityError as error:
            # The partner's pid or the token's digest is another record's: only a writer that came first can hold it.
            outcome = StaleError(f"another record came first: {error}", remedy="load it and decide again")
        except (UnicodeEncodeError, OverflowError) as error:
            outcome = LocalError(f"a record cannot be kept: {error}")
        if isinstance(outcome, Exception):
            self._connection.execute("ROLLBACK TO work")
        self._connection.execute("RELEASE work")
        return outcome

    def _use(self, use: _TokenUse) -> bool:
        self._connection.execute(statements.FORGET_USED, {"now": use.now})
        return self._connection.execute(statements.USE_ONCE, use.row).rowcount == 1

    def _apply(self, work: Plan) -> bool:
        for guard in work.guards:
            window = window_row(guard.jurisdiction, guard.name, guard.window)
            ((found,),) = self._connection.execute(statements.COUNTED_SUM, window).fetchall()
            if found != guard.expected:
                raise stale_guard(guard, found)
        for step in work.steps:
            self._step(step)
        if work.leaves:
            frontier = self._frontier or log.load_frontier(self._connection)
            self._frontier = log.append(self._connection, frontier, work.leaves)
        return True

    def _step(self, step: Step) -> None:
        changed = self._connection.executemany(step.sql, step.rows).rowcount
        if step.what is not None and changed != 1:
            raise stale_record(step.what)

    def _tell(self, call: Callable[..., object], *arguments: object) -> None:
        # The loop can be gone before the store is closed; then nobody is left to be told.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *arguments)

    def _settle(self, batch: list[_Order], outcomes: list[_Outcome]) -> None:
        for order, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Exception):
                if not order.answer.done():
                    order.answer.set_exception(outcome)
                continue
            if not order.answer.done():
                order.answer.set_result(outcome)
            if self._on_commit is not None and order.changes is not None:
                self._loop.call_soon(self._on_commit, order.changes)
