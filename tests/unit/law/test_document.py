from __future__ import annotations

import pytest

from corridor.base.errors import NotFoundError
from corridor.law.document import list_instruments, render_instrument


def test_an_instrument_reads_like_a_sheet(rulebook):
    text = render_instrument(rulebook, "xa/act")
    assert text.startswith("Data Act of Aland\nLey de Datos\nxa/act; Parliament; Act 1\nIn force from 2020-01-01\n")
    for line in [
        "Source: gazette.example/1, checked 2026-11-01, official",
        "  s 3(3): EXEMPT, from 2020-01-01 [official]",
        "    if transfer.necessity.for == emergency (only for whoever relies on it)",
        "    opened by contract: xa/contract, from 2020-01-01",
        "  many: 10 persons, from 2020-01-01 to 2025-12-31, s 4 [official]",
        "  friends: CL, from 2026-06-01, annex 1 [secondary] Private sector only.",
        "  exported: persons, calendar year, of personal, s 4",
        "  personal: data.items any personal, from 2020-01-01, s 2",
        "  xa/permit: Permit, s 5 [official]",
        "    holds form",
        "    validity: one year",
        "  s 7: the exporter shall tell the persons (before, from 2020-01-01) [official]",
        "  s 10: A fine. [official]",
        "    brings the duties report",
        "    may collide: an order abroad meets a ban here",
        "    what is provided under it is not counted",
        "    holds guardian's letter (if data.items any (subject == minor_u14))",
        "    has to state persons, recipient",
        "    lasts 12 months",
        "    its renewal is asked for 2 months before its end",
        "    serves only if paper.result == passed: else it was not passed",
        "    to be filed within 10 working days",
        "    counts from 2020-01-01",
        "    if personal",
        "    only with provisions that name it",
    ]:
        assert line in text.splitlines()


def test_notes_and_prevalence_are_shown(changed):
    other = """
instrument: xa/other
title: {en: Other}
enacted_by: Parliament
note: Not yet in force.
in_force: {from: 2030-01-01, to: 2031-01-01}
prevails_over: [{pin: t 9, instruments: [xa/act]}]
source: {address: gazette.example/3, checked: 2026-11-01, verified: recalled}
"""
    text = render_instrument(changed(**{"xa__other.yaml": other}), "xa/other")
    assert "Prevails over xa/act (t 9)" in text
    assert "Note: Not yet in force." in text
    assert "In force from 2030-01-01 to 2031-01-01" in text


def test_instruments_are_listed_by_jurisdiction_and_date(rulebook):
    assert [instrument.id for instrument in list_instruments(rulebook)] == ["xa/act"]


def test_an_unknown_instrument_is_not_found(rulebook):
    with pytest.raises(NotFoundError, match="no instrument `xa/atc`; did you mean `xa/act`"):
        render_instrument(rulebook, "xa/atc")
