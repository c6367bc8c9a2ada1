"""Where the laws around the Pacific part from each other and from Europe's on the same facts."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import pytest

from corridor.base.truth import Truth
from corridor.law.evaluate import assess
from corridor.law.facts import parse_facts
from corridor.law.from_source import load_rulebook
from corridor.law.outcome import Outcome

DAY = date(2026, 11, 25)
RULEBOOK = load_rulebook(
    {
        f"{folder.name}/{file.name}": file.read_text(encoding="utf-8")
        for folder in (files("corridor.law") / "jurisdictions").iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
        if file.name.endswith(".yaml")
    }
)
PACIFIC = ("SG", "JP", "KR", "HK", "MO", "AU", "NZ")
CUSTOMERS = {"items": [{"category": "contact_demographic", "subject": "customer"}]}


def outcomes(whole):
    return {ruling.jurisdiction: ruling.outcome for ruling in whole.rulings}


def judged(exporter, importer, day=DAY, **more):
    document = {"exporter": exporter, "importer": importer, "data": CUSTOMERS} | more
    return assess(RULEBOOK, parse_facts(document), day)


def from_everywhere(importer, *, places=(*PACIFIC, "DE"), role="controller", **more):
    """What the exporter's law alone answers, by its place."""
    found = {}
    for place in places:
        whole = judged({"located_in": place, "role": role}, importer, **more)
        found[place if place in PACIFIC else "EU"] = whole.rulings[0].outcome
    return found


def test_a_cloud_whose_provider_never_sees_the_data():
    cloud = {
        "located_in": "US",
        "role": "processor",
        "same_entity_as_exporter": False,
        "handles_contents": False,
        "access_controlled": True,
        "own_purposes": False,
    }
    found = from_everywhere(cloud, transfer={"kind": "store_abroad", "control_kept": True})
    assert {place for place, outcome in found.items() if outcome is Outcome.NOT_A_TRANSFER} == {"SG", "JP", "AU", "NZ"}
    assert found["KR"] is found["EU"] is Outcome.ALLOWED_WITH_MECHANISM
    assert found["MO"] is Outcome.REQUIRES_APPROVAL
    assert found["HK"] is Outcome.ALLOWED


def test_a_branch_of_the_same_company():
    found = from_everywhere({"located_in": "US", "role": "controller", "same_entity_as_exporter": True})
    assert {place for place, outcome in found.items() if outcome is Outcome.NOT_A_TRANSFER} == {
        "SG",
        "JP",
        "AU",
        "NZ",
        "EU",
    }
    assert (found["KR"], found["MO"]) == (Outcome.ALLOWED_WITH_MECHANISM, Outcome.REQUIRES_APPROVAL)


def test_a_processor_returns_data_to_its_controller():
    found = from_everywhere(
        {"located_in": "US", "role": "controller", "same_entity_as_exporter": False},
        places=("SG", "DE"),
        role="processor",
    )
    assert found == {"SG": Outcome.NOT_REGULATED, "EU": Outcome.ALLOWED_WITH_MECHANISM}


def test_a_contract_with_the_person_frees_in_some_places_only():
    found = from_everywhere(
        {"located_in": "US", "role": "controller", "same_entity_as_exporter": False},
        transfer={"necessity": {"for": "contract_with_individual", "strictly_needed": True}, "frequency": "systematic"},
    )
    assert found["SG"] is Outcome.ALLOWED
    assert {found[place] for place in ("JP", "KR", "MO", "AU", "NZ", "EU")} == {Outcome.ALLOWED_WITH_MECHANISM}


@pytest.mark.parametrize(
    ("day", "outcome", "proceed"),
    [
        (date(2025, 9, 15), Outcome.ALLOWED_WITH_MECHANISM, Truth.FALSE),
        (date(2025, 9, 16), Outcome.ALLOWED, Truth.TRUE),
    ],
)
def test_from_korea_to_germany_the_recognition_counts_from_its_day(day, outcome, proceed):
    whole = judged({"located_in": "KR"}, {"located_in": "DE"}, day)
    assert (whole.ruling("KR").outcome, whole.ruling("EU").outcome) == (outcome, Outcome.NOT_A_TRANSFER)
    assert whole.proceed is proceed


def test_korea_and_europe_are_open_both_ways_and_korea_and_japan_are_not():
    assert judged({"located_in": "DE"}, {"located_in": "KR"}).proceed is Truth.TRUE
    assert judged({"located_in": "KR"}, {"located_in": "DE"}).proceed is Truth.TRUE
    assert judged({"located_in": "KR"}, {"located_in": "JP"}).proceed is Truth.FALSE
    assert judged({"located_in": "JP"}, {"located_in": "KR"}).proceed is Truth.FALSE


def test_both_sides_of_the_bay_ask_for_the_filing():
    guangzhou = {"located_in": "CN", "regions": ["GBA9"], "designations": [], "role": "controller"}
    whole = judged(guangzhou, {"located_in": "HK", "role": "controller"}, transfer={"onward_ban": True})
    assert "filing" in [duty.citation.pin for duty in whole.ruling("HK").obligations]
    back = judged({"located_in": "MO"}, guangzhou)
    assert "filing" in [duty.citation.pin for duty in back.ruling("MO").obligations]


@pytest.mark.parametrize("place", PACIFIC)
def test_what_comes_in_is_no_transfer_and_what_is_not_personal_is_free(place):
    assert outcomes(judged({"located_in": "CN"}, {"located_in": place}))[place] is Outcome.NOT_A_TRANSFER
    plain = {"items": [{"category": "product_safety", "personal": False}]}
    assert outcomes(judged({"located_in": place}, {"located_in": "US"}, data=plain))[place] is Outcome.NOT_REGULATED


@pytest.mark.parametrize("place", PACIFIC)
def test_an_exporter_elsewhere_is_asked_whether_the_law_reaches_it(place):
    whole = judged(
        {"located_in": "CN"}, {"located_in": "FR"}, transfer={"kind": "remote_access", "access_from": [place]}
    )
    ruling = whole.ruling(place)
    assert ruling.outcome is Outcome.UNDETERMINED
    assert len(ruling.missing) == 1
    assert ruling.missing[0].startswith("exporter.subject_to has ")
