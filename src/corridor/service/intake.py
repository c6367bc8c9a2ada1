"""As consumer, take what a provider pushes to our data plane: who may bring what, and what follows once it is whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from corridor.base.errors import ConflictError, ForbiddenError, NotFoundError
from corridor.base.ids import ProcessId
from corridor.dsp.messages import Role
from corridor.dsp.states import TransferState
from corridor.service.access import grant_of, why_ended
from corridor.service.context import Context
from corridor.service.delivery import arrived
from corridor.service.ports import Changes, Fetched
from corridor.service.process import merged, until_settled
from corridor.service.records import Received, TransferRecord

PAUSED: Final = "suspended"
"""The code of a refusal that may be over soon: the provider may not have heard yet that we suspended the transfer."""


@dataclass(frozen=True, slots=True)
class Intake:
    """A push that may come in.

    Attributes:
        taken: what was taken already: a token counts for one content, and then only says that it arrived.
        still_allowed: None while it may come, else why it no longer may; answers from memory.
    """

    transfer: ProcessId
    taken: Received | None
    still_allowed: Callable[[], str | None]


async def open_intake(ctx: Context, authorization: str | None, transfer: ProcessId) -> Intake:
    """Decide on one request of a provider's data plane to ours.

    Raises:
        UnauthenticatedError: there is no token, or none of ours for this transfer.
        ForbiddenError: the transfer does not run, or the provider is no longer known.
        NotFoundError: what the token stands for is gone, or nothing is pushed under it.
    """
    # Watched from before the grant is read, so that no revocation falls in between.
    watch = ctx.revocations.watch(transfer)
    # What comes in rests on no paper of ours: those open the way out, and the provider's side watches them.
    watch.papers = frozenset()
    grant = await grant_of(ctx, authorization, transfer)
    record = await ctx.store.transfer(grant.transfer)
    if record is None or not record.push or record.transfer.role is not Role.CONSUMER:
        raise NotFoundError("there is no such transfer")
    if record.received is None:
        _check_running(record)
        if grant.revoked is not None:
            raise ForbiddenError("the right to this transfer has ended", code="transfer")
    if reason := why_ended(ctx, watch, grant.peer):
        raise ForbiddenError(reason, code="participant")
    return Intake(transfer, record.received, lambda: why_ended(ctx, watch, grant.peer))


def _check_running(record: TransferRecord) -> None:
    state = record.transfer.reported_state
    if state is not TransferState.STARTED:
        raise ForbiddenError(
            f"the transfer is {state}", code=PAUSED if state is TransferState.SUSPENDED else "transfer"
        )


async def taken(ctx: Context, transfer: ProcessId, fetched: Fetched) -> None:
    """A whole content has come, and is verified: keep that, use up its token, propose the receipt.

    Raises:
        ForbiddenError: the transfer does not run any more.
        NotFoundError: it is gone.
        ConflictError: another content was taken before.
    """
    await until_settled(lambda: _taken(ctx, transfer, fetched))


async def _taken(ctx: Context, transfer: ProcessId, fetched: Fetched) -> None:
    record = await ctx.store.transfer(transfer)
    if record is None:
        raise NotFoundError("there is no such transfer")
    if record.received is not None:
        raise ConflictError("the content of this transfer was taken already")
    _check_running(record)
    grant = await ctx.store.grant(record.grant) if record.grant else None
    used = () if grant is None else (replace(grant, revoked=ctx.clock.now()),)
    await ctx.store.commit(merged(arrived(ctx, record, fetched), Changes(grants=used)))
