from __future__ import annotations

from datetime import date

from corridor.law.counting import tally
from corridor.law.portfolio.counters import Tallies, with_numbers
from corridor.law.trace import Trace

DAY = date(2026, 11, 22)
HEALTH = {"category": "health"}
COUNTS = [
    [{**HEALTH, "n": 5}],
    [{**HEALTH, "n": 7}],
    [{**HEALTH}],
    [],
    [{**HEALTH, "n": 5, "population": "a"}, {**HEALTH, "n": 9, "population": "a"}],
    [{**HEALTH, "n": 5, "population": "a"}, {**HEALTH, "n": 9, "population": "b"}, {**HEALTH, "n": 20}],
    [{**HEALTH, "n": 5, "window": 2025}, {**HEALTH, "n": 3, "window": 2026}],
    None,
]


def test_a_column_of_counts_comes_to_what_each_comes_to_alone(aland, numbered, described):
    rows, dictionaries = numbered(*({"data.items": [HEALTH], "data.counts": counts} for counts in COUNTS))
    counter = aland.counters["exported"]
    spans = Tallies(aland, counter, DAY, dictionaries).spans(rows)
    for counts, (low, high) in zip(COUNTS, spans.iter_rows(), strict=True):
        trace = Trace(described(data__items=[HEALTH], data__counts=counts), DAY, aland.presumptions, None)
        span = tally(trace, counter).span
        assert (low, high) == (span.low, span.high), counts


def test_many_open_counts_stay_open(aland, numbered):
    rows, dictionaries = numbered({"data.items": [HEALTH] * 200, "data.counts": []})
    spans = Tallies(aland, aland.counters["exported"], DAY, dictionaries).spans(rows)
    assert spans.rows() == [(0, None)]


def test_rows_without_counts_at_all_are_open(aland, numbered):
    rows, dictionaries = numbered({"data.items": [HEALTH]}, {"data.items": []}, {"data.items": None})
    spans = Tallies(aland, aland.counters["exported"], DAY, dictionaries).spans(rows)
    assert spans.rows() == [(0, None), (0, 0), (0, None)]


def test_numbers_are_put_back_where_they_stood():
    shape = ({"category": "health", "n": 0}, {"category": "vehicle"}, {"n": 0})
    assert with_numbers(shape, [5, 7]) == ({"category": "health", "n": 5}, {"category": "vehicle"}, {"n": 7})
