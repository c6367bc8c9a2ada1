from __future__ import annotations

import subprocess
import sys

import pytest

from corridor.store import queries as common
from corridor.store.postgresql import queries, statements

READS = sorted(statements.READS)
OWN = ("HEAD", "OWN_TASKS", "OWN_TASKS_OF", "GRANTS_OF", "PAPERS_OF", "GRANTS_REVOKED", "PAPERS_REVOKED", "REPLICAS")


def test_every_statement_of_the_other_store_is_here_too():
    assert {*statements.READS, *statements.WRITES} == {*common.STATEMENTS}


@pytest.mark.parametrize("name", READS)
async def test_every_read_is_understood_by_the_database(connection, name):
    sql, names = statements.READS[name]
    assert len((await connection.prepare(sql)).get_parameters()) == len(names)


@pytest.mark.parametrize("name", OWN)
async def test_what_replicas_ask_is_understood_by_the_database(connection, name):
    assert await connection.prepare(getattr(statements, name))


# These are meant to read the whole table.
@pytest.mark.parametrize("name", sorted({*READS} - {"PAPERS", "TASKS"}))
async def test_every_read_can_run_along_an_index(connection, name):
    sql, names = statements.READS[name]
    await connection.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
    await connection.execute(f"PREPARE read AS {sql}")
    values = ", ".join("NULL" for _ in names)
    steps = [row[0] for row in await connection.fetch(f"EXPLAIN EXECUTE read({values})" if names else f"EXPLAIN {sql}")]
    assert [step for step in steps if "Seq Scan" in step] == []


def test_the_module_writes_the_statements():
    command = [sys.executable, "-m", "corridor.store.postgresql.queries"]
    ran = subprocess.run(command, capture_output=True, check=True, text=True)
    assert ran.stdout == queries.render()
