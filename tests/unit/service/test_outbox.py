from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from corridor.base.errors import ForbiddenError, NotFoundError, UnreachableError
from corridor.dsp.messages import NegotiationTermination
from corridor.dsp.states import NegotiationState, TransferState
from corridor.service import addresses, negotiate, outbox, transfer, transfer_turn
from corridor.service.context import Patience
from corridor.service.ports import Changes, Reply
from corridor.service.records import TaskKind
from corridor.testing.counterpart import Fault


class Postman:
    """The port `Sender`: gives the replies that it was told to, then what the network answers."""

    def __init__(self, member, *replies):
        self._member = member
        self._replies = list(replies)
        self.asked = 0

    async def request(self, audience, method, url, document=None):
        self.asked += 1
        if not self._replies:
            return await self._member.request(audience, method, url, document)
        reply = self._replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


class Courier:
    """The port `Fetcher`: always fails in the same way."""

    def __init__(self, error):
        self._error = error
        self.asked = 0

    async def fetch(self, transfer, endpoint, authorization):
        self.asked += 1
        raise self._error


@pytest.fixture
async def asked(exchange):
    """A request for an offer, waiting in the importer's outbox."""
    await exchange.publish()
    return await exchange.ask()


@pytest.fixture
def answering(importer):
    """Has the importer's requests answered with the given replies first."""

    def use(*replies):
        importer.context = replace(importer.context, sender=Postman(importer, *replies))
        return importer.context.sender

    return use


async def ours(importer, asked):
    return (await importer.store.negotiation(asked.negotiation.own_pid)).negotiation


async def test_a_task_that_fails_is_put_off_for_longer_each_time(exchange, network, importer, asked):
    exchange.nothing_arrives()
    waits = []
    for attempts in range(1, 5):
        await importer.step()
        [task] = await importer.store.tasks()
        assert (task.attempts, task.problem) == (attempts, "the request was lost")
        waits.append((task.due - network.clock.now()).total_seconds())
        network.clock.advance(task.due - network.clock.now())
    assert waits == [0.2, 0.4, 0.8, 1.6]


async def test_no_wait_is_longer_than_the_longest(exchange, network, importer, asked):
    patience = Patience(first=timedelta(seconds=10), longest=timedelta(seconds=15))
    importer.context = replace(importer.context, patience=patience, jitter=lambda: 1.5)
    exchange.nothing_arrives()
    await importer.step()
    [task] = await importer.store.tasks()
    assert task.due - network.clock.now() == timedelta(seconds=15)
    network.clock.advance(timedelta(seconds=15))
    await importer.step()
    [task] = await importer.store.tasks()
    assert task.due - network.clock.now() == timedelta(seconds=22.5)


async def test_after_the_last_attempt_a_message_is_given_up(exchange, network, importer, asked):
    importer.context = replace(importer.context, patience=Patience(give_up=3))
    tries = []
    network.weather = lambda *request: tries.append(request) or Fault(lose_request=True)
    await exchange.rest()
    assert len(tries) == 3
    assert (await ours(importer, asked)).reasons == ("the request was lost",)


@pytest.mark.parametrize("status", [401, 404, 408, 425, 429])
async def test_an_answer_that_may_be_another_next_time_is_asked_for_again(exchange, importer, asked, answering, status):
    postman = answering(Reply(status, None))
    await exchange.rest()
    assert postman.asked > 2
    assert (await ours(importer, asked)).state is NegotiationState.FINALIZED


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (None, "the partner refused the ContractRequestMessage with 400"),
        ({"reason": "no list"}, "the partner refused the ContractRequestMessage with 400"),
        (
            {"reason": ["bad\x07", 7, "c", "d"]},
            "the partner refused the ContractRequestMessage with 400: bad\\x07; 7; c",
        ),
    ],
)
async def test_a_refusal_ends_the_negotiation_with_the_partners_reason(
    exchange, importer, asked, answering, document, reason
):
    answering(Reply(400, document))
    await exchange.rest()
    negotiation = await ours(importer, asked)
    assert (negotiation.state, negotiation.code) == (NegotiationState.TERMINATED, "refused")
    assert negotiation.reasons == (reason,)


async def test_a_redirection_is_a_refusal(exchange, importer, asked, answering):
    answering(Reply(302, None))
    await exchange.rest()
    assert (await ours(importer, asked)).state is NegotiationState.TERMINATED


async def test_a_termination_that_the_partner_refuses_ends_our_side_all_the_same(exchange, importer, asked, answering):
    await importer.step()
    answering(Reply(400, None))
    await negotiate.terminate(importer.context, asked.negotiation.own_pid, "enough")
    await importer.step()
    await importer.step()
    assert (await ours(importer, asked)).state is NegotiationState.TERMINATED
    assert await importer.store.tasks() == ()


async def test_a_termination_comes_again_to_a_partner_that_is_not_ready_and_then_ends_our_side(
    exchange, exporter, importer, asked
):
    tries = []

    class NotReady:
        async def request(self, *request):
            tries.append(request)
            return Reply(404, None)

    await importer.step()
    importer.context = replace(importer.context, sender=NotReady())
    await negotiate.terminate(importer.context, asked.negotiation.own_pid, "enough")
    while await importer.store.tasks():
        importer.network.clock.advance(timedelta(seconds=10))
        await importer.step()
    assert len(tries) == outbox.LAST_WORDS
    assert (await ours(importer, asked)).state is NegotiationState.TERMINATED


async def test_a_termination_is_sent_again_to_a_partner_who_could_not_tell_who_we_are(
    exchange, importer, exporter, asked, answering
):
    await importer.step()
    postman = answering(Reply(401, None))
    await negotiate.terminate(importer.context, asked.negotiation.own_pid, "enough")
    await exchange.rest()
    assert postman.asked > 1
    assert (await ours(importer, asked)).state is NegotiationState.TERMINATED
    [theirs] = await exporter.store.negotiations()
    assert theirs.negotiation.reasons == ("enough",)


async def test_an_acknowledgement_without_a_body_is_one(exchange, importer, asked):
    class Silent:
        async def request(self, *request):
            return Reply(200, None) if (await importer.request(*request)).status < 300 else Reply(500, None)

    importer.context = replace(importer.context, sender=Silent())
    await importer.step()
    negotiation = await ours(importer, asked)
    assert (negotiation.state, negotiation.peer_pid) == (NegotiationState.REQUESTED, None)
    importer.context = replace(importer.context, sender=importer)
    await exchange.rest()
    assert (await ours(importer, asked)).state is NegotiationState.FINALIZED


async def test_an_acknowledgement_that_cannot_be_read_ends_the_negotiation(exchange, importer, asked, answering):
    answering(Reply(200, {"@type": "Nonsense"}))
    await importer.step()
    assert (await ours(importer, asked)).state is NegotiationState.TERMINATED


async def test_a_message_that_is_not_pending_any_more_is_not_sent(exchange, network, importer, asked):
    [task] = await importer.store.tasks()
    await exchange.rest()
    carried = len(network.carried)
    await importer.store.commit(Changes(tasks=(task, replace(task, id="urn:gone", subject="urn:gone"))))
    await exchange.rest()
    assert await importer.store.tasks() == ()
    assert len(network.carried) == carried


async def test_a_message_is_sent_as_often_as_its_task_is_run_and_counts_once(exchange, exporter, importer, asked):
    [task] = await importer.store.tasks()
    await outbox.run(importer.context, task)
    await outbox.run(importer.context, task)
    assert len(await exporter.store.negotiations()) == 1


@pytest.fixture
async def fetching(exchange, importer):
    """Starts a transfer whose fetch fails with the given error; gives the record and the courier."""

    async def begin(error, give_up=12):
        courier = Courier(error)
        patience = Patience(give_up=give_up)
        importer.context = replace(importer.context, fetcher=courier, patience=patience)
        await exchange.publish()
        return await exchange.transfer(await exchange.agree()), courier

    return begin


async def test_a_refused_fetch_is_noted_and_not_tried_again(fetching, importer):
    record, courier = await fetching(ForbiddenError("the paper has expired"))
    assert (record.problem, record.transfer.state) == ("the paper has expired", TransferState.STARTED)
    assert courier.asked == 1
    assert await importer.store.tasks() == ()


async def test_a_fetch_that_never_connects_is_given_up_and_noted(fetching, importer):
    record, courier = await fetching(UnreachableError("no connection\n" * 100), give_up=4)
    assert courier.asked == 4
    assert record.problem.startswith("no connection\\n")
    assert len(record.problem) == 500
    assert await importer.store.tasks() == ()


async def test_what_could_not_be_fetched_is_fetched_after_the_next_start(exchange, fetching, exporter, importer):
    record, _ = await fetching(ForbiddenError("not now"))
    importer.context = replace(importer.context, fetcher=importer)
    await transfer.suspend(exporter.context, record.transfer.peer_pid, "")
    await exchange.rest()
    await transfer.resume(exporter.context, record.transfer.peer_pid)
    await exchange.rest()
    record = await importer.store.transfer(record.transfer.own_pid)
    assert (record.problem, record.transfer.state) == (None, TransferState.COMPLETED)


async def test_what_has_been_fetched_is_not_fetched_again(exchange, importer, events_of):
    await exchange.publish()
    record = await exchange.transfer(await exchange.agree())
    task = transfer_turn._fetch_task(importer.context, record.transfer)
    await importer.store.commit(Changes(tasks=(task,)))
    await exchange.rest()
    assert len(await events_of(importer, "data.received")) == 1
    assert await importer.store.tasks() == ()


async def test_a_transfer_that_is_gone_is_not_fetched(exchange, importer, events_of):
    record = await exchange.running()
    gone = replace(transfer_turn._fetch_task(importer.context, record.transfer), subject="urn:gone")
    fetched = await importer.fetch("urn:x", *addresses.authorization_of(importer.context, record))
    await importer.store.commit(Changes(tasks=(gone,)))
    await outbox._fetched(importer.context, gone, fetched)
    assert await importer.store.tasks() == ()
    await importer.store.commit(Changes(tasks=(gone,)))
    await outbox._fetch_failed(importer.context, gone, ForbiddenError("no"))
    assert await importer.store.tasks() == ()


async def test_a_decision_that_cannot_be_made_ends_with_its_task(exchange, exporter, importer, asked):
    await importer.step()
    [task] = await exporter.store.tasks()
    assert task.kind is TaskKind.DECIDE
    exporter.store.dataset = _broken
    importer_tasks = 0
    for _ in range(20):
        await exporter.step()
        exchange.network.clock.advance(timedelta(minutes=10))
        importer_tasks += len(await exporter.store.tasks())
    assert importer_tasks > 5
    assert await exporter.store.tasks() == ()


async def _broken(_):
    raise UnreachableError("the database is away")


async def test_the_next_wait_is_that_of_the_first_task_that_is_due(exchange, network, importer, asked):
    [task] = await importer.store.tasks()
    now, hour = network.clock.now(), timedelta(hours=1)
    later = replace(task, due=now + timedelta(seconds=30))
    past = replace(task, due=now - hour)
    assert outbox.next_wait(importer.context, (), hour) == hour
    assert outbox.next_wait(importer.context, (later,), hour) == timedelta(seconds=30)
    assert outbox.next_wait(importer.context, (later, past), hour) == timedelta(0)


async def test_a_task_on_which_our_code_fails_is_put_off_for_longer_each_time_and_then_parked(importer, network, asked):
    importer.context = replace(importer.context, patience=Patience(give_up=3))
    for attempts in (1, 2, 3):
        (task,) = await importer.store.tasks()
        await outbox.broke(importer.context, task, "ZeroDivisionError")
        (later,) = await importer.store.tasks()
        assert later.attempts == attempts
        assert later.due > task.due
        assert later.problem == "a fault of this node: ZeroDivisionError"
        assert (later.parked is not None) == (attempts == 3)


async def test_a_parked_task_that_is_retried_starts_anew(importer, asked):
    (task,) = await importer.store.tasks()
    await importer.store.commit(Changes(tasks=(replace(task, parked=task.due, attempts=12, problem="a fault"),)))
    again = await outbox.retry(importer.context, task.id)
    assert (again.parked, again.attempts, again.due) == (None, 0, importer.context.clock.now())
    assert await importer.store.task(task.id) == again


async def test_a_message_that_is_dropped_ends_its_negotiation_with_that_reason(importer, asked):
    (task,) = await importer.store.tasks()
    await outbox.drop(importer.context, task.id)
    found = (await importer.store.negotiation(asked.negotiation.own_pid)).negotiation
    assert found.state is NegotiationState.TERMINATED
    assert "given up by hand" in "; ".join(found.reasons)
    assert await importer.store.tasks() == ()


async def test_other_work_that_is_dropped_is_gone(importer, asked):
    (task,) = await importer.store.tasks()
    other = replace(task, id="other", kind=TaskKind.RECEIPT, message=None, queue="elsewhere")
    await importer.store.commit(Changes(tasks=(other,)))
    await outbox.drop(importer.context, "other")
    assert [one.id for one in await importer.store.tasks()] == [task.id]


async def test_a_task_that_cannot_even_be_given_up_can_be_dropped(importer, asked, monkeypatch):
    async def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(outbox, "_give_up", broken)
    (task,) = await importer.store.tasks()
    await outbox.drop(importer.context, task.id)
    assert await importer.store.tasks() == ()


@pytest.mark.parametrize("act", [outbox.retry, outbox.drop])
async def test_a_task_that_is_not_open_cannot_be_acted_on(importer, act):
    with pytest.raises(NotFoundError, match="no open task `urn:x`"):
        await act(importer.context, "urn:x")


async def test_what_was_cancelled_while_it_was_on_its_way_is_not_put_off(exchange, exporter, importer, asked):
    """The partner ends the negotiation before it answers our request with a 404."""
    await importer.step()
    (task,) = await exporter.store.tasks()

    class Crossing:
        async def request(self, *_):
            theirs = await exporter.store.negotiation_by_peer(importer.me.id, asked.negotiation.own_pid)
            pids = theirs.negotiation.own_pid, asked.negotiation.own_pid
            gone = NegotiationTermination("urn:m", *pids, "gone")
            await negotiate.receive(exporter.context, importer.me, gone, theirs.negotiation.own_pid)
            return Reply(404, None)

    exporter.context = replace(exporter.context, sender=Crossing())
    await exporter.step()
    await exporter.step()
    assert task.kind is TaskKind.DECIDE
    assert await exporter.store.tasks() == ()
