"""Runs a host: several participants in one process, on one pair of listeners, each as apart as a node of its own.

They have in common the listeners, the event loop, the rulebook of each set of rule folders, and the bounds on what the
process as a whole takes: each has its part of them. All else (keys, secrets, database, client, outbox) is opened per
context by `wire.open_node`, as for a node that is alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import resource
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import structlog
from structlog.contextvars import bound_contextvars

from corridor.app.contexts import load_contexts
from corridor.app.host_settings import MANAGEMENT_PATH, LoadedHost
from corridor.app.listeners import Listener, bind, serve
from corridor.app.rulebook import load_rules
from corridor.app.run import host_names, load_the_rest, management_app, management_token, read_token
from corridor.app.settings import LoadedSettings
from corridor.app.wire import ASGIApp, Node, Shared, open_node
from corridor.base.errors import CorridorError, SettingsError
from corridor.http.contexts import Contexts, HostManagement, HostProtocol, unavailable
from corridor.http.limits import Gate
from corridor.http.shares import Share, Shares

_log = structlog.get_logger(__name__)
_LEAST_CONNECTIONS: Final = 4
_RESTART_SECONDS: Final = 1.0


@dataclass(slots=True)
class Context:
    """A context that is served.

    Attributes:
        management: the application of its management API.
        problem: what is wrong with it at present, if anything.
    """

    node: Node
    management: ASGIApp
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """A host that is put together.

    Attributes:
        contexts: name to context, of those that are served.
        faulty: name to what keeps the others from being served.
    """

    contexts: Mapping[str, Context]
    faulty: Mapping[str, CorridorError]

    def stop(self) -> None:
        """The host is stopping: nobody is to wait for a commit any more."""
        for context in self.contexts.values():
            context.node.signal.stop()

    def health(self) -> dict[str, Any]:
        """The contexts in order of name, each with its state and, where it fails, why."""
        problems = {name: context.problem for name, context in self.contexts.items()}
        problems |= {name: str(error) for name, error in self.faulty.items()}
        return {"contexts": [_health(name, problem) for name, problem in sorted(problems.items())]}

    def protocol(self) -> ASGIApp:
        """What the protocol listener serves."""
        apps: dict[str, ASGIApp] = {name: context.node.protocol for name, context in self.contexts.items()}
        return Contexts(self._away() | apps, Gate(HostProtocol()))

    def management(self, token: str, names: frozenset[str]) -> ASGIApp:
        """What the management listener serves, called by one of `names`; the list of contexts asks for `token`."""
        apps: dict[str, ASGIApp] = {name: context.management for name, context in self.contexts.items()}
        listing = Gate(HostManagement(token, names, self.health))
        return Contexts(self._away() | apps, listing, below=MANAGEMENT_PATH)

    def _away(self) -> dict[str, ASGIApp]:
        return dict.fromkeys(self.faulty, Gate(unavailable))


def _health(name: str, problem: str | None) -> dict[str, str]:
    return {"name": name, "status": "ok"} if problem is None else {"name": name, "status": "failed", "problem": problem}


async def run_host(host: LoadedHost, ready: Callable[[], None] = lambda: None) -> None:
    """Serve every context that can be opened, until SIGINT or SIGTERM; the others are named in log and health.

    Raises:
        SettingsError: a port is in use, the host's own settings are wrong, or no context can be opened.
    """
    listen = host.settings.listen
    token, names = read_token(host.path(host.settings.files.management_token)), host_names(listen.management)
    _widen(len(host.settings.contexts))
    with contextlib.ExitStack() as sockets:
        protocol = sockets.enter_context(bind(listen.protocol, "listen.protocol"))
        management = sockets.enter_context(bind(listen.management, "listen.management"))
        async with open_host(host) as opened, _dispatching(opened):
            apps = opened.protocol(), opened.management(token, names)
            listeners = Listener(apps[0], protocol), Listener(apps[1], management)
            await serve(listeners, lambda: _ready(host, opened, ready), opened.stop)


def _ready(host: LoadedHost, opened: Host, ready: Callable[[], None]) -> None:
    listen = host.settings.listen
    counts = {"contexts": len(opened.contexts), "faulty": len(opened.faulty)}
    _log.info("host ready", protocol=listen.protocol, management=listen.management, **counts)
    ready()
    load_the_rest(context.node for context in opened.contexts.values())


def _widen(contexts: int) -> None:
    """Let each context have files open, and read and prepare them, without waiting for the others."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    threads = ThreadPoolExecutor(16 + 4 * contexts, thread_name_prefix="corridor")
    asyncio.get_running_loop().set_default_executor(threads)


@contextlib.asynccontextmanager
async def open_host(host: LoadedHost) -> AsyncIterator[Host]:
    """A host with every context that can be opened.

    Raises:
        SettingsError: it has no contexts, or none can be opened.
    """
    parts = _Parts(host)
    loaded = load_contexts(host)
    faulty = dict(loaded.faulty)
    contexts: dict[str, Context] = {}
    async with contextlib.AsyncExitStack() as stack:
        for name, settings in loaded.sound.items():
            try:
                contexts[name] = await stack.enter_async_context(_opened(settings, parts))
            except (CorridorError, OSError) as error:
                faulty[name] = error if isinstance(error, CorridorError) else SettingsError(str(error))
        _report(host, contexts, faulty)
        yield Host(contexts, faulty)


def _report(host: LoadedHost, contexts: Mapping[str, Context], faulty: Mapping[str, CorridorError]) -> None:
    if not contexts:
        why = "; ".join(f"`{name}`: {error}" for name, error in faulty.items()) or "it lists none"
        raise SettingsError(
            f"no context of the host can be served: {why}",
            place=str(host.folder),
            remedy="`corridor doctor` examines all of them",
        )
    for name, error in faulty.items():
        _log.error("context not served", context=name, problem=str(error))


class _Parts:
    """What the contexts have in common, and how much of it is whose."""

    def __init__(self, host: LoadedHost) -> None:
        limits, number = host.settings.limits, max(len(host.settings.contexts), 1)
        self._protocol, self._data, self._management = (Shares(limits.concurrent_requests, number) for _ in range(3))
        self._connections = max(limits.connections // number, _LEAST_CONNECTIONS)
        self._rules = functools.cache(load_rules)

    def shared(self) -> Shared:
        """The part of one more context."""
        return Shared(
            rules=self._rules,
            connections=self._connections,
            protocol=self._protocol.member(),
            data=self._data.member(),
        )

    def management(self) -> Share:
        """Its share of the places for requests to management APIs."""
        return self._management.member()


@contextlib.asynccontextmanager
async def _opened(loaded: LoadedSettings, parts: _Parts) -> AsyncIterator[Context]:
    token = management_token(loaded)
    async with open_node(loaded, shared=parts.shared()) as node:
        yield Context(node, management_app(loaded, node, token, parts.management()))


@contextlib.asynccontextmanager
async def _dispatching(host: Host) -> AsyncIterator[None]:
    tasks = []
    for name, context in host.contexts.items():
        # What a task logs, and what it starts, names the context.
        with bound_contextvars(context=name):
            running = (_keep_dispatching(context), context.node.herald.run())
            tasks += [asyncio.create_task(each) for each in running]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep_dispatching(context: Context) -> None:
    """Run a context's outbox; what breaks it is the trouble of this context alone, and may pass."""
    while True:
        try:
            await context.node.dispatcher.run()
        except Exception as error:  # noqa: BLE001 - a full disk, say: the other contexts go on
            context.problem = f"its outbox does not run: {error}"
            _log.exception("outbox broke")
        await _pause(_RESTART_SECONDS)
        context.problem = None


async def _pause(seconds: float) -> None:
    await asyncio.sleep(seconds)
