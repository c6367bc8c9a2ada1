"""The same facts, decided by two laws that disagree: both answers stand, neither is made to fit the other."""

from __future__ import annotations

import copy
from datetime import date

import pytest

from corridor.app.rulebook import load_rules
from corridor.base.truth import Truth
from corridor.law.evaluate import assess
from corridor.law.facts import parse_facts
from corridor.law.outcome import Outcome

DAY = date(2026, 11, 22)
RULEBOOK, _ = load_rules()


def ruling(jurisdiction, document):
    found = assess(RULEBOOK, parse_facts(document), DAY).ruling(jurisdiction)
    assert found is not None, f"{jurisdiction} is not involved"
    return found


def from_place(document, place):
    moved = copy.deepcopy(document)
    moved["exporter"]["located_in"] = place
    return moved


def test_a_processor_that_returns_data_transfers_from_the_union_and_not_from_the_united_kingdom():
    returned = {
        "exporter": {"located_in": "FR", "role": "processor"},
        "importer": {"located_in": "CN", "role": "controller"},
        "data": {"items": [{"category": "contact_demographic", "collected_in": "CN"}]},
    }
    union, kingdom = ruling("EU", returned), ruling("GB", from_place(returned, "GB"))
    assert (union.outcome, union.proceed) == (Outcome.ALLOWED_WITH_MECHANISM, Truth.FALSE)
    assert (kingdom.outcome, kingdom.proceed) == (Outcome.NOT_A_TRANSFER, Truth.TRUE)


def test_china_asks_where_the_reader_is_and_the_union_whose_the_reader_is():
    read = {
        "transfer": {"kind": "remote_access", "access_from": ["IN"]},
        "exporter": {"located_in": "PL", "role": "controller", "designations": []},
        "importer": {"located_in": "IN", "role": "employee", "same_entity_as_exporter": True},
        "data": {
            "items": [{"category": "contact_demographic"}],
            "important_status": "not_notified",
            "counts": [{"category": "contact_demographic", "n": 100_000}],
        },
    }
    own_employee_abroad = ruling("EU", read), ruling("CN", from_place(read, "CN"))
    assert [found.outcome for found in own_employee_abroad] == [
        Outcome.NOT_A_TRANSFER,
        Outcome.ALLOWED_WITH_MECHANISM,
    ]
    stranger_at_home = copy.deepcopy(read)
    stranger_at_home["transfer"]["access_from"] = ["CN"]
    stranger_at_home["importer"] |= {"role": "controller", "same_entity_as_exporter": False}
    assert ruling("CN", from_place(stranger_at_home, "CN")).outcome is Outcome.NOT_A_TRANSFER
    stranger_at_home["transfer"]["access_from"] = ["PL"]
    assert ruling("EU", stranger_at_home).outcome is Outcome.ALLOWED_WITH_MECHANISM


def test_a_contract_with_the_person_carries_regular_transfers_from_china_and_only_occasional_ones_from_the_union():
    order = {
        "transfer": {
            "kind": "send",
            "frequency": "systematic",
            "necessity": {"for": "contract_with_individual", "strictly_needed": True},
        },
        "exporter": {"located_in": "CN", "role": "controller", "public_power": False, "designations": []},
        "importer": {"located_in": "IN", "role": "controller"},
        "data": {
            "items": [{"category": "contact_demographic", "subject": "customer"}],
            "important_status": "not_notified",
            "counts": [{"category": "contact_demographic", "n": 1_000_000}],
        },
    }
    china, union = ruling("CN", order), ruling("EU", from_place(order, "DE"))
    assert (china.outcome, china.provisions[0].citation.pin) == (Outcome.EXEMPT, "art 5(1)(i)")
    assert (union.outcome, union.proceed) == (Outcome.ALLOWED_WITH_MECHANISM, Truth.FALSE)
    order["transfer"]["frequency"] = "occasional"
    assert ruling("EU", from_place(order, "DE")).provisions[0].citation.pin == "art 49(1)(b)"
    assert ruling("CH", from_place(order, "CH")).provisions[0].citation.pin == "art 17(1)(b)"


def test_a_regular_contract_is_enough_in_switzerland_and_not_in_the_united_kingdom():
    booking = {
        "transfer": {
            "kind": "send",
            "frequency": "repetitive",
            "necessity": {"for": "contract_with_individual", "strictly_needed": True},
        },
        "exporter": {"located_in": "CH", "role": "controller", "public_power": False},
        "importer": {"located_in": "PE", "role": "controller"},
        "data": {"items": [{"category": "contact_demographic", "subject": "customer"}]},
    }
    assert ruling("CH", booking).outcome is Outcome.ALLOWED
    assert ruling("GB", from_place(booking, "GB")).outcome is Outcome.ALLOWED_WITH_MECHANISM


def test_what_is_put_on_a_website_is_transferred_from_the_united_kingdom_and_not_from_switzerland():
    page = {
        "transfer": {"kind": "publish", "access_from": ["IN"]},
        "exporter": {"located_in": "CH", "role": "controller"},
        "importer": {"located_in": "IN"},
        "data": {"items": [{"category": "contact_demographic"}]},
    }
    assert ruling("CH", page).outcome is Outcome.NOT_A_TRANSFER
    assert ruling("GB", from_place(page, "GB")).outcome is Outcome.ALLOWED_WITH_MECHANISM


@pytest.mark.parametrize(
    ("recipient", "outcomes"),
    [("BR", ("ALLOWED", "ALLOWED_WITH_MECHANISM")), ("GI", ("ALLOWED_WITH_MECHANISM", "ALLOWED"))],
)
def test_the_union_and_the_united_kingdom_approve_different_countries(recipient, outcomes):
    sent = {
        "exporter": {"located_in": "IE", "role": "controller"},
        "importer": {"located_in": recipient, "role": "controller"},
        "data": {"items": [{"category": "contact_demographic"}]},
    }
    found = ruling("EU", sent).outcome, ruling("GB", from_place(sent, "GB")).outcome
    assert tuple(outcome.value for outcome in found) == outcomes


def test_credit_information_may_go_to_korea_from_the_united_kingdom_and_not_from_the_union():
    sent = {
        "exporter": {"located_in": "IE", "role": "controller"},
        "importer": {"located_in": "KR", "role": "controller"},
        "data": {"items": [{"category": "credit"}]},
    }
    assert ruling("EU", sent).outcome is Outcome.ALLOWED_WITH_MECHANISM
    assert ruling("GB", from_place(sent, "GB")).outcome is Outcome.ALLOWED


def test_what_a_foreign_court_orders_is_refused_by_both_sides_for_reasons_of_their_own():
    order = {
        "exporter": {"located_in": "CN", "designations": []},
        "importer": {"located_in": "DE", "role": "authority"},
        "data": {
            "items": [{"category": "contact_demographic"}],
            "important_status": "not_notified",
            "counts": [{"category": "contact_demographic", "n": 10}],
        },
        "request": {"by_authority": True, "country": "DE"},
    }
    china = ruling("CN", order)
    assert (china.outcome, china.mechanisms) == (Outcome.REQUIRES_APPROVAL, ("authority_approval",))
    back = from_place(order, "DE") | {"request": {"by_authority": True, "country": "CN"}}
    back["importer"]["located_in"] = "CN"
    assert ruling("EU", back).outcome is Outcome.PROHIBITED
    assert ruling("EU", back).conflicts[0].jurisdictions == ("EU", "CN")


def test_a_cloud_that_does_not_look_inside_is_no_third_party_in_japan_and_a_processor_in_the_union():
    stored = {
        "transfer": {"kind": "store_abroad"},
        "exporter": {"located_in": "JP", "role": "controller"},
        "importer": {"located_in": "US", "role": "processor", "handles_contents": False, "access_controlled": True},
        "data": {"items": [{"category": "contact_demographic"}]},
    }
    assert ruling("JP", stored).outcome is Outcome.NOT_A_TRANSFER
    assert ruling("EU", from_place(stored, "FR")).outcome is Outcome.ALLOWED_WITH_MECHANISM


def test_keys_at_home_make_up_for_a_failing_law_in_the_union_and_change_nothing_in_the_united_states():
    backup = {
        "transfer": {
            "kind": "store_abroad",
            "agreement_type": "vendor",
            "clear_text_needed": False,
            "encryption": {"at_rest": True, "in_transit": True, "keys_held_by": "exporter", "keys_country": "FR"},
        },
        "exporter": {"id": "exporter", "located_in": "FR", "role": "controller"},
        "importer": {"id": "vendor", "located_in": "CN", "role": "processor"},
        "data": {
            "items": [{"category": "health", "subject": "patient", "subject_countries": ["US"]}],
            "counts": [{"category": "health", "n": 10_001}],
        },
        "papers": [
            {"id": "scc-1", "kind": "eu/scc", "module": 2, "signed": "2026-03-01", "parties": ["exporter", "vendor"]},
            {"id": "tia-1", "kind": "eu/tia", "signed": "2026-03-01", "result": "not_equivalent"},
        ],
    }
    union = ruling("EU", backup)
    assert (union.outcome, union.proceed) == (Outcome.ALLOWED_WITH_MECHANISM, Truth.TRUE)
    backup["transfer"]["encryption"]["keys_country"] = "US"
    states = ruling("US", from_place(backup, "US"))
    assert (states.outcome, states.proceed) == (Outcome.RESTRICTED, Truth.FALSE)
    clear = copy.deepcopy(backup)
    clear["transfer"] |= {"clear_text_needed": True, "encryption": {"at_rest": False, "in_transit": False}}
    assert ruling("US", from_place(clear, "US")).outcome is states.outcome
    assert ruling("EU", clear).outcome is Outcome.PROHIBITED


def test_the_united_states_ask_whose_law_made_the_recipient_and_the_union_where_it_is():
    hired = {
        "transfer": {"kind": "send", "agreement_type": "vendor"},
        "exporter": {"id": "exporter", "located_in": "US", "role": "controller"},
        "importer": {"id": "branch", "located_in": "US", "organised_under": ["CN"], "role": "processor"},
        "data": {
            "items": [{"category": "health", "subject": "patient", "subject_countries": ["US"]}],
            "counts": [{"category": "health", "n": 10_001}],
        },
    }
    states = ruling("US", hired)
    assert (states.outcome, states.proceed) == (Outcome.RESTRICTED, Truth.FALSE)
    in_the_union = copy.deepcopy(hired)
    in_the_union["exporter"]["located_in"] = in_the_union["importer"]["located_in"] = "FR"
    assert ruling("EU", in_the_union).outcome is Outcome.NOT_A_TRANSFER
