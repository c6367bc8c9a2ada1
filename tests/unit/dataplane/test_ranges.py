from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.dataplane.ranges import Span, parse_content_range, requested


@given(st.integers(0, 50), st.integers(0, 60), st.integers(0, 60))
def test_a_range_is_what_slicing_gives(size, first, last):
    content = bytes(range(size))
    span = requested(size, f"bytes={first}-{last}")
    if last < first:
        assert span == Span(0, size, size)
    elif first >= size:
        assert span is None
    else:
        assert content[span.start : span.stop] == content[first : last + 1]


@given(st.integers(1, 50), st.integers(1, 60))
def test_a_suffix_is_the_end_of_the_content(size, suffix):
    content = bytes(range(size))
    span = requested(size, f"bytes=-{suffix}")
    assert content[span.start : span.stop] == content[-suffix:]


@given(st.integers(0, 100), st.integers(0, 100), st.integers(1, 30))
def test_chunks_follow_each_other_from_start_to_stop(start, size, chunk):
    span = Span(start, start + size, start + size)
    pieces = list(span.chunks(chunk))
    assert pieces[0][0] == span.start
    assert pieces[-1][1] == span.stop
    assert all(before[1] == after[0] for before, after in pairwise(pieces))
    assert all(stop - begin <= chunk for begin, stop in pieces)


def test_no_byte_of_an_empty_content_or_an_empty_suffix_can_be_served():
    assert requested(0, "bytes=0-") is None
    assert requested(0, "bytes=-5") is None
    assert requested(9, "bytes=-0") is None


@given(st.text())
def test_any_field_gives_a_span_within_the_content_or_none(field):
    span = requested(10, field)
    assert span is None or 0 <= span.start <= span.stop <= span.of == 10


def test_a_content_range_is_read_as_it_is_written():
    span = Span(3, 9, 20)
    assert parse_content_range(str(span)) == span


@pytest.mark.parametrize(
    "field",
    [None, "", "bytes */20", "bytes 5-3/20", "bytes 0-20/20", "bytes 0-9/*", "lines 0-9/20", "bytes 0-9/" + "9" * 40],
)
def test_a_content_range_that_makes_no_sense_states_nothing(field):
    assert parse_content_range(field) is None
