"""The evidence log as a stream of CloudEvents: server-sent events or JSON lines, for as long as somebody reads.

A stream holds one event at a time: what a reader has not taken waits in the log, not in memory. A reader that takes
nothing for as long as the gate allows is dropped, and goes on later from the last id that it saw.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Final

import orjson
import structlog
from starlette.types import Receive, Send

from corridor.base.errors import MalformedError
from corridor.base.ids import ParticipantId, printable
from corridor.evidence.cloudevent import cloud_event
from corridor.evidence.selection import Selection
from corridor.http.errors import BusyError
from corridor.http.management.waiting import Watcher
from corridor.service import follow
from corridor.service.context import Context
from corridor.service.records import LoggedEvent

SSE_TYPE: Final = "text/event-stream"
LINES_TYPE: Final = "application/x-ndjson"
STREAM_TYPES: Final = (SSE_TYPE, LINES_TYPE)
LAST_EVENT_ID: Final = "last-event-id"
_READ_AT_ONCE: Final = 100
_RETRY_MS: Final = 1000
_LAST_INDEX: Final = 2**53 - 1

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Bounds on streams.

    Attributes:
        concurrent: streams at a time; above it the answer is 503.
        heartbeat_seconds: how long a stream is silent at most.
    """

    concurrent: int = 32
    heartbeat_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class StreamReply:
    """A stream to send: its media type, and what gives its parts, with a heartbeat after so many seconds."""

    media_type: str
    parts: Callable[[float], AsyncIterator[bytes]]


class Streams:
    """Sends streams, a bounded number at a time."""

    def __init__(self, limits: StreamLimits) -> None:
        self._limits = limits
        self._running = 0

    async def send(self, send: Send, receive: Receive, reply: StreamReply, *, head: bool) -> None:
        """Send a stream until it ends or its reader goes; with `head`, only what is said about it.

        Raises:
            BusyError: as many streams as are sent at a time are being sent.
        """
        with self._place():
            fields = [(b"content-type", reply.media_type.encode()), (b"x-accel-buffering", b"no")]
            await send({"type": "http.response.start", "status": 200, "headers": fields})
            if not head:
                await self._until_gone(_send_parts(send, reply.parts(self._limits.heartbeat_seconds)), receive)
            await send({"type": "http.response.body", "body": b""})

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        if self._running >= self._limits.concurrent:
            raise BusyError(
                f"{self._limits.concurrent} event streams are open, which is as many as this node sends at a time",
                remedy="close one, read `GET /events` page by page, or raise `events.streams`",
            )
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1

    async def _until_gone(self, work: asyncio.Future[None], receive: Receive) -> None:
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            for one in (work, gone):
                one.cancel()
            await asyncio.gather(work, gone, return_exceptions=True)


def _send_parts(send: Send, parts: AsyncIterator[bytes]) -> asyncio.Future[None]:
    async def run() -> None:
        async with contextlib.aclosing(parts):  # type: ignore[type-var]  # ours are generators
            async for part in parts:
                try:
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                except TimeoutError:
                    _log.warning("event stream dropped", problem="its reader takes nothing")
                    raise

    return asyncio.ensure_future(run())


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def last_seen(field: str | None, after: int) -> int:
    """The index to go on after: the id that the reader saw last (HTML, `Last-Event-ID`), or else `after`.

    Raises:
        MalformedError: the field is no id of ours.
    """
    if not field:
        return after
    if field.isascii() and field.isdigit() and len(field) <= len(str(_LAST_INDEX)) and int(field) <= _LAST_INDEX:
        return int(field)
    raise MalformedError(
        f"`{printable(field)}` is no id of an event",
        place="Last-Event-ID",
        remedy="send back the last `id` of the stream",
    )


def stream(ctx: Context, watcher: Watcher, selection: Selection, after: int, media_type: str) -> StreamReply:
    """The wanted events after the index `after`, and each further one as soon as it is logged."""
    form = _as_sent_events if media_type == SSE_TYPE else _as_line
    # An id without data moves the reader's `Last-Event-ID` and shows it nothing (HTML, server-sent events, dispatch).
    beat = _sent_beat if media_type == SSE_TYPE else lambda _: b"\n"
    opening = b"retry: %d\n\n" % _RETRY_MS if media_type == SSE_TYPE else b""

    async def parts(heartbeat: float) -> AsyncIterator[bytes]:
        if opening:
            yield opening
        async for found in _follow(ctx, watcher, selection, after, heartbeat):
            yield beat(found) if isinstance(found, int) else form(ctx.me.id, found)

    return StreamReply(media_type, parts)


async def _follow(
    ctx: Context, watcher: Watcher, selection: Selection, after: int, heartbeat: float
) -> AsyncIterator[LoggedEvent | int]:
    """Events as they are logged, until the node stops; in between, the index up to which there was nothing to tell."""
    loop = asyncio.get_running_loop()
    position, due = after, loop.time() + heartbeat
    while not watcher.stopped:
        # Listen before reading: a commit that comes in between must wake us too.
        change = asyncio.ensure_future(watcher.changed(max(due - loop.time(), 0.0)))
        try:
            reading = await follow.read(ctx.store, selection, position, _READ_AT_ONCE)
            position = reading.position
            for event in reading.events:
                yield event
                due = loop.time() + heartbeat
            if reading.more:
                await asyncio.sleep(0)
            else:
                await change
        finally:
            change.cancel()
        if loop.time() >= due:
            yield position
            due = loop.time() + heartbeat


def _as_sent_events(source: ParticipantId, event: LoggedEvent) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (event.index, _told(source, event))


def _as_line(source: ParticipantId, event: LoggedEvent) -> bytes:
    return _told(source, event) + b"\n"


def _sent_beat(position: int) -> bytes:
    return b":\n\n" if position < 0 else b"id: %d\n\n" % position


def _told(source: ParticipantId, event: LoggedEvent) -> bytes:
    return orjson.dumps(cloud_event(source, event.index, event.document))
