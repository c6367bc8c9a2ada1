"""Comparisons: each constraint as one closure from the value that was found to a truth value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from corridor.base.truth import Truth, all_of
from corridor.odrl.model import Constraint
from corridor.odrl.operands import Operator, Sort
from corridor.odrl.spatial import COUNTRIES, is_part_of, parts_of
from corridor.odrl.values import Duration, Moment, PaperReference
from corridor.odrl.world import World

Judge = Callable[[Any], Truth]
"""Takes a value that is known and says whether the comparison holds; UNKNOWN where the two cannot be compared."""

_FALSE, _UNKNOWN, _TRUE = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE


def judge_of(constraint: Constraint) -> Judge:
    """The closure that compares as the constraint says."""
    return _BY_SORT[constraint.operand.sort](constraint.operator, constraint.right)


def _negated(judge: Judge) -> Judge:
    return lambda value: ~judge(value)


def _moment(operator: Operator, right: Moment) -> Judge:
    """Before, within or after the moment; one rule for instants and days because a moment has two ends."""
    start, end = right.start, right.end
    judges: Mapping[Operator, Judge] = {
        Operator.LT: lambda now: _TRUE if now < start else _FALSE,
        Operator.LTEQ: lambda now: _TRUE if now < end else _FALSE,
        Operator.GT: lambda now: _TRUE if now >= end else _FALSE,
        Operator.GTEQ: lambda now: _TRUE if now >= start else _FALSE,
        Operator.EQ: lambda now: _TRUE if start <= now < end else _FALSE,
        Operator.NEQ: lambda now: _FALSE if start <= now < end else _TRUE,
    }
    return judges[operator]


def _duration(operator: Operator, right: Duration) -> Judge:
    """Where `now` lies to the end of the period; the value is the pair of its beginning and `now`."""

    def end_and_now(value: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
        return right.after(value[0]), value[1]

    def within(value: tuple[datetime, datetime]) -> Truth:
        end, now = end_and_now(value)
        return _TRUE if now <= end else _FALSE

    def before(value: tuple[datetime, datetime]) -> Truth:
        end, now = end_and_now(value)
        return _TRUE if now < end else _FALSE

    if operator in (Operator.LTEQ, Operator.EQ):
        return within
    if operator is Operator.LT:
        return before
    return _negated(within if operator is Operator.GT else before)


def _integer(operator: Operator, right: int) -> Judge:
    judges: Mapping[Operator, Judge] = {
        Operator.LT: lambda number: _TRUE if number < right else _FALSE,
        Operator.LTEQ: lambda number: _TRUE if number <= right else _FALSE,
        Operator.GT: lambda number: _TRUE if number > right else _FALSE,
        Operator.GTEQ: lambda number: _TRUE if number >= right else _FALSE,
        Operator.EQ: lambda number: _TRUE if number == right else _FALSE,
        Operator.NEQ: lambda number: _FALSE if number == right else _TRUE,
    }
    return judges[operator]


def _names(operator: Operator, right: frozenset[str]) -> Judge:
    """Names that are all true of one thing, such as its groups or credentials; to be any of a list, one is enough."""

    def equal(found: frozenset[str]) -> Truth:
        """Several names against one are neither equal nor different, if it is among them."""
        return _TRUE if found == right else _FALSE if found.isdisjoint(right) else _UNKNOWN

    if operator in (Operator.EQ, Operator.NEQ):
        return equal if operator is Operator.EQ else _negated(equal)
    if operator is Operator.IS_ALL_OF:
        return lambda found: _TRUE if right <= found else _FALSE
    return _party(operator, right)


def _purposes(operator: Operator, right: frozenset[str]) -> Judge:
    """Purposes that one use may have together.

    ODRL speaks of one left value. Where some of several are in the list and some are not, neither answer is safe: yes
    would widen a permission, no would narrow a prohibition. So it is UNKNOWN, which refuses in both.
    """

    def among(found: frozenset[str]) -> Truth:
        if not found:
            return _UNKNOWN
        return _TRUE if found <= right else _FALSE if found.isdisjoint(right) else _UNKNOWN

    if operator is Operator.IS_ALL_OF:
        return lambda found: _TRUE if right <= found else _FALSE
    return _negated(among) if operator in (Operator.NEQ, Operator.IS_NONE_OF) else among


def _party(operator: Operator, right: frozenset[str]) -> Judge:
    """A party is known by its identifier and by the collections that it is in; one name in common is enough."""

    def among(found: frozenset[str]) -> Truth:
        return _FALSE if found.isdisjoint(right) else _TRUE

    return _negated(among) if operator in (Operator.NEQ, Operator.IS_NONE_OF) else among


def _country(operator: Operator, right: frozenset[str]) -> Judge:
    if operator is Operator.HAS_PART:
        return lambda found: all_of(is_part_of(place, found) for place in right)
    if operator is Operator.IS_PART_OF:
        return _within(*parts_of(right))
    among = _within(right, frozenset())
    return _negated(among) if operator in (Operator.NEQ, Operator.IS_NONE_OF) else among


def _within(surely: frozenset[str], perhaps: frozenset[str]) -> Judge:
    def within(found: str) -> Truth:
        if found in surely:
            return _TRUE
        return _UNKNOWN if found in perhaps or found not in COUNTRIES else _FALSE

    return within


def _papers(operator: Operator, right: tuple[PaperReference, ...]) -> Judge:
    """Papers are good if their own term and the register both say so at `now`; one not on file is not good."""

    def good(world: World) -> list[bool]:
        register = world.papers or {}
        held = ((paper, register.get(paper.digest)) for paper in right)
        return [found is not None and found.valid_at(world.now) and paper.in_term(world.now) for paper, found in held]

    enough = all if operator is Operator.IS_ALL_OF else any
    return lambda world: Truth.of(enough(good(world)))


_BY_SORT: Final[Mapping[Sort, Callable[[Operator, Any], Judge]]] = {
    Sort.INSTANT: _moment,
    Sort.DURATION: _duration,
    Sort.INTEGER: _integer,
    Sort.IRI_SET: _names,
    Sort.PURPOSES: _purposes,
    Sort.PARTY: _party,
    Sort.COUNTRY: _country,
    Sort.PAPERS: _papers,
}
