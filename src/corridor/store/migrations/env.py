"""Alembic runs this to migrate the connection that it is handed over, or to say the migrations as text."""

from __future__ import annotations

from alembic import context

from corridor.store.schema import metadata

if context.is_offline_mode():
    # For PostgreSQL; `store.postgresql.migrate` runs the text in a transaction of its own.
    context.configure(dialect_name=context.config.attributes["dialect"], literal_binds=True, transactional_ddl=False)
    context.run_migrations()
else:
    # SQLite can roll back changes of the schema like any other, which Alembic does not take for granted.
    context.configure(
        connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True
    )
    with context.begin_transaction():
        context.run_migrations()
