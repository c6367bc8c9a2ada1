from __future__ import annotations

import inspect

import pytest

from corridor.base import errors
from corridor.base.errors import (
    ConflictError,
    CorridorError,
    ForbiddenError,
    LocalError,
    MalformedError,
    NotFoundError,
    RemoteError,
    SettingsError,
    StorageError,
    TooLargeError,
    UnauthenticatedError,
    UnreachableError,
)

CLASSES = [found for _, found in inspect.getmembers(errors, inspect.isclass) if issubclass(found, CorridorError)]


def test_an_error_says_where_what_and_what_next():
    error = MalformedError("`x` is no date", place="$.from", remedy="write it as 2026-11-22")
    assert str(error) == "$.from: `x` is no date; write it as 2026-11-22"
    assert (error.message, error.place, error.remedy) == ("`x` is no date", "$.from", "write it as 2026-11-22")


def test_place_and_remedy_may_be_absent():
    assert str(NotFoundError("no such dataset")) == "no such dataset"


def test_a_code_may_be_more_precise_than_its_class():
    assert ConflictError("already final").code == "conflict"
    assert ConflictError("already final", code="final_state").code == "final_state"
    assert ConflictError.code == "conflict"


def test_a_peer_that_answered_has_a_status():
    assert UnreachableError("the peer answered nonsense", status=502).status == 502
    assert UnreachableError("the peer is silent", place="https://p.example").status is None


@pytest.mark.parametrize("found", [SettingsError, StorageError, UnreachableError])
def test_our_own_faults_are_local(found):
    assert issubclass(found, LocalError)
    assert not issubclass(found, RemoteError)


@pytest.mark.parametrize(
    "found",
    [MalformedError, TooLargeError, UnauthenticatedError, ForbiddenError, NotFoundError, ConflictError],
)
def test_the_senders_faults_are_remote(found):
    assert issubclass(found, RemoteError)
    assert not issubclass(found, LocalError)


@pytest.mark.parametrize("found", CLASSES)
def test_every_class_is_in_the_picture_has_a_sentence_and_a_name_that_ends_in_error(found):
    assert found.__name__ in errors.__doc__
    assert found.__name__.endswith("Error")
    assert inspect.getdoc(found)


def test_codes_tell_the_classes_apart():
    codes = [found.code for found in CLASSES]
    assert len(set(codes)) == len(codes)
