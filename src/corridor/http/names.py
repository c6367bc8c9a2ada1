"""Names resolved in threads of one's own, so that one caller's slow names hold up nobody else's.

The event loop resolves the names of everybody in the same few threads. A name whose servers do not answer keeps its
thread for many seconds, and some of them keep all.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from aiohttp.abc import AbstractResolver, ResolveResult
else:
    AbstractResolver = object  # aiohttp asks for the methods, not for the class

_NUMERIC: Final = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
Lookup = Callable[..., list[Any]]


class OwnResolver(AbstractResolver):
    """Resolves names in at most so many threads, which are made as they are needed.

    Args:
        threads: names that can be looked up at the same time.
        lookup: `socket.getaddrinfo`, or what stands for it.
    """

    def __init__(self, threads: int, lookup: Lookup = socket.getaddrinfo) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="corridor-names")
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host`.

        Raises:
            OSError: it has none.
        """
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: self._lookup(host, port, family=family, type=socket.SOCK_STREAM)
        )
        return [
            {
                "hostname": host,
                "host": address[0],
                "port": address[1],
                "family": kind,
                "proto": protocol,
                "flags": _NUMERIC,
            }
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Look up no further names; those that are being looked up are left behind."""
        self._threads.shutdown(wait=False, cancel_futures=True)
