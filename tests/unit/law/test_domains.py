from __future__ import annotations

from datetime import date

import pytest

from corridor.law.domains import domains_of, kind_of
from corridor.law.facts import parse_facts
from corridor.law.suppose import APART, POPULATIONS, TOGETHER
from corridor.law.vocabulary import CATEGORY, Place, Truthful

DAY = date(2026, 11, 22)
OWNERS = [
    ({"kind": "public", "pct": 100},),
    ({"kind": "individual", "country": "AQ", "located_in": "AQ", "works_for": (), "pct": 100},),
    ({"kind": "government", "located_in": "AQ", "pct": 100},),
]
ITEM = {"data": {"items": [{"category": "health"}]}}


@pytest.fixture
def domain(aland):
    def of(path, document=None, day=DAY, rules=None):
        return domains_of(rules or aland, day).of(path, parse_facts(document or {}))

    return of


def test_a_day_has_its_domains_once(aland):
    assert domains_of(aland, DAY) is domains_of(aland, DAY)


def test_of_all_countries_one_is_taken_for_each_answer_that_the_rules_give(domain):
    places = domain("importer.located_in")
    assert "AR" in places
    assert "CL" in places
    assert len(places) == 3  # elsewhere, within, and a friend
    assert "UY" not in places  # a friend no longer


def test_numbers_are_taken_on_both_sides_of_every_threshold(domain):
    amounts = domain("data.counts[0].n")
    assert {0, 99, 100, 101} <= set(amounts)
    assert {9, 10, 11} <= set(domain("data.counts[0].n", day=date(2025, 6, 1)))


def test_counts_are_supposed_for_every_category_of_the_items(domain):
    assert [count["category"] for count in domain("data.counts", ITEM)[0]] == ["health"]
    assert domain("data.counts") == ((),)


def test_items_are_supposed_where_the_rules_tell_them_apart(domain):
    categories = [items[0]["category"] for items in domain("data.items") if items]
    assert len(categories) == 2  # personal by its meaning, or not


def test_truths_flags_and_populations(domain):
    assert domain("request.by_authority") == (True, False)
    assert domain("exporter.designations has CN:CIIO") == (True, False)
    assert domain(POPULATIONS) == (TOGETHER, APART)


def test_what_is_no_fact_has_no_values(domain):
    assert domain("the rules of PE") == ()
    assert domain("the value of many on 2019-01-01") == ()


@pytest.mark.parametrize(
    ("condition", "path", "values"),
    [
        ("transfer.starts >= 2026-06-01", "transfer.starts", [date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 2)]),
        ("exporter.persons_handled > many", "exporter.persons_handled", [0, 99, 100, 101, 1_000_000_000]),
        ("purpose has marketing", "purpose", [(), ("marketing",), ("academic_cooperation",)]),
        ("transfer.access_from has CN", "transfer.access_from", [(), ("AQ",), ("CN",)]),
        ("exporter.owned_by any (pct >= 50)", "exporter.owned_by", [(), *OWNERS]),
        ("exporter.owned_by any (pct >= 50)", "exporter.owned_by[0].pct", [0, 49, 50, 51, 100]),
    ],
)
def test_each_kind_of_fact_has_its_values(domain, changed, condition, path, values):
    book = changed(("when: importer.located_in in friends", f"when: {condition}"))
    found = domain(path, rules=book.jurisdictions["XA"])
    assert sorted(map(str, found)) == sorted(map(str, values))


def test_a_fact_that_is_compared_with_another_may_be_the_same(domain, changed):
    book = changed(("when: importer.located_in in friends", "when: exporter.id == importer.id"))
    assert domain("importer.id", {"exporter": {"id": "e"}}, rules=book.jurisdictions["XA"]) == ("another", "e")


def test_the_kind_of_a_path(domain):
    assert kind_of("data.items[].category") is CATEGORY
    assert isinstance(kind_of("transfer.access_from[]"), Place)
    assert isinstance(kind_of("consent.given"), Truthful)
    assert kind_of("nowhere.at") is None
    assert domain("data.counts[0].window")


OWNED = """
instrument: xa/owned
title: {en: Owned}
enacted_by: Parliament
in_force: {from: 2020-01-01}
source: {address: gazette.example/2, checked: 2026-11-01, verified: official}
parameters: {half: {unit: percent, values: [{from: 2020-01-01, value: 50, pin: s 1}]}}
shares: {foreign_share: {of: foreign, through: half, pin: s 1}}
derive:
  foreign: {of: party, is: 'kind == individual and primary_residence in [CL] or foreign_share >= half', pin: s 1}
duties: [{id: ask, pin: s 1, when: importer is foreign, what: ask, who: exporter}]
"""


def test_owners_are_supposed_from_each_kind_of_place_and_shares_on_both_sides_of_the_limit(domain, changed):
    rules = changed(**{"xa__owned.yaml": OWNED})
    owned = domain("importer.owned_by", rules=rules.jurisdictions["XA"])
    assert {owner.get("country") for owners in owned for owner in owners} >= {None, "CL"}
    shares = domain("importer.owned_by[0].pct", rules=rules.jurisdictions["XA"])
    assert {0, 49, 50, 51, 100} <= set(shares)
    assert set(domain("parties[0].kind", rules=rules.jurisdictions["XA"])) >= {"individual"}
