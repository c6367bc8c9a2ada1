from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta

import pytest

from corridor.odrl.world import DutyState, HeldPaper, World

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_world_knows_nothing_but_the_time_unless_told():
    world = World(NOW)
    unknown = (world.target, world.assignee, world.purposes, world.country, world.jurisdiction, world.counts)
    assert unknown == (None,) * 6
    assert (world.agreed_at, world.papers, world.duties) == (None,) * 3
    assert not world.member_of
    assert not world.facts


def test_a_world_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        World(NOW).country = "DE"


def test_a_paper_without_a_term_is_valid_at_any_time():
    assert HeldPaper().valid_at(NOW)


def test_a_withdrawn_paper_is_never_valid():
    assert not HeldPaper(withdrawn=True).valid_at(NOW)


def test_a_paper_is_valid_from_its_first_instant_and_before_its_last():
    paper = HeldPaper(valid_from=NOW, valid_until=NOW + HOUR)
    assert not paper.valid_at(NOW - HOUR)
    assert paper.valid_at(NOW)
    assert not paper.valid_at(NOW + HOUR)


def test_the_states_of_a_duty_have_stable_names():
    assert [state.value for state in DutyState] == ["not-set", "fulfilled", "violated"]
