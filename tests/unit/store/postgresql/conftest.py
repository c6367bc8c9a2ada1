"""What the tests of the PostgreSQL store share."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from corridor.store.postgresql.database import connect, database_at
from corridor.store.postgresql.store import PostgresStore

PATIENCE = 20


@pytest.fixture
def database(postgres_url):
    """A migrated database of this test's own."""
    return database_at(postgres_url, "test")


@pytest.fixture
async def connection(database):
    opened = await connect(database)
    yield opened
    await opened.close()


@pytest.fixture
async def store(database):
    opened = await PostgresStore.open(database)
    yield opened
    await opened.close()


@pytest.fixture
def empty(postgres):
    """A database without tables."""
    url = postgres.create()
    yield database_at(url, "test")
    postgres.drop(url)


@pytest.fixture
def until():
    """Wait until something holds, however long other work on this machine takes."""

    async def wait(holds):
        async with asyncio.timeout(PATIENCE):
            while not holds():  # noqa: ASYNC110 - what is waited for is another process's doing, without an event
                await asyncio.sleep(0.01)

    return wait


@pytest.fixture
def replicas(database):
    """Open any number of replicas on one database; each gives its store and what it was told."""

    @contextlib.asynccontextmanager
    async def opened(number):
        async with contextlib.AsyncExitStack() as stack:
            found = []
            for _ in range(number):
                told = []
                store = await PostgresStore.open(database, told.append)
                stack.push_async_callback(store.close)
                found.append((store, told))
            yield found

    return opened
