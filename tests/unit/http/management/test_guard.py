from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from corridor.base.errors import ForbiddenError, UnauthenticatedError
from corridor.http.management.guard import LOOPBACK_NAMES, check_host, check_token, host_name

TOKEN = "s3cret"


def headers(*pairs):
    return Headers(raw=[(name.encode(), value.encode("latin-1")) for name, value in pairs])


@pytest.mark.parametrize(
    "field", ["localhost", "LocalHost:19193", "127.0.0.1:80", "[::1]:19193", "[::1]", "localhost."]
)
def test_the_loopback_interface_is_called_by_its_names(field):
    check_host(headers(("host", field)), LOOPBACK_NAMES)


@pytest.mark.parametrize("field", ["evil.example", "evil.example:19193", "127.0.0.1.evil.example", "", "[::2]", "::1"])
def test_another_name_is_refused(field):
    with pytest.raises(ForbiddenError) as refused:
        check_host(headers(("host", field)), LOOPBACK_NAMES)
    assert refused.value.code == "host"


def test_a_request_with_no_host_or_two_is_refused():
    for given_headers in (headers(), headers(("host", "localhost"), ("host", "evil.example"))):
        with pytest.raises(ForbiddenError):
            check_host(given_headers, LOOPBACK_NAMES)


def test_the_token_lets_in():
    check_token(headers(("authorization", f"Bearer {TOKEN}")), TOKEN)
    check_token(headers(("authorization", f"bearer  {TOKEN} ")), TOKEN)


@pytest.mark.parametrize(
    "given_headers",
    [
        (),
        (("authorization", ""),),
        (("authorization", "Bearer"),),
        (("authorization", "Bearer wrong"),),
        (("authorization", f"Basic {TOKEN}"),),
        (("authorization", TOKEN),),
        (("authorization", "Bearer s3cret\u00e9"),),
        (("authorization", f"Bearer {TOKEN}"), ("authorization", f"Bearer {TOKEN}")),
    ],
)
def test_anything_else_does_not(given_headers):
    with pytest.raises(UnauthenticatedError):
        check_token(headers(*given_headers), TOKEN)


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=80))
def test_no_host_field_breaks_the_check(field):
    assert isinstance(host_name(field), str)
