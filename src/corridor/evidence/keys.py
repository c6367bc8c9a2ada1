"""Public keys and signatures as values: EC P-256 keys as JWK (RFC 7517, RFC 7518 §6.2), ES256 (RFC 7518 §3.4)."""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from corridor.base.errors import LocalError, MalformedError
from corridor.base.ids import ParticipantId, check_id, printable
from corridor.base.json import canonical_json

SIGNATURE_SIZE: Final = 64
_COORDINATE_SIZE: Final = 32
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order n of the group of P-256 (NIST SP 800-186 §3.2.1.3)."""
_ALGORITHM: Final = ec.ECDSA(hashes.SHA256())


class Signer(Protocol):
    """Who holds a private key: a file, PKCS#11 or a KMS behind it."""

    @property
    def key_id(self) -> str:
        """The DID URL of the public key, such as `did:web:customs.example#key-1`."""
        ...

    def sign(self, payload: bytes) -> bytes:
        """The ES256 signature of `payload`: 64 bytes, r and s."""
        ...


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key to verify with, checked to be a point on P-256; `key_id` is its DID URL."""

    key_id: str
    point: ec.EllipticCurvePublicKey

    def verifies(self, payload: bytes, signature: bytes) -> bool:
        """Whether `signature` (64 bytes, s in the lower half) is this key's ES256 signature of `payload`."""
        if len(signature) != SIGNATURE_SIZE:
            return False
        r, s = _halves(signature)
        if s > _ORDER // 2:
            return False
        try:
            self.point.verify(encode_dss_signature(r, s), payload, _ALGORITHM)
        except InvalidSignature:
            return False
        return True

    def to_jwk(self) -> dict[str, str]:
        """The key as a JWK with its `kid`."""
        return {**_essentials(self.point), "kid": self.key_id}

    def thumbprint(self) -> str:
        """The SHA-256 JWK thumbprint, base64url (RFC 7638 §3)."""
        return to_base64url(hashlib.sha256(canonical_json(_essentials(self.point))).digest())


PublicKeys = Mapping[str, PublicKey]
"""The keys that a verifier trusts, by DID URL; never taken from what is to be verified."""


def read_keys(jwks: Mapping[str, object]) -> PublicKeys:
    """The keys of JWKs given by DID URL, as in the `verificationMethod` of DID documents.

    Raises:
        MalformedError: one of them is not a P-256 public key for ES256.
    """
    return {key_id: read_jwk(jwk, key_id) for key_id, jwk in jwks.items()}


def read_jwk(jwk: object, key_id: str) -> PublicKey:
    """The public key in `jwk`, to be known as `key_id`.

    Raises:
        MalformedError: not an EC P-256 public key, not on the curve, meant for something else, or a private key.
    """
    did_of(key_id)
    place = f"key {printable(key_id)}"
    if not isinstance(jwk, Mapping):
        raise MalformedError("not a JWK", place=place)
    if "d" in jwk:
        raise MalformedError("a private key", place=place, remedy="give the public key only, and replace this one")
    _check_purpose(jwk, place)
    x, y = (_coordinate(jwk.get(name), f"{place} {name}") for name in ("x", "y"))
    try:
        return PublicKey(key_id, _point(x, y))
    except ValueError:
        raise MalformedError("not a point on the curve P-256", place=place) from None


@functools.lru_cache(maxsize=1024)
def _point(x: int, y: int) -> ec.EllipticCurvePublicKey:
    """The point, once it is found to be on the curve; keys come again with every document that they sign."""
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def sign(payload: bytes, signer: Signer) -> bytes:
    """The signer's ES256 signature with s in the lower half of the group.

    (r, s) and (r, n - s) verify alike; keeping one of them makes a signed document the only one of its kind.

    Raises:
        LocalError: the signer gave something other than 64 bytes.
    """
    signature = signer.sign(payload)
    if len(signature) != SIGNATURE_SIZE:
        raise LocalError(f"the signer of `{printable(signer.key_id)}` gave {len(signature)} bytes, not 64")
    r, s = _halves(signature)
    return r.to_bytes(_COORDINATE_SIZE, "big") + min(s, _ORDER - s).to_bytes(_COORDINATE_SIZE, "big")


_DID = re.compile(r"did:[a-z0-9]+:[A-Za-z0-9._:%-]+")
_DID_URL = re.compile(rf"({_DID.pattern})#[A-Za-z0-9._~:%-]+")


def check_did(text: object, place: str) -> ParticipantId:
    """Return `text` if it is a DID (DID Core §3.1).

    Raises:
        MalformedError: with `place`, if it is not.
    """
    if _DID.fullmatch(check_id(text, place)):
        return ParticipantId(str(text))
    raise MalformedError(f"`{printable(str(text))}` is not a DID", place=place)


def did_of(key_id: object) -> ParticipantId:
    """The DID in front of the fragment of a DID URL: whose key it is (DID Core §3.2).

    Raises:
        MalformedError: not a DID with a fragment and nothing else.
    """
    place = "key id"
    found = _DID_URL.fullmatch(check_id(key_id, place))
    if found is None:
        raise MalformedError(
            f"`{printable(str(key_id))}` does not name a key",
            place=place,
            remedy="write a DID URL such as did:web:customs.example#key-1",
        )
    return ParticipantId(found[1])


_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


def to_base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_base64url(text: object, place: str) -> bytes:
    """The bytes of base64url without padding; only what `to_base64url` writes is read.

    Raises:
        MalformedError: with `place`: another character, an impossible length, or unused bits that are not zero.
    """
    if isinstance(text, str) and _BASE64URL.fullmatch(text):
        try:
            data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except binascii.Error:
            data = b""
        if to_base64url(data) == text:
            return data
    raise MalformedError("not base64url in its one form", place=place, remedy="leave out padding and unused bits")


def _check_purpose(jwk: Mapping[str, Any], place: str) -> None:
    if (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        raise MalformedError("not an EC key on P-256", place=place, remedy="only ES256 is used here")
    operations = jwk.get("key_ops", ["verify"])
    if jwk.get("alg", "ES256") != "ES256" or jwk.get("use", "sig") != "sig":
        raise MalformedError("a key for another algorithm or use", place=place)
    if not isinstance(operations, list) or "verify" not in operations:
        raise MalformedError("a key that is not for verifying", place=place)


def _coordinate(value: object, place: str) -> int:
    # RFC 7518 §6.2.1.2: always the full size of the curve, leading zeros included.
    data = from_base64url(value, place)
    if len(data) != _COORDINATE_SIZE:
        raise MalformedError(f"a coordinate of {len(data)} bytes, not {_COORDINATE_SIZE}", place=place)
    return int.from_bytes(data, "big")


def _essentials(point: ec.EllipticCurvePublicKey) -> dict[str, str]:
    numbers = point.public_numbers()
    x, y = (to_base64url(number.to_bytes(_COORDINATE_SIZE, "big")) for number in (numbers.x, numbers.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def _halves(signature: bytes) -> tuple[int, int]:
    r, s = signature[:_COORDINATE_SIZE], signature[_COORDINATE_SIZE:]
    return int.from_bytes(r, "big"), int.from_bytes(s, "big")
