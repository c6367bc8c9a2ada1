from __future__ import annotations

import hashlib
import stat

import pytest

from corridor.base.errors import StorageError
from corridor.dataplane.partial import PartFile


def test_a_file_appears_under_its_name_only_when_it_is_kept(tmp_path):
    part = PartFile(tmp_path / "in" / "data")
    part.write(b"abc")
    part.write(b"def")
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["data.part"]
    kept = part.keep()
    part.discard()
    assert kept.read_bytes() == b"abcdef"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert part.size == 6
    assert part.digests.sha256 == "sha-256:" + hashlib.sha256(b"abcdef").hexdigest()
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["data"]


def test_a_restart_forgets_bytes_and_digests(tmp_path):
    part = PartFile(tmp_path / "data")
    part.write(b"a much longer beginning")
    part.restart()
    part.write(b"abc")
    assert part.digests.sha256 == "sha-256:" + hashlib.sha256(b"abc").hexdigest()
    assert part.keep().read_bytes() == b"abc"


def test_what_is_discarded_is_gone_and_takes_nothing_more(tmp_path):
    part = PartFile(tmp_path / "data")
    part.discard()
    part.discard()
    part.write(b"abc")
    part.restart()
    part.keep()
    assert list(tmp_path.iterdir()) == []
    assert part.size == 0


def test_what_an_earlier_run_left_is_overwritten_and_closed_to_others(tmp_path):
    left = tmp_path / "data.part"
    left.write_bytes(b"left over")
    left.chmod(0o644)
    part = PartFile(tmp_path / "data")
    part.write(b"x")
    assert left.read_bytes() == b"x"
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    part.discard()


def test_a_link_in_its_place_is_not_followed(tmp_path):
    (tmp_path / "data.part").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError):
        PartFile(tmp_path / "data")
    assert not (tmp_path / "elsewhere").exists()
