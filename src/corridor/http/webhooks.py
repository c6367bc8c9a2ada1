"""Calls to the receivers of webhooks: guarded and bounded like those to partners, from a pool of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from corridor.base.errors import MalformedError, UnreachableError
from corridor.base.ids import printable
from corridor.http.client import HttpClient, RawAnswer
from corridor.http.outbound import Destinations

MAX_ANSWER: Final = 65_536
"""Bytes of an answer that are read; a longer one counts as none."""
_SUCCESS: Final = range(200, 300)


class HttpWebhooks:
    """The port `Webhooks`.

    The address of a receiver can hold a secret of the receiver's in its path or query, so errors name its host alone.

    Args:
        client: the pool.
        destinations: where it may call.
        seconds: how long a receiver may take.
    """

    def __init__(self, client: HttpClient, destinations: Destinations, seconds: float) -> None:
        self._client = client
        self._destinations = destinations
        self._seconds = seconds

    def check(self, url: str) -> None:
        """Refuse an address that must not be called, as far as its text shows.

        Raises:
            MalformedError: not https, not public, or malformed.
        """
        try:
            self._destinations.check_url(url)
        except UnreachableError as error:
            raise MalformedError(error.message, place="$.url", remedy=error.remedy) from None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Send one request, and see it answered with success.

        Raises:
            UnreachableError: no connection, a time-out, an answer over the limits, or a status of no success.
        """
        found = await self._call("POST", url, headers, body)
        if found.status not in _SUCCESS:
            raise UnreachableError(
                f"the receiver answers {found.status}", status=found.status, retry_after=found.retry_after
            )

    async def ask(self, url: str, origin: str) -> None:
        """Ask whether `origin` may send events to the address (CloudEvents, HTTP 1.1 Web Hooks, validation).

        Raises:
            UnreachableError: it may not, or there is no answer.
        """
        found = await self._call("OPTIONS", url, {"WebHook-Request-Origin": origin})
        if found.status not in _SUCCESS or found.allowed_origin.strip().lower() not in ("*", origin.lower()):
            raise UnreachableError(
                f"`{_host(url)}` does not allow `{printable(origin)}` to send events to it",
                status=found.status,
                remedy=f"have it answer OPTIONS with `WebHook-Allowed-Origin: {printable(origin)}`",
            )

    async def _call(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> RawAnswer:
        try:
            return await self._client.request(
                method, url, lambda: headers, body, max_bytes=MAX_ANSWER, seconds=self._seconds
            )
        except UnreachableError as error:
            message = error.message.replace(printable(url), _host(url))
            remedy = "see whether the receiver runs and the address is right"
            raise UnreachableError(message, status=error.status, remedy=remedy, retry_after=error.retry_after) from None


def _host(url: str) -> str:
    return printable(urlsplit(url).netloc)
