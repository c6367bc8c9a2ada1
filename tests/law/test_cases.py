"""Every case that ships and of the bank of official examples, one test each; its class stands in the id."""

from __future__ import annotations

from pathlib import Path

import pytest

from corridor.app.rulebook import load_rules
from corridor.law.check import check

BANK = Path(__file__).parent / "cases"
"""The official examples, which are no part of the product."""

_RESULTS = check(load_rules(banks=(BANK,))[0]).results


@pytest.mark.parametrize("result", _RESULTS, ids=lambda r: f"{r.case.jurisdiction}-{r.case.verified}-{r.case.id}")
def test_the_rulebook_answers_as_the_source_says(result):
    assert result.differences == ()


def test_every_case_names_its_source_and_class():
    assert all(result.case.source for result in _RESULTS)
    assert {result.case.verified.value for result in _RESULTS} == {"official", "secondary", "recalled"}
