"""Shares as bounds: what holds for every graph of owners."""

from __future__ import annotations

import copy
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.law.facts import parse_facts
from corridor.law.ownership import ALL_OF_IT, MAX_DEPTH, NONE_OF_IT, Look, Parties, Portion, held

NAMES = ("a", "b", "c", "d")


def graph(*parties, importer):
    """The parties of a description, and the importer among them."""
    found = Parties(parse_facts({"importer": importer, "parties": list(parties)}))
    return found, found.named(importer["id"])


def counts(*names):
    """Whom to count: the parties with these ids or of these countries, in full."""

    def weigh(party):
        return ALL_OF_IT if {party.values.get("id"), party.values.get("located_in")} & set(names) else NONE_OF_IT

    return weigh


def percent(number):
    return Fraction(number, 100)


def test_stakes_add_up():
    parties, x = graph(
        importer={"id": "x", "owned_by": [{"country": "CN", "pct": 30}, {"country": "RU", "pct": 20}, {"pct": 50}]}
    )
    assert held(parties.owners(x), counts("CN", "RU")) == Portion(percent(50), percent(50))


def test_a_stake_in_hundredths_of_a_percent_is_exact():
    parties, x = graph(
        importer={"id": "x", "owned_by": [{"country": "CN", "basis_points": 4999}, {"basis_points": 5001}]}
    )
    assert held(parties.owners(x), counts("CN")).high == Fraction(4999, 10_000)


def test_a_stake_without_a_number_is_anywhere_in_the_rest():
    parties, x = graph(importer={"id": "x", "owned_by": [{"country": "DE", "pct": 60}, {"country": "CN"}]})
    assert held(parties.owners(x), counts("CN")) == Portion(percent(0), percent(40), ("importer.owned_by[1].pct",))


def test_what_the_list_leaves_of_the_whole_may_be_anybodys():
    parties, x = graph(importer={"id": "x", "owned_by": [{"country": "CN", "pct": 45}]})
    assert held(parties.owners(x), counts("CN")) == Portion(percent(45), percent(100), ("importer.owned_by",))


def test_owners_that_are_not_told_leave_all_open():
    parties, x = graph(importer={"id": "x"})
    assert held(parties.owners(x), counts("CN")) == Portion(percent(0), percent(100), ("importer.owned_by",))


@pytest.mark.parametrize("kind", ["individual", "government", "public"])
def test_nobody_owns_a_person_a_state_or_the_public(kind):
    parties, x = graph(importer={"id": "x", "kind": kind})
    assert held(parties.owners(x), counts("CN")) == NONE_OF_IT


def test_more_than_the_whole_is_the_whole():
    parties, x = graph(importer={"id": "x", "owned_by": [{"country": "CN", "pct": 80}, {"country": "CN", "pct": 60}]})
    assert held(parties.owners(x), counts("CN")) == ALL_OF_IT


def test_an_owner_is_named_by_id_or_described_in_place():
    parties, x = graph(
        {"id": "a", "located_in": "CN"},
        importer={"id": "x", "owned_by": [{"party": "a", "pct": 50}, {"country": "FR"}]},
    )
    owners = [stake.owner for stake in parties.owners(x).stakes]
    assert [(owner.path, owner.values.get("located_in")) for owner in owners] == [
        ("parties[0]", "CN"),
        ("importer.owned_by[1]", "FR"),
    ]
    assert parties.named("nobody") is None


def test_looking_through_multiplies():
    parties, x = graph(
        {"id": "a", "owned_by": [{"country": "CN", "pct": 40}, {"country": "DE", "kind": "public", "pct": 60}]},
        importer={"id": "x", "owned_by": [{"party": "a", "pct": 50}, {"country": "FR", "kind": "public", "pct": 50}]},
    )
    assert Look(parties, counts("CN")).through(x) == Portion(percent(20), percent(20))


def test_owners_within_owners():
    inner = {"country": "FR", "pct": 100, "owned_by": [{"country": "CN", "pct": 100}]}
    parties, x = graph(importer={"id": "x", "owned_by": [inner]})
    assert Look(parties, counts("CN")).through(x) == ALL_OF_IT


def test_a_ring_adds_nothing():
    parties, x = graph(
        {"id": "a", "owned_by": [{"party": "b", "pct": 100}]},
        {"id": "b", "owned_by": [{"party": "a", "pct": 100}]},
        importer={"id": "x", "owned_by": [{"party": "a", "pct": 100}]},
    )
    assert Look(parties, counts("CN")).through(x) == NONE_OF_IT


def test_a_chain_that_is_too_long_stays_open():
    chain = [{"id": f"p{n}", "owned_by": [{"party": f"p{n + 1}", "pct": 100}]} for n in range(MAX_DEPTH + 2)]
    parties, x = graph(*chain, importer={"id": "x", "owned_by": [{"party": "p0", "pct": 100}]})
    assert Look(parties, counts("CN")).through(x).high == 1


def test_a_mesh_that_is_too_wide_stays_open():
    names = [f"p{n}" for n in range(12)]
    mesh = [{"id": a, "owned_by": [{"party": b, "pct": 9} for b in names if b != a]} for a in names]
    parties, x = graph(*mesh, importer={"id": "x", "owned_by": [{"party": "p0", "pct": 100}]})
    found = Look(parties, counts("CN")).through(x)
    assert (found.low, found.high > Fraction(1, 2)) == (0, True)


_STAKES = st.lists(
    st.fixed_dictionaries({"party": st.sampled_from((*NAMES, "cn"))}, optional={"pct": st.integers(0, 100)}), max_size=3
)
_GRAPHS = st.fixed_dictionaries(dict.fromkeys(NAMES, _STAKES))


def _look(stakes, *, through):
    described = [{"id": name, "owned_by": owned} for name, owned in stakes.items()]
    described.append({"id": "cn", "kind": "individual", "located_in": "CN"})
    parties, x = graph(*described, importer={"id": "x", "owned_by": [{"party": "a", "pct": 100}]})
    return Look(parties, counts("cn")).through(x) if through else held(parties.owners(parties.named("a")), counts("cn"))


@settings(max_examples=120, deadline=None)
@given(_GRAPHS, st.booleans())
def test_bounds_are_bounds(stakes, through):
    found = _look(stakes, through=through)
    assert 0 <= found.low <= found.high <= 1
    assert (found.missing == ()) is (found.low == found.high)


@settings(max_examples=120, deadline=None)
@given(_GRAPHS, st.sampled_from(NAMES), st.booleans())
def test_a_further_stake_of_who_counts_never_lowers_the_share(stakes, name, through):
    before = _look(stakes, through=through)
    more = copy.deepcopy(stakes)
    more[name].append({"party": "cn", "pct": 10})
    after = _look(more, through=through)
    assert before.low <= after.low
    assert before.high <= after.high or not through or before.high >= after.low


@settings(max_examples=120, deadline=None)
@given(_GRAPHS, st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_owners_does_not_matter(stakes, random, through):
    mixed = {name: random.sample(stakes[name], len(stakes[name])) for name in random.sample(NAMES, len(NAMES))}
    one, other = _look(stakes, through=through), _look(mixed, through=through)
    assert (one.low, one.high) == (other.low, other.high)


@settings(max_examples=120, deadline=None)
@given(_GRAPHS, st.integers(0, 100), st.booleans())
def test_learning_a_number_stays_within_the_bounds(stakes, number, through):
    before = _look(stakes, through=through)
    open_ = [stake for owned in stakes.values() for stake in owned if "pct" not in stake]
    learnt = copy.deepcopy(stakes)
    for owned in learnt.values():
        rest = 100 - sum(stake.get("pct", 0) for stake in owned)
        for stake in owned:
            if "pct" not in stake:
                stake["pct"] = max(min(number, rest), 0)
                rest -= stake["pct"]
    after = _look(learnt, through=through)
    if open_:
        assert before.low <= after.low
        assert after.high <= before.high
