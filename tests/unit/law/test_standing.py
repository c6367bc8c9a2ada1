"""What is derived of parties, by way of owners and employers, in circles and by date."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.base.truth import Truth
from corridor.law.derivation import derived_of
from corridor.law.facts import parse_facts
from corridor.law.from_source import load_rulebook
from corridor.law.standing import MAX_NESTED
from corridor.law.trace import Span, Trace

HEAD = """
jurisdiction: XA
name: {en: Aland}
encoded_from: 2020-01-01
territory: AR
ladders: [{id: main, title: Export}]
presume:
  - {fact: party.organised_under, same_as: located_in, why: a company is organised where it is}
  - {fact: party.works_for, value: [], why: nobody is said to work for anybody}
"""
ACT = """
instrument: xa/act
title: {en: Act}
enacted_by: Parliament
in_force: {from: 2020-01-01}
source: {address: gazette.example, checked: 2026-11-01, verified: official}
parameters:
  half:
    unit: percent
    values: [{from: 2020-01-01, to: 2025-12-31, value: 50, pin: s 1}, {from: 2026-01-01, value: 30, pin: s 1}]
shares:
  foes_share: {of: foe, through: half, pin: s 2, verified: secondary}
  looked_through: {of: born_foe, pin: s 3, from: 2021-01-01}
derive:
  born_foe: {of: party, is: organised_under any (it == CL), pin: s 1}
  foe: {of: party, is: born_foe or foes_share >= half or works_for any (it is foe), pin: s 2}
  fifth: {of: party, is: looked_through >= 20, pin: s 3}
  foreign_import: {is: importer is foe, pin: s 4}
provisions:
  - {ladder: main, pin: s 4, when: importer is foe, answer: PROHIBITED, says: No foes.}
  - {ladder: main, pin: s 5, when: 'true', answer: ALLOWED, says: Go.}
"""
BOOK = load_rulebook({"xa/jurisdiction.yaml": HEAD, "xa/act.yaml": ACT})
LAW = BOOK.jurisdictions["XA"]
DAY = date(2025, 6, 1)


def derived(name, *parties, day=DAY, **importer):
    facts = parse_facts({"exporter": {"located_in": "AR"}, "importer": importer, "parties": list(parties)})
    return derived_of(LAW, facts, day, {}, name)


def company(name, *owners):
    return {"id": name, "located_in": "FR", "owned_by": [{"party": owner, "pct": pct} for owner, pct in owners]}


FOE = {"id": "foe", "located_in": "CL"}


def test_a_party_is_judged_by_itself():
    assert derived("importer is foe", located_in="CL") is Truth.TRUE
    assert derived("importer is foe", located_in="FR", owned_by=[]) is Truth.UNKNOWN
    assert derived("foreign_import", located_in="CL") is Truth.TRUE


def test_half_passes_on_all_that_a_company_holds():
    chain = [FOE, company("a", ("foe", 50), ("x", 50)), company("b", ("a", 60), ("x", 40)), company("x", ("x", 100))]
    assert [derived(f"{name} is foe", *chain) for name in "ab"] == [Truth.TRUE, Truth.TRUE]
    assert derived("x is foe", *chain) is Truth.FALSE


def test_less_than_half_passes_on_nothing():
    chain = [FOE, company("a", ("foe", 49), ("x", 51)), company("b", ("a", 100)), company("x", ("x", 100))]
    assert [derived(f"{name} is foe", *chain) for name in "ab"] == [Truth.FALSE, Truth.FALSE]


def test_shares_are_held_against_the_limit_of_the_day():
    chain = [FOE, company("a", ("foe", 49), ("x", 51)), company("x", ("x", 100))]
    assert derived("a is foe", *chain, day=date(2025, 12, 31)) is Truth.FALSE
    assert derived("a is foe", *chain, day=date(2026, 1, 1)) is Truth.TRUE


def test_a_measure_that_is_not_in_force_measures_nothing():
    chain = [FOE, company("a", ("foe", 100))]
    assert derived("a is fifth", *chain, day=date(2020, 6, 1)) is Truth.FALSE
    assert derived("a is fifth", *chain, day=date(2021, 1, 1)) is Truth.TRUE


def test_looking_through_takes_shares_of_shares():
    chain = [FOE, company("a", ("foe", 40), ("x", 60)), company("b", ("a", 50), ("x", 50)), company("x", ("x", 100))]
    assert [derived(f"{name} is fifth", *chain) for name in "ab"] == [Truth.TRUE, Truth.TRUE]
    assert derived("b is foe", *chain) is Truth.FALSE


def test_who_works_for_a_foe_is_one():
    assert derived("importer is foe", FOE, located_in="FR", works_for=[{"party": "foe"}]) is Truth.TRUE
    assert derived("importer is foe", located_in="FR", works_for=[{"country": "CL"}], owned_by=[]) is Truth.TRUE


def test_a_ring_proves_nothing_about_itself_and_is_open_to_proof():
    ring = [company("a", ("b", 100)), company("b", ("a", 100))]
    assert [derived(f"{name} is foe", *ring) for name in "ab"] == [Truth.FALSE, Truth.FALSE]
    ring = [FOE, company("a", ("b", 50), ("foe", 50)), company("b", ("a", 100))]
    assert [derived(f"{name} is foe", *ring) for name in "ab"] == [Truth.TRUE, Truth.TRUE]


def test_a_long_chain_is_followed_to_its_end():
    length = 4 * MAX_NESTED
    chain = [company(f"p{n}", (f"p{n + 1}", 100)) for n in range(length)]
    assert derived("p0 is foe", *chain, {"id": f"p{length}", "located_in": "CL"}) is Truth.TRUE
    assert derived("p0 is foe", *chain, {"id": f"p{length}", "located_in": "FR", "kind": "public"}) is Truth.FALSE


def test_the_step_names_party_and_owners():
    facts = parse_facts({"importer": {"located_in": "FR", "owned_by": [{"country": "CL", "pct": 60}]}})
    trace = Trace(facts, DAY, LAW.presumptions, lambda _trace, _name: Span(0, 0))
    step = LAW.ladders[0].provisions[0].condition.holds(trace)
    assert (step.text, step.holds) == ("importer is foe", Truth.TRUE)
    text = str(step)
    assert "importer.owned_by[0] is foe" in text
    assert "a company is organised where it is" in {assumption.text for assumption in trace.assumptions}


def test_what_is_missing_is_asked_for_where_it_is_missing():
    facts = parse_facts({"importer": {"located_in": "FR", "owned_by": [{"party": "a", "pct": 60}, {"country": "FR"}]}})
    trace = Trace(facts, DAY, LAW.presumptions, lambda _trace, _name: Span(0, 0))
    step = LAW.ladders[0].provisions[0].condition.holds(trace)
    assert step.holds is Truth.UNKNOWN


_NAMES = "abcd"
_STAKES = st.lists(
    st.tuples(st.sampled_from((*_NAMES, "foe", "friend")), st.sampled_from([20, 30, 50, 60, 100])), max_size=3
)
_GRAPHS = st.fixed_dictionaries(dict.fromkeys(_NAMES, _STAKES))


def _status(stakes, name):
    friend = {"id": "friend", "located_in": "FR", "kind": "individual"}
    return derived(f"{name} is foe", FOE, friend, *(company(one, *owners) for one, owners in stakes.items()))


@settings(max_examples=80, deadline=None)
@given(_GRAPHS, st.sampled_from(_NAMES), st.sampled_from(_NAMES))
def test_another_foe_among_the_owners_makes_no_friend(stakes, name, changed):
    before = _status(stakes, name)
    more = {**stakes, changed: [*stakes[changed], ("foe", 20)]}
    after = _status(more, name)
    assert not (before is Truth.TRUE and after is not Truth.TRUE)


@settings(max_examples=80, deadline=None)
@given(_GRAPHS, st.sampled_from(_NAMES), st.randoms(use_true_random=False))
def test_the_order_of_parties_does_not_matter(stakes, name, random):
    mixed = {one: random.sample(stakes[one], len(stakes[one])) for one in random.sample(_NAMES, len(_NAMES))}
    assert _status(stakes, name) is _status(mixed, name)


@settings(max_examples=80, deadline=None)
@given(_GRAPHS)
def test_the_answer_is_the_same_whoever_is_asked_first(stakes):
    alone = {name: _status(stakes, name) for name in _NAMES}
    friend = {"id": "friend", "located_in": "FR", "kind": "individual"}
    parties = [FOE, friend, *(company(one, *owners) for one, owners in stakes.items())]
    facts = parse_facts({"importer": {"located_in": "FR"}, "parties": parties})
    again = {name: derived_of(LAW, facts, DAY, {}, f"{name} is foe") for name in reversed(_NAMES)}
    assert alone == again


@settings(max_examples=80, deadline=None)
@given(_GRAPHS)
def test_it_is_the_least_set_that_the_definition_allows(stakes):
    """Held against a plain iteration over certain stakes: who is certainly a foe, and nobody else is."""
    full = {name: owners for name, owners in stakes.items() if sum(pct for _, pct in owners) >= 100}
    foes = {"foe"}
    while True:
        more = {n for n, owners in stakes.items() if sum(p for owner, p in owners if owner in foes) >= 50}
        if more <= foes:
            break
        foes |= more
    for name in _NAMES:
        status = _status(stakes, name)
        assert (status is Truth.TRUE) is (name in foes)
        if len(full) == len(stakes):
            assert status is Truth.of(name in foes)


@pytest.mark.parametrize(
    "name", ["importer is friend", "nobody is foe", "importer", "foe", "importer is foreign_import"]
)
def test_what_is_not_derived_is_said_so(name):
    with pytest.raises(Exception, match="is not derived in XA"):
        derived(name, located_in="FR")
