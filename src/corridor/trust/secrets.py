"""Our secret: from it come the data-plane tokens, and under it received ones are kept."""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from corridor.base.errors import MalformedError, SettingsError
from corridor.evidence.keys import from_base64url, to_base64url
from corridor.evidence.webhook import secret_of
from corridor.trust.files import create_private, read_private

_SECRET_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_SEALED: Final = "sealed-1."
"""Begins every sealed text and names how it was made: HKDF-SHA256, AES-256-GCM, 96-bit nonce in front."""


def create_secret_file(path: Path) -> None:
    """Write 32 random bytes with mode 0600.

    Raises:
        SettingsError: there is a file already, or it cannot be written.
    """
    create_private(path, os.urandom(_SECRET_BYTES), "secret")


class FileSecrets:
    """Tokens and seals under the 32 bytes in a file; implements the port `Secrets`.

    Raises:
        SettingsError: the file is missing, open to others, or not 32 bytes long.
    """

    def __init__(self, path: Path) -> None:
        self._place = str(path)
        self._secret = read_private(path, "secret")
        if len(self._secret) != _SECRET_BYTES:
            raise SettingsError(
                f"the secret has {_SECRET_BYTES} bytes, not {len(self._secret)}",
                place=self._place,
                remedy="`corridor init` makes one",
            )
        self._cipher = AESGCM(_derived(self._secret, b"corridor seal 1"))

    def webhook_secret(self) -> str:
        """A new secret to sign webhooks with: 32 random bytes, different at each call."""
        return secret_of(os.urandom(_SECRET_BYTES))

    def token(self, grant: str) -> str:
        """The data-plane token of a grant, 43 characters; the same at each call."""
        return to_base64url(hmac.digest(self._secret, b"data-plane-token:" + grant.encode(), "sha256"))

    def seal(self, text: str) -> str:
        """`text` enciphered and authenticated, different at each call."""
        nonce = os.urandom(_NONCE_BYTES)
        return _SEALED + to_base64url(nonce + self._cipher.encrypt(nonce, text.encode(), _SEALED.encode()))

    def unseal(self, sealed: str) -> str:
        """What was sealed.

        Raises:
            SettingsError: it was sealed under another secret, in another way, or was changed since.
        """
        try:
            data = from_base64url(sealed.removeprefix(_SEALED), "sealed text")
            if sealed.startswith(_SEALED):
                return self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _SEALED.encode()).decode()
        except (InvalidTag, ValueError, MalformedError):
            pass
        raise SettingsError(
            "a kept token was not sealed under this secret",
            place=self._place,
            remedy="bring back the secret that this database was used with",
        )


def _derived(secret: bytes, purpose: bytes) -> bytes:
    """A key of its own per purpose (RFC 5869), so that tokens tell nothing about seals."""
    return HKDF(hashes.SHA256(), length=32, salt=None, info=purpose).derive(secret)
