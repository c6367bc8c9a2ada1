from __future__ import annotations

import json
from datetime import datetime

import pytest

from corridor.base.errors import LocalError
from corridor.evidence.event import DatasetWithdrawn, to_bytes, to_json
from corridor.evidence.merkle import leaf_hash
from corridor.service.ports import Changes
from corridor.store import statements
from corridor.store.plan import named, plan
from corridor.testing import store_samples as a


def told(changes):
    """The statements of a plan, in order."""
    return [step.sql for step in plan(changes).steps]


def test_nothing_is_done_for_nothing():
    assert plan(Changes()) == ((), (), ())


def test_a_new_record_is_added_and_a_known_one_replaced():
    assert told(Changes((a.negotiation(), a.negotiation(version=3)))) == [
        statements.ADD_NEGOTIATION,
        statements.REPLACE_NEGOTIATION,
    ]
    assert told(Changes(papers=(a.paper(version=1),), agreements=(a.agreement(),))) == [
        statements.ADD_AGREEMENT,
        statements.REPLACE_PAPER,
    ]


def test_a_revoked_grant_takes_the_place_of_the_grant():
    grants = (a.grant(), a.grant(revoked=a.NOW))
    assert told(Changes(grants=grants)) == [statements.ADD_GRANT, statements.PUT_GRANT]


def test_a_metered_answer_goes_into_its_sums():
    assert told(Changes(served=(a.served("s"),))) == [statements.ADD_SERVED, statements.ADD_USAGE]


def test_tasks_that_are_done_go_last():
    changes = Changes(tasks=(a.task("x"), a.task("y")), tasks_done=("x",), receipts=(a.receipt(),))
    assert told(changes) == [statements.PUT_RECEIPT, statements.PUT_TASK, statements.DROP_TASK]
    assert [len(step.rows) for step in plan(changes).steps] == [1, 2, 1]


def test_steps_that_can_be_stale_say_of_what():
    step = plan(Changes(transfers=(a.transfer(),))).steps[0]
    assert step.what == "transfer `urn:uuid:t1`"


def test_a_leaf_is_the_canonical_event_with_what_it_is_found_by():
    event = a.transfer_event()
    (leaf,) = plan(Changes(events=(event,))).leaves
    assert json.loads(leaf["body"]) == to_json(event)
    assert leaf["leaf"] == leaf_hash(to_bytes(event))
    assert (leaf["agreement"], leaf["negotiation"], leaf["transfer"]) == ("urn:uuid:a1", None, "urn:uuid:t1")


@pytest.mark.parametrize(
    "changes",
    [
        Changes(events=(DatasetWithdrawn(datetime(2026, 11, 22), a.dataset().id),)),
        Changes(receipts=(a.receipt(at=datetime(2026, 11, 22)),)),
        Changes((a.negotiation("\ud800"),)),
    ],
)
def test_what_cannot_be_kept_is_refused_before_anything_is_written(changes):
    with pytest.raises(LocalError):
        plan(changes)


def test_ids_are_made_printable_for_messages():
    assert named("task", "\x1b[2J") == "task `\\x1b[2J`"
