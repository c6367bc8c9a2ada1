"""Which PostgreSQL database is ours, and connections to it; its URL is a secret, since a password may stand in it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import asyncpg

from corridor.base.errors import SettingsError, StorageError
from corridor.store.postgresql.faults import storage_errors

PATIENCE: Final = 5.0
"""Seconds for a connection to come about."""
LONGEST: Final = 10.0
"""Seconds that one statement may take."""
OLDEST: Final = 15
"""The first major version of PostgreSQL that is known to do."""

Connection = Any
"""A connection of asyncpg, which has no types of its own."""

_SCHEMES: Final = frozenset({"postgresql", "postgres"})


@dataclass(frozen=True, slots=True)
class Database:
    """An address of a database.

    Attributes:
        url: as libpq reads it, `postgresql://USER:PASSWORD@HOST:PORT/NAME?sslmode=…`; a secret.
        shown: host, port and name, for people.
    """

    url: str = field(repr=False)
    shown: str


def database_at(url: str, place: str) -> Database:
    """The database that `url` names.

    Raises:
        SettingsError: with `place`, if it is no URL of a PostgreSQL database; never repeats the URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    name = parts.path.lstrip("/")
    if parts.scheme not in _SCHEMES or not name or not url.isprintable() or " " in url:
        raise SettingsError(
            "this is not the URL of a PostgreSQL database",
            place=place,
            remedy="write it as postgresql://USER:PASSWORD@HOST/NAME, with special characters percent-encoded",
        )
    host = parts.hostname or _host_in(parts.query) or "local socket"
    return Database(url, f"{host}{'' if port is None else f':{port}'}/{name}")


def _host_in(query: str) -> str | None:
    found = re.search(r"(?:^|&)host=([^&]+)", query)
    return found[1] if found else None


async def connect(database: Database) -> Connection:
    """A connection.

    Raises:
        StorageError: it cannot be had; says why, without the password.
    """
    with storage_errors(database.shown):
        return await asyncpg.connect(
            database.url,
            timeout=PATIENCE,
            command_timeout=LONGEST,
            server_settings={"application_name": "corridor", "idle_in_transaction_session_timeout": "30000"},
        )


async def check_server(connection: Connection, database: Database) -> None:
    """See that the server is one that we can write to.

    Raises:
        StorageError: it is too old, a standby, or has another encoding.
    """
    with storage_errors(database.shown):
        standby, encoding = await connection.fetchrow("SELECT pg_is_in_recovery(), current_setting('server_encoding')")
    found = connection.get_server_version()
    if found.major < OLDEST:
        raise StorageError(
            f"the server is PostgreSQL {found.major}", place=database.shown, remedy=f"use version {OLDEST} or later"
        )
    if standby:
        raise StorageError(
            "the server is a standby, which cannot be written to",
            place=database.shown,
            remedy="name the primary in the URL, or add target_session_attrs=primary to it",
        )
    if encoding != "UTF8":
        raise StorageError(
            f"the database keeps text as {encoding}", place=database.shown, remedy="make it with ENCODING 'UTF8'"
        )
