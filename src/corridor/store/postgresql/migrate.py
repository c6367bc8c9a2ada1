"""Brings a PostgreSQL database to the version of the schema that this Corridor writes, once for all replicas.

Alembic says the migrations as one text, which runs in one transaction; so it needs no second driver, and a migration
has to be one that can be said without reading the data.
"""

from __future__ import annotations

import asyncio
import io
from typing import Final

from corridor.base.errors import StorageError
from corridor.base.ids import printable
from corridor.store.migrate import VERSIONS
from corridor.store.postgresql.database import Connection, Database
from corridor.store.postgresql.faults import storage_errors

_LOCK: Final = 0x434F525244444C
"""Replicas that start together migrate one after another: the advisory lock `CORRDDL`."""


async def upgrade(connection: Connection, database: Database) -> bool:
    """Make the database current; an empty one gets every table. True if anything was done.

    Raises:
        StorageError: it is another program's, of a version that we do not know, or cannot be written.
    """
    if await version(connection, database) == VERSIONS[-1]:
        return False
    with storage_errors(database.shown):
        # Before the transaction begins: one that has begun may go on believing in the tables that it saw.
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        try:
            return await _migrate(connection, database)
        finally:
            if not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def _migrate(connection: Connection, database: Database) -> bool:
    async with connection.transaction():
        found = await version(connection, database)
        if found == VERSIONS[-1]:
            return False
        await connection.execute(await asyncio.to_thread(script_from, found))
    return True


async def version(connection: Connection, database: Database) -> str | None:
    """The version of the schema in the database, one of `VERSIONS`, or None if it has no tables of ours.

    Raises:
        StorageError: another program's tables are there, or the version is one that we do not know.
    """
    with storage_errors(database.shown):
        marked, ours = await connection.fetchrow("SELECT to_regclass('alembic_version'), to_regclass('log_nodes')")
        if marked is None and ours is None:
            return None
        if marked is None or ours is None:
            raise StorageError(
                "the database belongs to another program",
                place=database.shown,
                remedy="make a database for this node alone, and name it in the URL",
            )
        found = [row[0] for row in await connection.fetch("SELECT version_num FROM alembic_version")]
    if len(found) != 1 or found[0] not in VERSIONS:
        shown = printable(", ".join(found))
        raise StorageError(
            f"the database is of version `{shown}`, which this Corridor does not know (it knows up to {VERSIONS[-1]})",
            place=database.shown,
            remedy="install the release of Corridor that wrote it, or a later one",
        )
    return str(found[0])


def script_from(found: str | None, to: str = "head") -> str:
    """The statements that lead from the version `found`, or from nothing, to the version `to`."""
    from alembic import command  # noqa: PLC0415 - a current database does not pay for it
    from alembic.config import Config  # noqa: PLC0415 - as above

    from corridor.store.postgresql import dialect  # noqa: PLC0415 - as above

    dialect.register()
    text = io.StringIO()
    config = Config(output_buffer=text, attributes={"dialect": dialect.NAME})
    config.set_main_option("script_location", "corridor.store:migrations")
    config.set_main_option("path_separator", "os")
    command.upgrade(config, to if found is None else f"{found}:{to}", sql=True)
    return text.getvalue()
