from __future__ import annotations

import asyncio
import base64
import hashlib
import os
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from corridor.dataplane.server import CHUNK, ROWS_HEADER, etag_of

BYTES = bytes(range(256)) * 16 * 1024  # 4 MiB
MB = 1024 * 1024


@pytest.fixture
def published(node, tmp_path):
    """A file of 4 MiB with 1000 data rows, published."""
    path = tmp_path / "alerts.csv"
    path.write_bytes(BYTES)
    node.publish(path, rows=1000)
    return path


@pytest.fixture
async def ask(node, published, serve):
    """Sends one request to a data plane and reads the answer to its end."""
    base = await serve(node.plane())

    async def request(method="GET", path=f"/{node.transfer}", **headers):
        fields = {"Authorization": node.token} | {name.replace("_", "-"): value for name, value in headers.items()}
        async with aiohttp.ClientSession() as session, session.request(method, base + path, headers=fields) as answer:
            return answer.status, answer.headers, await answer.read()

    return request


async def connect(base, node, path=None):
    """A raw connection that has asked for the content and has read nothing yet."""
    host, port = base.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=65536)
    request = f"GET {path or '/' + node.transfer} HTTP/1.1\r\nHost: x\r\nAuthorization: {node.token}\r\n\r\n"
    writer.write(request.encode())
    return reader, writer


async def read_body(reader):
    """What comes after the header section until the connection closes."""
    await reader.readuntil(b"\r\n\r\n")
    return await reader.read(-1)


async def test_the_bytes_that_arrive_are_the_bytes_that_were_published(ask, node):
    status, headers, body = await ask()
    assert (status, body) == (200, BYTES)
    assert headers["Content-Length"] == str(len(BYTES))
    assert headers["Content-Type"] == "text/csv"
    assert headers["Accept-Ranges"] == "bytes"
    assert headers[ROWS_HEADER] == "1000"
    assert headers["ETag"] == etag_of(node.content)
    digest = base64.b64encode(hashlib.sha256(BYTES).digest()).decode()
    assert headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert node.metered == [(len(BYTES), 1000, True)]
    assert node.asked == [(node.token, node.transfer)]


async def test_head_states_what_get_would_bring_and_meters_nothing(ask, node):
    status, headers, body = await ask("HEAD", Range="bytes=0-9")
    assert (status, body) == (200, b"")
    assert headers["Content-Length"] == str(len(BYTES))
    assert node.metered == []


async def test_an_empty_content_is_metered_as_a_whole_one(ask, node, published):
    published.write_bytes(b"")
    node.publish(published, rows=0)
    status, headers, body = await ask()
    assert (status, headers["Content-Length"], body) == (200, "0", b"")
    assert node.metered == [(0, 0, True)]


async def test_a_content_that_is_no_table_states_no_rows(ask, node, published):
    node.publish(published)
    _, headers, _ = await ask()
    assert ROWS_HEADER not in headers
    assert node.metered == [(len(BYTES), 0, True)]


@pytest.mark.parametrize(
    ("field", "start", "stop"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=100-", 100, len(BYTES)),
        ("bytes=-7", len(BYTES) - 7, len(BYTES)),
        (f"bytes={CHUNK - 3}-{CHUNK + 3}", CHUNK - 3, CHUNK + 4),
        (f"bytes=5-{10**17}", 5, len(BYTES)),
    ],
)
async def test_a_range_brings_these_bytes_and_no_others(ask, node, field, start, stop):
    status, headers, body = await ask(Range=field)
    assert (status, body) == (206, BYTES[start:stop])
    assert headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(BYTES)}"
    assert headers["Content-Length"] == str(stop - start)
    [(size, _, whole)] = node.metered
    assert (size, whole) == (stop - start, False)


async def test_parts_are_metered_with_the_rows_of_the_whole(ask, node):
    for field in ("bytes=0-999999", "bytes=1000000-3000000", "bytes=3000001-"):
        await ask(Range=field)
    assert sum(rows for _, rows, _ in node.metered) == 1000
    assert not any(whole for _, _, whole in node.metered)


async def test_a_range_behind_the_end_is_answered_with_the_length(ask, node):
    status, headers, body = await ask(Range=f"bytes={len(BYTES)}-")
    assert (status, headers["Content-Range"], body) == (416, f"bytes */{len(BYTES)}", b"")
    assert node.metered == []


async def test_a_range_of_this_content_is_served_and_of_another_one_is_not(ask, node):
    assert (await ask(Range="bytes=0-9", If_Range=etag_of(node.content)))[0] == 206
    assert (await ask(Range="bytes=0-9", If_Range='"another"'))[0] == 200
    assert (await ask(Range="bytes=0-9", If_Range="Sun, 22 Nov 2026 10:00:00 GMT"))[0] == 200


@pytest.mark.parametrize(
    "field", ["bytes=9-1", "lines=0-9", "bytes=0-1,5-9", "bytes=a-b", "bytes=-", "0-9", "bytes=٣-"]
)
async def test_a_range_that_makes_no_sense_is_ignored(ask, field):
    assert (await ask(Range=field))[0] == 200


@pytest.mark.parametrize("token", ["Bearer bad", "", "good-token", "Bearer good-token\u00e9"])
async def test_a_wrong_token_gets_the_nodes_error_answer_and_no_byte(ask, node, token):
    status, headers, body = await ask(Authorization=token)
    assert (status, body) == (401, b'{"detail": "the token is not known"}')
    assert headers["Content-Type"] == "application/problem+json"
    assert node.metered == []


async def test_a_request_without_a_token_reaches_the_node_as_such(serve, node, published):
    base = await serve(node.plane())
    async with aiohttp.ClientSession() as session, session.get(f"{base}/{node.transfer}") as answer:
        assert answer.status == 401
    assert node.asked == [(None, node.transfer)]


@pytest.mark.parametrize(
    "path", ["/", "/../../etc/passwd", "/..%2f..%2fx", "/%2e%2e/x", "/a%00b", "/a%0d%0ab", "/%5c", "/" + "x" * 600]
)
async def test_a_hostile_path_is_malformed_before_the_node_hears_of_it(serve, node, published, path):
    reader, writer = await connect(await serve(node.plane()), node, path)
    assert (await reader.readline()).startswith(b"HTTP/1.1 400")
    assert node.asked == []
    writer.close()


async def test_a_transfer_that_does_not_exist_is_not_found(ask):
    assert (await ask(path="/urn:uuid:other"))[0] == 404
    assert (await ask(path="/%ff%fe"))[0] == 404
    assert (await ask(path="//etc/passwd"))[0] == 404


async def test_other_methods_are_named_in_vain(ask, node):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        status, headers, _ = await ask(method)
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
    assert node.asked == []


async def test_a_transfer_that_is_no_longer_allowed_is_refused_with_its_reason(ask, node):
    node.refusal = "the agreement was terminated"
    status, _, body = await ask()
    assert (status, body) == (403, b'{"detail": "the agreement was terminated"}')


async def test_a_grant_ends_at_its_instant(ask, node):
    node.until = node.now + timedelta(seconds=1)
    assert (await ask())[0] == 200
    node.now = node.until
    assert (await ask())[0] == 403


async def test_a_file_that_was_changed_or_removed_is_not_served(ask, node, published):
    os.utime(published, ns=(0, 1))
    assert (await ask())[0] == 500
    published.unlink()
    assert (await ask())[0] == 500
    assert node.metered == []


async def test_a_revocation_in_mid_stream_cuts_the_answer_off_within_a_chunk(serve, node, published):
    def revoke(count):
        node.refusal = "revoked" if count > 2 else None  # the 1st check is before the answer, the 2nd before chunk 1

    node.on_check = revoke
    reader, writer = await connect(await serve(node.plane()), node)
    body = await read_body(reader)
    assert body == BYTES[:CHUNK]
    assert node.metered == [(CHUNK, 250, False)]
    writer.close()


async def test_a_file_that_changes_in_mid_stream_cuts_the_answer_off(serve, node, published):
    def change(count):
        if count == 3:
            published.write_bytes(BYTES[::-1])

    node.on_check = change
    reader, writer = await connect(await serve(node.plane()), node)
    assert BYTES.startswith(await read_body(reader))
    assert [whole for _, _, whole in node.metered] == [False]
    writer.close()


async def test_a_file_that_shrinks_in_mid_stream_is_never_filled_up(serve, node, published):
    node.on_check = lambda count: os.truncate(published, 10) if count == 2 else None
    reader, writer = await connect(await serve(node.plane()), node)
    assert len(await read_body(reader)) <= CHUNK
    writer.close()


async def test_no_whole_copy_leaves_when_the_meter_fails(serve, node, published):
    def fail():
        raise OSError("the disk is full")

    node.on_record = fail
    reader, writer = await connect(await serve(node.plane()), node)
    body = await read_body(reader)
    assert len(body) == len(BYTES) - CHUNK
    writer.close()


async def test_the_meter_is_written_before_the_last_byte_leaves(serve, node, published):
    written = asyncio.Event()
    inner = node.record

    async def slow_record(*answer):
        await written.wait()
        await inner(*answer)

    node.record = slow_record
    reader, writer = await connect(await serve(node.plane()), node)
    await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(len(BYTES) - CHUNK)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.1)
    written.set()
    assert len(await reader.readexactly(CHUNK)) == CHUNK
    assert node.metered == [(len(BYTES), 1000, True)]
    writer.close()


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def big(node, tmp_path):
    """A file of 256 MiB without contents on the disk."""
    path = tmp_path / "big.bin"
    with path.open("wb") as file:
        file.truncate(256 * MB)
    node.publish(path, hashed=False)
    return path


async def test_a_slow_reader_costs_no_memory_and_holds_nobody_up(serve, node, big):
    base = await serve(node.plane())
    before = resident()
    reader, writer = await connect(base, node)
    await reader.readuntil(b"\r\n\r\n")
    await asyncio.sleep(0.3)
    for _ in range(20):
        await reader.readexactly(65536)
        await asyncio.sleep(0.005)
    assert resident() - before < 32 * MB
    assert node.checks < 20  # a few MiB in buffers, not the file
    other, other_writer = await connect(base, node)
    assert (await other.readline()).startswith(b"HTTP/1.1 200")
    writer.close()
    other_writer.close()
    await node.recorded()
    await node.recorded()


async def test_a_client_that_leaves_stops_the_reading_at_once(serve, node, big):
    reader, writer = await connect(await serve(node.plane()), node)
    await reader.readexactly(3 * MB)
    writer.transport.abort()
    await node.recorded()
    checks = node.checks
    await asyncio.sleep(0.1)
    assert node.checks == checks
    [(size, _, whole)] = node.metered
    assert 3 * MB - 4096 <= size < 64 * MB
    assert not whole


async def test_a_client_that_takes_nothing_is_given_up(serve, node, big):
    _, writer = await connect(await serve(node.plane(stall_seconds=0.2)), node)
    await node.recorded()
    [(size, _, whole)] = node.metered
    assert size < 64 * MB
    assert not whole
    writer.transport.abort()


async def test_a_server_that_shuts_down_leaves_no_byte_unmetered(node, published):
    sent = []

    async def send(message):
        sent.append(message)
        if len(sent) == 3:  # the start and two chunks
            task.cancel()

    async def receive():
        await asyncio.Event().wait()

    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/{node.transfer}",
        "headers": [(b"authorization", b"Bearer good-token")],
    }
    task = asyncio.create_task(node.plane()(scope, receive, send))
    with pytest.raises(asyncio.CancelledError):
        await task
    await node.recorded()
    assert node.metered == [(2 * CHUNK, 500, False)]


async def test_it_can_be_mounted_under_a_path(serve, node, published):
    base = await serve(Starlette(routes=[Mount("/data", app=node.plane())]))
    headers = {"Authorization": node.token}
    async with aiohttp.ClientSession() as session, session.get(f"{base}/data/{node.transfer}", headers=headers) as got:
        assert (got.status, await got.read()) == (200, BYTES)


async def test_what_is_no_http_is_left_unanswered(node):
    async def never(*_):
        raise AssertionError("nothing is to be said")

    await node.plane()({"type": "lifespan"}, never, never)


async def test_what_one_that_resumes_holds_and_no_meter_has_is_made_good(ask, node):
    """A provider that was killed could not record what it had sent."""
    status, _, body = await ask(Range=f"bytes={CHUNK}-", Corridor_Held=str(CHUNK))
    assert (status, body) == (206, BYTES[CHUNK:])
    assert node.metered == [(CHUNK, 250, False), (3 * CHUNK, 750, False)]
    await ask(Range=f"bytes={CHUNK}-", Corridor_Held=str(CHUNK))
    assert node.metered[2:] == [(3 * CHUNK, 750, False)]


@pytest.mark.parametrize("held", ["0", "7", "-1", "many", "", str(4 * MB)])
async def test_who_asks_for_another_part_than_what_it_lacks_holds_nothing(ask, node, held):
    await ask(Range=f"bytes={CHUNK}-", Corridor_Held=held)
    assert node.metered == [(3 * CHUNK, 750, False)]
