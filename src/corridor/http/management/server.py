"""The management listener as one ASGI application: gate, host, token, route, input, use case, answer."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from corridor import __version__
from corridor.base.errors import CorridorError, SettingsError
from corridor.http.limits import Gate, RequestLimits, read_body, send_answer
from corridor.http.management import reading
from corridor.http.management.calls import Answer as Result
from corridor.http.management.calls import Call, Operation, TextReply
from corridor.http.management.following import StreamLimits, StreamReply, Streams
from corridor.http.management.guard import LOOPBACK_NAMES, check_host, check_token
from corridor.http.management.openapi import openapi
from corridor.http.management.streaming import FileReply, send_file
from corridor.http.management.table import OPERATIONS, TAGS
from corridor.http.management.waiting import Watcher
from corridor.http.media import JSON_TYPE, check_json_type
from corridor.http.problem import Answer
from corridor.http.routes import Entry, Found, RouteTable
from corridor.http.server import raw_path
from corridor.http.shares import Share
from corridor.service.context import Context


def create_app(
    ctx: Context,
    *,
    token: str,
    hosts: Iterable[str] = (),
    changes: Watcher,
    limits: RequestLimits | None = None,
    streams: StreamLimits | None = None,
    share: Share | None = None,
) -> ASGIApp:
    """The application of the management listener.

    Args:
        ctx: the node.
        token: what every request has to show.
        hosts: names of the listener besides those of the loopback interface.
        changes: tells of commits, for requests that wait.
        limits: of its gate.
        streams: bounds on event streams.
        share: of places that it has in common with others.

    Raises:
        SettingsError: the token is empty.
    """
    if not token:
        raise SettingsError("the management token is empty", remedy="make one with `corridor init`")
    names = LOOPBACK_NAMES | {host.lower() for host in hosts}
    return Gate(ManagementApp(ctx, token, names, changes, Streams(streams or StreamLimits())), limits, share=share)


def all_operations() -> tuple[Operation, ...]:
    """The whole API: the table and `openapi`, which describes the table and itself."""
    return (*OPERATIONS, _OPENAPI)


async def _send_openapi(_call: Call[Any, Any]) -> TextReply:
    return TextReply(_document(), JSON_TYPE)


_OPENAPI: Final = Operation(
    "openapi", "GET", "/openapi.json", "node", "This API as an OpenAPI 3.1 document", _send_openapi, JSON_TYPE
)


@functools.cache
def _document() -> bytes:
    """Made when it is first asked for, since a node starts without it."""
    return orjson.dumps(openapi(all_operations(), __version__, TAGS))


class ManagementApp:
    """The application behind the gate.

    Args:
        ctx: the node.
        token: the management token.
        names: hosts by which it may be called.
        watcher: tells of commits.
        streams: sends event streams.
    """

    def __init__(self, ctx: Context, token: str, names: frozenset[str], watcher: Watcher, streams: Streams) -> None:
        self._ctx = ctx
        self._token = token
        self._names = names
        self._watcher = watcher
        self._streams = streams
        self._routes = RouteTable(Entry(each.method, each.path, each) for each in all_operations())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        headers = Headers(scope=scope)
        check_host(headers, self._names)
        found = self._let_in(scope, headers)
        operation = found.target
        result = await operation.handler(await self._call(found, scope, headers, receive))
        head = scope["method"] == "HEAD"
        if isinstance(result, FileReply):
            await send_file(send, result, head=head)
        elif isinstance(result, StreamReply):
            await self._streams.send(send, receive, result, head=head)
        else:
            await _send_whole(send, _encoded(operation, result), head=head)

    def _let_in(self, scope: Scope, headers: Headers) -> Found[Operation]:
        """The operation, for whoever may ask for it; whoever has no token is not even told what there is."""
        try:
            found = self._routes.find(scope["method"], raw_path(scope))
        except CorridorError:
            check_token(headers, self._token)
            raise
        if not found.target.free:
            check_token(headers, self._token)
        return found

    async def _call(self, found: Found[Operation], scope: Scope, headers: Headers, receive: Receive) -> Call[Any, Any]:
        operation = found.target
        query = reading.read_query(scope["query_string"], operation.query)
        body: Any = None
        if operation.body is not None:
            check_json_type(headers.get("content-type"))
            document = reading.read_document(await read_body(receive))
            body = document if operation.raw else reading.read_body(document, operation.body)
        return Call(self._ctx, self._watcher, found.parameters, query, body, headers)


def _encoded(operation: Operation, result: Result) -> Answer:
    if isinstance(result, TextReply):
        return Answer(operation.status, {"content-type": result.media_type, **result.headers}, result.body)
    return Answer(operation.status, {"content-type": JSON_TYPE}, msgspec.json.encode(result))


async def _send_whole(send: Send, answer: Answer, *, head: bool) -> None:
    if not head:
        await send_answer(send, answer)
        return
    headers: Mapping[str, str] = {**answer.headers, "content-length": str(len(answer.body))}
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": fields})
    await send({"type": "http.response.body", "body": b""})
