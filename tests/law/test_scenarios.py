"""The exchanges that the demonstration shows, judged by the rules that ship with the product."""

from __future__ import annotations

import copy
from datetime import date
from importlib.resources import files

import pytest

from corridor.base.truth import Truth
from corridor.law.evaluate import assess, counts_needed
from corridor.law.explain import as_text, reasons
from corridor.law.facts import parse_facts
from corridor.law.from_source import load_rulebook
from corridor.law.outcome import CountKey, Outcome, Population

DAY = date(2026, 11, 22)
KEY = CountKey("CN", "exported_persons")
RULEBOOK = load_rulebook(
    {
        f"{folder.name}/{file.name}": file.read_text(encoding="utf-8")
        for folder in (files("corridor.law") / "jurisdictions").iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
        if file.name.endswith(".yaml")
    }
)
CUSTOMERS = {
    "exporter": {"id": "did:web:shop.example", "located_in": "CN", "designations": {"CN:CIIO": False}},
    "importer": {"id": "did:web:service.example", "located_in": "DE"},
    "data": {
        "items": [{"category": "contact_demographic"}],
        "important_status": "not_notified",
        "counts": [{"category": "contact_demographic", "unit": "persons", "n": 120_000, "population": "customers"}],
    },
}
CONTRACT = {
    "id": "contract-1",
    "kind": "cn/standard-contract",
    "number": "2026-001",
    "effective": "2026-06-01",
    "filed": "2026-06-10",
    "parties": ["did:web:shop.example", "did:web:service.example"],
}


def customers(n=120_000, **more):
    document = copy.deepcopy(CUSTOMERS) | more
    document["data"]["counts"][0]["n"] = n
    return parse_facts(document)


@pytest.mark.parametrize("country", ["BE", "DE"])
def test_product_safety_alerts_go_from_europe_to_china(country):
    document = {
        "exporter": {"located_in": country},
        "importer": {"located_in": "CN"},
        "data": {"items": [{"category": "product_safety", "personal": False}]},
    }
    whole = assess(RULEBOOK, parse_facts(document), DAY)
    europe, china = whole.ruling("EU"), whole.ruling("CN")
    assert (europe.outcome, str(europe.provisions[0].citation)) == (
        Outcome.NOT_REGULATED,
        "Regulation (EU) 2016/679 (GDPR), art 2(1)",
    )
    assert (china.outcome, china.provisions[0].citation.instrument) == (Outcome.NOT_A_TRANSFER, "cn/assessment-guide")
    assert (whole.proceed, whole.missing) == (Truth.TRUE, ())


def test_120000_customers_need_a_filed_contract_or_a_certificate():
    whole = assess(RULEBOOK, customers(), DAY)
    china, europe = whole.ruling("CN"), whole.ruling("EU")
    assert (china.outcome, china.mechanisms) == (
        Outcome.ALLOWED_WITH_MECHANISM,
        ("standard_contract", "certification"),
    )
    assert (china.provisions[0].citation.instrument, china.provisions[0].citation.pin) == ("cn/decree-16", "art 8")
    assert (europe.outcome, europe.proceed) == (Outcome.NOT_A_TRANSFER, Truth.TRUE)
    assert whole.proceed is Truth.FALSE
    assert reasons(whole)[0].text == (
        "CN: needs a standard contract filed with the provincial CAC, or a certification "
        "(Provisions on Promoting and Regulating Cross-border Data Flows, art 8): 120000 persons since 2026-01-01"
    )


def test_a_filed_contract_lets_them_go():
    whole = assess(RULEBOOK, customers(papers=[CONTRACT]), DAY)
    assert (whole.outcome, whole.proceed) == (Outcome.ALLOWED_WITH_MECHANISM, Truth.TRUE)


def test_a_million_need_an_assessment():
    china = assess(RULEBOOK, customers(1_000_000, papers=[CONTRACT]), DAY).ruling("CN")
    assert (china.outcome, china.mechanisms, china.provisions[0].citation.pin, china.proceed) == (
        Outcome.REQUIRES_APPROVAL,
        ("security_assessment",),
        "art 7(2)",
        Truth.FALSE,
    )


def test_99999_are_exempt_with_duties():
    whole = assess(RULEBOOK, customers(99_999), DAY)
    china = whole.ruling("CN")
    assert (china.outcome, china.provisions[0].citation.pin, whole.proceed) == (
        Outcome.EXEMPT,
        "art 5(1)(iv)",
        Truth.TRUE,
    )
    assert {"art 39", "art 55(4)", "art 11"} <= {duty.citation.pin for duty in china.obligations}
    assert china.counted[0].adds == 99_999


def test_what_went_before_counts():
    china = assess(RULEBOOK, customers(), DAY, {KEY: 99_999}).ruling("CN")
    assert (china.counted[0].key, china.counted[0].total, china.counted[0].adds) == (KEY, "219999", 120_000)
    assert china.provisions[0].citation.pin == "art 8"


def test_the_meter_is_asked_for_both_counters_of_china():
    queries = counts_needed(RULEBOOK, customers(), DAY)
    assert [query.key.name for query in queries] == ["exported_persons", "exported_sensitive_persons"]
    assert queries[0].populations == (Population("customers", 120_000),)
    assert (queries[0].window.start, queries[0].window.end) == (date(2026, 1, 1), date(2026, 12, 31))


def test_the_last_line_says_what_the_answer_is_worth():
    assert "This is not legal advice." in as_text(assess(RULEBOOK, customers(), DAY)).splitlines()[-1]


ENCRYPTED = {
    "transfer": {
        "kind": "store_abroad",
        "agreement_type": "vendor",
        "clear_text_needed": False,
        "encryption": {"at_rest": True, "in_transit": True, "keys_held_by": "exporter"},
    },
    "importer": {"located_in": "CN", "role": "processor"},
    "data": {
        "items": [{"category": "health", "subject_countries": ["US", "DE"]}],
        "counts": [{"category": "health", "n": 10_001}],
    },
}


def test_encryption_decides_in_europe_and_is_without_effect_in_america():
    plain = copy.deepcopy(ENCRYPTED)
    plain["transfer"] |= {"clear_text_needed": True, "encryption": {"at_rest": False, "in_transit": False}}
    american = [
        assess(RULEBOOK, parse_facts({**facts, "exporter": {"located_in": "US"}}), DAY).ruling("US")
        for facts in (ENCRYPTED, plain)
    ]
    assert [(one.outcome, one.proceed) for one in american] == [(Outcome.RESTRICTED, Truth.FALSE)] * 2


def test_a_subsidiary_is_somebody_else_and_a_branch_is_not():
    company = {"id": "company", "located_in": "US", "organised_under": ["US"]}
    facts = {**ENCRYPTED, "exporter": company}
    facts["transfer"] = {"kind": "store_abroad", "agreement_type": "none", "consideration": False}
    subsidiary = {"located_in": "CN", "organised_under": ["CN"], "owned_by": [{"party": "company", "pct": 100}]}
    branch = {"located_in": "CN", "organised_under": ["US"], "same_entity_as_exporter": True}
    pins = [
        assess(RULEBOOK, parse_facts({**facts, "importer": importer}), DAY).ruling("US").provisions[0].citation.pin
        for importer in (subsidiary, branch)
    ]
    assert pins == ["202.210", "202.256"]


def test_the_meter_counts_for_each_recipient_of_american_data():
    facts = {**ENCRYPTED, "exporter": {"located_in": "US"}}
    for recipient in ("did:web:b", "did:web:c"):
        document = {**facts, "importer": {"id": recipient, "located_in": "CN"}}
        asked = {query.key for query in counts_needed(RULEBOOK, parse_facts(document), DAY)}
        assert CountKey("US", f"health_persons to {recipient}") in asked
        assert all(key.name.endswith(f" to {recipient}") for key in asked)
