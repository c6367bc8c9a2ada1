from __future__ import annotations

import pytest

from corridor.base.errors import StorageError
from corridor.service.ports import Changes
from corridor.store.migrate import VERSIONS
from corridor.store.postgresql.inspection import Inspection, inspect, reading
from corridor.store.postgresql.store import PostgresStore
from corridor.store.walk import Walk, walk
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


async def test_what_is_kept_can_be_read_beside_whoever_runs_on_it(store, database):
    await store.commit(Changes(datasets=(a.dataset("d-1"), a.dataset("d-2"))))
    async with reading(database) as read:
        found = await walk(read, Walk((), "", backwards=False, limit=1, look_at=1))
        assert ([one.id for one in found.datasets], found.at) == (["d-1"], "d-1")


async def test_what_cannot_be_read_is_a_fault_of_the_storage(database, connection):
    await connection.execute("DROP TABLE datasets CASCADE")
    async with reading(database) as read:
        with pytest.raises(StorageError):
            await walk(read, Walk((), "", backwards=False, limit=1, look_at=1))
