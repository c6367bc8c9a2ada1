from __future__ import annotations

import json
from datetime import date

import pytest

from corridor.app.rulebook import load_international, load_rules, load_scenarios
from corridor.law.comparison.corridor import corridor_between
from corridor.law.comparison.document import (
    as_json,
    comparison_rows,
    instrument_rows,
    render_international,
    rows,
)
from corridor.law.from_source import load_rulebook

DAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def corridor():
    return corridor_between(load_rules()[0], load_international(), load_scenarios(), ("CN", "DE"), DAY)


def test_each_aspect_is_a_row_with_both_directions(corridor):
    found = {row.aspect: row for row in rows(corridor)}
    assert list(found) == ["law", "routes", "thresholds", "lists", "papers", "clocks", "duties"]
    assert (found["law"].there, found["law"].back) == ("China (mainland)", "European Union / EEA")
    assert "assessment from persons: 1,000,000 persons (art 7(2))" in found["thresholds"].there
    assert found["thresholds"].back == "none"
    assert "art 8: ALLOWED_WITH_MECHANISM: standard contract, certification. " in found["routes"].there
    assert "10 working days" in found["clocks"].there


def test_a_destination_on_a_list_is_named_with_the_decision(texts):
    other = {
        name.replace("xa/", "xb/"): text.replace("xa/", "xb/")
        .replace("XA", "XB")
        .replace("territory: AR", "territory: UY")
        for name, text in texts.items()
        if "cases" not in name
    }
    found = corridor_between(load_rulebook(texts | other), load_international(), (), ("AR", "UY"), date(2025, 1, 1))
    (lists,) = (row.there for row in rows(found) if row.aspect == "lists")
    assert lists == "UY is friends from 2020-01-01 to 2025-12-31 (annex 1)"


def test_instruments_say_how_each_side_stands_and_what_they_do_not_do(corridor):
    found = {title: does_not for title, _, does_not in instrument_rows(corridor)}
    (memorandum,) = (title for title in found if title.startswith("Memorandum"))
    assert memorandum.endswith("CN participant since 2024-06-26 and DE participant since 2024-06-26")
    assert found[memorandum] == "It has no legal effect on transfers."
    assert any(title.endswith("; UN participant since 2024-09-22") for title in found)


def test_a_conflict_says_on_what_the_laws_part(corridor):
    found = {title: rest for title, *rest in comparison_rows(corridor)}
    there, back, verdict = found["Travellers' bookings, passed on to the same hotel every day"]
    assert there == "EXEMPT (art 5(1)(i))"
    assert back.startswith("ALLOWED_WITH_MECHANISM: standard contractual clauses, binding corporate rules, ")
    assert back.endswith("more (art 46(1))")
    assert verdict == "CONFLICT: necessity for a contract may have to be occasional"
    assert found["Product-safety reports without personal data"][2] == "same answer"


def test_what_stays_open_names_the_missing_facts():
    early = corridor_between(load_rules()[0], load_international(), load_scenarios(), ("CN", "DE"), date(2023, 5, 1))
    assert all(there.startswith("open: needs the rules of China") for _, there, _, _ in comparison_rows(early))


def test_machines_get_the_whole_corridor(corridor):
    found = json.loads(json.dumps(as_json(corridor)))
    assert [way["exporter"] for way in found["directions"]] == ["CN", "DE"]
    assert found["directions"][0]["provisions"][0]["when"]
    assert {one["verdict"] for one in found["comparisons"]} >= {"CONFLICT", "same answer"}
    assert found["instruments"][0]["sides"]
    assert found["disclaimer"] == "This is not legal advice."
    assert found["next_change"] is None or found["next_change"]["changes"]


def test_an_instrument_is_printed_with_its_parties_and_what_it_is_not():
    text = render_international(load_international().get("int/depa"))
    for line in [
        "Digital Economy Partnership Agreement",
        "int/depa; treaty",
        "  CN: applied from 2021-11-01 [recalled] Accession working group since 2022-08-18.",
        "What it does not do",
    ]:
        assert line in text.splitlines()
    assert "Dispute settlement: excluded. [secondary]" in text


def test_an_instrument_with_a_domestic_tie_shows_it():
    text = render_international(load_international().get("int/cn-hk-mou"))
    assert "促进粤港澳大湾区数据跨境流动的合作备忘录" in text
    assert "  cn/gba-contract above the thresholds: " in text
