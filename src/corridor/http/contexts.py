"""Several participants on one pair of listeners: the path names the context, which sees the rest of it.

A context is served by the very applications that serve a node that is alone. What stands before its paths is taken off,
so nothing in it knows of the others; and what belongs to none is told nothing but that it has no identity here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from corridor.base.errors import NotFoundError, UnauthenticatedError
from corridor.http.errors import UnavailableError
from corridor.http.limits import send_answer
from corridor.http.management.guard import check_host, check_token
from corridor.http.media import JSON_TYPE
from corridor.http.problem import Answer
from corridor.http.server import raw_path

HEALTH_PATH: Final = b"/health"
_READ: Final = frozenset({"GET", "HEAD"})


class Contexts:
    """An ASGI application that hands each request to the context that its path names.

    Args:
        apps: name to application; it sees paths as if it were alone.
        host: answers whatever names none of them.
        below: what stands before the name, such as `/contexts`.
    """

    def __init__(self, apps: Mapping[str, ASGIApp], host: ASGIApp, *, below: str = "") -> None:
        self._apps = dict(apps)
        self._host = host
        self._prefix = f"{below}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; the log lines that it leaves name the context."""
        name, length = self._named(scope)
        app = self._apps.get(name)
        if app is None:
            await self._host(scope, receive, send)
            return
        # Names need no escape, so the decoded path begins with the same characters as the encoded one.
        path, raw = scope["path"][length:] or "/", raw_path(scope)[length:] or b"/"
        with bound_contextvars(context=name):
            await app({**scope, "path": path, "raw_path": raw}, receive, send)

    def _named(self, scope: Scope) -> tuple[str, int]:
        """The name in the path, and the length of all up to its end; an escaped letter is no letter of a name."""
        path = raw_path(scope).partition(b"?")[0].decode("latin-1") if scope["type"] == "http" else ""
        if not path.startswith(self._prefix):
            return "", 0
        name = path.removeprefix(self._prefix).partition("/")[0]
        return name, len(self._prefix) + len(name)


class HostProtocol:
    """What the protocol listener answers on paths of no context: its health, and that there is no identity."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        _ = receive
        if not _is_health(scope):
            raise UnauthenticatedError("the request has no identity", place="Authorization")
        await _give(scope, send, {"status": "ok"})


class HostManagement:
    """What the management listener answers on paths of no context: its health, and a list of contexts.

    Args:
        token: what the list asks for; it opens no context.
        names: hosts by which it may be called.
        list_contexts: gives the list as JSON.
    """

    def __init__(self, token: str, names: frozenset[str], list_contexts: Callable[[], Any]) -> None:
        self._token = token
        self._names = names
        self._list = list_contexts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        _ = receive
        headers = Headers(scope=scope)
        check_host(headers, self._names)
        if _is_health(scope):
            await _give(scope, send, {"status": "ok"})
            return
        check_token(headers, self._token)
        if scope["method"] not in _READ or raw_path(scope).rstrip(b"/") != b"/contexts":
            raise NotFoundError("there is nothing at this path", remedy="a context is at /contexts/NAME")
        await _give(scope, send, self._list())


async def unavailable(scope: Scope, receive: Receive, send: Send) -> None:
    """Stands for a context that could not be started: partners are to try again later."""
    _ = scope, receive, send
    raise UnavailableError("this participant is not served at present", remedy="try again later")


def _is_health(scope: Scope) -> bool:
    return scope["method"] in _READ and raw_path(scope) == HEALTH_PATH


async def _give(scope: Scope, send: Send, document: Any) -> None:
    answer = Answer(HTTPStatus.OK, {"content-type": JSON_TYPE}, orjson.dumps(document))
    await send_answer(send, answer, with_body=scope["method"] != "HEAD")
