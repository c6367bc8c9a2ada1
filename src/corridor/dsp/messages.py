"""One frozen dataclass per message of the Dataspace Protocol, the same for every wire version.

Names of fields are the protocol's in Python's spelling: `provider_pid` is `providerPid`. Policies are opaque here: what
their rules mean is for the package `odrl`.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

from corridor.base.ids import AgreementId, DatasetId, MessageId, OfferId, ParticipantId, ProcessId
from corridor.base.json import JsonObject

DIGEST_PREFIX: Final = "sha-256:"
"""Begins the `message_id` that a codec derives from the content of a message that came without an `@id`."""


class Role(enum.StrEnum):
    """Which side of an exchange a participant is on."""

    PROVIDER = "provider"
    CONSUMER = "consumer"

    @property
    def other(self) -> Role:
        """The role of the counter-party."""
        return Role.CONSUMER if self is Role.PROVIDER else Role.PROVIDER


class Kind(enum.StrEnum):
    """What moves a process: a message type, and for negotiation events their `eventType` too."""

    CONTRACT_REQUEST = "ContractRequestMessage"
    CONTRACT_OFFER = "ContractOfferMessage"
    CONTRACT_AGREEMENT = "ContractAgreementMessage"
    AGREEMENT_VERIFICATION = "ContractAgreementVerificationMessage"
    ACCEPTED = "ContractNegotiationEventMessage:ACCEPTED"
    FINALIZED = "ContractNegotiationEventMessage:FINALIZED"
    NEGOTIATION_TERMINATION = "ContractNegotiationTerminationMessage"
    TRANSFER_REQUEST = "TransferRequestMessage"
    TRANSFER_START = "TransferStartMessage"
    TRANSFER_COMPLETION = "TransferCompletionMessage"
    TRANSFER_SUSPENSION = "TransferSuspensionMessage"
    TRANSFER_TERMINATION = "TransferTerminationMessage"

    @property
    def terminates(self) -> bool:
        """Whether a message of this kind ends its process before its purpose is reached."""
        return self in (Kind.NEGOTIATION_TERMINATION, Kind.TRANSFER_TERMINATION)


class EventType(enum.StrEnum):
    """The `eventType` of a negotiation event: the consumer accepts an offer, the provider finalizes an agreement."""

    ACCEPTED = "ACCEPTED"
    FINALIZED = "FINALIZED"


@dataclass(frozen=True, slots=True)
class Offer:
    """An ODRL offer.

    Attributes:
        id: the offer's `@id`.
        body: the policy's own members, verbatim: permission, prohibition, obligation, profile and what we do not know.
        target: the dataset; None in a catalogue, where the dataset around it says so.
        assigner: the provider, where the offer names it.
        assignee: the consumer, where the offer is for one participant only.
    """

    id: OfferId
    body: JsonObject
    target: DatasetId | None = None
    assigner: ParticipantId | None = None
    assignee: ParticipantId | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """An ODRL agreement: who allows whom to use what, and since when; `body` as in `Offer`."""

    id: AgreementId
    body: JsonObject
    target: DatasetId
    assigner: ParticipantId
    assignee: ParticipantId
    timestamp: datetime


@dataclass(frozen=True, slots=True)
class DataAddress:
    """Where data can be fetched from or sent to.

    Attributes:
        endpoint_type: the kind of endpoint, an IRI or a term such as `https://w3id.org/idsa/v4.1/HTTP`.
        endpoint: the address, where one string can say it; not shown by `repr`, since it can hold a token.
        properties: pairs of name and value, such as `authorization`; not shown by `repr`.
    """

    endpoint_type: str
    endpoint: str | None = field(default=None, repr=False)
    properties: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def property(self, name: str) -> str | None:
        """The value of the first property of that name, or None."""
        return next((value for key, value in self.properties if key == name), None)


@dataclass(frozen=True, slots=True)
class ContractRequest:
    """The consumer asks for a contract: the first message has `callback`, a counter-request has `provider_pid`."""

    kind: ClassVar[Kind] = Kind.CONTRACT_REQUEST
    message_id: MessageId
    consumer_pid: ProcessId
    provider_pid: ProcessId | None
    offer: Offer
    callback: str | None = None


@dataclass(frozen=True, slots=True)
class ContractOffer:
    """The provider makes an offer: the first message has `callback`, a counter-offer has `consumer_pid`."""

    kind: ClassVar[Kind] = Kind.CONTRACT_OFFER
    message_id: MessageId
    provider_pid: ProcessId
    consumer_pid: ProcessId | None
    offer: Offer
    callback: str | None = None


@dataclass(frozen=True, slots=True)
class ContractAgreement:
    """The provider agrees and sends the agreement."""

    kind: ClassVar[Kind] = Kind.CONTRACT_AGREEMENT
    message_id: MessageId
    provider_pid: ProcessId
    consumer_pid: ProcessId
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class AgreementVerification:
    """The consumer has verified the agreement."""

    kind: ClassVar[Kind] = Kind.AGREEMENT_VERIFICATION
    message_id: MessageId
    provider_pid: ProcessId
    consumer_pid: ProcessId


@dataclass(frozen=True, slots=True)
class NegotiationEvent:
    """The consumer accepted the offer, or the provider finalized the agreement."""

    message_id: MessageId
    provider_pid: ProcessId
    consumer_pid: ProcessId
    event: EventType

    @property
    def kind(self) -> Kind:
        """The kind by event type: the two are different rows of the table."""
        return Kind.ACCEPTED if self.event is EventType.ACCEPTED else Kind.FINALIZED


@dataclass(frozen=True, slots=True)
class NegotiationTermination:
    """Either side ends the negotiation without a contract."""

    kind: ClassVar[Kind] = Kind.NEGOTIATION_TERMINATION
    message_id: MessageId
    provider_pid: ProcessId
    consumer_pid: ProcessId
    code: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """The consumer asks for data under an agreement; `data_address` is where a provider has to push it."""

    kind: ClassVar[Kind] = Kind.TRANSFER_REQUEST
    message_id: MessageId
    consumer_pid: ProcessId
    agreement_id: AgreementId
    format: str
    callback: str
    data_address: DataAddress | None = None


@dataclass(frozen=True, slots=True)
class TransferStart:
    """Data can flow, or flow again; `data_address` is where a consumer has to pull it from."""

    kind: ClassVar[Kind] = Kind.TRANSFER_START
    message_id: MessageId
    provider_pid: ProcessId
    consumer_pid: ProcessId
    data_address: DataAddress | None = None


@dataclass(frozen=True, slots=True)
class TransferCompletion:
    """All data has been transferred."""

    kind: ClassVar[Kind] = Kind.TRANSFER_COMPLETION
    message_id: MessageId
    provider_pid: ProcessId
    consumer_pid: ProcessId


@dataclass(frozen=True, slots=True)
class TransferSuspension:
    """Either side pauses the transfer."""

    kind: ClassVar[Kind] = Kind.TRANSFER_SUSPENSION
    message_id: MessageId
    provider_pid: ProcessId
    consumer_pid: ProcessId
    code: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TransferTermination:
    """Either side ends the transfer for good."""

    kind: ClassVar[Kind] = Kind.TRANSFER_TERMINATION
    message_id: MessageId
    provider_pid: ProcessId
    consumer_pid: ProcessId
    code: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogRequest:
    """The consumer asks for the catalogue; what a `filter` means is between the two sides."""

    message_id: MessageId
    filter: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class NegotiationAck:
    """The state of a negotiation (`ContractNegotiation`): the answer to a message, and to a GET."""

    provider_pid: ProcessId
    consumer_pid: ProcessId
    state: str


@dataclass(frozen=True, slots=True)
class TransferAck:
    """The state of a transfer (`TransferProcess`): the answer to a message, and to a GET."""

    provider_pid: ProcessId
    consumer_pid: ProcessId
    state: str


@dataclass(frozen=True, slots=True)
class NegotiationFault:
    """The answer to a negotiation message that was refused (`ContractNegotiationError`)."""

    provider_pid: ProcessId | None = None
    consumer_pid: ProcessId | None = None
    code: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TransferFault:
    """The answer to a transfer message that was refused (`TransferError`)."""

    provider_pid: ProcessId | None = None
    consumer_pid: ProcessId | None = None
    code: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CatalogFault:
    """The answer to a catalogue request that was refused (`CatalogError`)."""

    code: str | None = None
    reasons: tuple[str, ...] = ()


NegotiationMessage = (
    ContractRequest
    | ContractOffer
    | ContractAgreement
    | AgreementVerification
    | NegotiationEvent
    | NegotiationTermination
)
"""A message that moves a negotiation."""
TransferMessage = TransferRequest | TransferStart | TransferCompletion | TransferSuspension | TransferTermination
"""A message that moves a transfer process."""
ProcessMessage = NegotiationMessage | TransferMessage
"""A message that moves a process, and therefore is in one of the two tables."""


def pid_of(message: ProcessMessage, role: Role) -> ProcessId | None:
    """The process id that the message gives for the party in `role`, or None where it gives none."""
    if role is Role.CONSUMER:
        return message.consumer_pid
    return None if isinstance(message, TransferRequest) else message.provider_pid
