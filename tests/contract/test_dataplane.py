"""The data plane as the node uses it: its ports, and one table from the provider's file to the consumer's."""

from __future__ import annotations

import asyncio
import csv
import inspect
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from corridor.base.errors import ForbiddenError, UnauthenticatedError
from corridor.base.ids import AgreementId, DatasetId, ParticipantId, ProcessId
from corridor.dataplane.fetch import HttpFetcher
from corridor.dataplane.prepare import FilePreparer
from corridor.dataplane.push import HttpPusher
from corridor.dataplane.server import DataPlane, DataService, Opening
from corridor.service import ports
from corridor.service.records import Content, Grant

SAFETY_GATE = Path(__file__).parents[2].parent / "shared" / "data" / "safety_gate_2024.csv"
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TRANSFER = ProcessId("urn:uuid:transfer")
CHINA = ["People's Republic of China", "Peoples Republic of China"]


@pytest.mark.parametrize(
    ("port", "adapter", "method"),
    [
        (ports.Preparer, FilePreparer, "prepare"),
        (ports.Fetcher, HttpFetcher, "fetch"),
        (ports.Pusher, HttpPusher, "push"),
        (ports.Pusher, HttpPusher, "check"),
    ],
)
def test_an_adapter_is_called_as_its_port_says(port, adapter, method):
    assert inspect.signature(getattr(adapter, method)) == inspect.signature(getattr(port, method))


@pytest.fixture
def source():
    """The real table with its description: alerts of Chinese origin."""
    if not SAFETY_GATE.exists():
        pytest.skip("the data of the Safety Gate are not beside the checkout")
    with SAFETY_GATE.open(encoding="utf-8", newline="") as file:
        columns = {name: {} for name in next(csv.reader(file))}
    columns["alert_number"] = {"required": True, "unique": True}
    columns["barcode"] = {"format": "gtin", "separator": "newline"}
    columns["country_of_origin"] = {"format": "country-name"}
    table = {"columns": columns, "keep": {"country_of_origin": CHINA}}
    return {"file": SAFETY_GATE.name, "media_type": "text/csv", "table": table}


@pytest.fixture
async def prepared(source, tmp_path):
    return await FilePreparer([SAFETY_GATE.parent], tmp_path / "snapshots").prepare(source, "$.source")


def rows_of(path):
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def test_the_known_faults_of_the_real_table_are_found_and_its_rows_are_not_changed(prepared):
    published = [row for row in rows_of(SAFETY_GATE) if row["country_of_origin"] in CHINA]
    assert rows_of(prepared.path) == published
    report = prepared.report
    assert (report["rows_read"], report["rows_kept"], report["rows_left_out"]) == (478, 124, 354)
    assert (report["rows_held_back"], report["cells_masked"], prepared.rows) == (0, 0, 124)
    faults = [(fault["column"], fault["value"]) for fault in report["faults"]]
    assert faults.count(("country_of_origin", CHINA[1])) == 68
    by_number = {row["alert_number"]: row for row in published}
    assert len(by_number) == 124


async def test_every_barcode_of_the_real_table_is_judged(source, tmp_path):
    del source["table"]["keep"]
    prepared = await FilePreparer([SAFETY_GATE.parent], tmp_path).prepare(source, "$")
    faulty = [fault for fault in prepared.report["faults"] if fault["column"] == "barcode"]
    assert len(faulty) == 10  # of 130 values, 120 have the right check digit
    assert all(rows_of(SAFETY_GATE)[fault["row"] - 1]["barcode"].find(fault["value"]) >= 0 for fault in faulty)


class Node:
    """The provider's node: one content, one token, a meter."""

    def __init__(self, prepared):
        self.prepared = prepared
        self.refusal = None
        self.metered = []

    async def open(self, authorization, transfer):
        if authorization != "Bearer t0ken":
            raise UnauthenticatedError("the token is not known")
        found = self.prepared
        content = Content(
            found.path, "text/csv", found.size, found.modified_ns, found.sha256, found.blake3, found.rows, found.report
        )
        grant = Grant(
            "g", "", transfer, AgreementId("a"), DatasetId("d"), ParticipantId("did:web:peer.example"), issued=NOW
        )
        return Opening(content, grant, lambda: self.refusal)

    async def record(self, _opening, size, rows, whole):
        self.metered.append((size, rows, whole))

    async def sum(self, _opening):
        return sum(size for size, _, _ in self.metered)

    def app(self):
        def on_error(error):
            status = 403 if isinstance(error, ForbiddenError) else 401
            return (
                status,
                {"Content-Type": "application/problem+json"},
                b'{"detail": "' + error.message.encode() + b'"}',
            )

        return DataPlane(DataService(self.open, self.record, on_error, lambda: NOW, self.sum))


@pytest.fixture
async def provider(prepared):
    """The provider's node, and the address of its data plane."""
    node = Node(prepared)
    config = uvicorn.Config(node.app(), log_level="critical", lifespan="off")
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: HttpToolsProtocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    yield node, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/{TRANSFER}"
    server.close()
    for connection in list(state.connections):
        connection.transport.abort()


async def test_what_the_consumer_holds_is_what_the_provider_published(provider, prepared, tmp_path):
    node, endpoint = provider
    fetched = await HttpFetcher(tmp_path / "received", check_url=lambda _: None).fetch(
        TRANSFER, endpoint, "Bearer t0ken"
    )
    assert rows_of(fetched.path) == rows_of(prepared.path)
    assert (fetched.size, fetched.sha256, fetched.blake3, fetched.rows) == (
        prepared.size,
        prepared.sha256,
        prepared.blake3,
        124,
    )
    assert node.metered == [(prepared.size, 124, True)]


async def test_the_consumer_hears_why_it_gets_nothing(provider, tmp_path):
    node, endpoint = provider
    node.refusal = "the security assessment is no longer valid"
    fetcher = HttpFetcher(tmp_path / "received", check_url=lambda _: None)
    with pytest.raises(ForbiddenError, match="the security assessment is no longer valid"):
        await fetcher.fetch(TRANSFER, endpoint, "Bearer t0ken")
    with pytest.raises(ForbiddenError, match="the token is not known"):
        await fetcher.fetch(TRANSFER, endpoint, "Bearer another")
    assert node.metered == []
