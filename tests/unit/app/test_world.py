"""The clock, fresh ids, chance."""

import uuid
from datetime import UTC

from corridor.app.world import SystemClock, jitter, new_id
from corridor.base.ids import check_id


def test_the_clock_tells_utc_and_does_not_go_back():
    clock = SystemClock()
    before, after = clock.now(), clock.now()
    assert before.tzinfo is UTC
    assert before <= after


def test_every_id_is_fresh_and_can_be_an_identifier():
    ids = {new_id() for _ in range(1000)}
    assert len(ids) == 1000
    for text in ids:
        check_id(text, "id")
        assert uuid.UUID(text.removeprefix("urn:uuid:")).version == 4


def test_retries_are_spread_around_their_wait():
    factors = [jitter() for _ in range(1000)]
    assert 0.5 <= min(factors) < 0.75
    assert 1.25 < max(factors) <= 1.5
