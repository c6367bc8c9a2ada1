"""Bounds on what comes before a request can be refused: its head, in bytes and in time.

The server buffers header fields without a limit and waits for them without end; a sender that never finishes its head
would hold memory and a connection for ever.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from corridor.http.limits import ABORT


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol on httptools, whose heads have to arrive whole, in time and within bounds.

    Give it to uvicorn as `http=GuardedProtocol`; a connection that breaks a bound is closed without an answer.

    Attributes:
        max_head_bytes: of a head that arrives in more than one piece, and of what is neither head nor body: trailers,
            extensions of chunks.
        head_seconds: from its first bytes, or from connecting, to the end of the head.
        max_ahead: requests that wait behind the one that is answered. With each that it answers the server lets in
            many more, so a sender could fill the memory with them.
    """

    max_head_bytes: ClassVar[int] = 65_536
    head_seconds: ClassVar[float] = 15.0
    max_ahead: ClassVar[int] = 64

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._awaits_head = True
        self._progress = False
        self._head_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._answering: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the base class
        """Wait for the first head."""
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing; who answers is told of it, also where the server knows only a request that came later."""
        self._disarm()
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse; then see whether these bytes were a piece of a head that goes on, or of what is between chunks."""
        self._progress = False
        super().data_received(data)
        if self._progress:
            return
        self._head_bytes += len(data)
        if self._head_bytes > self.max_head_bytes:
            self.transport.abort()
        elif self._awaits_head:
            self._arm()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a field of the head; fields of a trailer pass for none of it (RFC 9110 §6.5.1), and are dropped."""
        if self._awaits_head:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """Take bytes of the body, which the application counts."""
        self._progress = True
        self._head_bytes = 0
        super().on_body(body)

    def on_headers_complete(self) -> None:
        """The head is whole: what follows is bounded by the application."""
        self._disarm()
        self._awaits_head = False
        self._progress = True
        self._head_bytes = 0
        # Closing waits until what was written is read; of a reader that reads nothing, only this gets rid.
        self.scope["extensions"] = {ABORT: {"abort": self.transport.abort}}
        super().on_headers_complete()
        if len(self.pipeline) > self.max_ahead:
            self.transport.abort()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_message_complete(self) -> None:
        """The request is whole: the next bytes begin another head."""
        self._awaits_head = True
        self._progress = True
        self._head_bytes = 0
        super().on_message_complete()

    def _arm(self) -> None:
        if self._timer is None and not self.transport.is_closing():
            self._timer = self.loop.call_later(self.head_seconds, self._expire)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        self._timer = None
        # A request before may still be being answered; the idle time-out of the server begins when that is done.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        if cycle is None or cycle.response_complete:
            self.transport.abort()
