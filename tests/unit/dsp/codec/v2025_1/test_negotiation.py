from __future__ import annotations

import pytest

from corridor.base.errors import LocalError, MalformedError
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1 import negotiation
from corridor.dsp.codec.v2025_1.reader import Node
from corridor.dsp.messages import EventType

LIMITS = CodecLimits()
OFFER = {"@id": "o", "@type": "Offer", "target": "d", "permission": [{"action": "use"}]}
PIDS = {"providerPid": "p", "consumerPid": "c"}


def node(**members):
    return Node({"@id": "m", **members}, "$", LIMITS)


def fault(call):
    with pytest.raises(MalformedError) as caught:
        call()
    return caught.value.place


def test_a_first_request_has_a_callback_address():
    request = negotiation.read_request(node(consumerPid="c", offer=OFFER, callbackAddress="https://c.example/"))
    assert (request.consumer_pid, request.provider_pid, request.callback) == ("c", None, "https://c.example/")


def test_a_counter_request_has_the_provider_s_pid():
    request = negotiation.read_request(node(**PIDS, offer=OFFER))
    assert (request.provider_pid, request.callback) == ("p", None)


@pytest.mark.parametrize("read", [negotiation.read_request, negotiation.read_contract_offer])
@pytest.mark.parametrize("both", [True, False])
def test_never_both_and_never_neither(read, both):
    own = "consumerPid" if read is negotiation.read_request else "providerPid"
    members = {**PIDS, "callbackAddress": "https://c.example"} if both else {own: "x"}
    assert fault(lambda: read(node(**members, offer=OFFER))) == "$"


def test_a_first_offer_has_a_callback_address():
    offer = negotiation.read_contract_offer(node(providerPid="p", offer=OFFER, callbackAddress="https://p.example"))
    assert (offer.provider_pid, offer.consumer_pid, offer.callback) == ("p", None, "https://p.example")


def test_the_address_is_checked():
    read = negotiation.read_request
    assert fault(lambda: read(node(consumerPid="c", offer=OFFER, callbackAddress="x"))) == "$.callbackAddress"


def test_a_fault_in_the_offer_has_the_path_from_the_root():
    offer = {**OFFER, "permission": [{"action": 1}]}
    assert fault(lambda: negotiation.read_request(node(**PIDS, offer=offer))) == "$.offer.permission[0].action"


def test_a_later_message_does_not_repeat_the_callback_address(talk):
    later = talk.first_request(provider_pid="p")
    assert "callbackAddress" not in negotiation.write_request(later, LIMITS)
    assert negotiation.write_request(talk.first_request(), LIMITS)["callbackAddress"] == talk.consumer_url
    assert "consumerPid" not in negotiation.write_contract_offer(talk.first_offer(), LIMITS)


def test_a_message_with_neither_is_not_sent(talk):
    with pytest.raises(LocalError):
        negotiation.write_request(talk.first_request(callback=None), LIMITS)


def test_an_agreement_message_may_hold_a_callback_address_that_nobody_needs(talk):
    agreement = negotiation.write_contract_agreement(talk.say("ContractAgreementMessage"), LIMITS)
    read = negotiation.read_contract_agreement(node(**agreement, callbackAddress="https://p.example"))
    assert read.agreement == talk.agreement()


@pytest.mark.parametrize("event", EventType)
def test_an_event_is_accepted_or_finalized(event):
    read = negotiation.read_event(node(**PIDS, eventType=event.value))
    assert read.event is event
    assert negotiation.write_event(read, LIMITS) == {**PIDS, "eventType": event.value}


@pytest.mark.parametrize("event", ["accepted", "VERIFIED", 5, ["ACCEPTED"], {}])
def test_any_other_event_is_refused(event):
    assert fault(lambda: negotiation.read_event(node(**PIDS, eventType=event))) == "$.eventType"


def test_a_verification_says_only_the_pids():
    assert negotiation.write_verification(negotiation.read_verification(node(**PIDS)), LIMITS) == PIDS


def test_a_termination_says_why():
    read = negotiation.read_termination(node(**PIDS, code="1", reason=[{"message": "late"}]))
    assert (read.code, read.reasons) == ("1", ("late",))
    assert negotiation.write_termination(read, LIMITS) == {**PIDS, "code": "1", "reason": ["late"]}
