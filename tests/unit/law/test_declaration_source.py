from __future__ import annotations

from datetime import date

import pytest

from corridor.base.errors import MalformedError
from corridor.base.reasons import Verified
from corridor.base.truth import Truth
from corridor.law.model import WindowKind


def test_an_instrument_keeps_its_titles_dates_and_source(rulebook):
    act = rulebook.instrument("xa/act")
    assert act.titles["es"] == "Ley de Datos"
    assert act.source.checked == date(2026, 11, 1)
    assert act.sanctions[0].citation.pin == "s 10"


def test_values_and_lists_are_dated_and_classed(aland):
    many = aland.parameters["many"]
    assert [value.value for value in many.values] == [10, 100]
    chile = aland.registers["friends"].entries_for("CL")[0]
    assert (chile.verified, chile.value.note) == (Verified.SECONDARY, "Private sector only.")
    assert chile.citation.pin == "annex 1"


def test_counters_know_their_window(aland):
    assert aland.counters["exported"].window is WindowKind.CALENDAR_YEAR


def test_a_derived_fact_follows_the_definition_in_force(changed, ask):
    new = (
        "personal: [{is: data.items any personal, pin: s 2, to: 2025-12-31}, "
        "{is: 'false', pin: s 2a, from: 2026-01-01, to: 2026-12-31}]"
    )
    book = changed(("personal: {is: data.items any personal, pin: s 2}", new))
    assert ask(book=book).provisions[0].citation.pin == "s 2"
    assert ask(book=book, as_of=date(2025, 6, 1)).provisions[0].citation.pin == "s 6"
    assert ask(book=book).next_change == date(2027, 1, 1)


def test_a_fact_without_a_definition_in_force_does_not_hold(changed, ask):
    new = "personal: {is: data.items any personal, pin: s 2, to: 2025-12-31}"
    ruling = ask(book=changed(("personal: {is: data.items any personal, pin: s 2}", new)))
    assert ruling.provisions[0].citation.pin == "s 2"
    assert ruling.steps[1].step.because[0].holds is Truth.FALSE


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "{from: 2026-01-01, value: 100",
            "{from: 2025-12-31, value: 100",
            "`many` has two values on one day, at xa/act",
        ),
        (
            "members: [CL], from: 2026-06-01",
            "members: [UY], from: 2025-06-01",
            "`friends UY` has two values on one day",
        ),
        (", value: 10, pin: s 4", ", value: 10", "a value has no `pin`"),
        ("{from: 2026-01-01, value: 100", "{value: 100", "a value has no date"),
        ("title: {en: Data Act of Aland, es: Ley de Datos}", "title: {es: Ley}", "`title` has no English"),
        (", checked: 2026-11-01", "", "source has no `checked`"),
        (", verified: official}\nlists", "}\nlists", "source has no `verified`"),
        ("window: calendar_year", "window: calendr_year", "did you mean `calendar_year`"),
        ("is: data.items any personal", "is: personal", "`personal` is derived from itself by way of `personal`"),
        ("is: data.items any personal", "is: data.items any persnal", "`persnal` is no fact"),
        ("unit: persons, of: personal", "unit: persons, of: many", "`many` is not true or false"),
        ("value: 100", "value: many", "`value` must be a whole number"),
        ("in_force: {from: 2020-01-01}", "in_force: {to: 2020-01-01}", "in_force has no date"),
    ],
)
def test_what_is_not_dated_cited_or_classed_is_refused(changed, old, new, message):
    with pytest.raises(MalformedError, match=message):
        changed((old, new))


def test_numbers_of_different_units_are_not_compared(changed):
    with pytest.raises(MalformedError, match="`persons` are compared with `devices`"):
        changed(("many:\n    unit: persons", "many:\n    unit: devices"))
