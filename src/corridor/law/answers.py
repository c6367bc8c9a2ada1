"""What a bound condition does: closures that read facts through a trace and answer in three values, step by step.

They are what the language means. `generate` compiles the same conditions, without their steps, to run many times as
fast; what both need of comparisons stands here, and tests hold the two together.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from corridor.base.truth import Truth, any_of
from corridor.law.dated import Dated, Entry, Register, wider_places
from corridor.law.facts import NOTHING, FlagSet
from corridor.law.forms import (
    Always,
    Compared,
    DerivedFact,
    Each,
    Form,
    HasFlag,
    HasMember,
    InRegister,
    InSet,
    IsTrue,
    Joined,
    Not,
    OfParties,
    PartyField,
)
from corridor.law.ownership import Party
from corridor.law.standing import PartyFact, party_fact
from corridor.law.terms import Scope, Term
from corridor.law.trace import Span, Step, Trace
from corridor.law.vocabulary import Place

Run = Callable[[Trace, Scope], Step]

_FALSE, _UNKNOWN, _TRUE = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE
_TRUTH: Final[Mapping[bool | None, Truth]] = {True: _TRUE, False: _FALSE, None: _UNKNOWN}
_NOT: Final = (_TRUE, _UNKNOWN, _FALSE)


class Answer(NamedTuple):
    """A condition as a closure, and as data."""

    run: Run
    form: Form


def literal(text: str, holds: Truth) -> Answer:
    """`true` or `false`."""
    step = Step(text, holds)
    return Answer(lambda _trace, _scope: step, Always(holds))


def derived(name: str, table: Mapping[str, Callable[[Trace], Step]]) -> Answer:
    """A derived fact, worked out once; `table` may be filled later."""

    def run(trace: Trace, _: Scope) -> Step:
        found = trace.derived.get(name)
        if found is None:
            found = trace.derived[name] = table[name](trace)
        return found

    return Answer(run, DerivedFact(name))


def stands(term: Term | None, name: str, table: Mapping[str, PartyFact], reads: frozenset[str]) -> Answer:
    """Whether `name` is derived of the party that `term` is, or of the one that the condition is about."""

    def run(trace: Trace, scope: Scope) -> Step:
        if term is None:
            return party_fact(trace, name, Party(*scope), table)
        value, _, _ = term.get(trace, scope)
        path = scope[1] if term.text == "it" else term.text
        return party_fact(trace, name, trace.parties.party(value or NOTHING, path), table)

    return Answer(run, OfParties(run, reads))


def of_parties(answer: Answer, reads: frozenset[str]) -> Answer:
    """A condition on parties: it runs as it means, whoever compiles it."""
    return Answer(answer.run, OfParties(answer.run, reads, answer.form))


def truth_of(term: Term) -> Answer:
    """A fact that is itself true or false."""
    get, text = term.get, term.text

    def run(trace: Trace, scope: Scope) -> Step:
        value, missing, rank = get(trace, scope)
        return Step(text, _TRUTH[value], (), (), missing if value is None else (), rank)

    return Answer(run, IsTrue(term.operand))


def negation(body: Answer) -> Answer:
    """`not`."""
    explained = body.run

    def run(trace: Trace, scope: Scope) -> Step:
        step = explained(trace, scope)
        return Step("not", _NOT[step.holds], (), (step,), (), step.rank)

    return Answer(run, Not(body.form))


def junction(word: str, parts: tuple[Answer, ...]) -> Answer:
    """`and` or `or`; parts after the one that settles it are not asked."""
    decisive, otherwise = (_FALSE, _TRUE) if word == "and" else (_TRUE, _FALSE)
    runs = tuple(part.run for part in parts)

    def run(trace: Trace, scope: Scope) -> Step:
        steps: list[Step] = []
        holds, rank = otherwise, 0
        for part in runs:
            step = part(trace, scope)
            steps.append(step)
            if step.holds is decisive:  # what follows cannot matter, and is not asked for
                return Step(word, decisive, (), tuple(steps), (), step.rank)
            if step.holds is _UNKNOWN:
                holds = _UNKNOWN
            rank = max(rank, step.rank)
        return Step(word, holds, (), tuple(steps), (), rank)

    return Answer(run, Joined(word, tuple(part.form for part in parts)))


SIGNS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _shown(left: Term, right: Term) -> Callable[[Any, Any], tuple[tuple[str, Any], ...]]:
    """What a comparison shows of its two sides: a literal stands in its text already."""
    a, b = left.text, right.text
    if right.literal:
        return (lambda _x, _y: ()) if left.literal else (lambda x, _y: ((a, x),))
    return (lambda _x, y: ((b, y),)) if left.literal else (lambda x, y: ((a, x), (b, y)))


def compare_values(sign: str, left: Term, right: Term) -> Answer:
    """Two codes, places, texts, truth values or days; a place equals the parts of it."""
    text, shown = f"{left.text} {sign} {right.text}", _shown(left, right)
    get_a, get_b, place = left.get, right.get, isinstance(left.kind, Place) and right.literal
    compare = _place_is(sign) if place else SIGNS[sign]

    def run(trace: Trace, scope: Scope) -> Step:
        a, missing_a, rank_a = get_a(trace, scope)
        b, missing_b, rank_b = get_b(trace, scope)
        rank = max(rank_a, rank_b)
        if a is None or b is None:
            missing = (*(missing_a if a is None else ()), *(missing_b if b is None else ()))
            return Step(text, _UNKNOWN, shown(a, b), (), missing, rank)
        return Step(text, _TRUTH[compare(a, b)], shown(a, b), (), (), rank)

    return Answer(run, Compared(sign, left.operand, right.operand, place=place))


def _place_is(sign: str) -> Callable[[Any, Any], bool]:
    return lambda a, b: (b in wider_places(a)) is (sign == "==")


def compare_numbers(sign: str, left: Term, right: Term) -> Answer:
    """Two numbers, of which bounds may be all that is known."""
    text, shown, compare = f"{left.text} {sign} {right.text}", _shown(left, right), SPANS[sign]
    get_a, get_b = left.get, right.get

    def run(trace: Trace, scope: Scope) -> Step:
        a, missing_a, rank_a = get_a(trace, scope)
        b, missing_b, rank_b = get_b(trace, scope)
        holds = _UNKNOWN if a is None or b is None else compare(span_of(a), span_of(b))
        missing = (*missing_a, *missing_b) if holds is _UNKNOWN else ()
        because = a.because if isinstance(a, Span) else ()
        return Step(text, holds, shown(a, b), because, missing, max(rank_a, rank_b))

    return Answer(run, Compared(sign, left.operand, right.operand, numbers=True))


def span_of(value: Any) -> Span:
    """The number as bounds."""
    return value if isinstance(value, Span) else Span(value, value)


def _at_least(a: Span, b: Span) -> Truth:
    if b.high is not None and a.low >= b.high:
        return _TRUE
    return _FALSE if a.high is not None and a.high < b.low else _UNKNOWN


def _equal(a: Span, b: Span) -> Truth:
    return min(_at_least(a, b), _at_least(b, a))


SPANS: Final[Mapping[str, Callable[[Span, Span], Truth]]] = {
    ">=": _at_least,
    "<": lambda a, b: _NOT[_at_least(a, b)],
    "<=": lambda a, b: _at_least(b, a),
    ">": lambda a, b: _NOT[_at_least(b, a)],
    "==": _equal,
    "!=": lambda a, b: _NOT[_equal(a, b)],
}


def in_set(term: Term, members: frozenset[Any]) -> Answer:
    """Membership in a list written out."""
    name, get = term.text, term.get
    text = f"{name} in [{', '.join(sorted(map(str, members)))}]"

    def holds(value: Any) -> Truth:
        if value in members:
            return _TRUE
        return _TRUTH[isinstance(value, str) and not members.isdisjoint(wider_places(value))]

    def run(trace: Trace, scope: Scope) -> Step:
        value, missing, rank = get(trace, scope)
        if value is None:
            return Step(text, _UNKNOWN, (), (), missing, rank)
        return Step(text, holds(value), ((name, value),), (), (), rank)

    return Answer(run, InSet(term.operand, members))


def in_register(term: Term, register: Register) -> Answer:
    """Membership in a list set by law, on the day asked for."""
    name, get = term.text, term.get
    text = f"{name} in {register.name}"

    def run(trace: Trace, scope: Scope) -> Step:
        value, missing, rank = get(trace, scope)
        if value is None:
            return Step(text, _UNKNOWN, (), (), missing, rank)
        entry = trace.member(register, value)
        if entry is None:
            return Step(text, _FALSE, ((name, value),), (), (), rank)
        return Step(text, _TRUE, ((name, value), _by(entry)), (), (), max(rank, entry.verified.rank))

    return Answer(run, InRegister(term.operand, register))


def _by(entry: Dated[Entry]) -> tuple[str, str]:
    return "by", str(entry.citation)


def has_flag(term: Term, code: str) -> Answer:
    """Whether a code of a set holds."""
    get, text = term.get, f"{term.text} has {code}"
    of_party = isinstance(term.origin, PartyField)

    def run(trace: Trace, scope: Scope) -> Step:
        flags, _, rank = get(trace, scope)
        holds = flags.holds(code) if isinstance(flags, FlagSet) else _UNKNOWN
        if holds is _UNKNOWN:
            holds = _TRUTH[trace.presume_of(Party(*scope), text) if of_party else trace.presume(text)]
        missing = (f"{scope[1]}.{text}" if of_party else text,) if holds is _UNKNOWN else ()
        return Step(text, holds, (), (), missing, rank)

    return Answer(run, HasFlag(term.operand, code))


def has_member(term: Term, code: str) -> Answer:
    """Whether a list holds a code, or a part of that place."""
    get, text = term.get, f"{term.text} has {code}"

    def holds(members: tuple[str, ...]) -> Truth:
        return _TRUTH[any(code in wider_places(member) for member in members)]

    def run(trace: Trace, scope: Scope) -> Step:
        members, missing, rank = get(trace, scope)
        if members is None:
            return Step(text, _UNKNOWN, (), (), missing, rank)
        return Step(text, holds(members), (), (), (), rank)

    return Answer(run, HasMember(term.operand, code))


def _several_of(values: list[Truth]) -> Truth:
    """Whether at least two hold."""
    if values.count(_TRUE) > 1:
        return _TRUE
    return _UNKNOWN if len(values) - values.count(_FALSE) > 1 else _FALSE


_QUANTIFIERS: Final[Mapping[str, Callable[[list[Truth]], Truth]]] = {
    "any": any_of,
    "all": lambda values: min(values, default=_TRUE),
    "none": lambda values: _NOT[any_of(values)],
    "several": _several_of,
}


def quantified(quantifier: str, term: Term, body: Answer) -> Answer:
    """`any`, `all`, `none` or `several` of the elements of a list."""
    combine, text, name = _QUANTIFIERS[quantifier], f"{term.text} {quantifier}", term.text
    get, explained = term.get, body.run

    def run(trace: Trace, scope: Scope) -> Step:
        elements, missing, rank = get(trace, scope)
        if elements is None:
            return Step(text, _UNKNOWN, (), (), missing, rank)
        prefix = f"{scope[1]}.{name}" if scope[1] else name
        steps = tuple([_at(explained, trace, element, f"{prefix}[{index}]") for index, element in enumerate(elements)])
        holds = combine([step.holds for step in steps])
        return Step(text, holds, (), steps, (), max((step.rank for step in steps), default=rank))

    return Answer(run, Each(quantifier, term.operand, body.form))


def _at(body: Run, trace: Trace, element: Any, path: str) -> Step:
    step = body(trace, (element, path))
    return Step(step.text, step.holds, (("at", path), *step.values), step.because, step.missing, step.rank)
