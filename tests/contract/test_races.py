"""A peer that overtakes and crosses, over real HTTP (DSP leaves the order of a message and its answer open).

The peer follows a script: what it does with each of our messages before it answers it, and what it answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

import aiohttp
import pytest
import uvicorn

from corridor.app.identity import Identity, own_entry
from corridor.app.initialise import NewNode, initialise
from corridor.app.wire import open_node
from corridor.dataplane.formats import PULL
from corridor.dsp.codec import codec_for
from corridor.dsp.messages import (
    Agreement,
    AgreementVerification,
    ContractAgreement,
    ContractOffer,
    ContractRequest,
    EventType,
    NegotiationAck,
    NegotiationEvent,
    NegotiationTermination,
    Offer,
    Role,
    TransferRequest,
    TransferStart,
    TransferSuspension,
    TransferTermination,
)
from corridor.dsp.negotiation import Negotiation
from corridor.dsp.states import NegotiationState, TransferState
from corridor.http.client import HttpSender
from corridor.service import negotiate, publish, transfer
from corridor.service.desk import Accept, Counter, Do, Refuse, Rule, desk_of
from corridor.service.ports import Changes, Peer
from corridor.service.records import AgreementRecord, NegotiationRecord, Participant
from corridor.trust.keys import FileSigner

N, T = NegotiationState, TransferState
CODEC = codec_for("2025-1")
USE = {"permission": [{"action": "use"}]}
PROFILE = {"data": {"items": [{"category": "industrial", "personal": False}]}}
PEER = Participant("did:web:peer.example", "Peer", "DE")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PATIENCE = 30.0


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):
        yield


@contextlib.asynccontextmanager
async def listening(app, listener):
    config = uvicorn.Config(app, loop="none", lifespan="off", access_log=False, log_config=None)
    server = Server(config)
    task = asyncio.create_task(server.serve([listener]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.001)
    try:
        yield
    finally:
        server.force_exit = server.should_exit = True
        await task


def bound():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener, f"http://127.0.0.1:{listener.getsockname()[1]}"


@dataclass
class ScriptedPeer:
    """The counter-party: `script` has, for the last segment of a path, what is done before the answer, and the answer.

    What is done gets the peer and our message as JSON; an answer is a status, with an empty body unless it is 200 and
    the message is our first: then the process id that it brings is `pid`.
    """

    url: str
    pid: str = "urn:peer:1"
    script: dict = field(default_factory=dict)
    heard: list = field(default_factory=list)
    said: list = field(default_factory=list)
    base: str = ""
    busy: int = 0
    numbers: object = field(default_factory=count)

    async def __call__(self, scope, receive, send):
        self.busy += 1
        try:
            await self._answer(scope, receive, send)
        finally:
            self.busy -= 1

    async def _answer(self, scope, receive, send):
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        name = scope["path"].rpartition("/")[2]
        document = json.loads(body) if body else {}
        self.heard.append(name)
        act, status = self.script.get(name, (None, 200))
        if act is not None:
            await act(self, document)
        answer = b""
        if status == 200 and "callbackAddress" in document:
            ack = NegotiationAck(self.pid, document["consumerPid"], "REQUESTED")
            answer = json.dumps(CODEC.encode(ack)).encode()
        length = [(b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": length})
        await send({"type": "http.response.body", "body": answer})

    async def say(self, path, message):
        """Send a message to the node; the status of its answer and, where there is one, its process id."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.base}{path}", json=CODEC.encode(message), headers={"Authorization": "x"}) as reply,
        ):
            self.said.append(reply.status)
            return await reply.json()

    def id(self):
        return f"urn:message:{next(self.numbers)}"


class OnlyThePeer:
    """The peer is the whole data space: participant list, directory and authentication in one."""

    def __init__(self, me, url):
        self._known = {PEER.id: PEER, me.id: me}
        self._url = url

    def find(self, participant):
        return self._known.get(participant)

    def all(self):
        return tuple(self._known.values())

    async def peer(self, reference):
        return Peer(reference, self._url, None)

    async def public_keys(self, participant, purpose):
        return {}

    async def authenticate(self, authorization):
        return PEER


@dataclass
class Meeting:
    """Our node and the peer, both on loopback; `decide` is what our node's desk answers."""

    node: object
    peer: ScriptedPeer
    rules: list

    @property
    def ctx(self):
        return self.node.context

    def decide(self, **by_state):
        """What our node's hook answers in each state; elsewhere the node goes its way."""
        self.rules[:] = [by_state]

    async def negotiation(self, state):
        """Our only negotiation, once it is in `state` and nothing is on its way in either direction."""
        return await self._until(self.ctx.store.negotiations, lambda record: record.negotiation, state)

    async def transfer(self, state):
        return await self._until(self.ctx.store.transfers, lambda record: record.transfer, state)

    async def _until(self, read, process_of, state):
        async with asyncio.timeout(PATIENCE):
            while True:
                found = [process_of(record) for record in await read()]
                live = [one for one in found if not one.own_pid.startswith("urn:old:")]
                if live and live[0].state is state and live[0].pending is None and not self.peer.busy:
                    return live[0]
                await self.node.signal.changed(0.01)

    async def request(self):
        """As consumer, ask the peer for a contract."""
        peer = Peer(PEER.id, self.peer.url, None)
        return await negotiate.request(self.ctx, peer, "orders", Offer("offer", USE), PROFILE)

    async def asked(self):
        """As provider, be asked by the peer for a contract; our pid."""
        offer = Offer("offer", USE, "orders")
        message = ContractRequest(self.peer.id(), self.peer.pid, None, offer, callback=self.peer.url)
        return (await self.peer.say("/negotiations/request", message))["providerPid"]


@pytest.fixture
async def meeting(tmp_path):
    (ours, our_url), (theirs, their_url) = bound(), bound()
    loaded = initialise(tmp_path / "node", NewNode("Node", "DE", our_url))
    peer = ScriptedPeer(their_url, base=f"{our_url}/dsp/2025-1")
    rules = [{}]

    async def hook(situation):
        return rules[0].get(str(situation.state)) or (await desk_of((Rule(Do.AUTOMATIC),))(situation))

    def identity(loaded, around):
        me = own_entry(loaded.settings)
        world = OnlyThePeer(me, their_url)
        signer = FileSigner(loaded.path(loaded.settings.files.signing_key), f"{me.id}#key-1")
        sender = HttpSender(around.client, lambda audience: "us")
        return Identity(me, signer, world, world, sender, world.authenticate, {}, None, "did:web")

    with ours, theirs:
        async with open_node(loaded, identity=identity, desk=hook) as node, listening(peer, theirs):
            dispatching = asyncio.create_task(node.dispatcher.run())
            try:
                async with listening(node.protocol, ours):
                    (tmp_path / "node" / "data" / "a.txt").write_text("a\n", "utf-8")
                    await publish.publish(
                        node.context,
                        {
                            "id": "orders",
                            "title": "Orders",
                            "source": {"file": "a.txt", "media_type": "text/plain"},
                            "profile": PROFILE,
                            "offers": [{"id": "offer", **USE}],
                        },
                    )
                    yield Meeting(node, peer, rules)
            finally:
                dispatching.cancel()
                await asyncio.gather(dispatching, return_exceptions=True)


def agreement_for(meeting, agreement="urn:agreement:1"):
    me = meeting.ctx.me.id
    return Agreement(agreement, USE, "orders", PEER.id, me, LONG_AGO)


async def test_a_provider_that_is_a_message_ahead_at_every_step(meeting):
    """Each of its messages comes before its answer to ours, the first one before we know its process id."""

    async def agree(peer, document):
        ours = document["consumerPid"]
        message = ContractAgreement(peer.id(), peer.pid, ours, agreement_for(meeting))
        await peer.say(f"/negotiations/{ours}/agreement", message)

    async def finalize(peer, document):
        ours = document["consumerPid"]
        await peer.say(f"/negotiations/{ours}/events", NegotiationEvent(peer.id(), peer.pid, ours, EventType.FINALIZED))

    meeting.peer.script = {"request": (agree, 200), "verification": (finalize, 200)}
    await meeting.request()
    ended = await meeting.negotiation(N.FINALIZED)
    assert ended.peer_pid == meeting.peer.pid
    assert (meeting.peer.heard, meeting.peer.said) == (["request", "verification"], [200, 200])
    (held,) = await meeting.ctx.store.agreements()
    assert held.agreement.id == "urn:agreement:1"


async def test_a_provider_that_agrees_before_it_has_acknowledged_our_acceptance(meeting):
    async def offer(peer, document):
        ours = document["consumerPid"]
        made = Offer("offer", USE, "orders")
        await peer.say(f"/negotiations/{ours}/offers", ContractOffer(peer.id(), peer.pid, ours, made))

    async def agree(peer, document):
        ours = document["consumerPid"]
        message = ContractAgreement(peer.id(), peer.pid, ours, agreement_for(meeting))
        await peer.say(f"/negotiations/{ours}/agreement", message)

    meeting.decide(OFFERED=Accept())
    meeting.peer.script = {"request": (offer, 200), "events": (agree, 200)}
    await meeting.request()
    await meeting.negotiation(N.VERIFIED)
    assert meeting.peer.heard == ["request", "events", "verification"]


async def test_a_consumer_that_is_a_message_ahead_at_every_step(meeting):
    async def accept(peer, document):
        ours = document["providerPid"]
        event = NegotiationEvent(peer.id(), ours, peer.pid, EventType.ACCEPTED)
        await peer.say(f"/negotiations/{ours}/events", event)

    async def verify(peer, document):
        ours = document["providerPid"]
        path = f"/negotiations/{ours}/agreement/verification"
        await peer.say(path, AgreementVerification(peer.id(), ours, peer.pid))

    meeting.decide(REQUESTED=Counter(USE))
    meeting.peer.script = {"offers": (accept, 200), "agreement": (verify, 200)}
    await meeting.asked()
    await meeting.negotiation(N.FINALIZED)
    assert meeting.peer.heard == ["offers", "agreement", "events"]
    assert set(meeting.peer.said) == {201, 200}


async def end(peer, document):
    ours = document["providerPid"]
    await peer.say(f"/negotiations/{ours}/termination", NegotiationTermination(peer.id(), ours, peer.pid, "gone"))


async def test_our_offer_crosses_its_termination(meeting):
    """It ends the negotiation while our offer is on its way, and refuses that: once is enough."""
    meeting.decide(REQUESTED=Counter(USE))
    meeting.peer.script = {"offers": (end, 400)}
    await meeting.asked()
    ended = await meeting.negotiation(N.TERMINATED)
    assert ended.code == "gone"
    assert (meeting.peer.heard, meeting.peer.said) == (["offers"], [201, 200])


@pytest.mark.parametrize("status", [200, 400, 404])
async def test_two_terminations_cross(meeting, status):
    meeting.decide(REQUESTED=Refuse("mine"))
    meeting.peer.script = {"termination": (end, status)}
    await meeting.asked()
    await meeting.negotiation(N.TERMINATED)
    assert meeting.peer.heard == ["termination"]
    assert await meeting.ctx.store.tasks() == ()


async def with_agreement(meeting):
    """A finalized agreement under which the peer may have the data."""
    me = meeting.ctx.me.id
    policy = Agreement("urn:agreement:2", USE, "orders", me, PEER.id, LONG_AGO)
    negotiation = Negotiation(
        role=Role.PROVIDER,
        own_pid="urn:old:ours",
        peer_pid="urn:old:theirs",
        participant=me,
        peer=PEER.id,
        peer_url=meeting.peer.url,
        state=N.FINALIZED,
        dataset="orders",
        offer=Offer("offer", USE, "orders"),
        agreement=policy,
    )
    record = NegotiationRecord(negotiation, PROFILE, LONG_AGO, LONG_AGO)
    held = AgreementRecord(policy, Role.PROVIDER, PEER.id, meeting.peer.url, negotiation.own_pid, PROFILE, {}, LONG_AGO)
    await meeting.ctx.store.commit(Changes(negotiations=(record,), agreements=(held,)))
    message = TransferRequest(meeting.peer.id(), meeting.peer.pid, policy.id, PULL.name, callback=meeting.peer.url)
    return (await meeting.peer.say("/transfers/request", message))["providerPid"]


async def test_a_consumer_suspends_before_it_has_acknowledged_our_start(meeting):
    async def suspend(peer, document):
        ours = document["providerPid"]
        await peer.say(f"/transfers/{ours}/suspension", TransferSuspension(peer.id(), ours, peer.pid, "lunch"))

    meeting.peer.script = {"start": (suspend, 200)}
    await with_agreement(meeting)
    paused = await meeting.transfer(T.SUSPENDED)
    assert (paused.code, meeting.peer.heard, meeting.peer.said) == ("lunch", ["start"], [201, 200])


async def test_our_start_crosses_its_termination(meeting):
    async def terminate(peer, document):
        ours = document["providerPid"]
        await peer.say(f"/transfers/{ours}/termination", TransferTermination(peer.id(), ours, peer.pid, "gone"))

    meeting.peer.script = {"start": (terminate, 400)}
    await with_agreement(meeting)
    ended = await meeting.transfer(T.TERMINATED)
    assert (ended.code, meeting.peer.heard) == ("gone", ["start"])
    grants = [await meeting.ctx.store.grant(record.grant) for record in await meeting.ctx.store.transfers()]
    assert all(grant.revoked for grant in grants)


@pytest.mark.parametrize(("status", "state"), [(200, T.COMPLETED), (400, T.SUSPENDED)])
async def test_our_completion_crosses_its_suspension(meeting, status, state):
    """The stronger end wins, if it arrived first: only its answer tells."""

    async def suspend(peer, document):
        ours = document["providerPid"]
        await peer.say(f"/transfers/{ours}/suspension", TransferSuspension(peer.id(), ours, peer.pid, "lunch"))

    meeting.peer.script = {"completion": (suspend, status)}
    pid = await with_agreement(meeting)
    await meeting.transfer(T.STARTED)
    await transfer.complete(meeting.ctx, pid)
    await meeting.transfer(state)
    assert meeting.peer.heard == ["start", "completion"]


async def test_a_provider_starts_before_it_has_acknowledged_our_request(meeting):
    async def start(peer, document):
        ours = document["consumerPid"]
        await peer.say(f"/transfers/{ours}/start", TransferStart(peer.id(), peer.pid, ours))

    me = meeting.ctx.me.id
    policy = Agreement("urn:agreement:3", USE, "orders", PEER.id, me, LONG_AGO)
    held = AgreementRecord(policy, Role.CONSUMER, PEER.id, meeting.peer.url, "urn:old:ours", PROFILE, {}, LONG_AGO)
    await meeting.ctx.store.commit(Changes(agreements=(held,)))
    meeting.peer.script = {"request": (start, 200)}
    await transfer.request(meeting.ctx, policy.id, fetch=False)
    running = await meeting.transfer(T.STARTED)
    assert running.peer_pid == meeting.peer.pid
