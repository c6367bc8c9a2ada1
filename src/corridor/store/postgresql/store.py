"""The store of a node on PostgreSQL, which several processes of the node share."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple, Self

import asyncpg

from corridor.base.ids import ParticipantId
from corridor.service.ports import Changes
from corridor.service.records import SeenToken, Task
from corridor.store import statements as texts
from corridor.store.postgresql import statements
from corridor.store.postgresql.committer import Committer
from corridor.store.postgresql.database import LONGEST, PATIENCE, Database, check_server, connect
from corridor.store.postgresql.faults import Failure, storage_errors
from corridor.store.postgresql.migrate import upgrade
from corridor.store.postgresql.ownership import claim
from corridor.store.postgresql.replica import Replica
from corridor.store.reading import Reading

CONNECTIONS: Final = 8
"""Connections to read with; two more write and listen."""

READS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    getattr(texts, name): read for name, read in statements.READS.items()
}
"""SQLite's text of a statement to ours, and the names of its parameters in order."""


class _Parts(NamedTuple):
    """What a store is made of: a pool to read from, one that writes, and ourselves among the replicas."""

    pool: Any
    committer: Committer
    replica: Replica


class PostgresStore(Reading):
    """The port `Store`, and the port `Leases`, in one PostgreSQL database.

    Open it with `PostgresStore.open`, and close it in the event loop that opened it.
    """

    def __init__(self, database: Database, parts: _Parts) -> None:
        self._database = database
        self._pool = parts.pool
        self._committer = parts.committer
        self._replica = parts.replica

    @classmethod
    async def open(
        cls,
        database: Database,
        on_commit: Callable[[Changes], None] | None = None,
        *,
        connections: int = CONNECTIONS,
        owner: ParticipantId | None = None,
    ) -> Self:
        """Open the database, bring its schema up to date, and become one of its replicas.

        Args:
            database: to open; it has to exist.
            on_commit: called in the event loop after each commit that is durable, and with what other replicas
                committed, as far as it concerns this one.
            connections: to read with.
            owner: the participant whose database it is; the first that opens it has it for good. With None, nobody is
                asked.

        Raises:
            SettingsError: it belongs to another participant.
            StorageError: it cannot be reached, written or understood.
        """
        await _prepare(database, owner)
        name = f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"
        again = partial(connect, database)
        with storage_errors(database.shown):
            pool = await asyncpg.create_pool(
                database.url,
                min_size=1,
                max_size=connections,
                timeout=PATIENCE,
                command_timeout=LONGEST,
                server_settings={"application_name": "corridor"},
                reset=_as_it_is,
            )
        tell = on_commit or (lambda _: None)
        replica = Replica(name, database, again, tell, lambda: time.time_ns() // 1000)
        try:
            await replica.start()
        except BaseException:
            pool.terminate()
            await replica.stop()
            raise
        return cls(database, _Parts(pool, Committer(again, database.shown, name, on_commit), replica))

    async def close(self) -> None:
        """Write what is waiting, then leave the rest of the work to the other replicas."""
        await self._committer.close()
        await self._replica.stop()
        with contextlib.suppress(*Failure):
            await self._pool.close()

    async def commit(self, changes: Changes) -> None:
        """Apply `changes` whole and durably, or raise and apply none.

        Raises:
            StaleError: a record's version or a guard no longer holds; load and decide again.
            StorageError: the database fails; if the connection broke off, the changes may have been applied.
            LocalError: a record or event holds what cannot be kept.
        """
        await self._committer.commit(changes)

    async def use_token(self, token: SeenToken, now: datetime) -> bool:
        """Remember a single-use token id; False if it was used before. Ids that expired before `now` are forgotten.

        Raises:
            StorageError: the database fails.
        """
        return await self._committer.use_token(token, now)

    def watch(self, renewed: Callable[[], None], lost: Callable[[], None]) -> None:
        """Call `renewed` when what was known of our tasks no longer holds, and `lost` once others may have them."""

        def interrupted() -> None:
            self._committer.interrupt()
            lost()

        self._replica.watch(renewed, interrupted)

    async def own_tasks(self, *, limit: int = 1000) -> tuple[Task, ...]:
        """Open tasks of this replica in the order in which they were created."""
        return await self._replica.tasks(self._fetch, limit)

    async def head(self, known: Task) -> Task | None:
        """The task to do next in the queue of `known`; None if there is none, or another replica has the queue."""
        return await self._replica.head(self._fetch, known.queue)

    async def _rows(self, sql: str, **where: Any) -> Sequence[Any]:
        text, names = READS[sql]
        return await self._fetch(text, *(where[name] for name in names))

    async def _fetch(self, text: str, *where: Any) -> Sequence[Any]:
        with storage_errors(self._database.shown):
            found: Sequence[Any] = await self._pool.fetch(text, *where)
        return found


async def _prepare(database: Database, owner: ParticipantId | None) -> None:
    connection = await connect(database)
    try:
        await check_server(connection, database)
        await upgrade(connection, database)
        if owner is not None:
            await claim(connection, database, owner)
    finally:
        with contextlib.suppress(*Failure):
            await connection.close(timeout=PATIENCE)


async def _as_it_is(connection: Any) -> None:
    """Reads leave nothing behind; setting a connection back would cost each of them a second round trip."""
