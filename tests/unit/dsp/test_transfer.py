from __future__ import annotations

from dataclasses import replace

import pytest

from corridor.base.errors import ConflictError, LocalError, MalformedError
from corridor.dsp.commands import Cancel, Closed, Decide, Send
from corridor.dsp.messages import DataAddress, Kind, Role
from corridor.dsp.process import Acknowledged, Intend, Received, Undeliverable
from corridor.dsp.states import TransferState
from corridor.dsp.transfer import begin_request, receive_request, step
from corridor.testing.playbook import Playbook

START, COMPLETION = Kind.TRANSFER_START, Kind.TRANSFER_COMPLETION
SUSPENSION, TERMINATION = Kind.TRANSFER_SUSPENSION, Kind.TRANSFER_TERMINATION


@pytest.fixture
def asked(talk):
    """A provider who has been asked for data."""

    def build(**changes):
        request = talk.transfer_request(**changes)
        first = receive_request(request, own_pid=talk.provider_pid, participant=talk.provider, peer=talk.consumer)
        return Playbook.begin(step, first) << Decide()

    return build


@pytest.fixture
def asking(talk):
    """A consumer who asks for data."""

    def build(**changes):
        request = talk.transfer_request(**changes)
        side = {"participant": talk.consumer, "peer": talk.provider, "peer_url": talk.provider_url}
        return Playbook.begin(step, begin_request(request, **side)) << Send(request)

    return build


def test_a_pull_from_request_to_completion_as_the_consumer_sees_it(talk, asking):
    side = asking()
    assert (side.process.role, side.process.peer_url) == (Role.CONSUMER, talk.provider_url)
    assert side.process.reported_state is TransferState.REQUESTED
    assert (
        side
        >> Acknowledged("transfer-1", talk.provider_pid)
        << Decide()
        >> Received(talk.say(START))
        << Decide()
        >> Intend(talk.say(COMPLETION))
        << Send(talk.say(COMPLETION))
        >> Acknowledged(f"some-{COMPLETION}")
        << Closed()
    )
    assert side.process.data_address == talk.data_address()
    assert side.process.state is TransferState.COMPLETED


def test_a_push_from_request_to_completion_as_the_provider_sees_it(talk, asked):
    sink = DataAddress("HttpData", "https://sink.example")
    side = asked(data_address=sink)
    start = replace(talk.say(START), data_address=None)
    assert side.process.peer_url == talk.consumer_url
    assert side >> Intend(start) << Send(start) >> Acknowledged(start.message_id) << Decide()
    assert side.process.data_address == sink, "a start without an address leaves the one of the request"
    assert side >> Received(talk.say(COMPLETION)) << Closed()


def test_the_start_may_come_before_the_answer_to_the_request(talk, asking):
    side = asking() >> Received(talk.say(START)) << Cancel("transfer-1") << Decide()
    assert (side.process.state, side.process.peer_pid) == (TransferState.STARTED, talk.provider_pid)


def test_a_refused_request_ends_the_transfer(asking):
    side = asking() >> Undeliverable("transfer-1", "403", "no such agreement") << Closed()
    assert (side.process.state, side.process.code) == (TransferState.TERMINATED, "403")


@pytest.mark.parametrize("message_id", ["transfer-1", "transfer-of-the-second-attempt"])
def test_a_request_that_comes_again_is_answered_again(talk, asked, message_id):
    side = asked()
    assert side.repeats(Received(talk.transfer_request(message_id)))
    assert side >> Intend(talk.say(START)) << Send(talk.say(START)) >> Acknowledged(f"some-{START}") << Decide()
    assert side.repeats(Received(talk.transfer_request(message_id)))


@pytest.mark.parametrize("changes", [{"format": "HttpData-PUSH"}, {"agreement_id": "urn:agreement:2"}])
def test_another_request_with_the_same_pid_is_refused(talk, asked, changes):
    assert asked().refuses(Received(talk.transfer_request("transfer-2", **changes)), ConflictError)


def test_a_consumer_is_not_asked_for_data(talk):
    side = Playbook(step, talk.transfer(Role.CONSUMER, TransferState.STARTED))
    assert side.refuses(Received(talk.transfer_request()), MalformedError)


def test_a_request_only_begins_a_transfer(talk, asking):
    side = asking() >> Acknowledged("transfer-1", talk.provider_pid) << Decide()
    assert side.refuses(Intend(talk.transfer_request("transfer-2")), LocalError)


def test_either_side_resumes(talk):
    for role in Role:
        side = Playbook(step, talk.transfer(role, TransferState.SUSPENDED))
        assert side >> Intend(talk.say(START)) << Send(talk.say(START)) >> Acknowledged(f"some-{START}") << Decide()
        assert side.process.state is TransferState.STARTED


def test_a_new_start_brings_a_new_address_and_a_consumer_s_start_does_not(talk):
    old, new = DataAddress("HTTP", "https://old.example"), talk.data_address()
    consumer = Playbook(step, talk.transfer(Role.CONSUMER, TransferState.SUSPENDED, data_address=old))
    assert consumer >> Received(talk.say(START)) << Decide()
    assert consumer.process.data_address == new
    provider = Playbook(step, talk.transfer(Role.PROVIDER, TransferState.SUSPENDED, data_address=old))
    assert provider >> Received(talk.say(START)) << Decide()
    assert provider.process.data_address == old


def test_the_reasons_of_a_suspension_are_kept_until_the_transfer_goes_on(talk):
    side = (
        Playbook(step, talk.transfer(Role.CONSUMER, TransferState.STARTED))
        >> Received(talk.say(SUSPENSION))
        << Decide()
    )
    assert (side.process.code, side.process.reasons) == ("late", ("no answer in time",))
    assert side >> Received(talk.say(START)) << Decide()
    assert (side.process.code, side.process.reasons) == (None, ())


@pytest.mark.parametrize("kind", [START, SUSPENSION, COMPLETION, TERMINATION])
def test_after_the_end_everything_is_refused(talk, kind):
    for state in (TransferState.COMPLETED, TransferState.TERMINATED):
        for event in (Received, Intend):
            assert Playbook(step, talk.transfer(Role.CONSUMER, state)).refuses(event(talk.say(kind)), ConflictError)


def test_the_text_of_a_transfer_shows_no_token(talk, asked):
    assert "s3cret" not in repr(asked(data_address=talk.data_address()).process)
