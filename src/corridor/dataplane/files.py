"""Small steps on files that more than one module needs; all block."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corridor.base.errors import StorageError


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte of `data`; a system call may take fewer."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable, after a rename."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def storage_errors(what: str) -> Iterator[None]:
    """Turns an `OSError` into a `StorageError` that says that `what` cannot be written."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{what} cannot be written: {os.strerror(error.errno or 0)}",
            remedy="see to space and rights in the folder that the settings name for it",
        ) from error
