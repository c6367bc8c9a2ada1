"""Files that only their owner may read: how this node keeps key material."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from corridor.base.errors import SettingsError

MAX_PRIVATE_BYTES: Final = 16_384
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def create_private(path: Path, data: bytes, what: str) -> None:
    """Write a new file with mode 0600, durably; one that exists is never overwritten.

    Raises:
        SettingsError: there is one already, or it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SettingsError(
            f"there is a {what} already", place=str(path), remedy="move it away first, or go on with it"
        ) from None
    except OSError as error:
        raise SettingsError(f"the {what} cannot be written: {error.strerror}", place=str(path)) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read_private(path: Path, what: str) -> bytes:
    """The content of a file that nobody but its owner may read or write.

    Mode and content come from one open file, so that it cannot be exchanged between check and use.

    Raises:
        SettingsError: it is missing, no ordinary file, too long, or open to others.
    """
    try:
        with path.open("rb") as file:
            _check_private(os.fstat(file.fileno()), path, what)
            return file.read(MAX_PRIVATE_BYTES)
    except OSError as error:
        raise SettingsError(
            f"the {what} cannot be read: {error.strerror}", place=str(path), remedy="`corridor init` makes one"
        ) from error


def _check_private(found: os.stat_result, path: Path, what: str) -> None:
    if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_PRIVATE_BYTES:
        raise SettingsError(f"the {what} is no file of at most {MAX_PRIVATE_BYTES} bytes", place=str(path))
    if found.st_mode & _OTHERS:
        raise SettingsError(
            f"the {what} is open to others (mode {stat.S_IMODE(found.st_mode):04o})",
            place=str(path),
            remedy=f"chmod 600 {path}",
        )
