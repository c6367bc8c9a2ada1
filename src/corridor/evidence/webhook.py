"""Signatures of webhooks by Standard Webhooks 1.0.0: HMAC-SHA256 under a secret that both sides hold.

What is signed is `ID.TIMESTAMP.BODY`, so that none of them can be exchanged; the timestamp bounds how long a copy of a
request is of use, and the id tells a repetition.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from corridor.base.errors import MalformedError, UnauthenticatedError
from corridor.base.ids import printable

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what begins every secret is none
TOLERANCE: Final = timedelta(minutes=5)
"""How old, or how far ahead of the receiver's clock, a request may be."""

_VERSION: Final = "v1,"
_KEY_BYTES: Final = range(24, 65)
_LONGEST: Final = 4096
_MOST_SIGNATURES: Final = 16


def secret_of(key: bytes) -> str:
    """The key as it is handed over: `whsec_` and base64."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def headers_for(secret: str, message: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three header fields of the request that brings `body`.

    Args:
        secret: `whsec_…`.
        message: names what is told; the same whenever it is told again.
        at: the time of this attempt.
        body: as it is sent.

    Raises:
        MalformedError: the secret is none.
    """
    stamp = str(int(at.timestamp()))
    return {ID: message, TIMESTAMP: stamp, SIGNATURE: _VERSION + _signature(_key(secret), message, stamp, body)}


def check(headers: Mapping[str, str], body: bytes, secret: str, now: datetime, tolerance: timedelta = TOLERANCE) -> str:
    """The id of a request that is signed under `secret` and fresh.

    Args:
        headers: the fields of the request; names in any case.
        body: as it came, not decoded and encoded again.
        secret: `whsec_…`.
        now: the time.
        tolerance: how far the timestamp may be from `now`.

    Raises:
        UnauthenticatedError: a field is missing or none, the request is too old or too new, or no signature is right.
        MalformedError: the secret is none.
    """
    fields = {name.lower(): value for name, value in headers.items()}
    message, stamp, given = (_field(fields, name) for name in (ID, TIMESTAMP, SIGNATURE))
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= len("9999999999")):
        raise UnauthenticatedError("the timestamp is no number of seconds", place=TIMESTAMP)
    if abs(int(stamp) - now.timestamp()) > tolerance.total_seconds():
        raise UnauthenticatedError(
            f"the request is not of now: it says {stamp}", place=TIMESTAMP, remedy="see whether both clocks are right"
        )
    right = _signature(_key(secret), message, stamp, body).encode()
    found = [one.removeprefix(_VERSION) for one in given.split(" ")[:_MOST_SIGNATURES] if one.startswith(_VERSION)]
    if not any(hmac.compare_digest(one.encode(errors="replace"), right) for one in found):
        raise UnauthenticatedError(
            "no signature is right", place=SIGNATURE, remedy="check the secret, and give the body as it came"
        )
    return message


def _field(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not value or len(value) > _LONGEST:
        raise UnauthenticatedError(f"the field is missing or too long: `{printable(value)}`", place=name)
    return value


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    # What the secret is must not be said: messages go into logs.
    if len(key) not in _KEY_BYTES:
        raise MalformedError("the webhook secret is none", remedy="give it as it was shown: `whsec_` and base64")
    return key


def _signature(key: bytes, message: str, stamp: str, body: bytes) -> str:
    signed = b".".join((message.encode(errors="replace"), stamp.encode(), body))
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
