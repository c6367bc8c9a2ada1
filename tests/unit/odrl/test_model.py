from __future__ import annotations

from corridor.odrl.model import (
    Connective,
    Constraint,
    Duty,
    LogicalConstraint,
    Permission,
    Policy,
    PolicyKind,
    Prohibition,
)
from corridor.odrl.operands import CORE, Operator


def count(limit, path="$"):
    return Constraint(CORE.get("count"), Operator.LTEQ, limit, path)


def test_where_a_node_stands_is_no_part_of_what_it_says():
    assert count(5, "$.permission[0].constraint[0]") == count(5, "$.permission[3].constraint[1]")
    assert Permission("use", path="$.permission[0]") == Permission("use", path="$.permission[1]", uid="urn:x")
    assert hash(Permission("use", (count(5, "$.a"),))) == hash(Permission("use", (count(5, "$.b"),)))


def test_rules_of_different_kinds_are_never_equal():
    assert Prohibition("use") != Permission("use")
    assert Duty("use") != Prohibition("use")


def test_a_constraint_is_named_by_its_left_operand():
    assert count(5).left == "count"


def test_a_duty_is_known_by_its_identifier_or_by_its_place():
    assert Duty("delete", uid="urn:duty:1", path="$.obligation[0]").key == "urn:duty:1"
    assert Duty("delete", path="$.obligation[0]").key == "$.obligation[0]"


def test_a_policy_lists_its_duties_obligations_first():
    inform, delete, pay = Duty("inform"), Duty("delete"), Duty("compensate")
    permissions = (Permission("use", duties=(delete,)), Permission("read", duties=(pay,)))
    assert Policy(PolicyKind.SET, permissions, obligations=(inform,)).duties() == (inform, delete, pay)


def test_a_policy_lists_every_comparison_however_deep():
    both = LogicalConstraint(Connective.AND, (count(1), LogicalConstraint(Connective.OR, (count(2), count(3)))))
    policy = Policy(
        PolicyKind.SET,
        (Permission("use", (both,), duties=(Duty("delete", (count(5),)),)),),
        (Prohibition("read", (count(4),)),),
    )
    assert [constraint.right for constraint in policy.constraints()] == [1, 2, 3, 4, 5]
