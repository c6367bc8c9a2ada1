from __future__ import annotations

from datetime import date

import pytest

from corridor.base.errors import MalformedError
from corridor.law.model import Covers, Filing, FilingStart
from corridor.law.outcome import Outcome


def test_a_provision_keeps_its_words(aland):
    emergency = next(p for p in aland.ladders[0].provisions if p.citation.pin == "s 3(3)")
    assert emergency.ref == "xa/act s 3(3)"
    assert (emergency.claimed, emergency.uncounted, emergency.outcome) == (True, True, Outcome.EXEMPT)
    assert emergency.period.start == date(2020, 1, 1)


def test_what_lies_outside_the_rules_is_never_counted(aland):
    assert aland.ladders[0].provisions[0].uncounted


def test_papers_and_duties_keep_their_words(aland):
    permit, contract = aland.papers["xa/permit"], aland.papers["xa/contract"]
    assert permit.covers == {Covers.RECIPIENT, Covers.PERSONS}
    assert (permit.valid_months, permit.renew_months, permit.filing) == (12, 2, None)
    assert contract.filing == Filing(10, working=True)
    assert [content.text for content in permit.contents] == ["form", "guardian's letter"]
    report = next(duty for duty in aland.duties if duty.id == "report")
    assert report.attached
    assert Outcome.PROHIBITED not in report.outcomes


def test_alternatives_may_be_named_once_and_used_often(changed):
    book = changed(
        ("opened_by: [{mechanism: permit, papers: [xa/permit]}]\n", "opened_by: ways\n"),
        ("provisions:\n", "routes:\n  ways: {mechanism: permit, papers: [xa/permit], pin: s 5}\nprovisions:\n"),
    )
    s4 = next(p for p in book.jurisdictions["XA"].ladders[0].provisions if p.citation.pin == "s 4")
    assert [(opening.mechanism, opening.citation.pin) for opening in s4.opened_by] == [("permit", "s 5")]


def test_the_days_for_a_filing_may_be_counted_from_the_first_transfer(changed):
    book = changed(("{days: 10, working: true}", "{days: 60, after: first_transfer}"))
    filing = book.jurisdictions["XA"].papers["xa/contract"].filing
    assert filing == Filing(60, working=False, after=FilingStart.FIRST_TRANSFER)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{days: 10, working: true}", "{days: 10, after: signature}", "`signature` cannot be `after`"),
        ("answer: REQUIRES_APPROVAL", "answer: PROHIBITED", "`PROHIBITED` cannot be answered with `opened_by`"),
        ("answer: PROHIBITED", "answer: RESTRICTED", "`RESTRICTED` cannot be answered without `opened_by`"),
        ("answer: PROHIBITED", "answer: UNDETERMINED", "`UNDETERMINED` cannot be answered"),
        ("answer: PROHIBITED", "answer: FORBIDDEN", "`FORBIDDEN` cannot be `answer`"),
        (
            "papers: [xa/contract]",
            "papers: [xa/contrat]",
            "`xa/contrat` is no paper of this jurisdiction; did you mean",
        ),
        ("papers: [xa/contract]", "papers: []", "an opening has no `papers`"),
        ("opened_by: [{mechanism: permit, papers: [xa/permit]}]\n", "opened_by: ways\n", "`ways` is no list of routes"),
        ("duties: [report]", "duties: [repot]", "`repot` is no duty of this jurisdiction; did you mean `report`"),
        ("covers: [recipient, persons]", "covers: [everything]", "`everything` is nothing a paper can cover"),
        ("attached: true,", "attached: true, with: [FREE],", "`FREE` is no outcome"),
        ("pin: s 6, when", "when", "no `pin`"),
        ("fails: it was not passed", "failed: x", "`failed` is no field of a check"),
        ("says: A fine.", "say: A fine.", "`say` is no field of a sanction"),
        ("working: true", "working: 1", "`working` must be true or false"),
    ],
)
def test_what_does_not_fit_is_refused(changed, old, new, message):
    if old == "pin: s 6, when":
        old, new = "    pin: s 6\n    when", "    when"
    with pytest.raises(MalformedError, match=message):
        changed((old, new))


def test_a_duty_comes_with_the_outcomes_it_names(changed, ask):
    book = changed(("attached: true,", "with: [REQUIRES_APPROVAL],"))
    many = [{"category": "health", "n": 100}]
    assert "s 8" in [duty.citation.pin for duty in ask(book=book, data__counts=many).obligations]
    assert "s 8" not in [duty.citation.pin for duty in ask(book=book).obligations]
