"""The one decision point: is the partner known, do the terms allow it, does the law of every side allow it.

Whatever has to be fetched is fetched first (`gather`); the decision itself (`decide`) is a pure function of what was
gathered, so that the same question at the same instant has one answer, at any phase and on either side.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

from corridor.base.ids import AgreementId
from corridor.base.json import JsonObject, canonical_json
from corridor.base.reasons import Decision, Reason, conclude
from corridor.base.truth import Truth
from corridor.dsp.messages import Role
from corridor.law.evaluate import assess, counts_needed
from corridor.law.explain import as_json as border_json
from corridor.law.explain import reasons as border_reasons
from corridor.law.facts import Facts, parse_facts
from corridor.law.outcome import Assessment, CountKey, CountQuery
from corridor.odrl.model import Policy
from corridor.odrl.world import World
from corridor.service.context import Context
from corridor.service.facts import country_of, in_order, transfer_facts
from corridor.service.ports import CountGuard
from corridor.service.records import Counted, PaperRecord, Participant
from corridor.service.render import decision_json
from corridor.service.terms import compiled, declared_purposes, held_paper


class Phase(enum.StrEnum):
    """The point of the exchange at which is decided."""

    CATALOGUE = "catalogue"
    NEGOTIATION = "negotiation"
    TRANSFER = "transfer"
    ACCESS = "access"
    EXPLANATION = "explanation"


@dataclass(frozen=True, slots=True)
class Question:
    """May `partner` use the data under `policy`, or we the partner's?

    Attributes:
        role: ours.
        profile: facts about the data.
        papers: the papers that may open a route: our register as provider, those the agreement names as consumer.
        agreed_at: when the agreement was concluded; None before.
        uses: how often the data were used under the agreement.
    """

    phase: Phase
    partner: Participant
    role: Role
    policy: Policy
    profile: JsonObject
    now: datetime
    papers: tuple[PaperRecord, ...] = ()
    agreed_at: datetime | None = None
    uses: int = 0


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a decision rests on besides the question: the described transfer and what the meter has counted before.

    `described` is the description as canonical JSON: it names the transfer in the memo.
    """

    described: bytes
    facts: Facts
    previous: Mapping[CountKey, int]
    queries: tuple[CountQuery, ...]
    totals: Mapping[CountKey, int]


@dataclass(frozen=True)
class Ruled:
    """The border's answer, for the decision and as JSON."""

    assessment: Assessment
    reasons: tuple[Reason, ...]

    @cached_property
    def document(self) -> JsonObject:
        """The answer as JSON, made when it is first asked for: a catalogue shows outcomes and reasons only."""
        return border_json(self.assessment)


@dataclass(frozen=True, slots=True)
class Admission:
    """A decision with what follows from it.

    Attributes:
        guards: hold a commit that relies on this decision to the counters that it was made with.
        papers: those of the question's papers that opened a route.
    """

    question: Question
    decision: Decision
    ruled: Ruled
    guards: tuple[CountGuard, ...]
    papers: tuple[PaperRecord, ...]

    @property
    def assessment(self) -> Assessment:
        """What the law of every side answers."""
        return self.ruled.assessment

    @property
    def document(self) -> JsonObject:
        """The decision as JSON with the border's answer, without the steps by which it came about: what is kept."""
        rulings = [{name: value for name, value in one.items() if name != "steps"} for one in self._rulings]
        return decision_json(self.decision, {**self.ruled.document, "rulings": rulings})

    @property
    def explanation(self) -> JsonObject:
        """The decision as JSON with every step of the border's answer."""
        return decision_json(self.decision, self.ruled.document)

    @property
    def _rulings(self) -> list[JsonObject]:
        rulings: list[JsonObject] = self.ruled.document["rulings"]
        return rulings

    @property
    def obstacles(self) -> tuple[str, ...]:
        """One sentence for each thing in the way, short enough for the wire."""
        return tuple(reason.text for reason in self.decision.obstacles)

    def counted(self, agreement: AgreementId) -> tuple[Counted, ...]:
        """What an agreement on this adds to the legal counters."""
        day = self.question.now.astimezone(UTC).date()
        return tuple(
            Counted(count.key.jurisdiction, count.key.name, population.name, population.n, day, agreement)
            for ruling in self.assessment.rulings
            for count in ruling.counted
            if count.adds
            for population in count.populations
            if population.n
        )


async def admit(ctx: Context, question: Question) -> Admission:
    """Gather what the question needs and decide it."""
    return decide(ctx, question, await gather(ctx, question))


def permitted(ctx: Context, question: Question) -> bool:
    """Whether the partner is known and meets the terms; what the law says is left open."""
    _, consumer = in_order(ctx.me, question.partner, question.role)
    return all(reason.holds is Truth.TRUE for reason in (_known(ctx, question), _terms(question, consumer)))


async def gather(ctx: Context, question: Question) -> Gathered:
    """The described transfer, and for each legal counter of our own exports what the meter says.

    A consumer's meter does not know what the provider exported to others: there the count rests on the profile alone.
    """
    exporter, importer = in_order(ctx.me, question.partner, question.role)
    document = transfer_facts(exporter, importer, question.profile, question.papers)
    described, day = canonical_json(document), _day(question.now)
    facts = ctx.memo.get(described, lambda: parse_facts(document))
    queries: tuple[CountQuery, ...] = ()
    if question.role is Role.PROVIDER:
        queries = ctx.memo.get(("counts", described, day), lambda: counts_needed(ctx.rulebook, facts, day))
    previous: dict[CountKey, int] = {}
    totals: dict[CountKey, int] = {}
    for query in queries:
        by_population = await ctx.store.counted(query.key.jurisdiction, query.key.name, query.window)
        totals[query.key] = sum(by_population.values())
        here = {population.name: population.n or 0 for population in query.populations}
        # The same persons count once: of a population that is exported again, only those beyond its number here.
        previous[query.key] = sum(max(n - here.get(name, 0), 0) for name, n in by_population.items())
    return Gathered(described, facts, previous, queries, totals)


def decide(ctx: Context, question: Question, gathered: Gathered) -> Admission:
    """Credentials, then the terms, then the law; every reason is kept, whichever fails."""
    ruled = _ruled(ctx, gathered, _day(question.now))
    assessment = ruled.assessment
    _, consumer = in_order(ctx.me, question.partner, question.role)
    decision = conclude((_known(ctx, question), _terms(question, consumer), *ruled.reasons))
    guards = tuple(
        CountGuard(query.key.jurisdiction, query.key.name, query.window, gathered.totals[query.key])
        for query in gathered.queries
    )
    opened = {need.satisfied_by.paper for need in assessment.papers_needed if need.satisfied_by}
    used = tuple(paper for paper in question.papers if paper.id in opened)
    return Admission(question, decision, ruled, guards, used)


def _ruled(ctx: Context, gathered: Gathered, day: date) -> Ruled:
    """The border's answer; it rests on the description, the day, the counters and the rules, and on nothing else."""

    def rule() -> Ruled:
        assessment = assess(ctx.rulebook, gathered.facts, day, gathered.previous)
        return Ruled(assessment, border_reasons(assessment))

    return ctx.memo.get(("ruled", gathered.described, day, tuple(sorted(gathered.previous.items()))), rule)


def _known(ctx: Context, question: Question) -> Reason:
    known = ctx.participants.find(question.partner.id) is not None
    text = "is on the participant list" if known else "is not on the participant list"
    return Reason("participant", f"{question.partner.name} {text}", Truth.of(known))


def _terms(question: Question, consumer: Participant) -> Reason:
    """What the policy says of the consumer's use."""
    explained = compiled(question.policy).explain("use", world_of(question, consumer))
    text = "the terms of the offer allow the use" if explained.allowed else _first_obstacle(explained)
    return Reason("terms", text, explained.verdict, because=explained.reasons)


def _first_obstacle(decision: Decision) -> str:
    """The innermost reason that does not hold, which says what a person can change."""
    reasons = decision.obstacles or decision.reasons
    while reasons:
        reason = reasons[0]
        reasons = tuple(step for step in reason.because if step.holds is not Truth.TRUE)
        if not reasons:
            return f"the terms of the offer do not allow the use: {reason.text}"
    return "the terms of the offer do not allow the use"


def world_of(question: Question, consumer: Participant) -> World:
    """The state of the world for a policy.

    Purposes: a consumer declares those of the offer that it asks for, by asking for it; what it really does only the
    contract protects.
    """
    return World(
        now=question.now,
        target=question.policy.target,
        assignee=consumer.id,
        purposes=declared_purposes(question.policy),
        country=country_of(consumer),
        jurisdiction=country_of(consumer),
        counts={"use": question.uses} if question.uses else {},
        agreed_at=question.agreed_at or question.now,
        papers={paper.digest: held_paper(paper) for paper in question.papers},
        duties={},
    )


def _day(now: datetime) -> date:
    return now.astimezone(UTC).date()
