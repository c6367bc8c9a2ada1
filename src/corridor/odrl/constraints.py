"""The gate for constraints: operand, operator and right operand of each comparison, and how they are joined."""

from __future__ import annotations

from typing import Any, Final

from corridor.base.errors import MalformedError, TooLargeError
from corridor.base.ids import printable
from corridor.odrl import wire
from corridor.odrl.model import AnyConstraint, Connective, Constraint, LogicalConstraint
from corridor.odrl.operands import Operand, Operands, Operator
from corridor.odrl.typed import typed_value
from corridor.odrl.wire import PolicyLimits

_ATOM_MEMBERS: Final = wire.IDENTITY | {"leftOperand", "operator", "rightOperand", "dataType"}
_CONNECTIVES: Final = frozenset(Connective)


class ConstraintGate:
    """Reads the constraints of one policy, and counts them."""

    def __init__(self, registry: Operands, limits: PolicyLimits) -> None:
        self.registry = registry
        self.limits = limits
        self.met = 0

    def read(self, value: Any, place: str, depth: int = 1) -> AnyConstraint:
        """The constraint that `value` states, at `depth` (1 is outermost).

        Raises:
            MalformedError: with the JSON path of the first fault.
            TooLargeError: too many constraints, or nested too deep.
        """
        self.met += 1
        if self.met > self.limits.constraints:
            raise TooLargeError(f"a policy has at most {self.limits.constraints} constraints", place=place)
        found = wire.members(wire.node(value, place), place)
        return self._logical(found, place, depth) if found.keys() & _CONNECTIVES else self._atom(found, place)

    def _logical(self, found: dict[str, Any], place: str, depth: int) -> LogicalConstraint:
        if depth > self.limits.depth:
            raise TooLargeError(f"constraints nest at most {self.limits.depth} deep", place=place)
        names = sorted(found.keys() & _CONNECTIVES)
        if len(names) > 1:
            raise MalformedError(f"`{names[0]}` and `{names[1]}` stand in one constraint", place=place)
        wire.check_members(found, wire.IDENTITY | {names[0]}, "a logical constraint", place)
        members = tuple(
            self.read(value, path, depth + 1)
            for value, path in wire.items(found[names[0]], f"{place}.{names[0]}", self.limits)
        )
        if not members:
            raise MalformedError(f"`{names[0]}` joins nothing", place=place, remedy="leave the constraint out")
        return LogicalConstraint(Connective(names[0]), members, place)

    def _atom(self, found: dict[str, Any], place: str) -> Constraint:
        wire.check_members(found, _ATOM_MEMBERS, "a constraint", place)
        for name in ("leftOperand", "operator", "rightOperand"):
            if name not in found:
                raise MalformedError(f"the constraint has no `{name}`", place=place)
        operand = self._operand(found["leftOperand"], f"{place}.leftOperand")
        operator = self._operator(found["operator"], operand, f"{place}.operator")
        datatype = wire.iri(found["dataType"], f"{place}.dataType", self.limits) if "dataType" in found else None
        path = f"{place}.rightOperand"
        right = typed_value(operand, operator, found["rightOperand"], datatype=datatype, place=path, limits=self.limits)
        return Constraint(operand, operator, right, place)

    def _operand(self, value: Any, place: str) -> Operand:
        name = wire.term(value, place, self.limits)
        operand = self.registry.get(name)
        if operand is None:
            raise MalformedError(
                f"nobody here can evaluate the operand `{printable(name)}`",
                place=place,
                remedy="use one of " + ", ".join(sorted(self.registry.by_name)),
            )
        return operand

    def _operator(self, value: Any, operand: Operand, place: str) -> Operator:
        name = wire.term(value, place, self.limits)
        if name not in operand.operators:
            raise MalformedError(
                f"`{operand.name}` does not take the operator `{printable(name)}`",
                place=place,
                remedy="use one of " + ", ".join(sorted(operand.operators)),
            )
        return Operator(name)
