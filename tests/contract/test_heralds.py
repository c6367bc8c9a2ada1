"""Several replicas of a node on one PostgreSQL: all hear of every event, and each subscriber is told of it once."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter

import pytest

from corridor.app.initialise import NewNode, initialise
from corridor.app.settings import load_settings
from corridor.app.wire import open_node
from corridor.client import webhooks
from corridor.evidence.event import DatasetPublished
from corridor.service import notify, subscriptions
from corridor.service.ports import Changes
from corridor.service.subscriptions import Wish

pytestmark = pytest.mark.slow

REPLICAS = 3
CHANCE = random.Random(1)
PATIENCE = 60
DIGEST = "sha-256:" + "0" * 64
SETTINGS = """
[database]
url_file = "keys/database.url"

[outbox]
sweep_seconds = 1

[events]
http_hosts = ["127.0.0.1"]
first_wait_ms = 20
longest_wait_seconds = 1
"""


class Receiver:
    """Keeps what it is told, as often as it is; takes its time, and answers as a test lets it."""

    def __init__(self):
        self.told = {}
        self.answer = lambda _path, _number: 204

    async def talk(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError), contextlib.closing(writer):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                fields = dict(line.split(": ", 1) for line in head[1:] if line)
                lengths = [value for name, value in fields.items() if name.lower() == "content-length"]
                body = await reader.readexactly(int(lengths[0]))
                path = head[0].split()[1]
                requests = self.told.setdefault(path, [])
                requests.append((fields, body))
                await asyncio.sleep(CHANCE.random() / 100)  # so that work of others falls in between
                writer.write(f"HTTP/1.1 {self.answer(path, len(requests))} X\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()

    def ids(self, path, secret):
        return [
            int(event["id"])
            for fields, body in self.told.get(path, ())
            for event in webhooks.verify(fields, body, secret)
        ]


class Replicas:
    def __init__(self, nodes, receiver, url):
        self.nodes, self.receiver, self.url, self.logged = nodes, receiver, url, 0

    async def subscribe(self, path, **wish):
        ctx = CHANCE.choice(self.nodes).context
        record, secret = await subscriptions.subscribe(ctx, Wish(self.url + path, **wish))
        return record.id, secret

    async def log(self, node):
        event = DatasetPublished(node.context.clock.now(), f"urn:d{self.logged}", DIGEST)
        self.logged += 1
        await node.context.store.commit(Changes(events=(event,)))

    async def told(self, subscription):
        """Until everything that was logged has been told to it."""
        store = self.nodes[0].context.store
        async with asyncio.timeout(PATIENCE):
            while (await store.subscription(subscription)).position < self.logged - 1 or await store.tasks():  # noqa: ASYNC110 - other replicas move it
                await asyncio.sleep(0.02)


@pytest.fixture
async def replicas(tmp_path, postgres_url):
    """Replicas that run their outbox and their herald, and a receiver that they may call."""
    new = initialise(tmp_path / "node", NewNode("Node", "DE", "http://localhost:19999"))
    secret = new.path("keys/database.url")
    secret.touch(0o600)
    secret.write_text(postgres_url, "utf-8")
    settings = new.path("corridor.toml")
    settings.write_text(settings.read_text("utf-8") + SETTINGS, "utf-8")
    receiver = Receiver()
    server = await asyncio.start_server(receiver.talk, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(server.wait_closed)
        stack.callback(server.close)
        nodes = [await stack.enter_async_context(open_node(load_settings(new.folder))) for _ in range(REPLICAS)]
        loops = [asyncio.create_task(part.run()) for node in nodes for part in (node.dispatcher, node.herald)]
        try:
            yield Replicas(nodes, receiver, url)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)


async def wake_all(replicas):
    """Every herald wakes everybody, at the same time: what sweeps do when they fall together."""
    await asyncio.gather(*(notify.wake(node.context) for node in replicas.nodes for _ in range(2)))


@pytest.mark.parametrize("batch", [False, True])
async def test_an_event_that_every_replica_sees_is_told_once_and_in_order(replicas, batch):
    made = {f"/in/{number}": await replicas.subscribe(f"/in/{number}", batch=batch) for number in range(3)}
    for number in range(40):
        await replicas.log(replicas.nodes[number % REPLICAS])
        if number % 3 == 0:
            await wake_all(replicas)
        await asyncio.sleep(CHANCE.random() / 50)  # at times behind the last, at times into it
    for path, (subscription, secret) in made.items():
        await replicas.told(subscription)
        assert replicas.receiver.ids(path, secret) == list(range(40))


async def test_replicas_that_log_at_once_tell_each_event_once(replicas):
    subscription, secret = await replicas.subscribe("/in")
    await asyncio.gather(*(replicas.log(node) for node in replicas.nodes for _ in range(20)), wake_all(replicas))
    await replicas.told(subscription)
    assert replicas.receiver.ids("/in", secret) == list(range(20 * REPLICAS))


async def test_a_receiver_that_fails_is_asked_again_by_one_replica_only(replicas):
    """Each event is refused once: it comes twice, under one id, and never a third time."""
    seen = Counter()

    def answer(path, number):
        fields, _ = replicas.receiver.told[path][number - 1]
        message = next(value for name, value in fields.items() if name.lower() == "webhook-id")
        seen[message] += 1
        return 503 if seen[message] == 1 else 204

    replicas.receiver.answer = answer
    subscription, secret = await replicas.subscribe("/in")
    for number in range(12):
        await replicas.log(replicas.nodes[number % REPLICAS])
        await wake_all(replicas)
    await replicas.told(subscription)
    assert replicas.receiver.ids("/in", secret) == [number for number in range(12) for _ in range(2)]
    assert set(seen.values()) == {2}
