"""Kleene's three truth values: unknown is never guessed to be true or false."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Final


class Truth(enum.IntEnum):
    """A truth value; the numbers make conjunction the minimum and disjunction the maximum."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2

    @classmethod
    def of(cls, value: bool | None) -> Truth:  # noqa: FBT001 - the value itself is what is converted
        """The truth value of a boolean, or UNKNOWN of None."""
        return cls.UNKNOWN if value is None else cls.TRUE if value else cls.FALSE

    def __invert__(self) -> Truth:
        return _INVERTED[self]


def all_of(values: Iterable[Truth]) -> Truth:
    """Conjunction; of nothing it is TRUE."""
    return min(values, default=Truth.TRUE)


def any_of(values: Iterable[Truth]) -> Truth:
    """Disjunction; of nothing it is FALSE."""
    return max(values, default=Truth.FALSE)


_INVERTED: Final = (Truth.TRUE, Truth.UNKNOWN, Truth.FALSE)
