"""Values in a condition: how each is read for an explained answer, and how when only the truth is asked.

`get` gives the value, the facts that are missing where it is unknown, and the rank of its class; `see` the value alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from corridor.base.reasons import Verified
from corridor.law.daily import Daily
from corridor.law.dated import Parameter
from corridor.law.look import Look, See
from corridor.law.trace import Trace
from corridor.law.vocabulary import Kind

Scope = tuple[Any, str]
"""The element that a quantifier is at, and its path."""
Read = tuple[Any, tuple[str, ...], int]
"""A value or None, the facts missing if None, and the rank of the value's class."""
Get = Callable[[Trace, Scope], Read]

OUTSIDE: Final[Scope] = (None, "")
"""No element: the condition stands outside of quantifiers."""


@dataclass(frozen=True, slots=True)
class Term:
    """A value in a condition: its text, its kind, and how it is read."""

    text: str
    kind: Kind
    get: Get
    see: See
    literal: bool = False


def constant(text: str, kind: Kind, value: Any) -> Term:
    """A literal."""
    found: Read = (value, (), 0)
    return Term(text, kind, lambda _trace, _scope: found, lambda _look, _element, _within: value, literal=True)


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

    def see(look: Look, _element: Any, _within: str) -> Any:
        value: Any = look.values
        for name in names:
            value = value.get(name)
            if value is None:
                return look.presume(path) if nothing is None else nothing
        return value

    return Term(path, kind, get, see)


def element_field(text: str, kind: Kind) -> Term:
    """A field of the element that a quantifier is at; `it` is the element."""
    names = () if text == "it" else tuple(text.split("."))
    suffix = "".join("." + name for name in names)

    def get(trace: Trace, scope: Scope) -> Read:
        value = _dig(scope[0], names)
        if value is not None:
            return value, (), 0
        return trace.presume(scope[1].partition("[")[0] + "[]" + suffix), (scope[1] + suffix,), 0

    def see(look: Look, element: Any, within: str) -> Any:
        value = _dig(element, names)
        return value if value is not None else look.presume(f"{within}[]{suffix}")

    return Term(text, kind, get, see)


def paper_field(text: str, path: str, kind: Kind) -> Term:
    """A field of the paper under examination."""
    names = tuple(path.split("."))

    def get(trace: Trace, _: Scope) -> Read:
        value = _dig(trace.paper, names)
        return value, (f"{trace.paper_path}.{path}",) if value is None else (), 0

    return Term(text, kind, get, lambda look, _element, _within: _dig(look.paper, names))


def parameter_value(parameter: Parameter, kind: Kind) -> Term:
    """The value of a parameter on the day asked for."""

    def on(day: date) -> tuple[Read, date | None]:
        found, change = parameter.at(day), parameter.next_change(day)
        if found is None:
            return (None, (f"the value of {parameter.name} on {day}",), Verified.RECALLED.rank), change
        return (found.value, (), found.verified.rank), change

    daily = Daily(on)

    def get(trace: Trace, _: Scope) -> Read:
        read, change = daily[trace.as_of]
        if change is not None:
            trace.changes.add(change)
        return read

    return Term(parameter.name, kind, get, lambda look, _element, _within: daily[look.as_of][0][0])


def count_of(name: str, kind: Kind) -> Term:
    """The total of a counter, counted once."""

    def get(trace: Trace, _: Scope) -> Read:
        span = trace.counted.get(name)
        if span is None:
            span = trace.counted[name] = trace.count(trace, name)
        return span, span.missing, span.rank

    return Term(name, kind, get, lambda look, _element, _within: look.count(name))
