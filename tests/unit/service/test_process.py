from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import StaleError
from corridor.dsp.commands import Cancel, Closed, Decide, Send
from corridor.dsp.messages import NegotiationTermination
from corridor.service.context import Patience
from corridor.service.ports import Changes
from corridor.service.process import ATTEMPTS, merged, new_message_id, until_settled, work_of
from corridor.service.records import TaskKind

MESSAGE = NegotiationTermination("urn:m1", "urn:p", "urn:c")


class Attempt:
    """A transition before which others come a given number of times."""

    def __init__(self, losses):
        self._losses = losses
        self.made = 0

    async def __call__(self):
        self.made += 1
        if self.made <= self._losses:
            raise StaleError("another writer came first")
        return "done"


@pytest.mark.parametrize("losses", [0, 1, ATTEMPTS - 1])
async def test_a_transition_is_tried_again_when_another_writer_came_first(losses):
    attempt = Attempt(losses)
    assert await until_settled(attempt) == "done"
    assert attempt.made == losses + 1


async def test_a_transition_that_always_loses_is_given_up():
    attempt = Attempt(ATTEMPTS + 5)
    with pytest.raises(StaleError):
        await until_settled(attempt)
    assert attempt.made == ATTEMPTS


def test_commands_become_tasks_of_the_processs_queue(exporter):
    work = work_of(exporter.context, "did:web:x", "urn:c", (Send(MESSAGE), Decide(), Cancel("urn:m0"), Closed()))
    send, decide = work.tasks
    assert (send.id, send.kind, send.message) == ("urn:m1", TaskKind.SEND, MESSAGE)
    assert (decide.kind, decide.message, decide.subject) == (TaskKind.DECIDE, None, "urn:c")
    assert {task.queue for task in work.tasks} == {"did:web:x urn:c"}
    assert work.tasks_done == ("urn:m0",)


def test_decisions_give_the_partner_time_unless_a_person_made_them(exporter, network):
    context = replace(exporter.context, patience=Patience(reaction=timedelta(seconds=1)))
    now = network.clock.now()
    at_once = work_of(context, "did:web:x", "urn:c", (Send(MESSAGE), Decide()), at_once=True)
    waiting = work_of(context, "did:web:x", "urn:c", (Send(MESSAGE), Decide()))
    assert [task.due for task in at_once.tasks] == [now, now]
    assert [task.due for task in waiting.tasks] == [now, now + timedelta(seconds=1)]


def test_of_no_commands_comes_no_work(exporter):
    assert work_of(exporter.context, "did:web:x", "urn:c", ()) == Changes()


IDS = st.lists(st.text(max_size=3), max_size=4).map(tuple)


@given(st.lists(IDS, max_size=4))
def test_merged_parts_keep_their_order_and_lose_nothing(parts):
    whole = merged(*(Changes(tasks_done=part) for part in parts))
    assert whole == Changes(tasks_done=tuple(item for part in parts for item in part))


def test_every_kind_of_change_is_merged():
    filled = Changes(**{name: (name,) for name in Changes.__dataclass_fields__})
    twice = merged(filled, Changes(), filled)
    assert {name: getattr(twice, name) for name in Changes.__dataclass_fields__} == {
        name: (name, name) for name in Changes.__dataclass_fields__
    }


def test_every_message_has_an_id_of_its_own(exporter):
    assert len({new_message_id(exporter.context) for _ in range(5)}) == 5
