from __future__ import annotations

import ast

from corridor.law.binding import Declared, bind
from corridor.law.generate import Tables, function, ladder

DECLARED = Declared({}, frozenset(), {}, {}, {})


def tables(**presumed):
    return Tables({path.replace("__", "."): value for path, value in presumed.items()}, {}, {}, {})


def form_of(text):
    return bind(text, "f", DECLARED).answer.form


def test_a_condition_becomes_a_function_that_compiles():
    source = function("holds", "S", form_of("exporter.role == controller or exporter.public_body"), tables())
    compile(source, "f", "exec")
    assert source.startswith("def holds(S):")


def test_a_fact_is_read_once_however_often_it_is_asked_for():
    forms = [form_of("exporter.role == controller"), form_of("exporter.role == processor")]
    source = ladder("climb", 0, forms, tables())
    assert source.count(".get('role')") == 1


def test_what_is_presumed_is_written_out_and_noted():
    held = tables(transfer__kind="send")
    source = function("holds", "S", form_of("transfer.kind == send"), held)
    assert "= 'send'; S.n |= 1" in source
    assert held.bits == {"fact transfer.kind": 0}


def test_no_text_of_a_rule_becomes_code():
    text = 'x") or evil("\\n'
    source = function("holds", "S", form_of(f"exporter.id == '{text}'"), tables())
    assert repr(text) in source
    names = ast.walk(ast.parse(source))
    assert not any(isinstance(node, ast.Call) and "evil" in ast.dump(node.func) for node in names)


def test_a_day_stands_in_a_table():
    held = tables()
    source = function("holds", "S", form_of("transfer.starts >= 2026-01-01"), held)
    assert "K0" in source
    assert list(held.constants) == ["K0"]
