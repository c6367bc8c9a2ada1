from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from corridor.base.errors import MalformedError
from corridor.client import Client
from corridor.client.routes import segment
from corridor.http.management.server import all_operations

DATASET = "urn:data:alerts/2026"
PROVIDER = "did:web:provider.example"
CONSUMER = "did:web:consumer.example"
DIGEST = "sha-256:" + "a" * 64

CALLS = {
    "health": lambda client: client.health(),
    "status": lambda client: client.status(),
    "openapi": lambda client: client.openapi(),
    "participants": lambda client: client.participants(),
    "tasks": lambda client: client.tasks(parked=True),
    "retry_task": lambda client: client.retry_task("urn:t"),
    "drop_task": lambda client: client.drop_task("urn:t"),
    "publish": lambda client: client.publish({"id": "urn:x"}),
    "datasets": lambda client: client.datasets(withdrawn=True),
    "dataset": lambda client: client.dataset("urn:a/b"),
    "withdraw": lambda client: client.withdraw("urn:a/b"),
    "explain": lambda client: client.explain("urn:d", "did:web:p", "urn:o", date(2026, 11, 30)),
    "catalogue": lambda client: client.catalogue("did:web:p"),
    "negotiate": lambda client: client.negotiate("did:web:p", "urn:d"),
    "propose": lambda client: client.propose("did:web:c", "urn:d", terms={"permission": []}, hold=True),
    "counter": lambda client: client.counter("urn:n", {"permission": []}),
    "approve": lambda client: client.approve("urn:n"),
    "refuse": lambda client: client.refuse("urn:n", "not now"),
    "approve_transfer": lambda client: client.approve_transfer("urn:t"),
    "refuse_transfer": lambda client: client.refuse_transfer("urn:t", "not now"),
    "negotiations": lambda client: client.negotiations("urn:x", 7),
    "negotiation": lambda client: client.negotiation("urn:n", wait=3),
    "accept": lambda client: client.accept("urn:n"),
    "terminate_negotiation": lambda client: client.terminate_negotiation("urn:n", "enough"),
    "agreements": lambda client: client.agreements(),
    "agreement": lambda client: client.agreement("urn:a"),
    "transfer": lambda client: client.transfer("urn:a", fetch=True),
    "transfers": lambda client: client.transfers("urn:a"),
    "transfer_state": lambda client: client.transfer_state("urn:t", wait=3),
    "suspend": lambda client: client.suspend("urn:t", "lunch"),
    "resume": lambda client: client.resume("urn:t"),
    "complete": lambda client: client.complete("urn:t"),
    "terminate_transfer": lambda client: client.terminate_transfer("urn:t"),
    "data_address": lambda client: client.data_address("urn:t"),
    "papers": lambda client: client.papers(),
    "add_paper": lambda client: client.add_paper({"kind": "k"}),
    "paper": lambda client: client.paper("urn:p"),
    "revoke_paper": lambda client: client.revoke_paper("urn:p", "ended"),
    "assess": lambda client: client.assess({"a": 1}, date(2026, 11, 30)),
    "meter": lambda client: client.meter(),
    "bundle": lambda client: client.bundle("urn:a"),
    "checkpoint": lambda client: client.checkpoint(),
    "key": lambda client: client.key(),
    "receipts": lambda client: client.receipts("urn:a"),
    "events": lambda client: client.events(5, agreement="urn:a", types=["data.*"], partner="did:web:p"),
    "subscribe": lambda client: client.subscribe("https://hook.example", ["data.*"], after=3),
    "subscriptions": lambda client: client.subscriptions("urn:s", 7),
    "subscription": lambda client: client.subscription("urn:s"),
    "pause_subscription": lambda client: client.pause_subscription("urn:s"),
    "resume_subscription": lambda client: client.resume_subscription("urn:s"),
    "unsubscribe": lambda client: client.unsubscribe("urn:s"),
    "dead_letters": lambda client: client.dead_letters("urn:s", 4),
    "redeliver": lambda client: client.redeliver("urn:s", 4),
}


def test_there_is_a_method_for_each_operation():
    assert {operation.id for operation in all_operations()} == {*CALLS, "download"}
    assert all(callable(getattr(Client, operation.id)) for operation in all_operations())


@pytest.mark.parametrize("operation", [each for each in all_operations() if each.id in CALLS], ids=lambda each: each.id)
def test_each_method_asks_for_its_operation(scripted, operation):
    with Client(scripted.url, "t") as client:
        CALLS[operation.id](client)
    ((method, target, headers, body),) = scripted.asked
    path, _, query = target.partition("?")
    assert method == operation.method
    assert headers["Authorization"] == "Bearer t"
    given, expected = path.split("/"), operation.path.split("/")
    assert [part if wanted[:1] != "{" else wanted for part, wanted in zip(given, expected, strict=True)] == expected
    names = {name.partition("=")[0] for name in query.split("&")} - {""}
    assert names <= set(operation.query.__struct_encode_fields__)
    assert bool(body) == (operation.body is not None)


def test_identifiers_days_and_instants_are_written_for_the_wire(scripted):
    with Client(scripted.url, "t") as client:
        client.dataset("urn:a/b?c#d%")
        client.explain("urn:d", "did:web:p", as_of=datetime(2026, 11, 30, 12, tzinfo=UTC))
        client.assess({}, None)
    assert scripted.asked[0][1] == "/datasets/urn%3Aa%2Fb%3Fc%23d%25"
    assert scripted.asked[1][1].endswith("as_of=2026-11-30T12%3A00%3A00Z")
    assert json.loads(scripted.asked[2][3]) == {"facts": {}, "as_of": None}


@pytest.mark.parametrize("identifier", ["", "..", "a b", "a\n", "x" * 513])
def test_what_cannot_be_an_identifier_goes_nowhere(identifier):
    with pytest.raises(MalformedError):
        segment(identifier)


def test_the_methods_of_an_owners_day_work_on_a_real_node(provider, consumer, publication):
    provider.publish(publication())
    assert provider.datasets()["items"][0]["id"] == DATASET
    assert provider.dataset(DATASET)["title"] == "Alerts"
    assert provider.explain(DATASET, CONSUMER)["allowed"] is True
    assert consumer.catalogue(PROVIDER)["datasets"][0]["id"] == DATASET
    negotiation = consumer.negotiation(consumer.negotiate(PROVIDER, DATASET)["pid"], wait=30)
    agreement = negotiation["agreement"]
    transfer = consumer.transfer_state(consumer.transfer(agreement)["pid"], wait=30)
    assert consumer.data_address(transfer["pid"])["authorization"].startswith("Bearer ")
    assert consumer.suspend(transfer["pid"], "lunch")["state"] == "SUSPENDED"
    assert consumer.bundle(agreement).startswith(b"{")
    assert "did:web:consumer.example" in consumer.checkpoint()
    assert consumer.key()["kty"] == "EC"
    assert consumer.receipts(agreement)["items"][0]["kind"] == "agreement"
    assert consumer.events(agreement=agreement)["items"]
    assert provider.meter()["items"][0]["agreement"] == agreement
    assert provider.withdraw(DATASET)["withdrawn"]
    assert [entry["name"] for entry in consumer.participants()["items"]] == ["consumer", "provider", "shanghai"]
