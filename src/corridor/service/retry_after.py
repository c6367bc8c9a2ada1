"""What an answer's `Retry-After` says (RFC 9110 §10.2.3): seconds, or a date."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_LONGEST: Final = 64
_DIGITS: Final = 9
_NOTHING: Final = timedelta(0)


def asked_wait(field: str, now: datetime, longest: timedelta) -> timedelta:
    """How long the other side asks us to wait, `longest` at most; nothing where the field cannot be read."""
    text = field.strip()
    if text.isascii() and text.isdigit():
        seconds = text.lstrip("0")
        return longest if len(seconds) > _DIGITS else min(timedelta(seconds=int(seconds or "0")), longest)
    if not text or len(text) > _LONGEST:
        return _NOTHING
    try:
        date = parsedate_to_datetime(text)
        # Of the three forms of an HTTP date, asctime's says no zone; all mean UTC.
        until = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
    except (ValueError, OverflowError):
        return _NOTHING
    return max(_NOTHING, min(until - now, longest))
