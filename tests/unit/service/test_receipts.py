from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from corridor.base.errors import (
    ConflictError,
    ForbiddenError,
    MalformedError,
    NotFoundError,
    RemoteError,
    UnauthenticatedError,
)
from corridor.evidence.event import PaperRef
from corridor.evidence.keys import read_keys
from corridor.evidence.receipt import AgreementStatement, parties_of, propose, read_receipt, verify
from corridor.service import receipts
from corridor.service.ports import Changes, Reply
from corridor.service.records import Task, TaskKind
from corridor.testing.counterpart import Fault, MemorySigner


@pytest.fixture
async def agreed(exchange):
    await exchange.publish()
    return await exchange.agree()


@pytest.fixture
async def delivered(exchange, agreed):
    """A transfer that was completed."""
    return await exchange.transfer(agreed)


@pytest.fixture
def statements(importer):
    """The two statements that the importer signed, by kind."""

    async def read(agreement):
        kept = await importer.store.receipts(agreement)
        return {record.kind: read_receipt(record.document).statement for record in kept}

    return read


@pytest.fixture
def proposal(exporter, importer):
    """Has the exporter countersign a statement that the importer, or another, signs."""

    async def send(statement, by=None, signer=None):
        by = by or importer
        document = propose(statement, signer or by.signer).to_json()
        return await receipts.countersign(exporter.context, by.me, document)

    return send


async def test_both_sides_hold_the_same_receipts_with_both_signatures(exporter, importer, agreed, delivered):
    keys = read_keys({member.signer.key_id: member.signer.public_jwk for member in (exporter, importer)})
    for member in (exporter, importer):
        held = await member.store.receipts(agreed)
        assert sorted((record.kind, record.complete) for record in held) == [("agreement", True), ("delivery", True)]
        for record in held:
            receipt = read_receipt(record.document)
            assert verify(receipt, keys, parties_of(receipt.statement))
    own = {record.transfer for record in await importer.store.receipts(agreed)}
    assert own == {None, delivered.transfer.own_pid}


async def test_the_same_proposal_again_gives_the_same_document(exporter, agreed, statements, proposal):
    statement = (await statements(agreed))["agreement"]
    size = await exporter.store.log_size()
    first = await proposal(statement)
    assert await proposal(statement) == first
    [record] = await exporter.store.receipts(agreed)
    assert (record.document, await exporter.store.log_size()) == (first, size)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"size": 59}, ConflictError, "other bytes than we served"),
        ({"size": 61}, ConflictError, "we have not served what the receipt states"),
        ({"sha256": "sha-256:" + "0" * 64}, ConflictError, "other bytes than we served"),
        ({"blake3": "blake3:" + "0" * 64}, ConflictError, "other bytes than we served"),
        ({"consumer_pid": "urn:another"}, ConflictError, "another consumer process"),
        ({"provider_pid": "urn:another"}, NotFoundError, "no such transfer under this agreement"),
        ({"agreement": "urn:another"}, NotFoundError, "there is no such agreement"),
        ({"provider": "did:web:somebody.example"}, ForbiddenError, "not between the parties"),
    ],
)
async def test_a_delivery_that_we_have_not_seen_is_not_signed(
    exporter, agreed, delivered, statements, proposal, change, error, message
):
    size = await exporter.store.log_size()
    with pytest.raises(error, match=message):
        await proposal(replace((await statements(agreed))["delivery"], **change))
    assert await exporter.store.log_size() == size


@pytest.mark.parametrize(
    "change",
    [
        {"dataset": "other"},
        {"policy": "sha-256:" + "0" * 64},
        {"papers": (PaperRef("cn/standard-contract", "sha-256:" + "0" * 64),)},
    ],
)
async def test_an_agreement_that_says_something_else_is_not_signed(agreed, statements, proposal, change):
    with pytest.raises(ConflictError, match="does not state the agreement that we hold"):
        await proposal(replace((await statements(agreed))["agreement"], **change))


async def test_another_instant_is_another_agreement(agreed, statements, proposal):
    statement = (await statements(agreed))["agreement"]
    with pytest.raises(ConflictError):
        await proposal(replace(statement, concluded_at=statement.concluded_at + timedelta(seconds=1)))


async def test_before_anything_was_served_no_delivery_is_signed(exchange, exporter, importer, agreed):
    running = await exchange.transfer(agreed, fetch=False)
    theirs = await exchange.theirs(running)
    content = theirs.content
    document = {
        "agreement": agreed,
        "provider_pid": theirs.transfer.own_pid,
        "consumer_pid": running.transfer.own_pid,
        "dataset": "orders",
        "provider": exporter.me.id,
        "consumer": importer.me.id,
        "size": content.size,
        "sha256": content.sha256,
        "blake3": content.blake3,
        "delivered_at": exchange.network.clock.now(),
    }
    statement = receipts.DeliveryStatement(**document)
    with pytest.raises(ConflictError, match="have not served") as refused:
        await receipts.countersign(exporter.context, importer.me, propose(statement, importer.signer).to_json())
    assert refused.value.code == "not_served"


async def test_only_the_parties_of_an_agreement_have_receipts_of_it(network, exporter, agreed, statements, proposal):
    stranger = network.join("stranger", "FR")
    statement = (await statements(agreed))["agreement"]
    with pytest.raises(NotFoundError, match="there is no such agreement"):
        await proposal(replace(statement, consumer=stranger.me.id), by=stranger)


async def test_parties_that_are_swapped_or_others_are_refused(exporter, importer, agreed, statements, proposal):
    statement = (await statements(agreed))["agreement"]
    swapped = replace(statement, provider=importer.me.id, consumer=exporter.me.id)
    with pytest.raises(ForbiddenError, match="not between the parties"):
        await proposal(swapped)


async def test_a_provider_proposes_no_receipt(exporter, importer, unsigned):
    statement = read_receipt(unsigned[0].document).statement
    document = propose(statement, exporter.signer).to_json()
    with pytest.raises(ForbiddenError, match="proposed by the consumer"):
        await receipts.countersign(importer.context, exporter.me, document)


async def test_a_signature_of_another_key_is_refused(importer, agreed, statements, proposal):
    statement = (await statements(agreed))["agreement"]
    with pytest.raises(UnauthenticatedError):
        await proposal(statement, signer=MemorySigner(importer.signer.key_id))
    with pytest.raises(UnauthenticatedError):
        await proposal(statement, signer=MemorySigner(f"{importer.me.id}#key-2"))


@pytest.mark.parametrize(
    "document", [{}, {"payload": "x"}, {"payload": "", "signatures": []}, {"payload": 5, "signatures": 7}]
)
async def test_what_is_no_receipt_is_refused(exporter, importer, document):
    with pytest.raises(MalformedError):
        await receipts.countersign(exporter.context, importer.me, document)


async def test_a_receipt_that_arrives_before_its_agreement_is_asked_for_again(exchange, exporter, importer):
    await exchange.publish()
    await exchange.ask()
    lost = iter([Fault()] * 3 + [Fault(lose_reply=True)] * 2)
    exchange.network.weather = lambda *_: next(lost, Fault())
    await exchange.rest()
    [held] = await importer.store.agreements()
    assert [receipt.complete for receipt in await importer.store.receipts(held.agreement.id)] == [True]


@pytest.fixture
def reached(network, importer, exporter):
    """Changes what the importer's directory says of the exporter."""

    def use(**changes):
        class Directory:
            async def peer(self, reference):
                return replace(await network.peer(reference), **changes)

            async def public_keys(self, participant, purpose):
                return await network.public_keys(participant, purpose)

        importer.context = replace(importer.context, directory=Directory())

    return use


async def test_with_a_partner_that_signs_no_receipts_ours_keep_one_signature(exchange, reached, importer, exporter):
    reached(receipts_url=None)
    await exchange.publish()
    agreement = await exchange.agree()
    [record] = await importer.store.receipts(agreement)
    assert (record.complete, read_receipt(record.document).signatories) == (False, (importer.me.id,))
    assert await importer.store.tasks() == ()
    assert await exporter.store.receipts(agreement) == ()


@pytest.fixture
async def unsigned(exchange, reached, importer):
    """A receipt with our signature only, and the task to have it countersigned."""
    reached(receipts_url=None)
    await exchange.publish()
    [record] = await importer.store.receipts(await exchange.agree())
    reached()
    now = exchange.network.clock.now()
    task = Task("t", TaskKind.RECEIPT, "q", record.agreement, now, now, payload={"receipt": record.id})
    await importer.store.commit(Changes(tasks=(task,)))
    return record, task


@pytest.mark.parametrize("reply", [Reply(409, {"detail": "not yet"}), Reply(200, None), Reply(404, None)])
async def test_a_partner_that_does_not_sign_is_asked_again_and_then_left(exchange, importer, unsigned, reply):
    class Sender:
        asked = 0

        async def request(self, *_):
            Sender.asked += 1
            return reply

    importer.context = replace(importer.context, sender=Sender())
    await exchange.rest()
    assert Sender.asked == importer.context.patience.give_up
    assert await importer.store.receipt(unsigned[0].id) == unsigned[0]


async def test_a_partner_that_signs_something_else_is_not_believed(exchange, exporter, importer, unsigned):
    statement = read_receipt(unsigned[0].document).statement
    other = replace(statement, dataset="something-else")
    forged = read_receipt(propose(other, importer.signer).to_json())
    with_both = receipts.add_signature(forged, exporter.signer).to_json()
    badly = receipts.add_signature(propose(statement, importer.signer), MemorySigner(exporter.signer.key_id)).to_json()
    half = propose(statement, importer.signer).to_json()
    for document in (with_both, badly, half, {"nonsense": True}):

        class Sender:
            async def request(self, *_, document=document):
                return Reply(200, document)

        with pytest.raises(RemoteError):
            await receipts.exchange(replace(importer.context, sender=Sender()), unsigned[1])
    assert await importer.store.receipt(unsigned[0].id) == unsigned[0]
    await exchange.rest()
    assert (await importer.store.receipt(unsigned[0].id)).complete


async def test_a_receipt_that_is_complete_or_gone_is_not_exchanged(exchange, importer, agreed, network):
    [record] = await importer.store.receipts(agreed)
    now, carried = network.clock.now(), len(network.carried)
    for receipt in (record.id, "sha-256:gone"):
        task = Task("t", TaskKind.RECEIPT, "q", agreed, now, now, payload={"receipt": receipt})
        await importer.store.commit(Changes(tasks=(task,)))
        await exchange.rest()
    assert len(network.carried) == carried


async def test_the_statement_of_an_agreement_names_the_papers_in_it(exchange, exporter):
    await exchange.publish("orders", 120_000)
    await exchange.file()
    held = await exporter.store.agreement(await exchange.agree())
    statement = receipts.statement_of(held)
    assert isinstance(statement, AgreementStatement)
    assert statement.papers == (PaperRef("cn/standard-contract", "sha-256:" + "a" * 64),)
    assert statement.concluded_at == held.agreement.timestamp
