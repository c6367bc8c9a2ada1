"""The composition root: reads the settings, builds every adapter, and gives back a node that can be run."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from corridor.app.decisions import load_desk
from corridor.app.herald import Herald
from corridor.app.identity import Identity, IdentityProvider, Surroundings, dsp_path, http_hosts, self_issued
from corridor.app.rulebook import load_rules
from corridor.app.settings import EventSettings, LimitSettings, LoadedSettings, OutboxSettings, Settings
from corridor.app.storage import AnyStore, leases_of, open_store, replicated
from corridor.app.workers import Dispatcher, Signal
from corridor.app.world import SystemClock, jitter, new_id
from corridor.base.clock import Clock
from corridor.base.deferred import Deferred
from corridor.base.ids import ProcessId
from corridor.base.json import JsonLimits, JsonObject
from corridor.dataplane.fetch import FetchLimits, HttpFetcher
from corridor.dataplane.formats import FORMATS
from corridor.dataplane.ingest import Ingest, IntakeService
from corridor.dataplane.prepare import FilePreparer
from corridor.dataplane.push import HttpPusher
from corridor.dataplane.server import DataPlane, DataService, Opening
from corridor.dsp.binding import VERSION_PATH
from corridor.dsp.codec import Codecs, all_codecs
from corridor.dsp.codec.versions import ProtocolVersion, encode_versions
from corridor.http.client import MOST_VALUES, HttpClient, ReplyLimits
from corridor.http.limits import RequestLimits
from corridor.http.names import OwnResolver
from corridor.http.outbound import Destinations, GuardedResolver
from corridor.http.problem import render_problem
from corridor.http.server import Endpoint, Mount, ProtocolApp, ProtocolService, protocol_listener
from corridor.http.shares import Share
from corridor.http.webhooks import HttpWebhooks
from corridor.law.model import Rulebook
from corridor.service import access, catalogue, intake, negotiate, notify, outbox, receipts, transfer
from corridor.service.addresses import INGEST
from corridor.service.context import Context, Patience, Telling
from corridor.service.desk import Desk
from corridor.service.ports import Changes, Store
from corridor.store.sqlite import SqliteStore
from corridor.trust.secrets import FileSecrets

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = Deferred("aiohttp")

DATA_PATH: Final = "/data"
HEALTH_PATH: Final = "/health"
_LONGEST_PUSH: Final = 86_400.0
"""Seconds that one request of a push may take; what is not through by then goes on with the next."""


ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Node:
    """A node that is put together.

    Attributes:
        protocol: what the protocol listener serves.
        dispatcher: runs the outbox; `run` it beside the listeners.
        herald: wakes subscriptions when events are logged; `run` it likewise.
        signal: wakes whoever waits for the next commit.
    """

    settings: Settings
    context: Context
    protocol: ASGIApp
    dispatcher: Dispatcher
    herald: Herald
    signal: Signal


class Commits:
    """Shows every durable commit to whoever asked to see it."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Changes], None]] = []

    def add(self, listener: Callable[[Changes], None]) -> None:
        """Show further commits to `listener`."""
        self._listeners.append(listener)

    def __call__(self, changes: Changes) -> None:
        """A commit is durable."""
        for listener in self._listeners:
            listener(changes)


@dataclass(frozen=True, slots=True)
class Shared:
    """What the nodes of one process have in common; a node that is alone has all of it to itself.

    Attributes:
        codecs: gives the versions of the wire, the preferred first, to be read strictly or not.
        rules: gives the rulebook, and its digest, for folders of rules.
        connections: to partners that this node may have open at the same time; None for the client's own bound.
        protocol, data: its shares of the places for requests to the protocol and to the data plane.
    """

    codecs: Callable[[bool], Codecs] = lambda strict: all_codecs(strict=strict)
    rules: Callable[[tuple[Path, ...]], tuple[Rulebook, str]] = load_rules
    connections: int | None = None
    protocol: Share | None = None
    data: Share | None = None


@contextlib.asynccontextmanager
async def open_node(
    loaded: LoadedSettings,
    store_type: type[SqliteStore] = SqliteStore,
    identity: IdentityProvider = self_issued,
    desk: Desk | None = None,
    shared: Shared | None = None,
) -> AsyncIterator[Node]:
    """A node on its database, for as long as the block lasts.

    Args:
        loaded: its settings.
        store_type: what opens a database file; crash tests put one in its place that fails on purpose.
        identity: builds the parts that prove who we are and learn who others are.
        desk: decides in place of the one that the settings describe.
        shared: what it has in common with other nodes of this process.

    Raises:
        SettingsError: a setting, key or file is missing or wrong.
        StorageError: the database is locked, damaged, or of another version.
        MalformedError: a rule file or the participant list is faulty.
    """
    shared, commits, clock = shared or Shared(), Commits(), SystemClock()
    codecs = shared.codecs(loaded.settings.protocol.strict)
    desk = desk or load_desk(loaded.settings.decisions)
    destinations = Destinations(http_hosts(loaded.settings))
    async with contextlib.AsyncExitStack() as stack:
        store = await open_store(loaded, commits, store_type)
        stack.push_async_callback(store.close)
        limits = _reply_limits(loaded.settings.limits, shared.connections)
        client = await stack.enter_async_context(HttpClient(destinations, limits))
        webhooks = await _webhooks(loaded.settings.events, stack)
        parts = identity(loaded, Surroundings(store, client, clock, codecs.versions))
        outside = _Outside(store, destinations, webhooks, clock, codecs)
        yield _node(loaded, parts, _context(loaded, parts, outside, desk, shared), commits, shared)


async def _webhooks(events: EventSettings, stack: contextlib.AsyncExitStack) -> HttpWebhooks:
    """What calls the receivers of events: apart from what calls partners, so that neither waits for the other."""
    receivers = Destinations(frozenset(host.lower() for host in events.http_hosts), "events.http_hosts")
    names = partial(OwnResolver, 2 * events.subscriptions)
    client = await stack.enter_async_context(HttpClient(receivers, _webhook_limits(events), resolver=names))
    return HttpWebhooks(client, receivers, float(events.reply_seconds))


@dataclass(frozen=True, slots=True)
class _Outside:
    """What the node reaches the world by, besides its identity."""

    store: AnyStore
    destinations: Destinations
    webhooks: HttpWebhooks
    clock: Clock
    codecs: Codecs


def _context(loaded: LoadedSettings, identity: Identity, outside: _Outside, desk: Desk, shared: Shared) -> Context:
    settings, destinations, clock, codecs = loaded.settings, outside.destinations, outside.clock, outside.codecs
    rulebook, digest = shared.rules(tuple(loaded.path(folder) for folder in settings.files.rules))
    root, preferred = settings.listen.public_url.rstrip("/"), codecs.versions[0]
    return Context(
        me=identity.me,
        dsp_url=root + dsp_path(preferred),
        data_url=root + DATA_PATH,
        store=outside.store,
        participants=identity.participants,
        sender=identity.sender,
        directory=identity.directory,
        signer=identity.signer,
        secrets=FileSecrets(loaded.path(settings.files.token_key)),
        fetcher=_fetcher(loaded, destinations),
        pusher=HttpPusher(check_url=destinations.check_url, now=clock.now, connector=_connector(destinations)),
        preparer=_preparer(loaded),
        webhooks=outside.webhooks,
        formats=FORMATS,
        clock=clock,
        new_id=new_id,
        jitter=jitter,
        rulebook=rulebook,
        rulebook_digest=digest,
        desk=desk,
        patience=_patience(settings.outbox),
        telling=_telling(settings.events),
        page=settings.limits.catalogue_page,
        protocol=preferred,
        codecs=codecs,
        dsp_urls={version: root + dsp_path(version) for version in codecs.versions},
    )


def _node(loaded: LoadedSettings, identity: Identity, context: Context, commits: Commits, shared: Shared) -> Node:
    settings, signal = loaded.settings, Signal()
    sweep = timedelta(seconds=settings.outbox.sweep_seconds)
    dispatcher = Dispatcher(
        context.store,
        partial(outbox.run, context),
        context.clock,
        sweep=sweep,
        broke=partial(outbox.broke, context),
        leases=leases_of(context.store),
    )
    _watch(context.store, context, dispatcher, signal)
    commits.add(context.revocations.note)
    herald = Herald(partial(notify.wake, context), sweep=sweep)
    commits.add(dispatcher.note)
    commits.add(herald.note)
    commits.add(lambda changes: signal.fire(_moved(changes)))
    protocol = _protocol(context, identity, loaded, shared)
    return Node(settings, context, protocol, dispatcher, herald, signal)


def _moved(changes: Changes) -> tuple[str, ...]:
    """The processes that a commit moved; none of what is only heard of another replica, which may have moved any."""
    negotiations = (record.negotiation.own_pid for record in changes.negotiations)
    return (*negotiations, *(record.transfer.own_pid for record in changes.transfers))


def _watch(store: Store, context: Context, dispatcher: Dispatcher, signal: Signal) -> None:
    """What this replica does when it finds its database again, and once it counts as lost."""

    def renewed() -> None:
        dispatcher.renew()
        signal.fire()

    # A right that ends at another replica cannot be told here while the database is out of reach.
    shared = replicated(store)
    if shared is not None:
        shared.watch(renewed, partial(context.revocations.end_all, "the node has lost its database"))


def _fetcher(loaded: LoadedSettings, destinations: Destinations) -> HttpFetcher:
    files, limits = loaded.settings.files, loaded.settings.limits
    return HttpFetcher(
        loaded.path(files.received),
        check_url=destinations.check_url,
        limits=FetchLimits(max_size=limits.fetch_bytes),
        connector=_connector(destinations),
    )


def _connector(destinations: Destinations) -> Callable[[], aiohttp.BaseConnector]:
    """Makes connections to addresses that may be called."""
    return lambda: aiohttp.TCPConnector(resolver=GuardedResolver(aiohttp.DefaultResolver(), destinations))


def _preparer(loaded: LoadedSettings) -> FilePreparer:
    files = loaded.settings.files
    return FilePreparer([loaded.path(folder) for folder in files.data_roots], loaded.path(files.snapshots))


def _protocol(ctx: Context, identity: Identity, loaded: LoadedSettings, shared: Shared) -> ASGIApp:
    limits = loaded.settings.limits
    preferred, *others = (
        Endpoint(dsp_path(codec.version), codec, _use_cases(ctx.speaking(codec.version))) for codec in ctx.codecs
    )
    app = ProtocolApp(
        preferred.service,
        identity.authenticate,
        preferred.codec,
        {VERSION_PATH: _versions(identity, ctx.codecs), HEALTH_PATH: {"status": "ok"}, **identity.documents},
        dsp_path=preferred.path,
        further=others,
        json_limits=JsonLimits(max_bytes=limits.body_bytes, max_depth=limits.json_depth),
        strict=loaded.settings.protocol.strict,
    )
    data, ingest, shares = DataPlane(_data_service(ctx)), _ingest(ctx, loaded), (shared.protocol, shared.data)
    bounds = request_limits(limits)
    return protocol_listener(app, data, data_path=DATA_PATH, limits=bounds, ingest=ingest, shares=shares)


def _ingest(ctx: Context, loaded: LoadedSettings) -> Mount:
    """Where partners push to; what a body may be there is bounded by what we take, not by what a message may be."""
    limits = loaded.settings.limits
    service = IntakeService(partial(intake.open_intake, ctx), partial(intake.taken, ctx), render_problem)
    app = Ingest(loaded.path(loaded.settings.files.received), service, max_size=limits.fetch_bytes)
    bounds = replace(
        request_limits(limits), body_bytes=limits.fetch_bytes, body_seconds=_LONGEST_PUSH, linger_seconds=0.2
    )
    return Mount(DATA_PATH + INGEST, app, bounds)


def _versions(identity: Identity, codecs: Codecs) -> JsonObject:
    return encode_versions(
        ProtocolVersion(version, dsp_path(version), auth=identity.auth, identifier_type=identity.identifier_type)
        for version in codecs.versions
    )


def _use_cases(ctx: Context) -> ProtocolService:
    return ProtocolService(
        receive_negotiation=partial(negotiate.receive, ctx),
        view_negotiation=partial(negotiate.view, ctx),
        receive_transfer=partial(transfer.receive, ctx),
        view_transfer=partial(transfer.view, ctx),
        catalogue=partial(catalogue.catalogue, ctx),
        dataset=partial(catalogue.dataset, ctx),
        countersign=partial(receipts.countersign, ctx),
    )


def _data_service(ctx: Context) -> DataService:
    async def open_one(authorization: str | None, pid: ProcessId) -> Opening:
        allowed = await access.open_access(ctx, authorization, pid)
        return Opening(allowed.content, allowed.grant, allowed.still_allowed, allowed.until)

    async def record(opening: Opening, size: int, rows: int, whole: bool) -> None:  # noqa: FBT001 - the port's shape
        await access.record_served(ctx, opening.grant, opening.content, size, rows, whole=whole)

    async def metered(opening: Opening) -> int:
        return (await ctx.store.usage(transfer=opening.grant.transfer)).size

    return DataService(open_one, record, render_problem, ctx.clock.now, metered)


def request_limits(limits: LimitSettings) -> RequestLimits:
    """The bounds on a request that the settings state."""
    return RequestLimits(
        body_bytes=limits.body_bytes,
        body_seconds=float(limits.request_seconds),
        concurrent=limits.concurrent_requests,
    )


def _reply_limits(limits: LimitSettings, connections: int | None) -> ReplyLimits:
    document = JsonLimits(limits.reply_bytes, limits.json_depth, max_values=MOST_VALUES)
    reply = ReplyLimits(seconds=float(limits.reply_seconds), document=document)
    return reply if connections is None else replace(reply, connections=connections)


def _patience(settings: OutboxSettings) -> Patience:
    return Patience(
        first=timedelta(milliseconds=settings.first_wait_ms),
        longest=timedelta(seconds=settings.longest_wait_seconds),
        give_up=settings.attempts,
        reaction=timedelta(milliseconds=settings.reaction_ms),
    )


def _webhook_limits(events: EventSettings) -> ReplyLimits:
    """A pool in which every subscription has a connection, so that none waits for another's."""
    return ReplyLimits(
        seconds=float(events.reply_seconds),
        connections=events.subscriptions + 1,
        connections_per_host=events.subscriptions + 1,
    )


def _telling(events: EventSettings) -> Telling:
    patience = Patience(
        first=timedelta(milliseconds=events.first_wait_ms),
        longest=timedelta(seconds=events.longest_wait_seconds),
        give_up=events.attempts,
    )
    return Telling(patience, events.subscriptions, events.batch, events.pause_after)
