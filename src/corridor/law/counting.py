"""Distinct persons: what a transfer adds to a counter, as bounds where the description leaves it open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from corridor.base.clock import DateRange
from corridor.base.reasons import Verified
from corridor.base.truth import Truth
from corridor.law.facts import Values
from corridor.law.model import Counter, WindowKind
from corridor.law.outcome import Counted, CountKey, Population
from corridor.law.trace import Span, Step, Trace, missing_in


@dataclass(frozen=True, slots=True)
class Tally:
    """The persons of one transfer that fall under one counter.

    Attributes:
        span: bounds on how many distinct persons they are.
        populations: the sets they belong to.
        dated: whether some were counted over a window of their own, so that the year's turn drops them.
    """

    span: Span
    populations: tuple[Population, ...]
    dated: bool


def window_on(kind: WindowKind, day: date) -> DateRange:
    """The days that a counter spans on `day`."""
    match kind:
        case WindowKind.CALENDAR_YEAR:
            return DateRange(date(day.year, 1, 1), date(day.year, 12, 31))
        case WindowKind.SINCE_PREVIOUS_YEAR:
            return DateRange(date(max(day.year - 1, 1), 1, 1), date(day.year, 12, 31))
        case WindowKind.TRAILING_12_MONTHS:
            return DateRange(_year_before(day), day)
    return DateRange()


def _year_before(day: date) -> date:
    """The day after the same day of the previous year; 29 February counts from 1 March."""
    leap = (day.month, day.day) == (2, 29)
    return date(day.year - 1, 3, 1) if leap else day.replace(year=day.year - 1) + timedelta(days=1)


def next_window(kind: WindowKind, day: date) -> date | None:
    """The next day on which the counter begins anew; None for a counter that slides or never ends."""
    starts_anew = kind in {WindowKind.CALENDAR_YEAR, WindowKind.SINCE_PREVIOUS_YEAR}
    return date(day.year + 1, 1, 1) if starts_anew and day.year < date.max.year else None


@dataclass(frozen=True, slots=True)
class _Group:
    """A count entry as far as it matters here: its bounds, its set of persons, the facts that are missing."""

    population: str
    low: int
    high: int | None
    missing: tuple[str, ...]
    dated: bool


def tally(trace: Trace, counter: Counter) -> Tally:
    """What the described transfer adds to `counter`.

    Two counts of one population are the same persons; counts of different populations are different persons; of counts
    without a population only bounds on the distinct persons are known.
    """
    items: tuple[Values, ...] | None = trace.facts.values.get("data", {}).get("items")
    if items is None:
        return Tally(Span(0, None, ("data.items",)), (Population("", None),), dated=False)
    groups = tuple(_merged(_groups(trace, counter, items)))
    populations = tuple(
        Population(group.population, group.low if group.low == group.high else None) for group in groups
    )
    return Tally(_united(groups), populations, any(group.dated for group in groups))


def _groups(trace: Trace, counter: Counter, items: Iterable[Values]) -> Iterable[_Group]:
    entries = tuple(enumerate(trace.facts.values.get("data", {}).get("counts", ())))
    window = window_on(counter.window, trace.as_of)
    seen: set[tuple[int, Truth]] = set()
    for index, item in enumerate(items):
        step = counter.of.run(trace, (item, f"data.items[{index}]"))
        if step.holds is Truth.FALSE:
            continue
        found = [(at, entry) for at, entry in entries if _counts_item(entry, item, counter.unit)]
        if not found:
            yield _Group("", 0, None, ("data.counts", *missing_in(step)), dated=False)
        for at, entry in found:
            if (at, step.holds) not in seen:
                seen.add((at, step.holds))
                yield _group(entry, f"data.counts[{at}]", step, window)


def _counts_item(entry: Values, item: Values, unit: str) -> bool:
    same_subject = "subject" not in entry or entry["subject"] == item.get("subject")
    return entry.get("category") == item.get("category") and entry.get("unit", unit) == unit and same_subject


def _group(entry: Values, path: str, step: Step, window: DateRange) -> _Group:
    n: int | None = entry.get("n")
    share = _share(entry.get("window"), window)
    missing = (
        *(missing_in(step)),
        *((f"{path}.n",) if n is None else ()),
        *((f"{path}.window",) if share is Truth.UNKNOWN else ()),
    )
    high = 0 if share is Truth.FALSE else n
    low = n if n is not None and step.holds is share is Truth.TRUE else 0
    return _Group(entry.get("population", ""), low, high, missing if low != high else (), "window" in entry)


def _share(counted: DateRange | None, window: DateRange) -> Truth:
    """Whether what was counted over `counted` falls into `window`; a transfer without a window happens now."""
    if counted is None:
        return Truth.TRUE
    if not counted.overlaps(window):
        return Truth.FALSE
    starts_within = window.start is None or (counted.start is not None and counted.start >= window.start)
    ends_within = window.end is None or (counted.end is not None and counted.end <= window.end)
    return Truth.TRUE if starts_within and ends_within else Truth.UNKNOWN


def _merged(groups: Iterable[_Group]) -> Iterable[_Group]:
    """One group for each named population, which is as large as the largest count of it."""
    named: dict[str, list[_Group]] = {}
    for group in groups:
        if group.population:
            named.setdefault(group.population, []).append(group)
        else:
            yield group
    for population, same in named.items():
        highs = [group.high for group in same]
        high = None if None in highs else max(h for h in highs if h is not None)
        low = max(group.low for group in same)
        missing = tuple(name for group in same for name in group.missing) if low != high else ()
        yield _Group(population, low, high, missing, any(group.dated for group in same))


def _united(groups: tuple[_Group, ...]) -> Span:
    """Named populations add up; groups without a name may be the same persons as any other."""
    named = sum(group.low for group in groups if group.population)
    low = max([named, *(group.low for group in groups if not group.population)])
    highs = [group.high for group in groups]
    high = None if None in highs else sum(h for h in highs if h is not None)
    if low == high:
        return Span(low, high)
    missing = [name for group in groups for name in group.missing]
    return Span(low, high, tuple(dict.fromkeys(missing)) or ("data.counts[].population",))


class Ledger:
    """The counters of one jurisdiction during one evaluation: the meter's figures and this transfer's."""

    def __init__(self, jurisdiction: str, counters: Mapping[str, Counter], previous: Mapping[CountKey, int]) -> None:
        self._jurisdiction = jurisdiction
        self._counters = counters
        self._previous = previous
        self._tallies: dict[str, Tally] = {}

    def count(self, trace: Trace, name: str) -> Span:
        """The counter's total with this transfer; without a figure of the meter it is taken to stand at 0."""
        counter = self._counters[name]
        found = self._tallies[name] = tally(trace, counter)
        before = self._previous.get(CountKey(self._jurisdiction, name))
        window = window_on(counter.window, trace.as_of)
        if before is None:
            since = f" since {window.start}" if window.start else ""
            trace.assume(f"nothing was counted{since} before this transfer in {self._jurisdiction} {name}")
        if before or found.dated:
            trace.will_change(next_window(counter.window, trace.as_of))
        span = found.span
        high = None if span.high is None else span.high + (before or 0)
        verified = counter.citation.verified or Verified.RECALLED
        return Span(span.low + (before or 0), high, span.missing, verified.rank)

    def counted(self, trace: Trace, *, adds: bool) -> tuple[Counted, ...]:
        """What was read, and what this transfer adds to it if `adds`."""
        return tuple(self._counted(name, span, trace, adds=adds) for name, span in sorted(trace.counted.items()))

    def _counted(self, name: str, total: Span, trace: Trace, *, adds: bool) -> Counted:
        counter, found = self._counters[name], self._tallies[name]
        key = CountKey(self._jurisdiction, name)
        exact = found.span.low if found.span.low == found.span.high else None
        return Counted(
            key=key,
            window=window_on(counter.window, trace.as_of),
            unit=counter.unit,
            previous=self._previous.get(key, 0),
            adds=exact if adds else 0,
            total=str(total),
            populations=found.populations if adds else (),
        )
