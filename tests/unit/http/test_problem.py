from __future__ import annotations

import json

import pytest
from structlog.testing import capture_logs

from corridor.base import errors as base
from corridor.dsp.binding import Area
from corridor.dsp.codec import codec_for
from corridor.dsp.messages import CatalogFault, NegotiationFault, TransferFault
from corridor.http import errors as http
from corridor.http.problem import fault_of, fault_status_of, render_problem, status_of


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (base.MalformedError("m"), 400),
        (base.RemoteError("m"), 400),
        (base.UnauthenticatedError("m"), 401),
        (base.ForbiddenError("m"), 403),
        (base.NotFoundError("m"), 404),
        (http.MethodError("m", ("GET",)), 405),
        (http.SlowRequestError("m"), 408),
        (base.ConflictError("m"), 409),
        (base.TooLargeError("m"), 413),
        (http.TargetTooLongError("m"), 414),
        (http.UnsupportedMediaTypeError("m"), 415),
        (http.HeadTooLargeError("m"), 431),
        (base.LocalError("m"), 500),
        (base.SettingsError("m"), 500),
        (ValueError("m"), 500),
        (base.UnreachableError("m"), 424),
        (base.StaleError("m"), 503),
        (base.StorageError("m"), 503),
        (http.BusyError("m"), 503),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_every_error_has_a_status(error, status):
    with capture_logs():
        assert status_of(error) == render_problem(error).status == status


def test_a_class_without_a_status_of_its_own_has_that_of_its_parent():
    class NewFault(base.ForbiddenError):
        pass

    assert status_of(NewFault("m")) == 403


def test_a_fault_of_the_sender_is_said_with_place_and_remedy():
    answer = render_problem(base.MalformedError("no number", place="$.a", remedy="write 1"))
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.body) == {
        "type": "urn:corridor:problem:malformed",
        "title": "Bad Request",
        "status": 400,
        "detail": "no number",
        "place": "$.a",
        "remedy": "write 1",
        "code": "malformed",
    }


@pytest.mark.parametrize(
    "error",
    [ValueError("password"), base.SettingsError("password"), base.StorageError("password"), KeyError("password")],
    ids=lambda error: type(error).__name__,
)
def test_a_fault_of_ours_is_said_as_an_id_that_is_in_the_log(error):
    with capture_logs() as logs:
        answer = render_problem(error)
    assert b"password" not in answer.body
    assert json.loads(answer.body)["instance"] == logs[0]["incident"]
    assert "password" in logs[0]["problem"]
    assert logs[0]["exc_info"] is error


def test_a_fault_of_the_sender_is_not_logged_as_one_of_ours():
    with capture_logs() as logs:
        render_problem(base.NotFoundError("m"))
    assert logs == []


@pytest.mark.parametrize(
    ("error", "name", "value"),
    [
        (base.UnauthenticatedError("m"), "www-authenticate", "Bearer"),
        (http.MethodError("m", ("GET", "POST")), "allow", "GET, POST"),
        (base.StaleError("m"), "retry-after", "1"),
    ],
    ids=["401", "405", "503"],
)
def test_headers_that_a_status_asks_for_are_there(error, name, value):
    assert render_problem(error).headers[name] == value


def test_on_the_paths_of_the_protocol_what_the_state_does_not_allow_is_400():
    assert fault_status_of(base.ConflictError("m")) == 400
    assert fault_status_of(base.NotFoundError("m")) == 404


@pytest.mark.parametrize(
    ("area", "kind"),
    [(Area.CATALOG, CatalogFault), (Area.NEGOTIATION, NegotiationFault), (Area.TRANSFER, TransferFault)],
)
def test_each_protocol_has_its_error_type_which_the_codec_writes(area, kind):
    fault = fault_of(base.MalformedError("no number", place="$.a", remedy="write 1"), area, "p", "c")
    assert isinstance(fault, kind)
    assert fault.code == "malformed"
    assert fault.reasons == ("$.a: no number", "write 1")
    document = codec_for("2025-1").encode(fault)
    assert document["reason"] == ["$.a: no number", "write 1"]
    assert document.get("providerPid") == (None if area is Area.CATALOG else "p")


def test_a_fault_of_ours_is_an_id_there_too():
    with capture_logs() as logs:
        fault = fault_of(ValueError("password"), Area.CATALOG)
    assert fault.reasons == (f"an error of this node, in its log as {logs[0]['incident']}",)
