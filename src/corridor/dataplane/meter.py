"""What holds for every request that hands out bytes, whoever opened the connection: its end, and its meter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, Protocol

from corridor.base.errors import ForbiddenError
from corridor.dataplane.counting import rows_between
from corridor.dataplane.ranges import Span
from corridor.service.records import Content

CHUNK: Final = 1_048_576
"""Bytes handed over at once: the memory of one request, and how far it can run on after a revocation."""


class Allowed(Protocol):
    """A use that was allowed: until when, and how to ask whether it still is."""

    @property
    def until(self) -> datetime | None:
        """The instant from which it is not allowed in any case, or None."""
        ...

    @property
    def still_allowed(self) -> Callable[[], str | None]:
        """None while it is allowed, else the reason why it no longer is; answers from memory."""
        ...


def check_allowed(use: Allowed, now: datetime) -> None:
    """Before each chunk: is it still allowed?

    Raises:
        ForbiddenError: it is not; says why.
    """
    reason = use.still_allowed()
    if reason is None and use.until is not None and now >= use.until:
        reason = "the time of the grant is over"
    if reason is not None:
        raise ForbiddenError(reason)


async def make_good(
    record: Callable[[int, int, bool], Awaitable[None]], content: Content, metered: int, held: int
) -> None:
    """Record what the other side says it holds and no meter has: a node that is killed cannot record what it had sent.

    Args:
        record: as for a `Meter`.
        content: what is handed out.
        metered: its bytes that were recorded in this transfer.
        held: its first bytes that the other side says it holds.
    """
    if metered < held < content.size:
        rows = rows_between(content.rows, content.size, metered, held)
        await record(held - metered, rows, False)  # noqa: FBT003 - the shape of every record


class Meter:
    """Records a request once: in full before its last chunk, or as far as it was handed out when it breaks.

    Args:
        record: takes body bytes, data rows, and whether they are the whole content.
        content: what is handed out.
        span: the part of it.
    """

    def __init__(self, record: Callable[[int, int, bool], Awaitable[None]], content: Content, span: Span) -> None:
        self._write = record
        self._content = content
        self._span = span
        self.recorded = False
        self.handed_out = 0

    async def complete(self) -> None:
        """Record all of it."""
        await self._record(self._span.size)
        self.recorded = True

    async def close(self) -> None:
        """Record what was handed out, unless all of it is recorded already."""
        if self.handed_out and not self.recorded:
            await asyncio.shield(self._record(self.handed_out))

    async def _record(self, size: int) -> None:
        content, start = self._content, self._span.start
        rows = rows_between(content.rows, content.size, start, start + size)
        await self._write(size, rows, size == content.size)
