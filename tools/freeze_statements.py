#!/usr/bin/env python3
"""Write what this release says to its databases, for the tests of later ones: tools/freeze_statements.py FILE.json.

Every migration has to leave these statements in force, since during a rolling upgrade processes of the release before
run on the schema of the next. Run it once for each version of the schema, at the release that brings it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import NullType

from corridor.store.queries import STATEMENTS, compiled


def frozen(statement: Any) -> dict[str, Any]:
    """A statement's texts, and its parameters in the order of PostgreSQL's numbers, with their types."""
    plain = statement.inline() if isinstance(statement, Insert) else statement
    made = plain.compile(dialect=postgresql.dialect(paramstyle="numeric_dollar"))
    kinds = [(name, _kind(made.binds[name].type)) for name in made.positiontup or ()]
    return {"sqlite": compiled(statement), "postgresql": " ".join(str(made).split()), "parameters": kinds}


def _kind(found: Any) -> str:
    # How many rows to give has no type of its own.
    return "bigint" if isinstance(found, NullType) else found.compile(dialect=postgresql.dialect()).lower()


def main() -> int:
    """Write the file."""
    text = json.dumps({name: frozen(statement) for name, statement in STATEMENTS.items()}, indent=1)
    Path(sys.argv[1]).write_text(text + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
