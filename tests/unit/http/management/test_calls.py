from __future__ import annotations

import dataclasses

import pytest

from corridor.http.management.calls import Call, Operation, TextReply
from corridor.http.management.inputs import NoQuery


async def answer(_call):
    return TextReply(b"", "text/plain")


def test_an_operation_brings_nothing_and_needs_the_token_unless_it_says_otherwise():
    operation = Operation("x", "GET", "/x", "node", "An x", answer, "text/plain")
    assert (operation.status, operation.query, operation.body) == (200, NoQuery, None)
    assert (operation.raw, operation.free, operation.errors) == (False, False, ())


def test_a_call_cannot_be_changed():
    call = Call(None, None, {"id": "urn:x"}, NoQuery(), None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        call.body = {}
