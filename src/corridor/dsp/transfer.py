"""The transfer process machine (DSP 2025-1, *Transfer Process Protocol*).

A transfer begins with `begin_request` on the consumer's side and `receive_request` on the provider's; from then on
`step(transfer, event)` is all there is. Whether the agreement allows the transfer is decided outside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

from corridor.base.ids import AgreementId, ParticipantId, ProcessId
from corridor.dsp.commands import Decide, Send
from corridor.dsp.messages import DataAddress, Role, TransferMessage, TransferRequest, TransferStart
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
from corridor.dsp.states import TRANSFER_TABLE, TransferState

TransferInput = Received[TransferMessage] | Intend[TransferMessage] | Acknowledged | Undeliverable
"""Every event that a transfer process understands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferProcess(Process[TransferState]):
    """One side of a transfer process.

    Attributes:
        agreement_id: the agreement under which data flows.
        format: the distribution's format, such as `HttpData-PULL`.
        data_address: where to push to, as the consumer's request said, or where to pull from, as the provider's latest
            start said.
    """

    agreement_id: AgreementId
    format: str
    data_address: DataAddress | None = None


def begin_request(
    message: TransferRequest,
    *,
    participant: ParticipantId,
    peer: ParticipantId,
    peer_url: str,
    protocol: str = FIRST_PROTOCOL,
) -> Step[TransferProcess]:
    """We, the consumer, ask a provider for data.

    Args:
        message: the request.
        participant: we.
        peer: the provider.
        peer_url: the provider's base URL.
        protocol: the version of the wire that the peer speaks there.
    """
    transfer = TransferProcess(
        role=Role.CONSUMER,
        own_pid=message.consumer_pid,
        peer_pid=None,
        participant=participant,
        peer=peer,
        peer_url=peer_url,
        protocol=protocol,
        pending=on_its_way(message, TransferState.REQUESTED),
        agreement_id=message.agreement_id,
        format=message.format,
        data_address=message.data_address,
    )
    return Step(transfer, (Send(message),))


def receive_request(
    message: TransferRequest,
    *,
    own_pid: ProcessId,
    participant: ParticipantId,
    peer: ParticipantId,
    protocol: str = FIRST_PROTOCOL,
) -> Step[TransferProcess]:
    """A consumer asks us, the provider, for data.

    A consumer may repeat a request that was not answered: before calling this, look for a transfer with the same peer
    and `consumer_pid`, and if there is one let it `step` with `Received(message)`.

    Args:
        message: the request.
        own_pid: a fresh process id.
        participant: we.
        peer: the consumer, as authenticated.
        protocol: the version of the wire that it spoke.
    """
    transfer = TransferProcess(
        role=Role.PROVIDER,
        own_pid=own_pid,
        peer_pid=message.consumer_pid,
        participant=participant,
        peer=peer,
        peer_url=message.callback,
        protocol=protocol,
        state=TransferState.REQUESTED,
        received=(message.message_id,),
        agreement_id=message.agreement_id,
        format=message.format,
        data_address=message.data_address,
    )
    return Step(transfer, (Decide(),))


def step(transfer: TransferProcess, event: TransferInput) -> Step[TransferProcess]:
    """The transfer process after `event`, and what its caller has to do.

    Raises:
        ConflictError: the table does not allow the message in the present state; nothing has changed.
        MalformedError: a received message has other pids than the transfer.
        LocalError: a message of ours has other pids than the transfer.
    """
    match event:
        case Received(message):
            return _receive(transfer, message)
        case Intend(message):
            result = intend(transfer, TRANSFER_TABLE, message)
            return result._replace(process=_with_address(result.process, message, transfer.role))
        case Acknowledged():
            return acknowledge(transfer, event)
        case Undeliverable():
            return give_up(transfer, TransferState.TERMINATED, event)
        case _:
            assert_never(event)


def _receive(transfer: TransferProcess, message: TransferMessage) -> Step[TransferProcess]:
    if _repeats_request(transfer, message):
        return Step(transfer, (), retransmission=True)
    result = receive(transfer, TRANSFER_TABLE, message)
    if result.retransmission:
        return result
    return result._replace(process=_with_address(result.process, message, transfer.role.other))


def _repeats_request(transfer: TransferProcess, message: TransferMessage) -> bool:
    """Whether this is the request again under a new `@id`: requests are idempotent by their `consumerPid`."""
    return (
        isinstance(message, TransferRequest)
        and transfer.role is Role.PROVIDER
        and message.consumer_pid == transfer.peer_pid
        and (message.agreement_id, message.format) == (transfer.agreement_id, transfer.format)
    )


def _with_address(transfer: TransferProcess, message: TransferMessage, sender: Role) -> TransferProcess:
    # *Transfer Start Message*: the data address is the provider's to give; a consumer that resumes has none.
    if isinstance(message, TransferStart) and message.data_address is not None and sender is Role.PROVIDER:
        return replace(transfer, data_address=message.data_address)
    return transfer
