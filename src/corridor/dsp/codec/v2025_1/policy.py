"""Policies on the wire: the structure that the contract schema asks for. What rules mean is not judged here.

Checks, in this order: the policy's type and identifiers; its size; its profile; at least one permission or prohibition;
each rule with its action; each constraint, which is either atomic or logical.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.clock import format_instant, parse_instant
from corridor.base.errors import LocalError, MalformedError, TooLargeError
from corridor.base.ids import AgreementId, DatasetId, OfferId, ParticipantId
from corridor.base.json import JsonObject, canonical_json
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1.gate import check_depth
from corridor.dsp.codec.v2025_1.reader import Node
from corridor.dsp.codec.v2025_1.terms import LOGICAL, OPERATORS
from corridor.dsp.messages import Agreement, Offer

_ENVELOPE: Final = frozenset({"@context", "@id", "@type", "target", "assigner", "assignee", "timestamp"})
_RULE_LISTS: Final = ("permission", "prohibition", "obligation")


def read_offer(node: Node) -> Offer:
    """An offer in a message, which has to have its type."""
    node.expect_type("Offer")
    return _read_offer(node)


def read_catalog_offer(node: Node) -> Offer:
    """An offer in a catalogue, where the schema asks for no type."""
    node.expect_type("Offer", required=False)
    return _read_offer(node)


def _read_offer(node: Node) -> Offer:
    target, assigner, assignee = (node.find_identifier(name) for name in ("target", "assigner", "assignee"))
    return Offer(
        id=OfferId(node.need("@id").identifier()),
        target=None if target is None else DatasetId(target),
        assigner=None if assigner is None else ParticipantId(assigner),
        assignee=None if assignee is None else ParticipantId(assignee),
        body=read_body(node),
    )


def read_agreement(node: Node) -> Agreement:
    """An agreement; unlike an offer it says for whom, about what and since when."""
    node.expect_type("Agreement")
    timestamp = node.need("timestamp")
    return Agreement(
        id=AgreementId(node.need("@id").identifier()),
        target=DatasetId(node.need("target").identifier()),
        assigner=ParticipantId(node.need("assigner").identifier()),
        assignee=ParticipantId(node.need("assignee").identifier()),
        timestamp=parse_instant(timestamp.value, timestamp.place),
        body=read_body(node),
    )


def write_offer(offer: Offer, limits: CodecLimits, *, place: str = "$.offer") -> dict[str, Any]:
    """An offer in a message, with its target."""
    if offer.target is None:
        raise LocalError("an offer in a message needs a target", place=place)
    return write_catalog_offer(offer, limits, place=place) | {"target": offer.target}


def write_catalog_offer(offer: Offer, limits: CodecLimits, *, place: str) -> dict[str, Any]:
    """An offer in a catalogue: without a target, which the schema forbids there."""
    parties = {"assigner": offer.assigner, "assignee": offer.assignee}
    return {
        "@id": offer.id,
        "@type": "Offer",
        **{name: party for name, party in parties.items() if party is not None},
        **check_body(offer.body, place, limits),
    }


def write_agreement(agreement: Agreement, limits: CodecLimits) -> dict[str, Any]:
    """An agreement in a message."""
    return {
        "@id": agreement.id,
        "@type": "Agreement",
        "target": agreement.target,
        "assigner": agreement.assigner,
        "assignee": agreement.assignee,
        "timestamp": format_instant(agreement.timestamp),
        **check_body(agreement.body, "$.agreement", limits),
    }


def check_body(body: JsonObject, place: str, limits: CodecLimits) -> dict[str, Any]:
    """The policy members in wire form; the same checks outbound as inbound.

    Raises:
        MalformedError: the body breaks one of the checks.
        TooLargeError: it is over one of the limits.
    """
    check_depth(body, limits.depth)
    return read_body(Node(body, place, limits))


def read_body(node: Node) -> dict[str, Any]:
    """The policy's own members, verbatim but for lists: one value alone becomes a list, an empty list is left out."""
    members = {name: value for name, value in node.members.items() if name not in _ENVELOPE}
    _check_size(members, node)
    _check_profile(node)
    reader = _RuleReader(node.limits)
    body = _with_lists(members, ((name, reader.rules(node, name)) for name in _RULE_LISTS))
    if not ("permission" in body or "prohibition" in body):
        raise node.malformed("a policy needs at least one permission or prohibition")
    return body


def _with_lists(members: JsonObject, lists: Iterable[tuple[str, list[Any]]]) -> dict[str, Any]:
    """`members` with each named list in its place, where it was given and is not empty."""
    replaced = dict(members)
    for name, entries in lists:
        if entries:
            replaced[name] = entries
        else:
            replaced.pop(name, None)
    return replaced


def _check_size(members: JsonObject, node: Node) -> None:
    try:
        size = len(canonical_json(members))
    except LocalError as error:
        raise MalformedError(
            f"the policy has no canonical form: {error.message}",
            place=node.place,
            remedy="write fractions and great numbers as strings",
        ) from None
    if size > node.limits.policy_bytes:
        raise TooLargeError(f"a policy has at most {node.limits.policy_bytes} bytes, this one {size}", place=node.place)


def _check_profile(node: Node) -> None:
    for profile in node.find_items("profile", node.limits.entries):
        profile.text()


@dataclass(slots=True)
class _RuleReader:
    """Reads the rules of one policy and counts its constraints on the way."""

    limits: CodecLimits
    constraints: int = 0

    def rules(self, parent: Node, name: str) -> list[Any]:
        return [self._rule(node) for node in parent.find_items(name, self.limits.rules)]

    def _rule(self, node: Node) -> dict[str, Any]:
        node.need("action").text()
        lists = (("duty", self.rules(node, "duty")), ("constraint", self._constraints(node, "constraint", 1)))
        return _with_lists(node.members, lists)

    def _constraints(self, parent: Node, name: str, depth: int) -> list[Any]:
        if depth > self.limits.constraint_depth:
            raise TooLargeError(
                f"constraints nest at most {self.limits.constraint_depth} levels deep", place=f"{parent.place}.{name}"
            )
        nodes = parent.find_items(name, self.limits.constraints)
        self.constraints += len(nodes)
        if self.constraints > self.limits.constraints:
            raise TooLargeError(f"a policy has at most {self.limits.constraints} constraints", place=parent.place)
        return [self._constraint(node, depth) for node in nodes]

    def _constraint(self, node: Node, depth: int) -> dict[str, Any]:
        operands = [name for name in LOGICAL if node.find(name) is not None]
        atomic = any(node.find(name) is not None for name in ("leftOperand", "operator", "rightOperand"))
        if len(operands) + atomic != 1:
            raise node.malformed(
                f"a constraint is either atomic (leftOperand, operator, rightOperand) or one of {', '.join(LOGICAL)}"
            )
        if atomic:
            _check_atomic(node)
            return dict(node.members)
        below = self._constraints(node, operands[0], depth + 1)
        if not below:
            raise node.malformed(f"`{operands[0]}` needs at least one constraint")
        return {**node.members, operands[0]: below}


def _check_atomic(node: Node) -> None:
    node.need("leftOperand").text()
    operator = node.need("operator")
    if operator.text() not in OPERATORS:
        raise MalformedError(
            "no operator of the protocol", place=operator.place, remedy=f"use one of {', '.join(sorted(OPERATORS))}"
        )
    right = node.need("rightOperand")
    # Contract schema, `AtomicConstraint`: a string, an object or an array.
    if not isinstance(right.value, str | Mapping | list):
        raise MalformedError(
            "a right operand is a string, an object or a list",
            place=right.place,
            remedy='write a number as a string, or as {"@value": "10", "@type": "xsd:integer"}',
        )
