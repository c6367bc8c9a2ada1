"""Our datasets, what a partner would be answered about them, and what partners offer us."""

from __future__ import annotations

from datetime import UTC, datetime, time
from operator import attrgetter
from typing import Any

from corridor.base.clock import parse_date, parse_instant
from corridor.base.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from corridor.base.ids import DatasetId, OfferId, ParticipantId, check_id, printable
from corridor.base.json import JsonObject
from corridor.http.management import models, views
from corridor.http.management.calls import Call
from corridor.http.management.inputs import CatalogueBody, DatasetsQuery, ExplainQuery, NoQuery
from corridor.law.facts import check_day
from corridor.service import publish
from corridor.service.discover import Search, catalogue_of
from corridor.service.explanation import explain_offer
from corridor.service.records import DatasetRecord

_DAY_LENGTH = len("2026-11-30")


async def publish_dataset(call: Call[NoQuery, JsonObject]) -> models.Dataset:
    """Publish a dataset, or publish it anew."""
    return views.dataset(await publish.publish(call.ctx, call.body))


async def list_datasets(call: Call[DatasetsQuery, None]) -> models.Page[models.DatasetSummary]:
    """A page of our datasets."""
    query = call.query
    found = await call.ctx.store.datasets(after=query.after, limit=query.limit + 1, withdrawn=query.withdrawn)
    return views.page(found, query.limit, views.dataset_summary, attrgetter("id"))


async def show_dataset(call: Call[NoQuery, None]) -> models.Dataset:
    """One of our datasets, withdrawn or not.

    Raises:
        NotFoundError: there is no such dataset.
    """
    return views.dataset(await _dataset(call, DatasetId(call.path["id"])))


async def _dataset(call: Call[Any, Any], dataset: DatasetId) -> DatasetRecord:
    record = await call.ctx.store.dataset(dataset)
    if record is None:
        raise NotFoundError(f"there is no dataset `{printable(dataset)}`", remedy="GET /datasets lists them")
    return record


async def withdraw_dataset(call: Call[NoQuery, None]) -> models.Dataset:
    """Take a dataset out of the catalogue."""
    return views.dataset(await publish.withdraw(call.ctx, DatasetId(call.path["id"])))


async def ask_catalogue(call: Call[NoQuery, CatalogueBody]) -> models.PartnerCatalogue:
    """What a partner offers us.

    Raises:
        ForbiddenError: the partner does not know us.
    """
    asked = call.body
    provider = check_id(asked.provider, "$.provider")
    try:
        found = await catalogue_of(call.ctx, provider, Search(asked.filter, asked.limit, asked.after))
    except UnauthenticatedError as error:
        raise refused_by_partner(error) from None
    return views.partner_catalogue(found)


def refused_by_partner(error: UnauthenticatedError) -> ForbiddenError:
    """A partner's 401, which must not be taken for one of ours: the management token is right."""
    return ForbiddenError(
        error.message, remedy="ask the partner to put this node on its participant list", code="unknown_to_partner"
    )


async def explain(call: Call[ExplainQuery, None]) -> models.Explanation:
    """What a partner would be answered on an offer of ours, and why."""
    query = call.query
    dataset = DatasetId(check_id(query.dataset, "?dataset"))
    partner = ParticipantId(check_id(query.partner, "?for"))
    offer = None if query.offer is None else OfferId(check_id(query.offer, "?offer"))
    as_of = call.ctx.clock.now() if query.as_of is None else read_as_of(query.as_of)
    admission = await explain_offer(call.ctx, dataset, offer, partner, as_of)
    record = await _dataset(call, dataset)
    return models.Explanation(
        dataset=dataset,
        offer=offer or record.offers[0].id,
        partner=partner,
        as_of=as_of,
        allowed=admission.decision.allowed,
        obstacles=admission.obstacles,
        decision=dict(admission.explanation),
    )


def read_as_of(text: str) -> datetime:
    """A day, from 00:00 UTC, or an instant.

    Raises:
        MalformedError: it is neither, or out of the range of the rulebook's calendar.
    """
    if len(text) > _DAY_LENGTH:
        instant = parse_instant(text, "?as_of")
        check_day(instant.date(), "?as_of")
        return instant
    return datetime.combine(check_day(parse_date(text, "?as_of"), "?as_of"), time(), UTC)
