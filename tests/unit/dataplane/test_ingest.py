from __future__ import annotations

import asyncio
import hashlib
import io
import stat
from pathlib import Path

import aiohttp
import pytest

from corridor.base.clock import parse_instant
from corridor.base.errors import (
    ConflictError,
    ForbiddenError,
    MalformedError,
    StorageError,
    TooLargeError,
    UnauthenticatedError,
)
from corridor.base.ids import ProcessId
from corridor.dataplane.digest import repr_digest
from corridor.dataplane.fetch import file_name
from corridor.dataplane.ingest import OFFSET_HEADER, Ingest, IntakeService
from corridor.service.intake import PAUSED, Intake
from corridor.service.records import Received

BYTES = bytes(range(256)) * 12 * 1024  # 3 MiB
SIZE = len(BYTES)
SHA256 = "sha-256:" + hashlib.sha256(BYTES).hexdigest()
TRANSFER = ProcessId("urn:uuid:6f1c")
TOKEN = "Bearer t0ken"
MIB = 1 << 20
STATUSES = {
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    ConflictError: 409,
    MalformedError: 400,
    TooLargeError: 413,
    StorageError: 503,
}


class Consumer:
    """The consumer's node: what it allows, and what it has taken."""

    def __init__(self):
        self.already, self.reason, self.fault = None, None, None
        self.taken = []
        self.checks, self.began, self.keeping = asyncio.Event(), asyncio.Event(), None
        self.refusal = None

    async def open(self, authorization, transfer):
        if self.refusal:
            raise self.refusal
        if authorization != TOKEN:
            raise UnauthenticatedError("the token is not valid here")
        return Intake(transfer, self.already, self.still_allowed)

    def still_allowed(self):
        self.checks.set()
        return self.reason

    async def keep(self, transfer, fetched):
        self.began.set()
        if self.keeping:
            await self.keeping.wait()
        if self.fault:
            raise self.fault
        self.taken.append((transfer, fetched))

    def on_error(self, error):
        return STATUSES[type(error)], {"Content-Type": "application/problem+json"}, str(error).encode()


@pytest.fixture
def consumer():
    return Consumer()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "received"


@pytest.fixture
async def base(consumer, folder, serve):
    service = IntakeService(consumer.open, consumer.keep, consumer.on_error)
    return await serve(Ingest(folder, service, max_size=2 * SIZE, stall_seconds=0.3, keep_seconds=30))


@pytest.fixture
def ask(base):
    """Sends one request; gives status, fields and body of the answer."""

    async def request(method="PUT", body=BYTES, *, token=TOKEN, transfer=TRANSFER, **fields):
        headers = {name.replace("_", "-"): value for name, value in fields.items()} | {"Authorization": token}
        url = f"{base}/{transfer}"
        async with aiohttp.ClientSession() as session:
            data = io.BytesIO(body) if method != "HEAD" else None
            async with session.request(method, url, data=data, headers=headers) as answer:
                return answer.status, answer.headers, await answer.text()

    return request


@pytest.fixture
def begin(base, consumer):
    """Sends a part of a whole content, and leaves once something of it was seen, or stays and gives the connection."""

    async def send(part, *, leave=True):
        host, port = base.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        head = f"PUT /{TRANSFER} HTTP/1.1\r\nHost: x\r\nAuthorization: {TOKEN}\r\nContent-Length: {SIZE}\r\n\r\n"
        writer.write(head.encode() + part)
        await writer.drain()
        await consumer.checks.wait()
        if leave:
            writer.close()
            await writer.wait_closed()
        return reader, writer

    return send


async def written(folder, size):
    """Wait until so much is on the disk. To ask for it would end the request that brings it."""
    part = folder / (file_name(TRANSFER) + ".part")
    await until(lambda: part.exists() and part.stat().st_size >= size)


async def until(ready):
    async with asyncio.timeout(5):
        while not ready():  # noqa: ASYNC110 - the file system sets no event
            await asyncio.sleep(0.01)


async def offset(ask):
    return (await ask("HEAD"))[1][OFFSET_HEADER]


def bytes_of(fetched):
    return Path(fetched.path).read_bytes()


def mode_of(fetched):
    return stat.S_IMODE(Path(fetched.path).stat().st_mode)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("method", ["PUT", "POST"])
async def test_a_content_is_taken_whole_verified_and_ours_alone(ask, consumer, folder, method):
    status, _, body = await ask(method, Repr_Digest=repr_digest(SHA256), Corridor_Rows="7")
    assert (status, body) == (204, "")
    [(transfer, fetched)] = consumer.taken
    assert bytes_of(fetched) == BYTES
    assert (transfer, fetched.size, fetched.sha256, fetched.rows) == (TRANSFER, SIZE, SHA256, 7)
    assert names(folder) == [file_name(TRANSFER)]
    assert mode_of(fetched) == 0o600


async def test_an_empty_content_is_taken(ask, consumer):
    assert (await ask(body=b""))[0] == 204
    assert consumer.taken[0][1].size == 0


async def test_a_content_without_a_digest_is_taken_as_it_is(ask, consumer):
    assert (await ask())[0] == 204
    assert consumer.taken[0][1].sha256 == SHA256


@pytest.mark.parametrize("method", ["HEAD", "PUT", "POST"])
async def test_nobody_brings_or_learns_anything_without_the_token(ask, folder, method):
    status, fields, _ = await ask(method, token="Bearer other")
    assert (status, OFFSET_HEADER in fields) == (401, False)
    assert not folder.exists()


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
async def test_other_methods_are_not_known(ask, method):
    status, fields, _ = await ask(method, b"")
    assert (status, fields["Allow"]) == (405, "HEAD, PUT, POST")


async def test_an_identifier_that_is_none_is_refused(ask):
    assert (await ask(transfer="a%00b"))[0] == 400


async def test_other_bytes_than_stated_are_not_taken(ask, consumer, folder):
    status, _, body = await ask(Repr_Digest=repr_digest("sha-256:" + "0" * 64))
    assert (status, consumer.taken, names(folder)) == (400, [], [])
    assert "do not have the digest" in body
    assert (await ask("HEAD"))[1][OFFSET_HEADER] == "0"


async def test_more_than_the_limit_is_refused_before_it_comes(ask, folder):
    assert (await ask(body=BYTES * 3))[0] == 413
    span = f"bytes {SIZE}-{2 * SIZE - 1}/{9 * SIZE}"
    assert (await ask(Content_Range=span))[0] == 400
    assert not folder.exists()


@pytest.mark.parametrize("span", ["bytes 0-9/10", "bytes */10", "pages 1-2/3", f"bytes 0-{SIZE - 1}/{SIZE + 1}", ""])
async def test_a_range_that_is_not_the_rest_is_refused(ask, folder, span):
    status, _, body = await ask(Content_Range=span)
    assert (status, "Content-Range" in body, folder.exists()) == (400, True, False)


async def test_a_length_has_to_be_stated(base):
    async def pieces():
        yield b"x"

    async with (
        aiohttp.ClientSession() as session,
        session.put(f"{base}/{TRANSFER}", data=pieces(), headers={"Authorization": TOKEN}) as answer,
    ):
        assert (answer.status, "length" in await answer.text()) == (400, True)


async def test_what_came_over_a_broken_connection_is_kept_and_completed(ask, begin, consumer, folder):
    await begin(BYTES[: MIB + 5])
    await written(folder, MIB + 5)
    assert await offset(ask) == str(MIB + 5)
    assert names(folder) == [file_name(TRANSFER) + ".part"]
    status, _, _ = await ask(body=BYTES[MIB + 5 :], Content_Range=f"bytes {MIB + 5}-{SIZE - 1}/{SIZE}")
    assert (status, consumer.taken[0][1].sha256) == (204, SHA256)


async def test_what_does_not_go_on_where_it_ended_is_refused_with_the_place(ask, begin, consumer, folder):
    await begin(BYTES[:1000])
    await written(folder, 1000)
    for start, fields in ((999, {}), (1001, {}), (1000, {"Corridor_Rows": "3"})):
        span = f"bytes {start}-{SIZE - 1}/{SIZE}"
        status, answered, _ = await ask(body=BYTES[start:], Content_Range=span, **fields)
        assert (status, answered[OFFSET_HEADER]) == (409, "1000")
    assert (await ask())[0] == 204
    assert consumer.taken[0][1].sha256 == SHA256


async def test_a_newer_request_takes_over_from_one_that_hangs(ask, begin, consumer, folder):
    """The sender knows that its connection broke before we do."""
    reader, writer = await begin(BYTES[: MIB + 7], leave=False)
    await written(folder, MIB)
    assert MIB <= int(await offset(ask)) <= MIB + 7
    assert b"409" in await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert (await ask())[0] == 204
    assert consumer.taken[0][1].sha256 == SHA256


async def test_a_sender_that_stalls_is_given_up_and_can_go_on(ask, begin):
    reader, writer = await begin(BYTES[:2000], leave=False)
    assert b"408" in await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert await offset(ask) == "2000"


async def test_what_is_no_longer_wanted_is_refused_in_the_middle(ask, begin, consumer):
    reader, writer = await begin(BYTES[:1000], leave=False)
    consumer.reason = "the transfer is SUSPENDED"
    writer.write(BYTES[1000:2000])
    assert b"409" in await reader.readline()
    assert b"the transfer is SUSPENDED" in await reader.read(-1)
    writer.close()
    await writer.wait_closed()
    consumer.reason = None
    assert await offset(ask) == "1000"


async def test_a_token_counts_for_one_content(ask, consumer):
    at = parse_instant("2026-11-22T10:00:00Z", "$")
    consumer.already = Received("/x", SIZE, SHA256, "blake3:0", at)
    status, fields, _ = await ask("HEAD")
    assert (status, fields[OFFSET_HEADER], fields["Repr-Digest"]) == (200, str(SIZE), repr_digest(SHA256))
    status, fields, body = await ask()
    assert (status, fields[OFFSET_HEADER], "taken already" in body) == (409, str(SIZE), True)


@pytest.mark.parametrize("method", ["HEAD", "PUT"])
@pytest.mark.parametrize(("code", "status"), [(PAUSED, 503), ("transfer", 403)])
async def test_what_is_suspended_is_not_wanted_now_and_what_has_ended_never(ask, consumer, method, code, status):
    consumer.refusal = ForbiddenError("the transfer does not run", code=code)
    answered, fields, _ = await ask(method)
    assert (answered, fields.get("Retry-After")) == (status, "1" if code == PAUSED else None)


async def test_a_request_that_comes_while_all_is_being_kept_waits_and_is_told(ask, consumer):
    consumer.keeping = asyncio.Event()
    first = asyncio.create_task(ask())
    await consumer.began.wait()
    late = [asyncio.create_task(ask()), asyncio.create_task(ask("HEAD"))]
    await asyncio.sleep(0.05)
    consumer.keeping.set()
    assert (await first)[0] == 204
    statuses = [(await one)[0] for one in late]
    assert statuses == [409, 200]
    assert len(consumer.taken) == 1


async def test_of_several_that_come_at_once_one_brings_the_content(ask, begin, consumer, folder):
    _, writer = await begin(BYTES[:MIB], leave=False)
    statuses = sorted([answered[0] for answered in await asyncio.gather(*[ask() for _ in range(4)])])
    writer.close()
    await writer.wait_closed()
    assert statuses[0] == 204
    assert set(statuses) <= {204, 409}
    assert {fetched.sha256 for _, fetched in consumer.taken} == {SHA256}


async def test_what_the_node_cannot_keep_is_no_success(ask, consumer):
    consumer.fault = StorageError("the database is locked")
    assert (await ask())[0] == 503
    consumer.fault = None
    assert (await ask())[0] == 204


async def test_what_nobody_completes_is_forgotten_after_a_while(consumer, folder, serve):
    service = IntakeService(consumer.open, consumer.keep, consumer.on_error)
    base = await serve(Ingest(folder, service, max_size=SIZE, stall_seconds=0.05, keep_seconds=0.05))
    host, port = base.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"PUT /t HTTP/1.1\r\nHost: x\r\nAuthorization: {TOKEN}\r\nContent-Length: 9\r\n\r\nabc".encode())
    await until(folder.exists)
    await until(lambda: not names(folder))
    writer.close()
    await writer.wait_closed()


async def test_other_kinds_of_connection_are_left_unanswered(consumer, folder):
    service = IntakeService(consumer.open, consumer.keep, consumer.on_error)
    await Ingest(folder, service, max_size=1)({"type": "websocket"}, None, None)
