"""The client: bounded, without redirects or cookies, and to allowed addresses only."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urljoin, urlsplit

import orjson

from corridor.base.deferred import Deferred
from corridor.base.errors import MalformedError, TooLargeError, UnreachableError
from corridor.base.ids import ParticipantId, printable
from corridor.base.json import JsonLimits, JsonObject, parse_json
from corridor.http.outbound import Destinations, GuardedResolver
from corridor.service.ports import Reply

if TYPE_CHECKING:
    import ssl

    import aiohttp
    import yarl
    from aiohttp.abc import AbstractResolver
else:
    aiohttp, yarl = Deferred("aiohttp"), Deferred("yarl")

MOST_VALUES: Final = 400_000
"""In one answer; a large page of a catalogue has fewer."""
_DOCUMENT: Final = JsonLimits(max_bytes=16_777_216, max_values=MOST_VALUES)
_PUBLIC_DOCUMENT: Final = JsonLimits(max_bytes=262_144, max_depth=16, max_values=10_000)
_ASIDE: Final = 65_536
"""Bytes of an answer from which on it is decoded beside the loop, where others go on meanwhile."""
_OK: Final = 200
_REDIRECT: Final = 300
_REFUSED: Final = 400
_FAILED: Final = 500


@dataclass(frozen=True, slots=True)
class ReplyLimits:
    """Bounds on an answer and on the client itself.

    Attributes:
        seconds: for a whole request, from connecting to the last byte.
        public_seconds: the same for public documents, which requests of others wait for.
        connect_seconds: for connecting.
        document: bytes and nesting of a JSON answer.
        public_document: the same of public documents: DID documents, versions.
        connections: open at a time, all in all.
        connections_per_host: open at a time to one partner.
        keep_alive_seconds: how long an idle connection is kept.
    """

    seconds: float = 15.0
    public_seconds: float = 5.0
    connect_seconds: float = 5.0
    document: JsonLimits = _DOCUMENT
    public_document: JsonLimits = _PUBLIC_DOCUMENT
    connections: int = 256
    connections_per_host: int = 32
    keep_alive_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer before anybody has made sense of it; header fields are empty where they were absent."""

    status: int
    body: bytes
    link: str = ""
    allowed_origin: str = ""
    retry_after: str = ""


class _StaleConnectionError(Exception):
    """The peer had closed a kept connection before our request came through it."""


class HttpClient:
    """A pool of connections; open it with `async with`, within the event loop that uses it.

    Args:
        destinations: where it may call.
        limits: what an answer may cost.
        tls: trust anchors of one's own instead of the system's.
        resolver: makes what resolves names, where those of this client are not to wait for others'.
    """

    def __init__(
        self,
        destinations: Destinations,
        limits: ReplyLimits | None = None,
        *,
        tls: ssl.SSLContext | None = None,
        resolver: Callable[[], AbstractResolver] = lambda: aiohttp.DefaultResolver(),  # noqa: PLW0108 - deferred
    ) -> None:
        self.limits = limits or ReplyLimits()
        self._destinations = destinations
        self._tls = tls
        self._resolver = resolver
        self._names: AbstractResolver | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self._names is not None:  # the connector leaves alone what it was given
            await self._names.close()
            self._names = None

    async def request(
        self,
        method: str,
        url: str,
        headers: Callable[[], Mapping[str, str]],
        body: bytes | None = None,
        *,
        max_bytes: int,
        seconds: float,
    ) -> RawAnswer:
        """One request; once more if the kept connection it took was closed already, with headers made anew.

        Raises:
            UnreachableError: the address must not be called, no answer came within `seconds`, or it is over
                `max_bytes`, coded, a redirect, or a status from 500 on.
        """
        self._destinations.check_url(url)
        once = partial(self._once, method, url, body=body, max_bytes=max_bytes, seconds=seconds)
        try:
            return await once(headers())
        except _StaleConnectionError:
            pass
        try:
            return await once(headers())
        except _StaleConnectionError as error:
            raise _unreachable(url, error.__cause__ or error) from None

    async def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        body: bytes | None,
        max_bytes: int,
        seconds: float,
    ) -> RawAnswer:
        session = await self._opened()
        connection = SimpleNamespace(reused=False)
        try:
            async with session.request(
                method,
                yarl.URL(url, encoded=True),
                headers=headers,
                data=body,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=self.limits.connect_seconds),
                trace_request_ctx=connection,
            ) as response:
                _check_answer(response, url)
                body = await _read(response, url, max_bytes)
                found = (response.headers.get(name, "") for name in ("Link", "WebHook-Allowed-Origin", "Retry-After"))
                return RawAnswer(response.status, body, *found)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            if connection.reused:
                raise _StaleConnectionError from error
            raise _unreachable(url, error) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            raise _unreachable(url, error) from None

    async def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            # It reads every trust anchor of the system meanwhile, for which nobody else has to wait.
            await asyncio.to_thread(load)
        if self._session is None:
            self._session = self._open()
        return self._session

    def _open(self) -> aiohttp.ClientSession:
        self._names = self._resolver()
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self._names, self._destinations),
            # What was resolved is judged at each connection, not remembered from another.
            use_dns_cache=False,
            limit=self.limits.connections,
            limit_per_host=self.limits.connections_per_host,
            keepalive_timeout=self.limits.keep_alive_seconds,
            ssl=self._tls if self._tls is not None else True,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            # A coded answer is not asked for, and not decoded: none can grow in our memory.
            auto_decompress=False,
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "corridor"},
            trace_configs=[_reuse_trace()],
        )
        # It would repeat a GET by itself, with the same single-use token; `request` repeats with a new one.
        session._retry_connection = False  # noqa: SLF001 - there is no other switch
        return session


def load() -> None:
    """Load what calls out, 0.15 s for which a start does not wait; the first request does where nobody did before."""
    import_module("aiohttp")


def _reuse_trace() -> aiohttp.TraceConfig:
    """Notes whether a request took a kept connection: only then is a closed one nobody's fault."""
    trace = aiohttp.TraceConfig()

    async def note(_session: aiohttp.ClientSession, context: SimpleNamespace, _params: Any) -> None:
        context.trace_request_ctx.reused = True

    trace.on_connection_reuseconn.append(note)
    return trace


def _check_answer(response: aiohttp.ClientResponse, url: str) -> None:
    status = response.status
    if status >= _FAILED:
        later = response.headers.get("Retry-After", "")
        raise UnreachableError(f"`{printable(url)}` answers {status}", status=status, retry_after=later)
    if status < _OK:
        # What follows a change of protocols (101) is no answer of this one.
        raise UnreachableError(f"`{printable(url)}` answers {status}, which is no answer", status=status)
    if _REDIRECT <= status < _REFUSED:
        raise UnreachableError(f"`{printable(url)}` answers {status}, and redirects are not followed", status=status)
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnreachableError(f"`{printable(url)}` answers in a coding that was not asked for", status=status)


async def _read(response: aiohttp.ClientResponse, url: str, max_bytes: int) -> bytes:
    found = bytearray()
    async for part in response.content.iter_any():
        found += part
        if len(found) > max_bytes:
            response.close()
            raise UnreachableError(
                f"`{printable(url)}` answers with more than {max_bytes} bytes", status=response.status
            )
    return bytes(found)


def _unreachable(url: str, error: BaseException) -> UnreachableError:
    why = "it did not answer in time" if isinstance(error, TimeoutError) else printable(str(error), 200)
    return UnreachableError(
        f"`{printable(url)}` cannot be reached: {why or type(error).__name__}",
        remedy="see whether the partner's node runs and the address is right",
    )


class HttpSender:
    """Speaks to partners as ourselves; implements the port `Sender`.

    Args:
        client: the pool.
        token: makes a fresh identity token for an audience; called once per attempt, since a token is used once.
    """

    def __init__(self, client: HttpClient, token: Callable[[ParticipantId], str]) -> None:
        self._client = client
        self._token = token

    async def request(
        self, audience: ParticipantId, method: str, url: str, document: JsonObject | None = None
    ) -> Reply:
        """Send one request and give the answer, whatever its status below 500.

        What a refusal (4xx) says is given where it can be read and None where not; success has to be readable. No
        content type is asked for: peers leave it out.

        Raises:
            UnreachableError: no connection, a time-out, an answer over the limits or not JSON, a redirect, or a status
                from 500 on.
        """
        body = None if document is None else orjson.dumps(document)
        kind = {} if document is None else {"Content-Type": "application/json"}

        def headers() -> Mapping[str, str]:
            return {"Authorization": f"Bearer {self._token(audience)}", **kind}

        most, limits = self._client.limits.seconds, self._client.limits.document
        raw = await self._client.request(method, url, headers, body, max_bytes=limits.max_bytes, seconds=most)
        try:
            document = await _document(raw.body, url, limits) if raw.body else None
            return Reply(raw.status, document, next_link(raw.link, url))
        except UnreachableError:
            if raw.status >= _REFUSED:
                return Reply(raw.status, None)
            raise


_NEXT = re.compile(r'<([^<>"\s]{1,2048})>\s*;\s*rel="?next"?', re.ASCII)


def next_link(field: str, url: str) -> str | None:
    """Where the next page is, by the `Link` header (RFC 8288) in the answer of `url`; None if not on that server."""
    found = _NEXT.search(field[:8192])
    if found is None:
        return None
    target = urljoin(url, found[1])
    here, there = urlsplit(url), urlsplit(target)
    return target if (here.scheme, here.netloc) == (there.scheme, there.netloc) else None


class HttpReader:
    """Fetches public documents; what `trust.did_web` reads with."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    async def read(self, url: str) -> JsonObject:
        """The JSON object at `url`.

        Raises:
            UnreachableError: it cannot be had, or the answer is not 200 with a JSON object within the limits.
        """
        most, limits = self._client.limits.public_seconds, self._client.limits.public_document
        raw = await self._client.request("GET", url, dict, max_bytes=limits.max_bytes, seconds=most)
        if raw.status != _OK:
            raise UnreachableError(f"`{printable(url)}` answers {raw.status}", status=raw.status)
        return _object(raw.body, url, limits)


async def _document(body: bytes, url: str, limits: JsonLimits) -> JsonObject:
    return await asyncio.to_thread(_object, body, url, limits) if len(body) > _ASIDE else _object(body, url, limits)


def _object(body: bytes, url: str, limits: JsonLimits) -> JsonObject:
    try:
        value = parse_json(body, limits)
    except (MalformedError, TooLargeError) as error:
        raise UnreachableError(f"`{printable(url)}` answers with no usable JSON: {error.message}") from None
    if not isinstance(value, dict):
        raise UnreachableError(f"`{printable(url)}` answers with JSON that is no object")
    return value
