from __future__ import annotations

from corridor.store.migrate import APPLICATION_ID
from corridor.store.migrations.versions import v0001_schema


def test_it_is_the_first():
    assert (v0001_schema.revision, v0001_schema.down_revision) == ("0001", None)


def test_it_only_goes_forward():
    assert not hasattr(v0001_schema, "downgrade")


def test_it_marks_the_file_as_ours(connection):
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


def test_it_creates_every_table(connection):
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert tables >= {
        *("negotiations", "agreements", "transfers", "datasets", "papers", "grants", "tasks", "used_tokens"),
        *("served", "usages", "counted", "receipts", "events", "log_nodes", "alembic_version"),
    }
