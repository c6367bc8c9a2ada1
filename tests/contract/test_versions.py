"""Two versions of the wire side by side: 2025-1, and a made-up one that shares nothing with it but what it means."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket

import aiohttp
import msgspec
import pytest
import uvicorn

from corridor.app.initialise import NewNode, initialise
from corridor.app.wire import Shared, open_node
from corridor.base.errors import MalformedError
from corridor.dsp.codec import Codecs, codec_for
from corridor.dsp.messages import ContractRequest, TransferRequest
from corridor.http.connection import GuardedProtocol
from corridor.service import discover, negotiate, publish, transfer
from corridor.store.bodies import from_body, to_body
from corridor.testing import store_samples as samples


class Test1:
    """Version `test-1`: `{"say": "ContractRequest", "with": {"CONSUMER-PID": ...}}`."""

    __test__ = False
    version = "test-1"

    def decode(self, kind, document):
        if not isinstance(document, dict) or document.get("say") != kind.__name__:
            raise MalformedError(f"says no {kind.__name__}", place="$.say")
        members = {name.lower().replace("-", "_"): value for name, value in document["with"].items()}
        try:
            return msgspec.convert(members, kind)
        except msgspec.ValidationError as error:
            raise MalformedError(str(error), place="$.with") from None

    def encode(self, value):
        members = msgspec.to_builtins(value, enc_hook=dict)
        shouted = {name.upper().replace("_", "-"): member for name, member in members.items()}
        return {"say": type(value).__name__, "with": shouted}

    def check_policy(self, body, place):
        return body


PUBLISHED = {
    "id": "urn:dataset:1",
    "title": "Words",
    "source": {"file": "words.txt", "media_type": "text/plain"},
    "profile": {
        "data": {"items": [{"category": "product_safety", "personal": False}]},
        "purpose": ["product_safety"],
    },
    "offers": [{"id": "urn:offer:1", "permission": [{"action": "use"}]}],
}
OLD = codec_for("2025-1")
NEW = Test1()


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):
        yield


class Party:
    """A node that runs in this process."""

    def __init__(self, node, url):
        self.node, self.url, self.ctx = node, url, node.context

    async def until(self, ready):
        async with asyncio.timeout(20):
            while not (found := await ready()):
                await self.node.signal.changed(1.0)
        return found


@contextlib.asynccontextmanager
async def serving(app, listener):
    config = uvicorn.Config(app, http=GuardedProtocol, loop="none", lifespan="off", access_log=False, log_config=None)
    server = Server(config)
    task = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.001)
    try:
        yield
    finally:
        server.force_exit = server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def running(folder, listener, *, others, codecs):
    """A node with one dataset that knows `others` and speaks `codecs`."""
    url = f"http://localhost:{listener.getsockname()[1]}"
    loaded = initialise(folder, NewNode(folder.name, "DE", url))
    entries = [{"id": did, "name": "One of us", "country": "DE"} for did in others]
    loaded.path("participants.yaml").write_text(json.dumps({"participants": entries}), "utf-8")
    loaded.path("data/words.txt").write_text("some words", "utf-8")
    async with (
        open_node(loaded, shared=Shared(codecs=lambda _: Codecs.of(codecs))) as node,
        serving(node.protocol, listener),
    ):
        dispatching = asyncio.create_task(node.dispatcher.run())
        try:
            await publish.publish(node.context, PUBLISHED)
            yield Party(node, url)
        finally:
            dispatching.cancel()
            await asyncio.gather(dispatching, return_exceptions=True)


@pytest.fixture
async def parties(tmp_path):
    """Three participants: one speaks both versions, one only the old, one only the new."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    dids = [f"did:web:localhost%3A{one.getsockname()[1]}" for one in listeners]
    spoken = {"both": (NEW, OLD), "old": (OLD,), "new": (NEW,)}
    async with contextlib.AsyncExitStack() as stack:
        for listener in listeners:
            stack.callback(listener.close)
        yield [
            await stack.enter_async_context(running(tmp_path / name, listener, others=dids, codecs=codecs))
            for listener, (name, codecs) in zip(listeners, spoken.items(), strict=True)
        ]


async def exchanged(consumer, provider):
    """The whole way from offer to bytes; the records of both sides that remember which version was spoken."""
    choice = await discover.choose(consumer.ctx, provider.url, "urn:dataset:1", None)
    begun = await negotiate.request(consumer.ctx, choice.peer, choice.dataset.id, choice.offer, choice.profile)
    pid = begun.negotiation.own_pid

    async def agreed():
        record = await consumer.ctx.store.negotiation(pid)
        return negotiate.agreement_id(record) if record.negotiation.closed else None

    agreement = await consumer.until(agreed)
    moved = await transfer.request(consumer.ctx, agreement, fetch=True)

    async def received():
        record = await consumer.ctx.store.transfer(moved.transfer.own_pid)
        return record if record.transfer.closed else None

    fetched = await consumer.until(received)
    assert fetched.received.size == len("some words"), fetched.problem
    ours = await provider.ctx.store.negotiation_by_peer(consumer.ctx.me.id, pid)
    held = [await party.ctx.store.agreement(agreement) for party in (consumer, provider)]
    theirs = await provider.ctx.store.transfer_by_peer(consumer.ctx.me.id, fetched.transfer.own_pid)
    return {
        begun.negotiation.protocol,
        ours.negotiation.protocol,
        *(one.protocol for one in held),
        fetched.transfer.protocol,
        theirs.transfer.protocol,
    }


async def closed(party, pid):
    """The negotiation of that id once it has ended."""

    async def ended():
        record = await party.ctx.store.negotiation(pid)
        return record if record.negotiation.closed else None

    return await party.until(ended)


@pytest.mark.parametrize("version", ["test-1", "2025-1"])
async def test_an_offer_unasked_and_a_push_are_spoken_in_the_version_of_the_partner(parties, version):
    both, old, new = parties
    consumer = {"test-1": new, "2025-1": old}[version]
    peer = await both.ctx.directory.peer(consumer.url)
    begun = (await negotiate.offer(both.ctx, peer, "urn:dataset:1")).negotiation

    async def held():
        record = await consumer.ctx.store.negotiation_by_peer(both.ctx.me.id, begun.own_pid)
        return record if record and record.held else None

    pid = (await consumer.until(held)).negotiation.own_pid
    await negotiate.approve(consumer.ctx, pid)
    ended, theirs = await closed(both, begun.own_pid), await closed(consumer, pid)
    assert theirs.negotiation.peer_url == f"{both.url}/dsp/{version}"
    assert {ended.negotiation.state, theirs.negotiation.state} == {"FINALIZED"}
    assert {ended.negotiation.protocol, theirs.negotiation.protocol} == {version}
    assert theirs.profile == PUBLISHED["profile"]
    agreement = negotiate.agreement_id(theirs)
    pid = (await transfer.request(consumer.ctx, agreement, fetch=True, format_name="HttpData-PUSH")).transfer.own_pid

    async def received():
        record = await consumer.ctx.store.transfer(pid)
        return record if record.transfer.closed else None

    pushed = await consumer.until(received)
    assert pushed.received.size == len("some words"), pushed.problem
    assert (pushed.push, pushed.transfer.protocol) == (True, version)


async def test_the_version_document_names_every_version_with_its_own_base(parties):
    both, *_ = parties
    async with aiohttp.ClientSession() as session, session.get(f"{both.url}/.well-known/dspace-version") as answer:
        document = await answer.json()
    assert [(one["version"], one["path"], one["binding"]) for one in document["protocolVersions"]] == [
        ("test-1", "/dsp/test-1", "HTTPS"),
        ("2025-1", "/dsp/2025-1", "HTTPS"),
    ]


async def test_each_pair_speaks_the_best_version_that_both_know_from_first_contact_to_last_byte(parties):
    both, old, new = parties
    assert await exchanged(new, both) == {"test-1"}
    assert await exchanged(both, new) == {"test-1"}
    assert await exchanged(old, both) == {"2025-1"}
    assert await exchanged(both, old) == {"2025-1"}


async def test_partners_without_a_common_version_are_told_so(parties):
    _, old, new = parties
    with pytest.raises(MalformedError, match=r"the partner does not speak DSP 2025-1 over HTTPS"):
        await old.ctx.directory.peer(new.url)


async def test_a_process_is_found_only_below_the_version_that_it_began_in(parties):
    both, _, new = parties
    choice = await discover.choose(new.ctx, both.url, "urn:dataset:1", None)
    begun = await negotiate.request(new.ctx, choice.peer, choice.dataset.id, choice.offer, choice.profile)

    async def reached():
        return await both.ctx.store.negotiation_by_peer(new.ctx.me.id, begun.negotiation.own_pid)

    theirs = (await both.until(reached)).negotiation.own_pid
    for version, status in {"test-1": 200, "2025-1": 404}.items():
        url = f"{both.url}/dsp/{version}/negotiations/{theirs}"
        assert (await new.ctx.sender.request(both.ctx.me.id, "GET", url)).status == status


async def test_a_process_is_not_begun_a_second_time_below_another_version(parties):
    both, old, _ = parties
    choice = await discover.choose(old.ctx, both.url, "urn:dataset:1", None)
    begun = await negotiate.request(old.ctx, choice.peer, choice.dataset.id, choice.offer, choice.profile)
    pid = begun.negotiation.own_pid
    agreed = await closed(old, pid)
    moved = await transfer.request(old.ctx, negotiate.agreement_id(agreed), fetch=False)

    async def started():
        record = await old.ctx.store.transfer(moved.transfer.own_pid)
        return record.transfer if record.transfer.state == "STARTED" else None

    running = await old.until(started)
    asked = ContractRequest("urn:again", pid, None, begun.negotiation.offer, callback=f"{both.url}/dsp/test-1")
    wanted = TransferRequest("urn:again", running.own_pid, running.agreement_id, running.format, f"{both.url}/x", None)
    for area, message in (("negotiations", asked), ("transfers", wanted)):
        find = getattr(both.ctx.store, f"{area.removesuffix('s')}_by_peer")
        theirs = message.consumer_pid
        before = await find(old.ctx.me.id, theirs)
        url = f"{both.url}/dsp/test-1/{area}/request"
        answer = await old.ctx.sender.request(both.ctx.me.id, "POST", url, NEW.encode(message))
        assert answer.status == 400
        assert f"`{theirs}` was begun in version `2025-1`" in json.dumps(answer.document)
        assert await find(old.ctx.me.id, theirs) == before
    assert len(await both.ctx.store.negotiations()) == len(await both.ctx.store.transfers()) == 1


async def test_the_callback_address_is_that_of_the_version_that_is_spoken(parties):
    both, old, new = parties
    for partner, version in ((old, "2025-1"), (new, "test-1")):
        await exchanged(both, partner)
        records = await partner.ctx.store.negotiations()
        assert {record.negotiation.peer_url for record in records} == {f"{both.url}/dsp/{version}"}


async def test_the_catalogue_names_the_endpoint_of_the_version_that_asks(parties):
    both, old, new = parties
    for asking, version in ((old, "2025-1"), (new, "test-1")):
        listing = await discover.catalogue_of(asking.ctx, both.url)
        assert [service.endpoint_url for service in listing.catalog.services] == [f"{both.url}/dsp/{version}"]


@pytest.mark.parametrize("record", [samples.negotiation(), samples.transfer(), samples.agreement()])
def test_what_was_kept_before_versions_were_remembered_is_of_the_first(record):
    kept = json.loads(to_body(record))
    holder = kept if "protocol" in kept else kept.get("negotiation") or kept["transfer"]
    assert holder.pop("protocol") == "2025-1"
    assert from_body(type(record), json.dumps(kept)) == record
