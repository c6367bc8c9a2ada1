"""Transfer processes, both roles: load, step, decide, save and queue, each in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from corridor.base.digest import sha256_of
from corridor.base.errors import ConflictError, ForbiddenError, MalformedError, NotFoundError
from corridor.base.ids import AgreementId, DatasetId, ProcessId
from corridor.dsp import transfer as machine
from corridor.dsp.commands import Command
from corridor.dsp.messages import (
    DataAddress,
    Kind,
    Role,
    TransferAck,
    TransferCompletion,
    TransferMessage,
    TransferRequest,
    TransferStart,
    TransferSuspension,
    TransferTermination,
)
from corridor.dsp.process import Acknowledged, Intend, Received, Step, Undeliverable
from corridor.dsp.states import TRANSFER_TABLE, NegotiationState, TransferState
from corridor.dsp.transfer import TransferProcess
from corridor.evidence.event import DecisionMade, TransferChanged
from corridor.service.access import admit_access
from corridor.service.admit import Admission, Phase
from corridor.service.context import Context
from corridor.service.ports import Changes
from corridor.service.process import entered, merged, new_message_id, until_settled, work_of
from corridor.service.records import AgreementRecord, Grant, Participant, Task, TaskKind, TransferRecord, queue_of

HTTP_PULL: Final = "HttpData-PULL"
"""The format in which our data plane hands out data."""
ENDPOINT_TYPE: Final = "https://w3id.org/idsa/v4.1/HTTP"
AUTHORIZATION: Final = "authorization"
RENEWAL: Final = "renewal"
"""The code of the suspension after which we start anew by ourselves, to hand out a new token."""
_State = TransferState


async def request(ctx: Context, agreement: AgreementId, *, fetch: bool) -> TransferRecord:
    """As consumer, ask for the data of an agreement; with `fetch`, our data plane fetches them as soon as it may.

    Raises:
        NotFoundError: we hold no such agreement.
        ConflictError: it is not ours to use: we are its provider.
    """
    held = await ctx.store.agreement(agreement)
    if held is None:
        raise NotFoundError("there is no such agreement", remedy="list them with `corridor negotiate --list`")
    if held.role is not Role.CONSUMER:
        raise ConflictError("the agreement is one that we provide under", remedy="the consumer asks for the transfer")
    now = ctx.clock.now()
    callback = ctx.speaking(held.protocol).dsp_url
    message = TransferRequest(new_message_id(ctx), ProcessId(ctx.new_id()), agreement, HTTP_PULL, callback)
    step = machine.begin_request(
        message, participant=ctx.me.id, peer=held.peer, peer_url=held.peer_url, protocol=held.protocol
    )
    record = TransferRecord(step.process, held.agreement.target, now, now, fetch=fetch)
    await ctx.store.commit(merged(Changes(transfers=(record,)), _work(ctx, step.process, step.commands)))
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
    if record is None:
        return await _begin(ctx, partner, message)
    step = machine.step(record.transfer, Received(_sealed(ctx, message)))
    if not step.retransmission:
        # A consumer that resumes may cross our own start: whatever token that brought, it gets a new one.
        resumed = record.transfer.role is Role.PROVIDER and isinstance(message, TransferStart)
        ended = await _revoked(ctx, record) if resumed else Changes()
        await ctx.store.commit(merged(await _moved(ctx, record, step, heard=message.kind), ended))
    return ack_of(step.process)


def _sealed(ctx: Context, message: TransferMessage) -> TransferMessage:
    """The message with the token that it brings sealed: what is kept holds no secret in clear."""
    if not isinstance(message, TransferStart) or message.data_address is None:
        return message
    address = message.data_address
    properties = tuple(
        (name, ctx.secrets.seal(value) if name == AUTHORIZATION else value) for name, value in address.properties
    )
    return replace(message, data_address=replace(address, properties=properties))


async def _begin(ctx: Context, partner: Participant, message: TransferMessage) -> TransferAck:
    if not isinstance(message, TransferRequest):
        raise ConflictError(f"a transfer process does not begin with a {message.kind}")
    agreement = await _agreement_for(ctx, partner, message)
    own_pid = ProcessId(ctx.new_id())
    step = machine.receive_request(
        message, own_pid=own_pid, participant=ctx.me.id, peer=partner.id, protocol=ctx.protocol
    )
    now = ctx.clock.now()
    record = TransferRecord(step.process, agreement.agreement.target, now, now)
    event = Changes(events=(_changed(ctx, step.process, _State.REQUESTED),))
    work = _work(ctx, step.process, step.commands, wait=True)
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
    if message.format != HTTP_PULL:
        raise MalformedError(
            f"the format `{message.format[:80]}` is not offered", place="$.format", remedy=f"ask for {HTTP_PULL}"
        )
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


@dataclass(frozen=True, slots=True)
class _Turn:
    """What a decision comes to: the record as it becomes, our next message if any, and what is saved along with it."""

    record: TransferRecord
    message: TransferMessage | None = None
    also: Changes = field(default_factory=Changes)


async def decide(ctx: Context, pid: ProcessId, task: str) -> None:
    """It may be our turn in the transfer process `pid`: decide, and queue what follows; ends the task in any case."""

    async def attempt() -> None:
        record = await ctx.store.transfer(pid)
        done = Changes(tasks_done=(task,))
        turn = await _turn(ctx, record) if record and record.transfer.pending is None else None
        if turn is None:
            await ctx.store.commit(done)
        elif turn.message is None:
            await ctx.store.commit(merged(done, turn.also))
        else:
            step = machine.step(turn.record.transfer, Intend(turn.message))
            await ctx.store.commit(merged(done, turn.also, await _moved(ctx, turn.record, step)))

    await until_settled(attempt)


async def _turn(ctx: Context, record: TransferRecord) -> _Turn | None:
    transfer = record.transfer
    match transfer.role, transfer.state:
        case Role.PROVIDER, _State.REQUESTED:
            return await _start(ctx, record)
        case Role.PROVIDER, _State.STARTED if await _token_ended(ctx, record):
            # The consumer resumed. A new token is ours to give in a start message, which is legal in SUSPENDED alone.
            reasons = ("a new token follows",)
            return _Turn(record, TransferSuspension(new_message_id(ctx), *_pids(transfer), RENEWAL, reasons))
        case Role.PROVIDER, _State.SUSPENDED if transfer.code == RENEWAL:
            return await _start(ctx, record)
        case Role.CONSUMER, _State.STARTED if record.fetch and record.received is None:
            return _Turn(record, also=Changes(tasks=(_fetch_task(ctx, transfer),)))
        case Role.CONSUMER, _State.STARTED if record.fetch:
            return _Turn(record, TransferCompletion(new_message_id(ctx), *_pids(transfer)))
    return None


def _fetch_task(ctx: Context, transfer: TransferProcess) -> Task:
    now = ctx.clock.now()
    queue = queue_of(transfer.peer, transfer.own_pid, "fetch")
    return Task(f"fetch:{transfer.own_pid}", TaskKind.FETCH, queue, transfer.own_pid, now, now)


async def _start(ctx: Context, record: TransferRecord) -> _Turn | None:
    """As provider: start if the agreement and the law still allow it, else terminate with the reasons."""
    transfer = record.transfer
    agreement = await ctx.store.agreement(transfer.agreement_id)
    if agreement is None:
        return _Turn(record, _termination(ctx, transfer, "agreement", ("there is no such agreement",)))
    admission = await admit_access(ctx, agreement, Phase.TRANSFER)
    decided = Changes(events=(_decided(ctx, record, admission),))
    dataset = await ctx.store.dataset(record.dataset)
    if not admission.decision.allowed or dataset is None:
        reasons = admission.obstacles or ("the dataset is no longer there",)
        return _Turn(record, _termination(ctx, transfer, "terms", reasons), decided)
    grant = _grant(ctx, record)
    message = TransferStart(new_message_id(ctx), *_pids(transfer), _address(ctx, transfer))
    # What started goes on with the bytes that it started with, whatever has been published since.
    started = replace(record, grant=grant.id, content=record.content or dataset.content)
    return _Turn(started, message, merged(decided, Changes(grants=(grant,))))


def _grant(ctx: Context, record: TransferRecord) -> Grant:
    grant, transfer = ctx.new_id(), record.transfer
    return Grant(
        id=grant,
        token_digest=sha256_of(ctx.secrets.token(grant).encode()),
        transfer=transfer.own_pid,
        agreement=transfer.agreement_id,
        dataset=record.dataset,
        peer=transfer.peer,
        issued=ctx.clock.now(),
    )


def _address(ctx: Context, transfer: TransferProcess) -> DataAddress:
    """Where the consumer pulls from; the token is put in when the message goes out (`outbox`), and kept nowhere."""
    endpoint = f"{ctx.data_url}/{transfer.own_pid}"
    return DataAddress(ENDPOINT_TYPE, endpoint, (("authType", "bearer"), (AUTHORIZATION, "")))


def with_token(ctx: Context, message: TransferStart, grant: str) -> TransferStart:
    """The start message as it goes over the wire."""
    address = message.data_address
    if address is None:
        return message
    token = f"Bearer {ctx.secrets.token(grant)}"
    properties = tuple((name, token if name == AUTHORIZATION else value) for name, value in address.properties)
    return replace(message, data_address=replace(address, properties=properties))


def authorization_of(ctx: Context, record: TransferRecord) -> tuple[str, str]:
    """As consumer, the endpoint to pull from and the value of its `Authorization` header.

    Raises:
        ConflictError: the provider has given none, or the transfer does not run.
    """
    address = record.transfer.data_address
    sealed = address.property(AUTHORIZATION) if address else None
    if record.transfer.role is not Role.CONSUMER or address is None or not address.endpoint or not sealed:
        raise ConflictError("the transfer has no data address", remedy="wait until it is STARTED")
    return address.endpoint, ctx.secrets.unseal(sealed)


async def complete(ctx: Context, pid: ProcessId) -> TransferRecord:
    """Say that all data have been transferred."""
    return await _say(ctx, pid, lambda transfer: TransferCompletion(new_message_id(ctx), *_pids(transfer)))


async def suspend(ctx: Context, pid: ProcessId, reason: str) -> TransferRecord:
    """Pause a transfer; the reason reaches the partner."""
    return await _say(
        ctx, pid, lambda transfer: TransferSuspension(new_message_id(ctx), *_pids(transfer), "person", _one(reason))
    )


async def resume(ctx: Context, pid: ProcessId) -> TransferRecord:
    """Let a suspended transfer go on: as provider with a new token, as consumer by asking for it.

    Raises:
        ForbiddenError: the agreement or the law no longer allow it.
    """
    record = await ctx.store.transfer(pid)
    if record is None or record.transfer.role is Role.CONSUMER:
        return await _say(ctx, pid, lambda transfer: TransferStart(new_message_id(ctx), *_pids(transfer)))
    return await until_settled(lambda: _resume_as_provider(ctx, pid))


async def _resume_as_provider(ctx: Context, pid: ProcessId) -> TransferRecord:
    record = await _any(ctx, pid)
    turn = await _start(ctx, record)
    if turn is None or not isinstance(turn.message, TransferStart):
        raise ForbiddenError("the agreement or the law no longer allow the transfer")
    step = machine.step(turn.record.transfer, Intend(turn.message))
    await ctx.store.commit(merged(turn.also, await _moved(ctx, turn.record, step)))
    return replace(turn.record, transfer=step.process, version=record.version + 1)


async def terminate(ctx: Context, pid: ProcessId, reason: str) -> TransferRecord:
    """End a transfer for good; the reason reaches the partner."""
    return await _say(ctx, pid, lambda transfer: _termination(ctx, transfer, "person", _one(reason)))


async def _any(ctx: Context, pid: ProcessId) -> TransferRecord:
    record = await ctx.store.transfer(pid)
    if record is None:
        raise NotFoundError("there is no such transfer process", remedy="list them with `corridor transfer --list`")
    return record


async def _say(ctx: Context, pid: ProcessId, message: Callable[[TransferProcess], TransferMessage]) -> TransferRecord:
    async def attempt() -> TransferRecord:
        record = await _any(ctx, pid)
        step = machine.step(record.transfer, Intend(message(record.transfer)))
        await ctx.store.commit(await _moved(ctx, record, step))
        return replace(record, transfer=step.process, version=record.version + 1)

    return await until_settled(attempt)


def ack_of(transfer: TransferProcess) -> TransferAck:
    """The transfer process as a partner sees it."""
    provider, consumer = transfer.provider_pid, transfer.consumer_pid
    return TransferAck(provider or ProcessId(""), consumer or ProcessId(""), str(transfer.reported_state))


def _pids(transfer: TransferProcess) -> tuple[ProcessId, ProcessId]:
    provider, consumer = transfer.provider_pid, transfer.consumer_pid
    if provider is None or consumer is None:
        raise ConflictError("the partner has not answered yet", remedy="try again when it has")
    return provider, consumer


def _termination(ctx: Context, transfer: TransferProcess, code: str, reasons: tuple[str, ...]) -> TransferTermination:
    return TransferTermination(new_message_id(ctx), *_pids(transfer), code, reasons)


def _one(reason: str) -> tuple[str, ...]:
    return (reason,) if reason else ()


def _work(ctx: Context, transfer: TransferProcess, commands: tuple[Command, ...], *, wait: bool = False) -> Changes:
    return work_of(ctx, transfer.peer, transfer.own_pid, commands, wait=wait)


async def _moved(
    ctx: Context, record: TransferRecord, step: Step[TransferProcess], *, heard: Kind | None = None
) -> Changes:
    """The record after a step, the work that follows, an event for each new state, and the token's fate."""
    before, after = record.transfer, step.process
    moved = replace(record, transfer=after, updated=ctx.clock.now())
    changes = merged(Changes(transfers=(moved,)), _work(ctx, after, step.commands, wait=heard is not None))
    if after.state is before.state and after.pending is before.pending:
        return changes
    events = tuple(_changed(ctx, after, state) for state in entered(TRANSFER_TABLE, before, after, heard))
    changes = merged(changes, Changes(events=events))
    # The token lives while data may flow: it ends with the state, and already when we say that it will.
    flows = after.reported_state in (_State.REQUESTED, _State.STARTED)
    return changes if flows else merged(changes, await _revoked(ctx, record))


async def _revoked(ctx: Context, record: TransferRecord) -> Changes:
    grant = await ctx.store.grant(record.grant) if record.grant else None
    if grant is None or grant.revoked is not None:
        return Changes()
    return Changes(grants=(replace(grant, revoked=ctx.clock.now()),))


async def _token_ended(ctx: Context, record: TransferRecord) -> bool:
    grant = await ctx.store.grant(record.grant) if record.grant else None
    return grant is not None and grant.revoked is not None


def _changed(ctx: Context, transfer: TransferProcess, state: TransferState) -> TransferChanged:
    return TransferChanged(ctx.clock.now(), transfer.own_pid, transfer.agreement_id, transfer.peer, state.value)


def _decided(ctx: Context, record: TransferRecord, admission: Admission) -> DecisionMade:
    return DecisionMade(
        at=ctx.clock.now(),
        phase=admission.question.phase.value,
        peer=record.transfer.peer,
        dataset=DatasetId(record.dataset),
        verdict=admission.decision.verdict,
        reasons=admission.decision.reasons,
        rulebook=ctx.rulebook_digest,
        agreement=record.transfer.agreement_id,
        transfer=record.transfer.own_pid,
    )
