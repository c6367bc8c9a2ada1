from __future__ import annotations

import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError
from corridor.dataplane.rows import LONGEST_LINE, LONGEST_ROW, RowReader


def rows(data):
    data = data.encode() if isinstance(data, str) else data
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", errors="surrogateescape", newline="")
    return [(row.cells, row.line, row.decodable) for row in RowReader(text, "alerts.csv")]


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4)))
def test_what_is_written_as_csv_is_read_back(table):
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\r\n").writerows(table)
    assert [cells for cells, _, _ in rows(written.getvalue())] == table


def test_a_row_knows_the_line_it_begins_on():
    assert rows('a,b\n"1\n2",3\r\n4,5') == [(["a", "b"], 1, True), (["1\n2", "3"], 2, True), (["4", "5"], 4, True)]


def test_a_byte_order_mark_is_no_part_of_the_table():
    assert rows(b"\xef\xbb\xbfa\n") == [(["a"], 1, True)]


def test_a_row_with_bytes_that_are_no_utf_8_is_told_from_its_neighbours():
    assert [decodable for _, _, decodable in rows(b'caf\xc3\xa9\ncaf\xe9\n"x\n\xff"\nend\n')] == [
        True,
        False,
        False,
        True,
    ]


def test_an_empty_line_is_a_row_without_cells():
    assert rows("a\n\nb\n") == [(["a"], 1, True), ([], 2, True), (["b"], 3, True)]


@pytest.mark.parametrize(
    ("data", "place", "message"),
    [
        ("a\nb\0c\n", "alerts.csv line 2 character 2", "NUL"),
        ("a,b\n".encode("utf-16"), "alerts.csv line 1 character 4", "NUL"),
        ('a,b\n1,2\n"x"y,3\n', "alerts.csv line 3", "not CSV"),
        ('a\n"never closed\n\n', "alerts.csv line 2", "not CSV"),
        ("a\n" + "x" * 140_000, "alerts.csv line 2", "field larger than field limit"),
        ("a\n" + "x," * LONGEST_LINE, "alerts.csv line 2", f"at most {LONGEST_LINE} characters"),
        ("a\n" + ('"' + "x" * 999 + '\n",') * (LONGEST_ROW // 1000 + 2), "alerts.csv line", "a row has at most"),
    ],
)
def test_what_is_no_table_is_malformed_with_its_line(data, place, message):
    with pytest.raises(MalformedError) as caught:
        rows(data)
    assert caught.value.place.startswith(place)
    assert message in str(caught.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_malformed(data):
    with contextlib.suppress(MalformedError):
        assert all(line >= 1 for _, line, _ in rows(data))
