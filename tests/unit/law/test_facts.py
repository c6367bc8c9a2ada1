from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.clock import DateRange
from corridor.base.errors import CorridorError, MalformedError, TooLargeError
from corridor.base.truth import Truth
from corridor.law.facts import FlagSet, check_day, parse_facts, suggestion


def test_what_is_left_out_or_null_is_unknown():
    facts = parse_facts({"exporter": {"located_in": "CN", "role": None}})
    assert facts.get("exporter.located_in") == "CN"
    assert facts.get("exporter.role") is None
    assert facts.get("importer.located_in") is None
    assert facts.get("exporter.located_in.deeper") is None
    assert facts.papers == ()


def test_values_are_typed_once():
    paper = {"kind": "cn/standard-contract", "effective": "2026-06-01", "module": 2, "scope": {"n_max": 5}}
    facts = parse_facts({"papers": [paper], "data": {"counts": [{"n": 3, "window": 2026}]}})
    assert facts.papers[0]["effective"] == date(2026, 6, 1)
    assert facts.papers[0]["scope"]["n_max"] == 5
    assert facts.get("data.counts")[0]["window"] == DateRange(date(2026, 1, 1), date(2026, 12, 31))


def test_a_window_may_be_given_by_its_days():
    facts = parse_facts({"data": {"counts": [{"window": {"from": "2026-01-01", "to": "2026-06-30"}}]}})
    assert facts.get("data.counts")[0]["window"] == DateRange(date(2026, 1, 1), date(2026, 6, 30))


def test_a_category_that_is_personal_by_meaning_makes_the_item_personal_unless_it_says_otherwise():
    items = [{"category": "health"}, {"category": "health", "personal": False}, {"category": "vehicle"}]
    found = parse_facts({"data": {"items": items}}).get("data.items")
    assert [item.get("personal") for item in found] == [True, False, None]


def test_flags_as_a_list_are_complete_and_as_an_object_are_not():
    as_list = parse_facts({"exporter": {"designations": ["CN:CIIO"]}}).get("exporter.designations")
    as_object = parse_facts({"exporter": {"designations": {"CN:CIIO": False, "US:DPF": None}}})
    partly = as_object.get("exporter.designations")
    assert (as_list.holds("CN:CIIO"), as_list.holds("US:DPF")) == (Truth.TRUE, Truth.FALSE)
    assert (partly.holds("CN:CIIO"), partly.holds("US:DPF")) == (Truth.FALSE, Truth.UNKNOWN)
    assert FlagSet({}, complete=True).holds("x") is Truth.FALSE


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"exportr": {}}, "facts: `exportr` is no field of facts; did you mean `exporter`"),
        ({"exporter": {"located": "CN"}}, "facts.exporter: `located` is no field of party; did you mean `located_in`"),
        ({"exporter": []}, "facts.exporter: `a list` cannot stand here; write an object"),
        ({"exporter": {"located_in": "EU"}}, "facts.exporter.located_in: `EU` is no country"),
        ({"exporter": {"located_in": 5}}, "`5` is no country"),
        ({"exporter": {"role": "boss"}}, "`boss` is no code for role; write one of"),
        ({"exporter": {"role": 10**400}}, "`a huge number` is no code for role"),
        ({"exporter": {"public_body": "yes"}}, "`yes` cannot stand here; write true or false"),
        ({"exporter": {"persons_handled": -1}}, "`-1` cannot stand here; write a whole number of persons, at least 0"),
        ({"exporter": {"persons_handled": True}}, "`True` cannot stand here"),
        ({"exporter": {"persons_handled": 1.5}}, "`1.5` cannot stand here"),
        ({"exporter": {"persons_handled": 2**53}}, "`a huge number` cannot stand here"),
        ({"exporter": {"name": ""}}, "write a text"),
        ({"exporter": {"name": {}}}, "`an object` cannot stand here"),
        ({"exporter": {"designations": ["CN:CIO"]}}, "did you mean `CN:CIIO`"),
        ({"exporter": {"designations": {"CN:CIIO": 1}}}, "facts.exporter.designations.CN:CIIO: `1` cannot stand here"),
        ({"data": {"items": {}}}, "facts.data.items: `an object` cannot stand here; write a list"),
        ({"data": {"items": [{"category": "helth"}]}}, r"facts.data.items\[0\].category: `helth` is no code"),
        ({"data": {"items": [None]}}, r"facts.data.items\[0\]: `nothing` cannot stand here"),
        ({"data": {"counts": [{"window": "2026"}]}}, "a year such as 2026"),
        ({"data": {"counts": [{"window": 20_260}]}}, "a year such as 2026"),
        ({"data": {"counts": [{"window": {"from": "2026-02-01", "to": "2026-01-01"}}]}}, "a later `to`"),
        ({"papers": [{"kind": "Standard Contract"}]}, "is no code for kind of paper; see the vocabulary"),
        ({"papers": [{"effective": "soon"}]}, r"facts.papers\[0\].effective: `soon` is not a day"),
        ({"papers": [{"effective": "9999-12-31"}]}, "`9999-12-31` is out of range"),
    ],
)
def test_what_is_no_fact_is_refused_with_its_path(document, message):
    with pytest.raises(MalformedError, match=message):
        parse_facts(document)


def test_long_texts_and_lists_are_refused():
    with pytest.raises(TooLargeError, match="at most 2048 characters"):
        parse_facts({"exporter": {"name": "x" * 2049}})
    with pytest.raises(TooLargeError, match="at most 256 elements"):
        parse_facts({"purpose": ["marketing"] * 257})


def test_the_calendar_of_the_rules_has_bounds():
    assert check_day(date(2026, 1, 1), "as_of") == date(2026, 1, 1)
    with pytest.raises(MalformedError, match="as_of: `1899-12-31` is out of range"):
        check_day(date(1899, 12, 31), "as_of")


def test_a_suggestion_is_the_nearest_word_or_all_of_few():
    assert suggestion("exportr", ["exporter", "importer"]) == "did you mean `exporter`?"
    assert suggestion("zzz", ["a", "b"]) == "write one of: a, b"
    assert "vocabulary" in suggestion("zzz", [])


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["exporter", "data", "items", "papers", "located_in", "x"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


def refusal_of(action):
    try:
        action()
    except CorridorError as error:
        return error
    return None


@given(st.dictionaries(st.sampled_from(["exporter", "importer", "data", "papers", "consent", "x"]), _JSON, max_size=4))
def test_any_object_is_parsed_or_refused_with_a_place(document):
    error = refusal_of(lambda: parse_facts(document))
    assert error is None or error.place.startswith("facts")
