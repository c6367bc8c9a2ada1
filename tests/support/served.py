"""A node that is served in this process on loopback, and a scripted participant that talks to it over real HTTP.

The scripted participant says exactly what a test has it say, and judges everything that it hears by our schemas.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import socket
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
import judge
import uvicorn
from yarl import URL

from corridor.app.listeners import bind
from corridor.app.wire import open_node
from corridor.app.world import SystemClock, new_id
from corridor.cli.demo.nodes import make
from corridor.http.connection import GuardedProtocol
from corridor.http.limits import read_body, send_answer
from corridor.http.problem import Answer
from corridor.service import publish
from corridor.trust.did_document import own_document
from corridor.trust.keys import FileSigner
from corridor.trust.tokens import TokenIssuer

DSP = "/dsp/2025-1"
CONTEXT = ["https://w3id.org/dspace/2025/1/context.jsonld"]
PARTICIPANTS = (("Market Surveillance Authority", "DE"), ("Trading House", "CN"), ("Another Trading House", "SG"))
_COLUMNS = {"alert_number": {"required": True}, "product_name": {}, "country_of_origin": {}}
ALERTS = "alert_number,product_name,country_of_origin\r\n" + "".join(
    f"A12/{number:05d}/24,Charger {number},CN\r\n" for number in range(1, 21)
)
PUBLICATION = {
    "id": "alerts",
    "title": "Product-safety alerts",
    "source": {"file": "alerts.csv", "media_type": "text/csv", "table": {"columns": _COLUMNS}},
    "profile": {
        "data": {"items": [{"category": "product_safety", "personal": False}]},
        "purpose": ["product_safety"],
    },
    "offers": [{"id": "alerts/use", "permission": [{"action": "use"}]}],
}
"""What the node offers: a table without personal data, which the law of both sides lets pass."""
PATIENCE = 30.0
"""Seconds for what has to happen by itself; only a machine that is busy with other things comes near it."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):
        yield


@contextlib.asynccontextmanager
async def serving(app, address):
    """Serve an application at `HOST:PORT`, as a node does."""
    listener = bind(address, "address")
    config = uvicorn.Config(
        app, http=GuardedProtocol, loop="none", lifespan="off", access_log=False, log_config=None, server_header=False
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.001)
    try:
        yield
    finally:
        server.force_exit = server.should_exit = True
        await task
        listener.close()


@contextlib.asynccontextmanager
async def serving_anywhere(app):
    """Serve an application on a free port; its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    async with serving(app, address):
        yield f"http://{address}"


@dataclass
class Heard:
    """An answer: status, header fields, and the JSON in its body."""

    status: int
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


STATES = {
    "ContractRequestMessage": "REQUESTED",
    "ContractOfferMessage": "OFFERED",
    "ContractAgreementMessage": "AGREED",
    "ContractAgreementVerificationMessage": "VERIFIED",
    "ContractNegotiationTerminationMessage": "TERMINATED",
    "TransferRequestMessage": "REQUESTED",
    "TransferStartMessage": "STARTED",
    "TransferSuspensionMessage": "SUSPENDED",
    "TransferCompletionMessage": "COMPLETED",
    "TransferTerminationMessage": "TERMINATED",
}


@dataclass
class Participant:
    """A participant without a node: its identity, its voice, and what it has heard.

    Attributes:
        heard: path and document of every message, in order.
        own_pid: what it calls a process that the node begins with it.
    """

    loaded: object
    session: aiohttp.ClientSession
    node_url: str
    node_id: str
    heard: list = field(default_factory=list)
    own_pid: str = "urn:uuid:scripted"

    def __post_init__(self):
        settings = self.loaded.settings
        self.id, self.url = settings.node.id, settings.listen.public_url
        self.signer = FileSigner(self.loaded.folder / "keys" / "signing.pem", f"{self.id}#key-1")
        self._issuer = TokenIssuer(self.id, self.signer, SystemClock(), new_id)
        self._arrived = asyncio.Condition()

    @property
    def callback(self):
        return self.url + DSP

    def token(self):
        """A fresh token for the node."""
        return f"Bearer {self._issuer.issue(self.node_id)}"

    async def send(self, method, path, document=None, *, headers=None, body=None):
        """One request below the DSP path, or to `path` as it stands if it begins with two slashes."""
        url = self.node_url + (path[1:] if path.startswith("//") else DSP + path)
        text = body if document is None else json.dumps(document).encode()
        data = None if text is None else io.BytesIO(text)
        kind = {} if data is None else {"Content-Type": "application/json"}
        fields = {"Authorization": self.token(), **kind} | (headers or {})
        fields = {name: value for name, value in fields.items() if value is not None}
        skip = ["Content-Type"] if "Content-Type" not in fields else []
        async with self.session.request(
            method, URL(url, encoded=True), data=data, headers=fields, allow_redirects=False, skip_auto_headers=skip
        ) as answer:
            heard = Heard(answer.status, {k.lower(): v for k, v in answer.headers.items()}, await answer.read())
        if method != "HEAD":
            judge.verdicts.extend(judge.faults_in_answer(urlsplit(url).path, heard.status, heard.headers, heard.body))
        return heard

    async def say(self, kind, path, **members):
        """Send a message of that kind."""
        document = {"@context": CONTEXT, "@type": kind, "@id": new_id(), **members}
        return await self.send("POST", path, document)

    async def hear(self, kind, **members):
        """The message of that kind with these members, as soon as it has arrived."""

        def arrived():
            return next(
                (said for _, said in self.heard if said["@type"] == kind and members.items() <= said.items()), None
            )

        async with self._arrived, asyncio.timeout(PATIENCE):
            await self._arrived.wait_for(arrived)
            return arrived()

    async def agreement(self, offer):
        """Ask for a contract and go the whole way: both pids, and the agreement."""
        pid = new_id()
        ask = {"consumerPid": pid, "callbackAddress": self.callback, "offer": offer}
        answer = await self.say("ContractRequestMessage", "/negotiations/request", **ask)
        assert answer.status == 201, answer.body
        pids = {"providerPid": answer.json["providerPid"], "consumerPid": pid}
        agreed = await self.hear("ContractAgreementMessage", consumerPid=pid)
        path = f"/negotiations/{pids['providerPid']}/agreement/verification"
        verified = await self.say("ContractAgreementVerificationMessage", path, **pids)
        assert verified.status == 200, verified.body
        await self.hear("ContractNegotiationEventMessage", consumerPid=pid)
        return pids, agreed["agreement"]

    async def __call__(self, scope, receive, send):
        """Be spoken to (ASGI)."""
        path = urlsplit(scope["path"]).path
        if scope["method"] == "GET":
            document = own_document(self.id, self.signer.public_jwk, self.url, DSP)
            await _answer(send, 200, dict(document))
            return
        document = json.loads(await read_body(receive))
        judge.verdicts.extend(judge.faults_in(document))
        async with self._arrived:
            self.heard.append((path, document))
            self._arrived.notify_all()
        await _answer(send, 201 if path.endswith(("s/request", "s/offers")) else 200, self._acknowledgement(document))

    def _acknowledgement(self, document):
        kind = document["@type"]
        pids = {name: document.get(name) or self.own_pid for name in ("providerPid", "consumerPid")}
        state = STATES.get(kind) or document["eventType"]
        answer = "TransferProcess" if kind.startswith("Transfer") else "ContractNegotiation"
        return {"@context": CONTEXT, "@type": answer, **pids, "state": state}


async def _answer(send, status, document):
    await send_answer(send, Answer(status, {"content-type": "application/json"}, json.dumps(document).encode()))


@dataclass
class Stage:
    """A node that is served, a partner that it knows, and a third party whom it knows too."""

    node: object
    partner: Participant
    third: Participant
    url: str
    id: str
    dataset: str = "alerts"

    async def everything(self):
        """All that a message could have changed: processes, agreements, and the length of the evidence log."""
        store = self.node.context.store
        return (
            await store.negotiations(limit=1000),
            await store.transfers(limit=1000),
            await store.agreements(limit=1000),
            len(await store.events(limit=1000)),
        )


@contextlib.asynccontextmanager
async def stage(folder, settings=""):
    """A stage in a folder of its own; `settings` are added to the node's."""
    from corridor.app.settings import load_settings  # noqa: PLC0415 - beside what reads the folder that was just made

    ours, partner, third = make(folder, PARTICIPANTS)
    with (ours.folder / "corridor.toml").open("a", encoding="utf-8") as file:
        file.write("\n[outbox]\nfirst_wait_ms = 20\nlongest_wait_seconds = 1\nattempts = 3\n" + settings)
    ours = load_settings(ours.folder)
    url, did = ours.settings.listen.public_url, ours.settings.node.id
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        voices = [Participant(one, session, url, did) for one in (partner, third)]
        for voice in voices:
            await stack.enter_async_context(serving(voice, voice.loaded.settings.listen.protocol))
        node = await stack.enter_async_context(open_node(ours))
        await stack.enter_async_context(serving(node.protocol, ours.settings.listen.protocol))
        dispatcher = asyncio.create_task(node.dispatcher.run())
        (ours.folder / "data" / "alerts.csv").write_text(ALERTS, "utf-8", newline="")
        await publish.publish(node.context, PUBLICATION)
        try:
            yield Stage(node, *voices, url, did)
        finally:
            dispatcher.cancel()
            await asyncio.gather(dispatcher, return_exceptions=True)
