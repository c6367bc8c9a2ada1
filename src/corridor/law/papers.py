"""Papers shown against papers needed: in force, filed in time, for this recipient, within what they cover.

What a paper does not show, it does not prove: a date, party or filing that is left out counts as not there.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from corridor.base.truth import Truth, all_of, any_of
from corridor.law.dated import earliest
from corridor.law.facts import Values
from corridor.law.model import Covers, Filing, FilingStart, Opening, PaperKind
from corridor.law.outcome import PaperFinding, PaperNeed, Route
from corridor.law.trace import Span, Trace, missing_in

_SATURDAY = 5


def add_working_days(day: date, number: int) -> date:
    """The day `number` working days after `day`, Monday to Friday; holidays are not known here, so it errs early."""
    for _ in range(number):
        day += timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day += timedelta(days=1)
    return day


def subtract_working_days(day: date, number: int) -> date:
    """The day `number` working days before `day`."""
    for _ in range(number):
        day -= timedelta(days=1)
        while day.weekday() >= _SATURDAY:
            day -= timedelta(days=1)
    return day


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later, or the month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def filing_deadline(filing: Filing, counted_from: date) -> date:
    """The last day for a filing whose days are counted from `counted_from`."""
    if filing.working:
        return add_working_days(counted_from, filing.days)
    return counted_from + timedelta(days=filing.days)


def _counted_from(filing: Filing, start: date | None, trace: Trace) -> date | None:
    """The day from which the days for the filing are counted, or None while it is not known."""
    if filing.after is FilingStart.EFFECT:
        return start
    first: date | None = trace.facts.get("transfer.starts")
    if first is None:
        trace.assume(f"no data were transferred before {trace.as_of}", ("transfer.starts",))
    return first


Contents = Callable[[PaperKind], tuple[str, ...]]
"""What a paper of a kind has to hold for the described transfer."""


def route_of(opening: Opening, kinds: Mapping[str, PaperKind], trace: Trace, contents: Contents) -> Route:
    """The alternative with what is found for each of its papers."""
    needs = tuple([_need(kinds[kind], trace, contents) for kind in opening.papers])
    return Route(opening.mechanism, needs, opening.citation, all_of([need.holds for need in needs]))


def joined(matters: Iterable[tuple[Route, ...]]) -> tuple[Route, ...]:
    """The ways that open every matter at once: one alternative of each, with the papers of all of them."""
    ways: tuple[Route, ...] | None = None
    for routes in matters:
        ways = routes if ways is None else tuple([_with(way, route) for way in ways for route in routes])
    return ways or ()


def _with(way: Route, route: Route) -> Route:
    papers = tuple(dict.fromkeys((*way.papers, *route.papers)))
    return Route(beside(way.mechanism, route.mechanism), papers, way.citation, all_of((way.holds, route.holds)))


def beside(mechanism: str, other: str) -> str:
    """The name of a way that is made of two, one for each matter."""
    return f"{mechanism}_and_{other}"


def _need(kind: PaperKind, trace: Trace, contents: Contents) -> PaperNeed:
    shown = [(index, paper) for index, paper in enumerate(trace.facts.papers) if paper.get("kind") == kind.id]
    findings = tuple([examine(kind, paper, index, trace) for index, paper in shown])
    return PaperNeed(
        kind=kind.id,
        title=kind.title,
        contents=contents(kind),
        authority=kind.authority,
        clock=kind.clock,
        validity=kind.validity,
        filed=kind.filing is not None,
        citation=kind.citation,
        findings=findings,
        holds=any_of([finding.holds for finding in findings]),
    )


@dataclass(frozen=True, slots=True)
class _Fault:
    """Something wrong with a paper; with `missing`, only perhaps."""

    text: str
    missing: tuple[str, ...] = ()


def examine(kind: PaperKind, paper: Values, index: int, trace: Trace) -> PaperFinding:
    """What is found on the paper at `papers[index]` of the facts, on the day of `trace`."""
    start = _start(paper)
    until = _until(kind, paper, start)
    last_day = _last_filing_day(kind.filing, start, trace)
    faults = [
        *_kind_faults(kind, trace),
        *_time_faults(start, until, trace.as_of),
        *_filing_faults(last_day, paper, trace.as_of),
        *_cover_faults(kind, paper, trace),
        *_check_faults(kind, paper, index, trace),
    ]
    certain = any(not fault.missing for fault in faults)
    return PaperFinding(
        paper=str(paper.get("id") or paper.get("number") or f"papers[{index}]"),
        holds=Truth.FALSE if certain else Truth.UNKNOWN if faults else Truth.TRUE,
        problems=tuple(fault.text for fault in faults),
        missing=() if certain else tuple(name for fault in faults for name in fault.missing),
        until=until,
        renew_from=_renew_from(kind, until),
        to_file=_to_file(last_day, paper, start, trace.as_of),
        changes=tuple(_changes(last_day, paper, start, until)),
    )


def _start(paper: Values) -> date | None:
    """The first day of the paper: its validity, else its effect, else its signature."""
    return paper.get("valid_from") or paper.get("effective") or paper.get("signed")


def _until(kind: PaperKind, paper: Values, start: date | None) -> date | None:
    term = add_months(start, kind.valid_months) - timedelta(days=1) if start and kind.valid_months else None
    return earliest((term, paper.get("valid_to")))


def _renew_from(kind: PaperKind, until: date | None) -> date | None:
    if until is None:
        return None
    if kind.renew_working_days:
        return subtract_working_days(until, kind.renew_working_days)
    return add_months(until, -kind.renew_months) if kind.renew_months else None


def _kind_faults(kind: PaperKind, trace: Trace) -> Iterator[_Fault]:
    trace.note_period(kind.period)
    if trace.as_of not in kind.period:
        yield _Fault(f"papers of its kind do not count on {trace.as_of}")


def _time_faults(start: date | None, until: date | None, as_of: date) -> Iterator[_Fault]:
    if start is None:
        yield _Fault("it does not say from when it is valid")
    elif start > as_of:
        yield _Fault(f"it takes effect only on {start}")
    if until is not None and until < as_of:
        yield _Fault(f"it expired on {until}")


def _last_filing_day(filing: Filing | None, start: date | None, trace: Trace) -> date | None:
    counted_from = _counted_from(filing, start, trace) if filing else None
    return filing_deadline(filing, counted_from) if filing and counted_from else None


def _filing_faults(last_day: date | None, paper: Values, as_of: date) -> Iterator[_Fault]:
    if last_day is None:
        return
    filed = paper.get("filed")
    if filed is not None and filed > last_day:
        yield _Fault(f"it was filed on {filed}, after the last day for it, {last_day}")
    elif (filed is None or filed > as_of) and as_of > last_day:
        yield _Fault(f"no filing is shown, and the last day for it was {last_day}")


def _to_file(last_day: date | None, paper: Values, start: date | None, as_of: date) -> date | None:
    if last_day is None or start is None or start > as_of or "filed" in paper:
        return None
    return last_day if last_day >= as_of else None


def _changes(last_day: date | None, paper: Values, start: date | None, until: date | None) -> Iterator[date]:
    if start is not None:
        yield start
    if last_day is not None and "filed" not in paper:
        yield last_day + timedelta(days=1)
    if until is not None and until < date.max:
        yield until + timedelta(days=1)


def _cover_faults(kind: PaperKind, paper: Values, trace: Trace) -> Iterator[_Fault]:
    """What the paper states binds it; what its kind has to cover, it has to state."""
    if "parties" in paper or Covers.RECIPIENT in kind.covers:
        yield from _recipient_faults(paper, trace)
    scope: Values = paper.get("scope", {})
    if "purpose" in scope or Covers.PURPOSE in kind.covers:
        yield from _beyond(scope.get("purpose"), trace.facts.values.get("purpose"), "purpose", "purpose")
    if "categories" in scope or Covers.CATEGORIES in kind.covers:
        yield from _beyond(scope.get("categories"), _categories(trace), "category", "data.items")
    if "n_max" in scope or Covers.PERSONS in kind.covers:
        yield from _person_faults(scope.get("n_max"), trace)


def _recipient_faults(paper: Values, trace: Trace) -> Iterator[_Fault]:
    parties, importer = paper.get("parties"), trace.facts.get("importer.id")
    if parties is None:
        yield _Fault("it does not name its parties")
    elif importer is None:
        yield _Fault("whether it names the recipient is not known", ("importer.id",))
    elif importer not in parties:
        yield _Fault("it names another recipient")


def _categories(trace: Trace) -> tuple[str, ...] | None:
    items = trace.facts.get("data.items")
    return None if items is None else tuple(item["category"] for item in items if "category" in item)


def _beyond(covered: tuple[str, ...] | None, wanted: tuple[str, ...] | None, what: str, fact: str) -> Iterator[_Fault]:
    if covered is None:
        yield _Fault(f"it states no {what}")
    elif wanted is None:
        yield _Fault(f"whether it covers the {what} is not known", (fact,))
    else:
        yield from (
            _Fault(f"it does not cover the {what} {one}") for one in dict.fromkeys(wanted) if one not in covered
        )


def _person_faults(ceiling: int | None, trace: Trace) -> Iterator[_Fault]:
    if ceiling is None:
        yield _Fault("it states no number of persons")
        return
    for span in dict.fromkeys(_persons(trace)):
        if span.low > ceiling:
            yield _Fault(f"it covers {ceiling} persons, and there are {span}")
        elif span.high is None or span.high > ceiling:
            yield _Fault(f"whether {ceiling} persons are enough is not known", span.missing)


def _persons(trace: Trace) -> Iterator[Span]:
    """The counters the rules read; where they read none, nothing is compared."""
    yield from trace.counted.values()


def _check_faults(kind: PaperKind, paper: Values, index: int, trace: Trace) -> Iterator[_Fault]:
    path = f"papers[{index}]"
    for check in kind.checks:
        step = check.condition.holds(replace(trace.aside(), paper=paper, paper_path=path, derived={}))
        missing = missing_in(step)
        if step.holds is Truth.FALSE or (step.holds is Truth.UNKNOWN and all(m.startswith(path) for m in missing)):
            yield _Fault(check.fails)
        elif step.holds is Truth.UNKNOWN:
            yield _Fault(f"perhaps {check.fails}", missing)
