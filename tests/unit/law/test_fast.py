from __future__ import annotations

from datetime import date

import pytest

from corridor.base.truth import Truth
from corridor.law.counting import Ledger
from corridor.law.facts import parse_facts
from corridor.law.fast import State, compiled
from corridor.law.from_source import load_rulebook
from corridor.law.trace import Assumption, Span

DAY = date(2026, 11, 22)


@pytest.fixture
def state(aland, described):
    def at(day=DAY, **changes):
        ledger = Ledger(aland.id, aland.counters, {})
        return State(compiled(aland), described(**changes), day, ledger.total)

    return at


def test_a_jurisdiction_is_compiled_once(aland):
    assert compiled(aland) is compiled(aland)
    assert "def ladder_0(S):" in compiled(aland).source


def test_a_ladder_gives_the_rung_that_holds_and_those_left_open(state):
    ((rungs, (decided, left)),) = state().climbs()
    assert rungs[decided].provision.citation.pin == "s 6"
    assert left == [(4, ("transfer.necessity.for",))]


def test_what_was_read_is_noted(state):
    found = state()
    found.climbs()
    assert found.assumptions == [Assumption("no authority asks", ("request.by_authority",))]
    assert found.rank == 0
    assert found.counted == {"exported": Span(5, 5, (), 0)}
    chile = state(importer__located_in="CL")
    chile.climbs()
    assert chile.rank == 1


def test_the_next_change_of_a_list_or_a_value_is_known(state):
    early = state(day=date(2025, 6, 1), importer__located_in="UY")
    early.climbs()
    assert date(2026, 1, 1) in early.changes


def test_a_question_beside_the_main_one_leaves_no_trace(state):
    found = state()
    kept = found.keep()
    found.climbs()
    found.restore(kept)
    assert (found.n, found.counted, found.D) == (kept[0], {}, kept[2])


def test_what_a_paper_has_to_hold_depends_on_the_facts(state, aland):
    assert state().contents(aland.papers["xa/permit"]) == ("form",)
    child = state(data__items=[{"category": "health", "subject": "minor_u14"}])
    assert child.contents(aland.papers["xa/permit"]) == ("form", "guardian's letter")


def test_a_rung_that_is_not_yet_in_force_is_looked_at_and_not_relied_on(changed, described):
    book = changed(("answer: ALLOWED, duties: [report],", "answer: ALLOWED, duties: [report], from: 2027-06-01,"))
    rules = book.jurisdictions["XA"]
    state = State(compiled(rules), described(importer__located_in="CL"), DAY, lambda _state, _name: Span(5, 5))
    state.climbs()
    assert state.first == {date(2027, 6, 1)}


EVERY_FORM = """
instrument: xb/act
title: {en: Every form}
enacted_by: Parliament
in_force: {from: 2020-01-01}
source: {address: a, checked: 2026-11-01, verified: official}
parameters:
  many: {unit: persons, values: [{from: 2026-01-01, value: 10, pin: s 1}]}
provisions:
"""
HEAD = """
jurisdiction: XB
name: {en: Bland}
encoded_from: 2020-01-01
territory: AQ
ladders: [{id: main, title: Export}]
"""
RUNG = "  - {{ladder: main, pin: s {0}, when: '{1}', answer: {2}, says: It holds.}}\n"


@pytest.mark.parametrize(
    ("text", "document", "truth"),
    [
        ("exporter.persons_handled >= many", {"exporter": {"persons_handled": 10}}, Truth.TRUE),
        ("exporter.persons_handled >= many", {}, Truth.UNKNOWN),
        ("exporter.persons_handled in [1, 2]", {"exporter": {"persons_handled": 3}}, Truth.FALSE),
        ("exporter.located_in != CN", {"exporter": {"located_in": "CN-GD"}}, Truth.FALSE),
        ("exporter.located_in in [AE-DU]", {"exporter": {"located_in": "AE-DU/DIFC"}}, Truth.TRUE),
        ("exporter.id == importer.id", {"exporter": {"id": "a"}, "importer": {"id": "a"}}, Truth.TRUE),
        ("exporter.id == importer.id", {"exporter": {"id": "a"}}, Truth.UNKNOWN),
        ("transfer.starts >= 2026-01-01", {"transfer": {"starts": "2025-12-31"}}, Truth.FALSE),
        ("transfer.access_from has CN", {"transfer": {"access_from": ["CN-GD"]}}, Truth.TRUE),
        ("transfer.access_from has CN", {}, Truth.UNKNOWN),
        ("exporter.designations has CN:CIIO", {"exporter": {"designations": []}}, Truth.FALSE),
        ("exporter.designations has CN:CIIO", {}, Truth.UNKNOWN),
        ("purpose any (it in [marketing])", {"purpose": ["payroll", "marketing"]}, Truth.TRUE),
        ("data.items none personal", {"data": {"items": []}}, Truth.TRUE),
        ("data.items all personal", {"data": {"items": [{"category": "vehicle"}]}}, Truth.UNKNOWN),
        ("exporter.owned_by any (pct > 50)", {}, Truth.UNKNOWN),
        ("papers any (scope.categories has health)", {}, Truth.FALSE),
        ("papers any (scope.categories any (it == health))", {"papers": [{"scope": {}}]}, Truth.UNKNOWN),
        ("papers any (scope.n_max > 5)", {"papers": [{"scope": {"n_max": 6}}]}, Truth.TRUE),
        ("paper.module == 2", {}, Truth.UNKNOWN),
        ("true", {}, Truth.TRUE),
        ("not (false or exporter.public_body)", {"exporter": {"public_body": True}}, Truth.FALSE),
    ],
)
def test_every_form_of_condition_is_compiled(text, document, truth):
    rungs = RUNG.format(1, text, "ALLOWED") + RUNG.format(2, "true", "NOT_REGULATED")
    rules = load_rulebook({"xb/jurisdiction.yaml": HEAD, "xb/act.yaml": EVERY_FORM + rungs}).jurisdictions["XB"]
    state = State(compiled(rules), parse_facts(document), DAY, lambda _state, _name: Span(0, 0))
    ((_, (decided, left)),) = state.climbs()
    assert (decided == 0, bool(left)) == (truth is Truth.TRUE, truth is Truth.UNKNOWN)
