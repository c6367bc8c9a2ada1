from __future__ import annotations

import contextlib
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError, TooLargeError
from corridor.http.management.inputs import ExplainQuery, PageQuery, TransferBody, WaitQuery
from corridor.http.management.reading import read_body, read_document, read_query


def test_a_query_gives_typed_values():
    assert read_query(b"limit=7&after=urn%3Aa%2Fb", PageQuery) == PageQuery(after="urn:a/b", limit=7)
    assert read_query(b"", PageQuery) == PageQuery()
    assert read_query(b"dataset=d&for=p", ExplainQuery).partner == "p"


@pytest.mark.parametrize(
    ("query", "place", "message"),
    [
        (b"limit=x", "?limit", "expected `int`"),
        (b"limit=0", "?limit", ">= 1"),
        (b"limit=1001", "?limit", "<= 1000"),
        (b"limit=" + b"9" * 400, "?limit", "<= 1000"),
        (b"limitt=1", "?", "unknown field `limitt`"),
        (b"limit=1&limit=2", "query", "twice"),
        (b"after=%ff", "query", "cannot be read"),
        ("after=\u00e9".encode(), "query", "cannot be read"),
        (b"&".join(b"a=1" for _ in range(50)), "query", "cannot be read"),
    ],
)
def test_a_faulty_query_is_refused_with_its_place(query, place, message):
    with pytest.raises(MalformedError) as refused:
        read_query(query, PageQuery)
    assert refused.value.place == place
    assert message in refused.value.message


def test_nobody_waits_longer_than_a_minute():
    with pytest.raises(MalformedError):
        read_query(b"wait=61", WaitQuery)
    with pytest.raises(MalformedError):
        read_query(b"wait=nan", WaitQuery)


def test_an_empty_body_is_an_empty_object():
    assert read_document(b"") == {}


def test_a_body_is_bounded_json():
    for body, error in ((b"{", MalformedError), (b"[" * 1000, TooLargeError), (b'{"a":1,"a":2}', MalformedError)):
        with pytest.raises(error):
            read_document(body)


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"agreement": 1}, "$.agreement"),
        ({"agreement": ""}, "$.agreement"),
        ({"agreement": "a" * 513}, "$.agreement"),
        ({"agreement": "a", "fetch": "yes"}, "$.fetch"),
        ({}, "$"),
        ({"agreement": "a", "x": 1}, "$"),
        ([], "$"),
        (None, "$"),
    ],
)
def test_a_faulty_body_is_refused_with_its_path(document, place):
    with pytest.raises(MalformedError) as refused:
        read_body(document, TransferBody)
    assert refused.value.place == place
    assert refused.value.message[0].islower()


def test_what_a_sender_made_up_is_not_repeated_at_length():
    with pytest.raises(MalformedError) as refused:
        read_body({"x\n" * 5000: 1, "agreement": "a"}, TransferBody)
    assert len(refused.value.message) <= 300
    assert refused.value.message.isprintable()


@given(st.binary(max_size=200))
def test_no_query_is_more_than_malformed(raw):
    with contextlib.suppress(MalformedError):
        assert isinstance(read_query(raw, ExplainQuery), ExplainQuery)


@given(st.dictionaries(st.sampled_from(["after", "limit"]), st.text(max_size=20)))
def test_every_readable_query_gives_values_within_the_bounds(values):
    try:
        found = read_query(urlencode(values).encode(), PageQuery)
    except MalformedError:
        return
    assert 1 <= found.limit <= 1000
    assert found.after == values.get("after", "")
