from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing

import pytest

from corridor.store.connection import connect
from corridor.store.migrate import upgrade
from corridor.store.sqlite import SqliteStore


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """A database without rows, copied for each test: migrating one takes longer than a test."""
    path = tmp_path_factory.mktemp("store") / "node.db"
    upgrade(path)
    return path


@pytest.fixture
def path(tmp_path, migrated):
    """A database of this test's own."""
    return shutil.copy(migrated, tmp_path / "node.db")


@pytest.fixture
def connection(path):
    with closing(connect(path)) as opened:
        yield opened


@pytest.fixture
async def store(path):
    opened = await SqliteStore.open(path)
    yield opened
    await opened.close()


@pytest.fixture
def foreign(tmp_path):
    """A database of another program."""
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as other:
        other.execute("CREATE TABLE songs (title TEXT)")
    return tmp_path / "foreign.db"
