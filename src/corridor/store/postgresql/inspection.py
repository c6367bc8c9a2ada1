"""A look at a database from outside, for `corridor doctor`: changes nothing, and may be taken while nodes run on it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.ids import ParticipantId
from corridor.service.records import Task
from corridor.store.postgresql.database import Database, check_server, connect
from corridor.store.postgresql.faults import Failure, storage_errors
from corridor.store.postgresql.migrate import version
from corridor.store.postgresql.statements import OWNER, READS, REPLICAS
from corridor.store.postgresql.store import READS as READS_BY_TEXT
from corridor.store.rows import task_from
from corridor.store.walk import Read

_LOOKED_AT: Final = 1000


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found.

    Attributes:
        server: the server's version, for people.
        schema: the version of the schema, None where there are no tables yet; only of the current one is more known.
        replicas: processes that run on it.
        tasks: open ones, at most 1000.
        log_size: events in the evidence log.
        owner: the participant whose database it is, None where nobody has opened it yet.
    """

    server: str
    schema: str | None
    replicas: int = 0
    tasks: tuple[Task, ...] = ()
    log_size: int = 0
    owner: ParticipantId | None = None


async def inspect(database: Database, current: str) -> Inspection:
    """Look at `database`; `current` is the version of the schema that can be looked into.

    Raises:
        StorageError: it is out of reach, too old, another program's, or newer than we are.
    """
    connection = await connect(database)
    try:
        await check_server(connection, database)
        found = await version(connection, database)
        server = ".".join(map(str, connection.get_server_version()[:2]))
        if found != current:
            return Inspection(server, found)
        with storage_errors(database.shown):
            rows = await connection.fetch(READS["TASKS"][0], _LOOKED_AT)
            size = await connection.fetchval(READS["LOG_SIZE"][0])
            replicas = await connection.fetchval(REPLICAS)
            owner = await connection.fetchval(OWNER)
        return Inspection(server, found, replicas, tuple(task_from(tuple(row)) for row in rows), size, owner)
    finally:
        with contextlib.suppress(*Failure):
            await connection.close(timeout=1.0)


@contextlib.asynccontextmanager
async def reading(database: Database) -> AsyncIterator[Read]:
    """What runs statements on `database`, which has to be of the current version, for as long as the block lasts.

    Raises:
        StorageError: it is out of reach or fails.
    """
    connection = await connect(database)

    async def read(sql: str, **where: Any) -> Sequence[Any]:
        text, names = READS_BY_TEXT[sql]
        with storage_errors(database.shown):
            found: Sequence[Any] = await connection.fetch(text, *(where[name] for name in names))
        return found

    try:
        yield read
    finally:
        with contextlib.suppress(*Failure):
            await connection.close(timeout=1.0)
