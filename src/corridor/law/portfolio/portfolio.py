"""A portfolio assessed part by part: who is involved, what each law says, and what follows for each transfer."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

import polars as pl

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.truth import Truth
from corridor.law.evaluate import assess
from corridor.law.facts import FIRST_DAY, LAST_DAY, Facts
from corridor.law.involved import READS, involved_in
from corridor.law.model import Rulebook
from corridor.law.outcome import Outcome, Ruling
from corridor.law.portfolio.atoms import partial_facts
from corridor.law.portfolio.counters import with_numbers
from corridor.law.portfolio.dictionary import (
    COUNTS,
    KINDS,
    NUMBERS,
    Dictionary,
    check_columns,
    checked_texts,
    split_counts,
)
from corridor.law.portfolio.ladders import OUTCOMES, RANKS, Ladders, changes_of, facts_read
from corridor.law.vocabulary import Text

AS_OF: Final = "as_of"
_SAYS: Final = ("jurisdiction", "outcome", "instrument", "pin", "mechanisms", "proceed")
_RULING: Final = pl.Struct(
    {
        "jurisdiction": pl.String,
        "outcome": pl.String,
        "instrument": pl.String,
        "pin": pl.String,
        "mechanisms": pl.List(pl.String),
        "proceed": pl.String,
    }
)
RESULT: Final[Mapping[str, pl.DataType]] = {
    "id": pl.String(),
    AS_OF: pl.Date(),
    "outcome": pl.String(),
    "proceed": pl.String(),
    "rulings": pl.List(_RULING),
}
"""The columns of the answer; `proceed` is `true`, `false` or `unknown`."""


class _Said(NamedTuple):
    """What one jurisdiction says; `rank` and `proceed` are what the whole is made of."""

    row: dict[str, Any] | None
    rank: int
    proceed: Truth


class _Law(NamedTuple):
    """A law on days between two changes; where counts have windows of their own, on one day."""

    jurisdiction: str
    epoch: int
    day: date | None


class Portfolio:
    """Assesses the parts of one portfolio; what occurs in several is worked out once.

    Args:
        day: the day of a row that has no `as_of` of its own.
    """

    def __init__(self, rulebook: Rulebook, day: date) -> None:
        self._rulebook, self._day = rulebook, day
        self._read = frozenset(path for one in rulebook.jurisdictions.values() for path in facts_read(one))
        self._dictionaries: dict[str, Dictionary] = {}
        self._changes = sorted({change for one in rulebook.jurisdictions.values() for change in changes_of(one)})
        self._ladders: dict[_Law, Ladders] = {}
        self._involved: dict[tuple[Any, ...], tuple[str, ...]] = {}
        self._sayings: dict[tuple[Any, ...], int] = {}
        self._said: list[_Said] = []

    def assessed(self, part: pl.DataFrame, first_row: int) -> pl.DataFrame:
        """The answers to the rows of `part`, in their order, with the columns of `RESULT`.

        `part` has a column of text for each path of a description, and `as_of` where rows have days of their own;
        `first_row` is the number of its first row, for messages.

        Raises:
            MalformedError: a column or a value is not as a description has it; the place names row and column.
            TooLargeError: a list or text over its bound.
        """
        check_columns([name for name in part.columns if name != AS_OF])
        self._make_room()
        rows = self._numbered(part, first_row)
        said = pl.concat([self._by_law(law, group) for law, group in self._laws(rows)])
        return _united(rows, said, self._table(), _ids(part))

    def _make_room(self) -> None:
        """Forget all that was worked out once it takes much memory; it is worked out anew."""
        if sum(len(one.values) for one in self._dictionaries.values()) > _KEPT:
            self._dictionaries.clear()
            self._ladders.clear()
            self._involved.clear()

    def _numbered(self, part: pl.DataFrame, first_row: int) -> pl.DataFrame:
        """The rows as numbers of values, with their days and between which changes of law these lie."""
        days = _days(part, first_row, self._day)
        known = days.unique()
        epochs = [bisect_right(self._changes, day) for day in known.to_list()]
        columns = [
            pl.int_range(part.height, dtype=pl.UInt32, eager=True).alias(_ROW),
            days.alias(AS_OF),
            days.replace_strict(known, epochs, return_dtype=pl.Int64).alias(_EPOCH),
        ]
        for name in part.columns:
            if name != AS_OF:
                texts = part[name]
                if name == COUNTS:
                    texts, numbers = split_counts(texts, first_row)
                    columns.append(numbers.alias(NUMBERS))
                if isinstance(KINDS[name], Text) and name not in self._read:
                    columns.append(checked_texts(texts, name, first_row).alias(f"{_PLAIN}{name}"))
                else:
                    dictionary = self._dictionaries.setdefault(name, Dictionary(name))
                    columns.append(dictionary.numbered(texts, first_row).alias(name))
        return pl.DataFrame(columns)

    def _laws(self, rows: pl.DataFrame) -> Iterator[tuple[_Law, pl.DataFrame]]:
        """For each law, the rows in which it has a say; the same row for each law that has one."""
        paths = [path for path in READS if path in rows.columns]
        keys = [*paths, _EPOCH]
        present = rows.group_by(keys).agg(pl.col(AS_OF).first())
        names = [self._having_a_say(tuple(paths), key) for key in present.iter_rows()]
        involved = present.drop(AS_OF).with_columns(pl.Series(_LAW, names, dtype=pl.List(pl.String)))
        spread = rows.join(involved, on=keys, how="left", maintain_order="left").explode(_LAW)
        dated = spread.with_columns(pl.when(self._windowed(spread)).then(pl.col(AS_OF)).alias(_DAY))
        for key, group in dated.partition_by([_LAW, _EPOCH, _DAY], as_dict=True, maintain_order=True).items():
            yield _Law(*key), group

    def _windowed(self, rows: pl.DataFrame) -> pl.Expr:
        """Whether a row's counts were made over windows of their own, so that its very day matters."""
        if COUNTS not in rows.columns:
            return pl.lit(value=False)
        shapes = self._dictionaries[COUNTS].values
        windowed = [number for number, shape in enumerate(shapes) if any("window" in entry for entry in shape or ())]
        return pl.col(COUNTS).is_in(windowed)

    def _having_a_say(self, paths: tuple[str, ...], key: tuple[Any, ...]) -> tuple[str, ...]:
        """The laws of a row by these values: jurisdictions, `without CODE` for a country without rules, `nobody`."""
        *numbers, epoch, day = key
        known = (paths, *numbers, epoch)
        if known not in self._involved:
            values = tuple(self._dictionaries[path].values[n] for path, n in zip(paths, numbers, strict=True))
            found = involved_in(self._rulebook, partial_facts(paths, values), day)
            without = (f"{_WITHOUT}{country}" for country in found.without_rules)
            nobody = (_NOBODY,) if found.missing else ()
            self._involved[known] = (*found.jurisdictions, *without, *nobody)
        return self._involved[known]

    def _by_law(self, law: _Law, rows: pl.DataFrame) -> pl.DataFrame:
        """Columns of row numbers and numbers of sayings."""
        jurisdiction = self._rulebook.jurisdictions.get(law.jurisdiction)
        day = rows[AS_OF][0]
        if jurisdiction is None or day < jurisdiction.encoded_from:
            return rows.select(_ROW, pl.lit(self._open(law.jurisdiction), pl.Int64).alias(_SAYING))
        if law not in self._ladders:
            self._ladders[law] = Ladders(jurisdiction, day, self._dictionaries)
        ladders = self._ladders[law]
        rulings = ladders.rulings(rows)
        kinds = rulings.unique()
        numbers = [self._decided(law, ladders, *kind) for kind in kinds.iter_rows()]
        told = kinds.with_columns(pl.Series(_SAYING, numbers, dtype=pl.Int64))
        joined = rulings.join(
            told, on=["outcome", "rung", "wanting"], how="left", nulls_equal=True, maintain_order="left"
        )
        return self._with_papers(law, rows, joined.select(rows[_ROW], _SAYING))

    def _with_papers(self, law: _Law, rows: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
        """Rows that show papers where papers are needed are assessed one by one: a paper is one transfer's own."""
        if "papers" not in rows.columns:
            return said
        needing = {number for number, one in enumerate(self._said) if OUTCOMES[one.rank].needs_papers}
        shown = {n for n, papers in enumerate(self._dictionaries["papers"].values) if papers}
        chosen = rows.with_columns(said[_SAYING]).filter(pl.col(_SAYING).is_in(needing) & pl.col("papers").is_in(shown))
        if chosen.is_empty():
            return said
        found = [self._alone(law, row) for row in chosen.iter_rows(named=True)]
        own = chosen.select(_ROW, pl.Series("own", found, dtype=pl.Int64))
        both = said.join(own, on=_ROW, how="left", maintain_order="left")
        return both.select(_ROW, pl.coalesce("own", _SAYING).alias(_SAYING))

    def _alone(self, law: _Law, row: Mapping[str, Any]) -> int:
        paths = tuple(path for path in row if path in self._dictionaries)
        values = {path: self._dictionaries[path].values[row[path]] for path in paths}
        values |= {name.removeprefix(_PLAIN): text for name, text in row.items() if name.startswith(_PLAIN)}
        if values.get(COUNTS) is not None:
            values[COUNTS] = with_numbers(values[COUNTS], row[NUMBERS])
        facts: Facts = partial_facts(tuple(values), tuple(values.values()))
        ruling = assess(self._rulebook, facts, row[AS_OF]).ruling(law.jurisdiction)
        if ruling is None:
            raise AssertionError(law)
        return self._saying(_row_of(ruling), ruling.outcome, ruling.proceed)

    def _open(self, law: str) -> int:
        if law == _NOBODY:
            return self._saying(None, Outcome.UNDETERMINED, Truth.UNKNOWN)
        row = _row(law.removeprefix(_WITHOUT), Outcome.UNDETERMINED, Truth.UNKNOWN)
        return self._saying(row, Outcome.UNDETERMINED, Truth.UNKNOWN)

    def _decided(self, law: _Law, ladders: Ladders, rank: int, rung: int | None, wanting: str) -> int:
        outcome = OUTCOMES[rank]
        if rung is None:
            return self._open(law.jurisdiction)
        decisive = ladders.decisive[rung]
        citation, proceed = decisive.provision.citation, decisive.free_of_papers
        mechanisms = ladders.mechanisms(wanting)
        row = _row(law.jurisdiction, outcome, proceed, (citation.instrument, citation.pin), mechanisms)
        return self._saying(row, outcome, proceed)

    def _saying(self, row: dict[str, Any] | None, outcome: Outcome, proceed: Truth) -> int:
        key = tuple(map(str, (row or {}).items()))
        if key not in self._sayings:
            self._sayings[key] = len(self._said)
            self._said.append(_Said(row, RANKS[outcome], proceed))
        return self._sayings[key]

    def _table(self) -> pl.DataFrame:
        """What was said so far, by number."""
        return pl.DataFrame(
            {
                _SAYING: pl.Series(range(len(self._said)), dtype=pl.Int64),
                "rank": pl.Series([one.rank for one in self._said], dtype=pl.Int64),
                "proceed": pl.Series([int(one.proceed.value) for one in self._said], dtype=pl.Int64),
                "ruling": pl.Series([one.row for one in self._said], dtype=_RULING),
            }
        )


_KEPT: Final = 2_000_000
"""Values of all columns that are kept from part to part."""
_PLAIN: Final = "text "
_ROW: Final = "row number"
_EPOCH: Final = "epoch"
_LAW: Final = "law"
_DAY: Final = "own day"
_SAYING: Final = "saying"
_WITHOUT: Final = "without "
_NOBODY: Final = "nobody"


def _row(
    jurisdiction: str,
    outcome: Outcome,
    proceed: Truth,
    provision: tuple[str | None, str | None] = (None, None),
    mechanisms: tuple[str, ...] = (),
) -> dict[str, Any]:
    values = (jurisdiction, outcome.value, *provision, list(mechanisms), proceed.name.lower())
    return dict(zip(_SAYS, values, strict=True))


def _row_of(ruling: Ruling) -> dict[str, Any]:
    citation = ruling.provisions[0].citation
    return _row(
        ruling.jurisdiction, ruling.outcome, ruling.proceed, (citation.instrument, citation.pin), ruling.mechanisms
    )


def _ids(part: pl.DataFrame) -> pl.Series:
    return part["transfer.id"] if "transfer.id" in part.columns else pl.repeat(None, part.height, eager=True)


def _days(part: pl.DataFrame, first_row: int, default: date) -> pl.Series:
    """The day of each row.

    Raises:
        MalformedError: one is no day, or out of the calendar of the rules.
    """
    if AS_OF not in part.columns:
        return pl.repeat(default, part.height, dtype=pl.Date, eager=True)
    texts = part[AS_OF]
    days = texts.str.to_date("%Y-%m-%d", strict=False)
    wrong = (texts.is_not_null() & days.is_null()) | (days < FIRST_DAY) | (days > LAST_DAY)
    if wrong.fill_null(value=False).any():
        at = int(wrong.fill_null(value=False).arg_max() or 0)
        raise MalformedError(
            f"`{printable(str(texts[at]))}` is no day of the rules",
            place=f"row {first_row + at}, column {AS_OF}",
            remedy=f"write it as 2026-11-22, from {FIRST_DAY} to {LAST_DAY}",
        )
    return days.fill_null(default)


def _united(rows: pl.DataFrame, said: pl.DataFrame, table: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """One answer for each row: the strictest outcome, and whether all agree that it may go ahead."""
    whole = (
        said.join(table, on=_SAYING, how="left", maintain_order="left")
        .group_by(_ROW, maintain_order=True)
        .agg(pl.col("rank").min(), pl.col("proceed").min(), pl.col("ruling").drop_nulls())
        .sort(_ROW)
    )
    outcomes = {rank: outcome.value for rank, outcome in enumerate(OUTCOMES)}
    proceeds = {int(truth.value): truth.name.lower() for truth in Truth}
    return pl.DataFrame(
        [
            ids.cast(pl.String).alias("id"),
            rows[AS_OF],
            whole["rank"].replace_strict(outcomes, return_dtype=pl.String).alias("outcome"),
            whole["proceed"].replace_strict(proceeds, return_dtype=pl.String).alias("proceed"),
            whole["ruling"].alias("rulings"),
        ]
    )
