from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from corridor.store.postgresql import queries, statements


def test_the_statements_are_what_the_queries_compile_to():
    assert Path(statements.__file__).read_text(encoding="utf-8") == queries.render()


def test_a_node_starts_without_sqlalchemy():
    code = "import sys, corridor.store.postgresql.store; print({'alembic', 'sqlalchemy'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
