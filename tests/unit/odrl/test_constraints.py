from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError, TooLargeError
from corridor.odrl.constraints import ConstraintGate
from corridor.odrl.model import Connective, Constraint
from corridor.odrl.operands import CORE, Operator
from corridor.odrl.wire import ODRL, XSD, PolicyLimits

COUNT = {"leftOperand": "count", "operator": "lteq", "rightOperand": "5"}


@pytest.fixture
def gate():
    return ConstraintGate(CORE, PolicyLimits())


def nested(depth, connective="and"):
    constraint = COUNT
    for _ in range(depth):
        constraint = {connective: [constraint]}
    return constraint


def test_a_comparison_is_read_with_its_value_typed(gate):
    constraint = gate.read(COUNT, "$")
    assert isinstance(constraint, Constraint)
    assert (constraint.left, constraint.operator, constraint.right, constraint.path) == ("count", Operator.LTEQ, 5, "$")


def test_a_datatype_may_stand_on_the_constraint(gate):
    assert gate.read({**COUNT, "dataType": XSD + "integer"}, "$").right == 5
    with pytest.raises(MalformedError, match="does not compare with a `date`"):
        gate.read({**COUNT, "dataType": "xsd:date"}, "$")


@pytest.mark.parametrize("connective", list(Connective))
def test_constraints_are_joined_by_each_connective(gate, connective):
    joined = gate.read({ODRL + connective: [COUNT, COUNT]}, "$.c")
    assert joined.connective is connective
    assert [member.path for member in joined.members] == [f"$.c.{connective}[0]", f"$.c.{connective}[1]"]


def test_members_may_come_as_a_json_ld_list(gate):
    assert len(gate.read({"andSequence": {"@list": [COUNT, COUNT]}}, "$").members) == 2


def test_one_constraint_has_one_connective(gate):
    with pytest.raises(MalformedError, match="`and` and `or` stand in one constraint"):
        gate.read({"and": [COUNT], "or": [COUNT]}, "$")


def test_a_joined_constraint_compares_nothing_itself(gate):
    with pytest.raises(MalformedError, match="no member `leftOperand`"):
        gate.read({"and": [COUNT], **COUNT}, "$")


def test_joining_nothing_is_refused(gate):
    with pytest.raises(MalformedError, match="`xone` joins nothing"):
        gate.read({"xone": []}, "$")


@pytest.mark.parametrize("name", ["leftOperand", "operator", "rightOperand"])
def test_a_comparison_has_three_parts(gate, name):
    with pytest.raises(MalformedError, match=f"no `{name}`"):
        gate.read({key: value for key, value in COUNT.items() if key != name}, "$")


def test_an_operand_that_is_not_known_is_refused_with_those_that_are(gate):
    with pytest.raises(MalformedError, match="nobody here can evaluate the operand `payAmount`") as caught:
        gate.read({**COUNT, "leftOperand": "odrl:payAmount"}, "$.c")
    assert caught.value.place == "$.c.leftOperand"
    assert "dateTime" in caught.value.remedy


@pytest.mark.parametrize("operator", ["isA", "isPartOf", "like", "term-lteq", ""])
def test_an_operator_that_the_operand_does_not_take_is_refused(gate, operator):
    with pytest.raises(MalformedError) as caught:
        gate.read({**COUNT, "operator": operator}, "$.c")
    assert caught.value.place == "$.c.operator"


@pytest.mark.parametrize("name", ["unit", "status", "rightOperandReference", "refinement"])
def test_members_that_would_change_the_meaning_are_refused(gate, name):
    with pytest.raises(MalformedError, match=f"`{name}` is not supported"):
        gate.read({**COUNT, name: "x"}, "$")


def test_eight_levels_are_read_and_nine_are_not(gate):
    gate.read(nested(8), "$")
    with pytest.raises(TooLargeError, match="8 deep"):
        gate.read(nested(9), "$")


def test_a_very_deep_constraint_ends_at_the_limit(gate):
    with pytest.raises(TooLargeError):
        gate.read(nested(100_000), "$")


def test_two_thousand_constraints_are_read_and_no_more(gate):
    gate.read({"or": [COUNT] * 1999}, "$")
    with pytest.raises(TooLargeError, match="2000 constraints"):
        gate.read(COUNT, "$")
