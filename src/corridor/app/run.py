"""Runs a node: binds its listeners, opens it, answers until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from corridor.app.listeners import Listener, bind, serve
from corridor.app.settings import LoadedSettings
from corridor.app.wire import ASGIApp, Node, open_node, request_limits
from corridor.base.errors import CorridorError, SettingsError
from corridor.http.client import load
from corridor.http.management.following import StreamLimits
from corridor.http.management.guard import LOOPBACK_NAMES
from corridor.http.management.server import create_app
from corridor.http.shares import Share
from corridor.law.model import Rulebook
from corridor.store.sqlite import SqliteStore
from corridor.trust.files import read_private

_log = structlog.get_logger(__name__)


async def run_node(
    loaded: LoadedSettings, ready: Callable[[], None] = lambda: None, store_type: type[SqliteStore] = SqliteStore
) -> None:
    """Serve both listeners and the outbox until SIGINT or SIGTERM.

    Raises:
        SettingsError: a port is in use, or a setting, key or file is missing or wrong.
        StorageError: the database cannot be used.
    """
    listen = loaded.settings.listen
    with contextlib.ExitStack() as sockets:
        protocol = sockets.enter_context(bind(listen.protocol, "listen.protocol"))
        management = sockets.enter_context(bind(listen.management, "listen.management"))
        async with open_node(loaded, store_type) as node:
            listeners = (
                Listener(node.protocol, protocol),
                Listener(management_app(loaded, node, management_token(loaded)), management),
            )
            working = [asyncio.create_task(each) for each in (node.dispatcher.run(), node.herald.run())]
            try:
                await serve(listeners, lambda: _ready(loaded, node, ready), node.signal.stop)
            finally:
                for work in working:
                    work.cancel()
                await asyncio.gather(*working, return_exceptions=True)


def _ready(loaded: LoadedSettings, node: Node, ready: Callable[[], None]) -> None:
    listen = loaded.settings.listen
    _log.info("node ready", id=loaded.settings.node.id, protocol=listen.protocol, management=listen.management)
    ready()
    load_the_rest([node])


def load_the_rest(nodes: Iterable[Node]) -> None:
    """Load, beside the first answers, what they can do without: what calls partners, and the rules that ship."""
    rulebooks = {id(node.context.rulebook): node.context.rulebook for node in nodes}
    asyncio.get_running_loop().run_in_executor(None, _load_the_rest, tuple(rulebooks.values()))


def _load_the_rest(rulebooks: Iterable[Rulebook]) -> None:
    load()
    for rulebook in rulebooks:
        try:
            tuple(rulebook.jurisdictions.values())
        except CorridorError as error:
            _log.error("rules cannot be read", problem=str(error))


def management_token(loaded: LoadedSettings) -> str:
    """The token that the management API asks for.

    Raises:
        SettingsError: its file is missing, open to others, or empty.
    """
    return read_token(loaded.path(loaded.settings.files.management_token))


def read_token(path: Path) -> str:
    """The management token in a file.

    Raises:
        SettingsError: the file is missing, open to others, or empty.
    """
    token = read_private(path, "management token").decode("utf-8", "replace").strip()
    if not token:
        raise SettingsError("the management token is empty", place=str(path), remedy="`corridor init` makes one")
    return token


def management_app(loaded: LoadedSettings, node: Node, token: str, share: Share | None = None) -> ASGIApp:
    """The management API of a node, with its share of places where it has them in common with others."""
    events = loaded.settings.events
    return create_app(
        node.context,
        token=token,
        hosts=host_names(loaded.settings.listen.management),
        changes=node.signal,
        limits=request_limits(loaded.settings.limits),
        streams=StreamLimits(events.streams, float(events.heartbeat_seconds)),
        share=share,
    )


def host_names(address: str) -> frozenset[str]:
    """The names by which a listener at `HOST:PORT` may be called."""
    return LOOPBACK_NAMES | {address.rpartition(":")[0].strip("[]").lower()}
