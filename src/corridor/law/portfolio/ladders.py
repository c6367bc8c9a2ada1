"""Ladders over columns: which rung decides each row, and what the jurisdiction says to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final, NamedTuple

import polars as pl

from corridor.base.clock import DateRange
from corridor.base.truth import Truth, any_of
from corridor.law.forms import Fact
from corridor.law.model import Jurisdiction, Provision
from corridor.law.outcome import Outcome
from corridor.law.papers import beside
from corridor.law.portfolio.dictionary import Dictionary
from corridor.law.portfolio.expressions import Columns
from corridor.law.portfolio.rebuild import reads

RANKS: Final[Mapping[Outcome, int]] = {
    Outcome.PROHIBITED: 0,
    Outcome.UNDETERMINED: 1,
    **{
        outcome: rank
        for rank, outcome in enumerate(
            (one for one in Outcome if one not in {Outcome.PROHIBITED, Outcome.UNDETERMINED}), start=2
        )
    },
}
"""Outcomes in the order in which they prevail: of several, the one of the lowest rank is the answer of all."""

OUTCOMES: Final = tuple(sorted(RANKS, key=RANKS.__getitem__))
_OPEN: Final = RANKS[Outcome.UNDETERMINED]


class Decisive(NamedTuple):
    """A provision that can decide a row.

    Attributes:
        free_of_papers: whether a row that shows no papers may go ahead.
        mechanisms: the alternatives that open the way on the day.
    """

    provision: Provision
    mechanisms: tuple[str, ...]
    free_of_papers: Truth


class _Rung(NamedTuple):
    """A provision with its number among those that can decide, and the expression of its condition."""

    number: int
    provision: Provision
    truth: pl.Expr


class Ladders:
    """The ladders of one jurisdiction on days between two changes of its law."""

    def __init__(self, jurisdiction: Jurisdiction, day: date, dictionaries: Mapping[str, Dictionary]) -> None:
        self._columns = Columns(jurisdiction, day, dictionaries)
        self.decisive: list[Decisive] = []
        """The provisions that a row's `rung` counts from 0."""
        self._ladders = [
            [self._rung(provision, day) for provision in ladder.provisions if day in provision.period]
            for ladder in jurisdiction.ladders
            if day in ladder.period
        ]

    def _rung(self, provision: Provision, day: date) -> _Rung:
        self.decisive.append(_decisive(provision, day))
        return _Rung(len(self.decisive) - 1, provision, self._columns.truth(provision.condition.answer.form))

    def rulings(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Columns `outcome`, a rank of `RANKS`, `rung`, the deciding one of `decisive` or null, and `wanting`.

        `wanting` are the numbers of the rungs of all ladders that want papers, the deciding ones first.
        """
        found = self._columns.prepare(rows).lazy()
        for at, ladder in enumerate(self._ladders):
            found = _climbed(found, at, ladder)
        outcomes = [pl.col(f"outcome {at}") for at in range(len(self._ladders))]
        if not outcomes:
            nothing = (pl.lit(None, pl.Int64).alias("rung"), pl.lit("").alias("wanting"))
            return rows.select(pl.lit(_OPEN).alias("outcome"), *nothing)
        lowest = pl.min_horizontal(outcomes)
        first = pl.coalesce(
            pl.when(pl.col(f"outcome {at}") == lowest).then(f"rung {at}") for at in range(len(outcomes))
        )
        rung = pl.when(lowest != _OPEN).then(first)
        wanting = _wanting(lowest, len(outcomes))
        return found.select(lowest.alias("outcome"), rung.alias("rung"), wanting.alias("wanting")).collect()

    def mechanisms(self, wanting: str) -> tuple[str, ...]:
        """The ways that open every matter at once, for the rungs of a row's `wanting`."""
        matters = [self.decisive[int(number)].mechanisms for number in wanting.split(",") if number]
        ways: tuple[str, ...] = matters[0] if matters else ()
        for names in matters[1:]:
            ways = tuple(beside(way, name) for way in ways for name in names)
        return ways


def _wanting(lowest: pl.Expr, ladders: int) -> pl.Expr:
    needing = [rank for outcome, rank in RANKS.items() if outcome.needs_papers]

    def rung(at: int, *, deciding: bool) -> pl.Expr:
        outcome = pl.col(f"outcome {at}")
        chosen = outcome.is_in(needing) & lowest.is_in(needing) & ((outcome == lowest) == pl.lit(deciding))
        return pl.when(chosen).then(pl.col(f"rung {at}").cast(pl.String))

    rungs = [rung(at, deciding=deciding) for deciding in (True, False) for at in range(ladders)]
    return pl.concat_str(rungs, separator=",", ignore_nulls=True)


def _decisive(provision: Provision, day: date) -> Decisive:
    routes = [opening for opening in provision.opened_by if day in opening.period]
    without = any_of(Truth.of(not opening.papers) for opening in routes)
    outcome = provision.outcome
    free = without if outcome.needs_papers else Truth.of(outcome.is_free)
    return Decisive(provision, tuple(dict.fromkeys(o.mechanism for o in routes)), free)


def _climbed(rows: pl.LazyFrame, at: int, ladder: list[_Rung]) -> pl.LazyFrame:
    """The ladder climbed from its end: each rung that holds takes over from those below it.

    A rung that stays open, and that nobody has to claim, leaves the outcome open unless it answers the same.
    """
    rung, unsure, answer = f"rung {at}", f"unsure {at}", f"class {at}"
    nothing = pl.lit(None, pl.Int64)
    rows = rows.with_columns(nothing.alias(rung), pl.lit(value=False).alias(unsure), nothing.alias(answer))
    answers: dict[object, int] = {}
    for number, provision, truth in reversed(ladder):
        own = answers.setdefault(provision.answer, len(answers))
        rows = rows.with_columns(truth.alias("holds"))
        holds, open_ = pl.col("holds").fill_null(value=False), pl.col("holds").is_null()
        differs = pl.col(answer).is_null() | (pl.col(answer) != own)
        still = pl.lit(provision.claimed) | ~open_
        rows = rows.with_columns(
            pl.when(holds).then(pl.lit(number, pl.Int64)).otherwise(pl.col(rung)).alias(rung),
            pl.when(holds).then(pl.lit(own, pl.Int64)).otherwise(pl.col(answer)).alias(answer),
            pl.when(holds)
            .then(statement=False)
            .when(still)
            .then(pl.col(unsure))
            .otherwise(pl.col(unsure) | differs)
            .alias(unsure),
        )
    ranks = {number: RANKS[provision.outcome] for number, provision, _ in ladder}
    outcome = pl.col(rung).replace_strict(ranks, default=_OPEN, return_dtype=pl.Int64)
    decided = pl.when(pl.col(unsure)).then(_OPEN).otherwise(outcome)
    return rows.with_columns(decided.alias(f"outcome {at}"))


def changes_of(jurisdiction: Jurisdiction) -> Iterator[date]:
    """The first days of everything of the jurisdiction that begins or has ended: between two, its law is the same."""
    yield jurisdiction.encoded_from
    for period in _periods(jurisdiction):
        if period.start is not None:
            yield period.start
        if period.end is not None and period.end < date.max:
            yield date.fromordinal(period.end.toordinal() + 1)


def _periods(jurisdiction: Jurisdiction) -> Iterator[DateRange]:
    for ladder in jurisdiction.ladders:
        yield ladder.period
        for provision in ladder.provisions:
            yield provision.period
            yield from (opening.period for opening in provision.opened_by)
    for register in (*jurisdiction.registers.values(), jurisdiction.territory):
        yield from (entry.period for entry in register.entries)
    for parameter in jurisdiction.parameters.values():
        yield from (value.period for value in parameter.values)
    for derived in (*jurisdiction.derived.values(), *jurisdiction.of_party.values()):
        yield from (version.period for version in derived.versions)
    yield from (share.period for share in jurisdiction.shares.values())


def facts_read(jurisdiction: Jurisdiction) -> Iterator[str]:
    """The paths of the facts that the ladders and counters of the jurisdiction read."""
    provisions = (provision for ladder in jurisdiction.ladders for provision in ladder.provisions)
    conditions = [one.condition for one in provisions] + [one.of for one in jurisdiction.counters.values()]
    for condition in conditions:
        for read in reads(condition.answer.form, jurisdiction):
            if isinstance(read, Fact):
                yield read.path
