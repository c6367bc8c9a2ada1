"""A negotiation's turn: what is next, who decides it, and what our message then is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from corridor.base.errors import ConflictError, MalformedError
from corridor.base.ids import OfferId, ProcessId
from corridor.base.json import JsonObject
from corridor.base.reasons import Decision, Reason
from corridor.dsp.messages import (
    AgreementVerification,
    ContractAgreement,
    ContractOffer,
    ContractRequest,
    EventType,
    Kind,
    NegotiationEvent,
    NegotiationMessage,
    NegotiationTermination,
    Offer,
    Role,
)
from corridor.dsp.negotiation import Negotiation
from corridor.dsp.states import NEGOTIATION_TABLE, NegotiationState, successor
from corridor.service import agree, desk, partner_profile
from corridor.service.admit import Admission
from corridor.service.context import Context
from corridor.service.ports import Changes
from corridor.service.process import merged, new_message_id
from corridor.service.records import NegotiationRecord
from corridor.service.render import decision_json

_State = NegotiationState
_KINDS: Final = {
    desk.Accept: Kind.ACCEPTED,
    desk.Agree: Kind.CONTRACT_AGREEMENT,
    desk.Verify: Kind.AGREEMENT_VERIFICATION,
    desk.Finalize: Kind.FINALIZED,
    desk.Refuse: Kind.NEGOTIATION_TERMINATION,
}


@dataclass(frozen=True, slots=True)
class Way:
    """The step that is next, as terms and law have it; `proposal` and `approval` as in a `desk.Situation`."""

    proposal: desk.Move = field(default_factory=desk.Wait)
    approval: desk.Move = field(default_factory=desk.Wait)
    admission: Admission | None = None
    refused: Decision | None = None

    @property
    def decision(self) -> Decision | None:
        """What it rests on."""
        return self.admission.decision if self.admission else self.refused

    @property
    def document(self) -> JsonObject | None:
        """The decision as it is kept."""
        if self.admission:
            return self.admission.document
        return decision_json(self.refused) if self.refused else None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn comes to.

    Attributes:
        message: what we say.
        way: the step that was decided on.
        profile: the facts about the data that it rests on.
        hold: why it waits for a person, if it does.
        again: after what time to ask again, if that was asked for.
        also: what is saved along with our message.
    """

    way: Way
    profile: JsonObject
    message: NegotiationMessage | None = None
    hold: str | None = None
    again: timedelta | None = None
    also: Changes = field(default_factory=Changes)


_OURS: Final = frozenset(
    {
        (Role.PROVIDER, _State.REQUESTED),
        (Role.PROVIDER, _State.ACCEPTED),
        (Role.PROVIDER, _State.VERIFIED),
        (Role.CONSUMER, _State.OFFERED),
        (Role.CONSUMER, _State.AGREED),
    }
)


def is_ours(negotiation: Negotiation) -> bool:
    """Whether the next step is ours; elsewhere only a desk that acts unasked has something to say."""
    return (negotiation.role, negotiation.state) in _OURS


async def take(ctx: Context, record: NegotiationRecord) -> Turn:
    """Whose turn it is by role and state, and what whoever decides makes of it."""
    record = replace(record, profile=await partner_profile.known(ctx, record))
    way = await _way(ctx, record)
    return _carried_out(ctx, record, way, await _decided(ctx, record, way))


async def _way(ctx: Context, record: NegotiationRecord) -> Way:
    match record.negotiation.role, record.negotiation.state:
        case Role.PROVIDER, _State.REQUESTED | _State.ACCEPTED:
            return await _to_agree(ctx, record)
        case Role.PROVIDER, _State.VERIFIED:
            # Once more: what changed since the agreement was sent still stops it.
            return _admitted(desk.Finalize(), await agree.admit_request(ctx, record))
        case Role.CONSUMER, _State.OFFERED:
            return await _to_accept(ctx, record)
        case Role.CONSUMER, _State.AGREED:
            return await _to_verify(ctx, record)
    return Way()


async def _to_agree(ctx: Context, record: NegotiationRecord) -> Way:
    """As provider, agree if the offer is ours and everything allows it."""
    unknown = await agree.not_our_offer(ctx, record)
    if unknown is not None:
        return _refused("offer", unknown)
    return _admitted(desk.Agree(), await agree.admit_request(ctx, record))


async def _to_accept(ctx: Context, record: NegotiationRecord) -> Way:
    """As consumer, an offer that is not the one we asked for is a person's to accept."""
    unreadable = agree.unreadable_offer(record.negotiation)
    if unreadable is not None:
        return _refused("offer", unreadable)
    way = _admitted(desk.Accept(), await agree.admit_offer(ctx, record))
    return replace(way, proposal=desk.Hold("the partner's offer waits for a person"))


async def _to_verify(ctx: Context, record: NegotiationRecord) -> Way:
    """As consumer, verify the agreement if it is the offer that was asked for and our own side allows it."""
    faithful = agree.is_what_was_asked(record.negotiation)
    if not faithful.allowed:
        return _refused("agreement", faithful)
    return _admitted(desk.Verify(), await agree.admit_agreement(ctx, record))


def _refused(code: str, decision: Decision) -> Way:
    move = desk.Refuse(code, _texts(decision.obstacles))
    return Way(move, move, refused=decision)


def _admitted(move: desk.Move, admission: Admission) -> Way:
    """The wire gets a sentence for each obstacle; the whole tree stays with us."""
    if not admission.decision.allowed:
        move = desk.Refuse(admission.decision.obstacles[0].code, admission.obstacles)
    return Way(move, move, admission)


def _texts(reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    return tuple(reason.text for reason in reasons)


async def _decided(ctx: Context, record: NegotiationRecord, way: Way) -> desk.Move:
    negotiation = record.negotiation
    said_yes = desk.still_approved(record.approval, len(record.offers))
    if record.approval and said_yes and record.approval.state == negotiation.state:
        return way.approval
    if record.attended and not said_yes and not isinstance(way.proposal, desk.Wait):
        return desk.Hold("this negotiation was begun to be held")
    return await desk.move_of(
        ctx.desk,
        desk.Situation(
            kind=desk.ProcessKind.NEGOTIATION,
            process=negotiation.own_pid,
            role=negotiation.role,
            state=negotiation.state,
            partner=negotiation.peer,
            dataset=negotiation.dataset,
            agreement=negotiation.agreement.id if negotiation.agreement else None,
            offers=record.offers,
            decision=way.decision,
            proposal=way.proposal,
            approval=way.approval,
            approved=said_yes,
        ),
    )


def _carried_out(ctx: Context, record: NegotiationRecord, way: Way, move: desk.Move) -> Turn:
    """What a move comes to; what terms or law refuse stays refused whoever moves."""
    binding = isinstance(move, desk.Accept | desk.Agree | desk.Verify | desk.Finalize)
    if binding and isinstance(way.approval, desk.Refuse):
        move = way.approval
    match move:
        case desk.Hold(reason):
            return Turn(way, record.profile, hold=reason)
        case desk.Postpone(by):
            return Turn(way, record.profile, again=by)
        case desk.Wait():
            return Turn(way, record.profile)
    return _said(ctx, record, way, move)


def _said(ctx: Context, record: NegotiationRecord, way: Way, move: desk.Move) -> Turn:
    negotiation = record.negotiation
    kind = _kind_of(move, negotiation.role)
    if kind is None or successor(NEGOTIATION_TABLE, negotiation.state, kind, negotiation.role) is None:
        return Turn(way, record.profile, hold=f"`{desk.name_of(move)}` is not ours to say in state {negotiation.state}")
    if isinstance(move, desk.Counter):
        return _countered(ctx, record, way, move)
    message, also = _message(ctx, record, way, move)
    return Turn(way, record.profile, message, also=also)


def _kind_of(move: desk.Move, role: Role) -> Kind | None:
    if isinstance(move, desk.Counter):
        return Kind.CONTRACT_OFFER if role is Role.PROVIDER else Kind.CONTRACT_REQUEST
    return _KINDS.get(type(move))


def _message(ctx: Context, record: NegotiationRecord, way: Way, move: desk.Move) -> tuple[NegotiationMessage, Changes]:
    negotiation, nothing = record.negotiation, Changes()
    pids = pids_of(negotiation)
    match move:
        case desk.Refuse(code, reasons):
            return termination(ctx, negotiation, code, reasons), nothing
        case desk.Accept():
            return acceptance(ctx, negotiation), nothing
        case desk.Verify():
            return AgreementVerification(new_message_id(ctx), *pids), nothing
    if way.admission is None:
        raise ConflictError(f"`{desk.name_of(move)}` was not decided on")
    if isinstance(move, desk.Agree):
        agreement = agree.draw_up(ctx, negotiation, way.admission)
        return ContractAgreement(new_message_id(ctx), *pids, agreement), nothing
    bound = merged(agree.concluded(ctx, record, way.admission), agree.counting(record, way.admission))
    return NegotiationEvent(new_message_id(ctx), *pids, EventType.FINALIZED), bound


def _countered(ctx: Context, record: NegotiationRecord, way: Way, move: desk.Counter) -> Turn:
    try:
        message = counter_offer(ctx, record.negotiation, move.body, move.offer)
    except MalformedError as error:
        return Turn(way, record.profile, hold=f"the terms that were to be offered cannot be: {error}")
    return Turn(way, record.profile, message)


def counter_offer(
    ctx: Context, negotiation: Negotiation, body: JsonObject, offer: OfferId | None = None
) -> NegotiationMessage:
    """Our terms in place of those on the table: as provider an offer, as consumer a request.

    Args:
        ctx: the node.
        negotiation: where they are offered.
        body: the policy's members without target and parties.
        offer: the id that they go by; that of the offer on the table if left out.

    Raises:
        MalformedError: they are no terms that can be evaluated.
        ConflictError: the partner has not answered the first message yet.
    """
    provider_pid, consumer_pid = pids_of(negotiation)
    ours = Offer(
        offer or negotiation.offer.id,
        agree.checked_terms(body),
        negotiation.dataset,
        negotiation.provider,
        negotiation.consumer,
    )
    if negotiation.role is Role.PROVIDER:
        return ContractOffer(new_message_id(ctx), provider_pid, consumer_pid, ours)
    return ContractRequest(new_message_id(ctx), consumer_pid, provider_pid, ours)


def acceptance(ctx: Context, negotiation: Negotiation) -> NegotiationMessage:
    """As consumer, our yes to the provider's offer."""
    return NegotiationEvent(new_message_id(ctx), *pids_of(negotiation), EventType.ACCEPTED)


def termination(ctx: Context, negotiation: Negotiation, code: str, reasons: tuple[str, ...]) -> NegotiationTermination:
    """The message that ends a negotiation."""
    return NegotiationTermination(new_message_id(ctx), *pids_of(negotiation), code, reasons)


def pids_of(negotiation: Negotiation) -> tuple[ProcessId, ProcessId]:
    """The provider's and the consumer's process id.

    Raises:
        ConflictError: the partner has not told its own yet.
    """
    provider, consumer = negotiation.provider_pid, negotiation.consumer_pid
    if provider is None or consumer is None:
        raise ConflictError("the partner has not answered yet", remedy="try again when it has")
    return provider, consumer
