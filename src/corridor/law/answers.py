"""What a bound condition does, twice over: `run` answers step by step, for the explanation; `ask` gives the truth alone.

Both answer in three values from the same tables and comparisons; `tests/law/test_properties` holds them together.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from corridor.base.truth import Truth, any_of
from corridor.law.daily import Daily
from corridor.law.dated import Dated, Entry, Register, wider_places
from corridor.law.facts import FlagSet
from corridor.law.look import Ask, Look
from corridor.law.terms import Scope, Term
from corridor.law.trace import Span, Step, Trace
from corridor.law.vocabulary import Place

Run = Callable[[Trace, Scope], Step]

_FALSE, _UNKNOWN, _TRUE = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE
_TRUTH: Final[Mapping[bool | None, Truth]] = {True: _TRUE, False: _FALSE, None: _UNKNOWN}
_NOT: Final = (_TRUE, _UNKNOWN, _FALSE)


class Answer(NamedTuple):
    """The two ways in which one condition is answered."""

    run: Run
    ask: Ask


def literal(text: str, holds: Truth) -> Answer:
    """`true` or `false`."""
    step = Step(text, holds)
    return Answer(lambda _trace, _scope: step, lambda _look, _element, _within: holds)


def derived(name: str, table: Mapping[str, tuple[Callable[[Trace], Step], Callable[[Look], Truth]]]) -> Answer:
    """A derived fact, worked out once; `table` may be filled later."""

    def run(trace: Trace, _: Scope) -> Step:
        found = trace.derived.get(name)
        if found is None:
            found = trace.derived[name] = table[name][0](trace)
        return found

    def ask(look: Look, _element: Any, _within: str) -> Truth:
        found = look.derived.get(name)
        if found is None:
            found = look.derived[name] = table[name][1](look)
        return found

    return Answer(run, ask)


def truth_of(term: Term) -> Answer:
    """A fact that is itself true or false."""
    get, see, text = term.get, term.see, term.text

    def run(trace: Trace, scope: Scope) -> Step:
        value, missing, rank = get(trace, scope)
        return Step(text, _TRUTH[value], (), (), missing if value is None else (), rank)

    return Answer(run, lambda look, element, within: _TRUTH[see(look, element, within)])


def negation(body: Answer) -> Answer:
    """`not`."""
    explained, asked = body

    def run(trace: Trace, scope: Scope) -> Step:
        step = explained(trace, scope)
        return Step("not", _NOT[step.holds], (), (step,), (), step.rank)

    return Answer(run, lambda look, element, within: _NOT[asked(look, element, within)])


def junction(word: str, parts: tuple[Answer, ...]) -> Answer:
    """`and` or `or`; parts after the one that settles it are not asked."""
    decisive, otherwise = (_FALSE, _TRUE) if word == "and" else (_TRUE, _FALSE)
    runs, asks = tuple(part.run for part in parts), tuple(part.ask for part in parts)

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

    def ask(look: Look, element: Any, within: str) -> Truth:
        holds = otherwise
        for part in asks:
            found = part(look, element, within)
            if found is decisive:
                return decisive
            if found is _UNKNOWN:
                holds = _UNKNOWN
        return holds

    return Answer(run, ask)


_SIGNS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
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
    get_a, get_b, see_a, see_b = left.get, right.get, left.see, right.see
    compare = _place_is(sign) if isinstance(left.kind, Place) and right.literal else _SIGNS[sign]

    def run(trace: Trace, scope: Scope) -> Step:
        a, missing_a, rank_a = get_a(trace, scope)
        b, missing_b, rank_b = get_b(trace, scope)
        rank = max(rank_a, rank_b)
        if a is None or b is None:
            missing = (*(missing_a if a is None else ()), *(missing_b if b is None else ()))
            return Step(text, _UNKNOWN, shown(a, b), (), missing, rank)
        return Step(text, _TRUTH[compare(a, b)], shown(a, b), (), (), rank)

    def ask(look: Look, element: Any, within: str) -> Truth:
        a, b = see_a(look, element, within), see_b(look, element, within)
        return _UNKNOWN if a is None or b is None else _TRUTH[compare(a, b)]

    return Answer(run, ask)


def _place_is(sign: str) -> Callable[[Any, Any], bool]:
    return lambda a, b: (b in wider_places(a)) is (sign == "==")


def compare_numbers(sign: str, left: Term, right: Term) -> Answer:
    """Two numbers, of which bounds may be all that is known."""
    text, shown, compare = f"{left.text} {sign} {right.text}", _shown(left, right), _SPANS[sign]
    get_a, get_b, see_a, see_b = left.get, right.get, left.see, right.see

    def run(trace: Trace, scope: Scope) -> Step:
        a, missing_a, rank_a = get_a(trace, scope)
        b, missing_b, rank_b = get_b(trace, scope)
        holds = _UNKNOWN if a is None or b is None else compare(_span(a), _span(b))
        missing = (*missing_a, *missing_b) if holds is _UNKNOWN else ()
        return Step(text, holds, shown(a, b), (), missing, max(rank_a, rank_b))

    def ask(look: Look, element: Any, within: str) -> Truth:
        a, b = see_a(look, element, within), see_b(look, element, within)
        return _UNKNOWN if a is None or b is None else compare(_span(a), _span(b))

    return Answer(run, ask)


def _span(value: Any) -> Span:
    return value if isinstance(value, Span) else Span(value, value)


def _at_least(a: Span, b: Span) -> Truth:
    if b.high is not None and a.low >= b.high:
        return _TRUE
    return _FALSE if a.high is not None and a.high < b.low else _UNKNOWN


def _equal(a: Span, b: Span) -> Truth:
    return min(_at_least(a, b), _at_least(b, a))


_SPANS: Final[Mapping[str, Callable[[Span, Span], Truth]]] = {
    ">=": _at_least,
    "<": lambda a, b: _NOT[_at_least(a, b)],
    "<=": lambda a, b: _at_least(b, a),
    ">": lambda a, b: _NOT[_at_least(b, a)],
    "==": _equal,
    "!=": lambda a, b: _NOT[_equal(a, b)],
}


def in_set(term: Term, members: frozenset[Any]) -> Answer:
    """Membership in a list written out."""
    name, get, see = term.text, term.get, term.see
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

    def ask(look: Look, element: Any, within: str) -> Truth:
        value = see(look, element, within)
        return _UNKNOWN if value is None else holds(value)

    return Answer(run, ask)


def in_register(term: Term, register: Register) -> Answer:
    """Membership in a list set by law, on the day asked for."""
    name, get, see = term.text, term.get, term.see
    text = f"{name} in {register.name}"
    members = Daily(register.members_at)

    def run(trace: Trace, scope: Scope) -> Step:
        value, missing, rank = get(trace, scope)
        if value is None:
            return Step(text, _UNKNOWN, (), (), missing, rank)
        entry = trace.member(register, value)
        if entry is None:
            return Step(text, _FALSE, ((name, value),), (), (), rank)
        return Step(text, _TRUE, ((name, value), _by(entry)), (), (), max(rank, entry.verified.rank))

    def ask(look: Look, element: Any, within: str) -> Truth:
        value = see(look, element, within)
        if value is None:
            return _UNKNOWN
        here = members[look.as_of]
        return _TRUTH[value in here or not here.isdisjoint(wider_places(value))]

    return Answer(run, ask)


def _by(entry: Dated[Entry]) -> tuple[str, str]:
    return "by", str(entry.citation)


def has_flag(term: Term, code: str) -> Answer:
    """Whether a code of a set holds."""
    get, see, text = term.get, term.see, f"{term.text} has {code}"

    def run(trace: Trace, scope: Scope) -> Step:
        flags, _, rank = get(trace, scope)
        holds = flags.holds(code) if isinstance(flags, FlagSet) else _UNKNOWN
        if holds is _UNKNOWN:
            holds = _TRUTH[trace.presume(text)]
        return Step(text, holds, (), (), (text,) if holds is _UNKNOWN else (), rank)

    def ask(look: Look, element: Any, within: str) -> Truth:
        flags = see(look, element, within)
        holds = flags.holds(code) if isinstance(flags, FlagSet) else _UNKNOWN
        return _TRUTH[look.presume(text)] if holds is _UNKNOWN else holds

    return Answer(run, ask)


def has_member(term: Term, code: str) -> Answer:
    """Whether a list holds a code, or a part of that place."""
    get, see, text = term.get, term.see, f"{term.text} has {code}"

    def holds(members: tuple[str, ...]) -> Truth:
        return _TRUTH[any(code in wider_places(member) for member in members)]

    def run(trace: Trace, scope: Scope) -> Step:
        members, missing, rank = get(trace, scope)
        if members is None:
            return Step(text, _UNKNOWN, (), (), missing, rank)
        return Step(text, holds(members), (), (), (), rank)

    def ask(look: Look, element: Any, within: str) -> Truth:
        members = see(look, element, within)
        return _UNKNOWN if members is None else holds(members)

    return Answer(run, ask)


_QUANTIFIERS: Final[Mapping[str, Callable[[list[Truth]], Truth]]] = {
    "any": any_of,
    "all": lambda values: min(values, default=_TRUE),
    "none": lambda values: _NOT[any_of(values)],
}


def quantified(quantifier: str, term: Term, body: Answer) -> Answer:
    """`any`, `all` or `none` of the elements of a list."""
    combine, text, name = _QUANTIFIERS[quantifier], f"{term.text} {quantifier}", term.text
    get, see, explained, asked = term.get, term.see, body.run, body.ask

    def run(trace: Trace, scope: Scope) -> Step:
        elements, missing, rank = get(trace, scope)
        if elements is None:
            return Step(text, _UNKNOWN, (), (), missing, rank)
        prefix = f"{scope[1]}.{name}" if scope[1] else name
        steps = tuple([_at(explained, trace, element, f"{prefix}[{index}]") for index, element in enumerate(elements)])
        holds = combine([step.holds for step in steps])
        return Step(text, holds, (), steps, (), max((step.rank for step in steps), default=rank))

    def ask(look: Look, element: Any, within: str) -> Truth:
        elements = see(look, element, within)
        if elements is None:
            return _UNKNOWN
        outermost = within or name
        return combine([asked(look, one, outermost) for one in elements])

    return Answer(run, ask)


def _at(body: Run, trace: Trace, element: Any, path: str) -> Step:
    step = body(trace, (element, path))
    return Step(step.text, step.holds, (("at", path), *step.values), step.because, step.missing, step.rank)
