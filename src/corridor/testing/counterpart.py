"""A simulated participant: the real use cases over the memory store, and a network that can be bent.

Several counterparts on one `Network` talk to one another as nodes do, without sockets: each message is encoded,
carried, decoded and answered by the same code as in a node. Time stands still unless a test moves it.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from corridor.base.digest import sha256_of
from corridor.base.errors import ConflictError, CorridorError, ForbiddenError, NotFoundError, UnreachableError
from corridor.base.ids import DatasetId, ParticipantId, ProcessId
from corridor.base.json import JsonObject, canonical_json, parse_json
from corridor.dataplane.digest import digests_of
from corridor.dataplane.formats import FORMATS
from corridor.dsp.binding import ROUTES, Area, Route
from corridor.dsp.messages import CatalogFault, CatalogRequest, NegotiationFault, TransferFault
from corridor.evidence.keys import PublicKey
from corridor.evidence.webhook import secret_of
from corridor.law.model import Rulebook
from corridor.service import access, catalogue, intake, negotiate, outbox, receipts, transfer
from corridor.service.context import Context
from corridor.service.ports import Changes, Fetched, Peer, Preparation, Push, Reply
from corridor.service.records import Content, Participant, Task
from corridor.store.memory import MemoryStore
from corridor.testing.receivers import Receivers

DSP: Final = "/dsp/2025-1"
_STATUS: Final[Mapping[type[CorridorError], int]] = {NotFoundError: 404, ConflictError: 400}
_FAULTS: Final = {Area.CATALOG: CatalogFault, Area.NEGOTIATION: NegotiationFault, Area.TRANSFER: TransferFault}


class ManualClock:
    """Time that moves only when it is told to."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """The present instant."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by


class MemorySigner:
    """A P-256 key that lives as long as the process."""

    def __init__(self, key_id: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._key_id = key_id

    @property
    def key_id(self) -> str:
        """The DID URL of the key."""
        return self._key_id

    @property
    def public_jwk(self) -> JsonObject:
        """The public key."""
        return PublicKey(self._key_id, self._key.public_key()).to_jwk()

    def sign(self, payload: bytes) -> bytes:
        """The ES256 signature: r || s."""
        r, s = decode_dss_signature(self._key.sign(payload, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class MemorySecrets:
    """Tokens and seals under a fixed key; the seal hides nothing, and is for tests only."""

    def webhook_secret(self) -> str:
        """The same at each call."""
        return secret_of(hashlib.sha256(b"testing").digest())

    def token(self, grant: str) -> str:
        """The token of a grant."""
        return hmac.new(b"testing", grant.encode(), hashlib.sha256).hexdigest()

    def seal(self, text: str) -> str:
        """The text reversed: enough to see that it was sealed."""
        return "sealed:" + text[::-1]

    def unseal(self, sealed: str) -> str:
        """What was sealed."""
        return sealed.removeprefix("sealed:")[::-1]


class MemoryPreparer:
    """Publishes bytes that stand in the source itself: `{"text": ..., "persons": n?}`."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    async def prepare(self, source: JsonObject, place: str) -> Preparation:
        """Fix the bytes and digests of a source."""
        _ = place
        data = str(source.get("text", "")).encode()
        digest = sha256_of(data)
        self.contents[digest] = data
        persons = source.get("persons")
        return Preparation(digest, len(data), 0, digest, digests_of((data,)).blake3, data.count(b"\n"), persons, None)


@dataclass(slots=True)
class Fault:
    """What goes wrong with one request: it is lost, or its answer is; `True` in `duplicate` has it arrive twice."""

    lose_request: bool = False
    lose_reply: bool = False
    duplicate: bool = False


@dataclass(slots=True)
class Network:
    """Carries requests between counterparts.

    Attributes:
        weather: asked before each request with sender, method and URL; gives what goes wrong with it.
        carried: every request that arrived: sender, method, URL, document.
        sinks: what was pushed to the address of nobody who has joined: its authorization and the content.
    """

    clock: ManualClock
    rulebook: Rulebook
    weather: Callable[[str, str, str], Fault] = field(default=lambda *_: Fault())
    carried: list[tuple[str, str, str, JsonObject | None]] = field(default_factory=list)
    members: dict[str, Counterpart] = field(default_factory=dict)
    sinks: dict[str, tuple[str | None, Content]] = field(default_factory=dict)

    def join(self, name: str, country: str, **facts: Any) -> Counterpart:
        """A new counterpart `did:web:NAME.example` that everybody knows."""
        member = Counterpart(self, Participant(ParticipantId(f"did:web:{name}.example"), name, country, facts))
        self.members[member.me.id] = member
        return member

    def find(self, participant: ParticipantId) -> Participant | None:
        """The participant, if it has joined."""
        member = self.members.get(participant)
        return member.me if member else None

    def all(self) -> tuple[Participant, ...]:
        """Everybody who has joined."""
        return tuple(member.me for member in self.members.values())

    async def peer(self, reference: str) -> Peer:
        """Where a counterpart is reached."""
        if reference not in self.members:
            raise UnreachableError(f"`{reference}` has not joined")
        root = self.members[reference].root
        return Peer(ParticipantId(reference), root + DSP, root + "/receipts")

    async def public_keys(self, participant: ParticipantId, purpose: str) -> Mapping[str, JsonObject]:
        """The counterpart's one key, whatever the purpose."""
        _ = purpose
        signer = self.members[participant].signer
        return {signer.key_id: signer.public_jwk}

    async def carry(self, sender: Participant, method: str, url: str, document: JsonObject | None) -> Reply:
        """Bring a request to whom its URL names, and the answer back, as the weather allows.

        Raises:
            UnreachableError: the request or its answer was lost.
        """
        fault = self.weather(sender.name, method, url)
        if fault.lose_request:
            raise UnreachableError("the request was lost")
        host = urlsplit(url).hostname or ""
        receiver = self.members[f"did:web:{host}"]
        sent = None if document is None else parse_json(canonical_json(document))
        for _ in range(1 + fault.duplicate):
            self.carried.append((sender.id, method, url, sent))
            reply = await receiver.answer(sender, method, url.removeprefix(receiver.root), sent)
        if fault.lose_reply:
            raise UnreachableError("the answer was lost")
        return reply


class Counterpart:
    """A participant on a `Network`: a `Context` for the use cases, and an outbox that runs when it is told to."""

    def __init__(self, network: Network, me: Participant) -> None:
        self.me = me
        self.network = network
        self.root = f"https://{me.id.removeprefix('did:web:')}"
        self.signer = MemorySigner(f"{me.id}#key-1")
        self.store = MemoryStore(self._committed)
        self.preparer = MemoryPreparer()
        self.receivers = Receivers()
        self.tasks: list[Task] = []
        numbers = itertools.count(1)
        self.context = Context(
            me=me,
            dsp_url=self.root + DSP,
            data_url=self.root + "/data",
            store=self.store,
            participants=network,
            sender=self,
            directory=network,
            signer=self.signer,
            secrets=MemorySecrets(),
            fetcher=self,
            pusher=self,
            preparer=self.preparer,
            formats=FORMATS,
            webhooks=self.receivers,
            clock=network.clock,
            new_id=lambda: f"urn:test:{me.name}:{next(numbers)}",
            jitter=lambda: 1.0,
            rulebook=network.rulebook,
            rulebook_digest=sha256_of(b"testing"),
        )

    async def request(
        self, audience: ParticipantId, method: str, url: str, document: JsonObject | None = None
    ) -> Reply:
        """Send one request over the network (the port `Sender`)."""
        _ = audience
        return await self.network.carry(self.me, method, url, document)

    async def fetch(self, transfer: ProcessId, endpoint: str, authorization: str) -> Fetched:
        """Fetch from another counterpart's data plane (the port `Fetcher`)."""
        _ = transfer
        provider = self.network.members[f"did:web:{urlsplit(endpoint).hostname}"]
        pid = ProcessId(unquote(urlsplit(endpoint).path.rpartition("/")[2]))
        allowed = await access.open_access(provider.context, authorization, pid)
        content = allowed.content
        await access.record_served(
            provider.context, allowed.grant, content, content.size, content.rows or 0, whole=True
        )
        return Fetched(f"/received/{pid}", content.size, content.sha256, content.blake3, content.rows)

    def check(self, endpoint: str) -> None:
        """Refuse what is not https (the port `Pusher`)."""
        if not endpoint.startswith("https://"):
            raise UnreachableError(f"`{endpoint}` must not be called: it is not https")

    async def push(self, push: Push) -> None:
        """Send to another counterpart's data plane, or to a sink (the port `Pusher`)."""
        fault = self.network.weather(self.me.name, "PUT", push.endpoint)
        if fault.lose_request:
            raise UnreachableError("the connection broke off")
        for _ in range(1 + fault.duplicate):
            await self._push_once(push)
        if fault.lose_reply:
            raise UnreachableError("the connection broke off")

    async def _push_once(self, push: Push) -> None:
        content, receiver = push.content, self.network.members.get(f"did:web:{urlsplit(push.endpoint).hostname}")
        pid = ProcessId(unquote(urlsplit(push.endpoint).path.rpartition("/")[2]))
        if receiver is not None:
            opened = await intake.open_intake(receiver.context, push.authorization, pid)
            if opened.taken is not None:
                return
        allowed = await push.open()
        await push.record(allowed, content.size, content.rows or 0, True)  # noqa: FBT003 - the port's shape
        if reason := allowed.still_allowed():
            raise ForbiddenError(reason)
        if receiver is None:
            self.network.sinks[push.endpoint] = (push.authorization, content)
        else:
            fetched = Fetched(f"/received/{pid}", content.size, content.sha256, content.blake3, content.rows)
            await intake.taken(receiver.context, pid, fetched)

    async def answer(self, sender: Participant, method: str, path: str, document: JsonObject | None) -> Reply:
        """Answer a request as the protocol listener does; `path` with its query."""
        path, _, query = path.partition("?page=")
        cursor = unquote(query)
        if path == "/receipts" and document is not None:
            return await _replied(receipts.countersign(self.context, sender, document))
        route, name = _route(method, path.removeprefix(DSP))
        codec = self.context.codecs.get(self.context.protocol)
        try:
            message = codec.decode(route.message, document) if route.message else None
            if isinstance(message, CatalogRequest):
                page = await catalogue.catalogue(self.context, sender, message, cursor or None)
                following = f"{self.root}{path}?page={quote(page.next)}" if page.next else None
                return Reply(route.status, codec.encode(page.catalog), following)
            value = await self._serve(route, sender, name, message)
            return Reply(route.status, codec.encode(value))
        except CorridorError as error:
            fault = _FAULTS[route.area](code=error.code, reasons=(error.message,))
            return Reply(_status(error), codec.encode(fault))

    async def _serve(self, route: Route, sender: Participant, name: str | None, message: Any) -> Any:
        ctx, pid = self.context, ProcessId(name) if name else None
        match route.area, message:
            case Area.CATALOG, None:
                return await catalogue.dataset(ctx, sender, DatasetId(name or ""))
            case Area.NEGOTIATION, None:
                return await negotiate.view(ctx, sender, ProcessId(name or ""))
            case Area.NEGOTIATION, _:
                return await negotiate.receive(ctx, sender, message, pid)
            case _, None:
                return await transfer.view(ctx, sender, ProcessId(name or ""))
        return await transfer.receive(ctx, sender, message, pid)

    def _committed(self, changes: Changes) -> None:
        """Show a commit to the streams that run, as a node does."""
        self.context.revocations.note(changes)

    async def step(self) -> bool:
        """Run the first task that is due; whether there was one."""
        now = self.network.clock.now()
        for task in await self.store.tasks():
            if task.due <= now:
                await outbox.run(self.context, task)
                return True
        return False


async def settle(network: Network, limit: int = 10_000) -> None:
    """Run everybody's outbox until nothing is left, letting time pass where tasks were put off.

    Raises:
        AssertionError: it does not come to rest within `limit` rounds.
    """
    for _ in range(limit):
        busy = [await member.step() for member in network.members.values()]
        if any(busy):
            continue
        waiting = [task for member in network.members.values() for task in await member.store.tasks()]
        if not waiting:
            return
        network.clock.advance(min(task.due for task in waiting) - network.clock.now())
    raise AssertionError(f"not at rest after {limit} rounds")


def _route(method: str, path: str) -> tuple[Route, str | None]:
    segments = path.strip("/").split("/")
    for route in ROUTES:
        pattern = route.path.strip("/").split("/")
        if route.method == method and len(pattern) == len(segments):
            pairs = list(zip(pattern, segments, strict=True))
            if all(part.startswith("{") or part == segment for part, segment in pairs):
                return route, next((unquote(segment) for part, segment in pairs if part.startswith("{")), None)
    raise NotFoundError(f"there is nothing at {method} {path}")


async def _replied(answer: Any) -> Reply:
    try:
        return Reply(200, await answer)
    except CorridorError as error:
        return Reply(_status(error), {"detail": error.message})


def _status(error: CorridorError) -> int:
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 400)
