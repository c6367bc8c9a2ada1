"""Range requests: which bytes of a content an answer holds (RFC 9110 §14)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# One range of RFC 9110 §14.1.1; 18 digits are beyond any file and within any reader's integers.
_ONE_RANGE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.ASCII | re.IGNORECASE)
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` up to, not including, `stop` of a content of `of` bytes."""

    start: int
    stop: int
    of: int

    @property
    def size(self) -> int:
        """In bytes."""
        return self.stop - self.start

    @property
    def whole(self) -> bool:
        """Whether it is all of the content."""
        return self.size == self.of

    def chunks(self, size: int) -> Iterator[tuple[int, int]]:
        """Start and stop of consecutive pieces of at most `size` bytes; one empty piece for an empty span."""
        yield self.start, min(self.start + size, self.stop)
        for start in range(self.start + size, self.stop, size):
            yield start, min(start + size, self.stop)

    def __str__(self) -> str:
        """As the value of Content-Range (RFC 9110 §14.4)."""
        return f"bytes {self.start}-{self.stop - 1}/{self.of}"


def requested(size: int, field: str | None) -> Span | None:
    """The span that a Range field asks for of a content of `size` bytes, or None where no byte of it can be served.

    A field with another unit, several ranges or a fault is ignored, as RFC 9110 §14.2 allows: that gives the whole.
    """
    whole = Span(0, size, size)
    match = _ONE_RANGE.fullmatch(field) if field is not None else None
    if match is None:
        return whole
    first, last = match.groups()
    if first:
        return _from(int(first), int(last) if last else None, size)
    if last:
        return Span(max(0, size - int(last)), size, size) if int(last) and size else None
    return whole


def _from(first: int, last: int | None, size: int) -> Span | None:
    if last is not None and last < first:
        return Span(0, size, size)  # RFC 9110 §14.1.1: an invalid range is ignored
    if first >= size:
        return None
    return Span(first, size if last is None else min(last + 1, size), size)


def parse_content_range(field: str | None) -> Span | None:
    """The span that a Content-Range field states, or None where it states none that makes sense (RFC 9110 §14.4)."""
    match = _CONTENT_RANGE.fullmatch(field.strip()) if field is not None else None
    if match is None:
        return None
    first, last, size = (int(number) for number in match.groups())
    return Span(first, last + 1, size) if first <= last < size else None
