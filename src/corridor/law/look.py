"""What a condition reads when nothing but its truth is asked: no steps, no texts, no places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from corridor.base.truth import Truth
from corridor.law.facts import Facts
from corridor.law.trace import Presumption, Span

Ask = Callable[["Look", Any, str], Truth]
"""The truth of a condition; the element that a quantifier is at, and the list that it stands in (`data.items`)."""
See = Callable[["Look", Any, str], Any]
"""A value, or None where it is unknown."""


class Look:
    """The working state of one evaluation without explanation; what `Trace` is to the explained one.

    Attributes:
        values, as_of: what is asked, and for which day.
        presumed: what stands in for unknown facts, by path.
        derived: truths of derived facts, each worked out once.
        counted: spans of the counters read.
    """

    __slots__ = ("_count", "as_of", "counted", "derived", "facts", "paper", "presumed", "values")

    def __init__(
        self,
        facts: Facts,
        as_of: date,
        presumed: Mapping[str, Presumption],
        count: Callable[[Look, str], Span],
    ) -> None:
        self.facts = facts
        self.values = facts.values
        self.as_of = as_of
        self.presumed = presumed
        self.paper: Mapping[str, Any] = {}
        self.derived: dict[str, Truth] = {}
        self.counted: dict[str, Span] = {}
        self._count = count

    def presume(self, path: str) -> Any:
        """The value presumed for an unknown fact, or None."""
        found = self.presumed.get(path)
        return None if found is None else found.value

    def count(self, name: str) -> Span:
        """The span of a counter, counted once."""
        span = self.counted.get(name)
        if span is None:
            span = self.counted[name] = self._count(self, name)
        return span
