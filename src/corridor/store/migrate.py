"""Brings a database to the version of the schema that this Corridor writes; versions only go forward.

Alembic and SQLAlchemy are imported only where there is something to do: a database that is current opens without them.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from corridor.base.errors import StorageError
from corridor.base.ids import printable
from corridor.store.connection import PATIENCE, connect, look_into
from corridor.store.faults import storage_error, storage_errors

if TYPE_CHECKING:
    from sqlalchemy import Connection

APPLICATION_ID: Final = 0x434F5252
"""`CORR`: what SQLite's `application_id` says in a database of ours."""

VERSIONS: Final = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Every version of the schema, oldest first; one migration leads to each."""


def upgrade(path: Path, patience: float = PATIENCE) -> bool:
    """Make the database at `path` current; a new or empty file becomes a database. True if anything was done.

    All of it happens in one transaction.

    Raises:
        StorageError: the file is not a database of ours, is of a version that we do not know, or cannot be written.
    """
    with closing(look_into(path, patience)) as connection:
        if version(connection, path) == VERSIONS[-1]:
            return False
    with closing(connect(path, patience)) as connection:
        _run_migrations(connection, path)
    return True


def version(connection: sqlite3.Connection, path: Path) -> str | None:
    """The version of the schema in the database, one of `VERSIONS`, or None if it is empty.

    Raises:
        StorageError: it is not a database of ours, or of a version that we do not know.
    """
    with storage_errors(path):
        ((application,),) = connection.execute("PRAGMA application_id").fetchall()
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        if not tables and not application:
            return None
        if application != APPLICATION_ID or "alembic_version" not in tables:
            raise StorageError(
                "the database belongs to another program", place=str(path), remedy="name another file in the settings"
            )
        found = [str(name) for (name,) in connection.execute("SELECT version_num FROM alembic_version")]
    if len(found) != 1 or found[0] not in VERSIONS:
        raise _unknown(", ".join(found), path)
    return found[0]


def _unknown(found: str, path: Path) -> StorageError:
    return StorageError(
        f"the database is of version `{printable(found)}`, which this Corridor does not know (it knows up to "
        f"{VERSIONS[-1]})",
        place=str(path),
        remedy="install the release of Corridor that wrote it, or a later one",
    )


def _run_migrations(connection: sqlite3.Connection, path: Path) -> None:
    from sqlalchemy import create_engine, event, exc  # noqa: PLC0415 - 0.3 s that a current database does not pay
    from sqlalchemy.pool import StaticPool  # noqa: PLC0415 - as above

    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    # The driver begins no transactions here (`isolation_level=None`), so SQLAlchemy's begin has to say it.
    event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as bound:
            _upgrade_to_head(bound)
    except exc.DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise storage_error(path, error.orig) from error
        raise
    finally:
        engine.dispose()


def _upgrade_to_head(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - as in `_run_migrations`
    from alembic.config import Config  # noqa: PLC0415 - as in `_run_migrations`

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "corridor.store:migrations")
    config.set_main_option("path_separator", "os")
    command.upgrade(config, "head")
