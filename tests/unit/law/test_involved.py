from __future__ import annotations

from datetime import date

from corridor.law.facts import parse_facts
from corridor.law.from_source import load_rulebook
from corridor.law.involved import involved_in

DAY = date(2026, 11, 22)


def involved(rulebook, document, as_of=DAY):
    return involved_in(rulebook, parse_facts(document), as_of)


def test_the_places_of_both_parties_and_of_those_who_look_are_involved(rulebook):
    document = {
        "exporter": {"located_in": "AR-B"},
        "importer": {"located_in": "PE"},
        "transfer": {"access_from": ["BO", "AR"]},
    }
    found = involved(rulebook, document)
    assert (found.jurisdictions, found.without_rules, found.missing) == (("XA",), ("PE", "BO"), ())


def test_a_law_that_reaches_abroad_is_involved(rulebook):
    found = involved(rulebook, {"exporter": {"located_in": "PE", "subject_to": ["APPI"]}})
    assert found.jurisdictions == ("XA",)
    assert found.missing == ("importer.located_in",)
    assert involved(rulebook, {"exporter": {"subject_to": {"APPI": False}}}).jurisdictions == ()


def test_a_law_reaches_an_exporter_who_targets_persons_in_its_territory(changed):
    book = changed(('reach: ["APPI"]', "reach_by: [targets, monitors]"), file="xa/jurisdiction.yaml")
    document = {"exporter": {"located_in": "PE", "monitors": ["BO", "AR"]}, "importer": {"located_in": "PE"}}
    assert involved(book, document).jurisdictions == ("XA",)
    assert involved(book, {"exporter": {"located_in": "PE", "targets": ["BO"]}}).jurisdictions == ()
    assert involved(book, {"importer": {"located_in": "PE", "targets": ["AR"]}}).jurisdictions == ()
    assert involved(book, {"exporter": {"located_in": "PE", "establishments": ["AR"]}}).jurisdictions == ()


def test_a_zone_with_rules_of_its_own_comes_before_the_country_around_it(texts):
    zone = {name.replace("xa/", "xz/"): text.replace("xa/", "xz/") for name, text in texts.items()}
    zone["xz/jurisdiction.yaml"] = zone["xz/jurisdiction.yaml"].replace("XA", "XZ").replace("AR", "AR-B/FREE")
    book = load_rulebook({**texts, **zone})
    assert involved(book, {"exporter": {"located_in": "AR-B/FREE"}}).jurisdictions == ("XZ",)
    assert involved(book, {"exporter": {"located_in": "AR-B"}}).jurisdictions == ("XA",)


def test_a_territory_that_changes_hands_is_a_change_ahead(changed):
    book = changed(("territory: AR", "territory: friends"), file="xa/jurisdiction.yaml")
    document = {"exporter": {"located_in": "CL"}, "importer": {"located_in": "PE"}}
    before = involved(book, document, date(2026, 5, 31))
    assert (before.jurisdictions, before.next_change) == ((), date(2026, 6, 1))
    assert involved(book, document, date(2026, 6, 1)).jurisdictions == ("XA",)


def test_a_law_can_reach_its_own_abroad_by_the_facts(changed):
    head = 'reach: ["APPI"]'
    new = f"{head}\nreach_when: exporter.organised_under has AR or parties any (citizenship has AR)"
    book = changed((head, new), file="xa/jurisdiction.yaml")
    assert involved(book, {"exporter": {"located_in": "PE", "organised_under": ["AR"]}}).jurisdictions == ("XA",)
    assert involved(book, {"parties": [{"citizenship": ["PE", "AR"]}]}).jurisdictions == ("XA",)
    assert involved(book, {"parties": [{"permanent_resident_of": "AR"}]}).jurisdictions == ()
    assert involved(book, {"exporter": {"located_in": "PE"}}).jurisdictions == ()
