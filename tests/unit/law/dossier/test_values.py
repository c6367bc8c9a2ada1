from __future__ import annotations

from datetime import date

import pytest

from corridor.law.dossier.values import ANSWERS, answer_text, fact_text, table_of
from corridor.law.evaluate import assess
from corridor.law.facts import parse_facts

FACTS = {
    "exporter": {"located_in": "AR", "public_body": False, "designations": {"CN:CIIO": True, "US:DPF": False}},
    "importer": {"located_in": "PE"},
    "transfer": {"starts": "2026-12-01", "access_from": ["PE", "US"], "kind": "store_abroad"},
    "data": {
        "items": [{"category": "health", "subject": "patient"}, {"category": "genetic"}],
        "counts": [{"category": "health", "n": 12000}],
    },
}


@pytest.fixture
def facts():
    return parse_facts(FACTS)


@pytest.mark.parametrize(
    ("path", "english", "chinese"),
    [
        ("exporter.public_body", "no", "否"),
        ("exporter.designations", "CN:CIIO", "CN:CIIO"),
        ("transfer.starts", "2026-12-01", "2026-12-01"),
        ("transfer.access_from", "PE, US", "PE、US"),
        ("transfer.kind", "store abroad", "境外存储"),
        ("exporter.name", None, None),
    ],
)
def test_a_fact_is_told_in_either_language_and_an_unknown_one_in_none(facts, path, english, chinese):
    assert (fact_text(facts, path, "en"), fact_text(facts, path, "zh")) == (english, chinese)


def test_a_table_has_the_columns_that_are_known_and_says_what_is_not(facts):
    items = table_of(facts, "items", "en")
    assert (items.head, items.rows) == (("category", "whose"), (("health", "patient"), ("genetic", "not known")))
    assert table_of(facts, "counts", "zh").rows == (("医疗健康信息", "12,000"),)
    assert table_of(facts, "papers", "en") is None


def test_a_ruling_is_told_part_by_part(rulebook, facts):
    ruling = assess(rulebook, facts, date(2026, 11, 22)).ruling("XA")
    found = {name: answer_text(ruling, name, "en") for name in ANSWERS}
    assert found["outcome"] == "REQUIRES_APPROVAL"
    assert found["mechanisms"] == "permit"
    assert found["provisions"] == "Data Act of Aland, s 4"
    assert found["counts"] == "exported 12000 or more persons"
    assert found["as_of"] == "2026-11-22"
    assert found["missing"] == "none"
    assert found["duties"] == "s 7"


def test_counters_that_were_not_read_fill_nothing(rulebook):
    facts = parse_facts({"exporter": {"located_in": "AR"}, "importer": {"located_in": "AR"}})
    ruling = assess(rulebook, facts, date(2026, 11, 22)).ruling("XA")
    assert answer_text(ruling, "counts", "en") is None
