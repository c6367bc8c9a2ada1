"""Values of law that somebody replaced for their own use, and who, why and when; every answer that used one says so.

::

    overrides:
      - parameter: contract_from_persons
        value: 50_000
        from: 2026-01-01
        who: Legal department
        why: half of what the law allows
        decided: 2025-12-01
      - list: adequate
        member: XX
        listed: false
        from: 2026-01-01
        ...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, TypeVar

from corridor.base.clock import DateRange
from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.reasons import Citation, Verified
from corridor.law.codes import words
from corridor.law.dated import Dated, Entry, Override, Parameter, Register
from corridor.law.declaration_source import required_day
from corridor.law.facts import suggestion
from corridor.law.reading import Fields, check_code
from corridor.law.source import Node, Table
from corridor.law.vocabulary import LISTS

_FIELDS: Final = words("parameter value list member listed from to who why decided")

Value = TypeVar("Value")


def is_overrides(node: Node) -> bool:
    """Whether a file holds overrides."""
    return isinstance(node, Table) and "overrides" in node.entries


def overridden(
    files: Iterable[Node], parameters: Mapping[str, Parameter], registers: Mapping[str, Register]
) -> tuple[dict[str, Parameter], dict[str, Register]]:
    """The parameters and lists with what the files override.

    Raises:
        MalformedError: an override is incomplete, of nothing that there is, or of days on which another one applies.
    """
    found, lists = dict(parameters), dict(registers)
    for file in filter(is_overrides, files):
        for node in Fields(file, "a file of overrides", ("overrides",)).items("overrides"):
            fields = Fields(node, "an override", _FIELDS)
            if fields.node("parameter") is not None:
                name = _known(fields, "parameter", found)
                found[name] = _parameter(fields, found[name])
            else:
                name = _known(fields, "list", lists)
                lists[name] = _register(fields, lists[name])
    return found, lists


def _known(fields: Fields, kind: str, names: Iterable[str]) -> str:
    name = fields.text(kind)
    if name not in names:
        raise MalformedError(
            f"`{printable(name)}` is no {kind} of this jurisdiction",
            place=fields.place_of(kind),
            remedy=suggestion(name, names),
        )
    return name


def _parameter(fields: Fields, parameter: Parameter) -> Parameter:
    value, period = fields.number("value"), fields.period()
    replaced = [one for one in parameter.values if one.period.overlaps(period)]
    if not replaced:
        raise MalformedError(
            f"`{parameter.name}` has no value on these days", place=str(fields.place), remedy="override one that it has"
        )
    _refuse_twice(fields, parameter.name, replaced)
    before = ", ".join(f"{one.value:,}" for one in replaced)
    text = f"{parameter.name} is {value:,} {parameter.unit}, and not {before}"
    own = _own(fields, value, period, replaced[0].citation, text)
    return replace(parameter, values=(*_without(parameter.values, period), own))


def _register(fields: Fields, register: Register) -> Register:
    fields.required("member")
    for node in fields.items("member"):
        check_code(node, LISTS[register.kind])
    member, listed, period = fields.text("member"), fields.flag("listed"), fields.period()
    mine = tuple(entry for entry in register.entries if entry.value.member == member)
    known = (*mine, *(entry for entry in register.removed if entry.value.member == member))
    _refuse_twice(fields, f"{register.name} {member}", [one for one in known if one.period.overlaps(period)])
    others = tuple(entry for entry in register.entries if entry.value.member != member)
    text = f"{member} is {'' if listed else 'not '}in {register.name}"
    citation = next((entry.citation for entry in (*mine, *register.entries)), Citation("", register.name))
    own = _own(fields, Entry(member), period, citation, text)
    kept = (*others, *_without(mine, period))
    if listed:
        return replace(register, entries=(*kept, own))
    return replace(register, entries=kept, removed=(*register.removed, own))


def _own(fields: Fields, value: Value, period: DateRange, citation: Citation, text: str) -> Dated[Value]:
    override = Override(text, fields.text("who"), fields.text("why"), required_day(fields, "decided"), period)
    title = f"{citation.title or citation.instrument} (overridden)"
    cited = Citation(citation.instrument, citation.pin, title, Verified.RECALLED)
    return Dated(value, period, cited, fields.place, override)


def _refuse_twice(fields: Fields, name: str, replaced: Iterable[Dated[Value]]) -> None:
    for one in replaced:
        if one.override is not None:
            raise MalformedError(
                f"`{name}` is overridden twice on one day, first at {one.place}",
                place=str(fields.place),
                remedy="end one of the two before the other begins",
            )


def _without(values: Iterable[Dated[Value]], period: DateRange) -> list[Dated[Value]]:
    """The values on all other days: one that spans the period is left with the days before and the days after."""
    kept: list[Dated[Value]] = []
    for one in values:
        if not one.period.overlaps(period):
            kept.append(one)
            continue
        if period.start is not None and (one.period.start is None or one.period.start < period.start):
            kept.append(replace(one, period=DateRange(one.period.start, period.start - timedelta(days=1))))
        if period.end is not None and (one.period.end is None or one.period.end > period.end):
            kept.append(replace(one, period=DateRange(_after(period.end), one.period.end)))
    return kept


def _after(day: date) -> date:
    return day + timedelta(days=1)
