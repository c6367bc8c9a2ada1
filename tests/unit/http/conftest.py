"""Speaks to ASGI applications in process, and serves them on loopback where a socket is what is tested."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from dataclasses import dataclass

import pytest
import uvicorn

from corridor.http.connection import GuardedProtocol


@dataclass
class Heard:
    """What came back."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


async def speak(app, method="GET", path="/", headers=(), body=b"", *, chunks=None, query=b""):
    """One request as a server would hand it on; `chunks` may be an endless iterator."""
    parts = iter(chunks if chunks is not None else [body])
    state = {"more": True}
    sent = []

    async def receive():
        await asyncio.sleep(0)
        if not state["more"]:
            return {"type": "http.disconnect"}
        part = next(parts, None)
        if asyncio.iscoroutine(part):
            part = await part
        state["more"] = chunks is not None and part is not None
        return {"type": "http.request", "body": part or b"", "more_body": state["more"]}

    async def send(message):
        sent.append(message)

    fields = [(name.lower().encode(), value.encode("latin-1")) for name, value in dict(headers).items()]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8"),
        "query_string": query,
        "headers": fields,
        "root_path": "",
    }
    await app(scope, receive, send)
    start, *rest = sent
    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return Heard(start["status"], found, b"".join(message.get("body", b"") for message in rest))


@pytest.fixture
def ask():
    return speak


class QuietServer(uvicorn.Server):
    """Leaves the signals of the test run alone."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


@contextlib.asynccontextmanager
async def serving(app, protocol=GuardedProtocol):
    """Serve on a free port of 127.0.0.1."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=protocol, loop="none", lifespan="off", access_log=False, log_config=None)
    server = QuietServer(config)
    task = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.001)
    try:
        yield listener.getsockname()[1]
    finally:
        server.force_exit = server.should_exit = True
        await task
        listener.close()


@pytest.fixture(scope="session")
def serve():
    return serving


@contextlib.asynccontextmanager
async def raw_server(talk):
    """A server of bytes: `talk(reader, writer)` for each connection."""
    handlers = set()

    async def handle(reader, writer):
        handlers.add(asyncio.current_task())
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await talk(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for handler in handlers:
            handler.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        await asyncio.sleep(0)


@pytest.fixture
def talking():
    return raw_server
