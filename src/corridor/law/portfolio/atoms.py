"""The parts of conditions that are looked up: answered once for each combination of values that occurs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import polars as pl

from corridor.base.truth import Truth
from corridor.law.facts import Facts
from corridor.law.portfolio.dictionary import Dictionary

_NAMING: Final = frozenset(
    {
        "parties",
        *(f"{end}.{name}" for end in ("exporter", "importer") for name in ("owned_by", "works_for", "directed_by")),
    }
)
"""The columns in which parties are named by their ids."""
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
    """An answer by the values of some columns, worked out where a combination occurs for the first time.

    `names` are the columns that matter only where another column names a party.
    """

    def __init__(
        self,
        paths: tuple[str, ...],
        dictionaries: Mapping[str, Dictionary],
        answer: Callable[[Facts], Truth],
        names: frozenset[str] = frozenset(),
    ) -> None:
        self._paths = paths
        self._names = names
        self._dictionaries = dictionaries
        self._answer = answer
        self._known: dict[tuple[int, ...], bool | None] = {}

    def column(self, rows: pl.DataFrame) -> pl.Series:
        """The answer for each row; a column that the rows do not have is unknown throughout."""
        paths = [path for path in self._paths if path in rows.columns]
        if not _NAMING.intersection(paths):  # where no party is named, their names say nothing, and differ in every row
            paths = [path for path in paths if path not in self._names]
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
