"""A node as `corridor serve` runs it, but for one thing: once armed, it dies by SIGKILL at the Nth write to its store.

    python victim.py FOLDER --when before|after

`before` is just before the changes are handed to the committer, `after` just after they are durable. Using up a
single-use token counts as a write like any other. SIGUSR1 arms it, and it answers with the line `armed`. It is started
again whenever it has died, to die one write later; FOLDER/deaths says how often it did. Each life is forked from a
process that has imported the product and done nothing else, which saves most of the time of a start.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self, TypeVar

import uvloop

from corridor.app.logs import set_up_logs
from corridor.app.run import run_node
from corridor.app.settings import load_settings
from corridor.store.sqlite import SqliteStore

T = TypeVar("T")


def store_that_dies(kill_at: int, when: str) -> type[SqliteStore]:
    """The store of the node, with the fault in it."""

    class MortalStore(SqliteStore):
        async def commit(self, changes):
            await self._mortally(lambda: super(MortalStore, self).commit(changes))

        async def use_token(self, token, now):
            return await self._mortally(lambda: super(MortalStore, self).use_token(token, now))

        async def _mortally(self, write: Callable[[], Awaitable[T]]) -> T:
            last = armed.writes is not None and next(armed.writes) == kill_at
            if last and when == "before":
                _die()
            result = await write()
            if last:
                _die()
            return result

        @classmethod
        async def open(cls, *arguments, **options) -> Self:
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, armed.arm)
            return await super().open(*arguments, **options)

    armed = _Armed()
    return MortalStore


class _Armed:
    """Counts the writes from the moment at which it is armed."""

    def __init__(self) -> None:
        self.writes: itertools.count[int] | None = None

    def arm(self) -> None:
        self.writes = itertools.count(1)
        os.write(1, b"armed\n")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def live(folder: Path, kill_at: int, when: str) -> None:
    """One life of the node."""
    for number in (signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
    loaded = load_settings(folder)
    set_up_logs(loaded.settings.log.level, None)
    uvloop.run(run_node(loaded, store_type=store_that_dies(kill_at, when)))


def main() -> None:
    """One life after another, until one ends otherwise than by SIGKILL."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--when", choices=("before", "after"), required=True)
    given = parser.parse_args()
    for deaths in itertools.count():
        (given.folder / "deaths").write_text(str(deaths))
        child = os.fork()
        if child == 0:
            live(given.folder, deaths + 1, given.when)
            return
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, lambda received, _, child=child: os.kill(child, received))
        _, status = os.waitpid(child, 0)
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
