from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError
from corridor.dataplane.answers import Stated, reason_of, stated_in
from corridor.dataplane.digest import repr_digest

SHA256 = "sha-256:" + "ab" * 32


def test_an_answer_states_tag_digest_size_and_rows():
    headers = {"ETag": '"x"', "Repr-Digest": repr_digest(SHA256), "Content-Length": "12", "Corridor-Rows": "3"}
    assert stated_in(200, headers, 0) == (Stated('"x"', SHA256, 12, 3), 0)


def test_an_answer_may_state_nothing():
    assert stated_in(200, {}, 0) == (Stated(None, None, None, None), 0)


def test_what_is_no_strong_tag_or_number_is_not_stated():
    headers = {"ETag": 'W/"x"', "Content-Length": "-1", "Corridor-Rows": "٣"}
    assert stated_in(200, headers, 0) == (Stated(None, None, None, None), 0)


def test_a_part_states_where_it_begins_and_how_long_the_whole_is():
    headers = {"Content-Range": "bytes 5-11/12", "Content-Length": "7"}
    assert stated_in(206, headers, 5) == (Stated(None, None, 12, None), 5)


@pytest.mark.parametrize("field", ["bytes 4-11/12", "bytes 5-10/12", "bytes */12", "", "bytes 5-11/*"])
def test_another_part_than_was_asked_for_is_malformed(field):
    with pytest.raises(MalformedError) as caught:
        stated_in(206, {"Content-Range": field}, 5)
    assert caught.value.place == "Content-Range"


@pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip"}, {"Repr-Digest": "sha-256=:AA==:"}])
def test_a_coding_or_a_broken_digest_is_malformed(headers):
    with pytest.raises(MalformedError):
        stated_in(200, headers, 0)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"detail": "the agreement was terminated", "title": "Forbidden"}, "the agreement was terminated"),
        ({"title": "Forbidden"}, "Forbidden"),
        ({"code": "403", "reason": ["ended", "more"]}, "ended"),
        ({"detail": "\x1b[2Jred"}, "\\x1b[2Jred"),
        ({"detail": " "}, None),
        ({"detail": {"a": 1}, "reason": []}, None),
        ([], None),
        ("no", None),
    ],
)
def test_the_reason_is_found_in_a_problem_or_a_protocol_error(document, reason):
    assert reason_of(json.dumps(document).encode()) == reason


def test_a_long_reason_is_shortened():
    assert len(reason_of(json.dumps({"detail": "x" * 5000}).encode())) == 200


@given(st.binary(max_size=50))
def test_any_body_gives_a_reason_or_none(body):
    reason = reason_of(body)
    assert reason is None or reason.isprintable()
