"""Media types of request bodies, and those that an answer is asked for in."""

from __future__ import annotations

from collections.abc import Iterable
from email.message import Message
from typing import Final

from corridor.http.errors import UnsupportedMediaTypeError

JSON_TYPE: Final = "application/json"
# DSP 2025-1, HTTPS bindings: `application/json` has to be read, `application/ld+json` may be.
_READ: Final = (JSON_TYPE, "application/ld+json")
_MAX_LENGTH: Final = 200


def check_json_type(content_type: str | None, *, strict: bool = False) -> None:
    """Refuse a body that says to be something other than JSON in UTF-8; one that says nothing may be JSON.

    Args:
        content_type: what the request says.
        strict: take `application/json` only, and only if it is said.

    Raises:
        UnsupportedMediaTypeError: it does.
    """
    if content_type is None and not strict:
        return
    header = Message()
    header["content-type"] = (content_type or "")[:_MAX_LENGTH]
    charset = header.get_content_charset("utf-8")
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type not in _READ[: 1 if strict else None] or charset != "utf-8":
        raise UnsupportedMediaTypeError(
            "the body is not JSON in UTF-8", place="Content-Type", remedy=f"send it as {JSON_TYPE}"
        )


def asked_type(accept: str | None, offered: Iterable[str]) -> str | None:
    """The first of the `offered` media types that `Accept` names in full; wildcards ask for none of them."""
    named = {part.partition(";")[0].strip().lower() for part in (accept or "").split(",")}
    return next((kind for kind in offered if kind in named), None)
