"""Trying again where a connection breaks, for as long as there is progress."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

_PROGRESS: Final = 1_048_576


class BrokenError(Exception):
    """A connection that gave out before the content was whole; worth another try."""

    def __init__(self, what: str, status: int | None = None) -> None:
        super().__init__(what)
        self.status = status


class Tries(Protocol):
    """How often, and how long to wait in between."""

    @property
    def tries(self) -> int:
        """Connections in a row that bring less than a megabyte, before it is given up."""
        ...

    @property
    def first_wait_seconds(self) -> float:
        """Before the next try; doubled for each further one."""
        ...

    @property
    def longest_wait_seconds(self) -> float:
        """The longest wait between two tries."""
        ...


async def until_whole(attempt: Callable[[], Awaitable[None]], size: Callable[[], int], limits: Tries) -> None:
    """Repeat `attempt` until it returns; `size` says how many bytes are through.

    Raises:
        BrokenError: the last one, once too many in a row brought nothing.
    """
    failures, furthest = 0, 0
    while True:
        try:
            await attempt()
        except BrokenError:
            # Only a megabyte further counts as progress: a connection that drips ends all the same.
            failures = 0 if size() >= furthest + _PROGRESS else failures + 1
            furthest = max(furthest, size())
            if failures >= limits.tries:
                raise
            doubled = limits.first_wait_seconds * 2 ** max(0, failures - 1)
            await asyncio.sleep(min(doubled, limits.longest_wait_seconds))
        else:
            return
