"""JSON Web Signatures in the general JSON serialisation (RFC 7515 §7.2.1), with exactly one form for each document.

The protected header is a function of the key and the type of document (`alg`, `kid`, `typ`, canonical), there is no
unprotected header, and no `crit`. So what verifies cannot be written in a second way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from corridor.base.errors import MalformedError, UnauthenticatedError
from corridor.base.ids import ParticipantId, printable
from corridor.base.json import JsonLimits, canonical_json, parse_json
from corridor.evidence.forms import read_members
from corridor.evidence.keys import PublicKeys, Signer, did_of, from_base64url, sign, to_base64url

_HEADER_LIMITS: Final = JsonLimits(max_bytes=2048, max_depth=2)


@dataclass(frozen=True, slots=True)
class Signature:
    """One party's signature: the DID URL of its key, and 64 bytes."""

    key_id: str
    value: bytes

    @property
    def signatory(self) -> ParticipantId:
        """The DID whose key signed."""
        return did_of(self.key_id)


@dataclass(frozen=True, slots=True)
class Jws:
    """A payload with its signatures; `type` is the `typ` of every protected header."""

    type: str
    payload: bytes
    signatures: tuple[Signature, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON object of RFC 7515 §7.2.1."""
        return {
            "payload": to_base64url(self.payload),
            "signatures": [
                {
                    "protected": to_base64url(_protected(signature.key_id, self.type)),
                    "signature": to_base64url(signature.value),
                }
                for signature in self.signatures
            ],
        }


def sign_payload(payload: bytes, document_type: str, signer: Signer) -> Signature:
    """The signature of `payload` as a document of `document_type`.

    Raises:
        MalformedError: the signer's key id is not a DID URL.
        LocalError: the signer gave no ES256 signature.
    """
    did_of(signer.key_id)
    return Signature(signer.key_id, sign(_signing_input(payload, signer.key_id, document_type), signer))


def read_jws(value: object, document_type: str, place: str) -> Jws:
    """The document in `value`; nothing is verified yet.

    Raises:
        MalformedError: with `place`, another shape, type, algorithm or member than `Jws.to_json` writes.
    """
    given = read_members(value, place, required=("payload", "signatures"))
    entries = given["signatures"]
    if not isinstance(entries, list) or not entries:
        raise MalformedError("not a list with at least one signature", place=f"{place}.signatures")
    return Jws(
        document_type,
        from_base64url(given["payload"], f"{place}.payload"),
        tuple(
            _read_signature(entry, document_type, f"{place}.signatures[{number}]")
            for number, entry in enumerate(entries)
        ),
    )


def check_signatures(jws: Jws, keys: PublicKeys, place: str) -> None:
    """Verify every signature with the key of its id.

    Raises:
        UnauthenticatedError: with `place`, a key is not among `keys`, or a signature does not match.
    """
    for number, signature in enumerate(jws.signatures):
        where = f"{place}.signatures[{number}]"
        message = _signing_input(jws.payload, signature.key_id, jws.type)
        check_signature(message, signature, keys, where)


def check_signature(message: bytes, signature: Signature, keys: PublicKeys, place: str) -> None:
    """Verify one signature of `message`.

    Raises:
        UnauthenticatedError: with `place`, the key is not among `keys`, or the signature does not match.
    """
    key = keys.get(signature.key_id)
    if key is None:
        raise UnauthenticatedError(
            f"the key `{printable(signature.key_id)}` is not known",
            place=place,
            remedy="give the public keys of both parties, as in their DID documents",
        )
    if not key.verifies(message, signature.value):
        raise UnauthenticatedError(f"the signature of `{printable(signature.key_id)}` does not match", place=place)


def _protected(key_id: str, document_type: str) -> bytes:
    return canonical_json({"alg": "ES256", "kid": key_id, "typ": document_type})


def _signing_input(payload: bytes, key_id: str, document_type: str) -> bytes:
    # RFC 7515 §5.1 step 5: protected header, full stop, payload, both base64url.
    return f"{to_base64url(_protected(key_id, document_type))}.{to_base64url(payload)}".encode("ascii")


def _read_signature(value: object, document_type: str, place: str) -> Signature:
    given = read_members(value, place, required=("protected", "signature"))
    protected = from_base64url(given["protected"], f"{place}.protected")
    header = parse_json(protected, _HEADER_LIMITS)
    key_id = header.get("kid") if isinstance(header, dict) else None
    did_of(key_id)
    if protected != _protected(str(key_id), document_type):
        raise MalformedError(
            f"not the protected header of a `{document_type}` signed by `{printable(str(key_id))}`",
            place=f"{place}.protected",
            remedy="write exactly alg ES256, kid and typ, as canonical JSON",
        )
    return Signature(str(key_id), from_base64url(given["signature"], f"{place}.signature"))
