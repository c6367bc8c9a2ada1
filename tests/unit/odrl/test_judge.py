from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.truth import Truth
from corridor.odrl.judge import judge_of
from corridor.odrl.model import Constraint
from corridor.odrl.operands import CORE, OPERATORS_OF, PAPERS, Operator, Sort, fact_operand
from corridor.odrl.values import Duration, Moment, PaperReference, read_moment
from corridor.odrl.world import HeldPaper, World

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
TRUE, UNKNOWN, FALSE = Truth.TRUE, Truth.UNKNOWN, Truth.FALSE
NEGATIONS = [
    (Operator.EQ, Operator.NEQ),
    (Operator.LT, Operator.GTEQ),
    (Operator.GT, Operator.LTEQ),
    (Operator.IS_ANY_OF, Operator.IS_NONE_OF),
]


def judged(left, operator, right, value):
    return judge_of(Constraint(CORE.get(left), Operator(operator), right))(value)


@pytest.mark.parametrize(
    ("operator", "before", "at", "after"),
    [
        ("lt", TRUE, FALSE, FALSE),
        ("lteq", TRUE, TRUE, FALSE),
        ("eq", FALSE, TRUE, FALSE),
        ("neq", TRUE, FALSE, TRUE),
        ("gteq", FALSE, TRUE, TRUE),
        ("gt", FALSE, FALSE, TRUE),
    ],
)
@pytest.mark.parametrize("text", ["2026-11-22T12:00:00Z", "2026-11-22Z", "2026-11-22+08:00"])
def test_now_lies_before_at_or_after_a_moment_be_it_an_instant_or_a_day(operator, before, at, after, text):
    moment = read_moment(text, "$")
    nows = (moment.start - TICK, moment.start, moment.end - TICK, moment.end)
    assert [judged("dateTime", operator, moment, now) for now in nows] == [before, at, at, after]


@pytest.mark.parametrize(
    ("operator", "before", "at", "after"),
    [
        ("lt", TRUE, FALSE, FALSE),
        ("lteq", TRUE, TRUE, FALSE),
        ("eq", TRUE, TRUE, FALSE),
        ("gteq", FALSE, TRUE, TRUE),
        ("gt", FALSE, FALSE, TRUE),
    ],
)
def test_a_period_runs_from_the_agreement_and_eq_is_the_whole_of_it(operator, before, at, after):
    answers = [
        judged("elapsedTime", operator, Duration(1, timedelta(0)), (datetime(2026, 1, 31, tzinfo=UTC), now))
        for end in [datetime(2026, 2, 28, tzinfo=UTC)]
        for now in (end - TICK, end, end + TICK)
    ]
    assert answers == [before, at, after]


@pytest.mark.parametrize(
    ("operator", "holds"),
    [("lt", "4"), ("lteq", "45"), ("eq", "5"), ("neq", "46"), ("gteq", "56"), ("gt", "6")],
)
def test_numbers_are_compared(operator, holds):
    assert "".join(str(n) for n in (4, 5, 6) if judged("count", operator, 5, n) is TRUE) == holds


@pytest.mark.parametrize(
    ("operator", "found", "answer"),
    [
        ("isAnyOf", {"a"}, TRUE),
        ("isAnyOf", {"a", "b"}, TRUE),
        ("isAnyOf", {"x"}, FALSE),
        ("isAnyOf", {"a", "x"}, UNKNOWN),
        ("isAnyOf", set(), UNKNOWN),
        ("isNoneOf", {"x"}, TRUE),
        ("isNoneOf", {"a"}, FALSE),
        ("isNoneOf", {"a", "x"}, UNKNOWN),
        ("isAllOf", {"a", "b", "x"}, TRUE),
        ("isAllOf", {"a"}, FALSE),
    ],
)
def test_several_purposes_of_which_only_some_are_listed_are_neither_in_nor_out(operator, found, answer):
    assert judged("purpose", operator, frozenset("ab"), frozenset(found)) is answer


@pytest.mark.parametrize(
    ("operator", "found", "answer"),
    [
        ("eq", {"a"}, TRUE),
        ("eq", {"x"}, FALSE),
        ("eq", {"a", "x"}, UNKNOWN),
        ("neq", {"a"}, FALSE),
        ("neq", set(), TRUE),
        ("isAnyOf", {"a", "x"}, TRUE),
        ("isAnyOf", set(), FALSE),
        ("isNoneOf", {"a", "x"}, FALSE),
        ("isAllOf", {"a", "x"}, TRUE),
        ("isAllOf", {"x"}, FALSE),
    ],
)
def test_of_the_facts_of_a_thing_one_in_the_list_is_enough(operator, found, answer):
    groups = fact_operand("urn:x:group", "the group index")
    assert judge_of(Constraint(groups, Operator(operator), frozenset("a")))(frozenset(found)) is answer


@pytest.mark.parametrize(
    ("operator", "right", "answer"),
    [
        ("eq", "did:c", TRUE),
        ("eq", "did:d", FALSE),
        ("neq", "did:d", TRUE),
        ("isAnyOf", "urn:group", TRUE),
        ("isPartOf", "urn:group", TRUE),
        ("isNoneOf", "urn:group", FALSE),
    ],
)
def test_a_party_is_any_of_its_names(operator, right, answer):
    assert judged("assignee", operator, frozenset({right}), frozenset({"did:c", "urn:group"})) is answer


@pytest.mark.parametrize(
    ("operator", "right", "found", "answer"),
    [
        ("eq", {"DE"}, "DE", TRUE),
        ("neq", {"DE"}, "CN", TRUE),
        ("isAnyOf", {"DE", "FR"}, "CN", FALSE),
        ("isNoneOf", {"DE", "FR"}, "XX", UNKNOWN),
        ("isPartOf", {"EU", "CH"}, "FR", TRUE),
        ("isPartOf", {"EU", "CH"}, "CN", FALSE),
        ("isPartOf", {"CN"}, "HK", UNKNOWN),
        ("isPartOf", {"EU"}, "XX", UNKNOWN),
        ("hasPart", {"RE"}, "FR", TRUE),
        ("hasPart", {"RE", "DE"}, "FR", FALSE),
    ],
)
def test_countries_are_compared_as_places(operator, right, found, answer):
    assert judged("spatial", operator, frozenset(right), found) is answer


class TestPapers:
    valid = PaperReference("d1", valid_to=Moment.of_day(date(2026, 12, 31)))
    other = PaperReference("d2")

    def ask(self, operator, register, now=NOON):
        return judged(PAPERS, operator, (self.valid, self.other), World(now, papers=register))

    def test_all_must_be_on_file(self):
        assert self.ask("isAllOf", {"d1": HeldPaper(), "d2": HeldPaper()}) is TRUE
        assert self.ask("isAllOf", {"d1": HeldPaper()}) is FALSE
        assert self.ask("isAllOf", {}) is FALSE

    def test_any_may_do(self):
        assert self.ask("isAnyOf", {"d2": HeldPaper()}) is TRUE
        assert self.ask("isAnyOf", {"d3": HeldPaper()}) is FALSE

    def test_the_term_in_the_agreement_ends_it(self):
        register = {"d1": HeldPaper(), "d2": HeldPaper()}
        assert self.ask("isAllOf", register, datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) is TRUE
        assert self.ask("isAllOf", register, datetime(2027, 1, 1, tzinfo=UTC)) is FALSE

    def test_the_register_ends_it_sooner(self):
        assert self.ask("isAllOf", {"d1": HeldPaper(withdrawn=True), "d2": HeldPaper()}) is FALSE
        assert self.ask("isAllOf", {"d1": HeldPaper(valid_until=NOON), "d2": HeldPaper()}) is FALSE


def test_every_operator_of_every_sort_has_a_meaning():
    samples = {
        Sort.INSTANT: (Moment.of_instant(NOON), NOON),
        Sort.DURATION: (Duration(0, DAY), (NOON, NOON)),
        Sort.INTEGER: (5, 5),
        Sort.IRI_SET: (frozenset("a"), frozenset("a")),
        Sort.PURPOSES: (frozenset("a"), frozenset("a")),
        Sort.PARTY: (frozenset("a"), frozenset("a")),
        Sort.COUNTRY: (frozenset({"DE"}), "DE"),
        Sort.PAPERS: ((PaperReference("d"),), World(NOON, papers={})),
    }
    for operand in CORE.by_name.values():
        right, value = samples[operand.sort]
        for operator in OPERATORS_OF[operand.sort]:
            assert judge_of(Constraint(operand, operator, right))(value) in Truth


instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
letters = st.frozensets(st.sampled_from("abc"), min_size=1)
places = st.frozensets(st.sampled_from(["DE", "CN"]), min_size=1)
samples = st.one_of(
    st.tuples(st.just("dateTime"), instants.map(Moment.of_instant), instants),
    st.tuples(st.just("count"), st.integers(0, 9), st.integers(0, 9)),
    st.tuples(st.just("purpose"), letters, letters),
    st.tuples(st.just("spatial"), places, st.sampled_from(["DE", "XX"])),
)


@given(samples, st.sampled_from(NEGATIONS))
def test_an_operator_and_its_negation_are_never_both_true(sample, pair):
    left, right, value = sample
    if set(pair) <= CORE.get(left).operators:
        assert judged(left, pair[0], right, value) is ~judged(left, pair[1], right, value)
