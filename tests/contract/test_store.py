from __future__ import annotations

import shutil

import pytest

from corridor.store.memory import MemoryStore
from corridor.store.migrate import upgrade
from corridor.store.postgresql.database import database_at
from corridor.store.postgresql.store import PostgresStore
from corridor.store.sqlite import SqliteStore
from corridor.testing.store_suite import StoreSuite


@pytest.fixture(scope="session")
def empty(tmp_path_factory):
    """A migrated database, copied for each test: migrating one takes longer than a test."""
    path = tmp_path_factory.mktemp("store") / "node.db"
    upgrade(path)
    return path


class TestMemoryStore(StoreSuite):
    @pytest.fixture
    def store(self):
        return MemoryStore()


class TestSqliteStore(StoreSuite):
    @pytest.fixture
    async def store(self, tmp_path, empty):
        store = await SqliteStore.open(shutil.copy(empty, tmp_path / "node.db"))
        yield store
        await store.close()


class TestPostgresStore(StoreSuite):
    @pytest.fixture
    async def store(self, postgres_url):
        store = await PostgresStore.open(database_at(postgres_url, "test"))
        yield store
        await store.close()
