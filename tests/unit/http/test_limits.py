from __future__ import annotations

import asyncio
import itertools

import pytest

from corridor.base.errors import ForbiddenError
from corridor.http.limits import ABORT, Gate, RequestLimits, read_body, send_answer
from corridor.http.problem import Answer

LIMITS = RequestLimits(body_bytes=1000, body_seconds=0.05, linger_seconds=0.05)


async def echo(scope, receive, send):
    """Answers with the body that it read."""
    await send_answer(send, Answer(200, {"content-type": "text/plain"}, await read_body(receive)))


async def deaf(scope, receive, send):
    """Answers without reading."""
    await send_answer(send, Answer(200, {}, b"done"))


@pytest.fixture
def gate():
    return Gate(echo, LIMITS)


async def test_a_request_within_the_limits_passes(gate, ask):
    heard = await ask(gate, "POST", body=b"a" * 1000)
    assert (heard.status, heard.body) == (200, b"a" * 1000)
    assert "connection" not in heard.headers


async def test_every_answer_keeps_out_of_caches_and_sniffers(gate, ask):
    headers = (await ask(gate)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["content-security-policy"].startswith("default-src 'none'")


async def test_an_application_may_say_otherwise(ask):
    async def cached(scope, receive, send):
        await send_answer(send, Answer(200, {"cache-control": "max-age=5"}, b""))

    assert (await ask(Gate(cached, LIMITS))).headers["cache-control"] == "max-age=5"


async def test_a_gigabyte_that_is_announced_is_refused_before_it_comes(gate, ask):
    taken = itertools.count()
    heard = await ask(
        gate,
        "POST",
        headers={"Content-Length": str(2**30)},
        chunks=(b"a" * 100 for _ in range(10_000) if next(taken) < 99),
    )
    assert heard.status == 413
    assert heard.headers["connection"] == "close"
    assert next(taken) < 20  # what is read on is bounded, too


async def test_a_gigabyte_that_is_not_announced_is_refused_when_it_goes_over(gate, ask):
    taken = itertools.count()
    heard = await ask(gate, "POST", chunks=(b"a" * 400 for _ in iter(lambda: next(taken), -1)))
    assert heard.status == 413
    assert next(taken) < 10


async def test_a_sender_who_waits_to_be_asked_is_not_asked(gate, ask):
    taken = itertools.count()
    heard = await ask(
        gate,
        "POST",
        headers={"Content-Length": str(2**30), "Expect": "100-continue"},
        chunks=(b"" for _ in iter(lambda: next(taken), -1)),
    )
    assert (heard.status, heard.headers["connection"], next(taken)) == (413, "close", 0)


@pytest.mark.parametrize("length", ["9" * 5000, "00001001", "1001"])
async def test_a_length_over_the_limit_is_refused_however_it_is_written(gate, ask, length):
    assert (await ask(gate, "POST", headers={"Content-Length": length})).status == 413


@pytest.mark.parametrize("length", ["", "-1", "1e3", "٣", "1,1", "0x10"])
async def test_a_length_that_is_no_number_is_malformed(gate, ask, length):
    heard = await ask(gate, "POST", headers={"Content-Length": length.encode().decode("latin-1")})
    assert heard.status == 400


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "GZIP", "identity, gzip", ""])
async def test_a_coded_body_is_refused_unread(gate, ask, coding):
    assert (await ask(gate, "POST", headers={"Content-Encoding": coding})).status == 415


async def test_a_body_in_identity_coding_is_not_coded(gate, ask):
    assert (await ask(gate, "POST", headers={"Content-Encoding": "identity"})).status == 200


async def test_a_slow_body_is_given_up(gate, ask):
    heard = await ask(gate, "POST", chunks=(asyncio.sleep(0.02, b"a") for _ in range(100)))
    assert heard.status == 408
    assert heard.headers["connection"] == "close"


async def test_what_nobody_read_is_read_on_so_that_the_connection_can_stay(ask):
    heard = await ask(Gate(deaf, LIMITS), "POST", chunks=[b"a" * 500, b"b" * 400])
    assert (heard.status, "connection" in heard.headers) == (200, False)


async def test_of_what_does_not_end_the_connection_is_closed(ask):
    heard = await ask(Gate(deaf, LIMITS), "POST", chunks=(asyncio.sleep(0.02, b"a") for _ in range(100)))
    assert (heard.status, heard.headers["connection"]) == (200, "close")


async def test_a_request_that_breaks_off_is_malformed(gate):
    events = iter([{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}])
    sent = []

    async def receive():
        return next(events)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
    await gate(scope, receive, send)
    assert sent[0]["status"] == 400


async def test_after_the_body_the_application_can_wait_for_the_end_of_the_connection(ask):
    async def waits(scope, receive, send):
        await read_body(receive)
        gone = await receive()
        await send_answer(send, Answer(200, {}, gone["type"].encode()))

    assert (await ask(Gate(waits, LIMITS))).body == b"http.disconnect"


@pytest.mark.parametrize(
    ("path", "query", "headers", "status"),
    [
        ("/" + "a" * 8192, b"", {}, 414),
        ("/", b"a" * 8192, {}, 414),
        ("/", b"", {"a": "b" * 40_000}, 431),
        ("/", b"", {f"a{number}": "b" for number in range(65)}, 431),
    ],
)
async def test_a_head_over_the_limits_is_refused(gate, ask, *, path, query, headers, status):
    assert (await ask(gate, path=path, query=query, headers=headers)).status == status


async def test_above_the_number_of_requests_at_a_time_the_node_is_busy_and_recovers(ask):
    released = asyncio.Event()

    async def slow(scope, receive, send):
        await released.wait()
        await deaf(scope, receive, send)

    gate = Gate(slow, RequestLimits(concurrent=2))
    served = [asyncio.create_task(ask(gate)) for _ in range(2)]
    await asyncio.sleep(0)
    busy = await ask(gate)
    assert (busy.status, busy.headers["retry-after"]) == (503, "1")
    released.set()
    assert [heard.status for heard in await asyncio.gather(*served)] == [200, 200]
    assert (await ask(gate)).status == 200


async def test_who_is_refused_before_the_body_has_come_takes_no_place_from_others(ask):
    """Not by sending the rest of it slowly: that is read only so that the answer is seen."""

    async def refuses(scope, receive, send):
        raise ForbiddenError("not you")

    async def nothing():
        await asyncio.Event().wait()

    gate = Gate(refuses, RequestLimits(concurrent=2, linger_seconds=30))
    scope = {"type": "http", "query_string": b"", "raw_path": b"/", "headers": [(b"content-length", b"9")]}
    slow = [asyncio.create_task(gate(scope, nothing, None)) for _ in range(5)]
    await asyncio.sleep(0)
    assert (await ask(gate)).status == 403
    for one in slow:
        one.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert [(await ask(gate)).status for _ in range(3)] == [403] * 3


async def test_an_answer_that_is_under_way_keeps_its_place(ask):
    ended = asyncio.Event()

    async def streams(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await ended.wait()
        await send({"type": "http.response.body", "body": b"b"})

    gate = Gate(streams, RequestLimits(concurrent=2))
    served = [asyncio.create_task(ask(gate)) for _ in range(2)]
    await asyncio.sleep(0.01)
    assert (await ask(gate)).status == 503
    ended.set()
    assert [heard.body for heard in await asyncio.gather(*served)] == [b"ab", b"ab"]


async def test_what_the_application_raises_is_rendered(ask):
    async def refuses(scope, receive, send):
        raise ForbiddenError("not you")

    heard = await ask(Gate(refuses, LIMITS))
    assert (heard.status, heard.json["detail"]) == (403, "not you")


async def test_the_rendering_can_be_another(ask):
    async def breaks(scope, receive, send):
        raise ValueError

    def told(scope, error):
        return Answer(418, {}, f"{scope['path']} {type(error).__name__}".encode())

    assert (await ask(Gate(breaks, LIMITS, told), path="/a")).body == b"/a ValueError"


async def test_what_fails_in_the_middle_of_an_answer_breaks_it_off(ask):
    async def breaks(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        await ask(Gate(breaks, LIMITS))


async def test_a_reader_who_stalls_is_given_up():
    async def receive():
        return {"type": "http.request"}

    async def send(message):
        await asyncio.sleep(10)

    aborted = []
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    for extensions in ({}, {"extensions": {ABORT: {"abort": lambda: aborted.append(True)}}}):
        with pytest.raises(TimeoutError):
            await Gate(deaf, RequestLimits(stall_seconds=0.01))({**scope, **extensions}, receive, send)
    assert aborted == [True]


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
async def test_other_scopes_are_not_served(gate, kind):
    await gate({"type": kind}, None, None)
