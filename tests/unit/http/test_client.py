from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import socket
import ssl

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from corridor.base.errors import UnreachableError
from corridor.base.json import JsonLimits
from corridor.http.client import HttpClient, HttpReader, HttpSender, ReplyLimits, next_link
from corridor.http.outbound import Destinations

HERE = Destinations(frozenset({"127.0.0.1", "localhost"}))
LIMITS = ReplyLimits(
    seconds=0.3,
    public_seconds=0.3,
    document=JsonLimits(max_bytes=1000),
    public_document=JsonLimits(max_bytes=500, max_depth=4),
)


def answer(status=200, body=b"", headers=""):
    return f"HTTP/1.1 {status} X\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def hear(reader):
    """One request: its head as text, and its body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    lines = [line.partition(": ") for line in head.split("\r\n")]
    size = next((int(value) for name, _, value in lines if name.lower() == "content-length"), 0)
    return head, await reader.readexactly(size)


class Peer:
    """A partner's server that gives prepared answers, one a request; None closes the connection instead."""

    def __init__(self, *answers) -> None:
        self.answers = itertools.chain(answers, itertools.repeat(answers[-1]))
        self.heard = []
        self.connections = 0

    async def talk(self, reader, writer):
        self.connections += 1
        while True:
            self.heard.append(await hear(reader))
            given = next(self.answers)
            if given is None:
                return
            writer.write(given)
            await writer.drain()


@pytest.fixture
async def client():
    async with HttpClient(HERE, LIMITS) as client:
        yield client


@pytest.fixture
def sender(client):
    numbers = itertools.count()
    return HttpSender(client, lambda audience: f"{audience}-{next(numbers)}")


async def test_a_request_carries_a_document_and_a_token_for_its_audience(sender, talking):
    peer = Peer(answer(201, b'{"a": 1}', "Content-Type: application/json\r\n"))
    async with talking(peer.talk) as port:
        reply = await sender.request("did:web:p", "POST", f"http://127.0.0.1:{port}/a%2Fb?c", {"é": [1]})
    assert (reply.status, reply.document) == (201, {"a": 1})
    ((head, body),) = peer.heard
    assert head.startswith("POST /a%2Fb?c HTTP/1.1\r\n")
    assert "Authorization: Bearer did:web:p-0\r\n" in head
    assert "Content-Type: application/json\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head
    assert json.loads(body) == {"é": [1]}


async def test_each_request_has_a_token_of_its_own_over_one_connection(sender, talking):
    peer = Peer(answer(200, b"{}"))
    async with talking(peer.talk) as port:
        for _ in range(3):
            await sender.request("p", "GET", f"http://localhost:{port}/")
    assert [f"Bearer p-{number}\r\n" in head for number, (head, _) in enumerate(peer.heard)] == [True] * 3
    assert peer.connections == 1


@pytest.mark.parametrize(
    "given", [answer(200), answer(204), b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"]
)
async def test_an_empty_answer_without_content_type_is_an_answer(sender, talking, given):
    async with talking(Peer(given).talk) as port:
        reply = await sender.request("p", "POST", f"http://127.0.0.1:{port}/", {})
    assert reply.document is None


async def test_a_document_without_content_type_is_read(sender, talking):
    async with talking(Peer(answer(200, b'{"a": 1}')).talk) as port:
        assert (await sender.request("p", "GET", f"http://127.0.0.1:{port}/")).document == {"a": 1}


@pytest.mark.parametrize(
    ("body", "document"),
    [(b'{"code": "c"}', {"code": "c"}), (b"No handler registered", None), (b"[1]", None), (b"", None)],
)
async def test_a_refusal_is_an_answer_whatever_it_says(sender, talking, body, document):
    async with talking(Peer(answer(404, body)).talk) as port:
        reply = await sender.request("p", "POST", f"http://127.0.0.1:{port}/", {})
    assert (reply.status, reply.document) == (404, document)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (answer(200, b"<html>"), "no usable JSON"),
        (answer(200, b"[]"), "no object"),
        (answer(200, b'{"a": NaN}'), "no usable JSON"),
        (answer(200, b"[" * 900), "no usable JSON"),
        (b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n{}", "answers 101, which is no answer"),
        (answer(500, b"{}"), "answers 500"),
        (answer(503), "answers 503"),
        (answer(301, b"", "Location: http://127.0.0.1:1/\r\n"), "redirects are not followed"),
        (answer(307, b"", "Location: /other\r\n"), "redirects are not followed"),
        (answer(200, b"a" * 1001), "more than 1000 bytes"),
        (answer(404, b"a" * 1001), "more than 1000 bytes"),
        (answer(200, gzip.compress(b"{}", mtime=0), "Content-Encoding: gzip\r\n"), "coding"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab", "in time"),
        (b"nonsense\r\n\r\n", "cannot be reached"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000, "cannot be reached"),
        (b"HTTP/1.1 200 OK\r\n", "in time"),
        (None, "cannot be reached"),
    ],
)
async def test_an_answer_that_no_protocol_allows_is_unreachable(sender, talking, given, why):
    async with talking(Peer(given).talk) as port:
        with pytest.raises(UnreachableError, match=why):
            await sender.request("p", "POST", f"http://127.0.0.1:{port}/", {})


async def test_the_status_of_a_failure_is_told(sender, talking):
    async with talking(Peer(answer(503)).talk) as port:
        with pytest.raises(UnreachableError) as failure:
            await sender.request("p", "GET", f"http://127.0.0.1:{port}/")
    assert failure.value.status == 503


async def test_an_endless_answer_is_given_up(sender, talking):
    async def endless(reader, writer):
        await hear(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"64\r\n" + b"a" * 100 + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0)

    async with talking(endless) as port:
        with pytest.raises(UnreachableError, match="more than 1000 bytes"):
            await sender.request("p", "GET", f"http://127.0.0.1:{port}/")


async def test_a_slow_answer_is_given_up(sender, talking):
    async def slow(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with talking(slow) as port:
        with pytest.raises(UnreachableError, match="in time"):
            await sender.request("p", "GET", f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_kept_connection_that_was_closed_meanwhile_costs_one_more_attempt_with_a_new_token(
    sender, talking, method
):
    """Also where HTTP lets a client repeat a request by itself: the token in it may have been used."""
    peer = Peer(answer(200, b"{}"), None, answer(200, b'{"a": 1}'))
    async with talking(peer.talk) as port:
        await sender.request("p", method, f"http://127.0.0.1:{port}/")
        reply = await sender.request("p", method, f"http://127.0.0.1:{port}/")
    assert reply.document == {"a": 1}
    assert [head.split("Bearer p-")[1][0] for head, _ in peer.heard] == ["0", "1", "2"]


async def test_a_new_connection_that_breaks_is_not_tried_again(sender, talking):
    peer = Peer(None)
    async with talking(peer.talk) as port:
        with pytest.raises(UnreachableError):
            await sender.request("p", "POST", f"http://127.0.0.1:{port}/", {})
    assert len(peer.heard) == 1


async def test_only_one_more_attempt_is_made(client, sender, talking):
    """Two kept connections, both closed by the peer when they are used again."""
    both = asyncio.Event()
    heard = []

    async def talk(reader, writer):
        heard.append(await hear(reader))
        if len(heard) == 2:
            both.set()
        await both.wait()
        writer.write(answer(200, b"{}"))
        heard.append(await hear(reader))

    async with talking(talk) as port:
        url = f"http://127.0.0.1:{port}/"
        await asyncio.gather(*(sender.request("p", "POST", url, {}) for _ in range(2)))
        with pytest.raises(UnreachableError, match="cannot be reached"):
            await sender.request("p", "POST", url, {})
    assert len(heard) == 4


async def test_nobody_there_is_unreachable(sender, unused_tcp_port):
    with pytest.raises(UnreachableError, match="cannot be reached") as failure:
        await sender.request("p", "POST", f"http://127.0.0.1:{unused_tcp_port}/", {})
    assert failure.value.remedy


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "ftp://127.0.0.1/", "https://169.254.169.254/", "", "http://127.0.0.1:0"]
)
async def test_an_address_that_must_not_be_called_is_not_called(sender, url):
    with pytest.raises(UnreachableError, match="must not be called"):
        await sender.request("p", "POST", url, {})


async def test_a_name_that_leads_home_is_not_called(talking):
    peer = Peer(answer(200, b"{}"))
    async with talking(peer.talk) as port, HttpClient(Destinations(), LIMITS) as client:
        with pytest.raises(UnreachableError, match="no public address"):
            await HttpReader(client).read(f"https://localhost:{port}/")
    assert peer.connections == 0


async def test_a_certificate_that_nobody_vouches_for_is_refused(talking):
    async with (
        talking(Peer(answer(200, b"{}")).talk) as port,
        HttpClient(HERE, LIMITS, tls=ssl.create_default_context()) as client,
    ):
        with pytest.raises(UnreachableError):
            await HttpReader(client).read(f"https://localhost:{port}/")


async def test_a_public_document_is_read_without_a_token(client, talking):
    peer = Peer(answer(200, b'{"id": "did:web:a"}'))
    async with talking(peer.talk) as port:
        assert await HttpReader(client).read(f"http://127.0.0.1:{port}/did.json") == {"id": "did:web:a"}
    assert "Authorization" not in peer.heard[0][0]


@pytest.mark.parametrize(
    "given",
    [
        answer(404, b"{}"),
        answer(201, b"{}"),
        answer(204),
        answer(302, b"", "Location: /\r\n"),
        answer(200, b""),
        answer(200, b'{"a": "' + b"a" * 500 + b'"}'),
        answer(200, b'{"a": {"a": {"a": {"a": {}}}}}'),
        answer(200, b'{"a": 1' + b"0" * 400 + b"}"),
    ],
)
async def test_anything_but_a_small_document_is_unreachable(client, talking, given):
    async with talking(Peer(given).talk) as port:
        with pytest.raises(UnreachableError):
            await HttpReader(client).read(f"http://127.0.0.1:{port}/")


async def test_a_client_opens_when_it_is_first_used_and_can_be_closed_twice(talking):
    client = HttpClient(HERE)
    async with talking(Peer(answer(200, b"{}")).talk) as port:
        assert await HttpReader(client).read(f"http://127.0.0.1:{port}/") == {}
    await client.close()
    await client.close()


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ('</catalog?page=2>; rel="next"', "https://p.example/catalog?page=2"),
        ('<?page=2>;rel=next, <?page=0>; rel="previous"', "https://p.example/dsp/catalog?page=2"),
        ('</c?page=0>; rel="previous", </c?page=2>; rel="next"', "https://p.example/c?page=2"),
        ('<https://p.example/x>; rel="next"', "https://p.example/x"),
        ('<https://evil.example/x>; rel="next"', None),
        ('<http://p.example/x>; rel="next"', None),
        ('<?page=0>; rel="previous"', None),
        ("", None),
    ],
)
def test_a_next_page_is_followed_on_the_same_server_only(field, expected):
    assert next_link(field, "https://p.example/dsp/catalog") == expected


class Names(AbstractResolver):
    """Resolves every name to this machine, and remembers what became of it."""

    def __init__(self):
        self.asked, self.closed = [], False

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked.append(host)
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0)]

    async def close(self):
        self.closed = True


async def test_names_can_be_resolved_by_ones_own_which_is_closed_with_the_client(talking):
    names, destinations = Names(), Destinations(frozenset({"hook.internal"}))
    async with talking(Peer(answer()).talk) as port, HttpClient(destinations, LIMITS, resolver=lambda: names) as client:
        found = await client.request("GET", f"http://hook.internal:{port}/", dict, max_bytes=10, seconds=5)
        assert (found.status, names.asked, names.closed) == (200, ["hook.internal"], False)
    assert names.closed
