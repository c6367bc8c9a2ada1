"""What the counts of a row come to for one counter, before their numbers are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from corridor.base.truth import Truth
from corridor.law.counting import counts_item, share_of, window_on
from corridor.law.facts import Values
from corridor.law.model import Counter
from corridor.law.trace import Step, Trace


class Planned(NamedTuple):
    """One group of persons.

    Attributes:
        population: the set they belong to, or empty.
        at: which of the row's numbers says how many they are, or None where none does.
        certain: they fall under the counter for certain; else it may be any number of them.
        outside: they were counted outside of the counter's window.
    """

    population: str
    at: int | None
    certain: bool
    outside: bool


def plan(
    trace: Trace, counter: Counter, run: Callable[[Trace, tuple[Values, str]], Step]
) -> tuple[Planned, ...] | None:
    """The groups that the described data come to, or None where it is not known what data they are."""
    items: tuple[Values, ...] | None = trace.facts.get("data.items")
    if items is None:
        return None
    entries: tuple[Values, ...] = trace.facts.get("data.counts") or ()
    groups: dict[tuple[int, Truth], Planned] = {}
    unmatched: list[Planned] = []
    for index, item in enumerate(items):
        falls = run(trace, (item, f"data.items[{index}]")).holds
        if falls is Truth.FALSE:
            continue
        matching = [at for at, entry in enumerate(entries) if counts_item(entry, item, counter.unit)]
        for at in matching:
            groups.setdefault((at, falls), _group(trace, counter, entries, at, falls))
        if not matching:
            unmatched.append(Planned("", None, certain=False, outside=False))
    return (*groups.values(), *unmatched)


def _group(trace: Trace, counter: Counter, entries: tuple[Values, ...], at: int, falls: Truth) -> Planned:
    entry = entries[at]
    share = share_of(entry.get("window"), window_on(counter.window, trace.as_of))
    number = sum("n" in before for before in entries[:at]) if "n" in entry else None
    return Planned(entry.get("population", ""), number, falls is share is Truth.TRUE, share is Truth.FALSE)
