from __future__ import annotations

from corridor.store.migrations.versions import v0005_subscriptions


def test_it_only_goes_forward():
    assert v0005_subscriptions.revision == "0005"
    assert not hasattr(v0005_subscriptions, "downgrade")


def test_it_creates_its_tables_beside_the_others(connection):
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert tables >= {"subscriptions", "dead_letters", "events"}
