"""Tells a running stream, from memory and at once, that the right under which it runs has ended."""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Final

from corridor.base.ids import ProcessId
from corridor.dsp.states import TransferState
from corridor.service.ports import Changes

_STOPPED: Final = frozenset({TransferState.SUSPENDED, TransferState.COMPLETED, TransferState.TERMINATED})


@dataclass(slots=True, weakref_slot=True, eq=False)
class Watch:
    """One stream's view.

    Attributes:
        reason: None until its right has ended.
        papers: digests of those that it rests on; None until that is decided, when any may be one of them.
    """

    transfer: ProcessId
    reason: str | None = None
    papers: frozenset[str] | None = None


class Revocations:
    """The streams that run; every commit is shown to it."""

    def __init__(self) -> None:
        self._watches: weakref.WeakSet[Watch] = weakref.WeakSet()

    def watch(self, transfer: ProcessId) -> Watch:
        """A watch on a transfer's right, for as long as the caller keeps it."""
        watch = Watch(transfer)
        self._watches.add(watch)
        return watch

    def note(self, changes: Changes) -> None:
        """Tell the streams whose transfer the commit stopped, or whose grant or paper it revoked."""
        stopped = {
            record.transfer.own_pid: f"the transfer is {record.transfer.reported_state}"
            for record in changes.transfers
            if record.transfer.reported_state in _STOPPED
        }
        ended = {grant.transfer for grant in changes.grants if grant.revoked is not None}
        papers = {paper.digest for paper in changes.papers if paper.revoked is not None}
        if not ended and not papers and not stopped:
            return
        for watch in self._watches:
            if watch.transfer in stopped:
                watch.reason = stopped[watch.transfer]
            elif watch.transfer in ended:
                watch.reason = "the right to this transfer has ended"
            elif papers and (watch.papers is None or watch.papers & papers):
                watch.reason = "a paper that the transfer rests on was revoked"

    def end_all(self, reason: str) -> None:
        """Stop every stream: nobody can be told any more that its right has ended."""
        for watch in self._watches:
            watch.reason = watch.reason or reason
