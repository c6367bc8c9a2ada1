"""What cases cannot say: duties that do not come (Vietnam, Malaysia), zones beside each other (the Emirates)."""

from __future__ import annotations

from datetime import date

import pytest

from corridor.app.rulebook import load_rules
from corridor.base.truth import Truth
from corridor.law.evaluate import assess
from corridor.law.facts import parse_facts
from corridor.law.outcome import Outcome

DAY = date(2026, 11, 22)
RULEBOOK, _ = load_rules()


def described(exporter, importer, **more):
    data = {"items": [{"category": "contact_demographic", "subject": "customer"}], "important_status": "not_notified"}
    data["counts"] = [{"category": "contact_demographic", "n": 10}]
    document = {"exporter": {"id": "e", **exporter}, "importer": {"id": "i", **importer}, "data": data, **more}
    return parse_facts(document)


def pins(ruling):
    return {obligation.citation.pin for obligation in ruling.obligations}


@pytest.mark.parametrize(
    ("persons", "sensitive", "officer"),
    [(20_000, 10_000, False), (20_001, 10_000, True), (20_000, 10_001, True)],
)
def test_malaysia_wants_an_officer_above_its_numbers_and_not_at_them(persons, sensitive, officer):
    exporter = {"located_in": "MY", "persons_handled": persons, "sensitive_persons_handled": sensitive}
    ruling = assess(RULEBOOK, described(exporter, {"located_in": "AU"}), DAY).ruling("MY")
    assert ("s.12A" in pins(ruling)) is officer


def test_vietnam_names_the_last_day_for_the_dossier():
    dossier = {"id": "d", "kind": "vn/transfer-dossier", "signed": "2026-10-20", "parties": ["i"]}
    facts = described(
        {"located_in": "VN"},
        {"located_in": "SG"},
        papers=[dossier],
        transfer={"kind": "send", "starts": "2026-11-01"},
    )
    ruling = assess(RULEBOOK, facts, DAY).ruling("VN")
    filing = next(one for one in ruling.obligations if one.what.startswith("file d "))
    assert (filing.deadline, ruling.proceed) == ("2026-12-31", Truth.TRUE)


def test_small_enterprises_of_vietnam_update_their_dossiers_only_from_2031():
    small = {"located_in": "VN", "designations": ["SME"]}
    ruling = assess(RULEBOOK, described(small, {"located_in": "SG"}), DAY).ruling("VN")
    assert "art 38(2)" in pins(ruling)
    assert "art 22" not in pins(ruling)
    micro = {"located_in": "VN", "designations": ["VN:micro_enterprise"]}
    assert not pins(assess(RULEBOOK, described(micro, {"located_in": "SG"}), DAY).ruling("VN")) & {
        "art 38(2)",
        "art 22",
    }


@pytest.mark.parametrize(
    ("exporter", "importer", "answers"),
    [
        ("AE-DU", "AE-DU/DIFC", {"AE": Outcome.NOT_A_TRANSFER, "AE-DIFC": Outcome.NOT_REGULATED}),
        ("AE-DU/DIFC", "AE-DU", {"AE-DIFC": Outcome.ALLOWED_WITH_MECHANISM, "AE": Outcome.NOT_REGULATED}),
        ("AE-AZ/ADGM", "AE-DU/DIFC", {"AE-ADGM": Outcome.ALLOWED_WITH_MECHANISM, "AE-DIFC": Outcome.NOT_REGULATED}),
        ("AE-AZ/ADGM", "AE-AZ/ADGM", {"AE-ADGM": Outcome.NOT_A_TRANSFER}),
    ],
)
def test_each_zone_of_the_emirates_has_its_own_law(exporter, importer, answers):
    whole = assess(RULEBOOK, described({"located_in": exporter}, {"located_in": importer}), DAY)
    assert {ruling.jurisdiction: ruling.outcome for ruling in whole.rulings} == answers
