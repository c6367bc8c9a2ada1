from __future__ import annotations

from corridor.app.identity import DID_PATH, Surroundings, http_hosts, own_entry, self_issued
from corridor.app.initialise import NewNode, initialise
from corridor.app.world import SystemClock
from corridor.http.client import HttpClient
from corridor.http.outbound import Destinations
from corridor.store.memory import MemoryStore


async def test_a_node_proves_itself_by_its_did_and_knows_itself(tmp_path):
    loaded = initialise(tmp_path / "node", NewNode("Customs", "DE", "http://Localhost:19194"))
    async with HttpClient(Destinations(http_hosts(loaded.settings))) as client:
        identity = self_issued(loaded, Surroundings(MemoryStore(), client, SystemClock(), ("2025-1",)))
    assert identity.me == own_entry(loaded.settings)
    assert identity.participants.find(identity.me.id).name == "Customs"
    assert identity.documents[DID_PATH]["id"] == identity.me.id == loaded.settings.node.id
    assert identity.signer.key_id == f"{identity.me.id}#key-1"
    assert http_hosts(loaded.settings) == {"localhost"}
