"""Durable state behind the port `service.ports.Store`: in memory, and in SQLite; only this package speaks SQL."""
