"""Alembic runs this to migrate the connection that `corridor.store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from corridor.store.schema import metadata

# SQLite can roll back changes of the schema like any other, which Alembic does not take for granted.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
