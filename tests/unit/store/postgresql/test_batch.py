from __future__ import annotations

import json

import pytest

from corridor.base.clock import DateRange
from corridor.base.errors import LocalError, StaleError
from corridor.service.ports import Changes, CountGuard
from corridor.store.postgresql.batch import arguments, outcomes_of, work_of, work_of_token
from corridor.testing import store_samples as a

GUARD = CountGuard("CN", "persons", DateRange(), 7)


def test_a_commit_is_guards_then_steps_then_leaves():
    changes = Changes((a.negotiation(),), tasks=(a.task(), a.task("b")), events=(a.transfer_event(),), guards=(GUARD,))
    work = work_of(changes)
    names = [step.name for step in work.steps]
    assert names == ["COUNTED_SUM", "ADD_NEGOTIATION", "PUT_TASK", "PUT_TASK", "APPEND_EVENT"]
    assert [step.about for step in work.steps] == [GUARD, "negotiation `urn:uuid:n1`", None, None, None]
    assert len(bytes.fromhex(json.loads(work.steps[-1].row)["leaf"])) == 32


def test_others_are_told_which_rights_have_ended():
    ended = Changes(grants=(a.grant(revoked=a.NOW), a.grant("g2", token=b"2")), papers=(a.paper(revoked=a.NOW),))
    assert work_of(ended).told == {"grants": ["g1"], "papers": ["urn:uuid:p1"]}


def test_a_batch_is_flat_and_says_where_each_commit_ends():
    batch = [work_of(Changes(events=(a.transfer_event(),))), work_of(Changes()), work_of_token(a.seen(), a.NOW)]
    replica, names, strict, rows, ends, told = arguments("me", batch)
    assert (replica, names, ends) == ("me", ["APPEND_EVENT", "FORGET_USED", "USE_ONCE"], [1, 1, 3])
    assert strict == [False] * 3
    assert len(rows) == 3
    assert json.loads(told) == {"grants": [], "papers": []}


def test_nobody_is_told_of_tokens():
    assert arguments("me", [work_of_token(a.seen(), a.NOW)])[-1] is None


def test_answers_are_what_became_of_each_commit():
    batch = [work_of(Changes((a.negotiation(),), guards=(GUARD,))), work_of_token(a.seen(), a.NOW)]
    stale, guard, taken = outcomes_of(["stale 2", "guard 1 9", "taken duplicate key"], batch)
    assert "the negotiation `urn:uuid:n1` was saved by another writer first" in str(stale)
    assert "the counter CN/persons is at 9 and no longer at 7" in str(guard)
    assert "another record came first" in str(taken)
    assert {type(one) for one in (stale, guard, taken)} == {StaleError}
    assert outcomes_of(["", "used"], batch) == [True, False]


def test_what_is_no_text_cannot_be_kept():
    with pytest.raises(LocalError, match="cannot be kept"):
        work_of(Changes((a.negotiation(peer_pid="\ud800"),)))
