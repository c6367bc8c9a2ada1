"""The gate: what every request meets first, whatever serves it.

It bounds head, body, time and number of requests, refuses coded bodies (so that no small body becomes a large one),
adds the headers that keep answers out of caches and sniffers, and is the outermost error boundary. Pure ASGI.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from corridor.base.errors import MalformedError, TooLargeError
from corridor.http.errors import (
    BusyError,
    HeadTooLargeError,
    SlowRequestError,
    TargetTooLongError,
    UnsupportedMediaTypeError,
)
from corridor.http.problem import Answer, render_problem
from corridor.http.shares import Share


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """Bounds on a request.

    Attributes:
        body_bytes: greatest body.
        body_seconds: how long the body may take to arrive, all of it.
        head_bytes: names and values of all header fields together.
        head_fields: number of header fields.
        target_bytes: path and query.
        concurrent: requests served at a time; above it the answer is 503.
        linger_seconds: how long the rest of a refused body is read, so that the sender sees the answer.
        stall_seconds: how long a reader may leave one part of the answer unread.
    """

    body_bytes: int = 1_048_576
    body_seconds: float = 15.0
    head_bytes: int = 32_768
    head_fields: int = 64
    target_bytes: int = 8_192
    concurrent: int = 512
    linger_seconds: float = 1.0
    stall_seconds: float = 60.0


ABORT: Final = "corridor.abort"
"""An extension of the ASGI scope: its `abort` drops the connection with what was written and not read."""

_REFUSED: Final = 400
_SECURITY_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
}
"""Set on every answer that does not say otherwise."""


class Gate:
    """An ASGI application around another.

    Args:
        app: what is behind the gate.
        limits: of this gate; a data plane, whose answers take hours, gets a gate of its own.
        on_error: renders what the application raises, and what is refused before it, for the request that it was.
        share: of the places that several gates of this process have in common.
    """

    def __init__(
        self,
        app: ASGIApp,
        limits: RequestLimits | None = None,
        on_error: Callable[[Scope, Exception], Answer] = lambda _, error: render_problem(error),
        share: Share | None = None,
    ) -> None:
        self._app = app
        self._share = share
        self._limits = limits or RequestLimits()
        self._on_error = on_error
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request; other scopes (lifespan, WebSocket) are not served."""
        if scope["type"] != "http":
            return
        body = _Body(receive, self._limits, waits=Headers(scope=scope).get("expect") is not None)
        place = _Place(self)
        reply = _Reply(send, body, self._limits, scope, place.leave)
        try:
            with place:
                check_head(scope, self._limits)
                await self._app(scope, body.receive, reply.send)
        except Exception as error:
            if reply.started:  # too late for a status: the server breaks the connection off
                raise
            await send_answer(reply.send, self._on_error(scope, error))

    def take_place(self) -> None:
        """Take a place for one request.

        Raises:
            BusyError: there is none.
        """
        full = self._running >= self._limits.concurrent
        if full or (self._share is not None and not self._share.take()):
            raise BusyError("as many requests as this node serves at a time are being served", remedy="try again")
        self._running += 1

    def give_place_back(self) -> None:
        """Give a place back."""
        self._running -= 1
        if self._share is not None:
            self._share.give_back()


class _Place:
    """The place of one request, which it leaves at its end at the latest."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._taken = False

    def __enter__(self) -> None:
        self._gate.take_place()
        self._taken = True

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """Leave the place, if it is still taken."""
        if self._taken:
            self._taken = False
            self._gate.give_place_back()


def check_head(scope: Scope, limits: RequestLimits) -> None:
    """Check, in this order: target, header fields, coding, declared length.

    Raises:
        TooLargeError: over one of the limits.
        UnsupportedMediaTypeError: the body is coded.
        MalformedError: the length is no number.
    """
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > limits.target_bytes:
        raise TargetTooLongError(f"a request target has at most {limits.target_bytes} bytes")
    fields: list[tuple[bytes, bytes]] = scope["headers"]
    if len(fields) > limits.head_fields or sum(len(name) + len(value) for name, value in fields) > limits.head_bytes:
        raise HeadTooLargeError(f"a head has at most {limits.head_fields} fields and {limits.head_bytes} bytes")
    headers = Headers(scope=scope)
    if headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaTypeError(
            "coded bodies are not read", place="Content-Encoding", remedy="send the body as it is"
        )
    _check_length(headers.get("content-length", "0"), limits.body_bytes)


def _check_length(declared: str, most: int) -> None:
    if not (declared.isascii() and declared.isdigit()):
        raise MalformedError("the length of the body is no number", place="Content-Length")
    # Compared by digits first: a number of a thousand digits is not worth converting.
    if len(declared.lstrip("0")) > len(str(most)) or int(declared) > most:
        raise _too_large(most)


def _too_large(most: int) -> TooLargeError:
    return TooLargeError(f"a body has at most {most} bytes", remedy="send less at a time")


class _Body:
    """The request's body as it comes in, counted and timed; `complete` once its end was seen.

    With `waits`, the sender holds the body back until it is asked for (RFC 9110 §10.1.1).
    """

    def __init__(self, receive: Receive, limits: RequestLimits, *, waits: bool) -> None:
        self._receive = receive
        self._waits = waits
        self._limits = limits
        self._size = 0
        self._deadline: float | None = None
        self.complete = False

    async def receive(self) -> Message:
        """The next event; after the body, only the disconnection is left, which is waited for without a limit."""
        if self.complete:
            return await self._receive()
        self._waits = False
        try:
            message = await self._in_time()
        except TimeoutError:
            raise SlowRequestError(f"the body did not arrive within {self._limits.body_seconds:g} s") from None
        self._size += len(message.get("body", b""))
        if self._size > self._limits.body_bytes:
            raise _too_large(self._limits.body_bytes)
        return message

    async def drain(self) -> None:
        """Read on for a moment: a connection closed on unread bytes is reset, and takes the answer with it."""
        if self._waits:
            return
        with contextlib.suppress(TimeoutError, TooLargeError, SlowRequestError):
            async with asyncio.timeout(self._limits.linger_seconds):
                while not self.complete:
                    await self.receive()

    async def _in_time(self) -> Message:
        now = asyncio.get_running_loop().time()
        self._deadline = self._deadline or now + self._limits.body_seconds
        async with asyncio.timeout_at(self._deadline):
            message = await self._receive()
        self.complete = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message


class _Reply:
    """The answer as it goes out; `started` once its status has gone.

    `leave` gives the request's place back: who is refused keeps it no longer by sending the rest of the body slowly.
    """

    def __init__(self, send: Send, body: _Body, limits: RequestLimits, scope: Scope, leave: Callable[[], None]) -> None:
        self._send = send
        self._abort = scope.get("extensions", {}).get(ABORT, {}).get("abort", lambda: None)
        self._body = body
        self._leave = leave
        self._stall = limits.stall_seconds
        self.started = False

    async def send(self, message: Message) -> None:
        """Send one event; headers are added to the first."""
        if message["type"] == "http.response.start":
            if message["status"] >= _REFUSED:
                self._leave()
            await self._body.drain()
            self._add_headers(MutableHeaders(scope=message))
            self.started = True
        try:
            async with asyncio.timeout(self._stall):
                await self._send(message)
        except TimeoutError:
            self._abort()
            raise

    def _add_headers(self, headers: MutableHeaders) -> None:
        for name, value in _SECURITY_HEADERS.items():
            headers.setdefault(name, value)
        if not self._body.complete:  # what is left of the body must not be taken for the next request
            headers["connection"] = "close"


async def send_answer(send: Send, answer: Answer, *, with_body: bool = True) -> None:
    """Send a whole answer, with its length; to a HEAD without its body (RFC 9110 §9.3.2)."""
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    fields.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": fields})
    await send({"type": "http.response.body", "body": answer.body if with_body else b""})


async def read_body(receive: Receive) -> bytes:
    """The whole body of a request behind a `Gate`.

    Raises:
        TooLargeError: over the limit, declared or not.
        SlowRequestError: it did not arrive in time.
        MalformedError: the connection ended before the body did.
    """
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise MalformedError("the request ended before its body did")
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
