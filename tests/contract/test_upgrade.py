"""A rolling upgrade: statements of earlier releases go on working on the schema of this one, on both databases.

`frozen/VERSION.json` is what the release of that schema says to its databases (tools/freeze_statements.py).
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from corridor.store.migrate import VERSIONS, upgrade
from corridor.store.postgresql import migrate as on_postgresql
from corridor.store.postgresql.database import connect, database_at

FROZEN = {path.stem: json.loads(path.read_text("utf-8")) for path in Path(__file__).parent.glob("frozen/*.json")}
SAMPLES = {
    "text": lambda seed: seed,
    "bigint": len,
    "boolean": lambda seed: False,
    "bytea": lambda seed: seed.encode(),
}
"""A value of each type, another for each seed."""


def values(statement, seed):
    return {name: SAMPLES[kind](seed) for name, kind in statement["parameters"]}


def run_all_in_sqlite(path, statements, seed):
    """Each statement once."""
    with closing(sqlite3.connect(path)) as database:
        for name, statement in statements.items():
            assert database.execute(statement["sqlite"], values(statement, seed)).fetchall() or name != "LOG_SIZE"
        database.commit()


def migrate_file(path, to):
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "corridor.store:migrations")
        config.set_main_option("path_separator", "os")
        command.upgrade(config, to)
    engine.dispose()


@pytest.mark.parametrize("version", sorted(FROZEN))
def test_an_earlier_release_works_on_this_schema_in_sqlite(tmp_path, version):
    path = tmp_path / "node.db"
    migrate_file(path, version)
    run_all_in_sqlite(path, FROZEN[version], "a")
    upgrade(path)
    run_all_in_sqlite(path, FROZEN[version], "bb")


async def run_all_in_postgresql(connection, statements, seed):
    for name, statement in statements.items():
        where = values(statement, seed).values()
        assert await connection.fetch(statement["postgresql"], *where) or name != "LOG_SIZE"


@pytest.mark.parametrize("version", sorted(FROZEN))
async def test_an_earlier_release_works_on_this_schema_in_postgresql(postgres, version):
    """On a connection that was there before the migration, as a process of the earlier release has it."""
    url = postgres.create()
    database = database_at(url, "test")
    older, newer = await connect(database), await connect(database)
    try:
        await older.execute(on_postgresql.script_from(None, version))
        await run_all_in_postgresql(older, FROZEN[version], "a")
        assert await on_postgresql.upgrade(newer, database) == (version != VERSIONS[-1])
        await run_all_in_postgresql(older, FROZEN[version], "bb")
    finally:
        await older.close()
        await newer.close()
        postgres.drop(url)


def test_the_first_release_is_among_them():
    assert VERSIONS[0] in FROZEN
