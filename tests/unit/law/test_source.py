from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import CorridorError, MalformedError, TooLargeError
from corridor.law.source import Listing, Place, Scalar, SourceLimits, Table, plain, read_yaml


def value_of(text):
    return plain(read_yaml(text, "f.yaml"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("1_000_000", 1_000_000),
        ("-5", -5),
        ("1.5", "1.5"),
        ("1e3", "1e3"),
        ("0x10", "0x10"),
        ("12:30:45", "12:30:45"),
        ("2026-11-22", "2026-11-22"),
        ("'2026-11-22'", "2026-11-22"),
        ("'true'", "true"),
        ("=", "="),
    ],
)
def test_scalars_follow_the_core_schema_without_surprises(text, value):
    assert value_of(f"a: {text}") == {"a": value}


def test_a_plain_day_is_a_day_and_a_quoted_one_is_text():
    tree = read_yaml("[2026-11-22, '2026-11-22']", "f.yaml")
    assert [item.value for item in tree.items] == [date(2026, 11, 22), "2026-11-22"]


def test_every_node_knows_where_it_stands():
    tree = read_yaml("a:\n  - b: 中国\n    c: [1]\n", "law/x.yaml")
    assert isinstance(tree, Table)
    listing = tree.entries["a"]
    assert isinstance(listing, Listing)
    inner = listing.items[0]
    assert inner.key_places["c"] == Place("law/x.yaml", 3, 5)
    assert str(inner.entries["c"].items[0].place) == "law/x.yaml:3:9"
    assert inner.entries["b"] == Scalar("中国", Place("law/x.yaml", 2, 8))


def test_json_is_read_as_well():
    assert value_of('{"a": [1, null, "x"], "b": {}}') == {"a": [1, None, "x"], "b": {}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x 1\nb: *x", r"f\.yaml:1:4: anchors and aliases are not read"),
        ("*x", "anchors and aliases are not read"),
        ("a: !!python/object:os.system x", "the tag `tag:yaml.org,2002:python/object:os.system` is not read"),
        ("!t {a: 1}", "the tag"),
        ("a: 1\na: 2", r"f\.yaml:2:1: the name `a` stands twice"),
        ("? [a]\n: 1", "a name must be a non-empty text"),
        ("'': 1", "a name must be a non-empty text"),
        ("a: 1\n---\nb: 2", "a second document"),
        ("", "an empty document"),
        ("# only a remark", "an empty document"),
        ("a: [1", "not YAML"),
        ("a: b: c", "not YAML"),
        ("a: \x07", "not YAML"),
        ("a: \ud800", "not YAML"),
        ("a: 2026-02-30", "`2026-02-30` is no day of the calendar"),
        ("a: 99999999999999999", "beyond"),
        ("a: " + "1" * 400, "beyond"),
    ],
)
def test_what_is_not_read_is_refused_with_its_place(text, message):
    with pytest.raises(MalformedError, match=message):
        read_yaml(text, "f.yaml")


def test_nesting_is_bounded_before_it_costs_anything():
    with pytest.raises(TooLargeError, match="nested deeper than 32 levels"):
        read_yaml("[" * 100_000, "f.yaml")
    assert value_of("[" * 32 + "]" * 32)


def test_size_nodes_and_scalars_are_bounded():
    limits = SourceLimits(max_characters=50, max_nodes=4, max_scalar=5)
    for text, message in [
        ("a" * 51, "at most 50 characters"),
        ("[1, 2, 3, 4]", "more than 4 nodes"),
        ("abcdef", "at most 5 characters"),
        ("abcdef: 1", "a name is too long"),
    ]:
        with pytest.raises(TooLargeError, match=message):
            read_yaml(text, "f.yaml", limits)


def refusal_of(action):
    try:
        action()
    except CorridorError as error:
        return error
    return None


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    error = refusal_of(lambda: plain(read_yaml(text, "f.yaml")))
    assert error is None or str(error).startswith("f.yaml")


_PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(codec="ascii"), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(_PLAIN)
def test_json_values_come_back_as_they_went_in(value):
    assert value_of(json.dumps({"v": value})) == {"v": value}
