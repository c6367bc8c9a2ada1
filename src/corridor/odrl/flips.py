"""When a clock alone can change an answer: the instants at which a comparison turns, and the deadlines of duties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from corridor.odrl.model import AnyConstraint, Connective, Constraint, Duty, LogicalConstraint
from corridor.odrl.operands import Operator
from corridor.odrl.values import LAST_INSTANT, Duration, Moment, PaperReference
from corridor.odrl.world import HeldPaper

_TICK = timedelta(microseconds=1)
_LATEST = frozenset({Operator.LT, Operator.LTEQ})
# An `elapsedTime eq` is the whole period, see `operands.OPERATORS_OF`: its end belongs to it.
_END_INCLUDED = frozenset({Operator.LTEQ, Operator.EQ, Operator.GT})


def moment_flips(operator: Operator, right: Moment) -> tuple[datetime, ...]:
    """The instants from which on a comparison of `now` with the moment has another answer."""
    if operator in (Operator.LT, Operator.GTEQ):
        return (right.start,)
    if operator in (Operator.LTEQ, Operator.GT):
        return (right.end,)
    return (right.start, right.end)


def duration_flip(operator: Operator, right: Duration, agreed_at: datetime) -> datetime:
    """The instant from which on a comparison with the time since `agreed_at` has another answer."""
    end = right.after(agreed_at)
    return end + _TICK if operator in _END_INCLUDED and end < LAST_INSTANT else end


def papers_flips(references: Iterable[PaperReference], register: Mapping[str, HeldPaper]) -> Iterator[datetime]:
    """The instants at which a paper becomes valid, or stops, by its reference or by the register."""
    for paper in references:
        held = register.get(paper.digest, HeldPaper())
        begins = None if paper.effective is None else paper.effective.start
        ends = None if paper.valid_to is None else paper.valid_to.end
        yield from (flip for flip in (begins, ends, held.valid_from, held.valid_until) if flip is not None)


def constraint_flips(
    constraint: Constraint, agreed_at: datetime | None, register: Mapping[str, HeldPaper]
) -> Iterable[datetime]:
    """The instants at which time alone can turn `constraint`; none where its value does not come from the clock."""
    match constraint.right:
        case Moment() as moment:
            return moment_flips(constraint.operator, moment)
        case Duration() as duration:
            return () if agreed_at is None else (duration_flip(constraint.operator, duration, agreed_at),)
        case tuple() as papers:
            return papers_flips(papers, register)
        case _:
            return ()


def flattened(constraints: Iterable[AnyConstraint]) -> Iterator[AnyConstraint]:
    """The members of a conjunction, with every nested `and` opened."""
    for constraint in constraints:
        if isinstance(constraint, LogicalConstraint) and constraint.connective is Connective.AND:
            yield from flattened(constraint.members)
        else:
            yield constraint


def is_deadline(constraint: AnyConstraint) -> bool:
    """Whether a constraint of a duty says until when it may be done, rather than when it applies."""
    if not isinstance(constraint, Constraint):
        return False
    if isinstance(constraint.right, Moment):
        return constraint.operator in _LATEST
    return isinstance(constraint.right, Duration) and constraint.operator in (_LATEST | {Operator.EQ})


def deadline_of(duty: Duty, agreed_at: datetime | None = None) -> datetime | None:
    """The instant from which on `duty`, if not done, is violated.

    None if it has no deadline, or one that runs from an `agreed_at` that is not known.
    """
    limits = [constraint for constraint in flattened(duty.constraints) if is_deadline(constraint)]
    instants = (
        constraint_flips(constraint, agreed_at, {}) for constraint in limits if isinstance(constraint, Constraint)
    )
    return min((instant for found in instants for instant in found), default=None)
