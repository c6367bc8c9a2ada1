from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import (
    ConflictError,
    CorridorError,
    ForbiddenError,
    MalformedError,
    NotFoundError,
    RemoteError,
    TooLargeError,
    UnauthenticatedError,
    UnreachableError,
)
from corridor.client.errors import RefusedError, error_of
from corridor.http.problem import render_problem


@pytest.mark.parametrize(
    "kind",
    [
        MalformedError,
        UnauthenticatedError,
        ForbiddenError,
        NotFoundError,
        ConflictError,
        TooLargeError,
        UnreachableError,
    ],
)
def test_an_error_comes_back_as_it_was_raised(kind):
    raised = kind("it is `x`", place="$.a", remedy="write `y`")
    answer = render_problem(raised)
    found = error_of(answer.status, json.loads(answer.body))
    assert type(found) is kind
    assert str(found) == str(raised)
    assert found.code == raised.code


def test_a_partner_that_cannot_be_reached_is_told_apart_from_the_node():
    found = error_of(424, {"detail": "the partner is away", "remedy": "wait"})
    assert isinstance(found, UnreachableError)
    assert (found.status, found.message, found.remedy) == (424, "the partner is away", "wait")


def test_a_fault_of_the_node_names_its_place_in_the_log():
    found = error_of(500, {"instance": "urn:uuid:1", "code": "internal"})
    assert (found.message, found.remedy) == ("the node failed with 500", "see `urn:uuid:1` in the node's log")


def test_a_status_of_no_known_class_is_still_an_error():
    assert type(error_of(418, None)) is RemoteError
    assert error_of(302, []).message == "the node answers 302 Found"
    assert error_of(499, {"detail": 7}).message == "the node answers 499"


def test_a_refusal_holds_every_obstacle():
    refused = RefusedError("there is no agreement", ("one", "two"), code="terms")
    assert (refused.message, refused.code) == ("there is no agreement: one; two", "terms")
    assert RefusedError("x", ()).code == "refused"


@given(st.integers(300, 599), st.none() | st.dictionaries(st.sampled_from(["detail", "place", "code"]), st.text()))
def test_every_answer_becomes_an_error_that_can_be_printed(status, document):
    found = error_of(status, document)
    assert isinstance(found, CorridorError)
    assert found.message.isprintable()
