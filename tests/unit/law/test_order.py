from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError
from corridor.law.expression import parse
from corridor.law.order import disjoint

FIRST = """
instrument: xa/first
title: {en: First}
enacted_by: Parliament
in_force: {from: 2020-01-01}
source: {address: gazette.example/2, checked: 2026-11-01, verified: official}
"""


def instrument(name, *provisions, head=""):
    return FIRST.replace("first", name) + head + "provisions:\n" + "".join(f"  - {{{p}}}\n" for p in provisions)


def rung(pin, when, answer, more=""):
    return f"ladder: main, pin: {pin}, when: '{when}', answer: {answer}, says: Something{more}"


def order_of(rulebook):
    return [provision.ref for provision in rulebook.jurisdictions["XA"].ladders[0].provisions]


def test_within_a_file_the_order_written_counts(aland):
    pins = [provision.citation.pin for provision in aland.ladders[0].provisions]
    assert pins == ["s 1", "s 2", "s 3", "s 3(2)", "s 3(3)", "s 4", "s 6"]


def test_an_exception_in_another_file_goes_before_what_it_excepts(changed):
    text = instrument("b", rung("r 1", "exporter.public_body", "PROHIBITED", ", exception_to: [xa/act s 1]"))
    assert order_of(changed(**{"xa__b.yaml": text}))[0] == "xa/b r 1"


def test_a_prevailing_instrument_goes_before_what_it_prevails_over(changed):
    head = "prevails_over: [{pin: r 9, instruments: [xa/act]}]\n"
    text = instrument("z", rung("r 1", "exporter.public_body", "PROHIBITED"), head=head)
    assert order_of(changed(**{"xa__z.yaml": text}))[0] == "xa/z r 1"


def test_two_provisions_that_may_collide_are_refused_with_both_places(changed):
    text = instrument("z", rung("r 1", "exporter.public_body", "PROHIBITED"))
    with pytest.raises(
        MalformedError, match=r"`xa/act s 1` at xa/act.yaml:\d+:5 and `xa/z r 1` at xa/z.yaml:8:5 may both"
    ):
        changed(**{"xa__z.yaml": text})


def test_provisions_that_never_apply_on_the_same_day_need_no_order(changed):
    text = instrument("z", rung("r 1", "exporter.public_body", "PROHIBITED", ", from: 2019-01-01, to: 2019-12-31"))
    text = text.replace("in_force: {from: 2020-01-01}", "in_force: {from: 2019-01-01}")
    book = changed(("in_force: {from: 2020-01-01}", "in_force: {from: 2020-01-01}"), **{"xa__z.yaml": text})
    assert "xa/z r 1" in order_of(book)


def test_a_cycle_of_exceptions_is_refused_with_every_place(changed):
    first = instrument("y", rung("r 1", "exporter.public_body", "PROHIBITED", ", exception_to: [xa/z q 1]"))
    second = instrument("z", rung("q 1", "importer.public_body", "ALLOWED", ", exception_to: [xa/y r 1]"))
    with pytest.raises(MalformedError, match=r"a cycle of exceptions: `xa/\w \w 1` at xa/\w.yaml:8:5, `xa/\w \w 1` at"):
        changed(**{"xa__y.yaml": first, "xa__z.yaml": second})


def test_an_exception_to_nothing_is_refused(changed):
    with pytest.raises(MalformedError, match="`xa/act s 99` is no provision of the ladder `main`"):
        changed(("{ladder: main, pin: s 1,", "{ladder: main, pin: s 1, exception_to: [xa/act s 99],"))


def test_a_ladder_has_to_end_with_an_answer_on_every_day(changed):
    with pytest.raises(MalformedError, match="on 2026-01-01 the ladder ends without an answer"):
        changed(('    when: "true"\n', '    when: "true"\n    to: 2025-12-31\n'))


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ("a and b", "not a", True),
        ("not (a or b)", "c and (a or b)", True),
        ("k == x", "k == y and a", True),
        ("k in [x, y]", "k == z", True),
        ("k in [x, y]", "k in [y, z]", False),
        ("k == x", "l == y", False),
        ("a", "b", False),
        ("a or b", "not a", False),
        ("n == 1", "n == 2", True),
        ("xs any a", "not (xs any a)", True),
    ],
)
def test_conditions_are_apart_only_where_a_part_plainly_contradicts(first, second, apart):
    assert disjoint(parse(first, "f"), parse(second, "f")) is apart
    assert disjoint(parse(second, "f"), parse(first, "f")) is apart
