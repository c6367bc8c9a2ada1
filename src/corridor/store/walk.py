"""A walk over the datasets on offer along the inverted index: bounded, whatever is looked for.

The walk follows the entries of the rarest term, and looks up at each whether the other terms are there too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from corridor.base.ids import DatasetId
from corridor.service.ports import MOST_TERMS, Stretch
from corridor.service.records import DatasetRecord
from corridor.store import statements
from corridor.store.bodies import from_body

_SIZES: Final = (1000, 30_000)
"""Up to how many entries terms are counted to find the rarest; beyond the last, any will do."""
_GROWTH: Final = 4


class Read(Protocol):
    """Runs one of `statements` with its parameters."""

    async def __call__(self, sql: str, **where: Any) -> Sequence[Any]:
        """All its rows."""
        ...


@dataclass(frozen=True, slots=True)
class Walk:
    """What `Store.on_offer` is asked for."""

    terms: tuple[str, ...]
    start: str
    backwards: bool
    limit: int
    look_at: int
    follow: str | None = None


async def walk(read: Read, asked: Walk) -> Stretch:
    """The next stretch of the walk."""
    return await _along_index(read, asked) if asked.terms else await _along_all(read, asked)


async def _along_all(read: Read, asked: Walk) -> Stretch:
    sql = statements.ON_OFFER_BEFORE if asked.backwards else statements.ON_OFFER
    rows = await read(sql, start=asked.start, limit=asked.limit)
    found = tuple(from_body(DatasetRecord, body) for (body,) in rows)
    return Stretch(found, found[-1].id if len(found) == asked.limit else None, len(found))


async def _along_index(read: Read, asked: Walk) -> Stretch:
    """Stretches grow while little is found, so that neither a dense nor a sparse result costs much."""
    where = await _where(read, asked)
    if where is None:
        return Stretch((), None, 0)
    sql = statements.FOUND_BEFORE if asked.backwards else statements.FOUND
    found: list[DatasetRecord] = []
    followed = where["term0"]
    start, looked, size = asked.start, 0, asked.limit
    while looked < asked.look_at:
        size = min(size, asked.look_at - looked)
        rows = await read(sql, **where, start=start, limit=size)
        for dataset, body in rows:
            looked += 1
            start = dataset
            if body is not None:
                found.append(from_body(DatasetRecord, body))
            if len(found) == asked.limit:
                return Stretch(tuple(found), DatasetId(start), looked, followed)
        if len(rows) < size:
            return Stretch(tuple(found), None, looked, followed)
        size *= _GROWTH
    return Stretch(tuple(found), DatasetId(start), looked, followed)


async def _where(read: Read, asked: Walk) -> Mapping[str, str] | None:
    """The terms as parameters, the one to follow first; None if one of them is found to have no entry at all."""
    if asked.follow in asked.terms:
        return _parameters(sorted(asked.terms, key=lambda term: term != asked.follow))
    sizes: dict[str, int] = {}
    for limit in _SIZES:
        sizes = {term: await _size(read, term, limit) for term in asked.terms}
        if min(sizes.values()) < limit:
            break
    if not min(sizes.values()):
        return None
    return _parameters(sorted(asked.terms, key=lambda term: sizes[term]))


def _parameters(terms: list[str]) -> Mapping[str, str]:
    used = terms[:MOST_TERMS]
    return {f"term{number}": term for number, term in enumerate(used + [""] * (MOST_TERMS - len(used)))}


async def _size(read: Read, term: str, limit: int) -> int:
    ((size,),) = await read(statements.TERM_SIZE, term=term, limit=limit)
    return int(size)
