"""Subscriptions: who is told of which events at which address; `notify` does the telling."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from corridor.base.errors import ConflictError, MalformedError, NotFoundError
from corridor.base.ids import check_id
from corridor.evidence.selection import check_types
from corridor.service import notify
from corridor.service.context import Context
from corridor.service.ports import Changes
from corridor.service.process import until_settled
from corridor.service.records import DeadLetter, SubscriptionRecord, SubscriptionState

MOST_LETTERS: Final = 1000
"""Dead letters that one call delivers again."""
_MOST_NAMES: Final = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What a subscriber asks for.

    Attributes:
        types: types of events or families of them; empty for all.
        partners: participants, one of which has to be a party; empty for all.
        after: index of the last event that is known; -1 begins with the first of all, None with the next one.
        batch: whether several events come in one request.
        validate: whether the receiver is asked first (CloudEvents, HTTP 1.1 Web Hooks, validation).
    """

    url: str
    types: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    after: int | None = None
    batch: bool = False
    validate: bool = False


async def subscribe(ctx: Context, wish: Wish) -> tuple[SubscriptionRecord, str]:
    """A new subscription, and the secret that its requests are signed with, which is told this once.

    Raises:
        MalformedError: with the JSON path of what cannot be.
        ConflictError: there are as many as the settings allow.
        UnreachableError: the receiver does not allow it, where it was to be asked.
    """
    ctx.webhooks.check(wish.url)
    types = check_types(wish.types, "$.types")
    partners = tuple(check_id(each, f"$.partners[{number}]") for number, each in enumerate(wish.partners))
    if max(len(types), len(partners)) > _MOST_NAMES:
        raise MalformedError(f"at most {_MOST_NAMES} types and partners can be named", remedy="make two subscriptions")
    end = await ctx.store.log_size() - 1
    if wish.after is not None and wish.after > end:
        raise MalformedError(f"the last event is {end}", place="$.after", remedy="leave it out to begin with the next")
    most = ctx.telling.subscriptions
    if len(await ctx.store.subscriptions(limit=most)) >= most:
        raise ConflictError(
            f"there are {most} subscriptions already", remedy="remove one, or raise `events.subscriptions`"
        )
    if wish.validate:
        await ctx.webhooks.ask(wish.url, urlsplit(ctx.dsp_url).hostname or "")
    return await _made(ctx, wish, end if wish.after is None else wish.after)


async def _made(ctx: Context, wish: Wish, position: int) -> tuple[SubscriptionRecord, str]:
    secret, now = ctx.secrets.webhook_secret(), ctx.clock.now()
    record = SubscriptionRecord(
        id=ctx.new_id(),
        url=wish.url,
        types=wish.types,
        partners=wish.partners,
        batch=wish.batch,
        secret=ctx.secrets.seal(secret),
        position=position,
        created=now,
        updated=now,
    )
    await ctx.store.commit(Changes(subscriptions=(record,), tasks=(notify.task_of(ctx, record),)))
    return replace(record, version=1), secret


async def find(ctx: Context, subscription: str) -> SubscriptionRecord:
    """The subscription of that id.

    Raises:
        NotFoundError: there is none.
    """
    record = await ctx.store.subscription(subscription)
    if record is None:
        raise NotFoundError("there is no such subscription", remedy="see `corridor subscriptions list`")
    return record


async def pause(ctx: Context, subscription: str) -> SubscriptionRecord:
    """Send nothing more until it is resumed; nothing is lost meanwhile.

    Raises:
        NotFoundError: there is none.
        ConflictError: it is not active.
    """

    def paused(record: SubscriptionRecord) -> tuple[SubscriptionRecord, dict[str, Any]]:
        _check_state(record, SubscriptionState.ACTIVE)
        return replace(record, state=SubscriptionState.PAUSED), {"tasks_done": (notify.task_id(record),)}

    return await _changed(ctx, subscription, paused)


async def resume(ctx: Context, subscription: str) -> SubscriptionRecord:
    """Go on from where it was paused, with everything that was logged since.

    Raises:
        NotFoundError: there is none.
        ConflictError: it is not paused.
    """

    def resumed(record: SubscriptionRecord) -> tuple[SubscriptionRecord, dict[str, Any]]:
        _check_state(record, SubscriptionState.PAUSED)
        active = replace(record, state=SubscriptionState.ACTIVE, problem=None, lost=0)
        return active, {"tasks": (notify.task_of(ctx, active),)}

    return await _changed(ctx, subscription, resumed)


async def unsubscribe(ctx: Context, subscription: str) -> SubscriptionRecord:
    """Forget a subscription, its secret and its dead letters.

    Raises:
        NotFoundError: there is none.
    """
    record = await find(ctx, subscription)
    await ctx.store.commit(Changes(subscriptions_gone=(record.id,), tasks_done=(notify.task_id(record),)))
    return record


async def redeliver(ctx: Context, subscription: str, index: int | None = None) -> tuple[DeadLetter, ...]:
    """Deliver dead letters once more, behind what is being delivered: that of the event `index`, or all.

    Raises:
        NotFoundError: there is no such subscription, or no such dead letter.
        ConflictError: the subscription is not active.
    """
    record = await find(ctx, subscription)
    _check_state(record, SubscriptionState.ACTIVE)
    after, limit = (-1, MOST_LETTERS) if index is None else (index - 1, 1)
    letters = await ctx.store.letters(record.id, after=after, limit=limit)
    if index is not None and [letter.index for letter in letters] != [index]:
        raise NotFoundError(f"there is no dead letter of the event {index}")
    if letters:
        await ctx.store.commit(Changes(tasks=(notify.letters_task(ctx, record, letters),)))
    return letters


def _check_state(record: SubscriptionRecord, state: SubscriptionState) -> None:
    if record.state is not state:
        remedies = {SubscriptionState.ENDED: "make a new one", SubscriptionState.PAUSED: "resume it first"}
        remedy = remedies.get(record.state)
        raise ConflictError(f"the subscription is {record.state}, not {state}", remedy=remedy)


_Move = Callable[[SubscriptionRecord], tuple[SubscriptionRecord, dict[str, Any]]]


async def _changed(ctx: Context, subscription: str, move: _Move) -> SubscriptionRecord:
    async def attempt() -> SubscriptionRecord:
        record, work = move(await find(ctx, subscription))
        record = replace(record, updated=ctx.clock.now())
        await ctx.store.commit(Changes(subscriptions=(record,), **work))
        return replace(record, version=record.version + 1)

    return await until_settled(attempt)
