from __future__ import annotations

import stat
from pathlib import Path

import pytest

from corridor.base.errors import SettingsError
from corridor.trust.files import MAX_PRIVATE_BYTES, create_private, read_private


def test_what_is_written_is_read_and_nobody_else_can(tmp_path):
    path = tmp_path / "key"
    create_private(path, b"content", "key")
    assert read_private(path, "key") == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_exists_is_never_overwritten(tmp_path):
    path = tmp_path / "key"
    create_private(path, b"first", "key")
    with pytest.raises(SettingsError, match="there is a key already") as refusal:
        create_private(path, b"second", "key")
    assert refusal.value.place == str(path)
    assert path.read_bytes() == b"first"


def test_a_link_is_not_followed_when_a_file_is_made(tmp_path):
    (tmp_path / "key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingsError):
        create_private(tmp_path / "key", b"", "key")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(SettingsError, match="cannot be written"):
        create_private(tmp_path / "no" / "key", b"", "key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666, 0o601])
def test_a_file_that_is_open_to_others_is_refused_with_what_to_do(tmp_path, mode):
    path = tmp_path / "key"
    create_private(path, b"content", "key")
    path.chmod(mode)
    with pytest.raises(SettingsError, match=f"mode {mode:04o}") as refusal:
        read_private(path, "key")
    assert refusal.value.remedy == f"chmod 600 {path}"


def test_a_missing_file_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(SettingsError, match="corridor init"):
        read_private(tmp_path / "key", "key")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(SettingsError):
        read_private(tmp_path, "key")


def test_a_device_is_no_file():
    with pytest.raises(SettingsError, match="no file of at most"):
        read_private(Path("/dev/null"), "key")


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "key"
    create_private(path, b"x" * (MAX_PRIVATE_BYTES + 1), "key")
    with pytest.raises(SettingsError, match="no file of at most"):
        read_private(path, "key")
