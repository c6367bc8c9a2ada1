from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.truth import Truth
from corridor.law.facts import parse_facts
from corridor.law.papers import add_months, add_working_days, examine, subtract_working_days
from corridor.law.trace import Span, Trace

DAY = date(2026, 11, 22)
CONTRACT = {"id": "c-1", "kind": "xa/contract", "effective": "2026-11-02", "filed": "2026-11-16"}
PERMIT = {
    "id": "p-1",
    "kind": "xa/permit",
    "valid_from": "2026-06-01",
    "parties": ["r"],
    "result": "passed",
    "scope": {"n_max": 100},
}


@pytest.fixture
def finding(aland):
    def examined(paper, as_of=DAY, persons=None, **more):
        document = {"papers": [paper], "importer": {"id": "r"}, **more}
        facts = parse_facts(document)
        trace = Trace(facts, as_of, {}, lambda _trace, _name: Span(0, 0))
        if persons is not None:
            trace.counted["exported"] = persons
        return examine(aland.papers[paper["kind"]], facts.papers[0], 0, trace)

    return examined


def test_working_days_leave_weekends_out():
    assert add_working_days(date(2026, 11, 20), 1) == date(2026, 11, 23)
    assert add_working_days(date(2026, 11, 2), 10) == date(2026, 11, 16)
    assert subtract_working_days(date(2026, 11, 23), 1) == date(2026, 11, 20)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 60))
def test_a_working_day_is_never_on_a_weekend_and_n_of_them_take_at_least_n_days(day, number):
    found = add_working_days(day, number)
    assert found.weekday() < 5
    assert found - day >= timedelta(days=number)


def test_months_end_with_the_month():
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2026, 1, 15), -2) == date(2025, 11, 15)
    assert add_months(date(2024, 2, 29), 36) == date(2027, 2, 28)


def test_a_paper_that_fits_serves(finding):
    assert finding(CONTRACT).holds is Truth.TRUE
    permit = finding(PERMIT, persons=Span(100, 100))
    assert (permit.holds, permit.problems) == (Truth.TRUE, ())
    assert (permit.until, permit.renew_from) == (date(2027, 5, 31), date(2027, 3, 31))
    assert date(2027, 6, 1) in permit.changes


@pytest.mark.parametrize(
    ("paper", "problem"),
    [
        ({"kind": "xa/contract"}, "it does not say from when it is valid"),
        ({**CONTRACT, "effective": "2026-12-01", "filed": "2026-12-02"}, "it takes effect only on 2026-12-01"),
        ({**CONTRACT, "filed": "2026-11-17"}, "it was filed on 2026-11-17, after the last day for it, 2026-11-16"),
        ({**CONTRACT, "filed": None}, "no filing is shown, and the last day for it was 2026-11-16"),
        ({**CONTRACT, "valid_to": "2026-11-21"}, "it expired on 2026-11-21"),
        ({**CONTRACT, "parties": ["other"]}, "it names another recipient"),
        ({**CONTRACT, "scope": {"categories": ["health"]}}, "it does not cover the category gov_id"),
        ({**CONTRACT, "scope": {"purpose": ["payment"]}}, "it does not cover the purpose marketing"),
        ({**PERMIT, "parties": None}, "it does not name its parties"),
        ({**PERMIT, "valid_from": "2025-11-01"}, "it expired on 2025-10-31"),
        ({**PERMIT, "scope": None}, "it states no number of persons"),
        ({**PERMIT, "scope": {"n_max": 49}}, "it covers 49 persons, and there are 50"),
        ({**PERMIT, "result": "refused"}, "it was not passed"),
        ({**PERMIT, "result": None}, "it was not passed"),
    ],
)
def test_what_is_wrong_with_a_paper_is_said(finding, paper, problem):
    if problem == "it expired on 2025-10-31":
        paper = {**paper, "valid_from": "2024-11-01"}
    data = {"items": [{"category": "gov_id"}]}
    found = finding(paper, persons=Span(50, 50), data=data, purpose=["marketing"])
    assert found.holds is Truth.FALSE
    assert found.problems == (problem,)
    assert found.missing == ()


@pytest.mark.parametrize(
    ("paper", "more", "missing"),
    [
        ({**CONTRACT, "parties": ["r"]}, {"importer": {}}, ("importer.id",)),
        ({**CONTRACT, "scope": {"purpose": ["payment"]}}, {}, ("purpose",)),
        ({**CONTRACT, "scope": {"categories": ["health"]}}, {}, ("data.items",)),
        (PERMIT, {"persons": Span(0, None, ("data.counts",))}, ("data.counts",)),
    ],
)
def test_a_fact_that_is_missing_leaves_a_paper_open(finding, paper, more, missing):
    found = finding(paper, **more)
    assert (found.holds, found.missing) == (Truth.UNKNOWN, missing)


def test_a_paper_may_be_filed_until_its_last_day(finding):
    found = finding({**CONTRACT, "filed": None}, as_of=date(2026, 11, 16))
    assert (found.holds, found.to_file) == (Truth.TRUE, date(2026, 11, 16))
    assert date(2026, 11, 17) in found.changes


def test_a_filing_in_the_future_is_none_yet(finding):
    late = finding({**CONTRACT, "effective": "2026-11-10", "filed": "2026-11-24"})
    assert late.holds is Truth.TRUE
    assert finding({**CONTRACT, "filed": "2026-11-16"}, as_of=date(2026, 11, 3)).holds is Truth.TRUE


def test_a_check_on_other_facts_may_stay_open(changed):
    book = changed(("{when: paper.result == passed", "{when: not importer.public_body"))
    kind = book.jurisdictions["XA"].papers["xa/permit"]
    facts = parse_facts({"papers": [PERMIT], "importer": {"id": "r"}})
    found = examine(kind, facts.papers[0], 0, Trace(facts, DAY, {}, lambda _trace, _name: Span(0, 0)))
    assert (found.holds, found.missing) == (Truth.UNKNOWN, ("importer.public_body",))
    assert found.problems == ("perhaps it was not passed",)


def test_a_kind_of_paper_counts_only_while_it_exists(changed, finding):
    kind = (
        changed(("title: Contract\n", "title: Contract\n    to: 2026-01-01\n"))
        .jurisdictions["XA"]
        .papers["xa/contract"]
    )
    facts = parse_facts({"papers": [CONTRACT]})
    found = examine(kind, facts.papers[0], 0, Trace(facts, DAY, {}, lambda _trace, _name: Span(0, 0)))
    assert found.problems == ("papers of its kind do not count on 2026-11-22",)


def test_a_paper_without_an_id_goes_by_its_number_or_place(finding):
    assert finding({**CONTRACT, "id": None, "number": "7"}).paper == "7"
    assert finding({**CONTRACT, "id": None}).paper == "papers[0]"


def test_renewal_may_be_counted_in_working_days(changed):
    kind = changed(("renew_months: 2", "renew_working_days: 10")).jurisdictions["XA"].papers["xa/permit"]
    facts = parse_facts({"papers": [PERMIT], "importer": {"id": "r"}})
    found = examine(kind, facts.papers[0], 0, Trace(facts, DAY, {}, lambda _trace, _name: Span(0, 0)))
    assert found.renew_from == date(2027, 5, 17)


def test_a_filing_may_be_counted_in_plain_days(changed):
    kind = changed(("{days: 10, working: true}", "{days: 10}")).jurisdictions["XA"].papers["xa/contract"]
    facts = parse_facts({"papers": [{**CONTRACT, "filed": "2026-11-13"}]})
    found = examine(kind, facts.papers[0], 0, Trace(facts, DAY, {}, lambda _trace, _name: Span(0, 0)))
    assert found.problems == ("it was filed on 2026-11-13, after the last day for it, 2026-11-12",)


@pytest.fixture
def after_first_transfer(changed):
    kind = (
        changed(("{days: 10, working: true}", "{days: 60, after: first_transfer}"))
        .jurisdictions["XA"]
        .papers["xa/contract"]
    )

    def examined(as_of, starts=None, filed=None):
        transfer = {"starts": starts} if starts else {}
        facts = parse_facts({"papers": [{**CONTRACT, "filed": filed}], "transfer": transfer})
        trace = Trace(facts, as_of, {}, lambda _trace, _name: Span(0, 0))
        return examine(kind, facts.papers[0], 0, trace), trace

    return examined


def test_a_filing_may_be_counted_from_the_first_transfer(after_first_transfer):
    found, _ = after_first_transfer(date(2027, 1, 30), "2026-12-01")
    assert (found.holds, found.to_file) == (Truth.TRUE, date(2027, 1, 30))
    late, _ = after_first_transfer(date(2027, 1, 31), "2026-12-01")
    assert late.problems == ("no filing is shown, and the last day for it was 2027-01-30",)
    filed, _ = after_first_transfer(date(2027, 3, 1), "2026-12-01", filed="2027-01-31")
    assert filed.problems == ("it was filed on 2027-01-31, after the last day for it, 2027-01-30",)


def test_a_first_transfer_that_is_not_told_is_taken_not_to_lie_behind(after_first_transfer):
    found, trace = after_first_transfer(date(2027, 3, 1))
    assert (found.holds, found.to_file) == (Truth.TRUE, None)
    assert [(a.text, a.facts) for a in trace.assumptions] == [
        ("no data were transferred before 2027-03-01", ("transfer.starts",))
    ]
