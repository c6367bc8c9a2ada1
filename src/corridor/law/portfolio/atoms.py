"""The parts of conditions that are looked up: answered once for each combination of values that occurs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import polars as pl

from corridor.base.truth import Truth
from corridor.law.facts import Facts
from corridor.law.portfolio.dictionary import Dictionary

_ANSWER: Final[Mapping[Truth, bool | None]] = {Truth.TRUE: True, Truth.FALSE: False, Truth.UNKNOWN: None}


def partial_facts(paths: tuple[str, ...], values: tuple[Any, ...]) -> Facts:
    """A description of which only these facts are known."""
    found: dict[str, Any] = {}
    for path, value in zip(paths, values, strict=True):
        if value is not None:
            *way, last = path.split(".")
            target = found
            for name in way:
                target = target.setdefault(name, {})
            target[last] = value
    return Facts(found)


class Lookup:
    """An answer by the values of some columns, worked out where a combination occurs for the first time."""

    def __init__(
        self, paths: tuple[str, ...], dictionaries: Mapping[str, Dictionary], answer: Callable[[Facts], Truth]
    ) -> None:
        self._paths = paths
        self._dictionaries = dictionaries
        self._answer = answer
        self._known: dict[tuple[int, ...], bool | None] = {}

    def column(self, rows: pl.DataFrame) -> pl.Series:
        """The answer for each row; a column that the rows do not have is unknown throughout."""
        paths = [path for path in self._paths if path in rows.columns]
        if not paths:
            return pl.repeat(self._of({}), rows.height, dtype=pl.Boolean, eager=True)
        present = rows.select(paths).unique()
        answers = [self._of(dict(zip(paths, key, strict=True))) for key in present.iter_rows()]
        answered = present.with_columns(pl.Series("answer", answers, dtype=pl.Boolean))
        if len(paths) == 1:
            return rows[paths[0]].replace_strict(present[paths[0]], answered["answer"], return_dtype=pl.Boolean)
        return rows.select(paths).join(answered, on=paths, how="left", maintain_order="left")["answer"]

    def _of(self, numbers: Mapping[str, int]) -> bool | None:
        key = tuple(numbers.get(path, 0) for path in self._paths)
        if key not in self._known:
            values = tuple(
                self._dictionaries[path].values[number] if number else None
                for path, number in zip(self._paths, key, strict=True)
            )
            self._known[key] = _ANSWER[self._answer(partial_facts(self._paths, values))]
        return self._known[key]
