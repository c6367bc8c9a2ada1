"""Contract negotiation, both roles: load, step, decide, save and queue, each in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from corridor.base.errors import ConflictError, NotFoundError
from corridor.base.ids import AgreementId, DatasetId, ProcessId
from corridor.base.json import JsonObject
from corridor.base.reasons import Decision, Reason
from corridor.dsp import negotiation as machine
from corridor.dsp.commands import Command
from corridor.dsp.messages import (
    AgreementVerification,
    ContractAgreement,
    ContractOffer,
    ContractRequest,
    EventType,
    Kind,
    NegotiationAck,
    NegotiationEvent,
    NegotiationMessage,
    NegotiationTermination,
    Offer,
    Role,
)
from corridor.dsp.negotiation import Negotiation
from corridor.dsp.process import Acknowledged, Intend, Received, Step, Undeliverable
from corridor.dsp.states import NEGOTIATION_TABLE, NegotiationState
from corridor.evidence.event import DecisionMade, Event, NegotiationChanged, NegotiationRequested, NegotiationTerminated
from corridor.evidence.event import Role as EvidenceRole
from corridor.law.facts import parse_facts
from corridor.service import agree
from corridor.service.admit import Admission
from corridor.service.context import Context
from corridor.service.ports import Changes, Peer
from corridor.service.process import entered, merged, new_message_id, until_settled, work_of
from corridor.service.records import NegotiationRecord, Participant
from corridor.service.render import decision_json

_State = NegotiationState
FINAL: Final = frozenset({_State.FINALIZED, _State.TERMINATED})


async def request(ctx: Context, peer: Peer, dataset: DatasetId, offer: Offer, profile: JsonObject) -> NegotiationRecord:
    """We ask a provider for a contract on its offer.

    Args:
        ctx: the node.
        peer: the provider.
        dataset: the dataset that the offer is on.
        offer: as it stands in the provider's catalogue.
        profile: the facts about the data that the catalogue states.

    Raises:
        MalformedError: the offer cannot be asked for, or the profile cannot be read.
    """
    parse_facts(profile, "$.profile")
    now = ctx.clock.now()
    asked = replace(offer, target=dataset, assigner=peer.id, assignee=ctx.me.id)
    message = ContractRequest(
        new_message_id(ctx), ProcessId(ctx.new_id()), None, asked, callback=ctx.speaking(peer.protocol).dsp_url
    )
    step = machine.begin_request(
        message, participant=ctx.me.id, peer=peer.id, peer_url=peer.dsp_url, protocol=peer.protocol
    )
    record = NegotiationRecord(step.process, profile, now, now)
    await ctx.store.commit(merged(_saved(record), _began(ctx, record), _work(ctx, step.process, step.commands)))
    return replace(record, version=1)


async def receive(
    ctx: Context, partner: Participant, message: NegotiationMessage, pid: ProcessId | None
) -> NegotiationAck:
    """A partner's message about the negotiation `pid`, or with None the one that begins a negotiation.

    Raises:
        NotFoundError: there is no such negotiation, or it is another partner's.
        MalformedError: the message does not belong to the negotiation.
        ConflictError: the message is not legal in the present state.
    """
    return await until_settled(lambda: _receive(ctx, partner, message, pid))


async def _receive(
    ctx: Context, partner: Participant, message: NegotiationMessage, pid: ProcessId | None
) -> NegotiationAck:
    record = await _begun_with(ctx, partner, message) if pid is None else await _mine(ctx, partner, pid)
    if record is None:
        return await _begin(ctx, partner, message)
    step = machine.step(record.negotiation, Received(message))
    if not step.retransmission:
        await ctx.store.commit(_moved(ctx, record, step, heard=message.kind))
    return ack_of(step.process)


async def _begun_with(ctx: Context, partner: Participant, message: NegotiationMessage) -> NegotiationRecord | None:
    theirs = message.provider_pid if isinstance(message, ContractOffer) else message.consumer_pid
    return await ctx.store.negotiation_by_peer(partner.id, theirs) if theirs else None


async def _begin(ctx: Context, partner: Participant, message: NegotiationMessage) -> NegotiationAck:
    own_pid, me, protocol = ProcessId(ctx.new_id()), ctx.me.id, ctx.protocol
    if isinstance(message, ContractRequest):
        step = machine.receive_request(message, own_pid=own_pid, participant=me, peer=partner.id, protocol=protocol)
    elif isinstance(message, ContractOffer):
        step = machine.receive_offer(message, own_pid=own_pid, participant=me, peer=partner.id, protocol=protocol)
    else:
        raise ConflictError(f"a negotiation does not begin with a {message.kind}")
    now = ctx.clock.now()
    profile = await agree.profile_of(ctx, step.process.dataset) if step.process.role is Role.PROVIDER else {}
    record = NegotiationRecord(step.process, profile, now, now)
    await ctx.store.commit(
        merged(_saved(record), _began(ctx, record), _work(ctx, step.process, step.commands, wait=True))
    )
    return ack_of(step.process)


async def view(ctx: Context, partner: Participant, pid: ProcessId) -> NegotiationAck:
    """The state of a negotiation with `partner`.

    Raises:
        NotFoundError: there is no such negotiation, or it is another partner's.
    """
    return ack_of((await _mine(ctx, partner, pid)).negotiation)


async def _mine(ctx: Context, partner: Participant, pid: ProcessId) -> NegotiationRecord:
    # DSP: a process of somebody else is not there, rather than forbidden; nor is one below another version's URL.
    record = await ctx.store.negotiation(pid)
    if record is None or (record.negotiation.peer, record.negotiation.protocol) != (partner.id, ctx.protocol):
        raise NotFoundError("there is no such negotiation")
    return record


async def acknowledged(ctx: Context, pid: ProcessId, event: Acknowledged | Undeliverable) -> None:
    """The partner answered our message, or never will."""

    async def attempt() -> None:
        done = Changes(tasks_done=(event.message_id,))
        record = await ctx.store.negotiation(pid)
        if record is None:
            await ctx.store.commit(done)
            return
        step = machine.step(record.negotiation, event)
        await ctx.store.commit(merged(_moved(ctx, record, step), done))

    await until_settled(attempt)


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a decision comes to: our next message, if any, with what is to be saved along with it."""

    message: NegotiationMessage | None = None
    admission: Admission | None = None
    decision: Decision | None = None
    also: Changes = field(default_factory=Changes)


async def decide(ctx: Context, pid: ProcessId, task: str) -> None:
    """It may be our turn in the negotiation `pid`: decide, and queue our next message; ends the task in any case."""

    async def attempt() -> None:
        record = await ctx.store.negotiation(pid)
        turn = await _turn(ctx, record) if record and record.negotiation.pending is None else _Turn()
        done = Changes(tasks_done=(task,))
        if record is None or turn.message is None:
            await ctx.store.commit(done)
            return
        step = machine.step(record.negotiation, Intend(turn.message))
        decided = replace(record, decision=_document(turn) or record.decision)
        event = _decision_event(ctx, record, turn)
        await ctx.store.commit(merged(done, Changes(events=event), _moved(ctx, decided, step), turn.also))

    await until_settled(attempt)


async def _turn(ctx: Context, record: NegotiationRecord) -> _Turn:
    """Whose turn it is by role and state; a consumer's OFFERED waits for a person."""
    negotiation = record.negotiation
    match negotiation.role, negotiation.state:
        case Role.PROVIDER, _State.REQUESTED | _State.ACCEPTED:
            return await _agree(ctx, record)
        case Role.PROVIDER, _State.VERIFIED:
            return await _finalize(ctx, record)
        case Role.CONSUMER, _State.AGREED:
            return await _verify(ctx, record)
    return _Turn()


async def _agree(ctx: Context, record: NegotiationRecord) -> _Turn:
    """As provider: send the agreement if the offer is ours and everything allows it, else terminate and say why."""
    negotiation = record.negotiation
    unknown = await agree.not_our_offer(ctx, negotiation)
    if unknown is not None:
        return _Turn(_termination(ctx, negotiation, "offer", unknown.obstacles), decision=unknown)
    admission = await agree.admit_request(ctx, record)
    if not admission.decision.allowed:
        return _Turn(_refusal(ctx, negotiation, admission), admission)
    agreement = agree.draw_up(ctx, negotiation, admission)
    message = ContractAgreement(new_message_id(ctx), *_pids(negotiation), agreement)
    return _Turn(message, admission)


async def _verify(ctx: Context, record: NegotiationRecord) -> _Turn:
    """As consumer: verify the agreement if it is the offer that was asked for and our own side allows it."""
    negotiation = record.negotiation
    faithful = agree.is_what_was_asked(negotiation)
    if not faithful.allowed:
        return _Turn(_termination(ctx, negotiation, "agreement", faithful.obstacles), decision=faithful)
    admission = await agree.admit_agreement(ctx, record)
    if not admission.decision.allowed:
        return _Turn(_refusal(ctx, negotiation, admission), admission)
    return _Turn(AgreementVerification(new_message_id(ctx), *_pids(negotiation)), admission)


async def _finalize(ctx: Context, record: NegotiationRecord) -> _Turn:
    """As provider: decide once more, count, and finalize; what changed since the agreement was sent still stops it."""
    negotiation = record.negotiation
    admission = await agree.admit_request(ctx, record)
    if not admission.decision.allowed:
        return _Turn(_refusal(ctx, negotiation, admission), admission)
    message = NegotiationEvent(new_message_id(ctx), *_pids(negotiation), EventType.FINALIZED)
    bound = merged(agree.concluded(ctx, record, admission), agree.counting(record, admission))
    return _Turn(message, admission, also=bound)


async def accept(ctx: Context, pid: ProcessId) -> NegotiationRecord:
    """As consumer, accept the provider's offer.

    Raises:
        NotFoundError: there is no such negotiation.
        ConflictError: there is no offer to accept.
    """
    return await _say(
        ctx,
        pid,
        lambda negotiation: NegotiationEvent(new_message_id(ctx), *_pids(negotiation), EventType.ACCEPTED),
    )


async def terminate(ctx: Context, pid: ProcessId, reason: str) -> NegotiationRecord:
    """End a negotiation; the reason reaches the partner.

    Raises:
        NotFoundError: there is no such negotiation.
        ConflictError: it has ended already, or the partner has not answered the first message yet.
    """
    return await _say(ctx, pid, lambda negotiation: _termination(ctx, negotiation, "person", _one(reason)))


async def _say(ctx: Context, pid: ProcessId, message: Callable[[Negotiation], NegotiationMessage]) -> NegotiationRecord:
    async def attempt() -> NegotiationRecord:
        record = await ctx.store.negotiation(pid)
        if record is None:
            raise NotFoundError("there is no such negotiation", remedy="list them with `corridor negotiate --list`")
        if record.negotiation.peer_pid is None:
            raise ConflictError("the partner has not answered yet", remedy="try again when it has")
        step = machine.step(record.negotiation, Intend(message(record.negotiation)))
        await ctx.store.commit(_moved(ctx, record, step))
        return replace(record, negotiation=step.process, version=record.version + 1)

    return await until_settled(attempt)


def ack_of(negotiation: Negotiation) -> NegotiationAck:
    """The negotiation as a partner sees it."""
    consumer, provider = negotiation.consumer_pid, negotiation.provider_pid
    return NegotiationAck(provider or ProcessId(""), consumer or ProcessId(""), str(negotiation.reported_state))


def _pids(negotiation: Negotiation) -> tuple[ProcessId, ProcessId]:
    provider, consumer = negotiation.provider_pid, negotiation.consumer_pid
    if provider is None or consumer is None:
        raise ConflictError("the partner has not answered yet")
    return provider, consumer


def _termination(
    ctx: Context, negotiation: Negotiation, code: str, reasons: tuple[str, ...] | tuple[Reason, ...]
) -> NegotiationTermination:
    texts = tuple(reason.text if isinstance(reason, Reason) else reason for reason in reasons)
    return NegotiationTermination(new_message_id(ctx), *_pids(negotiation), code, texts)


def _refusal(ctx: Context, negotiation: Negotiation, admission: Admission) -> NegotiationTermination:
    """The wire gets a sentence for each obstacle; the whole tree stays with us."""
    code = admission.decision.obstacles[0].code
    return _termination(ctx, negotiation, code, admission.obstacles)


def _one(reason: str) -> tuple[str, ...]:
    return (reason,) if reason else ()


def _document(turn: _Turn) -> JsonObject | None:
    if turn.admission:
        return turn.admission.document
    return decision_json(turn.decision) if turn.decision else None


def _saved(record: NegotiationRecord) -> Changes:
    return Changes(negotiations=(record,))


def _began(ctx: Context, record: NegotiationRecord) -> Changes:
    negotiation = record.negotiation
    event = NegotiationRequested(
        at=ctx.clock.now(),
        negotiation=negotiation.own_pid,
        role=EvidenceRole(negotiation.role.value),
        peer=negotiation.peer,
        dataset=negotiation.dataset,
        offer=negotiation.offer.id,
    )
    return Changes(events=(event,))


def _work(ctx: Context, negotiation: Negotiation, commands: tuple[Command, ...], *, wait: bool = False) -> Changes:
    return work_of(ctx, negotiation.peer, negotiation.own_pid, commands, wait=wait)


def _moved(ctx: Context, record: NegotiationRecord, step: Step[Negotiation], *, heard: Kind | None = None) -> Changes:
    """The record after a step, the work that follows, and what each new state brings with it."""
    moved = replace(record, negotiation=step.process, updated=ctx.clock.now())
    work = _work(ctx, step.process, step.commands, wait=heard is not None)
    states = entered(NEGOTIATION_TABLE, record.negotiation, step.process, heard)
    events = Changes(events=tuple(_state_event(ctx, step.process, state) for state in states))
    # The consumer learns from FINALIZED that it is bound; the provider was when it said so (see `_finalize`).
    bound = step.process.role is Role.CONSUMER and _State.FINALIZED in states
    return merged(_saved(moved), work, events, agree.concluded(ctx, moved) if bound else Changes())


def _state_event(ctx: Context, after: Negotiation, state: NegotiationState) -> Event:
    now, pid = ctx.clock.now(), after.own_pid
    if state is _State.TERMINATED:
        return NegotiationTerminated(now, pid, after.peer, after.code, after.reasons)
    return NegotiationChanged(now, pid, after.peer, state.value)


def _decision_event(ctx: Context, record: NegotiationRecord, turn: _Turn) -> tuple[Event, ...]:
    decision = turn.admission.decision if turn.admission else turn.decision
    if decision is None:
        return ()
    negotiation = record.negotiation
    return (
        DecisionMade(
            at=ctx.clock.now(),
            phase="negotiation",
            peer=negotiation.peer,
            dataset=negotiation.dataset,
            verdict=decision.verdict,
            reasons=decision.reasons,
            rulebook=ctx.rulebook_digest,
            negotiation=negotiation.own_pid,
        ),
    )


def agreement_id(record: NegotiationRecord) -> AgreementId | None:
    """The id of the agreement that a negotiation led to, once it is finalized."""
    negotiation = record.negotiation
    finalized = negotiation.reported_state is _State.FINALIZED
    return negotiation.agreement.id if finalized and negotiation.agreement else None
