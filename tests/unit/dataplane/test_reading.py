from __future__ import annotations

import os

import pytest

from corridor.base.errors import StorageError
from corridor.dataplane import reading
from corridor.dataplane.reading import PublishedFile

DATA = bytes(range(256)) * 64


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(DATA)
    return path


def opened(path):
    return PublishedFile.open(str(path), len(DATA), path.stat().st_mtime_ns)


async def test_the_bytes_asked_for_are_read(path):
    async with await opened(path) as file:
        assert await file.read(10, 300) == DATA[10:300]
        assert await file.read(0, len(DATA)) == DATA
        assert await file.read(7, 7) == b""


async def test_without_reads_that_do_not_wait_a_thread_reads(path, monkeypatch):
    monkeypatch.setattr(reading, "_NO_WAIT", 0)
    async with await opened(path) as file:
        assert await file.read(10, 300) == DATA[10:300]


async def test_where_the_file_system_knows_no_such_reads_a_thread_reads(path, monkeypatch):
    monkeypatch.setattr(reading, "_NO_WAIT", 1 << 30)  # a flag that no kernel knows
    async with await opened(path) as file:
        assert await file.read(10, 300) == DATA[10:300]


async def test_a_file_that_ends_too_soon_is_a_storage_error(path):
    async with await opened(path) as file:
        os.truncate(path, 100)
        with pytest.raises(StorageError, match="shorter"):
            await file.read(50, 200)


async def test_a_change_is_found_out(path):
    async with await opened(path) as file:
        file.check_unchanged()
        os.utime(path, ns=(0, 1))
        with pytest.raises(StorageError, match="changed since it was published"):
            file.check_unchanged()


async def test_a_change_before_opening_is_found_out(path):
    with pytest.raises(StorageError, match="changed"):
        await PublishedFile.open(str(path), len(DATA) + 1, path.stat().st_mtime_ns)


@pytest.mark.parametrize("what", ["missing", "link", "pipe", "folder"])
async def test_what_is_no_regular_file_is_not_served(path, what):
    target = path.with_name(what)
    if what == "link":
        target.symlink_to(path)
    elif what == "pipe":
        os.mkfifo(target)
    elif what == "folder":
        target.mkdir()
    with pytest.raises(StorageError):
        await PublishedFile.open(str(target), len(DATA), path.stat().st_mtime_ns)


async def test_a_read_that_fails_is_a_storage_error(path):
    async with await opened(path) as file:
        pass
    with pytest.raises(StorageError, match="cannot be read"):
        await file.read(0, 1)
