"""Streams of events, read over real sockets where the socket matters."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random

import aiohttp
import pytest

from corridor.base.errors import MalformedError
from corridor.evidence.event import DatasetPublished, DatasetWithdrawn
from corridor.http.limits import RequestLimits
from corridor.http.management.following import LINES_TYPE, SSE_TYPE, StreamLimits, last_seen
from corridor.http.management.server import create_app
from corridor.service.ports import Changes

TOKEN = "a-management-token"
PATIENCE = 10
DIGEST = "sha-256:" + "0" * 64


class Source:
    """A node that logs events when it is told to, and its management listener."""

    def __init__(self, node, port):
        self.node, self.port = node, port
        self.numbers = itertools.count()
        self.session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"})

    async def log(self, count=1):
        for _ in range(count):
            name, now = f"urn:d{next(self.numbers)}", self.node.context.clock.now()
            await self.node.store.commit(Changes(events=(DatasetPublished(now, name, DIGEST),)))

    async def withdraw(self):
        event = DatasetWithdrawn(self.node.context.clock.now(), "urn:d0")
        await self.node.store.commit(Changes(events=(event,)))

    def open(self, kind=LINES_TYPE, seen=None, **query):
        headers = {"Accept": kind} | ({} if seen is None else {"Last-Event-ID": str(seen)})
        return self.session.get(f"http://127.0.0.1:{self.port}/events", params=query, headers=headers)

    async def status(self):
        """What a stream is answered with, which is then left."""
        async with self.open() as answer:
            return answer.status

    async def ids(self, count, **query):
        """The ids of the next `count` events of a stream, which is then left."""
        async with self.open(**query) as answer:
            return [int(event["id"]) for event in [await line(answer) for _ in range(count)]]


async def line(answer):
    """The next event of a stream of lines."""
    async with asyncio.timeout(PATIENCE):
        while not (found := (await answer.content.readline()).strip()):
            assert not answer.content.at_eof()
        return json.loads(found)


async def block(answer):
    """The next block of server-sent events, as it stands."""
    async with asyncio.timeout(PATIENCE):
        return (await answer.content.readuntil(b"\n\n")).decode()


@pytest.fixture
async def source(world, serve):
    """Builds the source of events; with limits of its streams and gate."""
    async with contextlib.AsyncExitStack() as stack:

        async def build(limits=None, gate=None):
            node = world.provider.node
            app = create_app(node.context, token=TOKEN, changes=node.signal, limits=gate, streams=limits)
            found = Source(node, await stack.enter_async_context(serve(app)))
            stack.push_async_callback(found.session.close)
            return found

        yield build


async def test_a_stream_tells_what_was_logged_and_then_what_is_logged(source):
    node = await source()
    await node.log(2)
    async with node.open(SSE_TYPE) as answer:
        assert answer.headers["Content-Type"] == SSE_TYPE
        assert answer.headers["Cache-Control"] == "no-store"
        assert await block(answer) == "retry: 1000\n\n"
        for number in range(4):
            if number >= 2:
                await node.log()
            identifier, data = (await block(answer)).strip().split("\n")
            assert identifier == f"id: {number}"
            event = json.loads(data.removeprefix("data: "))
            assert (event["id"], event["source"]) == (str(number), node.node.me.id)
            assert event["type"] == "org.corridor.dataset.published"
            assert event["data"]["dataset"] == f"urn:d{number}"


async def test_the_same_as_lines(source):
    node = await source()
    await node.log(3)
    async with node.open() as answer:
        assert answer.headers["Content-Type"] == LINES_TYPE
        assert [(await line(answer))["id"] for _ in range(3)] == ["0", "1", "2"]


async def test_a_stream_goes_on_after_what_was_seen_last(source):
    node = await source()
    await node.log(5)
    assert await node.ids(2, after=2) == [3, 4]
    assert await node.ids(1, after=-1, seen=3) == [4]


@pytest.mark.parametrize("seen", ["x", "-1", "1.5", "٣", "9" * 17, "9" * 5000])
async def test_what_is_no_id_cannot_have_been_seen(seen):
    with pytest.raises(MalformedError, match=r"Last-Event-ID: .* is no id of an event"):
        last_seen(seen, -1)


def test_without_an_id_the_query_says_where_to_begin():
    assert last_seen(None, 4) == last_seen("", 4) == 4
    assert last_seen("7", 4) == 7


async def test_only_what_is_asked_for_is_told(source):
    node = await source()
    await node.log(3)
    await node.withdraw()
    assert await node.ids(1, type="dataset.withdrawn,paper.*") == [3]


@pytest.mark.parametrize("query", [{"type": "nonsense"}, {"transfer": "a b"}, {"after": "-2"}])
async def test_a_question_that_makes_no_sense_is_refused_before_a_stream_begins(source, query):
    node = await source()
    async with node.open(**query) as answer:
        assert answer.status == 400
        assert "must" in (await answer.json())["detail"] or (await answer.json())["place"]


async def test_a_silent_stream_beats_and_moves_what_was_seen_last(source):
    node = await source(StreamLimits(heartbeat_seconds=0.01))
    async with node.open(SSE_TYPE, type="dataset.withdrawn") as answer:
        await block(answer)
        assert await block(answer) == ":\n\n"
        await node.log(3)
        while (beat := await block(answer)) != "id: 2\n\n":
            assert beat in (":\n\n", "id: 0\n\n", "id: 1\n\n")


async def test_lines_beat_with_empty_lines(source):
    node = await source(StreamLimits(heartbeat_seconds=0.01))
    async with node.open() as answer:
        assert await answer.content.readline() == b"\n"


async def test_no_more_streams_are_open_than_the_settings_allow(source):
    node = await source(StreamLimits(concurrent=1))
    await node.log()
    async with node.open() as answer:
        await line(answer)
        async with node.open() as other:
            assert other.status == 503
            assert "events.streams" in (await other.json())["remedy"]
    async with asyncio.timeout(PATIENCE):
        while await node.status() == 503:  # noqa: ASYNC110 - only the socket tells
            await asyncio.sleep(0.001)


async def test_a_stream_ends_whole_when_the_node_stops(source):
    node = await source()
    await node.log()
    async with node.open() as answer:
        await line(answer)
        node.node.signal.stop()
        async with asyncio.timeout(PATIENCE):
            assert await answer.content.read() == b""


async def test_a_head_is_told_of_the_stream_and_nothing_else(world, ask):
    heard = await world.provider.ask("HEAD", "/events", headers={"Accept": SSE_TYPE})
    assert (heard.status, heard.headers["content-type"], heard.body) == (200, SSE_TYPE, b"")


async def test_without_the_type_events_come_in_pages(world):
    await world.publish()
    for accept in ("", "*/*", "application/json", "text/*"):
        heard = await world.provider.ask("GET", "/events", headers={"Accept": accept})
        assert heard.headers["content-type"] == "application/json"


async def test_pages_can_be_restricted_like_streams(world):
    await world.agree()
    every = (await world.provider.get("/events"))["items"]
    chosen = (await world.provider.get("/events", type="agreement.*"))["items"]
    assert chosen == [event for event in every if event["document"]["type"] == "agreement.concluded"]
    partner = (await world.provider.get("/events", partner="did:web:consumer.example"))["items"]
    assert 0 < len(partner) < len(every)


async def test_a_reader_that_takes_nothing_is_dropped_and_nothing_is_kept_for_it(world):
    node = world.provider.node
    gate = RequestLimits(stall_seconds=0.02)
    app = create_app(node.context, token=TOKEN, changes=node.signal, limits=gate, streams=StreamLimits(concurrent=1))
    for number in range(1000):
        event = DatasetPublished(node.context.clock.now(), f"urn:d{number}", DIGEST)
        await node.store.commit(Changes(events=(event,)))
    for _ in range(2):  # the second time, the place of the first is free again
        taken = []
        with pytest.raises(TimeoutError):
            await app(scope(), Silent(), lambda message, taken=taken: take(taken, message))
        assert len(taken) == 4


def scope():
    fields = {"host": "localhost", "authorization": f"Bearer {TOKEN}", "accept": LINES_TYPE}
    headers = [(name.encode(), value.encode()) for name, value in fields.items()]
    shape = {"type": "http", "method": "GET", "path": "/events", "raw_path": b"/events", "query_string": b""}
    return {**shape, "headers": headers, "root_path": ""}


class Silent:
    """The end of a request without a body, after which nothing comes."""

    def __init__(self):
        self.asked = 0

    async def __call__(self):
        self.asked += 1
        if self.asked > 1:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": b"", "more_body": False}


async def take(taken, message):
    taken.append(message)
    if len(taken) > 3:
        await asyncio.Event().wait()


async def test_across_reconnections_nothing_is_missing_and_nothing_comes_twice(source):
    node = await source()
    chance = random.Random(20261125)

    async def write():
        for _ in range(200):
            await node.log()
            if chance.random() < 0.3:
                await asyncio.sleep(0)

    writing = asyncio.create_task(write())
    found, position = [], -1
    while len(found) < 200:
        found += await node.ids(min(chance.randint(1, 30), 200 - len(found)), after=position)
        position = found[-1]
    await writing
    assert found == list(range(200))
