"""The suite for walks bites: a store that looks in a wrong way fails it."""

import inspect

import pytest

from corridor.base.errors import StaleError
from corridor.store.memory import MemoryStore
from corridor.testing.on_offer_suite import OnOfferSuite, walked


class Indiscriminate(MemoryStore):
    """Finds every dataset, whatever is looked for."""

    async def on_offer(self, terms=(), **bounds):
        return await super().on_offer((), **bounds)


class Unbounded(MemoryStore):
    """Looks at the whole index."""

    async def on_offer(self, terms=(), **bounds):
        return await super().on_offer(terms, **{**bounds, "look_at": 1_000_000})


class OneWay(MemoryStore):
    """Walks forwards only."""

    async def on_offer(self, terms=(), *, backwards=False, **bounds):
        return await super().on_offer(terms, **bounds)


async def failures(store_type):
    found = []
    for name, case in inspect.getmembers(OnOfferSuite, inspect.iscoroutinefunction):
        try:
            await case(OnOfferSuite(), store_type())
        except (AssertionError, StaleError):
            found.append(name)
    return found


async def test_a_sound_store_fails_nothing():
    assert await failures(MemoryStore) == []
    assert await walked(MemoryStore()) == []


@pytest.mark.parametrize("store_type", [Indiscriminate, Unbounded, OneWay])
async def test_a_store_that_looks_in_a_wrong_way_fails(store_type):
    assert await failures(store_type) != []
