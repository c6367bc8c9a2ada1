"""The evidence of one agreement as a file that verifies offline: its format, and how it is made.

JSON Lines, every line canonical JSON (RFC 8785) ended by one line feed, its `kind` one of:

1. `header`: format, version, exporter, agreement, instant of export;
2. `checkpoint`: the signed head of the exporter's log, as text;
3. `event`, any number, in order of the log: the event, its leaf index, its inclusion proof under the checkpoint;
4. `receipt`, any number: what both parties signed, the agreement's first;
5. `manifest`: a JWS of the exporter over the SHA-256 of every earlier line (without its line feed).

Public keys are not in the file: the verifier has them from elsewhere. `verification` reads and judges it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from corridor.base.errors import LocalError
from corridor.base.ids import AgreementId, ParticipantId
from corridor.base.json import canonical_json
from corridor.evidence.checkpoint import parse_checkpoint
from corridor.evidence.event import Event, to_json
from corridor.evidence.jws import Jws, sign_payload
from corridor.evidence.keys import Signer, did_of, to_base64url
from corridor.evidence.receipt import AgreementStatement, Receipt
from corridor.evidence.record import write_record

FORMAT: Final = "corridor-evidence-bundle"
VERSION: Final = 1
MANIFEST_TYPE: Final = "corridor-bundle-manifest+jws"
"""The `typ` of the manifest's protected header."""


@dataclass(frozen=True, slots=True)
class BundleLimits:
    """Bounds on a bundle from outside."""

    max_bytes: int = 268_435_456
    max_lines: int = 100_000
    max_line_bytes: int = 1_048_576
    max_manifest_bytes: int = 16_777_216


DEFAULT_LIMITS: Final = BundleLimits()


@dataclass(frozen=True, slots=True)
class Header:
    """Who exported the evidence of which agreement, and when."""

    exporter: ParticipantId
    agreement: AgreementId
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ProvenEvent:
    """An event, its leaf index in the exporter's log, and its inclusion proof under the bundle's checkpoint."""

    index: int
    event: Event
    proof: tuple[bytes, ...]


def build_bundle(
    *,
    agreement: AgreementId,
    made_at: datetime,
    checkpoint: str,
    events: Iterable[ProvenEvent],
    receipts: Iterable[Receipt],
    signer: Signer,
) -> bytes:
    """The bundle of `agreement`, exported by the signer's DID; order of `events` and `receipts` does not matter.

    Args:
        agreement: whose evidence it is.
        made_at: instant of export, not before the checkpoint's.
        checkpoint: signed by the exporter, of a size that covers all `events`.
        events: those that belong to the agreement, each proven against `checkpoint`.
        receipts: signed by both parties.
        signer: the exporter's.

    Raises:
        LocalError: the checkpoint is another node's, a receipt is incomplete, or a value cannot be written.
    """
    header = Header(did_of(signer.key_id), agreement, made_at)
    if parse_checkpoint(checkpoint).checkpoint.origin != header.exporter:
        raise LocalError(f"the checkpoint is not one of `{header.exporter}`", remedy="export from your own log")
    lines = [
        canonical_json(header_line(header)),
        canonical_json({"kind": "checkpoint", "checkpoint": checkpoint}),
        *(canonical_json(event_line(proven)) for proven in sorted(events, key=lambda proven: proven.index)),
        *(canonical_json(receipt_line(receipt)) for receipt in sorted(receipts, key=_receipt_order)),
    ]
    lines.append(canonical_json(manifest_line(lines, signer)))
    return b"".join(line + b"\n" for line in lines)


def header_line(header: Header) -> dict[str, Any]:
    """The first line."""
    return {"kind": "header", "format": FORMAT, "version": VERSION, **write_record(header)}


def event_line(proven: ProvenEvent) -> dict[str, Any]:
    """The line of one event."""
    return {
        "kind": "event",
        "index": proven.index,
        "proof": [to_base64url(sibling) for sibling in proven.proof],
        "event": to_json(proven.event),
    }


def receipt_line(receipt: Receipt) -> dict[str, Any]:
    """The line of one receipt.

    Raises:
        LocalError: a party has not signed.
    """
    if not receipt.complete:
        raise LocalError(f"the receipt {receipt.digest} has one signature", remedy="leave it out until countersigned")
    return {"kind": "receipt", "receipt": receipt.to_json()}


def manifest_line(lines: Sequence[bytes], signer: Signer) -> dict[str, Any]:
    """The last line: the exporter's signature over the digests of all others."""
    payload = canonical_json({"sha256": [line_digest(line) for line in lines]})
    document = Jws(MANIFEST_TYPE, payload, (sign_payload(payload, MANIFEST_TYPE, signer),))
    return {"kind": "manifest", "manifest": document.to_json()}


def line_digest(line: bytes) -> str:
    """SHA-256 of a line without its line feed, base64url."""
    return to_base64url(hashlib.sha256(line).digest())


def _receipt_order(receipt: Receipt) -> tuple[bool, str]:
    statement = receipt.statement
    if isinstance(statement, AgreementStatement):
        return False, ""
    return True, statement.delivered_at.isoformat() + receipt.digest
