"""A portfolio gets the answers that its transfers get one by one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from descriptions import Maker, cell, flat, nested

from corridor.app.rulebook import load_rules
from corridor.law.evaluate import assess
from corridor.law.facts import parse_facts
from corridor.law.outcome import Outcome
from corridor.law.portfolio.portfolio import Portfolio

RULEBOOK, _ = load_rules(banks=(Path(__file__).parent / "cases",))
TODAY = date(2026, 11, 25)


def table(rows):
    """Rows of leaves as the columns of a portfolio, all text."""
    names = sorted({name for row in rows for name in row})
    return pl.DataFrame({name: pl.Series([cell(row.get(name)) for row in rows], dtype=pl.String) for name in names})


def by_row(answers):
    return [
        (
            row["outcome"],
            row["proceed"],
            {
                one["jurisdiction"]: (
                    one["outcome"],
                    one["instrument"],
                    one["pin"],
                    tuple(one["mechanisms"]),
                    one["proceed"],
                )
                for one in row["rulings"]
            },
        )
        for row in answers.iter_rows(named=True)
    ]


def one_by_one(document, day):
    whole = assess(RULEBOOK, parse_facts(document), day)
    rulings = {}
    for ruling in whole.rulings:
        basis = ruling.provisions[0].citation if ruling.outcome is not Outcome.UNDETERMINED else None
        rulings[ruling.jurisdiction] = (
            ruling.outcome.value,
            basis and basis.instrument,
            basis and basis.pin,
            ruling.mechanisms,
            ruling.proceed.name.lower(),
        )
    return whole.outcome.value, whole.proceed.name.lower(), rulings


def test_every_case_gets_the_answer_that_it_gets_alone():
    cases = [case for case in RULEBOOK.cases if not case.previous]
    rows = [{**flat(case.facts), "as_of": case.as_of.isoformat()} for case in cases]
    found = by_row(Portfolio(RULEBOOK, TODAY).assessed(table(rows), 1))
    for case, answer in zip(cases, found, strict=True):
        assert answer == one_by_one(case.facts, case.as_of), case.id


@pytest.mark.parametrize("seed", range(6))
def test_made_up_transfers_get_the_answer_that_they_get_alone(seed):
    maker = Maker(RULEBOOK, seed)
    leaves = [maker.transfer() for _ in range(150)]
    found = by_row(
        Portfolio(RULEBOOK, TODAY).assessed(table([{**row, "as_of": day.isoformat()} for row, day in leaves]), 1)
    )
    for (row, day), answer in zip(leaves, found, strict=True):
        assert answer == one_by_one(nested(row), day), row


def test_what_is_made_up_comes_to_answers_of_every_kind():
    maker = Maker(RULEBOOK, 7)
    outcomes = {one_by_one(nested(row), day)[0] for row, day in (maker.transfer() for _ in range(600))}
    assert outcomes == {outcome.value for outcome in Outcome}
