"""What the tests of the use cases share: an exporter in China and an importer in Germany on one network."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from corridor.app.rulebook import load_rules
from corridor.base.ids import AgreementId, DatasetId
from corridor.dsp.states import NegotiationState
from corridor.service import discover, negotiate, papers, publish, transfer
from corridor.service.records import DatasetRecord, NegotiationRecord, PaperRecord, TransferRecord
from corridor.testing.counterpart import Counterpart, Fault, ManualClock, Network, settle

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TEXT = "order\n" * 10
USE = {"id": "offer", "permission": [{"action": "use"}]}


@dataclass
class Exchange:
    """Two counterparts, and what people do there; each verb lets the network come to rest."""

    network: Network
    exporter: Counterpart
    importer: Counterpart
    datasets: dict[str, dict[str, Any]] = field(default_factory=dict)

    def document(self, dataset: str, persons: int | None = None, *constraints: Any, **changes: Any) -> dict[str, Any]:
        """A publication: of contact data on so many persons, or of machine data where `persons` is None."""
        data: dict[str, Any] = {"items": [{"category": "industrial", "personal": False}]}
        if persons is not None:
            counts = [{"category": "contact_demographic", "unit": "persons", "n": persons}]
            data = {"items": [{"category": "contact_demographic"}], "counts": counts}
        permission = {"action": "use", **({"constraint": list(constraints)} if constraints else {})}
        return {
            "id": dataset,
            "title": "Orders",
            "source": {"text": TEXT},
            "profile": {"data": {**data, "important_status": "not_notified"}},
            "offers": [{"id": "offer", "permission": [permission]}],
        } | changes

    async def publish(
        self, dataset: str = "orders", persons: int | None = None, *constraints: Any, by: Any = None, **changes: Any
    ) -> DatasetRecord:
        """Publish `document(...)` at the exporter, or at the counterpart `by`."""
        document = self.document(dataset, persons, *constraints, **changes)
        return await publish.publish((by or self.exporter).context, document)

    async def ask(
        self, dataset: str = "orders", consumer: Counterpart | None = None, provider: Counterpart | None = None
    ) -> NegotiationRecord:
        """Find the dataset's offer and ask for it; the network does not move yet."""
        consumer, provider = consumer or self.importer, provider or self.exporter
        found = await discover.choose(consumer.context, provider.me.id, DatasetId(dataset), None)
        return await negotiate.request(consumer.context, found.peer, found.dataset.id, found.offer, found.profile)

    async def negotiate(self, dataset: str = "orders", consumer: Counterpart | None = None, **who: Any) -> Any:
        """Negotiate to the end; the negotiation as the consumer has it."""
        asked = await self.ask(dataset, consumer, **who)
        await settle(self.network)
        found = await (consumer or self.importer).store.negotiation(asked.negotiation.own_pid)
        assert found is not None
        return found.negotiation

    async def agree(self, dataset: str = "orders", consumer: Counterpart | None = None, **who: Any) -> AgreementId:
        """Negotiate what is agreed to."""
        negotiation = await self.negotiate(dataset, consumer, **who)
        assert negotiation.state is NegotiationState.FINALIZED, negotiation.reasons
        return negotiation.agreement.id

    async def transfer(self, agreement: AgreementId, *, fetch: bool = True) -> TransferRecord:
        """Ask for the data of an agreement; the transfer as the consumer then has it."""
        asked = await transfer.request(self.importer.context, agreement, fetch=fetch)
        await settle(self.network)
        found = await self.importer.store.transfer(asked.transfer.own_pid)
        assert found is not None
        return found

    async def running(self) -> TransferRecord:
        """A transfer that has started, with nothing fetched yet."""
        await self.publish()
        return await self.transfer(await self.agree(), fetch=False)

    async def file(self, **changes: Any) -> PaperRecord:
        """File a standard contract between the two."""
        return await papers.add_paper(self.exporter.context, self.contract(**changes))

    def contract(self, **changes: Any) -> dict[str, Any]:
        """A standard contract between the two, filed in time."""
        return {
            "id": "contract-1",
            "kind": "cn/standard-contract",
            "digest": "sha-256:" + "a" * 64,
            "number": "N-1",
            "effective": "2026-11-10",
            "filed": "2026-11-12",
            "parties": [self.exporter.me.id, self.importer.me.id],
        } | changes

    async def theirs(self, record: TransferRecord) -> TransferRecord:
        """The exporter's side of a transfer of the importer's."""
        assert record.transfer.peer_pid is not None
        found = await self.exporter.store.transfer(record.transfer.peer_pid)
        assert found is not None
        return found

    async def rest(self) -> None:
        """Let the network come to rest."""
        await settle(self.network)

    def nothing_arrives(self) -> None:
        """From now on every request is lost."""
        self.network.weather = lambda *_: Fault(lose_request=True)

    def fair_weather(self) -> None:
        """From now on every request arrives."""
        self.network.weather = lambda *_: Fault()


@pytest.fixture(scope="session")
def rules():
    """The rulebook that ships with the product."""
    return load_rules()[0]


@pytest.fixture(scope="session")
def new_exchange(rules):
    """Makes an exchange of its own, at the given instant."""

    def make(now: datetime = NOW) -> Exchange:
        network = Network(ManualClock(now), rules)
        exporter = network.join("exporter", "CN", designations=[])
        return Exchange(network, exporter, network.join("importer", "DE"))

    return make


@pytest.fixture
def exchange(new_exchange):
    return new_exchange()


@pytest.fixture
def network(exchange):
    return exchange.network


@pytest.fixture
def exporter(exchange):
    return exchange.exporter


@pytest.fixture
def importer(exchange):
    return exchange.importer


@pytest.fixture
def events_of():
    """Gives the documents of a counterpart's evidence log, of one type or of all."""

    async def read(member: Counterpart, kind: str | None = None) -> list[Any]:
        logged = await member.store.events()
        return [event.document for event in logged if kind in (None, event.document["type"])]

    return read
