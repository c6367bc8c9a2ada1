"""Looks through the offers on file for those that the catalogue has to leave out; works beside a running node."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

from corridor.base.errors import CorridorError, SettingsError
from corridor.base.ids import printable
from corridor.dsp.codec.limits import CodecLimits
from corridor.service.ports import Stretch
from corridor.service.records import DatasetRecord
from corridor.service.viewing import check_offer
from corridor.store.faults import storage_errors
from corridor.store.postgresql.database import Database
from corridor.store.postgresql.inspection import reading
from corridor.store.walk import Read, Walk, walk

OnOffer = Callable[[str], Awaitable[Stretch]]
"""The datasets on offer after an id."""

_BATCH: Final = 1000


async def check_offers(on_offer: OnOffer) -> str:
    """How many offers on how many datasets there are.

    Raises:
        SettingsError: partners are not shown some of them, since they cannot be read or sent; names the first.
        StorageError: the database cannot be read.
    """
    datasets, offers, broken, first = 0, 0, 0, ""
    async for record in _every(on_offer):
        faults = list(_broken(record))
        datasets, offers, broken = datasets + 1, offers + len(record.offers), broken + len(faults)
        first = first or "".join(faults[:1])
    if broken:
        raise SettingsError(
            f"{broken} of {offers} offers cannot be shown to partners, the first is {first}",
            remedy="publish its dataset anew",
        )
    return f"{offers:,} offers on {datasets:,} datasets, all of them readable"


async def check_offers_in(path: Path) -> str:
    """`check_offers` in the SQLite database at `path`, whoever has it open.

    Raises:
        SettingsError: as `check_offers`.
        StorageError: as `check_offers`.
    """
    uri = f"{path.as_uri()}?mode=ro"
    with storage_errors(path), contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:

        async def read(sql: str, **where: Any) -> list[Any]:
            return connection.execute(sql, where).fetchall()

        return await check_offers(partial(_after, read))


async def check_offers_on(database: Database) -> str:
    """`check_offers` in a PostgreSQL database of the current version, whoever runs on it.

    Raises:
        SettingsError: as `check_offers`.
        StorageError: as `check_offers`.
    """
    async with reading(database) as read:
        return await check_offers(partial(_after, read))


async def _after(read: Read, start: str) -> Stretch:
    return await walk(read, Walk((), start, backwards=False, limit=_BATCH, look_at=_BATCH))


async def _every(on_offer: OnOffer) -> AsyncIterator[DatasetRecord]:
    at: str | None = ""
    while at is not None:
        stretch = await on_offer(at)
        for record in stretch.datasets:
            yield record
        at = stretch.at


def _broken(record: DatasetRecord) -> Iterator[str]:
    for offer in record.offers:
        try:
            check_offer(record, offer, CodecLimits())
        except CorridorError as error:
            yield f"`{printable(offer.id)}` of `{printable(record.id)}`: {printable(str(error), 300)}"
