from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from descriptions import cell

from corridor.base.errors import MalformedError
from corridor.law.portfolio import portfolio as module
from corridor.law.portfolio.portfolio import RESULT, Portfolio

DAY = date(2026, 11, 22)
BASE = {
    "exporter.located_in": "AR",
    "importer.located_in": "PE",
    "importer.id": "r",
    "data.items": [{"category": "health"}],
    "data.counts": [{"category": "health", "n": 5}],
}


def table(*rows):
    names = sorted({name for row in rows for name in row})
    return pl.DataFrame({name: pl.Series([cell(row.get(name)) for row in rows], dtype=pl.String) for name in names})


@pytest.fixture
def answers(rulebook):
    def of(*rows):
        found = Portfolio(rulebook, DAY).assessed(table(*rows), 1)
        assert dict(found.schema) == RESULT
        return found.to_dicts()

    return of


def test_each_row_gets_its_outcome_its_rulings_and_its_id(answers):
    one, other = answers({**BASE, "transfer.id": "t-1"}, {**BASE, "importer.located_in": "AR"})
    assert (one["id"], other["id"], one["as_of"]) == ("t-1", None, DAY)
    assert (one["outcome"], one["proceed"]) == ("UNDETERMINED", "false")
    assert [(ruling["jurisdiction"], ruling["pin"]) for ruling in one["rulings"]] == [("XA", "s 6"), ("PE", None)]
    assert (other["outcome"], other["proceed"]) == ("NOT_A_TRANSFER", "true")


def test_a_row_of_its_own_day_is_judged_by_the_law_of_that_day(answers):
    many = {**BASE, "data.counts": [{"category": "health", "n": 50}]}
    old, new = answers({**many, "as_of": "2025-06-01"}, {**many, "as_of": None})
    assert [ruling["pin"] for row in (old, new) for ruling in row["rulings"][:1]] == ["s 4", "s 6"]
    assert (old["as_of"], new["as_of"]) == (date(2025, 6, 1), DAY)


def test_counts_over_windows_of_their_own_are_judged_by_the_day(answers):
    windowed = {**BASE, "data.counts": [{"category": "health", "n": 500, "window": 2026}]}
    first, second = answers({**windowed, "as_of": "2026-12-31"}, {**windowed, "as_of": "2027-01-01"})
    assert [row["rulings"][0]["pin"] for row in (first, second)] == ["s 4", "s 6"]


def test_papers_are_examined_row_by_row(answers):
    paper = {"kind": "xa/contract", "effective": "2026-11-16"}
    good, none, bad = answers(
        {**BASE, "papers": [paper]},
        BASE,
        {**BASE, "papers": [{**paper, "effective": "2027-01-01"}], "importer.name": "n"},
    )
    assert [row["rulings"][0]["proceed"] for row in (good, none, bad)] == ["true", "false", "false"]


def test_a_place_that_is_not_known_leaves_the_row_open(answers):
    (found,) = answers({"importer.located_in": "AR", "data.items": []})
    assert (found["outcome"], found["proceed"], len(found["rulings"])) == ("UNDETERMINED", "unknown", 1)


def test_a_day_before_the_rules_begin_is_open(answers):
    (found,) = answers({**BASE, "as_of": "2019-12-31"})
    assert {ruling["outcome"] for ruling in found["rulings"]} == {"UNDETERMINED"}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"as_of": "tomorrow"}, "row 1, column as_of: `tomorrow` is no day of the rules"),
        ({"as_of": "1899-12-31"}, "row 1, column as_of: `1899-12-31` is no day of the rules"),
        ({"is_transfer": "true"}, "the first row: the column `is_transfer` is no fact"),
        ({"data.items": "[}"}, "row 1, column data.items: this is no JSON"),
    ],
)
def test_what_is_no_description_is_refused_with_its_row(answers, row, problem):
    with pytest.raises(MalformedError) as refused:
        answers({**BASE, **row})
    assert problem in str(refused.value)


def test_what_was_worked_out_is_forgotten_when_it_takes_room(rulebook, monkeypatch):
    monkeypatch.setattr(module, "_KEPT", 0)
    portfolio = Portfolio(rulebook, DAY)
    first, second = (portfolio.assessed(table(BASE), start).to_dicts() for start in (1, 2))
    assert first == second
