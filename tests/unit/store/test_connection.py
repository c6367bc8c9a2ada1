from __future__ import annotations

import sqlite3
import stat
from contextlib import closing

import pytest

from corridor.base.errors import StorageError
from corridor.store.connection import claim, connect, create_private, look_into


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_connection_syncs_every_commit_to_a_write_ahead_log(connection):
    pragmas = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}


def test_a_reading_connection_cannot_write(path):
    with closing(connect(path, query_only=True)) as reader, pytest.raises(sqlite3.OperationalError):
        reader.execute("DELETE FROM tasks")


def test_a_file_that_is_no_database_is_told_so(tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(StorageError, match=r"letter\.txt: the file is not a database"):
        connect(tmp_path / "letter.txt")


def test_a_missing_folder_is_told_so(tmp_path):
    with pytest.raises(StorageError, match="cannot be opened; make sure that its folder exists"):
        connect(tmp_path / "nowhere" / "node.db")


def test_looking_into_a_file_changes_nothing(foreign):
    before = foreign.read_bytes()
    with closing(look_into(foreign)) as connection:
        assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("songs",)]
    assert foreign.read_bytes() == before


def test_a_place_without_a_write_ahead_log_is_refused():
    # A database in memory is one that SQLite cannot give such a log.
    with pytest.raises(StorageError, match="cannot have a write-ahead log here; put it on a disk of this machine"):
        connect(":memory:")


def test_a_database_belongs_to_one_node_at_a_time(tmp_path):
    with (
        closing(claim(tmp_path / "node.db")),
        pytest.raises(StorageError, match=r"another node is running .*; stop it"),
    ):
        claim(tmp_path / "node.db")
    claim(tmp_path / "node.db").close()


def test_a_lock_file_that_is_no_lock_is_told_so(tmp_path):
    (tmp_path / "node.db.lock").write_text("no lock " * 100)
    with pytest.raises(StorageError, match=r"node\.db\.lock: the file is not a database"):
        claim(tmp_path / "node.db")


def test_only_the_owner_can_read_what_is_made(tmp_path):
    claim(tmp_path / "node.db").close()
    with closing(connect(tmp_path / "node.db")) as made:
        made.execute("CREATE TABLE t (x)")
        assert {mode(file) for file in tmp_path.iterdir()} == {0o600}
        assert len(list(tmp_path.iterdir())) == 4


def test_a_file_that_is_there_stays_as_it_is(tmp_path):
    (tmp_path / "a").write_text("content")
    create_private(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "content"


@pytest.mark.parametrize(("place", "words"), [("nowhere/node.db", "no such file"), ("x" * 300, "file name too long")])
def test_a_file_that_cannot_be_made_says_why(tmp_path, place, words):
    with pytest.raises(StorageError, match=f"cannot be made: {words}.*; make its folder"):
        create_private(tmp_path / place)
