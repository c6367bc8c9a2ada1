"""What answers hold. Every member is always there; null stands for what does not exist (yet)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")
Instant = Annotated[datetime, Meta(tz=True)]


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """Something that an answer holds."""


class Page(Model, Generic[T], frozen=True, kw_only=True):
    """A part of a list."""

    items: Annotated[tuple[T, ...], Meta(description="what is on the page")]
    next: Annotated[str | None, Meta(description="give it as `after` to get the next page; null on the last")]


class Problem(Model, frozen=True, kw_only=True):
    """Why a request failed: problem details of RFC 9457."""

    type: Annotated[str, Meta(description="a URN that ends with `code`")]
    title: Annotated[str, Meta(description="the status in words")]
    status: Annotated[int, Meta(description="the HTTP status")]
    code: Annotated[str, Meta(description="a stable word for machines")]
    detail: Annotated[str | msgspec.UnsetType, Meta(description="one sentence: what is wrong")] = msgspec.UNSET
    place: Annotated[str | msgspec.UnsetType, Meta(description="where, such as a JSON path")] = msgspec.UNSET
    remedy: Annotated[str | msgspec.UnsetType, Meta(description="what to do next")] = msgspec.UNSET
    instance: Annotated[str | msgspec.UnsetType, Meta(description="names the incident in the node's log")] = (
        msgspec.UNSET
    )


class Health(Model, frozen=True, kw_only=True):
    """The node answers."""

    status: Annotated[str, Meta(description="`ok`")]


class Content(Model, frozen=True, kw_only=True):
    """The bytes of a dataset, as fixed when it was published."""

    media_type: Annotated[str, Meta(description="media type of the bytes")]
    size: Annotated[int, Meta(description="bytes")]
    rows: Annotated[int | None, Meta(description="data rows; null where it is no table")]
    sha256: Annotated[str, Meta(description="SHA-256 of the bytes, `sha-256:…`")]
    blake3: Annotated[str, Meta(description="BLAKE3 of the bytes, `blake3:…`")]
    report: Annotated[dict[str, Any] | None, Meta(description="what preparation kept, left out, masked, found faulty")]


class DatasetSummary(Model, frozen=True, kw_only=True):
    """A dataset of ours in a list."""

    id: Annotated[str, Meta(description="its identifier")]
    title: Annotated[str, Meta(description="what it is, in a few words")]
    description: Annotated[str, Meta(description="what it is, in full")]
    keywords: Annotated[tuple[str, ...], Meta(description="words to find it by")]
    catalogue: Annotated[str, Meta(description="the named catalogue within ours that it belongs to; empty: none")]
    media_type: Annotated[str, Meta(description="media type of the bytes")]
    size: Annotated[int, Meta(description="bytes")]
    rows: Annotated[int | None, Meta(description="data rows; null where it is no table")]
    offers: Annotated[tuple[str, ...], Meta(description="ids of its offers")]
    published: Annotated[Instant, Meta(description="when it was published, last")]
    withdrawn: Annotated[Instant | None, Meta(description="when it was taken out of the catalogue")]


class Dataset(Model, frozen=True, kw_only=True):
    """A dataset of ours."""

    id: Annotated[str, Meta(description="its identifier")]
    title: Annotated[str, Meta(description="what it is, in a few words")]
    description: Annotated[str, Meta(description="what it is, in full")]
    keywords: Annotated[tuple[str, ...], Meta(description="words to find it by")]
    catalogue: Annotated[str, Meta(description="the named catalogue within ours that it belongs to; empty: none")]
    profile: Annotated[dict[str, Any], Meta(description="facts about the data")]
    content: Annotated[Content, Meta(description="its bytes")]
    offers: Annotated[tuple[dict[str, Any], ...], Meta(description="ODRL offers, each with its `id`")]
    published: Annotated[Instant, Meta(description="when it was published, last")]
    withdrawn: Annotated[Instant | None, Meta(description="when it was taken out of the catalogue")]


class PartnerDataset(Model, frozen=True, kw_only=True):
    """A dataset in a partner's catalogue."""

    id: Annotated[str, Meta(description="its identifier")]
    title: Annotated[str, Meta(description="what it is, in a few words")]
    description: Annotated[str, Meta(description="what it is, in full")]
    keywords: Annotated[tuple[str, ...], Meta(description="words to find it by")]
    profile: Annotated[dict[str, Any], Meta(description="facts about the data, as the partner states them")]
    offers: Annotated[tuple[dict[str, Any], ...], Meta(description="ODRL offers, each with its `id`")]
    formats: Annotated[tuple[str, ...], Meta(description="in which it can be had, such as `HttpData-PULL`")]
    border: Annotated[
        tuple[dict[str, Any], ...], Meta(description="per `offer`, the `answer` of the law as the partner sees it")
    ]
    catalogue: Annotated[str | None, Meta(description="name of the catalogue within the partner's that it stands in")]


class InnerCatalogue(Model, frozen=True, kw_only=True):
    """A catalogue within a partner's catalogue."""

    id: Annotated[str, Meta(description="its identifier")]
    name: Annotated[str, Meta(description="its title, else its identifier")]
    participant: Annotated[str | None, Meta(description="whose it is, where that is said")]
    endpoints: Annotated[
        tuple[str, ...], Meta(description="where it can be asked for; such datasets are not listed here")
    ]


class PartnerCatalogue(Model, frozen=True, kw_only=True):
    """What a partner offers us, as far as it was asked for."""

    provider: Annotated[str, Meta(description="the partner's DID")]
    datasets: Annotated[tuple[PartnerDataset, ...], Meta(description="what it offers")]
    catalogues: Annotated[tuple[InnerCatalogue, ...], Meta(description="the catalogues within its catalogue")]
    next: Annotated[str | None, Meta(description="give it as `after` to get what follows; null at the end")]


class Explanation(Model, frozen=True, kw_only=True):
    """What a partner would be answered, and why."""

    dataset: Annotated[str, Meta(description="the dataset that it is about")]
    offer: Annotated[str, Meta(description="the offer that it is about")]
    partner: Annotated[str, Meta(description="DID of the participant who would ask")]
    as_of: Annotated[Instant, Meta(description="the instant that was asked about")]
    allowed: Annotated[bool, Meta(description="whether the answer is a certain yes")]
    obstacles: Annotated[tuple[str, ...], Meta(description="one sentence for each thing in the way")]
    decision: Annotated[dict[str, Any], Meta(description="`verdict`, the tree of `reasons`, and the `border`'s answer")]


class Held(Model, frozen=True, kw_only=True):
    """A step that waits for a person."""

    move: Annotated[str, Meta(description="what comes of approval as far as is known, such as `agree` or `refuse`")]
    reason: Annotated[str, Meta(description="why it waits")]
    since: Annotated[Instant, Meta(description="when it began to wait")]


class OfferVersion(Model, frozen=True, kw_only=True):
    """An offer as it stood in a negotiation."""

    offer: Annotated[str, Meta(description="its identifier")]
    by: Annotated[str, Meta(description="DID of who made it")]
    at: Annotated[Instant, Meta(description="when we made or received it")]
    policy: Annotated[dict[str, Any], Meta(description="its ODRL rules")]


class NegotiationSummary(Model, frozen=True, kw_only=True):
    """A contract negotiation in a list."""

    pid: Annotated[str, Meta(description="our process id")]
    partner_pid: Annotated[str | None, Meta(description="the partner's process id")]
    protocol: Annotated[str, Meta(description="the version of the protocol that is spoken in it")]
    role: Annotated[str, Meta(description="ours: `provider` or `consumer`")]
    partner: Annotated[str, Meta(description="DID of the other side")]
    dataset: Annotated[str, Meta(description="the dataset that it is about")]
    offer: Annotated[str, Meta(description="the offer that it is about")]
    state: Annotated[
        str, Meta(description="in the words of DSP; what our message on its way leads to, if there is one")
    ]
    pending: Annotated[str | None, Meta(description="our message that the partner has not acknowledged yet")]
    settled: Annotated[bool, Meta(description="whether nothing more happens by itself")]
    held: Annotated[Held | None, Meta(description="the step that waits for a person")]
    agreement: Annotated[str | None, Meta(description="the agreement it led to")]
    code: Annotated[str | None, Meta(description="why it was terminated, for machines")]
    reasons: Annotated[tuple[str, ...], Meta(description="why it was terminated, for people")]
    created: Annotated[Instant, Meta(description="when it began")]
    updated: Annotated[Instant, Meta(description="when it last changed")]


class Negotiation(NegotiationSummary, frozen=True, kw_only=True):
    """A contract negotiation."""

    decision: Annotated[dict[str, Any] | None, Meta(description="our last decision: `verdict`, `reasons`, `border`")]
    offers: Annotated[tuple[OfferVersion, ...], Meta(description="every version of the offer, the latest last")]


class Usage(Model, frozen=True, kw_only=True):
    """What was served."""

    requests: Annotated[int, Meta(description="requests answered")]
    size: Annotated[int, Meta(description="bytes")]
    rows: Annotated[int, Meta(description="data rows")]


class ReceiptSummary(Model, frozen=True, kw_only=True):
    """A receipt as far as it is signed."""

    id: Annotated[str, Meta(description="digest of the statement, the same on both sides")]
    kind: Annotated[str, Meta(description="`agreement` or `delivery`")]
    complete: Annotated[bool, Meta(description="whether both sides have signed")]
    at: Annotated[Instant, Meta(description="when")]
    transfer: Annotated[str | None, Meta(description="our process id of the transfer, for a delivery")]


class Receipt(ReceiptSummary, frozen=True, kw_only=True):
    """A receipt with what was signed."""

    agreement: Annotated[str, Meta(description="the agreement that it belongs to")]
    document: Annotated[dict[str, Any], Meta(description="the JWS in JSON serialization (RFC 7515)")]


class AgreementSummary(Model, frozen=True, kw_only=True):
    """An agreement in a list."""

    id: Annotated[str, Meta(description="its identifier")]
    role: Annotated[str, Meta(description="ours: `provider` or `consumer`")]
    partner: Annotated[str, Meta(description="DID of the other side")]
    dataset: Annotated[str, Meta(description="the dataset that it is about")]
    negotiation: Annotated[str, Meta(description="our process id of the negotiation")]
    agreed: Annotated[Instant, Meta(description="the agreement's own time stamp")]
    concluded: Annotated[Instant, Meta(description="when we were bound by it")]
    papers: Annotated[tuple[str, ...], Meta(description="ids of the papers that opened its route")]


class Agreement(AgreementSummary, frozen=True, kw_only=True):
    """An agreement with its terms, why it was concluded, and what came of it."""

    policy: Annotated[dict[str, Any], Meta(description="the ODRL agreement")]
    profile: Annotated[dict[str, Any], Meta(description="facts about the data, as they were then")]
    decision: Annotated[dict[str, Any], Meta(description="`verdict`, `reasons` and the `border`'s answer")]
    usage: Annotated[Usage, Meta(description="what was served")]
    receipts: Annotated[tuple[ReceiptSummary, ...], Meta(description="the receipts, as far as they are signed")]


class Received(Model, frozen=True, kw_only=True):
    """What our data plane fetched."""

    size: Annotated[int, Meta(description="bytes")]
    rows: Annotated[int | None, Meta(description="data rows; null where it is no table")]
    sha256: Annotated[str, Meta(description="SHA-256 of the bytes, `sha-256:…`")]
    blake3: Annotated[str, Meta(description="BLAKE3 of the bytes, `blake3:…`")]
    at: Annotated[Instant, Meta(description="when")]


class TransferSummary(Model, frozen=True, kw_only=True):
    """A transfer process in a list."""

    pid: Annotated[str, Meta(description="our process id")]
    partner_pid: Annotated[str | None, Meta(description="the partner's process id")]
    protocol: Annotated[str, Meta(description="the version of the protocol that is spoken in it")]
    role: Annotated[str, Meta(description="ours: `provider` or `consumer`")]
    partner: Annotated[str, Meta(description="DID of the other side")]
    agreement: Annotated[str, Meta(description="the agreement that it belongs to")]
    dataset: Annotated[str, Meta(description="the dataset that it is about")]
    format: Annotated[str, Meta(description="the distribution's format, such as `HttpData-PULL`")]
    state: Annotated[
        str, Meta(description="in the words of DSP; what our message on its way leads to, if there is one")
    ]
    pending: Annotated[str | None, Meta(description="our message that the partner has not acknowledged yet")]
    settled: Annotated[bool, Meta(description="whether the data are there or can be had, or never will")]
    held: Annotated[Held | None, Meta(description="the step that waits for a person")]
    fetch: Annotated[bool, Meta(description="whether this node gets the bytes: fetches them, or takes what is pushed")]
    received: Annotated[Received | None, Meta(description="what this node got; null as long as it has not")]
    problem: Annotated[str | None, Meta(description="why moving the bytes failed")]
    code: Annotated[str | None, Meta(description="why it was suspended or terminated, for machines")]
    reasons: Annotated[tuple[str, ...], Meta(description="why it was suspended or terminated, for people")]
    created: Annotated[Instant, Meta(description="when it began")]
    updated: Annotated[Instant, Meta(description="when it last changed")]


class Transfer(TransferSummary, frozen=True, kw_only=True):
    """A transfer process."""

    usage: Annotated[Usage, Meta(description="what was served")]


class DataAddress(Model, frozen=True, kw_only=True):
    """Where the data of a running transfer can be pulled from; `authorization` is a secret."""

    endpoint: Annotated[str, Meta(description="where to pull from")]
    authorization: Annotated[str, Meta(description="the value of the header of that name")]


class Paper(Model, frozen=True, kw_only=True):
    """A document that opens a lawful route, by its facts."""

    id: Annotated[str, Meta(description="its identifier")]
    kind: Annotated[str, Meta(description="as the rulebook names it")]
    digest: Annotated[str, Meta(description="SHA-256 of the document, `sha-256:…`")]
    details: Annotated[dict[str, Any], Meta(description="further facts, in the vocabulary of the rulebook")]
    added: Annotated[Instant, Meta(description="when it was put on file")]
    revoked: Annotated[Instant | None, Meta(description="when it was taken out of force")]


class Assessment(Model, frozen=True, kw_only=True):
    """What the law of every jurisdiction says to a described transfer."""

    assessment: Annotated[dict[str, Any], Meta(description="the answer with its rulings, papers and obligations")]
    text: Annotated[str, Meta(description="the same for people, each line with its article")]


class Event(Model, frozen=True, kw_only=True):
    """An event of the evidence log."""

    index: Annotated[int, Meta(description="its place in the log")]
    document: Annotated[dict[str, Any], Meta(description="the event, in canonical JSON")]


class EventPage(Model, frozen=True, kw_only=True):
    """A part of the evidence log."""

    items: Annotated[tuple[Event, ...], Meta(description="what is on the page")]
    next: Annotated[int | None, Meta(description="give it as `after` to get the next page; null on the last")]


class AgreementUsage(Model, frozen=True, kw_only=True):
    """What was served under an agreement."""

    agreement: Annotated[str, Meta(description="the agreement that it belongs to")]
    partner: Annotated[str, Meta(description="DID of the other side")]
    dataset: Annotated[str, Meta(description="the dataset that it is about")]
    usage: Annotated[Usage, Meta(description="what was served")]


class Counter(Model, frozen=True, kw_only=True):
    """A counter of the law, such as distinct persons exported this year."""

    jurisdiction: Annotated[str, Meta(description="whose law counts")]
    name: Annotated[str, Meta(description="the counter's name in the rulebook")]
    unit: Annotated[str, Meta(description="what is counted, such as `persons`")]
    first: Annotated[date | None, Meta(description="first day that counts today")]
    last: Annotated[date | None, Meta(description="last day that counts today")]
    total: Annotated[int, Meta(description="where it stands")]
    populations: Annotated[int, Meta(description="how many different sets of persons were counted")]
    citation: Annotated[str, Meta(description="the provision that has it counted")]


class Meter(Model, frozen=True, kw_only=True):
    """What was served, agreement by agreement, and where the counters of the law stand."""

    items: Annotated[tuple[AgreementUsage, ...], Meta(description="what is on the page")]
    next: Annotated[str | None, Meta(description="give it as `after` to get the next page; null on the last")]
    total: Annotated[Usage, Meta(description="what was served in all")]
    counters: Annotated[tuple[Counter, ...], Meta(description="where the counters of the law stand")]


class Subscription(Model, frozen=True, kw_only=True):
    """Somebody who is told of events."""

    id: Annotated[str, Meta(description="its identifier")]
    url: Annotated[str, Meta(description="where")]
    types: Annotated[tuple[str, ...], Meta(description="types of events or families of them; empty for all")]
    partners: Annotated[tuple[str, ...], Meta(description="only with one of these participants; empty for all")]
    batch: Annotated[bool, Meta(description="whether one request may bring several events")]
    state: Annotated[str, Meta(description="`active`, `paused`, or `ended` because the receiver is gone (410)")]
    position: Annotated[int, Meta(description="index of the last event that it needs no more telling of")]
    behind: Annotated[int, Meta(description="events in the log behind that, wanted or not")]
    problem: Annotated[str | None, Meta(description="what goes wrong, or why it was paused or ended")]
    attempts: Annotated[int, Meta(description="how often the present request was tried in vain")]
    due: Annotated[Instant | None, Meta(description="when something is sent next; null where nothing waits")]
    dead_letters: Annotated[int, Meta(description="events that it could not be told of, counted up to 1000")]
    created: Annotated[Instant, Meta(description="when it began")]
    updated: Annotated[Instant, Meta(description="when it last changed")]


class NewSubscription(Subscription, frozen=True, kw_only=True):
    """A subscription, and the secret of its signatures, which is shown this once."""

    secret: Annotated[str, Meta(description="`whsec_…`: what its requests are signed with (Standard Webhooks)")]


class DeadLetter(Model, frozen=True, kw_only=True):
    """An event that a subscriber could not be told of."""

    index: Annotated[int, Meta(description="of the event in the log, which keeps it")]
    at: Annotated[Instant, Meta(description="when it was given up, last")]
    attempts: Annotated[int, Meta(description="how often it was tried")]
    problem: Annotated[str, Meta(description="what went wrong last")]


class DeadLetterPage(Model, frozen=True, kw_only=True):
    """A part of the dead letters of a subscription."""

    items: Annotated[tuple[DeadLetter, ...], Meta(description="in order of index")]
    next: Annotated[int | None, Meta(description="give it as `after` to get the next page; null on the last")]


class Redelivery(Model, frozen=True, kw_only=True):
    """What is delivered once more."""

    indexes: Annotated[tuple[int, ...], Meta(description="of the events, in order")]


class Participant(Model, frozen=True, kw_only=True):
    """A member of the data space."""

    id: Annotated[str, Meta(description="its DID")]
    name: Annotated[str, Meta(description="its name")]
    country: Annotated[str, Meta(description="ISO 3166-1 alpha-2 code of the law it is under")]
    facts: Annotated[dict[str, Any], Meta(description="further facts, in the vocabulary of the rulebook")]


class Task(Model, frozen=True, kw_only=True):
    """Work of the outbox."""

    id: Annotated[str, Meta(description="its identifier")]
    kind: Annotated[str, Meta(description="`send`, `decide`, `fetch` or `receipt`")]
    partner: Annotated[str, Meta(description="DID of the partner")]
    subject: Annotated[str, Meta(description="our process id of what it serves")]
    created: Annotated[Instant, Meta(description="since when it is open")]
    due: Annotated[Instant, Meta(description="when it is tried, at the earliest")]
    attempts: Annotated[int, Meta(description="how often it was tried")]
    problem: Annotated[str | None, Meta(description="what went wrong last")]
    parked: Annotated[Instant | None, Meta(description="since when it waits for a person, because our own code fails")]


class TaskProblem(Model, frozen=True, kw_only=True):
    """Work that failed, and will be tried again unless it is parked."""

    id: Annotated[str, Meta(description="its identifier")]
    kind: Annotated[str, Meta(description="`send`, `decide`, `fetch`, `push` or `receipt`")]
    subject: Annotated[str, Meta(description="our process id of what it serves")]
    attempts: Annotated[int, Meta(description="how often it was tried")]
    due: Annotated[Instant, Meta(description="when it is tried again")]
    problem: Annotated[str, Meta(description="what went wrong last")]
    parked: Annotated[Instant | None, Meta(description="since when it waits for a person to retry or drop it")]


class Sizes(Model, frozen=True, kw_only=True):
    """How many records there are; 1000 stands for 1000 or more."""

    datasets: Annotated[int, Meta(description="in the catalogue")]
    negotiations: Annotated[int, Meta(description="of both roles")]
    agreements: Annotated[int, Meta(description="of both roles")]
    transfers: Annotated[int, Meta(description="of both roles")]
    papers: Annotated[int, Meta(description="on file")]


class Status(Model, frozen=True, kw_only=True):
    """Who this node is and how it fares."""

    id: Annotated[str, Meta(description="our DID")]
    name: Annotated[str, Meta(description="its name")]
    country: Annotated[str, Meta(description="ISO 3166-1 alpha-2 code of the law it is under")]
    version: Annotated[str, Meta(description="the version of the product")]
    rulebook: Annotated[str, Meta(description="digest of the rules in force")]
    jurisdictions: Annotated[tuple[str, ...], Meta(description="those that the rulebook has rules for")]
    open_tasks: Annotated[int, Meta(description="1000 stands for 1000 or more")]
    problems: Annotated[tuple[TaskProblem, ...], Meta(description="at most 100")]
    log_size: Annotated[int, Meta(description="events in the evidence log")]
    sizes: Annotated[Sizes, Meta(description="how much it holds")]
