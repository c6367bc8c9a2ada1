from __future__ import annotations

from dataclasses import replace

import pytest

from corridor.base.errors import ConflictError, MalformedError, NotFoundError, UnreachableError
from corridor.service import subscriptions
from corridor.service.context import Telling
from corridor.service.ports import Changes
from corridor.service.records import DeadLetter, SubscriptionState
from corridor.service.subscriptions import Wish

URL = "https://hook.example/in"


@pytest.fixture
def ctx(exporter):
    return exporter.context


async def subscribe(ctx, url=URL, **wish):
    return await subscriptions.subscribe(ctx, Wish(url, **wish))


async def test_a_subscription_is_kept_with_its_secret_sealed(ctx):
    record, secret = await subscribe(ctx, types=("data.*",))
    assert secret.startswith("whsec_")
    assert await ctx.store.subscription(record.id) == record
    assert secret not in repr(record)
    assert ctx.secrets.unseal(record.secret) == secret
    assert (record.state, record.position, record.version) == (SubscriptionState.ACTIVE, -1, 1)


@pytest.mark.parametrize(
    ("wish", "place"),
    [
        ({"url": "http://hook.example"}, "$.url"),
        ({"url": URL, "types": ("nonsense",)}, "$.types"),
        ({"url": URL, "partners": ("a b",)}, "$.partners[0]"),
        ({"url": URL, "after": 0}, "$.after"),
        ({"url": URL, "partners": ("did:web:x",) * 101}, None),
    ],
)
async def test_what_cannot_be_is_refused_with_its_place(ctx, wish, place):
    with pytest.raises(MalformedError) as refused:
        await subscribe(ctx, **wish)
    assert refused.value.place == place
    assert await ctx.store.subscriptions() == ()


async def test_there_are_no_more_than_the_settings_allow(ctx):
    ctx = replace(ctx, telling=Telling(subscriptions=2))
    for _ in range(2):
        await subscribe(ctx)
    with pytest.raises(ConflictError, match=r"2 subscriptions already; remove one, or raise `events.subscriptions`"):
        await subscribe(ctx)


async def test_a_receiver_can_be_asked_first(ctx, exporter):
    asked = []
    exporter.receivers.answer = lambda told: asked.append(told.headers) or 200
    await subscribe(ctx, validate=True)
    assert asked == [{"webhook-request-origin": f"{exporter.me.name}.example"}]
    exporter.receivers.answer = lambda _: 403
    with pytest.raises(UnreachableError):
        await subscribe(ctx, validate=True)
    assert len(await ctx.store.subscriptions()) == 1


async def test_a_subscription_is_paused_and_resumed_and_only_then(ctx):
    record, _ = await subscribe(ctx)
    with pytest.raises(ConflictError, match="is active, not paused"):
        await subscriptions.resume(ctx, record.id)
    paused = await subscriptions.pause(ctx, record.id)
    assert paused == await ctx.store.subscription(record.id)
    assert paused.state is SubscriptionState.PAUSED
    assert await ctx.store.tasks() == ()
    with pytest.raises(ConflictError, match="is paused, not active; resume it first"):
        await subscriptions.pause(ctx, record.id)
    with pytest.raises(ConflictError, match="resume it first"):
        await subscriptions.redeliver(ctx, record.id)
    assert (await subscriptions.resume(ctx, record.id)).state is SubscriptionState.ACTIVE
    assert len(await ctx.store.tasks()) == 1


async def test_what_is_ended_stays_ended(ctx):
    record, _ = await subscribe(ctx)
    await ctx.store.commit(Changes(subscriptions=(replace(record, state=SubscriptionState.ENDED),)))
    with pytest.raises(ConflictError, match="is ended, not paused; make a new one"):
        await subscriptions.resume(ctx, record.id)


async def test_what_is_removed_is_forgotten_whole(ctx):
    record, _ = await subscribe(ctx)
    letter = DeadLetter(record.id, 0, ctx.clock.now(), 1, "no")
    await ctx.store.commit(Changes(letters=(letter,)))
    assert (await subscriptions.unsubscribe(ctx, record.id)).id == record.id
    assert (await ctx.store.subscriptions(), await ctx.store.tasks()) == ((), ())
    assert await ctx.store.letters(record.id) == ()


@pytest.mark.parametrize("verb", ["find", "pause", "resume", "unsubscribe", "redeliver"])
async def test_what_is_not_there_is_not_found(ctx, verb):
    with pytest.raises(NotFoundError, match="there is no such subscription"):
        await getattr(subscriptions, verb)(ctx, "urn:none")


async def test_a_dead_letter_is_redelivered_by_its_index(ctx):
    record, _ = await subscribe(ctx)
    letters = tuple(DeadLetter(record.id, index, ctx.clock.now(), 1, "no") for index in (2, 5))
    await ctx.store.commit(Changes(letters=letters))
    assert await subscriptions.redeliver(ctx, record.id, 5) == letters[1:]
    with pytest.raises(NotFoundError, match="no dead letter of the event 4"):
        await subscriptions.redeliver(ctx, record.id, 4)
    assert await subscriptions.redeliver(ctx, record.id) == letters
    tasks = [task.payload for task in await ctx.store.tasks() if task.payload]
    assert tasks == [{"letters": [5]}, {"letters": [2, 5]}]


async def test_without_dead_letters_nothing_is_redelivered(ctx):
    record, _ = await subscribe(ctx)
    assert await subscriptions.redeliver(ctx, record.id) == ()
    assert len(await ctx.store.tasks()) == 1
