from __future__ import annotations

from dataclasses import replace

from corridor.dsp.messages import Role
from corridor.evidence.event import DataReceived
from corridor.service.delivery import arrived
from corridor.service.ports import Fetched
from corridor.service.records import TaskKind
from corridor.testing import store_samples as a

FILE = Fetched("/received/x", 120, a.sha256_of(b"x"), "blake3:" + "0" * 64, 3)


def ours(importer, peer_pid="urn:uuid:p1"):
    process = replace(
        a.transfer(peer_pid=peer_pid).transfer, role=Role.CONSUMER, participant=importer.me.id, own_pid="urn:uuid:c1"
    )
    return replace(a.transfer(), transfer=process, problem="the connection broke off")


def test_what_arrived_is_noted_logged_and_proposed_to_be_signed(importer):
    changes = arrived(importer.context, ours(importer), FILE)
    [record] = changes.transfers
    assert (record.received.path, record.received.size, record.problem) == ("/received/x", 120, None)
    [event] = [event for event in changes.events if isinstance(event, DataReceived)]
    assert (event.size, event.sha256, event.rows, event.complete) == (120, FILE.sha256, 3, True)
    [receipt] = changes.receipts
    assert (receipt.kind, receipt.complete, receipt.transfer) == ("delivery", False, "urn:uuid:c1")
    assert [task.kind for task in changes.tasks] == [TaskKind.DECIDE, TaskKind.RECEIPT]


def test_without_the_providers_process_id_there_is_nothing_to_sign(importer):
    assert arrived(importer.context, ours(importer, None), FILE).receipts == ()
