from __future__ import annotations

from datetime import date

import pytest

from corridor.app.rulebook import load_international, load_rules, load_scenarios
from corridor.base.errors import MalformedError, NotFoundError
from corridor.law.comparison.corridor import Verdict, corridor_between
from corridor.law.from_source import load_rulebook
from corridor.law.outcome import Outcome


@pytest.fixture(scope="module")
def between():
    rulebook, registry, scenarios = load_rules()[0], load_international(), load_scenarios()
    return lambda first, second, day=date(2026, 11, 25): corridor_between(
        rulebook, registry, scenarios, (first, second), day
    )


@pytest.fixture(scope="module")
def neighbours(texts):
    """Aland, and a neighbour with the same act under other names."""
    other = {
        name.replace("xa/", "xb/"): text.replace("xa/", "xb/")
        .replace("XA", "XB")
        .replace("territory: AR", "territory: CL")
        for name, text in texts.items()
        if "cases" not in name
    }
    rulebook = load_rulebook(texts | other)
    registry = load_international()
    return lambda day: corridor_between(rulebook, registry, (), ("AR", "CL"), day)


def verdicts(corridor):
    return {one.scenario.id: one for one in corridor.comparisons}


def test_each_direction_is_judged_by_the_law_of_its_exporter(between):
    found = between("CN", "DE")
    assert (found.there.law.id, found.back.law.id) == ("CN", "EU")
    assert {one.instrument.id for one in found.instruments} >= {"int/cn-de-mou", "int/cn-eu-mechanism"}
    assert {t.value for t in found.there.thresholds} >= {1_000_000, 10_000, 100_000}
    assert {kind.id for kind in found.there.papers} >= {"cn/standard-contract", "cn/certification"}
    assert "eu/scc" in {kind.id for kind in found.back.papers}


def test_the_same_facts_part_where_the_laws_do(between):
    found = verdicts(between("CN", "DE"))
    daily = found["booking-daily"]
    assert (daily.verdict, daily.there.outcome) == (Verdict.CONFLICT, Outcome.EXEMPT)
    assert daily.back.outcome is Outcome.ALLOWED_WITH_MECHANISM
    assert found["booking-once"].verdict is Verdict.BOTH_FREE
    assert found["product-safety"].verdict is Verdict.SAME
    assert found["foreign-authority"].back.outcome is Outcome.PROHIBITED


def test_a_law_that_cannot_answer_leaves_the_comparison_open(between):
    assert verdicts(between("CN", "DE", date(2023, 5, 1)))["product-safety"].verdict is Verdict.OPEN


def test_a_list_on_which_the_destination_stands_is_shown_with_its_days(neighbours):
    listed = neighbours(date(2026, 6, 1)).there.listed
    assert [(one.name, one.entry.period.start) for one in listed] == [("friends", date(2026, 6, 1))]
    assert neighbours(date(2026, 5, 31)).there.listed == ()


def test_the_next_change_is_that_of_either_law_or_of_a_standing(between, neighbours):
    coming = neighbours(date(2026, 5, 31)).upcoming
    assert (coming.day, coming.changes) == (date(2026, 6, 1), ("XA: friends, Data Act of Aland, annex 1",))
    later = neighbours(date(2026, 6, 1)).upcoming
    assert later.day == date(2027, 1, 1)
    assert "XB: Data Act of Aland, s 9 (duty: keep a register)" in later.changes
    assert neighbours(date(2027, 1, 1)).upcoming is None
    assert between("DE", "CN", date(2024, 6, 25)).upcoming.day == date(2024, 6, 26)


@pytest.mark.parametrize(
    ("ends", "kind", "problem"),
    [
        (("CN", "Germany"), MalformedError, "`Germany` is no ISO code of a place"),
        (("CN", "AQ"), NotFoundError, "the rulebook has no rules for AQ on 2026-11-25"),
        (("DE", "FR"), NotFoundError, "DE and FR are under one law, European Union / EEA"),
    ],
)
def test_a_pair_without_two_laws_is_refused(between, ends, kind, problem):
    with pytest.raises(kind, match=problem):
        between(*ends)
