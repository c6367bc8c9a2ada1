from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from corridor.base.errors import ConflictError, ForbiddenError, NotFoundError, UnauthenticatedError
from corridor.dataplane.formats import PUSH
from corridor.service import intake, transfer
from corridor.service.addresses import authorization_of
from corridor.service.intake import open_intake
from corridor.service.ports import Fetched
from corridor.testing.counterpart import Fault


@pytest.fixture
async def coming(exchange, importer):
    """A push to the importer that has started, and of which nothing has come; the token that brings it."""
    await exchange.publish()
    exchange.network.weather = lambda _, method, __: Fault(lose_request=method == "PUT")
    asked = await transfer.request(importer.context, await exchange.agree(), fetch=False, format_name=PUSH.name)
    while (await importer.store.transfer(asked.transfer.own_pid)).transfer.state != "STARTED":
        assert await importer.step() or await exchange.exporter.step()
    return asked.transfer.own_pid, f"Bearer {importer.context.secrets.token(asked.grant)}"


@pytest.fixture
async def whole(exchange, importer, coming):
    record = await importer.store.transfer(coming[0])
    content = (await exchange.theirs(record)).content
    return Fetched("/received/x", content.size, content.sha256, content.blake3, content.rows)


async def test_its_token_opens_the_way_in(importer, coming):
    pid, token = coming
    opened = await open_intake(importer.context, token, pid)
    assert (opened.transfer, opened.taken, opened.still_allowed()) == (pid, None, None)


@pytest.mark.parametrize("token", [None, "", "Bearer wrong", "Basic x"])
async def test_nothing_else_does(importer, coming, token):
    with pytest.raises(UnauthenticatedError):
        await open_intake(importer.context, token, coming[0])


async def test_it_opens_no_other_transfer(importer, coming):
    with pytest.raises(UnauthenticatedError):
        await open_intake(importer.context, coming[1], "urn:another")


async def test_the_token_of_a_pull_opens_no_way_in(exchange, exporter, importer):
    record = await exchange.running()
    _, token = authorization_of(importer.context, record)
    with pytest.raises(NotFoundError):
        await open_intake(exporter.context, token, record.transfer.peer_pid)


async def test_a_transfer_that_is_gone_takes_nothing(importer, coming, whole):
    importer.store._transfers.clear()
    with pytest.raises(NotFoundError):
        await open_intake(importer.context, coming[1], coming[0])
    with pytest.raises(NotFoundError):
        await intake.taken(importer.context, coming[0], whole)


@pytest.mark.parametrize("verb", ["suspend", "terminate"])
async def test_a_transfer_that_is_stopped_takes_nothing_from_that_moment_on(importer, coming, whole, verb):
    pid, token = coming
    opened = await open_intake(importer.context, token, pid)
    await getattr(transfer, verb)(importer.context, pid, "enough")
    await asyncio.sleep(0)
    state = "SUSPENDED" if verb == "suspend" else "TERMINATED"
    assert opened.still_allowed() == f"the transfer is {state}"
    with pytest.raises(ForbiddenError, match=f"the transfer is {state}"):
        await open_intake(importer.context, token, pid)
    with pytest.raises(ForbiddenError, match=f"the transfer is {state}"):
        await intake.taken(importer.context, pid, whole)


async def test_a_right_that_has_ended_takes_nothing(network, importer, coming):
    pid, token = coming
    record = await importer.store.transfer(pid)
    grant = await importer.store.grant(record.grant)
    ended = replace(grant, revoked=network.clock.now())
    importer.store._grants[grant.id] = ended
    with pytest.raises(ForbiddenError, match="the right to this transfer has ended"):
        await open_intake(importer.context, token, pid)


async def test_a_provider_that_left_the_list_brings_nothing(network, exporter, importer, coming):
    pid, token = coming
    opened = await open_intake(importer.context, token, pid)
    del network.members[exporter.me.id]
    assert opened.still_allowed() == "the partner is no longer on the participant list"
    with pytest.raises(ForbiddenError, match="no longer on the participant list"):
        await open_intake(importer.context, token, pid)


async def test_what_was_taken_uses_the_token_up_and_is_told_to_whoever_holds_it(importer, coming, whole, events_of):
    pid, token = coming
    await intake.taken(importer.context, pid, whole)
    record = await importer.store.transfer(pid)
    assert (await importer.store.grant(record.grant)).revoked is not None
    opened = await open_intake(importer.context, token, pid)
    assert (opened.taken.size, opened.taken.sha256) == (whole.size, whole.sha256)
    with pytest.raises(ConflictError, match="taken already"):
        await intake.taken(importer.context, pid, whole)
    assert len(await events_of(importer, "data.received")) == 1
