from __future__ import annotations

from datetime import date

import pytest

from corridor.base.clock import DateRange
from corridor.base.errors import MalformedError
from corridor.base.reasons import Verified
from corridor.law.reading import Fields, text_of
from corridor.law.source import read_yaml

ALLOWED = ("a", "b", "from", "to", "verified")


def fields(text):
    return Fields(read_yaml(text, "f.yaml"), "a thing", ALLOWED)


def test_values_are_taken_with_their_kind():
    found = fields("{a: text, b: 5, from: 2026-01-01, verified: official}")
    assert (found.text("a"), found.number("b"), found.day("from")) == ("text", 5, date(2026, 1, 1))
    assert found.verified(None) is Verified.OFFICIAL
    assert found.flag("to") is False
    assert found.place_of("b") == "f.yaml:1:14"
    assert found.place_of("to") == "f.yaml:1:1"


def test_defaults_stand_in_for_what_is_left_out():
    found = fields("{a: null}")
    assert found.text("a", "x") == "x"
    assert found.number("a", 3) == 3
    assert found.day("from") is None
    assert found.verified(Verified.SECONDARY) is Verified.SECONDARY
    assert (found.items("b"), found.table("b"), found.texts("b")) == ((), {}, ())


def test_a_single_value_is_a_list_of_one():
    assert fields("a: x").texts("a") == ("x",)
    assert fields("a: [x, 5]").texts("a") == ("x", "5")
    assert fields("a: true").flag("a") is True


def test_a_quoted_day_is_a_day():
    assert fields("from: '2026-01-01'").day("from") == date(2026, 1, 1)


def test_a_period_takes_its_bounds_from_its_surroundings():
    around = DateRange(date(2020, 1, 1), date(2030, 1, 1))
    assert fields("to: 2026-01-01").period(around) == DateRange(date(2020, 1, 1), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("text", "use", "message"),
    [
        ("[1]", lambda f: f, "f.yaml:1:1: a thing must be a mapping"),
        ("{aa: 1}", lambda f: f, "f.yaml:1:2: `aa` is no field of a thing; did you mean `a`"),
        ("{b: 1}", lambda f: f.text("a"), "a thing has no `a`; add `a: ...`"),
        ("{a: [x]}", lambda f: f.text("a"), "a text should stand here"),
        ("{a: true}", lambda f: f.text("a"), "a text should stand here"),
        ("{a: x}", lambda f: f.number("a"), "`a` must be a whole number, at least 0"),
        ("{a: -1}", lambda f: f.number("a"), "at least 0"),
        ("{a: true}", lambda f: f.number("a"), "at least 0"),
        ("{a: [1]}", lambda f: f.number("a"), "at least 0"),
        ("{a: x}", lambda f: f.flag("a"), "must be true or false"),
        ("{from: soon}", lambda f: f.day("from"), "`soon` is not a day"),
        ("{from: [1]}", lambda f: f.day("from"), "is not a day"),
        ("{a: 1}", lambda f: f.period(), "a thing has no date"),
        ("{from: 2026-01-02, to: 2026-01-01}", lambda f: f.period(), "ends before it begins"),
        ("{a: 1}", lambda f: f.table("a"), "`a` must be a mapping"),
        ("{verified: offical}", lambda f: f.verified(None), "`offical` cannot be `verified`; did you mean `official`"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(text, use, message):
    with pytest.raises(MalformedError, match=message):
        use(fields(text))


def test_texts_of_numbers_and_days_are_their_plain_form():
    assert text_of(read_yaml("2026-01-01", "f")) == "2026-01-01"
