from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from corridor.base.errors import SettingsError
from corridor.odrl.operands import (
    BORDER,
    CORE,
    JURISDICTION,
    OPERATORS_OF,
    PAPERS,
    EnforcedBy,
    Operand,
    Operands,
    Operator,
    Sort,
    fact_operand,
)
from corridor.odrl.world import HeldPaper, World

NOW = datetime(2026, 11, 22, tzinfo=UTC)
USE = frozenset({"use", "read"})
EMPTY = World(NOW)
MEMBERSHIP = "https://w3id.org/catenax/2025/9/policy/Membership"


def read(name, world):
    return CORE.get(name).read(world, USE)


def test_the_core_has_its_operands_and_says_who_enforces_each():
    assert set(CORE.by_name) == {
        *("dateTime", "elapsedTime", "count", "assignee", "party", "purpose", "spatial"),
        PAPERS,
        JURISDICTION,
    }
    assert CORE.get("purpose").enforced_by is EnforcedBy.CONTRACT
    assert CORE.get("count").enforced_by is EnforcedBy.PROVIDER
    assert all(operand.source for operand in CORE.by_name.values())


def test_our_own_terms_lie_in_our_namespace():
    assert PAPERS == "urn:corridor:border:papers"
    assert JURISDICTION == "urn:corridor:border:jurisdiction"
    assert BORDER in CORE.profiles


@pytest.mark.parametrize("name", sorted(set(CORE.by_name) - {"dateTime"}))
def test_what_the_world_does_not_hold_is_unknown(name):
    assert read(name, EMPTY) is None


def test_time_is_always_known():
    assert read("dateTime", EMPTY) == NOW


def test_elapsed_time_runs_from_the_agreement():
    agreed = NOW - timedelta(days=2)
    assert read("elapsedTime", World(NOW, agreed_at=agreed)) == (agreed, NOW)


def test_a_count_takes_in_what_the_rule_covers_and_the_use_that_is_asked_for():
    assert read("count", World(NOW, counts={"read": 2, "use": 1, "sell": 40})) == 4
    assert read("count", World(NOW, counts={})) == 1


def test_a_party_is_known_by_its_own_name_and_by_its_collections():
    world = World(NOW, assignee="did:web:c", member_of={"did:web:c": frozenset({"urn:group:customs"})})
    assert read("assignee", world) == read("party", world) == {"did:web:c", "urn:group:customs"}


def test_the_other_operands_read_their_part_of_the_world():
    world = World(NOW, purposes=frozenset({"urn:p"}), country="DE", jurisdiction="CN", papers={"d": HeldPaper()})
    assert read("purpose", world) == {"urn:p"}
    assert read("spatial", world) == "DE"
    assert read(JURISDICTION, world) == "CN"
    assert read(PAPERS, world) is world


def test_an_operand_takes_the_operators_of_its_sort_unless_it_says_fewer():
    assert CORE.get("dateTime").operators == OPERATORS_OF[Sort.INSTANT]
    only_eq = Operand("x", Sort.INTEGER, "s", EnforcedBy.PROVIDER, lambda *_: 1, frozenset({Operator.EQ}))
    assert only_eq.operators == {Operator.EQ}


def test_an_operator_without_meaning_for_the_sort_is_refused():
    with pytest.raises(SettingsError, match="`x`"):
        Operand("x", Sort.PAPERS, "s", EnforcedBy.PROVIDER, lambda *_: 1, frozenset({Operator.LT}))


def test_a_profile_adds_operands_and_its_own_name():
    profile = "https://w3id.org/catenax/2025/9/policy/"
    registry = CORE.extended([fact_operand(MEMBERSHIP, "the membership credential")], [profile])
    operand = registry.get(MEMBERSHIP)
    assert operand.read(EMPTY, USE) is None
    assert operand.read(World(NOW, facts={MEMBERSHIP: frozenset({"active"})}), USE) == {"active"}
    assert profile in registry.profiles
    assert registry.get("dateTime") is CORE.get("dateTime")
    assert CORE.get(MEMBERSHIP) is None


def test_operands_are_the_same_if_their_names_are():
    mine = Operand("dateTime", Sort.INSTANT, "another clock", EnforcedBy.CONTRACT, lambda world, _: world.now)
    assert mine == CORE.get("dateTime")
    assert Operands.of([mine]).get("dateTime") is mine
