"""The two listeners of a node: sockets that are bound before anything starts, and a server on each."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn

from corridor.base.errors import SettingsError
from corridor.http.connection import GuardedProtocol

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]


def bind(address: str, setting: str) -> socket.socket:
    """A listening socket on `HOST:PORT`.

    Raises:
        SettingsError: the port is in use, or the address is not ours or not allowed; names the setting.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit it: small answers must not wait for the acknowledgement of the one before.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, int(port)))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        raise SettingsError(_why(error, address), place=setting, remedy=_remedy(error)) from None
    return listener


def _why(error: Exception, address: str) -> str:
    number, said = (error.errno, error.strerror) if isinstance(error, OSError) else (None, None)
    if number == errno.EADDRINUSE:
        return f"the address {address} is in use"
    if number == errno.EACCES:
        return f"the address {address} is not allowed to this user"
    return f"the address {address} cannot be used: {(said or str(error)).lower()}"


def _remedy(error: Exception) -> str:
    in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
    return "stop what uses it, or choose another port" if in_use else "choose another address"


@dataclass(frozen=True, slots=True)
class Listener:
    """An application and the socket that it answers on."""

    app: ASGIApp
    socket: socket.socket


class _Server(uvicorn.Server):
    """A server that says when it answers, and leaves signals to `serve`, which has two servers to stop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answering = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, and say so."""
        await super().startup(sockets=sockets)
        self.answering.set()


async def serve(
    listeners: tuple[Listener, ...], ready: Callable[[], None], stopping: Callable[[], None] = lambda: None
) -> None:
    """Answer on all listeners until SIGINT or SIGTERM; call `ready` once all of them do, `stopping` at the signal."""
    servers = [_server(listener) for listener in listeners]
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.should_exit = True
        # Answers without an end have to end now: the servers wait for them.
        stopping()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        async with asyncio.TaskGroup() as group:
            for server, listener in zip(servers, listeners, strict=True):
                group.create_task(server.serve([listener.socket]))
            for server in servers:
                await server.answering.wait()
            ready()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _server(listener: Listener) -> _Server:
    config = uvicorn.Config(
        listener.app,
        http=GuardedProtocol,
        loop="none",
        lifespan="off",
        ws="none",
        access_log=False,
        proxy_headers=False,
        log_config=None,
        server_header=False,
        date_header=True,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=5,
    )
    return _Server(config)
