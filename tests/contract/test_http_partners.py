"""Two participants over real HTTP on loopback: who they are, what they say, and how attacks end."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import json
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import pytest
import pytest_asyncio
import uvicorn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corridor.base.errors import MalformedError, NotFoundError, UnreachableError
from corridor.dsp.binding import ROUTES
from corridor.dsp.codec import codec_for
from corridor.dsp.codec.versions import ProtocolVersion, encode_versions
from corridor.dsp.messages import ContractRequest, NegotiationAck, Offer
from corridor.http.client import HttpClient, HttpReader, HttpSender, ReplyLimits
from corridor.http.connection import GuardedProtocol
from corridor.http.limits import RequestLimits
from corridor.http.outbound import Destinations
from corridor.http.server import ProtocolApp, ProtocolService, protocol_listener
from corridor.store.memory import MemoryStore
from corridor.trust.did import did_of
from corridor.trust.did_document import own_document
from corridor.trust.did_web import WebDirectory
from corridor.trust.keys import FileSigner, create_key_file
from corridor.trust.participants import FileParticipants
from corridor.trust.tokens import Authenticator, TokenIssuer

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOCAL = frozenset({"localhost"})
CODEC = codec_for("2025-1")
OFFER = Offer("urn:offer:1", {"permission": [{"action": "use"}]}, "urn:dataset:1")
REQUEST = CODEC.encode(ContractRequest("urn:uuid:m", "urn:uuid:c", None, OFFER, "http://localhost:1/dsp"))
REQUEST_PATH = "/dsp/2025-1/negotiations/request"


class SystemClock:
    def now(self):
        return datetime.now(UTC)


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):
        yield


class Guarded(GuardedProtocol):
    head_seconds = 0.2


@contextlib.asynccontextmanager
async def listening(app, listener):
    config = uvicorn.Config(app, http=Guarded, loop="none", lifespan="off", access_log=False, log_config=None)
    server = Server(config)
    task = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.001)
    try:
        yield
    finally:
        server.force_exit = server.should_exit = True
        await task


def bound():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener, f"http://localhost:{listener.getsockname()[1]}"


@dataclass
class Node:
    """One participant: what it publishes, and what it speaks with."""

    did: str
    url: str
    signer: FileSigner
    directory: WebDirectory
    issuer: TokenIssuer
    sender: HttpSender
    heard: list


@contextlib.asynccontextmanager
async def running(folder, listener, url, others, ids):
    """A node that knows `others`, answers contract requests, and has no data."""
    folder.mkdir()
    did = did_of(url)
    create_key_file(folder / "key.pem")
    signer = FileSigner(folder / "key.pem", f"{did}#key-1")
    entries = [{"id": str(other), "name": "Other", "country": "DE"} for other in others]
    (folder / "participants.yaml").write_text(json.dumps({"participants": entries}))
    document = dict(own_document(did, signer.public_jwk, url, "/dsp/2025-1"))
    heard = []

    async def receive(partner, message, pid):
        heard.append((partner.id, message))
        return NegotiationAck("urn:uuid:p", message.consumer_pid, "REQUESTED")

    async def nothing(partner, *_):
        raise NotFoundError("there is no such thing")

    names = ProtocolService.__dataclass_fields__
    service = ProtocolService(**dict.fromkeys(names, nothing) | {"receive_negotiation": receive})
    async with HttpClient(Destinations(LOCAL), ReplyLimits(seconds=2, public_seconds=1)) as client:
        directory = WebDirectory(HttpReader(client), LOCAL, refresh_after=0)
        door = Authenticator(
            did, FileParticipants(folder / "participants.yaml"), directory, MemoryStore(), SystemClock()
        )
        issuer = TokenIssuer(did, signer, SystemClock(), ids)
        public = {
            "/.well-known/did.json": document,
            "/.well-known/dspace-version": encode_versions([ProtocolVersion("2025-1", "/dsp/2025-1")]),
            "/health": {"status": "ok"},
        }
        app = ProtocolApp(service, door.authenticate, CODEC, public)
        limits = RequestLimits(body_bytes=100_000, body_seconds=0.3, linger_seconds=0.2)
        async with listening(protocol_listener(app, app, limits=limits), listener):
            sender = HttpSender(client, issuer.issue)
            yield Node(did, url, signer, directory, issuer, sender, heard)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory):
    """Provider and consumer, known to each other."""
    tmp_path = tmp_path_factory.mktemp("nodes")
    numbers = count()
    (a, a_url), (b, b_url) = bound(), bound()
    dids = did_of(a_url), did_of(b_url)

    def ids():
        return f"urn:uuid:{next(numbers)}"

    async with (
        running(tmp_path / "a", a, a_url, dids, ids) as provider,
        running(tmp_path / "b", b, b_url, dids, ids) as consumer,
    ):
        yield provider, consumer
    a.close()
    b.close()


@pytest.fixture
def provider(pair):
    """The provider, who has heard nothing yet."""
    pair[0].heard.clear()
    return pair[0]


@pytest.fixture
def consumer(pair):
    return pair[1]


async def exchange(url, data, *, more=()):
    """Send bytes, then `more` as far as they are taken; the status line that comes back, or nothing."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), family=socket.AF_INET)
    try:
        async with asyncio.timeout(5):
            writer.write(data)
            with contextlib.suppress(ConnectionError):
                for part in more:
                    writer.write(part)
                    await writer.drain()
            with contextlib.suppress(ConnectionError):
                return (await reader.readline()).decode()
            return ""
    finally:
        writer.close()


def head(method, path, **fields):
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: a",
        *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def post_request(provider, authorization, document=REQUEST):
    body = json.dumps(document).encode()
    fields = {"Authorization": authorization} if authorization is not None else {}
    return await exchange(provider.url, head("POST", REQUEST_PATH, Content_Length=len(body), **fields) + body)


async def test_a_partner_is_found_by_its_url_and_by_its_did_and_hears_what_is_said(provider, consumer):
    peer = await consumer.directory.peer(provider.url)
    assert peer == await consumer.directory.peer(provider.did)
    assert peer.receipts_url == f"{provider.url}/receipts"
    reply = await consumer.sender.request(peer.id, "POST", f"{peer.dsp_url}/negotiations/request", REQUEST)
    assert (reply.status, reply.document["state"]) == (201, "REQUESTED")
    ((partner, message),) = provider.heard
    assert (partner, message.offer) == (consumer.did, OFFER)


async def test_many_requests_at_a_time_are_all_answered(provider, consumer):
    url = provider.url + REQUEST_PATH
    replies = await asyncio.gather(*(consumer.sender.request(provider.did, "POST", url, REQUEST) for _ in range(50)))
    assert {reply.status for reply in replies} == {201}


async def test_a_refusal_comes_back_as_the_error_of_the_protocol(provider, consumer):
    reply = await consumer.sender.request(provider.did, "GET", f"{provider.url}/dsp/2025-1/transfers/urn:uuid:none")
    assert (reply.status, reply.document["@type"]) == (404, "TransferError")


async def test_a_request_without_identity_is_refused(provider):
    assert " 401 " in await post_request(provider, None)
    assert " 401 " in await post_request(provider, "Basic YTpi")
    assert provider.heard == []


async def test_a_token_for_another_or_of_a_stranger_is_refused(provider, consumer):
    assert " 401 " in await post_request(provider, "Bearer " + consumer.issuer.issue(consumer.did))
    stranger = TokenIssuer("did:web:stranger.example", consumer.signer, SystemClock(), lambda: "j")
    assert " 401 " in await post_request(provider, "Bearer " + stranger.issue(provider.did))


async def test_of_two_uses_of_one_token_at_a_time_one_is_served(provider, consumer):
    token = "Bearer " + consumer.issuer.issue(provider.did)
    lines = await asyncio.gather(*(post_request(provider, token) for _ in range(2)))
    assert sorted(line.split()[1] for line in lines) == ["201", "401"]
    assert " 401 " in await post_request(provider, token)
    assert len(provider.heard) == 1


def forged(consumer, provider, header, **claims):
    """A token signed by the consumer's key with anything in it."""
    now = int(datetime.now(UTC).timestamp())
    base = {"iss": consumer.did, "sub": consumer.did, "aud": provider.did, "iat": now, "exp": now + 60, "jti": "x"}
    parts = [{"alg": "ES256", "kid": consumer.signer.key_id, **header}, {**base, **claims}]
    signed = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts)
    signature = base64.urlsafe_b64encode(consumer.signer.sign(signed.encode())).rstrip(b"=").decode()
    return f"Bearer {signed}.{signature}"


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"alg": "none"}, {}),
        ({"alg": "HS256"}, {}),
        ({"kid": "did:web:other.example#key-1"}, {}),
        ({}, {"iat": 1, "exp": 61}),
        ({}, {"iat": 4_000_000_000, "exp": 4_000_000_060}),
        ({}, {"exp": "4000000000"}),
        ({}, {"sub": "did:web:other.example"}),
        ({}, {"aud": "did:web:other.example"}),
        ({}, {"jti": ""}),
    ],
)
async def test_a_forged_or_stale_token_is_refused(provider, consumer, header, claims):
    assert " 401 " in await post_request(provider, forged(consumer, provider, header, **claims))
    assert provider.heard == []


async def test_a_token_of_a_megabyte_does_not_even_become_a_request(provider):
    assert await post_request(provider, "Bearer " + "a" * 1_000_000) == ""  # cut off while it came in
    assert provider.heard == []


async def test_a_long_token_is_refused(provider):
    assert " 401 " in await post_request(provider, "Bearer " + "a" * 20_000)


@contextlib.asynccontextmanager
async def publishing(answer):
    """A host that answers every request with the same bytes; slowly, if they come as a list."""

    async def talk(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            for part in [answer] if isinstance(answer, bytes) else answer:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.05 if isinstance(answer, list) else 0)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await asyncio.sleep(0.01)


def whole(body, status="200 OK", fields=""):
    return f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    "answer",
    [
        whole(b'{"id": "did:web:other.example"}'),
        whole(b'{"id": "' + b"a" * 10_000_000 + b'"}'),
        whole(b"", "302 Found", "Location: http://169.254.169.254/\r\n"),
        whole(gzip.compress(b"{}", mtime=0), fields="Content-Encoding: gzip\r\n"),
        whole(b"[" * 10_000),
        whole(b"<html>"),
        whole(b"", "404 Not Found"),
        whole(b"", "500 Broken"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{",
    ],
    ids=["other id", "10 MB", "redirect", "gzip", "deep", "html", "404", "500", "broken off"],
)
async def test_a_did_document_that_is_not_one_gives_no_keys(consumer, answer):
    async with publishing(answer) as url:
        with pytest.raises((UnreachableError, MalformedError)):
            await consumer.directory.public_keys(did_of(url), "authentication")


async def test_a_did_document_that_trickles_in_is_given_up(consumer):
    slow = [b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", *([b" "] * 60)]
    async with publishing(slow) as url:
        with pytest.raises(UnreachableError, match="in time"):
            await consumer.directory.public_keys(did_of(url), "authentication")


async def test_a_partner_is_not_led_to_an_address_within(consumer):
    with pytest.raises(UnreachableError, match="must not be called"):
        await consumer.directory.peer("did:web:169.254.169.254")
    with pytest.raises(UnreachableError, match="must not be called"):
        await consumer.sender.request("did:web:x", "POST", "http://127.0.0.1:80/", {})


async def test_a_gigabyte_that_is_announced_is_refused(provider):
    line = await exchange(provider.url, head("POST", REQUEST_PATH, Content_Length=2**30))
    assert " 413 " in line


async def test_a_gigabyte_that_streams_in_is_refused_or_cut_off(provider, consumer):
    token = "Bearer " + consumer.issuer.issue(provider.did)
    start = head("POST", REQUEST_PATH, Authorization=token, Transfer_Encoding="chunked")
    taken = count()
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    line = await exchange(provider.url, start, more=(chunk for _ in range(16_384) if next(taken) >= 0))
    assert next(taken) < 1000
    assert line == "" or " 413 " in line
    assert provider.heard == []


async def test_a_small_body_that_would_grow_is_refused(provider, consumer):
    body = gzip.compress(b" " * 10_000_000)
    token = "Bearer " + consumer.issuer.issue(provider.did)
    start = head("POST", REQUEST_PATH, Authorization=token, Content_Encoding="gzip", Content_Length=len(body))
    assert " 415 " in await exchange(provider.url, start + body)


async def test_a_body_that_trickles_in_is_given_up(provider, consumer):
    token = "Bearer " + consumer.issuer.issue(provider.did)
    line = await exchange(provider.url, head("POST", REQUEST_PATH, Authorization=token, Content_Length=1000) + b"{")
    assert " 408 " in line


async def test_a_head_that_never_ends_is_cut_off(provider):
    assert await exchange(provider.url, b"GET /health HTTP/1.1\r\nX-A: ") == ""


@pytest.mark.parametrize("body", [b"[" * 10_000, b'{"a": 1' + b"0" * 400 + b"}", b'{"a": 1e999}', b"\x00", b""])
async def test_a_body_that_is_no_message_is_the_senders_fault(provider, consumer, body):
    token = "Bearer " + consumer.issuer.issue(provider.did)
    line = await exchange(
        provider.url, head("POST", REQUEST_PATH, Authorization=token, Content_Length=len(body)) + body
    )
    assert line.split()[1] in {"400", "413"}


async def test_a_path_with_dots_leads_nowhere(provider, consumer):
    for path in ("/dsp/2025-1/negotiations/..%2f..%2fetc", "/dsp/2025-1/transfers/%2e%2e", "/data/../health"):
        token = "Bearer " + consumer.issuer.issue(provider.did)
        line = await exchange(provider.url, head("GET", path, Authorization=token))
        assert line.split()[1] in {"400", "404"}


JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cases=st.lists(st.tuples(st.sampled_from(ROUTES), st.binary(max_size=30) | JSON), min_size=5, max_size=10))
async def test_whatever_a_partner_sends_the_node_does_not_break(provider, consumer, cases):
    for route, content in cases:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        path = "/dsp/2025-1" + route.path.format(pid="urn:uuid:p", id="urn:uuid:d")
        token = "Bearer " + consumer.issuer.issue(provider.did)
        start = head(route.method, path, Authorization=token, Content_Length=len(body))
        assert (await exchange(provider.url, start + body)).split()[1][0] == "4"
