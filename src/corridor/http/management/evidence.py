"""Proof for others: bundles, checkpoints, our key, receipts, and the log itself."""

from __future__ import annotations

from operator import attrgetter
from urllib.parse import quote

import orjson

from corridor.base.ids import AgreementId, check_id
from corridor.evidence.selection import Selection, check_types
from corridor.http.management import models, views
from corridor.http.management.calls import Call, TextReply
from corridor.http.management.following import LAST_EVENT_ID, STREAM_TYPES, StreamReply, last_seen, stream
from corridor.http.management.inputs import EventsQuery, NoQuery, ReceiptsQuery
from corridor.http.media import JSON_TYPE, asked_type
from corridor.service import follow, proof

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


async def list_events(call: Call[EventsQuery, None]) -> models.EventPage | StreamReply:
    """A page of the evidence log, or, where `Accept` asks for one, a stream of it."""
    query, selection = call.query, _selection(call.query)
    wanted = asked_type(call.headers.get("accept"), STREAM_TYPES)
    if wanted is not None:
        after = last_seen(call.headers.get(LAST_EVENT_ID), query.after)
        return stream(call.ctx, call.watcher, selection, after, wanted)
    found = await follow.read(call.ctx.store, selection, query.after, query.limit)
    items = tuple(views.event(logged) for logged in found.events)
    return models.EventPage(items=items, next=found.position if found.more else None)


def _selection(query: EventsQuery) -> Selection:
    """Which events a query asks for.

    Raises:
        MalformedError: an identifier cannot be one, or there is no such type.
    """
    types = () if query.type is None else check_types(query.type.split(","), "?type")
    named = {name: _identifier(getattr(query, name), name) for name in ("agreement", "negotiation", "transfer")}
    partner = _identifier(query.partner, "partner")
    return Selection(types, () if partner is None else (partner,), **named)


def _identifier(given: str | None, name: str) -> str | None:
    return None if given is None else check_id(given, f"?{name}")
