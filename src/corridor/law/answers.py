"""What a bound condition does: closures that read facts through a trace and answer in three values, step by step."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.reasons import Verified
from corridor.base.truth import Truth, all_of, any_of
from corridor.law.dated import Parameter, Register, wider_places
from corridor.law.facts import FlagSet
from corridor.law.trace import Span, Step, Trace
from corridor.law.vocabulary import Kind, Place

Scope = tuple[Any, str]
"""The element that a quantifier is at, and its path."""
Run = Callable[[Trace, Scope], Step]
Get = Callable[[Trace, Scope], tuple[Any, tuple[str, ...], int]]
"""A value or None, the facts missing if None, and the rank of the value's class."""

OUTSIDE: Final[Scope] = (None, "")
"""No element: the condition stands outside of quantifiers."""


@dataclass(frozen=True, slots=True)
class Term:
    """A value in a condition: its text, its kind, and how it is read."""

    text: str
    kind: Kind
    get: Get
    literal: bool = False


def constant(text: str, kind: Kind, value: Any) -> Term:
    """A literal."""
    found: tuple[Any, tuple[str, ...], int] = (value, (), 0)
    return Term(text, kind, lambda _trace, _scope: found, literal=True)


def _dig(value: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        value = value.get(name) if value is not None else None
    return value


def fact(path: str) -> Get:
    """A fact at a path; what is presumed where it is unknown."""
    names, missing = tuple(path.split(".")), (path,)

    def get(trace: Trace, _: Scope) -> tuple[Any, tuple[str, ...], int]:
        value = _dig(trace.facts.values, names)
        if value is not None:
            return value, (), 0
        if path == "papers":  # a paper that is not shown opens nothing
            return (), (), 0
        return trace.presume(path), missing, 0

    return get


def element_field(names: tuple[str, ...]) -> Get:
    """A field of the element that a quantifier is at."""
    suffix = "".join("." + name for name in names)

    def get(trace: Trace, scope: Scope) -> tuple[Any, tuple[str, ...], int]:
        value = _dig(scope[0], names)
        if value is None:
            value = trace.presume(scope[1].partition("[")[0] + "[]" + suffix)
        return value, (scope[1] + suffix,), 0

    return get


def paper_field(path: str) -> Get:
    """A field of the paper under examination."""
    names = tuple(path.split("."))
    return lambda trace, _: (_dig(trace.paper, names), (f"{trace.paper_path}.{path}",), 0)


def parameter_value(parameter: Parameter) -> Get:
    """The value of a parameter on the day asked for."""

    def get(trace: Trace, _: Scope) -> tuple[Any, tuple[str, ...], int]:
        trace.will_change(parameter.next_change(trace.as_of))
        found = parameter.at(trace.as_of)
        if found is None:
            return None, (f"the value of {parameter.name} on {trace.as_of}",), Verified.RECALLED.rank
        return found.value, (), found.verified.rank

    return get


def count_of(name: str) -> Get:
    """The total of a counter, counted once."""

    def get(trace: Trace, _: Scope) -> tuple[Any, tuple[str, ...], int]:
        span = trace.counted.get(name)
        if span is None:
            span = trace.counted[name] = trace.count(trace, name)
        return span, span.missing, span.rank

    return get


def derived(name: str, table: Mapping[str, Callable[[Trace], Step]]) -> Run:
    """A derived fact, worked out once."""

    def run(trace: Trace, _: Scope) -> Step:
        found = trace.derived.get(name)
        if found is None:
            found = trace.derived[name] = table[name](trace)
        return found

    return run


def truth_of(term: Term) -> Run:
    """A fact that is itself true or false."""

    def run(trace: Trace, scope: Scope) -> Step:
        value, missing, rank = term.get(trace, scope)
        return Step(term.text, Truth.of(value), (), (), missing if value is None else (), rank)

    return run


def negation(body: Run) -> Run:
    """`not`."""

    def run(trace: Trace, scope: Scope) -> Step:
        step = body(trace, scope)
        return Step("not", ~step.holds, (), (step,), (), step.rank)

    return run


def junction(word: str, parts: tuple[Run, ...]) -> Run:
    """`and` or `or`; parts after the one that settles it are not asked."""
    combine = all_of if word == "and" else any_of
    decisive = Truth.FALSE if word == "and" else Truth.TRUE

    def run(trace: Trace, scope: Scope) -> Step:
        steps: list[Step] = []
        for part in parts:
            step = part(trace, scope)
            steps.append(step)
            if step.holds is decisive:  # what follows cannot matter, and is not asked for
                return Step(word, decisive, (), tuple(steps), (), step.rank)
        return Step(word, combine(s.holds for s in steps), (), tuple(steps), (), max(s.rank for s in steps))

    return run


_SIGNS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compare_values(sign: str, left: Term, right: Term) -> Run:
    """Two codes, places, texts, truth values or days; a place equals the parts of it."""
    compare, text = _SIGNS[sign], f"{left.text} {sign} {right.text}"
    wider = isinstance(left.kind, Place) and right.literal

    def run(trace: Trace, scope: Scope) -> Step:
        a, missing_a, rank_a = left.get(trace, scope)
        b, missing_b, rank_b = right.get(trace, scope)
        values = tuple((t.text, v) for t, v in ((left, a), (right, b)) if not t.literal)
        rank = max(rank_a, rank_b)
        if a is None or b is None:
            missing = (*(missing_a if a is None else ()), *(missing_b if b is None else ()))
            return Step(text, Truth.UNKNOWN, values, (), missing, rank)
        holds = (b in wider_places(a)) is (sign == "==") if wider else compare(a, b)
        return Step(text, Truth.of(holds), values, (), (), rank)

    return run


def compare_numbers(sign: str, left: Term, right: Term) -> Run:
    """Two numbers, of which bounds may be all that is known."""
    text = f"{left.text} {sign} {right.text}"

    def run(trace: Trace, scope: Scope) -> Step:
        a, missing_a, rank_a = left.get(trace, scope)
        b, missing_b, rank_b = right.get(trace, scope)
        values = tuple((t.text, v) for t, v in ((left, a), (right, b)) if not t.literal)
        holds = Truth.UNKNOWN if a is None or b is None else _compare_spans(sign, _span(a), _span(b))
        missing = (*missing_a, *missing_b) if holds is Truth.UNKNOWN else ()
        return Step(text, holds, values, (), missing, max(rank_a, rank_b))

    return run


def _span(value: Any) -> Span:
    return value if isinstance(value, Span) else Span(value, value)


def _compare_spans(sign: str, a: Span, b: Span) -> Truth:
    match sign:
        case ">=":
            return _at_least(a, b)
        case "<":
            return ~_at_least(a, b)
        case "<=":
            return _at_least(b, a)
        case ">":
            return ~_at_least(b, a)
    equal = all_of((_at_least(a, b), _at_least(b, a)))
    return equal if sign == "==" else ~equal


def _at_least(a: Span, b: Span) -> Truth:
    if b.high is not None and a.low >= b.high:
        return Truth.TRUE
    return Truth.FALSE if a.high is not None and a.high < b.low else Truth.UNKNOWN


def in_set(term: Term, members: frozenset[Any]) -> Run:
    """Membership in a list written out."""
    text = f"{term.text} in [{', '.join(sorted(map(str, members)))}]"

    def run(trace: Trace, scope: Scope) -> Step:
        value, missing, rank = term.get(trace, scope)
        if value is None:
            return Step(text, Truth.UNKNOWN, (), (), missing, rank)
        parts = wider_places(value) if isinstance(value, str) else (value,)
        return Step(text, Truth.of(not members.isdisjoint(parts)), ((term.text, value),), (), (), rank)

    return run


def in_register(term: Term, register: Register) -> Run:
    """Membership in a list set by law, on the day asked for."""
    text = f"{term.text} in {register.name}"

    def run(trace: Trace, scope: Scope) -> Step:
        value, missing, rank = term.get(trace, scope)
        if value is None:
            return Step(text, Truth.UNKNOWN, (), (), missing, rank)
        entry = trace.member(register, value)
        holds = Truth.of(entry is not None)
        values = ((term.text, value), *((("by", str(entry.citation)),) if entry else ()))
        return Step(text, holds, values, (), (), max(rank, entry.verified.rank if entry else 0))

    return run


def has_flag(term: Term, code: str) -> Run:
    """Whether a code of a set holds."""
    text = f"{term.text} has {code}"

    def run(trace: Trace, scope: Scope) -> Step:
        flags, _, rank = term.get(trace, scope)
        holds = flags.holds(code) if isinstance(flags, FlagSet) else Truth.UNKNOWN
        if holds is Truth.UNKNOWN:
            holds = Truth.of(trace.presume(text))
        return Step(text, holds, (), (), (text,) if holds is Truth.UNKNOWN else (), rank)

    return run


def has_member(term: Term, code: str) -> Run:
    """Whether a list holds a code, or a part of that place."""
    text = f"{term.text} has {code}"

    def run(trace: Trace, scope: Scope) -> Step:
        members, missing, rank = term.get(trace, scope)
        if members is None:
            return Step(text, Truth.UNKNOWN, (), (), missing, rank)
        return Step(text, Truth.of(any(code in wider_places(member) for member in members)), (), (), (), rank)

    return run


_QUANTIFIERS: Final[Mapping[str, Callable[[Iterable[Truth]], Truth]]] = {
    "any": any_of,
    "all": all_of,
    "none": lambda values: ~any_of(values),
}


def quantified(quantifier: str, term: Term, body: Run) -> Run:
    """`any`, `all` or `none` of the elements of a list."""
    combine, text = _QUANTIFIERS[quantifier], f"{term.text} {quantifier}"

    def run(trace: Trace, scope: Scope) -> Step:
        elements, missing, rank = term.get(trace, scope)
        if elements is None:
            return Step(text, Truth.UNKNOWN, (), (), missing, rank)
        prefix = (scope[1] + "." if scope[1] else "") + term.text
        steps = tuple(_at(body, trace, element, f"{prefix}[{index}]") for index, element in enumerate(elements))
        return Step(text, combine([s.holds for s in steps]), (), steps, (), max((s.rank for s in steps), default=rank))

    return run


def _at(body: Run, trace: Trace, element: Any, path: str) -> Step:
    step = body(trace, (element, path))
    return Step(step.text, step.holds, (("at", path), *step.values), step.because, step.missing, step.rank)
