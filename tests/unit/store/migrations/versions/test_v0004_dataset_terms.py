from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool

from corridor.store import migrate
from corridor.store.connection import connect
from corridor.store.migrations.versions import v0004_dataset_terms
from corridor.store.rows import dataset_row
from corridor.store.sqlite import SqliteStore
from corridor.testing import store_samples as a

INSERT = (
    "INSERT INTO datasets (id, version, published, withdrawn, body) "
    "VALUES (:id, :version, :published, :withdrawn, :body)"
)


def test_it_only_goes_forward():
    assert v0004_dataset_terms.revision == "0004"
    assert not hasattr(v0004_dataset_terms, "downgrade")


@pytest.fixture
def before(tmp_path):
    """Makes a database as the version before had it, with the given datasets."""

    def make(*records):
        path = tmp_path / "node.db"
        with closing(connect(path)) as connection:
            migrate_to(connection, v0004_dataset_terms.down_revision)
            connection.executemany(INSERT, [dataset_row(record) for record in records])
        return path

    return make


def migrate_to(connection, version):
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
    with engine.begin() as bound:
        config = Config(attributes={"connection": bound})
        config.set_main_option("script_location", "corridor.store:migrations")
        config.set_main_option("path_separator", "os")
        command.upgrade(config, version)


async def test_what_was_published_before_is_found_afterwards(before, monkeypatch):
    monkeypatch.setattr(v0004_dataset_terms, "_BATCH", 2)
    path = before(*(a.dataset(f"urn:d:{n}") for n in range(5)), a.dataset("urn:d:gone", withdrawn=a.NOW))
    store = await SqliteStore.open(path)
    found = await store.on_offer(("keyword:trade",))
    await store.close()
    assert [record.id for record in found.datasets] == [f"urn:d:{n}" for n in range(5)]


def test_an_empty_database_stays_empty(before):
    path = before()
    assert migrate.upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM dataset_terms").fetchone() == (0,)
