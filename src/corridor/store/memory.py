"""The whole store in dictionaries: for tests, demonstrations and as the plainest reading of the port.

It ships with the product, and warns where no test runs, since everything in it is gone with the process.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any, Final, TypeVar

import structlog

from corridor.base.clock import DateRange
from corridor.base.ids import AgreementId, DatasetId, PaperId, ParticipantId, ProcessId
from corridor.dsp.negotiation import Negotiation
from corridor.dsp.transfer import TransferProcess
from corridor.evidence.event import Event, subjects, to_bytes
from corridor.evidence.merkle import Frontier, leaf_hash
from corridor.service.finding import terms_of
from corridor.service.ports import Changes, CountGuard, Stretch
from corridor.service.records import (
    AgreementRecord,
    Counted,
    DatasetRecord,
    DeadLetter,
    Grant,
    LoggedEvent,
    NegotiationRecord,
    PaperRecord,
    ReceiptRecord,
    SeenToken,
    Served,
    SubscriptionRecord,
    Task,
    TransferRecord,
    Usage,
)
from corridor.store.bodies import document_from
from corridor.store.plan import named, stale_guard, stale_record
from corridor.store.rows import ALL, usage_keys

RecordT = TypeVar("RecordT")

_Key = tuple[str, str, str | None]

_NOBODY: Final = "\x00"
"""No identifier: none holds a control character."""

_log = structlog.get_logger(__name__)


class _Undo:
    """Puts and remembers, so that a commit that fails half-way leaves nothing."""

    def __init__(self) -> None:
        self._before: list[tuple[dict[Any, Any], Any, Any]] = []

    def put(self, table: dict[Any, Any], key: Any, value: Any) -> None:
        """Set `table[key]`; a key that was there keeps its place."""
        self._before.append((table, key, table.get(key)))
        table[key] = value

    def drop(self, table: dict[Any, Any], key: Any) -> None:
        """Take `key` out, if it is there."""
        self._before.append((table, key, table.pop(key, None)))

    def back(self) -> None:
        """Make every table what it was."""
        for table, key, value in reversed(self._before):
            if value is None:
                table.pop(key, None)
            else:
                table[key] = value


class MemoryStore:
    """The port `Store` in dictionaries; `on_commit` is called in the event loop after each commit."""

    def __init__(self, on_commit: Callable[[Changes], None] | None = None) -> None:
        self._on_commit = on_commit
        self._negotiations: dict[str, NegotiationRecord] = {}
        self._agreements: dict[str, AgreementRecord] = {}
        self._transfers: dict[str, TransferRecord] = {}
        self._datasets: dict[str, DatasetRecord] = {}
        self._terms: dict[str, frozenset[str]] = {}
        self._papers: dict[str, PaperRecord] = {}
        self._tasks: dict[str, Task] = {}
        self._grants: dict[str, Grant] = {}
        self._served: dict[str, Served] = {}
        self._receipts: dict[str, ReceiptRecord] = {}
        self._counted: list[Counted] = []
        self._usages: dict[tuple[str, str], Usage] = {}
        self._events: list[tuple[Event, LoggedEvent]] = []
        self._frontier = Frontier()
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._tokens: dict[tuple[str, str], datetime] = {}
        self._subscriptions: dict[str, SubscriptionRecord] = {}
        self._letters: dict[tuple[str, int], DeadLetter] = {}
        # What records hold unique besides their ids, and back: (kind, peer, peer pid) or (kind, "", token digest).
        self._taken: dict[_Key, str] = {}
        self._keys: dict[tuple[str, str], _Key] = {}
        if "pytest" not in sys.modules:
            _log.warning("state is kept in memory only", remedy="name a database in the settings to keep it")

    async def commit(self, changes: Changes) -> None:
        """Apply `changes` whole, or raise and apply none.

        Raises:
            StaleError: a record's version or a guard no longer holds; load and decide again.
            LocalError: an event holds what has no canonical form.
        """
        leaves = [(event, to_bytes(event)) for event in changes.events]
        self._hold(changes.guards)
        undo = _Undo()
        try:
            self._save(changes, undo)
        except Exception:
            undo.back()
            raise
        self._add(changes)
        for leaf in leaves:
            self._append(*leaf)
        if self._on_commit is not None:
            asyncio.get_running_loop().call_soon(self._on_commit, changes)

    async def use_token(self, token: SeenToken, now: datetime) -> bool:
        """Remember a single-use token id; False if it was used before. Ids that expired before `now` are forgotten."""
        self._tokens = {key: expires for key, expires in self._tokens.items() if expires >= now}
        size = len(self._tokens)
        self._tokens.setdefault((token.issuer, token.token_id), token.expires)
        return len(self._tokens) > size

    async def close(self) -> None:
        """Do nothing; there is nothing to write."""

    def _hold(self, guards: Iterable[CountGuard]) -> None:
        for guard in guards:
            found = sum(self._greatest(guard.jurisdiction, guard.name, guard.window).values())
            if found != guard.expected:
                raise stale_guard(guard, found)

    def _save(self, changes: Changes, undo: _Undo) -> None:
        """Everything that can be stale."""
        for negotiation in changes.negotiations:
            self._reserve(_peer_of(negotiation.negotiation), negotiation.negotiation.own_pid, undo)
            _save(undo, "negotiation", self._negotiations, negotiation.negotiation.own_pid, negotiation)
        for agreement in changes.agreements:
            _save(undo, "agreement", self._agreements, agreement.agreement.id, agreement)
        for transfer in changes.transfers:
            self._reserve(_peer_of(transfer.transfer), transfer.transfer.own_pid, undo)
            _save(undo, "transfer", self._transfers, transfer.transfer.own_pid, transfer)
        for dataset in changes.datasets:
            _save(undo, "dataset", self._datasets, dataset.id, dataset)
            undo.put(self._terms, dataset.id, frozenset(terms_of(dataset)))
        for paper in changes.papers:
            _save(undo, "paper", self._papers, paper.id, paper)
        for subscription in changes.subscriptions:
            _save(undo, "subscription", self._subscriptions, subscription.id, subscription)
        for grant in changes.grants:
            self._save_grant(grant, undo)
        for served in changes.served:
            self._save_served(served, undo)

    def _reserve(self, key: _Key, owner: str, undo: _Undo) -> None:
        """Make `key` the one that stands for `owner`; a key that ends with None stands for nothing."""
        if self._taken.get(key, owner) != owner:
            raise stale_record(named(key[0], owner))
        undo.drop(self._taken, self._keys.get((key[0], owner)))
        undo.put(self._keys, (key[0], owner), key)
        if key[-1] is not None:
            undo.put(self._taken, key, owner)

    def _save_grant(self, grant: Grant, undo: _Undo) -> None:
        if grant.revoked is None and grant.id in self._grants:
            raise stale_record(named("grant", grant.id))
        self._reserve(("grant", "", grant.token_digest), grant.id, undo)
        undo.put(self._grants, grant.id, grant)

    def _save_served(self, served: Served, undo: _Undo) -> None:
        if served.id in self._served:
            raise stale_record(named("metered answer", served.id))
        undo.put(self._served, served.id, served)
        for key in usage_keys(served.agreement, served.transfer):
            sums = self._usages.get(key, Usage())
            more = Usage(sums.requests + 1, sums.size + served.size, sums.rows + served.rows)
            undo.put(self._usages, key, more)

    def _add(self, changes: Changes) -> None:
        """Everything that cannot fail."""
        self._counted += changes.counted
        for receipt in changes.receipts:
            known = self._receipts.get(receipt.id)
            if known is None or not known.complete:
                self._receipts[receipt.id] = receipt
        self._add_letters(changes)
        for task in changes.tasks:
            self._tasks[task.id] = task
        for done in changes.tasks_done:
            self._tasks.pop(done, None)

    def _add_letters(self, changes: Changes) -> None:
        self._letters |= {(letter.subscription, letter.index): letter for letter in changes.letters}
        for key in changes.letters_gone:
            self._letters.pop(key, None)
        for gone in changes.subscriptions_gone:
            self._subscriptions.pop(gone, None)
            self._letters = {key: letter for key, letter in self._letters.items() if key[0] != gone}

    def _append(self, event: Event, data: bytes) -> None:
        self._events.append((event, LoggedEvent(self._frontier.size, document_from(data.decode()))))
        self._frontier, nodes = self._frontier.append(leaf_hash(data))
        self._nodes.update({(node.level, node.index): node.hash for node in nodes})

    async def negotiation(self, pid: ProcessId) -> NegotiationRecord | None:
        """The negotiation of which `pid` is our own pid."""
        return self._negotiations.get(pid)

    async def negotiation_by_peer(self, peer: ParticipantId, peer_pid: ProcessId) -> NegotiationRecord | None:
        """The negotiation with `peer` of which `peer_pid` is the partner's pid."""
        return self._negotiations.get(self._taken.get(("negotiation", peer, peer_pid), _NOBODY))

    async def negotiations(self, *, after: str = "", limit: int = 100) -> tuple[NegotiationRecord, ...]:
        """A page in order of our pid, from the one after `after` on."""
        return _page(self._negotiations, after, limit)

    async def negotiations_held(self, *, after: str = "", limit: int = 100) -> tuple[NegotiationRecord, ...]:
        """A page of the negotiations that wait for a person, in order of our pid."""
        held = {pid: kept for pid, kept in self._negotiations.items() if kept.held is not None}
        return _page(held, after, limit)

    async def agreement(self, agreement: AgreementId) -> AgreementRecord | None:
        """The agreement of that id."""
        return self._agreements.get(agreement)

    async def agreements(self, *, after: str = "", limit: int = 100) -> tuple[AgreementRecord, ...]:
        """A page in order of id."""
        return _page(self._agreements, after, limit)

    async def transfer(self, pid: ProcessId) -> TransferRecord | None:
        """The transfer process of which `pid` is our own pid."""
        return self._transfers.get(pid)

    async def transfer_by_peer(self, peer: ParticipantId, peer_pid: ProcessId) -> TransferRecord | None:
        """The transfer process with `peer` of which `peer_pid` is the partner's pid."""
        return self._transfers.get(self._taken.get(("transfer", peer, peer_pid), _NOBODY))

    async def transfers(
        self, *, agreement: AgreementId | None = None, after: str = "", limit: int = 100
    ) -> tuple[TransferRecord, ...]:
        """A page in order of our pid, of one agreement or of all."""
        every = self._transfers.items()
        chosen = {pid: kept for pid, kept in every if agreement in (None, kept.transfer.agreement_id)}
        return _page(chosen, after, limit)

    async def transfers_held(self, *, after: str = "", limit: int = 100) -> tuple[TransferRecord, ...]:
        """A page of the transfer processes that wait for a person, in order of our pid."""
        held = {pid: kept for pid, kept in self._transfers.items() if kept.held is not None}
        return _page(held, after, limit)

    async def dataset(self, dataset: DatasetId) -> DatasetRecord | None:
        """The dataset of that id, withdrawn or not."""
        return self._datasets.get(dataset)

    async def datasets(
        self, *, after: str = "", limit: int = 100, withdrawn: bool = False
    ) -> tuple[DatasetRecord, ...]:
        """A page in order of id; with `withdrawn`, those too."""
        chosen = {key: kept for key, kept in self._datasets.items() if withdrawn or kept.withdrawn is None}
        return _page(chosen, after, limit)

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
        _ = follow
        every = sorted((key for key, kept in self._datasets.items() if kept.withdrawn is None), reverse=backwards)
        ahead = [key for key in every if (key < start if backwards else key > start)]
        found: list[DatasetRecord] = []
        for looked, key in enumerate(ahead[:look_at], 1):
            if set(terms) <= self._terms[key]:
                found.append(self._datasets[key])
            if len(found) == limit:
                return Stretch(tuple(found), found[-1].id, looked)
        looked = min(len(ahead), look_at)
        return Stretch(tuple(found), DatasetId(ahead[looked - 1]) if looked < len(ahead) else None, looked)

    async def paper(self, paper: PaperId) -> PaperRecord | None:
        """The paper of that id, revoked or not."""
        return self._papers.get(paper)

    async def papers(self) -> tuple[PaperRecord, ...]:
        """All papers in the order in which they were added."""
        return tuple(self._papers.values())

    async def tasks(self, *, limit: int = 1000) -> tuple[Task, ...]:
        """Open tasks in the order in which they were created."""
        return tuple(self._tasks.values())[:limit]

    async def task(self, task: str) -> Task | None:
        """The open task of that id."""
        return self._tasks.get(task)

    async def grant_by_token(self, token_digest: str) -> Grant | None:
        """The grant that the token of this digest stands for, revoked or not."""
        return self._grants.get(self._taken.get(("grant", "", token_digest), _NOBODY))

    async def grant(self, grant: str) -> Grant | None:
        """The grant of that id, revoked or not."""
        return self._grants.get(grant)

    async def usage(self, *, agreement: AgreementId | None = None, transfer: ProcessId | None = None) -> Usage:
        """What was served under an agreement, in a transfer, or (with neither) in all."""
        return self._usages.get((agreement or ALL, transfer or ALL), Usage())

    async def counted(self, jurisdiction: str, name: str, window: DateRange) -> Mapping[str, int]:
        """Per population, the greatest `n` that an agreement counted within `window`."""
        return self._greatest(jurisdiction, name, window)

    def _greatest(self, jurisdiction: str, name: str, window: DateRange) -> dict[str, int]:
        greatest: dict[str, int] = {}
        for count in self._counted:
            if (count.jurisdiction, count.name) == (jurisdiction, name) and count.on in window:
                greatest[count.population] = max(count.n, greatest.get(count.population, 0))
        return greatest

    async def receipt(self, receipt: str) -> ReceiptRecord | None:
        """The receipt of that statement digest."""
        return self._receipts.get(receipt)

    async def receipts(self, agreement: AgreementId) -> tuple[ReceiptRecord, ...]:
        """The receipts of an agreement in order of time."""
        chosen = (receipt for receipt in self._receipts.values() if receipt.agreement == agreement)
        return tuple(sorted(chosen, key=attrgetter("at")))

    async def events(
        self, *, agreement: AgreementId | None = None, after: int = -1, limit: int = 1000
    ) -> tuple[LoggedEvent, ...]:
        """Logged events in order, from the index after `after` on; with `agreement`, those that belong to it."""
        following = self._events[max(after + 1, 0) :]
        if agreement is not None:
            following = [pair for pair in following if self._belongs(pair[0], agreement)]
        return tuple(logged for _, logged in following[:limit])

    def _belongs(self, event: Event, agreement: AgreementId) -> bool:
        about = subjects(event)
        record, transfer = self._agreements.get(agreement), self._transfers.get(about.get("transfer", _NOBODY))
        return (
            about.get("agreement") == agreement
            or (record is not None and about.get("negotiation") == record.negotiation)
            or (transfer is not None and transfer.transfer.agreement_id == agreement)
        )

    async def subscription(self, subscription: str) -> SubscriptionRecord | None:
        """The subscription of that id."""
        return self._subscriptions.get(subscription)

    async def subscriptions(self, *, after: str = "", limit: int = 100) -> tuple[SubscriptionRecord, ...]:
        """A page in order of id."""
        return _page(self._subscriptions, after, limit)

    async def letters(self, subscription: str, *, after: int = -1, limit: int = 100) -> tuple[DeadLetter, ...]:
        """The dead letters of a subscription in order of index, from the one after `after` on."""
        chosen = sorted(index for owner, index in self._letters if owner == subscription and index > after)
        return tuple(self._letters[subscription, index] for index in chosen[:limit])

    async def log_size(self) -> int:
        """The number of leaves of the evidence log."""
        return self._frontier.size

    async def log_node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree: level 0 are the leaves.

        Raises:
            LookupError: there is no such complete subtree yet.
        """
        return self._nodes[level, index]


def _peer_of(process: Negotiation | TransferProcess) -> _Key:
    kind = "negotiation" if isinstance(process, Negotiation) else "transfer"
    return kind, process.peer, process.peer_pid


def _save(undo: _Undo, what: str, table: dict[str, Any], key: str, record: Any) -> None:
    """Insert the record, or replace the version that it states."""
    known = table.get(key)
    if (0 if known is None else known.version) != record.version:
        raise stale_record(named(what, key))
    undo.put(table, key, replace(record, version=record.version + 1))


def _page(table: Mapping[str, RecordT], after: str, limit: int) -> tuple[RecordT, ...]:
    return tuple(table[key] for key in sorted(key for key in table if key > after)[:limit])
