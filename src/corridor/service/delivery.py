"""What follows when our data plane, as consumer, has got all bytes of a transfer, whoever opened the connection."""

from __future__ import annotations

from dataclasses import replace

from corridor.evidence.event import DataReceived
from corridor.evidence.receipt import DeliveryStatement
from corridor.service import receipts
from corridor.service.context import Context
from corridor.service.ports import Changes, Fetched
from corridor.service.process import merged
from corridor.service.records import Received, Task, TaskKind, TransferRecord, queue_of


def arrived(ctx: Context, record: TransferRecord, fetched: Fetched) -> Changes:
    """The file noted, the event, the receipt that we propose, and the next decision."""
    process, now = record.transfer, ctx.clock.now()
    received = Received(fetched.path, fetched.size, fetched.sha256, fetched.blake3, now, fetched.rows)
    moved = replace(record, received=received, problem=None, updated=now)
    event = DataReceived(
        at=now,
        transfer=process.own_pid,
        agreement=process.agreement_id,
        dataset=record.dataset,
        peer=process.peer,
        size=fetched.size,
        sha256=fetched.sha256,
        blake3=fetched.blake3,
        complete=True,
        rows=fetched.rows,
    )
    decide = Task(ctx.new_id(), TaskKind.DECIDE, queue_of(process.peer, process.own_pid), process.own_pid, now, now)
    changes = Changes(transfers=(moved,), events=(event,), tasks=(decide,))
    return merged(changes, _receipt(ctx, moved, received))


def _receipt(ctx: Context, record: TransferRecord, received: Received) -> Changes:
    process = record.transfer
    provider_pid = process.provider_pid
    if provider_pid is None:
        return Changes()
    statement = DeliveryStatement(
        agreement=process.agreement_id,
        provider_pid=provider_pid,
        consumer_pid=process.own_pid,
        dataset=record.dataset,
        provider=process.provider,
        consumer=process.consumer,
        size=received.size,
        sha256=received.sha256,
        blake3=received.blake3,
        delivered_at=received.at,
        rows=received.rows,
    )
    return receipts.proposed(ctx, process.peer, process.own_pid, statement)
