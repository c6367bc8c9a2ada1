from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.base.errors import ConflictError, MalformedError, NotFoundError
from corridor.dsp.messages import (
    AgreementVerification,
    ContractAgreement,
    ContractOffer,
    ContractRequest,
    EventType,
    NegotiationEvent,
    NegotiationTermination,
    Offer,
)
from corridor.dsp.process import Acknowledged
from corridor.dsp.states import NegotiationState
from corridor.service import negotiate
from corridor.service.context import Patience
from corridor.service.ports import Changes, Peer
from corridor.testing.counterpart import Fault, settle

LOST, UNANSWERED, TWICE = Fault(lose_request=True), Fault(lose_reply=True), Fault(duplicate=True)
LOST_AND_FOUND = Fault(lose_reply=True, duplicate=True)
GERMANY = {"leftOperand": "spatial", "operator": "eq", "rightOperand": "https://www.iso.org/obp/ui/#iso:code:3166:DE"}
BODY = {"permission": [{"action": "use"}]}


@pytest.fixture
def both(exporter, importer):
    """Gives a negotiation as the importer and as the exporter have it."""

    async def read(asked):
        ours = await importer.store.negotiation(asked.negotiation.own_pid)
        theirs = await exporter.store.negotiation_by_peer(importer.me.id, asked.negotiation.own_pid)
        return ours, theirs

    return read


@pytest.fixture
async def requested(exchange, exporter, both):
    """A negotiation that has been asked for, and on which the exporter has not decided yet."""
    await exchange.publish()
    asked = await exchange.ask()
    await exchange.importer.step()
    return await both(asked)


@pytest.fixture
async def offered(exchange, exporter, importer, requested, both):
    """A negotiation in which the exporter has answered with an offer of its own."""
    ours, theirs = requested
    offer = replace(theirs.negotiation.offer, body={"permission": [{"action": "use", "constraint": [GERMANY]}]})
    await negotiate._say(
        exporter.context,
        theirs.negotiation.own_pid,
        lambda process: ContractOffer("counter-offer", process.own_pid, process.peer_pid, offer),
    )
    await exchange.rest()
    return await both(ours)


async def finished(exchange, dataset="orders", limit=10_000):
    """The whole exchange under the network's weather; what both sides hold in the end."""
    await exchange.publish(dataset, 5000)
    asked = await exchange.ask(dataset)
    return asked, await settle(exchange.network, limit)


async def check_alike(exchange, asked):
    """Both sides came to the same end: one agreement, equal receipts, one count, nothing left to do."""
    ours = (await exchange.importer.store.negotiation(asked.negotiation.own_pid)).negotiation
    theirs = [record.negotiation for record in await exchange.exporter.store.negotiations()]
    assert [negotiation.state for negotiation in theirs] == [NegotiationState.FINALIZED] == [ours.state]
    held = [await member.store.agreements() for member in (exchange.exporter, exchange.importer)]
    assert [record.agreement for record in held[0]] == [ours.agreement] == [record.agreement for record in held[1]]
    receipts = [await member.store.receipts(ours.agreement.id) for member in (exchange.exporter, exchange.importer)]
    assert [receipt.document for receipt in receipts[0]] == [receipt.document for receipt in receipts[1]]
    assert [receipt.complete for receipt in receipts[0]] == [True]
    assert [count.n for count in exchange.exporter.store._counted] == [5000]
    assert [await member.store.tasks() for member in (exchange.exporter, exchange.importer)] == [(), ()]


async def test_a_negotiation_ends_with_the_same_agreement_on_both_sides(exchange):
    asked, _ = await finished(exchange)
    await check_alike(exchange, asked)


async def test_every_step_is_in_the_evidence_of_both_sides(exchange, exporter, importer, events_of):
    await finished(exchange)
    for member, states in (
        (importer, ["REQUESTED", "AGREED", "VERIFIED", "FINALIZED"]),
        (exporter, ["AGREED", "VERIFIED", "FINALIZED"]),
    ):
        assert [event["state"] for event in await events_of(member, "negotiation.changed")] == states
        assert len(await events_of(member, "negotiation.requested")) == 1
        assert len(await events_of(member, "agreement.concluded")) == 1
    assert [event["verdict"] for event in await events_of(exporter, "decision.made")] == ["true", "true"]
    assert [event["rulebook"] for event in await events_of(importer, "decision.made")] == [
        importer.context.rulebook_digest
    ]


@pytest.mark.parametrize(
    "fault", [LOST, UNANSWERED, TWICE, LOST_AND_FOUND], ids=["lost", "unanswered", "twice", "both"]
)
@pytest.mark.parametrize("unlucky", range(5))
async def test_one_request_may_go_wrong(exchange, fault, unlucky):
    await exchange.publish("orders", 5000)
    asked = await exchange.ask()
    numbers = itertools.count()
    exchange.network.weather = lambda *_: fault if next(numbers) == unlucky else Fault()
    await exchange.rest()
    assert next(numbers) > unlucky, "there is such a request"
    await check_alike(exchange, asked)


@given(st.lists(st.builds(Fault, st.booleans(), st.booleans(), st.booleans()), max_size=11))
@settings(max_examples=18, deadline=None)
def test_whatever_the_weather_both_sides_come_to_the_same_end(new_exchange, faults):
    async def journey():
        exchange = new_exchange()
        await exchange.publish("orders", 5000)
        asked = await exchange.ask()
        weather = iter(faults)
        exchange.network.weather = lambda *_: next(weather, Fault())
        await exchange.rest()
        await check_alike(exchange, asked)

    asyncio.run(journey())


@given(
    st.lists(st.builds(Fault, st.booleans(), st.booleans(), st.booleans()), max_size=10),
    st.integers(0, 8),
    st.booleans(),
)
@settings(max_examples=18, deadline=None)
def test_a_termination_in_any_weather_at_any_time_leaves_no_disagreement(new_exchange, faults, when, by_exporter):
    async def journey():
        exchange = new_exchange()
        await exchange.publish("orders", 5000)
        asked = await exchange.ask()
        weather = iter(faults)
        exchange.network.weather = lambda *_: next(weather, Fault())
        for _ in range(when):
            await exchange.importer.step()
            await exchange.exporter.step()
        member = exchange.exporter if by_exporter else exchange.importer
        for record in await member.store.negotiations():
            with suppress(ConflictError):  # over already, or not begun
                await negotiate.terminate(member.context, record.negotiation.own_pid, "changed our mind")
        await exchange.rest()
        ours = await exchange.importer.store.negotiation(asked.negotiation.own_pid)
        theirs = await exchange.exporter.store.negotiations()
        assert {record.negotiation.state for record in theirs} == {ours.negotiation.state}
        assert ours.negotiation.state.final
        assert [await each.store.tasks() for each in (exchange.exporter, exchange.importer)] == [(), ()]

    asyncio.run(journey())


async def test_a_repeated_request_gets_the_same_answer_and_changes_nothing(exchange, exporter, importer):
    await exchange.publish()
    message = ContractRequest("m1", "urn:c1", None, Offer("offer", BODY, "orders"), importer.root + "/dsp/2025-1")
    first = await negotiate.receive(exporter.context, importer.me, message, None)
    size = await exporter.store.log_size()
    assert await negotiate.receive(exporter.context, importer.me, message, None) == first
    anew = replace(message, message_id="m2")
    assert await negotiate.receive(exporter.context, importer.me, anew, None) == first
    assert await exporter.store.log_size() == size
    assert len(await exporter.store.negotiations()) == 1


async def test_a_request_repeated_in_another_version_is_refused_and_changes_nothing(exchange, exporter, importer):
    await exchange.publish()
    message = ContractRequest("m1", "urn:c1", None, Offer("offer", BODY, "orders"), importer.root + "/dsp/2025-1")
    await negotiate.receive(exporter.context, importer.me, message, None)
    before = await exporter.store.negotiations()
    other = replace(exporter.context, protocol="2031-1")
    with pytest.raises(ConflictError, match="`urn:c1` was begun in version `2025-1` of the protocol"):
        await negotiate.receive(other, importer.me, message, None)
    assert await exporter.store.negotiations() == before


async def test_two_equal_first_requests_at_once_begin_one_negotiation(exchange, exporter, importer):
    await exchange.publish()
    message = ContractRequest("m1", "urn:c1", None, Offer("offer", BODY, "orders"), importer.root + "/dsp/2025-1")
    answers = await asyncio.gather(*(negotiate.receive(exporter.context, importer.me, message, None) for _ in range(5)))
    assert len(set(answers)) == 1
    assert len(await exporter.store.negotiations()) == 1


async def test_an_illegal_message_is_refused_and_changes_nothing(exchange, exporter, importer, requested):
    _, theirs = requested
    pids = theirs.negotiation.own_pid, theirs.negotiation.peer_pid
    for message in (AgreementVerification("v", *pids), NegotiationEvent("a", *pids, EventType.ACCEPTED)):
        with pytest.raises(ConflictError, match="cannot send"):
            await negotiate.receive(exporter.context, importer.me, message, theirs.negotiation.own_pid)
    assert await exporter.store.negotiation(theirs.negotiation.own_pid) == theirs


async def test_after_the_end_every_message_is_refused(exchange, exporter, importer, both):
    asked, _ = await finished(exchange)
    ours, theirs = await both(asked)
    pids = theirs.negotiation.own_pid, theirs.negotiation.peer_pid
    for message in (
        AgreementVerification("v", *pids),
        NegotiationTermination("t", *pids),
        ContractRequest("r", pids[1], pids[0], theirs.negotiation.offer),
    ):
        with pytest.raises(ConflictError):
            await negotiate.receive(exporter.context, importer.me, message, pids[0])
    for message in (ContractAgreement("x", *pids, ours.negotiation.agreement), NegotiationTermination("t", *pids)):
        with pytest.raises(ConflictError):
            await negotiate.receive(importer.context, exporter.me, message, pids[1])
    assert await both(asked) == (ours, theirs)


async def test_a_negotiation_does_not_begin_in_its_middle(exporter, importer):
    message = AgreementVerification("v", "urn:p", "urn:c")
    with pytest.raises(ConflictError, match="does not begin with a"):
        await negotiate.receive(exporter.context, importer.me, message, None)


async def test_a_negotiation_of_somebody_else_is_not_there(exchange, network, exporter, importer, requested):
    stranger = network.join("stranger", "FR")
    _, theirs = requested
    pid = theirs.negotiation.own_pid
    message = NegotiationTermination("t", pid, theirs.negotiation.peer_pid)
    for attempt in (
        negotiate.receive(exporter.context, stranger.me, message, pid),
        negotiate.view(exporter.context, stranger.me, pid),
        negotiate.view(exporter.context, importer.me, "urn:nothing"),
    ):
        with pytest.raises(NotFoundError, match="there is no such negotiation"):
            await attempt


async def test_messages_with_wrong_pids_are_refused(exporter, importer, requested):
    _, theirs = requested
    message = NegotiationTermination("t", theirs.negotiation.own_pid, "urn:another")
    with pytest.raises(MalformedError, match="process id"):
        await negotiate.receive(exporter.context, importer.me, message, theirs.negotiation.own_pid)
    assert await exporter.store.negotiation(theirs.negotiation.own_pid) == theirs


async def test_each_side_can_ask_the_other_for_the_state(exchange, exporter, importer, both):
    asked, _ = await finished(exchange)
    ours, theirs = await both(asked)
    assert (await negotiate.view(exporter.context, importer.me, theirs.negotiation.own_pid)).state == "FINALIZED"
    assert (await negotiate.view(importer.context, exporter.me, ours.negotiation.own_pid)).state == "FINALIZED"


async def test_before_the_partner_has_answered_its_pid_is_empty(exchange, exporter, importer):
    await exchange.publish()
    asked = await exchange.ask()
    ack = await negotiate.view(importer.context, exporter.me, asked.negotiation.own_pid)
    assert (ack.provider_pid, ack.consumer_pid, ack.state) == ("", asked.negotiation.own_pid, "REQUESTED")


async def test_a_persons_termination_reaches_the_partner_with_its_reason(
    exchange, importer, requested, both, events_of
):
    ours, _ = requested
    await negotiate.terminate(importer.context, ours.negotiation.own_pid, "the project was cancelled")
    await exchange.rest()
    for record in await both(ours):
        assert record.negotiation.state is NegotiationState.TERMINATED
        assert (record.negotiation.code, record.negotiation.reasons) == ("person", ("the project was cancelled",))
    [event] = await events_of(exchange.exporter, "negotiation.terminated")
    assert event["reasons"] == ["the project was cancelled"]


async def test_a_termination_needs_no_reason(exchange, importer, requested, both):
    await negotiate.terminate(importer.context, requested[0].negotiation.own_pid, "")
    await exchange.rest()
    assert [record.negotiation.reasons for record in await both(requested[0])] == [(), ()]


async def test_two_terminations_that_cross_end_the_negotiation_on_both_sides(
    exchange, exporter, importer, requested, both
):
    ours, theirs = requested
    await negotiate.terminate(importer.context, ours.negotiation.own_pid, "no need")
    await negotiate.terminate(exporter.context, theirs.negotiation.own_pid, "no supply")
    await exchange.rest()
    states = {record.negotiation.state for record in await both(ours)}
    assert states == {NegotiationState.TERMINATED}
    assert [await member.store.tasks() for member in (exporter, importer)] == [(), ()]


async def test_what_cannot_be_said_is_refused(exchange, importer):
    with pytest.raises(NotFoundError, match="no such negotiation"):
        await negotiate.terminate(importer.context, "urn:nothing", "x")
    await exchange.publish()
    asked = await exchange.ask()
    with pytest.raises(ConflictError, match="the partner has not answered yet"):
        await negotiate.terminate(importer.context, asked.negotiation.own_pid, "x")
    await exchange.rest()
    with pytest.raises(ConflictError):
        await negotiate.accept(importer.context, asked.negotiation.own_pid)


async def test_a_counter_offer_waits_for_a_person_and_is_agreed_to_once_accepted(exchange, importer, offered, both):
    ours, theirs = offered
    assert {record.negotiation.state for record in offered} == {NegotiationState.OFFERED}
    accepted = await negotiate.accept(importer.context, ours.negotiation.own_pid)
    assert accepted.negotiation.reported_state is NegotiationState.ACCEPTED
    await exchange.rest()
    ours, theirs = await both(ours)
    assert ours.negotiation.state is NegotiationState.FINALIZED, ours.negotiation.reasons
    assert ours.negotiation.agreement.body["permission"][0]["constraint"] == [GERMANY]
    assert theirs.negotiation.agreement == ours.negotiation.agreement


async def test_an_offer_that_comes_unasked_waits_for_a_person(exporter, importer):
    offer = Offer("offer", BODY, "orders", exporter.me.id, importer.me.id)
    message = ContractOffer("m1", "urn:p1", None, offer, exporter.root + "/dsp/2025-1")
    ack = await negotiate.receive(importer.context, exporter.me, message, None)
    assert await negotiate.receive(importer.context, exporter.me, message, None) == ack
    assert (ack.provider_pid, ack.state) == ("urn:p1", "OFFERED")
    await importer.step()
    assert await importer.store.tasks() == ()
    [record] = await importer.store.negotiations()
    assert (record.negotiation.state, record.profile) == (NegotiationState.OFFERED, {})


async def test_a_partner_that_never_answers_is_given_up_with_the_reason(exchange, importer):
    await exchange.publish()
    asked = await exchange.ask()
    exchange.nothing_arrives()
    await exchange.rest()
    ours = (await importer.store.negotiation(asked.negotiation.own_pid)).negotiation
    assert ours.state is NegotiationState.TERMINATED
    assert (ours.code, ours.reasons) == ("unreachable", ("the request was lost",))
    assert len(exchange.network.carried) == 1, "only the dataset was asked for"


async def test_reactions_wait_as_long_as_the_settings_say(exchange, network, exporter, importer):
    reaction = Patience().first * 2
    exporter.context = replace(exporter.context, patience=Patience(reaction=reaction))
    await exchange.publish()
    await exchange.ask()
    await importer.step()
    [task] = await exporter.store.tasks()
    assert task.due == network.clock.now() + reaction
    assert not await exporter.step()
    network.clock.advance(reaction)
    assert await exporter.step()


@pytest.mark.parametrize("code", ["", "n\x00t a word \u202e", "x" * 5000])
async def test_a_strange_reason_of_the_partner_is_kept_as_it_came(exchange, exporter, importer, requested, code):
    _, theirs = requested
    pids = theirs.negotiation.own_pid, theirs.negotiation.peer_pid
    message = NegotiationTermination("t", *pids, code, ("\ud7ff" * 10,))
    await negotiate.receive(exporter.context, importer.me, message, pids[0])
    assert (await exporter.store.negotiation(pids[0])).negotiation.code == code


async def test_an_offer_without_a_dataset_cannot_be_asked_for(exporter, importer):
    peer = Peer(exporter.me.id, exporter.root + "/dsp/2025-1", None)
    with pytest.raises(MalformedError, match="dataset"):
        await negotiate.request(importer.context, peer, None, Offer("offer", BODY), {})
    assert await importer.store.tasks() == ()


async def test_facts_that_cannot_be_read_are_refused_before_anything_is_asked(exporter, importer):
    peer = Peer(exporter.me.id, exporter.root + "/dsp/2025-1", None)
    for profile in ({"data": {"items": "all"}}, {"transfer": ["x"]}, {"who": "me"}):
        with pytest.raises(MalformedError):
            await negotiate.request(importer.context, peer, "orders", Offer("offer", BODY), profile)
    assert await importer.store.negotiations() == ()


async def test_terms_that_the_provider_cannot_read_are_refused_with_the_reason(exchange, exporter, importer):
    await exchange.publish()
    odd = {
        "permission": [
            {"action": "use", "constraint": [{"leftOperand": "dateTime", "operator": "lt", "rightOperand": "soon"}]}
        ]
    }
    peer = Peer(exporter.me.id, exporter.root + "/dsp/2025-1", None)
    asked = await negotiate.request(importer.context, peer, "orders", Offer("offer", odd), {})
    await exchange.rest()
    ours = (await importer.store.negotiation(asked.negotiation.own_pid)).negotiation
    assert (ours.state, ours.code) == (NegotiationState.TERMINATED, "offer")
    assert "soon" in ours.reasons[0]


async def test_a_task_whose_negotiation_is_gone_ends(exporter, requested):
    [task] = await exporter.store.tasks()
    await negotiate.decide(exporter.context, "urn:nothing", task.id)
    assert await exporter.store.tasks() == ()
    await exporter.store.commit(Changes(tasks=(replace(task, id="urn:m"),)))
    await negotiate.acknowledged(exporter.context, "urn:nothing", Acknowledged("urn:m"))
    assert await exporter.store.tasks() == ()


async def test_the_agreement_of_a_negotiation_counts_once_it_is_final(exchange, importer, requested, both):
    assert negotiate.agreement_id(requested[0]) is None
    await exchange.rest()
    ours, _ = await both(requested[0])
    assert negotiate.agreement_id(ours) == ours.negotiation.agreement.id
