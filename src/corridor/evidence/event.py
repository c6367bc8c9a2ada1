"""Every fact that a node records about an exchange: one frozen class per fact, a closed set.

An event names things by identifier and documents by digest; it never holds data, tokens or keys. Its canonical JSON
(`to_bytes`) is the leaf of the node's Merkle log, so the names in `EVENT_TYPES` and of the fields stay as they are for
ever: a later version may add an event, or a field that may be None, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from corridor.base.errors import MalformedError
from corridor.base.ids import AgreementId, DatasetId, OfferId, PaperId, ParticipantId, ProcessId, printable
from corridor.base.json import JsonObject, canonical_json, parse_json
from corridor.base.reasons import Reason
from corridor.base.truth import Truth
from corridor.evidence.forms import Blake3, Count, Sha256, Word
from corridor.evidence.record import read_record, write_record


class Role(StrEnum):
    """Which side of the exchange the node that records is on (DSP 2025-1, participant roles)."""

    PROVIDER = "provider"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True)
class PaperRef:
    """A document that opens a route (contract, filing, certificate), by kind and digest."""

    kind: Word
    digest: Sha256


@dataclass(frozen=True, slots=True)
class DatasetPublished:
    """A dataset was put in the catalogue, described as in the document with digest `description`."""

    at: datetime
    dataset: DatasetId
    description: Sha256


@dataclass(frozen=True, slots=True)
class DatasetWithdrawn:
    """A dataset was taken out of the catalogue."""

    at: datetime
    dataset: DatasetId


@dataclass(frozen=True, slots=True)
class NegotiationRequested:
    """A contract negotiation began: the consumer asked for `offer`; `negotiation` is the recording node's own pid."""

    at: datetime
    negotiation: ProcessId
    role: Role
    peer: ParticipantId
    dataset: DatasetId
    offer: OfferId


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """The node decided whether `peer` may: the verdict, every reason, and the law it was decided by.

    Attributes:
        phase: the point of the exchange, such as `negotiation`, `transfer` or `access`.
        rulebook: digest of the rulebook in force, or None where no law was asked.
    """

    at: datetime
    phase: Word
    peer: ParticipantId
    dataset: DatasetId
    verdict: Truth
    reasons: tuple[Reason, ...]
    rulebook: Sha256 | None = None
    negotiation: ProcessId | None = None
    agreement: AgreementId | None = None
    transfer: ProcessId | None = None


@dataclass(frozen=True, slots=True)
class NegotiationChanged:
    """A contract negotiation moved to `state`."""

    at: datetime
    negotiation: ProcessId
    peer: ParticipantId
    state: Word


@dataclass(frozen=True, slots=True)
class AgreementConcluded:
    """Both sides are bound: the agreement, the digest of its policy, the parties, and the papers it rests on."""

    at: datetime
    agreement: AgreementId
    negotiation: ProcessId
    dataset: DatasetId
    provider: ParticipantId
    consumer: ParticipantId
    policy: Sha256
    papers: tuple[PaperRef, ...] = ()


@dataclass(frozen=True, slots=True)
class NegotiationTerminated:
    """A contract negotiation ended without, or in spite of, an agreement; `code` and `reasons` as in the message."""

    at: datetime
    negotiation: ProcessId
    peer: ParticipantId
    code: str | None = None
    reasons: tuple[str, ...] = ()
    agreement: AgreementId | None = None


@dataclass(frozen=True, slots=True)
class TransferChanged:
    """A transfer process moved to `state`; `transfer` is the recording node's own pid."""

    at: datetime
    transfer: ProcessId
    agreement: AgreementId
    peer: ParticipantId
    state: Word


@dataclass(frozen=True, slots=True)
class DataServed:
    """The provider answered one request for data.

    Attributes:
        size: bytes of content sent in this answer, as they left (after any transformation).
        sha256: digest of the whole content that they are of.
        blake3: digest of the same content.
        complete: whether the whole content was sent; False if it was a part, or cut off.
        rows: records among the bytes sent, or None where the format has none that are counted.
        persons: distinct data subjects among them, or None where not counted.
    """

    at: datetime
    transfer: ProcessId
    agreement: AgreementId
    dataset: DatasetId
    peer: ParticipantId
    size: Count
    sha256: Sha256
    blake3: Blake3
    complete: bool
    rows: Count | None = None
    persons: Count | None = None


@dataclass(frozen=True, slots=True)
class DataReceived:
    """The consumer took data in; the attributes are those of `DataServed`, as the consumer counted them."""

    at: datetime
    transfer: ProcessId
    agreement: AgreementId
    dataset: DatasetId
    peer: ParticipantId
    size: Count
    sha256: Sha256
    blake3: Blake3
    complete: bool
    rows: Count | None = None
    persons: Count | None = None


@dataclass(frozen=True, slots=True)
class AccessDenied:
    """A request for data was refused: `code` for machines, `reason` for people; `peer` is None if not known."""

    at: datetime
    code: Word
    reason: str
    peer: ParticipantId | None = None
    dataset: DatasetId | None = None
    agreement: AgreementId | None = None
    transfer: ProcessId | None = None


@dataclass(frozen=True, slots=True)
class PaperAdded:
    """A paper was put on file: its kind, digest, official number, and the days on which it is valid (both included)."""

    at: datetime
    paper: PaperId
    kind: Word
    digest: Sha256
    number: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class PaperRevoked:
    """A paper no longer counts from `at` on."""

    at: datetime
    paper: PaperId
    kind: Word
    digest: Sha256
    number: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ReceiptSigned:
    """The node put its signature to a receipt; `receipt` is `receipt.statement_digest`, the same on both sides."""

    at: datetime
    receipt: Sha256
    agreement: AgreementId
    peer: ParticipantId
    transfer: ProcessId | None = None


Event = (
    DatasetPublished
    | DatasetWithdrawn
    | NegotiationRequested
    | DecisionMade
    | NegotiationChanged
    | AgreementConcluded
    | NegotiationTerminated
    | TransferChanged
    | DataServed
    | DataReceived
    | AccessDenied
    | PaperAdded
    | PaperRevoked
    | ReceiptSigned
)

EVENT_TYPES: Final[Mapping[str, type[Event]]] = {
    "dataset.published": DatasetPublished,
    "dataset.withdrawn": DatasetWithdrawn,
    "negotiation.requested": NegotiationRequested,
    "decision.made": DecisionMade,
    "negotiation.changed": NegotiationChanged,
    "agreement.concluded": AgreementConcluded,
    "negotiation.terminated": NegotiationTerminated,
    "transfer.changed": TransferChanged,
    "data.served": DataServed,
    "data.received": DataReceived,
    "access.denied": AccessDenied,
    "paper.added": PaperAdded,
    "paper.revoked": PaperRevoked,
    "receipt.signed": ReceiptSigned,
}
"""The stable name of every event; hashed into every log, so never changed."""

_NAMES: Final = {cls: name for name, cls in EVENT_TYPES.items()}
_SUBJECTS: Final = ("negotiation", "agreement", "transfer", "dataset", "paper", "peer", "provider", "consumer")


def event_name(event: Event) -> str:
    """The stable name of the event's class, such as `data.served`."""
    return _NAMES[type(event)]


def subjects(event: Event) -> Mapping[str, str]:
    """The identifiers that the event is about, by field name: what a store finds it by."""
    found = {name: getattr(event, name, None) for name in _SUBJECTS}
    return {name: value for name, value in found.items() if value is not None}


def to_json(event: Event) -> dict[str, Any]:
    """The event as a JSON object, its class in the member `type`.

    Raises:
        LocalError: a field holds what could not be read back equal, such as an instant without a time zone.
    """
    return {"type": event_name(event), **write_record(event)}


def from_json(value: object, place: str = "event") -> Event:
    """The event that `to_json` wrote; the exact inverse.

    Raises:
        MalformedError: with `place`, an unknown type, an unknown or missing member, or a value not in its one form.
    """
    if not isinstance(value, Mapping):
        raise MalformedError("not a JSON object", place=place)
    name = value.get("type")
    if not isinstance(name, str) or name not in EVENT_TYPES:
        raise MalformedError(f"`{printable(str(name))}` is no type of event", place=f"{place}.type")
    members: JsonObject = {key: member for key, member in value.items() if key != "type"}
    event: Event = read_record(EVENT_TYPES[name], members, place)
    return event


def to_bytes(event: Event) -> bytes:
    """The event as canonical JSON (RFC 8785): the data of its leaf in the log.

    Raises:
        LocalError: as `to_json`, or the event has no canonical form.
    """
    return canonical_json(to_json(event))


def from_bytes(data: bytes) -> Event:
    """The event that `to_bytes` wrote.

    Raises:
        MalformedError: not such an event.
        TooLargeError: over the limits of `base.json`.
    """
    return from_json(parse_json(data))
