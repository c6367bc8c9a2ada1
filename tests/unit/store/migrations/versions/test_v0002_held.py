from __future__ import annotations

from corridor.store import statements
from corridor.store.migrations.versions import v0002_held


def test_it_follows_the_first():
    assert (v0002_held.revision, v0002_held.down_revision) == ("0002", "0001")


def test_what_waits_is_found_by_an_index(connection):
    for table in ("negotiations", "transfers"):
        query = getattr(statements, f"{table.upper()}_HELD")
        plan = connection.execute(f"EXPLAIN QUERY PLAN {query}", {"after": "", "limit": 1}).fetchall()
        assert [f"USING INDEX ix_{table}_held" in row[3] for row in plan] == [True]
