"""Transfer processes, and the data that they brought."""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from corridor.base.errors import ConflictError, NotFoundError
from corridor.base.ids import AgreementId, ProcessId, check_id
from corridor.http.management import models, views
from corridor.http.management.calls import Call
from corridor.http.management.inputs import NoQuery, ReasonBody, TransferBody, TransfersQuery, WaitQuery
from corridor.http.management.streaming import FileReply
from corridor.http.management.waiting import transfer_settled, wait_until
from corridor.service import transfer
from corridor.service.addresses import Destination, authorization_of
from corridor.service.context import Context
from corridor.service.records import TransferRecord


async def begin_transfer(call: Call[NoQuery, TransferBody]) -> models.Transfer:
    """As consumer, ask for the data of an agreement."""
    body = call.body
    agreement = AgreementId(check_id(body.agreement, "$.agreement"))
    there = body.destination
    destination = Destination(there.endpoint, there.authorization) if there is not None else None
    asked = await transfer.request(
        call.ctx, agreement, fetch=body.fetch, format_name=body.format, destination=destination
    )
    return await _shown(call.ctx, asked)


async def list_transfers(call: Call[TransfersQuery, None]) -> models.Page[models.TransferSummary]:
    """A page of the transfer processes of one agreement or of all, of both roles."""
    query, store = call.query, call.ctx.store
    if query.held:
        found = await store.transfers_held(after=query.after, limit=query.limit + 1)
    else:
        agreement = None if query.agreement is None else AgreementId(check_id(query.agreement, "?agreement"))
        found = await store.transfers(agreement=agreement, after=query.after, limit=query.limit + 1)
    return views.page(found, query.limit, views.transfer_summary, attrgetter("pid"))


async def show_transfer(call: Call[WaitQuery, None]) -> models.Transfer:
    """A transfer process, as soon as it is settled or the wait is over.

    Raises:
        NotFoundError: there is no such transfer process.
    """
    pid = ProcessId(call.path["pid"])
    read = partial(_transfer, call.ctx, pid)
    return await _shown(call.ctx, await wait_until(call.watcher, read, transfer_settled, call.query.wait, pid))


async def _transfer(ctx: Context, pid: ProcessId) -> TransferRecord:
    record = await ctx.store.transfer(pid)
    if record is None:
        raise NotFoundError("there is no such transfer process", remedy="GET /transfers lists them")
    return record


async def _shown(ctx: Context, record: TransferRecord) -> models.Transfer:
    return views.transfer(record, await ctx.store.usage(transfer=record.transfer.own_pid))


async def suspend_transfer(call: Call[NoQuery, ReasonBody]) -> models.Transfer:
    """Pause a transfer."""
    return await _shown(call.ctx, await transfer.suspend(call.ctx, ProcessId(call.path["pid"]), call.body.reason))


async def resume_transfer(call: Call[NoQuery, None]) -> models.Transfer:
    """Let a suspended transfer go on."""
    return await _shown(call.ctx, await transfer.resume(call.ctx, ProcessId(call.path["pid"])))


async def complete_transfer(call: Call[NoQuery, None]) -> models.Transfer:
    """Say that all data have been transferred."""
    return await _shown(call.ctx, await transfer.complete(call.ctx, ProcessId(call.path["pid"])))


async def approve_transfer(call: Call[NoQuery, None]) -> models.Transfer:
    """Say yes to the step that waits for a person."""
    return await _shown(call.ctx, await transfer.approve(call.ctx, ProcessId(call.path["pid"])))


async def refuse_transfer(call: Call[NoQuery, ReasonBody]) -> models.Transfer:
    """Say no to the step that waits for a person."""
    return await _shown(call.ctx, await transfer.refuse(call.ctx, ProcessId(call.path["pid"]), call.body.reason))


async def terminate_transfer(call: Call[NoQuery, ReasonBody]) -> models.Transfer:
    """End a transfer for good."""
    return await _shown(call.ctx, await transfer.terminate(call.ctx, ProcessId(call.path["pid"]), call.body.reason))


async def show_data_address(call: Call[NoQuery, None]) -> models.DataAddress:
    """As consumer, where the data of a running transfer can be pulled from."""
    record = await _transfer(call.ctx, ProcessId(call.path["pid"]))
    endpoint, authorization = authorization_of(call.ctx, record)
    return models.DataAddress(endpoint=endpoint, authorization=authorization)


async def send_data(call: Call[NoQuery, None]) -> FileReply:
    """The bytes that our data plane fetched.

    Raises:
        NotFoundError: there is no such transfer process.
        ConflictError: nothing has been received in it.
    """
    record = await _transfer(call.ctx, ProcessId(call.path["pid"]))
    received = record.received
    if received is None:
        raise ConflictError("nothing was received in this transfer", remedy="begin one with `fetch`, and wait for it")
    return FileReply(received.path, received.size, received.sha256)
