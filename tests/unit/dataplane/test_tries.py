from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from corridor.base.errors import ForbiddenError
from corridor.dataplane.tries import BrokenError, until_whole

MIB = 1 << 20


@dataclass(frozen=True)
class Limits:
    tries: int = 3
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 1.5


@pytest.fixture
def waits(monkeypatch):
    """How long was waited, without waiting."""
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return waited


class Way:
    """Connections, each of which brings so many bytes before it breaks; the last one arrives."""

    def __init__(self, *brings):
        self.brings, self.size, self.asked = list(brings), 0, 0

    async def attempt(self):
        self.asked += 1
        if self.brings:
            self.size += self.brings.pop(0)
            raise BrokenError("the connection broke off", 503)


async def test_what_arrives_at_once_is_asked_for_once(waits):
    way = Way()
    await until_whole(way.attempt, lambda: way.size, Limits())
    assert (way.asked, waits) == (1, [])


async def test_what_brings_nothing_is_given_up_after_longer_and_longer_waits(waits):
    way = Way(*[0] * 9)
    with pytest.raises(BrokenError) as broken:
        await until_whole(way.attempt, lambda: way.size, Limits(tries=5))
    assert (broken.value.status, way.asked, waits) == (503, 5, [0.5, 1.0, 1.5, 1.5])


async def test_what_brings_a_megabyte_each_time_goes_on_for_ever(waits):
    way = Way(*[MIB] * 50)
    await until_whole(way.attempt, lambda: way.size, Limits())
    assert (way.asked, set(waits)) == (51, {0.5})


async def test_what_drips_is_given_up(waits):
    way = Way(*[MIB - 1] * 9)
    with pytest.raises(BrokenError):
        await until_whole(way.attempt, lambda: way.size, Limits())
    assert way.asked == 3


async def test_other_faults_are_not_tried_again(waits):
    async def attempt():
        raise ForbiddenError("no")

    with pytest.raises(ForbiddenError):
        await until_whole(attempt, lambda: 0, Limits())
    assert waits == []
