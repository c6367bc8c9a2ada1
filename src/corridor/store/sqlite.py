"""The store of a node on one machine: one SQLite file, one writer thread, reads in the event loop.

Reads are inline because they are small, run along an index, and in write-ahead mode never wait for the writer.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

from corridor.base.errors import StorageError
from corridor.service.ports import Changes
from corridor.service.records import SeenToken
from corridor.store import log
from corridor.store.committer import Committer
from corridor.store.connection import PATIENCE, claim, connect
from corridor.store.faults import storage_errors
from corridor.store.migrate import upgrade
from corridor.store.reading import Reading


class _Connections(NamedTuple):
    """The lock that makes the database ours, one connection to write and one to read."""

    lock: sqlite3.Connection
    writer: sqlite3.Connection
    reader: sqlite3.Connection


class SqliteStore(Reading):
    """The port `Store` in one SQLite file, which belongs to this node as long as the store is open.

    Open it with `SqliteStore.open`, and close it in the event loop that opened it.
    """

    def __init__(
        self, path: Path, connections: _Connections, on_commit: Callable[[Changes], None] | None = None
    ) -> None:
        self._path = path
        self._lock = connections.lock
        self._reader = connections.reader
        self._committer = Committer(connections.writer, path, on_commit)

    @classmethod
    async def open(
        cls, path: Path, on_commit: Callable[[Changes], None] | None = None, *, patience: float = PATIENCE
    ) -> Self:
        """Open the database at `path`, make it if there is none, and bring its schema up to date.

        Args:
            path: of the database; its folder has to exist.
            on_commit: called in the event loop after each commit that is durable.
            patience: seconds to wait for another program that has the database locked.

        Raises:
            StorageError: another node has it, it is not a database of ours, or it cannot be read or written.
        """
        return cls(path, await asyncio.to_thread(_open, path, patience), on_commit)

    async def close(self) -> None:
        """Write what is waiting, then give the database back."""
        await self._committer.close()
        self._reader.close()
        self._lock.close()

    async def commit(self, changes: Changes) -> None:
        """Apply `changes` whole and durably, or raise and apply none.

        Raises:
            StaleError: a record's version or a guard no longer holds; load and decide again.
            StorageError: the database is locked, full, damaged or closed.
            LocalError: a record or event holds what cannot be kept.
        """
        await self._committer.commit(changes)

    async def use_token(self, token: SeenToken, now: datetime) -> bool:
        """Remember a single-use token id; False if it was used before. Ids that expired before `now` are forgotten.

        Raises:
            StorageError: the database is locked, full, damaged or closed.
        """
        return await self._committer.use_token(token, now)

    async def _rows(self, sql: str, **where: Any) -> Sequence[Any]:
        """All rows at once: a statement left half-read would hold every later read to its own moment."""
        with storage_errors(self._path):
            return self._reader.execute(sql, where).fetchall()


def _open(path: Path, patience: float) -> _Connections:
    """The connections, or nothing left open."""
    opened = [claim(path)]
    try:
        upgrade(path, patience)
        opened.append(connect(path, patience))
        opened.append(connect(path, patience, query_only=True))
        with storage_errors(path):
            log.load_frontier(opened[-1])
    except BaseException as error:
        for connection in opened:
            connection.close()
        if isinstance(error, StorageError) and error.place is None:
            error.place = str(path)
        raise
    return _Connections(*opened)
