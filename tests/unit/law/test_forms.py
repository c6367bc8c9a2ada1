from __future__ import annotations

from corridor.law.binding import Declared, bind
from corridor.law.forms import Always, Compared, Each, Fact, HasFlag, Joined, Not, operands, parts

DECLARED = Declared({}, frozenset(), {}, {}, {})


def form_of(text):
    return bind(text, "f", DECLARED).answer.form


def test_a_condition_is_data_with_every_name_resolved():
    form = form_of("exporter.role == controller and not (exporter.designations has CN:CIIO)")
    assert isinstance(form, Joined)
    compared, negated = form.parts
    assert isinstance(compared, Compared)
    assert (compared.left.origin, compared.right.text) == (Fact("exporter.role"), "controller")
    assert isinstance(negated, Not)
    assert isinstance(negated.body, HasFlag)


def test_every_part_and_every_value_is_found():
    form = form_of("data.items any (personal and subject == minor_u14) or true")
    assert [type(part) for part in parts(form)][:2] == [Joined, Each]
    assert any(isinstance(part, Always) for part in parts(form))
    assert [operand.text for operand in operands(form)] == ["data.items", "personal", "subject", "minor_u14"]
