"""Digests as text that names its algorithm: `sha-256:` and lower-case hexadecimal."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from corridor.base.errors import MalformedError
from corridor.base.json import canonical_json

_SHA256 = re.compile(r"sha-256:[0-9a-f]{64}")


def sha256_of(data: bytes) -> str:
    """`sha-256:…` of the bytes."""
    return "sha-256:" + hashlib.sha256(data).hexdigest()


def digest_of(value: Any) -> str:
    """`sha-256:…` of the value's canonical JSON.

    Raises:
        LocalError: the value has no canonical form.
    """
    return sha256_of(canonical_json(value))


def check_sha256(text: object, place: str) -> str:
    """Return `text` if it is written as `sha256_of` writes.

    Raises:
        MalformedError: with `place`, if it is not.
    """
    if isinstance(text, str) and _SHA256.fullmatch(text):
        return text
    raise MalformedError(
        "not a digest", place=place, remedy="write it as sha-256: and 64 lower-case hexadecimal digits"
    )
