"""A published file held open: read without stopping the loop, and found out if it has changed."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
from types import TracebackType
from typing import Final, Self

from corridor.base.errors import StorageError

# RWF_NOWAIT (Linux) reads what the page cache holds and refuses to wait for the disk.
_NO_WAIT: Final[int] = getattr(os, "RWF_NOWAIT", 0)
# O_NOFOLLOW: the path was resolved at publication. O_NONBLOCK: a pipe put in its place must not hold a thread.
_FLAGS: Final[int] = (
    os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
)
_NOT_SUPPORTED: Final = frozenset({errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})


class PublishedFile:
    """A file as it was when it was published: `size` bytes, last modified at `modified_ns`."""

    def __init__(self, descriptor: int, size: int, modified_ns: int) -> None:
        self._descriptor = descriptor
        self._size = size
        self._modified_ns = modified_ns

    @classmethod
    async def open(cls, path: str, size: int, modified_ns: int) -> Self:
        """Open the file at `path`; use as an asynchronous context manager, which closes it.

        Raises:
            StorageError: it cannot be opened, is no regular file, or has changed since it was published.
        """
        try:
            descriptor = await asyncio.to_thread(os.open, path, _FLAGS)
        except OSError as error:
            raise StorageError(
                f"the published file cannot be opened: {os.strerror(error.errno or 0)}",
                remedy="restore it, or publish the dataset again",
            ) from error
        file = cls(descriptor, size, modified_ns)
        try:
            file.check_unchanged()
        except StorageError:
            os.close(descriptor)
            raise
        return file

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def check_unchanged(self) -> None:
        """Ask the file system; one `fstat`.

        Raises:
            StorageError: the file's size or modification time is another than at publication.
        """
        now = os.fstat(self._descriptor)
        if not stat.S_ISREG(now.st_mode) or (now.st_size, now.st_mtime_ns) != (self._size, self._modified_ns):
            raise StorageError("the file has changed since it was published", remedy="publish the dataset again")

    async def read(self, start: int, stop: int) -> bytes | bytearray:
        """The bytes from `start` up to `stop`: inline while the page cache holds them, else in a thread.

        Raises:
            StorageError: the file ends before, or the disk fails.
        """
        try:
            cached = self._read_cached(start, stop)
            return cached if cached is not None else await asyncio.to_thread(self._read, start, stop)
        except OSError as error:
            raise StorageError(f"the published file cannot be read: {os.strerror(error.errno or 0)}") from error

    def _read_cached(self, start: int, stop: int) -> bytearray | None:
        """All of the bytes asked for, if that needs no waiting; a fresh buffer, as the transport keeps it."""
        if not _NO_WAIT:
            return None
        buffer = bytearray(stop - start)
        try:
            count = os.preadv(self._descriptor, [buffer], start, _NO_WAIT)
        except (BlockingIOError, NotImplementedError):
            return None
        except OSError as error:
            if error.errno in _NOT_SUPPORTED:
                return None
            raise
        return buffer if count == len(buffer) else None

    def _read(self, start: int, stop: int) -> bytes:
        pieces = []
        while start < stop:
            piece = os.pread(self._descriptor, stop - start, start)
            if not piece:
                raise StorageError("the file has become shorter since it was published")
            pieces.append(piece)
            start += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)
