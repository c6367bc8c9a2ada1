"""The contract negotiation machine (DSP 2025-1, *Contract Negotiation Protocol*).

A negotiation begins with one of four functions, by who sends the first message and on which side we are; from then on
`step(negotiation, event)` is all there is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from corridor.base.errors import MalformedError
from corridor.base.ids import DatasetId, ParticipantId, ProcessId, printable
from corridor.dsp.commands import Decide, Send
from corridor.dsp.messages import (
    Agreement,
    ContractAgreement,
    ContractOffer,
    ContractRequest,
    NegotiationMessage,
    Offer,
    Role,
    pid_of,
)
from corridor.dsp.process import (
    FIRST_PROTOCOL,
    Acknowledged,
    Intend,
    Process,
    Received,
    Step,
    Undeliverable,
    acknowledge,
    give_up,
    intend,
    on_its_way,
    receive,
)
from corridor.dsp.states import NEGOTIATION_TABLE, NegotiationState

NegotiationInput = Received[NegotiationMessage] | Intend[NegotiationMessage] | Acknowledged | Undeliverable
"""Every event that a negotiation understands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiation(Process[NegotiationState]):
    """One side of a contract negotiation.

    Attributes:
        dataset: what it is about; fixed by the first offer.
        offer: the latest offer of either side.
        agreement: what the provider agreed to; in force only once the state is FINALIZED.
    """

    dataset: DatasetId
    offer: Offer
    agreement: Agreement | None = None


def begin_request(
    message: ContractRequest,
    *,
    participant: ParticipantId,
    peer: ParticipantId,
    peer_url: str,
    protocol: str = FIRST_PROTOCOL,
) -> Step[Negotiation]:
    """We, the consumer, ask a provider for a contract.

    Args:
        message: the first request, with `callback` and without `provider_pid`.
        participant: we.
        peer: the provider.
        peer_url: the provider's base URL.
        protocol: the version of the wire that the peer speaks there.

    Raises:
        MalformedError: the message is no first request, or its offer names no dataset or other parties.
    """
    _check_first(message.callback, message.provider_pid, Role.PROVIDER)
    negotiation = Negotiation(
        role=Role.CONSUMER,
        own_pid=message.consumer_pid,
        peer_pid=None,
        participant=participant,
        peer=peer,
        peer_url=peer_url,
        protocol=protocol,
        dataset=_dataset_of(message.offer),
        offer=message.offer,
    )
    return _first_sent(negotiation, message, NegotiationState.REQUESTED)


def begin_offer(
    message: ContractOffer,
    *,
    participant: ParticipantId,
    peer: ParticipantId,
    peer_url: str,
    protocol: str = FIRST_PROTOCOL,
) -> Step[Negotiation]:
    """We, the provider, make a consumer an offer unasked.

    Args:
        message: the first offer, with `callback` and without `consumer_pid`.
        participant: we.
        peer: the consumer.
        peer_url: the consumer's base URL.
        protocol: the version of the wire that the peer speaks there.

    Raises:
        MalformedError: the message is no first offer, or its offer names no dataset or other parties.
    """
    _check_first(message.callback, message.consumer_pid, Role.CONSUMER)
    negotiation = Negotiation(
        role=Role.PROVIDER,
        own_pid=message.provider_pid,
        peer_pid=None,
        participant=participant,
        peer=peer,
        peer_url=peer_url,
        protocol=protocol,
        dataset=_dataset_of(message.offer),
        offer=message.offer,
    )
    return _first_sent(negotiation, message, NegotiationState.OFFERED)


def receive_request(
    message: ContractRequest,
    *,
    own_pid: ProcessId,
    participant: ParticipantId,
    peer: ParticipantId,
    protocol: str = FIRST_PROTOCOL,
) -> Step[Negotiation]:
    """A consumer asks us, the provider, for a contract.

    A consumer may repeat a request that was not answered: before calling this, look for a negotiation with the same
    peer and `consumer_pid`, and if there is one let it `step` with `Received(message)`.

    Args:
        message: the first request.
        own_pid: a fresh process id.
        participant: we.
        peer: the consumer, as authenticated.
        protocol: the version of the wire that it spoke.

    Raises:
        MalformedError: the message is no first request, or its offer names no dataset or other parties.
    """
    negotiation = Negotiation(
        role=Role.PROVIDER,
        own_pid=own_pid,
        peer_pid=message.consumer_pid,
        participant=participant,
        peer=peer,
        peer_url=_check_first(message.callback, message.provider_pid, Role.PROVIDER),
        protocol=protocol,
        state=NegotiationState.REQUESTED,
        received=(message.message_id,),
        dataset=_dataset_of(message.offer),
        offer=message.offer,
    )
    _check_content(negotiation, message)
    return Step(negotiation, (Decide(),))


def receive_offer(
    message: ContractOffer,
    *,
    own_pid: ProcessId,
    participant: ParticipantId,
    peer: ParticipantId,
    protocol: str = FIRST_PROTOCOL,
) -> Step[Negotiation]:
    """A provider makes us, the consumer, an offer unasked; repeats are found as in `receive_request`.

    Args:
        message: the first offer.
        own_pid: a fresh process id.
        participant: we.
        peer: the provider, as authenticated.
        protocol: the version of the wire that it spoke.

    Raises:
        MalformedError: the message is no first offer, or its offer names no dataset or other parties.
    """
    negotiation = Negotiation(
        role=Role.CONSUMER,
        own_pid=own_pid,
        peer_pid=message.provider_pid,
        participant=participant,
        peer=peer,
        peer_url=_check_first(message.callback, message.consumer_pid, Role.CONSUMER),
        protocol=protocol,
        state=NegotiationState.OFFERED,
        received=(message.message_id,),
        dataset=_dataset_of(message.offer),
        offer=message.offer,
    )
    _check_content(negotiation, message)
    return Step(negotiation, (Decide(),))


def step(negotiation: Negotiation, event: NegotiationInput) -> Step[Negotiation]:
    """The negotiation after `event`, and what its caller has to do.

    Raises:
        ConflictError: the table does not allow the message in the present state; nothing has changed.
        MalformedError: the message does not belong to this negotiation: other pids, dataset or parties.
        LocalError: a message of ours has other pids than the negotiation.
    """
    match event:
        case Received(message):
            return _receive(negotiation, message)
        case Intend(message):
            _check_content(negotiation, message)
            result = intend(negotiation, NEGOTIATION_TABLE, message)
            return result._replace(process=_with_content(result.process, message))
        case Acknowledged():
            return acknowledge(negotiation, event)
        case Undeliverable():
            return give_up(negotiation, NegotiationState.TERMINATED, event)
        case _:
            assert_never(event)


def _receive(negotiation: Negotiation, message: NegotiationMessage) -> Step[Negotiation]:
    if _repeats_first(negotiation, message):
        return Step(negotiation, (), retransmission=True)
    result = receive(negotiation, NEGOTIATION_TABLE, message)
    if result.retransmission:
        return result
    _check_content(negotiation, message)
    return result._replace(process=_with_content(result.process, message))


def _repeats_first(negotiation: Negotiation, message: NegotiationMessage) -> bool:
    """Whether this is the message that began the negotiation, sent again under a new `@id`: the pid and offer tell."""
    return (
        isinstance(message, ContractRequest | ContractOffer)
        and pid_of(message, negotiation.role) is None
        and pid_of(message, negotiation.role.other) == negotiation.peer_pid
        and message.offer == negotiation.offer
    )


def _first_sent(negotiation: Negotiation, message: NegotiationMessage, state: NegotiationState) -> Step[Negotiation]:
    _check_content(negotiation, message)
    return Step(replace(negotiation, pending=on_its_way(message, state)), (Send(message),))


def _with_content(negotiation: Negotiation, message: NegotiationMessage) -> Negotiation:
    match message:
        case ContractRequest() | ContractOffer():
            return replace(negotiation, offer=message.offer)
        case ContractAgreement():
            return replace(negotiation, agreement=message.agreement)
        case _:
            return negotiation


def _check_first(callback: str | None, pid_of_receiver: ProcessId | None, receiver: Role) -> str:
    """The callback address of a first message; a later one has the receiver's process id in its place."""
    if callback is None or pid_of_receiver is not None:
        raise MalformedError(
            "the first message of a negotiation has a callback address and no process id of its receiver",
            place="$.callbackAddress" if callback is None else f"$.{receiver}Pid",
            remedy="send `callbackAddress` alone; later messages go to the path with the process id in it",
        )
    return callback


def _dataset_of(offer: Offer) -> DatasetId:
    if offer.target is None:
        raise MalformedError(
            "the offer does not say which dataset it is about", place="$.offer.target", remedy="name the dataset"
        )
    return offer.target


def _check_content(negotiation: Negotiation, message: NegotiationMessage) -> None:
    """An offer and an agreement are about the dataset and between the two parties of the negotiation."""
    match message:
        case ContractRequest(offer=offer) | ContractOffer(offer=offer):
            _check_policy(negotiation, offer, "$.offer")
        case ContractAgreement(agreement=agreement):
            _check_policy(negotiation, agreement, "$.agreement")
        case _:
            pass


def _check_policy(negotiation: Negotiation, policy: Offer | Agreement, place: str) -> None:
    expected = {
        "target": (policy.target, negotiation.dataset),
        "assigner": (policy.assigner, negotiation.provider),
        "assignee": (policy.assignee, negotiation.consumer),
    }
    for member, (given, own) in expected.items():
        # An offer may leave its parties open, and a later one its target, which the first has fixed.
        if given is not None and given != own:
            raise MalformedError(
                f"`{printable(given)}` is not the {member} of this negotiation",
                place=f"{place}.{member}",
                remedy=f"it is `{printable(own)}`",
            )
