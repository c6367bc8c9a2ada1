from __future__ import annotations

from dataclasses import replace

import pytest

from corridor.service.ports import Changes
from corridor.testing.counterpart import Fault

DATASET = "urn:data:alerts/2026"
PROVIDER = "did:web:provider.example"


@pytest.fixture
async def waiting(world):
    """The consumer's request, which has failed once and waits."""
    await world.publish()
    begun = await world.consumer.post("/negotiations", {"provider": PROVIDER, "dataset": DATASET})
    world.network.weather = lambda *_: Fault(lose_request=True)
    await world.consumer.node.step()
    world.network.weather = lambda *_: Fault()
    return begun["pid"]


async def park(world):
    store = world.consumer.node.store
    (task,) = await store.tasks()
    await store.commit(Changes(tasks=(replace(task, parked=task.due),)))
    return task.id


async def test_open_tasks_are_listed_with_what_went_wrong(world, waiting):
    (task,) = (await world.consumer.get("/tasks"))["items"]
    assert (task["kind"], task["partner"], task["subject"]) == ("send", PROVIDER, waiting)
    assert (task["attempts"], task["parked"]) == (1, None)
    assert "lost" in task["problem"]


async def test_parked_tasks_can_be_asked_for_alone_and_stand_in_the_status(world, waiting):
    assert (await world.consumer.get("/tasks", parked="true"))["items"] == []
    name = await park(world)
    assert [one["id"] for one in (await world.consumer.get("/tasks", parked="true"))["items"]] == [name]
    assert (await world.consumer.get("/status"))["problems"][0]["parked"]


async def test_a_task_that_is_retried_is_no_longer_parked(world, waiting):
    name = await park(world)
    again = await world.consumer.post(f"/tasks/{name}/retry")
    assert (again["parked"], again["attempts"]) == (None, 0)


async def test_a_message_that_is_dropped_ends_its_process(world, waiting):
    name = await park(world)
    heard = await world.consumer.ask("DELETE", f"/tasks/{name}")
    assert (heard.status, heard.json["id"]) == (200, name)
    found = await world.consumer.get(f"/negotiations/{waiting}")
    assert found["state"] == "TERMINATED"
    assert (await world.consumer.get("/tasks"))["items"] == []


@pytest.mark.parametrize(("method", "path"), [("POST", "/tasks/urn:x/retry"), ("DELETE", "/tasks/urn:x")])
async def test_a_task_that_is_not_open_is_not_found(world, method, path):
    assert (await world.consumer.ask(method, path)).status == 404
