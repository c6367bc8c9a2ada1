from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError
from corridor.dataplane.describe import parse_table
from corridor.dataplane.mask import Mask
from corridor.dataplane.table import Format, Separator

DESCRIPTION = {
    "columns": {
        "number": {"required": True, "unique": True, "pattern": r"A\d+"},
        "barcode": {"format": "gtin", "separator": "newline"},
        "origin": {"one_of": ["China", "France"]},
        "trader": {},
    },
    "keep": {"origin": ["China"]},
    "mask": [{"column": "trader", "label": ["Trader ", "Seller"], "when": "natural_person"}],
    "person_column": "trader",
}


def test_a_description_says_what_a_table_is():
    table = parse_table(DESCRIPTION, "$.table")
    number, barcode = table.columns["number"], table.columns["barcode"]
    assert number.required
    assert number.unique
    assert number.pattern.matches("A12")
    assert (barcode.format, barcode.separator) == (Format.GTIN, Separator.NEWLINE)
    assert table.columns["origin"].one_of == {"China", "France"}
    assert table.keep == {"origin": {"China"}}
    assert table.masks == {"trader": Mask(("Trader", "Seller"))}
    assert table.person_column == "trader"


def test_columns_alone_are_enough():
    table = parse_table({"columns": {"a": {}}}, "$")
    assert (table.keep, table.masks, table.person_column) == ({}, {}, None)


MASK = {"column": "a", "label": ["Trader"], "when": "natural_person"}


@pytest.mark.parametrize(
    ("document", "place", "message"),
    [
        ([], "$", "expected an object"),
        ({}, "$", "`columns` is missing"),
        ({"colums": {}}, "$", "`colums` is not known here"),
        ({"columns": {}}, "$.columns", "1 to 1000 columns"),
        ({"columns": {str(n): {} for n in range(1001)}}, "$.columns", "1 to 1000 columns"),
        ({"columns": {"a": 1}}, "$.columns.a", "expected an object"),
        ({"columns": {"a": {"requird": True}}}, "$.columns.a", "did you mean `required`?"),
        ({"columns": {"a": {"zzz": True}}}, "$.columns.a", "known are `required`, `unique`"),
        ({"columns": {"a": {"required": "yes"}}}, "$.columns.a.required", "true or false"),
        ({"columns": {"a": {"unique": 1}}}, "$.columns.a.unique", "true or false"),
        ({"columns": {"a": {"pattern": 1}}}, "$.columns.a.pattern", "expected a string"),
        ({"columns": {"a": {"pattern": "("}}}, "$.columns.a.pattern", "no allowed pattern"),
        ({"columns": {"a": {"one_of": []}}}, "$.columns.a.one_of", "at least one"),
        ({"columns": {"a": {"one_of": ["x", 1]}}}, "$.columns.a.one_of[1]", "expected a string"),
        ({"columns": {"a": {"format": "gtn"}}}, "$.columns.a.format", "did you mean `gtin`?"),
        ({"columns": {"a": {"separator": ";"}}}, "$.columns.a.separator", "none of `newline`, `,`"),
        ({"columns": {"a": {}}, "keep": []}, "$.keep", "expected an object"),
        ({"columns": {"a": {}}, "keep": {"b": ["x"]}}, "$.keep", "`b` is not described"),
        ({"columns": {"a": {}}, "keep": {"a": "x"}}, "$.keep.a", "expected a list"),
        ({"columns": {"a": {}}, "mask": {}}, "$.mask", "expected a list"),
        ({"columns": {"a": {}}, "mask": [{"column": "a"}]}, "$.mask[0]", "`label` is missing"),
        ({"columns": {"a": {}}, "mask": [MASK | {"column": "b"}]}, "$.mask[0].column", "`b` is not described"),
        ({"columns": {"a": {}}, "mask": [MASK | {"when": "always"}]}, "$.mask[0].when", "`natural_person`"),
        ({"columns": {"a": {}}, "mask": [MASK | {"label": [" "]}]}, "$.mask[0].label", "must not be empty"),
        ({"columns": {"a": {}}, "mask": [MASK, MASK]}, "$.mask[1].column", "masked twice"),
        ({"columns": {"a": {}}, "person_column": "b"}, "$.person_column", "`b` is not described"),
        ({"columns": {"a": {}}, "person_column": 1}, "$.person_column", "expected a string"),
    ],
)
def test_a_fault_is_named_with_its_place(document, place, message):
    with pytest.raises(MalformedError) as caught:
        parse_table(document, "$")
    assert caught.value.place == place
    assert message in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["columns", "keep", "mask", "format", "label", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(JSON)
def test_whatever_comes_is_a_table_or_malformed(document):
    with contextlib.suppress(MalformedError):
        assert parse_table(document, "$").columns
