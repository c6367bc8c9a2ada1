from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from corridor.base.errors import StorageError
from corridor.store.connection import connect
from corridor.store.migrate import VERSIONS, upgrade, version


def test_a_new_file_becomes_a_database_of_the_last_version(tmp_path):
    assert upgrade(tmp_path / "node.db")
    with closing(connect(tmp_path / "node.db")) as made:
        assert version(made, tmp_path / "node.db") == VERSIONS[-1]


def test_a_current_database_is_left_alone(path):
    before = path.read_bytes()
    assert not upgrade(path)
    assert path.read_bytes() == before


def test_a_current_database_needs_no_alembic(path):
    code = (
        "import sys; from pathlib import Path; from corridor.store.migrate import upgrade; upgrade(Path(sys.argv[1]));"
        "import corridor.store.sqlite; print({'alembic', 'sqlalchemy'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


@pytest.mark.parametrize("found", ["0999", "", "9" * 10_000, "\x1b[2J", "x'; DROP TABLE events"])
def test_an_unknown_version_is_refused_in_one_sentence(path, found):
    with closing(connect(path)) as other:
        other.execute("UPDATE alembic_version SET version_num = ?", (found,))
    with pytest.raises(StorageError) as caught:
        upgrade(path)
    assert f"which this Corridor does not know (it knows up to {VERSIONS[-1]})" in caught.value.message
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 200
    assert caught.value.remedy == "install the release of Corridor that wrote it, or a later one"


@pytest.mark.parametrize(
    "wound",
    [
        "DELETE FROM alembic_version",
        "INSERT INTO alembic_version VALUES ('other')",
    ],
)
def test_a_database_without_one_version_is_refused(path, wound):
    with closing(connect(path)) as other:
        other.execute(wound)
    with pytest.raises(StorageError, match="does not know"):
        upgrade(path)


def test_a_database_of_another_program_is_refused_and_left_as_it_is(foreign):
    before = foreign.read_bytes()
    with pytest.raises(StorageError, match="belongs to another program; name another file"):
        upgrade(foreign)
    assert foreign.read_bytes() == before


@pytest.mark.parametrize("wound", ["PRAGMA application_id = 7", "DROP TABLE alembic_version"])
def test_a_database_that_only_looks_like_ours_is_refused(path, wound):
    with closing(connect(path)) as other:
        other.execute(wound)
    with pytest.raises(StorageError, match="belongs to another program"):
        upgrade(path)


def test_a_locked_database_is_told_so(tmp_path):
    with closing(connect(tmp_path / "node.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="locked by another program"):
            upgrade(tmp_path / "node.db", patience=0.01)


def test_a_migration_that_fails_leaves_nothing(tmp_path):
    path = tmp_path / "node.db"
    with closing(connect(path)) as other:
        other.execute("PRAGMA user_version = 1")

    def refuse(action, name, *_):
        return (
            sqlite3.SQLITE_DENY if (action, name) == (sqlite3.SQLITE_CREATE_TABLE, "log_nodes") else sqlite3.SQLITE_OK
        )

    from corridor.store import migrate  # noqa: PLC0415 - only this test looks inside

    with closing(connect(path)) as refused:
        refused.set_authorizer(refuse)
        with pytest.raises(StorageError, match="not authorized"):
            migrate._run_migrations(refused, path)
    with closing(connect(path)) as other:
        assert version(other, path) is None
    assert upgrade(path)
