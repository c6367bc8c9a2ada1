"""GTIN: the number behind a barcode (GS1 General Specifications, §7.9 check digit calculation)."""

from __future__ import annotations

from typing import Final

_LENGTHS: Final = frozenset({8, 12, 13, 14})


def is_gtin(text: str) -> bool:
    """Whether `text` is a GTIN-8, -12, -13 or -14 with the right check digit."""
    if len(text) not in _LENGTHS or not (text.isascii() and text.isdigit()):
        return False
    return check_digit(text[:-1]) == int(text[-1])


def check_digit(digits: str) -> int:
    """The check digit that belongs behind `digits`: weights 3 and 1 in turn from the right, up to the next ten."""
    from_right = [int(digit) for digit in reversed(digits)]
    return -(3 * sum(from_right[::2]) + sum(from_right[1::2])) % 10
