"""Transfer processes, both roles: load, step, decide, save and queue, each in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from corridor.base.errors import ConflictError, ForbiddenError, NotFoundError
from corridor.base.ids import AgreementId, ProcessId
from corridor.dsp import transfer as machine
from corridor.dsp.commands import Command, Decide
from corridor.dsp.messages import (
    Kind,
    Role,
    TransferAck,
    TransferMessage,
    TransferRequest,
    TransferStart,
)
from corridor.dsp.process import Acknowledged, Intend, Received, Step, Undeliverable
from corridor.dsp.states import TRANSFER_TABLE, NegotiationState, TransferState
from corridor.dsp.transfer import TransferProcess
from corridor.evidence.event import TransferChanged
from corridor.service import desk, transfer_turn
from corridor.service.addresses import Destination, check_given, grant_for, push_to, sealed
from corridor.service.context import Context
from corridor.service.ports import Changes
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
from corridor.service.records import AgreementRecord, Approval, Participant, TransferRecord
from corridor.service.transfer_turn import Turn

_State = TransferState


async def request(
    ctx: Context,
    agreement: AgreementId,
    *,
    fetch: bool,
    format_name: str | None = None,
    destination: Destination | None = None,
) -> TransferRecord:
    """As consumer, ask for the data of an agreement.

    Args:
        ctx: ours.
        agreement: under which we are the consumer.
        fetch: whether our data plane fetches the bytes as soon as it may; what is pushed to it, it takes in any case.
        format_name: one that our data plane knows, or its preferred one.
        destination: where the provider has to push to, if not to our data plane.

    Raises:
        NotFoundError: we hold no such agreement.
        ConflictError: it is not ours to use: we are its provider.
        MalformedError: the format is not known, or brings nothing to a destination, or that must not be called.
    """
    held = await ctx.store.agreement(agreement)
    if held is None:
        raise NotFoundError("there is no such agreement", remedy="list them with `corridor negotiate --list`")
    if held.role is not Role.CONSUMER:
        raise ConflictError("the agreement is one that we provide under", remedy="the consumer asks for the transfer")
    format_ = ctx.formats.chosen(format_name, push=destination is not None)
    now, pid = ctx.clock.now(), ProcessId(ctx.new_id())
    address = push_to(ctx, format_, pid, destination) if format_.push else None
    callback = ctx.speaking(held.protocol).dsp_url
    message = TransferRequest(new_message_id(ctx), pid, agreement, format_.name, callback, address)
    step = machine.begin_request(
        message, participant=ctx.me.id, peer=held.peer, peer_url=held.peer_url, protocol=held.protocol
    )
    # What is pushed to us comes under a right of ours, whose token the provider gets with the request.
    ours = format_.push and destination is None
    fetch = ours or (fetch and not format_.push)
    record = TransferRecord(step.process, held.agreement.target, now, now, fetch=fetch, push=format_.push)
    grant = grant_for(ctx, record) if ours else None
    record = replace(record, grant=grant.id if grant else None)
    changes = Changes(transfers=(record,), grants=(grant,) if grant else ())
    await ctx.store.commit(merged(changes, _work(ctx, record, step.commands)))
    return replace(record, version=1)


async def receive(ctx: Context, partner: Participant, message: TransferMessage, pid: ProcessId | None) -> TransferAck:
    """A partner's message about the transfer process `pid`, or with None its request for one.

    Raises:
        NotFoundError: there is no such transfer process or agreement, or it is another partner's.
        MalformedError: the message does not belong to the transfer process, or asks for a format that there is not.
        ConflictError: the message is not legal in the present state.
    """
    return await until_settled(lambda: _receive(ctx, partner, message, pid))


async def _receive(ctx: Context, partner: Participant, message: TransferMessage, pid: ProcessId | None) -> TransferAck:
    if pid is not None:
        record: TransferRecord | None = await _mine(ctx, partner, pid)
    else:
        record = await ctx.store.transfer_by_peer(partner.id, message.consumer_pid)
        if record is not None:
            check_version(ctx, record.transfer)
    if record is None:
        return await _begin(ctx, partner, message)
    step = machine.step(record.transfer, Received(sealed(ctx, message)))
    if not step.retransmission:
        # A consumer that resumes may cross our own start: whatever token that brought, it gets a new one.
        resumed = record.transfer.role is Role.PROVIDER and isinstance(message, TransferStart)
        ended = await _revoked(ctx, record) if resumed else Changes()
        await ctx.store.commit(merged(await _moved(ctx, record, step, heard=message.kind), ended))
    return ack_of(step.process)


async def _begin(ctx: Context, partner: Participant, message: TransferMessage) -> TransferAck:
    if not isinstance(message, TransferRequest):
        raise ConflictError(f"a transfer process does not begin with a {message.kind}")
    agreement = await _agreement_for(ctx, partner, message)
    format_ = ctx.formats.offered(message.format)
    if format_.push:
        check_given(ctx, message)
    own_pid = ProcessId(ctx.new_id())
    step = machine.receive_request(
        sealed(ctx, message), own_pid=own_pid, participant=ctx.me.id, peer=partner.id, protocol=ctx.protocol
    )
    now = ctx.clock.now()
    record = TransferRecord(step.process, agreement.agreement.target, now, now, push=format_.push)
    event = Changes(events=(_changed(ctx, step.process, _State.REQUESTED),))
    work = _work(ctx, record, step.commands)
    await ctx.store.commit(merged(Changes(transfers=(record,)), event, work))
    return ack_of(step.process)


async def _agreement_for(ctx: Context, partner: Participant, message: TransferRequest) -> AgreementRecord:
    """The finalized agreement that the request refers to; its assignee has to be the caller (DSP, transfer request)."""
    held = await ctx.store.agreement(message.agreement_id)
    if held is None or held.peer != partner.id or held.role is not Role.PROVIDER:
        raise NotFoundError("there is no such agreement")
    negotiation = await ctx.store.negotiation(held.negotiation)
    if negotiation is None or negotiation.negotiation.reported_state is not NegotiationState.FINALIZED:
        raise ConflictError("the agreement was not finalized")
    return held


async def view(ctx: Context, partner: Participant, pid: ProcessId) -> TransferAck:
    """The state of a transfer process with `partner`.

    Raises:
        NotFoundError: there is no such transfer process, or it is another partner's.
    """
    return ack_of((await _mine(ctx, partner, pid)).transfer)


async def _mine(ctx: Context, partner: Participant, pid: ProcessId) -> TransferRecord:
    record = await ctx.store.transfer(pid)
    if record is None or (record.transfer.peer, record.transfer.protocol) != (partner.id, ctx.protocol):
        raise NotFoundError("there is no such transfer process")
    return record


async def acknowledged(ctx: Context, pid: ProcessId, event: Acknowledged | Undeliverable) -> None:
    """The partner answered our message, or never will."""

    async def attempt() -> None:
        done = Changes(tasks_done=(event.message_id,))
        record = await ctx.store.transfer(pid)
        if record is None:
            await ctx.store.commit(done)
            return
        step = machine.step(record.transfer, event)
        await ctx.store.commit(merged(await _moved(ctx, record, step), done))

    await until_settled(attempt)


async def decide(ctx: Context, pid: ProcessId, task: str) -> None:
    """It may be our turn in the transfer process `pid`: decide, and queue what follows; ends the task in any case."""

    async def attempt() -> None:
        record = await ctx.store.transfer(pid)
        done = Changes(tasks_done=(task,))
        if record is None or record.held is not None or record.transfer.pending is not None:
            await ctx.store.commit(done)
            return
        await ctx.store.commit(merged(done, await _taken(ctx, await transfer_turn.take(ctx, record))))

    await until_settled(attempt)


async def _taken(ctx: Context, turn: Turn) -> Changes:
    """What a turn changes."""
    record = turn.record
    if turn.message is not None:
        step = machine.step(record.transfer, Intend(turn.message))
        return merged(turn.also, await _moved(ctx, record, step))
    if turn.hold is not None:
        now = ctx.clock.now()
        return Changes(transfers=(replace(record, held=desk.held(turn.approval, turn.hold, now), updated=now),))
    if turn.again is not None:
        return ask_again(ctx, record.transfer.peer, record.transfer.own_pid, turn.again)
    return turn.also


async def approve(ctx: Context, pid: ProcessId) -> TransferRecord:
    """A person says yes to the step that waits: it is decided anew, and taken if terms and law allow it.

    Raises:
        NotFoundError: there is no such transfer process.
        ConflictError: nothing waits.
    """

    async def attempt() -> TransferRecord:
        record = _held(await _any(ctx, pid))
        now = ctx.clock.now()
        moved = replace(record, held=None, approval=Approval(str(record.transfer.state), 0, now), updated=now)
        work = work_of(ctx, record.transfer.peer, pid, (Decide(),), at_once=True)
        await ctx.store.commit(merged(Changes(transfers=(moved,)), work))
        return replace(moved, version=record.version + 1)

    return await until_settled(attempt)


async def refuse(ctx: Context, pid: ProcessId, reason: str) -> TransferRecord:
    """A person says no to the step that waits; the transfer ends, and the reason reaches the partner.

    Raises:
        NotFoundError: there is no such transfer process.
        ConflictError: nothing waits.
    """
    _held(await _any(ctx, pid))
    return await terminate(ctx, pid, reason)


def _held(record: TransferRecord) -> TransferRecord:
    if record.held is None:
        raise ConflictError("nothing waits for a person here", remedy="list what does with `corridor transfer --held`")
    return record


async def complete(ctx: Context, pid: ProcessId) -> TransferRecord:
    """Say that all data have been transferred."""
    return await _say(ctx, pid, partial(transfer_turn.completion, ctx))


async def suspend(ctx: Context, pid: ProcessId, reason: str) -> TransferRecord:
    """Pause a transfer; the reason reaches the partner."""
    return await _say(ctx, pid, partial(transfer_turn.suspension, ctx, code="person", reasons=_one(reason)))


async def suspended(ctx: Context, record: TransferRecord, code: str, reason: str) -> Changes:
    """What a suspension changes that we do not because a person wants it, but because data cannot flow now."""
    message = transfer_turn.suspension(ctx, record.transfer, code, _one(reason))
    return await _moved(ctx, record, machine.step(record.transfer, Intend(message)))


async def resume(ctx: Context, pid: ProcessId) -> TransferRecord:
    """Let a suspended transfer go on: as provider with a new token, as consumer by asking for it.

    Raises:
        ForbiddenError: the agreement or the law no longer allow it.
    """
    return await until_settled(lambda: _resume(ctx, pid))


async def _resume(ctx: Context, pid: ProcessId) -> TransferRecord:
    record = await _any(ctx, pid)
    if record.transfer.state is _State.REQUESTED:
        # A start would be legal, but whether there is to be a first one is for the desk to say.
        raise ConflictError("the transfer has not started yet", remedy="only what was suspended is resumed")
    turn = await transfer_turn.start(ctx, record)
    if not isinstance(turn.message, TransferStart):
        raise ForbiddenError("the agreement or the law no longer allow the transfer")
    return await _say_this(ctx, turn, turn.message)


async def terminate(ctx: Context, pid: ProcessId, reason: str) -> TransferRecord:
    """End a transfer for good; the reason reaches the partner."""
    return await _say(ctx, pid, partial(transfer_turn.termination, ctx, code="person", reasons=_one(reason)))


async def _any(ctx: Context, pid: ProcessId) -> TransferRecord:
    record = await ctx.store.transfer(pid)
    if record is None:
        raise NotFoundError("there is no such transfer process", remedy="list them with `corridor transfer --list`")
    return record


async def _say(ctx: Context, pid: ProcessId, message: Callable[[TransferProcess], TransferMessage]) -> TransferRecord:
    async def attempt() -> TransferRecord:
        record = await _any(ctx, pid)
        return await _say_this(ctx, Turn(record), message(record.transfer))

    return await until_settled(attempt)


async def _say_this(ctx: Context, turn: Turn, message: TransferMessage) -> TransferRecord:
    step = machine.step(turn.record.transfer, Intend(message))
    changes = merged(turn.also, await _moved(ctx, turn.record, step))
    await ctx.store.commit(changes)
    return replace(changes.transfers[0], version=turn.record.version + 1)


def ack_of(transfer: TransferProcess) -> TransferAck:
    """The transfer process as a partner sees it."""
    provider, consumer = transfer.provider_pid, transfer.consumer_pid
    return TransferAck(provider or ProcessId(""), consumer or ProcessId(""), str(transfer.reported_state))


def _one(reason: str) -> tuple[str, ...]:
    return (reason,) if reason else ()


def _work(ctx: Context, record: TransferRecord, commands: tuple[Command, ...]) -> Changes:
    turns = turns_of(ctx, commands, ours=transfer_turn.is_ours(record))
    return work_of(ctx, record.transfer.peer, record.transfer.own_pid, turns)


async def _moved(
    ctx: Context, record: TransferRecord, step: Step[TransferProcess], *, heard: Kind | None = None
) -> Changes:
    """The record after a step, the work that follows, an event for each new state, and the token's fate."""
    before, after = record.transfer, step.process
    held = record.held if after == before else None
    moved = replace(record, transfer=after, held=held, updated=ctx.clock.now())
    changes = merged(Changes(transfers=(moved,)), _work(ctx, moved, step.commands))
    if after.state is before.state and after.pending is before.pending:
        return changes
    events = tuple(_changed(ctx, after, state) for state in entered(TRANSFER_TABLE, before, after, heard))
    changes = merged(changes, Changes(events=events))
    # The token lives while data may flow: it ends with the state, and already when we say that it will. The one for a
    # push to us was given once and for all, with the request: it outlives a suspension, during which it opens nothing.
    lasting = after.reported_state is _State.SUSPENDED and record.push and after.role is Role.CONSUMER
    flows = lasting or after.reported_state in (_State.REQUESTED, _State.STARTED)
    return changes if flows else merged(changes, await _revoked(ctx, record))


async def _revoked(ctx: Context, record: TransferRecord) -> Changes:
    grant = await ctx.store.grant(record.grant) if record.grant else None
    if grant is None or grant.revoked is not None:
        return Changes()
    return Changes(grants=(replace(grant, revoked=ctx.clock.now()),))


def _changed(ctx: Context, transfer: TransferProcess, state: TransferState) -> TransferChanged:
    return TransferChanged(ctx.clock.now(), transfer.own_pid, transfer.agreement_id, transfer.peer, state.value)
