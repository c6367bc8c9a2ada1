"""Two nodes behind real management listeners on 127.0.0.1, run by a thread, for the client that blocks."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import uvicorn

from corridor.client import Client
from corridor.http.management.server import create_app

_spec = importlib.util.spec_from_file_location(
    "management_world", Path(__file__).parents[1] / "http" / "management" / "conftest.py"
)
world = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = world
_spec.loader.exec_module(world)


@pytest.fixture(scope="session")
def rulebook():
    return world.load_rules()[0]


class QuietServer(uvicorn.Server):
    """Leaves the signals of the test run alone."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


class Running:
    """The nodes of a network with their listeners and outboxes, in a thread of their own."""

    def __init__(self, network):
        self.network = network
        self.urls = {}
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _run(self):
        self.loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            servers = [self._serve(group, node) for node in self.network.members.values()]
            workers = [group.create_task(_work(node)) for node in self.network.members.values()]
            while not all(server.started for server in servers):  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.001)
            self._ready.set()
            await self._stop.wait()
            for server in servers:
                server.force_exit = server.should_exit = True
            for worker in workers:
                worker.cancel()

    def _serve(self, group, node):
        # With its protocol named, asyncio turns Nagle's delay off.
        listener = socket.socket(proto=socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        self.urls[node.me.id] = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = create_app(node.context, token=world.TOKEN, changes=node.signal)
        config = uvicorn.Config(app, loop="none", lifespan="off", access_log=False, log_config=None)
        server = QuietServer(config)

        async def serve():
            try:
                await server.serve([listener])
            finally:
                listener.close()

        group.create_task(serve())
        return server


async def _work(node):
    """Run the outbox whenever something was committed."""
    wake = asyncio.Event()
    node.listeners.append(lambda _: wake.set())
    while True:
        await wake.wait()
        wake.clear()
        while await node.step():
            pass


@pytest.fixture
def running(rulebook, tmp_path):
    with Running(world.build_network(rulebook, tmp_path)) as nodes:
        yield nodes


@pytest.fixture
def provider(running):
    with Client(running.urls[world.PROVIDER], world.TOKEN) as client:
        yield client


@pytest.fixture
def consumer(running):
    with Client(running.urls[world.CONSUMER], world.TOKEN) as client:
        yield client


@pytest.fixture
def publication():
    return world.publication


class Scripted:
    """A server that answers every request with what a test puts here, and remembers what was asked."""

    def __init__(self):
        self.asked = []
        self.answer(b"{}")

    def answer(self, body, status=200, **headers):
        self.status, self.body = status, body
        self.headers = {"Content-Length": str(len(body)), **{k.replace("_", "-"): v for k, v in headers.items()}}


@pytest.fixture
def scripted():
    """A scripted server; its `url` is where it listens."""
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            script.asked.append((self.command, self.path, dict(self.headers), body))
            self.send_response(script.status)
            for name, value in script.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(script.body)
            if int(script.headers.get("Content-Length", len(script.body))) != len(script.body):
                self.close_connection = True

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815 - the names that the base class looks for

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_):
            """A client that hangs up is part of the script."""

    server = Server(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield script
    server.shutdown()
    thread.join()
    server.server_close()
