"""The reads of the port `Store`, once for every database: statements by their text for SQLite, and what rows mean."""

from __future__ import annotations

import abc
import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from corridor.base.clock import DateRange
from corridor.base.ids import AgreementId, DatasetId, PaperId, ParticipantId, ProcessId
from corridor.service.ports import Stretch
from corridor.service.records import (
    AgreementRecord,
    DatasetRecord,
    DeadLetter,
    Grant,
    LoggedEvent,
    NegotiationRecord,
    PaperRecord,
    ReceiptRecord,
    SubscriptionRecord,
    Task,
    TransferRecord,
    Usage,
)
from corridor.store import statements
from corridor.store.bodies import document_from, from_body
from corridor.store.rows import ALL, task_from, window_row
from corridor.store.walk import Walk, walk

RecordT = TypeVar("RecordT")


class Reading(abc.ABC):
    """The half of a store that reads, over `_rows`."""

    @abc.abstractmethod
    async def _rows(self, sql: str, **where: Any) -> Sequence[Any]:
        """All rows of one of `statements`; parameters that it does not name are left aside.

        Raises:
            StorageError: the database fails.
        """

    async def negotiation(self, pid: ProcessId) -> NegotiationRecord | None:
        """The negotiation of which `pid` is our own pid."""
        return await self._one(NegotiationRecord, statements.NEGOTIATION, id=pid)

    async def negotiation_by_peer(self, peer: ParticipantId, peer_pid: ProcessId) -> NegotiationRecord | None:
        """The negotiation with `peer` of which `peer_pid` is the partner's pid."""
        return await self._one(NegotiationRecord, statements.NEGOTIATION_BY_PEER, peer=peer, peer_pid=peer_pid)

    async def negotiations(self, *, after: str = "", limit: int = 100) -> tuple[NegotiationRecord, ...]:
        """A page in order of our pid, from the one after `after` on."""
        return await self._all(NegotiationRecord, statements.NEGOTIATIONS, after=after, limit=limit)

    async def negotiations_held(self, *, after: str = "", limit: int = 100) -> tuple[NegotiationRecord, ...]:
        """A page of the negotiations that wait for a person, in order of our pid."""
        return await self._all(NegotiationRecord, statements.NEGOTIATIONS_HELD, after=after, limit=limit)

    async def agreement(self, agreement: AgreementId) -> AgreementRecord | None:
        """The agreement of that id."""
        return await self._one(AgreementRecord, statements.AGREEMENT, id=agreement)

    async def agreements(self, *, after: str = "", limit: int = 100) -> tuple[AgreementRecord, ...]:
        """A page in order of id."""
        return await self._all(AgreementRecord, statements.AGREEMENTS, after=after, limit=limit)

    async def transfer(self, pid: ProcessId) -> TransferRecord | None:
        """The transfer process of which `pid` is our own pid."""
        return await self._one(TransferRecord, statements.TRANSFER, id=pid)

    async def transfer_by_peer(self, peer: ParticipantId, peer_pid: ProcessId) -> TransferRecord | None:
        """The transfer process with `peer` of which `peer_pid` is the partner's pid."""
        return await self._one(TransferRecord, statements.TRANSFER_BY_PEER, peer=peer, peer_pid=peer_pid)

    async def transfers(
        self, *, agreement: AgreementId | None = None, after: str = "", limit: int = 100
    ) -> tuple[TransferRecord, ...]:
        """A page in order of our pid, of one agreement or of all."""
        sql = statements.TRANSFERS if agreement is None else statements.TRANSFERS_OF
        return await self._all(TransferRecord, sql, agreement=agreement, after=after, limit=limit)

    async def transfers_held(self, *, after: str = "", limit: int = 100) -> tuple[TransferRecord, ...]:
        """A page of the transfer processes that wait for a person, in order of our pid."""
        return await self._all(TransferRecord, statements.TRANSFERS_HELD, after=after, limit=limit)

    async def dataset(self, dataset: DatasetId) -> DatasetRecord | None:
        """The dataset of that id, withdrawn or not."""
        return await self._one(DatasetRecord, statements.DATASET, id=dataset)

    async def datasets(
        self, *, after: str = "", limit: int = 100, withdrawn: bool = False
    ) -> tuple[DatasetRecord, ...]:
        """A page in order of id; with `withdrawn`, those too."""
        sql = statements.DATASETS if withdrawn else statements.DATASETS_ON_OFFER
        return await self._all(DatasetRecord, sql, after=after, limit=limit)

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

        return await walk(
            self._rows, Walk(tuple(terms), start, backwards=backwards, limit=limit, look_at=look_at, follow=follow)
        )

    async def paper(self, paper: PaperId) -> PaperRecord | None:
        """The paper of that id, revoked or not."""
        return await self._one(PaperRecord, statements.PAPER, id=paper)

    async def papers(self) -> tuple[PaperRecord, ...]:
        """All papers in the order in which they were added."""
        return await self._all(PaperRecord, statements.PAPERS)

    async def tasks(self, *, limit: int = 1000) -> tuple[Task, ...]:
        """Open tasks in the order in which they were created, which is the order in which they were committed."""
        return tuple(task_from(tuple(row)) for row in await self._rows(statements.TASKS, limit=limit))

    async def task(self, task: str) -> Task | None:
        """The open task of that id."""
        return next((task_from(tuple(row)) for row in await self._rows(statements.TASK, id=task)), None)

    async def grant_by_token(self, token_digest: str) -> Grant | None:
        """The grant that the token of this digest stands for, revoked or not."""
        return await self._one(Grant, statements.GRANT_BY_DIGEST, token_digest=token_digest)

    async def grant(self, grant: str) -> Grant | None:
        """The grant of that id, revoked or not."""
        return await self._one(Grant, statements.GRANT, id=grant)

    async def usage(self, *, agreement: AgreementId | None = None, transfer: ProcessId | None = None) -> Usage:
        """What was served under an agreement, in a transfer, or (with neither) in all."""
        found = await self._rows(statements.USAGE, agreement=agreement or ALL, transfer=transfer or ALL)
        return Usage(*found[0]) if found else Usage()

    async def counted(self, jurisdiction: str, name: str, window: DateRange) -> Mapping[str, int]:
        """Per population, the greatest `n` that an agreement counted within `window`."""
        return dict(await self._rows(statements.COUNTED, **window_row(jurisdiction, name, window)))

    async def receipt(self, receipt: str) -> ReceiptRecord | None:
        """The receipt of that statement digest."""
        return await self._one(ReceiptRecord, statements.RECEIPT, id=receipt)

    async def receipts(self, agreement: AgreementId) -> tuple[ReceiptRecord, ...]:
        """The receipts of an agreement in order of time."""
        return await self._all(ReceiptRecord, statements.RECEIPTS, agreement=agreement)

    async def events(
        self, *, agreement: AgreementId | None = None, after: int = -1, limit: int = 1000
    ) -> tuple[LoggedEvent, ...]:
        """Logged events in order, from the index after `after` on; with `agreement`, those that belong to it."""
        sql = statements.EVENTS if agreement is None else statements.EVENTS_OF
        found = await self._rows(sql, agreement=agreement, after=after, limit=limit)
        return tuple(LoggedEvent(position, document_from(body)) for position, body in found)

    async def subscription(self, subscription: str) -> SubscriptionRecord | None:
        """The subscription of that id."""
        return await self._one(SubscriptionRecord, statements.SUBSCRIPTION, id=subscription)

    async def subscriptions(self, *, after: str = "", limit: int = 100) -> tuple[SubscriptionRecord, ...]:
        """A page in order of id."""
        return await self._all(SubscriptionRecord, statements.SUBSCRIPTIONS, after=after, limit=limit)

    async def letters(self, subscription: str, *, after: int = -1, limit: int = 100) -> tuple[DeadLetter, ...]:
        """The dead letters of a subscription in order of index, from the one after `after` on."""
        return await self._all(DeadLetter, statements.LETTERS, subscription=subscription, after=after, limit=limit)

    async def log_size(self) -> int:
        """The number of leaves of the evidence log."""
        ((size,),) = await self._rows(statements.LOG_SIZE)
        return int(size)

    async def log_node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree: level 0 are the leaves.

        Raises:
            LookupError: there is no such complete subtree yet.
        """
        where = {"level": level, "position": index} if level else {"position": index}
        found = await self._rows(statements.LOG_NODE if level else statements.LEAF, **where)
        if not found:
            raise LookupError(f"there is no complete subtree {index} of level {level}")
        return bytes(found[0][0])

    async def _all(self, cls: type[RecordT], sql: str, **where: Any) -> tuple[RecordT, ...]:
        return tuple(from_body(cls, body) for (body,) in await self._rows(sql, **where))

    async def _one(self, cls: type[RecordT], sql: str, **where: Any) -> RecordT | None:
        return next(iter(await self._all(cls, sql, **where)), None)
