from __future__ import annotations

import pytest

from corridor.base.errors import StorageError
from corridor.service.ports import Changes
from corridor.store.migrate import VERSIONS
from corridor.store.postgresql.inspection import Inspection, inspect
from corridor.testing import store_samples as a


async def test_an_empty_database_has_no_schema(empty):
    found = await inspect(empty, VERSIONS[-1])
    assert found == Inspection(found.server, None)
    assert int(found.server.partition(".")[0]) >= 15


async def test_a_database_in_use_is_looked_into(store, database):
    await store.commit(Changes(tasks=(a.task(),), events=(a.negotiation_event(),)))
    found = await inspect(database, VERSIONS[-1])
    assert (found.schema, found.replicas, found.tasks, found.log_size) == (VERSIONS[-1], 1, (a.task(),), 1)


async def test_an_earlier_schema_is_named_and_left_alone(database, connection):
    await connection.execute("UPDATE alembic_version SET version_num = $1", VERSIONS[0])
    assert (await inspect(database, VERSIONS[-1])).schema == VERSIONS[0]


async def test_a_later_schema_is_refused(database, connection):
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match="does not know"):
        await inspect(database, VERSIONS[-1])
