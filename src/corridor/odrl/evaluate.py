"""Decisions: a policy compiled once into a program that answers per request, explains, and says when to ask again.

Three-valued throughout (ODRL leaves the rounding open; both of ours refuse): a permission needs a certain yes, a
prohibition stops on a possible one, and what no permission covers is refused.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from corridor.base.ids import printable
from corridor.base.reasons import Decision, Reason, conclude
from corridor.base.truth import Truth, any_of
from corridor.odrl.actions import canonical_action, covered_by
from corridor.odrl.flips import constraint_flips
from corridor.odrl.model import Conflict, Constraint, Duty, Permission, Policy, Rule
from corridor.odrl.nodes import Node, cite, conjunction, constraint_node, duty_node, match_node
from corridor.odrl.values import LAST_INSTANT, Moment
from corridor.odrl.wire import local_name
from corridor.odrl.world import HeldPaper, World

_Test = Callable[[World], Truth]
_NO_TESTS: Final[tuple[_Test, ...]] = ()
_NO_PAPERS: Final[Mapping[str, HeldPaper]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _CompiledRule:
    """A rule with the actions that it covers and its parts, in the order in which they are tried."""

    rule: Rule
    covered: frozenset[str]
    parts: tuple[Node, ...]
    test: _Test

    def explain(self, action: str, world: World) -> Reason:
        """Whether the rule is in force for the action, part by part, those after the first that fails as well."""
        kind = "permission" if isinstance(self.rule, Permission) else "prohibition"
        covers = Truth.of(action in self.covered)
        text = f"`{self.rule.action}` {'covers' if covers else 'does not cover'} `{printable(action)}`"
        because = (
            Reason("odrl.action", text, covers, cite(f"{self.rule.path}.action")),
            *(part.explain(world) for part in self.parts),
        )
        holds = min(covers, self.test(world))
        state = {Truth.TRUE: "is in force", Truth.FALSE: "is not in force", Truth.UNKNOWN: "may be in force"}[holds]
        text = f"the {kind} to `{self.rule.action}` {state} for `{printable(action)}`"
        return Reason(f"odrl.{kind}", text, holds, cite(self.rule.path), because)


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A compiled policy. Immutable, so it can be kept as long as its agreement and used from anywhere.

    An offer decides as if it were agreed: for a dry run before negotiation.
    """

    policy: Policy
    _permissions: tuple[_CompiledRule, ...]
    _prohibitions: tuple[_CompiledRule, ...]
    _permits: Mapping[str, tuple[_Test, ...]]
    _prohibits: Mapping[str, tuple[_Test, ...]]
    _fixed_flips: tuple[datetime, ...]
    _moving: tuple[Constraint, ...] = field(default=())

    def decide(self, action: str, world: World) -> Truth:
        """Whether `action` is allowed in `world`; UNKNOWN refuses like FALSE but asks for what is missing.

        Args:
            action: bare ODRL term, or the IRI of an action outside ODRL; one that is not known is not allowed.
            world: what is known.
        """
        permitted = Truth.FALSE
        for test in self._permits.get(action, _NO_TESTS):
            found = test(world)
            if found is Truth.TRUE:
                permitted = found
                break
            if found is Truth.UNKNOWN:
                permitted = found
        # IM §2.9: under `perm` a permission that is in force overrides every prohibition.
        if permitted is Truth.FALSE or self.policy.conflict is Conflict.PERM:
            return permitted
        for test in self._prohibits.get(action, _NO_TESTS):
            found = test(world)
            if found is Truth.TRUE:
                return Truth.FALSE
            if found is Truth.UNKNOWN:
                permitted = found
        return permitted

    def explain(self, action: str, world: World) -> Decision:
        """The same answer as `decide`, with a reason for every rule and constraint.

        Top-level reasons: `odrl.permitted`, because of the permissions, then `odrl.prohibition` for each prohibition,
        which holds if the prohibition does not stand in the way.
        """
        permissions = tuple(rule.explain(action, world) for rule in self._permissions)
        permitted = any_of(reason.holds for reason in permissions)
        text = f"some permission is in force for `{printable(action)}`"
        prohibitions = (self._standing_aside(rule.explain(action, world)) for rule in self._prohibitions)
        return conclude((Reason("odrl.permitted", text, permitted, None, permissions), *prohibitions))

    def _standing_aside(self, reason: Reason) -> Reason:
        """The reason of a prohibition turned round: it holds where the prohibition does not stand in the way."""
        if self.policy.conflict is not Conflict.PERM:
            return replace(reason, holds=~reason.holds)
        return replace(reason, holds=Truth.TRUE, text=f"{reason.text}, and a permission overrides it (conflict: perm)")

    def next_flip(
        self,
        now: datetime,
        *,
        agreed_at: datetime | None = None,
        papers: Mapping[str, HeldPaper] = _NO_PAPERS,
    ) -> datetime | None:
        """The next instant after `now` at which time alone can change an answer, or None if there is none.

        Args:
            now: aware.
            agreed_at: when the agreement was concluded; without it no `elapsedTime` can turn.
            papers: the register, whose own terms of validity count with those that the policy states.
        """
        place = bisect_right(self._fixed_flips, now)
        fixed = self._fixed_flips[place : place + 1]
        moving = (flip for part in self._moving for flip in constraint_flips(part, agreed_at, papers) if flip > now)
        found = min((*fixed, *moving), default=None)
        return None if found == LAST_INSTANT else found

    def required(self) -> frozenset[str]:
        """What a world must hold for the answer to be certain.

        Names of operands, and `target`, `assignee` or `duties` where the policy states them.
        """
        rules = (*self.policy.permissions, *self.policy.prohibitions)
        names = {constraint.left for constraint in self.policy.constraints()}
        names |= {"target"} if any(rule.target for rule in rules) else set()
        names |= {"assignee"} if any(rule.assignee for rule in rules) else set()
        names |= {"duties"} if any(permission.duties for permission in self.policy.permissions) else set()
        return frozenset(names)

    def duties(self) -> tuple[Duty, ...]:
        """Every duty of the policy, to be tracked: obligations first, then conditions of permissions."""
        return self.policy.duties()


def compile_policy(policy: Policy, *, strict: bool = True) -> Program:
    """The program of `policy`.

    Args:
        policy: as the gate let it in.
        strict: whether a duty that is neither done nor due by a deadline makes its permission inactive.
    """
    permissions = tuple(
        _compiled(rule, [duty_node(duty, covered_by(rule.action), strict=strict) for duty in rule.duties])
        for rule in policy.permissions
    )
    prohibitions = tuple(_compiled(rule, []) for rule in policy.prohibitions)
    constraints = tuple(policy.constraints())
    fixed = {
        flip for part in constraints if isinstance(part.right, Moment) for flip in constraint_flips(part, None, {})
    }
    return Program(
        policy=policy,
        _permissions=permissions,
        _prohibitions=prohibitions,
        _permits=_by_action(permissions),
        _prohibits=_by_action(prohibitions),
        _fixed_flips=tuple(sorted(fixed)),
        _moving=tuple(part for part in constraints if not isinstance(part.right, Moment | int | frozenset)),
    )


def _compiled(rule: Rule, duties: list[Node]) -> _CompiledRule:
    covered = covered_by(rule.action)
    matches = []
    if rule.target is not None:
        matches.append(match_node("target", rule.target, lambda world: world.target, f"{rule.path}.target"))
    if rule.assignee is not None:
        matches.append(match_node("assignee", rule.assignee, lambda world: world.assignee, f"{rule.path}.assignee"))
    parts = (*matches, *(constraint_node(part, covered) for part in rule.constraints), *duties)
    return _CompiledRule(rule, covered, parts, conjunction([part.test for part in parts]))


def _by_action(rules: Iterable[_CompiledRule]) -> Mapping[str, tuple[_Test, ...]]:
    found: dict[str, list[_Test]] = {}
    for rule in rules:
        for action in rule.covered:
            found.setdefault(action, []).append(rule.test)
    return MappingProxyType({action: tuple(tests) for action, tests in found.items()})


def action_name(text: str) -> str | None:
    """The name by which `Program.decide` knows an action, from any spelling of it, or None if it is not known."""
    return canonical_action(local_name(text))
