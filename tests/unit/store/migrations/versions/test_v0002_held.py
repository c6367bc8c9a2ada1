from __future__ import annotations

from corridor.store.migrations.versions import v0002_held


def test_it_follows_the_first():
    assert (v0002_held.revision, v0002_held.down_revision) == ("0002", "0001")


def test_what_waits_is_found_by_an_index(connection):
    for table in ("negotiations", "transfers"):
        query = f"SELECT body FROM {table} WHERE id > '' AND held IS NOT NULL ORDER BY id"
        plan = connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
        assert [f"USING INDEX ix_{table}_held" in row[3] for row in plan] == [True]
