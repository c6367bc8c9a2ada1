from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from corridor.base.clock import DateRange
from corridor.base.errors import StaleError
from corridor.base.truth import Truth
from corridor.dsp.messages import Role
from corridor.dsp.states import NegotiationState
from corridor.law.outcome import Outcome
from corridor.odrl.model import PolicyKind
from corridor.odrl.parse import parse_policy
from corridor.service import admit, papers
from corridor.service.admit import Phase, Question
from corridor.service.ports import Changes
from corridor.service.records import Participant

CONTRACT = (
    "CN: needs a standard contract filed with the provincial CAC, or a certification "
    "(Provisions on Promoting and Regulating Cross-border Data Flows, art 8): {} persons since 2026-01-01"
)
ASSESSMENT = (
    "CN: needs a security assessment "
    "(Provisions on Promoting and Regulating Cross-border Data Flows, art 7(2)): {} persons since 2026-01-01"
)
YEAR = DateRange(datetime(2026, 1, 1).date(), datetime(2026, 12, 31).date())


@pytest.fixture
def question(exporter, importer, network):
    """Makes the question whether the importer may use machine data."""

    def make(**changes):
        policy = {"permission": [{"action": "use", "constraint": changes.pop("constraints", [])}]}
        parsed = parse_policy(
            policy, kind=PolicyKind.OFFER, target="orders", assigner=exporter.me.id, assignee=importer.me.id
        )
        profile = {
            "data": {"items": [{"category": "industrial", "personal": False}], "important_status": "not_notified"}
        }
        asked = Question(Phase.NEGOTIATION, importer.me, Role.PROVIDER, parsed, profile, network.clock.now())
        return replace(asked, **changes)

    return make


@pytest.mark.parametrize(
    ("persons", "refusal"),
    [(99_999, None), (100_000, CONTRACT), (120_000, CONTRACT), (999_999, CONTRACT), (1_000_000, ASSESSMENT)],
)
async def test_the_number_of_persons_decides_the_route_and_the_refusal_cites_it(exchange, persons, refusal):
    await exchange.publish("orders", persons)
    negotiation = await exchange.negotiate()
    if refusal is None:
        assert negotiation.state is NegotiationState.FINALIZED
    else:
        assert negotiation.state is NegotiationState.TERMINATED
        assert (negotiation.code, negotiation.reasons) == ("border.CN", (refusal.format(persons),))


async def test_data_without_persons_go_both_ways_without_papers(exchange, exporter, importer):
    await exchange.publish("cn-data")
    await exchange.publish("eu-data", by=importer)
    await exchange.agree("cn-data")
    assert await exchange.agree("eu-data", exporter, provider=importer)
    assert importer.store._counted == exporter.store._counted == []


async def test_what_the_profile_does_not_say_is_not_guessed(exchange):
    await exchange.publish("orders", profile={"data": {"items": [{"category": "industrial", "personal": False}]}})
    negotiation = await exchange.negotiate()
    assert negotiation.reasons == ("CN: cannot be decided without data.important_status",)


async def test_agreements_add_up_until_the_threshold_is_reached(exchange):
    await exchange.publish("first", 60_000)
    await exchange.publish("second", 39_999)
    await exchange.publish("third", 1)
    await exchange.agree("first")
    await exchange.agree("second")
    assert (await exchange.negotiate("third")).reasons == (CONTRACT.format(100_000),)


async def test_exports_to_another_importer_add_up_as_well(exchange, network):
    other = network.join("other", "FR")
    await exchange.publish("first", 60_000)
    await exchange.publish("second", 60_000)
    await exchange.agree("first", other)
    assert (await exchange.negotiate("second")).reasons == (CONTRACT.format(120_000),)


async def test_the_same_persons_count_once(exchange):
    def same(n):
        count = {"category": "contact_demographic", "unit": "persons", "n": n, "population": "customers"}
        return {
            "data": {
                "items": [{"category": "contact_demographic"}],
                "counts": [count],
                "important_status": "not_notified",
            }
        }

    await exchange.publish("orders", profile=same(60_000))
    await exchange.publish("invoices", profile=same(70_000))
    await exchange.publish("returns", profile=same(50_000))
    for dataset in ("orders", "invoices", "returns", "orders"):
        await exchange.agree(dataset)
    await exchange.publish("others", 29_999)
    await exchange.agree("others")
    await exchange.publish("last", 1)
    assert (await exchange.negotiate("last")).reasons == (CONTRACT.format(100_000),)


async def test_the_count_begins_anew_on_the_first_of_january(new_exchange):
    exchange = new_exchange(datetime(2026, 12, 31, 23, 0, tzinfo=UTC))
    await exchange.publish("first", 60_000)
    await exchange.publish("second", 60_000)
    await exchange.agree("first")
    assert (await exchange.negotiate("second")).state is NegotiationState.TERMINATED
    exchange.network.clock.advance(timedelta(hours=1))
    await exchange.agree("second")
    counted = await exchange.exporter.store.counted("CN", "exported_persons", DateRange(datetime(2027, 1, 1).date()))
    assert counted == {"second": 60_000}


async def test_of_two_negotiations_that_race_over_the_threshold_one_is_finalized(exchange, network):
    other = network.join("other", "FR")
    await exchange.publish("first", 60_000)
    await exchange.publish("second", 60_000)
    asked = [(exchange.importer, await exchange.ask("first")), (other, await exchange.ask("second", other))]
    await exchange.rest()
    ended = [(await member.store.negotiation(one.negotiation.own_pid)).negotiation for member, one in asked]
    assert sorted(one.state for one in ended) == [NegotiationState.FINALIZED, NegotiationState.TERMINATED]
    assert [one.reasons for one in ended if one.reasons] == [(CONTRACT.format(120_000),)]
    assert len(await exchange.exporter.store.agreements()) == 1
    assert sum(count.n for count in exchange.exporter.store._counted) == 60_000


async def test_of_two_decisions_under_the_same_count_one_is_saved(exporter, question):
    profile = {
        "data": {
            "items": [{"category": "contact_demographic"}],
            "counts": [{"category": "contact_demographic", "unit": "persons", "n": 60_000, "population": "a"}],
            "important_status": "not_notified",
        }
    }
    decided = [await admit.admit(exporter.context, question(profile=profile)) for _ in range(2)]
    assert [one.decision.verdict for one in decided] == [Truth.TRUE, Truth.TRUE]

    async def save(admission, agreement):
        await exporter.store.commit(Changes(counted=admission.counted(agreement), guards=admission.guards))

    outcomes = await asyncio.gather(save(decided[0], "a"), save(decided[1], "b"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), StaleError]


async def test_a_paper_opens_the_route_and_is_the_one_that_was_used(exchange, exporter):
    await exchange.publish("orders", 120_000)
    idle = await exchange.file(id="idle", digest="sha-256:" + "b" * 64, parties=["did:web:somebody.example"])
    used = await exchange.file()
    held = await exporter.store.agreement(await exchange.agree())
    assert held.papers == (used.id,) != (idle.id,)


@pytest.mark.parametrize(
    "changes",
    [
        {"parties": ["did:web:exporter.example", "did:web:somebody-else.example"]},
        {"effective": "2026-10-01", "filed": "2026-11-12"},
        {"effective": "2026-10-01", "filed": None},
        {"effective": "2026-12-01", "filed": "2026-12-02"},
        {"valid_to": "2026-11-21"},
    ],
    ids=["wrong recipient", "filed too late", "never filed", "not in force yet", "expired"],
)
async def test_a_paper_that_does_not_fit_opens_nothing(exchange, changes):
    await exchange.publish("orders", 120_000)
    document = {name: value for name, value in exchange.contract(**changes).items() if value is not None}
    await papers.add_paper(exchange.exporter.context, document)
    negotiation = await exchange.negotiate()
    assert negotiation.state is NegotiationState.TERMINATED
    assert "art 8" in negotiation.reasons[0]


async def test_a_revoked_paper_opens_nothing(exchange, exporter):
    await exchange.publish("orders", 120_000)
    paper = await exchange.file()
    await exchange.agree()
    await papers.revoke_paper(exporter.context, paper.id, "superseded")
    assert (await exchange.negotiate()).state is NegotiationState.TERMINATED


async def test_a_paper_that_is_revoked_between_agreement_and_finalization_still_stops_it(exchange, exporter, importer):
    await exchange.publish("orders", 120_000)
    paper = await exchange.file()
    asked = await exchange.ask()
    while (await exporter.store.negotiations() or [asked])[0].negotiation.state is not NegotiationState.VERIFIED:
        await importer.step() or await exporter.step()
    await papers.revoke_paper(exporter.context, paper.id, "")
    await exchange.rest()
    ours = await importer.store.negotiation(asked.negotiation.own_pid)
    assert ours.negotiation.state is NegotiationState.TERMINATED
    assert exporter.store._counted == []
    assert await exporter.store.agreements() == await importer.store.agreements() == ()


async def test_every_reason_is_kept_whichever_fails(exporter, question):
    stranger = Participant("did:web:stranger.example", "stranger", "ZZ")
    japan = {"leftOperand": "spatial", "operator": "eq", "rightOperand": "JP"}
    admission = await admit.admit(exporter.context, question(partner=stranger, constraints=[japan], profile={}))
    codes = {reason.code: reason.holds for reason in admission.decision.reasons}
    assert codes["participant"] is Truth.FALSE
    assert codes["terms"] is not Truth.TRUE
    assert codes["border.CN"] is Truth.UNKNOWN
    assert not admission.decision.allowed
    assert len(admission.obstacles) == len(admission.decision.obstacles) >= 3
    assert admission.document["verdict"] == "false"


async def test_the_obstacle_of_the_terms_is_the_innermost_that_a_person_can_change(exporter, question):
    japan = {"leftOperand": "spatial", "operator": "eq", "rightOperand": "JP"}
    admission = await admit.admit(exporter.context, question(constraints=[japan]))
    [obstacle] = admission.obstacles
    assert obstacle.startswith("the terms of the offer do not allow the use: `spatial` eq")


async def test_without_any_permission_the_terms_do_not_allow_the_use(exporter, importer, question):
    body = {"prohibition": [{"action": "use"}]}
    parsed = parse_policy(
        body, kind=PolicyKind.OFFER, target="orders", assigner=exporter.me.id, assignee=importer.me.id
    )
    admission = await admit.admit(exporter.context, question(policy=parsed))
    assert admission.obstacles[0].startswith("the terms of the offer do not allow the use")


async def test_the_same_question_at_the_same_instant_has_the_same_answer(exporter, importer, question):
    gathered = await admit.gather(exporter.context, question())
    first, second = (admit.decide(exporter.context, question(), gathered) for _ in range(2))
    assert first == second
    assert first.assessment.outcome is Outcome.NOT_REGULATED or first.decision.allowed


async def test_a_consumer_asks_no_counter_of_its_own(importer, exporter, question):
    asked = question(partner=exporter.me, role=Role.CONSUMER)
    gathered = await admit.gather(importer.context, asked)
    assert (gathered.queries, gathered.previous, gathered.totals) == ((), {}, {})


async def test_where_nobody_knows_the_country_the_law_of_the_other_side_still_answers(exporter, question):
    stranger = Participant("did:web:stranger.example", "stranger", "ZZ")
    admission = await admit.admit(exporter.context, question(partner=stranger))
    assert "stranger is not on the participant list" in admission.obstacles
