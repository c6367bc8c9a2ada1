"""The rule for races, told with transfers because both sides may send the most there; at the end, all interleavings."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.base.errors import ConflictError, LocalError, MalformedError
from corridor.dsp import negotiation, transfer
from corridor.dsp.commands import Cancel, Closed, Decide, Send
from corridor.dsp.messages import Kind, Role
from corridor.dsp.process import REMEMBERED, Acknowledged, Intend, Received, Undeliverable
from corridor.dsp.states import (
    NEGOTIATION_TABLE,
    TRANSFER_TABLE,
    NegotiationState,
    TransferState,
    legal_kinds,
    successor,
)
from corridor.testing.playbook import Playbook

START, COMPLETION = Kind.TRANSFER_START, Kind.TRANSFER_COMPLETION
SUSPENSION, TERMINATION = Kind.TRANSFER_SUSPENSION, Kind.TRANSFER_TERMINATION
REQUESTED, STARTED, SUSPENDED = TransferState.REQUESTED, TransferState.STARTED, TransferState.SUSPENDED
COMPLETED, TERMINATED = TransferState.COMPLETED, TransferState.TERMINATED


@pytest.fixture
def provider(talk):
    """The provider of a transfer in a given state."""
    return lambda state, **changes: Playbook(transfer.step, talk.transfer(Role.PROVIDER, state, **changes))


@pytest.fixture
def consumer(talk):
    """The consumer of a transfer in a given state."""
    return lambda state, **changes: Playbook(transfer.step, talk.transfer(Role.CONSUMER, state, **changes))


def test_a_state_advances_only_when_the_peer_has_acknowledged(talk, provider):
    side = provider(REQUESTED) >> Intend(talk.say(START, "s"))
    assert side << Send(talk.say(START, "s"))
    assert side.process.state is REQUESTED
    assert side.process.reported_state is STARTED
    assert side >> Acknowledged("s") << Decide()
    assert side.process.state is STARTED
    assert side.process.pending is None


def test_a_final_state_closes_the_process(talk, provider):
    side = provider(STARTED) >> Intend(talk.say(COMPLETION, "c")) << Send(talk.say(COMPLETION, "c"))
    assert not side.process.closed
    assert side >> Acknowledged("c") << Closed()
    assert side.process.closed


def test_a_process_that_has_not_begun_is_not_closed(talk, consumer):
    assert not consumer(None).process.closed


def test_the_answer_to_another_message_says_nothing(talk, provider):
    side = provider(REQUESTED) >> Intend(talk.say(START, "s")) << Send(talk.say(START, "s"))
    before = side.process
    assert side >> Acknowledged("older") >> Undeliverable("older", "gone")
    assert side.process == before


def test_a_late_answer_says_nothing(talk, provider):
    side = provider(STARTED)
    assert side >> Acknowledged("s") >> Undeliverable("s")
    assert side.process.state is STARTED


def test_the_peer_s_next_message_acknowledges_ours_before_its_answer_comes(talk, provider):
    side = provider(REQUESTED) >> Intend(talk.say(START, "s")) << Send(talk.say(START, "s"))
    assert side >> Received(talk.say(SUSPENSION, "x")) << Cancel("s") << Decide() >> Acknowledged("s")
    assert side.process.state is SUSPENDED
    assert side.process.reasons == ("no answer in time",)


def test_a_termination_overtakes_our_message(talk, provider):
    side = provider(REQUESTED) >> Intend(talk.say(START, "s")) << Send(talk.say(START, "s"))
    assert side >> Received(talk.say(TERMINATION, "t")) << Cancel("s") << Closed()
    assert side.process.state is TERMINATED


def test_two_terminations_cross(talk, provider, consumer):
    for side in (provider(STARTED), consumer(STARTED)):
        assert side >> Intend(talk.say(TERMINATION, "ours")) << Send(talk.say(TERMINATION, "ours"))
        assert side >> Received(talk.say(TERMINATION, "theirs")) << Cancel("ours") << Closed()
        assert side.process.state is TERMINATED


def test_a_termination_after_the_end_is_refused(talk, provider):
    assert provider(TERMINATED).refuses(Received(talk.say(TERMINATION)), ConflictError)
    assert provider(COMPLETED).refuses(Received(talk.say(TERMINATION)), ConflictError)


def test_two_suspensions_cross(talk, provider):
    side = provider(STARTED) >> Intend(talk.say(SUSPENSION, "ours")) << Send(talk.say(SUSPENSION, "ours"))
    assert side >> Received(talk.say(SUSPENSION, "theirs")) << Cancel("ours") << Decide()
    assert side.process.state is SUSPENDED


def test_a_completion_beats_the_suspension_that_it_crosses(talk, provider, consumer):
    completing = provider(STARTED) >> Intend(talk.say(COMPLETION, "c")) << Send(talk.say(COMPLETION, "c"))
    suspending = consumer(STARTED) >> Intend(talk.say(SUSPENSION, "s")) << Send(talk.say(SUSPENSION, "s"))
    assert completing >> Received(talk.say(SUSPENSION, "s"))
    assert suspending >> Received(talk.say(COMPLETION, "c")) << Cancel("s") << Closed()
    assert completing >> Acknowledged("c") << Closed()
    assert completing.process.state is suspending.process.state is COMPLETED


def test_a_completion_that_comes_after_the_suspension_was_settled_gives_way(talk, provider):
    side = provider(STARTED) >> Intend(talk.say(COMPLETION, "c")) << Send(talk.say(COMPLETION, "c"))
    assert side >> Received(talk.say(SUSPENSION, "s")) >> Undeliverable("c", "409", "not while suspended") << Decide()
    assert side.process.state is SUSPENDED
    assert side.process.reasons == ("no answer in time",), "the reasons are those of the suspension"


def test_a_completion_gives_way_even_if_the_peer_resumed_before_its_refusal_came(talk, provider):
    side = provider(STARTED) >> Intend(talk.say(COMPLETION, "c")) << Send(talk.say(COMPLETION, "c"))
    assert side >> Received(talk.say(SUSPENSION, "s")) >> Received(talk.say(START, "again"))
    assert side >> Undeliverable("c", "409", "not while suspended") << Decide()
    assert side.process.state is STARTED


def test_a_termination_stays_on_its_way_past_messages_that_change_nothing_for_it(talk, provider):
    side = provider(STARTED) >> Intend(talk.say(TERMINATION, "t")) << Send(talk.say(TERMINATION, "t"))
    assert side >> Received(talk.say(SUSPENSION, "s")) >> Received(talk.say(START, "again"))
    assert side >> Received(talk.say(COMPLETION, "c"))
    assert side.process.reported_state is TERMINATED
    assert side >> Acknowledged("t") << Closed()
    assert (side.process.code, side.process.reasons) == ("late", ("no answer in time",))


def test_a_termination_that_comes_after_the_completion_was_settled_gives_way(talk, provider):
    side = provider(STARTED) >> Intend(talk.say(TERMINATION, "t")) << Send(talk.say(TERMINATION, "t"))
    assert side >> Received(talk.say(COMPLETION, "c")) >> Undeliverable("t", "409") << Closed()
    assert (side.process.state, side.process.code, side.process.reasons) == (COMPLETED, None, ())


def test_a_message_that_is_refused_ends_the_process_with_the_reason(talk, provider):
    side = provider(REQUESTED) >> Intend(talk.say(START, "s")) << Send(talk.say(START, "s"))
    assert side >> Undeliverable("s", "400", "no such transfer") << Closed()
    assert (side.process.state, side.process.code, side.process.reasons) == (TERMINATED, "400", ("no such transfer",))


def test_a_refused_termination_ends_the_process_all_the_same(talk, provider):
    side = provider(STARTED) >> Intend(talk.say(TERMINATION, "t")) << Send(talk.say(TERMINATION, "t"))
    assert side >> Undeliverable("t") << Closed()
    assert (side.process.state, side.process.code, side.process.reasons) == (TERMINATED, None, ())


def test_one_message_at_a_time(talk, provider):
    side = provider(STARTED) >> Intend(talk.say(SUSPENSION, "s")) << Send(talk.say(SUSPENSION, "s"))
    assert side.refuses(Intend(talk.say(COMPLETION, "c")), ConflictError)


def test_only_a_termination_replaces_a_message_on_its_way(talk, provider):
    side = provider(STARTED) >> Intend(talk.say(SUSPENSION, "s")) << Send(talk.say(SUSPENSION, "s"))
    assert side >> Intend(talk.say(TERMINATION, "t")) << Cancel("s") << Send(talk.say(TERMINATION, "t"))
    assert side >> Acknowledged("s") >> Acknowledged("t") << Closed()


def test_a_termination_does_not_replace_a_completion_that_the_peer_may_have_seen(talk, provider):
    side = provider(STARTED) >> Intend(talk.say(COMPLETION, "c")) << Send(talk.say(COMPLETION, "c"))
    assert side.refuses(Intend(talk.say(TERMINATION)), ConflictError)


def test_a_message_that_came_before_changes_nothing_however_late_it_comes_again(talk, consumer):
    side = consumer(REQUESTED) >> Received(talk.say(START, "s")) << Decide()
    assert side.repeats(Received(talk.say(START, "s")))
    assert side >> Received(talk.say(SUSPENSION, "x")) << Decide()
    assert side.repeats(Received(talk.say(START, "s"))), "this would resume the transfer if it were new"
    assert side >> Received(talk.say(TERMINATION, "t")) << Closed()
    assert side.repeats(Received(talk.say(START, "s")))
    assert side.process.last_received == "t"


def test_a_new_message_of_the_same_type_is_no_retransmission(talk, consumer):
    side = consumer(REQUESTED) >> Received(talk.say(START, "s")) << Decide()
    assert side.refuses(Received(talk.say(START, "s2")), ConflictError)


def test_a_message_without_an_id_is_known_by_its_content_until_it_can_be_meant_anew(talk, provider):
    unnamed = talk.say(START, "sha-256:0")
    side = provider(SUSPENDED) >> Received(unnamed) << Decide()
    assert side.repeats(Received(unnamed))
    assert side >> Intend(talk.say(SUSPENSION, "x")) << Send(talk.say(SUSPENSION, "x"))
    assert side.repeats(Received(unnamed)), "the peer has not acknowledged our suspension: it cannot resume"
    assert side >> Acknowledged("x") << Decide() >> Received(unnamed) << Decide()
    assert side.process.state is STARTED


def test_memory_of_ids_is_bounded(talk, provider):
    side = provider(STARTED)
    for turn in range(2 * REMEMBERED):
        kind = (SUSPENSION, START)[turn % 2]
        assert side >> Received(talk.say(kind, f"m{turn}")) << Decide()
    assert len(side.process.received) == REMEMBERED
    assert side.process.last_received == f"m{2 * REMEMBERED - 1}"


@pytest.mark.parametrize("member", ["provider_pid", "consumer_pid"])
def test_a_received_message_of_another_process_is_refused_with_the_member_that_is_wrong(talk, provider, member):
    stray = replace(talk.say(SUSPENSION), **{member: "urn:uuid:another"})
    with pytest.raises(MalformedError) as caught:
        transfer.step(provider(STARTED).process, Received(stray))
    assert caught.value.place == ("$.providerPid" if member == "provider_pid" else "$.consumerPid")


@pytest.mark.parametrize("member", ["provider_pid", "consumer_pid"])
def test_a_message_of_ours_for_another_process_is_our_fault(talk, provider, member):
    stray = replace(talk.say(SUSPENSION), **{member: "urn:uuid:another"})
    assert provider(STARTED).refuses(Intend(stray), LocalError)


def test_a_refusal_says_who_sent_what_in_which_state_and_what_is_possible(talk, provider):
    with pytest.raises(
        ConflictError, match="the consumer cannot send TransferSuspensionMessage in state REQUESTED"
    ) as c:
        transfer.step(provider(REQUESTED).process, Received(talk.say(SUSPENSION)))
    assert c.value.remedy == "in this state it may send TransferTerminationMessage"
    assert c.value.code == "illegal_transition"
    with pytest.raises(ConflictError, match="it may send nothing"):
        transfer.step(provider(COMPLETED).process, Received(talk.say(SUSPENSION)))


def test_who_provides_and_who_consumes_does_not_depend_on_the_side(talk):
    for role in Role:
        process = talk.transfer(role, STARTED)
        assert (process.provider, process.consumer) == (talk.provider, talk.consumer)
        assert (process.provider_pid, process.consumer_pid) == (talk.provider_pid, talk.consumer_pid)


def test_a_process_that_heard_nothing_has_no_last_message(talk):
    assert talk.transfer(Role.PROVIDER, STARTED).last_received is None


MACHINES = [
    (NEGOTIATION_TABLE, NegotiationState, negotiation.step, "negotiation"),
    (TRANSFER_TABLE, TransferState, transfer.step, "transfer"),
]


@pytest.mark.parametrize(("table", "states", "step", "name"), MACHINES)
def test_a_machine_does_what_the_table_says_for_every_state_message_and_sender(talk, table, states, step, name):
    kinds = {kind for _, kind, _ in table} - {Kind.TRANSFER_REQUEST}
    for state, kind, role, event in itertools.product(states, kinds, Role, (Received, Intend)):
        process = getattr(talk, name)(role, state)
        sender = role if event is Intend else role.other
        expected = successor(table, state, kind, sender)
        try:
            outcome = step(process, event(talk.say(kind, "m"))).process
        except ConflictError:
            assert expected is None, (state, kind, sender)
        else:
            assert (outcome.pending.state if event is Intend else outcome.state) is expected, (state, kind, sender)


@pytest.mark.parametrize(("table", "states", "step", "name"), MACHINES)
def test_a_machine_understands_no_other_event(talk, table, states, step, name):
    with pytest.raises(AssertionError):
        step(getattr(talk, name)(Role.PROVIDER, states.REQUESTED), "hello")


# Two machines talk through a channel that loses, repeats and reorders; each message is sent again until it is answered.


@dataclass
class Party:
    """A machine with the messages that it keeps sending."""

    role: Role
    step: object
    table: object
    process: object = None
    outbox: dict = field(default_factory=dict)

    def feed(self, event):
        self.carry_out(self.step(self.process, event))

    def carry_out(self, outcome):
        self.process = outcome.process
        for command in outcome.commands:
            if isinstance(command, Send):
                self.outbox[command.message.message_id] = command.message
            elif isinstance(command, Cancel):
                self.outbox.pop(command.message_id, None)

    def settled(self, answer):
        self.outbox.pop(answer.message_id, None)
        self.feed(answer)


class Channel:
    """What is under way between two parties, and what chance may do with it.

    A sender makes one attempt at a time. Attempts and answers get lost, and overtake those of other messages; a message
    that was taken can come again at any time later. What is cancelled is not under way any more.
    """

    def __init__(self, talk, kind, *, peaceful=False):
        self.talk, self.kind, self.peaceful, self.count = talk, kind, peaceful, 0
        self.flying, self.taken = [], []
        table, _, step, _ = MACHINES[0 if kind == "negotiation" else 1]
        self.parties = {role: Party(role, step, table) for role in Role}
        self.begin()

    def begin(self):
        talk, consumer = self.talk, self.parties[Role.CONSUMER]
        side = {"participant": talk.consumer, "peer": talk.provider, "peer_url": talk.provider_url}
        if self.kind == "negotiation":
            consumer.carry_out(negotiation.begin_request(talk.first_request(), **side))
        else:
            consumer.carry_out(transfer.begin_request(talk.transfer_request(), **side))

    def actions(self):
        """Everything that can happen now; which one does is up to chance."""
        for party in self.parties.values():
            if party.process is not None:
                kinds = legal_kinds(party.table, party.process.state, party.role)
                kinds = [kind for kind in kinds if not (self.peaceful and kind.terminates)]
                yield from (lambda party=party, kind=kind: self.intend(party, kind) for kind in kinds)
            grounded = [m for m in party.outbox.values() if not self.in_flight(m.message_id)]
            yield from (lambda role=party.role, m=m: self.fly(role, m) for m in grounded)
        for index in range(len(self.flying)):
            yield lambda index=index: self.land(self.flying.pop(index))
            yield lambda index=index: self.flying.pop(index)
        for flight in self.taken:
            yield lambda flight=flight: self.land(flight)

    def intend(self, party, kind):
        self.count += 1
        try:
            party.feed(Intend(self.talk.say(kind, f"{party.role}-{self.count}")))
        except ConflictError:
            assert party.process.pending is not None or party.process.peer_pid is None

    def in_flight(self, message_id):
        """Whether an attempt to deliver the message, or its answer, is still under way."""
        return any(load.message_id == message_id for _, _, load in self.flying)

    def fly(self, sender, message):
        self.flying.append((sender, "message", message))

    def land(self, flight):
        sender, what, load = flight
        if what == "message" and (flight in self.taken or load.message_id in self.parties[sender].outbox):
            answer = self.deliver(self.parties[sender.other], load)
            self.flying.append((sender, "answer", answer))
            if isinstance(answer, Acknowledged):
                self.taken.append(flight)
        elif what == "answer":
            self.parties[sender].settled(load)

    def deliver(self, receiver, message):
        pid = self.talk.provider_pid if receiver.role is Role.PROVIDER else self.talk.consumer_pid
        try:
            if receiver.process is None:
                receiver.carry_out(self.first(message))
            else:
                receiver.feed(Received(message))
        except ConflictError:
            return Undeliverable(message.message_id, "409", "not now")
        return Acknowledged(message.message_id, pid)

    def first(self, message):
        talk = self.talk
        module = negotiation if self.kind == "negotiation" else transfer
        return module.receive_request(message, own_pid=talk.provider_pid, participant=talk.provider, peer=talk.consumer)

    def drain(self):
        """The channel recovers: whatever flies lands, and every message is sent until it is answered."""
        for _ in range(200):
            while self.flying:
                self.land(self.flying.pop(0))
            waiting = [(party.role, m) for party in self.parties.values() for m in party.outbox.values()]
            if not waiting:
                return
            self.fly(*waiting[0])
        raise AssertionError("the two never come to rest")


@pytest.mark.parametrize("kind", ["negotiation", "transfer"])
@settings(max_examples=300, deadline=None)
@given(chances=st.lists(st.integers(0, 2**16), max_size=50), peaceful=st.booleans())
def test_whatever_the_channel_does_both_sides_end_in_the_same_state(talk, kind, chances, peaceful):
    channel = Channel(talk, kind, peaceful=peaceful)
    for chance in chances:
        actions = list(channel.actions())
        if actions:
            actions[chance % len(actions)]()
    channel.drain()
    consumer, provider = (channel.parties[role].process for role in (Role.CONSUMER, Role.PROVIDER))
    assert consumer.pending is provider.pending is None
    assert consumer.state is provider.state
