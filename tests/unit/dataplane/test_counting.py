from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from corridor.dataplane.counting import rows_between


@given(st.integers(0, 10**9), st.integers(1, 10**12), st.data())
def test_parts_add_up_to_the_whole_however_it_is_cut(rows, size, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, size), max_size=6)))
    bounds = [0, *cuts, size]
    parts = [rows_between(rows, size, start, stop) for start, stop in pairwise(bounds)]
    assert sum(parts) == rows
    assert min(parts) >= 0


def test_what_is_no_table_has_no_rows():
    assert rows_between(None, 100, 0, 100) == 0


def test_a_content_without_bytes_counts_its_rows():
    assert rows_between(0, 0, 0, 0) == 0
