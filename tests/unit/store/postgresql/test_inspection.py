from __future__ import annotations

import pytest

from corridor.base.errors import StorageError
from corridor.service.ports import Changes
from corridor.store.migrate import VERSIONS
from corridor.store.postgresql.inspection import Inspection, inspect
from corridor.store.postgresql.store import PostgresStore
from corridor.testing import store_samples as a


async def test_an_empty_database_has_no_schema(empty):
    found = await inspect(empty, VERSIONS[-1])
    assert found == Inspection(found.server, None)
    assert int(found.server.partition(".")[0]) >= 15


async def test_a_database_in_use_is_looked_into(store, database):
    await store.commit(Changes(tasks=(a.task(),), events=(a.negotiation_event(),)))
    found = await inspect(database, VERSIONS[-1])
    assert (found.schema, found.replicas, found.tasks, found.log_size) == (VERSIONS[-1], 1, (a.task(),), 1)
    assert found.owner is None


async def test_the_owner_of_a_database_is_named(database):
    store = await PostgresStore.open(database, owner="did:web:north.example")
    await store.close()
    assert (await inspect(database, VERSIONS[-1])).owner == "did:web:north.example"


async def test_an_earlier_schema_is_named_and_left_alone(database, connection):
    await connection.execute("UPDATE alembic_version SET version_num = $1", VERSIONS[0])
    assert (await inspect(database, VERSIONS[-1])).schema == VERSIONS[0]


async def test_a_later_schema_is_refused(database, connection):
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match="does not know"):
        await inspect(database, VERSIONS[-1])
