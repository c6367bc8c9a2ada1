"""Commits as the arguments of `COMMIT`, and what it answers; without a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from corridor.base.errors import LocalError, StaleError
from corridor.service.ports import Changes, CountGuard
from corridor.service.records import SeenToken
from corridor.store import statements as texts
from corridor.store.plan import plan, stale_guard, stale_record
from corridor.store.postgresql import statements
from corridor.store.rows import Row, micros, token_row, window_row

_NAMES: Final[Mapping[str, str]] = {getattr(texts, name): name for name in statements.WRITES}
"""A plan names what is to be done by its text for SQLite; PostgreSQL's function knows it by its name."""

_ENCODER: Final = msgspec.json.Encoder()

Outcome = bool | Exception


class Step(NamedTuple):
    """One row for one statement of `COMMIT`.

    Attributes:
        about: names the record, where exactly one row has to change; or the guard that has to hold.
    """

    name: str
    row: str
    about: str | CountGuard | None = None


class Work(NamedTuple):
    """What is applied whole or not at all; `told` says what other replicas have to be told of it."""

    steps: tuple[Step, ...]
    told: Mapping[str, list[str]] | None


def work_of(changes: Changes) -> Work:
    """The steps that apply `changes`.

    Raises:
        LocalError: a record or event holds what cannot be kept.
    """
    planned = plan(changes)
    steps = [_guard(guard) for guard in planned.guards]
    steps += [Step(_NAMES[step.sql], _json(row), step.what) for step in planned.steps for row in step.rows]
    steps += [Step("APPEND_EVENT", _json(leaf)) for leaf in planned.leaves]
    told: dict[str, list[str]] = {
        "grants": [grant.id for grant in changes.grants if grant.revoked is not None],
        "papers": [paper.id for paper in changes.papers if paper.revoked is not None],
    }
    return Work(tuple(steps), told)


def work_of_token(token: SeenToken, now: Any) -> Work:
    """The steps that use a token up; what follows from it concerns nobody else."""
    forget, use = Step("FORGET_USED", _json({"now": micros(now)})), Step("USE_ONCE", _json(token_row(token)))
    return Work((forget, use), None)


def _guard(guard: CountGuard) -> Step:
    window = window_row(guard.jurisdiction, guard.name, guard.window)
    return Step("COUNTED_SUM", _json({**window, "expected": guard.expected}), guard)


def _json(row: Row) -> str:
    try:
        plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}
        return _ENCODER.encode(plain).decode()
    except (TypeError, ValueError, OverflowError) as error:
        raise LocalError(f"a record cannot be kept: {error}") from error


def arguments(replica: str, batch: Sequence[Work]) -> tuple[Any, ...]:
    """The arguments of `COMMIT` for a batch."""
    steps = [step for work in batch for step in work.steps]
    ends, end = [], 0
    for work in batch:
        end += len(work.steps)
        ends.append(end)
    names, rows = [step.name for step in steps], [step.row for step in steps]
    strict = [isinstance(step.about, str) for step in steps]
    return replica, names, strict, rows, ends, _told(batch)


def _told(batch: Iterable[Work]) -> str | None:
    every = [work.told for work in batch if work.told is not None]
    if not every:
        return None
    return _ENCODER.encode({name: [one for told in every for one in told[name]] for name in every[0]}).decode()


def outcomes_of(answers: Sequence[str], batch: Sequence[Work]) -> list[Outcome]:
    """What became of each work: done (False only for a token that was used before), or why it is refused."""
    steps = [step for work in batch for step in work.steps]
    return [_outcome(answer, steps) for answer in answers]


def _outcome(answer: str, steps: Sequence[Step]) -> Outcome:
    word, _, rest = answer.partition(" ")
    if word == "stale":
        return stale_record(str(steps[int(rest) - 1].about))
    if word == "guard":
        number, found = rest.split()
        guard = steps[int(number) - 1].about
        if isinstance(guard, CountGuard):
            return stale_guard(guard, int(found))
    if word == "taken":
        # The partner's pid or the token's digest is another record's: only a writer that came first can hold it.
        return StaleError(f"another record came first: {rest}", remedy="load it and decide again")
    return word != "used"
