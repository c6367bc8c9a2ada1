from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from corridor.app.rulebook import load_rules
from corridor.base.errors import NotFoundError, UnreachableError
from corridor.base.ids import ParticipantId
from corridor.evidence.keys import read_jwk, sign
from corridor.service import discover, negotiate, publish
from corridor.service.ports import Changes
from corridor.testing import store_samples as a
from corridor.testing.counterpart import (
    Fault,
    ManualClock,
    MemoryPreparer,
    MemorySecrets,
    MemorySigner,
    Network,
    settle,
)

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
DSP = "https://{}.example/dsp/2025-1"


@pytest.fixture(scope="module")
def rules():
    return load_rules()[0]


@pytest.fixture
def network(rules):
    return Network(ManualClock(NOW), rules)


@pytest.fixture
def provider(network):
    return network.join("provider", "DE")


@pytest.fixture
def consumer(network):
    return network.join("consumer", "FR")


@pytest.fixture
async def published(provider):
    document = {
        "id": "orders",
        "title": "Orders",
        "source": {"text": "a\nb\n"},
        "profile": {"data": {"items": [{"category": "industrial", "personal": False}]}},
        "offers": [{"id": "offer", "permission": [{"action": "use"}]}],
    }
    return await publish.publish(provider.context, document)


async def test_time_stands_still_until_it_is_moved():
    clock = ManualClock(NOW)
    assert clock.now() == clock.now() == NOW
    clock.advance(timedelta(hours=1))
    assert clock.now() == NOW + timedelta(hours=1)


async def test_everybody_on_a_network_is_known(network, provider, consumer):
    assert network.all() == (provider.me, consumer.me)
    assert network.find(provider.me.id) == provider.me
    assert network.find(ParticipantId("did:web:nobody.example")) is None
    assert (await network.peer(provider.me.id)).dsp_url == DSP.format("provider")
    with pytest.raises(UnreachableError, match="has not joined"):
        await network.peer("did:web:nobody.example")


async def test_a_key_verifies_what_its_holder_signed(network, provider):
    [(key_id, jwk)] = (await network.public_keys(provider.me.id, "assertionMethod")).items()
    signature = sign(b"payload", provider.signer)
    assert read_jwk(jwk, key_id).verifies(b"payload", signature)
    assert not read_jwk(MemorySigner(key_id).public_jwk, key_id).verifies(b"payload", signature)


def test_tokens_and_seals_are_the_same_each_time():
    secrets = MemorySecrets()
    assert secrets.token("a") == secrets.token("a") != secrets.token("b")
    assert "token" not in secrets.seal("token")
    assert secrets.unseal(secrets.seal("token")) == "token"


async def test_a_source_is_its_own_text():
    preparer = MemoryPreparer()
    prepared = await preparer.prepare({"text": "a\nb\n", "persons": 2}, "$")
    assert (prepared.size, prepared.rows, prepared.persons) == (4, 2, 2)
    assert preparer.contents[prepared.sha256] == b"a\nb\n"
    assert (await preparer.prepare({}, "$")).size == 0


async def test_two_counterparts_come_to_an_agreement(network, provider, consumer, published):
    found = await discover.choose(consumer.context, provider.me.id, "orders", None)
    asked = await negotiate.request(consumer.context, found.peer, "orders", found.offer, found.profile)
    await settle(network)
    assert (await consumer.store.negotiation(asked.negotiation.own_pid)).negotiation.state == "FINALIZED"


@pytest.mark.parametrize(
    ("fault", "arrivals"),
    [
        (Fault(lose_request=True), 0),
        (Fault(lose_reply=True), 1),
        (Fault(lose_reply=True, duplicate=True), 2),
    ],
)
async def test_bad_weather_loses_requests_or_answers(network, provider, consumer, published, fault, arrivals):
    asked = []
    network.weather = lambda *request: asked.append(request) or fault
    url = DSP.format("provider") + "/catalog/datasets/orders"
    with pytest.raises(UnreachableError):
        await consumer.request(provider.me.id, "GET", url)
    assert asked == [("consumer", "GET", url)]
    assert network.carried == [(consumer.me.id, "GET", url, None)] * arrivals


async def test_a_request_that_arrives_twice_is_answered_once(network, provider, consumer, published):
    network.weather = lambda *_: Fault(duplicate=True)
    reply = await consumer.request(provider.me.id, "GET", DSP.format("provider") + "/catalog/datasets/orders")
    assert (reply.status, len(network.carried)) == (200, 2)


@pytest.mark.parametrize(
    ("method", "path", "document", "status"),
    [
        ("GET", "/catalog/datasets/nothing", None, 404),
        ("GET", "/negotiations/nothing", None, 404),
        ("GET", "/transfers/nothing", None, 404),
        ("POST", "/catalog/request", {}, 400),
        ("POST", "/negotiations/request", {"@type": "ContractRequestMessage"}, 400),
        ("POST", "/transfers/request", {"@type": "TransferRequestMessage"}, 400),
        ("POST", "/transfers/x/start", None, 400),
    ],
)
async def test_what_is_wrong_is_answered_with_a_fault(provider, consumer, method, path, document, status):
    reply = await consumer.request(provider.me.id, method, DSP.format("provider") + path, document)
    assert reply.status == status
    assert reply.document["@type"].endswith("Error")


async def test_a_path_that_is_not_there_is_a_mistake_of_the_test(provider, consumer):
    with pytest.raises(NotFoundError, match="there is nothing at GET /nowhere"):
        await consumer.request(provider.me.id, "GET", DSP.format("provider") + "/nowhere")


async def test_a_receipt_that_is_none_is_refused(provider, consumer):
    reply = await consumer.request(provider.me.id, "POST", provider.root + "/receipts", {"payload": "?"})
    assert reply.status == 400
    assert reply.document["detail"]


async def test_a_counterpart_works_only_when_it_is_told_to(network, provider, consumer, published):
    assert not await consumer.step()
    found = await discover.choose(consumer.context, provider.me.id, "orders", None)
    await negotiate.request(consumer.context, found.peer, "orders", found.offer, found.profile)
    assert await provider.store.negotiations() == ()
    assert await consumer.step()
    assert len(await provider.store.negotiations()) == 1


async def test_settling_lets_time_pass_and_ends(network, provider, consumer, published):
    found = await discover.choose(consumer.context, provider.me.id, "orders", None)
    await negotiate.request(consumer.context, found.peer, "orders", found.offer, found.profile)
    network.weather = lambda *_: Fault(lose_request=True)
    await settle(network)
    assert network.clock.now() > NOW + timedelta(minutes=1)
    assert await consumer.store.tasks() == ()


async def test_what_never_comes_to_rest_is_a_mistake_of_the_test(network, provider, consumer, published):
    found = await discover.choose(consumer.context, provider.me.id, "orders", None)
    await negotiate.request(consumer.context, found.peer, "orders", found.offer, found.profile)
    with pytest.raises(AssertionError, match="not at rest after 3 rounds"):
        await settle(network, limit=3)


async def test_every_commit_is_shown_to_the_streams_that_run(provider):
    watch = provider.context.revocations.watch(a.grant().transfer)
    await provider.store.commit(Changes(grants=(a.grant(revoked=a.NOW),)))
    await asyncio.sleep(0)
    assert watch.reason == "the right to this transfer has ended"
