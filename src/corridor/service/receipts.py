"""Receipts: statements about an exchange that both sides sign; the consumer proposes, the provider countersigns."""

from __future__ import annotations

from dataclasses import replace

from corridor.base.errors import ConflictError, ForbiddenError, MalformedError, NotFoundError, UnreachableError
from corridor.base.ids import ParticipantId, ProcessId
from corridor.base.json import JsonObject
from corridor.dsp.messages import Role
from corridor.evidence.event import PaperRef, ReceiptSigned
from corridor.evidence.keys import PublicKeys, read_keys
from corridor.evidence.receipt import (
    AgreementStatement,
    DeliveryStatement,
    Parties,
    Receipt,
    Statement,
    parties_of,
    propose,
    read_receipt,
    statement_name,
    verify,
    verify_proposal,
)
from corridor.evidence.receipt import (
    countersign as add_signature,
)
from corridor.service.context import Context
from corridor.service.ports import Changes
from corridor.service.process import until_settled
from corridor.service.records import AgreementRecord, Participant, ReceiptRecord, Task, TaskKind, queue_of
from corridor.service.terms import papers_named, policy_digest, policy_of


def statement_of(record: AgreementRecord) -> AgreementStatement:
    """The statement that both sides sign of an agreement; `concluded_at` is the agreement's own timestamp."""
    agreement = record.agreement
    named = papers_named(policy_of(agreement), record.concluded)
    return AgreementStatement(
        agreement=agreement.id,
        policy=policy_digest(agreement),
        dataset=agreement.target,
        provider=agreement.assigner,
        consumer=agreement.assignee,
        concluded_at=agreement.timestamp,
        papers=tuple(PaperRef(paper.kind, paper.digest) for paper in named),
    )


def proposed(ctx: Context, peer: ParticipantId, process: ProcessId, statement: Statement) -> Changes:
    """A receipt with our signature, kept, and the task to have it countersigned."""
    receipt = propose(statement, ctx.signer)
    now = ctx.clock.now()
    record = _record_of(ctx, receipt)
    task = Task(
        id=ctx.new_id(),
        kind=TaskKind.RECEIPT,
        queue=queue_of(peer, process, "receipts"),
        subject=process,
        due=now,
        created=now,
        payload={"receipt": record.id},
    )
    return Changes(receipts=(record,), tasks=(task,), events=(_signed(ctx, receipt, peer),))


def _record_of(ctx: Context, receipt: Receipt) -> ReceiptRecord:
    statement = receipt.statement
    ours = None
    if isinstance(statement, DeliveryStatement):
        ours = statement.consumer_pid if statement.consumer == ctx.me.id else statement.provider_pid
    return ReceiptRecord(
        id=receipt.digest,
        kind=statement_name(statement),
        agreement=statement.agreement,
        document=receipt.to_json(),
        complete=receipt.complete,
        at=ctx.clock.now(),
        transfer=ours,
    )


def _signed(ctx: Context, receipt: Receipt, peer: ParticipantId) -> ReceiptSigned:
    record = _record_of(ctx, receipt)
    return ReceiptSigned(ctx.clock.now(), record.id, record.agreement, peer, record.transfer)


async def countersign(ctx: Context, partner: Participant, document: JsonObject) -> JsonObject:
    """Sign a partner's receipt if it says what we saw ourselves, and give it back with both signatures.

    The same proposal again gives the same document.

    Raises:
        MalformedError: not a receipt.
        UnauthenticatedError: its signature is not the partner's.
        ForbiddenError: it is not between the partner and us.
        NotFoundError: it is about an agreement or a transfer that we do not have.
        ConflictError: it says something else than we saw, or we have not seen it yet.
    """
    receipt = read_receipt(document, "$")
    keys = await _keys_of(ctx, partner.id)
    verify_proposal(receipt, keys, parties_of(receipt.statement))
    return await until_settled(lambda: _countersign(ctx, partner, receipt))


async def _countersign(ctx: Context, partner: Participant, receipt: Receipt) -> JsonObject:
    known = await ctx.store.receipt(receipt.digest)
    if known and known.complete:
        return known.document
    await _check(ctx, partner, receipt.statement)
    complete = add_signature(receipt, ctx.signer)
    record = _record_of(ctx, complete)
    await ctx.store.commit(Changes(receipts=(record,), events=(_signed(ctx, complete, partner.id),)))
    return record.document


async def _check(ctx: Context, partner: Participant, statement: Statement) -> None:
    agreement = await ctx.store.agreement(statement.agreement)
    if agreement is None or agreement.peer != partner.id:
        raise NotFoundError("there is no such agreement")
    if parties_of(statement) != Parties(agreement.agreement.assigner, agreement.agreement.assignee):
        raise ForbiddenError("the receipt is not between the parties of the agreement")
    if agreement.role is not Role.PROVIDER:
        raise ForbiddenError("a receipt is proposed by the consumer")
    if isinstance(statement, AgreementStatement):
        if statement != statement_of(agreement):
            raise ConflictError("the receipt does not state the agreement that we hold")
    else:
        await _check_delivery(ctx, agreement, statement)


async def _check_delivery(ctx: Context, agreement: AgreementRecord, statement: DeliveryStatement) -> None:
    transfer = await ctx.store.transfer(statement.provider_pid)
    if transfer is None or transfer.transfer.agreement_id != agreement.agreement.id:
        raise NotFoundError("there is no such transfer under this agreement")
    if transfer.transfer.consumer_pid != statement.consumer_pid:
        raise ConflictError("the receipt names another consumer process")
    usage = await ctx.store.usage(transfer=statement.provider_pid)
    content = transfer.content
    if content is None or usage.size < statement.size:
        raise ConflictError("we have not served what the receipt states", code="not_served")
    if (statement.size, statement.sha256, statement.blake3) != (content.size, content.sha256, content.blake3):
        raise ConflictError("the receipt states other bytes than we served")


async def exchange(ctx: Context, task: Task) -> None:
    """As consumer, have a receipt countersigned; ends the task.

    Raises:
        UnreachableError: the partner cannot be reached, or has not seen yet what we state: try again.
    """
    record = await ctx.store.receipt(task.payload["receipt"])
    done = Changes(tasks_done=(task.id,))
    if record is None or record.complete:
        await ctx.store.commit(done)
        return
    receipt = read_receipt(record.document)
    parties = parties_of(receipt.statement)
    peer = await ctx.directory.peer(parties.provider)
    if peer.receipts_url is None:
        # A partner without receipts leaves ours with one signature: it proves what we say, not what it says.
        await ctx.store.commit(done)
        return
    reply = await ctx.sender.request(peer.id, "POST", peer.receipts_url, record.document)
    if not 200 <= reply.status < 300 or reply.document is None:  # noqa: PLR2004 - HTTP's range of success
        raise UnreachableError("the partner does not countersign the receipt", status=reply.status)
    complete = read_receipt(reply.document)
    if complete.digest != record.id:
        raise MalformedError("the partner signed another statement")
    keys = await _keys_of(ctx, parties.provider)
    verify(complete, keys, parties)
    now_complete = replace(record, document=complete.to_json(), complete=True)
    await ctx.store.commit(Changes(receipts=(now_complete,), tasks_done=(task.id,)))


async def _keys_of(ctx: Context, partner: ParticipantId) -> PublicKeys:
    """The partner's and our own keys for assertions (W3C DID Core §5.3.2)."""
    theirs = await ctx.directory.public_keys(partner, "assertionMethod")
    ours = await ctx.directory.public_keys(ctx.me.id, "assertionMethod")
    return read_keys({**theirs, **ours})
