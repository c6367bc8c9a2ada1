"""Data rows of a part of a content, so that parts add up to the whole."""

from __future__ import annotations


def rows_between(rows: int | None, size: int, start: int, stop: int) -> int:
    """Data rows that the bytes from `start` up to `stop` of a content stand for.

    Rows are spread evenly over the bytes and rounded down at each bound. However a content is cut, its parts add up to
    exactly its rows: whoever asks for it in pieces is metered as whoever asks for it at once.

    Args:
        rows: data rows of the whole content, or None where it is no table (which counts 0).
        size: bytes of the whole content.
        start: first byte handed out.
        stop: the byte after the last one handed out.
    """
    if rows is None:
        return 0
    if size == 0:
        return rows
    return rows * stop // size - rows * start // size
