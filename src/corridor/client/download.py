"""From an answer to a file: written beside its place, verified, and only then given its name."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import urllib3

from corridor.base.errors import StorageError, UnreachableError
from corridor.client.shapes import Downloaded

Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes that there will be."""

_CHUNK: Final = 1_048_576
_PREFIX: Final = "sha-256=:"


def save(response: urllib3.BaseHTTPResponse, path: Path, progress: Progress | None) -> Downloaded:
    """Write the body of `response` to `path`, whole and verified, or not at all; what was there before is replaced.

    Raises:
        UnreachableError: the answer states no length or digest, or its body is not what it states.
        StorageError: the file cannot be written.
    """
    size, expected = _stated(response)
    with _storage(path), _beside(path) as (descriptor, temporary):
        found = _copy(response, descriptor, size, progress)
        if found != expected:
            raise UnreachableError(
                "what came is not what the node states: the digests differ", place=str(path), remedy="try again"
            )
        os.fsync(descriptor)
        temporary.replace(path)
        _sync_folder(path.parent)
    return {"file": str(path), "size": size, "sha256": "sha-256:" + found.hex()}


def check_place(path: Path) -> None:
    """Make sure, before anything is agreed on, that a file can be written at `path`.

    Raises:
        StorageError: it cannot.
    """
    with _storage(path), _beside(path):
        pass


def _stated(response: urllib3.BaseHTTPResponse) -> tuple[int, bytes]:
    """The length and digest that the answer states (RFC 9110 §8.6, RFC 9530 §3)."""
    length, digest = response.headers.get("content-length", ""), response.headers.get("repr-digest", "")
    encoded = digest.removeprefix(_PREFIX).removesuffix(":")
    try:
        raw = base64.b64decode(encoded, validate=True)
    except ValueError:
        raw = b""
    if not digest.startswith(_PREFIX) or len(raw) != hashlib.sha256().digest_size or not length.isdigit():
        raise UnreachableError("the node states no length or no digest of the data", status=response.status)
    return int(length), raw


def _copy(response: urllib3.BaseHTTPResponse, descriptor: int, size: int, progress: Progress | None) -> bytes:
    digest, done = hashlib.sha256(), 0
    while chunk := response.read(_CHUNK, decode_content=False):
        digest.update(chunk)
        _write(descriptor, chunk)
        done += len(chunk)
        if progress is not None:
            progress(done, size)
    return digest.digest()


def _write(descriptor: int, data: bytes) -> None:
    """Write every byte; a system call may take fewer."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[tuple[int, Path]]:
    """A new file in the folder of `path`, gone at the end unless it was given another name."""
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        yield descriptor, temporary
    finally:
        os.close(descriptor)
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _storage(path: Path) -> Iterator[None]:
    if path.is_dir():
        raise StorageError(f"`{path}` is a folder", remedy="name a file in it")
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"`{path}` cannot be written: {error.strerror or error}",
            remedy="see to space and rights in its folder, or name another",
        ) from error


def _sync_folder(folder: Path) -> None:
    """Make the new name durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
