from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from corridor.base.errors import ForbiddenError, MalformedError, StorageError, UnauthenticatedError, UnreachableError
from corridor.dataplane.digest import repr_digest
from corridor.dataplane.ingest import OFFSET_HEADER, Ingest, IntakeService
from corridor.dataplane.meter import CHUNK
from corridor.dataplane.push import HttpPusher, PushLimits
from corridor.service.intake import Intake
from corridor.service.ports import Access, Push

BYTES = bytes(range(256)) * 16 * 1024  # 4 MiB
SIZE = len(BYTES)
LIMITS = PushLimits(tries=3, first_wait_seconds=0.001, longest_wait_seconds=0.002, stall_seconds=5, look_seconds=0.01)


@pytest.fixture
def push(node, tmp_path):
    """Pushes what the node has published to an address; the node decides and meters."""
    path = tmp_path / "alerts.csv"
    path.write_bytes(BYTES)
    node.publish(path, rows=1000)

    async def send(endpoint, authorization="Bearer t0ken", *, limits=LIMITS, check_url=lambda _: None):
        async def opened():
            given = await node.open(node.token, node.transfer)
            if node.denied:
                raise ForbiddenError(node.denied)
            return Access(given.grant, given.content, given.until, given.still_allowed)

        async def metered():
            return sum(size for size, _, _ in node.metered)

        pusher = HttpPusher(check_url=check_url, now=lambda: node.now, limits=limits)
        await pusher.push(Push(endpoint, authorization, node.content, opened, node.record, metered))

    node.denied = None
    return send


@pytest.fixture
def large(node, tmp_path):
    """Publishes 64 MiB instead: more than all buffers on the way hold."""
    with (tmp_path / "alerts.csv").open("wb") as file:
        file.truncate(16 * SIZE)
    node.publish(tmp_path / "alerts.csv", hashed=False)


class Sink:
    """A destination that answers as it is told to: `HEAD` by `heads`, `PUT` by `puts`; the last again and again."""

    def __init__(self, *puts, heads=((404, {}),)):
        self.puts, self.heads = list(puts or [(201, {})]), list(heads)
        self.requests, self.bodies = [], []

    async def __call__(self, scope, receive, send):
        fields = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.requests.append((scope["method"], fields))
        answers = self.heads if scope["method"] == "HEAD" else self.puts
        told = answers.pop(0) if len(answers) > 1 else answers[0]
        if scope["method"] != "HEAD":
            self.bodies.append(b"")
            told = await self._read(told, receive)
        status, headers, *body = told
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body[0] if body else b""})

    async def _read(self, told, receive):
        """The whole body, or as much of it as the answer wants to have seen."""
        most = told[3] if len(told) > 3 else None
        while most is None or len(self.bodies[-1]) < most:
            message = await receive()
            self.bodies[-1] += message.get("body", b"")
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                break
        return told[:3]

    @property
    def put(self):
        """The fields of the last PUT."""
        return [fields for method, fields in self.requests if method == "PUT"][-1]


class Consumer:
    """Our own ingest: one transfer, one token."""

    token = "Bearer t0ken"

    def __init__(self, folder):
        self.fetched, self.reason = [], None
        self.app = Ingest(folder, IntakeService(self.open, self.taken, self.on_error), max_size=1 << 30)

    async def open(self, authorization, transfer):
        if authorization != self.token:
            raise UnauthenticatedError("the token is not valid here")
        return Intake(transfer, None, lambda: self.reason)

    async def taken(self, transfer, fetched):
        self.fetched.append((transfer, fetched))

    def on_error(self, error):
        status = 403 if isinstance(error, ForbiddenError) else 401
        return status, {"Content-Type": "application/json"}, b'{"detail": "%s"}' % str(error).encode()


async def test_a_content_arrives_whole_and_is_metered_before_its_last_chunk(push, node, serve):
    sink = Sink()
    await push(await serve(sink) + "/x?secret=1")
    assert sink.bodies == [BYTES]
    assert node.metered == [(SIZE, 1000, True)]
    assert sink.put["authorization"] == "Bearer t0ken"
    assert sink.put["content-type"] == "text/csv"
    assert sink.put["content-length"] == str(SIZE)
    assert sink.put["repr-digest"] == repr_digest(node.content.sha256)
    assert sink.put["corridor-rows"] == "1000"
    assert not {"content-range", "expect", "transfer-encoding"} & set(sink.put)


async def test_our_own_data_plane_takes_what_our_own_sends(push, node, serve, tmp_path):
    consumer = Consumer(tmp_path / "received")
    base = await serve(consumer.app)
    await push(f"{base}/{node.transfer}")
    [(transfer, fetched)] = consumer.fetched
    content = node.content
    assert transfer == node.transfer
    assert (fetched.size, fetched.sha256, fetched.blake3, fetched.rows) == (SIZE, content.sha256, content.blake3, 1000)


async def test_an_empty_content_is_pushed_and_metered(push, node, serve, tmp_path):
    (tmp_path / "alerts.csv").write_bytes(b"")
    node.publish(tmp_path / "alerts.csv")
    sink = Sink()
    await push(await serve(sink))
    assert (sink.bodies, node.metered) == ([b""], [(0, 0, True)])


async def test_a_destination_without_a_secret_gets_none(push, serve):
    sink = Sink()
    await push(await serve(sink), None)
    assert "authorization" not in sink.put


async def test_the_rest_goes_to_whoever_says_what_it_holds(push, node, serve):
    sink = Sink(heads=[(200, {OFFSET_HEADER: str(CHUNK)})])
    node.metered.append((CHUNK, 250, False))
    await push(await serve(sink))
    assert sink.bodies == [BYTES[CHUNK:]]
    assert sink.put["content-range"] == f"bytes {CHUNK}-{SIZE - 1}/{SIZE}"
    assert sink.put["expect"] == "100-continue"
    assert node.metered == [(CHUNK, 250, False), (SIZE - CHUNK, 750, False)]


async def test_what_arrived_and_is_in_no_meter_is_made_good(push, node, serve):
    """A provider that is killed has sent what it could not record."""
    await push(await serve(Sink(heads=[(200, {OFFSET_HEADER: str(2 * CHUNK)})])))
    assert node.metered == [(2 * CHUNK, 500, False), (2 * CHUNK, 500, False)]


@pytest.mark.parametrize("offset", [str(SIZE), str(SIZE + 1), "-1", "many", ""])
async def test_an_offset_that_makes_no_sense_is_none(push, serve, offset):
    sink = Sink(heads=[(200, {OFFSET_HEADER: offset})])
    await push(await serve(sink))
    assert sink.bodies == [BYTES]


async def test_what_the_destination_has_taken_is_not_sent_again(push, node, serve):
    digest = repr_digest(node.content.sha256)
    sink = Sink(heads=[(200, {OFFSET_HEADER: str(SIZE), "Repr-Digest": digest})])
    await push(await serve(sink))
    assert (sink.bodies, node.metered, node.asked) == ([], [], [])


async def test_another_content_of_the_same_size_is_not_this_one(push, serve):
    digest = repr_digest("sha-256:" + "0" * 64)
    sink = Sink(heads=[(200, {OFFSET_HEADER: str(SIZE), "Repr-Digest": digest})])
    await push(await serve(sink))
    assert sink.bodies == [BYTES]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_a_destination_that_is_busy_is_asked_again(push, serve, status):
    sink = Sink((status, {}), (204, {}), heads=[(status, {}), (404, {})])
    await push(await serve(sink))
    assert sink.bodies == [BYTES, BYTES]


@pytest.mark.parametrize("status", [200, 204, 307, 403, 404, 405, 501])
async def test_a_destination_that_does_not_say_what_it_holds_gets_everything(push, serve, status):
    sink = Sink(heads=[(status, {})])
    await push(await serve(sink))
    assert sink.bodies == [BYTES]
    assert "expect" not in sink.put


async def test_a_count_that_was_lost_is_asked_for_again(push, serve):
    heads = [(200, {OFFSET_HEADER: str(3 * CHUNK)}), (200, {OFFSET_HEADER: str(CHUNK)})]
    sink = Sink((409, {OFFSET_HEADER: str(CHUNK)}), (204, {}), heads=heads)
    await push(await serve(sink))
    assert sink.bodies == [BYTES[3 * CHUNK :], BYTES[CHUNK:]]


async def test_a_refusal_is_final_and_says_why(push, node, serve, caplog):
    caplog.set_level(logging.DEBUG)
    sink = Sink((403, {}, b'{"detail": "the quota is used up"}'))
    with pytest.raises(ForbiddenError, match="the destination refuses: the quota is used up") as refused:
        await push(await serve(sink) + "/x?secret=1", "Bearer s3cret")
    assert len(sink.bodies) == 1
    assert "secret" not in str(refused.value)
    assert "s3cret" not in caplog.text


async def test_a_refusal_without_a_reason_has_its_status(push, serve):
    with pytest.raises(ForbiddenError, match="the destination refuses: status 401"):
        await push(await serve(Sink((401, {}))))


async def test_a_destination_that_talks_and_says_nothing_counts_as_broken(push):
    async def talk(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError), contextlib.closing(writer):
            await reader.readuntil(b"\r\n\r\n")
            while True:
                writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
                await writer.drain()
                await asyncio.sleep(0.001)

    limits = replace(LIMITS, tries=2, stall_seconds=0.1, connect_seconds=0.1)
    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server, asyncio.timeout(20):
        with pytest.raises(UnreachableError):
            await push(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x", limits=limits)


async def test_a_redirection_is_not_followed(push, serve):
    with pytest.raises(UnreachableError, match="the destination answers 307"):
        await push(await serve(Sink((307, {"Location": "http://127.0.0.1:1/"}))))


async def test_success_before_everything_was_sent_is_none(push, large, node, serve):
    with pytest.raises(UnreachableError, match=r"before it has everything|broke off"):
        await push(await serve(Sink((200, {}, b"", 1), heads=[(404, {})])))
    assert not any(whole for _, _, whole in node.metered)


async def test_nobody_there_is_given_up_after_some_tries(push, node):
    asked = []
    with pytest.raises(UnreachableError, match="no connection"):
        await push("http://127.0.0.1:1/", check_url=asked.append)
    assert (len(asked), node.asked) == (3, [])


async def test_an_address_that_must_not_be_called_is_not_called(push, node, serve):
    sink = Sink()

    def refuse(url):
        raise UnreachableError(f"`{url}` must not be called")

    base = await serve(sink)
    with pytest.raises(UnreachableError, match="must not be called"):
        await push(base, check_url=refuse)
    with pytest.raises(UnreachableError, match="must not be called"):
        HttpPusher(check_url=refuse, now=lambda: node.now).check(base)
    assert sink.requests == []


@pytest.mark.parametrize("secret", ["", "Bearer x\r\nHost: y", " x", "ü"])
async def test_a_secret_that_is_no_field_value_is_never_sent_nor_shown(push, serve, secret):
    sink = Sink()
    with pytest.raises(MalformedError, match="the token cannot be sent"):
        await push(await serve(sink), secret)
    assert sink.requests == []


async def test_what_is_denied_is_not_sent(push, node, serve):
    node.denied = "the paper has expired"
    sink = Sink()
    with pytest.raises(ForbiddenError, match="the paper has expired"):
        await push(await serve(sink))
    assert sink.bodies == []


async def test_a_revocation_stops_it_at_the_next_chunk(push, node, serve):
    def revoke(count):
        if count == 3:
            node.refusal = "the transfer is SUSPENDED"

    node.on_check = revoke
    sink = Sink()
    with pytest.raises(ForbiddenError, match="the transfer is SUSPENDED"):
        await push(await serve(sink), limits=PushLimits(look_seconds=60))
    assert len(sink.bodies[0]) <= 2 * CHUNK
    assert node.metered == [(2 * CHUNK, 500, False)]


async def test_a_revocation_stops_it_also_where_the_destination_takes_nothing(push, large, node, serve):
    """Nothing asks for the next chunk here: only the watch can tell."""

    class Stuck(Sink):
        async def _read(self, told, receive):
            node.refusal = "the transfer is TERMINATED"
            await asyncio.sleep(1)
            return told

    with pytest.raises(ForbiddenError, match="the transfer is TERMINATED"):
        await push(await serve(Stuck()))
    assert not any(whole for _, _, whole in node.metered)


async def test_the_end_of_its_time_stops_it(push, node, serve):
    node.until = node.now + timedelta(hours=1)

    def wait(count):
        node.now += timedelta(minutes=40)

    node.on_check = wait
    with pytest.raises(ForbiddenError, match="the time of the grant is over"):
        await push(await serve(Sink()), limits=PushLimits(look_seconds=60))


async def test_a_destination_that_stalls_is_given_up(push, large, serve):
    class Silent(Sink):
        async def _read(self, told, receive):
            await asyncio.sleep(2)
            return told

    limits = PushLimits(tries=1, stall_seconds=0.2, look_seconds=60)
    with pytest.raises(UnreachableError, match="the connection broke off"):
        await push(await serve(Silent()), limits=limits)


async def test_a_file_that_has_changed_is_not_sent(push, serve, tmp_path):
    (tmp_path / "alerts.csv").write_bytes(b"other")
    with pytest.raises(StorageError, match="has changed"):
        await push(await serve(Sink()))


async def test_a_meter_that_cannot_be_written_leaves_the_content_incomplete(push, node, serve):
    def fail():
        raise StorageError("the disk is full")

    node.on_record = fail
    sink = Sink()
    with pytest.raises(StorageError, match="the disk is full"):
        await push(await serve(sink))
    assert len(sink.bodies[0]) < SIZE


async def test_a_broken_connection_goes_on_where_the_destination_is(push, node, serve, tmp_path):
    """The destination's connection breaks twice; every byte arrives, and each is metered as often as it was sent."""
    consumer = Consumer(tmp_path / "received")
    breaks = [CHUNK // 2, CHUNK]

    async def breaking(scope, receive, send):
        limit = breaks.pop(0) if breaks and scope["method"] == "PUT" else None
        seen = 0

        async def some():
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            return {"type": "http.disconnect"} if limit is not None and seen > limit else message

        await consumer.app(scope, some, send)

    base = await serve(breaking)
    await push(f"{base}/{node.transfer}")
    [(_, fetched)] = consumer.fetched
    assert fetched.sha256 == node.content.sha256
    assert sum(size for size, _, _ in node.metered) >= SIZE
    assert not breaks
