from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.http.errors import UnsupportedMediaTypeError
from corridor.http.media import check_json_type


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "application/json",
        "Application/JSON ; charset=UTF-8",
        'application/ld+json; profile="x"',
        "application/json;",
    ],
)
def test_json_in_utf8_is_read_and_so_is_what_says_nothing(content_type):
    check_json_type(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/xml",
        "application/jsonx",
        "json",
        "application/json; charset=utf-16",
        "multipart/form-data; boundary=a",
    ],
)
def test_other_types_are_refused(content_type):
    with pytest.raises(UnsupportedMediaTypeError) as refusal:
        check_json_type(content_type)
    assert refusal.value.place == "Content-Type"


@pytest.mark.parametrize("content_type", [None, "", "application/ld+json", "text/plain"])
def test_read_strictly_a_body_has_to_say_that_it_is_plain_json(content_type):
    check_json_type("application/json; charset=utf-8", strict=True)
    with pytest.raises(UnsupportedMediaTypeError):
        check_json_type(content_type, strict=True)


@given(content_type=st.text(max_size=40) | st.text(alphabet="application/json; charset=\"'*", max_size=60))
def test_any_text_is_a_type_that_is_read_or_refused(content_type):
    with contextlib.suppress(UnsupportedMediaTypeError):
        check_json_type(content_type)
