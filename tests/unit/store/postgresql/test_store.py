"""What the suite of the port does not see; the suite itself runs in tests/contract."""

from __future__ import annotations

import pytest

from corridor.base.errors import StorageError
from corridor.service.ports import Changes
from corridor.store.migrate import VERSIONS
from corridor.store.postgresql.database import database_at
from corridor.store.postgresql.store import PostgresStore
from corridor.testing import store_samples as a


async def test_an_empty_database_is_made_ready(empty):
    store = await PostgresStore.open(empty)
    await store.commit(Changes((a.negotiation(),)))
    await store.close()
    again = await PostgresStore.open(empty)
    assert await again.negotiation(a.negotiation().negotiation.own_pid) is not None
    await again.close()


async def test_a_commit_is_told_once_it_is_durable(database):
    told = []
    store = await PostgresStore.open(database, told.append)
    changes = Changes((a.negotiation(),))
    await store.commit(changes)
    await store.close()
    assert told == [changes]


async def test_a_database_of_a_later_release_is_not_opened(database, connection):
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match=rf"version `9999`.*knows up to {VERSIONS[-1]}"):
        await PostgresStore.open(database)


async def test_a_server_that_is_gone_is_a_storage_error(postgres):
    url = postgres.create()
    store = await PostgresStore.open(database_at(url, "test"))
    postgres.drop(url)
    with pytest.raises(StorageError):
        await store.log_size()
    with pytest.raises(StorageError):
        await store.commit(Changes())
    await store.close()
