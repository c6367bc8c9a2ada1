"""Negotiation messages on the wire.

Each `read_*` takes the node that passed the gate and reads in the order: `@id`, pids, the choice between callback
address and pid, the rest. Each `write_*` gives the members beside the envelope.
"""

from __future__ import annotations

from typing import Any

from corridor.base.errors import LocalError, MalformedError
from corridor.base.ids import ProcessId
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1.gate import message_id_of
from corridor.dsp.codec.v2025_1.policy import read_agreement, read_offer, write_agreement, write_offer
from corridor.dsp.codec.v2025_1.reader import Node
from corridor.dsp.codec.v2025_1.shared import read_pids, read_why, write_pids, write_why
from corridor.dsp.messages import (
    AgreementVerification,
    ContractAgreement,
    ContractOffer,
    ContractRequest,
    EventType,
    NegotiationEvent,
    NegotiationTermination,
)


def read_request(root: Node) -> ContractRequest:
    """A `ContractRequestMessage`."""
    message_id = message_id_of(root)
    consumer_pid = ProcessId(root.need("consumerPid").identifier())
    provider_pid, callback = _pid_or_callback(root, "providerPid")
    return ContractRequest(message_id, consumer_pid, provider_pid, read_offer(root.need("offer")), callback)


def write_request(message: ContractRequest, limits: CodecLimits) -> dict[str, Any]:
    """The members of a `ContractRequestMessage`."""
    choice = _write_choice("providerPid", message.provider_pid, message.callback)
    return {"consumerPid": message.consumer_pid, **choice, "offer": write_offer(message.offer, limits)}


def read_contract_offer(root: Node) -> ContractOffer:
    """A `ContractOfferMessage`."""
    message_id = message_id_of(root)
    provider_pid = ProcessId(root.need("providerPid").identifier())
    consumer_pid, callback = _pid_or_callback(root, "consumerPid")
    return ContractOffer(message_id, provider_pid, consumer_pid, read_offer(root.need("offer")), callback)


def write_contract_offer(message: ContractOffer, limits: CodecLimits) -> dict[str, Any]:
    """The members of a `ContractOfferMessage`."""
    choice = _write_choice("consumerPid", message.consumer_pid, message.callback)
    return {"providerPid": message.provider_pid, **choice, "offer": write_offer(message.offer, limits)}


def read_contract_agreement(root: Node) -> ContractAgreement:
    """A `ContractAgreementMessage`."""
    message_id = message_id_of(root)
    return ContractAgreement(message_id, *read_pids(root), read_agreement(root.need("agreement")))


def write_contract_agreement(message: ContractAgreement, limits: CodecLimits) -> dict[str, Any]:
    """The members of a `ContractAgreementMessage`."""
    return {**write_pids(message), "agreement": write_agreement(message.agreement, limits)}


def read_verification(root: Node) -> AgreementVerification:
    """A `ContractAgreementVerificationMessage`."""
    return AgreementVerification(message_id_of(root), *read_pids(root))


def write_verification(message: AgreementVerification, _limits: CodecLimits) -> dict[str, Any]:
    """The members of a `ContractAgreementVerificationMessage`."""
    return write_pids(message)


def read_event(root: Node) -> NegotiationEvent:
    """A `ContractNegotiationEventMessage`."""
    message_id, pids = message_id_of(root), read_pids(root)
    event = root.need("eventType")
    if event.value not in list(EventType):
        raise MalformedError("no type of event", place=event.place, remedy=f"use {' or '.join(EventType)}")
    return NegotiationEvent(message_id, *pids, EventType(event.value))


def write_event(message: NegotiationEvent, _limits: CodecLimits) -> dict[str, Any]:
    """The members of a `ContractNegotiationEventMessage`."""
    return {**write_pids(message), "eventType": message.event.value}


def read_termination(root: Node) -> NegotiationTermination:
    """A `ContractNegotiationTerminationMessage`."""
    return NegotiationTermination(message_id_of(root), *read_pids(root), *read_why(root))


def write_termination(message: NegotiationTermination, _limits: CodecLimits) -> dict[str, Any]:
    """The members of a `ContractNegotiationTerminationMessage`."""
    return {**write_pids(message), **write_why(message)}


def _pid_or_callback(root: Node, pid_name: str) -> tuple[ProcessId | None, str | None]:
    """The schema's `oneOf`: the first message has a callback address, a later one the pid of its receiver."""
    pid, callback = root.find(pid_name), root.find("callbackAddress")
    if (pid is None) is (callback is None):
        raise MalformedError(
            f"needs exactly one of `callbackAddress` and `{pid_name}`",
            place="$",
            remedy=f"send `callbackAddress` in the first message and `{pid_name}` in later ones",
        )
    return (ProcessId(pid.identifier()) if pid else None), (callback.url() if callback else None)


def _write_choice(pid_name: str, pid: ProcessId | None, callback: str | None) -> dict[str, Any]:
    if pid is not None:
        return {pid_name: pid}
    if callback is None:
        raise LocalError(f"a message needs a callback address or `{pid_name}`")
    return {"callbackAddress": callback}
