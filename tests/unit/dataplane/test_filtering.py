from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError
from corridor.dataplane.describe import parse_table
from corridor.dataplane.filtering import MOST_FAULTS, TableFilter
from corridor.dataplane.mask import MASKED
from corridor.dataplane.persons import KEY_SIZE, DistinctCounter
from corridor.dataplane.rows import RowReader

DESCRIPTION = {
    "columns": {
        "number": {"required": True, "unique": True},
        "barcode": {"format": "gtin", "separator": "newline"},
        "origin": {},
        "notes": {},
    },
    "keep": {"origin": ["CN", "FR", ""]},
    "mask": [{"column": "notes", "label": ["Trader"], "when": "natural_person"}],
    "person_column": "notes",
}
HEADER = "number,barcode,origin,notes\n"


def filtered(data, description=DESCRIPTION, persons=None):
    data = data.encode() if isinstance(data, str) else data
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", errors="surrogateescape", newline="")
    return TableFilter(parse_table(description, "$"), RowReader(text, "alerts.csv"), "alerts.csv", persons)


def run(data, description=DESCRIPTION):
    table = filtered(HEADER + data if isinstance(data, str) else HEADER.encode() + data, description)
    return list(table), table.report


def test_a_sound_row_travels_as_it_is():
    rows, report = run('A1,8715658002512,CN,"a, b"\n')
    assert rows == [["A1", "8715658002512", "CN", "a, b"]]
    assert (report.rows_read, report.rows_kept, report.faults) == (1, 1, [])


def test_a_row_with_a_faulty_value_travels_and_is_listed_with_row_line_and_column():
    rows, report = run('A1,,CN,"two\nlines"\nA2,"8715658002512\n123",CN,\n')
    assert len(rows) == 2
    assert report.faults == [{"row": 2, "line": 4, "column": "barcode", "value": "123", "rule": "format gtin"}]


@pytest.mark.parametrize(
    ("row", "column", "value", "rule"),
    [
        (b"A1,,CN\n", None, "A1,,CN", "4 cells, not 3"),
        (b"A1,,CN,x,y\n", None, "A1,,CN", "4 cells, not 5"),
        (b"\n", None, "", "4 cells, not 0"),
        (b"A1,,CN,caf\xe9\n", "notes", "caf\\udce9", "utf-8"),
        (b" ,,CN,x\n", "number", " ", "required"),
        (b"A0 ,,CN,x\n", "number", "A0 ", "unique"),
    ],
)
def test_a_broken_row_is_held_back_and_listed(row, column, value, rule):
    rows, report = run(b"A0,,CN,first\n" + row + b"A9,,CN,last\n")
    assert [cells[0] for cells in rows] == ["A0", "A9"]
    assert report.faults == [{"row": 2, "line": 3, "column": column, "value": value, "rule": rule}]
    assert (report.rows_read, report.rows_kept, report.rows_held_back) == (3, 2, 1)


def test_rows_of_other_values_are_left_out_and_not_judged():
    rows, report = run("A1,123,US,x\nA2,,CN,x\nA1,,FR,x\n")
    assert [cells[0] for cells in rows] == ["A2", "A1"]
    assert (report.rows_left_out, report.faults) == (1, [])


def test_a_row_that_is_held_back_takes_no_later_rows_place():
    description = {"columns": {name: {"unique": True, "required": name == "b"} for name in "ab"}}
    table = filtered("a,b\n1,\n1,x\n2,x\n2,y\n,z\n,w\n", description)
    assert list(table) == [["1", "x"], ["2", "y"], ["", "z"], ["", "w"]]
    assert [fault["rule"] for fault in table.report.faults] == ["required", "unique"]


def test_natural_persons_are_masked_and_counted_by_cell():
    rows, report = run('A1,,CN,Trader: Anna\nA2,,CN,Trader: ACME Ltd\nA3,,CN,"Trader: Jan\nTrader: Eva"\n')
    assert [cells[3] for cells in rows] == [
        f"Trader: {MASKED}",
        "Trader: ACME Ltd",
        f"Trader: {MASKED}\nTrader: {MASKED}",
    ]
    assert report.cells_masked == 2


def test_persons_are_counted_in_the_rows_that_travel_before_they_are_masked():
    persons = DistinctCounter(bytes(KEY_SIZE))
    data = HEADER + "A1,,CN,Trader: Anna\nA2,,CN,Trader: Jan\nA3,,CN,Trader: Anna\nA4,,US,Eva\nA5,,CN,\n"
    assert len(list(filtered(data, persons=persons))) == 4
    assert len(persons) == 2


def test_the_report_lists_a_thousand_faults_and_counts_all():
    rows, report = run("".join(f"A{n},x{n},CN,\n" for n in range(MOST_FAULTS + 5)))
    document = report.document()
    assert len(rows) == document["faults_total"] == MOST_FAULTS + 5
    assert len(document["faults"]) == MOST_FAULTS


def test_a_value_is_shortened_and_made_printable_in_the_report():
    _, report = run(f'A1,"\x1b[31m{"9" * 500}",CN,\n')
    value = report.faults[0]["value"]
    assert len(value) <= 60
    assert value.isprintable()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no header row"),
        (b"\n", "no header row"),
        (b",,\n", "no header row"),
        (b"number,barcode,origin,n\xf6tes\n", "not UTF-8"),
        (b"number,barcode,origin\n", "`notes` is missing"),
        (HEADER.encode().replace(b",", b";"), "is not described"),
    ],
)
def test_a_file_without_its_header_is_malformed(data, message):
    with pytest.raises(MalformedError, match=message) as caught:
        filtered(data)
    assert caught.value.place == "alerts.csv line 1"


CELL = st.text("AB1 ,\n\"'é", max_size=6)


@given(st.lists(st.lists(CELL, min_size=3, max_size=5), max_size=20))
def test_every_row_is_kept_left_out_or_held_back(table):
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table]
    rows, report = run("".join(f"{line}\n" for line in lines))
    assert report.rows_read == len(table) == report.rows_kept + report.rows_left_out + report.rows_held_back
    assert len(rows) == report.rows_kept
    held = {fault["row"] for fault in report.faults if fault["rule"] != "format gtin"}
    assert len(held) == report.rows_held_back
