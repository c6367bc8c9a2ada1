from __future__ import annotations

import hashlib
import resource
import signal
import stat

import pytest

from corridor.base.errors import StorageError
from corridor.dataplane.snapshots import Snapshots


def keep(snapshots, data):
    with snapshots.write(".csv") as writer:
        writer.write(data)
        return writer.keep()


def test_a_snapshot_is_named_by_its_bytes_and_ours_alone(tmp_path):
    kept = keep(Snapshots(tmp_path / "new" / "snapshots"), b"abc")
    assert kept.path.name == hashlib.sha256(b"abc").hexdigest() + ".csv"
    assert kept.path.read_bytes() == b"abc"
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.path.parent.stat().st_mode) == 0o700
    assert (kept.size, kept.modified_ns) == (3, kept.path.stat().st_mtime_ns)


def test_equal_bytes_are_kept_once_and_stay_as_they_were(tmp_path):
    snapshots = Snapshots(tmp_path)
    assert keep(snapshots, b"abc") == keep(snapshots, b"abc")
    assert len(list(tmp_path.iterdir())) == 1


def test_a_snapshot_that_somebody_changed_is_made_anew(tmp_path):
    snapshots = Snapshots(tmp_path)
    kept = keep(snapshots, b"abc")
    kept.path.write_bytes(b"abd")
    assert keep(snapshots, b"abc").path.read_bytes() == b"abc"


def test_a_link_in_the_place_of_a_snapshot_is_replaced(tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"abc")
    folder = tmp_path / "snapshots"
    folder.mkdir()
    (folder / (hashlib.sha256(b"abc").hexdigest() + ".csv")).symlink_to(other)
    kept = keep(Snapshots(folder), b"abc")
    assert not kept.path.is_symlink()


def test_nothing_is_left_of_a_snapshot_that_was_not_kept(tmp_path):
    with Snapshots(tmp_path).write(".csv") as writer:
        writer.write(b"abc")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError), Snapshots(tmp_path / "file").write(".csv"):
        pass


@pytest.fixture
def little_space():
    """Files may grow to 4 KiB only, as on a disk that is all but full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, ignored)


def test_a_disk_that_runs_full_is_a_storage_error_and_leaves_no_rest(tmp_path, little_space):
    with pytest.raises(StorageError, match="cannot be written"):
        keep(Snapshots(tmp_path), b"x" * 8000)
    assert list(tmp_path.iterdir()) == []
