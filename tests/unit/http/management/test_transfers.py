from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import replace

from corridor.service.desk import Do, ProcessKind, Rule, desk_of

DATA = b"alert,weight\n1,12\n2,8\n"


async def running(world):
    """A started transfer of which the consumer fetches the data itself."""
    agreement = (await world.agree())["agreement"]
    begun = await world.consumer.post("/transfers", {"agreement": agreement})
    await world.settle()
    return await world.consumer.get(f"/transfers/{begun['pid']}")


async def test_a_transfer_with_fetch_ends_with_the_bytes_here(world):
    transfer = await world.fetched()
    assert (transfer["state"], transfer["settled"], transfer["problem"]) == ("COMPLETED", True, None)
    assert transfer["received"]["size"] == len(DATA)
    assert transfer["received"]["sha256"] == "sha-256:" + hashlib.sha256(DATA).hexdigest()


async def test_the_received_bytes_come_with_length_and_digest(world):
    transfer = await world.fetched()
    heard = await world.consumer.ask("GET", f"/transfers/{transfer['pid']}/data")
    assert heard.body == DATA
    assert heard.headers["content-length"] == str(len(DATA))
    digest = base64.b64encode(hashlib.sha256(DATA).digest()).decode()
    assert heard.headers["repr-digest"] == f"sha-256=:{digest}:"


async def test_a_head_request_is_told_of_the_bytes_and_gets_none(world):
    transfer = await world.fetched()
    heard = await world.consumer.ask("HEAD", f"/transfers/{transfer['pid']}/data")
    assert (heard.status, heard.body, heard.headers["content-length"]) == (200, b"", str(len(DATA)))


async def test_nothing_received_is_a_conflict(world):
    transfer = await running(world)
    heard = await world.consumer.ask("GET", f"/transfers/{transfer['pid']}/data")
    assert heard.status == 409


async def test_a_running_transfer_without_fetch_is_settled_and_has_a_data_address(world):
    transfer = await running(world)
    assert (transfer["state"], transfer["settled"], transfer["fetch"]) == ("STARTED", True, False)
    heard = await world.consumer.ask("GET", f"/transfers/{transfer['pid']}/data-address")
    assert heard.json["authorization"].startswith("Bearer ")
    assert heard.json["endpoint"].startswith("https://provider.example/data/")
    assert heard.headers["cache-control"] == "no-store"


async def test_the_provider_has_no_data_address(world):
    await running(world)
    theirs = (await world.provider.get("/transfers"))["items"][0]
    heard = await world.provider.ask("GET", f"/transfers/{theirs['pid']}/data-address")
    assert heard.status == 409


async def test_a_transfer_can_be_suspended_resumed_and_completed(world):
    transfer = await running(world)
    path = f"/transfers/{transfer['pid']}"
    for verb, state in (("suspension", "SUSPENDED"), ("resumption", "STARTED"), ("completion", "COMPLETED")):
        await world.consumer.post(f"{path}/{verb}", {"reason": "lunch"} if verb == "suspension" else None)
        await world.settle()
        found = await world.consumer.get(path)
        assert (found["state"], found["pending"]) == (state, None)


async def test_a_termination_reaches_the_partner_with_its_reason(world):
    transfer = await running(world)
    await world.consumer.post(f"/transfers/{transfer['pid']}/termination", {"reason": "no longer needed"})
    await world.settle()
    theirs = (await world.provider.get("/transfers"))["items"][0]
    assert (theirs["state"], theirs["reasons"]) == ("TERMINATED", ["no longer needed"])
    heard = await world.consumer.ask("POST", f"/transfers/{transfer['pid']}/termination")
    assert heard.status == 409


async def test_a_wait_ends_when_the_bytes_are_here(world):
    agreement = (await world.agree())["agreement"]
    heard = await world.consumer.ask("POST", "/transfers", {"agreement": agreement, "fetch": True})
    assert heard.status == 202
    waiting = asyncio.create_task(world.consumer.get(f"/transfers/{heard.json['pid']}", wait=60))
    await world.settle()
    assert (await asyncio.wait_for(waiting, 5))["received"]["size"] == len(DATA)


async def test_transfers_are_listed_by_agreement(world):
    transfer = await world.fetched()
    assert len((await world.consumer.get("/transfers", agreement=transfer["agreement"]))["items"]) == 1
    assert (await world.consumer.get("/transfers", agreement="urn:another"))["items"] == []


async def test_only_the_consumer_asks_for_a_transfer_and_only_under_an_agreement(world):
    agreement = (await world.agree())["agreement"]
    assert (await world.provider.ask("POST", "/transfers", {"agreement": agreement})).status == 409
    assert (await world.consumer.ask("POST", "/transfers", {"agreement": "urn:none"})).status == 404
    assert (await world.consumer.ask("GET", "/transfers/urn:none", wait=5)).status == 404


async def test_the_provider_sees_what_was_served_in_the_transfer(world):
    await world.fetched()
    listed = (await world.provider.get("/transfers"))["items"][0]
    found = await world.provider.get(f"/transfers/{listed['pid']}")
    assert found["usage"]["size"] == len(DATA)


async def test_a_transfer_that_waits_for_a_person_is_listed_approved_and_refused(world):
    agreement = (await world.agree())["agreement"]
    node = world.provider.node
    rule = Rule(Do.HOLD, ProcessKind.TRANSFER)
    node.context = replace(node.context, desk=desk_of((rule,)))
    for act, state in (("approval", "STARTED"), ("refusal", "TERMINATED")):
        begun = await world.consumer.post("/transfers", {"agreement": agreement})
        await world.settle()
        (waits,) = (await world.provider.get("/transfers", held="true"))["items"]
        assert (waits["held"]["move"], waits["settled"]) == ("start", True)
        body = {"reason": "enough"} if act == "refusal" else None
        await world.provider.post(f"/transfers/{waits['pid']}/{act}", body)
        await world.settle()
        assert (await world.consumer.get(f"/transfers/{begun['pid']}"))["state"] == state


async def test_data_can_be_pushed_to_the_consumers_node_or_to_where_it_says(world):
    agreement = (await world.agree())["agreement"]
    begun = await world.consumer.post("/transfers", {"agreement": agreement, "format": "HttpData-PUSH"})
    there = {"endpoint": "https://sink.example/x", "authorization": "Bearer s3cret"}
    elsewhere = await world.consumer.post("/transfers", {"agreement": agreement, "destination": there})
    await world.settle()
    here = await world.consumer.get(f"/transfers/{begun['pid']}")
    assert (here["state"], here["format"], here["received"]["size"]) == ("COMPLETED", "HttpData-PUSH", len(DATA))
    heard = await world.consumer.ask("GET", f"/transfers/{elsewhere['pid']}")
    assert (heard.json["state"], heard.json["format"], heard.json["received"]) == ("COMPLETED", "HttpData-PUSH", None)
    assert b"s3cret" not in heard.body
    heard = await world.consumer.ask("GET", f"/transfers/{elsewhere['pid']}/data-address")
    assert (heard.status, b"s3cret" in heard.body) == (409, False)


async def test_a_format_or_destination_that_makes_no_sense_is_refused(world):
    agreement = (await world.agree())["agreement"]
    for body, place in (
        ({"format": "AmazonS3-PUSH"}, "$.format"),
        ({"format": "HttpData-PULL", "destination": {"endpoint": "https://sink.example"}}, "$.format"),
        ({"destination": {"endpoint": "http://sink.example"}}, "$.destination.endpoint"),
        ({"destination": {"endpoint": "https://sink.example", "authorization": "a\nb"}}, "$.destination.authorization"),
    ):
        heard = await world.consumer.ask("POST", "/transfers", {"agreement": agreement, **body})
        assert (heard.status, heard.json["place"]) == (400, place)
