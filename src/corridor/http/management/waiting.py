"""Waiting for a process to settle: woken by commits, bounded by the caller's patience, never a poll by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from corridor.dsp.states import TransferState
from corridor.service.records import NegotiationRecord, TransferRecord

T = TypeVar("T")


class Watcher(Protocol):
    """Tells when something was committed."""

    @property
    def stopped(self) -> bool:
        """Whether the node is stopping: nothing is to be waited for any more."""
        ...

    async def changed(self, timeout: float, process: str = "") -> None:  # noqa: ASYNC109 - its caller's patience
        """Return at the next commit, of those that moved `process` if one is named, or after `timeout` seconds."""
        ...


async def wait_until(
    watcher: Watcher,
    read: Callable[[], Awaitable[T]],
    settled: Callable[[T], bool],
    seconds: float,
    process: str = "",
) -> T:
    """What `read` gives of `process`, or of any, once it is `settled`, or when `seconds` have passed."""
    if seconds <= 0:
        return await read()
    clock = asyncio.get_running_loop()
    deadline = clock.time() + seconds
    while True:
        left = max(deadline - clock.time(), 0.0)
        # Listen before reading: a commit that comes in between must wake us too.
        change = asyncio.ensure_future(watcher.changed(left, process))
        try:
            found = await read()
            if left == 0.0 or settled(found):
                return found
            await change
        finally:
            change.cancel()


def negotiation_settled(record: NegotiationRecord) -> bool:
    """Whether nothing more happens by itself: it has ended, or a step waits for a person."""
    return record.negotiation.closed or record.held is not None


def transfer_settled(record: TransferRecord) -> bool:
    """Whether the data can be had, or with `fetch` are there, never will be, or a step waits for a person."""
    transfer = record.transfer
    if record.received is not None or record.problem is not None or record.held is not None or transfer.closed:
        return True
    if record.push:  # to another place than ours, or by us: only its end tells
        return transfer.state is TransferState.SUSPENDED and transfer.pending is None
    running = transfer.state in (TransferState.STARTED, TransferState.SUSPENDED) and transfer.pending is None
    return running and not record.fetch
