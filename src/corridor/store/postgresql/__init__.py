"""The store of a node on PostgreSQL, which several processes share; the same tables and statements as in SQLite."""
