"""What the law changes between two days: instruments, provisions, values, lists, definitions, papers and duties."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from corridor.base.clock import DateRange
from corridor.base.errors import MalformedError
from corridor.base.json import JsonObject
from corridor.base.reasons import Citation, Verified
from corridor.law.dated import Dated
from corridor.law.facts import check_day
from corridor.law.model import Jurisdiction, Opening, PaperKind, Provision, Rulebook

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is otherwise on the later day.

    Attributes:
        jurisdiction: id of the jurisdiction whose law it is.
        citation: the provision that says so.
        kind: `instrument`, `provision`, `route`, `value`, `list`, `definition`, `paper` or `duty`.
        name: what changes, as the rule files call it.
        day: the day from which the later state holds.
        before, after: what applies on the two days; None where nothing did or does.
    """

    jurisdiction: str
    citation: Citation
    kind: str
    name: str
    day: date
    before: str | None
    after: str | None

    @property
    def text(self) -> str:
        """One sentence."""
        if self.before is None:
            return f"{self.kind} {self.name} begins: {self.after}"
        if self.after is None:
            return f"{self.kind} {self.name} ends: {self.before}"
        return f"{self.kind} {self.name}: {self.before} becomes {self.after}"


def changes_between(rulebook: Rulebook, first: date, last: date) -> tuple[Change, ...]:
    """What differs on `last` from `first`, by jurisdiction, instrument and day.

    Raises:
        MalformedError: a day lies out of the range of the calendar of the rules, or `last` before `first`.
    """
    check_day(first, "--from")
    check_day(last, "--to")
    if last < first:
        raise MalformedError(f"{last} lies before {first}", place="--to", remedy="write the earlier day first")
    found = (change for rules in rulebook.jurisdictions.values() for change in _of(rules, first, last))
    return tuple(sorted(found, key=lambda one: (one.jurisdiction, one.citation.instrument, one.day)))


def _of(rules: Jurisdiction, first: date, last: date) -> Iterator[Change]:
    span = _Span(rules.id, first, last)
    for instrument in rules.instruments.values():
        cited = Citation(instrument.id, "in force", instrument.title, instrument.source.verified)
        yield from span.one("instrument", instrument.id, instrument.period, cited, instrument.title)
    for provision in (provision for ladder in rules.ladders for provision in ladder.provisions):
        text = f"{provision.outcome}, {provision.says}"
        yield from span.one("provision", provision.citation.pin, provision.period, provision.citation, text)
        yield from _routes(provision, span)
    for parameter in rules.parameters.values():
        told = partial(_amount, parameter.unit)
        yield from span.versions("value", parameter.name, parameter.values, told)
    for register in rules.registers.values():
        for member in dict.fromkeys(entry.value.member for entry in register.entries):
            entries = [entry for entry in register.entries if entry.value.member == member]
            yield from span.versions("list", f"{register.name} {member}", entries, lambda one: one.note or one.member)
    for derived in rules.derived.values():
        yield from span.versions("definition", derived.name, derived.versions, lambda condition: condition.text)
    for kind in rules.papers.values():
        yield from span.one("paper", kind.id, kind.period, kind.citation, _paper(kind))
    for duty in rules.duties:
        yield from span.one("duty", duty.id, duty.period, duty.citation, duty.sentence)


def _amount(unit: str, value: int) -> str:
    return f"{value:,} {unit}"


def _routes(provision: Provision, span: _Span) -> Iterator[Change]:
    """Alternatives that open a provision which is in force on both days."""
    if span.first in provision.period and span.last in provision.period:
        for opening in provision.opened_by:
            name = f"{provision.citation.pin} by {opening.mechanism}"
            yield from span.one("route", name, opening.period, opening.citation, _route(opening))


def _route(opening: Opening) -> str:
    return f"{opening.mechanism.replace('_', ' ')} with {' and '.join(opening.papers)}"


def _paper(kind: PaperKind) -> str:
    return "; ".join(filter(None, (kind.title, kind.clock, kind.validity)))


@dataclass(frozen=True, slots=True)
class _Span:
    """The two days in one jurisdiction."""

    jurisdiction: str
    first: date
    last: date

    def one(self, kind: str, name: str, period: DateRange, citation: Citation, text: str) -> Iterator[Change]:
        """Something that is in force over one period."""
        before, after = self.first in period, self.last in period
        if before and not after and period.end is not None:
            yield Change(self.jurisdiction, citation, kind, name, period.end + _DAY, text, None)
        elif after and not before and period.start is not None:
            yield Change(self.jurisdiction, citation, kind, name, period.start, None, text)

    def versions(
        self, kind: str, name: str, values: Iterable[Dated[Any]], text: Callable[[Any], str]
    ) -> Iterator[Change]:
        """Something of which one version follows another."""
        known = tuple(values)
        before = next((one for one in known if self.first in one.period), None)
        after = next((one for one in known if self.last in one.period), None)
        if before is None or after is None:
            for one in filter(None, (before, after)):
                yield from self.one(kind, name, one.period, one.citation, text(one.value))
        elif before != after and text(before.value) != text(after.value) and after.period.start is not None:
            told = (text(before.value), text(after.value))
            yield Change(self.jurisdiction, after.citation, kind, name, after.period.start, *told)


def changes_json(changes: Iterable[Change]) -> list[JsonObject]:
    """The changes for machines."""
    return [
        {
            "jurisdiction": one.jurisdiction,
            "instrument": one.citation.instrument,
            "pin": one.citation.pin,
            "title": one.citation.title,
            "verified": (one.citation.verified or Verified.RECALLED).value,
            "kind": one.kind,
            "name": one.name,
            "day": one.day.isoformat(),
            "before": one.before,
            "after": one.after,
        }
        for one in changes
    ]


def changes_text(changes: Iterable[Change]) -> str:
    """The changes for people, a heading for each instrument; each line with its day and provision."""
    lines: list[str] = []
    heading = None
    for one in changes:
        instrument = (one.jurisdiction, one.citation.instrument)
        if instrument != heading:
            heading = instrument
            lines += ["", f"{one.citation.instrument}: {one.citation.title}"]
        verified = f" [{one.citation.verified}]" if one.citation.verified else ""
        lines.append(f"  {one.day}  {one.text} ({one.citation.pin}){verified}")
    return "\n".join(lines[1:]) + "\n" if lines else "nothing changes\n"
