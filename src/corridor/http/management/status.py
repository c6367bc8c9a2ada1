"""The node itself: whether it answers, who it is, how it fares, and whom it knows."""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from corridor import __version__
from corridor.http.management import models, views
from corridor.http.management.calls import Call
from corridor.http.management.inputs import NoQuery, PageQuery
from corridor.service.context import Context
from corridor.service.records import Participant, Task

COUNTED_UP_TO: Final = 1000
"""Counting more would read more than a status is worth."""
_SHOWN_PROBLEMS: Final = 100


async def health(_call: Call[NoQuery, None]) -> models.Health:
    """The node answers."""
    return models.Health(status="ok")


async def status(call: Call[NoQuery, None]) -> models.Status:
    """Who this node is and how it fares."""
    ctx = call.ctx
    tasks = await ctx.store.tasks(limit=COUNTED_UP_TO)
    problems = [_problem(task, task.problem) for task in tasks if task.problem is not None]
    return models.Status(
        id=ctx.me.id,
        name=ctx.me.name,
        country=ctx.me.country,
        version=__version__,
        rulebook=ctx.rulebook_digest,
        jurisdictions=tuple(ctx.rulebook.jurisdictions),
        open_tasks=len(tasks),
        problems=tuple(problems[:_SHOWN_PROBLEMS]),
        log_size=await ctx.store.log_size(),
        sizes=await _sizes(ctx),
    )


def _problem(task: Task, problem: str) -> models.TaskProblem:
    return models.TaskProblem(
        id=task.id,
        kind=task.kind.value,
        subject=task.subject,
        attempts=task.attempts,
        due=task.due,
        problem=problem,
        parked=task.parked,
    )


async def _sizes(ctx: Context) -> models.Sizes:
    store = ctx.store
    return models.Sizes(
        datasets=len(await store.datasets(limit=COUNTED_UP_TO)),
        negotiations=len(await store.negotiations(limit=COUNTED_UP_TO)),
        agreements=len(await store.agreements(limit=COUNTED_UP_TO)),
        transfers=len(await store.transfers(limit=COUNTED_UP_TO)),
        papers=min(len(await store.papers()), COUNTED_UP_TO),
    )


async def list_participants(call: Call[PageQuery, None]) -> models.Page[models.Participant]:
    """A page of the participants that we know, in order of id."""
    query = call.query
    every = sorted(call.ctx.participants.all(), key=attrgetter("id"))
    following = [participant for participant in every if participant.id > query.after]
    return views.page(following[: query.limit + 1], query.limit, _participant, attrgetter("id"))


def _participant(found: Participant) -> models.Participant:
    return models.Participant(id=found.id, name=found.name, country=found.country, facts=dict(found.facts))
