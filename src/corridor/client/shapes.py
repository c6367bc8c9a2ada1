"""The answers of a node as types; the node's own reference (`docs/reference/management-api.md`) says what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Generic, NotRequired, TypedDict, TypeVar

T = TypeVar("T")
Json = Mapping[str, Any]


class Page(TypedDict, Generic[T]):
    """A part of a list; `next` is None on the last."""

    items: list[T]
    next: str | None


class DatasetSummary(TypedDict):
    """A dataset of ours in a list."""

    id: str
    title: str
    description: str
    keywords: list[str]
    catalogue: str
    media_type: str
    size: int
    rows: int | None
    offers: list[str]
    published: str
    withdrawn: str | None


class Dataset(TypedDict):
    """A dataset of ours."""

    id: str
    title: str
    description: str
    keywords: list[str]
    catalogue: str
    profile: Json
    content: Json
    offers: list[Json]
    published: str
    withdrawn: str | None


class PartnerDataset(TypedDict):
    """A dataset in a partner's catalogue."""

    id: str
    title: str
    description: str
    keywords: list[str]
    profile: Json
    offers: list[Json]
    formats: list[str]
    border: list[Json]
    catalogue: str | None


class InnerCatalogue(TypedDict):
    """A catalogue within a partner's catalogue."""

    id: str
    name: str
    participant: str | None
    endpoints: list[str]


class PartnerCatalogue(TypedDict):
    """What a partner offers us."""

    provider: str
    datasets: list[PartnerDataset]
    catalogues: list[InnerCatalogue]
    next: str | None


class Explanation(TypedDict):
    """What a partner would be answered, and why."""

    dataset: str
    offer: str
    partner: str
    as_of: str
    allowed: bool
    obstacles: list[str]
    decision: Json


class Held(TypedDict):
    """A step that waits for a person."""

    move: str
    reason: str
    since: str


class OfferVersion(TypedDict):
    """An offer as it stood in a negotiation."""

    offer: str
    by: str
    at: str
    policy: Json


class NegotiationSummary(TypedDict):
    """A contract negotiation in a list."""

    pid: str
    partner_pid: str | None
    protocol: str
    role: str
    partner: str
    dataset: str
    offer: str
    state: str
    pending: str | None
    settled: bool
    held: Held | None
    agreement: str | None
    code: str | None
    reasons: list[str]
    created: str
    updated: str


class Negotiation(NegotiationSummary):
    """A contract negotiation."""

    decision: Json | None
    offers: list[OfferVersion]


class Usage(TypedDict):
    """What was served."""

    requests: int
    size: int
    rows: int


class AgreementSummary(TypedDict):
    """An agreement in a list."""

    id: str
    role: str
    partner: str
    dataset: str
    negotiation: str
    agreed: str
    concluded: str
    papers: list[str]


class Agreement(AgreementSummary):
    """An agreement with its terms, why it was concluded, and what came of it."""

    policy: Json
    profile: Json
    decision: Json
    usage: Usage
    receipts: list[Json]


class Received(TypedDict):
    """What the node fetched."""

    size: int
    rows: int | None
    sha256: str
    blake3: str
    at: str


class TransferSummary(TypedDict):
    """A transfer process in a list."""

    pid: str
    partner_pid: str | None
    protocol: str
    role: str
    partner: str
    agreement: str
    dataset: str
    format: str
    state: str
    pending: str | None
    settled: bool
    held: Held | None
    fetch: bool
    received: Received | None
    problem: str | None
    code: str | None
    reasons: list[str]
    created: str
    updated: str


class Transfer(TransferSummary):
    """A transfer process."""

    usage: Usage


class DataAddress(TypedDict):
    """Where data can be pulled from; `authorization` is a secret."""

    endpoint: str
    authorization: str


class Paper(TypedDict):
    """A document that opens a lawful route, by its facts."""

    id: str
    kind: str
    digest: str
    details: Json
    added: str
    revoked: str | None


class Assessment(TypedDict):
    """What the law says to a described transfer, for machines and for people."""

    assessment: Json
    text: str


class Receipt(TypedDict):
    """A receipt with what was signed."""

    id: str
    kind: str
    complete: bool
    at: str
    transfer: str | None
    agreement: str
    document: Json


class Event(TypedDict):
    """An event of the evidence log."""

    index: int
    document: Json


class EventPage(TypedDict):
    """A part of the evidence log; `next` is None on the last."""

    items: list[Event]
    next: int | None


class EventFilter(TypedDict, total=False):
    """Which events are wanted; what is left out or None restricts nothing.

    Attributes:
        types: types of events, or families of them such as `transfer.*`.
        partner: a participant that is a party to the event.
        agreement: an agreement that the event belongs to.
        negotiation: a negotiation that it names.
        transfer: a transfer process that it names.
    """

    types: Sequence[str]
    partner: str | None
    agreement: str | None
    negotiation: str | None
    transfer: str | None


class Subscription(TypedDict):
    """Somebody who is told of events."""

    id: str
    url: str
    types: list[str]
    partners: list[str]
    batch: bool
    state: str
    position: int
    behind: int
    problem: str | None
    attempts: int
    due: str | None
    dead_letters: int
    created: str
    updated: str


class NewSubscription(Subscription):
    """A subscription with the secret of its signatures, which is shown this once."""

    secret: str


class DeadLetter(TypedDict):
    """An event that a subscriber could not be told of."""

    index: int
    at: str
    attempts: int
    problem: str


class DeadLetterPage(TypedDict):
    """A part of the dead letters of a subscription; `next` is None on the last."""

    items: list[DeadLetter]
    next: int | None


class Redelivery(TypedDict):
    """The indexes of the events that are delivered once more."""

    indexes: list[int]


class CloudEvent(TypedDict):
    """An event as other systems are told of it (CloudEvents 1.0); `subject` is missing where there is none."""

    specversion: str
    id: str
    source: str
    type: str
    time: str
    datacontenttype: str
    data: Json
    subject: NotRequired[str]


class Meter(TypedDict):
    """What was served, and where the counters of the law stand."""

    items: list[Json]
    next: str | None
    total: Usage
    counters: list[Json]


class Participant(TypedDict):
    """A member of the data space."""

    id: str
    name: str
    country: str
    facts: Json


class Task(TypedDict):
    """Work of the outbox."""

    id: str
    kind: str
    partner: str
    subject: str
    created: str
    due: str
    attempts: int
    problem: str | None
    parked: str | None


class Status(TypedDict):
    """Who the node is and how it fares."""

    id: str
    name: str
    country: str
    version: str
    rulebook: str
    jurisdictions: list[str]
    open_tasks: int
    problems: list[Json]
    log_size: int
    sizes: Mapping[str, int]


class Downloaded(TypedDict):
    """A file that was written: its path, size in bytes, and `sha-256:…`."""

    file: str
    size: int
    sha256: str


class Got(TypedDict):
    """What one call from offer to bytes came to; the digests are those of the file."""

    negotiation: str
    agreement: str
    transfer: str
    file: str
    size: int
    rows: int | None
    sha256: str
    blake3: str
