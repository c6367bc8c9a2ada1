from __future__ import annotations

from datetime import date

import pytest

from corridor.base.errors import MalformedError
from corridor.law.changes import changes_between, changes_json, changes_text

LATER = """
instrument: xa/later
title: {en: Later Act}
enacted_by: Parliament
in_force: {from: 2026-03-01, to: 2026-09-30}
source: {address: gazette.example/4, checked: 2026-11-01, verified: secondary}
papers:
  xa/licence: {title: Licence, clock: 5 days, pin: l 2}
provisions:
  - {ladder: main, pin: l 3, when: importer.public_body, answer: PROHIBITED, says: Nothing for public bodies.,
     exception_to: [xa/act s 1]}
"""


def between(book, first, last):
    return changes_between(book, date.fromisoformat(first), date.fromisoformat(last))


def test_a_value_that_follows_another_is_one_change(rulebook):
    (change,) = [one for one in between(rulebook, "2025-12-31", "2026-01-01") if one.kind == "value"]
    assert change.text == "value many: 10 persons becomes 100 persons"
    assert (change.day, change.citation.pin) == (date(2026, 1, 1), "s 4")


def test_members_of_lists_come_and_go(rulebook):
    texts = [one.text for one in between(rulebook, "2025-12-31", "2026-12-31") if one.kind == "list"]
    assert texts == ["list friends UY ends: UY", "list friends CL begins: Private sector only."]


def test_duties_begin(rulebook):
    (change,) = between(rulebook, "2026-12-31", "2027-01-01")
    assert (change.kind, change.name, change.after) == ("duty", "later", "the exporter shall keep a register")


def test_an_act_brings_its_provisions_papers_and_definitions_and_takes_them_away(changed):
    one = "{is: data.items any personal, pin: s 2}"
    ended = "{is: data.items any personal, pin: s 2, to: 2026-02-28}"
    two = f"[{ended}, {{is: data.items all personal, pin: s 2, from: 2026-03-01}}]"
    act = (f"personal: {one}", f"personal: {two}")
    book = changed(act, xa__later=LATER)
    kinds = [one.kind for one in between(book, "2026-02-28", "2026-03-01")]
    assert sorted(kinds) == ["definition", "instrument", "paper", "provision"]
    (definition,) = [one for one in between(book, "2026-02-28", "2026-03-01") if one.kind == "definition"]
    assert definition.text == "definition personal: data.items any personal becomes data.items all personal"
    ends = between(book, "2026-09-30", "2026-10-01")
    assert {one.after for one in ends} == {None}
    assert {one.day for one in ends} == {date(2026, 10, 1)}
    assert "paper xa/licence ends: Licence; 5 days" in [one.text for one in ends]


def test_a_route_opens_later_than_its_provision(changed):
    book = changed(
        (
            "{mechanism: permit, papers: [xa/permit]}]\n    says: Others",
            "{mechanism: permit, papers: [xa/permit], from: 2026-05-01}]\n    says: Others",
        )
    )
    (change,) = between(book, "2026-04-30", "2026-05-01")
    assert change.text == "route s 6 by permit begins: permit with xa/permit"


def test_between_the_same_days_nothing_changes(rulebook):
    assert between(rulebook, "2026-11-22", "2026-11-22") == ()
    assert changes_text(()) == "nothing changes\n"


def test_people_see_a_heading_for_each_instrument_and_a_line_for_each_change(rulebook):
    assert changes_text(between(rulebook, "2025-12-31", "2026-01-01")).splitlines() == [
        "xa/act: Data Act of Aland",
        "  2026-01-01  value many: 10 persons becomes 100 persons (s 4) [official]",
        "  2026-01-01  list friends UY ends: UY (annex 1) [official]",
    ]


def test_machines_get_every_part(rulebook):
    assert changes_json(between(rulebook, "2026-12-31", "2027-01-01")) == [
        {
            "jurisdiction": "XA",
            "instrument": "xa/act",
            "pin": "s 9",
            "title": "Data Act of Aland",
            "verified": "official",
            "kind": "duty",
            "name": "later",
            "day": "2027-01-01",
            "before": None,
            "after": "the exporter shall keep a register",
        }
    ]


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        ("2026-01-02", "2026-01-01", "--to: 2026-01-01 lies before 2026-01-02; write the earlier day first"),
        ("1800-01-01", "2026-01-01", "--from: `1800-01-01` is out of range"),
    ],
)
def test_days_in_the_wrong_order_or_out_of_range_are_refused(rulebook, first, last, refusal):
    with pytest.raises(MalformedError) as refused:
        between(rulebook, first, last)
    assert refusal in str(refused.value)
