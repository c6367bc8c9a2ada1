from __future__ import annotations

import asyncio
import contextlib

import pytest
import pytest_asyncio

from corridor.http.connection import GuardedProtocol
from corridor.http.limits import Gate, RequestLimits, read_body, send_answer
from corridor.http.problem import Answer

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Quick(GuardedProtocol):
    """The same bounds, sooner reached."""

    head_seconds = 0.4
    max_head_bytes = 2000


async def echo(scope, receive, send):
    body = await read_body(receive)
    await asyncio.sleep(0.6 if scope["path"] == "/slow" else 0)
    await send_answer(send, Answer(200, {}, scope["path"].encode() + body))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def port(serve):
    """Where a server with close bounds listens."""
    async with serve(Gate(echo, RequestLimits(body_seconds=0.2)), Quick) as port:
        yield port


@pytest_asyncio.fixture(loop_scope="module")
async def dial(port):
    """Opens connections to the server."""
    writers = []

    async def connect():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writers.append(writer)
        return reader, writer

    yield connect
    for writer in writers:
        writer.close()


async def rest(reader):
    """What comes until the server closes, which has to be soon."""
    async with asyncio.timeout(3):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


async def test_requests_on_one_connection_are_answered_in_turn(dial):
    reader, writer = await dial()
    for number in range(3):
        writer.write(f"GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(2) == f"/{number}".encode()


async def test_a_connection_that_says_nothing_is_closed(dial):
    reader, _ = await dial()
    assert await rest(reader) == b""


async def test_a_head_that_trickles_in_is_closed(dial):
    reader, writer = await dial()
    writer.write(b"GET / HTTP/1.1\r\n")
    for _ in range(30):
        await asyncio.sleep(0.02)
        if writer.is_closing() or reader.at_eof():
            break
        writer.write(b"X-A: b\r\n")
    assert await rest(reader) == b""


async def test_empty_lines_do_not_keep_a_connection(dial):
    reader, writer = await dial()
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await reader.readuntil(b"\r\n\r\n/")
    writer.write(b"\r\n")
    assert await rest(reader) == b""


async def test_a_head_without_end_is_closed(dial):
    reader, writer = await dial()
    writer.write(b"GET / HTTP/1.1\r\n")
    for _ in range(100):
        writer.write(b"X-A: " + b"b" * 100 + b"\r\n")
        await asyncio.sleep(0)
    assert await rest(reader) == b""


async def test_a_head_in_two_pieces_is_whole(dial):
    reader, writer = await dial()
    writer.write(b"GET /a HTTP/1.1\r\nHo")
    await asyncio.sleep(0.02)
    writer.write(b"st: a\r\n\r\n")
    assert (await reader.readuntil(b"/a")).startswith(b"HTTP/1.1 200")


async def test_a_slow_answer_is_not_a_slow_head(dial):
    reader, writer = await dial()
    writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    await asyncio.sleep(0.02)
    writer.write(b"GET /ne")  # the beginning of the next request, while the first is being answered
    await asyncio.sleep(0.15)
    assert (await reader.readuntil(b"/slow")).startswith(b"HTTP/1.1 200")


async def test_a_slow_body_is_told_so(dial):
    reader, writer = await dial()
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\na")
    assert (await rest(reader)).startswith(b"HTTP/1.1 408")


CHUNKED = b"POST /trailers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


async def test_trailer_fields_are_no_header_fields(serve):
    """RFC 9110 §6.5.1: what comes behind the body must not pass for what was checked before it."""

    async def fields(scope, receive, send):
        body = await read_body(receive)
        names = b",".join(name for name, _ in scope["headers"])
        await send_answer(send, Answer(200, {}, body + names + b"."))

    async with serve(Gate(fields), Quick) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(CHUNKED + b"2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\nX-A: b\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readuntil(b".") == b"{}host,transfer-encoding."
        writer.close()


@pytest.mark.parametrize(
    "piece", [b"X-A: " + b"b" * 100 + b"\r\n", b"x" * 100], ids=["trailer fields", "one trailer field"]
)
async def test_trailers_without_end_are_closed(dial, piece):
    reader, writer = await dial()
    writer.write(CHUNKED + b"0\r\nX-T: ")
    with contextlib.suppress(ConnectionError):
        for _ in range(100):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
    assert await rest(reader) == b""


async def test_a_chunk_extension_without_end_is_closed(dial):
    reader, writer = await dial()
    writer.write(CHUNKED + b"1;x=")
    with contextlib.suppress(ConnectionError):
        for _ in range(100):
            writer.write(b"x" * 100)
            await writer.drain()
            await asyncio.sleep(0)
    assert await rest(reader) == b""


async def test_a_body_of_many_pieces_is_whole(dial):
    reader, writer = await dial()
    writer.write(CHUNKED)
    for _ in range(100):
        writer.write(b"32\r\n" + b"b" * 50 + b"\r\n")
        await asyncio.sleep(0)
    writer.write(b"0\r\n\r\n")
    assert (await reader.readuntil(b"/trailers" + b"b" * 5000)).startswith(b"HTTP/1.1 200")


async def test_requests_that_are_sent_ahead_are_answered_in_turn_and_only_some_are_kept(dial):
    reader, writer = await dial()
    writer.write(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(50)))
    for number in range(50):
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(len(f"/{number}")) == f"/{number}".encode()
    with contextlib.suppress(ConnectionError):
        for _ in range(50):
            writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n" * 10)
            await writer.drain()
    assert (await rest(reader)).count(b"HTTP/1.1 200") <= 1


async def test_who_answers_is_told_of_a_lost_connection_also_behind_a_later_request(serve):
    told = asyncio.Event()

    async def wait(_scope, receive, _send):
        while (await receive())["type"] != "http.disconnect":
            pass
        told.set()

    async with serve(Gate(wait), Quick) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.sleep(0.05)
        writer.close()
        await asyncio.wait_for(told.wait(), 10)


async def test_nonsense_is_refused(dial):
    reader, writer = await dial()
    writer.write(b"\x16\x03\x01\x00\xa5\x01\r\n\r\n")
    assert (await rest(reader)).startswith(b"HTTP/1.1 400")


async def test_a_connection_whose_reader_takes_nothing_is_dropped_with_what_was_not_read(serve):
    """Closing alone would wait for that reader for ever."""
    dropped = asyncio.Event()

    async def pour(_scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": bytes(1_000_000), "more_body": True})
        except TimeoutError:
            assert (await receive())["type"] == "http.disconnect"
            dropped.set()

    async with serve(Gate(pour, RequestLimits(stall_seconds=0.05)), Quick) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(dropped.wait(), 10)
        writer.close()
