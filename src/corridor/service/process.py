"""From a machine's commands to rows of one transaction: what negotiations and transfers have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from operator import attrgetter
from typing import Any, Final, TypeVar

from corridor.base.errors import ConflictError, StaleError
from corridor.base.ids import MessageId, ParticipantId, ProcessId
from corridor.dsp.commands import Cancel, Command, Decide, Send
from corridor.dsp.messages import Kind
from corridor.dsp.process import Process
from corridor.dsp.states import S, Table, successor
from corridor.service.context import Context
from corridor.service.desk import acts_unasked
from corridor.service.ports import Changes
from corridor.service.records import Task, TaskKind, queue_of

T = TypeVar("T")
_LISTS: Final = tuple(Changes.__dataclass_fields__)
_lists_of: Final = attrgetter(*_LISTS)
ATTEMPTS: Final = 16
"""How often a transition is decided anew because another writer came first."""
SHORTEST_WAIT: Final = timedelta(milliseconds=100)
"""A decision is put off by at least this, so that nobody who puts it off by nothing keeps the node busy."""


async def until_settled(attempt: Callable[[], Awaitable[T]]) -> T:
    """What `attempt` gives, tried again whenever another writer came first.

    Raises:
        StaleError: others came first at every attempt.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return await attempt()
        except StaleError:
            continue
    return await attempt()


def turns_of(ctx: Context, commands: Iterable[Command], *, ours: bool) -> tuple[Command, ...]:
    """The commands, on the partner's turn without decisions, which then come to nothing unless a desk acts unasked."""
    if ours or acts_unasked(ctx.desk):
        return tuple(commands)
    return tuple(command for command in commands if not isinstance(command, Decide))


def work_of(
    ctx: Context, peer: ParticipantId, process: ProcessId, commands: Iterable[Command], *, at_once: bool = False
) -> Changes:
    """The outbox rows that a machine's commands ask for; decisions are put off by the reaction time if not `at_once`.

    Whatever is decided on, the partner has just said something: a message, or the answer to one.
    """
    now = ctx.clock.now()
    queue = queue_of(peer, process)
    tasks: list[Task] = []
    done: list[str] = []
    for command in commands:
        if isinstance(command, Send):
            message = command.message
            tasks.append(Task(message.message_id, TaskKind.SEND, queue, process, now, now, message=message))
        elif isinstance(command, Decide):
            due = now if at_once else now + ctx.patience.reaction
            tasks.append(Task(ctx.new_id(), TaskKind.DECIDE, queue, process, due, now))
        elif isinstance(command, Cancel):
            done.append(command.message_id)
    return Changes(tasks=tuple(tasks), tasks_done=tuple(done))


def ask_again(ctx: Context, peer: ParticipantId, process: ProcessId, after: timedelta) -> Changes:
    """A decision that was put off; apart from the process's own queue, which it would hold up."""
    now = ctx.clock.now()
    queue = queue_of(peer, process, "postponed")
    due = now + max(after, SHORTEST_WAIT)
    return Changes(tasks=(Task(ctx.new_id(), TaskKind.DECIDE, queue, process, due, now),))


def entered(table: Table[S], before: Process[S], after: Process[S], heard: Kind | None) -> tuple[S, ...]:
    """The states that a step entered, in order; `heard` is the peer's message, where it was one.

    A message that is legal only after ours on its way answers that one before its acknowledgement: both were entered.
    """
    pending = before.pending if heard is not None and after.pending is None else None
    if heard is None or pending is None or successor(table, before.state, heard, before.role.other) is not None:
        return () if after.state is None or after.state is before.state else (after.state,)
    return (pending.state,) if after.state is None else (pending.state, after.state)


def check_version(ctx: Context, process: Process[S]) -> None:
    """A message that begins a process repeats one only below the same base URL: a process keeps its version.

    Raises:
        ConflictError: the process was begun in another version of the protocol.
    """
    if process.protocol != ctx.protocol:
        raise ConflictError(
            f"`{process.peer_pid}` was begun in version `{process.protocol}` of the protocol",
            remedy="go on in that version, or begin another process with an id of its own",
        )


def merged(*parts: Changes) -> Changes:
    """One transaction out of several parts; what each part lists comes in the order of the parts."""
    found: dict[str, Any] = {}
    for part in parts:
        for name, items in zip(_LISTS, _lists_of(part), strict=True):
            if items:
                found[name] = (*found.get(name, ()), *items)
    return Changes(**found)


def new_message_id(ctx: Context) -> MessageId:
    """A fresh message id."""
    return MessageId(ctx.new_id())
