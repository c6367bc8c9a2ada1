from __future__ import annotations

from pathlib import Path

from corridor.store import queries, statements


def test_the_statements_are_what_the_queries_compile_to():
    assert Path(statements.__file__).read_text(encoding="utf-8") == queries.render()


def test_every_statement_is_there_by_its_name():
    texts = {name: " ".join(getattr(statements, name).split()) for name in queries.STATEMENTS}
    assert texts == {name: queries.compiled(statement) for name, statement in queries.STATEMENTS.items()}
