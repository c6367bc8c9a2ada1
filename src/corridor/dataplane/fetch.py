"""Fetches the bytes of a transfer from the provider's data plane: resumed where it breaks, kept only if verified."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from corridor.base.deferred import Deferred
from corridor.base.errors import (
    ConflictError,
    CorridorError,
    ForbiddenError,
    MalformedError,
    TooLargeError,
    UnreachableError,
)
from corridor.base.ids import ProcessId, printable
from corridor.dataplane.answers import FIELD_VALUE, TRY_AGAIN, Stated, beginning_of, reason_of, shown, stated_in
from corridor.dataplane.partial import PartFile
from corridor.dataplane.server import HELD_HEADER
from corridor.dataplane.tries import BrokenError, until_whole
from corridor.service.ports import Fetched

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = Deferred("aiohttp")

_CHUNK: Final = 1_048_576
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")
_CLIENT_ERROR: Final = 4
_SERVER_ERROR: Final = 5


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Bounds on one fetch.

    Attributes:
        max_size: bytes of the content.
        connect_seconds: to connect, with name look-up and TLS.
        stall_seconds: without a byte, before the connection counts as broken.
        tries: connections in a row that bring less than a megabyte, before it is given up.
        first_wait_seconds: before the next try; doubled for each further one, up to `longest_wait_seconds`.
    """

    max_size: int = 1 << 40
    connect_seconds: float = 10.0
    stall_seconds: float = 30.0
    tries: int = 5
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 15.0


class HttpFetcher:
    """Fetches over HTTP; a `service.ports.Fetcher`.

    Args:
        folder: where fetched files go, one per transfer; made where it is missing.
        check_url: refuses, by raising a `CorridorError`, an address that must not be called.
        limits: bounds on one fetch.
        connector: makes the connections of one fetch; the place for a resolver that guards addresses.
    """

    def __init__(
        self,
        folder: Path,
        *,
        check_url: Callable[[str], None],
        limits: FetchLimits = FetchLimits(),
        connector: Callable[[], aiohttp.BaseConnector] = lambda: aiohttp.TCPConnector(),  # noqa: PLW0108 - deferred
    ) -> None:
        self._folder = folder.absolute()
        self._check_url = check_url
        self._limits = limits
        self._connector = connector
        self._busy: set[Path] = set()

    async def fetch(self, transfer: ProcessId, endpoint: str, authorization: str) -> Fetched:
        """Fetch the bytes at `endpoint`, the Authorization field being `authorization`, to a file of the transfer.

        A connection that breaks is resumed where it broke, if the provider tags its content. The file appears under its
        name only when it is whole and has the stated digest; an earlier one of the same transfer is then replaced.

        Raises:
            UnreachableError: no connection, or a broken one that could not be resumed.
            ForbiddenError: the provider refuses, with its reason.
            MalformedError: what came is not what the provider states, or `authorization` is no field value.
            TooLargeError: over the limit.
            StorageError: it cannot be written.
            ConflictError: this transfer is being fetched already.
        """
        if not FIELD_VALUE.fullmatch(authorization):
            raise MalformedError("the token cannot be sent in an HTTP field")  # which is never shown
        target = self._folder / file_name(transfer)
        if target in self._busy:
            raise ConflictError(f"the transfer `{printable(transfer)}` is being fetched already")
        self._busy.add(target)
        try:
            return await self._fetch_to(target, endpoint, authorization)
        finally:
            self._busy.discard(target)

    async def _fetch_to(self, target: Path, endpoint: str, authorization: str) -> Fetched:
        part = await asyncio.to_thread(PartFile, target)
        try:
            async with self._session() as session:
                download = _Download(session, part, endpoint, authorization, self._limits)
                await self._until_whole(download)
            stated = download.check_whole()
            path = await asyncio.to_thread(part.keep)
        finally:
            part.discard()
        return Fetched(str(path), part.size, part.digests.sha256, part.digests.blake3, stated.rows)

    async def _until_whole(self, download: _Download) -> None:
        async def attempt() -> None:
            self._check_url(download.endpoint)
            await download.continue_()

        try:
            await until_whole(attempt, lambda: download.size, self._limits)
        except BrokenError as broken:
            raise _unreachable(download.endpoint, str(broken), broken.status) from broken.__cause__

    def _session(self) -> aiohttp.ClientSession:
        limits = self._limits
        return aiohttp.ClientSession(
            connector=self._connector(),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=_CHUNK,
            timeout=aiohttp.ClientTimeout(total=None, connect=limits.connect_seconds, sock_read=limits.stall_seconds),
        )


class _Download:
    """One content on its way into one file, over as many connections as it takes."""

    def __init__(
        self, session: aiohttp.ClientSession, part: PartFile, endpoint: str, authorization: str, limits: FetchLimits
    ) -> None:
        self._session = session
        self._part = part
        self._authorization = authorization
        self._limits = limits
        self._stated: Stated | None = None
        self.endpoint = endpoint

    @property
    def size(self) -> int:
        return self._part.size

    async def continue_(self) -> None:
        """Ask for what is missing and take it."""
        limits = self._limits
        try:
            # The session sees bytes, and takes each for progress; here only what belongs to the content is.
            async with (
                asyncio.timeout(limits.connect_seconds + limits.stall_seconds) as deadline,
                self._session.get(self.endpoint, headers=self._request(), allow_redirects=False) as response,
            ):
                await self._take(response, deadline)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if self._stated is None or self._stated.size is None or self._part.size < self._stated.size:
                raise BrokenError("the connection broke off" if self._part.size else "no connection") from error

    def check_whole(self) -> Stated:
        """What was stated, if that is what came."""
        stated, digests = self._stated, self._part.digests
        if stated is None or stated.size not in (None, digests.size):
            raise self._fault(f"{digests.size} bytes came, not as many as stated")
        if stated.sha256 not in (None, digests.sha256):
            raise self._fault("the bytes that came do not have the digest that the provider states")
        return stated

    def _request(self) -> dict[str, str]:
        headers = {"Authorization": self._authorization, "Accept-Encoding": "identity"}
        if self._part.size and self._stated is not None and self._stated.tag is not None:
            # RFC 9110 §13.1.5: the rest, if it is still the rest of this content, else all of it
            headers |= {"Range": f"bytes={self._part.size}-", "If-Range": self._stated.tag}
            # A provider that was killed has not recorded what it had sent; and without that it signs no receipt.
            headers[HELD_HEADER] = str(self._part.size)
        return headers

    async def _take(self, response: aiohttp.ClientResponse, deadline: asyncio.Timeout) -> None:
        if response.status not in (200, 206):
            raise await self._refusal(response)
        stated, start = stated_in(response.status, response.headers, self._part.size)
        if start and stated != self._stated:
            raise self._fault("the provider states other things about the rest than about the beginning")
        if not start and self._part.size:
            await asyncio.to_thread(self._part.restart)
        self._stated = stated
        self._check_size(stated.size or 0)
        async for chunk in response.content.iter_chunked(_CHUNK):
            self._check_size(self._part.size + len(chunk))
            # Digests and disk together cost milliseconds a chunk: too long for the loop.
            await asyncio.to_thread(self._part.write, chunk)
            deadline.reschedule(asyncio.get_running_loop().time() + self._limits.stall_seconds)

    def _check_size(self, size: int) -> None:
        if size > self._limits.max_size:
            raise TooLargeError(
                f"a fetched content has at most {self._limits.max_size} bytes", place=shown(self.endpoint)
            )

    async def _refusal(self, response: aiohttp.ClientResponse) -> Exception:
        status = response.status
        if status in TRY_AGAIN or status // 100 == _SERVER_ERROR:
            return BrokenError(f"the provider answers {status}", status)
        if status // 100 != _CLIENT_ERROR:
            return _unreachable(self.endpoint, f"the provider answers {status}", status)
        reason = reason_of(await beginning_of(response)) or f"status {status}"
        return ForbiddenError(f"the provider refuses: {reason}", place=shown(self.endpoint))

    def _fault(self, what: str) -> MalformedError:
        return MalformedError(what, place=shown(self.endpoint), remedy="ask the provider, or fetch it again")


def file_name(transfer: ProcessId) -> str:
    """The file of a transfer: the readable part of its pid, and enough of its hash that no two are the same."""
    readable = _UNSAFE.sub("-", transfer)[-60:].strip("-") or "transfer"
    return f"{readable}-{hashlib.sha256(transfer.encode()).hexdigest()[:16]}"


def _unreachable(endpoint: str, what: str, status: int | None) -> CorridorError:
    return UnreachableError(what, status=status, place=shown(endpoint), remedy="try again later, or ask the provider")
