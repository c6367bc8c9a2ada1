"""Events as they are logged: one stream after another, so that the reader sees a single one without gaps."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

import urllib3

from corridor.base.errors import CorridorError, UnreachableError
from corridor.base.json import JsonLimits, parse_json
from corridor.client.shapes import CloudEvent
from corridor.client.transport import Transport

LINES_TYPE: Final = "application/x-ndjson"
_FIRST_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 15.0
_LINE: Final = JsonLimits(max_bytes=16_777_216, max_values=2_000_000)


def follow(transport: Transport, query: Mapping[str, Any], after: int, patience: float) -> Iterator[CloudEvent]:
    """Events after the index `after` that `query` asks for, without an end; goes on where a stream broke off.

    Args:
        transport: speaks to the node.
        query: parameters of `GET /events`.
        after: -1 begins with the first event.
        patience: seconds for which a node that was reached once may stay away.

    Raises:
        RemoteError: the node refuses.
        UnreachableError: it was not reached at first, or stayed away for longer than `patience`.
    """
    position, left, wait = after, 0.0, _FIRST_WAIT
    while True:
        try:
            for event in _stream(transport, {**query, "after": position}):
                left, wait = patience, _FIRST_WAIT
                if event is not None:
                    position = int(event["id"])
                    yield event
        except UnreachableError:
            if left <= 0:
                raise
        time.sleep(wait)
        left, wait = left - wait, min(wait * 2, _LONGEST_WAIT)


def _stream(transport: Transport, query: Mapping[str, Any]) -> Iterator[CloudEvent | None]:
    """The events of one stream; None once it is open, and for each heartbeat."""
    with transport.open("GET", "/events", query, accept=LINES_TYPE) as response:
        yield None
        for line in _lines(response):
            yield _event(line) if line else None


def _lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    rest = b""
    for part in response.stream(decode_content=False):
        *whole, rest = (rest + part).split(b"\n")
        if len(rest) > _LINE.max_bytes:
            raise UnreachableError(f"the node sends an event of more than {_LINE.max_bytes} bytes")
        yield from whole


def _event(line: bytes) -> CloudEvent:
    try:
        event = parse_json(line, _LINE)
    except CorridorError as error:
        raise UnreachableError(f"the node streams what is no JSON: {error.message}") from None
    if not isinstance(event, dict) or not str(event.get("id")).isdecimal():
        raise UnreachableError("the node streams what is no event")
    return cast("CloudEvent", event)
