from __future__ import annotations

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, make_url
from sqlalchemy.schema import CreateTable

from corridor.store.postgresql import dialect


def test_text_sorts_by_code_point():
    table = Table("songs", MetaData(), Column("id", Text, primary_key=True), Column("n", BigInteger))
    text = str(CreateTable(table).compile(dialect=dialect.CorridorDialect()))
    assert 'id TEXT COLLATE "C" NOT NULL' in text
    assert "n BIGINT" in text


def test_alembic_finds_it_by_its_name():
    dialect.register()
    assert make_url(f"{dialect.NAME}://").get_dialect() is dialect.CorridorDialect
