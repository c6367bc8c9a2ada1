"""Rules that are not yet in force: whether today's definitions and lists can say what will hold on their first day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from corridor.base.clock import DateRange
from corridor.law.dated import next_boundary
from corridor.law.model import Jurisdiction, Rung

AHEAD: Final = 2
UNTOLD: Final = 3
"""A rung ahead whose condition is not asked, since something it reads changes by its first day."""


def state_of(rung: Rung, rules: Jurisdiction, day: date) -> int:
    """The rung's state on `day`, `UNTOLD` where it lies ahead and its condition would be read too early."""
    ahead = rung.state == AHEAD and rung.boundary is not None
    return UNTOLD if ahead and changes_by(rung.boundary, rung.provision.condition.uses, rules, day) else rung.state


def changes_by(first: date | None, uses: Iterable[str], rules: Jurisdiction, day: date) -> bool:
    """Whether a value, list or definition of these names changes after `day` and by `first`."""
    changes = (next_boundary(period, day) for period in _periods(uses, rules))
    return first is not None and any(change is not None and change <= first for change in changes)


def _periods(names: Iterable[str], rules: Jurisdiction) -> Iterator[DateRange]:
    """The periods of all values, entries, measures and definitions behind the names, at any date."""
    waiting, seen = list(names), set[str]()  # what is derived of a party can come back to itself
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in rules.parameters:
            yield from (value.period for value in rules.parameters[name].values)
        elif name in rules.registers:
            yield from (entry.period for entry in rules.registers[name].entries)
        elif name in rules.shares:
            share = rules.shares[name]
            yield share.period
            waiting += [share.of, *([share.through.name] if share.through else [])]
        elif derived := rules.derived.get(name) or rules.of_party.get(name):
            for version in derived.versions:
                yield version.period
                waiting += version.value.uses
