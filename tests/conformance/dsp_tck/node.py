"""A node as the kit can test it; the product in it is as it is for everybody else.

Its identity parts take anybody for the kit, its hook plays the scenarios, and two web hooks begin what the kit wants
begun.

    python node.py FOLDER --triggers HOST:PORT --kit URL

FOLDER holds a node that `corridor init` has made.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import behaviour
import uvloop

from corridor.app.identity import Identity, Surroundings, own_entry
from corridor.app.listeners import Listener, bind, serve
from corridor.app.logs import set_up_logs
from corridor.app.settings import LoadedSettings, load_settings
from corridor.app.wire import Node, open_node
from corridor.base.ids import AgreementId, DatasetId, OfferId, ParticipantId, ProcessId
from corridor.base.json import JsonObject
from corridor.dsp.messages import Agreement, Offer, Role
from corridor.dsp.negotiation import Negotiation
from corridor.dsp.states import NegotiationState
from corridor.http.client import HttpSender
from corridor.service import negotiate, publish, transfer
from corridor.service.context import Context
from corridor.service.ports import Changes, Peer
from corridor.service.records import AgreementRecord, NegotiationRecord, Participant
from corridor.trust.keys import FileSigner

KIT = Participant(ParticipantId("TCK_PARTICIPANT"), "Technology Compatibility Kit", "DE")
USE: JsonObject = {"permission": [{"action": "use"}]}
PROFILE: JsonObject = {"data": {"items": [{"category": "industrial", "personal": False}]}}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class OnlyTheKit:
    """The kit is the whole data space: participant list, directory and authentication in one."""

    def __init__(self, me: Participant, dsp_url: str) -> None:
        self._known = {KIT.id: KIT, me.id: me}
        self._dsp_url = dsp_url

    def find(self, participant: ParticipantId) -> Participant | None:
        return self._known.get(participant)

    def all(self) -> tuple[Participant, ...]:
        return tuple(self._known.values())

    async def peer(self, reference: str) -> Peer:
        return Peer(ParticipantId(reference), self._dsp_url, None)

    async def public_keys(self, participant: ParticipantId, purpose: str) -> Mapping[str, JsonObject]:
        return {}

    async def authenticate(self, authorization: str | None) -> Participant:
        return KIT


def identity_for(kit_url: str) -> Callable[[LoadedSettings, Surroundings], Identity]:
    """Identity parts that take any token for the kit's, and send one that says nothing."""

    def build(loaded: LoadedSettings, around: Surroundings) -> Identity:
        me = own_entry(loaded.settings)
        world = OnlyTheKit(me, kit_url)
        return Identity(
            me=me,
            signer=FileSigner(loaded.path(loaded.settings.files.signing_key), f"{me.id}#key-1"),
            participants=world,
            directory=world,
            sender=HttpSender(around.client, lambda audience: "nobody"),
            authenticate=world.authenticate,
            documents={},
            auth=None,
            identifier_type="did:web",
        )

    return build


async def seed(ctx: Context, data: Path, kit_url: str) -> None:
    """The datasets and the finalized agreements that the scenarios build on."""
    (data / "data.txt").write_text("data\n", "utf-8")
    for dataset in (*behaviour.NEGOTIATIONS, "CAT0101", "CAT0102"):
        document = {
            "id": dataset,
            "title": f"Data of the scenario {dataset}",
            "source": {"file": "data.txt", "media_type": "text/plain"},
            "profile": PROFILE,
            "offers": [{"id": f"CD123:{dataset}:456", **USE}],
        }
        await publish.publish(ctx, document)
    for agreement in behaviour.TRANSFERS:
        role = Role.CONSUMER if agreement.startswith("ATPC") else Role.PROVIDER
        await ctx.store.commit(agreed(ctx, AgreementId(agreement), role, kit_url))


def agreed(ctx: Context, agreement: AgreementId, role: Role, kit_url: str) -> Changes:
    """An agreement with the kit that was negotiated long ago."""
    dataset = DatasetId("CAT0101")
    provider, consumer = (ctx.me.id, KIT.id) if role is Role.PROVIDER else (KIT.id, ctx.me.id)
    policy = Agreement(agreement, USE, dataset, provider, consumer, LONG_AGO)
    negotiation = Negotiation(
        role=role,
        own_pid=ProcessId(f"urn:ours:{agreement}"),
        peer_pid=ProcessId(f"urn:theirs:{agreement}"),
        participant=ctx.me.id,
        peer=KIT.id,
        peer_url=kit_url,
        state=NegotiationState.FINALIZED,
        dataset=dataset,
        offer=Offer(OfferId("CD123:CAT0101:456"), USE, dataset),
        agreement=policy,
    )
    held = AgreementRecord(policy, role, KIT.id, kit_url, negotiation.own_pid, PROFILE, {}, LONG_AGO)
    record = NegotiationRecord(negotiation, PROFILE, LONG_AGO, LONG_AGO)
    return Changes(negotiations=(record,), agreements=(held,))


async def begin_negotiation(ctx: Context, asked: Mapping[str, Any]) -> None:
    """Ask the kit for a contract."""
    peer = Peer(ParticipantId(asked["providerId"]), asked["connectorAddress"], None)
    offer = Offer(OfferId(asked["offerId"]), USE)
    await negotiate.request(ctx, peer, DatasetId(asked["datasetId"]), offer, PROFILE)


async def begin_transfer(ctx: Context, asked: Mapping[str, Any]) -> None:
    """Ask the kit for data."""
    await transfer.request(ctx, AgreementId(asked["agreementId"]), fetch=False)


BEGIN = {"/negotiations": begin_negotiation, "/transfers": begin_transfer}


def triggers(ctx: Context) -> Callable[..., Any]:
    """The web hooks by which the kit has us begin, as an ASGI application."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        await BEGIN[scope["path"]](ctx, json.loads(body))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    return answer


async def run(loaded: LoadedSettings, trigger_address: str, kit_url: str) -> None:
    """Serve until SIGTERM; says `ready` once everything answers."""
    with (
        bind(loaded.settings.listen.protocol, "listen.protocol") as protocol,
        bind(trigger_address, "--triggers") as hooks,
    ):
        async with open_node(loaded, identity=identity_for(kit_url)) as node:
            await seed(node.context, loaded.path("data"), kit_url)
            await _serve(node, Listener(node.protocol, protocol), Listener(triggers(node.context), hooks))


async def _serve(node: Node, *listeners: Listener) -> None:
    dispatching = asyncio.create_task(node.dispatcher.run())
    try:
        await serve(listeners, lambda: print("ready", flush=True))  # noqa: T201 - who started this process waits for it
    finally:
        dispatching.cancel()
        await asyncio.gather(dispatching, return_exceptions=True)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--triggers", required=True)
    parser.add_argument("--kit", required=True)
    asked = parser.parse_args()
    loaded = load_settings(asked.folder)
    set_up_logs(loaded.settings.log.level, None)
    uvloop.run(run(loaded, asked.triggers, asked.kit))


if __name__ == "__main__":
    sys.exit(main())
