from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from corridor.app.workers import Signal
from corridor.dsp.messages import Kind, MessageId, Role
from corridor.dsp.process import Pending
from corridor.dsp.states import NegotiationState, TransferState
from corridor.http.management.waiting import negotiation_settled, transfer_settled, wait_until
from corridor.service.records import Held, Received
from corridor.testing.store_samples import NOW, negotiation, transfer


class Register:
    """Something that changes."""

    def __init__(self):
        self.value = 0
        self.reads = 0
        self.signal = Signal()

    async def read(self):
        self.reads += 1
        return self.value

    def write(self, value):
        self.value = value
        self.signal.fire()


async def test_what_is_settled_is_given_at_once():
    register = Register()
    assert await wait_until(register.signal, register.read, lambda value: value == 0, 60) == 0
    assert register.reads == 1


async def test_without_a_wait_the_present_value_is_given():
    register = Register()
    assert await wait_until(register.signal, register.read, lambda value: value == 1, 0) == 0


async def test_a_change_wakes_and_is_read():
    register = Register()
    waiting = asyncio.create_task(wait_until(register.signal, register.read, lambda value: value == 2, 60))
    for value in (1, 2):
        await asyncio.sleep(0.001)
        register.write(value)
    assert await asyncio.wait_for(waiting, 5) == 2
    assert register.reads == 3


async def test_a_change_of_another_process_does_not_wake():
    register = Register()
    waiting = asyncio.create_task(wait_until(register.signal, register.read, lambda value: value == 2, 60, "urn:a"))
    await asyncio.sleep(0.001)
    register.signal.fire(["urn:b"])
    await asyncio.sleep(0.001)
    assert register.reads == 1
    register.value = 2
    register.signal.fire(["urn:b", "urn:a"])
    assert await asyncio.wait_for(waiting, 5) == 2
    assert register.reads == 2


async def test_a_change_while_reading_is_not_missed():
    register = Register()

    async def read_slowly():
        before = await register.read()
        await asyncio.sleep(0)
        if before == 0:
            register.write(1)
        return before

    found = await asyncio.wait_for(wait_until(register.signal, read_slowly, lambda value: value == 1, 60), 5)
    assert found == 1


async def test_at_the_end_of_the_wait_the_present_value_is_given():
    register = Register()
    assert await wait_until(register.signal, register.read, lambda value: value == 1, 0.01) == 0
    assert register.reads == 2


async def test_nobody_is_left_waiting_behind():
    register = Register()
    waiting = asyncio.create_task(wait_until(register.signal, register.read, lambda value: value == 1, 60))
    await asyncio.sleep(0.001)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0)
    assert not register.signal._waiting


PENDING = Pending(MessageId("urn:m"), Kind.NEGOTIATION_TERMINATION, NegotiationState.TERMINATED)


@pytest.mark.parametrize(
    ("role", "state", "pending", "settled"),
    [
        (Role.PROVIDER, NegotiationState.FINALIZED, None, True),
        (Role.PROVIDER, NegotiationState.VERIFIED, None, False),
        (Role.CONSUMER, NegotiationState.TERMINATED, None, True),
        (Role.CONSUMER, NegotiationState.REQUESTED, PENDING, False),
        (Role.CONSUMER, NegotiationState.OFFERED, None, False),
        (Role.CONSUMER, NegotiationState.OFFERED, PENDING, False),
        (Role.PROVIDER, NegotiationState.OFFERED, None, False),
    ],
)
def test_a_negotiation_is_settled_when_it_has_ended(role, state, pending, settled):
    record = negotiation(state=state)
    found = replace(record, negotiation=replace(record.negotiation, role=role, pending=pending))
    assert negotiation_settled(found) is settled


def test_a_process_is_settled_while_it_waits_for_a_person():
    waits = Held("agree", "a person decides", NOW)
    record = negotiation(state=NegotiationState.REQUESTED)
    assert not negotiation_settled(record)
    assert negotiation_settled(replace(record, held=waits))
    assert transfer_settled(replace(transfer(), held=waits))


FILE = Received("/x", 1, "sha-256:" + "0" * 64, "blake3:" + "0" * 64, NOW)


@pytest.mark.parametrize(
    ("state", "changes", "settled"),
    [
        (TransferState.REQUESTED, {}, False),
        (TransferState.STARTED, {}, True),
        (TransferState.SUSPENDED, {}, True),
        (TransferState.STARTED, {"fetch": True}, False),
        (TransferState.STARTED, {"fetch": True, "received": FILE}, True),
        (TransferState.STARTED, {"problem": "refused"}, True),
        (TransferState.COMPLETED, {"fetch": True}, True),
        (TransferState.TERMINATED, {"fetch": True}, True),
        (TransferState.STARTED, {"push": True}, False),
        (TransferState.STARTED, {"push": True, "fetch": True, "received": FILE}, True),
        (TransferState.SUSPENDED, {"push": True}, True),
    ],
)
def test_a_transfer_is_settled_when_the_data_can_be_had_or_never_will(state, changes, settled):
    record = transfer()
    found = replace(record, transfer=replace(record.transfer, state=state), **changes)
    assert transfer_settled(found) is settled
