"""Whose a database is that several processes share: the participant that they all are."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_BIG: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the table; whoever opens the database next is entered in it."""
    op.create_table(
        "owner",
        sa.Column("one", _BIG, autoincrement=False, nullable=False),
        sa.Column("participant", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("one", name="pk_owner"),
        sqlite_with_rowid=False,
    )
