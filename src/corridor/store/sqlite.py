"""The store of a node on one machine: one SQLite file, one writer thread, reads in the event loop.

Reads are inline because they are small, run along an index, and in write-ahead mode never wait for the writer.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeVar

from corridor.base.clock import DateRange
from corridor.base.errors import StorageError
from corridor.base.ids import AgreementId, DatasetId, PaperId, ParticipantId, ProcessId
from corridor.service.ports import Changes, Stretch
from corridor.service.records import (
    AgreementRecord,
    DatasetRecord,
    DeadLetter,
    Grant,
    LoggedEvent,
    NegotiationRecord,
    PaperRecord,
    ReceiptRecord,
    SeenToken,
    SubscriptionRecord,
    Task,
    TransferRecord,
    Usage,
)
from corridor.store import log, statements
from corridor.store.bodies import document_from, from_body
from corridor.store.committer import Committer
from corridor.store.connection import PATIENCE, claim, connect
from corridor.store.faults import storage_errors
from corridor.store.migrate import upgrade
from corridor.store.rows import ALL, task_from, window_row
from corridor.store.walk import Walk, walk

RecordT = TypeVar("RecordT")


class _Connections(NamedTuple):
    """The lock that makes the database ours, one connection to write and one to read."""

    lock: sqlite3.Connection
    writer: sqlite3.Connection
    reader: sqlite3.Connection


class SqliteStore:
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

    async def negotiation(self, pid: ProcessId) -> NegotiationRecord | None:
        """The negotiation of which `pid` is our own pid."""
        return self._one(NegotiationRecord, statements.NEGOTIATION, id=pid)

    async def negotiation_by_peer(self, peer: ParticipantId, peer_pid: ProcessId) -> NegotiationRecord | None:
        """The negotiation with `peer` of which `peer_pid` is the partner's pid."""
        return self._one(NegotiationRecord, statements.NEGOTIATION_BY_PEER, peer=peer, peer_pid=peer_pid)

    async def negotiations(self, *, after: str = "", limit: int = 100) -> tuple[NegotiationRecord, ...]:
        """A page in order of our pid, from the one after `after` on."""
        return self._all(NegotiationRecord, statements.NEGOTIATIONS, after=after, limit=limit)

    async def negotiations_held(self, *, after: str = "", limit: int = 100) -> tuple[NegotiationRecord, ...]:
        """A page of the negotiations that wait for a person, in order of our pid."""
        return self._all(NegotiationRecord, statements.NEGOTIATIONS_HELD, after=after, limit=limit)

    async def agreement(self, agreement: AgreementId) -> AgreementRecord | None:
        """The agreement of that id."""
        return self._one(AgreementRecord, statements.AGREEMENT, id=agreement)

    async def agreements(self, *, after: str = "", limit: int = 100) -> tuple[AgreementRecord, ...]:
        """A page in order of id."""
        return self._all(AgreementRecord, statements.AGREEMENTS, after=after, limit=limit)

    async def transfer(self, pid: ProcessId) -> TransferRecord | None:
        """The transfer process of which `pid` is our own pid."""
        return self._one(TransferRecord, statements.TRANSFER, id=pid)

    async def transfer_by_peer(self, peer: ParticipantId, peer_pid: ProcessId) -> TransferRecord | None:
        """The transfer process with `peer` of which `peer_pid` is the partner's pid."""
        return self._one(TransferRecord, statements.TRANSFER_BY_PEER, peer=peer, peer_pid=peer_pid)

    async def transfers(
        self, *, agreement: AgreementId | None = None, after: str = "", limit: int = 100
    ) -> tuple[TransferRecord, ...]:
        """A page in order of our pid, of one agreement or of all."""
        sql = statements.TRANSFERS if agreement is None else statements.TRANSFERS_OF
        return self._all(TransferRecord, sql, agreement=agreement, after=after, limit=limit)

    async def transfers_held(self, *, after: str = "", limit: int = 100) -> tuple[TransferRecord, ...]:
        """A page of the transfer processes that wait for a person, in order of our pid."""
        return self._all(TransferRecord, statements.TRANSFERS_HELD, after=after, limit=limit)

    async def dataset(self, dataset: DatasetId) -> DatasetRecord | None:
        """The dataset of that id, withdrawn or not."""
        return self._one(DatasetRecord, statements.DATASET, id=dataset)

    async def datasets(
        self, *, after: str = "", limit: int = 100, withdrawn: bool = False
    ) -> tuple[DatasetRecord, ...]:
        """A page in order of id; with `withdrawn`, those too."""
        sql = statements.DATASETS if withdrawn else statements.DATASETS_ON_OFFER
        return self._all(DatasetRecord, sql, after=after, limit=limit)

    async def on_offer(
        self,
        terms: Sequence[str] = (),
        *,
        start: str = "",
        backwards: bool = False,
        limit: int = 100,
        look_at: int = 5000,
        follow: str | None = None,
    ) -> Stretch:
        """Datasets that are not withdrawn and have all the terms, in order of id; see the port."""
        # Whoever judges a long stretch keeps the event loop: others are served before the next one.
        await asyncio.sleep(0)

        async def read(sql: str, **where: Any) -> list[Any]:
            return self._rows(sql, **where)

        return await walk(
            read, Walk(tuple(terms), start, backwards=backwards, limit=limit, look_at=look_at, follow=follow)
        )

    async def paper(self, paper: PaperId) -> PaperRecord | None:
        """The paper of that id, revoked or not."""
        return self._one(PaperRecord, statements.PAPER, id=paper)

    async def papers(self) -> tuple[PaperRecord, ...]:
        """All papers in the order in which they were added."""
        return self._all(PaperRecord, statements.PAPERS)

    async def tasks(self, *, limit: int = 1000) -> tuple[Task, ...]:
        """Open tasks in the order in which they were created, which is the order in which they were committed."""
        return tuple(task_from(row) for row in self._rows(statements.TASKS, limit=limit))

    async def task(self, task: str) -> Task | None:
        """The open task of that id."""
        return next((task_from(row) for row in self._rows(statements.TASK, id=task)), None)

    async def grant_by_token(self, token_digest: str) -> Grant | None:
        """The grant that the token of this digest stands for, revoked or not."""
        return self._one(Grant, statements.GRANT_BY_DIGEST, token_digest=token_digest)

    async def grant(self, grant: str) -> Grant | None:
        """The grant of that id, revoked or not."""
        return self._one(Grant, statements.GRANT, id=grant)

    async def usage(self, *, agreement: AgreementId | None = None, transfer: ProcessId | None = None) -> Usage:
        """What was served under an agreement, in a transfer, or (with neither) in all."""
        found = self._rows(statements.USAGE, agreement=agreement or ALL, transfer=transfer or ALL)
        return Usage(*found[0]) if found else Usage()

    async def counted(self, jurisdiction: str, name: str, window: DateRange) -> Mapping[str, int]:
        """Per population, the greatest `n` that an agreement counted within `window`."""
        return dict(self._rows(statements.COUNTED, **window_row(jurisdiction, name, window)))

    async def receipt(self, receipt: str) -> ReceiptRecord | None:
        """The receipt of that statement digest."""
        return self._one(ReceiptRecord, statements.RECEIPT, id=receipt)

    async def receipts(self, agreement: AgreementId) -> tuple[ReceiptRecord, ...]:
        """The receipts of an agreement in order of time."""
        return self._all(ReceiptRecord, statements.RECEIPTS, agreement=agreement)

    async def events(
        self, *, agreement: AgreementId | None = None, after: int = -1, limit: int = 1000
    ) -> tuple[LoggedEvent, ...]:
        """Logged events in order, from the index after `after` on; with `agreement`, those that belong to it."""
        sql = statements.EVENTS if agreement is None else statements.EVENTS_OF
        found = self._rows(sql, agreement=agreement, after=after, limit=limit)
        return tuple(LoggedEvent(position, document_from(body)) for position, body in found)

    async def subscription(self, subscription: str) -> SubscriptionRecord | None:
        """The subscription of that id."""
        return self._one(SubscriptionRecord, statements.SUBSCRIPTION, id=subscription)

    async def subscriptions(self, *, after: str = "", limit: int = 100) -> tuple[SubscriptionRecord, ...]:
        """A page in order of id."""
        return self._all(SubscriptionRecord, statements.SUBSCRIPTIONS, after=after, limit=limit)

    async def letters(self, subscription: str, *, after: int = -1, limit: int = 100) -> tuple[DeadLetter, ...]:
        """The dead letters of a subscription in order of index, from the one after `after` on."""
        return self._all(DeadLetter, statements.LETTERS, subscription=subscription, after=after, limit=limit)

    async def log_size(self) -> int:
        """The number of leaves of the evidence log."""
        ((size,),) = self._rows(statements.LOG_SIZE)
        return int(size)

    async def log_node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree: level 0 are the leaves.

        Raises:
            LookupError: there is no such complete subtree yet.
        """
        with storage_errors(self._path):
            found = log.find_node(self._reader, level, index)
        if found is None:
            raise LookupError(f"there is no complete subtree {index} of level {level}")
        return found

    def _rows(self, sql: str, **where: Any) -> list[Any]:
        """All rows at once: a statement left half-read would hold every later read to its own moment."""
        with storage_errors(self._path):
            return self._reader.execute(sql, where).fetchall()

    def _all(self, cls: type[RecordT], sql: str, **where: Any) -> tuple[RecordT, ...]:
        return tuple(from_body(cls, body) for (body,) in self._rows(sql, **where))

    def _one(self, cls: type[RecordT], sql: str, **where: Any) -> RecordT | None:
        return next(iter(self._all(cls, sql, **where)), None)


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
