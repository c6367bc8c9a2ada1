from __future__ import annotations

from dataclasses import replace

import pytest

from corridor.base.errors import ConflictError
from corridor.dsp.messages import Agreement, Offer
from corridor.dsp.states import NegotiationState
from corridor.service import agree, negotiate, papers, publish
from corridor.service.ports import Peer
from corridor.testing.counterpart import Fault

SERVICE = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "urn:x:service"}
UNTIL_2027 = {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2027-01-01T00:00:00Z"}
RULES = {"permission": [{"action": "use", "constraint": [SERVICE]}]}
PAPERS = "urn:corridor:border:papers"


@pytest.fixture
def ask_for(exchange, exporter, importer):
    """Asks the exporter for an offer as it is given, not as it stands in the catalogue."""

    async def ask(body, offer="offer", dataset="orders"):
        peer = Peer(exporter.me.id, exporter.root + "/dsp/2025-1", None)
        asked = await negotiate.request(importer.context, peer, dataset, Offer(offer, body), {})
        await exchange.rest()
        return (await importer.store.negotiation(asked.negotiation.own_pid)).negotiation

    return ask


@pytest.fixture
async def agreed(exchange, importer):
    """A negotiation in which the importer has received an agreement that it has not verified yet."""
    await exchange.publish("orders", None, SERVICE)
    asked = await exchange.ask()
    await importer.step()
    await exchange.exporter.step()
    await exchange.exporter.step()
    record = await importer.store.negotiation(asked.negotiation.own_pid)
    assert record.negotiation.state is NegotiationState.AGREED
    return record


def changed(record, body):
    """The record with other rules in the agreement that came."""
    agreement = replace(record.negotiation.agreement, body=body)
    return replace(record, negotiation=replace(record.negotiation, agreement=agreement))


async def test_the_agreement_repeats_the_offer(exchange, exporter, importer):
    await exchange.publish("orders", None, SERVICE)
    agreement = (await exchange.negotiate()).agreement
    assert agreement.body == RULES
    assert (agreement.target, agreement.assigner, agreement.assignee) == ("orders", exporter.me.id, importer.me.id)
    assert agreement.timestamp == exchange.network.clock.now()


async def test_the_papers_that_opened_the_route_stand_in_the_agreement(exchange, exporter, importer):
    await exchange.publish("orders", 120_000, SERVICE)
    await exchange.file(id="unused", digest="sha-256:" + "b" * 64, parties=["did:web:somebody.example"])
    paper = await exchange.file()
    agreement = (await exchange.negotiate()).agreement
    purpose, named = agreement.body["permission"][0]["constraint"]
    assert (purpose, named["leftOperand"], named["operator"]) == (SERVICE, PAPERS, "isAllOf")
    [reference] = named["rightOperand"]
    assert reference["urn:corridor:border:digest"] == paper.digest
    assert reference["urn:corridor:border:filed"].startswith("2026-11-12")
    ours, theirs = [await member.store.agreement(agreement.id) for member in (importer, exporter)]
    assert (ours.papers, theirs.papers) == ((paper.digest,), (paper.id,))


@pytest.mark.parametrize(("offer", "dataset"), [("another", "orders"), ("offer", "another")])
async def test_an_offer_that_is_not_ours_is_refused(exchange, ask_for, offer, dataset):
    await exchange.publish("orders", None, SERVICE)
    refused = await ask_for(RULES, offer, dataset)
    assert (refused.code, refused.reasons) == ("offer", ("there is no such offer on this dataset",))


async def test_a_withdrawn_offer_is_refused_as_if_it_never_was(exchange, exporter, ask_for):
    await exchange.publish("orders", None, SERVICE)
    await publish.withdraw(exporter.context, "orders")
    assert (await ask_for(RULES)).reasons == ("there is no such offer on this dataset",)


async def test_an_offer_may_be_asked_for_under_more_constraints_but_not_under_fewer(exchange, ask_for):
    await exchange.publish("orders", None, SERVICE)
    stricter = {"permission": [{"action": "use", "constraint": [SERVICE, UNTIL_2027]}]}
    assert (await ask_for(stricter)).agreement.body == stricter
    looser = {"permission": [{"action": "use"}]}
    refused = await ask_for(looser)
    assert (refused.state, refused.code) == (NegotiationState.TERMINATED, "offer")
    assert refused.reasons[0] == "the permission to `use` was changed or taken away"


async def test_a_right_that_was_never_offered_cannot_be_asked_for(exchange, ask_for):
    await exchange.publish("orders", None, SERVICE)
    more = {"permission": [*RULES["permission"], {"action": "distribute"}]}
    refused = await ask_for(more)
    assert refused.code == "offer"
    assert "distribute" in refused.reasons[0]


@pytest.mark.parametrize(
    "body",
    [
        {"permission": [{"action": "use", "constraint": [SERVICE, {"leftOperand": "moon", "operator": "x"}]}]},
        {"permission": [{"action": "use", "constraint": [{**UNTIL_2027, "rightOperand": "soon"}]}]},
        {"permission": [{"action": "use", "constraint": [SERVICE] * 5000}]},
        {**RULES, "urn:x:extra": 1.5},
    ],
    ids=["unknown operand", "no instant", "huge", "fraction"],
)
async def test_whatever_is_asked_for_the_negotiation_comes_to_an_end(exchange, exporter, ask_for, body):
    await exchange.publish("orders", None, SERVICE)
    refused = await ask_for(body)
    assert refused.state is NegotiationState.TERMINATED
    assert refused.reasons
    assert await exporter.store.tasks() == ()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"permission": [{"action": "use"}]}, "`use` was changed"),
        ({**RULES, "prohibition": [{"action": "sell"}]}, "sell"),
        ({**RULES, "obligation": [{"action": "compensate"}]}, "compensate"),
        ({"permission": [{"action": "play", "constraint": [SERVICE]}]}, "use"),
        (
            {"permission": [{"action": "use", "constraint": [{**UNTIL_2027, "rightOperand": "x"}]}]},
            "cannot be enforced",
        ),
    ],
    ids=["term dropped", "prohibition added", "duty added", "other action", "unreadable"],
)
async def test_a_consumer_refuses_an_agreement_that_is_not_what_it_asked_for(
    exchange, exporter, importer, agreed, body, reason
):
    forged = changed(agreed, body)
    decision = agree.is_what_was_asked(forged.negotiation)
    assert not decision.allowed
    assert reason in " ".join(step.text for step in decision.obstacles)
    await importer.store.commit(negotiate.Changes(negotiations=(forged,)))
    await exchange.rest()
    for member in (exporter, importer):
        [record] = await member.store.negotiations()
        assert (record.negotiation.state, record.negotiation.code) == (NegotiationState.TERMINATED, "agreement")
    assert await importer.store.agreements() == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": None},
        {"kind": "moon/paper"},
        {"validTo": "9999-12-31Z"},
        {"effective": "0001-01-01Z"},
        {"number": "n" * 100_000},
        {"digest": "md5:0"},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_whatever_papers_an_agreement_names_the_negotiation_comes_to_an_end(exchange, importer, agreed, changes):
    reference = {"kind": "cn/standard-contract", "digest": "sha-256:" + "a" * 64, **changes}
    named = {f"urn:corridor:border:{name}": value for name, value in reference.items() if value is not None}
    constraint = {"leftOperand": PAPERS, "operator": "isAllOf", "rightOperand": [named]}
    forged = changed(agreed, {"permission": [{"action": "use", "constraint": [SERVICE, constraint]}]})
    await importer.store.commit(negotiate.Changes(negotiations=(forged,)))
    await exchange.rest()
    [record] = await importer.store.negotiations()
    assert (record.negotiation.state, record.negotiation.pending) == (NegotiationState.TERMINATED, None)
    assert record.negotiation.code == "agreement"
    assert await importer.store.tasks() == ()


async def test_a_consumer_accepts_an_agreement_with_further_constraints(agreed):
    stricter = {"permission": [{"action": "use", "constraint": [UNTIL_2027, SERVICE]}]}
    assert agree.is_what_was_asked(changed(agreed, stricter).negotiation).allowed


async def test_a_consumer_decides_on_the_papers_that_the_agreement_names(exchange, exporter, importer):
    await exchange.publish("orders", 120_000)
    paper = await exchange.file()
    asked = await exchange.ask()
    await exchange.rest()
    record = await importer.store.negotiation(asked.negotiation.own_pid)
    admission = await agree.admit_agreement(importer.context, record)
    assert admission.decision.allowed
    assert [used.digest for used in admission.papers] == [paper.digest]
    without = changed(record, {"permission": [{"action": "use"}]})
    refused = await agree.admit_agreement(importer.context, without)
    assert "art 8" in refused.obstacles[0]


async def test_the_providers_register_decides_and_not_what_the_agreement_says_of_a_paper(exchange, exporter):
    await exchange.publish("orders", 120_000)
    paper = await exchange.file()
    agreement = await exchange.agree()
    held = await exporter.store.agreement(agreement)
    await papers.revoke_paper(exporter.context, paper.id, "")
    record = await exporter.store.negotiation(held.negotiation)
    assert not (await agree.admit_request(exporter.context, record)).decision.allowed


async def test_a_partner_that_is_not_on_the_list_is_unknown(network, exporter, importer, agreed):
    assert agree.partner_of(importer.context, agreed.negotiation) == exporter.me
    del network.members[exporter.me.id]
    partner = agree.partner_of(importer.context, agreed.negotiation)
    assert (partner.id, partner.facts) == (exporter.me.id, {})
    admission = await agree.admit_agreement(importer.context, agreed)
    assert f"{exporter.me.id} is not on the participant list" in admission.obstacles


async def test_before_there_is_an_agreement_there_is_nothing_to_decide_on(exchange, importer):
    await exchange.publish()
    asked = await exchange.ask()
    admission = await agree.admit_request(importer.context, asked)
    with pytest.raises(ConflictError, match="no agreement to decide on"):
        await agree.admit_agreement(importer.context, asked)
    with pytest.raises(ConflictError, match="no agreement to verify"):
        agree.is_what_was_asked(asked.negotiation)
    with pytest.raises(ConflictError, match="no agreement to conclude"):
        agree.concluded(importer.context, asked)
    with pytest.raises(ConflictError, match="no agreement to count"):
        agree.counting(asked, admission)


async def test_of_a_dataset_that_is_not_there_everything_is_unknown(exchange, exporter):
    record = await exchange.publish()
    assert await agree.profile_of(exporter.context, "orders") == record.profile
    assert await agree.profile_of(exporter.context, "nothing") == {}


async def test_only_the_consumer_proposes_the_receipt_of_an_agreement(exchange, exporter, importer):
    exchange.network.weather = lambda _, __, url: Fault(lose_request=url.endswith("/receipts"))
    await exchange.publish()
    await exchange.agree()
    [held] = await exporter.store.agreements()
    assert await exporter.store.receipts(held.agreement.id) == ()
    assert [receipt.complete for receipt in await importer.store.receipts(held.agreement.id)] == [False]


async def test_an_agreement_record_carries_the_decision_that_it_was_concluded_on(exchange, exporter, importer):
    await exchange.publish()
    agreement = await exchange.agree()
    for member in (exporter, importer):
        held = await member.store.agreement(agreement)
        assert isinstance(held.agreement, Agreement)
        assert held.decision["verdict"] == "true"
        assert {reason["code"] for reason in held.decision["reasons"]} >= {"participant", "terms"}
