from __future__ import annotations

import pytest

from corridor.base.errors import ConflictError, MalformedError
from corridor.dsp.commands import Closed, Decide, Send
from corridor.dsp.messages import TransferCompletion, TransferRequest, TransferStart
from corridor.dsp.process import Acknowledged, Intend, Received
from corridor.dsp.states import TransferState
from corridor.dsp.transfer import receive_request, step
from corridor.testing.playbook import Playbook

REQUEST = TransferRequest("request", "consumer-pid", "agreement", "HttpData-PULL", "https://consumer.example")
START = TransferStart("start", "provider-pid", "consumer-pid")
COMPLETION = TransferCompletion("completion", "provider-pid", "consumer-pid")


@pytest.fixture
def provider():
    """A provider who has just been asked for data."""
    return Playbook.begin(step, receive_request(REQUEST, own_pid="provider-pid", participant="us", peer="them"))


def test_a_dialogue_that_goes_as_written_is_true(provider):
    assert (
        provider
        << Decide()
        >> Intend(START)
        << Send(START)
        >> Acknowledged("start")
        << Decide()
        >> Received(COMPLETION)
        << Closed()
    )
    assert provider.process.state is TransferState.COMPLETED


def test_an_unexpected_command_is_reported_at_the_next_event(provider):
    with pytest.raises(AssertionError, match="nobody expected << Decide"):
        provider >> Intend(START)


def test_an_unexpected_command_is_reported_at_the_end(provider):
    with pytest.raises(AssertionError, match="nobody expected << Decide"):
        bool(provider)


def test_another_command_than_expected_is_reported_with_what_was_said_before(provider):
    with pytest.raises(AssertionError, match=r"(?s)<< Decide.*>> Intend.*expected << Closed.*heard    << Send"):
        provider << Decide() >> Intend(START) << Closed()


def test_a_missing_command_is_reported(provider):
    with pytest.raises(AssertionError, match="heard    << nothing"):
        provider << Decide() << Decide()


def test_a_refusal_can_be_expected_and_changes_nothing(provider):
    assert (provider << Decide()).refuses(Received(COMPLETION), ConflictError)
    assert provider.process.state is TransferState.REQUESTED


def test_a_refusal_of_another_kind_goes_through(provider):
    with pytest.raises(ConflictError):
        (provider << Decide()).refuses(Received(COMPLETION), MalformedError)


def test_a_refusal_that_does_not_come_is_reported(provider):
    with pytest.raises(AssertionError, match="expected ConflictError"):
        (provider << Decide()).refuses(Intend(START), ConflictError)


def test_a_retransmission_can_be_expected(provider):
    assert (provider << Decide()).repeats(Received(REQUEST))


def test_a_retransmission_that_is_none_is_reported(provider):
    with pytest.raises(AssertionError, match="expected a retransmission"):
        (provider << Decide()).repeats(Intend(START))
