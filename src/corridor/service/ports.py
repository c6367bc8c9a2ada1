"""What the use cases ask of the world, as small protocols; every adapter passes the suites in `corridor.testing`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from corridor.base.clock import DateRange
from corridor.base.ids import AgreementId, DatasetId, PaperId, ParticipantId, ProcessId
from corridor.base.json import JsonObject
from corridor.dsp.process import FIRST_PROTOCOL
from corridor.evidence.event import Event
from corridor.service.records import (
    AgreementRecord,
    Content,
    Counted,
    DatasetRecord,
    DeadLetter,
    Grant,
    LoggedEvent,
    NegotiationRecord,
    PaperRecord,
    Participant,
    ReceiptRecord,
    SeenToken,
    Served,
    SubscriptionRecord,
    Task,
    TransferRecord,
    Usage,
)


@dataclass(frozen=True, slots=True)
class CountGuard:
    """Holds a commit to a counter that was read before: the sum must still be `expected`."""

    jurisdiction: str
    name: str
    window: DateRange
    expected: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that one transition changes; applied whole or not at all.

    Records are inserted when their version is 0 and otherwise replace the version they state. Events are appended to
    the evidence log in the order given. Tasks are inserted, or replace the task of the same id (to put it off).
    """

    negotiations: tuple[NegotiationRecord, ...] = ()
    agreements: tuple[AgreementRecord, ...] = ()
    transfers: tuple[TransferRecord, ...] = ()
    datasets: tuple[DatasetRecord, ...] = ()
    papers: tuple[PaperRecord, ...] = ()
    tasks: tuple[Task, ...] = ()
    tasks_done: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    grants: tuple[Grant, ...] = ()
    """Inserted, or, with `revoked` set, replacing the grant of the same id."""
    served: tuple[Served, ...] = ()
    counted: tuple[Counted, ...] = ()
    receipts: tuple[ReceiptRecord, ...] = ()
    """Inserted, or replacing the receipt of the same id unless that one is complete."""
    guards: tuple[CountGuard, ...] = ()
    subscriptions: tuple[SubscriptionRecord, ...] = ()
    subscriptions_gone: tuple[str, ...] = ()
    """Deleted, with their dead letters."""
    letters: tuple[DeadLetter, ...] = ()
    """Inserted, or replacing the one of the same subscription and index."""
    letters_gone: tuple[tuple[str, int], ...] = ()
    """Deleted, by subscription and index."""


MOST_TERMS: Final = 8
"""Terms that one look-up in the index combines."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a walk over the datasets on offer.

    Attributes:
        datasets: in the order of the walk.
        at: the id at which the next stretch starts; None where the walk has come to its end.
        looked: entries of the index that were looked at.
        follow: the term whose entries were followed; the next stretch need not look for the rarest one again.
    """

    datasets: tuple[DatasetRecord, ...]
    at: DatasetId | None
    looked: int
    follow: str | None = None


class Store(Protocol):
    """Durable state. Reads see every commit that returned before; `commit` is atomic, durable and serialised."""

    async def commit(self, changes: Changes) -> None:
        """Apply `changes` whole, or raise and apply none.

        Raises:
            StaleError: a record's version or a guard no longer holds; load and decide again.
            StorageError: the database is locked, full or damaged.
        """
        ...

    async def use_token(self, token: SeenToken, now: datetime) -> bool:
        """Remember a single-use token id; False if it was used before. Ids that expired before `now` are forgotten."""
        ...

    async def negotiation(self, pid: ProcessId) -> NegotiationRecord | None:
        """The negotiation of which `pid` is our own pid."""
        ...

    async def negotiation_by_peer(self, peer: ParticipantId, peer_pid: ProcessId) -> NegotiationRecord | None:
        """The negotiation with `peer` of which `peer_pid` is the partner's pid."""
        ...

    async def negotiations(self, *, after: str = "", limit: int = 100) -> tuple[NegotiationRecord, ...]:
        """A page in order of our pid, from the one after `after` on."""
        ...

    async def negotiations_held(self, *, after: str = "", limit: int = 100) -> tuple[NegotiationRecord, ...]:
        """A page of the negotiations that wait for a person, in order of our pid."""
        ...

    async def agreement(self, agreement: AgreementId) -> AgreementRecord | None:
        """The agreement of that id."""
        ...

    async def agreements(self, *, after: str = "", limit: int = 100) -> tuple[AgreementRecord, ...]:
        """A page in order of id."""
        ...

    async def transfer(self, pid: ProcessId) -> TransferRecord | None:
        """The transfer process of which `pid` is our own pid."""
        ...

    async def transfer_by_peer(self, peer: ParticipantId, peer_pid: ProcessId) -> TransferRecord | None:
        """The transfer process with `peer` of which `peer_pid` is the partner's pid."""
        ...

    async def transfers(
        self, *, agreement: AgreementId | None = None, after: str = "", limit: int = 100
    ) -> tuple[TransferRecord, ...]:
        """A page in order of our pid, of one agreement or of all."""
        ...

    async def transfers_held(self, *, after: str = "", limit: int = 100) -> tuple[TransferRecord, ...]:
        """A page of the transfer processes that wait for a person, in order of our pid."""
        ...

    async def dataset(self, dataset: DatasetId) -> DatasetRecord | None:
        """The dataset of that id, withdrawn or not."""
        ...

    async def datasets(
        self, *, after: str = "", limit: int = 100, withdrawn: bool = False
    ) -> tuple[DatasetRecord, ...]:
        """A page in order of id; with `withdrawn`, those too."""
        ...

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
        """Datasets that are not withdrawn and have all the terms (`service.finding.terms_of`), in order of id.

        Args:
            terms: to be looked up in the index; at most `MOST_TERMS` of them are, the caller checks the others.
            start: the walk goes on after this id, or before it if it goes backwards.
            backwards: whether the walk goes from greater ids to smaller ones.
            limit: datasets at most.
            look_at: entries of the index that are looked at, at most, however few of them fit.
            follow: one of the terms, as the stretch before said.
        """
        ...

    async def paper(self, paper: PaperId) -> PaperRecord | None:
        """The paper of that id, revoked or not."""
        ...

    async def papers(self) -> tuple[PaperRecord, ...]:
        """All papers in the order in which they were added."""
        ...

    async def tasks(self, *, limit: int = 1000) -> tuple[Task, ...]:
        """Open tasks in the order in which they were created."""
        ...

    async def task(self, task: str) -> Task | None:
        """The open task of that id."""
        ...

    async def grant_by_token(self, token_digest: str) -> Grant | None:
        """The grant that the token of this digest stands for, revoked or not."""
        ...

    async def grant(self, grant: str) -> Grant | None:
        """The grant of that id, revoked or not."""
        ...

    async def usage(self, *, agreement: AgreementId | None = None, transfer: ProcessId | None = None) -> Usage:
        """What was served under an agreement, in a transfer, or (with neither) in all."""
        ...

    async def counted(self, jurisdiction: str, name: str, window: DateRange) -> Mapping[str, int]:
        """Per population, the greatest `n` that an agreement counted within `window`."""
        ...

    async def receipt(self, receipt: str) -> ReceiptRecord | None:
        """The receipt of that statement digest."""
        ...

    async def receipts(self, agreement: AgreementId) -> tuple[ReceiptRecord, ...]:
        """The receipts of an agreement in order of time."""
        ...

    async def events(
        self, *, agreement: AgreementId | None = None, after: int = -1, limit: int = 1000
    ) -> tuple[LoggedEvent, ...]:
        """Logged events in order, from the index after `after` on; with `agreement`, those that belong to it.

        An event belongs to an agreement if its `agreement` is that one, or its `negotiation` or `transfer` is a process
        of that agreement.
        """
        ...

    async def subscription(self, subscription: str) -> SubscriptionRecord | None:
        """The subscription of that id."""
        ...

    async def subscriptions(self, *, after: str = "", limit: int = 100) -> tuple[SubscriptionRecord, ...]:
        """A page in order of id."""
        ...

    async def letters(self, subscription: str, *, after: int = -1, limit: int = 100) -> tuple[DeadLetter, ...]:
        """The dead letters of a subscription in order of index, from the one after `after` on."""
        ...

    async def log_size(self) -> int:
        """The number of leaves of the evidence log."""
        ...

    async def log_node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree: level 0 are the leaves.

        Raises:
            LookupError: there is no such complete subtree yet.
        """
        ...


class Leases(Protocol):
    """Which tasks of the outbox are this process's, where several processes share a store: always whole queues."""

    async def own_tasks(self, *, limit: int = 1000) -> tuple[Task, ...]:
        """Open tasks of ours in the order in which they were created."""
        ...

    async def head(self, known: Task) -> Task | None:
        """The task to do next in the queue of `known`; None if there is none, or another process has the queue."""
        ...


class Participants(Protocol):
    """The list that says who is known."""

    def find(self, participant: ParticipantId) -> Participant | None:
        """The participant if it is on the list and active, else None."""
        ...

    def all(self) -> tuple[Participant, ...]:
        """All active participants."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """A partner's answer: HTTP status, decoded JSON body (None where it was empty), URL of the next page of a list."""

    status: int
    document: JsonObject | None
    next: str | None = None


class Sender(Protocol):
    """Speaks to partners, authenticated as ourselves."""

    async def request(
        self, audience: ParticipantId, method: str, url: str, document: JsonObject | None = None
    ) -> Reply:
        """Send one request and give the answer, whatever its status below 500.

        Raises:
            UnreachableError: no connection, a time-out, an answer over the limits or not JSON, or a status from 500 on.
        """
        ...


@dataclass(frozen=True, slots=True)
class Peer:
    """Where a participant is reached.

    Attributes:
        dsp_url: its DSP base URL.
        receipts_url: where it countersigns receipts, if it does.
        protocol: the version of the wire that it speaks at `dsp_url`.
    """

    id: ParticipantId
    dsp_url: str
    receipts_url: str | None
    protocol: str = FIRST_PROTOCOL


class Directory(Protocol):
    """Finds partners and their public keys."""

    async def peer(self, reference: str) -> Peer:
        """The partner that a DID or the base URL of its node names.

        Raises:
            UnreachableError: its DID document or version document cannot be had.
            MalformedError: it is had, but is not what it has to be.
        """
        ...

    async def public_keys(self, participant: ParticipantId, purpose: str) -> Mapping[str, JsonObject]:
        """Key id (a DID URL) to JWK, of the keys under the verification relationship `purpose`."""
        ...


class Signer(Protocol):
    """Our signing key; the private part never leaves the adapter."""

    @property
    def key_id(self) -> str:
        """The DID URL of the key, such as `did:web:example.org#key-1`."""
        ...

    def sign(self, payload: bytes) -> bytes:
        """The ES256 signature of `payload`: 64 bytes, r || s."""
        ...


class Secrets(Protocol):
    """Our secret key for tokens: gives and seals what the database must not hold in clear."""

    def webhook_secret(self) -> str:
        """A new secret to sign webhooks with (`evidence.webhook`), from chance."""
        ...

    def token(self, grant: str) -> str:
        """The data-plane token of a grant; the same at each call."""
        ...

    def seal(self, text: str) -> str:
        """`text` enciphered, so that it can be kept."""
        ...

    def unseal(self, sealed: str) -> str:
        """What was sealed.

        Raises:
            SettingsError: it was sealed under another key.
        """
        ...


class Webhooks(Protocol):
    """Calls the addresses of those who subscribed to events."""

    def check(self, url: str) -> None:
        """Refuse an address that must not be called, as far as its text shows.

        Raises:
            MalformedError: not https, not public, or malformed.
        """
        ...

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Send one request, and see it answered with success.

        Raises:
            UnreachableError: no connection, a time-out, an answer over the limits, or a status of no success; names the
                host at most, and nothing else of the address.
        """
        ...

    async def ask(self, url: str, origin: str) -> None:
        """Ask whether `origin` may send events to the address (CloudEvents, HTTP 1.1 Web Hooks, validation).

        Raises:
            UnreachableError: it may not, or there is no answer.
        """
        ...


class Fetcher(Protocol):
    """The consumer's side of the data plane."""

    async def fetch(self, transfer: ProcessId, endpoint: str, authorization: str) -> Fetched:
        """Fetch the bytes at `endpoint` to a file of our own, verified against the digest that the provider states.

        Raises:
            UnreachableError: no connection, or a broken one that could not be resumed.
            ForbiddenError: the provider refuses, with its reason.
            MalformedError: what came is not what the provider states.
            TooLargeError: over the limit in the settings.
        """
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that was fetched: absolute path, size in bytes, data rows where the provider states them, digests."""

    path: str
    size: int
    sha256: str
    blake3: str
    rows: int | None


@dataclass(frozen=True, slots=True)
class Access:
    """A use of data that was allowed: a request to us, or a push of ours.

    Attributes:
        until: the next instant at which the terms can change their answer, or None.
        still_allowed: None while it is allowed, else why it no longer is; answers from memory.
    """

    grant: Grant
    content: Content
    until: datetime | None
    still_allowed: Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class Push:
    """A content on its way to where the consumer wants it, and what the data plane asks of the node meanwhile.

    Attributes:
        endpoint: where it goes.
        authorization: the value of the `Authorization` field, or None where the destination wants none.
        content: the bytes.
        open: decides on one request.
        record: meters one request: body bytes, data rows, and whether it is the whole content.
        metered: the bytes that were metered in this transfer until now.
    """

    endpoint: str
    authorization: str | None = field(repr=False)
    content: Content
    open: Callable[[], Awaitable[Access]]
    record: Callable[[Access, int, int, bool], Awaitable[None]]
    metered: Callable[[], Awaitable[int]]


class Pusher(Protocol):
    """The provider's side of the data plane where it opens the connection."""

    def check(self, endpoint: str) -> None:
        """Refuse a destination that must not be called, as far as its text shows.

        Raises:
            UnreachableError: says why not.
        """
        ...

    async def push(self, push: Push) -> None:
        """Send the bytes; returns once the destination has taken all of them.

        Raises:
            UnreachableError: no connection, or one that breaks again and again.
            ForbiddenError: the destination refuses, or sending is no longer allowed; says why.
            MalformedError: the address, or what the destination answers, makes no sense.
            StorageError: the file has changed since it was published.
        """
        ...


@dataclass(frozen=True, slots=True)
class Preparation:
    """What publishing makes of a source: the content to serve, and the distinct persons in it where that is asked."""

    path: str
    size: int
    modified_ns: int
    sha256: str
    blake3: str
    rows: int | None
    persons: int | None
    report: JsonObject | None


class Preparer(Protocol):
    """The provider's side of the data plane at publication."""

    async def prepare(self, source: JsonObject, place: str) -> Preparation:
        """Read, validate, filter and mask a source as its description says, and fix its bytes and digests.

        Raises:
            MalformedError: the description or the content is faulty, with row and column.
            NotFoundError: there is no such file under the folders that the settings open.
        """
        ...
