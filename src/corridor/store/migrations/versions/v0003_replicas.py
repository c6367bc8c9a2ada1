"""Several replicas of a node on one database: who has which task, who lives; and tasks that are parked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what may be left out: the release before goes on with its own statements."""
    op.add_column("tasks", sa.Column("parked", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True))
    op.add_column("tasks", sa.Column("owner", sa.Text(), nullable=True))
    op.create_index("ix_tasks_queue", "tasks", ["queue", "number"])
    op.create_index("ix_tasks_owner", "tasks", ["owner"])
    op.create_table(
        "replicas",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("until", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_replicas"),
        sqlite_with_rowid=False,
    )
    revoked = sa.column("revoked").is_not(None)
    op.create_index("ix_grants_revoked", "grants", ["revoked"], sqlite_where=revoked, postgresql_where=revoked)
