"""Serves the bytes of a dataset to whoever holds its token, while that is allowed, and meters what it hands out.

An ASGI application for `GET` and `HEAD` of `/{transfer}`. Three promises hold at every moment:

- before every chunk it is asked whether the transfer is still allowed, and whether the file is still the published one;
- an answer that has to stop is cut off: it is shorter than its Content-Length, so nobody takes it for complete;
- the meter is written before the last chunk leaves: there is no complete copy that the log does not know of.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, Self

from corridor.base.ids import ProcessId, check_id, printable
from corridor.dataplane.digest import repr_digest
from corridor.dataplane.meter import CHUNK, Meter, check_allowed, make_good
from corridor.dataplane.ranges import Span, requested
from corridor.dataplane.reading import PublishedFile
from corridor.service.records import Content, Grant

ROWS_HEADER: Final = "Corridor-Rows"
"""The response field that states the data rows of the whole content."""

HELD_HEADER: Final = "Corridor-Held"
"""The request field of one that resumes: how many bytes from the beginning it holds of this transfer's content."""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ErrorAnswer = tuple[int, Mapping[str, str], bytes]
"""Status, header fields and body."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opening:
    """A request that was allowed, and how to ask whether it still is.

    Attributes:
        content: the bytes to serve.
        grant: the right under which they are served; comes back to `DataService.record`.
        still_allowed: None while the transfer is allowed, else the reason why it no longer is; asked before every
            chunk, so it answers from memory.
        until: the instant from which it is not allowed in any case, or None.
    """

    content: Content
    grant: Grant
    still_allowed: Callable[[], str | None]
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class DataService:
    """What the data plane asks of the node.

    Attributes:
        open: decides about a request from its Authorization field and the transfer's pid; raises a `CorridorError`
            to refuse.
        record: meters one answer: the opening, body bytes, data rows, and whether it is the whole content. Called once
            for every answer of which a byte was handed out; an exception cuts the answer off.
        on_error: turns an exception into status, header fields and body.
        now: tells the time.
        metered: the body bytes recorded in the opening's transfer until now.
    """

    open: Callable[[str | None, ProcessId], Awaitable[Opening]]
    record: Callable[[Opening, int, int, bool], Awaitable[None]]
    on_error: Callable[[Exception], ErrorAnswer]
    now: Callable[[], datetime]
    metered: Callable[[Opening], Awaitable[int]]


class DataPlane:
    """The ASGI application; can be mounted under any path.

    Args:
        service: what it asks of the node.
        stall_seconds: how long a client may take to make room for one chunk before it is given up.
    """

    def __init__(self, service: DataService, *, stall_seconds: float = 60.0) -> None:
        self._service = service
        self._stall_seconds = stall_seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3); other kinds of connection are left unanswered."""
        if scope["type"] != "http":
            return
        if scope["method"] not in ("GET", "HEAD"):
            await answer(send, 405, {"Allow": "GET, HEAD", "Content-Length": "0"})
            return
        started = _Started(send)
        try:
            await self._serve(scope, receive, started.send)
        except _ClientGoneError as gone:
            _log.info("%s", gone)
        except Exception as error:  # noqa: BLE001 - the boundary of this application: nothing may pass for an answer
            if started:
                # A started answer that is left incomplete makes the server close the connection.
                _log.warning("answer cut off: %s", printable(str(error), 300))
            else:
                status, headers, body = self._service.on_error(error)
                await answer(send, status, headers, body)

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        opening = await self._service.open(fields.get("authorization"), transfer_of(scope))
        check_allowed(opening, self._service.now())
        content = opening.content
        # RFC 9110 §14.2: a Range counts for GET only
        span = requested(content.size, _range_field(fields, content) if scope["method"] == "GET" else None)
        if span is None:
            await answer(send, 416, _not_satisfiable(content))
            return
        await self._make_good(opening, fields, span)
        async with await PublishedFile.open(content.path, content.size, content.modified_ns) as file:
            start = _start_of(content, span)
            if scope["method"] == "HEAD":
                await send(start)
                await send({"type": "http.response.body"})
                return
            async with _Client(receive, send, self._stall_seconds) as client:
                await client.send(start)
                await self._stream(opening, file, span, client)
                await client.send({"type": "http.response.body"})

    async def _make_good(self, opening: Opening, fields: Mapping[str, str], span: Span) -> None:
        held = fields.get(HELD_HEADER.lower(), "")
        if span.start and held == str(span.start):
            metered = await self._service.metered(opening)
            await make_good(partial(self._service.record, opening), opening.content, metered, span.start)

    async def _stream(self, opening: Opening, file: PublishedFile, span: Span, client: _Client) -> None:
        meter = Meter(partial(self._service.record, opening), opening.content, span)
        try:
            for start, stop in span.chunks(CHUNK):
                chunk = await file.read(start, stop)
                file.check_unchanged()
                check_allowed(opening, self._service.now())
                if stop == span.stop:
                    await meter.complete()
                await client.send({"type": "http.response.body", "body": chunk, "more_body": True})
                meter.handed_out = stop - span.start
                # Lets the loop run: else a fast file would keep all other tasks, and the client's departure, waiting.
                await asyncio.sleep(0)
        finally:
            await meter.close()


class _Started:
    """Passes messages on and remembers whether an answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = False

    def __bool__(self) -> bool:
        return self._begun

    async def send(self, message: Message) -> None:
        self._begun = True
        await self._send(message)


class _ClientGoneError(Exception):
    """The client has left, or takes nothing any more."""


class _Client:
    """The other end of one answer; `send` raises once it has gone.

    A server's own `send` keeps silent when the client has left (ASGI 2.3): only `receive` tells.
    """

    def __init__(self, receive: Receive, send: Send, stall_seconds: float) -> None:
        self._receive = receive
        self._send = send
        self._stall_seconds = stall_seconds

    async def __aenter__(self) -> Self:
        self._departure = asyncio.create_task(self._wait_for_departure())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._departure.cancel()
        await asyncio.wait({self._departure})

    async def send(self, message: Message) -> None:
        if self._departure.done():
            raise _ClientGoneError("the client has left")
        try:
            async with asyncio.timeout(self._stall_seconds):
                await self._send(message)
        except TimeoutError:
            raise _ClientGoneError(f"the client took nothing for {self._stall_seconds:g} s") from None

    async def _wait_for_departure(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


def etag_of(content: Content) -> str:
    """The strong entity tag of a content: its SHA-256 (RFC 9110 §8.8.3)."""
    return '"' + content.sha256.removeprefix("sha-256:") + '"'


def transfer_of(scope: Message) -> ProcessId:
    """The transfer that a request's path below the application's root names.

    Raises:
        MalformedError: it is no identifier.
    """
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return ProcessId(check_id(path.removeprefix("/"), "path"))


def _range_field(fields: Mapping[str, str], content: Content) -> str | None:
    # RFC 9110 §13.1.5: a Range under an If-Range that is not our entity tag is ignored
    if fields.get("if-range", etag_of(content)).strip() != etag_of(content):
        return None
    return fields.get("range")


def _not_satisfiable(content: Content) -> Mapping[str, str]:
    # RFC 9110 §15.5.17: an answer 416 says how long the content is
    return {"Content-Range": f"bytes */{content.size}", "Content-Length": "0", "ETag": etag_of(content)}


def _start_of(content: Content, span: Span) -> Message:
    headers = {
        "Content-Type": content.media_type,
        "Content-Length": str(span.size),
        "Accept-Ranges": "bytes",
        "ETag": etag_of(content),
        "Repr-Digest": repr_digest(content.sha256),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    if content.rows is not None:
        headers[ROWS_HEADER] = str(content.rows)
    if not span.whole:
        headers["Content-Range"] = str(span)
    return _start(200 if span.whole else 206, headers)


def _start(status: int, headers: Mapping[str, str]) -> Message:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": raw}


async def answer(send: Send, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
    """Send a whole answer."""
    await send(_start(status, headers))
    await send({"type": "http.response.body", "body": body})


__all__ = ["CHUNK", "HELD_HEADER", "ROWS_HEADER", "DataPlane", "DataService", "ErrorAnswer", "Opening", "etag_of"]
