"""Receipts: a statement about an exchange that both parties sign, byte for byte the same document on both sides.

One side proposes (one signature), the other checks the statement against what it saw itself and countersigns. The order
of the signatures is fixed, provider first, so it does not matter who proposed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from corridor.base.digest import sha256_of
from corridor.base.errors import ConflictError, ForbiddenError, LocalError, MalformedError
from corridor.base.ids import AgreementId, DatasetId, ParticipantId, ProcessId, printable
from corridor.base.json import canonical_json, parse_json
from corridor.evidence.event import PaperRef
from corridor.evidence.forms import Blake3, Count, Sha256
from corridor.evidence.jws import Jws, check_signatures, read_jws, sign_payload
from corridor.evidence.keys import PublicKeys, Signer, did_of
from corridor.evidence.record import read_record, write_record

RECEIPT_TYPE: Final = "corridor-receipt+jws"
"""The `typ` of a receipt's protected headers."""


@dataclass(frozen=True, slots=True)
class Parties:
    """Who exchanges with whom."""

    provider: ParticipantId
    consumer: ParticipantId


@dataclass(frozen=True, slots=True)
class AgreementStatement:
    """Both parties are bound by this agreement, of which `policy` is the digest of the ODRL policy."""

    agreement: AgreementId
    policy: Sha256
    dataset: DatasetId
    provider: ParticipantId
    consumer: ParticipantId
    concluded_at: datetime
    papers: tuple[PaperRef, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryStatement:
    """These bytes went from the provider to the consumer under the agreement.

    Attributes:
        provider_pid: the provider's id of the transfer process.
        consumer_pid: the consumer's id of the same transfer process.
        size: bytes of content, after any transformation, before any content coding.
        rows: records among them, or None where the format has none that are counted.
    """

    agreement: AgreementId
    provider_pid: ProcessId
    consumer_pid: ProcessId
    dataset: DatasetId
    provider: ParticipantId
    consumer: ParticipantId
    size: Count
    sha256: Sha256
    blake3: Blake3
    delivered_at: datetime
    rows: Count | None = None


Statement = AgreementStatement | DeliveryStatement

_STATEMENT_TYPES: Final[dict[str, type[Statement]]] = {"agreement": AgreementStatement, "delivery": DeliveryStatement}
_NAMES: Final = {cls: name for name, cls in _STATEMENT_TYPES.items()}


@dataclass(frozen=True, slots=True)
class Receipt:
    """A statement as it was signed, with the signatures so far; made by `propose`, `countersign` or `read_receipt`."""

    statement: Statement
    document: Jws

    @property
    def digest(self) -> str:
        """The digest of the statement: the receipt's name, the same on both sides and however many have signed."""
        return sha256_of(self.document.payload)

    @property
    def signatories(self) -> tuple[ParticipantId, ...]:
        """The parties that have signed, provider first; what `verify` has not seen is only claimed."""
        return tuple(signature.signatory for signature in self.document.signatures)

    @property
    def complete(self) -> bool:
        """Whether both parties have signed."""
        return len(self.document.signatures) == 2  # noqa: PLR2004 - two parties, `read_receipt` lets no third one in

    def to_json(self) -> dict[str, Any]:
        """The JWS as a JSON object (RFC 7515 §7.2.1)."""
        return self.document.to_json()

    def to_bytes(self) -> bytes:
        """The JWS as canonical JSON: byte-identical on both sides once complete."""
        return canonical_json(self.to_json())


def statement_name(statement: Statement) -> str:
    """`agreement` or `delivery`."""
    return _NAMES[type(statement)]


def parties_of(statement: Statement) -> Parties:
    """The two parties that the statement names."""
    return Parties(statement.provider, statement.consumer)


def statement_bytes(statement: Statement) -> bytes:
    """The statement as canonical JSON: the payload that is signed.

    Raises:
        LocalError: a field holds what could not be read back equal, or both parties are one.
    """
    if statement.provider == statement.consumer:
        raise LocalError(f"`{printable(statement.provider)}` cannot give itself a receipt")
    return canonical_json({"type": statement_name(statement), **write_record(statement)})


def statement_digest(statement: Statement) -> str:
    """The digest of the statement, by which both sides name the receipt.

    Raises:
        LocalError: as `statement_bytes`.
    """
    return sha256_of(statement_bytes(statement))


def propose(statement: Statement, signer: Signer) -> Receipt:
    """The receipt with the first signature.

    Raises:
        LocalError: the signer is no party to the statement, or the statement cannot be written.
    """
    receipt = Receipt(statement, Jws(RECEIPT_TYPE, statement_bytes(statement), ()))
    return _with_signature(receipt, signer)


def countersign(receipt: Receipt, signer: Signer) -> Receipt:
    """The receipt with the other party's signature added; check the statement, and `verify_proposal`, before.

    Raises:
        ConflictError: the signer's side has signed already.
        LocalError: the signer is no party to the statement.
    """
    if did_of(signer.key_id) in receipt.signatories:
        raise ConflictError(f"`{printable(signer.key_id)}` has signed this receipt already")
    return _with_signature(receipt, signer)


def read_receipt(value: object, place: str = "receipt") -> Receipt:
    """The receipt in a decoded JSON document; no signature is verified yet.

    Raises:
        MalformedError: not a JWS of this type, or its payload is not the canonical form of a statement.
        ForbiddenError: signed by someone who is no party, twice by one party, or in the wrong order.
    """
    document = read_jws(value, RECEIPT_TYPE, place)
    receipt = Receipt(_read_statement(document.payload, f"{place}.payload"), document)
    parties = parties_of(receipt.statement)
    if receipt.signatories not in ((parties.provider,), (parties.consumer,), (parties.provider, parties.consumer)):
        raise ForbiddenError(
            f"signed by {', '.join(f'`{printable(party)}`' for party in receipt.signatories)}",
            place=f"{place}.signatures",
            remedy="a receipt is signed once by each of its parties, provider first",
        )
    return receipt


def verify(receipt: Receipt, keys: PublicKeys, parties: Parties) -> Statement:
    """The statement, if both `parties` signed it and nobody else.

    Raises:
        ForbiddenError: the statement is between other parties, or one of them has not signed.
        UnauthenticatedError: a key is not known, or a signature does not match.
    """
    _check_parties(receipt, parties)
    if not receipt.complete:
        raise ForbiddenError(
            f"signed by `{printable(receipt.signatories[0])}` only", place="receipt", remedy="have it countersigned"
        )
    check_signatures(receipt.document, keys, "receipt")
    return receipt.statement


def verify_proposal(receipt: Receipt, keys: PublicKeys, parties: Parties) -> Statement:
    """The statement, if it is between `parties` and every signature so far, one or two, matches.

    Raises:
        ForbiddenError: the statement is between other parties.
        UnauthenticatedError: a key is not known, or a signature does not match.
    """
    _check_parties(receipt, parties)
    check_signatures(receipt.document, keys, "receipt")
    return receipt.statement


def _with_signature(receipt: Receipt, signer: Signer) -> Receipt:
    parties = parties_of(receipt.statement)
    order = (parties.provider, parties.consumer)
    signatory = did_of(signer.key_id)
    if signatory not in order:
        raise LocalError(
            f"`{printable(signer.key_id)}` belongs to no party of this receipt", remedy="sign with a party's key"
        )
    payload = receipt.document.payload
    signatures = (*receipt.document.signatures, sign_payload(payload, RECEIPT_TYPE, signer))
    ordered = tuple(sorted(signatures, key=lambda signature: order.index(signature.signatory)))
    return Receipt(receipt.statement, Jws(RECEIPT_TYPE, payload, ordered))


def _read_statement(payload: bytes, place: str) -> Statement:
    value = parse_json(payload)
    if not isinstance(value, dict) or value.get("type") not in list(_STATEMENT_TYPES):
        raise MalformedError("not a statement of agreement or delivery", place=place)
    members = {name: member for name, member in value.items() if name != "type"}
    statement: Statement = read_record(_STATEMENT_TYPES[value["type"]], members, place)
    if statement.provider == statement.consumer:
        raise MalformedError("provider and consumer are one", place=place)
    if statement_bytes(statement) != payload:
        raise MalformedError("not canonical JSON", place=place, remedy="write it by RFC 8785")
    return statement


def _check_parties(receipt: Receipt, parties: Parties) -> None:
    if parties_of(receipt.statement) != parties:
        raise ForbiddenError(
            f"between `{printable(receipt.statement.provider)}` and `{printable(receipt.statement.consumer)}`, "
            f"not `{printable(parties.provider)}` and `{printable(parties.consumer)}`",
            place="receipt",
        )
