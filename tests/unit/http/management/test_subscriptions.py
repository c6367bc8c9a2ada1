from __future__ import annotations

import pytest

from corridor.evidence.webhook import check
from corridor.service import notify

URL = "https://hook.example/in"


async def subscribe(world, **wish):
    return await world.provider.post("/subscriptions", {"url": URL, **wish})


async def told(world):
    await notify.wake(world.provider.node.context)
    await world.settle()
    return world.provider.node.receivers.told


async def test_a_subscription_shows_its_secret_once_and_how_it_fares(world):
    made = await subscribe(world, types=["dataset.*"], partners=[])
    assert made["secret"].startswith("whsec_")
    shown = await world.provider.get(f"/subscriptions/{made['id']}")
    assert "secret" not in shown
    assert (shown["state"], shown["position"], shown["behind"], shown["problem"]) == ("active", -1, 0, None)
    assert (await world.provider.get("/subscriptions"))["items"] == [shown]
    await world.publish()
    [request] = await told(world)
    check(request.headers, request.body, made["secret"], world.network.clock.now())
    assert (await world.provider.get(f"/subscriptions/{made['id']}"))["position"] == 0


async def test_subscriptions_come_page_by_page(world):
    made = sorted([(await subscribe(world))["id"] for _ in range(3)])
    first = await world.provider.get("/subscriptions", limit=2)
    rest = await world.provider.get("/subscriptions", limit=2, after=first["next"])
    assert [one["id"] for one in first["items"] + rest["items"]] == made
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("wish", "place"),
    [
        ({"url": "http://hook.example"}, "$.url"),
        ({"types": ["nonsense"]}, "$.types"),
        ({"after": 99}, "$.after"),
        ({"after": -2}, "$.after"),
        ({"secret": "whsec_mine"}, "$"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_place(world, wish, place):
    heard = await world.provider.ask("POST", "/subscriptions", {"url": URL, **wish})
    assert (heard.status, heard.json["place"]) == (400, place)


async def test_a_receiver_that_does_not_want_it_is_a_bad_gateway(world):
    world.provider.node.receivers.answer = lambda _: 404
    heard = await world.provider.ask("POST", "/subscriptions", {"url": URL, "validate": True})
    assert heard.status == 424


async def test_pausing_resuming_and_removing(world):
    path = f"/subscriptions/{(await subscribe(world))['id']}"
    assert (await world.provider.post(path + "/pause"))["state"] == "paused"
    assert (await world.provider.ask("POST", path + "/pause")).status == 409
    await world.publish()
    assert await told(world) == []
    assert (await world.provider.get(path))["behind"] == 1
    assert (await world.provider.post(path + "/resumption"))["state"] == "active"
    assert len(await told(world)) == 1
    heard = await world.provider.ask("DELETE", path)
    assert (heard.status, heard.json["url"]) == (200, URL)
    assert (await world.provider.ask("GET", path)).status == 404


async def test_a_failure_is_shown_and_dead_letters_are_delivered_again(world):
    node = world.provider.node
    made = await subscribe(world)
    path = f"/subscriptions/{made['id']}"
    node.receivers.answer = lambda _: 500
    await world.publish()
    await notify.wake(node.context)
    await node.step()
    shown = await world.provider.get(path)
    assert (shown["attempts"], shown["problem"]) == (1, "the receiver answers 500")
    assert shown["due"] > "2026"
    await world.settle()
    assert (await world.provider.get(path))["dead_letters"] == 1
    [letter] = (await world.provider.get(path + "/dead-letters"))["items"]
    assert (letter["index"], letter["attempts"]) == (0, 14)
    node.receivers.answer = lambda _: 204
    assert await world.provider.post(path + "/redelivery", {"index": 0}) == {"indexes": [0]}
    await world.settle()
    assert (await world.provider.get(path + "/dead-letters")) == {"items": [], "next": None}
    assert (await world.provider.ask("POST", path + "/redelivery", {"index": 0})).status == 404
    assert await world.provider.post(path + "/redelivery", {}) == {"indexes": []}
