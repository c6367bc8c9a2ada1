"""Receivers of webhooks without sockets: they keep what they were told, and answer as a test lets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from corridor.base.errors import MalformedError, UnreachableError
from corridor.base.json import parse_json

_SUCCESS: Final = range(200, 300)


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
        answer: gives the status of the answer to a request, or 0 if it is lost; only 200 to 299 is success.
        retry_after: what an answer of another status says on when to ask again.
    """

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.answer: Callable[[Told], int] = lambda _: 204
        self.retry_after = ""

    def check(self, url: str) -> None:
        """Refuse what is not https."""
        if not url.startswith("https://"):
            raise MalformedError(f"`{url}` must not be called: it is not https", place="$.url")

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """Bring a request to its receiver.

        Raises:
            UnreachableError: it was lost, or the answer is none of success.
        """
        request = Told(url, headers, body)
        status = self.answer(request)
        if status:
            self.told.append(request)
        if not status:
            raise UnreachableError("the request was lost")
        if status not in _SUCCESS:
            raise UnreachableError(f"the receiver answers {status}", status=status, retry_after=self.retry_after)

    async def ask(self, url: str, origin: str) -> None:
        """Ask whether `origin` may send events.

        Raises:
            UnreachableError: the answer is none of success.
        """
        status = self.answer(Told(url, {"webhook-request-origin": origin}, b""))
        if status not in _SUCCESS:
            raise UnreachableError("the receiver does not allow it", status=status)

    def ids(self, url: str) -> list[str]:
        """The ids of the events that a receiver was told of, as often as it was, in order."""
        return [event["id"] for request in self.told if request.url == url for event in request.events]
