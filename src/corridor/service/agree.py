"""From an offer that is asked for to an agreement that both sides hold: a negotiation's decisions and its result."""

from __future__ import annotations

from datetime import date

from corridor.base.errors import ConflictError, NotFoundError, RemoteError
from corridor.base.ids import AgreementId, DatasetId, OfferId, PaperId, printable
from corridor.base.json import JsonObject
from corridor.base.reasons import Decision, Reason, conclude
from corridor.base.truth import Truth
from corridor.dsp.codec import VERSIONS, codec_for
from corridor.dsp.messages import Agreement, Role
from corridor.dsp.negotiation import Negotiation
from corridor.evidence.event import AgreementConcluded, PaperRef
from corridor.law.facts import parse_facts
from corridor.odrl.amend import with_constraint
from corridor.odrl.model import Policy, PolicyKind
from corridor.odrl.papers import paper_reference, papers_constraint
from corridor.odrl.parse import parse_policy
from corridor.service import receipts
from corridor.service.admit import Admission, Phase, Question, admit
from corridor.service.context import Context
from corridor.service.facts import paper_facts, stranger
from corridor.service.ports import Changes
from corridor.service.process import merged
from corridor.service.records import (
    AgreementRecord,
    DatasetRecord,
    NegotiationRecord,
    OfferRecord,
    PaperRecord,
    Participant,
)
from corridor.service.terms import keeps_terms, offer_policy, papers_named, policy_digest, policy_of


async def profile_of(ctx: Context, dataset: DatasetId) -> JsonObject:
    """The data profile of one of our datasets; empty, so that everything is unknown, where there is none."""
    record = await ctx.store.dataset(dataset)
    return record.profile if record else {}


async def own_offer(ctx: Context, dataset: DatasetId, offer: OfferId | None) -> tuple[DatasetRecord, OfferRecord]:
    """One of our datasets, and of its offers the one named or the only one.

    Raises:
        NotFoundError: there is no such dataset or offer, or it has several offers and none is named.
    """
    record = await ctx.store.dataset(dataset)
    if record is None or record.withdrawn is not None:
        raise NotFoundError("there is no such dataset on offer", remedy="list them with `corridor publish --list`")
    found = [one for one in record.offers if offer in (None, one.id)]
    if len(found) != 1:
        what = "several offers" if found else "no such offer"
        names = ", ".join(f"`{printable(one.id)}`" for one in record.offers[:10])
        raise NotFoundError(f"the dataset has {what}", remedy=f"name one: {names}")
    return record, found[0]


async def not_our_offer(ctx: Context, negotiated: NegotiationRecord) -> Decision | None:
    """Why the offer that was asked for is none of ours, or None if it is.

    What a partner may not see and what is not there are told alike. An offer that was changed is accepted where it
    is at least as restrictive as ours: the one that we published, or the last one that we made in this negotiation.
    """
    negotiation = negotiated.negotiation
    made = next((one.offer for one in reversed(negotiated.offers) if one.by == ctx.me.id), None)
    if made is not None and made.id == negotiation.offer.id and _keeps(negotiation, made.body).allowed:
        return None
    record = await ctx.store.dataset(negotiation.dataset)
    offers = record.offers if record and record.withdrawn is None else ()
    ours = next((offer for offer in offers if offer.id == negotiation.offer.id), None)
    if ours is None:
        text = "there is no such offer on this dataset"
        return conclude((Reason("offer", text, Truth.FALSE),))
    decision = _keeps(negotiation, ours.body)
    return None if decision.allowed else decision


def _keeps(negotiation: Negotiation, ours: JsonObject) -> Decision:
    try:
        return keeps_terms(negotiation, ours, negotiation.offer.body)
    except RemoteError as error:
        return _unreadable("offer", error)


def unreadable_offer(negotiation: Negotiation) -> Decision | None:
    """Why nobody could keep the offer on the table, or None if its terms can be enforced."""
    try:
        offer_policy(negotiation)
    except RemoteError as error:
        return _unreadable("offer", error)
    return None


def checked_terms(body: JsonObject) -> JsonObject:
    """Terms that we offer ourselves: rules that can be sent and evaluated, without target and parties.

    Raises:
        MalformedError: they cannot; with the JSON path of the first fault.
    """
    members = {name: value for name, value in body.items() if name not in ("@id", "id")}
    parse_policy(codec_for(VERSIONS[0]).check_policy(members, "$"), kind=PolicyKind.OFFER)
    return members


def _unreadable(what: str, error: RemoteError) -> Decision:
    """Terms that cannot be read are terms that nobody can keep: the negotiation ends, and the partner learns why."""
    return conclude((Reason(what, f"the {what} cannot be enforced here: {error}", Truth.FALSE),))


async def admit_request(ctx: Context, record: NegotiationRecord) -> Admission:
    """As provider: may the partner have what it asks for."""
    negotiation = record.negotiation
    agreed = negotiation.agreement
    policy = policy_of(agreed) if agreed else offer_policy(negotiation)
    papers = tuple(paper for paper in await ctx.store.papers() if paper.revoked is None)
    return await admit(ctx, question(ctx, record, policy, papers))


async def admit_offer(ctx: Context, record: NegotiationRecord) -> Admission:
    """As consumer: could we use the data under the offer on the table."""
    policy = offer_policy(record.negotiation)
    return await admit(ctx, question(ctx, record, policy, papers_named(policy, ctx.clock.now())))


async def admit_agreement(ctx: Context, record: NegotiationRecord) -> Admission:
    """As consumer: may we take what the partner agreed to; the papers are those that the agreement names."""
    agreement = record.negotiation.agreement
    if agreement is None:
        raise ConflictError("there is no agreement to decide on")
    policy = policy_of(agreement)
    return await admit(ctx, question(ctx, record, policy, papers_named(policy, ctx.clock.now())))


def question(ctx: Context, record: NegotiationRecord, policy: Policy, papers: tuple[PaperRecord, ...]) -> Question:
    """The question that a negotiation asks."""
    negotiation = record.negotiation
    return Question(
        phase=Phase.NEGOTIATION,
        partner=partner_of(ctx, negotiation),
        role=negotiation.role,
        policy=policy,
        profile=record.profile,
        now=ctx.clock.now(),
        papers=papers,
    )


def partner_of(ctx: Context, negotiation: Negotiation) -> Participant:
    """The partner as the participant list has it, or as unknown as it then is."""
    known = ctx.participants.find(negotiation.peer)
    return known or stranger(negotiation.peer)


def draw_up(ctx: Context, negotiation: Negotiation, admission: Admission) -> Agreement:
    """The agreement on what was asked for; the papers that opened its route stand in it as a constraint."""
    body: JsonObject = negotiation.offer.body
    if admission.papers:
        body = with_constraint(body, papers_constraint([_reference(paper) for paper in admission.papers]))
    return Agreement(
        id=AgreementId(ctx.new_id()),
        body=body,
        target=negotiation.dataset,
        assigner=negotiation.provider,
        assignee=negotiation.consumer,
        timestamp=ctx.clock.now(),
    )


def _reference(paper: PaperRecord) -> JsonObject:
    def day(name: str) -> date | None:
        return date.fromisoformat(paper.details[name]) if name in paper.details else None

    return paper_reference(
        paper.kind,
        paper.digest,
        number=paper.details.get("number"),
        effective=day("effective"),
        filed=day("filed"),
        valid_to=day("valid_to"),
    )


def is_what_was_asked(negotiation: Negotiation) -> Decision:
    """Whether the provider's agreement keeps every term of the offer that we asked for; it may restrict further."""
    agreement = negotiation.agreement
    if agreement is None:
        raise ConflictError("there is no agreement to verify")
    try:
        named = papers_named(policy_of(agreement), agreement.timestamp)
        parse_facts({"papers": [paper_facts(paper) for paper in named]}, "agreement")
        return keeps_terms(negotiation, negotiation.offer.body, agreement.body)
    except RemoteError as error:
        return _unreadable("agreement", error)


def concluded(ctx: Context, record: NegotiationRecord, admission: Admission | None = None) -> Changes:
    """What a finalized negotiation leaves: the agreement, an event, and, as consumer, a receipt to be signed."""
    negotiation, now = record.negotiation, ctx.clock.now()
    agreement = negotiation.agreement
    if agreement is None:
        raise ConflictError("there is no agreement to conclude")
    named = papers_named(policy_of(agreement), now)
    held = AgreementRecord(
        agreement=agreement,
        role=negotiation.role,
        peer=negotiation.peer,
        peer_url=negotiation.peer_url,
        negotiation=negotiation.own_pid,
        profile=record.profile,
        decision=admission.document if admission else record.decision or {},
        concluded=now,
        papers=tuple(PaperId(paper.id) for paper in (admission.papers if admission else named)),
        protocol=negotiation.protocol,
    )
    refs = tuple(PaperRef(paper.kind, paper.digest) for paper in named)
    event = AgreementConcluded(
        at=now,
        agreement=agreement.id,
        negotiation=negotiation.own_pid,
        dataset=agreement.target,
        provider=agreement.assigner,
        consumer=agreement.assignee,
        policy=policy_digest(agreement),
        papers=refs,
    )
    changes = Changes(agreements=(held,), events=(event,))
    if negotiation.role is Role.PROVIDER:
        return changes
    return merged(changes, receipts.proposed(ctx, negotiation.peer, negotiation.own_pid, receipts.statement_of(held)))


def counting(record: NegotiationRecord, admission: Admission) -> Changes:
    """What the agreement adds to the legal counters, held to what they were when it was decided."""
    agreement = record.negotiation.agreement
    if agreement is None:
        raise ConflictError("there is no agreement to count")
    return Changes(counted=admission.counted(agreement.id), guards=admission.guards)
