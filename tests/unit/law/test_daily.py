from __future__ import annotations

from datetime import date, timedelta

from corridor.law.daily import Daily

DAY = date(2026, 11, 22)


def test_a_day_is_worked_out_once():
    asked = []
    daily = Daily(lambda day: asked.append(day) or day.year)
    assert (daily[DAY], daily[DAY]) == (2026, 2026)
    assert asked == [DAY]


def test_so_many_days_that_they_would_take_memory_are_forgotten_and_worked_out_anew():
    daily = Daily(lambda day: day.toordinal())
    for offset in range(1000):
        assert daily[DAY + timedelta(days=offset)] == DAY.toordinal() + offset
    assert len(daily) <= 400
