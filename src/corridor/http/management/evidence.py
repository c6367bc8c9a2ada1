"""Proof for others: bundles, checkpoints, our key, receipts, and the log itself."""

from __future__ import annotations

from operator import attrgetter
from urllib.parse import quote

import orjson

from corridor.base.ids import AgreementId, check_id
from corridor.http.management import models, views
from corridor.http.management.calls import Call, TextReply
from corridor.http.management.inputs import EventsQuery, NoQuery, ReceiptsQuery
from corridor.http.media import JSON_TYPE
from corridor.service import proof

BUNDLE_TYPE = "application/jsonl"
TEXT_TYPE = "text/plain; charset=utf-8"


async def send_bundle(call: Call[NoQuery, None]) -> TextReply:
    """The evidence of one agreement, as a file that verifies offline."""
    agreement = AgreementId(call.path["agreement"])
    data = await proof.bundle(call.ctx, agreement)
    # RFC 8187: the name may hold any character.
    name = quote(f"{agreement}.jsonl", safe="")
    return TextReply(data, BUNDLE_TYPE, {"content-disposition": f"attachment; filename*=UTF-8''{name}"})


async def send_checkpoint(call: Call[NoQuery, None]) -> TextReply:
    """The signed head of our log."""
    return TextReply((await proof.checkpoint(call.ctx)).encode(), TEXT_TYPE)


async def send_key(call: Call[NoQuery, None]) -> TextReply:
    """Our public key for evidence, a JWK (RFC 7517) with its `kid`."""
    return TextReply(orjson.dumps(await proof.public_key(call.ctx)), JSON_TYPE)


async def list_receipts(call: Call[ReceiptsQuery, None]) -> models.Page[models.Receipt]:
    """A page of the receipts of an agreement, in order of id."""
    query = call.query
    every = await call.ctx.store.receipts(AgreementId(check_id(query.agreement, "?agreement")))
    following = sorted((record for record in every if record.id > query.after), key=attrgetter("id"))
    return views.page(following[: query.limit + 1], query.limit, views.receipt, attrgetter("id"))


async def list_events(call: Call[EventsQuery, None]) -> models.EventPage:
    """A page of the evidence log."""
    query = call.query
    agreement = None if query.agreement is None else AgreementId(check_id(query.agreement, "?agreement"))
    found = await call.ctx.store.events(agreement=agreement, after=query.after, limit=query.limit + 1)
    items = tuple(views.event(logged) for logged in found[: query.limit])
    return models.EventPage(items=items, next=items[-1].index if len(found) > query.limit else None)
