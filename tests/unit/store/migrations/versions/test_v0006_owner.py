from __future__ import annotations

from contextlib import closing

from corridor.service.ports import Changes
from corridor.store.connection import connect
from corridor.store.migrations.versions import v0006_owner
from corridor.store.sqlite import SqliteStore
from corridor.testing import store_samples as a


def test_it_only_goes_forward():
    assert v0006_owner.revision == "0006"
    assert not hasattr(v0006_owner, "downgrade")


async def test_a_database_of_the_version_before_keeps_what_it_holds_and_belongs_to_nobody_yet(path):
    store = await SqliteStore.open(path)
    await store.commit(Changes(papers=(a.paper(),), events=(a.transfer_event(),)))
    await store.close()
    with closing(connect(path)) as before:
        before.execute("DROP TABLE owner")
        before.execute("UPDATE alembic_version SET version_num = '0005'")
    store = await SqliteStore.open(path)
    assert [paper.id for paper in await store.papers()] == [a.paper().id]
    await store.close()
    with closing(connect(path)) as after:
        assert after.execute("SELECT one, participant FROM owner").fetchall() == []
