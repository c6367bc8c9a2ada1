from __future__ import annotations

import socket

import pytest

from corridor.base.errors import SettingsError, StorageError
from corridor.store.postgresql import database as module
from corridor.store.postgresql.database import check_server, connect, database_at


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@db.example:5433/corridor", "db.example:5433/corridor"),
        ("postgres://u:p@db.example/corridor?sslmode=verify-full", "db.example/corridor"),
        ("postgresql://u@/corridor?host=/run/postgresql", "/run/postgresql/corridor"),
        ("postgresql:///corridor", "local socket/corridor"),
        ("postgresql://u:p@[::1]:5432/corridor", "::1:5432/corridor"),
    ],
)
def test_a_database_is_shown_without_its_secrets(url, shown):
    found = database_at(url, "keys/database.url")
    assert (found.url, found.shown) == (url, shown)
    assert url not in repr(found)


@pytest.mark.parametrize(
    "url",
    ["", "corridor.db", "mysql://u:secret@h/n", "postgresql://u:secret@h", "postgresql://u:secret@h:port/n", "a b"],
)
def test_what_is_no_url_is_refused_without_being_repeated(url):
    with pytest.raises(SettingsError, match="not the URL of a PostgreSQL database") as refused:
        database_at(url, "keys/database.url")
    assert "secret" not in str(refused.value)
    assert refused.value.place == "keys/database.url"


async def test_a_server_that_is_not_there_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(StorageError, match="cannot be reached") as refused:
        await connect(database_at(f"postgresql://u:secret@127.0.0.1:{port}/n", "test"))
    assert refused.value.place == f"127.0.0.1:{port}/n"


async def test_a_wrong_password_is_said_and_not_shown(postgres):
    url = f"postgresql://postgres:secret@127.0.0.1:{postgres.port}/postgres"
    with pytest.raises(StorageError, match="refuses this user or its password") as refused:
        await connect(database_at(url, "test"))
    assert "secret" not in str(refused.value)


async def test_a_server_that_is_too_old_is_refused(connection, database, monkeypatch):
    await check_server(connection, database)
    monkeypatch.setattr(module, "OLDEST", 99)
    with pytest.raises(StorageError, match=r"the server is PostgreSQL \d+; use version 99 or later"):
        await check_server(connection, database)


async def test_a_database_that_cannot_hold_every_text_is_refused(postgres):
    postgres.say("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1'")
    database = database_at(postgres.url("latin"), "test")
    connection = await connect(database)
    try:
        with pytest.raises(StorageError, match="keeps text as LATIN1"):
            await check_server(connection, database)
    finally:
        await connection.close()
        postgres.drop(database.url)
