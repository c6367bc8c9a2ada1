"""One process among several on a database: says that it lives, hears what others commit, and has tasks of its own.

The tasks of a queue belong to one replica, the one whose commit began the queue; so they stay in order. A replica that
has not said for `LEASE` that it lives has none any more: whoever notices first has them then. Nothing here is relied on
for what is true: a state moves by compare-and-set, and partners know a repeated message by its id.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog

from corridor.base.errors import StorageError
from corridor.service.ports import Changes
from corridor.service.records import Grant, PaperRecord, Task
from corridor.store.bodies import from_body
from corridor.store.postgresql import statements
from corridor.store.postgresql.database import Connection, Database
from corridor.store.postgresql.faults import Failure, storage_errors
from corridor.store.rows import task_from

LEASE: Final = timedelta(seconds=3)
"""How long a replica counts as alive after it said so."""
BEAT: Final = 1.0
"""Seconds between two times at which it says so, if nothing else happens."""
THOROUGH: Final = 5
"""Every so many times it also looks for what notifications may have failed to tell."""
MANY: Final = 2**31
_MICROSECOND: Final = timedelta(microseconds=1)
_LOOK_BACK: Final = 120 * 1_000_000
"""Microseconds: revocations are looked for this far back, since replicas' clocks differ."""
_log = structlog.get_logger(__name__)


class Replica:
    """This process.

    Args:
        name: of this process, unlike any other's.
        database: for messages.
        connect: gives a fresh connection.
        tell: is shown what others committed, as far as it concerns us: tasks of ours, ended rights.
        now: microseconds since 1970, by our clock.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        connect: Callable[[], Awaitable[Connection]],
        tell: Callable[[Changes], None],
        now: Callable[[], int],
    ) -> None:
        self._name = name
        self._database = database
        self._connect = connect
        self._tell = tell
        self._now = now
        self._heard: asyncio.Queue[str] = asyncio.Queue()
        self._renewed: Callable[[], None] = lambda: None
        self._lost: Callable[[], None] = lambda: None
        self._connection: Connection | None = None
        self._beats = 0
        self._last_beat = 0.0
        self._told_lost = False
        self._living: asyncio.Task[None] | None = None

    def watch(self, renewed: Callable[[], None], lost: Callable[[], None]) -> None:
        """Call `renewed` when what was known of our tasks no longer holds, and `lost` once others may have them."""
        self._renewed, self._lost = renewed, lost

    async def start(self) -> None:
        """Say for the first time that we live, and go on saying it.

        Raises:
            StorageError: the database fails.
        """
        with storage_errors(self._database.shown):
            await self._open()
        self._living = asyncio.create_task(self._live())

    async def stop(self) -> None:
        """Leave our tasks to the others."""
        if self._living is not None:
            self._living.cancel()
            await asyncio.gather(self._living, return_exceptions=True)
        if self._connection is not None:
            with contextlib.suppress(*Failure):
                await self._connection.execute(statements.LEAVE, self._name)
                await self._connection.execute(statements.TELL, json.dumps({"by": self._name, "left": True}))
        await self._close()

    async def _open(self) -> None:
        connection = await self._connect()
        self._connection = connection
        await connection.execute(statements.BEAT)
        channel = await connection.fetchval(statements.CHANNEL)
        await connection.add_listener(channel, lambda *told: self._heard.put_nowait(told[-1]))
        self._beats = 0
        await self._beat(connection)

    async def _live(self) -> None:
        while True:
            try:
                if self._connection is None:
                    await self._open()
                    # Whatever was told meanwhile was told to nobody.
                    self._renewed()
                    await self._tell_revoked()
                await self._listen()
            except Exception as error:  # noqa: BLE001 - whatever it is, a replica that no longer beats would lose its work
                if not isinstance(error, (*Failure, StorageError)):
                    _log.exception("what was heard cannot be understood")
                await self._lose(error)
                await asyncio.sleep(BEAT / 2)

    async def _listen(self) -> None:
        """Act on what is heard, and beat in time."""
        connection, loop = self._connection, asyncio.get_running_loop()
        while connection is not None:
            until = self._last_beat + BEAT
            while (left := until - loop.time()) > 0:
                try:
                    async with asyncio.timeout(left):
                        heard = [await self._heard.get()]
                except TimeoutError:
                    break
                while not self._heard.empty():
                    heard.append(self._heard.get_nowait())
                await self._act([_message(payload) for payload in heard])
            await self._beat(connection)

    async def _beat(self, connection: Connection) -> None:
        before = asyncio.get_running_loop().time()
        thorough = self._beats % THOROUGH == 0
        call = "SELECT * FROM pg_temp.corridor_beat($1, $2, $3)"
        async with asyncio.timeout(LEASE.total_seconds()):
            fresh, claimed = await connection.fetchrow(call, self._name, LEASE // _MICROSECOND, thorough)
        self._last_beat, self._beats, self._told_lost = before, self._beats + 1, False
        if fresh and self._living is not None:
            self._renewed()
        elif claimed:
            _log.info("tasks taken over", tasks=claimed)
            await self._tell_tasks(statements.OWN_TASKS, self._name, MANY)
        if thorough and self._living is not None:
            await self._tell_revoked()

    async def _act(self, told: Sequence[dict[str, Any]]) -> None:
        others = [one for one in told if one.get("by") != self._name]
        if not others:
            return
        if any(one.get("left") for one in others):
            self._beats = 0
            self._last_beat = 0.0
        if any(one.get("all") for one in others):
            await self._tell_tasks(statements.OWN_TASKS, self._name, MANY)
            await self._tell_revoked()
            return
        queues, done, grants, papers = ([key for one in others for key in one.get(name, ())] for name in _TOLD)
        connection = self._connection
        tasks = await connection.fetch(statements.OWN_TASKS_OF, self._name, queues) if queues and connection else ()
        ended = await connection.fetch(statements.GRANTS_OF, grants) if grants and connection else ()
        revoked = await connection.fetch(statements.PAPERS_OF, papers) if papers and connection else ()
        self._tell(
            Changes(
                tasks=tuple(task_from(tuple(row)) for row in tasks),
                tasks_done=tuple(done),
                grants=tuple(from_body(Grant, row[0]) for row in ended),
                papers=tuple(from_body(PaperRecord, row[0]) for row in revoked),
            )
        )

    async def _tell_tasks(self, sql: str, *where: object) -> None:
        if self._connection is not None:
            found = await self._connection.fetch(sql, *where)
            self._tell(Changes(tasks=tuple(task_from(tuple(row)) for row in found)))

    async def _tell_revoked(self) -> None:
        """The safety net: rights that ended lately, told again; who knows it already is told nothing new."""
        if self._connection is not None:
            since = self._now() - _LOOK_BACK
            ended = await self._connection.fetch(statements.GRANTS_REVOKED, since)
            revoked = await self._connection.fetch(statements.PAPERS_REVOKED, since)
            if ended or revoked:
                grants = tuple(from_body(Grant, row[0]) for row in ended)
                self._tell(Changes(grants=grants, papers=tuple(from_body(PaperRecord, row[0]) for row in revoked)))

    async def _lose(self, error: Exception) -> None:
        await self._close()
        if not self._told_lost and asyncio.get_running_loop().time() > self._last_beat + LEASE.total_seconds():
            self._told_lost = True
            _log.warning("the database does not answer", problem=str(error), place=self._database.shown)
            self._lost()

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(*Failure):
                await connection.close(timeout=1.0)

    async def tasks(self, fetch: Callable[..., Awaitable[Sequence[Any]]], limit: int) -> tuple[Task, ...]:
        """Our open tasks in the order in which they were created."""
        return tuple(task_from(tuple(row)) for row in await fetch(statements.OWN_TASKS, self._name, limit))

    async def head(self, fetch: Callable[..., Awaitable[Sequence[Any]]], queue: str) -> Task | None:
        """The task to do next in `queue`; None if it is empty, or not ours, or we have not lately said that we live."""
        return next((task_from(tuple(row)) for row in await fetch(statements.HEAD, queue, self._name)), None)


_TOLD: Final = ("queues", "done", "grants", "papers")


def _message(payload: str) -> dict[str, Any]:
    """What another replica tells; whatever else is heard on the channel is a reason to look at everything."""
    with contextlib.suppress(ValueError):
        found = json.loads(payload)
        if isinstance(found, dict) and all(_are_names(found.get(name, [])) for name in _TOLD):
            return found
    return {"all": True}


def _are_names(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(one, str) for one in found)
