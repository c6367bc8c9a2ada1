"""Comparison of policies by what they mean: order, spelling and paths do not count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from corridor.base.ids import printable
from corridor.base.json import JsonObject
from corridor.base.reasons import Decision, Reason, conclude
from corridor.base.truth import Truth
from corridor.odrl.model import AnyConstraint, Connective, Constraint, Permission, Policy, PolicyKind, Rule
from corridor.odrl.nodes import cite
from corridor.odrl.operands import CORE, Operands
from corridor.odrl.parse import parse_policy
from corridor.odrl.wire import members, node


def agreement_honours_offer(
    offer: JsonObject, agreement: JsonObject, *, target: str | None = None, registry: Operands = CORE
) -> Decision:
    """Whether the agreement grants what the offer does, and nothing else, under at least its constraints.

    Rules may stand in any order and constraints may be added to permissions (papers are); nothing may be taken away,
    and nothing else added. DSP 2025-1 has the agreement repeat the offer; the parties and the timestamp are its own.

    Parties and target are compared where the bodies state them; where the protocol states them apart, so does the
    caller compare them.

    Args:
        offer: the policy of the last offer, as it was sent.
        agreement: the agreement, as it arrived.
        target: the asset, where only the agreement says it: an offer out of a catalogue does not.
        registry: the operands and profiles that may be used.

    Raises:
        MalformedError: either of them is not a policy that this node can evaluate.
        TooLargeError: either of them is over a limit.
    """
    agreed = parse_policy(agreement, kind=PolicyKind.AGREEMENT, registry=registry, complete=False)
    stated = members(node(offer, "$"), "$")
    offered = parse_policy(
        offer,
        kind=PolicyKind.OFFER,
        target=target if stated.get("target") is None else None,
        assigner=agreed.assigner if stated.get("assigner") is None else None,
        assignee=agreed.assignee if stated.get("assignee") is None else None,
        registry=registry,
    )
    return at_least_as_restrictive(offered, agreed)


def at_least_as_restrictive(template: Policy, candidate: Policy) -> Decision:
    """Whether `candidate` allows nothing that `template` does not, and takes nothing back.

    Every permission of one answers to one of the other, with the same duties and at least the same constraints;
    prohibitions, obligations, target, parties, profiles and conflict strategy are the same.
    """
    return conclude(
        (
            *_policy_reasons(template, candidate),
            *_permission_reasons(template.permissions, candidate.permissions),
            *_rule_reasons("prohibition", template.prohibitions, candidate.prohibitions),
            *_rule_reasons("obligation", template.obligations, candidate.obligations),
        )
    )


def differences(one: Policy, other: Policy) -> tuple[Reason, ...]:
    """What stands in one of the policies and not in the other; nothing if they mean the same."""
    return (
        *(reason for reason in _policy_reasons(one, other) if reason.holds is not Truth.TRUE),
        *_rule_reasons("permission", one.permissions, other.permissions),
        *_rule_reasons("prohibition", one.prohibitions, other.prohibitions),
        *_rule_reasons("obligation", one.obligations, other.obligations),
    )


def _policy_reasons(template: Policy, candidate: Policy) -> list[Reason]:
    """One reason for each property of the policies themselves."""
    properties = {
        "target": (template.target, candidate.target),
        "assigner": (template.assigner, candidate.assigner),
        "assignee": (template.assignee, candidate.assignee),
        "profile": (" ".join(template.profiles), " ".join(candidate.profiles)),
        "conflict": (template.conflict.value, candidate.conflict.value),
    }
    return [_property_reason(name, wanted, found) for name, (wanted, found) in properties.items()]


def _property_reason(name: str, wanted: str | None, found: str | None) -> Reason:
    if wanted == found:
        return Reason(f"odrl.{name}", f"the {name} is the same", Truth.TRUE, cite(f"$.{name}"))
    text = f"the {name} is `{printable(found or 'none')}` instead of `{printable(wanted or 'none')}`"
    return Reason(f"odrl.{name}", text, Truth.FALSE, cite(f"$.{name}"))


def _canonical(constraint: AnyConstraint) -> Hashable:
    """What a constraint means, whatever the order of its members (`andSequence` alone has one)."""
    if isinstance(constraint, Constraint):
        return constraint
    members_meant = [_canonical(member) for member in constraint.members]
    if constraint.connective is Connective.AND_SEQUENCE:
        return constraint.connective, tuple(members_meant)
    # Counted, since `xone` of the same constraint twice is not `xone` of it once.
    return constraint.connective, frozenset(Counter(members_meant).items())


def _constraints(rule: Rule) -> frozenset[Hashable]:
    return frozenset(map(_canonical, rule.constraints))


def _frame(rule: Rule) -> Hashable:
    """Everything of a rule but its constraints."""
    duties = rule.duties if isinstance(rule, Permission) else ()
    frames = Counter((_frame(duty), _constraints(duty)) for duty in duties)
    return rule.action, rule.target, rule.assigner, rule.assignee, frozenset(frames.items())


def _meaning(rule: Rule) -> Hashable:
    return _frame(rule), _constraints(rule)


def _rule_reasons(kind: str, wanted: Sequence[Rule], found: Sequence[Rule]) -> list[Reason]:
    """A reason for every rule that has no equal on the other side; equal rules need none."""
    taken, added = _unpaired(wanted, found), _unpaired(found, wanted)
    return [
        *(_missing(kind, rule, "taken away") for rule in taken),
        *(_missing(kind, rule, "added") for rule in added),
    ]


def _unpaired(rules: Sequence[Rule], others: Sequence[Rule]) -> list[Rule]:
    left = Counter(map(_meaning, others))
    alone = []
    for rule in rules:
        meaning = _meaning(rule)
        if left[meaning] > 0:
            left[meaning] -= 1
        else:
            alone.append(rule)
    return alone


def _missing(kind: str, rule: Rule, what: str) -> Reason:
    return Reason(f"odrl.{kind}", f"the {kind} to `{rule.action}` was {what}", Truth.FALSE, cite(rule.path))


def _permission_reasons(wanted: Sequence[Permission], found: Sequence[Permission]) -> list[Reason]:
    """Pairs every permission with one that is the same but for added constraints, and tells of those left over."""
    frames, sets = list(map(_frame, found)), list(map(_constraints, found))
    choices = []
    for rule in wanted:
        frame, constraints = _frame(rule), _constraints(rule)
        choices.append([place for place, other in enumerate(frames) if other == frame and sets[place] >= constraints])
    pairs = _pairing(choices)
    paired = set(pairs.values())
    return [
        *(_pair_reason(rule, found[pairs[place]]) for place, rule in enumerate(wanted) if place in pairs),
        *(_missing("permission", rule, "changed or taken away") for i, rule in enumerate(wanted) if i not in pairs),
        *(_missing("permission", rule, "changed or added") for i, rule in enumerate(found) if i not in paired),
    ]


def _pair_reason(rule: Permission, other: Permission) -> Reason:
    added = len(_constraints(other) - _constraints(rule))
    with_added = f" with {added} more constraint{'s' if added > 1 else ''}" if added else ""
    text = f"the permission to `{rule.action}` is kept{with_added}"
    return Reason("odrl.permission", text, Truth.TRUE, cite(other.path))


def _pairing(choices: Sequence[Sequence[int]]) -> dict[int, int]:
    """As many pairs as there can be of a place and one of its choices, no choice twice (augmenting paths)."""
    taken: dict[int, int] = {}

    def settle(place: int, tried: set[int]) -> bool:
        for choice in choices[place]:
            if choice not in tried:
                tried.add(choice)
                if choice not in taken or settle(taken[choice], tried):
                    taken[choice] = place
                    return True
        return False

    for place in range(len(choices)):
        settle(place, set())
    return {place: choice for choice, place in taken.items()}
