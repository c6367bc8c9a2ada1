"""A file on its way in: written and digested piece by piece, then renamed, or removed."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Final

from corridor.dataplane.digest import Digests
from corridor.dataplane.files import storage_errors, sync_folder, write_all

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_WHAT: Final = "the file that is fetched"


class PartFile:
    """`<target>.part`, readable by us only; what an earlier run left there is overwritten.

    All methods block and may be called from any thread.

    Raises:
        StorageError: the file cannot be made.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(target.name + ".part")
        # Held over every use of the descriptor: a cancelled fetch closes it while a thread may still be writing.
        self._lock = threading.Lock()
        with storage_errors(_WHAT):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor: int | None = os.open(self._path, _FLAGS, 0o600)
            os.fchmod(self._descriptor, 0o600)
        self.digests = Digests()

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self.digests.size

    def write(self, data: bytes) -> None:
        """Append `data`; nothing happens once the file is closed.

        Raises:
            StorageError: it cannot be written.
        """
        with self._lock, storage_errors(_WHAT):
            if self._descriptor is not None:
                write_all(self._descriptor, data)
                self.digests.update(data)

    def restart(self) -> None:
        """Forget all that was written.

        Raises:
            StorageError: the file cannot be emptied.
        """
        with self._lock, storage_errors(_WHAT):
            if self._descriptor is not None:
                os.ftruncate(self._descriptor, 0)
                os.lseek(self._descriptor, 0, os.SEEK_SET)
                self.digests = Digests()

    def keep(self) -> Path:
        """Make the file durable under its own name.

        Raises:
            StorageError: it cannot be made so.
        """
        with self._lock, storage_errors(_WHAT):
            if self._descriptor is not None:
                os.fsync(self._descriptor)
                self._path.replace(self._target)
                sync_folder(self._target.parent)
                self._close()
        return self._target

    def discard(self) -> None:
        """Close and remove the file, unless it was kept."""
        with self._lock:
            if self._descriptor is not None:
                self._close()
                self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
