"""PostgreSQL for Alembic: text sorts by code point, as in SQLite and in Python, whatever the database's locale is."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGDialect, PGTypeCompiler

NAME: Final = "corridor_postgresql"


class _Types(PGTypeCompiler):
    def visit_TEXT(self, type_: Any, **options: Any) -> str:  # noqa: N802 - SQLAlchemy's name
        """The pages of a list are in order of id, and that order must be the same in every database."""
        return f'{super().visit_TEXT(type_, **options)} COLLATE "C"'


class CorridorDialect(PGDialect):
    """The dialect of migrations; it makes text only, no connections."""

    type_compiler_cls = _Types
    supports_statement_cache = True


def register() -> None:
    """Let Alembic find it under `NAME`."""
    registry.register(NAME, __name__, CorridorDialect.__name__)
