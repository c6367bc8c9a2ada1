from __future__ import annotations

import pytest

from corridor.evidence.event import DatasetPublished, DatasetWithdrawn
from corridor.evidence.selection import Selection
from corridor.service import follow
from corridor.service.ports import Changes
from corridor.store.memory import MemoryStore
from corridor.testing.store_samples import NOW

DIGEST = "sha-256:" + "0" * 64


@pytest.fixture
async def store():
    """2,500 datasets published; every hundredth withdrawn right after."""
    found = MemoryStore()
    for number in range(2500):
        events = [DatasetPublished(NOW, f"urn:d{number}", DIGEST)]
        if number % 100 == 0:
            events.append(DatasetWithdrawn(NOW, f"urn:d{number}"))
        await found.commit(Changes(events=tuple(events)))
    return found


async def everything(store, selection, limit):
    position, found, more = -1, [], True
    while more:
        reading = await follow.read(store, selection, position, limit)
        assert len(reading.events) <= limit
        found += [event.index for event in reading.events]
        position, more = reading.position, reading.more
    return found, position


@pytest.mark.parametrize("limit", [1, 7, 100, 1000])
async def test_what_is_wanted_comes_in_order_none_missing_and_none_twice(store, limit):
    found, position = await everything(store, Selection(types=("dataset.withdrawn",)), limit)
    assert found == [101 * number + 1 for number in range(25)]
    assert position == await store.log_size() - 1


async def test_the_whole_log_is_read_in_pages_of_the_limit(store):
    found, position = await everything(store, Selection(), 999)
    assert found == list(range(2525))
    assert position == 2524


async def test_a_search_without_result_stops_for_a_moment_and_says_how_far_it_came(store):
    reading = await follow.read(store, Selection(types=("paper.*",)), -1, 10)
    assert reading == follow.Reading((), follow.SCANNED - 1, more=True)


async def test_behind_the_end_nothing_has_happened_yet(store):
    assert await follow.read(store, Selection(), 2524, 10) == follow.Reading((), 2524, more=False)


async def test_the_events_of_an_agreement_are_those_of_its_processes_too(exchange, exporter, events_of):
    await exchange.publish()
    record = await exchange.transfer(await exchange.agree())
    [theirs] = await exporter.store.transfers()
    agreement, pid = record.transfer.agreement_id, theirs.transfer.own_pid
    [negotiation] = await exporter.store.negotiations()

    async def names(**which):
        reading = await follow.read(exporter.store, Selection(**which), -1, 100)
        return [event.document["type"] for event in reading.events]

    assert "negotiation.requested" in await names(agreement=agreement)
    assert set(await names(transfer=pid)) >= {"transfer.changed", "data.served"}
    assert "negotiation.requested" not in await names(transfer=pid)
    assert "negotiation.changed" in await names(negotiation=negotiation.negotiation.own_pid)
    assert await names(transfer="urn:unknown") == []
    assert await names(agreement=agreement, types=("agreement.*",)) == ["agreement.concluded"]
