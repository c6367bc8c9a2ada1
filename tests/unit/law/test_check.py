from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError
from corridor.base.reasons import Verified
from corridor.law.check import Score, check


def test_cases_that_come_out_as_expected_are_right(rulebook):
    report = check(rulebook)
    assert report.wrong == ()
    assert dict(report.scores) == {Verified.OFFICIAL: Score(right=2, wrong=0, undetermined=0)}


def test_a_case_that_does_not_is_wrong_and_says_in_what(changed):
    report = check(changed(("pin: s 6", "pin: s 5"), file="xa/cases.yaml"))
    assert report.wrong[0].differences == ("pin: expected s 5, found s 6",)
    assert report.scores[Verified.OFFICIAL] == Score(right=1, wrong=1, undetermined=0)


def test_a_case_that_stays_open_is_undetermined(changed):
    report = check(
        changed(
            ("counts: [{category: health, n: 5}]", "counts: []"),
            ('{"data.counts[0].n": 100}', "{}"),
            file="xa/cases.yaml",
        )
    )
    assert report.scores[Verified.OFFICIAL] == Score(right=0, wrong=0, undetermined=2)


def test_a_case_may_expect_to_stay_open(changed):
    more = (
        "  - {id: open, like: few, with: {data.counts: []}, expect: {outcome: UNDETERMINED, missing: [data.counts], "
        "proceed: unknown, next_change: 2027-01-01, verified: official, mechanisms: [], problems: [], "
        "obligations: [s 7]}}\n"
    )
    book = changed(("\ncases:\n", "\ncases:\n"), ("  - id: many", more + "  - id: many"), file="xa/cases.yaml")
    assert check(book).wrong == ()


def test_a_case_elsewhere_does_not_involve_the_jurisdiction(changed):
    report = check(changed(("located_in: AR", "located_in: CL"), file="xa/cases.yaml"))
    assert report.wrong[0].differences == ("XA is not involved",)


def test_classes_are_never_blended(changed):
    report = check(changed(("like: few\n", "like: few\n    verified: recalled\n"), file="xa/cases.yaml"))
    assert list(report.scores) == [Verified.OFFICIAL, Verified.RECALLED]


def test_facts_that_are_none_name_the_case(changed):
    with pytest.raises(MalformedError, match=r"xa/cases.yaml:3:5 facts.data: `itms` is no field of data"):
        check(changed(("data: {items", "data: {itms"), file="xa/cases.yaml"))


def test_a_case_can_expect_what_is_derived(changed):
    book = changed(
        ("  - id: many", "  - {id: of, like: few, expect: {derived: {personal: false}}}\n  - id: many"),
        file="xa/cases.yaml",
    )
    assert check(book).wrong[0].differences == ("derived: expected personal: False, found personal: True",)
    book = changed(
        ("  - id: many", "  - {id: of, like: few, expect: {derived: {personal: true}}}\n  - id: many"),
        file="xa/cases.yaml",
    )
    assert check(book).wrong == ()
