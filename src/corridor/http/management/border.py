"""The law's side: papers on file, assessments of described transfers, and the meter."""

from __future__ import annotations

from datetime import UTC
from operator import attrgetter

from corridor.base.clock import parse_date
from corridor.base.errors import NotFoundError
from corridor.base.ids import PaperId
from corridor.base.json import JsonObject
from corridor.http.management import models, views
from corridor.http.management.calls import Call
from corridor.http.management.inputs import AssessmentBody, NoQuery, PageQuery, ReasonBody
from corridor.law import explain
from corridor.law.counting import window_on
from corridor.law.evaluate import assess
from corridor.law.facts import parse_facts
from corridor.law.model import Counter, Jurisdiction
from corridor.service import papers
from corridor.service.context import Context
from corridor.service.records import AgreementRecord


async def list_papers(call: Call[PageQuery, None]) -> models.Page[models.Paper]:
    """A page of the papers on file, in order of id."""
    query = call.query
    every = sorted(await call.ctx.store.papers(), key=attrgetter("id"))
    following = [record for record in every if record.id > query.after]
    return views.page(following[: query.limit + 1], query.limit, views.paper, attrgetter("id"))


async def add_paper(call: Call[NoQuery, JsonObject]) -> models.Paper:
    """Put a paper on file."""
    return views.paper(await papers.add_paper(call.ctx, call.body))


async def show_paper(call: Call[NoQuery, None]) -> models.Paper:
    """A paper, revoked or not.

    Raises:
        NotFoundError: there is no such paper.
    """
    record = await call.ctx.store.paper(PaperId(call.path["id"]))
    if record is None:
        raise NotFoundError("there is no such paper", remedy="GET /papers lists them")
    return views.paper(record)


async def revoke_paper(call: Call[NoQuery, ReasonBody]) -> models.Paper:
    """Take a paper out of force."""
    return views.paper(await papers.revoke_paper(call.ctx, PaperId(call.path["id"]), call.body.reason))


async def assess_transfer(call: Call[NoQuery, AssessmentBody]) -> models.Assessment:
    """What the law says to a described transfer, with nothing counted before it but what the description states.

    Raises:
        MalformedError: with the JSON path of the first fault.
    """
    body = call.body
    facts = parse_facts(body.facts, "$.facts")
    as_of = call.ctx.clock.now().astimezone(UTC).date() if body.as_of is None else parse_date(body.as_of, "$.as_of")
    found = assess(call.ctx.rulebook, facts, as_of)
    return models.Assessment(assessment=dict(explain.as_json(found)), text=explain.as_text(found))


async def read_meter(call: Call[PageQuery, None]) -> models.Meter:
    """What was served, a page of agreements at a time, and where the counters of the law stand today."""
    query, ctx = call.query, call.ctx
    found = await ctx.store.agreements(after=query.after, limit=query.limit + 1)
    used = [await _agreement_usage(ctx, record) for record in found[: query.limit]]
    counters = [
        await _counter(ctx, jurisdiction, counter)
        for jurisdiction in ctx.rulebook.jurisdictions.values()
        for counter in jurisdiction.counters.values()
    ]
    return models.Meter(
        items=tuple(used),
        next=used[-1].agreement if len(found) > query.limit else None,
        total=views.usage(await ctx.store.usage()),
        counters=tuple(counters),
    )


async def _agreement_usage(ctx: Context, record: AgreementRecord) -> models.AgreementUsage:
    agreement = record.agreement
    usage = await ctx.store.usage(agreement=agreement.id)
    return models.AgreementUsage(
        agreement=agreement.id, partner=record.peer, dataset=agreement.target, usage=views.usage(usage)
    )


async def _counter(ctx: Context, jurisdiction: Jurisdiction, counter: Counter) -> models.Counter:
    window = window_on(counter.window, ctx.clock.now().astimezone(UTC).date())
    counted = await ctx.store.counted(jurisdiction.id, counter.name, window)
    return models.Counter(
        jurisdiction=jurisdiction.id,
        name=counter.name,
        unit=counter.unit,
        first=window.start,
        last=window.end,
        total=sum(counted.values()),
        populations=len(counted),
        citation=str(counter.citation),
    )
