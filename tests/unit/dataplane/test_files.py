from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from corridor.base.errors import StorageError
from corridor.dataplane.files import storage_errors, sync_folder, write_all


def test_every_byte_is_written_even_where_a_call_takes_fewer():
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    write_all(writing, b"x" * 5000)
    assert os.read(reading, 10_000) == b"x" * 5000
    os.close(reading)
    os.close(writing)


def test_a_full_disk_is_a_storage_error_that_says_what_to_do():
    with Path("/dev/full").open("wb") as full, pytest.raises(StorageError) as caught, storage_errors("the snapshot"):
        write_all(full.fileno(), b"x")
    assert caught.value.message == f"the snapshot cannot be written: {os.strerror(errno.ENOSPC)}"
    assert "space" in caught.value.remedy


def test_the_names_of_a_folder_are_made_durable(tmp_path):
    sync_folder(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "missing")
