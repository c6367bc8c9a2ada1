from __future__ import annotations

import dataclasses
import typing
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import CorridorError, LocalError, MalformedError
from corridor.base.json import canonical_json
from corridor.evidence.event import (
    EVENT_TYPES,
    DatasetWithdrawn,
    Event,
    event_name,
    from_bytes,
    from_json,
    subjects,
    to_bytes,
    to_json,
)


def test_every_event_has_a_stable_name():
    assert set(EVENT_TYPES.values()) == set(typing.get_args(Event))
    assert list(EVENT_TYPES) == [
        "dataset.published", "dataset.withdrawn", "negotiation.requested", "decision.made", "negotiation.changed",
        "agreement.concluded", "negotiation.terminated", "transfer.changed", "data.served", "data.received",
        "access.denied", "paper.added", "paper.revoked", "receipt.signed",
    ]  # fmt: skip


def test_every_event_survives_being_written(one_of_each):
    assert {type(event) for event in one_of_each} == set(EVENT_TYPES.values())
    for event in one_of_each:
        assert from_bytes(to_bytes(event)) == event


def test_the_text_of_an_event_never_changes(journey):
    """A change of this text would break every log there is."""
    assert to_bytes(journey[3]) == (
        b'{"agreement":"urn:uuid:agreement","at":"2026-11-22T10:00:03Z",'
        b'"blake3":"blake3:' + b"cd" * 32 + b'","complete":true,"dataset":"urn:dataset:alerts",'
        b'"peer":"did:web:consumer.example","persons":5,"rows":7,"sha256":"sha-256:' + b"ab" * 32 + b'","size":1024,'
        b'"transfer":"urn:uuid:transfer-p","type":"data.served"}'
    )


def test_no_event_has_a_place_for_a_secret():
    for cls in EVENT_TYPES.values():
        names = {field.name for field in dataclasses.fields(cls)}
        assert not names & {"token", "secret", "key", "password", "authorization", "credential"}


def test_an_event_is_found_by_what_it_is_about(one_of_each, journey):
    assert subjects(journey[3]) == {
        "agreement": "urn:uuid:agreement",
        "transfer": "urn:uuid:transfer-p",
        "dataset": "urn:dataset:alerts",
        "peer": "did:web:consumer.example",
    }
    assert all(subjects(event) for event in one_of_each)


def test_a_type_that_nobody_knows_is_refused():
    for name in ("data.leaked", "DataServed", None, 5, ["data.served"]):
        with pytest.raises(MalformedError, match="is no type of event") as refused:
            from_json({"type": name, "at": "2026-11-22T10:00:00Z"})
        assert refused.value.place == "event.type"


@pytest.mark.parametrize("value", [None, [], "data.served"])
def test_only_an_object_is_an_event(value):
    with pytest.raises(MalformedError, match="not a JSON object"):
        from_json(value)


def test_a_member_too_many_or_too_few_is_refused(one_of_each):
    for event in one_of_each:
        value = to_json(event)
        with pytest.raises(MalformedError, match="unknown member `token`"):
            from_json({**value, "token": "eyJ"})
        with pytest.raises(MalformedError, match="no member `at`"):
            from_json({name: member for name, member in value.items() if name != "at"})


def test_a_member_of_another_kind_is_refused_at_its_place(one_of_each):
    for event in one_of_each:
        value = to_json(event)
        for name in value.keys() - {"type"}:
            with pytest.raises(MalformedError) as refused:
                from_json({**value, name: {"of": "another kind"}})
            assert refused.value.place == f"event.{name}"


def test_an_event_without_a_time_zone_is_never_written(journey):
    with pytest.raises(LocalError, match="time zone"):
        to_bytes(DatasetWithdrawn(datetime(2026, 11, 22, 10), journey[0].dataset))


def test_half_a_character_is_never_written(one_of_each):
    denied = next(event for event in one_of_each if event_name(event) == "access.denied")
    with pytest.raises(LocalError, match="surrogate"):
        to_bytes(dataclasses.replace(denied, reason="\ud800"))


@given(st.binary(max_size=64))
def test_bytes_that_are_no_event_are_refused(data):
    with pytest.raises(CorridorError):
        from_bytes(data)


def test_the_name_is_that_of_the_class(one_of_each):
    for event in one_of_each:
        assert EVENT_TYPES[event_name(event)] is type(event)
        assert canonical_json(to_json(event)) == to_bytes(event)
