"""A transfer's turn: what is next, who decides it, and what our message then is."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from corridor.base.errors import ConflictError
from corridor.base.ids import DatasetId, ProcessId
from corridor.dsp.messages import (
    Kind,
    Role,
    TransferCompletion,
    TransferMessage,
    TransferStart,
    TransferSuspension,
    TransferTermination,
)
from corridor.dsp.states import TRANSFER_TABLE, TransferState, successor
from corridor.dsp.transfer import TransferProcess
from corridor.evidence.event import DecisionMade
from corridor.service import desk
from corridor.service.access import admit_access
from corridor.service.addresses import grant_for, pull_from
from corridor.service.admit import Admission, Phase
from corridor.service.context import Context
from corridor.service.ports import Changes
from corridor.service.process import merged, new_message_id
from corridor.service.records import Task, TaskKind, TransferRecord, queue_of

RENEWAL: Final = "renewal"
"""The code of the suspension after which we start anew by ourselves, to hand out a new token."""
_State = TransferState
_KINDS: Final = {
    desk.Start: Kind.TRANSFER_START,
    desk.Suspend: Kind.TRANSFER_SUSPENSION,
    desk.Complete: Kind.TRANSFER_COMPLETION,
    desk.Refuse: Kind.TRANSFER_TERMINATION,
}


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn comes to.

    Attributes:
        record: as it becomes.
        message: what we say.
        also: what is saved along with it.
        hold: why it waits for a person, if it does; `approval` is then what comes of a yes.
        again: after what time to ask again, if that was asked for.
    """

    record: TransferRecord
    message: TransferMessage | None = None
    also: Changes = field(default_factory=Changes)
    hold: str | None = None
    approval: desk.Move = field(default_factory=desk.Wait)
    again: timedelta | None = None


@dataclass(frozen=True, slots=True)
class _Way:
    """The step that is next, and what it rests on where it had to be decided."""

    proposal: desk.Move = field(default_factory=desk.Wait)
    admission: Admission | None = None


def is_ours(record: TransferRecord) -> bool:
    """Whether the next step can be ours; elsewhere only a desk that acts unasked has something to say."""
    if record.transfer.role is Role.PROVIDER:
        return True
    return record.transfer.state is _State.STARTED and record.fetch and not record.push


async def take(ctx: Context, record: TransferRecord) -> Turn:
    """Whose turn it is by role and state, and what whoever decides makes of it."""
    way = await _way(ctx, record)
    move = await _decided(ctx, record, way)
    match move:
        case desk.Hold(reason):
            return Turn(record, hold=reason, approval=way.proposal)
        case desk.Postpone(by):
            return Turn(record, again=by)
        case desk.Wait():
            return Turn(record)
        case desk.Fetch() | desk.Push() if _moves(record, move):
            return await _moving(ctx, record)
    return await _said(ctx, record, way, move)


def _moves(record: TransferRecord, move: desk.Move) -> bool:
    """Whether it is our data plane that gets or sends the bytes, and now."""
    ours = isinstance(move, desk.Push) if record.push else isinstance(move, desk.Fetch) and record.fetch
    sender = Role.PROVIDER if record.push else Role.CONSUMER
    return ours and record.transfer.state is _State.STARTED and record.transfer.role is sender


async def _moving(ctx: Context, record: TransferRecord) -> Turn:
    if record.push:
        return await _push(ctx, record)
    return Turn(record, also=Changes(tasks=(_fetch_task(ctx, record.transfer),)))


async def _way(ctx: Context, record: TransferRecord) -> _Way:
    transfer = record.transfer
    match transfer.role, transfer.state:
        case Role.PROVIDER, _State.REQUESTED:
            return await _to_start(ctx, record)
        case _, _State.STARTED if record.push:
            return await _to_push(ctx, record)
        case Role.PROVIDER, _State.STARTED if await _token_ended(ctx, record):
            # The consumer resumed. A new token is ours to give in a start message, which is legal in SUSPENDED alone.
            return _Way(desk.Suspend(RENEWAL, ("a new token follows",)))
        case Role.PROVIDER, _State.SUSPENDED if transfer.code == RENEWAL:
            return await _to_start(ctx, record)
        case Role.CONSUMER, _State.STARTED if record.fetch:
            return _Way(desk.Fetch() if record.received is None else desk.Complete())
    return _Way()


async def _to_start(ctx: Context, record: TransferRecord) -> _Way:
    """As provider, start if the agreement and the law still allow it."""
    agreement = await ctx.store.agreement(record.transfer.agreement_id)
    if agreement is None:
        return _Way(desk.Refuse("agreement", ("there is no such agreement",)))
    admission = await admit_access(ctx, agreement, Phase.TRANSFER)
    if not admission.decision.allowed:
        return _Way(desk.Refuse("terms", admission.obstacles), admission)
    if await ctx.store.dataset(record.dataset) is None:
        return _Way(desk.Refuse("terms", ("the dataset is no longer there",)), admission)
    return _Way(desk.Start(), admission)


async def _to_push(ctx: Context, record: TransferRecord) -> _Way:
    """In a push it is the provider that sends, and that completes: docs/spec-divergences.md."""
    if record.transfer.role is Role.CONSUMER:
        return _Way()
    if record.pushed is not None:
        return _Way(desk.Complete())
    if not await _token_ended(ctx, record):
        return _Way(desk.Push())
    # The consumer resumed: decide anew.
    way = await _to_start(ctx, record)
    return way if isinstance(way.proposal, desk.Refuse) else _Way(desk.Push(), way.admission)


async def _push(ctx: Context, record: TransferRecord) -> Turn:
    if not await _token_ended(ctx, record):
        return Turn(record, also=Changes(tasks=(_push_task(ctx, record),)))
    turn = await start(ctx, record)
    if not isinstance(turn.message, TransferStart):
        return turn
    # The consumer has resumed and has the address, and we need no other: there is nothing to say.
    again = Changes(transfers=(turn.record,), tasks=(_push_task(ctx, turn.record),))
    return Turn(turn.record, also=merged(turn.also, again))


def _push_task(ctx: Context, record: TransferRecord) -> Task:
    """One for each grant, so for each start: what ends late must not end what began after it."""
    process, now = record.transfer, ctx.clock.now()
    queue, payload = queue_of(process.peer, process.own_pid, "push"), {"grant": record.grant}
    return Task(f"push:{record.grant}", TaskKind.PUSH, queue, process.own_pid, now, now, payload=payload)


async def _token_ended(ctx: Context, record: TransferRecord) -> bool:
    grant = await ctx.store.grant(record.grant) if record.grant else None
    return grant is not None and grant.revoked is not None


async def _decided(ctx: Context, record: TransferRecord, way: _Way) -> desk.Move:
    transfer = record.transfer
    said_yes = desk.still_approved(record.approval, 0)
    if record.approval is not None and record.approval.state == transfer.state:
        return way.proposal
    return await desk.move_of(
        ctx.desk,
        desk.Situation(
            kind=desk.ProcessKind.TRANSFER,
            process=transfer.own_pid,
            role=transfer.role,
            state=transfer.state,
            partner=transfer.peer,
            dataset=DatasetId(record.dataset),
            agreement=transfer.agreement_id,
            offers=(),
            decision=way.admission.decision if way.admission else None,
            proposal=way.proposal,
            approval=way.proposal,
            approved=said_yes,
        ),
    )


async def _said(ctx: Context, record: TransferRecord, way: _Way, move: desk.Move) -> Turn:
    transfer = record.transfer
    kind = _KINDS.get(type(move))
    if kind is None or successor(TRANSFER_TABLE, transfer.state, kind, transfer.role) is None:
        why = f"`{desk.name_of(move)}` is not ours to say in state {transfer.state}"
        return Turn(record, hold=why, approval=way.proposal)
    if isinstance(move, desk.Start):
        return await start(ctx, record)
    decided = Changes(events=(_decision(ctx, record, way.admission),)) if way.admission else Changes()
    return Turn(record, _message(ctx, transfer, move), decided)


def _message(ctx: Context, transfer: TransferProcess, move: desk.Move) -> TransferMessage:
    match move:
        case desk.Suspend(code, reasons):
            return suspension(ctx, transfer, code, reasons)
        case desk.Refuse(code, reasons):
            return termination(ctx, transfer, code, reasons)
    return completion(ctx, transfer)


async def start(ctx: Context, record: TransferRecord) -> Turn:
    """Let data flow, for the first time or again: as provider with a token if the agreement and the law allow it.

    Where they do not, the message is the termination that says why.
    """
    transfer = record.transfer
    if transfer.role is Role.CONSUMER:
        return Turn(record, TransferStart(new_message_id(ctx), *pids_of(transfer)))
    way = await _to_start(ctx, record)
    decided = Changes(events=(_decision(ctx, record, way.admission),)) if way.admission else Changes()
    dataset = await ctx.store.dataset(record.dataset)
    if dataset is None or isinstance(way.proposal, desk.Refuse):
        return Turn(record, _message(ctx, transfer, way.proposal), decided)
    grant = grant_for(ctx, record)
    # A push goes to the address of the request; a start has one for a pull only (DSP, transfer start message).
    address = None if record.push else pull_from(ctx, ctx.formats.offered(transfer.format), transfer.own_pid)
    message = TransferStart(new_message_id(ctx), *pids_of(transfer), address)
    # What started goes on with the bytes that it started with, whatever has been published since.
    started = replace(record, grant=grant.id, content=record.content or dataset.content)
    return Turn(started, message, merged(decided, Changes(grants=(grant,))))


def _fetch_task(ctx: Context, transfer: TransferProcess) -> Task:
    now = ctx.clock.now()
    queue = queue_of(transfer.peer, transfer.own_pid, "fetch")
    return Task(f"fetch:{transfer.own_pid}", TaskKind.FETCH, queue, transfer.own_pid, now, now)


def completion(ctx: Context, transfer: TransferProcess) -> TransferMessage:
    """The message that says that all data have been transferred."""
    return TransferCompletion(new_message_id(ctx), *pids_of(transfer))


def suspension(ctx: Context, transfer: TransferProcess, code: str, reasons: tuple[str, ...]) -> TransferMessage:
    """The message that pauses a transfer."""
    return TransferSuspension(new_message_id(ctx), *pids_of(transfer), code, reasons)


def termination(ctx: Context, transfer: TransferProcess, code: str, reasons: tuple[str, ...]) -> TransferMessage:
    """The message that ends a transfer for good."""
    return TransferTermination(new_message_id(ctx), *pids_of(transfer), code, reasons)


def pids_of(transfer: TransferProcess) -> tuple[ProcessId, ProcessId]:
    """The provider's and the consumer's process id.

    Raises:
        ConflictError: the partner has not told its own yet.
    """
    provider, consumer = transfer.provider_pid, transfer.consumer_pid
    if provider is None or consumer is None:
        raise ConflictError("the partner has not answered yet", remedy="try again when it has")
    return provider, consumer


def _decision(ctx: Context, record: TransferRecord, admission: Admission) -> DecisionMade:
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
