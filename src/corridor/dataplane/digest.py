"""SHA-256 and BLAKE3 of the same bytes in one pass, and the field that carries a digest over HTTP (RFC 9530)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from typing import Final

from blake3 import blake3

from corridor.base.digest import check_sha256
from corridor.base.errors import MalformedError
from corridor.base.ids import printable

# RFC 9530 §3: a Dictionary of RFC 8941 whose members are byte sequences; parameters would be ignored.
_MEMBER: Final = re.compile(r"[ \t]*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/=]*):[ \t]*")
_LONGEST_FIELD: Final = 2048
_SHA256_SIZE: Final = 32


class Digests:
    """Both digests of the bytes given so far."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._blake3 = blake3()
        self.size = 0

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Add the bytes that come next."""
        self._sha256.update(data)
        self._blake3.update(data)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """`sha-256:…` in lower-case hexadecimal."""
        return "sha-256:" + self._sha256.hexdigest()

    @property
    def blake3(self) -> str:
        """`blake3:…` in lower-case hexadecimal."""
        return "blake3:" + self._blake3.hexdigest()


def digests_of(chunks: Iterable[bytes]) -> Digests:
    """The digests of all `chunks` in order."""
    found = Digests()
    for chunk in chunks:
        found.update(chunk)
    return found


def repr_digest(sha256: str) -> str:
    """A `sha-256:…` as the value of a Repr-Digest field: `sha-256=:<base64>:` (RFC 9530 §3).

    Raises:
        MalformedError: `sha256` is not written so.
    """
    hexadecimal = check_sha256(sha256, "Repr-Digest").removeprefix("sha-256:")
    return f"sha-256=:{base64.b64encode(bytes.fromhex(hexadecimal)).decode('ascii')}:"


def parse_repr_digest(field: str) -> str | None:
    """The `sha-256:…` that a Repr-Digest field states, or None where it states other algorithms only.

    Raises:
        MalformedError: the field is no dictionary of digests, or its SHA-256 is not 32 bytes.
    """
    if len(field) > _LONGEST_FIELD:
        raise MalformedError("a digest field has at most 2048 characters", place="Repr-Digest")
    found: dict[str, str] = {}
    for member in field.split(","):
        match = _MEMBER.fullmatch(member)
        if match is None:
            raise _malformed(field)
        found[match[1]] = match[2]  # RFC 8941 §3.2: the last of equal keys counts
    return _hexadecimal(found["sha-256"], field) if "sha-256" in found else None


def _hexadecimal(encoded: str, field: str) -> str:
    try:
        raw = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise _malformed(field) from None
    if len(raw) != _SHA256_SIZE:
        raise _malformed(field)
    return "sha-256:" + raw.hex()


def _malformed(field: str) -> MalformedError:
    return MalformedError(
        f"`{printable(field)}` is not a field of digests",
        place="Repr-Digest",
        remedy="write it as sha-256=:<base64 of 32 bytes>: (RFC 9530)",
    )
