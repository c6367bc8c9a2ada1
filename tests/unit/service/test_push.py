from __future__ import annotations

import asyncio
import itertools
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.base.errors import ConflictError, ForbiddenError, NotFoundError, UnreachableError
from corridor.dataplane.formats import PUSH
from corridor.dsp.states import TransferState
from corridor.service import papers, push, transfer
from corridor.service.addresses import Destination, authorization_of
from corridor.service.context import Patience
from corridor.service.ports import Changes
from corridor.service.records import Task, TaskKind, queue_of
from corridor.testing.counterpart import Fault

LOST, UNANSWERED, TWICE = Fault(lose_request=True), Fault(lose_reply=True), Fault(duplicate=True)
SINK = Destination("https://sink.example/orders", "Bearer s3cret")


class Handle:
    """The port `Pusher` of one member, as the test turns it: it waits, or fails, and says how often it was asked."""

    def __init__(self, member, *failures):
        self._member, self._failures = member, list(failures)
        self.asked, self.opened = 0, None

    def check(self, endpoint):
        self._member.check(endpoint)

    async def push(self, push):
        self.asked += 1
        if self._failures:
            failure = self._failures.pop(0)
            if callable(failure):
                self.opened = await push.open()
                await failure()
                await asyncio.sleep(0)  # in which the commit is shown to what runs
                raise ForbiddenError(self.opened.still_allowed() or "nothing was wrong")
            raise failure
        await self._member.push(push)


@pytest.fixture
def turned(exporter):
    """Has the exporter's pushes fail first in the given ways; a function is run while a push is under way."""

    def use(*failures):
        handle = Handle(exporter, *failures)
        exporter.context = replace(exporter.context, pusher=handle)
        return handle

    return use


@pytest.fixture
def ask(exchange, importer):
    """Publishes, agrees, and asks for a push; the network has not moved since."""

    async def begin(*publication, destination=None, **options):
        await exchange.publish("orders", *publication)
        agreement = await exchange.agree()
        return await transfer.request(
            importer.context, agreement, fetch=False, format_name=PUSH.name, destination=destination, **options
        )

    return begin


@pytest.fixture
def both(exchange, importer):
    """A transfer as the importer and as the exporter have it."""

    async def read(record):
        ours = await importer.store.transfer(record.transfer.own_pid)
        return ours, await exchange.theirs(ours)

    return read


async def check_delivered(exchange, both, asked):
    """The data arrived, both sides have completed, and both hold the same two complete receipts."""
    ours, theirs = await both(asked)
    assert ours.transfer.state is TransferState.COMPLETED is theirs.transfer.state
    assert (ours.received.size, ours.received.sha256) == (theirs.content.size, theirs.content.sha256)
    assert (ours.problem, theirs.problem) == (None, None)
    documents = [
        {one.id: (one.document, one.complete) for one in await member.store.receipts(asked.transfer.agreement_id)}
        for member in (exchange.exporter, exchange.importer)
    ]
    assert documents[0] == documents[1]
    assert [complete for _, complete in documents[0].values()] == [True, True]
    for member, record in ((exchange.exporter, theirs), (exchange.importer, ours)):
        assert await member.store.tasks() == ()
        assert (await member.store.grant(record.grant)).revoked is not None


async def test_data_are_pushed_receipted_and_the_provider_completes(exchange, exporter, importer, ask, both, events_of):
    asked = await ask()
    await exchange.rest()
    await check_delivered(exchange, both, asked)
    [served], [received] = await events_of(exporter, "data.served"), await events_of(importer, "data.received")
    assert (served["size"], served["rows"], served["complete"]) == (received["size"], received["rows"], True)
    completions = [sender for sender, _, url, _ in exchange.network.carried if url.endswith("/completion")]
    assert completions == [exporter.me.id]


@pytest.mark.parametrize("fault", [LOST, UNANSWERED, TWICE], ids=["lost", "unanswered", "twice"])
@pytest.mark.parametrize("unlucky", range(5))
async def test_one_request_may_go_wrong(exchange, ask, both, fault, unlucky):
    asked = await ask()
    numbers = itertools.count()
    exchange.network.weather = lambda *_: fault if next(numbers) == unlucky else Fault()
    await exchange.rest()
    assert next(numbers) > unlucky, "there is such a request"
    await check_delivered(exchange, both, asked)


@given(st.lists(st.builds(Fault, st.booleans(), st.booleans(), st.booleans()), max_size=11))
@settings(max_examples=12, deadline=None)
def test_whatever_the_weather_the_data_arrive(new_exchange, faults):
    async def journey():
        exchange = new_exchange()
        await exchange.publish()
        agreement = await exchange.agree()
        weather = iter(faults)
        exchange.network.weather = lambda *_: next(weather, Fault())
        asked = await transfer.request(exchange.importer.context, agreement, fetch=False, format_name=PUSH.name)
        await exchange.rest()
        ours = await exchange.importer.store.transfer(asked.transfer.own_pid)
        assert ours.transfer.state is TransferState.COMPLETED
        assert len(await exchange.exporter.store.transfers()) == 1

    asyncio.run(journey())


async def test_a_push_may_go_to_an_address_of_the_consumers_choice(exchange, exporter, importer, ask, both):
    asked = await ask(destination=SINK)
    await exchange.rest()
    ours, theirs = await both(asked)
    assert ours.transfer.state is TransferState.COMPLETED is theirs.transfer.state
    assert exchange.network.sinks == {SINK.endpoint: (SINK.authorization, theirs.content)}
    assert (ours.received, ours.fetch, ours.grant) == (None, False, None)
    # What the consumer's node has not seen it does not sign for.
    assert [receipt.kind for receipt in await importer.store.receipts(asked.transfer.agreement_id)] == ["agreement"]


async def test_no_secret_of_a_push_is_kept_or_logged(exchange, network, exporter, importer, ask):
    asked = await ask(destination=SINK)
    again = await transfer.request(importer.context, asked.transfer.agreement_id, fetch=False, format_name=PUSH.name)
    token = importer.context.secrets.token(again.grant)
    await exchange.rest()
    sent = str([document for _, _, url, document in network.carried if url.endswith("/transfers/request")])
    for secret in ("s3cret", token):
        assert secret in sent
        for member in (exporter, importer):
            kept = pickle.dumps([value for name, value in vars(member.store).items() if name != "_on_commit"])
            assert secret.encode() not in kept
            assert b"sealed:" in kept
    # The address of a push is no place to pull from.
    with pytest.raises(ConflictError, match="no data address"):
        authorization_of(importer.context, await importer.store.transfer(asked.transfer.own_pid))


@pytest.mark.parametrize("first", ["exporter", "importer"])
@pytest.mark.parametrize("then", ["exporter", "importer"])
async def test_either_side_suspends_a_running_push_and_either_resumes_it(
    exchange, importer, ask, both, turned, first, then
):
    asked = await ask()

    def pid_at(member, records):
        return records[0 if member is importer else 1].transfer.own_pid

    async def pause():
        member = getattr(exchange, first)
        await transfer.suspend(member.context, pid_at(member, await both(asked)), "maintenance")
        while (await both(asked))[1].transfer.reported_state is not TransferState.SUSPENDED:
            await importer.step()

    handle = turned(pause)
    await exchange.rest()
    records = await both(asked)
    assert [one.transfer.state for one in records] == [TransferState.SUSPENDED] * 2
    assert [one.transfer.reasons for one in records] == [("maintenance",)] * 2
    assert handle.opened.still_allowed() == "the transfer is SUSPENDED"
    assert [one.problem for one in records] == [None, None]
    member = getattr(exchange, then)
    await transfer.resume(member.context, pid_at(member, records))
    await exchange.rest()
    await check_delivered(exchange, both, asked)
    assert handle.asked == 2


@pytest.mark.parametrize("who", ["exporter", "importer"])
async def test_either_side_terminates_a_running_push_for_good(exchange, importer, ask, both, turned, who):
    asked = await ask()

    async def end():
        member, records = getattr(exchange, who), await both(asked)
        pid = records[0 if member is importer else 1].transfer.own_pid
        await transfer.terminate(member.context, pid, "contract breached")
        while (await both(asked))[1].transfer.reported_state is not TransferState.TERMINATED:
            await importer.step()

    handle = turned(end)
    await exchange.rest()
    ours, theirs = await both(asked)
    assert [one.transfer.state for one in (ours, theirs)] == [TransferState.TERMINATED] * 2
    assert [one.transfer.reasons for one in (ours, theirs)] == [("contract breached",)] * 2
    assert (handle.asked, ours.received) == (1, None)
    for member, record in ((exchange.importer, ours), (exchange.exporter, theirs)):
        assert (await member.store.grant(record.grant)).revoked is not None


async def test_what_the_law_no_longer_allows_is_suspended_and_both_know_why(exchange, exporter, ask, both, turned):
    paper = await exchange.file()
    asked = await ask(120_000)

    async def revoke():
        await papers.revoke_paper(exporter.context, paper.id, "withdrawn")

    handle = turned(revoke)
    await exchange.rest()
    assert handle.opened.still_allowed() == "a paper that the transfer rests on was revoked"
    ours, theirs = await both(asked)
    assert [one.transfer.state for one in (ours, theirs)] == [TransferState.SUSPENDED] * 2
    assert ours.transfer.reasons == theirs.transfer.reasons == ("a paper that the transfer rests on was revoked",)
    assert theirs.problem == theirs.transfer.reasons[0]
    with pytest.raises(ForbiddenError, match="no longer allow"):
        await transfer.resume(exporter.context, theirs.transfer.own_pid)
    await transfer.resume(exchange.importer.context, ours.transfer.own_pid)
    await exchange.rest()
    ours, theirs = await both(asked)
    assert [one.transfer.state for one in (ours, theirs)] == [TransferState.TERMINATED] * 2
    assert any("art 8" in reason for reason in ours.transfer.reasons)


@pytest.mark.parametrize(
    ("failure", "code"),
    [(ForbiddenError("the destination refuses"), "forbidden"), (UnreachableError("no connection"), "unreachable")],
)
async def test_a_destination_that_cannot_be_had_suspends_the_push_until_it_is_resumed(
    exchange, exporter, ask, both, turned, failure, code
):
    exporter.context = replace(exporter.context, patience=Patience(give_up=2))
    turned(*[failure] * (1 if code == "forbidden" else 2))
    asked = await ask()
    await exchange.rest()
    ours, theirs = await both(asked)
    assert [one.transfer.state for one in (ours, theirs)] == [TransferState.SUSPENDED] * 2
    assert (ours.transfer.code, ours.transfer.reasons) == (code, (failure.message,))
    await transfer.resume(exporter.context, theirs.transfer.own_pid)
    await exchange.rest()
    await check_delivered(exchange, both, asked)


async def test_each_request_is_decided_on_and_counts_against_the_terms(exchange, ask, both, turned, events_of):
    once = {"leftOperand": "count", "operator": "lteq", "rightOperand": "1"}
    asked = await ask(None, once)
    exchange.network.weather = lambda _, method, __: UNANSWERED if method == "PUT" else Fault()
    await exchange.rest()
    # It arrived, and its answer did not: the next request finds that out, and is no second use.
    ours, _ = await both(asked)
    assert ours.received is not None
    assert len(await events_of(exchange.exporter, "data.served")) == 1
    exchange.fair_weather()
    second = await transfer.request(
        exchange.importer.context, asked.transfer.agreement_id, fetch=False, format_name=PUSH.name
    )
    await exchange.rest()
    ours, _ = await both(second)
    assert "count" in ours.transfer.reasons[0]


async def test_a_task_of_an_earlier_start_sends_nothing(exchange, network, exporter, ask, both):
    asked = await ask()
    await exchange.rest()
    _, theirs = await both(asked)
    now = network.clock.now()
    queue = queue_of(theirs.transfer.peer, theirs.transfer.own_pid, "push")
    payload = {"grant": theirs.grant}
    late = Task("push:late", TaskKind.PUSH, queue, theirs.transfer.own_pid, now, now, payload=payload)
    gone = replace(late, id="push:gone", subject="urn:gone")
    await exporter.store.commit(Changes(tasks=(late, gone)))
    await exchange.rest()
    assert await exporter.store.tasks() == ()
    await exporter.store.commit(Changes(tasks=(late, gone)))
    for task in (late, gone):
        await push.failed(exporter.context, task, ForbiddenError("too late"))
    assert await exporter.store.tasks() == ()
    await exporter.store.commit(Changes(tasks=(late, gone)))
    for task in (late, gone):
        await push._pushed(exporter.context, task)
    assert await exporter.store.tasks() == ()
    assert (await exporter.store.transfer(theirs.transfer.own_pid)) == theirs


async def test_what_is_pushed_while_a_suspension_is_on_its_way_is_completed_after_the_resumption(
    exchange, exporter, importer, ask, both
):
    asked = await ask()
    while (await exporter.store.transfers())[:1] == () or not any(
        task.kind is TaskKind.PUSH for task in await exporter.store.tasks()
    ):
        assert await importer.step() or await exporter.step()
    [task] = [task for task in await exporter.store.tasks() if task.kind is TaskKind.PUSH]
    _, theirs = await both(asked)
    opened = await push.access.open_push(exporter.context, theirs.transfer.own_pid, theirs.grant)
    assert opened.still_allowed() is None
    await transfer.suspend(exporter.context, theirs.transfer.own_pid, "a question")
    await push._pushed(exporter.context, task)
    await exchange.rest()
    assert [one.transfer.state for one in await both(asked)] == [TransferState.SUSPENDED] * 2
    await transfer.resume(exporter.context, theirs.transfer.own_pid)
    await exchange.rest()
    assert [one.transfer.state for one in await both(asked)] == [TransferState.COMPLETED] * 2


async def test_the_right_of_a_push_opens_nothing_to_whoever_pulls(exchange, exporter, ask, both):
    asked = await ask()
    _ = await exporter.step()
    await exchange.rest()
    _, theirs = await both(asked)
    token = exporter.context.secrets.token(theirs.grant)
    with pytest.raises(NotFoundError):
        await push.access.open_access(exporter.context, f"Bearer {token}", theirs.transfer.own_pid)
    with pytest.raises(NotFoundError):
        await push.access.open_push(exporter.context, theirs.transfer.own_pid, "no such grant")


async def test_a_push_that_waits_longer_than_its_terms_is_not_sent(exchange, network, exporter, ask, both, turned):
    monday = {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2026-11-23T00:00:00Z"}
    asked = await ask(None, monday)

    async def wait():
        network.clock.advance(timedelta(hours=14))

    handle = turned(wait, UnreachableError("no connection"))
    await exchange.rest()
    assert handle.opened.until == datetime(2026, 11, 23, tzinfo=UTC)
    ours, _ = await both(asked)
    assert ours.transfer.state is TransferState.SUSPENDED
