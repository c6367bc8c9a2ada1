from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from corridor.base.errors import ConflictError, MalformedError, NotFoundError
from corridor.dsp.messages import Role
from corridor.dsp.states import NegotiationState
from corridor.service import desk, negotiate
from corridor.service.desk import Accept, Agree, Counter, Do, Finalize, Postpone, Refuse, Rule, Verify, Wait
from corridor.service.negotiation_turn import is_ours
from corridor.testing.counterpart import Fault

N = NegotiationState
USE = {"permission": [{"action": "use"}]}
GERMANY = {"leftOperand": "spatial", "operator": "eq", "rightOperand": "https://www.iso.org/obp/ui/#iso:code:3166:DE"}
IN_GERMANY = {"permission": [{"action": "use", "constraint": [GERMANY]}]}


class Hook:
    """A desk that a test writes down as state -> move, and that remembers what it was asked."""

    def __init__(self, member, moves=None, **by_state):
        self.asked = []
        self._moves = {N(state): move for state, move in by_state.items()} | (moves or {})
        member.context = replace(member.context, desk=self)

    async def __call__(self, situation):
        self.asked.append(situation)
        move = self._moves.get((situation.state, len(situation.offers))) or self._moves.get(situation.state)
        return move or desk.Proceed()


def rules(member, *them):
    member.context = replace(member.context, desk=desk.desk_of(them))


async def of(member, asked):
    """The negotiation as `member` has it."""
    mine = await member.store.negotiation(asked.negotiation.own_pid)
    return mine or await member.store.negotiation_by_peer(asked.negotiation.participant, asked.negotiation.own_pid)


async def begun(exchange, dataset="orders", **published):
    """A negotiation of the importer's that has come to rest."""
    await exchange.publish(dataset, **published)
    asked = await exchange.ask(dataset)
    await exchange.rest()
    return asked


async def proposed(exchange, **options):
    """The exporter's offer, unasked."""
    await exchange.publish()
    consumer = await exchange.network.peer(exchange.importer.me.id)
    made = await negotiate.offer(exchange.exporter.context, consumer, "orders", **options)
    await exchange.rest()
    return made


async def test_a_desk_is_asked_at_every_turn_also_when_the_node_would_wait(exchange, exporter, importer):
    provider, consumer = Hook(exporter), Hook(importer)
    await begun(exchange)
    assert [(one.state, desk.name_of(one.proposal)) for one in provider.asked] == [
        (N.REQUESTED, "agree"),
        (N.AGREED, "wait"),
        (N.VERIFIED, "finalize"),
    ]
    assert [(one.state, desk.name_of(one.proposal)) for one in consumer.asked] == [
        (N.REQUESTED, "wait"),
        (N.AGREED, "verify"),
        (N.VERIFIED, "wait"),
    ]
    first = provider.asked[0]
    assert (first.partner, first.dataset, first.role.value) == (importer.me.id, "orders", "provider")
    assert first.decision.allowed
    assert [version.by for version in first.offers] == [importer.me.id]


async def test_a_hook_can_haggle_and_every_version_stays(exchange, exporter, importer):
    Hook(exporter, {(N.REQUESTED, 1): Counter(IN_GERMANY, "dear")})
    Hook(importer, OFFERED=Counter(USE, "cheap"))
    asked = await begun(exchange)
    ours, theirs = await of(importer, asked), await of(exporter, asked)
    made = [(version.offer.id, version.offer.body, version.by) for version in ours.offers]
    assert made == [
        ("offer", USE, importer.me.id),
        ("dear", IN_GERMANY, exporter.me.id),
        ("cheap", USE, importer.me.id),
    ]
    assert [(one.offer.id, one.by) for one in theirs.offers] == [(name, by) for name, _, by in made]
    # The last request is none of the exporter's offers.
    assert (ours.negotiation.state, ours.negotiation.code) == (N.TERMINATED, "offer")


async def test_an_offer_that_we_made_ourselves_is_ours_to_agree_to(exchange, exporter, importer):
    Hook(exporter, {(N.REQUESTED, 1): Counter(IN_GERMANY, "dear")})
    rules(importer, Rule(Do.AUTOMATIC))
    asked = await begun(exchange)
    ours = await of(importer, asked)
    assert ours.negotiation.state is N.FINALIZED
    assert ours.negotiation.agreement.body["permission"] == IN_GERMANY["permission"]


@pytest.mark.parametrize("state", ["REQUESTED", "ACCEPTED", "VERIFIED", "AGREED"])
async def test_a_hook_can_end_it_in_any_state_and_the_reason_arrives(exchange, exporter, importer, state):
    moves = {state: Refuse("mine", ("changed my mind",))}
    Hook(exporter, **moves)
    rules(importer, Rule(Do.AUTOMATIC))
    asked = await begun(exchange) if state != "ACCEPTED" else await proposed(exchange)
    for member in (exporter, importer):
        (record,) = await member.store.negotiations()
        assert (record.negotiation.state, record.negotiation.reasons) == (N.TERMINATED, ("changed my mind",)), asked


async def test_a_hook_can_take_back_its_own_offer_unasked(exchange, exporter, importer):
    Hook(exporter, REQUESTED=Counter(IN_GERMANY), OFFERED=Refuse("mine", ("sold",)))
    asked = await begun(exchange)
    assert (await of(importer, asked)).negotiation.reasons == ("sold",)


class Nobody:
    """A participant list that has been emptied."""

    def find(self, _):
        return None

    def all(self):
        return ()


@pytest.mark.parametrize(
    ("move", "state", "last"),
    [(Agree(), "REQUESTED", "request"), (Verify(), "AGREED", "agreement"), (Finalize(), "VERIFIED", "verification")],
)
async def test_no_move_leads_past_the_law(exchange, exporter, importer, move, state, last):
    member = importer if state == "AGREED" else exporter
    hook = Hook(member, **{state: move})

    def struck_off(_sender, _method, url):
        if url.endswith(last):
            member.context = replace(member.context, participants=Nobody())
        return Fault()

    exchange.network.weather = struck_off
    asked = await begun(exchange)
    end = (await of(exporter, asked)).negotiation
    assert (end.state, end.code) == (N.TERMINATED, "participant")
    assert isinstance(next(one for one in hook.asked if one.state == state).proposal, Refuse)


async def test_no_move_leads_past_terms_that_are_not_ours(exchange, exporter, importer):
    Hook(exporter, REQUESTED=Agree())
    await exchange.publish("orders", None, GERMANY)
    found = await exchange.ask()
    looser = replace(found.negotiation.offer, body=USE)
    peer = await exchange.network.peer(exporter.me.id)
    asked = await negotiate.request(importer.context, peer, "orders", looser, {})
    await exchange.rest()
    assert (await of(importer, asked)).negotiation.code == "offer"


@pytest.mark.parametrize("move", [Finalize(), Accept(), Verify(), desk.Start(), Counter({"permission": []})])
async def test_what_cannot_be_said_is_held_for_a_person(exchange, exporter, importer, move):
    Hook(exporter, REQUESTED=move)
    asked = await begun(exchange)
    held = (await of(exporter, asked)).held
    assert held.move == "agree"
    assert "cannot be" in held.reason or "is not ours to say in state REQUESTED" in held.reason
    await negotiate.approve(exporter.context, (await of(exporter, asked)).negotiation.own_pid)
    await exchange.rest()
    assert (await of(importer, asked)).negotiation.state is N.FINALIZED


async def test_a_hook_that_breaks_loses_nothing(exchange, exporter, importer):
    async def broken(_):
        raise KeyError("oops")

    exporter.context = replace(exporter.context, desk=broken)
    asked = await begun(exchange)
    assert "the decision hook failed" in (await of(exporter, asked)).held.reason


async def test_a_decision_can_be_put_off(exchange, network, exporter, importer):
    now = network.clock.now()
    moves = iter([Postpone(timedelta(hours=3)), Postpone(timedelta(0))])

    async def later(situation):
        return next(moves, desk.Proceed())

    exporter.context = replace(exporter.context, desk=later)
    asked = await begun(exchange)
    assert (await of(importer, asked)).negotiation.state is N.FINALIZED
    assert network.clock.now() - now == timedelta(hours=3, milliseconds=100)


async def test_a_hook_can_leave_it_to_the_partner(exchange, exporter, importer):
    Hook(exporter, REQUESTED=Wait())
    asked = await begun(exchange)
    theirs = await of(exporter, asked)
    assert (theirs.negotiation.state, theirs.held) == (N.REQUESTED, None)


async def test_one_yes_covers_the_same_terms_to_the_end(exchange, exporter, importer):
    rules(exporter, Rule(Do.HOLD, reason="ask legal"))
    asked = await begun(exchange)
    theirs = await of(exporter, asked)
    assert (theirs.held.move, theirs.held.reason) == ("agree", "ask legal")
    assert theirs.decision["verdict"] == "true"
    assert [one.negotiation.own_pid for one in await exporter.store.negotiations_held()] == [theirs.negotiation.own_pid]
    approved = await negotiate.approve(exporter.context, theirs.negotiation.own_pid)
    assert approved.held is None
    await exchange.rest()
    assert (await of(importer, asked)).negotiation.state is N.FINALIZED
    assert await exporter.store.negotiations_held() == ()


async def test_a_yes_to_other_terms_does_not_count(exchange, exporter, importer):
    rules(exporter, Rule(Do.HOLD))
    made = await proposed(exchange)
    theirs = await importer.store.negotiation_by_peer(exporter.me.id, made.negotiation.own_pid)
    await negotiate.counter(importer.context, theirs.negotiation.own_pid, IN_GERMANY)
    await exchange.rest()
    assert (await exporter.store.negotiation(made.negotiation.own_pid)).held.move == "agree"
    await negotiate.counter(exporter.context, made.negotiation.own_pid, USE)
    await exchange.rest()
    await negotiate.approve(importer.context, theirs.negotiation.own_pid)
    await exchange.rest()
    ours = await exporter.store.negotiation(made.negotiation.own_pid)
    assert (ours.negotiation.state, ours.held.move, len(ours.offers)) == (N.ACCEPTED, "agree", 3)


async def test_a_no_ends_it_with_its_reason(exchange, exporter, importer):
    rules(exporter, Rule(Do.HOLD))
    asked = await begun(exchange)
    theirs = await of(exporter, asked)
    await negotiate.refuse(exporter.context, theirs.negotiation.own_pid, "not before the audit")
    await exchange.rest()
    ours = (await of(importer, asked)).negotiation
    assert (ours.state, ours.code, ours.reasons) == (N.TERMINATED, "person", ("not before the audit",))
    assert (await of(exporter, asked)).held is None


async def test_a_yes_does_not_lead_past_the_law(exchange, exporter, importer):
    rules(exporter, Rule(Do.HOLD))
    await exchange.publish("orders", 200_000)
    asked = await exchange.ask()
    await exchange.rest()
    theirs = await of(exporter, asked)
    assert theirs.held.move == "refuse"
    await negotiate.approve(exporter.context, theirs.negotiation.own_pid)
    await exchange.rest()
    assert (await of(importer, asked)).negotiation.state is N.TERMINATED


async def test_a_consumer_can_ask_to_be_asked(exchange, importer):
    await exchange.publish()
    found = await exchange.ask()
    peer = await exchange.network.peer(exchange.exporter.me.id)
    offer, profile = found.negotiation.offer, found.profile
    asked = await negotiate.request(importer.context, peer, "orders", offer, profile, attended=True)
    await exchange.rest()
    ours = await of(importer, asked)
    assert (ours.negotiation.state, ours.held.move) == (N.AGREED, "verify")
    await negotiate.approve(importer.context, ours.negotiation.own_pid)
    await exchange.rest()
    assert (await of(importer, asked)).negotiation.state is N.FINALIZED


async def test_nothing_waits_where_nobody_asked(exchange, importer):
    asked = await begun(exchange)
    for act in (negotiate.approve(importer.context, asked.negotiation.own_pid), _refused(importer, asked)):
        with pytest.raises(ConflictError, match="nothing waits for a person"):
            await act
    with pytest.raises(NotFoundError):
        await negotiate.approve(importer.context, "urn:none")


def _refused(member, asked):
    return negotiate.refuse(member.context, asked.negotiation.own_pid, "")


async def test_a_held_step_is_overtaken_by_what_the_partner_does(exchange, exporter, importer):
    rules(exporter, Rule(Do.HOLD))
    asked = await begun(exchange)
    await negotiate.terminate(importer.context, asked.negotiation.own_pid, "never mind")
    await exchange.rest()
    theirs = await of(exporter, asked)
    assert (theirs.negotiation.state, theirs.held) == (N.TERMINATED, None)


async def test_an_offer_unasked_waits_for_a_person_and_is_decided_on_the_providers_facts(exchange, importer):
    made = await proposed(exchange)
    (theirs,) = await importer.store.negotiations_held()
    assert (theirs.negotiation.state, theirs.held.move) == (N.OFFERED, "accept")
    assert theirs.profile == made.profile
    assert theirs.decision["verdict"] == "true"
    await negotiate.approve(importer.context, theirs.negotiation.own_pid)
    await exchange.rest()
    (agreement,) = await importer.store.agreements()
    (same,) = await exchange.exporter.store.agreements()
    assert agreement.agreement == same.agreement


async def test_an_offer_unasked_can_have_terms_of_its_own(exchange, importer):
    await proposed(exchange, terms=IN_GERMANY)
    (theirs,) = await importer.store.negotiations_held()
    await negotiate.accept(importer.context, theirs.negotiation.own_pid)
    await exchange.rest()
    (agreement,) = await importer.store.agreements()
    assert agreement.agreement.body["permission"] == IN_GERMANY["permission"]


async def test_an_offer_that_nobody_can_keep_is_refused(exchange, exporter, importer):
    strange = {"permission": [{"action": "use", "constraint": [{**GERMANY, "leftOperand": "urn:unheard:of"}]}]}
    await exchange.publish()
    consumer = await exchange.network.peer(importer.me.id)
    with pytest.raises(MalformedError):
        await negotiate.offer(exporter.context, consumer, "orders", terms=strange)
    made = await negotiate.offer(exporter.context, consumer, "orders")
    task = (await exporter.store.tasks())[0]
    unheard = replace(task.message, offer=replace(task.message.offer, body=strange))
    await negotiate.receive(importer.context, exporter.me, unheard, None)
    await importer.step()
    (theirs,) = await importer.store.negotiations()
    assert theirs.negotiation.peer_pid == made.negotiation.own_pid
    assert (theirs.negotiation.pending.kind.terminates, theirs.negotiation.pending.code) == (True, "offer")


async def test_what_is_not_on_offer_cannot_be_proposed(exchange, exporter, importer):
    consumer = await exchange.network.peer(importer.me.id)
    two = [{"id": "one", **USE}, {"id": "two", **USE}]
    await exchange.publish("orders", offers=two)
    for dataset, offer, why in (
        ("nothing", None, "no such dataset"),
        ("orders", "three", "no such offer"),
        ("orders", None, "several offers"),
    ):
        with pytest.raises(NotFoundError, match=why):
            await negotiate.offer(exporter.context, consumer, dataset, offer)
    made = await negotiate.offer(exporter.context, consumer, "orders", "two", attended=True)
    assert (made.negotiation.offer.id, made.attended) == ("two", True)


async def test_terms_are_offered_only_where_it_is_our_turn(exchange, exporter, importer):
    asked = await begun(exchange)
    with pytest.raises(ConflictError):
        await negotiate.counter(importer.context, asked.negotiation.own_pid, USE)
    fresh = await exchange.ask()
    with pytest.raises(ConflictError, match="has not answered yet"):
        await negotiate.counter(importer.context, fresh.negotiation.own_pid, USE)


async def test_haggling_ends(exchange, exporter, importer, monkeypatch):
    monkeypatch.setattr(negotiate, "MOST_OFFERS", 4)
    Hook(exporter, REQUESTED=Counter(IN_GERMANY))
    Hook(importer, OFFERED=Counter(USE))
    asked = await begun(exchange)
    ours = await of(importer, asked)
    assert ours.negotiation.state is N.TERMINATED
    assert "there were 4 offers already" in ours.negotiation.reasons[0]


async def test_a_reaction_takes_its_time_also_after_an_answer(exchange, network, exporter, importer):
    exporter.context = replace(
        exporter.context, patience=replace(exporter.context.patience, reaction=timedelta(seconds=1))
    )
    Hook(exporter, REQUESTED=Counter(IN_GERMANY), OFFERED=Refuse("mine"))
    began = network.clock.now()
    asked = await begun(exchange)
    assert (await of(importer, asked)).negotiation.state is N.TERMINATED
    assert network.clock.now() - began == timedelta(seconds=2)


async def test_a_hook_is_asked_on_the_partners_turn_too_and_only_there_is_told_to_wait(exchange, exporter, importer):
    hooks = Hook(exporter), Hook(importer)
    asked = await begun(exchange)
    ours = (await of(importer, asked)).negotiation
    turns = [(one.role, one.state, desk.name_of(one.proposal)) for hook in hooks for one in hook.asked]
    assert {(Role.PROVIDER, N.AGREED, "wait"), (Role.CONSUMER, N.VERIFIED, "wait")} < set(turns)
    for role, state, proposal in turns:
        assert is_ours(replace(ours, role=role, state=state)) is (proposal != "wait")


@pytest.mark.parametrize("them", [(), (Rule(Do.AUTOMATIC), Rule(Do.HOLD))])
async def test_without_a_hook_the_partners_turn_is_no_work(exchange, importer, them):
    rules(importer, *them)
    await exchange.publish()
    asked = await exchange.ask()
    await importer.step()
    ours = (await of(importer, asked)).negotiation
    assert (ours.state, is_ours(ours), await importer.store.tasks()) == (N.REQUESTED, False, ())
    await exchange.rest()
    assert (await of(importer, asked)).negotiation.state is N.FINALIZED
