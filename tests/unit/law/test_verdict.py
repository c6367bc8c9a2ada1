from __future__ import annotations

from datetime import date

import pytest

from corridor.base.errors import MalformedError
from corridor.base.truth import Truth
from corridor.law.outcome import CountKey, Outcome
from corridor.law.verdict import decide

DAY = date(2026, 11, 22)
PERMIT = {"kind": "xa/permit", "effective": "2026-06-01", "parties": ["r"], "scope": {"n_max": 5}, "result": "passed"}
CONTRACT = {"kind": "xa/contract", "effective": "2026-11-20", "parties": ["r"]}


@pytest.fixture
def verdict(rulebook, described):
    def answer(as_of=DAY, previous=None, **changes):
        return decide(rulebook, described(importer__located_in="AR", **changes), as_of, previous or {})

    return answer


@pytest.fixture
def abroad(rulebook, described):
    """The answer of Aland on an export to Peru, for which there are no rules."""

    def answer(as_of=DAY, previous=None, **changes):
        return decide(rulebook, described(**changes), as_of, previous or {}).answers[0]

    return answer


def test_the_strictest_answer_counts_and_no_rules_are_no_yes(rulebook, described, verdict):
    assert (verdict().outcome, verdict().proceed) == (Outcome.NOT_A_TRANSFER, Truth.TRUE)
    whole = decide(rulebook, described(), DAY)
    assert (whole.outcome, whole.proceed) == (Outcome.UNDETERMINED, Truth.FALSE)
    assert [answer.jurisdiction for answer in whole.answers] == ["XA", "PE"]


def test_the_deciding_provision_is_named(abroad):
    assert abroad().provision.citation.pin == "s 6"
    assert abroad(previous={CountKey("XA", "exported"): 95}).provision.citation.pin == "s 4"


def test_papers_are_examined_only_where_they_are_shown(abroad):
    assert abroad().proceed is Truth.FALSE
    assert abroad(papers=[PERMIT]).proceed is Truth.TRUE
    assert abroad(papers=[CONTRACT]).proceed is Truth.TRUE
    assert abroad(papers=[{**PERMIT, "result": "refused"}]).proceed is Truth.FALSE


def test_an_open_rung_that_could_answer_otherwise_leaves_it_open(abroad):
    open_ = abroad(data={})
    assert (open_.outcome, open_.proceed, open_.provision) == (Outcome.UNDETERMINED, Truth.UNKNOWN, None)


def test_before_the_rules_begin_nothing_is_decided(abroad):
    assert abroad(as_of=date(2019, 12, 31)).outcome is Outcome.UNDETERMINED


def test_where_nobody_is_known_to_be_nothing_is_decided(rulebook, described):
    nowhere = decide(rulebook, described(exporter__located_in=None, importer__located_in=None), DAY)
    assert (nowhere.outcome, nowhere.proceed, nowhere.answers) == (Outcome.UNDETERMINED, Truth.UNKNOWN, ())


def test_a_day_beyond_the_calendar_is_refused(verdict):
    with pytest.raises(MalformedError, match="out of range"):
        verdict(as_of=date(1800, 1, 1))


OTHER = """
instrument: xa/other
title: {en: Other}
enacted_by: Parliament
in_force: {from: 2020-01-01}
source: {address: gazette.example/2, checked: 2026-11-01, verified: recalled}
papers: {xa/letter: {title: Letter, pin: t 1}}
provisions:
  - {ladder: other, pin: t 1, when: 'true', answer: ALLOWED_WITH_MECHANISM,
     opened_by: [{mechanism: letter, papers: [xa/letter]}], says: A letter is written.}
"""


def test_matters_that_want_papers_want_those_of_each(changed, described):
    head = ("ladders: [{id: main, title: Export}]", "ladders: [{id: main, title: Export}, {id: other, title: O}]")
    book = changed(head, file="xa/jurisdiction.yaml", **{"xa__other.yaml": OTHER})
    letter = {"kind": "xa/letter", "signed": "2026-11-01"}
    for papers, proceed in (([CONTRACT], Truth.FALSE), ([letter], Truth.FALSE), ([CONTRACT, letter], Truth.TRUE)):
        assert decide(book, described(papers=papers), DAY).answers[0].proceed is proceed
