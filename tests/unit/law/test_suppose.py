from __future__ import annotations

import pytest

from corridor.law.facts import parse_facts
from corridor.law.suppose import APART, POPULATIONS, TOGETHER, suppose

COUNTS = [{"category": "health", "n": 1}, {"category": "vehicle", "n": 2}]


@pytest.mark.parametrize(
    ("path", "value", "document"),
    [
        ("importer.role", "processor", {"importer": {"role": "processor"}}),
        ("transfer.necessity.for", "treaty", {"transfer": {"necessity": {"for": "treaty"}}}),
        ("purpose", ("marketing",), {"purpose": ["marketing"]}),
        ("exporter.designations has CN:CIIO", False, {"exporter": {"designations": {"CN:CIIO": False}}}),
    ],
)
def test_a_fact_is_put_where_its_path_says(path, value, document):
    assert suppose(parse_facts({}), path, value) == parse_facts(document)


def test_an_element_of_a_list_gets_it_and_the_others_stay():
    before = parse_facts({"data": {"items": [{"category": "vehicle"}, {"category": "health"}]}})
    after = suppose(before, "data.items[0].personal", value=True)
    assert [item.get("personal") for item in after.get("data.items")] == [True, True]
    assert "personal" not in before.get("data.items")[0]


def test_flags_that_were_given_stay():
    before = parse_facts({"exporter": {"designations": {"SME": True}}})
    after = suppose(before, "exporter.designations has CN:CIIO", value=True)
    assert dict(after.get("exporter.designations").known) == {"SME": True, "CN:CIIO": True}


@pytest.mark.parametrize(("value", "different"), [(TOGETHER, 1), (APART, 2)])
def test_counts_are_of_the_same_persons_or_of_different_ones(value, different):
    after = suppose(parse_facts({"data": {"counts": COUNTS}}), POPULATIONS, value)
    assert len({count["population"] for count in after.get("data.counts")}) == different
