"""Finds the processes that wait for a person without reading all others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add to each table since when a process waits, and the index that finds those that do."""
    known = sa.column("held").is_not(None)
    for table in ("negotiations", "transfers"):
        op.add_column(table, sa.Column("held", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
        op.create_index(f"ix_{table}_held", table, ["id"], sqlite_where=known, postgresql_where=known)
