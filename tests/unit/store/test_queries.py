from __future__ import annotations

import re
import subprocess
import sys

import pytest

from corridor.store import queries, statements

READS = [name for name, sql in vars(statements).items() if name.isupper() and sql.lstrip().startswith("SELECT")]


def parameters(sql):
    return dict.fromkeys(re.findall(r":(\w+)", sql))


@pytest.mark.parametrize("name", queries.STATEMENTS)
def test_every_statement_is_understood_by_the_database(connection, name):
    sql = queries.compiled(queries.STATEMENTS[name])
    assert connection.execute(f"EXPLAIN {sql}", parameters(sql)).fetchall()


# These are meant to read the whole table.
@pytest.mark.parametrize("name", sorted({*READS} - {"PAPERS", "TASKS"}))
def test_every_read_runs_along_an_index(connection, name):
    sql = getattr(statements, name)
    steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters(sql))]
    assert [
        step
        for step in steps
        if step.startswith("SCAN ") and step not in ("SCAN greatest", "SCAN found", "SCAN entries")
    ] == []


def test_the_module_writes_the_statements(tmp_path):
    ran = subprocess.run([sys.executable, "-m", "corridor.store.queries"], capture_output=True, check=True, text=True)
    assert ran.stdout == queries.render()
