"""Takes in what a provider pushes: as consumer, the counterpart of `fetch` where the other side opens the connection.

An ASGI application for `HEAD`, `PUT` and `POST` of `/{transfer}`. What came over a connection that broke is kept for
a while: `HEAD` says how much that is (`Upload-Offset`), and a `PUT` with `Content-Range` (RFC 9110 §14.5) brings the
rest. The file appears under its name only when it is whole and has the stated digest. Its token counts for one content.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corridor.base.errors import ConflictError, ForbiddenError, MalformedError, TooLargeError
from corridor.base.ids import ProcessId
from corridor.dataplane.answers import Stated, number_in
from corridor.dataplane.digest import parse_repr_digest, repr_digest
from corridor.dataplane.fetch import file_name
from corridor.dataplane.partial import PartFile
from corridor.dataplane.ranges import Span, parse_content_range
from corridor.dataplane.server import ROWS_HEADER, ErrorAnswer, Message, Receive, Send, answer, transfer_of
from corridor.service.intake import PAUSED, Intake
from corridor.service.ports import Fetched

OFFSET_HEADER: Final = "Upload-Offset"
"""The field that states how many bytes of a content are there."""
_PIECE: Final = 1_048_576
_METHODS: Final = ("HEAD", "PUT", "POST")


@dataclass(frozen=True, slots=True)
class IntakeService:
    """What the data plane asks of the node.

    Attributes:
        open: decides about a request from its Authorization field and the transfer's pid; raises a `CorridorError`
            to refuse.
        taken: keeps what has come, whole and verified.
        on_error: turns an exception into status, header fields and body.
    """

    open: Callable[[str | None, ProcessId], Awaitable[Intake]]
    taken: Callable[[ProcessId, Fetched], Awaitable[None]]
    on_error: Callable[[Exception], ErrorAnswer]


class _GoneError(Exception):
    """The sender has left, or sends nothing any more."""


class _OffsetError(Exception):
    """What is sent does not go on where what is held ends, after so many bytes; or not now."""

    def __init__(self, held: int, why: str = "another part of the content is missing") -> None:
        super().__init__(why)
        self.held = held


class _Arrival:
    """What is there of a content, what was stated about it, and the request that is bringing more."""

    def __init__(self, part: PartFile) -> None:
        self.part = part
        self.stated: Stated | None = None
        self.bringing: asyncio.Task[None] | None = None
        self.expiry: asyncio.TimerHandle | None = None
        self.complete = False

    async def claim(self) -> None:
        """End the request before: its connection broke, whether or not that has been noticed here.

        One that has brought everything is not ended, but waited for.
        """
        if self.expiry is not None:
            self.expiry.cancel()
        # Others may claim it while we wait, and come first.
        while self.bringing is not None and not self.bringing.done():
            if not self.complete:
                self.bringing.cancel()
            await asyncio.wait({self.bringing})


class Ingest:
    """The ASGI application; can be mounted under any path.

    Args:
        folder: where files go, one per transfer; made where it is missing.
        service: what it asks of the node.
        max_size: bytes of a content.
        stall_seconds: how long a sender may take over the next bytes before it is given up.
        keep_seconds: how long what came over a broken connection is kept.
    """

    def __init__(
        self,
        folder: Path,
        service: IntakeService,
        *,
        max_size: int,
        stall_seconds: float = 60.0,
        keep_seconds: float = 3600.0,
    ) -> None:
        self._folder = folder.absolute()
        self._service = service
        self._max_size = max_size
        self._stall_seconds = stall_seconds
        self._keep_seconds = keep_seconds
        self._arrivals: dict[ProcessId, _Arrival] = {}

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI 3); other kinds of connection are left unanswered."""
        if scope["type"] != "http":
            return
        if scope["method"] not in _METHODS:
            await answer(send, 405, {"Allow": ", ".join(_METHODS), "Content-Length": "0"})
            return
        try:
            status, fields = await self._serve(scope, receive)
        except _GoneError:
            await answer(send, 408, {"Content-Length": "0", "Connection": "close"})
        except _OffsetError as offset:
            fault = ConflictError(str(offset), code="offset", remedy="ask with HEAD, and send the rest")
            await self._refuse(send, fault, {OFFSET_HEADER: str(offset.held)})
        except Exception as error:  # noqa: BLE001 - the boundary of this application: nothing may pass for success
            await self._refuse(send, error, {})
        else:
            await answer(send, status, fields)

    async def _refuse(self, send: Send, error: Exception, fields: Mapping[str, str]) -> None:
        status, headers, body = self._service.on_error(error)
        if isinstance(error, ForbiddenError) and error.code == PAUSED:
            status, fields = 503, {**fields, "Retry-After": "1"}
        await answer(send, status, {**headers, **fields, "Content-Length": str(len(body))}, body)

    async def _serve(self, scope: Message, receive: Receive) -> tuple[int, Mapping[str, str]]:
        fields = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        intake = await self._service.open(fields.get("authorization"), transfer_of(scope))
        if scope["method"] == "HEAD":
            return 200, await self._held(intake)
        if intake.taken is not None:
            raise _OffsetError(intake.taken.size, "the content of this transfer was taken already")
        stated, span = _stated_in(fields)
        if span.of > self._max_size:
            raise TooLargeError(f"a content has at most {self._max_size} bytes", place="Content-Length")
        arrival = self._arrival(intake.transfer)
        await arrival.claim()
        if self._arrivals.get(intake.transfer) is not arrival:
            raise _OffsetError(arrival.part.size, "another request has brought the content meanwhile")
        arrival.bringing = asyncio.create_task(self._bring(arrival, intake, stated, span, receive))
        try:
            await _outcome(arrival.bringing, arrival.part)
        finally:
            self._put_aside(intake.transfer, arrival)
        return 204, {}

    async def _held(self, intake: Intake) -> Mapping[str, str]:
        if intake.taken is not None:
            return {OFFSET_HEADER: str(intake.taken.size), "Repr-Digest": repr_digest(intake.taken.sha256)}
        arrival = self._arrivals.get(intake.transfer)
        if arrival is None:
            return {OFFSET_HEADER: "0"}
        await arrival.claim()
        self._put_aside(intake.transfer, arrival)
        return {OFFSET_HEADER: str(arrival.part.size)}

    def _arrival(self, transfer: ProcessId) -> _Arrival:
        if transfer not in self._arrivals:
            self._arrivals[transfer] = _Arrival(PartFile(self._folder / file_name(transfer)))
        return self._arrivals[transfer]

    def _put_aside(self, transfer: ProcessId, arrival: _Arrival) -> None:
        """Keep what is there for a while, unless nothing is left to be brought or a newer request brings it."""
        if self._arrivals.get(transfer) is not arrival or (arrival.bringing and not arrival.bringing.done()):
            return
        if arrival.expiry is not None:
            arrival.expiry.cancel()
        loop = asyncio.get_running_loop()
        arrival.expiry = loop.call_later(self._keep_seconds, self._discard, transfer, arrival)

    def _discard(self, transfer: ProcessId, arrival: _Arrival) -> None:
        if self._arrivals.get(transfer) is arrival:
            del self._arrivals[transfer]
        arrival.part.discard()

    async def _bring(self, arrival: _Arrival, intake: Intake, stated: Stated, span: Span, receive: Receive) -> None:
        part = arrival.part
        if span.start == 0:
            await asyncio.to_thread(part.restart)
            arrival.stated = stated
        elif span.start != part.size or stated != arrival.stated:
            raise _OffsetError(part.size)
        await self._write(part, intake, receive)
        if part.size != span.of:
            raise _GoneError
        arrival.complete = True
        try:
            await self._keep(part, intake, stated)
        finally:
            self._discard(intake.transfer, arrival)

    async def _write(self, part: PartFile, intake: Intake, receive: Receive) -> None:
        """Write what comes; what has come is there, however it ends."""
        pieces: list[bytes] = []
        size, more = 0, True
        try:
            while more:
                async with asyncio.timeout(self._stall_seconds):
                    message = await receive()
                if message["type"] == "http.disconnect":
                    raise _GoneError
                if reason := intake.still_allowed():
                    # Why, the provider hears in a message of the protocol, which may come after this answer.
                    raise _OffsetError(part.size, reason)
                pieces.append(message.get("body", b""))
                size, more = size + len(pieces[-1]), message.get("more_body", False)
                if size >= _PIECE:
                    data, pieces, size = b"".join(pieces), [], 0
                    await _written(part, data)
        except TimeoutError:
            raise _GoneError from None
        finally:
            if pieces:
                part.write(b"".join(pieces))

    async def _keep(self, part: PartFile, intake: Intake, stated: Stated) -> None:
        digests = part.digests
        if stated.sha256 not in (None, digests.sha256):
            raise MalformedError("the bytes that came do not have the digest that was stated", place="Repr-Digest")
        path = await asyncio.to_thread(part.keep)
        fetched = Fetched(str(path), digests.size, digests.sha256, digests.blake3, stated.rows)
        await self._service.taken(intake.transfer, fetched)


async def _outcome(bringing: asyncio.Task[None], part: PartFile) -> None:
    """Wait for it; a newer request for the same content may end it."""
    try:
        await asyncio.shield(bringing)
    except asyncio.CancelledError:
        if bringing.cancelled():
            raise _OffsetError(part.size) from None
        bringing.cancel()
        await asyncio.wait({bringing})
        raise


async def _written(part: PartFile, data: bytes) -> None:
    """Write in a thread: digests and disk together cost milliseconds a megabyte, too long for the loop.

    Whoever cancels this waits for the thread: what it writes must not come after what a newer request brings.
    """
    writing = asyncio.ensure_future(asyncio.to_thread(part.write, data))
    try:
        await asyncio.shield(writing)
    except asyncio.CancelledError:
        await asyncio.wait({writing})
        raise


def _stated_in(fields: Mapping[str, str]) -> tuple[Stated, Span]:
    """What a request states about the content, and the part of it that its body is.

    Raises:
        MalformedError: no length, a range that makes no sense or has another length, or a digest that is none.
    """
    length = number_in(fields.get("content-length"))
    if length is None:
        raise MalformedError("the length of the content has to be stated", place="Content-Length")
    given = fields.get("content-range")
    span = Span(0, length, length) if given is None else parse_content_range(given)
    if span is None or span.size != length or span.stop != span.of:
        raise MalformedError(
            "the range is not the rest of a content", place="Content-Range", remedy="send all that is missing at once"
        )
    digest = parse_repr_digest(fields["repr-digest"]) if "repr-digest" in fields else None
    return Stated(None, digest, span.of, number_in(fields.get(ROWS_HEADER.lower()))), span
