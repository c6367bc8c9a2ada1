"""Which store the settings ask for, and what it needs: a file of SQLite, or a database of PostgreSQL.

The driver of PostgreSQL is imported only where there is such a database: a node with a file starts without it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias, Union

from corridor.app.settings import LoadedSettings
from corridor.base.errors import SettingsError
from corridor.base.ids import ParticipantId
from corridor.service.ports import Changes, Leases, Store
from corridor.store.sqlite import SqliteStore
from corridor.trust.files import read_private

if TYPE_CHECKING:
    from corridor.store.postgresql.database import Database
    from corridor.store.postgresql.store import PostgresStore

AnyStore: TypeAlias = Union[SqliteStore, "PostgresStore"]


def database_of(loaded: LoadedSettings) -> Database | None:
    """The PostgreSQL database that the settings name, or None if state is kept in a file.

    Raises:
        SettingsError: the file with its URL is missing, open to others, or holds no such URL.
    """
    name = loaded.settings.database.url_file
    if not name:
        return None
    from corridor.store.postgresql.database import database_at  # noqa: PLC0415 - 0.05 s that a file does not pay

    path = loaded.path(name)
    try:
        text = read_private(path, "database URL").decode("utf-8").strip()
    except UnicodeDecodeError:
        raise SettingsError("the database URL is not UTF-8", place=str(path), remedy="percent-encode it") from None
    except SettingsError as error:
        if not path.exists():
            error.remedy = "write the URL there: (umask 077; cat > FILE)"
        raise
    return database_at(text, str(path))


async def open_store(
    loaded: LoadedSettings, on_commit: Callable[[Changes], None], file_store: type[SqliteStore] = SqliteStore
) -> AnyStore:
    """The node's store, current and open.

    Args:
        loaded: says where it is.
        on_commit: is shown every durable commit.
        file_store: what opens a file; crash tests put one in its place that fails on purpose.

    Raises:
        SettingsError: as `database_of`, or the database is another participant's.
        StorageError: the database is locked, damaged, out of reach, or of another version.
    """
    database = database_of(loaded)
    if database is None:
        return await file_store.open(loaded.path(loaded.settings.files.database), on_commit)
    from corridor.store.postgresql.store import PostgresStore  # noqa: PLC0415 - as in `database_of`

    connections, owner = loaded.settings.database.connections, loaded.settings.node.id
    return await PostgresStore.open(database, on_commit, connections=connections, owner=ParticipantId(owner))


def leases_of(store: Store) -> Leases | None:
    """How the store's tasks are shared out; None where this process has it for itself."""
    return replicated(store)


def replicated(store: Store) -> PostgresStore | None:
    """The store as one that several processes share; None where this process has it for itself."""
    if isinstance(store, SqliteStore):
        return None
    from corridor.store.postgresql.store import PostgresStore  # noqa: PLC0415 - as in `database_of`

    return store if isinstance(store, PostgresStore) else None
