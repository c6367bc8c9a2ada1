from __future__ import annotations

from contextlib import closing

from corridor.service.ports import Changes
from corridor.store.connection import connect
from corridor.store.migrations.versions import v0005_subscriptions
from corridor.store.sqlite import SqliteStore
from corridor.testing import store_samples as a


def test_it_only_goes_forward():
    assert v0005_subscriptions.revision == "0005"
    assert not hasattr(v0005_subscriptions, "downgrade")


def test_it_creates_its_tables_beside_the_others(connection):
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert tables >= {"subscriptions", "dead_letters", "events"}


async def test_a_database_of_the_version_before_keeps_what_it_holds(path):
    store = await SqliteStore.open(path)
    await store.commit(Changes(papers=(a.paper(),), events=(a.transfer_event(),)))
    await store.close()
    with closing(connect(path)) as before:
        for table in ("subscriptions", "dead_letters", "owner"):
            before.execute(f"DROP TABLE {table}")
        before.execute("UPDATE alembic_version SET version_num = '0004'")
    store = await SqliteStore.open(path)
    assert [paper.id for paper in await store.papers()] == [a.paper().id]
    assert await store.log_size() == 1
    await store.commit(Changes(subscriptions=(a.subscription(),)))
    assert await store.subscriptions() == (a.subscription(version=1),)
    await store.close()
