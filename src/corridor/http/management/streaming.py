"""A file as an answer: in chunks, with its length and digest, broken off rather than ended early."""

from __future__ import annotations

import asyncio
import base64
import os
from dataclasses import dataclass
from typing import Final

from starlette.types import Send

from corridor.base.errors import ConflictError, NotFoundError, StorageError

CHUNK: Final = 1_048_576
_PREFIX: Final = "sha-256:"


@dataclass(frozen=True, slots=True)
class FileReply:
    """A file to send: absolute path, and what it has to be: size in bytes and `sha-256:…`."""

    path: str
    size: int
    sha256: str


async def send_file(send: Send, reply: FileReply, *, head: bool) -> None:
    """Send the file, or with `head` only what is said about it.

    Raises:
        NotFoundError: it is no longer there.
        ConflictError: it is of another size than it was.
        StorageError: it cannot be read, or became shorter on the way; the answer is then broken off.
    """
    descriptor = await asyncio.to_thread(_open, reply)
    try:
        await send({"type": "http.response.start", "status": 200, "headers": _headers(reply)})
        offset = reply.size if head else 0
        while offset < reply.size:
            # In a thread: a cold disk must not hold up the other requests.
            chunk = await asyncio.to_thread(os.pread, descriptor, min(CHUNK, reply.size - offset), offset)
            if not chunk:
                raise StorageError(f"`{reply.path}` became shorter while it was read")
            offset += len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        os.close(descriptor)


def _open(reply: FileReply) -> int:
    try:
        descriptor = os.open(reply.path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotFoundError("the received file is no longer there", remedy="transfer the data again") from None
    except OSError as error:
        raise StorageError(f"`{reply.path}` cannot be read: {error.strerror}") from error
    if os.fstat(descriptor).st_size != reply.size:
        os.close(descriptor)
        raise ConflictError("the received file is not of the size it was", remedy="transfer the data again")
    return descriptor


def _headers(reply: FileReply) -> list[tuple[bytes, bytes]]:
    # RFC 9530 §3: a byte sequence in base64 between colons.
    digest = base64.b64encode(bytes.fromhex(reply.sha256.removeprefix(_PREFIX)))
    return [
        (b"content-type", b"application/octet-stream"),
        (b"content-length", str(reply.size).encode()),
        (b"content-disposition", b"attachment"),
        (b"repr-digest", b"sha-256=:" + digest + b":"),
    ]
