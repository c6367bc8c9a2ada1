from __future__ import annotations

import asyncio
import itertools
import pickle
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.base.errors import ConflictError, ForbiddenError, MalformedError, NotFoundError
from corridor.dataplane.formats import PULL
from corridor.dsp.messages import (
    DataAddress,
    TransferCompletion,
    TransferRequest,
    TransferStart,
    TransferSuspension,
    TransferTermination,
)
from corridor.dsp.process import Acknowledged
from corridor.dsp.states import NegotiationState, TransferState
from corridor.service import access, addresses, papers, publish, transfer
from corridor.service.ports import Changes
from corridor.service.records import TaskKind
from corridor.testing.counterpart import Fault

LOST, UNANSWERED, TWICE = Fault(lose_request=True), Fault(lose_reply=True), Fault(duplicate=True)
LOST_AND_FOUND = Fault(lose_reply=True, duplicate=True)


@pytest.fixture
def opened(exporter, importer):
    """Asks the exporter's data plane with the token that the importer holds now, or with another one."""

    async def ask(record, authorization=None):
        record = await importer.store.transfer(record.transfer.own_pid)
        _, held = addresses.authorization_of(importer.context, record)
        return await access.open_access(exporter.context, authorization or held, record.transfer.peer_pid)

    return ask


@pytest.fixture
def token_of(importer):
    """The `Authorization` that the importer holds for a transfer."""

    async def read(record):
        return addresses.authorization_of(importer.context, await importer.store.transfer(record.transfer.own_pid))[1]

    return read


@pytest.fixture
def states(exchange, importer):
    """The states of a transfer on the importer's and the exporter's side."""

    async def read(record):
        ours = await importer.store.transfer(record.transfer.own_pid)
        return ours.transfer.state, (await exchange.theirs(ours)).transfer.state

    return read


def pid_at(record, member, importer):
    """A transfer's process id at one of the two."""
    return record.transfer.own_pid if member is importer else record.transfer.peer_pid


async def check_delivered(exchange, asked):
    """The data arrived, once as far as anybody can tell, and both sides can prove it."""
    ours = await exchange.importer.store.transfer(asked.transfer.own_pid)
    theirs = await exchange.theirs(ours)
    assert ours.transfer.state is TransferState.COMPLETED is theirs.transfer.state
    assert (ours.received.size, ours.received.sha256) == (theirs.content.size, theirs.content.sha256)
    documents = [
        {
            receipt.id: (receipt.document, receipt.complete)
            for receipt in await member.store.receipts(asked.transfer.agreement_id)
        }
        for member in (exchange.exporter, exchange.importer)
    ]
    assert documents[0] == documents[1]
    assert [complete for _, complete in documents[0].values()] == [True, True]
    assert [await member.store.tasks() for member in (exchange.exporter, exchange.importer)] == [(), ()]
    assert len(await exchange.exporter.store.transfers()) == 1


async def test_data_are_fetched_receipted_and_the_transfer_is_completed(exchange, exporter, importer, events_of):
    await exchange.publish()
    record = await exchange.transfer(await exchange.agree())
    await check_delivered(exchange, record)
    assert (record.received.rows, record.problem) == (10, None)
    assert [event["state"] for event in await events_of(exporter, "transfer.changed")] == [
        "REQUESTED",
        "STARTED",
        "COMPLETED",
    ]
    assert len(await events_of(exporter, "data.served")) == len(await events_of(importer, "data.received")) == 1
    assert [event["phase"] for event in await events_of(exporter, "decision.made")] == ["negotiation"] * 2 + [
        "transfer"
    ]


@pytest.mark.parametrize(
    "fault", [LOST, UNANSWERED, TWICE, LOST_AND_FOUND], ids=["lost", "unanswered", "twice", "both"]
)
@pytest.mark.parametrize("unlucky", range(4))
async def test_one_request_may_go_wrong(exchange, importer, fault, unlucky):
    await exchange.publish()
    agreement = await exchange.agree()
    numbers = itertools.count()
    exchange.network.weather = lambda *_: fault if next(numbers) == unlucky else Fault()
    record = await exchange.transfer(agreement)
    assert next(numbers) > unlucky, "there is such a request"
    await check_delivered(exchange, record)


@given(st.lists(st.builds(Fault, st.booleans(), st.booleans(), st.booleans()), max_size=11))
@settings(max_examples=12, deadline=None)
def test_whatever_the_weather_the_data_arrive(new_exchange, faults):
    async def journey():
        exchange = new_exchange()
        await exchange.publish()
        agreement = await exchange.agree()
        weather = iter(faults)
        exchange.network.weather = lambda *_: next(weather, Fault())
        await check_delivered(exchange, await exchange.transfer(agreement))

    asyncio.run(journey())


async def test_without_fetch_the_transfer_waits_in_started_until_a_person_completes_it(
    exchange, importer, states, opened
):
    record = await exchange.running()
    assert await states(record) == (TransferState.STARTED, TransferState.STARTED)
    assert (await opened(record)).content.size == 60
    await transfer.complete(importer.context, record.transfer.own_pid)
    await exchange.rest()
    assert await states(record) == (TransferState.COMPLETED, TransferState.COMPLETED)


@pytest.mark.parametrize("first", ["exporter", "importer"])
@pytest.mark.parametrize("then", ["exporter", "importer"])
async def test_either_side_suspends_and_resumes_and_the_token_is_a_new_one(
    exchange, importer, states, opened, token_of, first, then
):
    record = await exchange.running()
    before = await token_of(record)
    member = getattr(exchange, first)
    await transfer.suspend(member.context, pid_at(record, member, importer), "maintenance")
    await exchange.rest()
    assert await states(record) == (TransferState.SUSPENDED, TransferState.SUSPENDED)
    assert (await importer.store.transfer(record.transfer.own_pid)).transfer.reasons == ("maintenance",)
    with pytest.raises(ForbiddenError, match="the transfer is SUSPENDED"):
        await opened(record)
    member = getattr(exchange, then)
    await transfer.resume(member.context, pid_at(record, member, importer))
    await exchange.rest()
    assert await states(record) == (TransferState.STARTED, TransferState.STARTED)
    assert (await opened(record)).content.size == 60
    assert await token_of(record) != before
    with pytest.raises(ForbiddenError):
        await opened(record, before)


async def test_two_that_resume_at_once_come_to_run_with_a_token(exchange, exporter, importer, states, opened):
    record = await exchange.running()
    await transfer.suspend(importer.context, record.transfer.own_pid, "")
    await exchange.rest()
    await transfer.resume(importer.context, record.transfer.own_pid)
    await transfer.resume(exporter.context, record.transfer.peer_pid)
    await exchange.rest()
    assert await states(record) == (TransferState.STARTED, TransferState.STARTED)
    assert (await opened(record)).content.size == 60


async def test_a_fetch_that_a_suspension_came_before_is_done_after_the_resumption(exchange, exporter, importer):
    await exchange.publish()
    asked = await transfer.request(importer.context, await exchange.agree(), fetch=True)
    while not any(task.kind is TaskKind.FETCH for task in await importer.store.tasks()):
        await importer.step()
        await exporter.step()
    theirs = await exchange.theirs(await importer.store.transfer(asked.transfer.own_pid))
    await transfer.suspend(exporter.context, theirs.transfer.own_pid, "one moment")
    await exchange.rest()
    waiting = await importer.store.transfer(asked.transfer.own_pid)
    assert (waiting.transfer.state, waiting.received) == (TransferState.SUSPENDED, None)
    await transfer.resume(exporter.context, theirs.transfer.own_pid)
    await exchange.rest()
    await check_delivered(exchange, asked)


async def test_a_termination_ends_the_right_at_once_and_reaches_the_partner(
    exchange, exporter, importer, states, opened
):
    record = await exchange.running()
    await transfer.terminate(exporter.context, record.transfer.peer_pid, "contract breached")
    with pytest.raises(ForbiddenError, match="the transfer is TERMINATED"):
        await opened(record)
    await exchange.rest()
    assert await states(record) == (TransferState.TERMINATED, TransferState.TERMINATED)
    ours = await importer.store.transfer(record.transfer.own_pid)
    assert (ours.transfer.code, ours.transfer.reasons) == ("person", ("contract breached",))
    theirs = await exchange.theirs(ours)
    assert (await exporter.store.grant(theirs.grant)).revoked is not None


async def test_two_terminations_that_cross_end_the_transfer_on_both_sides(exchange, exporter, importer, states):
    record = await exchange.running()
    await transfer.terminate(exporter.context, record.transfer.peer_pid, "a")
    await transfer.terminate(importer.context, record.transfer.own_pid, "b")
    await exchange.rest()
    assert await states(record) == (TransferState.TERMINATED, TransferState.TERMINATED)


async def test_a_transfer_goes_on_with_the_bytes_it_started_with(exchange, exporter, importer, opened):
    record = await exchange.running()
    first = (await opened(record)).content
    await exchange.publish("orders", source={"text": "entirely new"})
    assert (await opened(record)).content == first
    await transfer.suspend(exporter.context, record.transfer.peer_pid, "")
    await exchange.rest()
    await transfer.resume(exporter.context, record.transfer.peer_pid)
    await exchange.rest()
    assert (await opened(record)).content == first
    again = await exchange.transfer(record.transfer.agreement_id, fetch=False)
    assert (await opened(again)).content.size == len("entirely new")


async def test_an_agreement_outlives_the_offer_of_its_dataset(exchange, exporter):
    await exchange.publish()
    agreement = await exchange.agree()
    await publish.withdraw(exporter.context, "orders")
    assert (await exchange.transfer(agreement)).transfer.state is TransferState.COMPLETED


async def test_a_revoked_paper_stops_a_transfer_at_its_start_and_at_its_resumption(exchange, exporter, importer):
    await exchange.publish("orders", 120_000)
    paper = await exchange.file()
    agreement = await exchange.agree()
    running = await exchange.transfer(agreement, fetch=False)
    await transfer.suspend(exporter.context, running.transfer.peer_pid, "")
    await exchange.rest()
    await papers.revoke_paper(exporter.context, paper.id, "the filing was withdrawn")
    with pytest.raises(ForbiddenError, match="no longer allow"):
        await transfer.resume(exporter.context, running.transfer.peer_pid)
    refused = await exchange.transfer(agreement)
    assert refused.transfer.state is TransferState.TERMINATED
    assert any("art 8" in reason for reason in refused.transfer.reasons)
    await transfer.resume(importer.context, running.transfer.own_pid)
    await exchange.rest()
    assert (await importer.store.transfer(running.transfer.own_pid)).transfer.state is TransferState.TERMINATED


async def test_only_the_consumer_of_an_agreement_that_is_held_asks_for_data(exchange, exporter, importer):
    await exchange.publish()
    agreement = await exchange.agree()
    with pytest.raises(NotFoundError, match="there is no such agreement"):
        await transfer.request(importer.context, "urn:nothing", fetch=True)
    with pytest.raises(ConflictError, match="we provide under"):
        await transfer.request(exporter.context, agreement, fetch=True)


async def test_a_request_under_another_partners_agreement_finds_none(exchange, network, exporter, importer):
    await exchange.publish()
    agreement = await exchange.agree()
    stranger = network.join("stranger", "FR")
    message = TransferRequest("m", "urn:c", agreement, PULL.name, stranger.root)
    for sender, receiver, asked in (
        (stranger, exporter, message),
        (exporter, importer, message),
        (importer, exporter, replace(message, agreement_id="urn:nothing")),
    ):
        with pytest.raises(NotFoundError, match="there is no such agreement"):
            await transfer.receive(receiver.context, sender.me, asked, None)
    assert await exporter.store.transfers() == ()


async def test_a_request_for_a_format_that_is_not_offered_is_refused(exchange, exporter, importer):
    await exchange.publish()
    message = TransferRequest("m", "urn:c", await exchange.agree(), "AmazonS3-PUSH" * 100, importer.root)
    with pytest.raises(MalformedError, match="is not offered") as refused:
        await transfer.receive(exporter.context, importer.me, message, None)
    assert (refused.value.place, len(refused.value.message) < 200) == ("$.format", True)


async def test_under_an_agreement_whose_negotiation_was_not_finalized_there_is_no_transfer(
    exchange, exporter, importer
):
    await exchange.publish()
    agreement = await exchange.agree()
    held = await exporter.store.agreement(agreement)
    record = await exporter.store.negotiation(held.negotiation)
    unfinished = replace(record.negotiation, state=NegotiationState.TERMINATED)
    await exporter.store.commit(Changes(negotiations=(replace(record, negotiation=unfinished),)))
    refused = await exchange.transfer(agreement)
    assert refused.transfer.state is TransferState.TERMINATED
    assert "the agreement was not finalized" in refused.transfer.reasons[0]


async def test_a_request_that_comes_again_is_answered_as_before(exchange, exporter, importer):
    await exchange.publish()
    message = TransferRequest("m", "urn:c", await exchange.agree(), PULL.name, importer.root)
    first = await transfer.receive(exporter.context, importer.me, message, None)
    size = await exporter.store.log_size()
    assert await transfer.receive(exporter.context, importer.me, message, None) == first
    assert await transfer.receive(exporter.context, importer.me, replace(message, message_id="n"), None) == first
    assert await exporter.store.log_size() == size


async def test_a_request_repeated_in_another_version_is_refused_and_changes_nothing(exchange, exporter, importer):
    await exchange.publish()
    message = TransferRequest("m", "urn:c", await exchange.agree(), PULL.name, importer.root)
    await transfer.receive(exporter.context, importer.me, message, None)
    before = await exporter.store.transfers()
    other = replace(exporter.context, protocol="2031-1")
    with pytest.raises(ConflictError, match="`urn:c` was begun in version `2025-1` of the protocol"):
        await transfer.receive(other, importer.me, message, None)
    assert await exporter.store.transfers() == before


async def test_illegal_messages_are_refused_and_change_nothing(exchange, exporter, importer):
    record = await exchange.running()
    pids = record.transfer.peer_pid, record.transfer.own_pid
    theirs = await exporter.store.transfer(pids[0])
    with pytest.raises(ConflictError, match="cannot send"):
        await transfer.receive(exporter.context, importer.me, TransferStart("s", *pids), pids[0])
    with pytest.raises(ConflictError, match="does not begin with"):
        await transfer.receive(exporter.context, importer.me, TransferCompletion("c", "urn:x", "urn:y"), None)
    with pytest.raises(MalformedError):
        await transfer.receive(exporter.context, importer.me, TransferCompletion("c", pids[0], "urn:y"), pids[0])
    assert await exporter.store.transfer(pids[0]) == theirs


async def test_a_transfer_of_somebody_else_is_not_there(exchange, network, exporter, importer):
    record = await exchange.running()
    stranger = network.join("stranger", "FR")
    pids = record.transfer.peer_pid, record.transfer.own_pid
    for attempt in (
        transfer.receive(exporter.context, stranger.me, TransferTermination("t", *pids), pids[0]),
        transfer.view(exporter.context, stranger.me, pids[0]),
        transfer.view(exporter.context, importer.me, "urn:nothing"),
    ):
        with pytest.raises(NotFoundError, match="there is no such transfer process"):
            await attempt
    assert (await transfer.view(exporter.context, importer.me, pids[0])).state == "STARTED"


async def test_before_the_provider_has_answered_there_is_little_to_say(exchange, exporter, importer):
    await exchange.publish()
    asked = await transfer.request(importer.context, await exchange.agree(), fetch=False)
    pid = asked.transfer.own_pid
    assert (await transfer.view(importer.context, exporter.me, pid)).provider_pid == ""
    for verb in (transfer.terminate, transfer.suspend):
        with pytest.raises(ConflictError, match="the partner has not answered yet"):
            await verb(importer.context, pid, "x")
    with pytest.raises(ConflictError, match="the transfer has no data address"):
        addresses.authorization_of(importer.context, asked)


async def test_what_is_not_there_cannot_be_moved(importer):
    for attempt in (
        transfer.complete(importer.context, "urn:nothing"),
        transfer.resume(importer.context, "urn:nothing"),
        transfer.suspend(importer.context, "urn:nothing", ""),
    ):
        with pytest.raises(NotFoundError, match="there is no such transfer process"):
            await attempt


async def test_the_token_is_in_the_start_message_and_nowhere_else(exchange, network, exporter, importer, token_of):
    record = await exchange.running()
    token = (await token_of(record)).removeprefix("Bearer ")
    sent = [document for _, _, url, document in network.carried if url.endswith("/start")]
    assert token in str(sent)
    for member in (exporter, importer):
        # Pickled, since `repr` hides what a data address holds.
        kept = pickle.dumps([value for name, value in vars(member.store).items() if name != "_on_commit"])
        assert token.encode() not in kept
    assert b"sealed:" in kept


async def test_a_start_message_waiting_in_the_outbox_holds_no_token(exchange, exporter, importer):
    await exchange.publish()
    await transfer.request(importer.context, await exchange.agree(), fetch=False)
    await importer.step()
    await exporter.step()
    [task] = await exporter.store.tasks()
    assert isinstance(task.message, TransferStart)
    assert task.message.data_address.property(addresses.AUTHORIZATION) == ""
    theirs = await exporter.store.transfer(task.subject)
    sent = addresses.with_token(exporter.context, task.message, theirs)
    assert sent.data_address.property(addresses.AUTHORIZATION).startswith("Bearer ")


async def test_a_start_without_a_token_starts_a_transfer_from_which_nothing_can_be_fetched(
    exchange, exporter, importer
):
    await exchange.publish()
    agreement = await exchange.agree()
    asked = await transfer.request(importer.context, agreement, fetch=True)
    await importer.step()
    ours = await importer.store.transfer(asked.transfer.own_pid)
    pids = ours.transfer.peer_pid, ours.transfer.own_pid
    address = DataAddress(PULL.endpoint_type, "https://exporter.example/data/x")
    await transfer.receive(importer.context, exporter.me, TransferStart("s", *pids, address), pids[1])
    while await importer.step():
        pass
    ours = await importer.store.transfer(asked.transfer.own_pid)
    assert ours.problem == "the transfer has no data address"
    assert await importer.store.tasks() == ()


async def test_a_retransmitted_suspension_is_answered_again(exchange, exporter, importer):
    record = await exchange.running()
    pids = record.transfer.peer_pid, record.transfer.own_pid
    message = TransferSuspension("s", *pids, "later", ("night",))
    first = await transfer.receive(exporter.context, importer.me, message, pids[0])
    assert await transfer.receive(exporter.context, importer.me, message, pids[0]) == first
    assert first.state == "SUSPENDED"


async def test_an_agreement_that_is_gone_ends_the_transfer(exchange, exporter, importer):
    await exchange.publish()
    asked = await transfer.request(importer.context, await exchange.agree(), fetch=False)
    await importer.step()
    exporter.store._agreements.clear()
    await exchange.rest()
    ours = await importer.store.transfer(asked.transfer.own_pid)
    assert ours.transfer.reasons == ("there is no such agreement",)


async def test_a_dataset_that_is_gone_ends_the_transfer(exchange, exporter):
    await exchange.publish()
    agreement = await exchange.agree()
    exporter.store._datasets.clear()
    record = await exchange.transfer(agreement)
    assert record.transfer.reasons == ("the dataset is no longer there",)


async def test_a_task_whose_transfer_is_gone_ends(exchange, importer):
    await exchange.publish()
    await transfer.request(importer.context, await exchange.agree(), fetch=False)
    [task] = await importer.store.tasks()
    await transfer.decide(importer.context, "urn:nothing", task.id)
    assert await importer.store.tasks() == ()
    await importer.store.commit(Changes(tasks=(replace(task, id="urn:m"),)))
    await transfer.acknowledged(importer.context, "urn:nothing", Acknowledged("urn:m"))
    assert await importer.store.tasks() == ()
