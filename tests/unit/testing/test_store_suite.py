"""The suite for stores bites: a store that is wrong in one way fails it."""

import inspect
from dataclasses import replace

import pytest

from corridor.base.errors import StaleError
from corridor.service.ports import Changes
from corridor.service.records import Usage
from corridor.store.memory import MemoryStore
from corridor.testing.store_suite import StoreSuite


class Forgetful(MemoryStore):
    async def commit(self, changes):
        await super().commit(replace(changes, tasks_done=()))


class Trusting(MemoryStore):
    """Does not hold a commit to the counters that it was decided with."""

    async def commit(self, changes):
        await super().commit(replace(changes, guards=()))


class Silent(MemoryStore):
    """Says nothing when another writer came first."""

    async def commit(self, changes):
        try:
            await super().commit(changes)
        except StaleError:
            return


class Piecemeal(MemoryStore):
    """Applies what it can of a commit that it refuses."""

    async def commit(self, changes):
        await super().commit(Changes(events=changes.events))
        await super().commit(replace(changes, events=()))


class Disordered(MemoryStore):
    async def tasks(self, *, limit=1000):
        return tuple(reversed(await super().tasks(limit=limit)))


class Unmetered(MemoryStore):
    async def usage(self, *, agreement=None, transfer=None):
        return Usage()


class Lenient(MemoryStore):
    """Takes a single-use token twice."""

    async def use_token(self, token, now):
        await super().use_token(token, now)
        return True


class Endless(MemoryStore):
    """Gives the first page for ever."""

    async def negotiations(self, *, after="", limit=100):
        return await super().negotiations(limit=limit)


BROKEN = [Forgetful, Trusting, Silent, Piecemeal, Disordered, Unmetered, Lenient, Endless]


def cases():
    """Each test of the suite that needs no parameter but the store."""
    for name, function in inspect.getmembers(StoreSuite, inspect.iscoroutinefunction):
        if name.startswith("test_") and list(inspect.signature(function).parameters) == ["self", "store"]:
            yield function


async def failures(store_type):
    found = []
    for case in cases():
        try:
            await case(StoreSuite(), store_type())
        except (AssertionError, StaleError, LookupError) as error:
            found.append((case.__name__, error))
    return found


async def test_a_sound_store_fails_nothing():
    assert len(list(cases())) > 20
    assert await failures(MemoryStore) == []


@pytest.mark.parametrize("store_type", BROKEN)
async def test_a_store_that_is_wrong_in_one_way_fails(store_type):
    assert await failures(store_type) != []
