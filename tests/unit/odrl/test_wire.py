from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import CorridorError, MalformedError, TooLargeError
from corridor.odrl.wire import (
    ODRL,
    XSD,
    PolicyLimits,
    Scalar,
    check_members,
    datatype_name,
    iri,
    items,
    local_name,
    members,
    node,
    scalar,
    term,
)

LIMITS = PolicyLimits()
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from(["@id", "@value"]), inner),
    max_leaves=10,
)


@pytest.mark.parametrize("name", ["use", "odrl:use", ODRL + "use"])
def test_a_name_in_the_odrl_namespace_has_one_bare_form(name):
    assert local_name(name) == "use"
    assert term(name, "$", LIMITS) == "use"


def test_a_name_outside_it_stays_as_it_is():
    assert local_name("urn:corridor:border:papers") == "urn:corridor:border:papers"


@pytest.mark.parametrize(
    "value", ["use", ["use"], {"@id": "odrl:use"}, [{"@id": ODRL + "use"}], {"@value": "use", "@type": "xsd:string"}]
)
def test_a_name_is_found_in_all_its_wrappings(value):
    assert term(value, "$", LIMITS) == "use"


def test_a_value_keeps_the_datatype_that_the_wire_states():
    assert scalar({"@value": "5", "@type": XSD + "integer"}, "$", LIMITS) == Scalar("5", "integer")
    assert scalar({"@value": 5}, "$", LIMITS) == Scalar(5)
    assert scalar({"@id": "urn:x"}, "$", LIMITS) == Scalar("urn:x", "@id")
    assert datatype_name("xsd:date") == "date"
    assert datatype_name(None) is None


@pytest.mark.parametrize(
    "value", [None, True, 1.5, [], ["a", "b"], {}, {"@value": {}}, {"@id": "a", "x": 1}, {"@value": "a", "@type": 1}]
)
def test_what_is_no_single_value_is_refused(value):
    with pytest.raises(MalformedError):
        scalar(value, "$", LIMITS)


def test_a_value_is_bounded():
    with pytest.raises(MalformedError, match="2048"):
        scalar("x" * 2049, "$", LIMITS)
    with pytest.raises(MalformedError, match="2\\^53"):
        scalar(10**5000, "$", LIMITS)


@pytest.mark.parametrize("text", ["", "a b", "a\nb", "<urn:x>", "urn:{x}", 7])
def test_what_no_iri_looks_like_is_no_name(text):
    with pytest.raises(MalformedError, match="not a name"):
        iri(text, "$.x", LIMITS)


@pytest.mark.parametrize(("value", "count"), [(None, 0), ([], 0), ("a", 1), (["a", "b"], 2), ({"@list": [1, 2, 3]}, 3)])
def test_one_thing_stands_for_the_list_of_itself(value, count):
    assert len(list(items(value, "$", LIMITS))) == count


def test_items_know_their_places():
    assert list(items(["a", "b"], "$.x", LIMITS)) == [("a", "$.x[0]"), ("b", "$.x[1]")]


def test_a_list_is_bounded():
    with pytest.raises(TooLargeError, match="10000"):
        items(["a"] * 10_001, "$", LIMITS)


def test_members_are_known_by_their_bare_terms():
    assert members({"odrl:action": 1, ODRL + "constraint": 2, "@id": 3}, "$") == {
        "action": 1,
        "constraint": 2,
        "@id": 3,
    }


def test_two_spellings_of_one_member_are_refused():
    with pytest.raises(MalformedError, match="`action` stands twice"):
        members({"odrl:action": 1, "action": 2}, "$")


def test_an_object_is_a_node():
    assert node({"a": 1}, "$") == {"a": 1}


@pytest.mark.parametrize("value", [None, "urn:x", 1, []])
def test_what_is_no_object_is_no_node(value):
    with pytest.raises(MalformedError, match="expected an object"):
        node(value, "$")


@pytest.mark.parametrize("name", ["remedy", "consequence", "refinement", "inheritFrom", "unit", "status"])
def test_what_is_not_supported_is_refused_with_a_way_out(name):
    with pytest.raises(MalformedError, match=f"`{name}` is not supported") as caught:
        check_members({name: 1}, set(), "a rule", "$.permission[0]")
    assert caught.value.place == f"$.permission[0].{name}"
    assert caught.value.remedy


def test_annotations_for_people_may_stand_anywhere():
    check_members(
        {"rdfs:label": "x", "dct:description": "y", "http://purl.org/dc/terms/title": "z"}, set(), "a rule", "$"
    )


def test_any_other_member_is_refused():
    with pytest.raises(MalformedError, match="a rule has no member `edc:x` here"):
        check_members({"edc:x": 1}, set(), "a rule", "$")


@given(json)
def test_whatever_comes_a_value_is_read_or_refused(value):
    with suppress(CorridorError):
        assert isinstance(scalar(value, "$", LIMITS).value, str | int)
