"""Calls to receivers over real sockets: to those that are well, and to those that are not."""

from __future__ import annotations

import asyncio

import pytest

from corridor.base.errors import MalformedError, UnreachableError
from corridor.http.client import HttpClient, ReplyLimits
from corridor.http.outbound import Destinations
from corridor.http.webhooks import MAX_ANSWER, HttpWebhooks

HERE = Destinations(frozenset({"127.0.0.1"}), "events.http_hosts")
KEY = "the-receivers-own-secret"


class Receiver:
    """Hears one request and gives a prepared answer; with `silent`, none at all."""

    def __init__(self, answer=b"HTTP/1.1 204 X\r\n\r\n", *, silent=False, endless=False):
        self.given, self.silent, self.endless = answer, silent, endless
        self.heard = []

    async def talk(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        sizes = [line.partition(":")[2] for line in head.split("\r\n") if line.lower().startswith("content-length")]
        self.heard.append((head, await reader.readexactly(int(sizes[0]) if sizes else 0)))
        if self.silent:
            await asyncio.Event().wait()
        writer.write(self.given)
        while self.endless:
            writer.write(b"x" * 4096)
            await writer.drain()


@pytest.fixture
async def webhooks():
    async with HttpClient(HERE, ReplyLimits(connections=5, connections_per_host=5)) as client:
        yield HttpWebhooks(client, HERE, 0.2)


@pytest.fixture
def calling(webhooks, talking):
    """Call a receiver: with a body, or to ask it."""

    async def call(receiver, ask=None):
        async with talking(receiver.talk) as port:
            url = f"http://127.0.0.1:{port}/in/{KEY}?key={KEY}"
            if ask is not None:
                return await webhooks.ask(url, ask)
            return await webhooks.post(url, {"content-type": "application/x", "webhook-id": "urn:m"}, b"body")

    return call


async def test_a_request_arrives_as_it_was_made(calling):
    receiver = Receiver()
    await calling(receiver)
    [(head, body)] = receiver.heard
    assert head.startswith(f"POST /in/{KEY}?key={KEY} HTTP/1.1\r\n")
    assert "content-type: application/x\r\n" in head.lower()
    assert "webhook-id: urn:m\r\n" in head
    assert "cookie" not in head.lower()
    assert body == b"body"


@pytest.mark.parametrize("status", [200, 202, 204, 299])
async def test_every_success_will_do(calling, status):
    receiver = Receiver(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
    await calling(receiver)
    assert len(receiver.heard) == 1


@pytest.mark.parametrize("retry_after", ["", "30", "Sun, 06 Nov 1994 08:49:37 GMT"])
@pytest.mark.parametrize("status", [400, 404, 410, 429, 503])
async def test_another_status_fails_with_what_it_says_on_when_to_come_back(calling, status, retry_after):
    field = f"Retry-After: {retry_after}\r\n" if retry_after else ""
    with pytest.raises(UnreachableError) as failed:
        await calling(Receiver(f"HTTP/1.1 {status} X\r\n{field}Content-Length: 2\r\n\r\nok".encode()))
    assert (failed.value.status, failed.value.retry_after) == (status, retry_after)


FAULTS = {
    "a failure": (Receiver(b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n"), "answers 503"),
    "a redirect": (
        Receiver(b"HTTP/1.1 307 X\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"),
        "redirects are not followed",
    ),
    "silence": (Receiver(silent=True), "did not answer in time"),
    "more than it says": (Receiver(b"HTTP/1.1 200 X\r\nContent-Length: 9999\r\n\r\nshort"), "cannot be reached"),
    "an endless answer": (
        Receiver(b"HTTP/1.1 200 X\r\nContent-Length: 99999999\r\n\r\n", endless=True),
        f"more than {MAX_ANSWER} bytes",
    ),
    "no HTTP": (Receiver(b"SMTP ready\r\n\r\n"), "cannot be reached"),
    "nothing": (Receiver(b""), "cannot be reached"),
    "a coded answer": (
        Receiver(b"HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx"),
        "a coding that was not asked for",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_receiver_that_is_not_well_is_named_by_its_host_alone(calling, fault):
    receiver, why = FAULTS[fault]
    with pytest.raises(UnreachableError) as failed:
        await calling(receiver)
    assert why in failed.value.message
    assert "127.0.0.1:" in failed.value.message
    assert KEY not in str(failed.value)


async def test_a_receiver_that_is_not_there_is_named_by_its_host_alone(webhooks):
    with pytest.raises(UnreachableError) as failed:
        await webhooks.post(f"http://127.0.0.1:1/{KEY}", {}, b"")
    assert KEY not in str(failed.value)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hook.example/in", "is not https"),
        ("https://10.0.0.1/in", "is not a public address"),
        ("https://[::1]/in", "is not a public address"),
        ("https://user:word@hook.example/in", "credentials"),
        ("ftp://hook.example/in", "is not an http(s) URL"),
        ("https://hook.example/in#part", "without fragment"),
        ("nonsense", "is not an http(s) URL"),
    ],
)
async def test_an_address_that_must_not_be_called_is_refused(webhooks, url, why):
    with pytest.raises(MalformedError) as refused:
        webhooks.check(url)
    assert why in refused.value.message
    assert refused.value.place == "$.url"
    if "public" in why or "https" in why:
        assert "events.http_hosts" in (refused.value.remedy or "") or "(s)" in why
    with pytest.raises(UnreachableError):
        await webhooks.post(url, {}, b"")


def test_an_address_that_may_be_called_is_not_refused(webhooks):
    webhooks.check("https://hook.example/in?key=theirs")
    webhooks.check("http://127.0.0.1:8080/in")


@pytest.mark.parametrize("allowed", ["*", "node.example", "NODE.example"])
async def test_a_receiver_that_is_asked_can_allow_it(calling, allowed):
    receiver = Receiver(f"HTTP/1.1 200 X\r\nWebHook-Allowed-Origin: {allowed}\r\nContent-Length: 0\r\n\r\n".encode())
    await calling(receiver, ask="node.example")
    assert receiver.heard[0][0].startswith("OPTIONS ")
    assert "WebHook-Request-Origin: node.example\r\n" in receiver.heard[0][0]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 X\r\nWebHook-Allowed-Origin: other.example\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 405 X\r\nWebHook-Allowed-Origin: *\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_a_receiver_that_does_not_allow_it_is_not_subscribed(calling, answer):
    with pytest.raises(UnreachableError, match=r"does not allow `node.example` to send events to it"):
        await calling(Receiver(answer), ask="node.example")
