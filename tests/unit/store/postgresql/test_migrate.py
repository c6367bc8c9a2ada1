from __future__ import annotations

import asyncio

import pytest

from corridor.base.errors import StorageError
from corridor.store import schema
from corridor.store.migrate import VERSIONS
from corridor.store.postgresql.database import connect
from corridor.store.postgresql.migrate import script_from, upgrade, version


@pytest.fixture
async def blank(empty):
    opened = await connect(empty)
    yield opened
    await opened.close()


async def test_an_empty_database_gets_every_table(blank, empty):
    assert await version(blank, empty) is None
    assert await upgrade(blank, empty)
    assert await version(blank, empty) == VERSIONS[-1]
    assert not await upgrade(blank, empty)


async def test_the_tables_are_those_of_the_schema(connection):
    rows = await connection.fetch(
        "SELECT table_name, column_name, is_nullable FROM information_schema.columns "
        "WHERE table_schema = current_schema() AND table_name <> 'alembic_version'"
    )
    expected = {
        (table.name, column.name, "YES" if column.nullable else "NO")
        for table in schema.metadata.sorted_tables
        for column in table.columns
    }
    assert {tuple(row) for row in rows} == expected
    found = {row[0] for row in await connection.fetch("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")}
    indexes = {index.name for table in schema.metadata.sorted_tables for index in table.indexes}
    assert found == {*indexes, *(f"pk_{table.name}" for table in schema.metadata.sorted_tables), "alembic_version_pkc"}


async def test_all_text_sorts_by_code_point(connection):
    rows = await connection.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() "
        "AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
    )
    assert rows == []


async def test_replicas_that_start_together_migrate_once(empty):
    async def start():
        connection = await connect(empty)
        try:
            return await upgrade(connection, empty)
        finally:
            await connection.close()

    assert sorted(await asyncio.gather(*(start() for _ in range(4)))) == [False, False, False, True]


async def test_every_earlier_version_is_brought_to_the_last(blank, empty):
    await blank.execute(script_from(None, VERSIONS[0]))
    assert await version(blank, empty) == VERSIONS[0]
    assert await upgrade(blank, empty)
    assert await version(blank, empty) == VERSIONS[-1]


@pytest.mark.parametrize("found", ["9999", "\x1b[2J"])
async def test_a_database_of_a_later_release_is_refused_in_one_sentence(connection, database, found):
    await connection.execute("UPDATE alembic_version SET version_num = $1", found)
    with pytest.raises(StorageError) as refused:
        await upgrade(connection, database)
    assert f"does not know (it knows up to {VERSIONS[-1]})" in refused.value.message
    assert refused.value.message.isprintable()
    assert refused.value.remedy == "install the release of Corridor that wrote it, or a later one"


@pytest.mark.parametrize(
    "foreign", ["CREATE TABLE alembic_version (version_num TEXT)", "CREATE TABLE log_nodes (a INT)"]
)
async def test_another_programs_database_is_left_alone(blank, empty, foreign):
    await blank.execute(foreign)
    with pytest.raises(StorageError, match="belongs to another program"):
        await upgrade(blank, empty)
