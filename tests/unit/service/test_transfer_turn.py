from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from corridor.base.errors import ConflictError
from corridor.dsp.states import TransferState
from corridor.service import desk, transfer, transfer_turn
from corridor.service.desk import Complete, Counter, Do, Hold, Postpone, ProcessKind, Refuse, Rule, Start, Suspend, Wait

T = TransferState


class Hook:
    """A desk that a test writes down as state -> moves, one after the other."""

    def __init__(self, member, **by_state):
        self.asked = []
        self._moves = {T(state): iter(moves) for state, moves in by_state.items()}
        member.context = replace(member.context, desk=self)

    async def __call__(self, situation):
        if situation.kind is ProcessKind.NEGOTIATION:
            return desk.Proceed()
        self.asked.append(situation)
        return next(self._moves.get(situation.state, iter(())), desk.Proceed())


async def states_of(events_of, member):
    return [event["state"] for event in await events_of(member, "transfer.changed")]


async def test_a_desk_is_asked_at_every_turn(exchange, exporter, importer):
    provider, consumer = Hook(exporter), Hook(importer)
    await exchange.publish()
    done = await exchange.transfer(await exchange.agree())
    assert done.transfer.state is T.COMPLETED
    assert [(one.state, desk.name_of(one.proposal)) for one in provider.asked] == [
        (T.REQUESTED, "start"),
        (T.STARTED, "wait"),
    ]
    assert [desk.name_of(one.proposal) for one in consumer.asked] == ["wait", "fetch", "complete"]
    assert provider.asked[0].agreement == done.transfer.agreement_id
    assert provider.asked[0].decision.allowed


async def test_without_a_hook_the_providers_turn_is_no_work_for_the_consumer(exchange, exporter, importer):
    await exchange.publish()
    asked = await transfer.request(importer.context, await exchange.agree(), fetch=False)
    await importer.step()
    assert await importer.store.tasks() == ()
    await exchange.rest()
    found = await importer.store.transfer(asked.transfer.own_pid)
    assert (found.transfer.state, transfer_turn.is_ours(found)) == (T.STARTED, False)
    assert transfer_turn.is_ours(replace(found, fetch=True))
    assert not transfer_turn.is_ours(replace(found, fetch=True, push=True))


@pytest.mark.parametrize(
    ("moves", "states"),
    [
        ({"STARTED": [Refuse("mine")]}, ["REQUESTED", "STARTED", "TERMINATED"]),
        ({"STARTED": [Complete()]}, ["REQUESTED", "STARTED", "COMPLETED"]),
        ({"STARTED": [Suspend()], "SUSPENDED": [Refuse("mine")]}, ["REQUESTED", "STARTED", "SUSPENDED", "TERMINATED"]),
        (
            {"STARTED": [Suspend(), Complete()], "SUSPENDED": [Start()]},
            ["REQUESTED", "STARTED", "SUSPENDED", "STARTED", "COMPLETED"],
        ),
        ({"REQUESTED": [Refuse("mine", ("no",))]}, ["REQUESTED", "TERMINATED"]),
        ({"REQUESTED": [Wait()]}, ["REQUESTED"]),
        ({"REQUESTED": [Postpone(timedelta(hours=1))]}, ["REQUESTED", "STARTED"]),
    ],
)
async def test_a_provider_can_say_whatever_the_protocol_allows(exchange, exporter, importer, events_of, moves, states):
    Hook(exporter, **moves)
    await exchange.running()
    assert await states_of(events_of, importer) == states
    assert await states_of(events_of, exporter) == states


async def test_a_consumer_can_suspend_and_resume(exchange, exporter, importer, events_of):
    Hook(importer, STARTED=[Suspend("lunch", ("back soon",))], SUSPENDED=[Start()])
    await exchange.running()
    states = await states_of(events_of, importer)
    # The provider renews the token: it suspends and starts once more.
    assert states == ["REQUESTED", "STARTED", "SUSPENDED", "STARTED", "SUSPENDED", "STARTED"]


async def test_no_start_leads_past_the_agreement(exchange, exporter, importer):
    await exchange.publish()
    agreement = await exchange.agree()
    Hook(exporter, REQUESTED=[Start()])
    held = await exporter.store.agreement(agreement)
    exporter.context = replace(exporter.context, participants=Nobody())
    record = await exchange.transfer(agreement)
    assert held is not None
    assert (record.transfer.state, record.transfer.code) == (T.TERMINATED, "terms")


class Nobody:
    """A participant list that has been emptied."""

    def find(self, _):
        return None

    def all(self):
        return ()


@pytest.mark.parametrize("move", [Complete(), Suspend(), Counter({}), desk.Agree(), desk.Fetch(), Hold("ask legal")])
async def test_what_cannot_be_said_is_held_and_can_be_approved(exchange, exporter, importer, move):
    Hook(exporter, REQUESTED=[move])
    record = await exchange.running()
    theirs = await exchange.theirs(record)
    assert (theirs.held.move, theirs.transfer.state) == ("start", T.REQUESTED)
    assert [one.transfer.own_pid for one in await exporter.store.transfers_held()] == [theirs.transfer.own_pid]
    approved = await transfer.approve(exporter.context, theirs.transfer.own_pid)
    assert approved.held is None
    await exchange.rest()
    assert (await importer.store.transfer(record.transfer.own_pid)).transfer.state is T.STARTED


async def test_a_no_ends_it_with_its_reason(exchange, exporter, importer):
    rule = Rule(Do.HOLD, ProcessKind.TRANSFER, reason="ask legal")
    exporter.context = replace(exporter.context, desk=desk.desk_of((rule,)))
    record = await exchange.running()
    theirs = await exchange.theirs(record)
    await transfer.refuse(exporter.context, theirs.transfer.own_pid, "not this month")
    await exchange.rest()
    ours = (await importer.store.transfer(record.transfer.own_pid)).transfer
    assert (ours.state, ours.reasons) == (T.TERMINATED, ("not this month",))
    with pytest.raises(ConflictError, match="nothing waits"):
        await transfer.approve(exporter.context, theirs.transfer.own_pid)


async def test_only_what_is_suspended_is_resumed(exchange, exporter):
    Hook(exporter, REQUESTED=[Hold("ask legal")])
    held = await exchange.theirs(await exchange.running())
    with pytest.raises(ConflictError, match="has not started yet"):
        await transfer.resume(exporter.context, held.transfer.own_pid)
    record = await exchange.running()
    for pid, member in ((record.transfer.own_pid, exchange.importer), (record.transfer.peer_pid, exporter)):
        with pytest.raises(ConflictError):
            await transfer.resume(member.context, pid)
