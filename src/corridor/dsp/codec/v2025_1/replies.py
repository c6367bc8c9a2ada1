"""Answers on the wire: the state of a process, and errors."""

from __future__ import annotations

import enum
from typing import Any

from corridor.base.errors import MalformedError
from corridor.base.ids import ProcessId
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1.reader import Node
from corridor.dsp.codec.v2025_1.shared import read_pids, read_why, write_pids, write_why
from corridor.dsp.messages import CatalogFault, NegotiationAck, NegotiationFault, TransferAck, TransferFault
from corridor.dsp.states import NegotiationState, TransferState


def read_negotiation_ack(root: Node) -> NegotiationAck:
    """A `ContractNegotiation`."""
    return NegotiationAck(*read_pids(root), _read_state(root, NegotiationState))


def read_transfer_ack(root: Node) -> TransferAck:
    """A `TransferProcess`."""
    return TransferAck(*read_pids(root), _read_state(root, TransferState))


def write_ack(ack: NegotiationAck | TransferAck, _limits: CodecLimits) -> dict[str, Any]:
    """The members of a `ContractNegotiation` or a `TransferProcess`."""
    return {**write_pids(ack), "state": str(ack.state)}


def read_negotiation_fault(root: Node) -> NegotiationFault:
    """A `ContractNegotiationError`; one without pids is still an error."""
    return NegotiationFault(*_find_pids(root), *read_why(root))


def read_transfer_fault(root: Node) -> TransferFault:
    """A `TransferError`; one without pids is still an error."""
    return TransferFault(*_find_pids(root), *read_why(root))


def write_fault(fault: NegotiationFault | TransferFault, _limits: CodecLimits) -> dict[str, Any]:
    """The members of a `ContractNegotiationError` or a `TransferError`, with the pids as far as they are known."""
    pids = {"providerPid": fault.provider_pid, "consumerPid": fault.consumer_pid}
    return {**{name: pid for name, pid in pids.items() if pid is not None}, **write_why(fault)}


def read_catalog_fault(root: Node) -> CatalogFault:
    """A `CatalogError`."""
    return CatalogFault(*read_why(root))


def write_catalog_fault(fault: CatalogFault, _limits: CodecLimits) -> dict[str, Any]:
    """The members of a `CatalogError`."""
    return write_why(fault)


def _read_state(root: Node, states: type[enum.StrEnum]) -> str:
    state = root.need("state")
    if state.value not in list(states):
        raise MalformedError("no state of this protocol", place=state.place, remedy=f"use one of {', '.join(states)}")
    return str(state.value)


def _find_pids(root: Node) -> tuple[ProcessId | None, ProcessId | None]:
    provider_pid, consumer_pid = (root.find_identifier(name) for name in ("providerPid", "consumerPid"))
    return (
        None if provider_pid is None else ProcessId(provider_pid),
        None if consumer_pid is None else ProcessId(consumer_pid),
    )
