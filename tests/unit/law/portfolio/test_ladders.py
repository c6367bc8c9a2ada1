from __future__ import annotations

from datetime import date

from corridor.base.truth import Truth
from corridor.law.outcome import Outcome, meet
from corridor.law.portfolio.ladders import OUTCOMES, RANKS, Ladders, changes_of, facts_read

DAY = date(2026, 11, 22)
HEALTH = [{"category": "health"}]


def pins(ladders, rows):
    rulings = ladders.rulings(rows)
    return [
        (OUTCOMES[rank].value, None if rung is None else ladders.decisive[rung].provision.citation.pin)
        for rank, rung, _ in rulings.iter_rows()
    ]


def test_the_first_rung_that_holds_decides_each_row(aland, numbered):
    base = {"importer.located_in": "PE", "data.items": HEALTH}
    rows, dictionaries = numbered(
        {**base, "importer.located_in": "AR"},
        {**base, "importer.located_in": "CL"},
        {**base, "data.counts": [{"category": "health", "n": 100}]},
        {**base, "data.counts": [{"category": "health", "n": 99}]},
        {**base, "data.counts": []},
        {**base, "transfer.necessity.for": "emergency"},
    )
    assert pins(Ladders(aland, DAY, dictionaries), rows) == [
        ("NOT_A_TRANSFER", "s 1"),
        ("ALLOWED", "s 3(2)"),
        ("REQUIRES_APPROVAL", "s 4"),
        ("ALLOWED_WITH_MECHANISM", "s 6"),
        ("UNDETERMINED", None),
        ("EXEMPT", "s 3(3)"),
    ]


def test_a_rung_in_doubt_leaves_open_only_what_it_would_change(aland, numbered):
    rows, dictionaries = numbered({"importer.located_in": None, "data.items": []})
    assert pins(Ladders(aland, DAY, dictionaries), rows) == [("UNDETERMINED", None)]


def test_a_provision_knows_whether_it_lets_go_ahead_without_papers(aland):
    free = {one.provision.citation.pin: one.free_of_papers for one in Ladders(aland, DAY, {}).decisive}
    assert (free["s 1"], free["s 3"], free["s 6"]) == (Truth.TRUE, Truth.FALSE, Truth.FALSE)
    mechanisms = {one.provision.citation.pin: one.mechanisms for one in Ladders(aland, DAY, {}).decisive}
    assert mechanisms["s 6"] == ("contract", "permit")


def test_before_a_ladder_is_in_force_nothing_is_decided(changed, numbered):
    book = changed(("title: Export}", "title: Export, from: 2026-12-01}"), file="xa/jurisdiction.yaml")
    rows, dictionaries = numbered({"importer.located_in": "AR"})
    assert pins(Ladders(book.jurisdictions["XA"], DAY, dictionaries), rows) == [("UNDETERMINED", None)]


SECOND = """
instrument: xa/second
title: {en: Second}
enacted_by: Parliament
in_force: {from: 2020-01-01}
source: {address: gazette.example/2, checked: 2026-11-01, verified: recalled}
papers: {xa/letter: {title: Letter, pin: t 1}}
provisions:
  - {ladder: other, pin: t 1, when: exporter.public_body, answer: ALLOWED_WITH_MECHANISM,
     opened_by: [{mechanism: letter, papers: [xa/letter]}], says: Public bodies write a letter.}
  - {ladder: other, pin: t 2, when: 'true', answer: NOT_REGULATED, says: Otherwise free.}
"""


def test_matters_that_want_papers_are_opened_together(changed, numbered):
    head = ("ladders: [{id: main, title: Export}]", "ladders: [{id: other, title: O}, {id: main, title: Export}]")
    book = changed(head, file="xa/jurisdiction.yaml", **{"xa__second.yaml": SECOND})
    base = {"importer.located_in": "PE", "data.items": HEALTH, "data.counts": [{"category": "health", "n": 5}]}
    rows, dictionaries = numbered(
        {**base, "exporter.public_body": True},
        {**base, "exporter.public_body": False},
        {**base, "exporter.public_body": True, "data.counts": [{"category": "health", "n": 100}]},
        {**base, "exporter.public_body": True, "importer.located_in": "CL"},
        {**base, "exporter.public_body": True, "request.by_authority": True},
    )
    ladders = Ladders(book.jurisdictions["XA"], DAY, dictionaries)
    assert [ladders.mechanisms(wanting) for _, _, wanting in ladders.rulings(rows).iter_rows()] == [
        ("letter_and_contract", "letter_and_permit"),
        ("contract", "permit"),
        ("permit_and_letter",),
        ("letter",),
        (),
    ]


def test_the_lowest_rank_is_what_outcomes_meet_in():
    for one in Outcome:
        for other in Outcome:
            assert meet([one, other]) is OUTCOMES[min(RANKS[one], RANKS[other])]


def test_the_law_changes_where_something_begins_or_has_ended(aland):
    assert set(changes_of(aland)) >= {date(2020, 1, 1), date(2026, 1, 1), date(2026, 6, 1)}


def test_what_the_ladders_read_is_known(aland):
    assert set(facts_read(aland)) == {
        "data.items",
        "importer.located_in",
        "request.by_authority",
        "transfer.necessity.for",
    }
