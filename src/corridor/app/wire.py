"""The composition root: reads the settings, builds every adapter, and gives back a node that can be run."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp
from aiohttp.resolver import DefaultResolver

from corridor.app.rulebook import load_rules
from corridor.app.settings import LimitSettings, LoadedSettings, OutboxSettings, Settings
from corridor.app.workers import Dispatcher, Signal
from corridor.app.world import SystemClock, jitter, new_id
from corridor.base.ids import ParticipantId, ProcessId
from corridor.base.json import JsonLimits, JsonObject
from corridor.dataplane.fetch import FetchLimits, HttpFetcher
from corridor.dataplane.prepare import FilePreparer
from corridor.dataplane.server import DataPlane, DataService, Opening
from corridor.dsp.binding import VERSION_PATH
from corridor.dsp.codec import Codecs, all_codecs
from corridor.dsp.codec.versions import Auth, ProtocolVersion, encode_versions
from corridor.http.client import HttpClient, HttpReader, HttpSender, ReplyLimits
from corridor.http.limits import RequestLimits
from corridor.http.outbound import Destinations, GuardedResolver
from corridor.http.problem import render_problem
from corridor.http.server import Endpoint, ProtocolApp, ProtocolService, protocol_listener
from corridor.http.shares import Share
from corridor.law.model import Rulebook
from corridor.service import access, catalogue, negotiate, outbox, receipts, transfer
from corridor.service.context import Context, Patience
from corridor.service.ports import Changes
from corridor.service.records import Participant
from corridor.store.sqlite import SqliteStore
from corridor.trust.did_document import own_document
from corridor.trust.did_web import WebDirectory
from corridor.trust.keys import FileSigner
from corridor.trust.participants import FileParticipants
from corridor.trust.secrets import FileSecrets
from corridor.trust.tokens import Authenticator, TokenIssuer

DATA_PATH: Final = "/data"
DID_PATH: Final = "/.well-known/did.json"
HEALTH_PATH: Final = "/health"


ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Node:
    """A node that is put together.

    Attributes:
        protocol: what the protocol listener serves.
        dispatcher: runs the outbox; `run` it beside the listeners.
        signal: wakes whoever waits for the next commit.
    """

    settings: Settings
    context: Context
    protocol: ASGIApp
    dispatcher: Dispatcher
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
        codecs: the versions of the wire, the preferred first.
        rules: gives the rulebook, and its digest, for folders of rules.
        connections: to partners that this node may have open at the same time; None for the client's own bound.
        protocol, data: its shares of the places for requests to the protocol and to the data plane.
    """

    codecs: Codecs = field(default_factory=all_codecs)
    rules: Callable[[tuple[Path, ...]], tuple[Rulebook, str]] = load_rules
    connections: int | None = None
    protocol: Share | None = None
    data: Share | None = None


def dsp_path(version: str) -> str:
    """Where the endpoint of a version of the wire is."""
    return f"/dsp/{version}"


@contextlib.asynccontextmanager
async def open_node(
    loaded: LoadedSettings, store_type: type[SqliteStore] = SqliteStore, shared: Shared | None = None
) -> AsyncIterator[Node]:
    """A node on its database, for as long as the block lasts.

    Args:
        loaded: its settings.
        store_type: what opens the database; crash tests put one in its place that fails on purpose.
        shared: what it has in common with other nodes of this process.

    Raises:
        SettingsError: a setting, key or file is missing or wrong.
        StorageError: the database is locked, damaged, or of another version.
        MalformedError: a rule file or the participant list is faulty.
    """
    shared = shared or Shared()
    limits = loaded.settings.limits
    identity = _identity(loaded, shared.codecs)
    commits = Commits()
    destinations = Destinations(_http_hosts(loaded.settings))
    async with contextlib.AsyncExitStack() as stack:
        store = await store_type.open(loaded.path(loaded.settings.files.database), commits)
        stack.push_async_callback(store.close)
        client = await stack.enter_async_context(HttpClient(destinations, _reply_limits(limits, shared.connections)))
        yield _node(loaded, shared, identity, store=store, client=client, commits=commits, destinations=destinations)


@dataclass(frozen=True, slots=True)
class _Identity:
    """Who we are: our entry, keys and document."""

    me: Participant
    signer: FileSigner
    secrets: FileSecrets
    document: JsonObject
    root: str

    def dsp_urls(self, codecs: Codecs) -> Mapping[str, str]:
        """Version to base URL of its endpoint."""
        return {version: self.root + dsp_path(version) for version in codecs.versions}


def _identity(loaded: LoadedSettings, codecs: Codecs) -> _Identity:
    settings = loaded.settings
    node, files = settings.node, settings.files
    me = Participant(ParticipantId(node.id), node.name, node.country, node.facts)
    signer = FileSigner(loaded.path(files.signing_key), f"{node.id}#key-1")
    root = settings.listen.public_url.rstrip("/")
    document = own_document(me.id, signer.public_jwk, root, dsp_path(codecs.versions[0]))
    return _Identity(me, signer, FileSecrets(loaded.path(files.token_key)), document, root)


def _node(
    loaded: LoadedSettings,
    shared: Shared,
    identity: _Identity,
    *,
    store: SqliteStore,
    client: HttpClient,
    commits: Commits,
    destinations: Destinations,
) -> Node:
    settings, clock = loaded.settings, SystemClock()
    keep = float(settings.trust.did_cache_seconds)
    codecs, dsp_urls = shared.codecs, identity.dsp_urls(shared.codecs)
    directory = WebDirectory(
        HttpReader(client), _http_hosts(settings), own=identity.document, versions=codecs.versions, keep=keep
    )
    participants = FileParticipants(loaded.path(settings.files.participants))
    rulebook, digest = shared.rules(tuple(loaded.path(folder) for folder in settings.files.rules))
    issuer = TokenIssuer(identity.me.id, identity.signer, clock, new_id)
    context = Context(
        me=identity.me,
        dsp_url=dsp_urls[codecs.versions[0]],
        data_url=identity.root + DATA_PATH,
        store=store,
        participants=participants,
        sender=HttpSender(client, issuer.issue),
        directory=directory,
        signer=identity.signer,
        secrets=identity.secrets,
        fetcher=_fetcher(loaded, destinations),
        preparer=_preparer(loaded),
        clock=clock,
        new_id=new_id,
        jitter=jitter,
        rulebook=rulebook,
        rulebook_digest=digest,
        patience=_patience(settings.outbox),
        page=settings.limits.catalogue_page,
        protocol=codecs.versions[0],
        codecs=codecs,
        dsp_urls=dsp_urls,
    )
    signal = Signal()
    sweep = timedelta(seconds=settings.outbox.sweep_seconds)
    dispatcher = Dispatcher(store, partial(outbox.run, context), clock, sweep=sweep)
    commits.add(context.revocations.note)
    commits.add(dispatcher.note)
    commits.add(lambda _: signal.fire())
    authenticator = Authenticator(identity.me.id, participants, directory, store, clock)
    protocol = _protocol(context, authenticator, identity, settings.limits, (shared.protocol, shared.data))
    return Node(settings, context, protocol, dispatcher, signal)


def _http_hosts(settings: Settings) -> frozenset[str]:
    return frozenset(host.lower() for host in settings.trust.http_hosts)


def _fetcher(loaded: LoadedSettings, destinations: Destinations) -> HttpFetcher:
    files, limits = loaded.settings.files, loaded.settings.limits
    return HttpFetcher(
        loaded.path(files.received),
        check_url=destinations.check_url,
        limits=FetchLimits(max_size=limits.fetch_bytes),
        connector=lambda: aiohttp.TCPConnector(resolver=GuardedResolver(DefaultResolver(), destinations)),
    )


def _preparer(loaded: LoadedSettings) -> FilePreparer:
    files = loaded.settings.files
    return FilePreparer([loaded.path(folder) for folder in files.data_roots], loaded.path(files.snapshots))


def _protocol(
    ctx: Context,
    authenticator: Authenticator,
    identity: _Identity,
    limits: LimitSettings,
    shares: tuple[Share | None, Share | None],
) -> ASGIApp:
    public: dict[str, JsonObject] = {
        VERSION_PATH: _versions(ctx.codecs),
        # did:web looks under the well-known path, or, for a DID with a path, right beside it.
        DID_PATH: identity.document,
        "/did.json": identity.document,
        HEALTH_PATH: {"status": "ok"},
    }
    preferred, *others = (
        Endpoint(dsp_path(codec.version), codec, _use_cases(ctx.speaking(codec.version))) for codec in ctx.codecs
    )
    app = ProtocolApp(
        preferred.service,
        authenticator.authenticate,
        preferred.codec,
        public,
        dsp_path=preferred.path,
        further=others,
        json_limits=JsonLimits(max_bytes=limits.body_bytes, max_depth=limits.json_depth),
    )
    data = DataPlane(_data_service(ctx))
    return protocol_listener(app, data, data_path=DATA_PATH, limits=request_limits(limits), shares=shares)


def _versions(codecs: Codecs) -> JsonObject:
    auth = Auth("self-issued-jwt", "1")
    return encode_versions(
        ProtocolVersion(version, dsp_path(version), auth=auth, identifier_type="did:web") for version in codecs.versions
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

    return DataService(open_one, record, render_problem, ctx.clock.now)


def request_limits(limits: LimitSettings) -> RequestLimits:
    """The bounds on a request that the settings state."""
    return RequestLimits(
        body_bytes=limits.body_bytes,
        body_seconds=float(limits.request_seconds),
        concurrent=limits.concurrent_requests,
    )


def _reply_limits(limits: LimitSettings, connections: int | None) -> ReplyLimits:
    document = JsonLimits(max_bytes=limits.reply_bytes, max_depth=limits.json_depth)
    reply = ReplyLimits(seconds=float(limits.reply_seconds), document=document)
    return reply if connections is None else replace(reply, connections=connections)


def _patience(settings: OutboxSettings) -> Patience:
    return Patience(
        first=timedelta(milliseconds=settings.first_wait_ms),
        longest=timedelta(seconds=settings.longest_wait_seconds),
        give_up=settings.attempts,
        reaction=timedelta(milliseconds=settings.reaction_ms),
    )
