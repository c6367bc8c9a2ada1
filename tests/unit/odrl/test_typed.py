from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import CorridorError, MalformedError, TooLargeError
from corridor.odrl.operands import CORE, JURISDICTION, PAPERS, Operator
from corridor.odrl.spatial import GROUPS
from corridor.odrl.typed import typed_value
from corridor.odrl.values import Duration, Moment, PaperReference
from corridor.odrl.wire import XSD, PolicyLimits

LIMITS = PolicyLimits()
DIGEST = "sha-256:" + "0" * 64


def typed(left, operator, raw, datatype=None):
    return typed_value(CORE.get(left), Operator(operator), raw, datatype=datatype, place="$.right", limits=LIMITS)


@pytest.mark.parametrize(
    "raw",
    [
        "2027-01-01T00:00:00Z",
        ["2027-01-01T01:00:00+01:00"],
        {"@value": "2027-01-01T00:00:00.000Z", "@type": XSD + "dateTime"},
        {"@value": "2027-01-01T00:00:00Z", "@type": "xsd:dateTimeStamp"},
    ],
)
def test_an_instant_is_the_same_in_every_spelling(raw):
    assert typed("dateTime", "lt", raw) == Moment.of_instant(datetime(2027, 1, 1, tzinfo=UTC))


def test_a_date_is_a_day_in_its_zone():
    assert typed("dateTime", "lteq", {"@value": "2026-12-31Z", "@type": "xsd:date"}).start.day == 31


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(MalformedError, match="not an instant"):
        typed("dateTime", "lt", "2027-01-01T00:00:00")


def test_durations_and_counts_are_read():
    assert typed("elapsedTime", "lteq", "P30D") == Duration(0, timedelta(days=30))
    assert typed("count", "lt", "5") == typed("count", "lt", 5) == typed("count", "lt", "+5") == 5
    assert typed("count", "gt", {"@value": "-1", "@type": "xsd:integer"}) == -1


@pytest.mark.parametrize("raw", ["", "five", "5.0", "5e3", "1" * 17, str(2**53), "\u0665", " 5"])
def test_what_is_no_whole_number_is_refused(raw):
    with pytest.raises(MalformedError, match="no value of that operand"):
        typed("count", "lt", raw)


@pytest.mark.parametrize("raw", ["", "30 days", "-P1D", "P1W"])
def test_what_is_no_duration_is_refused(raw):
    with pytest.raises(MalformedError, match="no value of that operand"):
        typed("elapsedTime", "lteq", raw)


def test_names_become_a_set_whose_order_does_not_count():
    assert typed("purpose", "isAnyOf", ["urn:a", {"@id": "urn:b"}, "urn:a"]) == {"urn:a", "urn:b"}
    assert typed("assignee", "isAnyOf", "did:web:c") == {"did:web:c"}


def test_places_are_codes_and_groups_stand_for_their_members():
    assert typed("spatial", "isAnyOf", ["https://w3id.org/dpv/loc#CH", "EU"]) == GROUPS["EU"] | {"CH"}
    assert typed(JURISDICTION, "eq", "CN") == {"CN"}


@pytest.mark.parametrize("operator", ["isPartOf", "hasPart"])
def test_the_part_operators_keep_the_group(operator):
    assert typed("spatial", operator, ["EU", "CH"]) == {"EU", "CH"}


@pytest.mark.parametrize("raw", ["de", "Mars", "DEU", ""])
def test_a_place_that_is_not_known_is_refused(raw):
    with pytest.raises(MalformedError, match="no value of that operand"):
        typed("spatial", "eq", raw)


def test_papers_are_references_in_the_order_of_the_list_each_once():
    assert typed(PAPERS, "isAllOf", [DIGEST, {"@value": DIGEST}]) == (PaperReference(DIGEST),)


@pytest.mark.parametrize(
    ("left", "operator", "raw"),
    [
        ("dateTime", "lt", ["2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"]),
        ("purpose", "eq", ["urn:a", "urn:b"]),
        ("count", "lteq", [1, 2]),
    ],
)
def test_where_one_value_is_wanted_several_are_refused(left, operator, raw):
    with pytest.raises(MalformedError, match="compares with one value, here are 2"):
        typed(left, operator, raw)


@pytest.mark.parametrize("raw", [None, []])
def test_nothing_is_no_right_operand(raw):
    with pytest.raises(MalformedError, match="no right operand"):
        typed("purpose", "isAnyOf", raw)


@pytest.mark.parametrize(
    ("left", "datatype"),
    [("dateTime", "xsd:integer"), ("count", "xsd:string"), ("purpose", "xsd:date"), ("elapsedTime", "xsd:dateTime")],
)
def test_a_value_of_another_datatype_is_refused(left, datatype):
    with pytest.raises(MalformedError, match=f"`{left}` does not compare with a") as caught:
        typed(left, "eq", {"@value": "x", "@type": datatype})
    assert caught.value.place == "$.right[0]"


@pytest.mark.parametrize("left", ["dateTime", "purpose", "spatial", "elapsedTime"])
def test_a_number_is_only_a_count(left):
    with pytest.raises(MalformedError, match="the number 5"):
        typed(left, "eq", 5)


def test_a_name_must_not_be_empty():
    with pytest.raises(MalformedError, match="no value of that operand"):
        typed("purpose", "eq", "")


def test_a_list_is_bounded():
    with pytest.raises(TooLargeError):
        typed("purpose", "isAnyOf", ["urn:a"] * 10_001)


@given(st.sampled_from(sorted(CORE.by_name)), st.recursive(st.text() | st.integers() | st.none(), st.lists))
def test_whatever_comes_a_value_is_typed_or_refused(left, raw):
    operator = min(CORE.get(left).operators)
    with suppress(CorridorError):
        hash(typed(left, operator, raw))
