"""Portfolios on disk: read part by part from Parquet or CSV, assessed, and written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

from corridor.base.errors import MalformedError, SettingsError
from corridor.law.model import Rulebook

try:
    import polars as pl

    from corridor.law.portfolio.portfolio import RESULT, Portfolio
except ModuleNotFoundError as missing:
    raise SettingsError(
        "a portfolio needs Polars, which is not installed", remedy="pip install 'corridor[portfolio]'"
    ) from missing

PART: Final = 100_000
"""Rows that are in memory at once."""

_ENDINGS: Final = (".parquet", ".csv")
Summary = Counter[tuple[str, str]]
"""How many transfers came to which outcome, and whether they may go ahead."""


def assess_portfolio(
    rulebook: Rulebook, source: Path, target: Path, day: date, progress: Callable[[int, int], None]
) -> Summary:
    """Assess every transfer of `source` and write the answers to `target`; `progress` gets rows done and rows in all.

    Raises:
        SettingsError: a file cannot be read or written, or its name ends in neither .parquet nor .csv.
        MalformedError: a column or value is not as a description has it; the place names row and column.
        TooLargeError: a list or text over its bound.
    """
    for path in (source, target):
        if path.suffix not in _ENDINGS:
            raise SettingsError(f"`{path}` is neither .parquet nor .csv", remedy="name the file by its format")
    if not source.is_file():
        raise SettingsError(f"there is no file `{source}`", remedy="name a portfolio")
    try:
        with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
            draft = Path(folder)
            summary = _written(Portfolio(rulebook, day), _scanned(source), draft, progress)
            _joined(draft, target)
    except pl.exceptions.PolarsError as error:
        reason = str(error).partition("\n")[0]
        raise MalformedError(f"the portfolio cannot be read: {reason}", place=str(source)) from None
    except OSError as error:
        raise SettingsError(f"the answers cannot be written: {error.strerror}", place=str(target)) from None
    return summary


def _scanned(source: Path) -> pl.LazyFrame:
    if source.suffix == ".csv":
        return pl.scan_csv(source, infer_schema=False)
    return pl.scan_parquet(source)


def _written(portfolio: Portfolio, rows: pl.LazyFrame, draft: Path, progress: Callable[[int, int], None]) -> Summary:
    """The answers of each part in a file of its own."""
    total = int(rows.select(pl.len()).collect().item())
    summary: Summary = Counter()
    done = 0
    for part in _parts(rows, total):
        answers = portfolio.assessed(part.select(_as_text(column) for column in part), done + 1)
        for outcome, proceed, number in answers.group_by("outcome", "proceed").len().iter_rows():
            summary[outcome, proceed] += number
        answers.write_parquet(draft / f"{done:012}.parquet")
        done += part.height
        progress(done, total)
    return summary


def _parts(rows: pl.LazyFrame, total: int) -> Iterator[pl.DataFrame]:
    for start in range(0, total, PART):
        yield rows.slice(start, PART).collect()


def _as_text(column: pl.Series) -> pl.Series:
    """The cells as a CSV file would have them: lists and objects as JSON, nothing as null."""
    if column.dtype.is_nested():
        wrapped = pl.DataFrame({"v": column}).select(pl.struct("v").struct.json_encode())["v"]
        inner = wrapped.str.strip_prefix('{"v":').str.strip_suffix("}")
        return inner.replace("null", None).alias(column.name)
    texts = column.cast(pl.String)
    return texts.replace("", None).alias(column.name)


def _joined(draft: Path, target: Path) -> None:
    """The parts as one file, put in place at once."""
    parts = sorted(draft.glob("*.parquet"))
    answers = pl.scan_parquet(parts) if parts else pl.LazyFrame(schema=RESULT)
    whole = draft / f"whole{target.suffix}"
    if target.suffix == ".csv":
        answers.with_columns(_json_of("rulings")).sink_csv(whole)
    else:
        answers.sink_parquet(whole)
    shutil.move(whole, target)


def _json_of(name: str) -> pl.Expr:
    """A nested column as JSON text."""
    wrapped = pl.struct(pl.col(name).alias("v")).struct.json_encode()
    return wrapped.str.strip_prefix('{"v":').str.strip_suffix("}").alias(name)
