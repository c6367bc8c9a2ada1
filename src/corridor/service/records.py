"""What a node keeps: one frozen record per thing, the same in every store.

A record that can change carries `version`, the number of times it was saved: a writer states the version it read, and
the store refuses the write if another came first. Records hold no secret: tokens are hashed, received ones sealed.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date, datetime

from corridor.base.ids import AgreementId, DatasetId, OfferId, PaperId, ParticipantId, ProcessId
from corridor.base.json import JsonObject
from corridor.dsp.messages import Agreement, Offer, ProcessMessage, Role
from corridor.dsp.negotiation import Negotiation
from corridor.dsp.process import FIRST_PROTOCOL
from corridor.dsp.transfer import TransferProcess


@dataclass(frozen=True, slots=True)
class Participant:
    """A member of the data space as our participant list knows it.

    Attributes:
        id: its DID.
        name: for people.
        country: ISO 3166-1 alpha-2 code of the law it is under.
        facts: further facts about it in the vocabulary of `law.facts` (sector, public_body, designations, ...).
    """

    id: ParticipantId
    name: str
    country: str
    facts: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a dataset, as fixed when it was published.

    Attributes:
        path: where the bytes are, absolute.
        size: in bytes.
        modified_ns: the file's modification time then; a file that has changed since is not served.
        rows: data rows, or None where the content is no table.
        sha256: `sha-256:…` of all bytes.
        blake3: `blake3:…` of all bytes.
        report: what the preparation kept, left out, masked and found faulty, or None where nothing was prepared.
    """

    path: str
    media_type: str
    size: int
    modified_ns: int
    sha256: str
    blake3: str
    rows: int | None = None
    report: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class OfferRecord:
    """An ODRL offer on a dataset; `body` holds its rules as they go over the wire, without target and parties."""

    id: OfferId
    body: JsonObject


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """A published dataset: description, facts about the data, bytes, and the offers under which it may be had.

    Attributes:
        profile: the `data` facts of `law.facts` (and `purpose`, `transfer` where they belong to the dataset).
        withdrawn: when it was taken out of the catalogue, or None.
        catalogue: the named catalogue within ours that it belongs to, or empty text for the root.
    """

    id: DatasetId
    title: str
    description: str
    keywords: tuple[str, ...]
    profile: JsonObject
    content: Content
    offers: tuple[OfferRecord, ...]
    published: datetime
    withdrawn: datetime | None = None
    version: int = 0
    catalogue: str = ""


@dataclass(frozen=True, slots=True)
class OfferVersion:
    """An offer as it stood in a negotiation: who made it, and when we made or received it."""

    offer: Offer
    by: ParticipantId
    at: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A step that waits for a person.

    Attributes:
        move: what approval comes to as far as is known now, such as `agree`; it is decided anew when it is approved.
        reason: why it waits.
    """

    move: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's yes: to the step in `state`, and to the terms as they were after `offers` versions."""

    state: str
    offers: int
    at: datetime


@dataclass(frozen=True, slots=True)
class NegotiationRecord:
    """A contract negotiation with what was decided about it.

    Attributes:
        profile: the data profile the border decides on: ours as provider, the one in the catalogue as consumer.
        decision: the last `Decision`, rendered; None before the first.
        offers: every version of the offer, the latest last.
        attended: whether a person asked to be asked before we bind ourselves.
        held: the step that waits for a person, if one does.
        approval: the last one.
    """

    negotiation: Negotiation
    profile: JsonObject
    created: datetime
    updated: datetime
    decision: JsonObject | None = None
    version: int = 0
    offers: tuple[OfferVersion, ...] = ()
    attended: bool = False
    held: Held | None = None
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class AgreementRecord:
    """An agreement that both sides hold.

    Attributes:
        role: ours.
        peer_url: the partner's DSP base URL.
        papers: the papers that opened its route, by id, as far as they are ours.
        protocol: the version of the wire that the partner speaks at `peer_url`.
    """

    agreement: Agreement
    role: Role
    peer: ParticipantId
    peer_url: str
    negotiation: ProcessId
    profile: JsonObject
    decision: JsonObject
    concluded: datetime
    papers: tuple[PaperId, ...] = ()
    version: int = 0
    protocol: str = FIRST_PROTOCOL


@dataclass(frozen=True, slots=True)
class Received:
    """A file that our data plane fetched: absolute path, size in bytes, data rows, digests."""

    path: str
    size: int
    sha256: str
    blake3: str
    at: datetime
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class TransferRecord:
    """A transfer process with its data-plane side.

    Attributes:
        grant: the grant that the token of this transfer stands for: as provider, and as consumer of a push to us.
        content: as provider, the bytes as they were when the transfer started: what it serves until it ends.
        fetch: as consumer, whether our data plane gets the bytes: fetches them, or takes them as they are pushed.
        received: as consumer, what it got.
        problem: the last trouble with moving the bytes, for people; None when all is well.
        push: whether the provider's data plane sends the bytes, as the format says.
        pushed: as provider, when the destination had taken all of them.
        held: the step that waits for a person, if one does.
        approval: the last one.
    """

    transfer: TransferProcess
    dataset: DatasetId
    created: datetime
    updated: datetime
    grant: str | None = None
    content: Content | None = None
    fetch: bool = False
    received: Received | None = None
    problem: str | None = None
    push: bool = False
    pushed: datetime | None = None
    version: int = 0
    held: Held | None = None
    approval: Approval | None = None


@dataclass(frozen=True, slots=True)
class PaperRecord:
    """A document that opens a lawful route: what the border needs to know of it; the document itself stays where it is.

    Attributes:
        kind: as the rulebook names it, such as `cn/standard-contract`.
        digest: `sha-256:…` of the document.
        details: the rest in the vocabulary of `law.facts` (`number`, `effective`, `filed`, `valid_to`, `parties`,
            `module`, `result`, `scope`, ...).
    """

    id: PaperId
    kind: str
    digest: str
    details: JsonObject
    added: datetime
    revoked: datetime | None = None
    version: int = 0


class TaskKind(enum.StrEnum):
    """What the outbox holds."""

    SEND = "send"
    """Deliver `message` of the process `subject`."""
    DECIDE = "decide"
    """Decide what to do next in the process `subject`."""
    FETCH = "fetch"
    """Fetch the bytes of the transfer `subject`."""
    PUSH = "push"
    """Send the bytes of the transfer `subject` to where its consumer wants them, under the grant in `payload`."""
    RECEIPT = "receipt"
    """Have the partner countersign the statement in `payload`."""
    NOTIFY = "notify"
    """Tell the subscriber `subject` of events: of those that follow, or of the dead letters in `payload`."""


def queue_of(peer: ParticipantId, process: ProcessId, topic: str = "") -> str:
    """The queue of a partner's process: `PEER PROCESS`, or with a topic for work that need not keep its order."""
    return f"{peer} {process} {topic}".rstrip()


@dataclass(frozen=True, slots=True)
class Task:
    """Work that a transaction left to be done after it; it survives a crash and is done at least once.

    Attributes:
        queue: the partner and the process, `did:web:… urn:uuid:…`; tasks of one queue are done in order, one at a time.
        subject: our pid of the process that it serves.
        due: not before.
        attempts: how often it was tried.
        problem: what went wrong last, for people.
        parked: since when it, and its queue behind it, waits for a person, because our own code fails on it; or None.
    """

    id: str
    kind: TaskKind
    queue: str
    subject: ProcessId
    due: datetime
    created: datetime
    message: ProcessMessage | None = None
    payload: JsonObject = field(default_factory=dict)
    attempts: int = 0
    problem: str | None = None
    parked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """The right that a data-plane token stands for; the token itself is known to nobody but its holder.

    Attributes:
        token_digest: `sha-256:…` of the token.
        transfer: our pid of the transfer process.
    """

    id: str
    token_digest: str
    transfer: ProcessId
    agreement: AgreementId
    dataset: DatasetId
    peer: ParticipantId
    issued: datetime
    revoked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """One metered answer of the data plane: body bytes and data rows handed out, whole content or a part of it."""

    id: str
    transfer: ProcessId
    agreement: AgreementId
    dataset: DatasetId
    peer: ParticipantId
    at: datetime
    size: int
    rows: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """Sums over `Served`: number of requests, body bytes, data rows."""

    requests: int = 0
    size: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """What an agreement adds to a legal counter, such as distinct persons exported under `CN`/`exported_persons`.

    Attributes:
        population: names the set of persons, so that the same persons in two datasets count once.
        n: distinct persons of it.
        on: the day it counts from.
    """

    jurisdiction: str
    name: str
    population: str
    n: int
    on: date
    agreement: AgreementId


@dataclass(frozen=True, slots=True)
class ReceiptRecord:
    """A receipt as far as it is signed.

    Attributes:
        id: `sha-256:…` of the statement, the same on both sides.
        kind: `agreement` or `delivery`.
        document: the JWS, as JSON.
        complete: whether both parties have signed.
    """

    id: str
    kind: str
    agreement: AgreementId
    document: JsonObject
    complete: bool
    at: datetime
    transfer: ProcessId | None = None


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event as the evidence log holds it: its leaf index and canonical JSON document."""

    index: int
    document: JsonObject


class SubscriptionState(enum.StrEnum):
    """Whether a subscriber is told of events."""

    ACTIVE = "active"
    PAUSED = "paused"
    """Nothing is sent, and nothing is lost: it goes on from its position."""
    ENDED = "ended"
    """Its receiver is gone (410), for good."""


@dataclass(frozen=True, slots=True)
class SubscriptionRecord:
    """Somebody whom this node tells of events, at an address of theirs.

    Attributes:
        types: types of events or families of them; empty for all.
        partners: participants, one of which has to be a party; empty for all.
        batch: whether it gets several events in one request.
        secret: what its requests are signed with, sealed.
        position: index of the last event that it needs no more telling of.
        problem: why it is paused or ended, where that was not asked for.
        lost: requests in a row that were given up.
    """

    id: str
    url: str
    types: tuple[str, ...]
    partners: tuple[str, ...]
    batch: bool
    secret: str
    position: int
    created: datetime
    updated: datetime
    state: SubscriptionState = SubscriptionState.ACTIVE
    problem: str | None = None
    lost: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An event that a subscriber could not be told of, by its index in the log, which keeps it."""

    subscription: str
    index: int
    at: datetime
    attempts: int
    problem: str


@dataclass(frozen=True, slots=True)
class SeenToken:
    """A single-use token id, kept until the token has expired."""

    issuer: ParticipantId
    token_id: str
    expires: datetime
