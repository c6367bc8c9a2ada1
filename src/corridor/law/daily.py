"""What follows from the rules for one day, worked out once and kept: the same day is asked for again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final, TypeVar

Value = TypeVar("Value")

_KEPT: Final = 400
"""Days kept, a good year; beyond that all are forgotten, so that questions about every day there is take no memory."""


class Daily(dict[date, Value]):
    """`daily[day]` is what `work` makes of the day, worked out at the first question."""

    __slots__ = ("_work",)

    def __init__(self, work: Callable[[date], Value]) -> None:
        super().__init__()
        self._work = work

    def __missing__(self, day: date) -> Value:
        if len(self) >= _KEPT:
            self.clear()
        found = self[day] = self._work(day)
        return found
