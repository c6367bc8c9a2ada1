from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from corridor.base.errors import StorageError
from corridor.store.faults import storage_error, storage_errors

PLACE = Path("/var/node.db")


def failure(code):
    error = sqlite3.OperationalError("no luck")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_BUSY, "locked by another program"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "locked by another program"),
        (sqlite3.SQLITE_LOCKED, "locked by another program"),
        (sqlite3.SQLITE_FULL, "disk is full; nothing was changed; free some space"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "read-only"),
        (sqlite3.SQLITE_PERM, "may not be opened"),
        (sqlite3.SQLITE_CANTOPEN, "cannot be opened"),
        (sqlite3.SQLITE_IOERR_FSYNC, "disk cannot be read or written"),
        (sqlite3.SQLITE_CORRUPT, "is damaged; restore"),
        (sqlite3.SQLITE_NOTADB, "not a database"),
        (sqlite3.SQLITE_TOOBIG, "the database fails: no luck"),
    ],
)
def test_every_failure_says_where_and_what_to_do(code, words):
    error = storage_error(PLACE, failure(code))
    assert words in str(error)
    assert str(error).startswith("/var/node.db: ")
    assert error.remedy


def test_a_failure_without_a_code_is_told_as_it_is():
    closed = sqlite3.connect(":memory:")
    closed.close()
    with pytest.raises(StorageError, match="closed database"), storage_errors(PLACE):
        closed.execute("SELECT 1")


def test_a_read_only_database_is_told_so(path):
    reading = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    with closing(reading), pytest.raises(StorageError, match="read-only; let this user write"), storage_errors(path):
        reading.execute("DELETE FROM tasks")


def test_other_errors_pass():
    with pytest.raises(KeyError), storage_errors(PLACE):
        raise KeyError
