"""Access to data under an agreement: decided at the start of a transfer and at every request, until it ends."""

from __future__ import annotations

from datetime import datetime

from corridor.base.digest import sha256_of
from corridor.base.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from corridor.base.ids import ParticipantId, ProcessId
from corridor.dsp.states import TransferState
from corridor.evidence.event import AccessDenied, DataServed
from corridor.service.admit import Admission, Phase, Question, admit
from corridor.service.context import Context
from corridor.service.facts import stranger
from corridor.service.ports import Access, Changes
from corridor.service.records import AgreementRecord, Content, Grant, Served
from corridor.service.revocations import Watch
from corridor.service.terms import compiled, held_paper, papers_named, policy_of


async def admit_access(ctx: Context, agreement: AgreementRecord, phase: Phase) -> Admission:
    """Do the terms, and the law of every side, allow the use of an agreement's data now."""
    partner = ctx.participants.find(agreement.peer)
    usage = await ctx.store.usage(agreement=agreement.agreement.id)
    papers = tuple(paper for paper in await ctx.store.papers() if paper.revoked is None)
    question = Question(
        phase=phase,
        partner=partner or stranger(agreement.peer),
        role=agreement.role,
        policy=policy_of(agreement.agreement),
        profile=agreement.profile,
        now=ctx.clock.now(),
        papers=papers,
        agreed_at=agreement.agreement.timestamp,
        uses=usage.requests,
    )
    return await admit(ctx, question)


async def open_access(ctx: Context, authorization: str | None, transfer: ProcessId) -> Access:
    """Decide on one request to the data plane.

    Raises:
        UnauthenticatedError: there is no token, or none of ours for this transfer.
        ForbiddenError: the token's right has ended, or the terms or the law no longer allow the use; says why.
        NotFoundError: what the token stands for is gone.
    """
    # Watched from before the grant is read, so that no revocation falls in between.
    watch = ctx.revocations.watch(transfer)
    return await _open(ctx, watch, await grant_of(ctx, authorization, transfer), push=False)


async def open_push(ctx: Context, transfer: ProcessId, grant: str) -> Access:
    """Decide on one request of our own data plane to the destination of a push, as on one to it.

    Raises:
        ForbiddenError: the right has ended, or the terms or the law no longer allow the use; says why.
        NotFoundError: what the grant stands for is gone.
    """
    watch = ctx.revocations.watch(transfer)
    held = await ctx.store.grant(grant)
    if held is None:
        raise NotFoundError("there is no such transfer")
    return await _open(ctx, watch, held, push=True)


async def _open(ctx: Context, watch: Watch, grant: Grant, *, push: bool) -> Access:
    record = await ctx.store.transfer(grant.transfer)
    agreement = await ctx.store.agreement(grant.agreement)
    if record is None or agreement is None or record.content is None or record.push is not push:
        raise NotFoundError("there is no such transfer")
    if grant.revoked is not None or record.transfer.reported_state is not TransferState.STARTED:
        raise await _denied(ctx, grant, "transfer", f"the transfer is {record.transfer.reported_state}")
    admission = await admit_access(ctx, agreement, Phase.ACCESS)
    if not admission.decision.allowed:
        raise await _denied(ctx, grant, admission.decision.obstacles[0].code, "; ".join(admission.obstacles))
    now = ctx.clock.now()
    watch.papers = _papers_under(admission, now)
    until = compiled(admission.question.policy).next_flip(
        now,
        agreed_at=agreement.agreement.timestamp,
        papers={paper.digest: held_paper(paper) for paper in admission.question.papers},
    )
    return Access(grant, record.content, until, lambda: why_ended(ctx, watch, agreement.peer))


def _papers_under(admission: Admission, now: datetime) -> frozenset[str]:
    """The digests of the papers that the law or the terms rest on."""
    named = papers_named(admission.question.policy, now)
    return frozenset(paper.digest for paper in (*admission.papers, *named))


def why_ended(ctx: Context, watch: Watch, partner: ParticipantId) -> str | None:
    """Why a running stream has to stop, from memory: it is asked before every chunk."""
    if watch.reason is None and ctx.participants.find(partner) is None:
        return "the partner is no longer on the participant list"
    return watch.reason


async def grant_of(ctx: Context, authorization: str | None, transfer: ProcessId) -> Grant:
    """The grant whose token a request brings, ended or not.

    Raises:
        UnauthenticatedError: there is no token, or none of ours for this transfer.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise UnauthenticatedError("there is no token", remedy="send the header Authorization: Bearer TOKEN")
    grant = await ctx.store.grant_by_token(sha256_of(token.strip().encode()))
    if grant is None or grant.transfer != transfer:
        raise UnauthenticatedError("the token is not valid here")
    return grant


async def _denied(ctx: Context, grant: Grant, code: str, reason: str) -> ForbiddenError:
    """The refusal of a request, once the evidence log has it."""
    event = AccessDenied(
        at=ctx.clock.now(),
        code=code,
        reason=reason,
        peer=grant.peer,
        dataset=grant.dataset,
        agreement=grant.agreement,
        transfer=grant.transfer,
    )
    await ctx.store.commit(Changes(events=(event,)))
    return ForbiddenError(reason, code=code)


async def record_served(ctx: Context, grant: Grant, content: Content, size: int, rows: int, *, whole: bool) -> None:
    """Meter one answer of the data plane: `size` body bytes, `rows` data rows, the whole content or a part of it."""
    now = ctx.clock.now()
    served = Served(
        ctx.new_id(), grant.transfer, grant.agreement, grant.dataset, grant.peer, now, size, rows, whole=whole
    )
    event = DataServed(
        at=now,
        transfer=grant.transfer,
        agreement=grant.agreement,
        dataset=grant.dataset,
        peer=grant.peer,
        size=size,
        sha256=content.sha256,
        blake3=content.blake3,
        complete=whole,
        rows=rows if content.rows is not None else None,
    )
    await ctx.store.commit(Changes(served=(served,), events=(event,)))
