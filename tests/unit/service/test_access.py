from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from corridor.base.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from corridor.base.truth import Truth
from corridor.service import access, addresses, papers, transfer
from corridor.service.admit import Phase
from corridor.service.records import Usage

UNTIL_MONDAY = {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2026-11-23T00:00:00Z"}
TWICE = {"leftOperand": "count", "operator": "lteq", "rightOperand": "2"}


@pytest.fixture
def start(exchange, importer):
    """Publishes, agrees and starts; gives the exporter's pid of the transfer and the importer's authorization."""

    async def begin(*publication, dataset="orders"):
        await exchange.publish(dataset, *publication)
        record = await exchange.transfer(await exchange.agree(dataset), fetch=False)
        _, authorization = addresses.authorization_of(importer.context, record)
        return record.transfer.peer_pid, authorization

    return begin


async def test_a_token_opens_its_transfer(start, exporter):
    pid, authorization = await start()
    opened = await access.open_access(exporter.context, authorization, pid)
    assert (opened.grant.transfer, opened.content.size, opened.until) == (pid, 60, None)
    assert opened.still_allowed() is None


async def test_the_name_of_the_scheme_may_be_written_in_any_case(start, exporter):
    pid, authorization = await start()
    shouted = "BEARER   " + authorization.removeprefix("Bearer ")
    assert (await access.open_access(exporter.context, shouted, pid)).grant.transfer == pid


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic dXNlcg==", "token", "\udc80 x"])
async def test_without_a_bearer_token_nobody_is_let_in(start, exporter, authorization):
    pid, _ = await start()
    with pytest.raises(UnauthenticatedError, match="there is no token") as refused:
        await access.open_access(exporter.context, authorization, pid)
    assert refused.value.remedy == "send the header Authorization: Bearer TOKEN"


@pytest.mark.parametrize("token", ["wrong", "x" * 1_000_000, "密码"])
async def test_a_token_that_we_never_gave_is_not_valid(start, exporter, token):
    pid, _ = await start()
    with pytest.raises(UnauthenticatedError, match="the token is not valid here"):
        await access.open_access(exporter.context, f"Bearer {token}", pid)


async def test_the_token_of_another_transfer_is_not_valid(start, exporter):
    first, _ = await start(dataset="orders")
    second, authorization = await start(dataset="prices")
    for pid in (first, "urn:nothing"):
        with pytest.raises(UnauthenticatedError, match="the token is not valid here"):
            await access.open_access(exporter.context, authorization, pid)
    assert (await access.open_access(exporter.context, authorization, second)).grant.dataset == "prices"


@pytest.mark.parametrize("table", ["_transfers", "_agreements"])
async def test_what_a_token_stands_for_may_be_gone(start, exporter, table):
    pid, authorization = await start()
    getattr(exporter.store, table).clear()
    with pytest.raises(NotFoundError, match="there is no such transfer"):
        await access.open_access(exporter.context, authorization, pid)


async def test_after_the_end_of_the_terms_access_is_denied_and_the_denial_is_evidence(
    start, network, exporter, events_of
):
    pid, authorization = await start(None, UNTIL_MONDAY)
    opened = await access.open_access(exporter.context, authorization, pid)
    assert opened.until == datetime(2026, 11, 23, tzinfo=opened.until.tzinfo)
    network.clock.advance(timedelta(hours=14))
    with pytest.raises(ForbiddenError, match="do not allow the use: `dateTime` lt") as refused:
        await access.open_access(exporter.context, authorization, pid)
    assert refused.value.code == "terms"
    [event] = await events_of(exporter, "access.denied")
    assert (event["code"], event["transfer"], event["dataset"]) == ("terms", pid, "orders")
    assert event["reason"] == refused.value.message


async def test_every_use_is_counted_against_the_terms(start, exporter):
    pid, authorization = await start(None, TWICE)
    for _ in range(2):
        opened = await access.open_access(exporter.context, authorization, pid)
        await access.record_served(exporter.context, opened.grant, opened.content, 60, 10, whole=True)
    with pytest.raises(ForbiddenError, match="count"):
        await access.open_access(exporter.context, authorization, pid)


async def test_a_revoked_paper_closes_the_data_at_the_next_request(exchange, start, exporter, events_of):
    paper = await exchange.file()
    pid, authorization = await start(120_000)
    await access.open_access(exporter.context, authorization, pid)
    await papers.revoke_paper(exporter.context, paper.id, "")
    with pytest.raises(ForbiddenError, match=r"needs a standard contract .*art 8") as refused:
        await access.open_access(exporter.context, authorization, pid)
    assert refused.value.code == "terms"
    assert len(await events_of(exporter, "access.denied")) == 1


async def test_a_suspended_transfer_is_closed_and_says_so(exchange, start, exporter, events_of):
    pid, authorization = await start()
    await transfer.suspend(exporter.context, pid, "")
    with pytest.raises(ForbiddenError, match="the transfer is SUSPENDED") as refused:
        await access.open_access(exporter.context, authorization, pid)
    assert refused.value.code == "transfer"
    assert [event["code"] for event in await events_of(exporter, "access.denied")] == ["transfer"]


async def test_a_running_stream_learns_at_once_that_its_right_has_ended(exchange, start, exporter):
    pid, authorization = await start()
    other, key = await start(dataset="prices")
    streams = [await access.open_access(exporter.context, *pair) for pair in ((authorization, pid), (key, other))]
    await transfer.terminate(exporter.context, pid, "over")
    await asyncio.sleep(0)  # commits are told in the event loop's next round
    assert [stream.still_allowed() for stream in streams] == ["the transfer is TERMINATED", None]


async def test_a_partner_that_left_the_list_gets_nothing_more(start, network, exporter, importer):
    pid, authorization = await start()
    del network.members[importer.me.id]
    with pytest.raises(ForbiddenError, match="is not on the participant list"):
        await access.open_access(exporter.context, authorization, pid)


async def test_what_is_served_is_metered_and_logged(start, exporter, events_of):
    pid, authorization = await start()
    opened = await access.open_access(exporter.context, authorization, pid)
    await access.record_served(exporter.context, opened.grant, opened.content, 60, 10, whole=True)
    await access.record_served(exporter.context, opened.grant, opened.content, 7, 0, whole=False)
    no_table = replace(opened.content, rows=None)
    await access.record_served(exporter.context, opened.grant, no_table, 1, 0, whole=False)
    assert await exporter.store.usage(transfer=pid) == Usage(3, 68, 10)
    told = await events_of(exporter, "data.served")
    assert [(event["size"], event["complete"], event.get("rows")) for event in told] == [
        (60, True, 10),
        (7, False, 0),
        (1, False, None),
    ]


async def test_access_is_decided_as_of_the_present_instant_whatever_the_time_zone(exchange, exporter):
    await exchange.publish("orders", None, UNTIL_MONDAY)
    held = await exporter.store.agreement(await exchange.agree())
    beijing = datetime(2026, 11, 23, 7, 59, tzinfo=timezone(timedelta(hours=8)))

    class Beijing:
        def now(self):
            return beijing

    admission = await access.admit_access(replace(exporter.context, clock=Beijing()), held, Phase.ACCESS)
    assert admission.decision.verdict is Truth.TRUE
