"""An operation of the API, and the request as its handler sees it: let in, decoded and checked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from corridor.http.management.following import StreamReply
from corridor.http.management.inputs import Input, NoQuery
from corridor.http.management.streaming import FileReply
from corridor.http.management.waiting import Watcher
from corridor.service.context import Context

Q = TypeVar("Q")
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Call(Generic[Q, B]):
    """One request.

    Attributes:
        path: the identifiers in the path, by the names of the template.
        query: a value of the operation's `query`.
        body: a value of the operation's `body`, the decoded document where the operation is `raw`, else None.
        headers: the header fields, by their names in lower case.
    """

    ctx: Context
    watcher: Watcher
    path: Mapping[str, str]
    query: Q
    body: B
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextReply:
    """An answer that is not JSON, or JSON of no fixed shape, already encoded."""

    body: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = msgspec.Struct | TextReply | FileReply | StreamReply
Handler = Callable[[Call[Any, Any]], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Operation:
    """A line of the API.

    Attributes:
        id: its operationId; the Python client has a method of this name.
        path: a template such as `/datasets/{id}`.
        answer: the type of a JSON answer, or the media type of another.
        query: the type of its query.
        body: the type of its body, or None where it has none.
        raw: the body's type only describes it; its use case checks the document.
        errors: statuses that it can fail with, besides those that all can.
        free: needs no token.
        streams: media types that it answers with instead, without an end, where `Accept` asks for one.
    """

    id: str
    method: str
    path: str
    tag: str
    summary: str
    handler: Handler
    answer: Any
    status: int = 200
    query: type[Input] = NoQuery
    body: Any = None
    raw: bool = False
    errors: tuple[int, ...] = ()
    free: bool = False
    streams: tuple[str, ...] = ()
