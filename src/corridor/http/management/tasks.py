"""The outbox: what is still to be done, and what a person can do about work that fails."""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from corridor.http.management import inputs, models, views
from corridor.http.management.calls import Call, Operation
from corridor.http.management.inputs import NoQuery, TasksQuery
from corridor.service import outbox
from corridor.service.records import Task

LOOKED_AT: Final = 10_000
"""Open tasks that a list is made from, the oldest; more would hold the node up."""


async def list_tasks(call: Call[TasksQuery, None]) -> models.Page[models.Task]:
    """A page of the open tasks, in order of id."""
    query = call.query
    every = sorted(await call.ctx.store.tasks(limit=LOOKED_AT), key=attrgetter("id"))
    following = [task for task in every if task.id > query.after and (task.parked is not None or not query.parked)]
    return views.page(following[: query.limit + 1], query.limit, _task, attrgetter("id"))


async def retry_task(call: Call[NoQuery, None]) -> models.Task:
    """Have a task tried now.

    Raises:
        NotFoundError: there is no such open task.
    """
    return _task(await outbox.retry(call.ctx, call.path["id"]))


async def drop_task(call: Call[NoQuery, None]) -> models.Task:
    """Give a task up.

    Raises:
        NotFoundError: there is no such open task.
    """
    return _task(await outbox.drop(call.ctx, call.path["id"]))


def _task(found: Task) -> models.Task:
    return models.Task(
        id=found.id,
        kind=found.kind.value,
        partner=found.queue.partition(" ")[0],
        subject=found.subject,
        created=found.created,
        due=found.due,
        attempts=found.attempts,
        problem=found.problem,
        parked=found.parked,
    )


OPERATIONS: Final = (
    Operation(
        "tasks",
        "GET",
        "/tasks",
        "outbox",
        "Open tasks of the outbox, the oldest 10,000 of them",
        list_tasks,
        models.Page[models.Task],
        query=inputs.TasksQuery,
    ),
    Operation(
        "retry_task",
        "POST",
        "/tasks/{id}/retry",
        "outbox",
        "Have a task tried now, parked or not, and as often as a new one",
        retry_task,
        models.Task,
        errors=(404,),
    ),
    Operation(
        "drop_task",
        "DELETE",
        "/tasks/{id}",
        "outbox",
        "Give a task up; a message that is dropped counts as undeliverable, and its process is terminated",
        drop_task,
        models.Task,
        errors=(404, 409),
    ),
)
