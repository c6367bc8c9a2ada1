from __future__ import annotations

import dataclasses

import pytest

from corridor.dsp.messages import DataAddress, EventType, Kind, NegotiationEvent, Role, pid_of


def test_the_other_side_of_a_provider_is_a_consumer():
    assert Role.PROVIDER.other is Role.CONSUMER
    assert Role.CONSUMER.other is Role.PROVIDER


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_message_knows_its_kind(talk, kind):
    assert talk.say(kind).kind is kind


def test_an_event_is_of_one_of_two_kinds_by_its_event_type(talk):
    accepted = NegotiationEvent("m", talk.provider_pid, talk.consumer_pid, EventType.ACCEPTED)
    assert accepted.kind is Kind.ACCEPTED
    assert dataclasses.replace(accepted, event=EventType.FINALIZED).kind is Kind.FINALIZED


def test_only_terminations_terminate():
    terminating = {kind for kind in Kind if kind.terminates}
    assert terminating == {Kind.NEGOTIATION_TERMINATION, Kind.TRANSFER_TERMINATION}


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.TRANSFER_REQUEST])
def test_a_message_inside_a_process_names_both_sides(talk, kind):
    message = talk.say(kind)
    assert pid_of(message, Role.PROVIDER) == talk.provider_pid
    assert pid_of(message, Role.CONSUMER) == talk.consumer_pid


def test_a_first_message_does_not_name_its_receiver(talk):
    assert pid_of(talk.first_request(), Role.PROVIDER) is None
    assert pid_of(talk.first_offer(), Role.CONSUMER) is None
    assert pid_of(talk.transfer_request(), Role.PROVIDER) is None
    assert pid_of(talk.transfer_request(), Role.CONSUMER) == talk.consumer_pid


def test_the_text_of_a_data_address_shows_no_token():
    address = DataAddress("HTTP", "https://data.example/?sig=s3cret", (("authorization", "Bearer s3cret"),))
    assert "s3cret" not in repr(address)
    assert "s3cret" not in f"{address}"


def test_a_property_of_a_data_address_is_found_by_its_name(talk):
    assert talk.data_address().property("authorization") == "s3cret"
    assert talk.data_address().property("authType") is None


def test_messages_cannot_be_changed(talk):
    with pytest.raises(dataclasses.FrozenInstanceError):
        talk.first_request().callback = "https://evil.example"
