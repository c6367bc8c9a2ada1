"""Tells subscribers of events: in order, one request at a time for each, at least once.

The log is what is to be told, and a subscription's `position` how far that has come: it moves in the commit that
follows the receiver's answer, so a crash in between repeats a request under the same id and skips none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, NamedTuple

import orjson
import structlog

from corridor.base.errors import CorridorError, StorageError, UnreachableError
from corridor.base.ids import ParticipantId, ProcessId, printable
from corridor.evidence.cloudevent import BATCH_MEDIA_TYPE, MEDIA_TYPE, cloud_event
from corridor.evidence.event import Event
from corridor.evidence.selection import Selection
from corridor.evidence.webhook import headers_for
from corridor.service import follow
from corridor.service.context import Context
from corridor.service.ports import Changes
from corridor.service.process import until_settled
from corridor.service.records import (
    DeadLetter,
    LoggedEvent,
    SubscriptionRecord,
    SubscriptionState,
    Task,
    TaskKind,
    queue_of,
)
from corridor.service.retry_after import asked_wait

_GONE: Final = 410
_LATER: Final = (429, 503)
"""Statuses whose `Retry-After` is heeded: too many requests, and unavailable for a while."""
_EVERY: Final = 2**31
_AT_ONCE: Final = 100
_LETTERS: Final = "letters"
_log = structlog.get_logger(__name__)


class _Part(NamedTuple):
    """What one request tells; without events there is no request, and the position moves alone."""

    events: tuple[LoggedEvent, ...]
    position: int


def task_id(record: SubscriptionRecord) -> str:
    """The id of the one task that tells a subscriber of what follows."""
    return f"{TaskKind.NOTIFY}:{record.id}"


def task_of(ctx: Context, record: SubscriptionRecord) -> Task:
    """The task that tells a subscriber of what follows."""
    now = ctx.clock.now()
    return Task(task_id(record), TaskKind.NOTIFY, _queue(record), ProcessId(record.id), now, now)


def letters_task(ctx: Context, record: SubscriptionRecord, letters: Iterable[DeadLetter]) -> Task:
    """A task that delivers dead letters once more."""
    now, payload = ctx.clock.now(), {_LETTERS: [letter.index for letter in letters]}
    return Task(ctx.new_id(), TaskKind.NOTIFY, _queue(record), ProcessId(record.id), now, now, payload=payload)


def _queue(record: SubscriptionRecord) -> str:
    """A queue, and a partner, of its own: a slow receiver takes no place from anybody."""
    return queue_of(ParticipantId(record.id), ProcessId(record.id))


def selection_of(record: SubscriptionRecord) -> Selection:
    """Which events the subscriber wants."""
    return Selection(record.types, record.partners)


async def wake(ctx: Context, events: tuple[Event, ...] | None = None) -> None:
    """Give every active subscription that lags behind the log its task, unless it has one.

    With `events`, only those that want one of them: what is not wanted moves a position later, with what is.
    """
    records = await ctx.store.subscriptions(limit=_EVERY)
    if not records:
        return
    end, tasks = await ctx.store.log_size() - 1, []
    for record in records:
        wanted = events is None or any(map(selection_of(record).wants_event, events))
        if wanted and record.position < end and await _idle(ctx, record):
            tasks.append(task_of(ctx, record))
    if tasks:
        await ctx.store.commit(Changes(tasks=tuple(tasks)))


async def _idle(ctx: Context, record: SubscriptionRecord) -> bool:
    return record.state is SubscriptionState.ACTIVE and await ctx.store.task(task_id(record)) is None


async def _wake_again(ctx: Context, subscription: str) -> None:
    """Go on with what was logged until the task was done: its events found the task there, and woke nobody."""
    end = await ctx.store.log_size() - 1
    record = await ctx.store.subscription(subscription)
    if record is not None and record.position < end and await _idle(ctx, record):
        await ctx.store.commit(Changes(tasks=(task_of(ctx, record),)))


async def deliver(ctx: Context, task: Task) -> None:
    """Do a task of the kind NOTIFY.

    Raises:
        StorageError: the database fails; the task stays as it is.
    """
    record = await ctx.store.subscription(task.subject)
    if record is None or record.state is not SubscriptionState.ACTIVE:
        await ctx.store.commit(Changes(tasks_done=(task.id,)))
    elif _LETTERS in task.payload:
        await _deliver_letters(ctx, task, record)
    else:
        await _deliver_following(ctx, task, record)


async def _deliver_following(ctx: Context, task: Task, record: SubscriptionRecord) -> None:
    most = ctx.telling.batch if record.batch else _AT_ONCE
    reading = await follow.read(ctx.store, selection_of(record), record.position, most)
    parts = _parts(reading, together=record.batch)
    for number, part in enumerate(parts, 1):
        problem = await _tell(ctx, record, part.events)
        if problem is not None:
            await _failed(ctx, task, part, problem)
            return
        rest = number < len(parts) or reading.more
        tried, task = task.attempts > 0, replace(task, attempts=0, problem=None, due=ctx.clock.now())
        work: dict[str, Any] = {} if rest else {"tasks_done": (task.id,)}
        if rest and (tried or number == len(parts)):
            work = {"tasks": (task,)}
        if not await _moved(ctx, task, part, **work):
            return
    if not reading.more:
        await _wake_again(ctx, record.id)


def _parts(reading: follow.Reading, *, together: bool) -> tuple[_Part, ...]:
    """What is to be told, request by request; the last moves the position behind all that was looked at."""
    if together or not reading.events:
        return (_Part(reading.events, reading.position),)
    *first, last = reading.events
    return (*(_Part((event,), event.index) for event in first), _Part((last,), reading.position))


async def _tell(ctx: Context, record: SubscriptionRecord, events: tuple[LoggedEvent, ...]) -> CorridorError | None:
    """Send one request; what went wrong, or None."""
    if not events:
        return None
    told = [cloud_event(ctx.me.id, event.index, event.document) for event in events]
    body = orjson.dumps(told if record.batch else told[0])
    media_type = BATCH_MEDIA_TYPE if record.batch else MEDIA_TYPE
    first, last = events[0].index, events[-1].index
    message = f"{record.id}:{first}" + (f"-{last}" if record.batch else "")
    try:
        signed = headers_for(ctx.secrets.unseal(record.secret), message, ctx.clock.now(), body)
        await ctx.webhooks.post(record.url, {"content-type": media_type, **signed}, body)
    except StorageError:
        raise
    except CorridorError as error:
        return error
    return None


async def _moved(ctx: Context, task: Task, part: _Part, **work: Any) -> bool:
    """Move the position behind what was told; whether the subscription goes on."""

    async def attempt() -> bool:
        record = await ctx.store.subscription(task.subject)
        if record is None:
            await ctx.store.commit(Changes(tasks_done=(task.id,)))
            return False
        moved = replace(_behind(record, part), lost=0 if part.events else record.lost, updated=ctx.clock.now())
        active = record.state is SubscriptionState.ACTIVE
        await ctx.store.commit(Changes(subscriptions=(moved,), **(work if active else {"tasks_done": (task.id,)})))
        return active

    return await until_settled(attempt)


def _behind(record: SubscriptionRecord, part: _Part) -> SubscriptionRecord:
    return replace(record, position=max(record.position, part.position))


async def _failed(ctx: Context, task: Task, part: _Part, error: CorridorError) -> None:
    """Put the request off, give it up, or, where the receiver is gone (410), end the subscription."""
    attempts, problem = task.attempts + 1, printable(str(error), 300)
    _log.warning("webhook failed", subscription=task.subject, attempts=attempts, problem=problem)
    if isinstance(error, UnreachableError) and error.status == _GONE:
        await _ended(ctx, task)
    elif attempts >= ctx.telling.patience.give_up:
        await _given_up(ctx, task, part, attempts, problem)
    else:
        await _put_off(ctx, replace(task, attempts=attempts, problem=problem), _wait(ctx, attempts, error))


def _wait(ctx: Context, attempts: int, error: CorridorError) -> timedelta:
    """How long we leave the receiver alone: for our own wait, or for what it asks, whichever is longer."""
    patience = ctx.telling.patience
    own: timedelta = min(patience.first * 2 ** (attempts - 1), patience.longest) * ctx.jitter()
    if isinstance(error, UnreachableError) and error.status in _LATER:
        return max(own, asked_wait(error.retry_after, ctx.clock.now(), patience.longest))
    return own


async def _put_off(ctx: Context, task: Task, wait: timedelta) -> None:
    later = replace(task, due=ctx.clock.now() + wait)
    record = await ctx.store.subscription(task.subject)
    goes_on = record is not None and record.state is SubscriptionState.ACTIVE
    await ctx.store.commit(Changes(tasks=(later,)) if goes_on else Changes(tasks_done=(task.id,)))


async def _ended(ctx: Context, task: Task) -> None:
    async def attempt() -> None:
        record = await ctx.store.subscription(task.subject)
        done = Changes(tasks_done=(task.id,))
        if record is not None:
            over = replace(
                record,
                state=SubscriptionState.ENDED,
                problem="the receiver answers 410: it is gone",
                updated=ctx.clock.now(),
            )
            done = replace(done, subscriptions=(over,))
        await ctx.store.commit(done)

    await until_settled(attempt)


async def _given_up(ctx: Context, task: Task, part: _Part, attempts: int, problem: str) -> None:
    """Set the events aside and go on with the next; after some in a row, pause instead of losing one by one."""

    async def attempt() -> None:
        record = await ctx.store.subscription(task.subject)
        if record is None:
            await ctx.store.commit(Changes(tasks_done=(task.id,)))
            return
        now, lost = ctx.clock.now(), record.lost + 1
        letters = tuple(DeadLetter(record.id, event.index, now, attempts, problem) for event in part.events)
        moved = replace(_behind(record, part), lost=lost, updated=now)
        if record.state is SubscriptionState.ACTIVE and lost >= ctx.telling.pause_after:
            why = f"{lost} requests in a row were given up, the last with: {problem}"
            moved = replace(moved, state=SubscriptionState.PAUSED, problem=why)
        changes = Changes(subscriptions=(moved,), letters=letters)
        if moved.state is SubscriptionState.ACTIVE:
            changes = replace(changes, tasks=(task_of(ctx, moved),))
        else:
            changes = replace(changes, tasks_done=(task.id,))
        await ctx.store.commit(changes)

    await until_settled(attempt)


async def _deliver_letters(ctx: Context, task: Task, record: SubscriptionRecord) -> None:
    """Each dead letter once; what fails again stays one, and behind some failures in a row all others do."""
    failed = 0
    for index in task.payload[_LETTERS]:
        if failed >= ctx.telling.pause_after:
            break
        letters = await ctx.store.letters(record.id, after=index - 1, limit=1)
        if [letter.index for letter in letters] != [index]:
            continue
        (event,) = await ctx.store.events(after=index - 1, limit=1)
        error = await _tell(ctx, record, (event,))
        failed = 0 if error is None else failed + 1
        if error is None:
            await ctx.store.commit(Changes(letters_gone=((record.id, index),)))
        else:
            await _noted(ctx, letters[0], error)
    await ctx.store.commit(Changes(tasks_done=(task.id,)))


async def _noted(ctx: Context, letter: DeadLetter, error: CorridorError) -> None:
    problem = printable(str(error), 300)
    again = replace(letter, at=ctx.clock.now(), attempts=letter.attempts + 1, problem=problem)

    async def attempt() -> None:
        record = await ctx.store.subscription(letter.subscription)
        if record is not None:
            # With the record's version: a letter must not outlive its subscription.
            await ctx.store.commit(Changes(subscriptions=(record,), letters=(again,)))

    await until_settled(attempt)
