"""Our P-256 signing key: a PEM file, a signer on it, and the JWK that partners verify with."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from corridor.base.errors import SettingsError
from corridor.base.json import JsonObject
from corridor.evidence.keys import PublicKey
from corridor.trust.files import create_private, read_private

_HALF: Final = 32  # bytes of r, and of s (RFC 7518 §3.4)


def create_key_file(path: Path) -> None:
    """Write a new P-256 key as PKCS#8 PEM with mode 0600.

    Raises:
        SettingsError: there is a file already, or it cannot be written.
    """
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    create_private(path, pem, "signing key")


def load_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The P-256 key in the PEM file at `path`.

    Raises:
        SettingsError: the file is missing, open to others, or holds no unencrypted P-256 key.
    """
    pem = read_private(path, "signing key")
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise SettingsError(
        "the signing key is no unencrypted P-256 key in PEM", place=str(path), remedy="`corridor init` makes one"
    )


class FileSigner:
    """Signs with the key in a PEM file; implements the port `Signer`.

    Args:
        path: of the PEM file, mode 0600.
        key_id: DID URL under which partners find the public key, such as `did:web:example.org#key-1`.

    Raises:
        SettingsError: the file is missing, open to others, or holds no P-256 key.
    """

    def __init__(self, path: Path, key_id: str) -> None:
        self._key = load_key(path)
        self._key_id = key_id

    @property
    def key_id(self) -> str:
        """The DID URL of the key."""
        return self._key_id

    @property
    def public_jwk(self) -> JsonObject:
        """The public part, as our DID document shows it."""
        return PublicKey(self._key_id, self._key.public_key()).to_jwk()

    def sign(self, payload: bytes) -> bytes:
        """The ES256 signature of `payload` as 64 bytes, r || s."""
        r, s = decode_dss_signature(self._key.sign(payload, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")
