"""Two nodes on a simulated network, each behind its management API; the network moves when a test lets it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from corridor.app.rulebook import load_rules
from corridor.app.workers import Signal
from corridor.http.management.server import create_app
from corridor.store.memory import MemoryStore
from corridor.testing.counterpart import Counterpart, ManualClock, Network, settle

TOKEN = "a-management-token"
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ROWS = "alert,weight\n1,12\n2,8\n"
DATASET = "urn:data:alerts/2026"
OFFER = "urn:offer:any-use"
PROVIDER = "did:web:provider.example"
CONSUMER = "did:web:consumer.example"
CHINA = "did:web:shanghai.example"


def publication(dataset=DATASET, **members):
    """A table of three lines with one offer for any use."""
    return {
        "id": dataset,
        "title": "Alerts",
        "description": "Alerts of a day",
        "keywords": ["customs"],
        "source": {"text": ROWS, "media_type": "text/csv"},
        "profile": {
            "data": {
                "items": [{"category": "contact_demographic"}],
                "counts": [{"category": "contact_demographic", "n": 2}],
            }
        },
        "offers": [{"id": OFFER, "permission": [{"action": "use"}]}],
        **members,
    }


class Node(Counterpart):
    """A counterpart whose fetched data lie in a folder, and whose commits wake those who wait."""

    def __init__(self, network, me, folder):
        super().__init__(network, me)
        self.folder = folder
        self.signal = Signal()
        self.listeners = [lambda _: self.signal.fire()]
        self.store = MemoryStore(self._committed)
        self.context = replace(self.context, store=self.store)

    def _committed(self, changes):
        for listener in self.listeners:
            listener(changes)

    async def fetch(self, transfer, endpoint, authorization):
        fetched = await super().fetch(transfer, endpoint, authorization)
        provider = next(member for member in self.network.members.values() if endpoint.startswith(member.root))
        path = self.folder / transfer.replace(":", "_")
        path.write_bytes(provider.preparer.contents[fetched.sha256])
        return replace(fetched, path=str(path))


@dataclass
class Desk:
    """Speaks to one node's management API in process."""

    node: Node
    app: object
    speak: object

    async def ask(self, method, path, body=None, *, headers=None, **query):
        data = b"" if body is None else json.dumps(body).encode()
        fields = {"Host": "localhost:19193", "Authorization": f"Bearer {TOKEN}", **(headers or {})}
        return await self.speak(self.app, method, path, fields, data, query=urlencode(query).encode())

    async def get(self, path, **query):
        heard = await self.ask("GET", path, **query)
        assert heard.status == 200, heard.body
        return heard.json

    async def post(self, path, body=None):
        heard = await self.ask("POST", path, body)
        assert heard.status < 300, heard.body
        return heard.json


class World:
    """A provider and a consumer in the European Union, and a provider in China."""

    def __init__(self, network: Network, provider: Desk, consumer: Desk, china: Desk):
        self.network, self.provider, self.consumer, self.china = network, provider, consumer, china

    async def settle(self):
        await settle(self.network)

    async def publish(self, desk=None, **members):
        """Publish a dataset, by default the provider's."""
        return await (desk or self.provider).post("/datasets", publication(**members))

    async def agree(self):
        """The consumer's negotiation on the provider's dataset, finalized."""
        await self.publish()
        begun = await self.consumer.post("/negotiations", {"provider": PROVIDER, "dataset": DATASET})
        await self.settle()
        return await self.consumer.get(f"/negotiations/{begun['pid']}")

    async def fetched(self):
        """The consumer's transfer of the provider's dataset, with the bytes received."""
        agreement = (await self.agree())["agreement"]
        begun = await self.consumer.post("/transfers", {"agreement": agreement, "fetch": True})
        await self.settle()
        return await self.consumer.get(f"/transfers/{begun['pid']}")


@pytest.fixture(scope="session")
def rulebook():
    return load_rules()[0]


def build_network(rulebook, folder: Path) -> Network:
    network = Network(ManualClock(NOW), rulebook)
    for name, country in (("provider", "DE"), ("consumer", "FR"), ("shanghai", "CN")):
        template = network.join(name, country)
        place = folder / name
        place.mkdir()
        network.members[template.me.id] = Node(network, template.me, place)
    return network


@pytest.fixture
def world(rulebook, tmp_path, ask):
    network = build_network(rulebook, tmp_path)

    def desk(member):
        return Desk(member, create_app(member.context, token=TOKEN, changes=member.signal), ask)

    return World(network, *(desk(network.members[did]) for did in (PROVIDER, CONSUMER, CHINA)))
