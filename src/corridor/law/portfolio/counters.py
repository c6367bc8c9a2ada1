"""Counters over columns: what the counts of a row come to is planned once for each shape of data, then computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from corridor.law.facts import Facts, Values
from corridor.law.forms import Fact
from corridor.law.model import Counter, Jurisdiction
from corridor.law.portfolio.atoms import partial_facts
from corridor.law.portfolio.dictionary import COUNTS, NUMBERS, Dictionary
from corridor.law.portfolio.plan import Planned, plan
from corridor.law.portfolio.rebuild import reads, rebuilt
from corridor.law.trace import Span, Trace

ITEMS: Final = "data.items"


class Tallies:
    """One counter of a jurisdiction for rows that share a day: bounds on the persons of each row."""

    def __init__(
        self, jurisdiction: Jurisdiction, counter: Counter, day: date, dictionaries: Mapping[str, Dictionary]
    ) -> None:
        self._jurisdiction, self._counter, self._day = jurisdiction, counter, day
        self._dictionaries = dictionaries
        form = counter.of.answer.form
        self._run = rebuilt(form, jurisdiction).run
        facts = {read.path for read in reads(form, jurisdiction) if isinstance(read, Fact)}
        self.paths: Final = tuple(sorted(facts | {ITEMS, COUNTS}))
        self._plans: dict[tuple[int, ...], tuple[Planned, ...] | None] = {}

    def spans(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Columns `low` and `high` in the order of the rows; `high` is null where there is no bound."""
        numbers = () if NUMBERS in rows.columns else (pl.lit([], pl.List(pl.Int64)).alias(NUMBERS),)
        missing = (pl.lit(0, pl.UInt32).alias(path) for path in self.paths if path not in rows.columns)
        numbered = rows.with_columns(*missing, *numbers).select(*self.paths, NUMBERS).with_row_index("row")
        found = [
            part.select("row", *self._bounds(self._plan(tuple(map(int, key)))))
            for key, part in numbered.partition_by(self.paths, as_dict=True).items()
        ]
        return pl.concat(found).sort("row").select("low", "high") if found else _NO_ROWS

    def _plan(self, key: tuple[int, ...]) -> tuple[Planned, ...] | None:
        if key not in self._plans:
            values = tuple(
                self._dictionaries[path].values[number] if number else None
                for path, number in zip(self.paths, key, strict=True)
            )
            self._plans[key] = plan(self._trace(partial_facts(self.paths, values)), self._counter, self._run)
        return self._plans[key]

    def _trace(self, facts: Facts) -> Trace:
        return Trace(facts, self._day, self._jurisdiction.presumptions, _uncounted)

    def _bounds(self, planned: tuple[Planned, ...] | None) -> tuple[pl.Expr, pl.Expr]:
        if planned is None:
            return pl.lit(0, pl.Int64).alias("low"), pl.lit(None, pl.Int64).alias("high")
        groups = [_Bounds.of(group) for group in planned]
        named: dict[str, list[_Bounds]] = {}
        for group, bounds in zip(planned, groups, strict=True):
            if group.population:
                named.setdefault(group.population, []).append(bounds)
        merged = [_largest(same) for same in named.values()]
        alone = [bounds for group, bounds in zip(planned, groups, strict=True) if not group.population]
        zero, counted = pl.lit(0, pl.Int64), (*merged, *alone)
        low = pl.max_horizontal(pl.sum_horizontal(zero, *(m.low for m in merged)), zero, *(a.low for a in alone))
        high = pl.sum_horizontal(zero, *(bounds.high for bounds in counted))
        open_ = pl.any_horizontal(pl.lit(value=False), *(bounds.open for bounds in counted))
        return low.alias("low"), pl.when(~open_).then(high).alias("high")


_NO_ROWS: Final = pl.DataFrame(schema={"low": pl.Int64, "high": pl.Int64})


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Bounds on the persons of one count, or of one population; where `open` holds, there is none above."""

    low: pl.Expr
    high: pl.Expr
    open: pl.Expr

    @classmethod
    def of(cls, group: Planned) -> _Bounds:
        zero, never = pl.lit(0, pl.Int64), pl.lit(value=False)
        number = zero if group.at is None else pl.col(NUMBERS).list.get(group.at, null_on_oob=True)
        if group.outside:
            return cls(zero, zero, never)
        open_ = pl.lit(value=True) if group.at is None else number.is_null()
        return cls(number.fill_null(0) if group.certain else zero, number.fill_null(0), open_)


def _largest(same: list[_Bounds]) -> _Bounds:
    return _Bounds(
        pl.max_horizontal(*(one.low for one in same)),
        pl.max_horizontal(*(one.high for one in same)),
        pl.any_horizontal(*(one.open for one in same)),
    )


def _uncounted(_: Trace, name: str) -> Span:
    raise AssertionError(name)  # what a counter counts cannot depend on a counter


def with_numbers(shape: tuple[Values, ...], numbers: list[int | None]) -> tuple[Values, ...]:
    """The counts of a row with their numbers put back; one that has none stays without."""
    return tuple(_with_number(entry, number) for entry, number in zip(shape, _aligned(shape, numbers), strict=True))


def _aligned(shape: tuple[Values, ...], numbers: list[int | None]) -> Iterator[int | None]:
    """The numbers stand in the order written, one for each entry that has one."""
    rest = iter(numbers)
    for entry in shape:
        yield next(rest, None) if "n" in entry else None


def _with_number(entry: Values, number: int | None) -> dict[str, Any]:
    return {
        **{name: value for name, value in entry.items() if name != "n"},
        **({} if number is None else {"n": number}),
    }
