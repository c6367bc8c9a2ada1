"""How fast others hear of events; `python benchmarks/events.py [events]`.

One node on SQLite, synced to disk, with its outbox and its management listener; receivers of webhooks in a process of
their own, on loopback, that answer at once. Shown are: what a log with subscribers costs those who write it, how many
events they are told of each second, and how long after its commit an event is there when the node is otherwise idle.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import platform
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import uvicorn

from corridor.app.initialise import NewNode, initialise
from corridor.app.settings import load_settings
from corridor.app.wire import open_node
from corridor.app.world import SystemClock
from corridor.evidence.event import DatasetPublished
from corridor.http.connection import GuardedProtocol
from corridor.http.management.server import create_app
from corridor.service import subscriptions
from corridor.service.ports import Changes

TOKEN = "benchmark"
CLOCK = SystemClock()
DIGEST = "sha-256:" + "0" * 64
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"


def receive(port, counts):
    """Answer every request with 204, and count requests by the first segment of their path."""

    async def talk(reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
                counts[0] += 1
                counts[1] = time.time()
                writer.write(ANSWER)

    async def run():
        server = await asyncio.start_server(talk, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(run())


async def write(store, count, callers=64):
    """Log `count` events, and give the seconds that it took."""
    numbers, start = iter(range(count)), time.perf_counter()

    async def caller():
        for number in numbers:
            event = DatasetPublished(CLOCK.now(), f"urn:d{number}", DIGEST)
            await store.commit(Changes(events=(event,)))

    await asyncio.gather(*(caller() for _ in range(callers)))
    return time.perf_counter() - start


async def subscribed(node, port, counts, number, count, *, batch):
    """Events per second at the writers, and requests and events per second at the receivers."""
    made = [
        await subscriptions.subscribe(node.context, subscriptions.Wish(f"http://127.0.0.1:{port}/{each}", batch=batch))
        for each in range(number)
    ]
    counts[0], start = 0, time.perf_counter()
    writing = await write(node.context.store, count)
    end = await node.context.store.log_size() - 1
    for record, _ in made:
        while (await node.context.store.subscription(record.id)).position < end:  # noqa: ASYNC110 - only the store tells
            await asyncio.sleep(0.005)
    told = time.perf_counter() - start
    for record, _ in made:
        await subscriptions.unsubscribe(node.context, record.id)
    return count / writing, counts[0] / told, number * count / told


async def webhook_latency(node, port, counts):
    made, _ = await subscriptions.subscribe(node.context, subscriptions.Wish(f"http://127.0.0.1:{port}/x"))
    waits = []
    for _ in range(200):
        await asyncio.sleep(0.01)
        before, start = counts[0], time.time()
        await write(node.context.store, 1, 1)
        while counts[0] == before:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(0)
        waits.append((counts[1] - start) * 1000)
    await subscriptions.unsubscribe(node.context, made.id)
    return waits


async def stream(node, port, after, count):
    """Seconds until the last of `count` events was read, and the wait for each of 200 further ones, in ms."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/x-ndjson"}
    async with aiohttp.ClientSession(headers=headers) as session:
        start = time.perf_counter()
        async with session.get(f"http://127.0.0.1:{port}/events?after={after}") as answer:
            for _ in range(count):
                await answer.content.readline()
            seconds, waits = time.perf_counter() - start, []
            for _ in range(200):
                await asyncio.sleep(0.01)
                start = time.perf_counter()
                await write(node.context.store, 1, 1)
                assert json.loads(await answer.content.readline())["id"]
                waits.append((time.perf_counter() - start) * 1000)
    return count / seconds, waits


@contextlib.asynccontextmanager
async def listening(node):
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(node.context, token=TOKEN, changes=node.signal)
    server = uvicorn.Server(
        uvicorn.Config(app, http=GuardedProtocol, loop="none", lifespan="off", access_log=False, log_config=None)
    )
    work = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield listener.getsockname()[1]
    node.signal.stop()
    server.should_exit = True
    await work
    listener.close()


async def measure(folder, count):
    initialise(folder, NewNode("Benchmark", "DE", "http://localhost:1", "127.0.0.1:0", "127.0.0.1:0"))
    with (folder / "corridor.toml").open("a") as file:
        file.write('\n[events]\nhttp_hosts = ["127.0.0.1"]\nbatch = 100\n')
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    counts = multiprocessing.Array("d", 2, lock=False)
    receiver = multiprocessing.get_context("spawn").Process(target=receive, args=(port, counts), daemon=True)
    receiver.start()
    await asyncio.sleep(2)
    async with open_node(load_settings(folder)) as node:
        working = [asyncio.create_task(each) for each in (node.dispatcher.run(), node.herald.run())]
        print(f"{'':34}{'logged/s':>10}{'requests/s':>12}{'told/s':>10}")
        for number, batch in ((0, False), (1, False), (10, False), (1, True), (10, True)):
            found = await subscribed(node, port, counts, number, count, batch=batch)
            name = f"{number} subscriptions" + (", batches" if batch else "")
            print(f"{name:34}{found[0]:10,.0f}{found[1]:12,.0f}{found[2]:10,.0f}", flush=True)
        show("webhook, commit to receiver", await webhook_latency(node, port, counts))
        async with listening(node) as listener:
            size = await node.context.store.log_size()
            rate, waits = await stream(node, listener, -1, size)
        print(f"{'stream, what is logged':34}{rate:10,.0f} events/s")
        show("stream, commit to reader", waits)
        for work in working:
            work.cancel()
        await asyncio.gather(*working, return_exceptions=True)
    receiver.kill()


def show(name, waits):
    waits.sort()
    print(f"{name:34}{statistics.median(waits):10.1f} ms median {waits[len(waits) * 99 // 100]:8.1f} ms p99")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"CPython {platform.python_version()}, {platform.machine()}, {count} events")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder) / "node", count))


if __name__ == "__main__":
    main()
