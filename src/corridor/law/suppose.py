"""A description with one fact more, supposed rather than given: what the search for the next question looks at."""

from __future__ import annotations

import re
from typing import Any, Final

from corridor.law.facts import Facts, FlagSet, Known, Values

_STEP: Final = re.compile(r"\.?([a-z_]+)((?:\[\d+\])*)")
APART: Final = "counts of different persons"
TOGETHER: Final = "counts of the same persons"
POPULATIONS: Final = "data.counts[].population"
"""Not a fact at one place: whether the counts are of the same persons."""


def suppose(facts: Facts, path: str, value: Any) -> Facts:
    """The facts with `value` at `path`: `importer.role`, `data.items[0].subject`, `exporter.regions has GBA9`."""
    if path == POPULATIONS:
        return _populations(facts, value)
    name, _, code = path.partition(" has ")
    steps: list[str | int] = []
    for word, indexes in _STEP.findall(name):
        steps += [word, *map(int, re.findall(r"\d+", indexes))]
    return Facts(_put(facts.values, steps, code, value))


def _put(at: Any, steps: list[str | int], code: str, value: Any) -> Any:
    if not steps:
        return _flagged(at, code, value) if code else value
    first, *rest = steps
    if isinstance(first, int):
        return tuple(_put(one, rest, code, value) if index == first else one for index, one in enumerate(at))
    here: Values = at or {}
    return Known({**here, first: _put(here.get(first), rest, code, value)})


def _flagged(flags: FlagSet | None, code: str, value: Any) -> FlagSet:
    return FlagSet(Known({**(flags.known if flags else {}), code: value}), complete=bool(flags and flags.complete))


def _populations(facts: Facts, value: str) -> Facts:
    counts = facts.get("data.counts") or ()
    names = ["everybody" if value == TOGETHER else f"group {number}" for number in range(len(counts))]
    return suppose(
        facts, "data.counts", tuple(Known({**one, "population": name}) for one, name in zip(counts, names, strict=True))
    )
