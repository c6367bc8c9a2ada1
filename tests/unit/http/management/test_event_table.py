from __future__ import annotations

from corridor.http.management.event_table import EVENTS
from corridor.http.management.following import STREAM_TYPES


def test_the_log_can_be_had_as_a_stream():
    assert [operation.id for operation in EVENTS if operation.streams == STREAM_TYPES] == ["events"]


def test_what_names_a_subscription_says_when_there_is_none():
    assert all(404 in operation.errors for operation in EVENTS if "{id}" in operation.path)
