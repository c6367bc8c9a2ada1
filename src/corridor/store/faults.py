"""What goes wrong in SQLite, in words that help: every failure becomes a `StorageError` with its file and a remedy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from corridor.base.errors import StorageError

_LOCKED: Final = ("the database is locked by another program", "close whatever else has it open and try again")

# Primary result codes (sqlite.org/rescode.html); extended codes hold them in their lowest byte.
_WORDS: Final[Mapping[int, tuple[str, str]]] = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_FULL: ("the disk is full; nothing was changed", "free some space on it and try again"),
    sqlite3.SQLITE_READONLY: (
        "the database is read-only",
        "let this user write the file and the folder that it is in",
    ),
    sqlite3.SQLITE_PERM: ("the database may not be opened", "let this user read and write the file"),
    sqlite3.SQLITE_CANTOPEN: (
        "the database cannot be opened",
        "make sure that its folder exists and that this user can write there",
    ),
    sqlite3.SQLITE_IOERR: ("the disk cannot be read or written", "check the disk and the space left on it"),
    sqlite3.SQLITE_CORRUPT: ("the database is damaged", "restore the file from a backup"),
    sqlite3.SQLITE_NOTADB: ("the file is not a database", "name another file in the settings"),
}


def storage_error(path: Path, error: sqlite3.Error) -> StorageError:
    """The sentence for a failure of SQLite on the database at `path`."""
    # The binding itself raises without a code, for instance on a closed connection.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    message, remedy = _WORDS.get(code, (f"the database fails: {error}", "see the log of this node"))
    return StorageError(message, place=str(path), remedy=remedy)


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turns failures of SQLite within the block into `StorageError`.

    Raises:
        StorageError: SQLite failed.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise storage_error(path, error) from error
