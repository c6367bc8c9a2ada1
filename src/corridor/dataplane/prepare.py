"""Publishing a file: found under an open folder, a table checked, filtered and masked, the bytes fixed by digest."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from corridor.base.errors import ConflictError, MalformedError, NotFoundError, StorageError
from corridor.base.ids import printable
from corridor.base.json import JsonObject
from corridor.dataplane.describe import check_object, parse_table
from corridor.dataplane.digest import digests_of
from corridor.dataplane.filtering import TableFilter
from corridor.dataplane.persons import KEY_SIZE, DistinctCounter
from corridor.dataplane.rows import RowReader
from corridor.dataplane.snapshots import Snapshots, SnapshotWriter
from corridor.dataplane.table import Table
from corridor.service.ports import Preparation

_CHUNK: Final = 1_048_576
_BATCH: Final = 1000
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_SOURCE_KEYS: Final = ("file", "media_type", "table")
_CSV: Final = "text/csv"
# RFC 9110 §8.3.1, without the rarer quoted parameters.
_MEDIA_TYPE: Final = re.compile(
    r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}(; ?[\w.-]{1,64}=[\w.:+-]{1,64}){0,4}", re.ASCII
)


AT_ONCE: Final = 2
"""Sources that one participant has prepared at the same time; the threads are needed for serving files, too."""


class FilePreparer:
    """Prepares files of this machine; a `service.ports.Preparer`.

    A source is `{"file": PATH, "media_type": TYPE, "table": DESCRIPTION}`; see `describe` for the description. Without
    one the file is served as it is, where it is. With one, a snapshot of the rows that may leave is made.

    Args:
        roots: folders whose files may be published; a relative path is looked for in each.
        snapshots: folder of our own for prepared tables; made where it is missing.
        key: gives 32 random bytes for counting persons.
    """

    def __init__(
        self,
        roots: Sequence[Path],
        snapshots: Path,
        *,
        key: Callable[[], bytes] = lambda: secrets.token_bytes(KEY_SIZE),
    ) -> None:
        self._roots = tuple(roots)
        self._snapshots = Snapshots(snapshots)
        self._key = key
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def prepare(self, source: JsonObject, place: str) -> Preparation:
        """Find, check and fix a source; works in a thread.

        Raises:
            MalformedError: the source, the description or the file is faulty, with its JSON path or line.
            NotFoundError: there is no such file under the open folders.
            ConflictError: somebody writes the file meanwhile.
            StorageError: the file cannot be read, or the snapshot not be written; nothing of it is left.
        """
        document = check_object(source, place, _SOURCE_KEYS, needed=("file", "media_type"))
        media_type = _media_type(document["media_type"], f"{place}.media_type")
        table = parse_table(document["table"], f"{place}.table") if document.get("table") is not None else None
        if table is not None and media_type.partition(";")[0] != _CSV:
            raise MalformedError(f"a table is of the media type `{_CSV}`", place=f"{place}.media_type")
        async with self._turns:
            return await asyncio.to_thread(self._prepare, document["file"], table, f"{place}.file")

    def _prepare(self, file: object, table: Table | None, place: str) -> Preparation:
        path = self._find(file, place)
        with _opened(path, place) as stream:
            return _as_it_is(path, stream) if table is None else self._snapshot(path, stream, table)

    def _find(self, file: object, place: str) -> Path:
        if not isinstance(file, str) or not file:
            raise MalformedError("expected the path of a file", place=place)
        for root in self._roots:
            try:
                found = (root / file).resolve(strict=True)
                if found.is_relative_to(root.resolve(strict=True)) and found.is_file():
                    return found
            except (OSError, RuntimeError, ValueError):  # not there; a loop of links; a NUL in the path
                continue
        raise _not_found(file, place)

    def _snapshot(self, path: Path, stream: BinaryIO, table: Table) -> Preparation:
        name = printable(path.name)
        persons = DistinctCounter(self._key()) if table.person_column is not None else None
        with _as_text(stream) as text, self._snapshots.write(".csv") as writer:
            filtered = TableFilter(table, RowReader(text, name), name, persons)
            _write_rows(writer, filtered)
            kept = writer.keep()
        return Preparation(
            path=str(kept.path),
            size=kept.size,
            modified_ns=kept.modified_ns,
            sha256=writer.digests.sha256,
            blake3=writer.digests.blake3,
            rows=filtered.report.rows_kept,
            persons=None if persons is None else len(persons),
            report=filtered.report.document(),
        )


class _Batch:
    """Collects what the CSV writer writes, a row at a time."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.write = self.lines.append

    def take(self) -> bytes:
        taken = "".join(self.lines).encode()
        self.lines.clear()
        return taken


def _write_rows(writer: SnapshotWriter, filtered: TableFilter) -> None:
    """Write header and rows as RFC 4180 has them, a batch at a time."""
    batch = _Batch()
    rows = csv.writer(batch, lineterminator="\r\n")
    rows.writerow(filtered.header)
    for cells in filtered:
        rows.writerow(cells)
        if len(batch.lines) >= _BATCH:
            writer.write(batch.take())
    writer.write(batch.take())


def _as_it_is(path: Path, stream: BinaryIO) -> Preparation:
    digests = digests_of(iter(lambda: stream.read(_CHUNK), b""))
    return Preparation(
        path=str(path),
        size=digests.size,
        modified_ns=os.fstat(stream.fileno()).st_mtime_ns,
        sha256=digests.sha256,
        blake3=digests.blake3,
        rows=None,
        persons=None,
        report=None,
    )


@contextmanager
def _as_text(stream: BinaryIO) -> Iterator[TextIO]:
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield text
    finally:
        text.detach()  # else it would close the stream when it is forgotten


@contextmanager
def _opened(path: Path, place: str) -> Iterator[BinaryIO]:
    """The file, open; what is made of it counts only if nobody wrote it meanwhile."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError:
        raise _not_found(path.name, place) from None
    with os.fdopen(descriptor, "rb", buffering=_CHUNK) as stream:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise _not_found(path.name, place)
        try:
            yield stream
        except OSError as error:
            raise StorageError(f"`{printable(path.name)}` cannot be read: {os.strerror(error.errno or 0)}") from error
        after = os.fstat(descriptor)
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise ConflictError(
                f"`{printable(path.name)}` was written to while it was read",
                place=place,
                remedy="publish it again when nobody writes it",
            )


def _not_found(file: str, place: str) -> NotFoundError:
    # One answer for what is not there and what is not ours to show.
    return NotFoundError(
        f"there is no file `{printable(file)}` under the folders that are open for publishing",
        place=place,
        remedy="put it there, or open its folder in the settings",
    )


def _media_type(value: object, place: str) -> str:
    if isinstance(value, str) and _MEDIA_TYPE.fullmatch(value):
        return value.lower()
    raise MalformedError("expected a media type", place=place, remedy="write it as text/csv")
