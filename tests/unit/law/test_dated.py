from __future__ import annotations

from datetime import date

import pytest

from corridor.base.clock import DateRange
from corridor.base.reasons import Citation, Verified
from corridor.law.dated import Dated, Entry, Parameter, Register, earliest, next_boundary, wider_places
from corridor.law.source import Place

AT = Place("f", 1, 1)
CITED = Citation("xa/act", "s 1")


def dated(value, start, end=None):
    return Dated(value, DateRange(start, end), CITED, AT)


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (date(2019, 1, 1), date(2020, 1, 1)),
        (date(2020, 1, 1), date(2021, 1, 1)),
        (date(2020, 12, 31), date(2021, 1, 1)),
        (date(2021, 1, 1), None),
    ],
)
def test_a_period_changes_on_its_first_day_and_on_the_day_after_its_last(day, following):
    assert next_boundary(DateRange(date(2020, 1, 1), date(2020, 12, 31)), day) == following


def test_an_open_period_never_ends():
    assert next_boundary(DateRange(date(2020, 1, 1)), date(2026, 1, 1)) is None
    assert next_boundary(DateRange(), date(2026, 1, 1)) is None


def test_the_earliest_of_known_days():
    assert earliest((None, date(2026, 2, 1), date(2026, 1, 1))) == date(2026, 1, 1)
    assert earliest(()) is None


def test_a_parameter_has_the_value_of_the_day():
    limit = Parameter("limit", "persons", (dated(1, date(2020, 1, 1), date(2020, 12, 31)), dated(2, date(2022, 1, 1))))
    assert limit.at(date(2020, 12, 31)).value == 1
    assert limit.at(date(2021, 6, 1)) is None
    assert limit.next_change(date(2020, 6, 1)) == date(2021, 1, 1)
    assert limit.next_change(date(2021, 6, 1)) == date(2022, 1, 1)


def test_a_value_without_a_class_counts_as_recalled():
    assert dated(1, None).verified is Verified.RECALLED


def test_a_register_answers_for_parts_of_a_country():
    register = Register("r", "place", (dated(Entry("AE"), date(2020, 1, 1)), dated(Entry("CN"), date(2030, 1, 1))))
    assert [entry.value.member for entry in register.entries_for("AE-DU/DIFC")] == ["AE"]
    assert register.members_at(date(2026, 1, 1)) == {"AE"}


def test_only_places_have_wider_places():
    assert wider_places("AE-DU/DIFC") == ("AE-DU/DIFC", "AE-DU", "AE")
    assert wider_places("AE-DU") == ("AE-DU", "AE")
    assert wider_places("AE") == ("AE",)
    assert wider_places("health") == ("health",)
