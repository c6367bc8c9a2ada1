"""Values in a condition, and how each is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from corridor.base.reasons import Verified
from corridor.law.daily import Daily
from corridor.law.dated import Override, Parameter
from corridor.law.forms import Constant, Element, Fact, Held, Operand, PaperField, PartyField, Total
from corridor.law.ownership import Party
from corridor.law.trace import Span, Trace
from corridor.law.vocabulary import Kind

Scope = tuple[Any, str]
"""The element that a quantifier is at, and its path."""
Read = tuple[Any, tuple[str, ...], int]
"""A value or None, the facts missing if None, and the rank of the value's class."""
Get = Callable[[Trace, Scope], Read]

OUTSIDE: Final[Scope] = (None, "")
"""No element: the condition stands outside of quantifiers."""


@dataclass(frozen=True, slots=True)
class Term(Operand):
    """A value in a condition, and how it is read."""

    get: Get

    @property
    def literal(self) -> bool:
        """Whether it is written out."""
        return isinstance(self.origin, Constant)

    @property
    def operand(self) -> Operand:
        """The value without the reading."""
        return Operand(self.text, self.kind, self.origin)


def constant(text: str, kind: Kind, value: Any) -> Term:
    """A literal."""
    found: Read = (value, (), 0)
    return Term(text, kind, Constant(value), lambda _trace, _scope: found)


def _dig(value: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        value = value.get(name) if value is not None else None
    return value


def fact(path: str, kind: Kind) -> Term:
    """A fact at a path; what is presumed where it is unknown."""
    names, missing = tuple(path.split(".")), (path,)
    nothing: tuple[()] | None = () if path == "papers" else None  # a paper that is not shown opens nothing

    def get(trace: Trace, _: Scope) -> Read:
        value = _dig(trace.facts.values, names)
        if value is None:
            value = nothing
        return (trace.presume(path), missing, 0) if value is None else (value, (), 0)

    return Term(path, kind, Fact(path), get)


def element_field(text: str, kind: Kind) -> Term:
    """A field of the element that a quantifier is at; `it` is the element."""
    names = () if text == "it" else tuple(text.split("."))
    suffix = "".join("." + name for name in names)

    def get(trace: Trace, scope: Scope) -> Read:
        value = _dig(scope[0], names)
        if value is not None:
            return value, (), 0
        return trace.presume(scope[1].partition("[")[0] + "[]" + suffix), (scope[1] + suffix,), 0

    return Term(text, kind, Element(names), get)


def party_field(text: str, kind: Kind) -> Term:
    """A field of the party that a condition is about; what is presumed of any party where it is unknown."""
    names = tuple(text.split("."))

    def get(trace: Trace, scope: Scope) -> Read:
        value = _dig(scope[0], names)
        if value is not None:
            return value, (), 0
        return trace.presume_of(Party(*scope), text), (f"{scope[1]}.{text}",), 0

    return Term(text, kind, PartyField(names), get)


def share_value(name: str, kind: Kind, measure: Callable[[Trace, Party], Span]) -> Term:
    """A share of the party that a condition is about."""

    def get(trace: Trace, scope: Scope) -> Read:
        span = measure(trace, Party(*scope))
        return span, span.missing, span.rank

    return Term(name, kind, Held(name), get)


def paper_field(text: str, path: str, kind: Kind) -> Term:
    """A field of the paper under examination."""
    names = tuple(path.split("."))

    def get(trace: Trace, _: Scope) -> Read:
        value = _dig(trace.paper, names)
        return value, (f"{trace.paper_path}.{path}",) if value is None else (), 0

    return Term(text, kind, PaperField(path), get)


def parameter_value(parameter: Parameter, kind: Kind) -> Term:
    """The value of a parameter on the day asked for."""

    def on(day: date) -> tuple[Read, date | None, Override | None]:
        found, change = parameter.at(day), parameter.next_change(day)
        if found is None:
            return (None, (f"the value of {parameter.name} on {day}",), Verified.RECALLED.rank), change, None
        return (found.value, (), found.verified.rank), change, found.override

    daily = Daily(on)

    def get(trace: Trace, _: Scope) -> Read:
        read, change, override = daily[trace.as_of]
        if change is not None:
            trace.changes.add(change)
        if override is not None:
            trace.overrides[override] = None
        return read

    return Term(parameter.name, kind, parameter, get)


def count_of(name: str, kind: Kind) -> Term:
    """The total of a counter, counted once."""

    def get(trace: Trace, _: Scope) -> Read:
        span = trace.counted.get(name)
        if span is None:
            span = trace.counted[name] = trace.count(trace, name)
        return span, span.missing, span.rank

    return Term(name, kind, Total(name), get)
