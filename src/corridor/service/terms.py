"""Policies as the use cases need them: parsed, digested, and asked for their purposes and papers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

from corridor.base.clock import parse_date
from corridor.base.digest import digest_of
from corridor.base.ids import PaperId
from corridor.base.json import JsonObject, canonical_json, parse_json
from corridor.base.reasons import Decision
from corridor.dsp.messages import Agreement
from corridor.dsp.negotiation import Negotiation
from corridor.odrl.compare import at_least_as_restrictive
from corridor.odrl.evaluate import compile_policy
from corridor.odrl.model import AnyConstraint, Constraint, LogicalConstraint, Policy, PolicyKind
from corridor.odrl.operands import PAPERS, Operator
from corridor.odrl.parse import parse_policy
from corridor.odrl.values import PaperReference
from corridor.odrl.world import HeldPaper
from corridor.service.records import PaperRecord


@lru_cache(maxsize=512)
def _parsed(body: bytes, kind: PolicyKind, target: str, assigner: str, assignee: str) -> Policy:
    return parse_policy(parse_json(body), kind=kind, target=target, assigner=assigner, assignee=assignee)


compiled = lru_cache(maxsize=512)(compile_policy)
"""The program of a policy; the same policy is compiled once."""


def parsed(body: JsonObject, kind: PolicyKind, *, target: str, assigner: str, assignee: str) -> Policy:
    """The policy with these rules and parties; the same one is parsed once, since offers and agreements do not change.

    Raises:
        MalformedError: it is no policy that this node can evaluate.
    """
    return _parsed(canonical_json(body), kind, target, assigner, assignee)


def offer_policy(negotiation: Negotiation, body: JsonObject | None = None) -> Policy:
    """The policy of the offer that is negotiated, or of other rules in its place, as if it were agreed."""
    return parsed(
        negotiation.offer.body if body is None else body,
        PolicyKind.OFFER,
        target=negotiation.dataset,
        assigner=negotiation.provider,
        assignee=negotiation.consumer,
    )


def keeps_terms(negotiation: Negotiation, offered: JsonObject, asked: JsonObject) -> Decision:
    """Whether the rules `asked` allow nothing that `offered` does not, and take nothing back."""
    return at_least_as_restrictive(offer_policy(negotiation, offered), offer_policy(negotiation, asked))


def policy_of(agreement: Agreement) -> Policy:
    """The policy of an agreement."""
    return parsed(
        agreement.body,
        PolicyKind.AGREEMENT,
        target=agreement.target,
        assigner=agreement.assigner,
        assignee=agreement.assignee,
    )


def policy_digest(agreement: Agreement) -> str:
    """What both sides sign of an agreement's terms: the digest of its rules, target, parties and id."""
    return digest_of(
        {
            **agreement.body,
            "@id": agreement.id,
            "target": agreement.target,
            "assigner": agreement.assigner,
            "assignee": agreement.assignee,
        }
    )


def declared_purposes(policy: Policy) -> frozenset[str]:
    """The purposes that the policy's permissions name as allowed."""
    return frozenset(
        purpose
        for permission in policy.permissions
        for constraint in _atoms(permission.constraints)
        if constraint.left == "purpose" and constraint.operator in (Operator.EQ, Operator.IS_ANY_OF, Operator.IS_ALL_OF)
        for purpose in (constraint.right if isinstance(constraint.right, frozenset) else ())
    )


def _atoms(constraints: Iterable[AnyConstraint]) -> Iterable[Constraint]:
    for constraint in constraints:
        if isinstance(constraint, LogicalConstraint):
            yield from _atoms(constraint.members)
        else:
            yield constraint


def papers_named(policy: Policy, now: datetime) -> tuple[PaperRecord, ...]:
    """The papers that an agreement's policy names, as its parties state them there."""
    references = {
        reference.digest: reference
        for permission in policy.permissions
        for constraint in _atoms(permission.constraints)
        if constraint.left == PAPERS and isinstance(constraint.right, tuple)
        for reference in constraint.right
    }
    return tuple(_as_record(reference, policy, now) for reference in references.values())


def _as_record(reference: PaperReference, policy: Policy, now: datetime) -> PaperRecord:
    days = {"effective": reference.effective, "filed": reference.filed, "valid_to": reference.valid_to}
    details: dict[str, object] = {
        name: moment.start.date().isoformat() for name, moment in days.items() if moment is not None
    }
    if reference.number:
        details["number"] = reference.number
    details["parties"] = [party for party in (policy.assigner, policy.assignee) if party]
    return PaperRecord(PaperId(reference.digest), reference.kind or "", reference.digest, details, added=now)


def held_paper(paper: PaperRecord) -> HeldPaper:
    """A paper's term of validity: from its effective day, through its last day."""
    return HeldPaper(
        valid_from=_midnight(paper, "valid_from", "effective"),
        valid_until=_midnight(paper, "valid_to", after=timedelta(days=1)),
        withdrawn=paper.revoked is not None,
    )


def _midnight(paper: PaperRecord, *names: str, after: timedelta = timedelta(0)) -> datetime | None:
    for name in names:
        if name in paper.details:
            day = parse_date(paper.details[name], f"paper {paper.id}: {name}")
            return datetime.combine(day, time(), UTC) + after
    return None
