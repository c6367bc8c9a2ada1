"""Policies as frozen values: ODRL Information Model 2.2, the parts that Corridor enforces.

Every node knows its JSON path, for faults and explanations; the path is no part of what the node means, so two nodes
are equal if they say the same in different places.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field

from corridor.odrl.operands import Operand, Operator
from corridor.odrl.values import Value


class PolicyKind(enum.StrEnum):
    """The subclass of a policy (IM §2.1)."""

    SET = "Set"
    OFFER = "Offer"
    AGREEMENT = "Agreement"


class Conflict(enum.StrEnum):
    """What happens where a permission and a prohibition cover the same action (IM §2.9); `INVALID` unless stated."""

    PERM = "perm"
    PROHIBIT = "prohibit"
    INVALID = "invalid"


class Connective(enum.StrEnum):
    """How a logical constraint joins its members (IM §2.5.2)."""

    AND = "and"
    OR = "or"
    XONE = "xone"
    AND_SEQUENCE = "andSequence"


@dataclass(frozen=True, slots=True)
class Constraint:
    """A comparison: left operand, operator, right operand (IM §2.5.1)."""

    operand: Operand
    operator: Operator
    right: Value
    path: str = field(compare=False, default="$")

    @property
    def left(self) -> str:
        """The name of the left operand: bare in the ODRL namespace, else an IRI."""
        return self.operand.name


@dataclass(frozen=True, slots=True)
class LogicalConstraint:
    """Constraints joined by one connective (IM §2.5.2)."""

    connective: Connective
    members: tuple[AnyConstraint, ...]
    path: str = field(compare=False, default="$")


AnyConstraint = Constraint | LogicalConstraint


@dataclass(frozen=True, slots=True)
class Rule:
    """What every rule has (IM §2.6); constraints hold together.

    Attributes:
        action: canonical name, see `actions`.
        constraints: all of them must hold for the rule to be active.
        target: the asset, or None for any.
        assigner: who states the rule, or None.
        assignee: whom the rule is for, or None for anyone.
        uid: the rule's own identifier, where it has one.
        path: where it stands in the policy's JSON.
    """

    action: str
    constraints: tuple[AnyConstraint, ...] = ()
    target: str | None = None
    assigner: str | None = None
    assignee: str | None = None
    uid: str | None = field(compare=False, default=None)
    path: str = field(compare=False, default="$")


@dataclass(frozen=True, slots=True)
class Duty(Rule):
    """An action that must be done: the condition of a permission, or an obligation of the policy (IM §2.6.3-2.6.5)."""

    @property
    def key(self) -> str:
        """What tells this duty from the others of its policy: its identifier, else its path."""
        return self.uid or self.path


@dataclass(frozen=True, slots=True)
class Permission(Rule):
    """An action that is allowed while the constraints hold and the duties are met (IM §2.6.1)."""

    duties: tuple[Duty, ...] = ()


@dataclass(frozen=True, slots=True)
class Prohibition(Rule):
    """An action that is not allowed while the constraints hold (IM §2.6.2)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules of one kind of policy over one target; every party is a participant's identifier."""

    kind: PolicyKind
    permissions: tuple[Permission, ...] = ()
    prohibitions: tuple[Prohibition, ...] = ()
    obligations: tuple[Duty, ...] = ()
    target: str | None = None
    assigner: str | None = None
    assignee: str | None = None
    profiles: tuple[str, ...] = ()
    conflict: Conflict = Conflict.INVALID
    uid: str | None = field(compare=False, default=None)

    def duties(self) -> tuple[Duty, ...]:
        """Every duty: the obligations, then the conditions of the permissions in order."""
        return (*self.obligations, *(duty for permission in self.permissions for duty in permission.duties))

    def constraints(self) -> Iterator[Constraint]:
        """Every comparison anywhere in the policy, in the order of its JSON."""
        for rule in (*self.permissions, *self.prohibitions, *self.duties()):
            for constraint in rule.constraints:
                yield from _atoms(constraint)


def _atoms(constraint: AnyConstraint) -> Iterator[Constraint]:
    if isinstance(constraint, Constraint):
        yield constraint
        return
    for member in constraint.members:
        yield from _atoms(member)
