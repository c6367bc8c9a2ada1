"""Every case of the shipped rule files answers in the form that the published schema says."""

from __future__ import annotations

import pytest
from jsonschema_rs import Draft202012Validator

from corridor.app.rulebook import load_rules
from corridor.law.evaluate import assess
from corridor.law.explain import as_json
from corridor.law.facts import parse_facts
from corridor.law.outcome import CountKey
from corridor.law.schema import assessment_schema

RULEBOOK, _ = load_rules()
VALIDATOR = Draft202012Validator(assessment_schema(), validate_formats=True)


@pytest.mark.parametrize("case", RULEBOOK.cases, ids=lambda case: f"{case.jurisdiction}-{case.id}")
def test_the_answer_has_the_published_form(case):
    previous = {CountKey(case.jurisdiction, name): n for name, n in case.previous.items()}
    answer = as_json(assess(RULEBOOK, parse_facts(case.facts), case.as_of, previous))
    assert [str(error) for error in VALIDATOR.iter_errors(answer)] == []
