"""Distinct persons: what a transfer adds to a counter, as bounds where the description leaves it open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import Final, NamedTuple

from corridor.base.clock import DateRange
from corridor.base.reasons import Verified
from corridor.base.truth import Truth
from corridor.law.daily import Daily
from corridor.law.facts import NOTHING, Facts, Values
from corridor.law.fast import State
from corridor.law.model import Counter, WindowKind
from corridor.law.outcome import Counted, CountKey, Population
from corridor.law.trace import Assumption, Span, Trace, missing_in


class Tally(NamedTuple):
    """The persons of one transfer that fall under one counter.

    Attributes:
        span: bounds on how many distinct persons they are.
        populations: the sets they belong to.
        dated: whether some were counted over a window of their own, so that the year's turn drops them.
    """

    span: Span
    populations: tuple[Population, ...]
    dated: bool


def key_of(jurisdiction: str, counter: Counter, facts: Facts) -> CountKey:
    """The counter's name for the meter; one that counts for each recipient has a name for each."""
    recipient = facts.get("importer.id") if counter.per_recipient else None
    return CountKey(jurisdiction, f"{counter.name} to {recipient}" if recipient else counter.name)


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


_TRUTHS: Final = tuple(Truth)
_WINDOWS: Final = {kind: Daily(partial(window_on, kind)) for kind in WindowKind}


class _Group(NamedTuple):
    """A count entry as far as it matters here: its bounds, its set of persons, the facts that are missing."""

    population: str
    low: int
    high: int | None
    missing: tuple[str, ...]
    dated: bool


class _Falling(NamedTuple):
    """A data item that falls under a counter, or may: the facts that keep this open are missing."""

    item: Values
    holds: Truth
    missing: tuple[str, ...]


def tally(trace: Trace, counter: Counter) -> Tally:
    """What the described transfer adds to `counter`.

    Two counts of one population are the same persons; counts of different populations are different persons; of counts
    without a population only bounds on the distinct persons are known.
    """
    data = trace.facts.values.get("data", NOTHING)
    items: tuple[Values, ...] | None = data.get("items")
    if items is None:
        return _anybody(data)
    run = counter.of.answer.run
    steps = [(item, run(trace, (item, f"data.items[{index}]"))) for index, item in enumerate(items)]
    falling = [_Falling(item, step.holds, missing_in(step)) for item, step in steps if step.holds is not Truth.FALSE]
    return _tally(data.get("counts", ()), trace.as_of, counter, falling)


def tally_fast(state: State, name: str, counter: Counter) -> Tally:
    """The same as `tally`, by the compiled rules."""
    data = state.values.get("data", NOTHING)
    items: tuple[Values, ...] | None = data.get("items")
    if items is None:
        return _anybody(data)
    run, falling = state.compiled.counters[name], list[_Falling]()
    for index, item in enumerate(items):
        truth, missing, _ = run(state, item, index)
        if truth:
            falling.append(_Falling(item, _TRUTHS[truth], missing))
    return _tally(data.get("counts", ()), state.as_of, counter, falling)


def _total(span: Span, before: int | None, counter: Counter) -> Span:
    rank = (counter.citation.verified or Verified.RECALLED).rank
    if not before:
        return Span(span.low, span.high, span.missing, rank)
    return Span(span.low + before, None if span.high is None else span.high + before, span.missing, rank)


_NOBODY: Final = Tally(Span(0, 0), (), dated=False)


def _anybody(data: Values) -> Tally:
    """Nothing is known of the items, and nobody can be left out."""
    missing = ("data.items",) if "counts" in data else ("data.items", "data.counts")
    return Tally(Span(0, None, missing), (Population("", None),), dated=False)


def _tally(entries: tuple[Values, ...], day: date, counter: Counter, falling: list[_Falling]) -> Tally:
    if not falling:
        return _NOBODY
    groups = _merged(_groups(entries, _WINDOWS[counter.window][day], counter.unit, falling))
    if len(groups) == 1 and groups[0].low == groups[0].high:
        name, n, _, _, dated = groups[0]
        return Tally(Span(n, n), (Population(name, n),), dated)
    populations = tuple(
        Population(group.population, group.low if group.low == group.high else None) for group in groups
    )
    return Tally(_united(groups), populations, any(group.dated for group in groups))


def _groups(entries: tuple[Values, ...], window: DateRange, unit: str, falling: list[_Falling]) -> list[_Group]:
    groups: list[_Group] = []
    seen: set[tuple[int, int]] = set()
    for item, holds, missing in falling:
        found = False
        for at, entry in enumerate(entries):
            if counts_item(entry, item, unit):
                found = True
                if (at, holds.real) not in seen:
                    seen.add((at, holds.real))
                    groups.append(_group(entry, at, holds, window, missing))
        if not found:
            groups.append(_Group("", 0, None, ("data.counts", *missing), dated=False))
    return groups


def counts_item(entry: Values, item: Values, unit: str) -> bool:
    """Whether a count is one of the persons, or devices, whose data the item holds."""
    if entry.get("category") != item.get("category") or entry.get("unit", unit) != unit:
        return False
    return "subject" not in entry or bool(entry["subject"] == item.get("subject"))


def _group(entry: Values, at: int, falls: Truth, window: DateRange, missing: tuple[str, ...]) -> _Group:
    n: int | None = entry.get("n")
    counted: DateRange | None = entry.get("window")
    share = share_of(counted, window)
    population, dated = entry.get("population", ""), counted is not None
    if n is not None and falls is share is Truth.TRUE:
        return _Group(population, n, n, (), dated)
    high = 0 if share is Truth.FALSE else n
    own = (("n", n is None), ("window", share is Truth.UNKNOWN))
    open_ = (*missing, *(f"data.counts[{at}].{name}" for name, unknown in own if unknown))
    return _Group(population, 0, high, () if high == 0 else open_, dated)


def share_of(counted: DateRange | None, window: DateRange) -> Truth:
    """Whether what was counted over `counted` falls into `window`; a transfer without a window happens now."""
    if counted is None:
        return Truth.TRUE
    if not counted.overlaps(window):
        return Truth.FALSE
    starts_within = window.start is None or (counted.start is not None and counted.start >= window.start)
    ends_within = window.end is None or (counted.end is not None and counted.end <= window.end)
    return Truth.TRUE if starts_within and ends_within else Truth.UNKNOWN


def _merged(groups: list[_Group]) -> list[_Group]:
    """One group for each named population, which is as large as the largest count of it."""
    if len(groups) == 1:
        return groups
    merged = [group for group in groups if not group.population]
    named: dict[str, list[_Group]] = {}
    for group in groups:
        if group.population:
            named.setdefault(group.population, []).append(group)
    for population, same in named.items():
        highs = [group.high for group in same]
        high = None if None in highs else max(h for h in highs if h is not None)
        low = max(group.low for group in same)
        missing = tuple(name for group in same for name in group.missing) if low != high else ()
        merged.append(_Group(population, low, high, missing, any(group.dated for group in same)))
    return merged


def _united(groups: list[_Group]) -> Span:
    """Named populations add up; groups without a name may be the same persons as any other."""
    named = sum(group.low for group in groups if group.population)
    low = max([named, *(group.low for group in groups if not group.population)])
    highs = [group.high for group in groups]
    high = None if None in highs else sum(h for h in highs if h is not None)
    if low == high:
        return Span(low, high)
    missing = [name for group in groups for name in group.missing]
    return Span(low, high, tuple(dict.fromkeys(missing)) or ("data.counts[].population",))


@lru_cache(maxsize=1024)
def _nothing_before(jurisdiction: str, name: str, start: date | None) -> Assumption:
    since = f" since {start}" if start else ""
    return Assumption(f"nothing was counted{since} before this transfer in {jurisdiction} {name}")


_OF_NOBODY: Final = Facts(NOTHING)


class Ledger:
    """The counters of one jurisdiction during one evaluation: the meter's figures and this transfer's.

    `facts` say who the recipient is, for counters that count for each.
    """

    def __init__(
        self,
        jurisdiction: str,
        counters: Mapping[str, Counter],
        previous: Mapping[CountKey, int],
        facts: Facts = _OF_NOBODY,
    ) -> None:
        self._jurisdiction = jurisdiction
        self._counters = counters
        self._previous = previous
        self._facts = facts
        self._tallies: dict[str, Tally] = {}

    def count(self, trace: Trace, name: str) -> Span:
        """The counter's total with this transfer; without a figure of the meter it is taken to stand at 0."""
        return self._found(name, tally(trace, self._counters[name]))

    def total(self, state: State, name: str) -> Span:
        """The same as `count`, by the compiled rules."""
        return self._found(name, tally_fast(state, name, self._counters[name]))

    def _found(self, name: str, found: Tally) -> Span:
        self._tallies[name] = found
        return _total(found.span, self._before(name), self._counters[name])

    def _before(self, name: str) -> int | None:
        return self._previous.get(self._key(name))

    def _key(self, name: str) -> CountKey:
        return key_of(self._jurisdiction, self._counters[name], self._facts)

    def assumptions(self, names: Iterable[str], day: date) -> Iterator[Assumption]:
        """What is taken for granted where these counters were read."""
        for name in names:
            if self._before(name) is None:
                key = self._key(name)
                yield _nothing_before(key.jurisdiction, key.name, _WINDOWS[self._counters[name].window][day].start)

    def changes(self, names: Iterable[str], day: date) -> Iterator[date]:
        """The days on which these counters begin anew, where that can change what they come to."""
        for name in names:
            if self._before(name) or self._tallies[name].dated:
                change = next_window(self._counters[name].window, day)
                if change is not None:
                    yield change

    def counted(self, spans: Mapping[str, Span], day: date, *, adds: bool) -> tuple[Counted, ...]:
        """What was read, and what this transfer adds to it if `adds`."""
        return tuple(self._counted(name, span, day, adds=adds) for name, span in sorted(spans.items()))

    def _counted(self, name: str, total: Span, day: date, *, adds: bool) -> Counted:
        counter, found = self._counters[name], self._tallies[name]
        key = self._key(name)
        exact = found.span.low if found.span.low == found.span.high else None
        return Counted(
            key=key,
            window=_WINDOWS[counter.window][day],
            unit=counter.unit,
            previous=self._previous.get(key, 0),
            adds=exact if adds else 0,
            total=str(total),
            populations=found.populations if adds else (),
        )
