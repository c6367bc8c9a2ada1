"""Files of our own that appear whole or not at all, named by what is in them."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corridor.dataplane.digest import Digests, digests_of
from corridor.dataplane.files import storage_errors, sync_folder, write_all

_CHUNK: Final = 1_048_576
_WHAT: Final = "the snapshot"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file that is kept: absolute path, size in bytes, modification time."""

    path: Path
    size: int
    modified_ns: int


class Snapshots:
    """A folder of snapshots; equal bytes are kept once, so that an earlier publication of them stays as it was."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._lock = threading.Lock()

    @contextmanager
    def write(self, suffix: str) -> Iterator[SnapshotWriter]:
        """A new file, readable by us only; gone at the end unless it was kept.

        Raises:
            StorageError: it cannot be made or written, such as on a full disk.
        """
        with storage_errors(_WHAT):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix=".new-", suffix=suffix, dir=self._folder)
        try:
            yield SnapshotWriter(descriptor, Path(name), self._lock)
        finally:
            os.close(descriptor)
            Path(name).unlink(missing_ok=True)


class SnapshotWriter:
    """Takes the bytes of one snapshot and digests them on the way."""

    def __init__(self, descriptor: int, temporary: Path, lock: threading.Lock) -> None:
        self._descriptor = descriptor
        self._temporary = temporary
        self._lock = lock
        self.digests = Digests()

    def write(self, data: bytes) -> None:
        """Append `data`.

        Raises:
            StorageError: it cannot be written.
        """
        self.digests.update(data)
        with storage_errors(_WHAT):
            write_all(self._descriptor, data)

    def keep(self) -> Snapshot:
        """Make the file durable under the name of its digest.

        Raises:
            StorageError: it cannot be made so.
        """
        target = self._temporary.with_name(self.digests.sha256.removeprefix("sha-256:") + self._temporary.suffix)
        with storage_errors(_WHAT), self._lock:
            os.fsync(self._descriptor)
            if not self._is_kept_already(target):
                self._temporary.replace(target)
                sync_folder(target.parent)
            found = target.stat()
        return Snapshot(target, found.st_size, found.st_mtime_ns)

    def _is_kept_already(self, target: Path) -> bool:
        """Whether `target` holds these very bytes; replacing it would look like a change to whoever published it."""
        if target.is_symlink() or not target.is_file() or target.stat().st_size != self.digests.size:
            return False
        with target.open("rb") as stream:
            return digests_of(iter(lambda: stream.read(_CHUNK), b"")).sha256 == self.digests.sha256
