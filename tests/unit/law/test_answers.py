from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.clock import DateRange
from corridor.base.reasons import Citation, Verified
from corridor.base.truth import Truth
from corridor.law.binding import Declared, bind
from corridor.law.dated import Dated, Entry, Parameter, Register
from corridor.law.facts import parse_facts
from corridor.law.source import Place
from corridor.law.trace import Presumption, Span, Step, Trace, missing_in

AT = Place("f", 1, 1)
CITED = Citation("xa/act", "s 1", "Act", Verified.SECONDARY)
REGISTER = Register("EEA", "place", (Dated(Entry("AE"), DateRange(date(2020, 1, 1), date(2026, 12, 31)), CITED, AT),))
MANY = Parameter("many", "persons", (Dated(10, DateRange(date(2026, 1, 1)), CITED, AT),))
RUNS = {"small": lambda trace: bind("not exporter.public_body", "f", DECLARED).holds(trace)}
DECLARED = Declared(RUNS, frozenset({"small"}), {"many": MANY}, {"exported": "persons"}, {"EEA": REGISTER})


def step_of(text, document=None, *, as_of=date(2026, 6, 1), span=None, presumed=None, paper=None):
    trace = Trace(
        parse_facts(document or {}), as_of, presumed or {}, lambda _trace, _name: span or Span(0, 0), paper or {}
    )
    return bind(text, "f", DECLARED).holds(trace), trace


def holds(text, document=None, **more):
    return step_of(text, document, **more)[0].holds


@pytest.mark.parametrize(
    ("text", "document", "truth"),
    [
        ("exporter.public_body", {"exporter": {"public_body": True}}, Truth.TRUE),
        ("exporter.public_body", {}, Truth.UNKNOWN),
        ("not exporter.public_body", {}, Truth.UNKNOWN),
        ("small", {"exporter": {"public_body": True}}, Truth.FALSE),
        ("exporter.public_body and false", {}, Truth.FALSE),
        ("exporter.public_body or true", {}, Truth.TRUE),
        ("exporter.role == controller", {"exporter": {"role": "processor"}}, Truth.FALSE),
        ("exporter.role != controller", {"exporter": {"role": "processor"}}, Truth.TRUE),
        ("exporter.role != controller", {}, Truth.UNKNOWN),
        ("exporter.located_in == CN", {"exporter": {"located_in": "CN-GD"}}, Truth.TRUE),
        ("exporter.located_in != CN", {"exporter": {"located_in": "CN-GD"}}, Truth.FALSE),
        ("exporter.located_in in [AE-DU]", {"exporter": {"located_in": "AE-DU/DIFC"}}, Truth.TRUE),
        ("exporter.located_in in [AE-DU]", {"exporter": {"located_in": "AE"}}, Truth.FALSE),
        ("exporter.located_in == importer.located_in", {"exporter": {"located_in": "DE"}}, Truth.UNKNOWN),
        ("transfer.access_from has CN", {"transfer": {"access_from": ["CN-GD"]}}, Truth.TRUE),
        ("transfer.access_from has CN", {}, Truth.UNKNOWN),
        ("purpose has marketing", {"purpose": []}, Truth.FALSE),
        ("exporter.designations has CN:CIIO", {"exporter": {"designations": {"US:DPF": True}}}, Truth.UNKNOWN),
        ("exporter.designations has CN:CIIO", {"exporter": {"designations": []}}, Truth.FALSE),
        ("data.items any personal", {"data": {"items": []}}, Truth.FALSE),
        ("data.items all personal", {"data": {"items": []}}, Truth.TRUE),
        ("data.items none personal", {"data": {"items": [{"category": "vehicle"}]}}, Truth.UNKNOWN),
        ("data.items any personal", {"data": {"items": [{"category": "vehicle"}, {"category": "health"}]}}, Truth.TRUE),
        ("data.items any personal", {}, Truth.UNKNOWN),
        ("data.items several personal", {"data": {"items": [{"category": "health"}] * 2}}, Truth.TRUE),
        ("data.items several personal", {"data": {"items": [{"category": "health"}]}}, Truth.FALSE),
        (
            "data.items several personal",
            {"data": {"items": [{"category": "health"}, {"category": "vehicle"}]}},
            Truth.UNKNOWN,
        ),
        ("parties any (designations has SME)", {"parties": [{"designations": {"SME": True}}]}, Truth.TRUE),
        ("papers any kind == eu/scc", {}, Truth.FALSE),
        ("transfer.starts >= 2026-01-01", {"transfer": {"starts": "2026-01-01"}}, Truth.TRUE),
        ("exporter.persons_handled in [1, 2]", {"exporter": {"persons_handled": 2}}, Truth.TRUE),
        ("exporter.persons_handled in [1, 2]", {}, Truth.UNKNOWN),
        ("exporter.persons_handled > 2", {"exporter": {"persons_handled": 3}}, Truth.TRUE),
        ("exporter.persons_handled <= 2", {"exporter": {"persons_handled": 3}}, Truth.FALSE),
        ("exporter.persons_handled != 2", {"exporter": {"persons_handled": 3}}, Truth.TRUE),
    ],
)
def test_conditions_answer_in_three_values(text, document, truth):
    assert holds(text, document) is truth


def test_an_unknown_answer_names_exactly_the_facts_that_keep_it_open():
    text = "exporter.public_body and (importer.public_body or exporter.role == controller)"
    step, _ = step_of(text, {"importer": {"public_body": False}})
    assert missing_in(step) == ("exporter.public_body", "exporter.role")
    step, _ = step_of("data.items any personal", {"data": {"items": [{"category": "vehicle"}]}})
    assert missing_in(step) == ("data.items[0].personal",)


def test_what_follows_a_settled_part_is_not_asked():
    step, _ = step_of("false and exporter.public_body")
    assert len(step.because) == 1


def test_membership_notes_when_it_ends_and_what_it_rests_on():
    step, trace = step_of("exporter.located_in in EEA", {"exporter": {"located_in": "AE-DU"}})
    assert step.holds is Truth.TRUE
    assert step.rank == Verified.SECONDARY.rank
    assert trace.changes == {date(2027, 1, 1)}
    assert ("by", "Act, s 1") in step.values
    assert holds("exporter.located_in in EEA") is Truth.UNKNOWN
    assert holds("exporter.located_in in EEA", {"exporter": {"located_in": "DE"}}) is Truth.FALSE


def test_a_parameter_without_a_value_on_the_day_leaves_the_answer_open():
    step, trace = step_of("exported >= many", as_of=date(2025, 6, 1))
    assert step.missing == ("the value of many on 2025-06-01",)
    assert trace.changes == {date(2026, 1, 1)}


@pytest.mark.parametrize(
    ("span", "truth"),
    [
        (Span(10, 10), Truth.TRUE),
        (Span(9, 9), Truth.FALSE),
        (Span(10, None, ("data.counts",)), Truth.TRUE),
        (Span(0, 9, ("data.counts",)), Truth.FALSE),
        (Span(0, 10, ("data.counts",)), Truth.UNKNOWN),
        (Span(0, None, ("data.counts",)), Truth.UNKNOWN),
    ],
)
def test_a_number_of_which_only_bounds_are_known_is_compared_by_its_bounds(span, truth):
    assert holds("exported >= many", span=span) is truth
    assert holds("exported < many", span=span) is ~truth


def test_a_counter_is_counted_once():
    calls = []
    trace = Trace(parse_facts({}), date(2026, 6, 1), {}, lambda _trace, name: calls.append(name) or Span(1, 1))
    condition = bind("exported == 1 and exported != 2", "f", DECLARED)
    assert condition.holds(trace).holds is Truth.TRUE
    assert calls == ["exported"]


def test_a_presumption_stands_in_for_an_unknown_fact_and_is_noted():
    presumed = {
        "exporter.public_body": Presumption(value=False, why="taken as private"),
        "exporter.designations has CN:CIIO": Presumption(value=False, why="taken as none"),
        "data.items[].subject": Presumption("adult", "taken as adults"),
    }
    document = {"data": {"items": [{"category": "health"}]}}
    text = "not exporter.public_body and not (exporter.designations has CN:CIIO) and data.items any subject == adult"
    step, trace = step_of(text, document, presumed=presumed)
    assert step.holds is Truth.TRUE
    assert [assumption.text for assumption in trace.assumptions] == [
        "taken as private",
        "taken as none",
        "taken as adults",
    ]
    known, trace = step_of("exporter.public_body", {"exporter": {"public_body": True}}, presumed=presumed)
    assert (known.holds, dict(trace.assumptions)) == (Truth.TRUE, {})


def test_fields_of_the_paper_under_examination_are_read():
    assert holds("paper.module == 2", paper={"module": 2}) is Truth.TRUE
    step, _ = step_of("paper.module == 2")
    assert step.missing == ("paper.module",)


_VALUES = st.sampled_from([None, True, False])
_PARTS = st.recursive(
    st.sampled_from(["exporter.public_body", "importer.public_body", "exporter.public_power"]),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})")
        | inner.map(lambda part: f"(not {part})")
    ),
    max_leaves=6,
)


@given(_PARTS, _VALUES, _VALUES, _VALUES, st.booleans())
def test_learning_a_fact_never_revises_a_certain_answer(text, first, second, third, learnt):
    def answer(third):
        document = {
            "exporter": {"public_body": first, "public_power": third},
            "importer": {"public_body": second},
        }
        return holds(text, document)

    before = answer(third)
    if before is not Truth.UNKNOWN and third is None:
        assert answer(learnt) is before


def test_a_step_is_a_value():
    assert Step("a", Truth.TRUE) == Step("a", Truth.TRUE)


def test_a_flag_that_is_missing_in_a_list_is_asked_for_where_it_is():
    step, _ = step_of("parties any (designations has SME)", {"parties": [{"id": "a"}]})
    assert missing_in(step) == ("parties[0].designations has SME",)


def test_a_presumption_about_parties_stands_in_for_any_of_them():
    presumed = {
        "party.kind": Presumption("entity", "a company"),
        "party.citizenship": Presumption(None, "there", "located_in", many=True),
    }
    found, trace = step_of("parties all (kind == entity)", {"parties": [{"id": "a"}]}, presumed=presumed)
    assert found.holds is Truth.TRUE
    assert {assumption.facts for assumption in trace.assumptions} == {("parties[0].kind",)}
    assert (
        holds("parties any (citizenship has AR)", {"parties": [{"located_in": "AR"}]}, presumed=presumed) is Truth.TRUE
    )
    assert holds("parties any (citizenship has AR)", {"parties": [{"id": "a"}]}, presumed=presumed) is Truth.UNKNOWN
