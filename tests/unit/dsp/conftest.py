"""Messages and processes that the tests of this package talk about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from corridor.base.ids import AgreementId, DatasetId, MessageId, OfferId, ParticipantId, ProcessId
from corridor.dsp.messages import (
    Agreement,
    AgreementVerification,
    ContractAgreement,
    ContractOffer,
    ContractRequest,
    DataAddress,
    EventType,
    Kind,
    NegotiationEvent,
    NegotiationTermination,
    Offer,
    ProcessMessage,
    Role,
    TransferCompletion,
    TransferRequest,
    TransferStart,
    TransferSuspension,
    TransferTermination,
)
from corridor.dsp.negotiation import Negotiation
from corridor.dsp.states import NegotiationState, TransferState
from corridor.dsp.transfer import TransferProcess

BODY = {"permission": [{"action": "use"}]}
WHY = ("late", ("no answer in time",))


class Talk:
    """One provider, one consumer, one dataset, and all they can say to each other."""

    provider = ParticipantId("did:web:provider.example")
    consumer = ParticipantId("did:web:consumer.example")
    provider_pid = ProcessId("urn:uuid:provider-pid")
    consumer_pid = ProcessId("urn:uuid:consumer-pid")
    provider_url = "https://provider.example/dsp"
    consumer_url = "https://consumer.example/dsp"
    dataset = DatasetId("urn:dataset:rail-alerts")

    def offer(self, **changes):
        return replace(Offer(OfferId("urn:offer:1"), BODY, target=self.dataset), **changes)

    def agreement(self, **changes):
        agreement = Agreement(
            id=AgreementId("urn:agreement:1"),
            body=BODY,
            target=self.dataset,
            assigner=self.provider,
            assignee=self.consumer,
            timestamp=datetime(2026, 11, 22, 10, tzinfo=UTC),
        )
        return replace(agreement, **changes)

    def first_request(self, message_id="request-1", **changes):
        message = ContractRequest(MessageId(message_id), self.consumer_pid, None, self.offer(), self.consumer_url)
        return replace(message, **changes)

    def first_offer(self, message_id="offer-1", **changes):
        message = ContractOffer(MessageId(message_id), self.provider_pid, None, self.offer(), self.provider_url)
        return replace(message, **changes)

    def transfer_request(self, message_id="transfer-1", **changes):
        message = TransferRequest(
            message_id=MessageId(message_id),
            consumer_pid=self.consumer_pid,
            agreement_id=AgreementId("urn:agreement:1"),
            format="HttpData-PULL",
            callback=self.consumer_url,
        )
        return replace(message, **changes)

    def data_address(self):
        return DataAddress("https://w3id.org/idsa/v4.1/HTTP", "https://data.example/1", (("authorization", "s3cret"),))

    def say(self, kind: Kind, message_id: str | None = None) -> ProcessMessage:
        """A message of that kind inside a process that both sides know; a transfer request only begins one."""
        id_ = MessageId(message_id or f"some-{kind}")
        pids = (self.provider_pid, self.consumer_pid)
        return {
            Kind.CONTRACT_REQUEST: ContractRequest(id_, self.consumer_pid, self.provider_pid, self.offer()),
            Kind.CONTRACT_OFFER: ContractOffer(id_, *pids, self.offer()),
            Kind.CONTRACT_AGREEMENT: ContractAgreement(id_, *pids, self.agreement()),
            Kind.AGREEMENT_VERIFICATION: AgreementVerification(id_, *pids),
            Kind.ACCEPTED: NegotiationEvent(id_, *pids, EventType.ACCEPTED),
            Kind.FINALIZED: NegotiationEvent(id_, *pids, EventType.FINALIZED),
            Kind.NEGOTIATION_TERMINATION: NegotiationTermination(id_, *pids, *WHY),
            Kind.TRANSFER_REQUEST: self.transfer_request(id_),
            Kind.TRANSFER_START: TransferStart(id_, *pids, self.data_address()),
            Kind.TRANSFER_COMPLETION: TransferCompletion(id_, *pids),
            Kind.TRANSFER_SUSPENSION: TransferSuspension(id_, *pids, *WHY),
            Kind.TRANSFER_TERMINATION: TransferTermination(id_, *pids, *WHY),
        }[kind]

    def negotiation(self, role: Role, state: NegotiationState | None, **changes) -> Negotiation:
        """A negotiation in `state` with nothing on its way, as the party in `role` sees it."""
        negotiation = Negotiation(**self._side(role), state=state, dataset=self.dataset, offer=self.offer())
        return replace(negotiation, **changes)

    def transfer(self, role: Role, state: TransferState | None, **changes) -> TransferProcess:
        """A transfer process in `state` with nothing on its way, as the party in `role` sees it."""
        transfer = TransferProcess(
            **self._side(role), state=state, agreement_id=AgreementId("urn:agreement:1"), format="HttpData-PULL"
        )
        return replace(transfer, **changes)

    def _side(self, role):
        provides = role is Role.PROVIDER
        return {
            "role": role,
            "own_pid": self.provider_pid if provides else self.consumer_pid,
            "peer_pid": self.consumer_pid if provides else self.provider_pid,
            "participant": self.provider if provides else self.consumer,
            "peer": self.consumer if provides else self.provider,
            "peer_url": self.consumer_url if provides else self.provider_url,
        }


@pytest.fixture(scope="session")
def talk():
    return Talk()
