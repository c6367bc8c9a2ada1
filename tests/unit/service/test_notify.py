"""Telling subscribers: in order, at least once, through every failure of a receiver and of ourselves."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from corridor.base.errors import SettingsError, StaleError, StorageError
from corridor.evidence.event import DatasetPublished, DatasetWithdrawn
from corridor.evidence.webhook import ID, SIGNATURE, check
from corridor.service import notify, outbox, subscriptions
from corridor.service.context import Patience, Telling
from corridor.service.ports import Changes
from corridor.service.records import SubscriptionState
from corridor.service.subscriptions import Wish

URL = "https://hook.example/in?key=theirs"
DIGEST = "sha-256:" + "0" * 64


class Herald:
    """An exporter that logs events, and its subscribers."""

    def __init__(self, exchange, exporter):
        self.exchange, self.node = exchange, exporter
        self.receivers, self.logged = exporter.receivers, 0
        self.secrets = {}

    @property
    def ctx(self):
        return self.node.context

    def telling(self, **more):
        self.node.context = replace(self.ctx, telling=Telling(**more))

    async def subscribe(self, url=URL, **wish):
        record, secret = await subscriptions.subscribe(self.ctx, Wish(url, **wish))
        self.secrets[url] = secret
        await self.exchange.rest()
        return record.id

    async def log(self, count=1, kind=DatasetPublished):
        for _ in range(count):
            about = (DIGEST,) if kind is DatasetPublished else ()
            await self.node.store.commit(Changes(events=(kind(self.ctx.clock.now(), f"urn:d{self.logged}", *about),)))
            self.logged += 1

    async def tell(self):
        """Wake everybody, and let the outbox come to rest, however long that takes."""
        await notify.wake(self.ctx)
        await self.exchange.rest()

    async def step(self):
        """Wake everybody, and do what is due now."""
        await notify.wake(self.ctx)
        while await self.node.step():
            pass

    async def find(self, subscription):
        return await self.node.store.subscription(subscription)


@pytest.fixture
def herald(exchange, exporter):
    return Herald(exchange, exporter)


async def test_events_are_told_one_by_one_in_order_from_the_next_on(herald):
    await herald.log(3)
    subscription = await herald.subscribe()
    await herald.log(4)
    await herald.tell()
    assert herald.receivers.ids(URL) == ["3", "4", "5", "6"]
    assert (await herald.find(subscription)).position == 6
    assert await herald.node.store.tasks() == ()


@pytest.mark.parametrize(("after", "first"), [(-1, 0), (1, 2), (2, 3)])
async def test_a_subscription_can_begin_in_the_past(herald, after, first):
    await herald.log(3)
    await herald.subscribe(after=after)
    assert herald.receivers.ids(URL) == [str(number) for number in range(first, 3)]


async def test_a_request_is_a_cloud_event_with_a_signature_of_now(herald):
    subscription = await herald.subscribe()
    await herald.log()
    await herald.tell()
    [told] = herald.receivers.told
    assert told.headers["content-type"] == "application/cloudevents+json"
    assert check(told.headers, told.body, herald.secrets[URL], herald.ctx.clock.now()) == f"{subscription}:0"
    [event] = told.events
    assert (event["type"], event["source"]) == ("org.corridor.dataset.published", herald.node.me.id)


async def test_only_what_is_wanted_is_told_and_the_rest_moves_the_position(herald):
    subscription = await herald.subscribe(types=("dataset.withdrawn",))
    await herald.log(5)
    await herald.log(2, DatasetWithdrawn)
    await herald.log(3)
    await herald.tell()
    assert herald.receivers.ids(URL) == ["5", "6"]
    assert (await herald.find(subscription)).position == 9


async def test_only_what_has_a_certain_partner_is_told(herald):
    await herald.subscribe(partners=("did:web:nobody.example",))
    await herald.subscribe("https://other.example/in", partners=(herald.exchange.importer.me.id,))
    await herald.exchange.publish()
    await herald.exchange.agree()
    await herald.tell()
    assert herald.receivers.ids(URL) == []
    assert len(herald.receivers.ids("https://other.example/in")) > 3


async def test_a_batch_tells_several_events_in_one_request(herald):
    herald.telling(batch=3)
    subscription = await herald.subscribe(batch=True)
    await herald.log(7)
    await herald.tell()
    assert herald.receivers.ids(URL) == [str(number) for number in range(7)]
    assert [told.headers[ID] for told in herald.receivers.told] == [
        f"{subscription}:0-2",
        f"{subscription}:3-5",
        f"{subscription}:6-6",
    ]
    assert {told.headers["content-type"] for told in herald.receivers.told} == {"application/cloudevents-batch+json"}


async def test_a_long_past_is_told_in_several_runs_that_let_others_in_between(herald):
    await herald.log(250)
    await herald.subscribe(after=-1)
    assert herald.receivers.ids(URL) == [str(number) for number in range(250)]


@pytest.mark.parametrize("status", [0, 400, 401, 404, 429, 500, 503])
async def test_what_is_not_answered_with_success_is_told_again_under_the_same_id(herald, status):
    answers = [status, status, 204]
    herald.receivers.answer = lambda _: answers.pop(0) if answers else 204
    await herald.subscribe()
    await herald.log(2)
    await herald.tell()
    ids = [told.headers[ID] for told in herald.receivers.told]
    assert ids == ([ids[0]] * 3 if status else ids[:1]) + ids[-1:]
    assert len({told.headers[SIGNATURE] for told in herald.receivers.told}) == len(ids)
    assert herald.receivers.ids(URL)[-2:] == ["0", "1"]


async def test_waits_grow_and_the_next_event_waits_behind(herald):
    herald.telling(patience=Patience(timedelta(seconds=1), timedelta(seconds=5), 12))
    herald.receivers.answer = lambda _: 500
    subscription = await herald.subscribe()
    await herald.log(2)
    waits = []
    for attempts in range(1, 6):
        await herald.step()
        [task] = await herald.node.store.tasks()
        assert (task.attempts, task.problem) == (attempts, "the receiver answers 500")
        waits.append((task.due - herald.ctx.clock.now()).total_seconds())
        herald.exchange.network.clock.advance(task.due - herald.ctx.clock.now())
    assert waits == [1, 2, 4, 5, 5]
    assert set(herald.receivers.ids(URL)) == {"0"}
    herald.receivers.answer = lambda _: 200
    await herald.tell()
    assert herald.receivers.ids(URL)[-2:] == ["0", "1"]
    assert (await herald.find(subscription)).lost == 0


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [(429, "30", 30), (503, "30", 30), (429, "0", 1), (503, "99999999", 60), (429, "soon", 1), (500, "30", 1)],
)
async def test_a_receiver_that_says_when_to_come_back_is_left_alone_until_then(herald, status, retry_after, seconds):
    herald.telling(patience=Patience(timedelta(seconds=1), timedelta(seconds=60), 12))
    answers = [status, 204]
    herald.receivers.answer = lambda _: answers.pop(0) if answers else 204
    herald.receivers.retry_after = retry_after
    await herald.subscribe()
    await herald.log(2)
    await herald.step()
    [task] = await herald.node.store.tasks()
    assert (task.attempts, task.due - herald.ctx.clock.now()) == (1, timedelta(seconds=seconds))
    herald.exchange.network.clock.advance(timedelta(seconds=seconds) - timedelta(milliseconds=1))
    await herald.step()
    assert herald.receivers.ids(URL) == ["0"]
    await herald.tell()
    assert herald.receivers.ids(URL) == ["0", "0", "1"]


async def test_a_receiver_can_name_a_date_to_come_back_at(herald):
    herald.telling(patience=Patience(timedelta(seconds=1), timedelta(hours=1), 12))
    herald.receivers.answer = lambda _: 503
    until = (herald.ctx.clock.now() + timedelta(minutes=10)).replace(microsecond=0)
    herald.receivers.retry_after = format_datetime(until, usegmt=True)
    await herald.subscribe()
    await herald.log()
    await herald.step()
    [task] = await herald.node.store.tasks()
    assert task.due == until


async def test_after_the_last_attempt_an_event_is_set_aside_and_the_next_is_told(herald):
    herald.telling(patience=Patience(give_up=3))
    herald.receivers.answer = lambda told: 400 if told.events[0]["id"] == "1" else 204
    subscription = await herald.subscribe()
    await herald.log(3)
    await herald.tell()
    assert herald.receivers.ids(URL) == ["0", "1", "1", "1", "2"]
    [letter] = await herald.node.store.letters(subscription)
    assert (letter.index, letter.attempts, letter.problem) == (1, 3, "the receiver answers 400")
    assert (await herald.find(subscription)).state is SubscriptionState.ACTIVE


async def test_a_receiver_that_takes_nothing_pauses_its_subscription_before_much_is_lost(herald):
    herald.telling(patience=Patience(give_up=2), pause_after=3)
    herald.receivers.answer = lambda _: 500
    subscription = await herald.subscribe()
    await herald.log(10)
    await herald.tell()
    record = await herald.find(subscription)
    assert (record.state, record.position, record.lost) == (SubscriptionState.PAUSED, 2, 3)
    assert record.problem == "3 requests in a row were given up, the last with: the receiver answers 500"
    assert [letter.index for letter in await herald.node.store.letters(subscription)] == [0, 1, 2]
    assert await herald.node.store.tasks() == ()
    herald.receivers.answer = lambda _: 204
    await subscriptions.resume(herald.ctx, subscription)
    await subscriptions.redeliver(herald.ctx, subscription)
    await herald.tell()
    assert herald.receivers.ids(URL)[6:] == ["3", "4", "5", "6", "7", "8", "9", "0", "1", "2"]
    assert await herald.node.store.letters(subscription) == ()


async def test_the_events_of_a_batch_are_set_aside_each(herald):
    herald.telling(patience=Patience(give_up=1), batch=4)
    herald.receivers.answer = lambda _: 500
    subscription = await herald.subscribe(batch=True)
    await herald.log(6)
    await herald.tell()
    assert [letter.index for letter in await herald.node.store.letters(subscription)] == list(range(6))
    herald.receivers.answer = lambda _: 204
    await subscriptions.redeliver(herald.ctx, subscription, 4)
    await herald.tell()
    assert herald.receivers.told[-1].headers[ID] == f"{subscription}:4-4"
    assert len(await herald.node.store.letters(subscription)) == 5


async def test_what_fails_again_stays_a_dead_letter_and_stops_no_other(herald):
    herald.telling(patience=Patience(give_up=1), pause_after=10)
    herald.receivers.answer = lambda _: 500
    subscription = await herald.subscribe()
    await herald.log(3)
    await herald.tell()
    herald.receivers.answer = lambda told: 400 if told.events[0]["id"] == "1" else 204
    assert [letter.index for letter in await subscriptions.redeliver(herald.ctx, subscription)] == [0, 1, 2]
    await herald.tell()
    [letter] = await herald.node.store.letters(subscription)
    assert (letter.index, letter.attempts, letter.problem) == (1, 2, "the receiver answers 400")


async def test_a_receiver_that_is_still_away_is_not_bothered_with_every_dead_letter(herald):
    herald.telling(patience=Patience(give_up=1), pause_after=10)
    herald.receivers.answer = lambda _: 500
    subscription = await herald.subscribe()
    await herald.log(8)
    await herald.tell()
    herald.telling(pause_after=3)
    before = len(herald.receivers.told)
    await subscriptions.redeliver(herald.ctx, subscription)
    await herald.tell()
    assert len(herald.receivers.told) == before + 3
    assert len(await herald.node.store.letters(subscription)) == 8


async def test_a_dead_letter_that_is_no_longer_there_is_not_delivered(herald):
    herald.telling(patience=Patience(give_up=1))
    herald.receivers.answer = lambda _: 500
    subscription = await herald.subscribe()
    await herald.log()
    await herald.tell()
    herald.receivers.answer = lambda _: 204
    for _ in range(2):
        await subscriptions.redeliver(herald.ctx, subscription)
    await herald.tell()
    assert herald.receivers.ids(URL) == ["0", "0"]


async def test_a_receiver_that_is_gone_ends_its_subscription(herald):
    herald.receivers.answer = lambda _: 410
    subscription = await herald.subscribe()
    await herald.log(2)
    await herald.tell()
    record = await herald.find(subscription)
    assert (record.state, record.problem) == (SubscriptionState.ENDED, "the receiver answers 410: it is gone")
    assert len(herald.receivers.told) == 1
    await herald.log()
    await herald.tell()
    assert len(herald.receivers.told) == 1
    assert await herald.node.store.tasks() == ()


async def test_one_receiver_that_is_away_delays_no_other(herald):
    urls = [f"https://hook{number}.example/in" for number in range(20)]
    herald.receivers.answer = lambda told: 0 if told.url == urls[0] else 204
    for url in urls:
        await herald.subscribe(url)
    await herald.log(3)
    await herald.step()
    assert [herald.receivers.ids(url) for url in urls[1:]] == [["0", "1", "2"]] * 19
    queues = {task.queue for task in await herald.node.store.tasks()}
    assert len(queues) == 1


async def test_a_crash_between_the_answer_and_the_commit_repeats_the_request(herald):
    subscription = await herald.subscribe()
    await herald.log(2)
    await notify.wake(herald.ctx)
    [task] = await herald.node.store.tasks()
    commit = herald.node.store.commit

    async def crash(_):
        raise StorageError("the machine is gone")

    herald.node.store.commit = crash
    with pytest.raises(StorageError):
        await notify.deliver(herald.ctx, task)
    herald.node.store.commit = commit
    assert (await herald.find(subscription)).position == -1
    await herald.tell()
    assert [told.headers[ID] for told in herald.receivers.told] == [f"{subscription}:{number}" for number in (0, 0, 1)]


async def test_a_database_that_fails_while_telling_is_not_the_receivers_fault(herald):
    await herald.subscribe()
    await herald.log()
    await notify.wake(herald.ctx)
    [task] = await herald.node.store.tasks()

    async def fail(*_):
        raise StorageError("full")

    herald.receivers.post = fail
    with pytest.raises(StorageError):
        await notify.deliver(herald.ctx, task)
    assert await herald.node.store.tasks() == (task,)


async def test_what_is_paused_while_it_is_told_is_told_no_further_and_nothing_is_lost(herald):
    subscription = await herald.subscribe()
    await herald.log(3)
    pausing = []

    def answer(told):
        if told.events[0]["id"] == "1":
            pausing.append(asyncio.ensure_future(subscriptions.pause(herald.ctx, subscription)))
        return 204

    herald.receivers.answer = answer
    post = herald.receivers.post

    async def slowly(*request):
        status = await post(*request)
        await asyncio.gather(*pausing)
        return status

    herald.receivers.post = slowly
    await herald.tell()
    assert herald.receivers.ids(URL) == ["0", "1"]
    assert (await herald.find(subscription)).position == 1
    pausing.clear()
    herald.receivers.answer = lambda _: 204
    await subscriptions.resume(herald.ctx, subscription)
    await herald.tell()
    assert herald.receivers.ids(URL) == ["0", "1", "2"]


@pytest.mark.parametrize("status", [204, 500, 410])
@pytest.mark.parametrize("give_up", [1, 12])
async def test_what_is_removed_while_it_is_told_leaves_nothing(herald, status, give_up):
    herald.telling(patience=Patience(give_up=give_up))
    subscription = await herald.subscribe()
    await herald.log(2)
    post = herald.receivers.post
    herald.receivers.answer = lambda _: status

    async def remove(*request):
        await subscriptions.unsubscribe(herald.ctx, subscription)
        return await post(*request)

    herald.receivers.post = remove
    await herald.tell()
    assert len(herald.receivers.told) == 1
    assert (await herald.node.store.subscriptions(), await herald.node.store.tasks()) == ((), ())
    assert await herald.node.store.letters(subscription) == ()


async def test_a_letter_whose_subscription_goes_away_leaves_nothing(herald):
    herald.telling(patience=Patience(give_up=1))
    herald.receivers.answer = lambda _: 500
    subscription = await herald.subscribe()
    await herald.log()
    await herald.tell()
    await subscriptions.redeliver(herald.ctx, subscription)
    post = herald.receivers.post

    async def remove(*request):
        await subscriptions.unsubscribe(herald.ctx, subscription)
        return await post(*request)

    herald.receivers.post = remove
    await herald.tell()
    assert await herald.node.store.letters(subscription) == ()
    assert await herald.node.store.tasks() == ()


async def test_an_event_that_is_logged_during_the_last_commit_is_told_too(herald):
    subscription = await herald.subscribe()
    await herald.log()
    commit, logged = herald.node.store.commit, []

    async def late(changes):
        if changes.tasks_done and not logged:
            logged.append(True)
            await commit(Changes(events=(DatasetPublished(herald.ctx.clock.now(), "urn:late", DIGEST),)))
        await commit(changes)

    herald.node.store.commit = late
    await notify.wake(herald.ctx)
    await herald.exchange.rest()
    assert herald.receivers.ids(URL) == ["0", "1"]
    assert (await herald.find(subscription)).position == 1


async def test_only_those_who_want_an_event_are_woken_for_it(herald):
    await herald.subscribe("https://a.example", types=("dataset.published",))
    await herald.subscribe("https://b.example", types=("dataset.withdrawn",))
    event = DatasetPublished(herald.ctx.clock.now(), "urn:d", DIGEST)
    await herald.node.store.commit(Changes(events=(event,)))
    await notify.wake(herald.ctx, (event,))
    assert len(await herald.node.store.tasks()) == 1
    await notify.wake(herald.ctx, (event,))
    assert len(await herald.node.store.tasks()) == 1
    await notify.wake(herald.ctx)
    assert len(await herald.node.store.tasks()) == 2


async def test_a_secret_that_cannot_be_read_is_a_failure_that_says_nothing_of_it(herald):
    herald.telling(patience=Patience(give_up=1), pause_after=1)
    subscription = await herald.subscribe()

    class Locked(type(herald.ctx.secrets)):
        def unseal(self, sealed):
            raise SettingsError("a kept token was not sealed under this secret")

    herald.node.context = replace(herald.ctx, secrets=Locked())
    await herald.log()
    await herald.tell()
    record = await herald.find(subscription)
    assert "not sealed under this secret" in record.problem
    assert herald.secrets[URL] not in record.problem


async def test_another_writer_who_comes_first_is_not_undone(herald):
    """A replica told further than we did: the position does not go back."""
    subscription = await herald.subscribe()
    await herald.log(2)
    post = herald.receivers.post

    async def overtaken(*request):
        status = await post(*request)
        record = await herald.find(subscription)
        if record.position < 1:
            await herald.node.store.commit(Changes(subscriptions=(replace(record, position=1),)))
        return status

    herald.receivers.post = overtaken
    await notify.wake(herald.ctx)
    [task] = await herald.node.store.tasks()
    await outbox.run(herald.ctx, task)
    assert (await herald.find(subscription)).position == 1


async def test_through_any_failures_everything_is_told_in_order(herald):
    chance = random.Random(20261125)
    herald.receivers.answer = lambda _: chance.choice([0, 204, 204, 400, 500])
    herald.telling(patience=Patience(give_up=100))
    await herald.subscribe()
    commit = herald.node.store.commit

    async def shaky(changes):
        if chance.random() < 0.1:
            raise StaleError("another came first")
        await commit(changes)

    for _ in range(20):
        await herald.log(chance.randint(0, 5))
        herald.node.store.commit = shaky
        while True:
            try:
                await herald.tell()
                break
            except StaleError:
                continue
        herald.node.store.commit = commit
    seen = list(dict.fromkeys(herald.receivers.ids(URL)))
    assert seen == [str(number) for number in range(herald.logged)]
