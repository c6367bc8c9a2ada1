from __future__ import annotations

from datetime import date

import pytest

from corridor.base.errors import MalformedError
from corridor.base.reasons import Verified
from corridor.base.truth import Truth
from corridor.law.evaluate import assess, counts_needed
from corridor.law.facts import parse_facts
from corridor.law.outcome import CountKey, Outcome, Population

DAY = date(2026, 11, 22)
KEY = CountKey("XA", "exported")
CONTRACT = {"id": "c-1", "kind": "xa/contract", "effective": "2026-11-02", "filed": "2026-11-16"}


def counts(n):
    return [{"category": "health", "n": n, "population": "patients"}]


def test_the_first_rung_that_holds_decides(ask):
    assert ask(importer__located_in="AR").outcome is Outcome.NOT_A_TRANSFER
    assert ask(data__items=[{"category": "health", "personal": False}]).outcome is Outcome.NOT_REGULATED
    assert ask(importer__located_in="CL").outcome is Outcome.ALLOWED
    assert ask(data__counts=counts(100)).outcome is Outcome.REQUIRES_APPROVAL
    assert ask().outcome is Outcome.ALLOWED_WITH_MECHANISM


def test_a_claim_needs_its_facts_and_without_them_is_passed_over_and_noted(ask):
    claimed = ask(transfer__necessity={"for": "emergency"})
    assert (claimed.outcome, claimed.counted) == (Outcome.EXEMPT, ())
    passed = [a for a in ask().assumptions if a.citation]
    assert [(str(a.citation), a.facts) for a in passed] == [("Data Act of Aland, s 3(3)", ("transfer.necessity.for",))]


def test_an_open_rung_leaves_the_answer_open_and_names_only_what_can_change_it(ask):
    ruling = ask(data__items=[{"category": "vehicle"}], data__counts=[{"category": "vehicle", "n": 5}])
    assert (ruling.outcome, ruling.proceed) == (Outcome.UNDETERMINED, Truth.UNKNOWN)
    assert ruling.missing == ("data.items[0].personal",)
    assert ruling.provisions[0].citation.pin == "s 2"


def test_an_open_rung_that_would_answer_the_same_changes_nothing(changed, ask):
    book = changed(("answer: ALLOWED, duties: [report],", "answer: NOT_REGULATED,"))
    ruling = ask(book=book, importer__located_in="CL", data__items=[{"category": "vehicle"}])
    assert ruling.outcome is Outcome.NOT_REGULATED
    assert ruling.missing == ()


def test_papers_open_the_way(ask):
    assert ask().proceed is Truth.FALSE
    opened = ask(papers=[CONTRACT])
    assert opened.proceed is Truth.TRUE
    assert [route.holds for route in opened.routes] == [Truth.TRUE, Truth.FALSE]
    assert opened.routes[0].papers[0].contents == ()


def test_papers_open_the_way_as_long_as_they_last(ask):
    permit = {"kind": "xa/permit", "valid_from": "2026-06-01", "parties": ["r"], "result": "passed"}
    permit["scope"] = {"n_max": 100}
    assert ask(papers=[permit]).valid_until == date(2027, 5, 31)
    assert ask(papers=[permit, CONTRACT]).valid_until is None
    assert ask().valid_until is None


def test_the_contents_of_a_paper_follow_the_facts(ask):
    permit = ask(data__counts=counts(100)).papers_needed[0]
    assert permit.contents == ("form",)
    child = [{"category": "health", "subject": "minor_u14"}]
    assert ask(data__counts=counts(100), data__items=child).papers_needed[0].contents == ("form", "guardian's letter")


def test_a_paper_that_is_still_to_be_filed_serves_and_brings_a_duty(ask):
    ruling = ask(papers=[{**CONTRACT, "effective": "2026-11-16", "filed": None}])
    assert ruling.proceed is Truth.TRUE
    assert (ruling.obligations[0].what, ruling.obligations[0].deadline) == (
        "file c-1 (Contract) with the Office",
        "2026-11-30",
    )
    assert ruling.next_change == date(2026, 12, 1)


def test_what_a_paper_leaves_open_is_asked_for(ask):
    ruling = ask(papers=[{**CONTRACT, "parties": ["r"]}], importer__id=None)
    assert (ruling.outcome, ruling.proceed, ruling.missing) == (
        Outcome.ALLOWED_WITH_MECHANISM,
        Truth.UNKNOWN,
        ("importer.id",),
    )


def test_the_meter_is_added_to_what_the_transfer_provides(ask):
    ruling = ask(previous={KEY: 95})
    assert ruling.outcome is Outcome.REQUIRES_APPROVAL
    assert (ruling.counted[0].previous, ruling.counted[0].adds, ruling.counted[0].total) == (95, 5, "100")
    assert ruling.next_change == date(2027, 1, 1)


def test_counters_are_asked_for_with_the_populations_of_the_transfer(rulebook, described):
    (query,) = counts_needed(rulebook, described(data__counts=counts(5)), DAY)
    assert (query.key, query.populations) == (KEY, (Population("patients", 5),))
    assert query.window.start == date(2026, 1, 1)
    assert counts_needed(rulebook, described(importer__located_in="CL"), DAY) == ()


def test_duties_come_with_the_outcome_and_with_their_provision(ask):
    assert [duty.citation.pin for duty in ask().obligations] == ["s 7"]
    assert [duty.citation.pin for duty in ask(importer__located_in="CL").obligations] == ["s 7", "s 8"]
    assert ask(importer__located_in="AR").obligations == ()
    assert "s 9" in [duty.citation.pin for duty in ask(as_of=date(2027, 1, 1)).obligations]


def test_a_duty_that_hangs_on_an_unknown_fact_is_uncertain(ask):
    ruling = ask(importer__located_in="CL", data__items=None, request__by_authority=False)
    assert [(duty.citation.pin, duty.certain) for duty in ruling.obligations] == [("s 7", Truth.UNKNOWN)]


def test_a_conflict_of_laws_is_shown(rulebook, described):
    whole = assess(rulebook, described(request={"by_authority": True, "country": "PE"}), DAY)
    assert whole.outcome is Outcome.PROHIBITED
    assert [(c.jurisdictions, c.text) for c in whole.conflicts] == [(("XA", "PE"), "an order abroad meets a ban here")]
    assert assess(rulebook, described(request={"by_authority": True}), DAY).conflicts[0].jurisdictions == ("XA",)


def test_the_next_change_is_the_first_that_can_matter(ask):
    assert ask(as_of=date(2025, 6, 1), importer__located_in="UY").next_change == date(2026, 1, 1)
    assert ask(as_of=date(2026, 5, 1), importer__located_in="CL").next_change == date(2026, 6, 1)
    assert ask(importer__located_in="PE").next_change == date(2027, 1, 1)


def test_a_rung_to_come_is_a_change_ahead_only_if_its_condition_can_hold(changed, ask):
    rung = (
        "  - {ladder: main, pin: s 0, when: exporter.public_body, answer: PROHIBITED, says: Later., from: 2026-12-01}\n"
    )
    book = changed(("provisions:\n", "provisions:\n" + rung))
    assert ask(book=book).next_change == date(2026, 12, 1)
    assert ask(book=book, exporter__public_body=False).next_change == date(2027, 1, 1)


def test_an_answer_is_worth_its_weakest_part(ask):
    assert ask(importer__located_in="PE").verified is Verified.OFFICIAL
    assert ask(importer__located_in="CL").verified is Verified.SECONDARY


def test_before_the_rules_begin_the_answer_is_open(ask):
    ruling = ask(as_of=date(2019, 12, 31))
    assert (ruling.outcome, ruling.next_change) == (Outcome.UNDETERMINED, date(2020, 1, 1))
    assert "before 2020-01-01" in ruling.note


def test_a_country_without_rules_is_open_and_says_how_to_add_them(rulebook, described):
    whole = assess(rulebook, described(papers=[CONTRACT]), DAY)
    assert (whole.outcome, whole.proceed) == (Outcome.UNDETERMINED, Truth.UNKNOWN)
    assert whole.missing == ("the rules of PE",)
    assert "the rulebook has no rules for PE: add a folder" in whole.ruling("PE").note


def test_a_prohibition_stands_before_what_is_open(rulebook, described):
    whole = assess(rulebook, described(request={"by_authority": True}), DAY)
    assert (whole.outcome, whole.proceed) == (Outcome.PROHIBITED, Truth.FALSE)


def test_without_places_nothing_is_decided(rulebook):
    whole = assess(rulebook, parse_facts({}), DAY)
    assert (whole.outcome, whole.proceed, whole.rulings) == (Outcome.UNDETERMINED, Truth.UNKNOWN, ())
    assert whole.missing == ("exporter.located_in", "importer.located_in")


def test_a_day_out_of_range_is_refused(rulebook, described):
    with pytest.raises(MalformedError, match="as_of: `2200-01-01` is out of range"):
        assess(rulebook, described(), date(2200, 1, 1))


def test_a_matter_of_its_own_is_judged_beside_and_the_stricter_decides(texts, changed, ask):
    second = """
instrument: xa/second
title: {en: Second}
enacted_by: Parliament
in_force: {from: 2020-01-01}
source: {address: gazette.example/2, checked: 2026-11-01, verified: recalled}
provisions:
  - {ladder: other, pin: t 1, when: exporter.public_body, answer: PROHIBITED, says: Not by public bodies.}
  - {ladder: other, pin: t 2, when: 'true', answer: NOT_REGULATED, says: Otherwise free.}
"""
    head = (
        "ladders: [{id: main, title: Export}]",
        "ladders: [{id: main, title: Export}, {id: other, title: O, from: 2026-01-01}]",
    )
    book = changed(head, file="xa/jurisdiction.yaml", **{"xa__second.yaml": second})
    ruling = ask(book=book, exporter__public_body=True)
    assert (ruling.outcome, [str(b.citation) for b in ruling.provisions]) == (
        Outcome.PROHIBITED,
        ["Second, t 1", "Data Act of Aland, s 6"],
    )
    free = ask(book=book, exporter__public_body=False)
    assert (free.outcome, len(free.provisions)) == (Outcome.ALLOWED_WITH_MECHANISM, 1)
    assert ask(book=book, as_of=date(2025, 12, 1), exporter__public_body=True).outcome is not Outcome.PROHIBITED


OTHER = """
instrument: xa/other
title: {en: Other}
enacted_by: Parliament
in_force: {from: 2020-01-01}
source: {address: gazette.example/2, checked: 2026-11-01, verified: recalled}
papers: {xa/letter: {title: Letter, pin: t 1}, xa/seal: {title: Seal, pin: t 1}}
duties: [{id: tell, what: tell the office, who: exporter, attached: true, pin: t 3}]
provisions:
  - ladder: other
    pin: t 1
    when: exporter.public_body
    answer: ALLOWED_WITH_MECHANISM
    opened_by: [{mechanism: letter, papers: [xa/letter]}, {mechanism: seal, papers: [xa/seal]}]
    says: Public bodies write a letter or use a seal.
  - {ladder: other, pin: t 2, when: 'true', answer: ALLOWED, duties: [tell], says: Others tell the office.}
"""


@pytest.fixture
def two_matters(changed):
    head = ("ladders: [{id: main, title: Export}]", "ladders: [{id: main, title: Export}, {id: other, title: O}]")
    return changed(head, file="xa/jurisdiction.yaml", **{"xa__other.yaml": OTHER})


def test_two_matters_that_want_papers_want_the_papers_of_both(two_matters, ask):
    contract = {"id": "c", "kind": "xa/contract", "effective": "2026-11-20", "parties": ["r"]}
    letter = {"id": "l", "kind": "xa/letter", "signed": "2026-11-01"}
    ruling = ask(book=two_matters, exporter__public_body=True, papers=[contract])
    assert ruling.mechanisms == ("contract_and_letter", "contract_and_seal", "permit_and_letter", "permit_and_seal")
    assert ruling.proceed is Truth.FALSE
    assert ask(book=two_matters, exporter__public_body=True, papers=[contract, letter]).proceed is Truth.TRUE
    assert ask(book=two_matters, exporter__public_body=True, papers=[letter]).proceed is Truth.FALSE


def test_the_stricter_of_two_matters_does_not_make_the_papers_of_the_other_needless(two_matters, ask):
    letter = {"id": "l", "kind": "xa/letter", "signed": "2026-11-01"}
    permit = {"id": "p", "kind": "xa/permit", "valid_from": "2026-11-01", "parties": ["r"], "result": "passed"}
    permit["scope"] = {"n_max": 1000}
    many = {"exporter__public_body": True, "data__counts": [{"category": "health", "n": 500}]}
    ruling = ask(book=two_matters, papers=[permit], **many)
    assert (ruling.outcome, ruling.mechanisms) == (Outcome.REQUIRES_APPROVAL, ("permit_and_letter", "permit_and_seal"))
    assert ruling.proceed is Truth.FALSE
    assert ask(book=two_matters, papers=[permit, letter], **many).proceed is Truth.TRUE


def test_duties_of_the_milder_matter_stay(two_matters, ask):
    ruling = ask(book=two_matters, exporter__public_body=False)
    assert (ruling.outcome, ruling.mechanisms) == (Outcome.ALLOWED_WITH_MECHANISM, ("contract", "permit"))
    assert "t 3" in [obligation.citation.pin for obligation in ruling.obligations]
    order = ask(book=two_matters, exporter__public_body=False, request={"by_authority": True})
    assert "t 3" not in [obligation.citation.pin for obligation in order.obligations]


def test_a_ladder_to_come_is_a_change_ahead_only_if_it_can_reach(changed, ask):
    second = """
instrument: xa/second
title: {en: Second}
enacted_by: Parliament
in_force: {from: 2020-01-01}
source: {address: gazette.example/2, checked: 2026-11-01, verified: recalled}
provisions:
  - {ladder: other, pin: t 1, when: exporter.public_body, answer: PROHIBITED, says: Not by public bodies.}
  - {ladder: other, pin: t 2, when: 'true', answer: NOT_REGULATED, says: Otherwise free.}
"""
    main = "{id: main, title: Export}"
    head = (main, f"{main}, {{id: other, title: O, from: 2026-12-24}}")
    book = changed(head, file="xa/jurisdiction.yaml", **{"xa__second.yaml": second})
    assert ask(book=book, exporter__public_body=True).next_change == date(2026, 12, 24)
    assert ask(book=book, exporter__public_body=False).next_change != date(2026, 12, 24)
