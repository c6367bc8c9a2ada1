"""The inverted index of the datasets on offer, filled from what is there.

The terms are derived data: they are made by the code that looks them up, not by a copy of what it once was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from corridor.service.records import DatasetRecord
from corridor.store.bodies import from_body
from corridor.store.rows import term_rows

revision = "0004"
down_revision = "0003"

_BATCH: Final = 1000


def upgrade() -> None:
    """Create the table and enter every dataset on offer."""
    keys = [sa.Column("term", sa.Text, nullable=False), sa.Column("dataset", sa.Text, nullable=False)]
    key = sa.PrimaryKeyConstraint("term", "dataset", name="pk_dataset_terms")
    table = op.create_table("dataset_terms", *keys, key, sqlite_with_rowid=False)
    for bodies in _batches(op.get_bind()):
        entries = [dict(row) for body in bodies for row in term_rows(from_body(DatasetRecord, body))]
        if entries:
            op.bulk_insert(table, entries)
    op.create_index("ix_dataset_terms_dataset", "dataset_terms", ["dataset"])


def _batches(connection: Any) -> Iterator[list[str]]:
    """The bodies of the datasets on offer, in order of id; none where the migrations are only said as text.

    That is so for PostgreSQL, whose first databases have this table from the beginning.
    """
    if op.get_context().as_sql:
        return
    table = sa.table("datasets", sa.column("id"), sa.column("withdrawn"), sa.column("body"))
    after = ""
    while True:
        page = sa.select(table.c.id, table.c.body).where(table.c.id > after, table.c.withdrawn.is_(None))
        rows = connection.execute(page.order_by(table.c.id).limit(_BATCH)).all()
        if not rows:
            return
        yield [body for _, body in rows]
        after = rows[-1][0]
