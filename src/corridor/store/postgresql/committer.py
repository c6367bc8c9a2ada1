"""Joins the commits that wait into batches, and each batch into one round trip; one batch of a process at a time.

Each commit stands in a subtransaction of its own, so that a stale one is undone alone. A failure of the database itself
undoes the whole batch. If the connection breaks on the way, nobody knows whether the batch was applied: everybody in it
is told that the database failed, and finds out by loading.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, NamedTuple

from corridor.base.errors import StorageError
from corridor.service.ports import Changes
from corridor.service.records import SeenToken
from corridor.store.postgresql import statements
from corridor.store.postgresql.batch import Outcome, Work, arguments, outcomes_of, work_of, work_of_token
from corridor.store.postgresql.database import Connection
from corridor.store.postgresql.faults import Failure, is_unkeepable, storage_error, unkeepable

BATCH: Final = 64
"""Commits in one transaction at most: PostgreSQL keeps so many subtransactions of a transaction at hand."""
_CALL: Final = "SELECT pg_temp.corridor_commit($1, $2, $3, $4, $5, $6)"


class _Order(NamedTuple):
    """One commit that waits: what to do, whom to answer, and what to tell `on_commit`."""

    work: Work
    answer: asyncio.Future[bool]
    changes: Changes | None


class Committer:
    """Writes for one replica over one connection, which it makes anew whenever it breaks.

    Args:
        connect: gives a fresh connection.
        shown: the database, for messages.
        replica: names this process; tasks that it commits are its own, unless their queue is another's.
        on_commit: called in the event loop after each commit that is durable.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        shown: str,
        replica: str,
        on_commit: Callable[[Changes], None] | None = None,
    ) -> None:
        self._connect = connect
        self._shown = shown
        self._replica = replica
        self._on_commit = on_commit
        self._connection: Connection | None = None
        self._orders: deque[_Order] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._writing = asyncio.create_task(self._write_on())

    async def commit(self, changes: Changes) -> None:
        """Apply `changes` whole and durably, or raise and apply none.

        Raises:
            StaleError: a record's version or a guard no longer holds.
            StorageError: the database fails; if it broke off, they may have been applied.
            LocalError: a record or event holds what cannot be kept.
        """
        await self._order(work_of(changes), changes)

    async def use_token(self, token: SeenToken, now: datetime) -> bool:
        """Remember a single-use token id; False if it was used before.

        Raises:
            StorageError: the database fails.
        """
        return await self._order(work_of_token(token, now), None)

    def interrupt(self) -> None:
        """Wait no longer for a database that does not answer: whoever waits for a commit is told that it fails."""
        if self._connection is not None:
            self._connection.terminate()

    async def close(self) -> None:
        """Write what is waiting, then close the connection."""
        self._closing = True
        self._wake.set()
        await asyncio.shield(self._writing)

    async def _order(self, work: Work, changes: Changes | None) -> bool:
        if self._closing:
            raise StorageError("the database is closed", place=self._shown)
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._orders.append(_Order(work, answer, changes))
        self._wake.set()
        return await answer

    async def _write_on(self) -> None:
        while self._orders or not self._closing:
            if not self._orders:
                self._wake.clear()
                await self._wake.wait()
                continue
            batch = [self._orders.popleft() for _ in range(min(BATCH, len(self._orders)))]
            self._settle(batch, await self._write(batch))
        await self._leave()

    async def _write(self, batch: list[_Order]) -> list[Outcome]:
        """One transaction; the outcome of each order in it."""
        works = [order.work for order in batch]
        try:
            connection = await self._connected()
            answers = await connection.fetchval(_CALL, *arguments(self._replica, works))
        except Failure as error:
            return await self._failed(batch, error)
        except Exception as error:  # noqa: BLE001 - the writer has to live on, and everybody in the batch be answered
            return [error for _ in batch]
        return outcomes_of(answers, works)

    async def _failed(self, batch: list[_Order], error: Exception) -> list[Outcome]:
        """Whose fault it is: values that cannot be kept are one order's, everything else is everybody's."""
        if not is_unkeepable(error):
            await self._leave()
            return [storage_error(self._shown, error) for _ in batch]
        if len(batch) == 1:
            return [unkeepable(error)]
        return [outcome for order in batch for outcome in await self._write([order])]

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._connect()
            await self._connection.execute(statements.COMMIT)
        return self._connection

    async def _leave(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*Failure):
                await connection.close(timeout=1.0)

    def _settle(self, batch: list[_Order], outcomes: list[Outcome]) -> None:
        for order, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Exception):
                if not order.answer.done():
                    order.answer.set_exception(outcome)
                continue
            if not order.answer.done():
                order.answer.set_result(outcome)
            if self._on_commit is not None and order.changes is not None:
                asyncio.get_running_loop().call_soon(self._on_commit, order.changes)
