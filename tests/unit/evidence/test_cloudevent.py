from __future__ import annotations

from corridor.evidence.cloudevent import cloud_event
from corridor.evidence.event import PaperAdded, TransferChanged, to_json
from corridor.testing.store_samples import NOW

ME = "did:web:provider.example"


def test_an_event_is_told_with_its_place_in_the_log():
    event = to_json(TransferChanged(NOW, "urn:t1", "urn:a1", "did:web:partner.example", "STARTED"))
    assert cloud_event(ME, 42, event) == {
        "specversion": "1.0",
        "id": "42",
        "source": ME,
        "type": "org.corridor.transfer.changed",
        "subject": "urn:t1",
        "time": "2026-11-22T10:00:00.250000Z",
        "datacontenttype": "application/json",
        "data": event,
    }


def test_the_subject_is_what_the_event_is_about():
    event = to_json(PaperAdded(NOW, "urn:paper", "cn/standard-contract", "sha-256:" + "0" * 64))
    assert cloud_event(ME, 0, event)["subject"] == "urn:paper"


def test_an_event_about_nothing_with_a_name_has_no_subject():
    refused = {"type": "access.denied", "at": "2026-11-22T10:00:00Z", "code": "token", "reason": "no token"}
    assert "subject" not in cloud_event(ME, 0, refused)
