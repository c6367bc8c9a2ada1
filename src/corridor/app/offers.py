"""Looks through the offers on file for those that the catalogue has to leave out; works beside a running node."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from corridor.base.errors import CorridorError, SettingsError
from corridor.base.ids import printable
from corridor.dsp.codec.limits import CodecLimits
from corridor.service.records import DatasetRecord
from corridor.service.viewing import check_offer
from corridor.store.faults import storage_errors
from corridor.store.walk import Walk, walk

_BATCH: Final = 1000


def check_offers(path: Path) -> str:
    """How many offers on how many datasets the database at `path` has.

    Raises:
        SettingsError: partners are not shown some of them, since they cannot be read or sent; names the first.
        StorageError: the database cannot be read.
    """
    datasets, offers, broken = 0, 0, []
    for record in _on_offer(path):
        datasets, offers = datasets + 1, offers + len(record.offers)
        broken += list(_broken(record))
    if broken:
        raise SettingsError(
            f"{len(broken)} of {offers} offers cannot be shown to partners, the first is {broken[0]}",
            remedy="publish its dataset anew",
        )
    return f"{offers:,} offers on {datasets:,} datasets, all of them readable"


def _broken(record: DatasetRecord) -> Iterator[str]:
    for offer in record.offers:
        try:
            check_offer(record, offer, CodecLimits())
        except CorridorError as error:
            yield f"`{printable(offer.id)}` of `{printable(record.id)}`: {printable(str(error), 300)}"


def _on_offer(path: Path) -> Iterator[DatasetRecord]:
    uri = f"{path.as_uri()}?mode=ro"
    with storage_errors(path), contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:

        def read(sql: str, where: Mapping[str, Any]) -> list[Any]:
            return connection.execute(sql, where).fetchall()

        at: str | None = ""
        while at is not None:
            stretch = walk(read, Walk((), at, backwards=False, limit=_BATCH, look_at=_BATCH))
            yield from stretch.datasets
            at = stretch.at
