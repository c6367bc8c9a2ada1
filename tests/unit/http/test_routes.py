from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import CorridorError, MalformedError, NotFoundError
from corridor.dsp.binding import ROUTES
from corridor.http.errors import MethodError
from corridor.http.routes import Entry, RouteTable

TABLE = RouteTable(Entry(route.method, "/dsp" + route.path, route.path) for route in ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
@pytest.mark.parametrize("slash", ["", "/"])
def test_every_route_of_the_binding_is_found_with_or_without_a_slash_at_its_end(route, slash):
    path = "/dsp" + route.path.replace("{pid}", "urn:uuid:1").replace("{id}", "urn:uuid:1") + slash
    found = TABLE.find(route.method, path.encode())
    assert found.target == route.path
    assert list(found.parameters.values()) == (["urn:uuid:1"] if "{" in route.path else [])


def test_literal_segments_come_before_parameters():
    assert TABLE.find("POST", b"/dsp/negotiations/request").target == "/negotiations/request"
    assert TABLE.find("POST", b"/dsp/negotiations/request/request").target == "/negotiations/{pid}/request"


def test_a_head_is_found_as_a_get():
    assert TABLE.find("HEAD", b"/dsp/negotiations/a").target == "/negotiations/{pid}"


def test_a_parameter_is_decoded_as_one_segment():
    assert TABLE.find("GET", b"/dsp/transfers/http:%2F%2Fa%2Fb%C3%A9").parameters == {"pid": "http://a/bé"}


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"/",
        b"/dsp",
        b"/dsp/negotiations",
        b"/dsp/negotiations/",
        b"/dsp/negotiations//request",
        b"//dsp/negotiations/a",
        b"/x/y/z",
    ],
)
def test_what_is_not_there_is_not_found(path):
    with pytest.raises(NotFoundError):
        TABLE.find("GET", path)


def test_another_method_is_refused_with_those_that_there_are():
    with pytest.raises(MethodError) as refusal:
        TABLE.find("DELETE", b"/dsp/negotiations/a")
    assert refusal.value.allowed == ("GET",)


@pytest.mark.parametrize("segment", [b"..", b"%2e%2e", b".", b"a%20b", b"%00", b"a%5Cb", b"%2e%2e%2fetc", b"a" * 600])
def test_a_segment_that_cannot_be_an_id_is_malformed(segment):
    with pytest.raises(MalformedError):
        TABLE.find("GET", b"/dsp/negotiations/" + segment)


def test_a_path_that_is_not_utf8_is_malformed():
    with pytest.raises(MalformedError):
        TABLE.find("GET", b"/dsp/negotiations/%ff")


@given(path=st.binary(max_size=60), method=st.sampled_from(["GET", "POST", "HEAD", "PUT"]))
def test_any_path_is_found_or_refused(path, method):
    with contextlib.suppress(CorridorError):
        TABLE.find(method, b"/dsp/negotiations/" + path)
