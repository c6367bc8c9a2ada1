"""Compilation: every node of a policy as two closures, a fast one that decides and one that explains the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from corridor.base.clock import format_instant
from corridor.base.ids import printable
from corridor.base.reasons import Citation, Reason
from corridor.base.truth import Truth, all_of, any_of
from corridor.odrl.flips import flattened, is_deadline
from corridor.odrl.judge import judge_of
from corridor.odrl.model import AnyConstraint, Connective, Constraint, Duty, LogicalConstraint
from corridor.odrl.values import PaperReference
from corridor.odrl.world import DutyState, World

_SHOWN: Final = 20
_NOT_KNOWN: Final = "nothing: not known"
_FALSE, _UNKNOWN, _TRUE = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE


class Node(NamedTuple):
    """A compiled part of a rule: `test` answers, `explain` says why; the two agree on every world."""

    test: Callable[[World], Truth]
    explain: Callable[[World], Reason]


def cite(path: str) -> Citation:
    """The place in the policy."""
    return Citation("odrl", path, "policy")


def conjunction(tests: Iterable[Callable[[World], Truth]]) -> Callable[[World], Truth]:
    """A test that all `tests` hold; it stops at the first that does not."""
    parts = tuple(tests)
    if len(parts) == 1:
        return parts[0]

    def test(world: World) -> Truth:
        answer = _TRUE
        for part in parts:
            found = part(world)
            if found is _FALSE:
                return found
            if found is _UNKNOWN:
                answer = found
        return answer

    return test


def _disjunction(tests: Iterable[Callable[[World], Truth]]) -> Callable[[World], Truth]:
    parts = tuple(tests)

    def test(world: World) -> Truth:
        answer = _FALSE
        for part in parts:
            found = part(world)
            if found is _TRUE:
                return found
            if found is _UNKNOWN:
                answer = found
        return answer

    return test


def exactly_one(values: Iterable[Truth]) -> Truth:
    """ODRL `xone`: TRUE if one is TRUE and the rest FALSE; two that are TRUE decide against it whatever is unknown."""
    found = tuple(values)
    trues = found.count(_TRUE)
    if trues > 1:
        return _FALSE
    return _UNKNOWN if _UNKNOWN in found else Truth.of(trues == 1)


def in_sequence(values: Iterable[Truth]) -> Truth:
    """ODRL `andSequence`: FALSE if a member is.

    Whether the members came true one after the other cannot be seen at one instant, so more than one of them is never
    surely in sequence.
    """
    found = tuple(values)
    return min(all_of(found), _UNKNOWN) if len(found) > 1 else all_of(found)


_JOIN: Final[dict[Connective, Callable[[Iterable[Truth]], Truth]]] = {
    Connective.AND: all_of,
    Connective.OR: any_of,
    Connective.XONE: exactly_one,
    Connective.AND_SEQUENCE: in_sequence,
}


def constraint_node(constraint: AnyConstraint, covered: frozenset[str]) -> Node:
    """The closures of a constraint of a rule whose action covers `covered`."""
    if isinstance(constraint, Constraint):
        return _atom_node(constraint, covered)
    return _logical_node(constraint, tuple(constraint_node(member, covered) for member in constraint.members))


def _logical_node(constraint: LogicalConstraint, members: tuple[Node, ...]) -> Node:
    tests = tuple(member.test for member in members)
    connective = constraint.connective
    join = _JOIN[connective]
    shortcut = {Connective.AND: conjunction, Connective.OR: _disjunction}.get(connective)

    def explain(world: World) -> Reason:
        because = tuple(member.explain(world) for member in members)
        holds = join(reason.holds for reason in because)
        return Reason(
            "odrl.logical", f"{connective} of {len(because)} constraints", holds, cite(constraint.path), because
        )

    test = shortcut(tests) if shortcut else lambda world: join([part(world) for part in tests])
    return Node(test, explain)


def _atom_node(constraint: Constraint, covered: frozenset[str]) -> Node:
    read, judge = constraint.operand.read, judge_of(constraint)
    wanted = f"`{constraint.left}` {constraint.operator} {written(constraint.right)}"

    def test(world: World) -> Truth:
        value = read(world, covered)
        return _UNKNOWN if value is None else judge(value)

    def explain(world: World) -> Reason:
        value = read(world, covered)
        holds = _UNKNOWN if value is None else judge(value)
        return Reason("odrl.constraint", f"{wanted}; found {_found(value, constraint)}", holds, cite(constraint.path))

    return Node(test, explain)


def written(value: Any) -> str:
    """A value of a policy or of the world as text for people; a long list is cut."""
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, frozenset | tuple | list):
        names = sorted(map(written, value))
        more = len(names) - _SHOWN
        return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return printable(str(value), limit=200)


def _found(value: Any, constraint: Constraint) -> str:
    if value is None:
        return _NOT_KNOWN
    if isinstance(value, World) and isinstance(constraint.right, tuple):
        return "; ".join(_paper_state(paper, value) for paper in constraint.right)
    if isinstance(value, tuple):
        return f"{written(value[1])}, agreed at {written(value[0])}"
    return written(value) or "none"


def _paper_state(paper: PaperReference, world: World) -> str:
    held = (world.papers or {}).get(paper.digest)
    if held is None:
        return f"{paper} is not on file"
    good = held.valid_at(world.now) and paper.in_term(world.now)
    return f"{paper} is {'valid' if good else 'on file but not valid'} at {written(world.now)}"


def match_node(role: str, wanted: str, find: Callable[[World], str | None], path: str) -> Node:
    """Whether the target or assignee that `find` finds is `wanted`, or a member of it."""

    def test(world: World) -> Truth:
        found = find(world)
        if found is None:
            return _UNKNOWN
        return _TRUE if found == wanted or wanted in world.member_of.get(found, ()) else _FALSE

    def explain(world: World) -> Reason:
        found = find(world)
        shown = _NOT_KNOWN if found is None else written(found)
        text = f"the {role} must be `{printable(wanted)}`; found {shown}"
        return Reason(f"odrl.{role}", text, test(world), cite(path))

    return Node(test, explain)


def duty_node(duty: Duty, covered: frozenset[str], *, strict: bool) -> Node:
    """Whether a duty leaves its permission active.

    One that is fulfilled does, and one whose conditions do not hold; one that is violated does not. One that may still
    be done until a deadline does till then. Any other does if duties are not `strict` (FORCE test suite) and does not
    if they are (ODRL formal semantics, condition C1-1).
    """
    limits: list[Node] = []
    conditions: list[Node] = []
    for constraint in flattened(duty.constraints):
        node = constraint_node(constraint, covered)
        (limits if is_deadline(constraint) else conditions).append(node)
    applies = conjunction([node.test for node in conditions])
    in_time = conjunction([node.test for node in limits]) if limits else None

    def outstanding(world: World, state: DutyState | None) -> Truth:
        """What a duty that applies, and is neither fulfilled nor violated so far, comes to."""
        if in_time is not None:
            found = in_time(world)
            return _UNKNOWN if found is _FALSE and state is None else found
        if state is None:
            return _UNKNOWN
        return _FALSE if strict else _TRUE

    def test(world: World) -> Truth:
        state = None if world.duties is None else world.duties.get(duty.key, DutyState.NOT_SET)
        if state is DutyState.FULFILLED:
            return _TRUE
        if state is DutyState.VIOLATED:
            return _FALSE
        return max(~applies(world), outstanding(world, state))

    def explain(world: World) -> Reason:
        state = "not known" if world.duties is None else world.duties.get(duty.key, DutyState.NOT_SET)
        because = tuple(node.explain(world) for node in (*conditions, *limits))
        return Reason("odrl.duty", f"the duty to `{duty.action}` is {state}", test(world), cite(duty.path), because)

    return Node(test, explain)
