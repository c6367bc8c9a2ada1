"""As provider, send the bytes of a transfer to where its consumer wants them: one task of the outbox for each start."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from corridor.base.errors import CorridorError
from corridor.base.ids import printable
from corridor.dsp.states import TransferState
from corridor.service import access, transfer
from corridor.service.addresses import destination_of
from corridor.service.context import Context
from corridor.service.ports import Access, Changes, Push
from corridor.service.process import merged, until_settled
from corridor.service.records import Content, Task, TaskKind, TransferRecord, queue_of


async def run(ctx: Context, task: Task) -> None:
    """Push, and note that it is done; completion is the next decision.

    Raises:
        CorridorError: it could not be done now, or not at all.
    """
    record = await ctx.store.transfer(task.subject)
    if record is None or record.content is None or not _due(record, task):
        # What is suspended is pushed once it starts again: each start brings a task of its own.
        await ctx.store.commit(Changes(tasks_done=(task.id,)))
        return
    await ctx.pusher.push(_push(ctx, record, record.content))
    await until_settled(lambda: _pushed(ctx, task))


def _due(record: TransferRecord, task: Task) -> bool:
    """Whether the task's start is the one that holds, and its bytes are still to be sent."""
    started = record.transfer.reported_state is TransferState.STARTED
    return started and record.pushed is None and record.grant == task.payload["grant"]


def _push(ctx: Context, record: TransferRecord, content: Content) -> Push:
    pid, destination = record.transfer.own_pid, destination_of(ctx, record)

    async def record_sent(opened: Access, size: int, rows: int, whole: bool) -> None:  # noqa: FBT001 - the port's shape
        await access.record_served(ctx, opened.grant, content, size, rows, whole=whole)

    async def metered() -> int:
        return (await ctx.store.usage(transfer=pid)).size

    return Push(
        endpoint=destination.endpoint,
        authorization=destination.authorization,
        content=content,
        open=partial(access.open_push, ctx, pid, record.grant or ""),
        record=record_sent,
        metered=metered,
    )


async def _pushed(ctx: Context, task: Task) -> None:
    record = await ctx.store.transfer(task.subject)
    done = Changes(tasks_done=(task.id,))
    if record is None or record.pushed is not None:
        await ctx.store.commit(done)
        return
    process, now = record.transfer, ctx.clock.now()
    moved = replace(record, pushed=now, problem=None, updated=now)
    decide = Task(ctx.new_id(), TaskKind.DECIDE, queue_of(process.peer, process.own_pid), task.subject, now, now)
    await ctx.store.commit(merged(done, Changes(transfers=(moved,), tasks=(decide,))))


async def failed(ctx: Context, task: Task, error: CorridorError) -> None:
    """It cannot be done: end the task, and suspend a transfer that still runs, so that the consumer hears why."""
    await until_settled(lambda: _failed(ctx, task, error))


async def _failed(ctx: Context, task: Task, error: CorridorError) -> None:
    record = await ctx.store.transfer(task.subject)
    changes = Changes(tasks_done=(task.id,))
    if record is not None and record.transfer.pending is None and _due(record, task):
        problem = printable(error.message, 500)
        changes = merged(changes, await transfer.suspended(ctx, replace(record, problem=problem), error.code, problem))
    await ctx.store.commit(changes)
