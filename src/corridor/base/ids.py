"""Names of things, as types, and the one check that every identifier from outside passes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NewType

from corridor.base.errors import MalformedError

ParticipantId = NewType("ParticipantId", str)
"""A participant in the data space; for a Corridor node its DID, such as `did:web:customs.example`."""
DatasetId = NewType("DatasetId", str)
OfferId = NewType("OfferId", str)
AgreementId = NewType("AgreementId", str)
ProcessId = NewType("ProcessId", str)
"""A `providerPid` or `consumerPid` of a contract negotiation or a transfer process (DSP 2025-1)."""
MessageId = NewType("MessageId", str)
PaperId = NewType("PaperId", str)

IdSource = Callable[[], str]
"""Gives a fresh identifier at each call, such as `urn:uuid:...`; adapters own the chance behind it."""

MAX_ID_LENGTH: Final = 512
# U+FEFF is white space to JSON Schema (ECMA-262) though not to Python.
_FORBIDDEN = re.compile(r"[\s\x00-\x20\x7f-\x9f\ufeff\ud800-\udfff\\]")
# Percent-encoded dots and delimiters count as what they decode to: servers and URL parsers disagree on when they do.
_DOT_SEGMENT = re.compile(
    r"(^|[/:%]|%2f|%3a|%5c)(\.|%2e){1,2}($|[/?#]|%2f|%3f|%23|%5c)|%2e%2e",
    re.IGNORECASE,
)


def check_id(text: object, place: str) -> str:
    """Return `text` if it can be an identifier: 1 to 512 characters, no white space, control character or dot segment.

    Raises:
        MalformedError: with `place`, if it cannot.
    """
    if not isinstance(text, str) or not text:
        raise MalformedError("an identifier must be a non-empty string", place=place)
    if len(text) > MAX_ID_LENGTH:
        raise MalformedError(f"an identifier has at most {MAX_ID_LENGTH} characters, this one {len(text)}", place=place)
    if _FORBIDDEN.search(text) or _DOT_SEGMENT.search(text):
        raise MalformedError(
            f"`{printable(text)}` cannot be an identifier",
            place=place,
            remedy="leave out white space, control characters, backslashes and the segments `.` and `..`",
        )
    return text


def printable(text: str, limit: int = 80) -> str:
    """`text` cut to `limit` characters with everything unprintable escaped, safe in a message or a log line."""
    safe = text.encode("unicode_escape", "backslashreplace").decode("ascii") if not text.isprintable() else text
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"
