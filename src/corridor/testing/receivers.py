"""Receivers of webhooks without sockets: they keep what they were told, and answer as a test lets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from corridor.base.errors import MalformedError, UnreachableError
from corridor.base.json import parse_json


class Told(NamedTuple):
    """One request that reached a receiver."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def events(self) -> tuple[Any, ...]:
        """The CloudEvents in it, be it one or a batch."""
        document = parse_json(self.body)
        return tuple(document) if isinstance(document, list) else (document,)


class Receivers:
    """The port `Webhooks`.

    Attributes:
        told: every request that reached a receiver, in order.
        answer: gives the status of the answer to a request, or 0 if it is lost; from 500 on it is an error.
    """

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.answer: Callable[[Told], int] = lambda _: 204

    def check(self, url: str) -> None:
        """Refuse what is not https."""
        if not url.startswith("https://"):
            raise MalformedError(f"`{url}` must not be called: it is not https", place="$.url")

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """Bring a request to its receiver.

        Raises:
            UnreachableError: it was lost, or the receiver failed.
        """
        request = Told(url, headers, body)
        status = self.answer(request)
        if status:
            self.told.append(request)
        if not status or status >= 500:  # noqa: PLR2004 - HTTP's range of server errors
            raise UnreachableError(
                f"the receiver answers {status}" if status else "the request was lost", status=status
            )
        return status

    async def ask(self, url: str, origin: str) -> None:
        """Ask whether `origin` may send events.

        Raises:
            UnreachableError: the answer is none of success.
        """
        status = self.answer(Told(url, {"webhook-request-origin": origin}, b""))
        if not 200 <= status < 300:  # noqa: PLR2004 - HTTP's range of success
            raise UnreachableError("the receiver does not allow it", status=status)

    def ids(self, url: str) -> list[str]:
        """The ids of the events that a receiver was told of, as often as it was, in order."""
        return [event["id"] for request in self.told if request.url == url for event in request.events]
