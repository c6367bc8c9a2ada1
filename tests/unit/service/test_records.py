from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from corridor.service.records import Participant, Task, TaskKind, Usage, queue_of
from corridor.testing import store_samples as a


def test_a_queue_is_named_by_partner_process_and_topic():
    assert queue_of("did:web:x", "urn:1") == "did:web:x urn:1"
    assert queue_of("did:web:x", "urn:1", "receipts") == "did:web:x urn:1 receipts"


def test_queues_of_different_work_do_not_share_a_name():
    names = {
        queue_of(f"did:web:{peer}", f"urn:{process}", topic)
        for peer in "ab"
        for process in "12"
        for topic in ("", "fetch")
    }
    assert len(names) == 8


def test_a_new_record_has_never_been_saved():
    for record in (a.negotiation(), a.agreement(), a.transfer(), a.dataset(), a.paper()):
        assert record.version == 0


def test_a_task_starts_untried():
    task = Task("t", TaskKind.DECIDE, "q", "urn:1", a.NOW, a.NOW)
    assert (task.message, task.payload, task.attempts, task.problem) == (None, {}, 0, None)


def test_two_participants_do_not_share_their_facts():
    first, second = Participant("did:web:a", "a", "DE"), Participant("did:web:b", "b", "DE")
    assert first.facts == {}
    assert first.facts is not second.facts


def test_records_do_not_change():
    with pytest.raises(FrozenInstanceError):
        a.dataset().title = "another"


def test_nothing_served_is_a_usage_of_zero():
    assert Usage() == Usage(0, 0, 0)
