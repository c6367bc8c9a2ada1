"""Who is told of events: subscriptions, and what could not be delivered to them."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from corridor.http.management import models, views
from corridor.http.management.calls import Call
from corridor.http.management.inputs import LettersQuery, NoQuery, PageQuery, RedeliveryBody, SubscriptionBody
from corridor.http.management.status import COUNTED_UP_TO
from corridor.service import notify, subscriptions
from corridor.service.context import Context
from corridor.service.records import DeadLetter, SubscriptionRecord


async def subscribe(call: Call[NoQuery, SubscriptionBody]) -> models.NewSubscription:
    """A new subscription; its secret is shown this once."""
    body = call.body
    wish = subscriptions.Wish(body.url, body.types, body.partners, body.after, body.batch, body.validate)
    record, secret = await subscriptions.subscribe(call.ctx, wish)
    return models.NewSubscription(**await _members(call.ctx, record), secret=secret)


async def list_subscriptions(call: Call[PageQuery, None]) -> models.Page[models.Subscription]:
    """A page of the subscriptions, in order of id."""
    query = call.query
    found = await call.ctx.store.subscriptions(after=query.after, limit=query.limit + 1)
    shown = [await _shown(call.ctx, record) for record in found]
    return views.page(shown, query.limit, lambda model: model, attrgetter("id"))


async def show_subscription(call: Call[NoQuery, None]) -> models.Subscription:
    """A subscription, and how it fares."""
    return await _shown(call.ctx, await subscriptions.find(call.ctx, call.path["id"]))


async def pause_subscription(call: Call[NoQuery, None]) -> models.Subscription:
    """Send nothing more until it is resumed."""
    return await _shown(call.ctx, await subscriptions.pause(call.ctx, call.path["id"]))


async def resume_subscription(call: Call[NoQuery, None]) -> models.Subscription:
    """Go on from where it was paused."""
    return await _shown(call.ctx, await subscriptions.resume(call.ctx, call.path["id"]))


async def unsubscribe(call: Call[NoQuery, None]) -> models.Subscription:
    """Forget a subscription; the answer is what it was."""
    found = await _shown(call.ctx, await subscriptions.find(call.ctx, call.path["id"]))
    await subscriptions.unsubscribe(call.ctx, call.path["id"])
    return found


async def list_letters(call: Call[LettersQuery, None]) -> models.DeadLetterPage:
    """A page of what a subscriber could not be told of."""
    query, record = call.query, await subscriptions.find(call.ctx, call.path["id"])
    found = await call.ctx.store.letters(record.id, after=query.after, limit=query.limit + 1)
    items = tuple(map(_letter, found[: query.limit]))
    return models.DeadLetterPage(items=items, next=items[-1].index if len(found) > query.limit else None)


async def redeliver(call: Call[NoQuery, RedeliveryBody]) -> models.Redelivery:
    """Deliver dead letters once more."""
    letters = await subscriptions.redeliver(call.ctx, call.path["id"], call.body.index)
    return models.Redelivery(indexes=tuple(letter.index for letter in letters))


async def _shown(ctx: Context, record: SubscriptionRecord) -> models.Subscription:
    return models.Subscription(**await _members(ctx, record))


async def _members(ctx: Context, record: SubscriptionRecord) -> dict[str, Any]:
    task = await ctx.store.task(notify.task_id(record))
    return {
        "id": record.id,
        "url": record.url,
        "types": record.types,
        "partners": record.partners,
        "batch": record.batch,
        "state": record.state.value,
        "position": record.position,
        "behind": max(await ctx.store.log_size() - 1 - record.position, 0),
        "problem": record.problem or (None if task is None else task.problem),
        "attempts": 0 if task is None else task.attempts,
        "due": None if task is None else task.due,
        "dead_letters": len(await ctx.store.letters(record.id, limit=COUNTED_UP_TO)),
        "created": record.created,
        "updated": record.updated,
    }


def _letter(letter: DeadLetter) -> models.DeadLetter:
    return models.DeadLetter(index=letter.index, at=letter.at, attempts=letter.attempts, problem=letter.problem)
