from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.base.errors import LocalError, StorageError
from corridor.dsp.messages import ProcessMessage
from corridor.dsp.negotiation import Negotiation
from corridor.dsp.states import NegotiationState, S, TransferState
from corridor.dsp.transfer import TransferProcess
from corridor.service import records
from corridor.store.bodies import document_from, from_body, message_from, to_body

RECORDS = (
    records.NegotiationRecord,
    records.AgreementRecord,
    records.TransferRecord,
    records.DatasetRecord,
    records.PaperRecord,
    records.Grant,
    records.ReceiptRecord,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
integers = st.integers(-(2**53) + 1, 2**53 - 1)
zones = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-3, minutes=-30))])
instants = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9999, 12, 30), timezones=zones)
json_values = st.recursive(
    st.none() | st.booleans() | integers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
SIMPLE = {str: texts, int: integers, bool: st.booleans(), datetime: instants, date: st.dates(), type(None): st.none()}


def values(hint, state=None):
    """Any value of the annotation; `state` stands for the type variable of a process."""
    hint = state if hint is S else getattr(hint, "__supertype__", hint)
    origin = typing.get_origin(hint)
    if origin is Mapping:
        return st.dictionaries(texts, json_values, max_size=3)
    if origin in (typing.Union, types.UnionType):
        return st.one_of([values(option, state) for option in typing.get_args(hint)])
    if origin is tuple:
        arguments = [values(item, state) for item in typing.get_args(hint) if item is not Ellipsis]
        is_list = Ellipsis in typing.get_args(hint)
        return st.lists(arguments[0], max_size=2).map(tuple) if is_list else st.tuples(*arguments)
    if hint in SIMPLE:
        return SIMPLE[hint]
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return st.sampled_from(hint)
    return objects(origin or hint, state)


def objects(cls, state=None):
    state = {Negotiation: NegotiationState, TransferProcess: TransferState}.get(cls, state)
    hints = typing.get_type_hints(cls)
    return st.builds(cls, **{field.name: values(hints[field.name], state) for field in dataclasses.fields(cls)})


@pytest.mark.parametrize("cls", RECORDS, ids=lambda cls: cls.__name__)
def test_every_record_comes_back_equal(cls):
    @settings(max_examples=40)
    @given(objects(cls))
    def comes_back(record):
        assert from_body(cls, to_body(record)) == record

    comes_back()


@pytest.mark.parametrize("cls", typing.get_args(ProcessMessage), ids=lambda cls: cls.__name__)
def test_every_message_comes_back_equal(cls):
    @settings(max_examples=40)
    @given(objects(cls))
    def comes_back(message):
        assert message_from(cls.__name__, to_body(message)) == message

    comes_back()


@settings(max_examples=40)
@given(st.dictionaries(texts, json_values))
def test_a_document_comes_back_equal(document):
    assert document_from(to_body(document)) == document


def test_any_mapping_is_kept_as_an_object():
    assert document_from(to_body({"a": MappingProxyType({"b": 1})})) == {"a": {"b": 1}}


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("value", [object(), "\ud800", {"a": {1, object()}}, nested(100_000)])
def test_what_is_not_json_is_refused(value):
    with pytest.raises(LocalError, match="cannot be kept"):
        to_body({"value": value})


@pytest.mark.parametrize("body", ["", "{", "[]", "{}", '{"id": 1}', "null", "\x00", "[" * 100_000])
def test_a_damaged_body_is_a_fault_of_the_database(body):
    with pytest.raises(StorageError, match=r"a Grant in the database cannot be read: .*; restore the database"):
        from_body(records.Grant, body)


def test_an_unknown_message_is_a_fault_of_the_database():
    with pytest.raises(StorageError, match="`Gossip` in the database is no message"):
        message_from("Gossip", "{}")
