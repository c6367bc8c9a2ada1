from __future__ import annotations

import polars as pl
import pytest

from corridor.base.errors import MalformedError, TooLargeError
from corridor.law.portfolio.dictionary import Dictionary, check_columns, checked_texts, split_counts


def texts(*cells):
    return pl.Series(cells, dtype=pl.String)


def test_each_value_is_read_once_and_keeps_its_number():
    places = Dictionary("exporter.located_in")
    assert places.numbered(texts("CN", "DE", None, "CN"), 1).to_list()[2] == 0
    assert sorted(filter(None, places.values)) == ["CN", "DE"]
    before = places.values.index("DE")
    assert places.numbered(texts("DE", "FR"), 5).to_list()[0] == before


@pytest.mark.parametrize(
    ("path", "cell", "value"),
    [
        ("importer.public_body", "True", True),
        ("exporter.persons_handled", "12", 12),
        ("transfer.access_from", '["PE"]', ("PE",)),
        ("importer.name", "[draft]", "[draft]"),
        ("data.important_status", "core", "core"),
    ],
)
def test_a_cell_is_read_by_the_kind_of_its_column(path, cell, value):
    found = Dictionary(path)
    found.numbered(texts(cell), 1)
    assert found.values == [None, value]


@pytest.mark.parametrize(
    ("path", "cell", "problem"),
    [
        ("exporter.located_in", "XX", "row 8, column exporter.located_in: `XX` is no country"),
        ("importer.public_body", "yes", "row 8, column importer.public_body: `yes` cannot stand here"),
        ("exporter.persons_handled", "1.5", "row 8, column exporter.persons_handled: `1.5` cannot stand here"),
        ("data.items", "health", "row 8, column data.items: this is no JSON; write lists and objects as JSON"),
        ("data.items", '[{"categry": "health"}]', "`categry` is no field of data item; did you mean `category`?"),
        ("data.counts", '[{"n": 1, "n": 2}]', "row 8, column data.counts: a count has its number twice"),
        ("data.counts", '[{"n": -1}]', "`-1` cannot stand here"),
    ],
)
def test_a_cell_that_is_no_value_is_refused_with_row_and_column(path, cell, problem):
    with pytest.raises(MalformedError) as refused:
        Dictionary(path).numbered(texts(None, cell), 7)
    assert problem in str(refused.value)


def test_counts_are_split_into_shapes_and_numbers():
    shapes, numbers = split_counts(texts('[{"category": "health", "n": 5}, {"n":7}]', None, "[]"), 1)
    assert shapes.to_list() == ['[{"category": "health", "n": 0}, {"n": 0}]', None, "[]"]
    assert numbers.to_list() == [[5, 7], [], []]


def test_a_number_that_no_description_can_hold_is_refused():
    for number in (2**53, 10**30):
        with pytest.raises(MalformedError, match=r"row 3, column data.counts: a count is too large"):
            split_counts(texts("[]", f'[{{"n": {number}}}]'), 2)


def test_a_column_that_is_no_fact_is_refused_with_the_nearest():
    check_columns(["exporter.name", "data.items"])
    with pytest.raises(MalformedError, match=r"the column `exporter.nam` is no fact; did you mean `exporter.name`"):
        check_columns(["exporter.nam"])


def test_text_that_no_rule_reads_is_only_measured():
    assert checked_texts(texts("a", None), "importer.name", 1).to_list() == ["a", None]
    with pytest.raises(TooLargeError, match=r"row 2, column importer.name: a text has more than 2048 characters"):
        checked_texts(texts("a", "b" * 2049), "importer.name", 1)
