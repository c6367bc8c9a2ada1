"""Signed tree heads as text: what a node's log was at an instant.

Lines, each ended by a line feed: the origin (the node's DID), the number of leaves, the root in base64, the instant, an
empty line, then one line per signature: an em dash, the DID URL of the key, and the ES256 signature in base64url, with
single spaces between. It is the layout of a signed note; the signature covers everything before the empty line, with
the line feed of the last line. A text that begins with a DID is never the signing input of a JWS, so neither passes for
the other.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from corridor.base.errors import CorridorError, LocalError, MalformedError, UnauthenticatedError
from corridor.base.ids import ParticipantId
from corridor.evidence.forms import COUNT, INSTANT
from corridor.evidence.jws import Signature, check_signature
from corridor.evidence.keys import PublicKeys, Signer, check_did, did_of, from_base64url, sign, to_base64url
from corridor.evidence.merkle import HASH_SIZE

MAX_SIGNATURES: Final = 16
_BODY_LINES: Final = 4
_MARK: Final = "\u2014"
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log of `origin` had `size` leaves under `root` (32 bytes) at `at`."""

    origin: ParticipantId
    size: int
    root: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with its signatures, the origin's own and those of witnesses."""

    checkpoint: Checkpoint
    signatures: tuple[Signature, ...]


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """The text that is signed: four lines.

    Raises:
        LocalError: a field holds what could not be read back equal.
    """
    text = (
        f"{checkpoint.origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode('ascii')}\n"
        f"{INSTANT.write(checkpoint.at)}\n"
    )
    try:
        same = _parse_body(text) == checkpoint
    except CorridorError as error:
        raise LocalError(error.message, place=error.place, remedy=error.remedy) from error
    if not same:
        raise LocalError("a checkpoint would not be read back as it is", remedy="give its instant a time zone")
    return text


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> str:
    """The checkpoint with the signature of its origin.

    Raises:
        LocalError: the signer is not the origin, or the checkpoint cannot be written.
    """
    if did_of(signer.key_id) != checkpoint.origin:
        raise LocalError(f"`{signer.key_id}` cannot sign a checkpoint of `{checkpoint.origin}`")
    text = checkpoint_text(checkpoint)
    return f"{text}\n{_signature_line(text, signer)}"


def cosign_checkpoint(text: str, signer: Signer) -> str:
    """The signed checkpoint `text` with a witness's signature added; verify it, and its consistency, before.

    Raises:
        MalformedError: `text` is no signed checkpoint, or would have too many signatures.
    """
    checkpoint = parse_checkpoint(text).checkpoint
    cosigned = text + _signature_line(checkpoint_text(checkpoint), signer)
    parse_checkpoint(cosigned)
    return cosigned


def parse_checkpoint(text: str) -> SignedCheckpoint:
    """The signed checkpoint in `text`; no signature is verified yet.

    Raises:
        MalformedError: not exactly what `sign_checkpoint` and `cosign_checkpoint` write.
    """
    body, blank, tail = text.partition("\n\n")
    lines = tail.split("\n")
    if not blank or len(lines) < 2 or lines[-1]:  # noqa: PLR2004 - one signature and the nothing after its line feed
        raise MalformedError(
            "not four lines, an empty line and signature lines", place="checkpoint", remedy="end every line with \\n"
        )
    if len(lines) - 1 > MAX_SIGNATURES:
        raise MalformedError(f"more than {MAX_SIGNATURES} signatures", place="checkpoint")
    checkpoint = _parse_body(body + "\n")
    signatures = tuple(_parse_signature(line, f"checkpoint line {number}") for number, line in enumerate(lines[:-1], 6))
    if len({signature.key_id for signature in signatures}) != len(signatures):
        raise MalformedError("one key signed twice", place="checkpoint")
    return SignedCheckpoint(checkpoint, signatures)


def verify_checkpoint(text: str, keys: PublicKeys) -> Checkpoint:
    """The checkpoint in `text`, if its origin signed it and every signature matches.

    Raises:
        MalformedError: as `parse_checkpoint`.
        UnauthenticatedError: the origin did not sign, a key is not known, or a signature does not match.
    """
    signed = parse_checkpoint(text)
    checkpoint = signed.checkpoint
    if signed.signatures[0].signatory != checkpoint.origin:
        raise UnauthenticatedError(f"the first signature is not that of `{checkpoint.origin}`", place="checkpoint")
    message = checkpoint_text(checkpoint).encode("utf-8")
    for number, signature in enumerate(signed.signatures, _BODY_LINES + 2):
        check_signature(message, signature, keys, f"checkpoint line {number}")
    return checkpoint


def _signature_line(text: str, signer: Signer) -> str:
    did_of(signer.key_id)
    return f"{_MARK} {signer.key_id} {to_base64url(sign(text.encode('utf-8'), signer))}\n"


def _parse_body(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) != _BODY_LINES + 1:
        raise MalformedError("not four lines", place="checkpoint")
    origin, size, root, at, _ = lines
    if not _SIZE.fullmatch(size):
        raise MalformedError("not a number of leaves", place="checkpoint line 2")
    return Checkpoint(
        check_did(origin, "checkpoint line 1"),
        COUNT.read(int(size), "checkpoint line 2"),
        _parse_root(root),
        INSTANT.read(at, "checkpoint line 4"),
    )


def _parse_root(text: str) -> bytes:
    try:
        root = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        root = b""
    if len(root) != HASH_SIZE or base64.b64encode(root).decode("ascii") != text:
        raise MalformedError(f"not a root of {HASH_SIZE} bytes in base64", place="checkpoint line 3")
    return root


def _parse_signature(line: str, place: str) -> Signature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != _MARK:  # noqa: PLR2004 - mark, key id, signature
        raise MalformedError("not a signature line", place=place, remedy="write an em dash, a key id and a signature")
    did_of(parts[1])
    return Signature(parts[1], from_base64url(parts[2], place))
