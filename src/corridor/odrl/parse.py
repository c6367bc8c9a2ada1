"""The gate for policies: JSON of the wire in, a frozen `Policy` out, or the first fault with its JSON path.

Checked in this order: type, profile, conflict strategy, members, parties and target, then the permissions, prohibitions
and obligations in the order of their lists, each rule's action before its constraints and its duties last.
What this node cannot evaluate is refused and never ignored: a policy with a part left out is less restrictive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from corridor.base.errors import MalformedError, TooLargeError
from corridor.base.ids import printable
from corridor.base.json import JsonObject
from corridor.odrl import wire
from corridor.odrl.actions import canonical_action
from corridor.odrl.constraints import ConstraintGate
from corridor.odrl.flips import flattened
from corridor.odrl.model import (
    Conflict,
    Duty,
    LogicalConstraint,
    Permission,
    Policy,
    PolicyKind,
    Prohibition,
)
from corridor.odrl.operands import CORE, Operands
from corridor.odrl.wire import PolicyLimits

DEFAULT_LIMITS: Final = PolicyLimits()

_POLICY_MEMBERS: Final = wire.IDENTITY | {
    *("@context", "permission", "prohibition", "obligation", "profile", "conflict"),
    *("target", "assigner", "assignee"),
    # DSP 2025-1, Agreement: when it was concluded, which its codec reads.
    *("timestamp", "https://w3id.org/dspace/2025/1/timestamp"),
}
_RULE_MEMBERS: Final = wire.IDENTITY | {"action", "constraint", "target", "assigner", "assignee"}


def parse_policy(
    body: JsonObject,
    *,
    kind: PolicyKind,
    target: str | None = None,
    assigner: str | None = None,
    assignee: str | None = None,
    registry: Operands = CORE,
    limits: PolicyLimits = DEFAULT_LIMITS,
    complete: bool = True,
) -> Policy:
    """The policy that `body` states.

    Args:
        body: the JSON of an offer, agreement or set; names bare, `odrl:`-prefixed or as full IRIs.
        kind: what the protocol says it is; a differing `@type` is refused.
        target: the asset, where the protocol states it apart from the policy.
        assigner: the granting participant, where stated apart.
        assignee: the participant that is granted to, where stated apart.
        registry: the operands and profiles that may be used.
        limits: bounds on the policy.
        complete: whether an agreement must name its asset and both parties here; one that does not must not decide.

    Raises:
        MalformedError: with the JSON path of the first fault; ODRL IM §2.1 asks to stop at an unknown profile, and what
            is unknown or beyond this node (an action, operand, operator or member) is refused by name.
        TooLargeError: over one of the limits.
    """
    sides = {"target": target, "assigner": assigner, "assignee": assignee}
    return _Gate(kind, registry, limits).policy(body, sides, complete=complete)


class _Gate:
    """One policy on its way in: what may be used, the limits, and how many rules were met so far."""

    def __init__(self, kind: PolicyKind, registry: Operands, limits: PolicyLimits) -> None:
        self.kind = kind
        self.profiles = registry.profiles
        self.constraints = ConstraintGate(registry, limits)
        self.limits = limits
        self.rules_met = 0

    def policy(self, body: JsonObject, stated: dict[str, str | None], *, complete: bool) -> Policy:
        found = wire.members(wire.node(body, "$"), "$")
        self._check_kind(found)
        profiles = self._profiles(found)
        conflict = self._conflict(found)
        wire.check_members(found, _POLICY_MEMBERS, "a policy", "$")
        sides = {name: self._side(found, name, "$", outer) for name, outer in stated.items()}
        if complete and self.kind is PolicyKind.AGREEMENT:
            _check_sides(sides)
        policy = Policy(
            kind=self.kind,
            permissions=tuple(self._permission(rule, path, sides) for rule, path in self._rules(found, "permission")),
            prohibitions=tuple(
                self._prohibition(rule, path, sides) for rule, path in self._rules(found, "prohibition")
            ),
            obligations=tuple(self._duty(rule, path, sides) for rule, path in self._rules(found, "obligation")),
            profiles=profiles,
            conflict=conflict,
            uid=self._uid(found, "$"),
            **sides,
        )
        return _with_rules(policy)

    def _check_kind(self, found: dict[str, Any]) -> None:
        for value, place in wire.items(found.get("@type"), "$['@type']", self.limits):
            name = wire.term(value, place, self.limits)
            if name not in (self.kind, "Policy"):
                raise MalformedError(f"expected an {self.kind}, this is a `{printable(name)}`", place=place)

    def _profiles(self, found: dict[str, Any]) -> tuple[str, ...]:
        names = tuple(
            wire.iri(value, place, self.limits)
            for value, place in wire.items(found.get("profile"), "$.profile", self.limits)
        )
        for name in names:
            if name not in self.profiles:
                raise MalformedError(
                    f"the profile `{printable(name)}` is not known here",
                    place="$.profile",
                    remedy="leave the profile out",
                )
        return tuple(sorted(set(names)))

    def _conflict(self, found: dict[str, Any]) -> Conflict:
        if "conflict" not in found:
            return Conflict.INVALID
        name = wire.term(found["conflict"], "$.conflict", self.limits)
        if name not in list(Conflict):
            raise MalformedError(f"`{printable(name)}` is no conflict strategy", place="$.conflict")
        return Conflict(name)

    def _side(self, found: dict[str, Any], name: str, place: str, outer: str | None) -> str | None:
        """The target, assigner or assignee of a node; what lies around the node may state it too, but no other."""
        path = f"{place}.{name}"
        if found.get(name) is None:
            return None if outer is None else wire.iri(outer, name, self.limits)
        if isinstance(found[name], Mapping) and set(found[name]) not in ({"@id"}, {"@value"}):
            raise MalformedError(
                f"a {name} must be one identifier, and collections are not supported",
                place=path,
                remedy="name the one party or asset; groups belong in a constraint",
            )
        inner = wire.iri(found[name], path, self.limits)
        if outer is not None and inner != outer:
            raise MalformedError(
                f"the {name} is `{printable(inner)}` here and `{printable(outer)}` around it", place=path
            )
        return inner

    def _uid(self, found: dict[str, Any], place: str) -> str | None:
        for name in ("@id", "uid"):
            if name in found:
                return wire.iri(found[name], f"{place}.{name}", self.limits)
        return None

    def _rules(self, found: dict[str, Any], name: str, place: str = "$") -> list[tuple[Any, str]]:
        rules = list(wire.items(found.get(name), f"{place}.{name}", self.limits))
        self.rules_met += len(rules)
        if self.rules_met > self.limits.rules:
            raise TooLargeError(f"a policy has at most {self.limits.rules} rules", place=f"{place}.{name}")
        return rules

    def _permission(self, value: Any, place: str, sides: dict[str, str | None]) -> Permission:
        found = self._rule_members(value, place, "a permission", {"duty"})
        parts = self._parts(found, place, sides)
        duties = tuple(self._duty(duty, path, sides) for duty, path in self._rules(found, "duty", place))
        return Permission(**parts, duties=duties)

    def _prohibition(self, value: Any, place: str, sides: dict[str, str | None]) -> Prohibition:
        return Prohibition(**self._parts(self._rule_members(value, place, "a prohibition", set()), place, sides))

    def _duty(self, value: Any, place: str, sides: dict[str, str | None]) -> Duty:
        # A duty may burden others than the parties of its permission, so nothing around it binds it.
        alone = dict.fromkeys(sides)
        duty = Duty(**self._parts(self._rule_members(value, place, "a duty", set()), place, alone))
        for constraint in flattened(duty.constraints):
            # Of such a choice it cannot be told which part is a deadline and which a condition.
            if isinstance(constraint, LogicalConstraint):
                raise MalformedError(
                    f"the constraints of a duty cannot be joined by `{constraint.connective}`",
                    place=constraint.path,
                    remedy="join them by and, or write one duty for each case",
                )
        return duty

    def _rule_members(self, value: Any, place: str, what: str, more: set[str]) -> dict[str, Any]:
        found = wire.members(wire.node(value, place), place)
        wire.check_members(found, _RULE_MEMBERS | more, what, place)
        return found

    def _parts(self, found: dict[str, Any], place: str, sides: dict[str, str | None]) -> dict[str, Any]:
        """What every rule has, in the order in which it is judged."""
        action = self._action(found, place)
        constraints = tuple(
            self.constraints.read(value, path)
            for value, path in wire.items(found.get("constraint"), f"{place}.constraint", self.limits)
        )
        parties = {name: self._side(found, name, place, outer) for name, outer in sides.items()}
        return {
            **parties,
            "action": action,
            "constraints": constraints,
            "uid": self._uid(found, place),
            "path": place,
        }

    def _action(self, found: dict[str, Any], place: str) -> str:
        path = f"{place}.action"
        values = list(wire.items(found.get("action"), path, self.limits))
        if len(values) != 1:
            raise MalformedError(f"a rule has one action, this one {len(values)}", place=path)
        if isinstance(values[0][0], Mapping) and "refinement" in wire.members(values[0][0], path):
            raise MalformedError("`refinement` is not supported", place=path, remedy=wire.REFUSED["refinement"])
        name = wire.term(values[0][0], path, self.limits)
        action = canonical_action(name)
        if action is None:
            raise MalformedError(
                f"the action `{printable(name)}` is not known here",
                place=path,
                remedy="use an action that the ODRL vocabulary includes in use or transfer",
            )
        return action


def _check_sides(sides: dict[str, str | None]) -> None:
    """An agreement that leaves a party or the asset open would be for anyone, or anything (IM §2.1.3)."""
    for name, value in sides.items():
        if value is None:
            raise MalformedError(f"the agreement has no {name}", place=f"$.{name}", remedy=f"state the {name}")


def _with_rules(policy: Policy) -> Policy:
    """The policy if it has a rule at all (IM §2.1), and duties that can be told apart."""
    if not policy.permissions and not policy.prohibitions and not policy.obligations:
        raise MalformedError("a policy without a rule says nothing", place="$", remedy="add a permission")
    keys = [duty.key for duty in policy.duties()]
    if len(set(keys)) != len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        raise MalformedError(f"two duties have the identifier `{printable(twice)}`", place="$")
    return policy
