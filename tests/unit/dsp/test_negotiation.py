from __future__ import annotations

from dataclasses import replace

import pytest

from corridor.base.errors import ConflictError, LocalError, MalformedError
from corridor.dsp.commands import Cancel, Closed, Decide, Send
from corridor.dsp.messages import Kind, Role
from corridor.dsp.negotiation import begin_offer, begin_request, receive_offer, receive_request, step
from corridor.dsp.process import Acknowledged, Intend, Received, Undeliverable
from corridor.dsp.states import NegotiationState
from corridor.testing.playbook import Playbook

OFFER, AGREEMENT, ACCEPTED = Kind.CONTRACT_OFFER, Kind.CONTRACT_AGREEMENT, Kind.ACCEPTED
VERIFICATION, FINALIZED, TERMINATION = Kind.AGREEMENT_VERIFICATION, Kind.FINALIZED, Kind.NEGOTIATION_TERMINATION
REQUEST = Kind.CONTRACT_REQUEST


@pytest.fixture
def asked(talk):
    """A provider who has been asked by a consumer."""

    def build(request=None):
        first = receive_request(
            request or talk.first_request(), own_pid=talk.provider_pid, participant=talk.provider, peer=talk.consumer
        )
        return Playbook.begin(step, first)

    return build


@pytest.fixture
def asking(talk):
    """A consumer who asks a provider."""

    def build(request=None):
        first = begin_request(
            request or talk.first_request(),
            participant=talk.consumer,
            peer=talk.provider,
            peer_url=talk.provider_url,
        )
        return Playbook.begin(step, first)

    return build


def test_a_contract_from_request_to_finalized_as_the_provider_sees_it(talk, asked):
    side = asked() << Decide()
    assert (side.process.role, side.process.peer_url) == (Role.PROVIDER, talk.consumer_url)
    assert (
        side
        >> Intend(talk.say(OFFER))
        << Send(talk.say(OFFER))
        >> Acknowledged(f"some-{OFFER}")
        << Decide()
        >> Received(talk.say(ACCEPTED))
        << Decide()
        >> Intend(talk.say(AGREEMENT))
        << Send(talk.say(AGREEMENT))
        >> Received(talk.say(VERIFICATION))
        << Cancel(f"some-{AGREEMENT}")
        << Decide()
        >> Intend(talk.say(FINALIZED))
        << Send(talk.say(FINALIZED))
        >> Acknowledged(f"some-{FINALIZED}")
        << Closed()
    )
    assert side.process.state is NegotiationState.FINALIZED
    assert side.process.agreement == talk.agreement()


def test_a_contract_from_request_to_finalized_as_the_consumer_sees_it(talk, asking):
    side = asking() << Send(talk.first_request())
    assert side.process.state is None
    assert side.process.reported_state is NegotiationState.REQUESTED
    assert (
        side
        >> Acknowledged("request-1", talk.provider_pid)
        << Decide()
        >> Received(talk.say(AGREEMENT))
        << Decide()
        >> Intend(talk.say(VERIFICATION))
        << Send(talk.say(VERIFICATION))
        >> Acknowledged(f"some-{VERIFICATION}")
        << Decide()
        >> Received(talk.say(FINALIZED))
        << Closed()
    )
    assert side.process.agreement == talk.agreement()
    assert side.process.peer_pid == talk.provider_pid


def test_the_provider_may_begin(talk):
    provider = Playbook.begin(
        step,
        begin_offer(talk.first_offer(), participant=talk.provider, peer=talk.consumer, peer_url=talk.consumer_url),
    )
    consumer = Playbook.begin(
        step,
        receive_offer(talk.first_offer(), own_pid=talk.consumer_pid, participant=talk.consumer, peer=talk.provider),
    )
    assert provider << Send(talk.first_offer())
    assert consumer << Decide()
    assert consumer.process.state is NegotiationState.OFFERED
    assert consumer.process.peer_url == talk.provider_url
    assert consumer >> Intend(talk.say(ACCEPTED)) << Send(talk.say(ACCEPTED))
    assert provider >> Received(talk.say(ACCEPTED)) << Cancel("offer-1") << Decide()
    assert provider.process.peer_pid == talk.consumer_pid
    assert provider.process.state is NegotiationState.ACCEPTED


def test_the_provider_s_pid_is_learnt_from_its_offer_if_that_comes_before_its_answer(talk, asking):
    side = asking() << Send(talk.first_request())
    assert side >> Received(talk.say(OFFER)) << Cancel("request-1") << Decide()
    assert side.process.peer_pid == talk.provider_pid
    assert side >> Acknowledged("request-1", "urn:uuid:another")
    assert side.process.peer_pid == talk.provider_pid


def test_nothing_can_follow_a_request_before_the_provider_s_pid_is_known(talk, asking):
    side = asking() << Send(talk.first_request())
    assert side.refuses(Intend(talk.say(TERMINATION)), ConflictError)


def test_nothing_can_follow_a_request_whose_answer_did_not_give_the_provider_s_pid(talk, asking):
    side = asking() << Send(talk.first_request()) >> Acknowledged("request-1") << Decide()
    assert side.refuses(Intend(talk.say(TERMINATION)), ConflictError)


def test_a_refused_request_ends_the_negotiation(talk, asking):
    side = asking() << Send(talk.first_request()) >> Undeliverable("request-1", "404", "no such dataset") << Closed()
    assert side.process.state is NegotiationState.TERMINATED
    assert side.process.reasons == ("no such dataset",)


@pytest.mark.parametrize("message_id", ["request-1", "request-of-the-second-attempt"])
def test_a_request_that_comes_again_is_answered_again(talk, asked, message_id):
    side = asked() << Decide()
    assert side.repeats(Received(talk.first_request(message_id)))
    assert side >> Intend(talk.say(OFFER)) << Send(talk.say(OFFER))
    assert side.repeats(Received(talk.first_request(message_id)))


def test_a_request_without_an_id_that_comes_again_late_is_not_taken_for_a_counter_request(talk, asked):
    counter = talk.offer(id="urn:offer:2")
    side = asked(talk.first_request("sha-256:0")) << Decide()
    assert side >> Intend(replace(talk.say(OFFER), offer=counter)) << Send(replace(talk.say(OFFER), offer=counter))
    assert side >> Acknowledged(f"some-{OFFER}") << Decide()
    assert side.repeats(Received(talk.first_request("sha-256:0")))


def test_another_first_request_with_the_same_pid_is_refused(talk, asked):
    other = talk.first_request("request-2", offer=talk.offer(id="urn:offer:2"))
    assert (asked() << Decide()).refuses(Received(other), ConflictError)


def test_a_first_offer_that_comes_again_is_answered_again(talk):
    first = receive_offer(talk.first_offer(), own_pid=talk.consumer_pid, participant=talk.consumer, peer=talk.provider)
    assert (Playbook.begin(step, first) << Decide()).repeats(Received(talk.first_offer("offer-again")))


def test_a_second_counter_request_while_requested_is_refused(talk, asked):
    side = asked() << Decide() >> Intend(talk.say(OFFER)) << Send(talk.say(OFFER))
    assert side >> Received(talk.say(REQUEST, "counter-1")) << Cancel(f"some-{OFFER}") << Decide()
    assert side.refuses(Received(talk.say(REQUEST, "counter-2")), ConflictError)
    assert side.repeats(Received(talk.say(REQUEST, "counter-1")))


def test_the_latest_offer_is_kept(talk, asked):
    counter = replace(talk.say(OFFER), offer=talk.offer(id="urn:offer:2"))
    side = asked() << Decide() >> Intend(counter) << Send(counter)
    assert side.process.offer.id == "urn:offer:2"
    assert (
        side
        >> Received(replace(talk.say(REQUEST), offer=talk.offer(id="urn:offer:3")))
        << Cancel(f"some-{OFFER}")
        << Decide()
    )
    assert side.process.offer.id == "urn:offer:3"


def test_a_counter_offer_may_leave_out_the_dataset_that_the_first_has_fixed(talk, asked):
    side = asked() << Decide() >> Intend(talk.say(OFFER)) << Send(talk.say(OFFER))
    counter = replace(talk.say(REQUEST), offer=talk.offer(target=None))
    assert side >> Received(counter) << Cancel(f"some-{OFFER}") << Decide()
    assert side.process.dataset == talk.dataset


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("target", "urn:dataset:other"),
        ("assigner", "did:web:stranger.example"),
        ("assignee", "did:web:stranger.example"),
    ],
)
class TestAPolicyOfOtherPartiesOrAnotherDataset:
    def test_is_refused_in_an_agreement(self, talk, asking, member, value):
        side = asking() << Send(talk.first_request()) >> Acknowledged("request-1", talk.provider_pid) << Decide()
        message = replace(talk.say(AGREEMENT), agreement=talk.agreement(**{member: value}))
        with pytest.raises(MalformedError, match=r"is not the (target|assign)") as caught:
            step(side.process, Received(message))
        assert caught.value.place == f"$.agreement.{member}"
        assert side.process.agreement is None

    def test_is_refused_in_a_counter_offer(self, talk, asked, member, value):
        side = asked() << Decide() >> Intend(talk.say(OFFER)) << Send(talk.say(OFFER))
        message = replace(talk.say(REQUEST), offer=talk.offer(**{member: value}))
        with pytest.raises(MalformedError) as caught:
            step(side.process, Received(message))
        assert caught.value.place == f"$.offer.{member}"

    def test_is_not_sent_either(self, talk, asked, member, value):
        message = replace(talk.say(AGREEMENT), agreement=talk.agreement(**{member: value}))
        assert (asked() << Decide()).refuses(Intend(message), MalformedError)

    def test_is_refused_in_a_first_request_unless_the_first_fixes_it(self, talk, asked, asking, member, value):
        request = talk.first_request(offer=talk.offer(**{member: value}))
        if member == "target":
            assert (asked(request) << Decide()).process.dataset == value
        else:
            with pytest.raises(MalformedError):
                asked(request)
            with pytest.raises(MalformedError):
                asking(request)


def test_an_offer_may_name_its_parties(talk, asked):
    named = talk.offer(assigner=talk.provider, assignee=talk.consumer)
    assert asked(talk.first_request(offer=named)) << Decide()


def test_a_first_request_needs_a_dataset(talk, asked, asking):
    request = talk.first_request(offer=talk.offer(target=None))
    for begin in (asked, asking):
        with pytest.raises(MalformedError, match=r"\$\.offer\.target"):
            begin(request)


def test_a_first_message_needs_a_callback_address_and_no_pid_of_its_receiver(talk, asked, asking):
    for begin in (asked, asking):
        with pytest.raises(MalformedError, match=r"\$\.callbackAddress"):
            begin(talk.first_request(callback=None))
        with pytest.raises(MalformedError, match=r"\$\.providerPid"):
            begin(talk.first_request(provider_pid=talk.provider_pid))
    side = {"participant": talk.consumer, "peer": talk.provider}
    with pytest.raises(MalformedError, match=r"\$\.callbackAddress"):
        receive_offer(talk.first_offer(callback=None), own_pid=talk.consumer_pid, **side)
    with pytest.raises(MalformedError, match=r"\$\.consumerPid"):
        begin_offer(talk.first_offer(consumer_pid="x"), peer_url=talk.consumer_url, **side)


def test_an_agreement_comes_from_the_provider(talk, asked):
    assert (asked() << Decide()).refuses(Received(talk.say(AGREEMENT)), ConflictError)


def test_a_verification_while_offered_or_accepted_is_refused(talk, asked):
    side = asked() << Decide() >> Intend(talk.say(OFFER)) << Send(talk.say(OFFER))
    assert side.refuses(Received(talk.say(VERIFICATION)), ConflictError)
    assert side >> Received(talk.say(ACCEPTED)) << Cancel(f"some-{OFFER}") << Decide()
    assert side.refuses(Received(talk.say(VERIFICATION)), ConflictError)


def test_a_termination_gives_its_reasons(talk, asked):
    side = asked() << Decide() >> Received(talk.say(TERMINATION)) << Closed()
    assert (side.process.code, side.process.reasons) == ("late", ("no answer in time",))
    assert side.refuses(Received(talk.say(TERMINATION, "another")), ConflictError)


def test_a_termination_that_crosses_the_end_yields_to_it(talk):
    consumer = Playbook(step, talk.negotiation(Role.CONSUMER, NegotiationState.VERIFIED))
    assert consumer >> Intend(talk.say(TERMINATION)) << Send(talk.say(TERMINATION))
    assert consumer >> Received(talk.say(FINALIZED)) >> Undeliverable(f"some-{TERMINATION}", "409") << Closed()
    assert (consumer.process.state, consumer.process.code) == (NegotiationState.FINALIZED, None)


def test_a_message_of_ours_with_another_pid_is_our_fault(talk, asked):
    stray = replace(talk.say(OFFER), provider_pid="urn:uuid:another")
    assert (asked() << Decide()).refuses(Intend(stray), LocalError)
