from __future__ import annotations

import json
from datetime import date

from corridor.base.truth import Truth
from corridor.law.evaluate import assess
from corridor.law.explain import as_json, as_text, reasons
from corridor.law.facts import parse_facts

DAY = date(2026, 11, 22)
CONTRACT = {"id": "c-1", "kind": "xa/contract", "effective": "2026-11-02", "filed": "2026-11-16"}
PERMIT = {"id": "p-1", "kind": "xa/permit", "valid_from": "2026-01-01", "parties": ["r"], "scope": {"n_max": 200}}


def texts_of(assessment):
    return [reason.text for reason in reasons(assessment)]


def test_json_has_stable_names_and_only_json_values(rulebook, described):
    document = as_json(assess(rulebook, described(papers=[CONTRACT, PERMIT]), DAY))
    assert json.loads(json.dumps(document)) == document
    assert list(document) == [
        *("as_of", "outcome", "proceed", "rulings", "obligations", "conflicts", "missing", "verified", "next_change"),
        "disclaimer",
    ]
    ruling = document["rulings"][0]
    assert (ruling["outcome"], ruling["proceed"], ruling["mechanisms"]) == (
        "ALLOWED_WITH_MECHANISM",
        "true",
        ["contract", "permit"],
    )
    assert ruling["routes"][0]["papers"][0]["satisfied_by"] == "c-1"
    assert ruling["provisions"][0]["in_force"] == {"from": "2020-01-01", "to": None}
    assert ruling["counted"][0]["total"] == "5"


def test_json_explains_every_condition_with_its_values(rulebook, described):
    ruling = as_json(assess(rulebook, described(), DAY))["rulings"][0]
    step = next(rule["step"] for rule in ruling["steps"] if rule["pin"] == "s 4")
    assert step == {"text": "exported >= many", "holds": "false", "values": {"exported": "5", "many": 100}}
    unknown = next(rule for rule in ruling["steps"] if rule["pin"] == "s 3(3)")
    assert (unknown["holds"], unknown["relied_on_only"], unknown["step"]["missing"]) == (
        "unknown",
        True,
        ["transfer.necessity.for"],
    )
    derived = next(rule["step"] for rule in ruling["steps"] if rule["pin"] == "s 2")
    assert derived["because"][0]["text"] == "personal"


def test_text_cites_every_article_and_ends_with_what_it_is_worth(rulebook, described):
    text = as_text(assess(rulebook, described(papers=[PERMIT], request={"by_authority": False}), DAY))
    assert "XA (Aland): ALLOWED_WITH_MECHANISM" in text
    assert "Others need a contract. [Data Act of Aland, s 6]" in text
    assert "p-1: it was not passed" in text
    assert "duty of the exporter: tell the persons (before) [Data Act of Aland, s 7]" in text
    assert "not relied on: Data Act of Aland, s 3(3)" in text
    assert "Ask again on 2027-01-01" in text
    assert "To decide, say: the rules of PE" in text
    assert text.splitlines()[-1].startswith(
        "This is not legal advice. The weakest thing this answer rests on is recalled"
    )


def test_text_shows_conflicts_and_uncertain_duties(rulebook, described):
    text = as_text(assess(rulebook, described(request={"by_authority": True, "country": "PE"}), DAY))
    assert "conflict (XA, PE): an order abroad meets a ban here [Data Act of Aland, s 3]" in text
    assert text.startswith("PROHIBITED on 2026-11-22: the transfer may not go ahead now.")
    unsure = as_text(assess(rulebook, described(importer__located_in="CL", data__items=None), DAY))
    assert "perhaps tell the persons" in unsure


def test_a_reason_for_each_jurisdiction_is_short_and_exact(rulebook, described):
    where, since = "(Data Act of Aland, {})", "since 2026-01-01"
    for changes, text in [
        (
            {},
            f"XA: needs a contract filed with the Office, or a permit {where.format('s 6')}: 5 persons {since}",
        ),
        (
            {"papers": [CONTRACT]},
            f"XA: open by a contract filed with the Office: c-1 {where.format('s 6')}: 5 persons {since}",
        ),
        ({"importer__located_in": "AR"}, f"XA: not a transfer {where.format('s 1')}"),
        ({"data__items": []}, f"XA: not regulated {where.format('s 2')}"),
        ({"request": {"by_authority": True}}, f"XA: prohibited {where.format('s 3')}"),
        ({"importer__located_in": "CL"}, f"XA: allowed {where.format('s 3(2)')}"),
        ({"transfer": {"necessity": {"for": "emergency"}}}, f"XA: exempt {where.format('s 3(3)')}"),
        ({"data__counts": []}, "XA: cannot be decided without data.counts"),
    ]:
        assert texts_of(assess(rulebook, described(**changes), DAY))[0] == text


def test_reasons_hold_papers_and_missing_facts_below(rulebook, described):
    ours, theirs = reasons(assess(rulebook, described(papers=[PERMIT]), DAY))
    assert (ours.code, ours.holds, str(ours.citation)) == ("border.XA", Truth.FALSE, "Data Act of Aland, s 6")
    assert [(reason.code, reason.text) for reason in ours.because] == [
        ("border.XA.provision", "Others need a contract."),
        ("border.XA.paper", "Contract: none is shown"),
        ("border.XA.paper", "Permit: p-1: it was not passed"),
    ]
    assert (theirs.code, theirs.holds) == ("border.PE", Truth.UNKNOWN)
    assert theirs.text.startswith("PE: the rulebook has no rules for PE")
    opened = reasons(assess(rulebook, described(papers=[CONTRACT]), DAY))[0]
    assert opened.because[1].text == "Contract: c-1 serves"


def test_without_places_there_is_one_open_reason(rulebook):
    (reason,) = reasons(assess(rulebook, parse_facts({}), DAY))
    assert (reason.code, reason.holds) == ("border", Truth.UNKNOWN)
