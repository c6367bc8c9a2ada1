from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError, TooLargeError
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1.reader import Node

LIMITS = CodecLimits(text_length=30)


def node(value):
    return Node(value, "$", LIMITS)


def place_of(read):
    with pytest.raises((MalformedError, TooLargeError)) as caught:
        read()
    return caught.value.place


def test_a_member_knows_its_path():
    found = node({"a": {"b": ["x", {"c": 1}]}}).need("a").need("b").items(5)[1].need("c")
    assert (found.value, found.place) == (1, "$.a.b[1].c")


def test_null_says_the_same_as_absence():
    assert node({"a": None}).find("a") is None
    assert node({}).find_text("a") is None
    assert node({}).find_identifier("a") is None
    assert place_of(lambda: node({"a": None}).need("a")) == "$.a"


def test_an_object_is_needed_to_have_members():
    assert place_of(lambda: node([]).find("a")) == "$"


def test_one_value_alone_stands_for_a_list_of_it():
    assert [item.place for item in node({"a": "x"}).find_items("a", 5)] == ["$.a"]
    assert node({}).find_items("a", 5) == ()


def test_a_list_has_a_limit():
    assert len(node([1, 2]).items(2)) == 2
    assert place_of(lambda: node([1, 2, 3]).items(2)) == "$"


@pytest.mark.parametrize("value", [None, 5, "", [], {}, True, "x" * 31])
def test_what_is_no_text_is_refused_without_being_repeated(value):
    with pytest.raises((MalformedError, TooLargeError)) as caught:
        node({"a": value}).need("a").text() if value is not None else node(value).text()
    assert "x" * 31 not in str(caught.value)


def test_texts_and_identifiers_are_found_by_name():
    assert node({"a": "x"}).find_text("a") == "x"
    assert node({"a": "x"}).find_identifier("a") == "x"
    assert place_of(lambda: node({"a": "x y"}).find_identifier("a")) == "$.a"


@pytest.mark.parametrize(
    "url",
    ["https://a.example", "http://a.example:1/x/", "https://[::1]:8080", "http://localhost:8083", "https://a/%20"],
)
def test_a_base_url_is_absolute_http(url):
    assert node(url).url() == url


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example",
        "file:///etc",
        "//a.example",
        "/x",
        "a.example",
        "https://",
        "https://a?x=1",
        "https://a#f",
        "https://u:p@a.example",
        "https://a\\b",
        "https://a b",
        "https://a\n",
        "https://a:99999",
        "https://a:0",
        "https://a:x",
        "https://[::1",
        "https://ä.example",
        "javascript:alert(1)",
        "",
        5,
    ],
)
def test_anything_else_is_no_base_url(url):
    assert place_of(node(url).url) == "$"


@given(url=st.text(max_size=20))
def test_no_text_surprises_the_check_of_urls(url):
    with contextlib.suppress(MalformedError):
        assert node(url).url() == url


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("late", "late"),
        ({"message": "late"}, "late"),
        ({"@value": "late", "@language": "en"}, "late"),
        ({"message": 5}, '{"message": 5}'),
        (["a", 1], '["a", 1]'),
        (5, "5"),
        ("x" * 40, "x" * 30),
    ],
)
def test_a_reason_of_any_shape_has_words(reason, words):
    assert node(reason).words() == words


def test_the_text_of_a_node_shows_no_value():
    assert "s3cret" not in repr(node("s3cret"))
