from __future__ import annotations

import re

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from corridor.store import schema


def definitions(engine):
    """Every table and index by what it says, whatever the order: a column that a later migration adds comes last."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
        texts = {name: " ".join(sql.split()) for name, sql in rows if name != "alembic_version"}
    return {name: sorted(re.split(r", |\(| ?\)", text)) for name, text in texts.items()}


def test_the_migrations_lead_to_exactly_this_schema(migrated):
    fresh, after = create_engine("sqlite://"), create_engine(f"sqlite:///{migrated}")
    schema.metadata.create_all(fresh)
    assert definitions(after) == definitions(fresh)
    with after.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    fresh.dispose()
    after.dispose()


@pytest.mark.parametrize("query", ["SELECT body FROM papers WHERE number = 1", "SELECT id FROM tasks WHERE number = 1"])
def test_the_number_of_a_row_is_its_row_id(connection, query):
    assert "INTEGER PRIMARY KEY" in connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchone()[3]


def test_the_same_tables_can_be_made_in_postgresql():
    texts = [str(CreateTable(table).compile(dialect=postgresql.dialect())) for table in schema.metadata.sorted_tables]
    assert len(texts) == len(schema.metadata.tables)
    assert "number BIGSERIAL" in next(text for text in texts if "CREATE TABLE tasks" in text)
