"""Conditions as expressions over columns, in three values: true, false, and null for unknown."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import date
from functools import reduce
from typing import Final, NamedTuple

import polars as pl

from corridor.base.truth import Truth
from corridor.law.answers import Run
from corridor.law.dated import Parameter
from corridor.law.facts import Facts
from corridor.law.forms import (
    Always,
    Compared,
    Constant,
    DerivedFact,
    Fact,
    Form,
    Joined,
    Not,
    OfParties,
    Operand,
    Total,
)
from corridor.law.model import Jurisdiction
from corridor.law.portfolio.atoms import Lookup
from corridor.law.portfolio.counters import Tallies
from corridor.law.portfolio.dictionary import Dictionary
from corridor.law.portfolio.rebuild import reads, rebuilt
from corridor.law.terms import OUTSIDE
from corridor.law.trace import Span, Trace

_NAMES: Final = frozenset({"exporter.id", "importer.id"})
_TRUTH: Final[Mapping[Truth, bool | None]] = {Truth.TRUE: True, Truth.FALSE: False, Truth.UNKNOWN: None}


class _Bounds(NamedTuple):
    """A number of which bounds may be all that is known; a null `high` is no bound, `known` null is no number."""

    low: pl.Expr
    high: pl.Expr
    bounded: bool = True


class Columns:
    """The conditions of one jurisdiction on days between two changes of its law, as expressions over numbered columns.

    `prepare` adds to the rows what the expressions read; each look-up and each counter is a column, worked out once.
    """

    def __init__(self, jurisdiction: Jurisdiction, day: date, dictionaries: Mapping[str, Dictionary]) -> None:
        self._jurisdiction, self._day = jurisdiction, day
        self._dictionaries = dictionaries
        self._lookups: dict[str, Lookup] = {}
        self._names: dict[int, str] = {}
        self._tallies: dict[str, Tallies] = {}
        self._derived: dict[str, pl.Expr] = {}
        self._numbers: dict[str, str] = {}

    def truth(self, form: Form) -> pl.Expr:
        """The expression of a condition."""
        match form:
            case Always(holds):
                return pl.lit(_TRUTH[holds], pl.Boolean)
            case Not(body):
                return ~self.truth(body)
            case Joined(word, parts):
                return reduce(operator.and_ if word == "and" else operator.or_, map(self.truth, parts))
            case DerivedFact(name):
                return self._fact(name)
            case Compared(sign, left, right) if any(isinstance(one.origin, Total) for one in (left, right)):
                return _compared(sign, self._bounds(left), self._bounds(right))
        return self._looked_up(form)

    def _fact(self, name: str) -> pl.Expr:
        """A derived fact by the definition in force; where none is, nothing falls under it."""
        if name not in self._derived:
            versions = self._jurisdiction.derived[name].versions
            current = next((version for version in versions if self._day in version.period), None)
            truth = pl.lit(value=False) if current is None else self.truth(current.value.answer.form)
            self._derived[name] = truth
        return self._derived[name]

    def _looked_up(self, form: Form) -> pl.Expr:
        if id(form) not in self._names:  # the rules outlive this, and so do their conditions
            answer = rebuilt(form, self._jurisdiction)
            paths = sorted({read.path for read in reads(form, self._jurisdiction) if isinstance(read, Fact)})
            name = self._names[id(form)] = f"answer {len(self._names)}"
            names = _NAMES if isinstance(form, OfParties) else frozenset()
            self._lookups[name] = Lookup(tuple(paths), self._dictionaries, self._holds(answer.run), names)
        return pl.col(self._names[id(form)])

    def _holds(self, run: Run) -> Callable[[Facts], Truth]:
        def holds(facts: Facts) -> Truth:
            return run(Trace(facts, self._day, self._jurisdiction.presumptions, _uncounted), OUTSIDE).holds

        return holds

    def _bounds(self, operand: Operand) -> _Bounds | None:
        """The bounds of a number, or None where it is not known at all."""
        match operand.origin:
            case Total(name):
                if name not in self._tallies:
                    counter = self._jurisdiction.counters[name]
                    self._tallies[name] = Tallies(self._jurisdiction, counter, self._day, self._dictionaries)
                return _Bounds(pl.col(f"low {name}"), pl.col(f"high {name}"), bounded=False)
            case Constant(value):
                number = pl.lit(value, pl.Int64)
                return _Bounds(number, number)
            case Parameter() as parameter:
                value = parameter.at(self._day)
                number = pl.lit(value.value if value else None, pl.Int64)
                return None if value is None else _Bounds(number, number)
            case Fact(path):
                name = self._numbers.setdefault(path, f"number {path}")
                return _Bounds(pl.col(name), pl.col(name))
        raise AssertionError(operand.text)

    def prepare(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with a column for every look-up, counter and number that the expressions made so far read."""
        added: list[pl.Series] = [lookup.column(rows).alias(name) for name, lookup in self._lookups.items()]
        for name, tallies in self._tallies.items():
            spans = tallies.spans(rows)
            added += [spans["low"].alias(f"low {name}"), spans["high"].alias(f"high {name}")]
        for path, name in self._numbers.items():
            added.append(self._numbers_of(path, rows).alias(name))
        return rows.with_columns(added)

    def _numbers_of(self, path: str, rows: pl.DataFrame) -> pl.Series:
        presumed = self._jurisdiction.presumptions.get(path)
        unknown = presumed.value if presumed else None
        if path not in rows.columns:
            return pl.repeat(unknown, rows.height, dtype=pl.Int64, eager=True)
        return pl.Series([unknown, *self._dictionaries[path].values[1:]], dtype=pl.Int64).gather(rows[path])


def _uncounted(_: Trace, name: str) -> Span:
    raise AssertionError(name)  # a condition with a counter inside a quantifier is no column


def _compared(sign: str, a: _Bounds | None, b: _Bounds | None) -> pl.Expr:
    if a is None or b is None:
        return pl.lit(None, pl.Boolean)
    return _SIGNS[sign](a, b)


def _at_least(a: _Bounds, b: _Bounds) -> pl.Expr:
    """True where a is at least b for certain, false where it is less for certain; a side that is null is unknown."""
    known = a.low.is_not_null() & b.low.is_not_null()
    surely = (known & (a.low >= b.high)).fill_null(value=False)
    never = (known & (a.high < b.low)).fill_null(value=False)
    return pl.when(surely).then(statement=True).when(never).then(statement=False).otherwise(None)


def _equal(a: _Bounds, b: _Bounds) -> pl.Expr:
    return _at_least(a, b) & _at_least(b, a)


_SIGNS: Final[Mapping[str, Callable[[_Bounds, _Bounds], pl.Expr]]] = {
    ">=": _at_least,
    "<": lambda a, b: ~_at_least(a, b),
    "<=": lambda a, b: _at_least(b, a),
    ">": lambda a, b: ~_at_least(b, a),
    "==": _equal,
    "!=": lambda a, b: ~_equal(a, b),
}
