"""The wire form of Dataspace Protocol 2025-1: plain JSON as the official context compacts it.

A document passes the `gate`, where `spellings` reads other forms of JSON-LD plainly, then the reader of its type:
`reader` knows paths, `policy` what a policy has to look like.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeVar, cast

from corridor.base.errors import LocalError
from corridor.base.json import JsonObject
from corridor.dsp import messages as m
from corridor.dsp.catalog import Catalog, Dataset
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1 import catalog, negotiation, replies, transfer
from corridor.dsp.codec.v2025_1.gate import envelope, open_document
from corridor.dsp.codec.v2025_1.policy import check_body
from corridor.dsp.codec.v2025_1.reader import Node
from corridor.dsp.codec.v2025_1.terms import VERSION


@dataclass(frozen=True, slots=True)
class _Form:
    """How one type of value looks: its `@type`, and how its members are read and written."""

    name: str
    read: Callable[[Node], Any]
    write: Callable[[Any, CodecLimits], dict[str, Any]]


_FORMS: Final[Mapping[type, _Form]] = {
    m.ContractRequest: _Form("ContractRequestMessage", negotiation.read_request, negotiation.write_request),
    m.ContractOffer: _Form("ContractOfferMessage", negotiation.read_contract_offer, negotiation.write_contract_offer),
    m.ContractAgreement: _Form(
        "ContractAgreementMessage", negotiation.read_contract_agreement, negotiation.write_contract_agreement
    ),
    m.AgreementVerification: _Form(
        "ContractAgreementVerificationMessage", negotiation.read_verification, negotiation.write_verification
    ),
    m.NegotiationEvent: _Form("ContractNegotiationEventMessage", negotiation.read_event, negotiation.write_event),
    m.NegotiationTermination: _Form(
        "ContractNegotiationTerminationMessage", negotiation.read_termination, negotiation.write_termination
    ),
    m.TransferRequest: _Form("TransferRequestMessage", transfer.read_request, transfer.write_request),
    m.TransferStart: _Form("TransferStartMessage", transfer.read_start, transfer.write_start),
    m.TransferCompletion: _Form("TransferCompletionMessage", transfer.read_completion, transfer.write_completion),
    m.TransferSuspension: _Form("TransferSuspensionMessage", transfer.read_suspension, transfer.write_end),
    m.TransferTermination: _Form("TransferTerminationMessage", transfer.read_termination, transfer.write_end),
    m.CatalogRequest: _Form("CatalogRequestMessage", catalog.read_catalog_request, catalog.write_catalog_request),
    Catalog: _Form("Catalog", catalog.read_catalog, catalog.write_catalog),
    Dataset: _Form("Dataset", catalog.read_dataset, catalog.write_dataset),
    m.NegotiationAck: _Form("ContractNegotiation", replies.read_negotiation_ack, replies.write_ack),
    m.TransferAck: _Form("TransferProcess", replies.read_transfer_ack, replies.write_ack),
    m.NegotiationFault: _Form("ContractNegotiationError", replies.read_negotiation_fault, replies.write_fault),
    m.TransferFault: _Form("TransferError", replies.read_transfer_fault, replies.write_fault),
    m.CatalogFault: _Form("CatalogError", replies.read_catalog_fault, replies.write_catalog_fault),
}

W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class Codec20251:
    """The codec of version 2025-1; `corridor.dsp.codec.Codec` says what its methods do."""

    version: ClassVar[str] = VERSION
    limits: CodecLimits
    strict: bool = False

    def decode(self, kind: type[W], document: Any) -> W:
        """See `Codec.decode`."""
        form = _form_of(kind)
        return cast(W, form.read(open_document(document, form.name, self.limits, strict=self.strict)))

    def encode(self, value: object) -> dict[str, Any]:
        """See `Codec.encode`."""
        form = _form_of(type(value))
        return envelope(form.name, getattr(value, "message_id", None)) | form.write(value, self.limits)

    def check_policy(self, body: JsonObject, place: str) -> JsonObject:
        """See `Codec.check_policy`."""
        return check_body(body, place, self.limits)


def _form_of(kind: type) -> _Form:
    try:
        return _FORMS[kind]
    except KeyError:
        raise LocalError(f"a {kind.__name__} has no form in {VERSION}") from None
