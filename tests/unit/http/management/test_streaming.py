from __future__ import annotations

import os

import pytest

from corridor.base.digest import sha256_of
from corridor.base.errors import ConflictError, NotFoundError, StorageError
from corridor.http.management.streaming import CHUNK, FileReply, send_file


class Wire:
    """What was sent."""

    def __init__(self, on_chunk=None):
        self.messages = []
        self.on_chunk = on_chunk

    async def __call__(self, message):
        self.messages.append(message)
        if self.on_chunk and message["type"] == "http.response.body":
            self.on_chunk()

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.messages[1:])


def reply(path, data, size=None):
    path.write_bytes(data)
    return FileReply(str(path), len(data) if size is None else size, sha256_of(data))


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1])
async def test_a_file_is_sent_in_chunks_and_whole(tmp_path, size):
    data = os.urandom(size)
    wire = Wire()
    await send_file(wire, reply(tmp_path / "a", data), head=False)
    assert wire.body == data
    assert all(len(message.get("body", b"")) <= CHUNK for message in wire.messages)
    assert "more_body" not in wire.messages[-1]


async def test_a_file_that_is_gone_or_of_another_size_is_not_begun(tmp_path):
    wire = Wire()
    with pytest.raises(NotFoundError):
        await send_file(wire, FileReply(str(tmp_path / "none"), 1, sha256_of(b"")), head=False)
    with pytest.raises(ConflictError):
        await send_file(wire, reply(tmp_path / "a", b"abc", size=4), head=False)
    with pytest.raises(StorageError):
        await send_file(wire, FileReply(str(tmp_path / "a" / "below"), 1, sha256_of(b"")), head=False)
    assert wire.messages == []


async def test_a_file_that_becomes_shorter_is_broken_off(tmp_path):
    path = tmp_path / "a"
    wire = Wire(on_chunk=lambda: os.truncate(path, 0))
    with pytest.raises(StorageError):
        await send_file(wire, reply(path, bytes(2 * CHUNK)), head=False)
    assert wire.messages[-1]["more_body"] is True
