"""Opening the database file: who may read it, how SQLite keeps it, and that one node has it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Final

from corridor.base.errors import StorageError
from corridor.store.faults import storage_error, storage_errors

PATIENCE: Final = 5.0
"""Seconds to wait for another program that has the database locked."""


def connect(path: Path, patience: float = PATIENCE, *, query_only: bool = False) -> sqlite3.Connection:
    """A connection without transactions of its own making, in write-ahead mode, durable at every commit.

    It may be handed from one thread to another, never be used by two at once.

    Raises:
        StorageError: the file cannot be opened, is no database, or cannot have a write-ahead log where it is.
    """
    connection = look_into(path, patience)
    try:
        with storage_errors(path):
            _prepare(connection, path, query_only=query_only)
    except BaseException:
        connection.close()
        raise
    return connection


def look_into(path: Path, patience: float = PATIENCE) -> sqlite3.Connection:
    """A connection that has not changed anything yet: what is at `path` may be another program's.

    Raises:
        StorageError: the file cannot be opened.
    """
    with storage_errors(path):
        return sqlite3.connect(path, timeout=patience, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection, path: Path, *, query_only: bool) -> None:
    ((mode,),) = connection.execute("PRAGMA journal_mode = WAL").fetchall()
    if mode != "wal":
        raise StorageError(
            "the database cannot have a write-ahead log here",
            place=str(path),
            remedy="put it on a disk of this machine, not on a network share",
        )
    # FULL syncs the log at every commit: what was acknowledged survives a power cut (sqlite.org/pragma.html).
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA trusted_schema = OFF")
    if query_only:
        connection.execute("PRAGMA query_only = ON")


def claim(path: Path) -> sqlite3.Connection:
    """Take the database at `path` for this node alone, until the connection that is returned is closed.

    The lock is on a file of its own, so that backups and the `sqlite3` shell can still read the database. It is one of
    SQLite's, hence works wherever SQLite does, and goes when the process goes, however it goes.

    Raises:
        StorageError: another node has it, or the file cannot be made.
    """
    lock = path.with_name(path.name + ".lock")
    create_private(path)
    create_private(lock)
    connection = sqlite3.connect(lock, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error as error:
        connection.close()
        if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
            raise storage_error(lock, error) from error
        raise StorageError(
            "another node is running on this database",
            place=str(path),
            remedy="stop it, or give this node a folder of its own",
        ) from error
    return connection


def create_private(path: Path) -> None:
    """Make the file, readable and writable by its owner only, unless it exists.

    SQLite gives the files that it makes beside it the same permissions.

    Raises:
        StorageError: the folder is missing or may not be written.
    """
    with contextlib.suppress(FileExistsError):
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            raise
        except OSError as error:
            raise StorageError(
                f"the database cannot be made: {(error.strerror or 'no such place').lower()}",
                place=str(path),
                remedy="make its folder, and let this user write there",
            ) from error
