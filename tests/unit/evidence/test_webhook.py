"""Standard Webhooks: the example of the standard, and everything that must not pass for signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError, UnauthenticatedError
from corridor.evidence.webhook import ID, SIGNATURE, TIMESTAMP, check, headers_for, secret_of

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
SECRET = secret_of(bytes(range(32)))
BODY = b'{"id": "42"}'


def test_the_example_of_the_reference_implementations_is_signed_alike():
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime.fromtimestamp(1614265330, UTC)
    found = headers_for(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert found == {
        ID: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        TIMESTAMP: "1614265330",
        SIGNATURE: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_what_was_signed_is_known_again_whatever_the_case_of_its_fields():
    headers = headers_for(SECRET, "urn:s:42", NOW, BODY)
    assert check(headers, BODY, SECRET, NOW) == "urn:s:42"
    assert check({name.title(): value for name, value in headers.items()}, BODY, SECRET, NOW) == "urn:s:42"


def test_one_right_signature_among_several_is_enough():
    headers = headers_for(SECRET, "urn:s:42", NOW, BODY)
    headers[SIGNATURE] = f"v1,AAAA v1a,BBBB {headers[SIGNATURE]} v2,CCCC"
    assert check(headers, BODY, SECRET, NOW) == "urn:s:42"


@pytest.mark.parametrize("seconds", [301, -301, 86_400])
def test_a_request_of_another_time_is_refused(seconds):
    headers = headers_for(SECRET, "urn:s:42", NOW, BODY)
    with pytest.raises(UnauthenticatedError, match="not of now"):
        check(headers, BODY, SECRET, NOW + timedelta(seconds=seconds))
    assert check(headers, BODY, SECRET, NOW + timedelta(seconds=seconds), timedelta(days=2)) == "urn:s:42"


def test_nothing_of_what_is_signed_can_be_exchanged():
    headers = headers_for(SECRET, "urn:s:42", NOW, BODY)
    for name, value in ((ID, "urn:s:43"), (TIMESTAMP, str(int(NOW.timestamp()) + 1))):
        with pytest.raises(UnauthenticatedError, match="no signature is right"):
            check({**headers, name: value}, BODY, SECRET, NOW)
    with pytest.raises(UnauthenticatedError, match="no signature is right"):
        check(headers, BODY + b" ", SECRET, NOW)
    with pytest.raises(UnauthenticatedError, match="no signature is right"):
        check(headers, BODY, secret_of(bytes(32)), NOW)


@pytest.mark.parametrize("name", [ID, TIMESTAMP, SIGNATURE])
@pytest.mark.parametrize("value", ["", "x" * 5000])
def test_every_field_has_to_be_there(name, value):
    headers = headers_for(SECRET, "urn:s:42", NOW, BODY) | {name: value}
    with pytest.raises(UnauthenticatedError) as refused:
        check(headers, BODY, SECRET, NOW)
    assert refused.value.place == name
    with pytest.raises(UnauthenticatedError):
        check({}, BODY, SECRET, NOW)


@pytest.mark.parametrize("stamp", ["now", "-1", "1.5", "٣", "9" * 30])
def test_a_timestamp_is_a_number_of_seconds(stamp):
    headers = headers_for(SECRET, "urn:s:42", NOW, BODY) | {TIMESTAMP: stamp}
    with pytest.raises(UnauthenticatedError, match="no number of seconds"):
        check(headers, BODY, SECRET, NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_ä", "not base64!", secret_of(bytes(65))])
def test_a_secret_that_is_none_is_refused_and_not_repeated(secret):
    with pytest.raises(MalformedError) as refused:
        headers_for(secret, "urn:s:42", NOW, BODY)
    assert secret[6:] == "" or secret[6:] not in str(refused.value)


@given(
    headers=st.dictionaries(st.sampled_from([ID, TIMESTAMP, SIGNATURE]), st.text(max_size=40)),
    body=st.binary(max_size=40),
)
def test_whatever_comes_without_the_secret_is_refused(headers, body):
    with pytest.raises(UnauthenticatedError):
        check(headers, body, SECRET, NOW)
