from __future__ import annotations

import gc
from dataclasses import replace

import pytest

from corridor.dsp.states import TransferState
from corridor.service.ports import Changes
from corridor.service.revocations import Revocations
from corridor.testing import store_samples as a


def test_a_watch_is_told_of_the_end_of_its_own_transfer_alone():
    revocations = Revocations()
    ours, another = revocations.watch("urn:uuid:t1"), revocations.watch("urn:uuid:t2")
    revocations.note(Changes(grants=(replace(a.grant(revoked=a.NOW), transfer="urn:uuid:t1"),)))
    assert (ours.reason, another.reason) == ("the right to this transfer has ended", None)


def test_every_watch_on_a_transfer_is_told():
    revocations = Revocations()
    watches = [revocations.watch("t") for _ in range(3)]
    revocations.note(Changes(grants=(replace(a.grant(revoked=a.NOW), transfer="t"),)))
    assert all(watch.reason for watch in watches)


def test_a_new_grant_ends_nothing():
    revocations = Revocations()
    watch = revocations.watch("urn:uuid:t1")
    revocations.note(Changes(grants=(replace(a.grant(), transfer="urn:uuid:t1"),)))
    revocations.note(Changes())
    assert watch.reason is None


@pytest.mark.parametrize("state", [TransferState.SUSPENDED, TransferState.COMPLETED, TransferState.TERMINATED])
def test_a_watch_is_told_that_its_transfer_has_stopped_also_without_a_grant(state):
    revocations = Revocations()
    ours, another = revocations.watch("urn:uuid:t1"), revocations.watch("urn:uuid:t2")
    record = a.transfer("urn:uuid:t1")
    revocations.note(Changes(transfers=(record,)))
    assert ours.reason is None
    revocations.note(Changes(transfers=(replace(record, transfer=replace(record.transfer, state=state)),)))
    assert (ours.reason, another.reason) == (f"the transfer is {state}", None)


def test_a_watch_that_nobody_keeps_is_forgotten():
    revocations = Revocations()
    watch = revocations.watch("t")
    assert len(revocations._watches) == 1
    del watch
    gc.collect()
    assert len(revocations._watches) == 0


def test_every_stream_is_told_when_nobody_can_be_told_any_more():
    revocations = Revocations()
    one, two = revocations.watch("t"), revocations.watch("u")
    one.reason = "the right to this transfer has ended"
    revocations.end_all("the node has lost its database")
    assert one.reason == "the right to this transfer has ended"
    assert two.reason == "the node has lost its database"
