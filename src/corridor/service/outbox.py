"""Work that a transaction left to be done: one task at a time, at least once, put off when it fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from corridor.base.errors import CorridorError, LocalError, NotFoundError, RemoteError, UnreachableError
from corridor.base.ids import ProcessId, printable
from corridor.base.json import JsonObject
from corridor.dsp.binding import target_of
from corridor.dsp.codec import Codec
from corridor.dsp.messages import Kind, NegotiationAck, NegotiationMessage, ProcessMessage, Role, TransferAck, pid_of
from corridor.dsp.process import Acknowledged, Undeliverable
from corridor.dsp.states import TransferState
from corridor.service import negotiate, notify, push, receipts, transfer
from corridor.service.addresses import authorization_of, with_token
from corridor.service.context import Context
from corridor.service.delivery import arrived
from corridor.service.ports import Changes, Fetched, Reply
from corridor.service.process import merged, until_settled
from corridor.service.records import NegotiationRecord, Task, TaskKind, TransferRecord

_UNKNOWN: Final = 404
_TRY_AGAIN: Final = frozenset({401, _UNKNOWN, 408, 425, 429})
"""Answers that can be different next time: its identity check or its own transaction may lag behind."""
LAST_WORDS: Final = 5
"""How often a termination is tried that the partner does not know what to do with: for us it ends anyway."""
_log = structlog.get_logger(__name__)


async def run(ctx: Context, task: Task) -> None:
    """Do one task; on failure put it off, and after the last attempt give it up.

    Never raises a `CorridorError`: what went wrong stands in the task, in the log, and in the process.
    """
    try:
        await _run(ctx, task)
    except CorridorError as error:
        await _failed(ctx, task, error)


async def _run(ctx: Context, task: Task) -> None:
    match task.kind:
        case TaskKind.SEND:
            await _send(ctx, task)
        case TaskKind.DECIDE:
            negotiation = await ctx.store.negotiation(task.subject)
            if negotiation:
                await negotiate.decide(ctx, task.subject, task.id, negotiation)
            else:
                await transfer.decide(ctx, task.subject, task.id)
        case TaskKind.FETCH:
            await _fetch(ctx, task)
        case TaskKind.PUSH:
            await push.run(ctx, task)
        case TaskKind.RECEIPT:
            await receipts.exchange(ctx, task)
        case TaskKind.NOTIFY:
            await notify.deliver(ctx, task)


async def _failed(ctx: Context, task: Task, error: CorridorError) -> None:
    """Put the task off, or give it up where trying again cannot help or was tried long enough."""
    attempts = task.attempts + 1
    problem = printable(str(error), 300)
    hopeless = isinstance(error, RemoteError) or attempts >= ctx.patience.give_up
    _log.warning("task failed", kind=task.kind.value, subject=task.subject, attempts=attempts, problem=problem)
    if hopeless:
        await _give_up(ctx, task, error)
        return
    if await ctx.store.task(task.id) is None:
        # The partner's message has overtaken ours while it was on its way: there is nothing left to put off.
        return
    later = replace(task, attempts=attempts, problem=problem, due=ctx.clock.now() + _wait(ctx, attempts))
    await ctx.store.commit(Changes(tasks=(later,)))


async def broke(ctx: Context, task: Task, fault: str) -> None:
    """Put off a task on which our own code failed; after the last attempt park it until a person retries or drops it.

    The tasks behind it in its queue wait with it, since they rest on it.
    """
    attempts, now = task.attempts + 1, ctx.clock.now()
    parked = now if attempts >= ctx.patience.give_up else None
    problem = printable(f"a fault of this node: {fault}", 300)
    if parked:
        _log.error("task parked", task=task.id, kind=task.kind.value, subject=task.subject, problem=problem)
    due = now + _wait(ctx, attempts)
    later = replace(task, attempts=attempts, problem=problem, due=due, parked=parked)
    await ctx.store.commit(Changes(tasks=(later,)))


def _wait(ctx: Context, attempts: int) -> timedelta:
    wait: timedelta = min(ctx.patience.first * 2 ** (attempts - 1), ctx.patience.longest) * ctx.jitter()
    return wait


async def retry(ctx: Context, task: str) -> Task:
    """Have an open task tried now, parked or not, as often as a new one.

    Raises:
        NotFoundError: there is no such open task.
    """
    found = await _open_task(ctx, task)
    anew = replace(found, attempts=0, due=ctx.clock.now(), parked=None)
    await ctx.store.commit(Changes(tasks=(anew,)))
    return anew


async def drop(ctx: Context, task: str) -> Task:
    """Give up an open task; a message that is dropped counts as undeliverable, so its process is terminated.

    Raises:
        NotFoundError: there is no such open task.
    """
    found = await _open_task(ctx, task)
    _log.warning("task dropped", task=found.id, kind=found.kind.value, subject=found.subject)
    try:
        await _give_up(ctx, found, LocalError("the message was given up by hand", code="dropped"))
    except CorridorError:
        raise
    except Exception:  # noqa: BLE001 - the very code that fails on the task can fail on giving it up
        _log.exception("task dropped without a word to its process", task=found.id, subject=found.subject)
    await ctx.store.commit(Changes(tasks_done=(found.id,)))
    return found


async def _open_task(ctx: Context, task: str) -> Task:
    found = await ctx.store.task(task)
    if found is None:
        raise NotFoundError(f"there is no open task `{printable(task)}`", remedy="see the open tasks")
    return found


async def _give_up(ctx: Context, task: Task, error: CorridorError) -> None:
    if task.kind is TaskKind.SEND and task.message is not None:
        await _answered(ctx, task, Undeliverable(task.message.message_id, error.code, error.message))
    elif task.kind is TaskKind.FETCH:
        await _fetch_failed(ctx, task, error)
    elif task.kind is TaskKind.PUSH:
        await push.failed(ctx, task, error)
    else:
        await ctx.store.commit(Changes(tasks_done=(task.id,)))


async def _send(ctx: Context, task: Task) -> None:
    """Deliver a message; the state advances when the partner has acknowledged it (DSP, state transitions)."""
    message = task.message
    record = await _process_of(ctx, task)
    if message is None or record is None or not _still_pending(record, message):
        await ctx.store.commit(Changes(tasks_done=(task.id,)))
        return
    process = record.negotiation if isinstance(record, NegotiationRecord) else record.transfer
    target = target_of(message, process.role, process.peer_url)
    if isinstance(record, TransferRecord):
        message = with_token(ctx, message, record)
    codec = ctx.codecs.get(process.protocol)
    reply = await ctx.sender.request(process.peer, target.method, target.url, codec.encode(message))
    await _answered(ctx, task, _outcome(codec, message, process.role, reply, task.attempts + 1))


async def _process_of(ctx: Context, task: Task) -> NegotiationRecord | TransferRecord | None:
    """The process that a message to be sent belongs to."""
    if isinstance(task.message, NegotiationMessage):
        return await ctx.store.negotiation(task.subject)
    return await ctx.store.transfer(task.subject)


def _still_pending(record: NegotiationRecord | TransferRecord, message: ProcessMessage) -> bool:
    process = record.negotiation if isinstance(record, NegotiationRecord) else record.transfer
    return process.pending is not None and process.pending.message_id == message.message_id


def _outcome(
    codec: Codec, message: ProcessMessage, role: Role, reply: Reply, attempts: int
) -> Acknowledged | Undeliverable:
    """What the partner's answer to the last of so many `attempts` means.

    Raises:
        UnreachableError: it knows nothing of our process yet (404): its own transaction may not be through.
    """
    if 200 <= reply.status < 300:  # noqa: PLR2004 - HTTP's range of success
        return Acknowledged(message.message_id, _peer_pid(codec, message, role, reply.document))
    last = message.kind.terminates and reply.status == _UNKNOWN and attempts >= LAST_WORDS
    if reply.status in _TRY_AGAIN and not last:
        raise UnreachableError(f"the partner answered {reply.status}", status=reply.status)
    return Undeliverable(message.message_id, "refused", _refusal(message, reply))


def _peer_pid(codec: Codec, message: ProcessMessage, role: Role, document: JsonObject | None) -> ProcessId | None:
    known = pid_of(message, role.other)
    if known is not None or document is None:
        return known
    of_negotiation = message.kind in (Kind.CONTRACT_REQUEST, Kind.CONTRACT_OFFER)
    ack = codec.decode(NegotiationAck, document) if of_negotiation else codec.decode(TransferAck, document)
    return ack.provider_pid if role is Role.CONSUMER else ack.consumer_pid


def _refusal(message: ProcessMessage, reply: Reply) -> str:
    reasons = (reply.document or {}).get("reason")
    said = "; ".join(printable(str(reason), 200) for reason in reasons[:3]) if isinstance(reasons, list) else ""
    return f"the partner refused the {message.kind} with {reply.status}" + (f": {said}" if said else "")


async def _answered(ctx: Context, task: Task, event: Acknowledged | Undeliverable) -> None:
    if isinstance(task.message, NegotiationMessage):
        await negotiate.acknowledged(ctx, task.subject, event)
    else:
        await transfer.acknowledged(ctx, task.subject, event)


async def _fetch(ctx: Context, task: Task) -> None:
    """As consumer, fetch the bytes, keep what they are, propose the receipt; completion is the next decision."""
    record = await ctx.store.transfer(task.subject)
    if record is None or record.received is not None or record.transfer.state is not TransferState.STARTED:
        # What is suspended is fetched once it starts again: the start brings a new decision.
        await ctx.store.commit(Changes(tasks_done=(task.id,)))
        return
    endpoint, authorization = authorization_of(ctx, record)
    fetched = await ctx.fetcher.fetch(record.transfer.own_pid, endpoint, authorization)
    await until_settled(lambda: _fetched(ctx, task, fetched))


async def _fetched(ctx: Context, task: Task, fetched: Fetched) -> None:
    record = await ctx.store.transfer(task.subject)
    if record is None:
        await ctx.store.commit(Changes(tasks_done=(task.id,)))
        return
    await ctx.store.commit(merged(Changes(tasks_done=(task.id,)), arrived(ctx, record, fetched)))


async def _fetch_failed(ctx: Context, task: Task, error: CorridorError) -> None:
    async def attempt() -> None:
        record = await ctx.store.transfer(task.subject)
        done = Changes(tasks_done=(task.id,))
        if record is not None:
            problem = printable(error.message, 500)
            noted = replace(record, problem=problem, updated=ctx.clock.now())
            done = merged(done, Changes(transfers=(noted,)))
        await ctx.store.commit(done)

    await until_settled(attempt)


def next_wait(ctx: Context, tasks: tuple[Task, ...], longest: timedelta) -> timedelta:
    """How long until the next of `tasks` is due, at most `longest`."""
    now = ctx.clock.now()
    return min((max(task.due - now, timedelta(0)) for task in tasks), default=longest)
