from __future__ import annotations

import asyncio

import pytest

from corridor.trust import cache as module
from corridor.trust.cache import Cache


class Source:
    """Gives each key's value with the number of times it was read; slow if told so."""

    def __init__(self) -> None:
        self.reads = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.fault = None

    async def read(self, key):
        self.reads += 1
        await self.gate.wait()
        if self.fault:
            raise self.fault
        return f"{key}-{self.reads}"


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def cache(source, clock):
    return Cache(source.read, keep=60, refresh_after=5, monotonic=clock.monotonic)


async def test_a_value_is_read_once_while_it_is_kept(cache, clock):
    assert await cache.get("a") == "a-1"
    clock.move(59)
    assert await cache.get("a") == "a-1"
    clock.move(1)
    assert await cache.get("a") == "a-2"


async def test_keys_do_not_share_values(cache):
    assert [await cache.get(key) for key in "aba"] == ["a-1", "b-2", "a-1"]


async def test_many_who_ask_at_a_time_cause_one_reading(cache, source):
    source.gate.clear()
    asking = [asyncio.create_task(cache.get("a")) for _ in range(10)]
    await asyncio.sleep(0)
    source.gate.set()
    assert await asyncio.gather(*asking) == ["a-1"] * 10


async def test_one_who_gives_up_does_not_take_the_value_from_the_others(cache, source):
    source.gate.clear()
    first, second = (asyncio.create_task(cache.get("a")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    source.gate.set()
    assert await second == "a-1"


async def test_a_failure_reaches_all_who_ask_and_is_kept_for_a_second(cache, source, clock):
    source.fault = OSError("gone")
    results = await asyncio.gather(*(cache.get("a") for _ in range(3)), return_exceptions=True)
    assert [str(error) for error in results] == ["gone"] * 3
    source.fault = None
    clock.move(0.9)
    with pytest.raises(OSError, match="gone"):
        await cache.get("a")
    clock.move(0.1)
    assert await cache.get("a") == "a-2"


async def test_a_failure_takes_the_place_of_a_value_that_is_no_longer_good(cache, source, clock):
    await cache.get("a")
    source.fault = OSError("gone")
    clock.move(60)
    for _ in range(3):
        with pytest.raises(OSError, match="gone"):
            await cache.get("a")
    assert source.reads == 2


async def test_a_value_is_refreshed_at_most_every_few_seconds(cache, clock):
    assert await cache.get("a") == "a-1"
    clock.move(4.9)
    assert await cache.refresh("a") == "a-1"
    clock.move(0.1)
    assert await cache.refresh("a") == "a-2"
    assert await cache.get("a") == "a-2"


async def test_a_refresh_that_fails_leaves_what_is_good_and_is_not_tried_at_once_again(cache, source, clock):
    await cache.get("a")
    clock.move(5)
    source.fault = OSError("gone")
    for _ in range(3):
        assert await cache.refresh("a") == await cache.get("a") == "a-1"
    assert source.reads == 2
    clock.move(55)
    with pytest.raises(OSError, match="gone"):
        await cache.refresh("a")


async def test_the_oldest_values_make_room(cache, monkeypatch):
    monkeypatch.setattr(module, "MAX_ENTRIES", 2)
    for key in "abc":
        await cache.get(key)
    assert await cache.get("b") == "b-2"
    assert await cache.get("a") == "a-4"
