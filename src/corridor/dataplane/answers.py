"""What the other side's data plane says: about the bytes that it sends, and why it refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from corridor.base.errors import CorridorError, MalformedError
from corridor.base.ids import printable
from corridor.base.json import parse_json
from corridor.dataplane.digest import parse_repr_digest
from corridor.dataplane.ranges import parse_content_range
from corridor.dataplane.server import ROWS_HEADER

if TYPE_CHECKING:
    import aiohttp

_NUMBER: Final = re.compile(r"\d{1,15}", re.ASCII)
_STRONG_TAG: Final = re.compile(r'"[!#-~]{1,200}"')
_LONGEST_REASON: Final = 200
_LONGEST_REFUSAL: Final = 65_536
FIELD_VALUE: Final = re.compile(r"[!-~]([ !-~]{0,8190}[!-~])?")
"""What can be sent as a field's value, and hides nothing."""
TRY_AGAIN: Final = frozenset({408, 425, 429})
"""It is there, but not now (RFC 9110 §15.5.9, RFC 8470, RFC 6585 §4); all from 500 on count too."""
# In this order: RFC 9457 §3.1, then DSP 2025-1 error messages, then what else is common.
_REASON_NAMES: Final = ("detail", "reason", "title", "message", "error")


@dataclass(frozen=True, slots=True)
class Stated:
    """What is stated about a content; None where nothing is.

    Attributes:
        tag: its strong entity tag, without which a broken fetch cannot be resumed.
        sha256: `sha-256:…` of all bytes.
        size: of all bytes.
        rows: data rows.
    """

    tag: str | None
    sha256: str | None
    size: int | None
    rows: int | None


def stated_in(status: int, headers: Mapping[str, str], start: int) -> tuple[Stated, int]:
    """What an answer 200 or 206 states, and the byte of the content that it begins with.

    Args:
        status: 200 or 206.
        headers: its fields; names in any case if the mapping minds none.
        start: the byte from which on the content was asked for.

    Raises:
        MalformedError: a digest that is none, a coding that was not asked for, or a part that was not asked for.
    """
    if headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise MalformedError("the content comes in a coding that was not asked for", place="Content-Encoding")
    span = parse_content_range(headers.get("Content-Range")) if status == HTTPStatus.PARTIAL_CONTENT else None
    if status == HTTPStatus.PARTIAL_CONTENT and (span is None or span.start != start or span.stop != span.of):
        raise MalformedError("another part of the content comes than was asked for", place="Content-Range")
    stated = Stated(
        tag=_matching(_STRONG_TAG, headers.get("ETag")),
        sha256=parse_repr_digest(headers["Repr-Digest"]) if "Repr-Digest" in headers else None,
        size=span.of if span is not None else number_in(headers.get("Content-Length")),
        rows=number_in(headers.get(ROWS_HEADER)),
    )
    return stated, span.start if span is not None else 0


async def beginning_of(response: aiohttp.ClientResponse) -> bytes:
    """As much of a refusal's body as its reason is looked for in."""
    body = b""
    async for piece in response.content.iter_any():
        body += piece
        if len(body) >= _LONGEST_REFUSAL:
            break
    return body[:_LONGEST_REFUSAL]


def shown(endpoint: str) -> str:
    """An address without its query, which may hold what is secret."""
    try:
        parts = urlsplit(endpoint)
    except ValueError:
        return "data address"
    return printable(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}", 200)


def reason_of(body: bytes) -> str | None:
    """The reason in a refusal's JSON body, short and printable; None where there is none to read."""
    try:
        document = parse_json(body)
    except CorridorError:
        return None
    return _first_reason(document) if isinstance(document, Mapping) else None


def _first_reason(document: Mapping[str, Any]) -> str | None:
    for name in _REASON_NAMES:
        value = document.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, str) and value.strip():
            return printable(value.strip(), _LONGEST_REASON)
    return None


def number_in(field: str | None) -> int | None:
    """The number that a field states, or None where it states none."""
    text = _matching(_NUMBER, field)
    return None if text is None else int(text)


def _matching(pattern: re.Pattern[str], field: str | None) -> str | None:
    return field.strip() if field is not None and pattern.fullmatch(field.strip()) else None
