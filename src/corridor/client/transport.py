"""One node over HTTP: a pool of connections, no redirects, bounded answers, and errors as they were raised there."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from corridor.base.errors import CorridorError, SettingsError, UnreachableError
from corridor.base.ids import printable
from corridor.base.json import JsonLimits, parse_json
from corridor.client.errors import error_of

_CONNECT_SECONDS: Final = 5.0
_ANSWER: Final = JsonLimits(max_bytes=67_108_864, max_depth=512, max_values=10_000_000)
_PROBLEM: Final = JsonLimits(max_bytes=262_144)
MAX_FILE: Final = 1_073_741_824
"""The greatest answer that is read into memory."""
_PART: Final = 1_048_576
_OK: Final = range(200, 300)


class Transport:
    """Requests to one node.

    Args:
        url: base URL of its management listener.
        token: its management token.
        timeout: seconds that an answer may take, besides what a request waits on purpose.

    Raises:
        SettingsError: the URL is no http(s) URL, or the token cannot stand in a header.
    """

    def __init__(self, url: str, token: str, timeout: float) -> None:
        if not _is_http(url):
            raise SettingsError(
                f"`{printable(url)}` is not an http(s) URL", remedy="write it as http://127.0.0.1:19193"
            )
        if not (token.isascii() and token.isprintable() and token):
            raise SettingsError(
                "the management token is empty or holds what no header can", remedy="take it from its file"
            )
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Accept-Encoding": "identity",
            "User-Agent": "corridor",
        }
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=8, retries=False)

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()

    def json(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        *,
        wait: float = 0,
    ) -> Any:
        """The decoded answer to one request; parameters of `query` that are None are left out.

        Raises:
            RemoteError: the node refuses; says why.
            UnreachableError: it does not answer, or answers with what is no JSON.
        """
        with self.open(method, path, query, body, wait=wait) as response:
            data = _bounded(response, _ANSWER.max_bytes)
        try:
            return parse_json(data, _ANSWER)
        except CorridorError as error:
            raise UnreachableError(f"the node answers with no JSON: {error.message}") from None

    def content(self, path: str) -> bytes:
        """The bytes that the node answers a GET with.

        Raises:
            RemoteError: the node refuses; says why.
            UnreachableError: it does not answer, or with more than `MAX_FILE` bytes.
        """
        with self.open("GET", path) as response:
            return _bounded(response, MAX_FILE)

    @contextlib.contextmanager
    def open(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        *,
        wait: float = 0,
        accept: str | None = None,
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """A successful answer whose body is still to be read; trouble with reading it is raised alike.

        With `accept`, an answer of that media type is asked for.

        Raises:
            RemoteError: the node refuses; says why.
            UnreachableError: it does not answer, or breaks off.
        """
        given = {name: _parameter(value) for name, value in (query or {}).items() if value is not None}
        url = f"{self._url}{path}" + (f"?{urlencode(given)}" if given else "")
        with self._faults():
            response = self._send(method, url, body, wait, accept)
            try:
                _check_status(response)
                yield response
                response.drain_conn()
            except BaseException:
                # What is left of the body must not be read by the next request.
                response.close()
                raise
            finally:
                response.release_conn()

    def _send(self, method: str, url: str, body: Any, wait: float, accept: str | None) -> urllib3.BaseHTTPResponse:
        kind = {} if body is None else {"Content-Type": "application/json"}
        kind |= {} if accept is None else {"Accept": accept}
        return self._pool.request(
            method,
            url,
            headers={**self._headers, **kind},
            body=None if body is None else json.dumps(body, allow_nan=False).encode(),
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=self._timeout + wait),
            redirect=False,
            preload_content=False,
            decode_content=False,
        )

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except ReadTimeoutError:
            raise UnreachableError(
                f"the node at {self._url} did not answer in time", remedy="try again, or give it longer"
            ) from None
        except HTTPError as error:
            raise UnreachableError(
                f"the node does not answer at {self._url}: {_why(error)}",
                remedy="start it with `corridor serve`",
            ) from None


def _why(error: HTTPError) -> str:
    """What the system says, without its number and without the classes that carried it here."""
    cause: BaseException | None = error
    while cause is not None and not (isinstance(cause, OSError) and cause.strerror):
        cause = cause.__cause__ or cause.__context__
    said = cause.strerror if isinstance(cause, OSError) else None
    return (said or "the connection broke off").lower()


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _parameter(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _bounded(response: urllib3.BaseHTTPResponse, most: int) -> bytes:
    data = bytearray()
    # To the empty read: only that one notices an answer that ended before its length.
    while part := response.read(_PART, decode_content=False):
        data += part
        if len(data) > most:
            raise UnreachableError(f"the node answers with more than {most} bytes", status=response.status)
    return bytes(data)


def _check_status(response: urllib3.BaseHTTPResponse) -> None:
    if response.status not in _OK:
        raise error_of(response.status, _problem(response))


def _problem(response: urllib3.BaseHTTPResponse) -> Any:
    try:
        return parse_json(response.read(_PROBLEM.max_bytes + 1, decode_content=False), _PROBLEM)
    except CorridorError:
        return None
