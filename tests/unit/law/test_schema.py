from __future__ import annotations

from datetime import date

from jsonschema_rs import Draft202012Validator, meta

from corridor.law.evaluate import assess
from corridor.law.explain import as_json
from corridor.law.outcome import Outcome
from corridor.law.schema import assessment_schema

DAY = date(2026, 11, 22)


def test_it_is_a_schema_of_its_draft():
    assert meta.is_valid(assessment_schema())
    assert assessment_schema()["$defs"]["outcome"]["enum"] == list(Outcome)


def test_an_answer_with_everything_fits_and_one_with_a_field_more_does_not(rulebook, described):
    contract = {"kind": "xa/contract", "effective": "2026-11-20", "parties": ["r"], "id": "c-1"}
    answer = as_json(assess(rulebook, described(papers=[contract]), DAY))
    validator = Draft202012Validator(assessment_schema(), validate_formats=True)
    assert [str(error) for error in validator.iter_errors(answer)] == []
    assert not validator.is_valid({**answer, "advice": "go ahead"})


def test_filings_documents_and_validity_are_told_apart(rulebook, described):
    contract = {"kind": "xa/contract", "effective": "2026-11-20", "parties": ["r"], "id": "c-1"}
    ruling = as_json(assess(rulebook, described(papers=[contract]), DAY))["rulings"][0]
    assert [(one["authority"], one["form"]) for one in ruling["filings"]] == [
        ("Office", "Contract"),
        ("Office", "Permit"),
    ]
    assert [(one["title"], one["must_contain"]) for one in ruling["documents"]][1] == ("Permit", ["form"])
    assert ruling["validity"] == {"from": "2026-11-22", "to": None, "renew_from": None}
