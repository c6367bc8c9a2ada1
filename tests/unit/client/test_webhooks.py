"""What a receiver believes, and what not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from corridor.base.errors import MalformedError, UnauthenticatedError
from corridor.client import webhooks
from corridor.evidence.cloudevent import cloud_event
from corridor.evidence.event import to_json
from corridor.evidence.webhook import headers_for, secret_of
from corridor.testing.store_samples import transfer_event

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
SECRET = secret_of(bytes(range(32)))
EVENTS = [cloud_event("did:web:provider.example", index, to_json(transfer_event())) for index in (4, 5)]


def signed(document, at=NOW):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return headers_for(SECRET, "urn:s:4", at, body), body


def test_one_event_is_one_and_a_batch_is_several():
    headers, body = signed(EVENTS[0])
    assert webhooks.verify(headers, body, SECRET, NOW) == (EVENTS[0],)
    headers, body = signed(EVENTS)
    assert webhooks.verify(headers, body, SECRET, NOW) == tuple(EVENTS)


def test_by_default_now_is_now():
    headers, body = signed(EVENTS[0], datetime.now(UTC))
    assert webhooks.verify(headers, body, SECRET) == (EVENTS[0],)
    headers, body = signed(EVENTS[0])
    with pytest.raises(UnauthenticatedError):
        webhooks.verify(headers, body, SECRET)


def test_nothing_is_read_of_what_is_not_signed():
    headers, body = signed(EVENTS[0])
    with pytest.raises(UnauthenticatedError):
        webhooks.verify(headers, b"not even JSON", SECRET, NOW)
    with pytest.raises(UnauthenticatedError):
        webhooks.verify({}, body, SECRET, NOW)
    with pytest.raises(UnauthenticatedError):
        webhooks.verify(headers, body, SECRET, NOW + timedelta(hours=1))
    assert webhooks.verify(headers, body, SECRET, NOW + timedelta(hours=1), tolerance=timedelta(hours=2))


@pytest.mark.parametrize("document", [b"no JSON", "text", 5, [5], {}, {"id": 5}, [EVENTS[0], {"id": "5"}]])
def test_what_is_signed_and_no_event_is_told_apart(document):
    headers, body = signed(document)
    with pytest.raises(MalformedError):
        webhooks.verify(headers, body, SECRET, NOW)
