"""Contract negotiation, both roles: load, step, decide, save and queue, each in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from corridor.base.errors import ConflictError, NotFoundError
from corridor.base.ids import AgreementId, DatasetId, OfferId, ParticipantId, ProcessId
from corridor.base.json import JsonObject
from corridor.dsp import negotiation as machine
from corridor.dsp.commands import Command, Decide
from corridor.dsp.messages import (
    ContractOffer,
    ContractRequest,
    Kind,
    NegotiationAck,
    NegotiationMessage,
    Offer,
    Role,
)
from corridor.dsp.negotiation import Negotiation
from corridor.dsp.process import Acknowledged, Intend, Received, Step, Undeliverable
from corridor.dsp.states import NEGOTIATION_TABLE, NegotiationState
from corridor.evidence.event import DecisionMade, Event, NegotiationChanged, NegotiationRequested, NegotiationTerminated
from corridor.evidence.event import Role as EvidenceRole
from corridor.law.facts import parse_facts
from corridor.service import agree, desk, negotiation_turn
from corridor.service.context import Context
from corridor.service.negotiation_turn import Turn
from corridor.service.ports import Changes, Peer
from corridor.service.process import (
    ask_again,
    check_version,
    entered,
    merged,
    new_message_id,
    turns_of,
    until_settled,
    work_of,
)
from corridor.service.records import Approval, NegotiationRecord, OfferVersion, Participant

_State = NegotiationState
FINAL: Final = frozenset({_State.FINALIZED, _State.TERMINATED})
MOST_OFFERS: Final = 100
"""Versions of the offer in one negotiation."""


async def request(
    ctx: Context, peer: Peer, dataset: DatasetId, offer: Offer, profile: JsonObject, *, attended: bool = False
) -> NegotiationRecord:
    """We ask a provider for a contract on its offer.

    Args:
        ctx: the node.
        peer: the provider.
        dataset: the dataset that the offer is on.
        offer: as it stands in the provider's catalogue.
        profile: the facts about the data that the catalogue states.
        attended: whether a person wants to be asked before we bind ourselves.

    Raises:
        MalformedError: the offer cannot be asked for, or the profile cannot be read.
    """
    parse_facts(profile, "$.profile")
    asked = replace(offer, target=dataset, assigner=peer.id, assignee=ctx.me.id)
    message = ContractRequest(
        new_message_id(ctx), ProcessId(ctx.new_id()), None, asked, callback=ctx.speaking(peer.protocol).dsp_url
    )
    step = machine.begin_request(
        message, participant=ctx.me.id, peer=peer.id, peer_url=peer.dsp_url, protocol=peer.protocol
    )
    return await _opened(ctx, step, profile, ctx.me.id, attended=attended)


async def offer(
    ctx: Context,
    consumer: Peer,
    dataset: DatasetId,
    offer: OfferId | None = None,
    terms: JsonObject | None = None,
    *,
    attended: bool = False,
) -> NegotiationRecord:
    """We, the provider, make a consumer an offer unasked.

    Args:
        ctx: the node.
        consumer: who may have the data.
        dataset: one of our datasets.
        offer: one of its offers; may be left out where there is only one.
        terms: other terms than the offer's, as policy members without target and parties.
        attended: whether a person wants to be asked before we bind ourselves.

    Raises:
        NotFoundError: there is no such dataset or offer, or it has several offers and none is named.
        MalformedError: the terms are none that can be evaluated.
    """
    held, named = await agree.own_offer(ctx, dataset, offer)
    body = named.body if terms is None else agree.checked_terms(terms)
    made = Offer(named.id, body, dataset, ctx.me.id, consumer.id)
    message = ContractOffer(
        new_message_id(ctx), ProcessId(ctx.new_id()), None, made, callback=ctx.speaking(consumer.protocol).dsp_url
    )
    step = machine.begin_offer(
        message, participant=ctx.me.id, peer=consumer.id, peer_url=consumer.dsp_url, protocol=consumer.protocol
    )
    return await _opened(ctx, step, held.profile, ctx.me.id, attended=attended)


async def _opened(
    ctx: Context, step: Step[Negotiation], profile: JsonObject, by: ParticipantId, *, attended: bool = False
) -> NegotiationRecord:
    """A new negotiation, saved with the work that follows; `by` made the offer that it begins with."""
    now = ctx.clock.now()
    first = (OfferVersion(step.process.offer, by, now),)
    record = NegotiationRecord(step.process, profile, now, now, offers=first, attended=attended)
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
        _check_patience(record, message)
        await ctx.store.commit(_moved(ctx, record, step, heard=message.kind, by=partner.id))
    return ack_of(step.process)


def _check_patience(record: NegotiationRecord, message: NegotiationMessage) -> None:
    """A partner may not fill our disk by haggling for ever."""
    if isinstance(message, ContractRequest | ContractOffer) and len(record.offers) >= MOST_OFFERS:
        raise ConflictError(
            f"there were {MOST_OFFERS} offers already", remedy="accept one, or begin another negotiation"
        )


async def _begun_with(ctx: Context, partner: Participant, message: NegotiationMessage) -> NegotiationRecord | None:
    theirs = message.provider_pid if isinstance(message, ContractOffer) else message.consumer_pid
    record = await ctx.store.negotiation_by_peer(partner.id, theirs) if theirs else None
    if record is not None:
        check_version(ctx, record.negotiation)
    return record


async def _begin(ctx: Context, partner: Participant, message: NegotiationMessage) -> NegotiationAck:
    own_pid, me, protocol = ProcessId(ctx.new_id()), ctx.me.id, ctx.protocol
    if isinstance(message, ContractRequest):
        step = machine.receive_request(message, own_pid=own_pid, participant=me, peer=partner.id, protocol=protocol)
    elif isinstance(message, ContractOffer):
        step = machine.receive_offer(message, own_pid=own_pid, participant=me, peer=partner.id, protocol=protocol)
    else:
        raise ConflictError(f"a negotiation does not begin with a {message.kind}")
    profile = await agree.profile_of(ctx, step.process.dataset) if step.process.role is Role.PROVIDER else {}
    return ack_of((await _opened(ctx, step, profile, partner.id)).negotiation)


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


async def decide(ctx: Context, pid: ProcessId, task: str, known: NegotiationRecord | None = None) -> None:
    """It may be our turn in the negotiation `pid`: decide, and queue our next message; ends the task in any case.

    Args:
        ctx: the node.
        pid: the negotiation.
        task: what is done by this.
        known: the negotiation as it was read a moment ago.
    """
    read = [known]

    async def attempt() -> None:
        record = (read.pop() if read else None) or await ctx.store.negotiation(pid)
        done = Changes(tasks_done=(task,))
        if record is None or record.held is not None or record.negotiation.pending is not None:
            await ctx.store.commit(done)
            return
        turn = await negotiation_turn.take(ctx, record)
        await ctx.store.commit(merged(done, _taken(ctx, record, turn)))

    await until_settled(attempt)


def _taken(ctx: Context, record: NegotiationRecord, turn: Turn) -> Changes:
    """What a turn changes."""
    decided = replace(record, profile=turn.profile, decision=turn.way.document or record.decision)
    if turn.message is not None:
        step = machine.step(record.negotiation, Intend(turn.message))
        event = _decision_event(ctx, record, turn)
        return merged(Changes(events=event), _moved(ctx, decided, step, by=ctx.me.id), turn.also)
    if turn.hold is not None:
        now = ctx.clock.now()
        return _saved(replace(decided, held=desk.held(turn.way.approval, turn.hold, now), updated=now))
    if turn.again is not None:
        return ask_again(ctx, record.negotiation.peer, record.negotiation.own_pid, turn.again)
    return Changes()


async def approve(ctx: Context, pid: ProcessId) -> NegotiationRecord:
    """A person says yes to the step that waits: it is decided anew, and taken if terms and law allow it.

    Raises:
        NotFoundError: there is no such negotiation.
        ConflictError: nothing waits.
    """

    async def attempt() -> NegotiationRecord:
        record = _held(await _any(ctx, pid))
        now, negotiation = ctx.clock.now(), record.negotiation
        approval = Approval(str(negotiation.state), len(record.offers), now)
        moved = replace(record, held=None, approval=approval, updated=now)
        work = work_of(ctx, negotiation.peer, pid, (Decide(),), at_once=True)
        await ctx.store.commit(merged(_saved(moved), work))
        return replace(moved, version=record.version + 1)

    return await until_settled(attempt)


async def refuse(ctx: Context, pid: ProcessId, reason: str) -> NegotiationRecord:
    """A person says no to the step that waits; the negotiation ends, and the reason reaches the partner.

    Raises:
        NotFoundError: there is no such negotiation.
        ConflictError: nothing waits.
    """
    _held(await _any(ctx, pid))
    return await terminate(ctx, pid, reason)


def _held(record: NegotiationRecord) -> NegotiationRecord:
    if record.held is None:
        raise ConflictError("nothing waits for a person here", remedy="list what does with `corridor negotiate --held`")
    return record


async def counter(ctx: Context, pid: ProcessId, terms: JsonObject) -> NegotiationRecord:
    """Offer other terms: as provider by an offer, as consumer by a request.

    Raises:
        NotFoundError: there is no such negotiation.
        ConflictError: it is not our turn to make an offer.
        MalformedError: the terms are none that can be evaluated.
    """
    return await _say(ctx, pid, partial(negotiation_turn.counter_offer, ctx, body=terms))


async def accept(ctx: Context, pid: ProcessId) -> NegotiationRecord:
    """As consumer, accept the provider's offer.

    Raises:
        NotFoundError: there is no such negotiation.
        ConflictError: there is no offer to accept.
    """
    return await _say(ctx, pid, partial(negotiation_turn.acceptance, ctx))


async def terminate(ctx: Context, pid: ProcessId, reason: str) -> NegotiationRecord:
    """End a negotiation; the reason reaches the partner.

    Raises:
        NotFoundError: there is no such negotiation.
        ConflictError: it has ended already, or the partner has not answered the first message yet.
    """
    reasons = (reason,) if reason else ()
    return await _say(ctx, pid, partial(negotiation_turn.termination, ctx, code="person", reasons=reasons))


async def _say(ctx: Context, pid: ProcessId, message: Callable[[Negotiation], NegotiationMessage]) -> NegotiationRecord:
    async def attempt() -> NegotiationRecord:
        record = await _any(ctx, pid)
        if record.negotiation.peer_pid is None:
            raise ConflictError("the partner has not answered yet", remedy="try again when it has")
        step = machine.step(record.negotiation, Intend(message(record.negotiation)))
        changes = _moved(ctx, record, step, by=ctx.me.id)
        await ctx.store.commit(changes)
        return replace(changes.negotiations[0], version=record.version + 1)

    return await until_settled(attempt)


async def _any(ctx: Context, pid: ProcessId) -> NegotiationRecord:
    record = await ctx.store.negotiation(pid)
    if record is None:
        raise NotFoundError("there is no such negotiation", remedy="list them with `corridor negotiate --list`")
    return record


def ack_of(negotiation: Negotiation) -> NegotiationAck:
    """The negotiation as a partner sees it."""
    consumer, provider = negotiation.consumer_pid, negotiation.provider_pid
    return NegotiationAck(provider or ProcessId(""), consumer or ProcessId(""), str(negotiation.reported_state))


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


def _work(ctx: Context, negotiation: Negotiation, commands: tuple[Command, ...]) -> Changes:
    turns = turns_of(ctx, commands, ours=negotiation_turn.is_ours(negotiation))
    return work_of(ctx, negotiation.peer, negotiation.own_pid, turns)


def _moved(
    ctx: Context,
    record: NegotiationRecord,
    step: Step[Negotiation],
    *,
    heard: Kind | None = None,
    by: ParticipantId | None = None,
) -> Changes:
    """The record after a step, the work that follows, and what each new state brings with it; `by` sent the message."""
    moved = _noted(replace(record, negotiation=step.process, updated=ctx.clock.now()), record, by)
    work = _work(ctx, step.process, step.commands)
    states = entered(NEGOTIATION_TABLE, record.negotiation, step.process, heard)
    events = Changes(events=tuple(_state_event(ctx, step.process, state) for state in states))
    # The consumer learns from FINALIZED that it is bound; the provider was when it said so (see `_finalize`).
    bound = step.process.role is Role.CONSUMER and _State.FINALIZED in states
    return merged(_saved(moved), work, events, agree.concluded(ctx, moved) if bound else Changes())


def _noted(moved: NegotiationRecord, before: NegotiationRecord, by: ParticipantId | None) -> NegotiationRecord:
    """The record with the offer that `by` made, if it made one; what waited for a person is overtaken by any step."""
    if moved.negotiation == before.negotiation:
        return moved
    moved = replace(moved, held=None)
    if by is None or moved.negotiation.offer is before.negotiation.offer:
        return moved
    return replace(moved, offers=(*before.offers, OfferVersion(moved.negotiation.offer, by, moved.updated)))


def _state_event(ctx: Context, after: Negotiation, state: NegotiationState) -> Event:
    now, pid = ctx.clock.now(), after.own_pid
    if state is _State.TERMINATED:
        return NegotiationTerminated(now, pid, after.peer, after.code, after.reasons)
    return NegotiationChanged(now, pid, after.peer, state.value)


def _decision_event(ctx: Context, record: NegotiationRecord, turn: Turn) -> tuple[Event, ...]:
    decision = turn.way.decision
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
