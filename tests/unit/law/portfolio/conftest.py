from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from descriptions import cell

from corridor.law.portfolio.dictionary import COUNTS, NUMBERS, Dictionary, split_counts

DAY = date(2026, 11, 22)


@pytest.fixture
def numbered():
    """Rows of facts by path as numbered columns, and the dictionaries that they are numbered by."""

    def build(*rows):
        dictionaries, columns = {}, []
        for name in sorted({name for row in rows for name in row}):
            texts = pl.Series(name, [cell(row.get(name)) for row in rows], dtype=pl.String)
            if name == COUNTS:
                texts, numbers = split_counts(texts, 1)
                columns.append(numbers.alias(NUMBERS))
            dictionaries[name] = Dictionary(name)
            columns.append(dictionaries[name].numbered(texts, 1).alias(name))
        return pl.DataFrame(columns), dictionaries

    return build
