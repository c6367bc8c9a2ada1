from __future__ import annotations

import json


async def test_the_bundle_of_an_agreement_is_a_file_of_json_lines(world):
    agreement = (await world.fetched())["agreement"]
    heard = await world.consumer.ask("GET", f"/evidence/bundles/{agreement}")
    assert heard.headers["content-type"] == "application/jsonl"
    assert heard.headers["content-disposition"].startswith("attachment; filename*=UTF-8''urn%3Atest")
    lines = [json.loads(line) for line in heard.body.splitlines()]
    assert len(lines) > 3


async def test_a_bundle_of_no_agreement_is_not_found(world):
    assert (await world.consumer.ask("GET", "/evidence/bundles/urn:none")).status == 404


async def test_the_checkpoint_is_text_that_names_the_node(world):
    await world.agree()
    heard = await world.consumer.ask("GET", "/evidence/checkpoint")
    assert heard.headers["content-type"] == "text/plain; charset=utf-8"
    assert "did:web:consumer.example" in heard.body.decode()


async def test_the_key_is_public_and_has_its_id(world):
    found = await world.consumer.get("/evidence/key")
    assert found["kid"].startswith("did:web:consumer.example#")
    assert "d" not in found


async def test_receipts_come_with_what_was_signed_and_page_by_page(world):
    agreement = (await world.fetched())["agreement"]
    found = await world.consumer.get("/evidence/receipts", agreement=agreement)
    assert sorted(receipt["kind"] for receipt in found["items"]) == ["agreement", "delivery"]
    assert all(len(receipt["document"]["signatures"]) == 2 for receipt in found["items"])
    first = await world.consumer.get("/evidence/receipts", agreement=agreement, limit=1)
    rest = await world.consumer.get("/evidence/receipts", agreement=agreement, limit=1, after=first["next"])
    assert first["items"] + rest["items"] == found["items"]
    assert rest["next"] is None


async def test_receipts_are_asked_for_by_agreement(world):
    heard = await world.consumer.ask("GET", "/evidence/receipts")
    assert heard.status == 400


async def test_the_log_is_read_event_by_event(world):
    agreement = (await world.agree())["agreement"]
    every = await world.consumer.get("/events")
    assert [event["index"] for event in every["items"]] == list(range(len(every["items"])))
    first = await world.consumer.get("/events", limit=2)
    rest = await world.consumer.get("/events", limit=1000, after=first["next"])
    assert first["items"] + rest["items"] == every["items"]
    assert rest["next"] is None
    about = await world.consumer.get("/events", agreement=agreement)
    assert 0 < len(about["items"]) <= len(every["items"])
