from __future__ import annotations

from corridor import __version__
from corridor.testing.counterpart import Fault

DATASET = "urn:data:alerts/2026"
PROVIDER = "did:web:provider.example"


async def test_health_needs_no_token(world):
    heard = await world.consumer.ask("GET", "/health", headers={"Authorization": ""})
    assert (heard.status, heard.json) == (200, {"status": "ok"})


async def test_the_status_says_who_the_node_is_and_how_much_it_holds(world):
    await world.fetched()
    found = await world.consumer.get("/status")
    assert (found["id"], found["country"], found["version"]) == ("did:web:consumer.example", "FR", __version__)
    assert {"CN", "EU"} <= set(found["jurisdictions"])
    assert found["sizes"] == {"datasets": 0, "negotiations": 1, "agreements": 1, "transfers": 1, "papers": 0}
    assert (found["open_tasks"], found["problems"]) == (0, [])
    assert found["log_size"] > 0


async def test_the_status_names_work_that_failed(world):
    await world.publish()
    await world.consumer.post("/negotiations", {"provider": PROVIDER, "dataset": DATASET})
    world.network.weather = lambda *_: Fault(lose_request=True)
    await world.consumer.node.step()
    found = await world.consumer.get("/status")
    assert found["open_tasks"] == 1
    assert (found["problems"][0]["kind"], found["problems"][0]["attempts"]) == ("send", 1)
    assert "lost" in found["problems"][0]["problem"]


async def test_participants_are_listed_page_by_page(world):
    first = await world.consumer.get("/participants", limit=2)
    rest = await world.consumer.get("/participants", limit=2, after=first["next"])
    names = [participant["name"] for participant in first["items"] + rest["items"]]
    assert names == ["consumer", "provider", "shanghai"]
    assert rest["next"] is None
