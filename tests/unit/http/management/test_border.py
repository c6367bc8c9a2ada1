from __future__ import annotations

DIGEST = "sha-256:" + "a" * 64
FACTS = {
    "exporter": {"located_in": "DE"},
    "importer": {"located_in": "FR"},
    "data": {"items": [{"category": "contact_demographic"}]},
}


async def test_a_paper_is_filed_listed_shown_and_revoked(world):
    desk = world.china
    heard = await desk.ask("POST", "/papers", {"kind": "cn/standard-contract", "digest": DIGEST, "number": "17"})
    assert heard.status == 201
    paper = heard.json
    assert (paper["digest"], paper["details"], paper["revoked"]) == (DIGEST, {"number": "17"}, None)
    assert (await desk.get("/papers"))["items"] == [paper]
    assert await desk.get(f"/papers/{paper['id']}") == paper
    revoked = await desk.post(f"/papers/{paper['id']}/revocation", {"reason": "ended"})
    assert revoked["revoked"] is not None
    assert (await desk.ask("POST", f"/papers/{paper['id']}/revocation")).status == 409


async def test_papers_are_listed_page_by_page_in_order_of_id(world):
    for name in "cab":
        await world.china.post("/papers", {"id": f"urn:{name}", "kind": "cn/standard-contract", "digest": DIGEST})
    first = await world.china.get("/papers", limit=2)
    rest = await world.china.get("/papers", limit=2, after=first["next"])
    assert [paper["id"] for paper in first["items"] + rest["items"]] == ["urn:a", "urn:b", "urn:c"]
    assert rest["next"] is None


async def test_a_paper_of_no_known_kind_or_of_a_taken_id_is_refused(world):
    paper = {"id": "urn:a", "kind": "cn/standard-contract", "digest": DIGEST}
    await world.china.post("/papers", paper)
    assert (await world.china.ask("POST", "/papers", paper)).status == 409
    heard = await world.china.ask("POST", "/papers", {**paper, "id": "urn:b", "kind": "cn/none"})
    assert heard.status == 400
    assert (await world.china.ask("POST", "/papers", [])).status == 400


async def test_a_paper_that_is_not_there_is_not_found(world):
    assert (await world.china.ask("GET", "/papers/urn:none")).status == 404
    assert (await world.china.ask("POST", "/papers/urn:none/revocation", {"reason": "x"})).status == 404


async def test_a_described_transfer_is_assessed_for_machines_and_for_people(world):
    found = await world.consumer.post("/assess", {"facts": FACTS, "as_of": "2026-11-30"})
    assert found["assessment"]["outcome"] == "NOT_A_TRANSFER"
    assert found["assessment"]["as_of"] == "2026-11-30"
    assert "not legal advice" in found["text"].lower()


async def test_an_assessment_without_a_day_is_of_today(world):
    found = await world.consumer.post("/assess", {"facts": FACTS})
    assert found["assessment"]["as_of"] == "2026-11-22"


async def test_a_faulty_description_is_refused_with_its_place(world):
    for facts, place in (({"exporter": {"located": "DE"}}, "$.facts.exporter"), ({"data": 1}, "$.facts.data")):
        heard = await world.consumer.ask("POST", "/assess", {"facts": facts})
        assert (heard.status, heard.json["place"]) == (400, place)
    heard = await world.consumer.ask("POST", "/assess", {"facts": {}, "as_of": "1066-10-14"})
    assert heard.status == 400


async def test_the_meter_shows_what_was_served_and_where_the_counters_stand(world):
    transfer = await world.fetched()
    found = await world.provider.get("/meter")
    assert found["items"] == [
        {
            "agreement": transfer["agreement"],
            "partner": "did:web:consumer.example",
            "dataset": transfer["dataset"],
            "usage": {"requests": 1, "size": 22, "rows": 3},
        }
    ]
    assert found["total"] == {"requests": 1, "size": 22, "rows": 3}
    persons = next(counter for counter in found["counters"] if counter["name"] == "exported_persons")
    assert (persons["jurisdiction"], persons["first"], persons["last"]) == ("CN", "2026-01-01", "2026-12-31")
    assert (persons["total"], persons["populations"], persons["unit"]) == (0, 0, "persons")


async def test_the_meter_is_read_page_by_page(world):
    for number in range(3):
        await world.publish(dataset=f"urn:d:{number}")
        await world.consumer.post(
            "/negotiations", {"provider": "did:web:provider.example", "dataset": f"urn:d:{number}"}
        )
    await world.settle()
    first = await world.provider.get("/meter", limit=2)
    rest = await world.provider.get("/meter", limit=2, after=first["next"])
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]
