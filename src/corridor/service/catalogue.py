"""What we offer to a partner: the datasets of which it may see an offer, with what the border will ask of each."""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.errors import MalformedError, NotFoundError
from corridor.base.ids import DatasetId
from corridor.base.json import JsonObject
from corridor.base.truth import Truth
from corridor.dsp.catalog import Catalog, DataService, Dataset, Distribution
from corridor.dsp.messages import CatalogRequest, Offer, Role
from corridor.odrl.model import PolicyKind
from corridor.service.admit import Admission, Phase, Question, admit
from corridor.service.context import Context
from corridor.service.records import DatasetRecord, OfferRecord, Participant
from corridor.service.terms import parsed

PROFILE: Final = "urn:corridor:profile"
"""The dataset member that states the data profile: facts about the data, on which both sides decide."""
BORDER: Final = "urn:corridor:border:answer"
"""The dataset member that says, per offer, what the law of each side answers."""
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the catalogue, and the cursor of the next one, or None at the end."""

    catalog: Catalog
    next: str | None


async def catalogue(ctx: Context, partner: Participant, request: CatalogRequest, cursor: str | None = None) -> Page:
    """The catalogue as `partner` sees it, a page at a time in order of dataset id.

    Raises:
        MalformedError: the request has a filter, which is not supported, or the cursor is none of ours.
    """
    if request.filter:
        raise MalformedError("filters are not supported", place="$.filter", remedy="ask without a filter")
    found: list[Dataset] = []
    last = _position(cursor)
    async for record in _published(ctx, last):
        seen = await _seen(ctx, partner, record)
        if seen is not None:
            if len(found) == ctx.page:
                return Page(_catalog(ctx, found), _cursor(found[-1].id))
            found.append(seen)
    return Page(_catalog(ctx, found), None)


async def _published(ctx: Context, after: str) -> AsyncIterator[DatasetRecord]:
    while batch := await ctx.store.datasets(after=after, limit=_BATCH):
        for record in batch:
            yield record
        after = batch[-1].id


def _catalog(ctx: Context, datasets: list[Dataset]) -> Catalog:
    return Catalog(
        id=f"{ctx.me.id}#catalog", participant=ctx.me.id, datasets=tuple(datasets), services=(_service(ctx),)
    )


async def dataset(ctx: Context, partner: Participant, dataset: DatasetId) -> Dataset:
    """One dataset as `partner` sees it.

    Raises:
        NotFoundError: there is no such dataset, or the partner may see none of its offers.
    """
    record = await ctx.store.dataset(dataset)
    seen = await _seen(ctx, partner, record) if record and record.withdrawn is None else None
    if seen is None:
        raise NotFoundError("there is no such dataset")
    return seen


async def _seen(ctx: Context, partner: Participant, record: DatasetRecord) -> Dataset | None:
    """The dataset with the offers that the partner may see, or None: DSP has no dataset without an offer."""
    asked = [(offer, await ask(ctx, partner, record, offer, Phase.CATALOGUE)) for offer in record.offers]
    visible = [(offer, admission) for offer, admission in asked if _visible(admission)]
    if not visible:
        return None
    properties: dict[str, Any] = {
        "title": record.title,
        PROFILE: record.profile,
        BORDER: [{"offer": offer.id, "answer": _border(admission)} for offer, admission in visible],
    }
    if record.description:
        properties["description"] = record.description
    if record.keywords:
        properties["keyword"] = list(record.keywords)
    return Dataset(
        id=record.id,
        offers=tuple(Offer(offer.id, offer.body) for offer, _ in visible),
        distributions=_distributions(ctx, record),
        properties=properties,
    )


def _distributions(ctx: Context, record: DatasetRecord) -> tuple[Distribution, ...]:
    """One for each format in which our data plane hands out data."""
    service, properties = _service(ctx), {"mediaType": record.content.media_type}
    return tuple(Distribution(format_.name, service, properties) for format_ in ctx.formats.served)


async def ask(ctx: Context, partner: Participant, record: DatasetRecord, offer: OfferRecord, phase: Phase) -> Admission:
    """What would be answered if `partner` asked for `offer` now."""
    policy = parsed(offer.body, PolicyKind.OFFER, target=record.id, assigner=ctx.me.id, assignee=partner.id)
    papers = tuple(paper for paper in await ctx.store.papers() if paper.revoked is None)
    question = Question(phase, partner, Role.PROVIDER, policy, record.profile, ctx.clock.now(), papers)
    return await admit(ctx, question)


def _visible(admission: Admission) -> bool:
    """A partner sees an offer whose terms it meets; the law may still want papers first, and says which."""
    own = [reason for reason in admission.decision.reasons if reason.code in ("participant", "terms")]
    return all(reason.holds is Truth.TRUE for reason in own)


def _border(admission: Admission) -> JsonObject:
    assessment = admission.assessment
    return {
        "outcome": assessment.outcome.value,
        "asks": [reason.text for reason in admission.decision.reasons if reason.code.startswith("border")],
    }


def _service(ctx: Context) -> DataService:
    return DataService(f"{ctx.me.id}#dsp", ctx.dsp_url)


def _cursor(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")


def _position(cursor: str | None) -> str:
    if not cursor:
        return ""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise MalformedError("the page is none of this catalogue's", remedy="follow the Link header") from None
