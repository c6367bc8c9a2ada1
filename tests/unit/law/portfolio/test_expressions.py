from __future__ import annotations

from datetime import date

import pytest

from corridor.law.forms import Compared, Constant, Operand, Total
from corridor.law.portfolio.expressions import Columns
from corridor.law.vocabulary import Number

DAY = date(2026, 11, 22)
HEALTH = [{"category": "health"}]


@pytest.fixture
def truths(aland, numbered):
    """What the condition at a pin, or a form, comes to for each row."""

    def of(what, *rows, day=DAY):
        frame, dictionaries = numbered(*rows)
        columns = Columns(aland, day, dictionaries)
        form = what
        if isinstance(what, str):
            provisions = (p for ladder in aland.ladders for p in ladder.provisions)
            form = next(p.condition.answer.form for p in provisions if p.citation.pin == what)
        expression = columns.truth(form)
        return columns.prepare(frame).with_columns(expression.alias("truth"))["truth"].to_list()

    return of


def test_a_derived_fact_is_that_of_the_day(truths):
    rows = [{"data.items": HEALTH}, {"data.items": []}, {"data.items": None}]
    assert truths("s 2", *rows) == [False, True, None]
    assert truths("s 2", *rows, day=date(2019, 1, 1)) == [True, True, True]


def test_what_is_not_known_is_what_is_presumed(truths):
    rows = [{"request.by_authority": True}, {"request.by_authority": None}]
    assert truths("s 3", *rows) == [True, False]


def test_a_list_set_by_law_is_that_of_the_day(truths):
    rows = [{"importer.located_in": "UY"}, {"importer.located_in": "CL"}, {"importer.located_in": None}]
    assert truths("s 3(2)", *rows) == [False, True, None]
    assert truths("s 3(2)", *rows, day=date(2025, 12, 31)) == [True, False, None]


def test_a_counter_is_compared_by_its_bounds_with_the_value_of_the_day(truths):
    rows = [{"data.items": HEALTH, "data.counts": [{"category": "health", "n": n}]} for n in (99, 100)] + [
        {"data.items": HEALTH, "data.counts": []}
    ]
    assert truths("s 4", *rows) == [False, True, None]
    assert truths("s 4", *rows, day=date(2025, 1, 1)) == [True, True, None]
    assert truths("s 4", *rows, day=date(2019, 1, 1)) == [None, None, None]


@pytest.mark.parametrize(
    ("sign", "expected"),
    [
        (">=", [True, True, False, None]),
        (">", [True, False, False, None]),
        ("<=", [False, True, True, None]),
        ("<", [False, False, True, None]),
        ("==", [False, True, False, None]),
        ("!=", [True, False, True, None]),
    ],
)
def test_every_sign_compares_as_it_does_alone(truths, sign, expected):
    total = Operand("exported", Number("persons"), Total("exported"))
    five = Operand("5", Number(""), Constant(5))
    rows = [{"data.items": HEALTH, "data.counts": [{"category": "health", "n": n}]} for n in (6, 5, 4)]
    rows.append({"data.items": HEALTH, "data.counts": []})
    assert truths(Compared(sign, total, five, numbers=True), *rows) == expected
