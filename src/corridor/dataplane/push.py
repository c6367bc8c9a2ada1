"""Pushes the bytes of a transfer to where its consumer wants them: decided, metered and stopped as an answer to a pull.

First the destination is asked what it holds (`HEAD`, `Upload-Offset`); one that says gets only the rest, as a `PUT`
with `Content-Range` (RFC 9110 §14.5), any other the whole content. So a broken connection, and a node that was killed,
go on where the destination is.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from corridor.base.deferred import Deferred
from corridor.base.errors import CorridorError, ForbiddenError, MalformedError, UnreachableError
from corridor.dataplane.answers import FIELD_VALUE, TRY_AGAIN, beginning_of, number_in, reason_of, shown
from corridor.dataplane.digest import parse_repr_digest, repr_digest
from corridor.dataplane.ingest import OFFSET_HEADER
from corridor.dataplane.meter import CHUNK, Meter, check_allowed, make_good
from corridor.dataplane.ranges import Span
from corridor.dataplane.reading import PublishedFile
from corridor.dataplane.server import ROWS_HEADER
from corridor.dataplane.tries import BrokenError, until_whole
from corridor.service.ports import Access, Push

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = Deferred("aiohttp")

_SUCCESS: Final = 2
_CLIENT_ERROR: Final = 4
_SERVER_ERROR: Final = 5


@dataclass(frozen=True, slots=True)
class PushLimits:
    """Bounds on one push.

    Attributes:
        connect_seconds: to connect, with name look-up and TLS.
        stall_seconds: in which the destination makes no room for a chunk, or does not answer.
        look_seconds: how often it is seen to whether the push is still allowed, while no chunk goes out.
        tries: connections in a row that bring less than a megabyte, before it is given up.
        first_wait_seconds: before the next try; doubled for each further one, up to `longest_wait_seconds`.
    """

    connect_seconds: float = 10.0
    stall_seconds: float = 60.0
    look_seconds: float = 0.25
    tries: int = 5
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 15.0


class HttpPusher:
    """Pushes over HTTP; a `service.ports.Pusher`.

    Args:
        check_url: refuses, by raising an `UnreachableError`, an address that must not be called.
        now: tells the time.
        limits: bounds on one push.
        connector: makes the connections of one push; the place for a resolver that guards addresses.
    """

    def __init__(
        self,
        *,
        check_url: Callable[[str], None],
        now: Callable[[], datetime],
        limits: PushLimits = PushLimits(),
        connector: Callable[[], aiohttp.BaseConnector] = lambda: aiohttp.TCPConnector(),  # noqa: PLW0108 - deferred
    ) -> None:
        self._check_url = check_url
        self._now = now
        self._limits = limits
        self._connector = connector

    def check(self, endpoint: str) -> None:
        """Refuse a destination that must not be called, as far as its text shows.

        Raises:
            UnreachableError: says why not.
        """
        self._check_url(endpoint)

    async def push(self, push: Push) -> None:
        """Send the bytes; returns once the destination has taken all of them.

        Raises:
            UnreachableError: no connection, or one that breaks again and again.
            ForbiddenError: the destination refuses, or sending is no longer allowed; says why.
            MalformedError: the secret is no field value.
            StorageError: the file has changed since it was published.
        """
        if push.authorization is not None and not FIELD_VALUE.fullmatch(push.authorization):
            raise MalformedError("the token cannot be sent in an HTTP field")  # which is never shown
        async with self._session() as session:
            upload = _Upload(session, push, self._now, self._limits)

            async def attempt() -> None:
                self._check_url(push.endpoint)
                await upload.continue_()

            try:
                await until_whole(attempt, lambda: upload.held, self._limits)
            except BrokenError as broken:
                raise UnreachableError(
                    str(broken),
                    status=broken.status,
                    place=shown(push.endpoint),
                    remedy="see whether the destination is there",
                ) from broken.__cause__

    def _session(self) -> aiohttp.ClientSession:
        limits = self._limits
        return aiohttp.ClientSession(
            connector=self._connector(),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, connect=limits.connect_seconds, sock_read=limits.stall_seconds),
        )


class _Upload:
    """One content on its way to one destination, over as many connections as it takes.

    `held` is what the destination said last that it holds.
    """

    def __init__(
        self, session: aiohttp.ClientSession, push: Push, now: Callable[[], datetime], limits: PushLimits
    ) -> None:
        self._session = session
        self._push = push
        self._now = now
        self._limits = limits
        self._resumable = False
        self.held = 0

    async def continue_(self) -> None:
        """Ask for what is missing, and send it."""
        content = self._push.content
        try:
            async with asyncio.timeout(self._limits.connect_seconds + self._limits.stall_seconds):
                if await self._has_all():
                    return
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise BrokenError("no connection") from error
        opened = await self._push.open()
        record = partial(self._push.record, opened)
        await make_good(record, content, await self._push.metered(), self.held)
        async with await PublishedFile.open(content.path, content.size, content.modified_ns) as file:
            await self._send(opened, file, Span(self.held, content.size, content.size))

    async def _has_all(self) -> bool:
        """Whether the destination has taken this very content; `held` is then what it has of it, as far as it says."""
        content = self._push.content
        async with self._session.head(self._push.endpoint, headers=self._fields(), allow_redirects=False) as response:
            busy = response.status in TRY_AGAIN or response.status // 100 == _SERVER_ERROR
            if busy and response.status != HTTPStatus.NOT_IMPLEMENTED:
                raise BrokenError(f"the destination answers {response.status}", response.status)
            offset = number_in(response.headers.get(OFFSET_HEADER)) if response.status // 100 == _SUCCESS else None
            stated = response.headers.get("Repr-Digest") if offset == content.size else None
        self._resumable = offset is not None
        self.held = offset if offset is not None and offset < content.size else 0
        return stated is not None and parse_repr_digest(stated) == content.sha256

    async def _send(self, opened: Access, file: PublishedFile, span: Span) -> None:
        meter = Meter(partial(self._push.record, opened), self._push.content, span)
        try:
            async with asyncio.timeout(self._limits.stall_seconds) as deadline:
                body = _Body(
                    opened,
                    file=file,
                    span=span,
                    meter=meter,
                    now=self._now,
                    deadline=deadline,
                    limits=self._limits,
                )
                async with body.watched():
                    await self._put(body, span)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if body.fault is not None:
                raise body.fault from None
            raise BrokenError("the connection broke off" if meter.handed_out else "no connection") from error
        finally:
            await meter.close()

    async def _put(self, body: _Body, span: Span) -> None:
        fields = self._fields() | self._about(span)
        async with self._session.put(
            self._push.endpoint,
            headers=fields,
            data=body.chunks(),
            # RFC 9110 §10.1.1: one that answered as our own does can refuse before the bytes are on their way.
            expect100=self._resumable,
            allow_redirects=False,
        ) as response:
            await self._judge(response, body)

    def _fields(self) -> dict[str, str]:
        secret = self._push.authorization
        return {"Accept-Encoding": "identity"} | ({"Authorization": secret} if secret is not None else {})

    def _about(self, span: Span) -> dict[str, str]:
        content = self._push.content
        fields = {
            "Content-Type": content.media_type,
            "Content-Length": str(span.size),
            "Repr-Digest": repr_digest(content.sha256),
        }
        if content.rows is not None:
            fields[ROWS_HEADER] = str(content.rows)
        if not span.whole:
            fields["Content-Range"] = str(span)
        return fields

    async def _judge(self, response: aiohttp.ClientResponse, body: _Body) -> None:
        status = response.status
        if status // 100 == _SUCCESS and body.is_whole:
            return
        if body.fault is not None:
            raise body.fault
        lost_count = status == HTTPStatus.CONFLICT and OFFSET_HEADER in response.headers
        if lost_count or status in TRY_AGAIN or status // 100 in (_SUCCESS, _SERVER_ERROR):
            raise BrokenError(f"the destination answers {status} before it has everything", status)
        if status // 100 != _CLIENT_ERROR:
            raise UnreachableError(f"the destination answers {status}", status=status, place=shown(self._push.endpoint))
        reason = reason_of(await beginning_of(response)) or f"status {status}"
        raise ForbiddenError(f"the destination refuses: {reason}", place=shown(self._push.endpoint))


class _Body:
    """The body of one request, chunk by chunk, for as long as it is allowed.

    `fault` is why it ended before its time; `is_whole` says whether its last chunk went out.
    """

    def __init__(
        self,
        opened: Access,
        *,
        file: PublishedFile,
        span: Span,
        meter: Meter,
        now: Callable[[], datetime],
        deadline: asyncio.Timeout,
        limits: PushLimits,
    ) -> None:
        self._opened = opened
        self._file = file
        self._span = span
        self._meter = meter
        self._now = now
        self._deadline = deadline
        self._limits = limits
        self.fault: CorridorError | None = None

    @property
    def is_whole(self) -> bool:
        return self._meter.recorded

    async def chunks(self) -> AsyncIterator[bytes | bytearray]:
        try:
            for start, stop in self._span.chunks(CHUNK):
                chunk = await self._file.read(start, stop)
                self._file.check_unchanged()
                self._check()
                if stop == self._span.stop:
                    await self._meter.complete()
                self._deadline.reschedule(asyncio.get_running_loop().time() + self._limits.stall_seconds)
                yield chunk
                self._meter.handed_out = stop - self._span.start
        except CorridorError as error:
            self.fault = error
            raise

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Ends the request also while the destination makes no room for the next chunk."""
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait({watching})

    async def _watch(self) -> None:
        while self.fault is None and not self.is_whole:
            await asyncio.sleep(self._limits.look_seconds)
            try:
                self._check()
            except CorridorError as error:
                self.fault = error
        if self.fault is not None:
            self._deadline.reschedule(asyncio.get_running_loop().time())

    def _check(self) -> None:
        check_allowed(self._opened, self._now())
