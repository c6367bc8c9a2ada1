from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError
from corridor.dataplane.pattern import parse_pattern
from corridor.dataplane.table import Column, Format, Separator, Table

TABLE = Table({"alert_number": Column(), "barcode": Column(), "brand": Column()})


@pytest.mark.parametrize(
    ("format_", "good", "bad"),
    [
        (Format.GTIN, ["8715658002512"], ["8715658002513"]),
        (Format.DATE, ["2026-11-22", "2024-02-29"], ["2025-02-29", "22/11/2026", "2026-1-1", "٢٠٢٦-\u0661\u0661-٢٢"]),
        (Format.INTEGER, ["0", "-5", "+12"], ["1.0", "1 000", "٣", "-", "9" * 31]),
        (Format.DECIMAL, ["0", "-5.25", "12"], ["1,5", ".5", "5.", "1e3", "NaN"]),
        (Format.COUNTRY_NAME, ["France"], ["Peoples Republic of China"]),
    ],
)
def test_a_format_accepts_its_values_and_lists_others(format_, good, bad):
    column = Column(format=format_)
    assert [list(column.faults(value)) for value in good] == [[]] * len(good)
    assert [list(column.faults(value)) for value in bad] == [[(value, f"format {format_}")] for value in bad]


def test_every_value_of_a_cell_is_judged_by_itself():
    column = Column(format=Format.GTIN, separator=Separator.NEWLINE)
    assert list(column.faults("8715658002512\n 123 \r\n\n7802694520")) == [
        ("123", "format gtin"),
        ("7802694520", "format gtin"),
    ]
    assert Column(separator=Separator.COMMA).values("a, b,,c") == ["a", "b", "c"]
    assert Column().values(" a, b\nc ") == ["a, b\nc"]
    assert Column().values("  ") == []


def test_a_value_can_break_several_rules():
    column = Column(pattern=parse_pattern("[A-Z]+", "$"), one_of=frozenset({"A"}), format=Format.DATE)
    assert column.judges_values
    assert list(column.faults("x")) == [("x", "format date"), ("x", "pattern"), ("x", "one_of")]


def test_a_column_without_rules_for_values_judges_none():
    assert not Column(required=True, unique=True).judges_values


def test_the_columns_may_stand_in_any_order():
    TABLE.check_header(["brand", "alert_number", "barcode"], "alerts.csv line 1")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (["alert_number", "barcode", "brnad"], "`brnad` is not described; did you mean `brand`?"),
        (["alert_number", "barcode", "brand", "e-mail"], "`e-mail` is not described; describe it"),
        (["alert_number", "barcode", "brand", "brand"], "`brand` stands twice"),
        (["alert_number", "brand"], "`barcode` is missing"),
        ([" alert_number", "barcode", "brand"], "is not described"),
    ],
)
def test_a_header_that_does_not_match_is_malformed(header, message):
    with pytest.raises(MalformedError) as caught:
        TABLE.check_header(header, "alerts.csv line 1")
    assert str(caught.value).startswith("alerts.csv line 1: ")
    assert message in str(caught.value)
